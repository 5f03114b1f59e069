"""A conversation as GraphQL gave it → messages, and what else there is to know of it. Pure.

Whatever an answer is called (`words`), it is read by the same names by which it was asked for.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from odoo.addons.integration_base.exceptions import PayloadError

from ...wire import DEPTH
from ..base import (
    Address,
    Attachment,
    Claim,
    Ignored,
    Inbound,
    Item,
    Moment,
    Profile,
    Purchase,
    Rating,
)
from . import words
from .times import parse_time

__all__ = ["Reader", "Scope", "extend", "next_page", "pick", "rows", "told"]

#: Channels of iAdvize that are Messenger. What ``FACEBOOK`` alone is, is documented nowhere: it may
#: be what is written under posts, which comes in by no page.
MESSENGER = "FACEBOOK_"
_SUFFIX = re.compile(r"(?<=[^_])__[A-Za-z]\w*$")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Scope:
    """What of it concerns us, and how it is read.

    :param projects: their ids; empty: all
    :param is_messenger_elsewhere: Messenger comes in by a channel of its own
    :param start: older conversations are history, naive UTC
    :param orders: names of custom data that hold the number of an order; ``customers``: of a
        customer
    """

    projects: frozenset[str] = frozenset()
    is_messenger_elsewhere: bool = False
    start: datetime | None = None
    orders: frozenset[str] = frozenset()
    customers: frozenset[str] = frozenset()

    def ignores(self, channel: Any, project: Any) -> str:
        """Return why nothing is made of a conversation, as a code of `Ignored`; empty: it is."""
        if self.is_messenger_elsewhere and str(channel or "").upper().startswith(MESSENGER):
            return "elsewhere"
        if self.projects and project not in (None, "") and str(project) not in self.projects:
            return "kind"
        return ""


def plain(value: Any, depth: int = DEPTH) -> Any:
    """Return an answer without the names by which two things were told apart
    (``text__CardMessage``).

    :raise PayloadError: it is nested deeper than this
    """
    if not depth:
        raise PayloadError("An answer of iAdvize is nested too deeply.")
    if isinstance(value, Mapping):
        return {_SUFFIX.sub("", str(key)): plain(one, depth - 1) for key, one in value.items()}
    return [plain(one, depth - 1) for one in value] if isinstance(value, list) else value


def pick(found: Any, names: tuple[str, ...]) -> Any:
    """Return the first of several things that is there."""
    if isinstance(found, Mapping):
        for name in names:
            if found.get(name) not in (None, ""):
                return found[name]
    return None


def text_of(found: Any, names: tuple[str, ...]) -> str:
    """Return the first of several things that is a plain value, as text."""
    if isinstance(found, Mapping):
        for name in names:
            value = found.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
                return str(value).strip()
    return ""


def rows(found: Any) -> list[Any]:
    """Return the rows of a page, whatever it calls them."""
    if isinstance(found, Mapping):
        for name in words.ROWS:
            inner = found.get(name)
            if isinstance(inner, list):
                nodes = (one.get("node") if isinstance(one, Mapping) else None for one in inner)
                return [one for one in nodes if one] if name == "edges" else inner
        return [found]
    return found if isinstance(found, list) else []


def next_page(found: Any) -> str:
    """Return the cursor of the next page, empty if there is none."""
    info = found.get("pageInfo") if isinstance(found, Mapping) else None
    if not isinstance(info, Mapping) or not info.get("hasNextPage"):
        return ""
    return str(info.get("endCursor") or "")


def extend(found: Any, more: Any) -> None:
    """Add the rows of a further page to those of an answer, in their own form."""
    if isinstance(found, list):
        found.extend(more if isinstance(more, list) else ())
        return
    for name in words.ROWS:
        if isinstance(found.get(name), list):
            found[name].extend(more.get(name) or ())
            return


def told(conversation: Any) -> Mapping[str, Any]:
    """Return a conversation as it is read.

    :raise PayloadError: it is none
    """
    if not isinstance(conversation, Mapping):
        raise PayloadError("This is no conversation of iAdvize.")
    try:
        return plain(conversation)
    except RecursionError as error:
        raise PayloadError("A conversation of iAdvize is too deep to be read.") from error


class Reader:
    """Reads what was kept of a conversation.

    :param payload: ``conversation`` and ``custom``, as GraphQL gave them
    :raise PayloadError: it is no conversation
    """

    def __init__(self, payload: Mapping[str, Any], scope: Scope) -> None:
        self.scope = scope
        self.conversation = told(payload.get("conversation"))
        self.custom = plain(payload.get("custom"))
        self.id = text_of(self.conversation, ("id", "conversationId"))
        if not self.id:
            raise PayloadError("A conversation of iAdvize has no id.")
        self.channel = text_of(self.conversation, ("channel",)).upper()
        self.visitor = pick(self.conversation, ("visitor", "customer")) or {}
        self.closed = parse_time(pick(self.conversation, ("closedAt", "endedAt")))
        self.created = parse_time(pick(self.conversation, ("createdAt", "startedAt", "openedAt")))
        self.messages = self._messages()
        self.visitor_address = self._visitor_address()
        self.operators = {
            text_of(one, words.IDS): one
            for one in rows(pick(self.conversation, ("users", "operators", "participants")))
            if isinstance(one, Mapping)
        }

    def _messages(self) -> list[tuple[datetime, int, Mapping[str, Any]]]:
        found = []
        for index, one in enumerate(rows(pick(self.conversation, ("messages",)))):
            if not isinstance(one, Mapping):
                continue
            moment = parse_time(pick(one, ("createdAt", "sentAt", "date", "timestamp", "time")))
            if moment is None:
                raise PayloadError("A message of iAdvize has no date.")
            found.append((moment, index, one))
        # they may come the newest first
        is_backwards = len(found) > 1 and found[0][0] > found[-1][0]
        last = len(found) - 1
        ordered = [
            (moment, last - index if is_backwards else index, one) for moment, index, one in found
        ]
        return sorted(ordered, key=lambda message: message[:2])

    # -- items ---------------------------------------------------------------------------------

    def items(self) -> list[Item]:
        """Return all there is to know of it."""
        project = text_of(pick(self.conversation, ("project", "website")), ("id",))
        if reason := self.scope.ignores(self.channel, project):
            return [Ignored(reason)]
        inbounds = list(self.inbounds())
        if not inbounds:
            return [Ignored("kind")]
        return [*inbounds, *self._moments(), self._profile(), *self._ratings(), *self._purchases()]

    def inbounds(self) -> Iterator[Inbound]:
        """Yield the messages of people and bots, in their order."""
        claims, tags = self.claims(), self._tags()
        is_history = bool(self.closed and self.scope.start and self.closed < self.scope.start)
        for moment, index, one in self._messages_spoken():
            kind = _author_kind(one, self.visitor_address.external_id)
            author = self.visitor_address if kind == "visitor" else self._operator(one, kind)
            files = tuple(_files(one))
            # some call a message that is only a file by the name of the file
            names = {file.name for file in files}
            lines = [line for line in _texts(one) if line not in names]
            yield Inbound(
                external_id=self.message_id(index, one),
                sent=moment,
                author=author,
                conversation=self.id,
                sequence=index,
                is_ours=kind != "visitor",
                text="\n".join(lines),
                recipients=() if kind == "visitor" else (self.visitor_address,),
                attachments=files,
                is_automatic=kind == "bot",
                is_history=is_history,
                claims=claims,
                tags=tags,
                is_answered_elsewhere=True,
            )

    def _messages_spoken(self) -> Iterator[tuple[datetime, int, Mapping[str, Any]]]:
        for moment, index, one in self.messages:
            kind = _author_kind(one, self.visitor_address.external_id)
            has_content = bool(_texts(one)) or any(_files(one))
            if kind == "system" or not has_content:
                continue
            if not kind:
                raise PayloadError("A message of iAdvize does not say who wrote it.")
            yield moment, index, one

    def message_id(self, index: int, message: Mapping[str, Any]) -> str:
        """Return what a message is called: by its place, where iAdvize gives it no name."""
        return text_of(message, ("id", "messageId", "idMessage", "uuid")) or f"{self.id}:{index}"

    # -- people --------------------------------------------------------------------------------

    def _visitor_address(self) -> Address:
        """Whom it is with. His address is what he has typed, or his browser: it goes with what is
        said of him (`claims`), for who writes under the address of a colleague is none."""
        external_id = text_of(self.visitor, ("visitorId", "id", "uuid"))
        return Address(external_id or f"conversation:{self.id}", _name(self.visitor))

    def operator_name(self, key: Any) -> str:
        """Return what an operator is called; empty: not known."""
        return _name(self.operators.get(str(key or "")))

    def _operator(self, message: Mapping[str, Any], kind: str) -> Address:
        author = _author(message)
        key = text_of(author, words.IDS) or text_of(pick(message, ("operator", "user")), words.IDS)
        known = self.operators.get(key, {})
        # who is alone at the desk of a conversation is the one who writes there
        if not key and kind == "operator" and len(self.operators) == 1:
            [(key, known)] = self.operators.items()
        return Address(
            f"{kind}:{key}" if key else kind,
            _name(author) or _name(known),
            email=_address(text_of(author, _EMAIL) or text_of(known, _EMAIL)),
        )

    def claims(self) -> tuple[Claim, ...]:
        """Return what bears on who the visitor is."""
        found = [
            Claim("user", text_of(self.visitor, ("externalUserId",)), is_verified=True),
            Claim("customer", text_of(self.visitor, ("externalId",))),
            Claim("email", _address(text_of(self.visitor, ("email", "emailAddress")))),
            Claim("phone", text_of(self.visitor, _PHONE)),
            Claim("postcode", text_of(self.visitor, _POSTCODE)),
        ]
        for key, value in self._custom_entries():
            if key in self.scope.orders:
                found.append(Claim("order", value))
            elif key in self.scope.customers:
                found.append(Claim("customer", value))
        return tuple(dict.fromkeys(claim for claim in found if claim.value))

    def _custom_entries(self) -> Iterator[tuple[str, str]]:
        found = pick(self.custom, ("customData", "entries", "data", "items"))
        for one in rows(found):
            value = text_of(one, ("stringValue", "value", "intValue", "floatValue"))
            for name in ("key", "label"):
                if value and text_of(one, (name,)):
                    yield normal_key(text_of(one, (name,))), value

    def _profile(self) -> Profile:
        return Profile(
            Address(
                self.visitor_address.external_id,
                self.visitor_address.name,
                _address(text_of(self.visitor, ("email", "emailAddress"))),
                text_of(self.visitor, _PHONE),
            ),
            self.claims(),
        )

    # -- what happened -------------------------------------------------------------------------

    @property
    def began(self) -> datetime:
        """When it began; of a conversation with messages."""
        first = self.messages[0][0]
        return min(self.created or first, first)

    def _moments(self) -> Iterator[Moment]:
        pushes = [(moment, to) for moment, _index, one in self.messages if (to := _pushed_to(one))]
        first = pushes[0][1] if pushes else next(map(_name, self.operators.values()), "")
        yield self._moment("opened", "opened", self.began, {"operator": first})
        for moment, to in pushes[1:]:
            yield self._moment(
                "transferred", f"transferred:{moment.isoformat()}", moment, {"operator": to}
            )
        if self.closed:
            yield self._moment("closed", f"closed:{self.closed.isoformat()}", self.closed)

    def _moment(self, code, key, occurred, params=None) -> Moment:
        return Moment(
            self.id, code, key, occurred, author=self.visitor_address, params=params or {}
        )

    @property
    def tells_pushes(self) -> bool:
        """Whether the transcript itself says who got the conversation, and when."""
        return any(_pushed_to(one) for _moment, _index, one in self.messages)

    def _tags(self) -> tuple[str, ...]:
        found = rows(pick(self.conversation, ("tags",)))
        names = (
            one if isinstance(one, str) else text_of(one, ("name", "label", "value", "title"))
            for one in found
        )
        return tuple(dict.fromkeys(name.strip() for name in names if name and name.strip()))

    def _ratings(self) -> Iterator[Rating]:
        survey = pick(self.conversation, ("satisfactionSurvey", "satisfaction"))
        if not isinstance(survey, Mapping):
            survey = {"score": survey}
        rating = make_rating(
            self.id,
            pick(survey, ("customerSatisfaction", "satisfaction", "csat", "score", "rating")),
            pick(survey, ("netPromoterScore", "nps")),
            text_of(survey, ("comment", "satisfactionComment", "commentary")),
            parse_time(pick(survey, ("answeredAt", "createdAt"))) or self.closed,
        )
        if rating:
            yield rating

    def _purchases(self) -> Iterator[Purchase]:
        for one in rows(pick(self.conversation, ("conversions", "transactions"))):
            order = text_of(
                one, ("externalId", "externalTransactionId", "transactionExternalId", "orderId")
            )
            if order:
                yield Purchase(
                    self.id,
                    order,
                    number(pick(one, ("amount", "value", "revenue"))) or 0.0,
                    parse_time(pick(one, ("createdAt", "date", "convertedAt"))),
                )


_EMAIL = ("email", "emailAddress", "login")
_PHONE = ("phoneNumber", "phone", "mobile")
_POSTCODE = ("zipCode", "postalCode", "postcode", "zip")


def normal_key(name: str) -> str:
    """Return a name of custom data as it is compared: ``Order number`` is ``ordernumber``."""
    return _NOT_WORD.sub("", name).lower()


def number(value: Any) -> float | None:
    """Return a number; ``None`` if it is none."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < 1e12 else None


