import csv
import io

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import LazyTranslate

from ..pipeline.appliers import APPLIERS, ENTITIES
from .sm_labels import field_label

_lt = LazyTranslate(__name__)

CAUSES = [
    ("missing_key", "No code"),
    ("duplicate_key", "Code used twice"),
    ("missing_name", "No name"),
    ("missing_kind", "No kind"),
    ("missing_number", "No number"),
    ("missing_date", "No date"),
    ("missing_customer_code", "No customer code"),
    ("missing_status_code", "No status"),
    ("missing_state_code", "No state"),
    ("missing_parent", "No parent code"),
    ("own_parent", "Is its own parent"),
    ("incomplete", "Only part of it was sent"),
    ("unknown_parent", "Unknown parent"),
    ("unknown_customer", "Unknown customer"),
    ("unknown_article", "Unknown article"),
    ("missing_article", "Line without article"),
    ("ambiguous_match", "Fits several Odoo records"),
    ("bad_date", "Impossible date"),
    ("bad_number", "Not a number"),
    ("bad_code", "Code with line breaks or invisible characters"),
    ("bad_boolean", "Neither yes nor no"),
    ("bad_list", "List not understood"),
    ("unknown_value", "Value not in the table"),
    ("unknown_country", "Unknown country"),
    ("unknown_language", "Unknown language"),
    ("bad_value", "Value not understood"),
    ("negative_quantity", "Negative quantity"),
    ("negative_price", "Negative price"),
    ("negative_amount", "Negative amount"),
    ("bad_discount", "Impossible discount"),
    ("bad_vat_rate", "Impossible VAT rate"),
    ("inconsistent_header", "Lines contradict each other"),
    ("duplicate_line", "Line number used twice"),
    ("code_too_long", "Code too long"),
    ("too_long", "Text too long"),
    ("nul_byte", "Damaged row"),
    ("cell_too_long", "Cell far too long"),
    ("column_count", "Wrong number of columns"),
    ("cell_error", "Excel shows an error"),
    ("bad_quotes", "Quotation marks that do not match"),
    ("formula", "Formula instead of a value"),
    ("bad_json", "Row that is not valid JSON"),
    ("duplicate_name", "Same name twice in one record"),
    ("too_deep", "Values nested too deep"),
    ("lines_without_header", "Lines of an order that is not in the export"),
    ("no_tax", "No sales tax for the VAT rate"),
    ("other_currency", "Another currency"),
    ("refused", "Refused by Odoo"),
]
ADVICE = {
    "missing_key": _lt("Give the row a code in Silicon Master."),
    "duplicate_key": _lt(
        "Two different rows carry this code. Keep it for one of them in Silicon Master."
    ),
    "missing_name": _lt("Fill in the name in Silicon Master."),
    "missing_kind": _lt(
        "Say in Silicon Master whether this is a company, a person, a contact or an address."
    ),
    "missing_number": _lt("Give the order a number in Silicon Master."),
    "missing_date": _lt("Fill in the date in Silicon Master."),
    "missing_customer_code": _lt("Choose the customer of the order in Silicon Master."),
    "missing_status_code": _lt("Give the order a status in Silicon Master."),
    "missing_state_code": _lt("Give the dossier a state in Silicon Master."),
    "missing_parent": _lt(
        "Say in Silicon Master to which customer this contact or address belongs."
    ),
    "own_parent": _lt("Correct the parent code in Silicon Master."),
    "unknown_parent": _lt(
        "The customer it belongs to is not in the export. It heals by itself when he arrives."
    ),
    "unknown_customer": _lt(
        "The customer is not in the export, or needs attention himself. It heals by itself."
    ),
    "unknown_article": _lt(
        "The article is not in the export, or needs attention itself. It heals by itself."
    ),
    "missing_article": _lt("A line with a quantity needs an article code in Silicon Master."),
    "ambiguous_match": _lt(
        "Say under «Who is this?» which record it is, or merge the records in Odoo when they are "
        "the same. The next run links it."
    ),
    "bad_date": _lt("Correct the date in Silicon Master."),
    "bad_number": _lt("Correct the amount or quantity in Silicon Master."),
    "bad_code": _lt(
        "Type the code again in Silicon Master: something invisible was pasted with it."
    ),
    "bad_boolean": _lt("Fill in O (yes) or N (no) in Silicon Master."),
    "bad_list": _lt("Correct the list in Silicon Master, or ask for a new export."),
    "unknown_value": _lt(
        "Correct the value in Silicon Master, or add it to the conversion of this column."
    ),
    "unknown_country": _lt("Choose an existing country in Silicon Master."),
    "unknown_language": _lt("Choose an existing language in Silicon Master."),
    "bad_value": _lt("Correct the value in Silicon Master."),
    "incomplete": _lt(
        "It is new, and a file of changes does not hold enough of it. It comes with the next "
        "complete export."
    ),
    "other_currency": _lt(
        "Amounts are taken over in the company's currency only. Convert them in Silicon Master, or "
        "give this master a company of its own."
    ),
    "negative_quantity": _lt(
        "Enter a return as a return in Silicon Master, not as a negative order line."
    ),
    "negative_price": _lt("Correct the price in Silicon Master."),
    "negative_amount": _lt("Correct the amount in Silicon Master."),
    "bad_discount": _lt("Correct the discount in Silicon Master: it is a percentage."),
    "bad_vat_rate": _lt("Correct the VAT rate in Silicon Master: it is a percentage."),
    "inconsistent_header": _lt(
        "The lines of one order carry different order data. Ask for a new export."
    ),
    "duplicate_line": _lt("Number the lines of the order again in Silicon Master."),
    "code_too_long": _lt("Shorten the code in Silicon Master."),
    "too_long": _lt("Shorten the text in Silicon Master."),
    "nul_byte": _lt("The row holds a null byte. Ask for a new export."),
    "cell_too_long": _lt(
        "Something was pasted into a field that does not belong there. Correct it there."
    ),
    "column_count": _lt(
        "A separator or a quote in a text broke the row. Correct the text or the export."
    ),
    "cell_error": _lt("Correct the cell that shows an error, such as #REF!, in the export."),
    "bad_quotes": _lt("Remove the stray quotation mark from the text, or correct the export."),
    "formula": _lt("Export values: formulas are never calculated here."),
    "bad_json": _lt("This row of the export is damaged. Ask for a new export."),
    "duplicate_name": _lt(
        "The record gives two values for the same name. Correct the export, or ask for a new one."
    ),
    "too_deep": _lt("No honest record looks like this. Check where the file comes from."),
    "lines_without_header": _lt(
        "The file of orders lacks the order of these lines. Ask for a new export of both files."
    ),
    "no_tax": _lt(
        "Choose the sales tax of this rate in the code table, or create it in Accounting."
    ),
    "refused": _lt("Odoo does not accept these values. The message says why."),
}


