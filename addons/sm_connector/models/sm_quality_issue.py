from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate, format_date

from ..pipeline import quality
from ..pipeline.appliers import ENTITIES

_lt = LazyTranslate(__name__)

CAUSES = [
    ("double_vat", "Same VAT number"),
    ("double_email", "Same e-mail address and name"),
    ("double_phone", "Same phone number and name"),
    ("merged", "One customer in Odoo, several codes"),
    ("vat", "VAT number not valid"),
    ("email", "E-mail address not valid"),
    ("phone", "Phone number that cannot be called"),
    ("unreachable", "Customer without phone and e-mail"),
    ("no_date", "Order without expected date"),
    ("late", "Expected date long past"),
    ("totals", "Totals of the order do not add up"),
    ("ean", "EAN not valid"),
    ("double_ean", "Same EAN on several articles"),
    ("code", "Code that nobody explains"),
]
TODO = {
    "double_vat": _lt("Merge the customers in Silicon Master, or correct the VAT number."),
    "double_email": _lt("Is it the same person? Merge the customers in Silicon Master."),
    "double_phone": _lt("Is it the same person? Merge the customers in Silicon Master."),
    "merged": _lt("The contacts were merged in Odoo: merge them in Silicon Master too."),
    "vat": _lt("Ask the customer for his VAT number and correct it."),
    "email": _lt("Correct the address, or empty the field and put a note into the remarks."),
    "phone": _lt("Correct the number; notes belong into the remarks, not into the number."),
    "unreachable": _lt("Ask for a phone number or an e-mail address at the next visit."),
    "no_date": _lt("Give the order an expected date: the customer will ask for it."),
    "late": _lt("Give the order a new expected date, or close it when it was delivered."),
    "totals": _lt("Open the order and save it again; lines and totals differ."),
    "ean": _lt("Correct the EAN: 8, 12, 13 or 14 digits, of which the last one checks the others."),
    "double_ean": _lt("Give each article its own EAN."),
    "code": _lt("Say what the code means, in Odoo under Codes, or stop using it."),
}


class SmQualityIssue(models.Model):
    """One thing that is wrong with one record of the master: for the one who keeps it up."""

    _name = "sm.quality.issue"
    _description = "Silicon Master Data Quality"
    _order = "cause, key, id"
    _rec_name = "key"
    _log_access = False  # written set-based; `first_seen` and `last_seen` say when

    backend_id = fields.Many2one(
        "sm.backend", "Silicon Master", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    cause = fields.Selection(CAUSES, "What Is Wrong", required=True, readonly=True)
    entity = fields.Selection([*ENTITIES, ("code", "Codes")], "Data", required=True, readonly=True)
    key = fields.Char("Silicon Master Key", required=True, readonly=True)
    name = fields.Char(readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", readonly=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", "Article", readonly=True, ondelete="cascade")
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="cascade")
    code_id = fields.Many2one("sm.code", readonly=True, ondelete="cascade")
    value = fields.Char(readonly=True, help="As Silicon Master has it.")
    detail = fields.Char("Also Under", readonly=True, help="The keys that share it.")
    todo = fields.Char("What to Do", compute="_compute_todo")
    shown_value = fields.Char("As It Is", compute="_compute_shown_value")
    state = fields.Selection(
        [("open", "Open"), ("ignored", "Not a problem"), ("fixed", "Fixed")],
        required=True,
        readonly=True,
    )
    first_seen = fields.Datetime("Since", readonly=True)
    last_seen = fields.Datetime(readonly=True)
    fixed_at = fields.Datetime("Fixed On", readonly=True)

    _key_uniq = models.UniqueIndex("(backend_id, cause, entity, key)", "Known already.")
    _partner_idx = models.Index("(partner_id) WHERE partner_id IS NOT NULL")
    _product_idx = models.Index("(product_id) WHERE product_id IS NOT NULL")
    _order_idx = models.Index("(order_id) WHERE order_id IS NOT NULL")

    @api.depends("cause")
    @api.depends_context("lang")
    def _compute_todo(self):
        for issue in self:
            issue.todo = issue.cause and self.env._(TODO[issue.cause])

    @api.depends("cause", "value", "code_id.kind")
    @api.depends_context("lang")
    def _compute_shown_value(self):
        kinds = dict(self.env["sm.code"]._fields["kind"]._description_selection(self.env))
        for issue in self:
            if issue.cause == "late":
                issue.shown_value = format_date(self.env, issue.value)
            elif issue.cause == "code":
                # sudo: the kind of a code is no secret
                issue.shown_value = kinds.get(issue.code_id.sudo().kind)
            else:
                issue.shown_value = issue.value

    # === REFRESH === #

    @api.model
    def _refresh(self, backend, run=None):
        """Draw up again what is wrong with the data of a master.

        :param sm.run run: what was just done; a run that changed nothing finds nothing new
        """
        backend = backend.sudo()
        self.env.flush_all()
        # to the microsecond: what was not seen now is fixed
        at = datetime.now(timezone.utc).replace(tzinfo=None)
        ids = (backend.id, backend.company_id.id)
        is_first = (
            not self.env["sm.quality.night"]
            .sudo()
            .search_count([("backend_id", "=", backend.id)], limit=1)
        )
        if run is None or is_first or run.created + run.updated + run.archived + run.missing:
            quality.refresh(self.env.cr, *ids, at)
        causes = [cause for cause, _label in CAUSES]
        quality.count_night(self.env.cr, *ids, run.id if run else None, causes, at)
        self.invalidate_model()
        self.env["sm.quality.night"].invalidate_model()

    # === ACTIONS === #

    def action_open_record(self):
        self.ensure_one()
        record = self.order_id or self.product_id or self.partner_id
        if not record:
            action = self.env["ir.actions.act_window"]._for_xml_id(
                f"sm_connector.sm_code_action_{self.code_id.sudo().kind}"
            )
            return action
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    def _check_operator(self):
        if not self.env.user.has_group("sm_connector.group_sm_operator"):
            raise UserError(self.env._("Only operators of Silicon Master can do this."))
        self.check_access("read")

    def action_ignore(self):
        """A person looked at it: it is right as it is, until it changes."""
        self._check_operator()
        # sudo: an operator decides, and writes nothing else
        self.filtered(lambda issue: issue.state == "open").sudo().state = "ignored"

    def action_reopen(self):
        self._check_operator()
        self.filtered(lambda issue: issue.state == "ignored").sudo().state = "open"

    @api.model
    def action_export(self):
        """The workbook for the one who keeps up the master."""
        return {
            "type": "ir.actions.act_url",
            "url": "/sm_connector/quality.xlsx",
            "target": "download",
        }