def make_rating(
    conversation: str, score: Any, nps: Any, comment: str, occurred: datetime | None
) -> Rating | None:
    """Return how satisfied somebody was: satisfaction goes from 1 to 5, the "net promoter score",
    which stands in for it where it was not asked, from 0 to 10."""
    value, promoter = number(score), number(nps)
    if value is None and promoter is not None:
        value = promoter / 2
    if value is None and not comment:
        return None
    return Rating(conversation, min(max(value or 0.0, 0.0), 5.0), comment, occurred)


def _author(message: Mapping[str, Any]) -> Any:
    return pick(message, ("author", "sender", "from", "participant", "user", "operator", "visitor"))


def _author_kind(message: Mapping[str, Any], visitor: str) -> str:
    """Return ``visitor``, ``operator``, ``bot`` or ``system``; empty: it is not said."""
    author = _author(message)
    if pick(author, words.IS_BOT) is True:
        return "bot"
    signs = [
        author if isinstance(author, str) else text_of(author, words.ROLE),
        text_of(message, words.ROLE),
        text_of(author, ("__typename",)),
        text_of(message, ("__typename",)),
    ]
    for sign in signs:
        if kind := _kind_of(sign):
            return kind
    if visitor and text_of(author, words.IDS) == visitor:
        return "visitor"
    for name in ("visitor", "operator"):
        if message.get(name):
            return name
    return ""


