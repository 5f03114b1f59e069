from odoo import fields, models

AVAILABILITIES = [
    ("S", "In stock"),
    ("A", "On order"),
    ("I", "Not available"),
]


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "sm.load.mixin"]

    sm_line_key = fields.Char("Line in Silicon Master", copy=False)
    sm_qty_delivered = fields.Float("Delivered (Silicon Master)", digits="Product Unit", copy=False)
    sm_expected_date = fields.Date("Expected On", copy=False)
    sm_availability = fields.Selection(AVAILABILITIES, "Availability", copy=False)

    def _prepare_base_line_for_taxes_computation(self, **kwargs):
        """Override of `sale`: the master rounds each line to the cent before it adds them up.

        Odoo rounds the sum when the company rounds taxes globally, as Belgian charts do, which would
        make an order with discounts differ by a cent.
        """
        if self.sm_line_key and not kwargs.keys() & {"price_unit", "quantity", "discount"}:
            amount = self.product_uom_qty * self.price_unit * (1 - self.discount / 100)
            currency = self.currency_id or self.company_id.currency_id
            kwargs |= {"price_unit": currency.round(amount), "quantity": 1.0, "discount": 0.0}
        return super()._prepare_base_line_for_taxes_computation(**kwargs)
