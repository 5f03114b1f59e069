import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..providers.base import FailureType

#: From which states a state may be reached. What the other side says is never taken back: an echo
#: may come before the answer to our own request, and a receipt before either.
SOURCES = {
    "queued": {"failed", "uncertain", "cancelled", "sending"},
    "sending": {"queued"},
    "sent": {"queued", "sending", "uncertain", "failed", "cancelled"},
    "delivered": {"queued", "sending", "uncertain", "failed", "cancelled", "sent"},
    "read": {"queued", "sending", "uncertain", "failed", "cancelled", "sent", "delivered"},
    "failed": {"queued", "sending", "uncertain", "sent", "delivered"},
    "uncertain": {"sending"},
    "cancelled": {"queued", "failed", "uncertain"},
}
#: The other side has it.
GONE_OUT = ("sent", "delivered", "read")


class OmniMessage(models.Model):
    """A message on its channel: what a `mail.message` does not know of its way here or there.

    Its state is changed by the setters, and by nothing else. How messages leave stands in
    ``omni_message_outbox``.
    """

    _name = "omni.message"
    _description = "Message of a Channel"
    _inherit = ["omni.queue.mixin"]
    _order = "sent desc, sequence desc, id desc"
    _rec_name = "subject"

    mail_message_id = fields.Many2one(
        "mail.message", "Content", required=True, readonly=True, ondelete="cascade", index=True
    )
    conversation_id = fields.Many2one(
        "omni.conversation", required=True, readonly=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one("omni.channel", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="channel_id.company_id")
    direction = fields.Selection(
        [("in", "Received"), ("out", "Sent by us")], required=True, readonly=True
    )
    external_id = fields.Char(
        readonly=True, copy=False, help="What the other side calls the message."
    )
    uuid = fields.Char(
        readonly=True,
        copy=False,
        help="Our own name of a message sent, the same for every attempt.",
    )
    internet_message_id = fields.Char("Message-Id", readonly=True, copy=False)
    sent = fields.Datetime(
        "Date",
        required=True,
        readonly=True,
        default=fields.Datetime.now,
        help="By the clock of the other side; the thread is sorted by it.",
    )
    sequence = fields.Integer(readonly=True, help="Order among messages of the same moment.")
    author_identity_id = fields.Many2one(
        "omni.identity", readonly=True, ondelete="set null", index="btree_not_null"
    )
    user_id = fields.Many2one(
        "res.users", "Written By", readonly=True, ondelete="set null", index="btree_not_null"
    )
    subject = fields.Char(related="mail_message_id.subject")
    body = fields.Html(related="mail_message_id.body")
    attachment_ids = fields.Many2many(related="mail_message_id.attachment_ids")
    recipients = fields.Json(
        readonly=True, help='Who it goes or went to: {"to": [{"email", "name"}], "cc", "bcc"}.'
    )
    recipient_names = fields.Char("To", compute="_compute_recipient_names")
    reply_to_id = fields.Many2one(
        "omni.message",
        "Answers",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The message this one answers.",
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("queued", "Waiting to be sent"),
            ("sending", "Being sent"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("read", "Read"),
            ("failed", "Not sent"),
            ("uncertain", "Perhaps sent"),
            ("cancelled", "Taken back"),
        ],
        required=True,
        readonly=True,
        default="received",
        copy=False,
    )
    send_after = fields.Datetime(
        "Leaves At", readonly=True, copy=False, help="Until then it can be taken back."
    )
    sending_since = fields.Datetime(readonly=True, copy=False)
    worker = fields.Char(
        readonly=True, copy=False, help="Which attempt is under way: it alone may tell its outcome."
    )
    progress = fields.Json(
        readonly=True, copy=False, help="How far the provider came, for the next attempt."
    )
    is_automatic = fields.Boolean("Automatic Message", readonly=True)
    is_bounce = fields.Boolean("Delivery Failure", readonly=True)
    is_doubtful = fields.Boolean(
        "Sender Not Genuine",
        readonly=True,
        help="The mail server that received it found that somebody else may have written it.",
    )
    allow_remote = fields.Boolean("Remote Images Shown")

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_id) WHERE external_id IS NOT NULL",
        "This message has been received already.",
    )
    _uuid_uniq = models.UniqueIndex("(uuid) WHERE uuid IS NOT NULL", "Two messages share a name.")
    _internet_message_id_idx = models.Index(
        "(internet_message_id) WHERE internet_message_id IS NOT NULL"
    )
    _outbox_idx = models.Index(
        "(channel_id, state, id) WHERE state IN ('queued', 'sending', 'uncertain', 'failed')"
    )

    # === COMPUTE METHODS === #

    @api.depends("recipients", "conversation_id.identity_id")
    def _compute_recipient_names(self):
        for message in self:
            people = (message.recipients or {}).get("to") or []
            names = [person.get("name") or person.get("email") or "" for person in people]
            message.recipient_names = (
                ", ".join(filter(None, names[:5])) + (" …" if len(names) > 5 else "")
                if people
                else message.direction == "out" and message.conversation_id.identity_id.display_name
            )

    @api.depends("subject", "conversation_id")
    def _compute_display_name(self):
        for message in self:
            message.display_name = message.subject or message.conversation_id.display_name

    # === STATE: ONLY THESE CHANGE IT === #

    def _set_state(self, state, **values):
        """Change the state of those that may reach it from where they are.

        :return: the messages that changed
        :rtype: omni.message
        """
        messages = self.filtered(lambda message: message.state in SOURCES[state])
        if messages:
            messages.write({"state": state, **values})
        return messages

    def _set_sending(self, worker):
        """An attempt begins.

        :param str worker: its mark
        """
        return self._set_state("sending", worker=worker, sending_since=fields.Datetime.now())

    def _set_sent(self, sent=None, state="sent"):
        """The other side has it; said by our own request, by an echo, or by a receipt.

        :param sent: `providers.base.Sent`, if it says more than that
        :param str state: ``sent``, ``delivered`` or ``read``
        """
        known = self._filter_told(sent) if sent and state == "sent" else self.browse()
        for message in self - known:
            if sent:
                message._note_names(sent.external_id, sent.message_id)
                if sent.sent:
                    message.sent = sent.sent
                if sent.conversation and not message.conversation_id.external_id:
                    message.conversation_id.external_id = sent.conversation
        changed = (self - known)._set_state(
            state, failure_type=False, failure_reason=False, next_try=False, worker=False
        )
        changed._after_change()
        return changed

    def _filter_told(self, sent):
        """Messages that are known to have left, and of which more has become known since: that they
        came back. That they lie in the folder of what was sent says nothing new.

        :param sent: `providers.base.Sent`
        """
        return self.filtered(
            lambda message: (
                message.state in ("failed", "cancelled")
                and message.external_id
                and message.external_id == sent.external_id
            )
        )

    def _set_failed(self, failure_type, reason):
        """It was not sent, or came back. Its author is told.

        :param failure_type: `FailureType` or its value
        :param str reason: for a person
        """
        changed = self._set_state(
            "failed",
            failure_type=FailureType(failure_type).value,
            failure_reason=reason,
            next_try=False,
            worker=False,
        )
        changed._after_change()
        changed._tell_author()
        return changed

    def _set_uncertain(self, reason, next_try=False):
        """It left and no answer came: neither sent nor not sent, until somebody has looked.

        :param str reason: for a person
        :param next_try: when the provider is asked what became of it; False: a person has to look
        """
        changed = self._set_state(
            "uncertain",
            failure_type=FailureType.UNCERTAIN.value,
            failure_reason=reason,
            next_try=next_try,
            worker=False,
        )
        changed._after_change()
        if not next_try:
            changed._tell_author()
        return changed

    def _set_queued(self, **values):
        """Send it, or send it again; at once unless ``next_try`` says otherwise."""
        values = {
            "failure_type": False,
            "failure_reason": False,
            "next_try": False,
            "worker": False,
            **values,
        }
        changed = self._set_state("queued", **values)
        changed._after_change()
        return changed

    def _set_cancelled(self):
        """It is not to be sent any more."""
        changed = self._set_state("cancelled", next_try=False, failure_type=False)
        changed._after_change()
        return changed

    def _note_names(self, external_id, message_id):
        """What the other side calls the message. Had its echo been taken for a message of its own
        before the name was known, the two become one."""
        self.ensure_one()
        if external_id and external_id != self.external_id:
            twin = self.search(
                [
                    ("channel_id", "=", self.channel_id.id),
                    ("external_id", "=", external_id),
                    ("id", "!=", self.id),
                ]
            )
            if not twin.filtered("uuid"):
                # the content goes, and the message with it; what was written here never does
                twin.mail_message_id.unlink()
                self.external_id = external_id
        if message_id and message_id != self.internet_message_id:
            self.internet_message_id = message_id

    # === HOOKS === #

    def _after_change(self):
        """Hook: the state has changed."""

    @api.model
    def _new_uuid(self):
        return str(uuid.uuid4())

    # === BUTTONS === #

    def _check_is_answerable(self):
        """Whether the user may decide on these messages: who may see them may."""
        self.check_access("read")
        if not self.env.user.has_group("crm_ticket.group_ticket_user"):
            raise UserError(self.env._("Only users of the inbox can do this."))
        # sudo: messages are only written by what this class does
        return self.sudo()
