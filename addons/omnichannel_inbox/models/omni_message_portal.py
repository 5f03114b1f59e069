from odoo import models


class OmniMessage(models.Model):
    _inherit = "omni.message"

    def _is_with_customer(self):
        """Whether the customer wrote a message, or was written to: in one thread with him stands,
        too, what was forwarded to a colleague, and what somebody in copy had to say.

        :rtype: bool
        """
        self.ensure_one()
        conversation = self.conversation_id
        if self.direction == "in":
            author = self.author_identity_id
            family = conversation.partner_id.commercial_partner_id
            is_family = author.partner_id.commercial_partner_id == family
            return author == conversation.identity_id or (bool(author.partner_id) and is_family)
        his = {person.get("email") for person in conversation.reply_to or ()}
        his.add(conversation.identity_id.email)
        people = self.recipients or {}
        written_to = {
            person.get("email") for side in ("to", "cc", "bcc") for person in people.get(side) or ()
        }
        # a chat names nobody: it goes to whoever it is with
        return not written_to or bool(his & written_to - {False, None, ""})

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
