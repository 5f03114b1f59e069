"""What iAdvize tells by itself. https://developers.iadvize.com/documentation/webhooks

There is no event for a message: a conversation is told when an operator gets it and when it ends.
A delivery is repeated after 10 and after 20 more seconds, and then never again.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from odoo.addons.integration_base.exceptions import AuthError, PayloadError

from ...signature import is_signed
from ...wire import read_json
from ..base import Address, Event, Ignored, Item, Moment, Purchase, WebhookReply, WebhookRequest
from .times import parse_time
from .transcript import Scope, make_rating, number, text_of

__all__ = ["CLOSED", "PUSHED", "is_notification", "needs_reading", "parse", "receive", "verify"]

SIGNATURE = "x-iadvize-signature"
CORRELATION = "x-iadvize-correlationid"
PUSHED = "v2.conversation.pushed"
CLOSED = "v2.conversation.closed"
SATISFACTION = "satisfaction.answered"
TRANSACTION = "transaction.attributed"
VISITOR = "visitor.updated"
#: The folder of what is going on, which is looked through when a visitor is known better.
OPEN = "open"
_KINDS = {VISITOR: "hint"}


def verify(request: WebhookRequest, secret: str) -> None:
    """Make sure that iAdvize has sent it: what is signed is the body as it came, or of a GET its
    query as it came.

    :raise AuthError: it is not signed with our secret
    """
    content = request.body if request.method == "POST" else request.query_string
    if not is_signed(secret, content, request.headers.get(SIGNATURE, "")):
        raise AuthError("The signature is not that of the app of iAdvize.")


def receive(request: WebhookRequest) -> tuple[tuple[Event, ...], WebhookReply | None]:
    """Return the event of a request that was verified.

    :raise PayloadError: it is none
    """
    said = _said(request)
    kind = text_of(said, ("eventType",))
    if not kind:
        raise PayloadError("This is no event of iAdvize.")
    # the name within is signed, that of the header is not
    name = text_of(said, ("eventId",)) or request.headers.get(CORRELATION, "")
    if not name:
        name = hashlib.sha256(request.body or request.query_string).hexdigest()
    event = Event(
        kind=_KINDS.get(kind, "message"),
        dedupe_key=f"{kind}:{name}",
        payload=dict(said),
        occurred=parse_time(said.get("createdAt")) or parse_time(said.get("sentAt")),
        conversation=text_of(said, ("conversationId",)) if needs_reading(said) else "",
        folder=OPEN if kind == VISITOR else "",
    )
    return (event,), None


def _said(request: WebhookRequest) -> Mapping[str, Any]:
    if request.method != "POST":
        return dict(parse_qsl(request.query_string.decode("utf-8", "replace")))
    said = read_json(request.body)
    if not isinstance(said, dict):
        raise PayloadError("This is no event of iAdvize.")
    return said


def is_notification(payload: Any) -> bool:
    """Whether what was stored has been told by iAdvize, and not asked for."""
    return isinstance(payload, Mapping) and "eventType" in payload


def needs_reading(payload: Any) -> bool:
    """Whether it only says that there is a conversation to read."""
    return is_notification(payload) and payload["eventType"] in (PUSHED, CLOSED)


def parse(payload: Mapping[str, Any], scope: Scope) -> list[Item]:
    """Return what an event says by itself.

    :raise PayloadError: it names no conversation
    """
    kind = payload["eventType"]
    reason = scope.ignores(payload.get("channel"), payload.get("projectId"))
    if kind not in (PUSHED, CLOSED, SATISFACTION, TRANSACTION):
        return [Ignored("kind")]
    if reason:
        return [Ignored(reason)]
    conversation = text_of(payload, ("conversationId",))
    if not conversation:
        # a purchase that no conversation has led to
        if kind == TRANSACTION:
            return [Ignored("kind")]
        raise PayloadError("An event of iAdvize names no conversation.")
    occurred = parse_time(payload.get("createdAt")) or parse_time(payload.get("sentAt"))
    if kind == SATISFACTION:
        rating = make_rating(
            conversation,
            payload.get("customerSatisfaction"),
            payload.get("netPromoterScore"),
            text_of(payload, ("satisfactionComment",)),
            occurred,
        )
        return [rating] if rating else [Ignored("kind")]
    if kind == TRANSACTION:
        order = text_of(payload, ("externalId",))
        amount = number(payload.get("amount")) or 0.0
        return [Purchase(conversation, order, amount, occurred)] if order else [Ignored("kind")]
    return []


def pushed(
    payload: Mapping[str, Any], conversation: str, author: Address, operator: str
) -> Moment | None:
    """Return that a conversation was handed to an operator, where its transcript does not say so.

    :param operator: his name
    """
    occurred = parse_time(payload.get("createdAt")) or parse_time(payload.get("sentAt"))
    if payload.get("eventType") != PUSHED or not occurred:
        return None
    name = text_of(payload, ("eventId",)) or occurred.isoformat()
    return Moment(
        conversation, "transferred", f"pushed:{name}", occurred, author, {"operator": operator}
    )
