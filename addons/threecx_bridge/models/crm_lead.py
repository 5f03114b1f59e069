from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize


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

    # === WHAT BECOMES OF THE LEAD === #

    def unlink(self):
        """Override: calls of a lead that is gone are calls of an unknown caller."""
        # sudo: whoever may delete the lead may leave its calls behind
        calls_sudo = self.env["threecx.call"].sudo()
        calls_sudo = calls_sudo.search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        res = super().unlink()
        calls_sudo.exists()._forget_party()
        return res

    def _message_post_after_hook(self, message, msg_values):
        """Override: who writes from the address of the lead has reached us, contact or not."""
        result = super()._message_post_after_hook(message, msg_values)
        sender = email_normalize(message.email_from)
        if message.message_type == "email" and sender and sender == self.email_normalized:
            # sudo: the follow-up of calls is no question of who receives the message
            self.env["threecx.call"].sudo()._close_written(self._threecx_call_domain())
        return result

    def _merge_dependences(self, opportunities):
        """Override: the calls go where their lead goes."""
        result = super()._merge_dependences(opportunities)
        # sudo: what was reported stays as it is; only the lead has another id
        calls_sudo = self.env["threecx.call"].sudo()
        calls_sudo.search(
            [("res_model", "=", self._name), ("res_id", "in", opportunities.ids)]
        ).res_id = self.id
        return result
