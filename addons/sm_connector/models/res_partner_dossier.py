from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    sm_dossier_count = fields.Integer("Dossiers", compute="_compute_sm_dossier_count")
    sm_open_dossier_count = fields.Integer("Open Dossiers", compute="_compute_sm_dossier_count")

    def _compute_sm_dossier_count(self):
        """Of the whole customer: his company, its contacts and addresses."""
        dossiers = self.env["sm.dossier"]
        total, opened = {}, {}
        if dossiers.has_access("read"):
            family = self.env["res.partner"].with_context(active_test=False)
            members = family.search_fetch([("id", "child_of", self.ids)], ["parent_id"])
            for partner, is_open, count in dossiers._read_group(
                [("partner_id", "in", members.ids)], ["partner_id", "is_open"], ["__count"]
            ):
                while partner:
                    total[partner.id] = total.get(partner.id, 0) + count
                    opened[partner.id] = opened.get(partner.id, 0) + count * is_open
                    partner = partner.parent_id
        for partner in self:
            partner.sm_dossier_count = total.get(partner.id, 0)
            partner.sm_open_dossier_count = opened.get(partner.id, 0)

    def action_open_sm_dossiers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_dossier_action")
        return action | {
            "domain": [("partner_id", "child_of", self.id)],
            "context": {"create": False},
        }
