from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    sm_dossier_ids = fields.One2many("sm.dossier", "order_id", "Dossiers", copy=False)
    sm_dossier_count = fields.Integer("Dossier Count", compute="_compute_sm_dossier_count")

    def _compute_sm_dossier_count(self):
        dossiers = self.env["sm.dossier"]
        counts = (
            dict(dossiers._read_group([("order_id", "in", self.ids)], ["order_id"], ["__count"]))
            if dossiers.has_access("read")
            else {}
        )
        for order in self:
            order.sm_dossier_count = counts.get(order, 0)

    def action_open_sm_dossiers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_dossier_action")
        return action | {
            "domain": [("order_id", "=", self.id)],
            "context": {"create": False},
        }