EXPORTED_BY_ID = 500
# what a row waits for when it is unknown
AWAITED = {
    "unknown_parent": "contact",
    "unknown_customer": "contact",
    "unknown_article": "article",
    "unknown_order": "order",
}


class SmQuarantine(models.Model):
    """A row of the master that was not taken over, why, and what to do.

    One row for each key: it is refreshed as long as the master sends it and closes itself when the
    cause has gone.
    """

    _name = "sm.quarantine"
    _description = "Silicon Master Quarantine"
    _order = "last_seen desc, id desc"
    _rec_name = "external_id"

    backend_id = fields.Many2one("sm.backend", required=True, ondelete="cascade")
    run_id = fields.Many2one("sm.run", "Last Seen In", ondelete="set null", index="btree_not_null")
    entity = fields.Selection(ENTITIES, required=True)
    external_id = fields.Char("Silicon Master Key", required=True)
    state = fields.Selection(
        [("open", "Needs attention"), ("ignored", "Ignored"), ("healed", "Healed")],
        required=True,
        default="open",
    )
    cause = fields.Selection(CAUSES, required=True)
    advice = fields.Text("What to Do", compute="_compute_advice")
    field_name = fields.Char("Column", help="Column of the export, or the field it feeds.")
    field_label = fields.Char("Field", compute="_compute_field_label")
    value = fields.Char("Value as Read")
    message = fields.Text("Technical Message")
    file_name = fields.Char("File")
    line = fields.Integer("Row in File", aggregator=None)
    raw = fields.Text("Row as Read", groups="sm_connector.group_sm_operator")
    raw_table = fields.Html(
        "Row by Column",
        compute="_compute_raw_table",
        sanitize=False,
        groups="sm_connector.group_sm_operator",
    )
    first_seen = fields.Datetime(required=True)
    last_seen = fields.Datetime(required=True)
    healed_at = fields.Datetime("Healed On")
    age_days = fields.Integer("Age (days)", compute="_compute_age_days")
    concerned = fields.Selection(
        [
            ("record", "Record in Odoo"),
            ("match", "Who is this?"),
            ("row", "Row it waits for"),
            ("search", "Look for it in Odoo"),
        ],
        "What It Is About",
        compute="_compute_concerned",
        compute_sudo=True,
    )
    mapping_id = fields.Many2one(
        "sm.field.mapping",
        "Line of the Mapping",
        compute="_compute_mapping_id",
        compute_sudo=True,
        groups="sm_connector.group_sm_admin",
    )

    _key_uniq = models.UniqueIndex("(backend_id, entity, external_id)")

    @api.depends("cause")
    @api.depends_context("lang")
    def _compute_advice(self):
        for row in self:
            row.advice = self.env._(ADVICE[row.cause]) if row.cause else False

    @api.depends("field_name")
    @api.depends_context("lang")
    def _compute_field_label(self):
        for row in self:
            row.field_label = field_label(self.env, row.field_name) if row.field_name else False

    @api.depends("raw", "run_id", "field_name", "value")
    def _compute_raw_table(self):
        """Show the row as columns and values when it can be told which cell is which."""
        for row in self:
            # sudo: operators may not see the feeds' details, the columns of a file are no secret
            line = row.sudo().run_id.line_ids.filtered(
                lambda line, row=row: line.entity == row.entity
            )
            rows = _cells_of(row.raw, line.file_header)
            # sudo: the feed's mapping tells which column feeds the field that is wrong
            sources = line.feed_id.mapping_ids.filtered(
                lambda mapping, row=row: mapping.target == row.field_name
            )
            guilty = {row.field_name, *sources.mapped("source")}
            row.raw_table = rows and _as_table(line.file_header, rows, guilty, row.value)

    @api.depends("first_seen", "healed_at")
    def _compute_age_days(self):
        now = fields.Datetime.now()
        for row in self:
            row.age_days = ((row.healed_at or now) - row.first_seen).days if row.first_seen else 0

    # === WHAT IT IS ABOUT === #

    def _compute_concerned(self):
        """What helps with the row: the question, the row that it waits for, or its record."""
        for row in self:
            if row._get_match():
                row.concerned = "match"
            elif row._get_awaited():
                row.concerned = "row"
            elif row._get_record():
                row.concerned = "record"
            elif row.cause in AWAITED and row.value:
                row.concerned = "search"
            else:
                row.concerned = False

    @api.depends("field_name", "entity", "backend_id")
    def _compute_mapping_id(self):
        for row in self:
            feeds = row.backend_id.feed_ids.filtered(
                lambda feed, row=row: feed.entity == row.entity
            )
            row.mapping_id = feeds.mapping_ids.filtered(
                lambda line, row=row: (
                    row.field_name and row.field_name in (line.source, line.target)
                )
            )[:1]

    def _get_match(self):
        """Return the question that the row, or the customer it needs, waits for."""
        self.ensure_one()
        keys = {self.entity: self.external_id} if self.cause == "ambiguous_match" else {}
        if self.cause in AWAITED:
            keys = {AWAITED[self.cause]: self.value}
        for entity, key in keys.items():
            return self.env["sm.match"].search(
                [
                    ("backend_id", "=", self.backend_id.id),
                    ("entity", "=", entity),
                    ("external_id", "=", key),
                    ("state", "!=", "solved"),
                ]
            )
        return self.env["sm.match"]

    def _get_awaited(self):
        """Return the row of quarantine that this one waits for."""
        self.ensure_one()
        if self.cause not in AWAITED:
            return self.browse()
        return self.search(
            [
                ("backend_id", "=", self.backend_id.id),
                ("entity", "=", AWAITED[self.cause]),
                ("external_id", "=", self.value),
                ("state", "!=", "healed"),
            ]
        )

    def _get_record(self):
        """Return the record that the key is linked to: what Odoo has from an earlier night."""
        self.ensure_one()
        # sudo: whoever opens the record needs the rights on it
        link = (
            self.env["sm.link"]
            .sudo()
            .search(
                [
                    ("backend_id", "=", self.backend_id.id),
                    ("entity", "=", self.entity),
                    ("external_id", "=", self.external_id),
                    ("state", "!=", "retired"),
                ],
                limit=1,
            )
        )
        return link and link[APPLIERS[link.entity].link_field]

    def action_open_concerned(self):
        """Open what the row is about: see :meth:`_compute_concerned`."""
        self.ensure_one()
        action = {"type": "ir.actions.act_window", "view_mode": "form"}
        match self.concerned:
            case "match":
                return action | {"res_model": "sm.match", "res_id": self._get_match().id}
            case "row":
                return action | {"res_model": self._name, "res_id": self._get_awaited().id}
            case "record":
                record = self._get_record()
                return action | {"res_model": record._name, "res_id": record.id}
            case "search":
                return {
                    "type": "ir.actions.act_window",
                    "name": self.env._("Looking for %(key)s", key=self.value),
                    "res_model": APPLIERS[AWAITED[self.cause]].model,
                    "view_mode": "list,form",
                    "context": {"search_default_sm_code": self.value, "active_test": False},
                }
        return None

    def action_open_mapping(self):
        """Open the line of the mapping that reads the column which is wrong."""
        self.ensure_one()
        if not self.mapping_id:
            return None
        return {
            "type": "ir.actions.act_window",
            "res_model": "sm.feed",
            "res_id": self.mapping_id.feed_id.id,
            "view_mode": "form",
        }

    # === WHAT OPERATORS DO === #

    def action_ignore(self):
        """Stop counting these rows as needing attention until they change."""
        self._move("open", "ignored")

    def action_reopen(self):
        """Count ignored rows as needing attention again."""
        self._move("ignored", "open")

    def _move(self, old, new):
        """Change the state of the rows that the user may read; it is all an operator may change."""
        self.check_access("read")
        # sudo: nobody writes the other fields, they are what the master sent
        self.filtered(lambda row: row.state == old).sudo().state = new

    def action_retry(self):
        """Queue a run that reads these rows again: one whose cause has gone is taken over by it."""
        self._move("ignored", "open")
        action = None
        for backend in self.backend_id:
            rows = self.filtered(lambda row, backend=backend: row.backend_id == backend)
            # what a row waits for may have come, or been decided on
            entities = {*rows.mapped("entity"), *map(AWAITED.get, rows.mapped("cause"))}
            # sudo: operators may not see how the feeds are set up
            feeds = backend.sudo().feed_ids.filtered(
                lambda feed, entities=entities: feed.entity in entities and feed.mode == "full"
            )
            action = backend._fetch_feeds_again(feeds)
        return action

    def action_export(self):
        """Give these rows as a workbook; all that need attention when none is chosen."""
        self.check_access("read")
        # an address has an end; whoever chooses as many means all of them
        ids = ",".join(map(str, self.ids)) if len(self) <= EXPORTED_BY_ID else ""
        return {
            "type": "ir.actions.act_url",
            "url": f"/sm_connector/quarantine.xlsx?ids={ids}",
            "target": "download",
        }

    @api.autovacuum
    def _gc_healed(self):
        """Forget rows that healed 90 days ago: they hold personal data."""
        self.search([("state", "=", "healed"), ("healed_at", "<", "-90d")]).unlink()


