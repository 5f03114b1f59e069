from dataclasses import replace

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import plaintext2html

from odoo.addons.integration_base.exceptions import RetryableError

from .omni_message import GONE_OUT


class OmniMessage(models.Model):
    """What the other side tells of a message after it was written: other names of it, changes of
    its text, symbols put on it, that it was read."""

    _inherit = "omni.message"

    alias_ids = fields.One2many("omni.message.alias", "message_id", "Other Names", readonly=True)
    edited = fields.Datetime("Changed On", readonly=True, copy=False)
    version = fields.Integer(readonly=True, copy=False, help="How often its text was changed.")
    edit_ids = fields.One2many("omni.message.edit", "message_id", "Earlier Texts", readonly=True)
    reaction_ids = fields.One2many(
        "omni.reaction",
        "message_id",
        "Reactions",
        readonly=True,
        domain=[("emoji", "!=", False)],
    )
    reply_to_key = fields.Char(
        readonly=True, copy=False, help="What the channel calls the message that this one answers."
    )

    _reply_to_key_idx = models.Index(
        "(channel_id, reply_to_key) WHERE reply_to_key IS NOT NULL AND reply_to_id IS NULL"
    )

    # === NAMES === #

    @api.model
    def _by_names(self, channel, names):
        """Messages of a channel by what the other side calls them, whichever name that is.

        :param channel: `omni.channel`
        :param names: iterable of str
        :rtype: dict[str, omni.message]
        """
        names = [name for name in names if name]
        if not names:
            return {}
        domain = Domain("channel_id", "=", channel.id) & Domain("external_id", "in", names)
        # sudo: other names of messages that are the caller's anyway
        aliases = self.env["omni.message.alias"].sudo().search(domain)
        found = {alias.external_id: self.browse(alias.message_id.id) for alias in aliases}
        found.update({message.external_id: message for message in self.search(domain)})
        return found

    def _note_aliases(self, names):
        """What else the other side calls the message. What was taken for a message of its own
        before the name was known is this one.

        :param names: iterable of str
        """
        self.ensure_one()
        # sudo: other names of a message that is the caller's anyway
        known = {self.external_id, *self.sudo().alias_ids.mapped("external_id")}
        new = [name for name in dict.fromkeys(names) if name and name not in known]
        if not new:
            return
        domain = Domain("channel_id", "=", self.channel_id.id) & Domain("external_id", "in", new)
        twins = self.search(domain & Domain("id", "!=", self.id))
        own = set(twins.filtered("uuid").mapped("external_id"))
        # the content goes, and the message with it; what was written here never does
        twins.filtered(lambda twin: not twin.uuid).mail_message_id.unlink()
        # sudo: nobody writes names of the other side by hand
        aliases = self.env["omni.message.alias"].sudo()
        taken = own | set(aliases.search(domain).mapped("external_id"))
        aliases.create(
            [
                {"message_id": self.id, "channel_id": self.channel_id.id, "external_id": name}
                for name in new
                if name not in taken
            ]
        )

    def _is_alias(self, name):
        """Whether a name is another one than that of the message as a whole.

        :param str name: of the other side
        :rtype: bool
        """
        self.ensure_one()
        # sudo: see `_note_aliases`
        names = self.sudo().alias_ids.mapped("external_id")
        return name != self.external_id and name in names

    def _set_sent(self, sent=None, state="sent"):
        """Override: with all its names."""
        for message in self if sent and sent.aliases else self.browse():
            message._note_aliases(name for name in sent.aliases if name != sent.external_id)
        return super()._set_sent(sent, state)

    def _note_part(self, part, total, sent):
        """A part of a message of ours has come back as it lies on the other side, perhaps before
        our own request was answered. With all of them there, the message was sent.

        What has come back stands in ``progress["echoes"]``, by part: whoever sends, or looks for
        what became of it, sends these no more.

        :param int part: from 1
        :param int total: parts of the message
        :param sent: `providers.base.Sent` of this part
        """
        self.ensure_one()
        progress = dict(self.progress or {})
        echoes = {**progress.get("echoes", {}), str(part): sent.external_id}
        if echoes != progress.get("echoes"):
            self.progress = {**progress, "echoes": echoes}
        self._note_aliases([sent.external_id])
        if len(echoes) >= total:
            self._set_sent(
                type(sent)(
                    external_id=echoes.get("1") or sent.external_id,
                    aliases=tuple(echoes.values()),
                    conversation=sent.conversation,
                    sent=sent.sent,
                )
            )

    # === ANSWERS === #

    def _link_answers(self):
        """Connect new messages with the ones they answer, and with those that answer them, in
        whichever order they came."""
        for channel, messages in self.grouped("channel_id").items():
            asking = messages.filtered(lambda one: one.reply_to_key and not one.reply_to_id)
            answered = self._by_names(channel, asking.mapped("reply_to_key"))
            for message in asking:
                if other := answered.get(message.reply_to_key):
                    message.reply_to_id = other
            names = [name for name in messages.mapped("external_id") if name]
            if not names or channel._queue_kind() != "chat":
                continue
            waiting = self.search(
                Domain("channel_id", "=", channel.id)
                & Domain("reply_to_key", "in", names)
                & Domain("reply_to_id", "=", False)
            )
            for message in waiting:
                message.reply_to_id = messages.filtered(
                    lambda one, name=message.reply_to_key: one.external_id == name
                )[:1]

    # === CHANGES === #

    @api.model
    def _apply_edited(self, channel, edited):
        """The text of a message was changed.

        :param channel: `omni.channel`
        :param edited: `providers.base.Edited`
        :rtype: omni.message
        :raise RetryableError: the message has not come yet
        """
        message = self._told_of(channel, edited.external_id)
        when = edited.edited or fields.Datetime.now()
        if message._is_changed_since(edited.version, when):
            return message
        text = edited.text.replace("\0", "")
        if text != (message.text_body or ""):
            self.env["omni.message.edit"].create(
                {"message_id": message.id, "text": message.text_body, "until": when}
            )
            message.mail_message_id.body = plaintext2html(text) if text else ""
            message.text_body = text or False
        message.write({"edited": when, "version": edited.version or message.version + 1})
        conversation = message.conversation_id
        newest = self.search([("conversation_id", "=", conversation.id)], limit=1)
        if newest == message:
            conversation.preview = message._preview()
        message._tell_case()
        return message

    def _is_changed_since(self, version, when):
        """Whether a change is older than the last one known."""
        self.ensure_one()
        if version and self.version:
            return version <= self.version
        return bool(self.edited) and when <= self.edited

    @api.model
    def _apply_reaction(self, channel, reaction):
        """A symbol was put on a message, or taken off it.

        :param channel: `omni.channel`
        :param reaction: `providers.base.Reaction`
        :rtype: omni.message
        :raise RetryableError: the message has not come yet
        """
        message = self._told_of(channel, reaction.external_id)
        author = reaction.author.external_id
        when = reaction.occurred or fields.Datetime.now()
        emoji = False if reaction.is_removed else reaction.emoji.replace("\0", "")[:16]
        rows = self.env["omni.reaction"]
        row = rows.search([("message_id", "=", message.id), ("author", "=", author)])
        if row and row.occurred > when:
            return message
        if row:
            row.write({"emoji": emoji, "occurred": when})
        else:
            identity = self.env["omni.identity"].search(
                [("channel_id", "=", channel.id), ("external_id", "=", author)]
            )
            rows.create(
                {
                    "message_id": message.id,
                    "author": author,
                    "identity_id": identity.id,
                    "emoji": emoji,
                    "occurred": when,
                }
            )
        message._tell_case()
        return message

    @api.model
    def _told_of(self, channel, name):
        """The message that something is told of.

        :raise RetryableError: it has not come yet
        """
        message = self._by_names(channel, [name]).get(name)
        if not message:
            raise RetryableError("The message that this is about has not come yet.")
        return message

    def _tell_case(self):
        """Whoever looks at the case sees what has changed."""
        case = self.conversation_id._case().exists()
        if case:
            case._case_changed("message")

    # === DELIVERED, READ === #

    @api.model
    def _apply_status(self, channel, status):
        """Override: of all messages until a moment; and of one by any of its names."""
        if status.conversation and status.until:
            return self._apply_watermark(channel, status)
        name = status.external_id
        if not status.outbox_uuid and name:
            message = self._by_names(channel, [name]).get(name, self.browse())
            if message and message.external_id != name:
                if message.state not in GONE_OUT and status.state != "failed":
                    # a part has arrived, the others are still on their way
                    return message
                status = replace(status, external_id="", outbox_uuid=message.uuid or "")
        return super()._apply_status(channel, status)

    def _apply_watermark(self, channel, status):
        """Everything we have written until a moment was delivered, or read.

        :raise RetryableError: one of them is being sent at this moment
        """
        ours = (
            Domain("channel_id", "=", channel.id)
            & Domain("conversation_id.external_id", "=", status.conversation)
            & Domain("direction", "=", "out")
        )
        until = status.until
        earlier = ("sent",) if status.state == "delivered" else ("sent", "delivered")
        messages = self.search(ours & Domain("state", "in", earlier) & Domain("sent", "<=", until))
        if messages:
            messages._set_sent(None, status.state)
        sending = ours & Domain("state", "=", "sending") & Domain("sending_since", "<=", until)
        if self.search_count(sending, limit=1):
            raise RetryableError("A receipt came before the message it is for was known.")
        return messages
