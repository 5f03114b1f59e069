"""What is new in a folder, by delta query; what is older, by windows of time.

https://learn.microsoft.com/graph/delta-query-messages. What it says, and what follows from it:

* A delta query filtered by date gives at most 5,000 messages. So it begins shortly before now, and
  what is older (the history of a first connection, what was missed before a reset) is read by
  ordinary lists, window by window, which have no such limit.
* A message may come several times, in any order, and changed ones come with what changed alone.
  Events are therefore keyed by the immutable id: a message is stored once. What was never given
  whole cannot come in part, so parts (somebody has read the mail) say nothing new.
* The link may be forgotten: 410, ``syncStateNotFound``. Then it begins anew, and reads by windows
  what lies between the last message seen and the new beginning. The address that comes with the
  410 would give the whole folder since the very first day, and again at most 5,000 of it.

The cursor holds all that, as JSON: a folder can be left after each page and be continued there.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from odoo.addons.integration_base.exceptions import PayloadError, RejectedError

from ..base import Event, SyncPage
from .errors import ResyncRequired
from .graph import PAGE, Graph, graph_time, parse_time, quoted, rows, utc_now
from .messages import EXPAND, SELECT, is_whole

__all__ = ["FolderSync"]

#: Messages that a filtered delta query gives at most.
LIMIT = 5_000
#: How long before now a delta query begins; the next shorter one for a folder with too many.
BASES = (timedelta(days=7), timedelta(days=1), timedelta(hours=1))
#: How much is read again after a reset: mail arrives late, and is moved in from elsewhere.
OVERLAP = timedelta(days=7)
#: Length of a window of history.
WINDOW = timedelta(days=14)
_PREFER = f"odata.maxpagesize={PAGE}"


@dataclass
class _State:
    """What a cursor remembers. Moments are texts as Graph writes them."""

    delta: str = ""
    """Where the next round begins."""
    following: str = ""
    """Where this round goes on."""
    base: str = ""
    """From when on the delta query was asked."""
    is_baseline: bool = False
    """This round is the first one of a delta query."""
    seen: int = 0
    """Messages of the first round so far."""
    short: int = 0
    """Which of `BASES` is used."""
    newest: str = ""
    """Date of the newest message seen."""
    gap_from: str = ""
    gap_to: str = ""
    """What is still to be read by windows, the newest first."""
    gap_following: str = ""

    @classmethod
    def load(cls, cursor: str) -> "_State":
        try:
            kept = json.loads(cursor)
            return cls(**{name: kept[name] for name in cls.__annotations__ if name in kept})
        except (TypeError, ValueError):
            return cls()

    def dump(self) -> str:
        default = _State()
        kept = {k: v for k, v in asdict(self).items() if v != getattr(default, k)}
        return json.dumps(kept, separators=(",", ":"))


class FolderSync:
    """Reads one folder of a mailbox.

    :param folder: its id or well-known name
    :param now: naive UTC
    """

    def __init__(self, graph: Graph, folder: str, now: Callable[[], datetime] = utc_now) -> None:
        self._graph = graph
        self._folder = folder
        self._now = now
        self._is_reset = False

    def pages(self, cursor: str, since: datetime | None) -> Iterator[SyncPage]:
        """Yield what is new since a cursor, and then what is still missing of older mail.

        :param since: where to begin without a cursor; ``None``: now
        """
        state = _State.load(cursor)
        is_known = bool(state.delta or state.following)
        if not is_known:
            self._begin(state, since)
        try:
            yield from self._round(state)
        except RejectedError as error:
            # whatever is wrong with a kept link, it does not get better
            if not (is_known or isinstance(error, ResyncRequired)):
                raise
            self._begin_anew(state)
            yield from self._round(state)
        yield from self._windows(state)

    # -- beginnings ----------------------------------------------------------------------------

    def _begin(self, state: _State, since: datetime | None) -> None:
        """Ask from shortly before now on; what is older becomes the gap."""
        now = self._now()
        since = min(since, now) if since else now
        base = max(since, now - BASES[min(state.short, len(BASES) - 1)])
        state.delta = state.following = ""
        state.base, state.is_baseline, state.seen = graph_time(base), True, 0
        if since < base:
            self._widen(state, since, base)

    def _begin_anew(self, state: _State) -> None:
        """The other side forgot us: some of what follows was seen before."""
        self._is_reset = True
        known = parse_time(state.newest) or parse_time(state.base) or self._now()
        self._begin(state, known - OVERLAP)

    def _widen(self, state: _State, since: datetime, until: datetime) -> None:
        """Make the gap span what it does and this."""
        begin, end = parse_time(state.gap_from), parse_time(state.gap_to)
        state.gap_from = graph_time(min(begin or since, since))
        state.gap_to = graph_time(max(end or until, until))
        state.gap_following = ""

    # -- delta ---------------------------------------------------------------------------------

    def _round(self, state: _State) -> Iterator[SyncPage]:
        while True:
            body = self._ask(state)
            items = rows(body)
            events = tuple(self._events(items, state))
            state.seen += len(items)
            following, delta = body.get("@odata.nextLink"), body.get("@odata.deltaLink")
            if not (following or delta):
                raise PayloadError("Outlook ended a delta query without a link to go on with.")
            state.following = str(following or "")
            is_over = not following
            if is_over:
                state.delta = str(delta)
                is_over = self._end_baseline(state)
            yield self._page(events, state, is_last=is_over and not state.gap_from)
            if is_over:
                return

    def _ask(self, state: _State) -> Any:
        link = state.following or state.delta
        if link:
            return self._graph.get(link, prefer=_PREFER)
        params = {
            "$select": SELECT,
            "$expand": EXPAND,
            "$filter": f"receivedDateTime ge {state.base}",
        }
        path = f"mailFolders/{quoted(self._folder)}/messages/delta"
        return self._graph.get(path, params, _PREFER)

    def _end_baseline(self, state: _State) -> bool:
        """Whether a first round stands. One that reached the limit may have left something out:
        that is listed, and the round made again from a later moment, far from the limit."""
        if not state.is_baseline:
            return True
        state.is_baseline = False
        if state.seen < LIMIT:
            return True
        now = self._now()
        self._widen(state, parse_time(state.base) or now, now)
        if state.short + 1 == len(BASES):
            return True
        state.short += 1
        self._begin(state, now - BASES[state.short])
        return False

    # -- windows -------------------------------------------------------------------------------

    def _windows(self, state: _State) -> Iterator[SyncPage]:
        while state.gap_from:
            begin, end = parse_time(state.gap_from), parse_time(state.gap_to)
            if begin is None or end is None or begin >= end:
                state.gap_from = state.gap_to = state.gap_following = ""
                yield self._page((), state, is_last=True)
                return
            start = max(begin, end - WINDOW)
            body = self._list(state, start, end)
            if body is None:
                continue
            events = tuple(self._events(rows(body), state))
            state.gap_following = str(body.get("@odata.nextLink") or "")
            if not state.gap_following:
                state.gap_to = graph_time(start)
                if start <= begin:
                    state.gap_from = state.gap_to = ""
            yield self._page(events, state, is_last=not state.gap_from)

    def _list(self, state: _State, start: datetime, end: datetime) -> Any:
        """Return a page of a window; ``None``: its link is too old, the window begins again."""
        if state.gap_following:
            try:
                return self._graph.get(state.gap_following, prefer=_PREFER)
            except RejectedError:
                state.gap_following = ""
                return None
        params = {
            "$select": SELECT,
            "$expand": EXPAND,
            "$filter": (
                f"receivedDateTime ge {graph_time(start)} and receivedDateTime lt {graph_time(end)}"
            ),
            "$orderby": "receivedDateTime desc",
        }
        path = f"mailFolders/{quoted(self._folder)}/messages"
        return self._graph.get(path, params, _PREFER)

    # -- events --------------------------------------------------------------------------------

    def _page(self, events: tuple[Event, ...], state: _State, is_last: bool) -> SyncPage:
        return SyncPage(events, state.dump(), is_last, self._is_reset)

    def _events(self, items: list[Any], state: _State) -> Iterator[Event]:
        for item in items:
            if not isinstance(item, Mapping) or not item.get("id"):
                raise PayloadError("Outlook lists something that is no message.")
            if "@removed" in item:
                yield Event("message", f"removed:{item['id']}", dict(item), folder=self._folder)
                continue
            if not is_whole(item):
                if item.get("isDraft") is not False:
                    continue
                # it was a draft, passed over then, when it could have been told whole
                found = self._graph.find(
                    f"messages/{quoted(item['id'])}", {"$select": SELECT, "$expand": EXPAND}
                )
                if found is None:
                    continue
                item = found
            if item.get("isDraft"):
                continue
            received = str(item.get("receivedDateTime") or "")
            state.newest = max(state.newest, received)
            yield Event(
                "message",
                f"message:{item['id']}",
                dict(item),
                occurred=parse_time(received),
                conversation=str(item.get("conversationId") or ""),
                folder=self._folder,
            )
