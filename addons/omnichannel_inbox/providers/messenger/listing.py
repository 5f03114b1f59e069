"""What was written to the page while nobody told us: the list of its conversations. †

``GET /{page}/conversations`` gives the conversation that was spoken in last first. Reading goes
from there back to what was read before; its cursor::

    mark    everything until then was read (time of the Graph API)
    next    the mark to be, once this reading is through
    after   where the next page of this reading begins
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..base import Event, Listed, SyncPage
from .graph import MAX_PAGES, Graph, after_of, list_of
from .messages import graph_moment

__all__ = ["FOLDER", "Listing"]

#: Key of the one folder a page has.
FOLDER = "conversations"
#: Conversations, and messages of each, on one page.
CONVERSATIONS = 25
MESSAGES = 25
#: What is written while we read may get a time before that of our mark.
OVERLAP = timedelta(minutes=5)
_MESSAGE = "id,created_time,from,to,message,attachments,sticker,reply_to"


class Listing:
    """Reads the conversations of a page.

    :param graph: speaks for the page
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def pages(self, cursor: str, since: datetime | None, now: datetime) -> Iterator[SyncPage]:
        """Yield what was written since the cursor, or, without one, since a moment."""
        state = _read_cursor(cursor)
        mark = graph_moment(state.get("mark")) or since or now
        following = state.get("next") or _written(now - OVERLAP)
        after = str(state.get("after") or "")
        for _number in range(MAX_PAGES):
            rows, after = self._page(after, _MESSAGE)
            known = [row for row in rows if _updated(row) and _updated(row) < mark]
            events = tuple(
                event for row in rows if row not in known for event in self._events(row, mark)
            )
            if known or not after:
                yield SyncPage(events, json.dumps({"mark": following}))
                return
            unfinished = {"mark": _written(mark), "next": following, "after": after}
            yield SyncPage(events, json.dumps(unfinished), is_last=False)

    def census(self, since: datetime) -> Iterator[Listed]:
        """Yield the messages that were written since a moment, by whomever."""
        after = ""
        for _number in range(MAX_PAGES):
            rows, after = self._page(after, "id,created_time")
            for row in rows:
                for message in self._messages(row, since, "id,created_time"):
                    when = graph_moment(message.get("created_time"))
                    if when and message.get("id"):
                        yield Listed(str(message["id"]), when)
            if not after or any((_updated(row) or since) < since for row in rows):
                return

    def _page(self, after: str, fields: str) -> tuple[list[dict[str, Any]], str]:
        params = {
            "platform": "messenger",
            "fields": f"id,updated_time,participants,messages.limit({MESSAGES}){{{fields}}}",
            "limit": CONVERSATIONS,
        }
        if after:
            params["after"] = after
        answer = self._graph.get(f"{self._graph.page_id}/conversations", **params)
        return list_of(answer), after_of(answer)

    def _events(self, row: Mapping[str, Any], mark: datetime) -> Iterator[Event]:
        person = self._person(row)
        if not person:
            return
        # the oldest first: as they were written
        for message in reversed(list(self._messages(row, mark, _MESSAGE))):
            mid = str(message.get("id") or "")
            if mid:
                yield Event(
                    kind="message",
                    dedupe_key=f"message:{mid}",
                    payload={"page": self._graph.page_id, "listed": message},
                    occurred=graph_moment(message.get("created_time")),
                    conversation=person,
                )

    def _messages(
        self, row: Mapping[str, Any], since: datetime, fields: str
    ) -> Iterator[Mapping[str, Any]]:
        """The messages of a conversation since a moment, the newest first."""
        first = row.get("messages")
        if not isinstance(first, Mapping):
            return
        page, after = list_of(first), after_of(first)
        for _number in range(MAX_PAGES):
            for message in page:
                when = graph_moment(message.get("created_time"))
                if when and when < since:
                    return
                yield message
            if not after or not row.get("id"):
                return
            answer = self._graph.get(f"{row['id']}/messages", fields=fields, after=after)
            page, after = list_of(answer), after_of(answer)

    def _person(self, row: Mapping[str, Any]) -> str:
        """Whom the page speaks with."""
        people = row.get("participants")
        rows = people.get("data") if isinstance(people, Mapping) else None
        for one in rows or ():
            if isinstance(one, Mapping) and str(one.get("id") or "") != self._graph.page_id:
                return str(one.get("id") or "")
        return ""


def _updated(row: Mapping[str, Any]) -> datetime | None:
    return graph_moment(row.get("updated_time"))


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}+0000"


def _read_cursor(cursor: str) -> Mapping[str, Any]:
    try:
        state = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return state if isinstance(state, dict) else {}
