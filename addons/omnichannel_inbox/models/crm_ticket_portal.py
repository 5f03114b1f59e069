from odoo import models
from odoo.fields import Domain

from .omni_message import GONE_OUT


class CrmTicket(models.Model):
    """The portal shows what the customer and we wrote to each other."""

    _inherit = "crm.ticket"

    def _portal_messages(self):
        """Override: the messages of the customer's own conversations.

        What a carrier or somebody else wrote about the same request is not for him, nor are the
        notes of colleagues and what machines answered.
        """
        self.ensure_one()
        people = self.commercial_partner_id
        conversations = self.conversation_ids.filtered(
            lambda conversation: people and conversation.partner_id.commercial_partner_id == people
        )
        messages = self.env["omni.message"].search(
            Domain("conversation_id", "in", conversations.ids)
            & Domain("state", "in", ("received", *GONE_OUT))
            & Domain("is_automatic", "=", False)
            & Domain("is_bounce", "=", False),
            order="sent, sequence, id",
        )
        return super()._portal_messages() + [message._portal_values() for message in messages]


class OmniMessage(models.Model):
    _inherit = "omni.message"

    def _portal_values(self):
        """What the portal shows of a message, see `crm.ticket._portal_messages`.

        :rtype: dict
        """
        is_customer = self.direction == "in"
        who = self.author_identity_id
        return {
            "author": (who.name or who.email if is_customer else self.user_id.name)
            or self.channel_id.name,
            "date": self.sent,
            "text": self.text_body,
            "is_customer": is_customer,
            "files": [
                {
                    "name": file.name,
                    "url": f"/web/content/{file.id}?download=1"
                    f"&access_token={file.generate_access_token()[0]}",
                }
                for file in self.mail_message_id.attachment_ids
            ],
        }
