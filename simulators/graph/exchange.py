"""Everybody's mail: our mailboxes, those of the customers, and what goes between them."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime

from . import ids
from .bounces import bounce
from .clock import iso
from .letter import Letter, Person, new_message_id, prefixed
from .mailbox import Mailbox, Message

#: Who sends from one of our mailboxes.
APP, OUTLOOK = "app", "outlook"


@dataclass(eq=False)
class Post:
    """A letter in a customer's mailbox: ``in`` he got it, ``out`` he wrote it."""

    key: int
    direction: str
    letter: Letter
    at: float


@dataclass(eq=False)
class Sending:
    """One act of sending from one of our mailboxes: what the ledger calls the truth."""

    message: Message
    by: str
    at: float
    letter: Letter
    delivered: list = field(default_factory=list)
    refused: list = field(default_factory=list)


class Exchange:
    """:param mailboxes: pairs of address and name; :param Clock clock:"""

    def __init__(self, mailboxes, clock):
        self.clock = clock
        self.observers = []  # called with what happened (created, updated, deleted) and a message
        self.mailboxes = {}
        self.customers = OrderedDict()
        self.sendings = []
        self.arrivals = []  # (Message, moment)
        self.undeliverable = set()  # addresses and domains
        self.hold_sent = 0.0  # seconds until a copy lies in Sent Items; negative: until released
        self.unsafe_html = False
        self.max_message = 35 * 1024 * 1024  # bytes of attachments: the default of a mailbox
        self._held = []  # (moment, Message)
        self._posts = 0
        for address, name in mailboxes:
            self.add_mailbox(address, name)

    # -- who -----------------------------------------------------------------------------------
    def add_mailbox(self, address, name=""):
        """:return Mailbox: a new one; :raises ValueError: it is there already"""
        key = Person.read(address).key
        if key in self.mailboxes:
            raise ValueError(f"{address}: this mailbox exists")
        mailbox = Mailbox(address, name or address.partition("@")[0], self.clock)
        mailbox.observers.append(self._tell)
        self.mailboxes[key] = mailbox
        return mailbox

    def mailbox(self, key):
        """:param str key: address or id of its owner; :return Mailbox: None if there is none"""
        key = key.lower()
        found = self.mailboxes.get(key)
        if found:
            return found
        guid = key.partition("@")[0]  # notifications name the tenant after it
        return next((one for one in self.mailboxes.values() if one.guid == guid), None)

    def customer(self, address):
        """:return list: of Post, what he got and wrote, the oldest first"""
        return self.customers.setdefault(address.lower(), [])

    def _tell(self, what, message):
        for observer in self.observers:
            observer(what, message)

    # -- letters -------------------------------------------------------------------------------
    def write(self, letter, mailboxes=(), folder="inbox", received=None, authentication="pass"):
        """A customer sends a letter.

        :param mailboxes: addresses it comes to beside its recipients (a blind copy, a group)
        :param float received: moment of arrival; None: now
        :param str authentication: ``pass``, ``fail`` or ``none``, what our server finds out
        :return list: of Message, one in each of our mailboxes
        """
        now = self.clock.now()
        self._keep(letter.sender.key, "out", letter, received or now)
        goals = [Person.read(address) for address in mailboxes]
        goals += [person for person in letter.recipients]
        found = []
        for address in dict.fromkeys(person.key for person in goals):
            mailbox = self.mailboxes.get(address)
            if mailbox:
                found.append(self._arrive(letter, mailbox, folder, received, authentication))
            else:
                self._keep(address, "in", letter, received or now)
        return found

    def _arrive(self, letter, mailbox, folder="inbox", received=None, authentication="pass"):
        now = self.clock.now()
        moment = now if received is None else received
        message = Message(letter, mailbox, created=now, received=moment, sent=letter.date or moment)
        message.headers = _transport(letter, moment, authentication)
        mailbox.add(message, mailbox.folder(folder))
        self.arrivals.append((message, now))
        return message

    def _keep(self, address, direction, letter, at):
        self._posts += 1
        self.customer(address).append(Post(self._posts, direction, letter, at))

    # -- our own -------------------------------------------------------------------------------
    def draft(self, mailbox, letter, answered=None):
        """:param Message answered: by this draft; :return Message: in Drafts"""
        now = self.clock.now()
        letter.date = now
        message = Message(
            letter, mailbox, created=now, received=now, sent=now, is_read=True, is_draft=True
        )
        if answered:
            message.conversation = answered.conversation
            message.index = ids.next_index(answered.index)
        mailbox.add(message, mailbox.folder("drafts"))
        return message

    def send(self, message, by=APP):
        """Sends a draft, and delivers it to everybody it is for. :return Sending:"""
        mailbox, letter, now = message.mailbox, message.letter, self.clock.now()
        letter.files = list(message.attachments.values())
        letter.date = now
        message.is_draft = False
        message.sent = message.received = now
        mailbox.hide(message)
        if self.hold_sent:
            self._held.append((now + self.hold_sent if self.hold_sent > 0 else None, message))
        else:
            mailbox.show(message)
        sending = Sending(message, by, now, letter)
        self.sendings.append(sending)
        for person in letter.recipients:
            self._carry(sending, person)
        return sending

    def _carry(self, sending, person):
        letter = sending.letter
        domain = person.key.rpartition("@")[2]
        if person.key in self.undeliverable or domain in self.undeliverable:
            sending.refused.append(person.key)
            self._arrive(bounce(letter, person, self.clock.now()), sending.message.mailbox)
            return
        sending.delivered.append(person.key)
        mailbox = self.mailboxes.get(person.key)
        if mailbox:
            self._arrive(_as_sent(letter), mailbox)
        else:
            self._keep(person.key, "in", _as_sent(letter), sending.at)

    def run(self):
        """What waits for its moment: copies for Sent Items."""
        now = self.clock.now()
        due = [message for moment, message in self._held if moment is not None and moment <= now]
        self._release(due)

    def release_sent(self):
        """All copies that were held lie in Sent Items now."""
        self._release([message for _moment, message in self._held])

    def _release(self, messages):
        self._held = [held for held in self._held if held[1] not in messages]
        for message in messages:
            message.mailbox.show(message)

    def answer(self, letter, sender, content, content_type, files=(), to_all=False):
        """:param Letter letter: that is answered; :param Person sender: who does
        :return Letter: not yet sent"""
        to = letter.reply_to or [letter.sender]
        others = [
            person
            for person in (*letter.to, *letter.cc)
            if person.key != sender.key and person.key not in {one.key for one in to}
        ]
        return Letter(
            sender=sender,
            subject=prefixed("RE:", letter.subject),
            to=list(to),
            cc=others if to_all else [],
            content=content,
            content_type=content_type,
            files=list(files),
            message_id=new_message_id(sender.address),
            in_reply_to=letter.message_id,
            references=[*letter.references, letter.message_id],
            date=self.clock.now(),
        )

    # -- the truth -----------------------------------------------------------------------------
    def ledger(self):
        """:return dict: ``incoming``, ``outgoing`` and ``drafts``, each a list of dict"""
        drafts = [
            message
            for mailbox in self.mailboxes.values()
            for message in mailbox.folder("drafts").messages.values()
        ]
        return {
            "incoming": [
                {**_facts(message.letter), **_place(message), "received": iso(message.received)}
                for message, _at in self.arrivals
            ],
            "outgoing": [
                {
                    **_facts(sending.letter),
                    **_place(sending.message),
                    "by": sending.by,
                    "sent": iso(sending.at),
                    "extended": dict(sending.message.extended),
                    "delivered": sending.delivered,
                    "refused": sending.refused,
                }
                for sending in self.sendings
            ],
            "drafts": [
                {**_facts(message.letter, message.attachments.values()), **_place(message)}
                for message in drafts
            ],
        }