def _kind_of(sign: str) -> str:
    low = sign.lower()
    for kind, parts in (
        ("visitor", words.VISITORS),
        ("bot", words.BOTS),
        ("system", words.SYSTEMS),
        ("operator", words.OPERATORS),
    ):
        if any(part in low for part in parts):
            return kind
    return ""


def _name(person: Any) -> str:
    first, last = (
        text_of(person, ("firstName", "firstname")),
        text_of(person, ("lastName", "lastname")),
    )
    return " ".join(filter(None, (first, last))) or text_of(
        person,
        ("displayName", "fullName", "name", "pseudo", "nickname", "username", "userName"),
    )


def _address(text: str) -> str:
    return text if "@" in text else ""


def _texts(found: Any, depth: int = 0) -> list[str]:
    """Return all lines of text of a message, once each, in their order."""
    lines: list[str] = []
    if depth > 4:
        return lines
    if isinstance(found, list):
        for one in found:
            lines += _texts(one, depth + 1)
    elif isinstance(found, Mapping):
        names = [name for name in words.TEXT if name in found]
        names += [name for name in found if name not in names and name in _PART_NAMES]
        for name in names:
            value = found[name]
            if isinstance(value, str):
                lines.append(value.strip())
            elif name in _PART_NAMES and name not in _PICTURES:
                lines += _texts(value, depth + 1)
        if not _is_file(found):
            lines.append(text_of(found, words.FILE["url"]))
    return [line for line in dict.fromkeys(lines) if line]


