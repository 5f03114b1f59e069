"""The contract of a channel: what a provider must and may do, and the words it says it in.

A provider speaks to one outside system for one channel (a mailbox, a page, a project). It is plain
Python: no Odoo, no database; whoever calls it stores what it returns. A new provider is one file
with a subclass of `Provider` and one line in ``providers/__init__.py``.

Its life: *made* from the settings of a channel for every piece of work, and thrown away after it;
what has to be remembered is a cursor (`SyncPage.cursor`) or the progress of a message
(`Outbound.progress`), both stored by the caller. ``verify`` and ``receive`` run inside the request
of a webhook and do nothing but look at it; ``parse`` runs later and does no network; ``resolve``,
``sync``, ``send``, ``check``, ``fetch`` and ``health`` may speak to the outside, outside of any
lock.

Errors are those of `integration_base.exceptions`: `RetryableError` (``retry_after``,
``is_uncertain``), `AuthError`, `RejectedError` (``code``), `PayloadError`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, ClassVar

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    PayloadError,
    RejectedError,
    RetryableError,
)

__all__ = [
    "Address",
    "Attachment",
    "Capabilities",
    "Check",
    "Claim",
    "Edited",
    "Event",
    "FailureType",
    "Ignored",
    "Inbound",
    "Item",
    "Listed",
    "Moment",
    "Outbound",
    "Profile",
    "Provider",
    "Purchase",
    "Rating",
    "Reaction",
    "Removed",
    "Sent",
    "Status",
    "SyncPage",
    "WebhookReply",
    "WebhookRequest",
]


class FailureType(str, Enum):
    """Why a message could not be fetched or sent, by what a person can do about it."""

    AUTH = "auth"  # sign in again, renew the secret
    PERMISSION = "permission"  # the administrator of the other side has to allow it
    THROTTLED = "throttled"  # wait: it goes on by itself
    UNAVAILABLE = "unavailable"  # wait: it goes on by itself
    RECIPIENT = "recipient"  # correct the address
    CONTENT = "content"  # correct text or attachments
    TOO_LARGE = "too_large"  # smaller or fewer attachments
    WINDOW = "window"  # too late on this channel: answer on another one
    GONE = "gone"  # what is answered to is no longer there
    PAYLOAD = "payload"  # what came in cannot be understood
    CHANGED = "changed"  # it was to leave later, and somebody has written before
    UNCERTAIN = "uncertain"  # it left and no answer came: check before sending again
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody on the other side, as the channel names him."""

    external_id: str
    """What identifies him on the channel: a normalised e-mail address, a PSID, a visitor id."""
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; without ``content`` it is fetched with :meth:`Provider.fetch`."""

    name: str
    content_type: str = "application/octet-stream"
    size: int = 0
    """Bytes, 0 when not known."""
    external_id: str = ""
    content_id: str = ""
    """``cid`` by which the text refers to it, without angle brackets."""
    is_inline: bool = False
    content: bytes | None = field(default=None, repr=False)
    url: str = ""
    """Where a file that is only linked lies (a cloud document)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that bears on who somebody is: what he, his browser or the channel says of him."""

    kind: str
    """``customer`` (our number of him), ``order`` (number of an order), ``email``, ``phone``,
    ``postcode``, ``user`` (what our own web site calls him)."""
    value: str
    is_verified: bool = False
    """Signed by ourselves or by the channel, so that nobody else can have said it: the user of an
    authenticated messaging, the reference of a signed link. What a visitor or his browser can type
    is never verified."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something the other side told, to be stored as it came before anything is done with it."""

    kind: str
    """``message``, ``status``, ``hint`` (something changed: look there), ``lifecycle``."""
    dedupe_key: str
    """Kind, provider's id and what makes a repetition a repetition; at most 255 characters."""
    payload: Any
    """JSON as it came."""
    occurred: datetime | None = None
    """Naive UTC, by the provider's clock."""
    conversation: str = ""
    """Provider's id of the conversation, to keep its events in order; empty: unknown."""
    folder: str = ""
    """Key of the folder it concerns."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it is on the channel, written by the customer or, elsewhere, by one of us."""

    external_id: str
    sent: datetime
    """Naive UTC, by the provider's clock: what a thread is sorted by."""
    author: Address
    conversation: str = ""
    """Provider's id of the thread."""
    sequence: int = 0
    """Order among messages of the same moment."""
    is_ours: bool = False
    """Written by us in the other system (or the echo of what we sent)."""
    outbox_uuid: str = ""
    """Of an echo: the `Outbound.uuid` it is the echo of."""
    subject: str = ""
    html: str = ""
    text: str = ""
    recipients: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    message_id: str = ""
    """Internet Message-Id, with its angle brackets; mail only."""
    references: tuple[str, ...] = ()
    """Message-Ids of ``In-Reply-To`` and ``References``, the nearest first."""
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    has_more_attachments: bool = False
    """The provider has files which have to be listed first (:meth:`Provider.attachments`)."""
    is_automatic: bool = False
    """Absence notes, receipts, newsletters: reopens nothing, is never answered by a machine."""
    is_bounce: bool = False
    is_authenticated: bool | None = None
    """The sender is who he says he is, as the receiving server has it; ``None``: not known."""
    folder: str = ""
    """Key of the folder it lies in."""
    is_history: bool = False
    """Older than the channel's start: kept with the customer, opens no ticket."""
    claims: tuple[Claim, ...] = ()
    """What is said of the author, or of whom the conversation is with."""
    in_reply_to: str = ""
    """External id of the one message it answers, where the channel knows such."""
    reply_window: timedelta | None = None
    """How long it may be answered, when that is not what the channel says of all messages."""
    tags: tuple[str, ...] = ()
    """Words the other system has put on the conversation."""
    is_answered_elsewhere: bool = False
    """Somebody takes care of the conversation in the other system: it is a ticket like any other,
    which nobody has to answer here as long as it goes on there."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The text of a message has been changed by its author; what it was before is kept."""

    external_id: str
    text: str
    edited: datetime | None = None
    version: int = 0
    """Number of changes so far; an older one changes nothing any more."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """Somebody has put a symbol on a message, or taken it off."""

    external_id: str
    """Of the message."""
    emoji: str
    author: Address
    is_removed: bool = False
    occurred: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something has happened to a conversation which is no message: one line in its thread."""

    conversation: str
    code: str
    """``opened``, ``transferred``, ``closed``, ``taken`` or ``passed`` (another application has, or
    gives back, the thread), ``postback``, ``referral``, ``optin``, ``policy``."""
    dedupe_key: str
    occurred: datetime
    author: Address | None = None
    """Whom it concerns, when the conversation may not be known yet."""
    params: Mapping[str, str] = field(default_factory=dict)
    """What is told of it (``operator``, ``title``, ``reason``)."""
    claims: tuple[Claim, ...] = ()
    reply_window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What the channel knows of somebody, apart from any message."""

    address: Address
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Rating:
    """How satisfied somebody was with a conversation; asked for by the other system."""

    conversation: str
    value: float
    """From 0 to 5, where Odoo's own go from 1 to 5."""
    comment: str = ""
    occurred: datetime | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """The other system says that a conversation has led to an order."""

    conversation: str
    order: str
    """Number of the order, as the web shop knows it."""
    amount: float = 0.0
    """Euros."""
    occurred: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that is understood, and of which nothing is made, for a reason."""

    reason: str
    """Code: ``elsewhere`` (comes in by another channel of ours), ``own`` (we have done it
    ourselves), ``kind`` (nothing we keep)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A message the other side has, as it is counted."""

    external_id: str
    sent: datetime
    """Naive UTC."""


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message that we sent, or of all until a moment (``conversation`` and
    ``until``)."""

    state: str
    """``sent``, ``delivered``, ``read`` or ``failed``."""
    external_id: str = ""
    outbox_uuid: str = ""
    conversation: str = ""
    until: datetime | None = None
    """Naive UTC: it holds for every message of the conversation sent until then."""
    failure_type: FailureType | None = None
    reason: str = ""
    occurred: datetime | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """A message is no longer in its folder; what we have of it stays."""

    external_id: str
    folder: str = ""


