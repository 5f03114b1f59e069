from dataclasses import replace

from odoo import models

#: Names of our other messages given along, at most.
OTHERS = 200


class OmniMessage(models.Model):
    """What the provider of Messenger has to know of messages that it cannot ask for."""

    _inherit = "omni.message"

    def _outbound(self):
        """Override: a message that was perhaps sent is looked for in the list of its conversation,
        among those that are known to be other ones."""
        outbound = super()._outbound()
        if self.channel_id.provider != "messenger" or not outbound.progress.get("sending"):
            return outbound
        others = self.search(
            [
                ("conversation_id.external_id", "=", outbound.conversation),
                ("channel_id", "=", self.channel_id.id),
                ("direction", "=", "out"),
                ("uuid", "!=", False),
                ("id", "!=", self.id),
            ],
            limit=OTHERS,
        )
        # sudo: other names of messages that are known here
        names = [*others.mapped("external_id"), *others.sudo().alias_ids.mapped("external_id")]
        known = [name for name in names if name]
        return replace(outbound, progress={**outbound.progress, "others": known})

    def action_send_again(self):
        """Override: whoever decides so has looked, and what was perhaps sent was not."""
        messages_sudo = self._check_is_answerable()
        for message in messages_sudo:
            if message.channel_id.provider == "messenger" and message.state == "uncertain":
                message.progress = {**(message.progress or {}), "sending": None}
        return super().action_send_again()
