from odoo import api, fields, models
from odoo.tools import LazyTranslate

from .sm_link import ENTITIES

_lt = LazyTranslate(__name__)

CAUSES = [
    ("missing_key", "No code"),
    ("duplicate_key", "Code used twice"),
    ("missing_name", "No name"),
    ("missing_parent", "No parent code"),
    ("own_parent", "Is its own parent"),
    ("unknown_parent", "Unknown parent"),
    ("unknown_customer", "Unknown customer"),
    ("unknown_article", "Unknown article"),
    ("missing_article", "Line without article"),
    ("ambiguous_match", "Fits several Odoo records"),
    ("bad_date", "Impossible date"),
    ("bad_number", "Not a number"),
    ("bad_value", "Value not understood"),
    ("negative_quantity", "Negative quantity"),
    ("negative_price", "Negative price"),
    ("inconsistent_header", "Lines contradict each other"),
    ("duplicate_line", "Line number used twice"),
    ("code_too_long", "Code too long"),
    ("too_long", "Text too long"),
    ("nul_byte", "Damaged row"),
    ("cell_too_long", "Cell far too long"),
    ("column_count", "Wrong number of columns"),
    ("formula", "Formula instead of a value"),
    ("no_tax", "No sales tax for the VAT rate"),
    ("refused", "Refused by Odoo"),
]
ADVICE = {
    "missing_key": _lt("Give the row a code in Silicon Master."),
    "duplicate_key": _lt(
        "Two different rows carry this code. Keep it for one of them in Silicon Master."
    ),
    "missing_name": _lt("Fill in the name in Silicon Master."),
    "missing_parent": _lt(
        "Say in Silicon Master to which customer this contact or address belongs."
    ),
    "own_parent": _lt("Correct the parent code in Silicon Master."),
    "unknown_parent": _lt(
        "The customer it belongs to is not in the export. It heals by itself when he "
        "arrives."
    ),
    "unknown_customer": _lt(
        "The customer is not in the export, or needs attention himself. It heals by "
        "itself."
    ),
    "unknown_article": _lt(
        "The article is not in the export, or needs attention itself. It heals by itself."
    ),
    "missing_article": _lt("A line with a quantity needs an article code in Silicon Master."),
    "ambiguous_match": _lt(
        "Merge the records in Odoo when they are the same, or put the Silicon Master code "
        "into the reference of the right one. The next run links it."
    ),
    "bad_date": _lt("Correct the date in Silicon Master."),
    "bad_number": _lt("Correct the amount or quantity in Silicon Master."),
    "bad_value": _lt("Correct the value in Silicon Master."),
    "negative_quantity": _lt(
        "Enter a return as a return in Silicon Master, not as a negative order line."
    ),
    "negative_price": _lt("Correct the price in Silicon Master."),
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
    "formula": _lt("Export values: formulas are never calculated here."),
    "no_tax": _lt(
        "Choose the sales tax of this rate in the code table, or create it in Accounting."
    ),
    "refused": _lt("Odoo does not accept these values. The message says why."),
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
    field_name = fields.Char("Field")
    value = fields.Char()
    message = fields.Text("What Is Wrong")
    file_name = fields.Char("File")
    line = fields.Integer("Row in File")
    raw = fields.Text("Row as Read", groups="sm_connector.group_sm_operator")
    first_seen = fields.Datetime(required=True)
    last_seen = fields.Datetime(required=True)
    healed_at = fields.Datetime("Healed On")
    age_days = fields.Integer("Age (days)", compute="_compute_age_days")

    _key_uniq = models.UniqueIndex("(backend_id, entity, external_id)")

    @api.depends("cause")
    @api.depends_context("lang")
    def _compute_advice(self):
        for row in self:
            row.advice = str(ADVICE[row.cause]) if row.cause else False

    @api.depends("first_seen", "healed_at")
    def _compute_age_days(self):
        now = fields.Datetime.now()
        for row in self:
            row.age_days = ((row.healed_at or now) - row.first_seen).days if row.first_seen else 0

    def action_ignore(self):
        """Stop counting these rows as needing attention until they change."""
        self.filtered(lambda row: row.state == "open").state = "ignored"

    def action_reopen(self):
        self.filtered(lambda row: row.state == "ignored").state = "open"

    def action_retry(self):
        """Queue a run: a row whose cause has gone is taken over by it."""
        return self.backend_id[:1].action_run_now()

    @api.autovacuum
    def _gc_healed(self):
        """Forget rows that healed 90 days ago: they hold personal data."""
        self.search([("state", "=", "healed"), ("healed_at", "<", "-90d")]).unlink()
