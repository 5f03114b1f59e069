from odoo import api, models

from ..mailbody import preview

PREVIEW_LENGTH = 120


class OmniMessage(models.Model):
    """A message as part of its conversation."""

    _inherit = "omni.message"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: conversations know when they were last written in."""
        messages = super().create(vals_list)
        messages.conversation_id._note_messages(messages)
        return messages

    def _preview(self):
        """Return the beginning of what is written.

        :rtype: str | False
        """
        self.ensure_one()
        return preview(self.text_body or self.subject or "", PREVIEW_LENGTH) or False

    def _move_to(self, conversation):
        """Move messages with all they hold to another conversation of the same channel.

        :param conversation: `omni.conversation`
        """
        old = self.conversation_id
        contents = self.mail_message_id
        contents.write({"model": conversation._name, "res_id": conversation.id})
        contents.attachment_ids.filtered(lambda file: file.res_model == conversation._name).write(
            {"res_id": conversation.id}
        )
        self.write({"conversation_id": conversation.id})
        (old | conversation)._recount()
