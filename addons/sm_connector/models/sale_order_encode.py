from odoo import api, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model_create_multi
    def create(self, vals_list):
        """Override to list the customer of an order made in Odoo for encoding."""
        orders = super().create(vals_list)
        orders.filtered(
            lambda order: not order.sm_backend_id
        ).partner_id.commercial_partner_id._sm_to_encode()
        return orders