_PART_NAMES = frozenset(
    name
    for want in words.MESSAGE
    if want.key in ("message_text", "message_parts")
    for name in want.names
)


#: What is seen of a card, and not read.
_PICTURES = ("image", "images")


def _is_file(found: Mapping[str, Any]) -> bool:
    """Whether an address leads to a file, and not to a page."""
    if not text_of(found, words.FILE["url"]):
        return False
    hints = f"{text_of(found, ('__typename',))} {text_of(found, ('contentType', 'type'))}".lower()
    return (
        bool(text_of(found, words.FILE["name"]) or text_of(found, words.FILE["size"]))
        or "/" in text_of(found, words.FILE["type"])
        or any(hint in hints for hint in ("file", "media", "document"))
    )


def _files(found: Any, depth: int = 0) -> Iterator[Attachment]:
    """Yield the files of a message. Where they lie is their name: nothing is fetched from there
    unless it is at iAdvize."""
    if depth > 4:
        return
    if isinstance(found, list):
        for one in found:
            yield from _files(one, depth + 1)
        return
    if not isinstance(found, Mapping):
        return
    url = text_of(found, words.FILE["url"])
    if _is_file(found) and _scheme(url) in ("http", "https"):
        kind = text_of(found, words.FILE["type"])
        name = text_of(found, words.FILE["name"]) or urlsplit(url).path.rpartition("/")[2]
        size = number(text_of(found, words.FILE["size"])) or 0
        yield Attachment(
            name or "file",
            kind if "/" in kind else "application/octet-stream",
            max(int(size), 0),
            external_id=url,
        )
    for name, value in found.items():
        if name in _PART_NAMES and isinstance(value, Mapping | list):
            yield from _files(value, depth + 1)


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        return ""


def _pushed_to(message: Mapping[str, Any]) -> str:
    """Return the operator to whom a message of the system hands the conversation; empty: it is no
    such message. Documented: ``ConversationPushedSystemAttachment`` with ``toUser``."""
    for name, value in message.items():
        if name not in _PART_NAMES:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping) and "pushed" in text_of(one, ("__typename",)).lower():
                return _name(pick(one, ("toUser", "toOperator"))) or "…"
    return ""
