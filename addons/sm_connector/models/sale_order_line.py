from odoo import fields, models

from ..pipeline.context import is_on_behalf_of_master

AVAILABILITIES = [
    ("S", "In stock"),
    ("A", "On order"),
    ("I", "Not available"),
]


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "sm.load.mixin", "sm.owned.mixin"]

    sm_line_key = fields.Char("Line in Silicon Master", copy=False)
    sm_qty_delivered = fields.Float("Delivered (Silicon Master)", digits="Product Unit", copy=False)
    sm_expected_date = fields.Date("Expected On", copy=False)
    sm_availability = fields.Selection(AVAILABILITIES, "Availability", copy=False)

    def _prepare_base_line_for_taxes_computation(self, **kwargs):
        """Override of `sale`: the master rounds each line to the cent before it adds them up.

        Odoo rounds the sum when the company rounds taxes globally, as Belgian charts do, which
        would make an order with discounts differ by a cent.
        """
        if self.sm_line_key and not kwargs.keys() & {"price_unit", "quantity", "discount"}:
            amount = self.product_uom_qty * self.price_unit * (1 - self.discount / 100)
            currency = self.currency_id or self.company_id.currency_id
            kwargs |= {"price_unit": currency.round(amount), "quantity": 1.0, "discount": 0.0}
        return super()._prepare_base_line_for_taxes_computation(**kwargs)

    def _add_precomputed_values(self, vals_list):
        """Override of `base` to give the values of a load's lines instead of having each worked out
        on a record of its own, which takes a third of the time of an order.

        Amounts are given for plain percentages only; whatever is missing, Odoo computes.
        """
        if is_on_behalf_of_master():
            for vals in vals_list:
                vals.update(self._loaded_values(vals))
        return super()._add_precomputed_values(vals_list)

    def _loaded_values(self, vals):
        """Return what Odoo would precompute for the values of a new line of the master."""
        order = self.env["sale.order"].browse(vals["order_id"])
        currency = order.currency_id
        loaded = {
            "company_id": order.company_id.id,
            "currency_id": currency.id,
            "order_partner_id": order.partner_id.id,
            "salesman_id": order.user_id.id,
            "state": order.state,
            "qty_delivered_method": "manual",  # the master says what was delivered
        }
        taxes = self.env["account.tax"].browse(vals.get("tax_ids", [(6, 0, [])])[0][2])
        if any(tax.amount_type != "percent" or tax.price_include for tax in taxes):
            return loaded
        quantity = vals.get("product_uom_qty", 0.0)
        price = vals.get("price_unit", 0.0) * (1 - vals.get("discount", 0.0) / 100)
        subtotal = currency.round(quantity * price)
        tax = sum(currency.round(subtotal * tax.amount / 100) for tax in taxes)
        return loaded | {
            "price_subtotal": subtotal,
            "price_tax": tax,
            "price_total": subtotal + tax,
            "price_reduce_taxexcl": subtotal / quantity if quantity else 0.0,
            "price_reduce_taxinc": (subtotal + tax) / quantity if quantity else 0.0,
        }

    def _compute_invoice_status(self):
        """Override of `sale`: what the master delivers, the master invoices."""
        from_master = self.filtered("sm_line_key")
        from_master.invoice_status = "no"
        return super(SaleOrderLine, self - from_master)._compute_invoice_status()

    def _compute_qty_to_invoice(self):
        """Override of `sale`: nothing of the master's orders is left to invoice in Odoo."""
        from_master = self.filtered("sm_line_key")
        from_master.qty_to_invoice = 0.0
        return super(SaleOrderLine, self - from_master)._compute_qty_to_invoice()
