import re

from odoo import Command, api, fields, models
from odoo.tools import LazyTranslate

from ..contract import drift as drift_rules
from ..contract.exchange import mapping_to_json

_lt = LazyTranslate(__name__)

# of a value that stands in the file, not of what a row lacks or contradicts
CONVERSION_CAUSES = (
    "bad_boolean",
    "bad_code",
    "bad_date",
    "bad_list",
    "bad_number",
    "bad_value",
    "code_too_long",
    "too_long",
    "unknown_country",
    "unknown_language",
    "unknown_value",
)
# In XML and JSON an empty value is left out: that a name is not there means nothing.
NAMED_FORMATS = ("xml", "json")
NAMED_FILES = re.compile(r"\.(xml|json|jsonl|ndjson)(\.zip)?$", re.IGNORECASE)
NEW_COLUMN = _lt("The export has a new column “%(name)s”, which nothing reads.")
VANISHED_COLUMN = _lt("The column “%(name)s” is no longer in the export.")
RENAMED_COLUMN = _lt("The column “%(old)s” is gone; “%(new)s” may have taken its place.")
CHANGED_VALUES = _lt("Column “%(name)s”: %(count)s values can suddenly not be converted.")


class SmFeed(models.Model):
    """The mapping of a feed: its versions, and what changes in the columns of the export."""

    _inherit = "sm.feed"

    version_ids = fields.One2many("sm.mapping.version", "feed_id", readonly=True)
    mapping_version = fields.Integer(compute="_compute_mapping_version")
    last_header = fields.Json("Columns of the Last Good File", readonly=True, copy=False)
    last_failing = fields.Json("Values Not Converted by Column", readonly=True, copy=False)
    refused_path = fields.Char("Last Refused File Kept At", readonly=True, copy=False)
    drift = fields.Json("Changed Columns", readonly=True, copy=False)
    drift_text = fields.Text("What Changed in the Export", compute="_compute_drift_text")

    @api.depends("version_ids.number")
    def _compute_mapping_version(self):
        for feed in self:
            feed.mapping_version = max(feed.version_ids.mapped("number"), default=0)

    @api.depends("drift")
    @api.depends_context("lang")
    def _compute_drift_text(self):
        for feed in self:
            feed.drift_text = self._describe_drift(feed.drift)

    @api.model_create_multi
    def create(self, vals_list):
        """Override to keep the mapping that a feed starts with."""
        feeds = super().create(vals_list)
        feeds._keep_version()
        return feeds

    def write(self, vals):
        """Override to keep a version of every mapping, and of one that was changed elsewhere."""
        if "mapping_ids" not in vals:
            return super().write(vals)
        self._keep_version()
        result = super().write(vals)
        self._keep_version()
        return result

    # === MAPPING === #

    def _owner_of(self):
        """Return who owns what this feed brings.

        :return dict: canonical field → ``master``, ``fill`` or ``ignore``; a field that no column
            feeds is not in it
        """
        return {mapping.target: mapping.ownership for mapping in self.mapping_ids}

    def _write_rules(self, rules, note=""):
        """Replace the mapping; lines that stay as they are are not touched.

        :param list rules: :class:`FieldRule` objects in the order in which they are shown
        :param str note: what the version says about the change
        """
        self.ensure_one()
        lines = {mapping.target: mapping for mapping in self.mapping_ids}
        commands = []
        for position, rule in enumerate(rules, start=1):
            mapping = lines.pop(rule.target, None)
            vals = {"sequence": 10 * position, **self.mapping_ids._prepare_vals(rule)}
            if not mapping:
                commands.append(Command.create(vals))
            elif mapping._as_rules() != [rule] or mapping.sequence != vals["sequence"]:
                commands.append(Command.update(mapping.id, vals))
        commands += [Command.delete(mapping.id) for mapping in lines.values()]
        before = self.mapping_version
        if commands:
            self.mapping_ids = commands
        if note and self.mapping_version != before:
            # sudo: versions are written here only
            self.version_ids.sorted("number")[-1].sudo().note = note

    def _keep_version(self):
        """Keep the mapping when it is not the one of the last version."""
        # sudo: versions are written here only, even administrators cannot change the past
        Version = self.env["sm.mapping.version"].sudo()
        for feed in self:
            content = mapping_to_json(feed.entity, feed.mapping_ids.sorted()._as_rules())
            last = Version.search([("feed_id", "=", feed.id)], limit=1)
            if last.content != content and (last or feed.mapping_ids):
                Version.create(
                    {
                        "feed_id": feed.id,
                        "number": last.number + 1,
                        "user_id": self.env.user.id,
                        "content": content,
                    }
                )
        self.invalidate_recordset(["version_ids", "mapping_version"])

    # === DRIFT === #

    def _has_named_values(self, name):
        """Tell whether the values of a source carry their names, row by row."""
        return self.format in NAMED_FORMATS or bool(NAMED_FILES.search(name or ""))

    def _compare_header(self, header, name):
        """Return how the columns of an export differ from those of the last good one.

        :param list header: names of the columns
        :param str name: name of the file
        :rtype: dict or False
        """
        self.ensure_one()
        if not self.last_header:
            return False
        before = self.last_header
        if self._has_named_values(name):
            before = [column for column in before if column in header]
            known = set(self.last_header)
            header = before + [column for column in header if column not in known]
        found = drift_rules.compare_headers(before, header)
        return found.to_json() if found else False

    def _count_failing(self, line):
        """Return how many values of each column a run could not convert.

        :param sm.run.line line: its plan must still be there
        :rtype: dict
        """
        self.env.cr.execute(
            """
            SELECT error::jsonb ->> 'field', count(*)
              FROM sm_plan
             WHERE line_id = %s AND op = 'quarantine' AND error::jsonb ->> 'cause' = ANY(%s)
             GROUP BY 1
            """,
            [line.id, list(CONVERSION_CAUSES)],
        )
        return {column: count for column, count in self.env.cr.fetchall() if column}

    def _note_columns(self, line):
        """Remember the columns of a good file, and what was wrong with their values.

        A drift stays on the feed until somebody has seen it.

        :param sm.run.line line: about to be done, with its plan
        :return: the drift of this file, also on the line
        """
        self.ensure_one()
        failing = self._count_failing(line)
        header = line.file_header or []
        found = self._compare_header(header, line.file_name)
        if self.last_header:  # there is a good file to compare with
            types = drift_rules.compare_failures(self.last_failing or {}, failing, line.rows)
            if types:
                found = {**(found or {}), "types": [list(pair) for pair in types]}
        if self._has_named_values(line.file_name):
            header = list(dict.fromkeys([*(self.last_header or ()), *header]))
        vals = {"last_header": header, "last_failing": failing}
        if found:
            vals["drift"] = found
        self.write(vals)
        return found

    @api.model
    def _describe_drift(self, drift):
        """Return a drift as sentences, one per line, in the user's language."""
        drift = drift or {}
        texts = [(NEW_COLUMN, {"name": name}) for name in drift.get("new", ())]
        texts += [
            (RENAMED_COLUMN, {"old": old, "new": new}) for old, new in drift.get("renamed", ())
        ]
        texts += [(VANISHED_COLUMN, {"name": name}) for name in drift.get("vanished", ())]
        texts += [
            (CHANGED_VALUES, {"name": name, "count": count})
            for name, count in drift.get("types", ())
        ]
        sentences = [(self.env._(text), values) for text, values in texts]
        return "\n".join(text % values for text, values in sentences) or False
