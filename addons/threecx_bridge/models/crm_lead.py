from odoo import models
from odoo.tools import email_normalize


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "threecx.called.mixin"]

    # "ends with", for numbers of which the telephone system sends only the end
    _phone_sanitized_reversed_idx = models.Index(
        "(reverse(phone_sanitized) text_pattern_ops) WHERE phone_sanitized IS NOT NULL"
    )

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
