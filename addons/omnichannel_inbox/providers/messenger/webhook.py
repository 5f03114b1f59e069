"""What Meta tells: is it Meta, and which events are in it.

https://developers.facebook.com/docs/messenger-platform/webhooks. One request holds any number of
entries (of all pages of the app), each any number of events, either under ``messaging`` or, while
another application has the thread, under ``standby``.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from odoo.addons.integration_base.exceptions import AuthError, PayloadError

from ...signature import is_signed
from ...wire import read_json
from ..base import Event, WebhookReply, WebhookRequest

__all__ = ["FIELDS", "moment", "page_folder", "receive", "verify"]

#: What the page's app has to be told.
FIELDS = (
    "messages",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "message_deliveries",
    "message_reads",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_handovers",
    "standby",
    "messaging_optins",
    "messaging_policy_enforcement",
)
CHALLENGE_LIMIT = 200
#: Events of one request; Meta sends 1,000 at most.
LIMIT = 5_000
_EPOCH = datetime(1970, 1, 1)
#: The year 9000: what is added to it is a moment, too.
_LAST = 221_845_392_000_000


def verify(request: WebhookRequest, app_secret: str, verify_token: str) -> None:
    """Make sure that a request comes from Meta: by the token of the handshake, or by the signature
    over the body as it came.

    :raise AuthError: it does not
    """
    if request.method == "GET":
        given = request.query.get("hub.verify_token") or ""
        is_ours = bool(verify_token) and hmac.compare_digest(
            given.encode(errors="replace"), verify_token.encode()
        )
        if request.query.get("hub.mode") != "subscribe" or not is_ours:
            raise AuthError("This is no handshake of Meta with our token.")
        return
    given = request.headers.get("x-hub-signature-256") or ""
    if not is_signed(app_secret, request.body, given):
        raise AuthError("The signature is not that of the app.")


def receive(request: WebhookRequest, page_id: str) -> tuple[tuple[Event, ...], WebhookReply | None]:
    """Return the events of a verified request, and what to answer: anything but 200 has Meta send
    it again, and unsubscribe the app in the end.

    :raise PayloadError: it cannot be read
    """
    if request.method == "GET":
        challenge = request.query.get("hub.challenge") or ""
        return (), WebhookReply(challenge[:CHALLENGE_LIMIT])
    body = read_json(request.body)
    entries = body.get("entry") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise PayloadError("There are no entries in it.")
    told = (_events(entry, page_id) for entry in entries if isinstance(entry, dict))
    events = tuple(islice(chain.from_iterable(told), LIMIT + 1))
    if len(events) > LIMIT:
        raise PayloadError("There are more events in it than Meta sends at once.")
    return events, WebhookReply("EVENT_RECEIVED")


def _events(entry: Mapping[str, Any], page_id: str) -> Iterator[Event]:
    page = str(entry.get("id") or "")
    is_known = False
    for name in ("messaging", "standby"):
        rows = entry.get(name)
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                is_known = True
                event = _event(row, entry, name == "standby", page_id)
                yield event
                if _is_referred(row):
                    # Read from the list first, the message has taken this key, and the list knows
                    # nothing of a link: what it says beside the message comes under another one.
                    # Its message is recognised, and it counts as none.
                    yield replace(event, kind="status", dedupe_key=f"{event.dedupe_key}:told")
    if not is_known:
        # something of the page that is no message; kept to be looked at
        yield Event(
            "message",
            f"entry:{_digest(entry)}",
            {"page": page, "entry": entry},
            moment(entry.get("time")),
            folder=page_folder(page, page_id),
        )


def _event(
    row: Mapping[str, Any], entry: Mapping[str, Any], is_standby: bool, page_id: str
) -> Event:
    page = str(entry.get("id") or "")
    person = person_of(row, page)
    payload: dict[str, Any] = {"page": page, "event": row}
    if is_standby:
        payload["standby"] = True
    return Event(
        kind=_kind(row),
        dedupe_key=_key(row, person),
        payload=payload,
        # not everything says when it was; the request does
        occurred=moment(row["timestamp"] if "timestamp" in row else entry.get("time")),
        conversation=person,
        folder=page_folder(page, page_id),
    )


def _kind(row: Mapping[str, Any]) -> str:
    if "policy_enforcement" in row:
        return "lifecycle"
    return "status" if "delivery" in row or "read" in row else "message"


def _is_referred(row: Mapping[str, Any]) -> bool:
    """Whether a message of a customer says by which link or advertisement he has come."""
    message = row.get("message")
    return (
        isinstance(message, dict)
        and bool(message.get("mid"))
        and isinstance(message.get("referral"), dict)
        and not (message.get("is_echo") or message.get("is_deleted"))
    )


def person_of(row: Mapping[str, Any], page: str) -> str:
    """Return whom an event is about: the one of the two who is not the page."""
    message = row.get("message")
    is_echo = isinstance(message, dict) and bool(message.get("is_echo"))
    ends = [_id(row.get(name)) for name in ("sender", "recipient")]
    if is_echo:
        return ends[1]
    return next((one for one in ends if one and one != page), "")


def _key(row: Mapping[str, Any], person: str) -> str:
    """What makes a repetition a repetition."""
    when = row.get("timestamp")
    message = row.get("message")
    if isinstance(message, dict) and message.get("mid"):
        suffix = ":deleted" if message.get("is_deleted") else ""
        return f"message:{message['mid']}{suffix}"
    edit = row.get("message_edit")
    if isinstance(edit, dict) and edit.get("mid"):
        return f"edit:{edit['mid']}:{edit.get('num_edit', when)}"
    reaction = row.get("reaction")
    if isinstance(reaction, dict) and reaction.get("mid"):
        author = _id(row.get("sender"))
        return f"reaction:{reaction['mid']}:{author}:{when}:{reaction.get('action')}"
    postback = row.get("postback")
    if isinstance(postback, dict) and postback.get("mid"):
        return f"postback:{postback['mid']}"
    content = {name: value for name, value in row.items() if name != "timestamp"}
    what = next((name for name in content if name not in ("sender", "recipient")), "event")
    return f"{what}:{person}:{when}:{_digest(content)}"


def page_folder(page: str, page_id: str) -> str:
    """Return the mark of an event of another page of the same app; empty for our own."""
    return f"page:{page}" if page and page != page_id else ""


def moment(milliseconds: Any) -> datetime | None:
    """Return a moment as naive UTC; ``None`` when it is none."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    if not 0 < milliseconds < _LAST:
        return None
    return _EPOCH + timedelta(milliseconds=int(milliseconds))


def _id(end: Any) -> str:
    return str(end.get("id") or "") if isinstance(end, dict) else ""


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]
