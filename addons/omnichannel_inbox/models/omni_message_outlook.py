from odoo import models

from ..providers.base import FailureType


class OmniMessage(models.Model):
    """Where a message of Outlook may have been sent, and nothing in the mailbox tells."""

    _inherit = "omni.message"

    def _set_failed(self, failure_type, reason):
        """Override: what was given to Outlook for sending and has disappeared since has not failed.
        Nobody knows, and a person decides."""
        lost = self.filtered(
            lambda message: (
                message.channel_id.provider == "outlook"
                and message.state == "sending"
                and FailureType(failure_type) is FailureType.UNCERTAIN
            )
        )
        changed = lost._set_uncertain(reason) if lost else self.browse()
        others = self - lost
        return changed | super(OmniMessage, others)._set_failed(failure_type, reason)

    def action_send_again(self):
        """Override: whoever decides so means a new mail. Should the old one be found after all, by
        its own id, that is the one that was sent."""
        messages_sudo = self._check_is_answerable()
        for message in messages_sudo:
            if message.channel_id.provider == "outlook" and message.state == "uncertain":
                message.progress = {"creating": True}
        return super().action_send_again()
