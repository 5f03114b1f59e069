from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext, html_sanitize

from .omni_inbox import CASE_MODEL, USER_GROUP
from .omni_outgoing import Refused, without_signature


class OmniInbox(models.AbstractModel):
    """Writing: answers, notes, new mails. Nothing leaves without a last look at what has happened
    since it was begun."""

    _inherit = "omni.inbox"

    # === RPC === #

    @api.model
    def send(self, case_id, conversation_id, values, basis, force=False, then="wait"):
        """Answer on a channel.

        :param dict values: ``html``, ``to``, ``cc``, ``bcc`` (of ``{"email", "name"}``),
            ``subject``, ``attachment_ids``, ``signature`` (put the user's below), ``send_at`` (ISO:
            leave then), ``also_answered`` (ids of other conversations of the ticket)
        :param str basis: what its author knew of the thread, from `get_thread` or `save_draft`
        :param bool force: send although something has changed, or is still to be filled in
        :param str then: ``wait``, ``close`` or ``open``
        :return: ``{"state": "queued", "message_id", "send_after", "ids"}``;
            ``{"state": "changed", "changes": [{"who", "when", "text", "kind", "channel",
            "is_edited"}], "basis"}``; ``{"state": "refused", "message", "can_force"}``
        :rtype: dict
        """
        case = self._case_now(case_id)
        self._lock(case)
        conversation = self._conversation(case, conversation_id)
        stop = self._stop(case, conversation, values, basis, force)
        if stop:
            return stop
        try:
            outgoing = self._outgoing(conversation.channel_id, values, conversation, force=force)
        except Refused as refusal:
            return refusal.answer()
        return self._answer(case, conversation, outgoing, values, then)

    @api.model
    def start_reply(self, case_id, channel_id, values, basis, force=False, then="wait"):
        """Answer a ticket on a channel on which its customer has not written: a conversation is
        begun there, of the same ticket.

        :param dict values: see :meth:`send`
        :return: see :meth:`send`
        :rtype: dict
        """
        case = self._case_now(case_id)
        self._lock(case)
        channel = self._channels_to_start().filtered(lambda one: one.id == int(channel_id))
        if not channel or channel.company_id != case.company_id:
            return Refused(self.env._("Nothing new can be written on this channel.")).answer()
        stop = self._stop(case, self._begun(case, channel), values, basis, force)
        if stop:
            return stop
        values = {"subject": self._start_subject(case), **values}
        customer = self._known_customer(case)
        try:
            outgoing = self._outgoing(channel, values, force=force, partner=customer)
        except Refused as refusal:
            return refusal.answer()
        # sudo: see `start`
        conversation = (
            self.env["omni.conversation"]
            .sudo()
            ._start(channel.sudo(), outgoing["to"][0], outgoing["subject"], customer)
        )
        conversation._set_case(case)
        return self._answer(case, conversation, outgoing, values, then)

    @api.model
    def _stop(self, case, conversations, values, basis, force):
        """What keeps an answer from leaving that has nothing to do with its content.

        :param conversations: `omni.conversation`, sudo, on which it may have been sent already
        :return: the answer of :meth:`send`; None: nothing does
        :rtype: dict | None
        """
        if not self._read_basis(basis):
            basis = self.env["omni.draft"]._of(case).basis or self._basis(case)
        changes = self._changes(case, basis)
        if changes and not force:
            return {"state": "changed", "changes": changes, "basis": self._basis(case)}
        twin = self._sent_already(conversations, values, self._read_basis(basis).message)
        return self._queued_answer(twin, case) if twin else None

    @api.model
    def _answer(self, case, conversation, outgoing, values, then):
        """An answer that may leave: put it into the outbox, and its ticket where it belongs.

        :param conversation: `omni.conversation`, sudo
        :param dict outgoing: see :meth:`_outgoing`
        :return: see :meth:`send`
        :rtype: dict
        """
        message = self._queue(conversation, outgoing)
        if outgoing["send_at"]:
            message._schedule(outgoing["send_at"], self._basis(case))
        self.env["omni.draft"]._of(case).unlink()
        before = self._state(case)
        self._also_answered(case, values, message)
        if then == "wait" and self._waits_beside(case, message):
            then = "open"  # it is our turn still
        self._then(case, then)
        self._remember_sent(case, message, before)
        self.env["omni.read"]._set(case, True)
        self._changed(case, "message")
        return self._queued_answer(message, case)

    @api.model
    def _also_answered(self, case, values, message):
        """What was said on one channel answers what was asked on others, too: those that its author
        has named, and those of the same customer on which the time to answer is over.

        :param dict values: see :meth:`send`
        :param message: `omni.message`, sudo
        """
        ids = {int(id_) for id_ in values.get("also_answered") or ()}
        others = self._conversations(case).filtered(lambda one: one.id in ids)
        others |= self._over(case, message)
        others -= message.conversation_id
        if others:
            self._mark_answered(case, others, message)

    @api.model
    def _over(self, case, message):
        """Conversations whose customer waits where nothing can be said any more: this is how he is
        answered.

        :param message: `omni.message` that answers him, sudo
        :rtype: recordset of `omni.conversation`, sudo
        """
        partner = message.conversation_id.partner_id.commercial_partner_id
        over = self._conversations(case).filtered(
            lambda one: (
                one.partner_id.commercial_partner_id == partner
                and self._window_data(one)["kind"] == "closed"
            )
        )
        waiting = over._unanswered_since(with_leaving=True)
        return over.filtered(lambda one: one in waiting)

    @api.model
    def _waits_beside(self, case, message):
        """Whether the customer waits on another channel for an answer that this one is not.

        :param message: `omni.message` that answers him, sudo
        :rtype: bool
        """
        identity = message.conversation_id.identity_id
        # where nothing can be said any more, this is the answer
        others = self._conversations(case).filtered(
            lambda one: one.identity_id != identity and not self._why_not(one.channel_id, one)
        )
        # what was written before he began to wait was settled otherwise
        began = case.waiting_since
        waiting = others._unanswered_since(with_leaving=True)
        return bool(began) and any(since >= began for since in waiting.values())

    @api.model
    def start(self, channel_id, values, force=False):
        """Write to somebody first.

        :param dict values: see :meth:`send`; ``partner_id`` when it is known who
        :return: see :meth:`send`; ``ids``: the new ticket
        :rtype: dict
        """
        self._check_user()
        channel = self._channels_to_start().filtered(lambda one: one.id == int(channel_id))
        if not channel:
            return Refused(self.env._("Nothing new can be written on this channel.")).answer()
        self.env[CASE_MODEL].check_access("create")
        partner = self.env["res.partner"].browse(int(values.get("partner_id") or 0) or ()).exists()
        partner.check_access("read")
        try:
            outgoing = self._outgoing(channel, values, force=force, partner=partner)
        except Refused as refusal:
            return refusal.answer()
        # sudo: a conversation is begun by nothing but this, for whoever may open tickets
        conversation = (
            self.env["omni.conversation"]
            .sudo()
            ._start(channel.sudo(), outgoing["to"][0], outgoing["subject"], partner.sudo())
        )
        case = self.env[CASE_MODEL].create(
            self._start_values(channel, conversation, outgoing, partner)
        )
        conversation._set_case(case)
        message = self._queue(conversation, outgoing)
        if outgoing["send_at"]:
            message._schedule(outgoing["send_at"], self._basis(case))
        self.env["omni.draft"]._of(self.env[CASE_MODEL]).unlink()
        case.action_wait()
        self._changed(case, "message")
        return self._queued_answer(message, case) | {"case_id": case.id}

    @api.model
    def get_compose(self, channel_id=False):
        """What a new mail can be written with.

        :return: ``{"channels": [{"id", "name", "provider", "icon", "capabilities", "signature"}],
            "draft"}``
        :rtype: dict
        """
        self._check_user()
        channels = self._channels_to_start()
        if channel_id:
            channels = channels.filtered(lambda channel: channel.id == int(channel_id))
        # sudo: what a channel can do concerns whoever may write on it
        return {
            "channels": [
                self._channel_data(channel)
                | {
                    "capabilities": self._capabilities_data(channel.sudo()),
                    "signature": self._signature(channel),
                }
                for channel in channels
            ],
            "draft": self._draft_data(self.env["omni.draft"]._of(self.env[CASE_MODEL])),
        }

    @api.model
    def add_note(self, case_id, html, partner_ids=(), attachment_ids=()):
        """Write a note for colleagues; those who are mentioned are told.

        :param list[int] partner_ids: `res.partner` of colleagues
        :param list[int] attachment_ids: files on a draft of the user
        :return: the ``message`` as in a thread, and ``ids``
        :rtype: dict
        """
        case = self._case_now(case_id, "read")
        body = html_sanitize(html or "", sanitize_attributes=True, sanitize_form=True)
        files = self.env["ir.attachment"].browse(int(id_) for id_ in attachment_ids).exists()
        if not all(self._draft_of(file) for file in files):
            raise AccessError(self.env._("These are not files of your note."))
        if not html2plaintext(body).strip() and not files:
            raise UserError(self.env._("There is nothing in this note."))
        mentioned = self._colleagues(case, partner_ids)
        # they are the ticket's now; the draft they were on takes nothing with it
        files.write({"res_model": case._name, "res_id": case.id})
        note = case.message_post(
            body=Markup(body),
            message_type="comment",
            subtype_xmlid="mail.mt_note",
            partner_ids=mentioned.ids,
            attachment_ids=files.ids,
        )
        draft = self.env["omni.draft"]._of(case)
        if draft.kind == "note":
            draft.unlink()
        self._changed(case, "message")
        # sudo: his own note, as the thread shows it
        return {"message": self._note_data(note.sudo()), "ids": case.ids}

    @api.model
    def message_action(self, message_id, action):
        """Decide about a message that did not leave, or has not left yet.

        :param str action: ``retry``, ``check``, ``send_again``, ``cancel``, or ``send_now`` for
            what was to leave later
        :return: ``{"message", "draft", "ids"}``; the draft is what was taken back before it left
        :rtype: dict
        """
        message = self._message(message_id, "write")
        case = self._cases([message.conversation_id.case_id], "write")
        if action not in self._message_can(message):
            raise UserError(self.env._("The message is in another state by now, look at it again."))
        was = message.state
        if action == "cancel":
            message.action_cancel()
        elif action == "retry":
            message.action_retry()
            self._answered_after_all(case, message)
        elif action == "check":
            message.action_check()
        elif action == "send_now":
            message._send_now()
        else:
            message.action_send_again()
            self._answered_after_all(case, message)
        draft = self.env["omni.draft"]
        # what perhaps left is not offered to be sent a second time
        if was in ("queued", "failed") and message.state == "cancelled":
            draft = self._take_back(case, message)
        self._changed(case, "message")
        return {
            "message": self._message_data(message, is_rendered=True),
            "draft": self._draft_data(draft),
            "ids": case.ids,
        }

    @api.model
    def _answered_after_all(self, case, message):
        """What failed had put its ticket back to us. Sent once more, it is the customer's turn,
        unless he has written since.

        :param message: `omni.message`, sudo
        """
        newer = message.search_count(
            Domain("conversation_id.case_model", "=", CASE_MODEL)
            & Domain("conversation_id.case_id", "=", case.id)
            & Domain("direction", "=", "in")
            & Domain("is_automatic", "=", False)
            & Domain("is_bounce", "=", False)
            & Domain("id", ">", message.id),
            limit=1,
        )
        if case.state == "open" and not newer:
            case.action_wait()

    # === SEND-TIME CHECK === #

    @api.model
    def _case_now(self, case_id, operation="write"):
        """The ticket that somebody writes on: where it was merged into another one meanwhile, that
        one.

        :param str operation: what he must be allowed to do with it
        :rtype: recordset of `crm.ticket`
        :raise AccessError: he is not
        """
        case = self._case(case_id)
        # sudo: that it has been merged is told to whoever sees it
        while target := case.sudo().merged_into_id:
            case = self._case(target.id)
        return self._case(case.id, operation)

    @api.model
    def _lock(self, case):
        """Two colleagues who send at the same moment come one after the other: the second waits
        here, and then sees what the first has done (his transaction is repeated by Odoo)."""
        self.env.cr.execute(
            SQL("SELECT id FROM crm_ticket WHERE id = %s FOR NO KEY UPDATE", case.id)
        )

    @api.model
    def _sent_already(self, conversations, values, known):
        """The message of an answer that is asked for a second time: two clicks, two windows, or a
        request repeated because the answer to the first one got lost.

        :param conversations: `omni.conversation`, sudo, on one channel
        :param dict values: see :meth:`send`
        :param int known: id of the newest message when the answer was begun
        :rtype: recordset of `omni.message`, sudo, at most one
        """
        if not conversations:
            return conversations.env["omni.message"]
        signature = self._signature(conversations.channel_id) if values.get("signature") else ""
        text = _words(f"{values.get('html') or ''}<br/>{signature}")
        messages = conversations.env["omni.message"].search(
            Domain("conversation_id", "in", conversations.ids)
            & Domain("id", ">", known)
            & Domain("direction", "=", "out")
            & Domain("user_id", "=", self.env.uid)
            & Domain("uuid", "!=", False)
            & Domain("state", "not in", ("failed", "cancelled"))
        )
        return messages.filtered(lambda one: text and _words(one.mail_message_id.body) == text)[:1]

    # === QUEUE === #

    @api.model
    def _queue(self, conversation, outgoing):
        """Hand a checked message over to be sent.

        :param conversation: `omni.conversation`, sudo
        :param dict outgoing: see :meth:`_outgoing`
        :rtype: recordset of `omni.message`, sudo
        """
        message = conversation.env["omni.message"]._enqueue(conversation, outgoing)
        files = conversation.env["ir.attachment"].browse(outgoing["attachment_ids"])
        # they are the message's now; the draft they were on takes nothing with it
        files.write({"res_model": conversation._name, "res_id": conversation.id})
        return message

    @api.model
    def _queued_answer(self, message, case):
        return {
            "state": "queued",
            "message_id": message.id,
            "send_after": self._iso(message.send_after or fields.Datetime.now()),
            "is_scheduled": message.is_scheduled,
            "ids": case.ids,
        }

    @api.model
    def _then(self, case, then):
        """Where the ticket goes with its answer; whoever answers what is nobody's has it."""
        if not case.user_id:
            case._assign(self.env.user)
        if case.snoozed_until:
            case.action_wake()
        if then == "close":
            case.action_close()
        elif then == "open":
            case.action_reopen()
        else:
            case.action_wait()

    @api.model
    def _remember_sent(self, case, message, before):
        """Keep how a ticket stood before it was answered, for second thoughts."""
        states = {case.id: {"before": before, "after": self._state(case)}}
        self.env["omni.undo"]._remember(
            "send",
            self.env._("%(tickets)s: answered.", tickets=self._named(case)),
            {"message": message.id, "states": states},
        )

    @api.model
    def _take_back(self, case, message):
        """A message was taken back before it left: it is a draft again, unless another one was
        begun since, and the ticket stands where it stood.

        :rtype: recordset of `omni.draft`
        """
        undo = self.env["omni.undo"]._of_message(message)
        if undo:
            self._put_back(undo.before["states"])
            undo.unlink()
        elif case.state != "open":
            case.action_reopen()
        drafts = self.env["omni.draft"]
        if drafts._of(case):
            return drafts._of(case)
        draft = drafts._begin(case)
        recipients = message.recipients or {}
        draft.conversation_id = message.conversation_id
        mail_sudo = message.mail_message_id
        draft._keep(
            {
                "html": without_signature(mail_sudo.body),
                "subject": mail_sudo.subject,
                **{
                    side: [
                        {"email": person.get("email", ""), "name": person.get("name", "")}
                        for person in recipients.get(side) or ()
                    ]
                    for side in ("to", "cc", "bcc")
                },
            }
        )
        for file in mail_sudo.attachment_ids:
            file.copy({"res_model": "omni.draft", "res_id": draft.id})
        return draft

    # === NOTES === #

    @api.model
    def _colleagues(self, case, partner_ids):
        """Those who are mentioned in a note: colleagues who answer customers, nobody else.

        :raise UserError: somebody else is among them
        :rtype: recordset of `res.partner`
        """
        partners = self.env["res.partner"].browse(int(id_) for id_ in partner_ids or ()).exists()
        group = self.env.ref(USER_GROUP)
        # sudo: who is a colleague is no secret
        users = (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", partners.ids),
                    ("share", "=", False),
                    ("all_group_ids", "in", group.ids),
                    ("company_ids", "in", case.company_id.ids),
                ]
            )
        )
        strangers = partners - users.partner_id
        if strangers:
            # sudo: the names of those whom he has chosen himself
            raise UserError(
                self.env._(
                    "Notes are for colleagues who answer customers: %(names)s is none.",
                    names=", ".join(strangers.sudo().mapped("name")),
                )
            )
        return partners

    # === NEW === #

    @api.model
    def _start_values(self, channel, conversation, outgoing, partner):
        """:return: values of the ticket of a mail that we write first"""
        partner = partner or conversation.partner_id
        address = outgoing["to"][0]
        return {
            "name": outgoing["subject"] or address["email"],
            "company_id": channel.company_id.id,
            "team_id": channel.team_id.id,
            "user_id": self.env.uid,
            "partner_id": partner.id,
            "partner_name": partner.name or address["name"] or address["email"],
            "email_from": address["email"],
        }


def _words(html):
    """:return: what is written, without layout"""
    return " ".join(html2plaintext(html or "").split())
