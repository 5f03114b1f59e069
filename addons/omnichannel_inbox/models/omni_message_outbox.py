import re
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from uuid import uuid4

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import is_passing, run_apart

from ..chat_text import chat_text
from ..providers.base import Address, Attachment, FailureType, Outbound, Sent

_logger = get_logger(__name__)

#: Attempts before a message is given up, over somewhat more than an hour.
TRIES = 8
#: A request that was under way when its worker died may still arrive, in seconds: as long, "there
#: is no such message" is not believed.
GRACE = 60
#: Message-Ids of the thread that an answer refers to, at most.
REFERENCES = 20
#: We are known, and may not do this: that does not pass, as a secret that is over does.
FORBIDDEN = 403
#: First of the two numbers of the lock of PostgreSQL that says that a message is being sent.
LOCK_CLASS = 0x6F6D6E69
#: A picture of Odoo in a text.
_PICTURE = re.compile(r"""(\bsrc=)["'](?:https?://[^/"']+)?/web/image/(\d+)\b[^"']*["']""")


class SupersededError(Exception):
    """Somebody else has taken this message over: stop."""


class OmniMessage(models.Model):
    """How messages leave.

    The row is committed before anything is sent. Then: its state becomes *being sent*, with the
    mark of this attempt, committed; the provider speaks, with no transaction open, and what it
    remembers is committed at once; the outcome is committed. Killed anywhere between, the message
    is found as *being sent* by nobody: for as long as a worker lives he holds a lock of PostgreSQL
    that ends with his connection. It is then sent again if the provider can do so without sending
    twice, else the provider is asked what became of it, else a person is.
    """

    _inherit = "omni.message"

    # === WRITING === #

    @api.model
    def _enqueue(self, conversation, values):
        """Put a message into the outbox; it leaves after the transaction, and the time to undo.

        :param conversation: `omni.conversation`
        :param dict values: ``html`` (or ``body``); ``to``, ``cc``, ``bcc`` (lists of ``{"email",
            "name"}``; without ``to`` it goes to whom the conversation is with), ``subject``,
            ``attachment_ids`` (ids), ``reply_to_id`` (id of the `omni.message` answered: the
            newest received one unless given; False: none), ``delay`` (seconds, those of the channel
            unless given), ``user_id``, ``is_automatic``
        :rtype: omni.message
        :raise UserError: the channel cannot send
        """
        channel = conversation.channel_id
        conversation.check_access("read")
        channel._check_can_send()
        user = self.env["res.users"].browse(values.get("user_id") or self.env.uid)
        now = fields.Datetime.now()
        delay = values.get("delay", channel.undo_seconds)
        mail_message = self._create_content(conversation, user, values, now)
        # sudo: messages are only written by what this model does
        message = self.sudo().create(
            {
                "mail_message_id": mail_message.id,
                "conversation_id": conversation.id,
                "channel_id": channel.id,
                "direction": "out",
                "state": "queued",
                "uuid": self._new_uuid(),
                "sent": now,
                "user_id": user.id,
                "send_after": now + timedelta(seconds=delay),
                "recipients": {key: values.get(key) or [] for key in ("to", "cc", "bcc")},
                "reply_to_id": (
                    values["reply_to_id"]
                    if "reply_to_id" in values
                    else self._newest_received(conversation).id
                ),
                "is_automatic": values.get("is_automatic", False),
            }
        )
        self.env["omni.channel"]._wake(f"out_{channel._queue_kind()}", delay)
        return message

    @api.model
    def _create_content(self, conversation, user, values, now):
        """The `mail.message`. Created, not posted: nobody is notified by Odoo."""
        author = user.partner_id
        attachments = self.env["ir.attachment"].browse(values.get("attachment_ids") or ())
        # nobody sends what he may not see
        attachments.check_access("read")
        # sudo: whoever may answer here may write here
        mail_message = (
            self.env["mail.message"]
            .sudo()
            .create(
                {
                    "model": conversation._name,
                    "res_id": conversation.id,
                    "message_type": "comment",
                    "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
                    "author_id": author.id,
                    "email_from": author.email_formatted or author.name,
                    "reply_to": False,
                    "subject": values.get("subject") or False,
                    "body": values.get("html") or values.get("body") or "",
                    "date": now,
                    "attachment_ids": [Command.set(attachments.ids)],
                }
            )
        )
        # those just uploaded belong to the conversation from now on
        mail_message.attachment_ids.filtered(lambda attachment: not attachment.res_id).write(
            {"res_model": conversation._name, "res_id": conversation.id}
        )
        return mail_message

    @api.model
    def _newest_received(self, conversation):
        # sudo: the conversation is open to whoever answers in it
        return self.sudo().search(
            [
                ("conversation_id", "=", conversation.id),
                ("direction", "=", "in"),
                ("external_id", "!=", False),
            ],
            limit=1,
        )

    # === TAKING === #

    @api.model
    def _due_sql(self, kind):
        """FROM and WHERE of what is to be sent, ``m``: of one conversation in their order.

        :rtype: SQL
        """
        self.flush_model()
        self.env["omni.channel"].flush_model(["next_send", "is_enabled"])
        return SQL(
            """
            FROM omni_message m JOIN omni_channel c ON c.id = m.channel_id
            WHERE m.channel_id = ANY(%(channels)s) AND m.direction = 'out'
              AND (m.next_try IS NULL OR m.next_try <= %(now)s)
              AND (c.next_send IS NULL OR c.next_send <= %(now)s)
              AND c.is_enabled
              AND m.state IN ('queued', 'uncertain')
              AND (
                  m.state = 'uncertain' AND m.next_try IS NOT NULL
                  OR m.state = 'queued'
                  AND (m.send_after IS NULL OR m.send_after <= %(now)s)
                  AND NOT EXISTS (
                      SELECT FROM omni_message other
                       WHERE other.conversation_id = m.conversation_id AND other.id < m.id
                         AND other.direction = 'out' AND other.state IN ('queued', 'sending')
                         -- what is to leave tomorrow keeps nobody waiting today
                         AND (other.is_scheduled IS NOT TRUE OR other.send_after <= %(now)s)
                  )
              )
            """,
            channels=self.env["omni.channel"]._of_kind(kind).ids,
            now=fields.Datetime.now(),
        )

    @api.model
    def _queue_count(self, kind):
        """Override."""
        [[count]] = self.env.execute_query(SQL("SELECT count(*) %s", self._due_sql(kind)))
        return count

    @api.model
    def _queue_step(self, kind):
        """Override: one message."""
        rows = self.env.execute_query(
            SQL("SELECT m.id, m.state %s ORDER BY m.send_after, m.id LIMIT 1", self._due_sql(kind))
        )
        # no transaction is open while the outside is spoken to
        self.env["ir.cron"]._commit_progress()
        for message_id, state in rows:
            message = self.browse(message_id)
            if state == "queued":
                message._send()
            else:
                message._look_up()
        return len(rows)

    @api.model
    def _queue_recover(self, kind):
        """Override: messages that a killed worker was sending."""
        messages = self.search(
            Domain("state", "=", "sending")
            & Domain("channel_id", "in", self.env["omni.channel"]._of_kind(kind).ids),
            order="id",
        )
        self.env["ir.cron"]._commit_progress()
        for message in messages:
            with message._hold() as is_held:
                if is_held:
                    run_apart(self.env, _recover, message.id)

    # === SENDING === #

    @contextmanager
    def _hold(self):
        """Hold the lock of a message for as long as it is worked on. It belongs to a connection of
        its own, without a transaction: it ends when the process does, however that ends.

        :return: whether it could be had: nobody else alive is working on the message
        """
        self.ensure_one()
        key = SQL("%s, %s", LOCK_CLASS, self.id % 2**31)
        with self.env.registry.cursor() as cr:
            cr.execute(SQL("SELECT pg_try_advisory_lock(%s)", key))
            [is_held] = cr.fetchone()
            cr.commit()  # pylint: disable=invalid-commit
            try:
                yield is_held
            finally:
                if is_held:
                    cr.execute(SQL("SELECT pg_advisory_unlock(%s)", key))
                    cr.commit()  # pylint: disable=invalid-commit

    def _send(self):
        """Send a message that is due. Never raises for what the other side does.

        To be called with no transaction open that has seen the message.
        """
        self.ensure_one()
        try:
            self._attempt()
        except SupersededError:
            # while our lock was held: whose lock went with the database does not come here
            _logger.warning("%s was taken over by somebody else", self)

    def _attempt(self):
        """See :meth:`_send`.

        :raise SupersededError: somebody else has gone on with it meanwhile
        """
        with self._hold() as is_held:
            if not is_held:
                return
            mark = uuid4().hex
            begun = run_apart(self.env, _begin, self.id, mark)
            if not begun:
                return
            provider, outbound = begun
            remember = partial(run_apart, self.env, _remember, self.id, mark)
            try:
                outcome = provider.send(outbound, remember)
            except SupersededError:
                raise
            except Exception as error:  # a provider is plugged in: whatever it raises
                if is_passing(error):
                    # our own database is away: found as what a killed worker left behind
                    raise
                outcome = error
                if not isinstance(error, IntegrationError):
                    _logger.error("%s could not be sent", self, exc_info=error)
            run_apart(self.env, _finish, self.id, mark, outcome)

    def _look_up(self):
        """Ask the provider what became of a message that was perhaps sent."""
        self.ensure_one()
        with self._hold() as is_held:
            if not is_held:
                return
            asked = run_apart(self.env, _prepare_look_up, self.id)
            if not asked:
                return
            provider, outbound = asked
            try:
                outcome = provider.check(outbound)
            except Exception as error:  # a provider is plugged in: whatever it raises
                if is_passing(error):
                    # our own database is away: it is looked up the next time
                    raise
                outcome = error
                if not isinstance(error, IntegrationError):
                    _logger.error("%s could not be looked up", self, exc_info=error)
            run_apart(self.env, _finish_look_up, self.id, outcome)

    def _outbound(self):
        """The message in the words of the contract.

        :rtype: Outbound
        """
        self.ensure_one()
        conversation = self.conversation_id
        people = self.recipients or {}
        identity = conversation.identity_id
        to = _addresses(people.get("to"))
        if not to and identity:
            to = (
                Address(
                    external_id=identity.external_id,
                    name=identity.name or "",
                    email=identity.email or "",
                    phone=identity.phone or "",
                ),
            )
        content = self.mail_message_id
        pictures = self._pictures()
        last_received, reply_window = conversation._reply_window()
        return Outbound(
            uuid=self.uuid,
            recipients=to,
            cc=_addresses(people.get("cc")),
            bcc=_addresses(people.get("bcc")),
            html=_PICTURE.sub(partial(_show_by_name, pictures.ids), content.body or ""),
            text=chat_text(str(content.body or "")),
            subject=content.subject or "",
            conversation=conversation.external_id or "",
            in_reply_to=self.reply_to_id.external_id or "",
            references=self._references(),
            attachments=tuple(
                Attachment(
                    name=attachment.name,
                    content_type=attachment.mimetype or "application/octet-stream",
                    size=attachment.file_size,
                    content_id=_content_id(attachment.id) if attachment in pictures else "",
                    is_inline=attachment in pictures,
                    content=self._file_content(attachment),
                )
                for attachment in content.attachment_ids | pictures
            ),
            progress=self.progress or {},
            is_automatic=self.is_automatic,
            last_received=last_received,
            reply_window=reply_window,
        )

    @api.model
    def _file_content(self, attachment):
        """What leaves as a file; what the file store has lost is not sent as nothing.

        :rtype: bytes
        :raise RejectedError: it is not there any more
        """
        content = attachment.raw or b""
        if attachment.file_size and not content:
            raise RejectedError(
                self.env._(
                    "The file “%(name)s” is not on the server any more: add it again.",
                    name=attachment.name,
                )
            )
        return content

    def _pictures(self):
        """Files that the text shows; they travel with it, as the customer cannot reach ours. Of
        others than those of the conversation only what its author may see.

        :rtype: ir.attachment
        """
        content = self.mail_message_id
        ids = {int(found[2]) for found in _PICTURE.finditer(content.body or "")}
        pictures = self.env["ir.attachment"].browse(ids).exists()
        own = pictures.filtered(
            lambda picture: (
                picture in content.attachment_ids
                or (picture.res_model, picture.res_id) == (content.model, content.res_id)
            )
        )
        author = self.user_id.filtered("active")
        seen = (pictures - own).with_user(author)._filtered_access("read") if author else own
        return own | seen.with_env(self.env)

    def _references(self):
        """Message-Ids of the thread, the nearest first."""
        messages = self.search(
            [
                ("conversation_id", "=", self.conversation_id.id),
                ("internet_message_id", "!=", False),
                ("id", "!=", self.id),
            ],
            limit=REFERENCES,
        )
        nearest = self.reply_to_id.filtered("internet_message_id")
        return tuple((nearest | messages).mapped("internet_message_id"))

    # === OUTCOME === #

    def _conclude(self, outcome):
        """Write what became of an attempt.

        :param outcome: `Sent`, or what was raised
        """
        self.ensure_one()
        if isinstance(outcome, Sent):
            self._set_sent(outcome, outcome.state)
            self.channel_id._note_success(is_contact=True)
            return
        reason = self._queue_reason(outcome)
        failure_type = self.channel_id._failure_type(outcome)
        if isinstance(outcome, AuthError):
            self.channel_id._set_auth_failed(outcome)
            if outcome.code == FORBIDDEN:
                self._set_failed(failure_type, reason)
                return
            # it leaves by itself once we are let in again, if it still may
            self.channel_id._hold_refused()
            self._set_queued(failure_type=failure_type, failure_reason=reason)
        elif isinstance(outcome, RetryableError) and not outcome.is_uncertain:
            self._retry_later(outcome, failure_type, reason)
        elif isinstance(outcome, IntegrationError) and not isinstance(outcome, RetryableError):
            self._set_failed(failure_type, reason)
        elif self.channel_id._capabilities().is_idempotent:
            self._retry_later(outcome, failure_type, reason)
        else:
            self._set_uncertain(reason, fields.Datetime.now() + timedelta(seconds=GRACE))

    def _retry_now(self, reason):
        """Go on with what was interrupted; the provider sends nothing twice."""
        self.try_count += 1
        if self.try_count >= TRIES:
            self._set_failed(FailureType.UNAVAILABLE, reason)
        else:
            self._set_queued(failure_reason=reason)

    def _retry_later(self, error, failure_type, reason):
        tries = self.try_count + 1
        self.try_count = tries
        retry_after = getattr(error, "retry_after", None)
        if retry_after:
            self.channel_id._hold_sending(retry_after)
        if tries >= TRIES:
            self._set_failed(failure_type, reason)
        else:
            self._set_queued(
                failure_type=failure_type,
                failure_reason=reason,
                next_try=fields.Datetime.now() + self._queue_delay(tries, retry_after),
            )

    def _conclude_look_up(self, outcome):
        """Write what the provider says of a message that was perhaps sent.

        :param outcome: `Sent`, None: it is not there, or what was raised
        """
        self.ensure_one()
        now = fields.Datetime.now()
        if isinstance(outcome, Sent):
            self._set_sent(outcome, outcome.state)
        elif outcome is None:
            known = (self.sending_since or now) + timedelta(seconds=GRACE)
            if now < known:
                self.next_try = known
            else:
                self._set_queued()
        elif isinstance(outcome, RetryableError) and self.try_count < TRIES:
            self.try_count += 1
            self.next_try = now + self._queue_delay(self.try_count, outcome.retry_after)
        elif isinstance(outcome, AuthError) and outcome.code != FORBIDDEN:
            self.channel_id._set_auth_failed(outcome)
            self.channel_id._hold_refused()
            self.write({"next_try": now, "failure_reason": self._queue_reason(outcome)})
            self._after_change()
        else:
            self.write({"next_try": False, "failure_reason": self._queue_reason(outcome)})
            if isinstance(outcome, AuthError):
                self.channel_id._set_auth_failed(outcome)
            self._after_change()
            self._tell_author()

    @api.model
    def _apply_status(self, channel, status):
        """What the other side says of a message that we sent.

        :param channel: `omni.channel`
        :param status: `providers.base.Status`
        :return: the message it was about; empty when it is none of ours
        :rtype: omni.message
        :raise RetryableError: the message may be one that is being sent at this moment
        """
        domain = Domain("channel_id", "=", channel.id) & Domain("direction", "=", "out")
        if status.outbox_uuid:
            message = self.search(domain & Domain("uuid", "=", status.outbox_uuid))
        else:
            message = self.search(domain & Domain("external_id", "=", status.external_id))
        if not message:
            if self.search_count(domain & Domain("state", "in", ("sending", "uncertain")), limit=1):
                raise RetryableError("A receipt came before the message it is for was known.")
            return message
        if status.state == "failed":
            message._set_failed(
                status.failure_type or FailureType.UNKNOWN,
                status.reason or self.env._("The other side could not deliver it."),
            )
        else:
            message._set_sent(Sent(external_id=status.external_id), status.state)
        return message

    # === BUTTONS === #

    def action_retry(self):
        """Button: send what failed once more."""
        messages_sudo = self._check_is_answerable()
        messages_sudo._expect("failed")
        return messages_sudo._queue_again()

    def action_send_again(self):
        """Button: send once more what was perhaps sent; the customer may get it twice."""
        messages_sudo = self._check_is_answerable()
        messages_sudo._expect("uncertain", "cancelled", "failed")
        return messages_sudo._queue_again()

    def action_check(self):
        """Button: ask the other side what became of what was perhaps sent."""
        messages_sudo = self._check_is_answerable()
        messages_sudo._expect("uncertain")
        messages_sudo.next_try = fields.Datetime.now()
        messages_sudo._wake_out()
        return self._say(self.env._("The other side is asked. Look again in a moment."))

    def action_cancel(self):
        """Button: do not send it."""
        messages_sudo = self._check_is_answerable()
        messages_sudo._expect("queued", "failed", "uncertain")
        messages_sudo._set_cancelled()

    def _expect(self, *states):
        """Make sure that a button is not pressed too late. Should the message leave at this very
        moment, the database refuses one of the two transactions, and it is looked at again.

        :raise UserError: it is
        """
        for message in self:
            if message.state not in states:
                raise UserError(
                    self.env._(
                        "Too late: this message is now “%(state)s”.",
                        state=dict(message._fields["state"]._description_selection(self.env))[
                            message.state
                        ],
                    )
                )

    def _queue_again(self):
        for channel in self.channel_id:
            channel._check_can_send()
        self.try_count = 0
        for message in self.filtered("external_id"):
            # it had left and came back: by its old name it would be found as sent, and not sent
            message.write(
                {
                    "uuid": self._new_uuid(),
                    "external_id": False,
                    "internet_message_id": False,
                    "progress": False,
                }
            )
        self._set_queued(send_after=fields.Datetime.now())
        self._wake_out()
        return self._say(self.env._("It is sent again."))

    @api.model
    def _say(self, text):
        """Action by which the screen says something, and shows what there is now."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _wake_out(self):
        for kind in {channel._queue_kind() for channel in self.channel_id}:
            self.env["omni.channel"]._wake(f"out_{kind}")


# -- each in a transaction of its own; what is given back outlives it


def _message(env, message_id):
    """A message in the language of its company: what becomes of it is read there, and not in that
    of the scheduler.

    :rtype: omni.message
    """
    message = env["omni.message"].browse(message_id).exists()
    return message.with_context(lang=message.company_id.partner_id.lang)


def _begin(env, message_id, mark):
    """Mark a message as being sent.

    :return: provider and message in its words; None: it is no longer to be sent
    """
    message = _message(env, message_id)
    if message.state != "queued" or message._is_held_back():
        return None
    try:
        with env.cr.savepoint():
            begun = message.channel_id._provider(), message._outbound()
    except Exception as error:  # whatever it is: those behind it do not wait for it
        if is_passing(error):
            raise
        if isinstance(error, AuthError):
            message._set_sending(mark)
            message._conclude(error)
            return None
        if not isinstance(error, IntegrationError):
            _logger.error("%s could not be prepared", message, exc_info=error)
        message._set_failed(FailureType.UNKNOWN, message._queue_reason(error))
        return None
    message._set_sending(mark)
    return begun


def _remember(env, message_id, mark, progress):
    """Keep how far a provider came; what it knows of the message's names is kept with it.

    :raise SupersededError: this attempt is no longer the one
    """
    message = _message(env, message_id)
    if message.worker != mark:
        raise SupersededError
    message.progress = {**(message.progress or {}), **progress}
    if progress.get("message_id"):
        message.internet_message_id = progress["message_id"]


def _finish(env, message_id, mark, outcome):
    """Write what became of an attempt."""
    message = _message(env, message_id)
    if message.worker == mark:
        message._conclude(outcome)
    elif isinstance(outcome, Sent):
        # the echo was quicker: only the names are missing
        message._set_sent(outcome)


def _recover(env, message_id):
    """A message that was being sent by a worker who is no more."""
    message = _message(env, message_id)
    if message.state != "sending":
        return
    reason = message.env._("The server stopped while sending.")
    if message.channel_id._capabilities().is_idempotent:
        message._retry_now(reason)
    else:
        message._set_uncertain(reason, fields.Datetime.now())


def _prepare_look_up(env, message_id):
    message = _message(env, message_id)
    if message.state != "uncertain":
        return None
    try:
        with env.cr.savepoint():
            return message.channel_id._provider(), message._outbound()
    except Exception as error:  # see `_begin`
        if is_passing(error):
            raise
        message._conclude_look_up(error)
        return None


def _finish_look_up(env, message_id, outcome):
    message = _message(env, message_id)
    if message.state == "uncertain":
        message._conclude_look_up(outcome)


def _addresses(people):
    """Recipients as the contract has them."""
    return tuple(
        Address(
            external_id=person.get("external_id") or person.get("email") or "",
            name=person.get("name") or "",
            email=person.get("email") or "",
        )
        for person in people or []
    )


def _content_id(attachment_id):
    """Name by which a text shows one of its own pictures."""
    return f"{attachment_id}@odoo"


def _show_by_name(attachment_ids, found):
    """What stands for a picture in a text that leaves."""
    attachment_id = int(found[2])
    if attachment_id not in attachment_ids:
        return found[0]
    return f'{found[1]}"cid:{_content_id(attachment_id)}"'
