import base64
import binascii
import json
from contextlib import contextmanager
from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, format_datetime, formatLang

from odoo.addons.integration_base.exceptions import IntegrationError, PayloadError

from ..contract import CONTRACTS, CONVERTERS, SHIPPED, RowError, recognise
from ..contract.errors import MappingError
from ..contract.exchange import (
    mapping_from_json,
    mapping_to_json,
    rule_from_json,
    rule_to_json,
    used_rules,
)
from ..contract.mapping import compile_converter, compile_mapping, find_problems, gather_text
from ..contract.words import fold_column
from ..transports import UploadTransport
from .sm_labels import (
    CHOICE_LABELS,
    CONVERTER_LABELS,
    MAPPING_PROBLEMS,
    PARAM_LABELS,
    PARAM_PROBLEM,
    SHIPPED_LABELS,
    field_label,
)
from .sm_run_line import FAILURES

READ_ROWS = 1000  # of the source, to recognise columns and to choose the samples
SAMPLES = 10
FAILING_SAMPLES = 4  # rows that are shown because a value of theirs fails
SHOWN_CHARS = 200
MAX_UPLOAD = 64 * 2**20
SHOWN_VERSIONS = 30


class SmFeed(models.Model):
    """What the mapping editor asks of the server; the mapping itself is in `sm.field.mapping`.

    Rules travel as :func:`contract.exchange.rule_to_json` writes them.
    """

    _inherit = "sm.feed"

    def action_open_mapping(self):
        """Open the mapping editor."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("sm_connector.sm_mapping_action")
        return action | {"context": {"active_id": self.id, "active_model": self._name}}

    # === CALLED BY THE EDITOR === #

    @api.model
    def get_mapping_feeds(self):
        """Return the feeds whose mapping the user may edit.

        :rtype: list of dict
        """
        self.check_access("write")
        return [{"id": feed.id, "name": feed.display_name} for feed in self.search([])]

    def get_mapping(self):
        """Return the mapping as it is saved, and all that may be chosen in it."""
        self.ensure_one()
        self.check_access("write")
        contract = CONTRACTS[self.entity]
        return {
            "feed": {"id": self.id, "name": self.display_name, "entity": self.entity},
            "fields": [self._describe_field(contract, item) for item in contract.fields],
            "converters": self._describe_converters(),
            "ownerships": self.env["sm.field.mapping"]
            ._fields["ownership"]
            ._description_selection(self.env),
            "rules": [rule_to_json(rule) for rule in self.mapping_ids.sorted()._as_rules()],
            "version": self.mapping_version,
            "versions": self._describe_versions(),
            "shipped": [
                {"name": name, "label": self.env._(SHIPPED_LABELS[name])}
                for name, shipped in SHIPPED.items()
                if self.entity in shipped.rules
            ],
            "sources": self._list_sources(),
            "drift": self.drift or {},
            "drift_text": self.drift_text or "",
        }

    def read_mapping_source(self, source):
        """Read the first rows of a real source.

        :param dict source: one of ``sources`` of `get_mapping`, or ``{"kind": "upload", "name": …,
            "content": base64}``
        :return: header, sample rows, how many rows were looked at, which column probably feeds
            which field, and how the header differs from that of the last good file
        """
        self.ensure_one()
        self.check_access("write")
        name, header, rows, warning = "", [], [], ""
        try:
            with self._open_source(source) as (transport, delivery):
                name = delivery.name
                # no names to look for: what is there is shown, not what the mapping wants
                with self._read(transport, delivery, lambda _defect: None, columns=()) as reader:
                    header = list(reader.header)
                    rows.extend(list(cells) for _line, cells in islice(reader, READ_ROWS))
        except (IntegrationError, PayloadError) as error:
            if not rows:
                raise UserError(self._explain(error)) from error
            warning = self._explain(error)  # enough was read to work with
        if self._has_named_values(name):
            self._add_empty_columns(header, rows)
        contract = CONTRACTS[self.entity]
        mappings = [shipped.rules.get(self.entity, ()) for shipped in SHIPPED.values()]
        proposals = recognise(
            contract, header, rows, [*mappings, self.mapping_ids._as_rules()]
        ).values()
        return {
            "name": name,
            "header": header,
            "rows": [
                [cell[:SHOWN_CHARS] for cell in row] for row in self._choose_samples(header, rows)
            ],
            "count": len(rows),
            "warning": warning,
            "proposals": [
                {
                    "target": proposal.target,
                    "column": proposal.column,
                    "how": proposal.how,
                    "percent": round(100 * proposal.score),
                    "is_sure": proposal.is_sure,
                }
                for proposal in proposals
            ],
            "drift": self._compare_header(header, name) or {},
        }

    def check_mapping(self, rules, header, rows):
        """Convert the samples with a mapping that is being edited.

        :param list rules: the mapping
        :param header: columns of the source, None when none is open
        :param list rows: its sample rows
        :return: results by field, and what keeps the mapping from being saved
        """
        self.ensure_one()
        self.check_access("write")
        try:
            parsed = self._parse_rules(rules)
        except MappingError as error:
            return {"results": {}, "problems": [self._describe_problem(error)]}
        contract = CONTRACTS[self.entity]
        problems = find_problems(contract, header, parsed, self.mode == "delta")
        return {
            "results": self._convert_samples(parsed, header or [], rows),
            "problems": [self._describe_problem(error) for error in problems],
        }

    def save_mapping(self, rules, header, version, note=""):
        """Save an edited mapping as a new version.

        :param int version: the version that was edited
        :raise UserError: it does not compile, or somebody saved another one meanwhile
        """
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update()
        if version != self.mapping_version:
            last = self.version_ids.sorted("number")[-1:]
            raise UserError(
                self.env._(
                    "%(user)s has saved version %(number)s of this mapping meanwhile. Open it "
                    "again; your changes can be exported before.",
                    user=last.user_id.display_name or "",
                    number=last.number,
                )
            )
        contract = CONTRACTS[self.entity]
        try:
            parsed = self._parse_rules(rules)
            is_partial = self.mode == "delta"
            problems = find_problems(contract, header, parsed, is_partial)
            if problems:
                raise problems[0]
            used = used_rules(parsed)
            columns = [column for rule in used for column in rule.sources]
            header = header or list(dict.fromkeys(columns))
            compile_mapping(contract, header, used, is_partial=is_partial)
        except MappingError as error:
            raise UserError(self._describe_problem(error)["text"]) from error
        self._write_rules(parsed, note)
        self.drift = False
        return self.get_mapping()

    def get_mapping_candidate(self, kind, value, rules):
        """Read a mapping that could take the place of the edited one.

        :param str kind: ``import`` (value: JSON text), ``shipped`` (its name) or ``version``
            (its number)
        :param list rules: the mapping as edited, to compare with
        :return: the other mapping, and what it changes
        :raise UserError: this is no mapping of this feed
        """
        self.ensure_one()
        self.check_access("write")
        contract = CONTRACTS[self.entity]
        try:
            if kind == "shipped":
                candidate = list(SHIPPED[value].rules[self.entity])
            elif kind == "version":
                version = self.version_ids.filtered(lambda version: version.number == value)
                candidate = mapping_from_json(contract, version.content)
            else:
                candidate = mapping_from_json(contract, self._parse_json(value))
            for problem in find_problems(contract, None, candidate, self.mode == "delta"):
                raise problem
            edited = self._parse_rules(rules)
        except MappingError as error:
            raise UserError(self._describe_problem(error)["text"]) from error
        return {
            "rules": [rule_to_json(rule) for rule in candidate],
            "changes": self._describe_changes(edited, candidate),
        }

    def export_mapping(self, rules):
        """Return a mapping as the JSON text that `get_mapping_candidate` reads."""
        self.ensure_one()
        self.check_access("write")
        document = mapping_to_json(self.entity, map(rule_from_json, rules))
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    def dismiss_drift(self):
        """Forget what changed in the export: somebody has seen it."""
        self.check_access("write")
        self.drift = False

    # === SOURCE === #

    def _list_sources(self):
        """Return what can be opened now, the best one first, without fetching anything."""
        sources = []
        try:
            transport = self._get_transport()
            waiting = [delivery.name for delivery in reversed(transport.here())]
            refused = self.refused_path and transport.kept(self.refused_path)
            kept = self.last_path and transport.kept(self.last_path)
        except IntegrationError:
            waiting, refused, kept = [], None, None
        for name in waiting:
            label = self.env._("Waiting: %(name)s", name=name)
            sources.append({"kind": "waiting", "name": name, "label": label})
        if refused:
            label = self.env._("Last refused: %(name)s", name=refused.name)
            sources.append({"kind": "refused", "name": refused.name, "label": label})
        if kept:
            label = self.env._("Last good one: %(name)s", name=kept.name)
            sources.append({"kind": "last", "name": kept.name, "label": label})
        if self.transport != "file":
            label = self.env._("Fetch it now")
            sources.append({"kind": "fetch", "name": "", "label": label})
        return sources

    @contextmanager
    def _open_source(self, source):
        """Give transport and delivery of a source; of what is elsewhere, the first page only.

        :raise UserError: it is not there any more
        """
        kind, name = source.get("kind"), source.get("name") or ""
        if kind == "upload":
            yield self._open_upload(name, source.get("content") or "")
            return
        transport = self._get_transport()
        if kind == "fetch":
            with transport.glance() as delivery:
                if not delivery:
                    raise UserError(self.env._("There is nothing to read yet."))
                yield transport, delivery
            return
        if kind in ("last", "refused"):
            path = self.last_path if kind == "last" else self.refused_path
            delivery = transport.kept(path or "")
        else:
            waiting = [item for item in transport.here() if item.name == name]
            delivery = waiting and waiting[0]
        if not delivery:
            raise UserError(self.env._("There is nothing to read: %(name)s", name=name))
        yield transport, delivery

    def _open_upload(self, name, content):
        """Return transport and delivery of an uploaded file.

        :param str content: the file in base64
        :raise UserError: it is damaged or too large
        """
        try:
            decoded = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UserError(self.env._("The file did not arrive completely.")) from error
        if len(decoded) > MAX_UPLOAD:
            raise UserError(
                self.env._(
                    "The file is larger than %(size)s MB. Its first thousand rows are enough.",
                    size=MAX_UPLOAD // 2**20,
                )
            )
        now = fields.Datetime.now().timestamp()
        transport = UploadTransport(name, decoded, now, self._get_spool_folder())
        return transport, transport.delivery

    def _explain(self, error):
        """Return why a source cannot be read, first in the user's words."""
        label = dict(self.env["sm.run.line"]._fields["cause"]._description_selection(self.env))
        cause = getattr(error, "cause", "")
        return f"{label[cause]}.\n\n{error}" if cause in dict(FAILURES) else str(error)

    def _add_empty_columns(self, header, rows):
        """Add the columns of the mapping that no row happens to fill, when the mapping fits.

        Formats whose values carry their names leave empty ones out.
        """
        rules = self.mapping_ids._get_rules()
        known = {fold_column(name) for name in header}
        fields_by_name = CONTRACTS[self.entity].field_by_name
        mandatory = [rule for rule in rules if fields_by_name[rule.target].required]
        if any(fold_column(name) not in known for rule in mandatory for name in rule.sources):
            return  # another dialect
        wanted = dict.fromkeys(name for rule in rules for name in rule.sources)
        added = [name for name in wanted if fold_column(name) not in known]
        header += added
        for row in rows:
            row += [""] * len(added)

    def _choose_samples(self, header, rows):
        """Return the rows that show most: values that fail, then as many filled columns as can be.

        :return list: at most ten of ``rows``, in their order
        """
        chosen = self._find_failing(header, rows)[:FAILING_SAMPLES]
        seen = [{rows[place][index] for place in chosen} for index in range(len(header))]
        candidates = [place for place in range(min(len(rows), 300)) if place not in chosen]
        while candidates and len(chosen) < SAMPLES:
            best = max(
                candidates,
                key=lambda place: (
                    sum(
                        bool(cell.strip()) + (cell not in seen[index] and bool(cell.strip()))
                        for index, cell in enumerate(rows[place])
                    ),
                    -place,
                ),
            )
            candidates.remove(best)
            chosen.append(best)
            for index, cell in enumerate(rows[best]):
                seen[index].add(cell)
        return [rows[place] for place in sorted(chosen)]

    def _find_failing(self, header, rows):
        """Return the places of rows with a value that the saved mapping cannot convert."""
        failing, columns = [], set()
        contract = CONTRACTS[self.entity]
        places = {fold_column(name): index for index, name in enumerate(header)}
        steps = []
        for rule in self.mapping_ids._get_rules():
            indexes = [places.get(fold_column(name)) for name in rule.sources]
            if indexes and None not in indexes:
                try:
                    convert = compile_converter(contract.field_by_name[rule.target], rule)
                except MappingError:
                    continue  # shown as a problem of the mapping, not of a row
                steps.append((rule, indexes, convert))
        for place, row in enumerate(rows):
            for rule, indexes, convert in steps:
                if rule.target in columns:
                    continue  # one bad row of each column is enough
                try:
                    convert(gather_text(rule, [row[index] for index in indexes]))
                except RowError:
                    columns.add(rule.target)
                    failing.append(place)
                    break
        return failing

    # === RESULTS === #

    def _convert_samples(self, rules, header, rows):
        """Return field → what each sample row gives: text as gathered, value, error."""
        contract = CONTRACTS[self.entity]
        causes = dict(self.env["sm.quarantine"]._fields["cause"]._description_selection(self.env))
        places = {fold_column(name): index for index, name in enumerate(header)}
        results = {}
        for rule in rules:
            target = contract.field_by_name.get(rule.target)
            indexes = [places.get(fold_column(name)) for name in rule.sources]
            if not target or None in indexes:
                continue
            try:
                convert = compile_converter(target, rule)
            except MappingError:
                continue
            texts = [gather_text(rule, [row[index] for index in indexes]) for row in rows]
            results[rule.target] = [
                self._convert_sample(target, convert, text, causes) for text in texts
            ]
        return results

    def _convert_sample(self, target, convert, text, causes):
        try:
            value = convert(text)
        except RowError as error:
            return {"text": text, "value": "", "error": causes.get(error.cause, error.reason)}
        error = ""
        if value in ("", None) and target.required:
            error = causes.get(f"missing_{target.name}", self.env._("Mandatory, but empty"))
        elif target.choices and value not in target.choices:
            error = causes["unknown_value"]
        return {"text": text, "value": self._show_value(target, value), "error": error}

    def _show_value(self, target, value):
        """Return a canonical value as a person reads it."""
        if value in ("", None):
            return ""
        if isinstance(value, bool):
            return self.env._("Yes") if value else self.env._("No")
        if value in target.choices:
            return self.env._(CHOICE_LABELS[value])
        if target.converter == "date" and isinstance(value, str):
            return self._show_date(value)
        if target.converter == "decimal":
            digits = len(str(value).partition(".")[2])
            return formatLang(self.env, float(value), digits=digits)
        if isinstance(value, dict):
            state = CHOICE_LABELS[value["state"]]
            return self._show_date(value["date"]) if value["date"] else self.env._(state)
        if isinstance(value, list):
            return " · ".join(
                " / ".join(
                    self._show_date(part)
                    if target.converter == "dated_list" and not index
                    else str(part)
                    for index, part in enumerate(item)
                )
                for item in value
            )
        return str(value)

    def _show_date(self, value):
        try:
            # whatever the language, day and month cannot be mistaken for each other
            return format_date(self.env, value, date_format="d MMM y")
        except ValueError:  # a constant or the value of a table that is no date
            return str(value)

    # === DESCRIPTIONS === #

    def _describe_field(self, contract, item):
        return {
            "name": item.name,
            "label": field_label(self.env, item.name, self.entity),
            "converter": item.converter,
            "params": dict(item.params),
            "level": item.level,
            # a file of changes may lack all but the key
            "required": item.required and (self.mode == "full" or item.name == contract.key_field),
            "is_key": item.name in contract.key_fields,
            "ownerships": contract.ownerships(item.name),
            "choices": [
                {"value": choice, "label": self.env._(CHOICE_LABELS[choice])}
                for choice in item.choices
            ],
        }

    def _describe_converters(self):
        return {
            name: {
                "label": self.env._(CONVERTER_LABELS[name]),
                "params": [
                    {
                        "name": param.name,
                        "kind": param.kind,
                        "label": self.env._(PARAM_LABELS[param.label]),
                        "default": (
                            list(param.default)
                            if isinstance(param.default, tuple)
                            else param.default
                        ),
                        "choices": [
                            {"value": choice, "label": self.env._(CHOICE_LABELS[choice])}
                            for choice in param.choices
                        ],
                    }
                    for param in converter.params
                ],
            }
            for name, converter in CONVERTERS.items()
        }

    def _describe_versions(self):
        return [
            {
                "number": version.number,
                "date": format_datetime(self.env, version.date, dt_format="short"),
                "user": version.user_id.display_name or "",
                "note": version.note or "",
            }
            for version in self.version_ids.sorted("number", reverse=True)[:SHOWN_VERSIONS]
        ]

    def _describe_problem(self, error):
        """Return a problem of a mapping in the user's language."""
        label = MAPPING_PROBLEMS.get(error.code, PARAM_PROBLEM)
        values = {"column": "", "value": "", **error.values}
        values["field"] = field_label(self.env, error.target, self.entity)
        text = self.env._(label)
        return {"target": error.target, "code": error.code, "text": text % values}

    def _describe_changes(self, old, new):
        """Return what would change between two mappings, field by field.

        :rtype: list of dict
        """
        before = {rule.target: rule for rule in old}
        after = {rule.target: rule for rule in new}
        return [
            {
                "target": target,
                "label": field_label(self.env, target, self.entity),
                "old": self._describe_rule(before[target]) if target in before else "",
                "new": self._describe_rule(after[target]) if target in after else "",
            }
            for target in dict.fromkeys([*after, *before])
            if before.get(target) != after.get(target)
        ]

    def _describe_rule(self, rule):
        """Return a rule in a few words: its columns, its conversion, its settings, its owner."""
        ownerships = dict(
            self.env["sm.field.mapping"]._fields["ownership"]._description_selection(self.env)
        )
        fixed = CONVERTER_LABELS["constant"]
        words = [" + ".join(rule.sources) or self.env._(fixed)]
        if rule.part:
            words.append(self.env._("part %(number)s", number=rule.part))
        if rule.converter:
            words.append(self.env._(CONVERTER_LABELS[rule.converter]))
        if rule.params:
            words.append(json.dumps(dict(rule.params), ensure_ascii=False)[:SHOWN_CHARS])
        if not rule.required:
            words.append(self.env._("may be missing"))
        if rule.ownership != "master":
            words.append(ownerships[rule.ownership])
        return " · ".join(words)

    # === INPUT === #

    def _parse_rules(self, rules):
        """Return what the editor sends as :class:`FieldRule` objects.

        :raise MappingError: it is no mapping of this feed
        """
        document = mapping_to_json(self.entity, map(rule_from_json, rules))
        return mapping_from_json(CONTRACTS[self.entity], document)

    def _parse_json(self, text):
        try:
            return json.loads(text)
        except (ValueError, RecursionError, TypeError) as error:
            raise MappingError("This is no JSON.", code="unreadable", value="JSON") from error
