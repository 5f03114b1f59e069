from odoo import models
from odoo.fields import Domain

from .omni_message import GONE_OUT


class CrmTicket(models.Model):
    """The portal shows what the customer and we wrote to each other."""

    _inherit = "crm.ticket"

    def _portal_messages(self):
        """Override: the messages of the customer's own conversations.

        What a carrier or somebody else wrote about the same request is not for him, nor are the
        notes of colleagues, what was forwarded to one of them, and what machines answered.
        """
        self.ensure_one()
        people = self.commercial_partner_id
        conversations = self.conversation_ids.filtered(
            lambda conversation: people and conversation.partner_id.commercial_partner_id == people
        )
        messages = (
            self.env["omni.message"]
            .search(
                Domain("conversation_id", "in", conversations.ids)
                & Domain("state", "in", ("received", *GONE_OUT))
                & Domain("is_automatic", "=", False)
                & Domain("is_bounce", "=", False)
                & Domain("is_doubtful", "=", False),
                order="sent, sequence, id",
            )
            .filtered(lambda message: message._is_with_customer())
        )
        return super()._portal_messages() + [message._portal_values() for message in messages]