def _place(message):
    is_there = message.key in message.mailbox.messages and not message.is_hidden
    return {
        "mailbox": message.mailbox.address,
        "id": message.key,
        "folder": (message.folder.well_known or message.folder.name) if is_there else None,
        "is_read": message.is_read,
        "conversation": message.conversation,
    }


def _facts(letter, files=None):
    return {
        "message_id": letter.message_id,
        "from": letter.sender.key,
        "to": [person.key for person in letter.to],
        "cc": [person.key for person in letter.cc],
        "bcc": [person.key for person in letter.bcc],
        "subject": letter.subject,
        "text": letter.text,
        "in_reply_to": letter.in_reply_to,
        "references": list(letter.references),
        "attachments": [
            {
                "name": file.name,
                "size": file.size,
                "sha256": hashlib.sha256(file.content).hexdigest(),
                "is_inline": file.is_inline,
            }
            for file in (letter.files if files is None else files)
        ],
    }


def _as_sent(letter):
    """:return Letter: as those who get it see it: nobody sees the blind copies"""
    return Letter(
        sender=letter.sender,
        subject=letter.subject,
        to=list(letter.to),
        cc=list(letter.cc),
        reply_to=list(letter.reply_to),
        content=letter.content,
        content_type=letter.content_type,
        files=list(letter.files),
        message_id=letter.message_id,
        in_reply_to=letter.in_reply_to,
        references=list(letter.references),
        headers=list(letter.headers),
        date=letter.date,
    )


def _transport(letter, moment, authentication):
    """:return list: pairs of str, the headers as a message has them on its arrival"""
    stamp = format_datetime(datetime.fromtimestamp(moment, timezone.utc))
    domain = letter.sender.key.rpartition("@")[2]
    server = f"mx.{domain}"
    headers = [
        ("Received", f"from {server} (203.0.113.25) by mail.protection.outlook.com; {stamp}"),
    ]
    if authentication != "none":
        verdict = "pass" if authentication == "pass" else "fail"
        reason = "100" if verdict == "pass" else "001"
        headers.append(
            (
                "Authentication-Results",
                f"spf={verdict} (sender IP is 203.0.113.25) smtp.mailfrom={domain}; "
                f"dkim={verdict} (signature was verified) header.d={domain};"
                f"dmarc={verdict} action=none header.from={domain};compauth={verdict} "
                f"reason={reason}",
            )
        )
    headers += [("From", str(letter.sender)), ("Subject", letter.subject)]
    for name, people in (("To", letter.to), ("CC", letter.cc), ("Reply-To", letter.reply_to)):
        if people:
            headers.append((name, ", ".join(map(str, people))))
    headers += [
        ("Date", format_datetime(datetime.fromtimestamp(letter.date or moment, timezone.utc))),
        ("Message-ID", letter.message_id),
    ]
    if letter.in_reply_to:
        headers.append(("In-Reply-To", letter.in_reply_to))
    if letter.references:
        headers.append(("References", " ".join(letter.references)))
    own = {name.lower() for name, _value in letter.headers}
    headers = [pair for pair in headers if pair[0].lower() not in own or pair[0] == "Received"]
    return [*headers, *letter.headers]