#: What an event can say.
Item = (
    Inbound | Edited | Ignored | Moment | Profile | Purchase | Rating | Reaction | Removed | Status
)


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message to send."""

    uuid: str
    """Our own id, the same for every attempt: what makes sending idempotent where it can be."""
    recipients: tuple[Address, ...]
    html: str = ""
    text: str = ""
    subject: str = ""
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    conversation: str = ""
    in_reply_to: str = ""
    """External id of the message answered; empty: a new conversation."""
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    """With their content."""
    progress: Mapping[str, Any] = field(default_factory=dict)
    """What earlier attempts told by ``remember``."""
    is_automatic: bool = False
    """Written by a machine of ours; a person has written the others."""
    last_received: datetime | None = None
    """When whom it goes to wrote last, naive UTC: what the time to answer is counted from."""
    reply_window: timedelta | None = None
    """How long after it an answer is allowed in this conversation, if not as on the channel."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message has been taken by the other side."""

    external_id: str = ""
    aliases: tuple[str, ...] = ()
    """What else it is called there: a long one may be several on the other side."""
    message_id: str = ""
    conversation: str = ""
    sent: datetime | None = None
    state: str = "sent"


@dataclass(frozen=True, slots=True)
class SyncPage:
    """A page of what is new. Its events are stored and its cursor kept in one transaction."""

    events: tuple[Event, ...]
    cursor: str
    """Opaque; given to the next :meth:`Provider.sync` of this folder."""
    is_last: bool = True
    is_reset: bool = False
    """The other side had forgotten our cursor: some of this was seen before."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request of the outside to our webhook, as it came."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    remote: str = ""
    query_string: bytes = b""
    """As it came, for signatures over it."""


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What a webhook answers when it is not simply an empty 2xx."""

    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a connection test."""

    name: str
    """Technical name; the screen has the words for it."""
    is_ok: bool
    detail: str = ""
    """What came back, for a person."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry; the composer goes by it."""

    has_html: bool = False
    has_subject: bool = False
    has_cc: bool = False
    can_start: bool = False
    """May write first, to somebody who never wrote."""
    can_send: bool = True
    text_limit: int = 0
    """Characters; 0: none."""
    has_parts: bool = False
    """A longer text is sent in several messages of ``text_limit`` each."""
    attachment_limit: int = 0
    """Bytes of one file; 0: no attachments."""
    total_limit: int = 0
    """Bytes of a whole message; 0: none."""
    attachment_types: tuple[str, ...] = ()
    """MIME types or prefixes (``image/``); empty: all."""
    reply_window: timedelta | None = None
    """How long after the customer's last message an answer is allowed."""
    human_window: timedelta | None = None
    """How long after it an answer written by a person is allowed all the same."""
    is_desk: bool = False
    """It is answered in the other system, at the desk people have there; here it is followed."""
    is_idempotent: bool = False
    """An attempt whose answer got lost can be repeated: nothing is sent twice."""


