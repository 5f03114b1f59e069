"""Reading conversations: those that are going on once more, and those that were closed.

Documented: a delivery that fails is repeated twice, after which nothing tells of it again; and
messages are never told. So both are asked for, again and again; what has not changed since makes
no event.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from odoo.addons.integration_base.exceptions import PayloadError, RejectedError

from ..base import Event, SyncPage
from .plan import Listing, put
from .times import iso, parse_time, utc_now
from .transcript import Reader, Scope, next_page, pick, rows, text_of

__all__ = ["ClosedSync", "Desk", "OpenSync", "transcript_event"]

#: Conversations on a page of ours.
PAGE = 10
#: Length of a window, where there is much to fetch.
WINDOW = timedelta(days=7)
#: So much is asked for once more: what was closed need not be listed at once.
OVERLAP = timedelta(hours=1)
#: Conversations of the overlap that are remembered.
_MOST_SEEN = 1000


class Desk(Protocol):
    """What speaks to iAdvize, as far as this is concerned."""

    scope: Scope

    def transcript(self, conversation: str) -> Mapping[str, Any]:
        """Return all of a conversation."""
        ...

    def listed(self, listing: Listing, variables: Mapping[str, Any], page: str | int | None) -> Any:
        """Return a page of a list."""
        ...


def transcript_event(payload: Mapping[str, Any], folder: str = "") -> Event:
    """Return a conversation as it stands, as an event: the same as long as nothing has changed.

    :raise PayloadError: it is no conversation
    """
    reader = Reader(payload, Scope())
    content = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    state = hashlib.sha256(content).hexdigest()[:24]
    last = reader.messages[-1][0] if reader.messages else reader.created
    return Event(
        "message",
        f"transcript:{reader.id}:{state}",
        payload,
        occurred=last,
        conversation=reader.id,
        folder=folder,
    )


def gone_event(conversation: str, folder: str) -> Event:
    """Return that a conversation is no longer there, as an event."""
    return Event(
        "message",
        f"gone:{conversation}",
        {"gone": conversation},
        occurred=utc_now().replace(microsecond=0),
        conversation=conversation,
        folder=folder,
    )


class OpenSync:
    """Reads the conversations once more that were going on when we last heard of them."""

    def __init__(self, desk: Desk, conversations: Sequence[str]) -> None:
        self._desk = desk
        self._conversations = sorted(conversations)

    def pages(self, cursor: str) -> Iterator[SyncPage]:
        """Yield them, page by page.

        :param cursor: the one read last, when a round was broken off
        """
        left = [one for one in self._conversations if one > cursor]
        if not left:
            left = self._conversations
        for start in range(0, len(left), PAGE):
            some = left[start : start + PAGE]
            is_last = start + PAGE >= len(left)
            events = tuple(_read(self._desk, some, "open"))
            yield SyncPage(events, "" if is_last else some[-1], is_last)


def _read(desk: Desk, conversations: Sequence[str], folder: str) -> Iterator[Event]:
    for conversation in conversations:
        try:
            yield transcript_event(desk.transcript(conversation), folder)
        except RejectedError as error:
            if error.code != "gone":
                raise
            # iAdvize deletes conversations after some years, or on demand
            yield gone_event(conversation, folder)


@dataclass
class _State:
    """What a cursor remembers. Moments are texts."""

    since: str = ""
    """Up to here everything has been read."""
    start: str = ""
    until: str = ""
    """The window that is being read."""
    page: str | int | None = None
    """Where in the list of the window it goes on."""
    seen: list[str] = field(default_factory=list)
    """Conversations of the overlap that have been read as they are."""

    @classmethod
    def load(cls, cursor: str) -> "_State":
        try:
            kept = json.loads(cursor)
            return cls(**{name: kept[name] for name in cls.__annotations__ if name in kept})
        except (TypeError, ValueError, AttributeError):
            return cls()

    def dump(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


class ClosedSync:
    """Reads the conversations that were closed since, the oldest first."""

    def __init__(self, desk: Desk, listing: Listing) -> None:
        self._desk = desk
        self._listing = listing

    def pages(self, cursor: str, since: datetime | None) -> Iterator[SyncPage]:
        """Yield them, page by page, up to now.

        :param since: where it begins without a cursor; ``None``: now
        """
        state = _State.load(cursor)
        now = utc_now()
        begin = parse_time(state.since) or min(since or now, now)
        while True:
            end = parse_time(state.until) or min(begin + WINDOW, now)
            start = parse_time(state.start) or (begin - OVERLAP if state.since else begin)
            found, following = self._list(start, end, state.page)
            fresh = [one for one in found if self._mark(one) not in state.seen]
            events = tuple(_read(self._desk, [one["id"] for one in fresh], "closed"))
            state.seen += [self._mark(one) for one in fresh]
            if following is None:
                # what was closed while this was read is for the next time
                is_last = now - end < OVERLAP
                begin, state.since, state.page = end, iso(end), None
                state.start = state.until = ""
                # what is asked for once more next time
                horizon = iso(end - OVERLAP)
                state.seen = [mark for mark in state.seen if mark >= horizon][-_MOST_SEEN:]
            else:
                is_last = False
                state.since, state.start, state.until = iso(begin), iso(start), iso(end)
                state.page = following
            yield SyncPage(events, state.dump(), is_last)
            if is_last:
                return

    def conversations(self, since: datetime) -> Iterator[str]:
        """Yield the ids of all that were closed since a moment."""
        now = utc_now()
        begin, given = since, set()
        while begin < now:
            end, page = min(begin + WINDOW, now), None
            while True:
                found, page = self._list(begin, end, page)
                for one in found:
                    if one["id"] not in given:
                        given.add(one["id"])
                        yield one["id"]
                if page is None:
                    break
            begin = end

    def _list(self, since: datetime, until: datetime, page: str | int | None):
        """Return the conversations of a page, and what to ask for the next one; ``None``: it was
        the last."""
        listing, scope = self._listing, self._desk.scope
        variables: dict[str, Any] = {}
        for path, moment in ((listing.since, since), (listing.until, until)):
            put(variables, path, f"{moment:%Y-%m-%d}" if listing.is_day else iso(moment))
        if listing.projects and scope.projects:
            projects = [int(one) if listing.is_number else one for one in sorted(scope.projects)]
            put(variables, listing.projects, projects if listing.is_several else projects[0])
        answer = self._desk.listed(listing, variables, page)
        found = [
            {
                "id": text_of(one, ("id", "conversationId")),
                "closed": parse_time(pick(one, ("closedAt", "endedAt"))),
            }
            for one in rows(answer)
            if not scope.ignores(pick(one, ("channel",)), None)
        ]
        if any(not one["id"] for one in found):
            raise PayloadError("iAdvize lists something that is no conversation.")
        return found, self._following(answer, page)

    def _following(self, answer: Any, page: str | int | None) -> str | int | None:
        paging = self._listing.paging
        if paging.style == "cursor":
            following = next_page(answer)
            # a cursor that does not move would never end
            return following if following and following != page else None
        if paging.style and len(rows(answer)) >= (paging.size or 1):
            step = 1 if paging.style == "page" else paging.size
            return int(page if page is not None else paging.start or 0) + step
        return None

    @staticmethod
    def _mark(one: Mapping[str, Any]) -> str:
        """A conversation as it was closed: it may be opened and closed once more."""
        return f"{iso(one['closed']) if one['closed'] else ''} {one['id']}"