def _cells_of(raw, header):
    """Return the rows of a quarantined record as lists of cells, None when they do not fit.

    :param str raw: the rows as text, one per line; those of an order begin with their line number
    :param header: names of the columns of the file
    """
    if not raw or not header:
        return None
    try:
        rows = list(csv.reader(io.StringIO(raw, newline=""), delimiter=";"))
    except csv.Error:
        return None
    rows = [row[1:] if len(row) == len(header) + 1 else row for row in rows if row]
    return rows if rows and all(len(row) == len(header) for row in rows) else None


def _as_table(header, rows, guilty, value):
    """Return HTML: what all rows share as column → value, below it what differs row by row.

    :param set guilty: names of the column that is wrong
    :param str value: the wrong value, marked in that column only
    """

    def mark(name, cell):
        is_wrong = name in guilty and (not value or cell.strip() == value)
        return Markup(' class="table-danger fw-bold"') if is_wrong else Markup()

    columns = list(zip(header, zip(*rows, strict=True), strict=True))
    shared = [
        Markup("<tr><th class='text-muted fw-normal w-25'>%s</th><td%s>%s</td></tr>")
        % (name, mark(name, cells[0]), cells[0] or "–")
        for name, cells in columns
        if len(set(cells)) == 1 and (cells[0].strip() or name in guilty)
    ]
    html = Markup("<table class='table table-sm table-bordered o_sm_raw'>%s</table>") % (
        Markup().join(shared)
    )
    differing = [(name, cells) for name, cells in columns if len(set(cells)) > 1]
    if not differing:
        return html
    head = Markup().join(Markup("<th>%s</th>") % name for name, _cells in differing)
    body = Markup().join(
        Markup("<tr>%s</tr>")
        % Markup().join(
            Markup("<td%s>%s</td>") % (mark(name, cells[position]), cells[position])
            for name, cells in differing
        )
        for position in range(len(rows))
    )
    return html + Markup(
        "<div class='table-responsive'><table class='table table-sm table-bordered o_sm_raw'>"
        "<thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>"
    ) % (head, body)