class Provider:
    """One channel of one outside system.

    A subclass must set :attr:`code` and :attr:`label` and implement :meth:`parse` and
    :meth:`send`; it implements of the rest what its system can do.

    :param settings: plain values of the channel, secrets included, as its model gives them
    """

    code: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str] = "fa-comments-o"
    capabilities: ClassVar[Capabilities] = Capabilities()
    #: It can be asked what is new (:meth:`sync`).
    has_sync: ClassVar[bool] = False
    #: It is told what is new (:meth:`verify`, :meth:`receive`).
    has_webhook: ClassVar[bool] = False

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    # -- what comes in -------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        """Make sure that a request comes from the other side; cheapest first.

        :raise AuthError: it does not, or cannot be shown to
        """
        raise AuthError("This channel has no webhook.")

    def receive(self, request: WebhookRequest) -> tuple[tuple[Event, ...], WebhookReply | None]:
        """Return the events of a verified request, and what to answer if not an empty 202.

        :raise PayloadError: it cannot be read at all
        """
        raise PayloadError("This channel has no webhook.")

    def sync(self, folder: str, cursor: str, since: datetime | None) -> Iterator[SyncPage]:
        """Yield what is new in a folder since a cursor; an empty one starts at ``since``."""
        return iter(())

    def parse(self, event: Event) -> list[Item]:
        """Return what a stored event says. No network.

        :raise PayloadError: it cannot be understood
        """
        raise NotImplementedError

    def resolve(self, event: Event) -> list[Item]:
        """Return what a stored event says, when the other side has to be asked for it: what it told
        may only be that there is something to read.

        :raise PayloadError: it cannot be understood
        :raise RetryableError: the other side does not answer, or has it not ready yet
        """
        return self.parse(event)

    def attachments(self, message: Inbound) -> tuple[Attachment, ...]:
        """Return the files of a message with ``has_more_attachments``, without their content."""
        return message.attachments

    def fetch(self, message: Inbound, attachment: Attachment) -> bytes:
        """Return the content of an attachment that came without."""
        raise RejectedError("This channel has no attachments to fetch.")

    def census(self, folder: str, since: datetime) -> Iterator[Listed] | None:
        """Return all messages that lie in a folder and came since a moment, by which it is proved
        that none is missing here.

        :return: ``None``: the other side cannot tell
        """
        return None

    # -- what goes out -------------------------------------------------------------------------

    def send(self, message: Outbound, remember: Callable[[Mapping[str, Any]], None]) -> Sent:
        """Send a message.

        :param remember: stores progress at once and for good, to be found again in
            ``message.progress`` by the next attempt, however this one ends
        :raise RetryableError: not sent, later perhaps; with ``is_uncertain`` it may have been sent
        :raise RejectedError: refused for good
        """
        raise NotImplementedError

    def check(self, message: Outbound) -> Sent | None:
        """Return what became of a message whose sending ended uncertainly, ``None``: not sent.

        :raise RejectedError: the other side cannot tell; a person has to look
        """
        raise RejectedError("This channel cannot tell whether a message has been sent.")

    def link(self, conversation: str) -> str:
        """Return where a conversation can be seen in the other system, empty if nowhere.

        :param conversation: what the channel calls it
        :return: URL
        """
        return ""

    # -- how it is -----------------------------------------------------------------------------

    def health(self) -> list[Check]:
        """Try the connection."""
        return []

    def failure_type(self, error: IntegrationError) -> FailureType:
        """What kind of failure an error is. Override for the codes of the other side."""
        if isinstance(error, AuthError):
            return FailureType.PERMISSION if error.code == 403 else FailureType.AUTH
        if isinstance(error, RetryableError):
            if error.is_uncertain:
                return FailureType.UNCERTAIN
            return FailureType.THROTTLED if error.retry_after else FailureType.UNAVAILABLE
        if isinstance(error, PayloadError):
            return FailureType.PAYLOAD
        return FailureType.UNKNOWN
