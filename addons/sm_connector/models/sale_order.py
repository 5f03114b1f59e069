from odoo import api, fields, models
from odoo.tools import float_compare

from .sm_code import ORDER_ORIGINS, PAYMENT_STATES


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "sm.linked.mixin"]

    active = fields.Boolean(
        default=True, copy=False, help="An order that the master no longer has is archived."
    )
    sm_link_ids = fields.One2many(
        "sm.link", "order_id", "Silicon Master Links", groups="sm_connector.group_sm_user"
    )
    sm_backend_id = fields.Many2one(
        "sm.backend", "Silicon Master", ondelete="set null", copy=False, index="btree_not_null"
    )
    sm_status_id = fields.Many2one(
        "sm.code",
        "Status Code",
        domain="[('kind', '=', 'status')]",
        ondelete="set null",
        copy=False,
    )
    sm_status = fields.Selection(
        string="Silicon Master Status", related="sm_status_id.status", store=True, copy=False
    )
    sm_shop_id = fields.Many2one(
        "sm.code", "Shop", domain="[('kind', '=', 'shop')]", ondelete="set null", copy=False
    )
    sm_origin = fields.Selection(ORDER_ORIGINS, "Origin", copy=False)
    sm_payment_state = fields.Selection(PAYMENT_STATES, "Payment", copy=False)
    sm_deposit = fields.Monetary("Deposit", copy=False)
    sm_salesperson = fields.Char("Salesperson in Silicon Master", copy=False)
    sm_remarks = fields.Text("Remarks in Silicon Master", copy=False)
    sm_amount_untaxed = fields.Monetary("Untaxed in Silicon Master", copy=False)
    sm_amount_tax = fields.Monetary("Taxes in Silicon Master", copy=False)
    sm_amount_total = fields.Monetary("Total in Silicon Master", copy=False)
    sm_amount_difference = fields.Monetary(
        "Difference", compute="_compute_sm_difference", store=True, help="Odoo less Silicon Master."
    )
    sm_has_difference = fields.Boolean(
        "Totals Differ", compute="_compute_sm_difference", store=True
    )

    _sm_difference_idx = models.Index("(sm_backend_id) WHERE sm_has_difference")

    @api.depends(
        "amount_untaxed",
        "amount_tax",
        "amount_total",
        "sm_amount_untaxed",
        "sm_amount_tax",
        "sm_amount_total",
        "sm_backend_id",
    )
    def _compute_sm_difference(self):
        for order in self:
            order.sm_amount_difference = (
                order.amount_total - order.sm_amount_total if order.sm_backend_id else 0.0
            )
            order.sm_has_difference = bool(order.sm_backend_id) and any(
                float_compare(order[name], order[f"sm_{name}"], precision_digits=2)
                for name in ("amount_untaxed", "amount_tax", "amount_total")
            )

    def _compute_invoice_status(self):
        """Override of `sale`: what the master delivers, the master invoices."""
        from_master = self.filtered("sm_backend_id")
        from_master.invoice_status = "no"
        return super(SaleOrder, self - from_master)._compute_invoice_status()
