from odoo import api, fields, models
from odoo.fields import Domain


class CrmLead(models.Model):
    _inherit = "crm.lead"

    threecx_call_count = fields.Integer(
        "Number of Calls",
        compute="_compute_threecx_call_count",
        groups="threecx_bridge.group_threecx_user",
    )

    # "ends with", for numbers of which the telephone system sends only the end
    _phone_sanitized_reversed_idx = models.Index(
        "(reverse(phone_sanitized) text_pattern_ops) WHERE phone_sanitized IS NOT NULL"
    )

    @api.depends_context("uid")
    def _compute_threecx_call_count(self):
        for lead in self:
            lead.threecx_call_count = (
                self.env["threecx.call"].search_count(lead._threecx_call_domain())
                if lead._origin.id
                else 0
            )

    def _threecx_call_domain(self):
        """Calls about the lead.

        :rtype: Domain
        """
        self.ensure_one()
        return Domain("res_model", "=", self._name) & Domain("res_id", "=", self._origin.id)

    def action_threecx_calls(self):
        """Open the calls about the lead.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("threecx_bridge.threecx_call_action")
        action["domain"] = list(self._threecx_call_domain())
        action["context"] = {}
        return action

    def _merge_dependences(self, opportunities):
        """Override: the calls go where their lead goes."""
        result = super()._merge_dependences(opportunities)
        # sudo: what was reported stays as it is; only the lead has another id
        calls_sudo = self.env["threecx.call"].sudo()
        calls_sudo.search(
            [("res_model", "=", self._name), ("res_id", "in", opportunities.ids)]
        ).res_id = self.id
        return result
