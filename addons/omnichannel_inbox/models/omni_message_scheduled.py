from odoo import fields, models

from ..providers.base import FailureType
from .omni_inbox import CASE_MODEL


class OmniMessage(models.Model):
    """Messages that leave later: at a moment that their author has chosen, and only if nobody has
    written since, or changed what he had written."""

    _inherit = "omni.message"

    is_scheduled = fields.Boolean("Leaves Later", readonly=True, copy=False)
    basis = fields.Char(
        readonly=True, copy=False, help="What its author knew of the ticket when he wrote it."
    )

    _scheduled_idx = models.Index("(conversation_id) WHERE is_scheduled AND state = 'queued'")

    def _schedule(self, moment, basis):
        """Have a message that has just been queued leave at a moment.

        :param moment: naive UTC
        :param str basis: see `omni.inbox._basis`
        """
        self.ensure_one()
        self.write({"is_scheduled": True, "send_after": moment, "basis": basis})

    def _send_now(self):
        """What was to leave later leaves at once."""
        self._expect("queued")
        self.write({"is_scheduled": False, "send_after": fields.Datetime.now()})
        self._wake_out()

    def _hold_back(self, cases):
        """What was to leave later does not, as soon as somebody has written.

        :param cases: `crm.ticket` in which something was written
        """
        # sudo: whatever the customer writes, and whoever takes it in
        for message in self.sudo().search(
            [
                ("is_scheduled", "=", True),
                ("state", "=", "queued"),
                ("conversation_id.case_model", "=", cases._name),
                ("conversation_id.case_id", "in", cases.ids),
            ]
        ):
            message._is_held_back()

    def _is_held_back(self):
        """Whether a message that is due may not leave all the same: from a copy of the database,
        whatever was put into service there; and a scheduled one when somebody has written
        meanwhile, or what he had written is another text by now, which a person decides upon.

        :rtype: bool
        """
        self.ensure_one()
        if self.env["omni.inbox"]._is_neutralized():
            reason = self.env._("This is a copy of the database: nothing leaves from it.")
            self._set_failed(FailureType.PERMISSION, reason)
            return True
        if not self.is_scheduled or self.conversation_id.case_model != CASE_MODEL:
            return False
        inbox = self.env["omni.inbox"].with_context(lang=self.user_id.lang)
        case = self.conversation_id._case()
        if newer := inbox._written_since(case, self.basis, self.user_id)[-1:]:
            reason = inbox.env._(
                "%(name)s has written meanwhile, on %(channel)s.",
                name=inbox._author(newer, newer.mail_message_id)["name"],
                channel=newer.channel_id.name,
            )
        elif edited := inbox._edited_since(case, self.basis)[-1:]:
            reason = inbox.env._(
                "%(name)s has changed a message meanwhile, on %(channel)s.",
                name=inbox._author(edited, edited.mail_message_id)["name"],
                channel=edited.channel_id.name,
            )
        else:
            return False
        self._set_failed(FailureType.CHANGED, reason)
        return True

    def _set_sending(self, worker):
        """Override: in the thread it stands where it leaves, not where it was written."""
        for message in self.filtered("is_scheduled"):
            message.sent = fields.Datetime.now()
        return super()._set_sending(worker)

    def _queue_again(self):
        """Override: who sends what was held back has read what was written."""
        self.filtered("is_scheduled").is_scheduled = False
        return super()._queue_again()
