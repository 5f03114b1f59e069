"""The steps by which a batch of messages is taken in."""

from collections import defaultdict

from odoo import SUPERUSER_ID
from odoo.fields import Domain

from odoo.addons.integration_base.tools import email as email_tools

from ..identity import joining
from ..identity.addresses import email_of
from ..mailbody import failed_recipients, message_ids, render_body
from ..providers.base import FailureType, Inbound, Sent
from ..tidy import tidy
from .content import ContentMixin
from .items import Item, Thread
from .opening import OpeningMixin
from .people import PeopleMixin

#: States in which we do not know yet what the channel calls a message of ours.
UNNAMED_STATES = ("queued", "sending", "uncertain", "failed")
#: Message-Ids looked for in the text of a bounce, at most.
BOUNCE_ID_LIMIT = 20


class IngestBatch(PeopleMixin, OpeningMixin, ContentMixin):
    """One batch of one channel.

    :param channel: `omni.channel`
    :param inbounds: messages, in any order
    """

    def __init__(self, channel, inbounds):
        # by nobody in particular: what comes of a message does not depend on who fetched it
        self.channel = channel.with_user(SUPERUSER_ID).with_company(channel.company_id)
        self.channel = self.channel.with_context(
            lang=channel.company_id.partner_id.lang,
            tracking_disable=True,
            mail_notrack=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
        )
        self.env = self.channel.env
        self.company = self.channel.company_id
        self.items = [Item(index, tidy(inbound)) for index, inbound in enumerate(inbounds)]
        self.items.sort(key=lambda item: (item.inbound.sent, item.inbound.sequence, item.index))
        self.threads: list[Thread] = []
        self.by_message_id: dict[str, list] = defaultdict(list)

    def run(self):
        """Take the messages in.

        :return: the `omni.message` of each message in the order given; an empty one for what was
            left alone
        :rtype: list
        """
        if not self.items:
            return []
        self._recognise()
        self._find_authors()
        self._recognise_copies()
        self._join()
        self._identify()
        self._sort_out()
        self._open()
        self._write()
        self._tell()
        self._note_joins()
        messages = {}
        for item in self.items:
            source = item.same_as or item
            messages[item.index] = source.message or self.env["omni.message"]
        return [messages[index] for index in range(len(self.items))]

    # === WHAT WE HAVE ALREADY === #

    def _recognise(self):
        """Messages that were taken in before, and echoes of what we sent ourselves."""
        messages = self.env["omni.message"]
        ids = [item.inbound.external_id for item in self.items if item.inbound.external_id]
        known = messages._by_names(self.channel, ids)
        self._load_message_ids()
        seen: dict[str, Item] = {}
        for item in self.items:
            inbound = item.inbound
            if inbound.external_id:
                item.message = known.get(inbound.external_id)
                first = seen.setdefault(inbound.external_id, item)
                item.same_as = first if first is not item else None
        self._recognise_echoes()

    def _load_message_ids(self):
        """The messages that are named, or named as answered, by those of the batch."""
        names = set()
        for item in self.items:
            inbound = item.inbound
            names.update(filter(None, (inbound.message_id, *inbound.references)))
            if inbound.is_bounce:
                names.update(self._bounced_ids(inbound))
        if not names:
            return
        # across our channels, never across companies
        found = self.env["omni.message"].search(
            Domain("internet_message_id", "in", list(names))
            & Domain("channel_id.company_id", "=", self.company.id),
            order="id",
        )
        found.mapped("conversation_id.channel_id")
        for message in found:
            self.by_message_id[message.internet_message_id].append(message)

    @staticmethod
    def _bounced_ids(inbound):
        text = f"{inbound.text}\n{inbound.html}"
        return message_ids(text)[:BOUNCE_ID_LIMIT] if "<" in text else ()

    def _recognise_echoes(self):
        """What we sent comes back as it lies in the other system: it is the same message."""
        echoes = [item for item in self.items if item.inbound.is_ours and not item.same_as]
        if not echoes:
            return
        messages = self.env["omni.message"]
        uuids = [_part_of(item.inbound)[0] for item in echoes if item.inbound.outbox_uuid]
        by_uuid = {}
        if uuids:
            by_uuid = {
                message.uuid: message
                for message in messages.search(
                    Domain("uuid", "in", uuids) & Domain("channel_id", "=", self.channel.id)
                )
            }
        unnamed = None
        for item in echoes:
            inbound = item.inbound
            message = item.message or by_uuid.get(_part_of(inbound)[0])
            if not message:
                message = next(
                    (
                        known
                        for known in self.by_message_id.get(inbound.message_id, ())
                        if known.direction == "out" and known.channel_id == self.channel
                    ),
                    None,
                )
            if not message:
                if unnamed is None:
                    unnamed = messages.search(
                        Domain("channel_id", "=", self.channel.id)
                        & Domain("direction", "=", "out")
                        & Domain("state", "in", UNNAMED_STATES)
                    )
                message = next((one for one in unnamed if _is_in_progress(one, inbound)), None)
            if message:
                item.message = message
                self._note_echo(message, inbound)

    def _note_echo(self, message, inbound):
        if message.direction != "out":
            return
        _uuid, part, total = _part_of(inbound)
        if total == 1 and message._is_alias(inbound.external_id):
            # a part of it, which says nothing of the others
            return
        sent = Sent(
            external_id=inbound.external_id,
            message_id=inbound.message_id,
            conversation=inbound.conversation,
            sent=inbound.sent,
        )
        if total > 1:
            message._note_part(part, total, sent)
        else:
            message._set_sent(sent)

    def _recognise_copies(self):
        """One mail in two of our mailboxes, or twice in one of them, is one message."""
        own: dict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            name = item.inbound.message_id
            if item.is_done or not name:
                continue
            for message in self.by_message_id.get(name, ()):
                if self._is_copy_of(item, message):
                    item.message = message
                    self._note_copy(message, item)
                    break
            else:
                first = next(
                    (other for other in own[name] if self._is_copy_in_batch(item, other)), None
                )
                if first:
                    item.same_as = first
                else:
                    own[name].append(item)

    def _is_copy_of(self, item, message):
        if message.direction == "out":
            # a mail of ours that we sent to ourselves as well; whoever else uses our Message-Id
            # for his own mail is not heard less for it
            return item.is_ours
        inbound = item.inbound
        return joining.is_same_mail(
            sent=inbound.sent,
            other_sent=message.sent,
            sender=item.author_email or item.author.external_id,
            other_sender=message.author_identity_id.external_id
            or email_tools.normalize(message.mail_message_id.email_from)
            or "",
            subject=inbound.subject,
            other_subject=message.mail_message_id.subject or "",
            is_same_mailbox=message.channel_id == self.channel,
        )

    @staticmethod
    def _is_copy_in_batch(item, other):
        return joining.is_same_mail(
            sent=item.inbound.sent,
            other_sent=other.inbound.sent,
            sender=item.author_email,
            other_sender=other.author_email,
            subject=item.inbound.subject,
            other_subject=other.inbound.subject,
            is_same_mailbox=True,
        )

    def _note_copy(self, message, item):
        """Another of our channels has it too. Answers leave from the one it was addressed to."""
        conversation = message.conversation_id
        if conversation.channel_id == self.channel:
            return
        if self._is_better_home(message, item.inbound):
            self._move_home(message, item.inbound)
        elif self.channel not in conversation.other_channel_ids:
            conversation.other_channel_ids |= self.channel

    def _is_better_home(self, message, inbound):
        """Whether the mail was sent to this mailbox, and only copied to the one it came in first;
        as long as nothing else hangs on that one."""
        conversation = message.conversation_id
        addressed = {address["email"] for address in (message.recipients or {}).get("to", ())}
        first_home = conversation.channel_id._addresses()
        here = self.channel._addresses()
        return (
            message.direction == "in"
            and len(conversation.omni_message_ids) == 1
            and bool(here & addressed)
            and not first_home & addressed
        )

    def _move_home(self, message, inbound):
        conversation = message.conversation_id
        old = conversation.channel_id
        identity = message.author_identity_id
        here = identity._on_channel(self.channel) if identity else identity
        message.write(
            {
                "channel_id": self.channel.id,
                "external_id": inbound.external_id,
                "author_identity_id": here.id,
            }
        )
        conversation.write(
            {
                "channel_id": self.channel.id,
                "external_id": inbound.conversation or False,
                "identity_id": here.id,
                "other_channel_ids": [(4, old.id), (3, self.channel.id)],
            }
        )

    # === WHAT IT BELONGS TO === #

    def _join(self):
        """Find the thread of each message: what it answers, then the channel's own thread."""
        todo = [item for item in self.items if not item.is_done]
        by_external = self._load_threads(todo)
        by_conversation: dict[int, Thread] = {
            thread.conversation.id: thread for thread in by_external.values()
        }
        by_item_id: dict[str, Item] = {}
        for item in todo:
            inbound = item.inbound
            item.body = render_body(inbound.html, inbound.text)
            thread = (
                self._thread_of_references(item, by_conversation, by_item_id)
                or self._thread_of_channel(item, by_external)
                or Thread(external_id=inbound.conversation)
            )
            item.thread = thread
            if not thread.conversation and thread not in self.threads:
                self.threads.append(thread)
            thread.items.append(item)
            thread.participants.update(self._participants(item))
            if inbound.conversation:
                by_external[inbound.conversation] = thread
            if inbound.message_id:
                by_item_id.setdefault(inbound.message_id, item)
        known = list({id(item.thread): item.thread for item in todo}.values())
        self.threads = known

    def _load_threads(self, todo):
        """The newest conversation of each of the channel's own threads."""
        ids = list({item.inbound.conversation for item in todo if item.inbound.conversation})
        found = self.env["omni.conversation"].search(
            Domain("channel_id", "=", self.channel.id) & Domain("external_id", "in", ids),
            order="last_message_date, id",
        )
        return {
            conversation.external_id: self._known_thread(conversation) for conversation in found
        }

    def _known_thread(self, conversation):
        return Thread(
            conversation=conversation,
            external_id=conversation.external_id or "",
            case=conversation._case().exists(),
            partner=conversation.partner_id,
            participants=set(conversation.participants or ()),
        )

    def _thread_of_references(self, item, by_conversation, by_item_id):
        """The thread of the nearest message it answers that we know."""
        inbound = item.inbound
        names = inbound.references
        if inbound.is_bounce:
            names = (*names, *self._bounced_ids(inbound))
        for name in names:
            if other := by_item_id.get(name):
                return other.thread
            known = self.by_message_id.get(name)
            if not known:
                continue
            message = next((one for one in known if one.channel_id == self.channel), known[0])
            item.answered = message
            return self._thread_of_answer(message.conversation_id, by_conversation)
        return None

    def _thread_of_answer(self, conversation, by_conversation):
        if conversation.channel_id != self.channel:
            # an answer that comes in elsewhere: another thread, about the same
            case = conversation._case().exists()
            here = case.conversation_ids.filtered(
                lambda one: (
                    one.channel_id == self.channel
                    and one.identity_id.external_id == conversation.identity_id.external_id
                )
            )[:1]
            if not here:
                thread = Thread(case=case or None, partner=conversation.partner_id)
                thread.match_evidence.append({"code": "answer", "conversation": conversation.id})
                return thread
            conversation = here
        if conversation.id not in by_conversation:
            by_conversation[conversation.id] = self._known_thread(conversation)
        return by_conversation[conversation.id]

    def _thread_of_channel(self, item, by_external):
        """The channel's own thread; of mails only for those who take part in it already."""
        inbound = item.inbound
        thread = by_external.get(inbound.conversation) if inbound.conversation else None
        if not thread:
            return None
        is_mail = bool(inbound.message_id)
        if is_mail and not item.is_ours and not inbound.is_bounce:
            return thread if joining.takes_part(item.author_email, thread.participants) else None
        if is_mail and item.is_ours:
            addresses = self._participants(item)
            return thread if addresses & thread.participants else None
        return thread

    def _participants(self, item):
        """Addresses of the outside that write a message or get it."""
        own = self.own_addresses
        inbound = item.inbound
        people = (item.author_email, *(email_of(one) for one in (*inbound.recipients, *inbound.cc)))
        return {address for address in people if address and address not in own}

    # === WHAT FOLLOWS === #

    def _tell(self):
        """Cases hear of what was written, in its order; inboxes hear of the cases."""
        cases = defaultdict(list)
        for item in self.items:
            if item.is_done and not item.thread:
                continue
            thread, message = item.thread, item.message
            if not thread or not message or not thread.case:
                continue
            case = thread.case
            if item.inbound.is_bounce:
                self._came_back(item)
            elif item.inbound.is_history:
                pass
            elif item.is_ours:
                if self._reaches_customer(item):
                    case._case_answered(message)
            elif item.is_customer:
                case = case._case_customer_wrote(message) or case
                if case != thread.case:
                    self._carry_on(item, case)
            if not item.inbound.is_history:
                cases[case._name].append(case.id)
        for model, ids in cases.items():
            self.env[model].browse(dict.fromkeys(ids))._case_changed("message")

    def _reaches_customer(self, item):
        """Whether a message of ours went to the customer: not one that was forwarded to a colleague
        or to a carrier."""
        inbound, conversation = item.inbound, item.thread.conversation
        if item.is_internal:
            return False
        written_to = {email_of(one) for one in (*inbound.recipients, *inbound.cc)} - {""}
        his = {one["email"] for one in conversation.reply_to or ()}
        his.add(conversation.identity_id.email)
        return not written_to or not his - {False} or bool(written_to & his)

    def _came_back(self, item):
        """A message of ours was not delivered."""
        answered = item.answered
        if not answered or answered.direction != "out":
            return
        inbound = item.inbound
        failed = failed_recipients(inbound.headers, inbound.text or item.body.text)
        text = " ".join((item.body.text or inbound.subject).split())[:300]
        reason = ", ".join(failed)
        answered._set_failed(
            FailureType.RECIPIENT,
            self.env._("Not delivered to %(addresses)s: %(text)s", addresses=reason, text=text)
            if reason
            else self.env._("Not delivered: %(text)s", text=text),
        )

    def _carry_on(self, item, case):
        """The request was settled long ago: what is written now is another thread of another case,
        and the old one stays whole."""
        thread = item.thread
        old = thread.conversation
        following = thread.items[thread.items.index(item) :]
        new = old._carry_on(case)
        messages = self.env["omni.message"].browse([other.message.id for other in following])
        messages._move_to(new)
        thread.conversation, thread.case = new, case


def _part_of(inbound: Inbound):
    """Of what an echo is the echo: our name of the message, and which part of how many. The name
    of a part is ``<uuid>:<part>/<parts>``.

    :rtype: tuple[str, int, int]
    """
    uuid, _colon, rest = inbound.outbox_uuid.partition(":")
    part, _slash, total = rest.partition("/")
    if part.isdecimal() and total.isdecimal() and 1 <= int(part) <= int(total):
        return uuid, int(part), int(total)
    return uuid, 1, 1


def _is_in_progress(message, inbound: Inbound):
    """Whether what an unfinished attempt remembers is what has come back."""
    names = {inbound.external_id, inbound.message_id} - {""}
    remembered = {value for value in (message.progress or {}).values() if isinstance(value, str)}
    return bool(names & remembered)
