from odoo import api, fields, models
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ..pipeline.events import TOLD_STATUSES
from .sm_code import ORDER_STATUSES

EVENT_KINDS = [
    ("date_set", "Expected date given"),
    ("date_moved", "Expected date moved"),
    ("date_removed", "Expected date withdrawn"),
    ("ready", "Ready for pick-up"),
    ("shipped", "Shipped"),
    ("partial", "Partly delivered"),
    ("delivered", "Delivered"),
    ("failed", "Delivery attempt failed"),
    ("cancelled", "Cancelled"),
    ("restocked", "Article back in stock"),
    ("unavailable", "Article not available"),
]
DATE_KINDS = ("date_set", "date_moved", "date_removed")


class SmOrderEvent(models.Model):
    """A change of an order that matters to the customer, written set-based by the pipeline.

    Events are facts: nobody edits them. Whether one still holds is :attr:`is_current`.
    """

    _name = "sm.order.event"
    _description = "Silicon Master Order Event"
    _order = "at desc, id desc"
    _log_access = False  # `at` and the run say when and by whom

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, ondelete="cascade", index=True
    )
    line_id = fields.Many2one("sale.order.line", "Order Line", readonly=True, ondelete="set null")
    line_key = fields.Char(
        "Line in Silicon Master", readonly=True, help="Empty: the event concerns the whole order."
    )
    product_id = fields.Many2one("product.product", "Article", readonly=True, ondelete="set null")
    partner_id = fields.Many2one(
        "res.partner", "Customer", readonly=True, ondelete="set null", index="btree_not_null"
    )
    shop_id = fields.Many2one("sm.code", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    run_id = fields.Many2one("sm.run", readonly=True, ondelete="set null", index="btree_not_null")
    at = fields.Datetime("Noticed", required=True, readonly=True, index=True)
    kind = fields.Selection(EVENT_KINDS, "Event", required=True, readonly=True)
    old_date = fields.Date("From", readonly=True)
    new_date = fields.Date("To", readonly=True)
    days = fields.Integer(
        "Days Later", readonly=True, aggregator="avg", help="Negative: earlier than announced."
    )
    old_status = fields.Selection(ORDER_STATUSES, "Status Before", readonly=True)
    new_status = fields.Selection(ORDER_STATUSES, "Status After", readonly=True)
    old_quantity = fields.Float("Stock Before", readonly=True, digits="Product Unit")
    new_quantity = fields.Float("Stock After", readonly=True, digits="Product Unit")
    is_current = fields.Boolean(
        "Still True", readonly=True, help="Nothing has happened since that makes it untrue."
    )
    old_value = fields.Char("Before", compute="_compute_values")
    new_value = fields.Char("After", compute="_compute_values")
    summary = fields.Char(compute="_compute_values")

    _change_uniq = models.UniqueIndex(
        "(order_id, line_key, kind, run_id)", "One change gives one event."
    )
    _restocked_idx = models.Index("(product_id) WHERE is_current AND kind = 'restocked'")

    @api.depends("order_id", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = f"{event.order_id.display_name or ''} {kinds.get(event.kind, '')}"

    @api.depends(
        "kind", "old_date", "new_date", "days", "old_status", "new_status", "product_id", "line_key"
    )
    @api.depends_context("lang")
    def _compute_values(self):
        """Before and after as a person reads them, in his language."""
        statuses = dict(self._fields["new_status"]._description_selection(self.env))
        for event in self:
            if event.kind in DATE_KINDS:
                event.old_value = event._date_text(event.old_date)
                event.new_value = event._date_text(event.new_date)
            elif event.kind in TOLD_STATUSES:
                event.old_value = statuses.get(event.old_status, False)
                event.new_value = statuses.get(event.new_status, False)
            elif event.kind == "restocked":
                event.old_value = self.env._("Out of stock")
                event.new_value = self.env._(
                    "In stock: %(quantity)s", quantity=event._quantity_text(event.new_quantity)
                )
            else:
                event.old_value = False
                event.new_value = self.env._("Not available")
            parts = [event.line_key and event.product_id.display_name, event._summary()]
            event.summary = " · ".join(filter(None, parts))

    def _date_text(self, date):
        return format_date(self.env, date) if date else self.env._("no date")

    def _quantity_text(self, quantity):
        return formatLang(self.env, quantity, digits=0 if quantity == int(quantity) else 2)

    def _summary(self):
        """Return what happened in half a sentence, after the name of the event."""
        self.ensure_one()
        if self.kind == "date_moved" and self.days:
            return self._days_text()
        if self.kind == "date_removed":
            return self.env._("was %(date)s", date=self.old_value)
        return self.new_value if self.kind in ("date_set", "restocked") else ""

    def _days_text(self):
        days = abs(self.days)
        if self.days > 0:
            return (
                self.env._("1 day later")
                if days == 1
                else self.env._("%(days)s days later", days=days)
            )
        return (
            self.env._("1 day earlier")
            if days == 1
            else self.env._("%(days)s days earlier", days=days)
        )

    def action_open_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "view_mode": "form",
        }
