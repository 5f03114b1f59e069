from markupsafe import Markup

from odoo import api, fields, models

from ..providers.base import FailureType

ACTIVITY_TYPE = "omnichannel_inbox.mail_activity_type_not_sent"


class OmniMessage(models.Model):
    """Who is told what became of a message."""

    _inherit = "omni.message"

    activity_id = fields.Many2one(
        "mail.activity", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )

    advice = fields.Char("What to Do", compute="_compute_advice")

    @api.depends("state", "failure_type")
    @api.depends_context("lang")
    def _compute_advice(self):
        for message in self:
            message.advice = (
                message._what_to_do() if message.state in ("failed", "uncertain") else False
            )

    def _what_to_do(self):
        """One sentence on what can be done about a message that was not sent.

        :rtype: str
        """
        self.ensure_one()
        if self.state == "uncertain":
            return self.env._(
                "Perhaps the customer has it: look, for instance in the folder of sent mails, then "
                "send it again or leave it."
            )
        texts = {
            FailureType.AUTH.value: self.env._(
                "The channel has to be signed in again, its administrator has been told. Then "
                "press Retry."
            ),
            FailureType.PERMISSION.value: self.env._(
                "The administrator of the other side has to allow it. Then press Retry."
            ),
            FailureType.THROTTLED.value: self.env._("Press Retry in a while."),
            FailureType.UNAVAILABLE.value: self.env._(
                "The other side did not answer for more than an hour. Press Retry."
            ),
            FailureType.RECIPIENT.value: self.env._("Correct the address, and write again."),
            FailureType.CONTENT.value: self.env._(
                "Change the text or the attachments, and write again."
            ),
            FailureType.TOO_LARGE.value: self.env._("Send fewer or smaller attachments."),
            FailureType.WINDOW.value: self.env._(
                "The customer can no longer be answered on this channel: use another one."
            ),
            FailureType.CHANGED.value: self.env._(
                "Read what was written; then send it all the same, or change it."
            ),
            FailureType.GONE.value: self.env._(
                "What it answers is no longer there: write a new message."
            ),
        }
        return texts.get(self.failure_type, self.env._("Press Retry, or write again."))

    def _tell_author(self):
        """Tell who wrote a message that it did not leave, why, and what can be done: at once where
        he works, and by an activity on the ticket that stays until it is dealt with."""
        for message in self:
            user = message.user_id.filtered("active") or message.channel_id._watchdog_user()
            in_words = message.with_context(lang=user.lang)
            if message.state == "uncertain":
                title = in_words.env._("Nobody knows whether your message was sent")
            else:
                title = in_words.env._("Your message was not sent")
            about = message.subject or message.recipient_names or message.channel_id.display_name
            lines = [about, in_words._what_to_do(), message.failure_reason]
            user._bus_send(
                "simple_notification",
                {
                    "type": "warning" if message.state == "uncertain" else "danger",
                    "sticky": True,
                    "title": title,
                    "message": " – ".join(filter(None, lines)),
                },
            )
            message._close_activity()
            case = message.conversation_id._case().exists()
            if case and hasattr(case, "activity_schedule"):
                message.activity_id = case.activity_schedule(
                    ACTIVITY_TYPE,
                    summary=title,
                    note=Markup("<br/>").join(filter(None, lines)),
                    user_id=user.id,
                )

    def _close_activity(self):
        """Nothing has to be done about these messages any more."""
        self.activity_id.unlink()

    def _after_change(self):
        """Override: the inbox shows it, and an activity that is no longer true goes."""
        res = super()._after_change()
        self.filtered(
            lambda message: message.state not in ("failed", "uncertain")
        )._close_activity()
        for conversation in self.conversation_id:
            case = conversation._case().exists()
            if case:
                case._case_changed("message")
        return res
