from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_base.exceptions import IntegrationError

from ..providers.base import Address, Moment


class OmniConversation(models.Model):
    """Threads of Messenger that another application has."""

    _inherit = "omni.conversation"

    provider = fields.Selection(related="channel_id.provider")

    def action_take_over(self):
        """Button: take a thread over from another application, the inbox of the page say."""
        self.ensure_one()
        return self._messenger_control("take_thread", "passed")

    def action_pass_over(self):
        """Button: leave a thread to the inbox of the page."""
        self.ensure_one()
        return self._messenger_control("pass_thread", "taken")

    def _messenger_control(self, what, code):
        self.check_access("read")
        if not self.env.user.has_group("crm_ticket.group_ticket_user"):
            raise UserError(self.env._("Only users of the inbox can do this."))
        channel = self.channel_id
        if channel.provider != "messenger" or not self.external_id:
            raise UserError(self.env._("This thread belongs to nobody else."))
        channel._check_can_send()
        try:
            getattr(channel._provider(), what)(self.external_id)
        except IntegrationError as error:
            raise UserError(
                self.env._("Messenger does not allow it: %(reason)s", reason=str(error))
            ) from error
        now = fields.Datetime.now()
        moment = Moment(
            conversation=self.external_id,
            code=code,
            dedupe_key=f"control:{now.isoformat()}:{code}",
            occurred=now,
            author=Address(self.external_id),
            params={"application": "Meta Business Suite"} if code == "taken" else {},
        )
        # sudo: conversations are only written by what happens to them
        self.env["omni.conversation"].sudo()._apply_moment(channel.sudo(), moment)
        return True
