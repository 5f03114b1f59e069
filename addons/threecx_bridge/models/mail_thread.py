from odoo import models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _message_post_after_hook(self, message, msg_values):
        """Override: a customer who writes has reached us; nobody has to call him back any more."""
        result = super()._message_post_after_hook(message, msg_values)
        if message.message_type in ("email", "comment") and message.author_id:
            # sudo: the follow-up of calls is no question of who receives the message
            message.author_id.sudo()._threecx_has_written()
        return result
