"""What Graph tells our webhook.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks and
…/change-notifications-lifecycle-events. Nothing is signed: the only proof is the ``clientState``
that we gave when subscribing. Ours is made of a secret of the channel and the key of the folder,
which stands in the address of the webhook: so it needs no look-up, and proves the folder too.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from odoo.addons.integration_base.exceptions import AuthError, PayloadError

from ...wire import read_json
from ..base import Event, WebhookReply, WebhookRequest

__all__ = ["LIFECYCLE", "client_state", "receive", "verify", "webhook_address"]

LIFECYCLE = ("reauthorizationRequired", "subscriptionRemoved", "missed")
FOLDER = "folder"
#: Longest validation token that is repeated, in characters.
_LONGEST_TOKEN = 4_096
#: Seconds within which the same word of the lifecycle counts as a repetition.
_REPETITION = 300


def webhook_address(url: str, folder: str) -> str:
    """Return the address for the notifications of a folder; Graph keeps its query."""
    return f"{url}?{urlencode({FOLDER: folder})}"


def client_state(secret: str, folder: str) -> str:
    """Return the proof that belongs to a folder."""
    return hmac.new(secret.encode(), _bytes(folder), hashlib.sha256).hexdigest()


def is_handshake(request: WebhookRequest) -> bool:
    """Whether Graph only tries whether somebody is there."""
    return request.method == "POST" and bool(request.query.get("validationToken"))


def verify(request: WebhookRequest, secret: str) -> None:
    """Make sure that all that a request tells comes from Graph.

    :raise AuthError: something in it is not shown to
    """
    if is_handshake(request):
        return
    expected = client_state(secret, request.query.get(FOLDER, "")) if secret else ""
    items = _items(request.body)
    if not (expected and items):
        raise AuthError("This is no notification of Outlook.", code=403)
    # every one is compared, whatever the ones before were like
    proofs = [
        hmac.compare_digest(_bytes(str(item.get("clientState") or "")), expected.encode())
        for item in items
    ]
    if not all(proofs):
        raise AuthError("A notification without the right clientState was refused.", code=403)


def receive(
    request: WebhookRequest, now: datetime
) -> tuple[tuple[Event, ...], WebhookReply | None]:
    """Return what a verified request tells, and how it is answered.

    :raise PayloadError: it cannot be read
    """
    if is_handshake(request):
        token = request.query["validationToken"]
        if len(token) > _LONGEST_TOKEN:
            raise PayloadError("This is no validation token.")
        return (), WebhookReply(token)
    folder = request.query.get(FOLDER, "")
    items = _items(request.body)
    if not items:
        raise PayloadError("This is no notification of Outlook.")
    return tuple(_event(item, folder, now) for item in items), None


def _event(item: Mapping[str, Any], folder: str, now: datetime) -> Event:
    # the proof is a secret: it is not kept
    told = {name: value for name, value in item.items() if name != "clientState"}
    lifecycle = str(item.get("lifecycleEvent") or "")
    if lifecycle:
        # it has no id of its own, and is worth hearing again another day
        moment = int(now.timestamp()) // _REPETITION
        parts = (item.get("subscriptionId"), lifecycle, moment)
        return Event("lifecycle", _key("lifecycle", parts), told, folder=folder)
    data = item.get("resourceData")
    data = data if isinstance(data, Mapping) else {}
    parts = (
        item.get("subscriptionId"),
        item.get("changeType"),
        data.get("id") or item.get("resource"),
        data.get("@odata.etag") or item.get("id"),
    )
    return Event("hint", _key("hint", parts), told, folder=folder)


def _key(kind: str, parts: tuple[Any, ...]) -> str:
    digest = hashlib.sha256(_bytes("\0".join(str(part or "") for part in parts))).hexdigest()
    return f"{kind}:{digest}"


def _bytes(text: str) -> bytes:
    """A text of a stranger, which need not be Unicode."""
    return text.encode(errors="surrogatepass")


def _items(body: bytes) -> list[Mapping[str, Any]]:
    try:
        told = read_json(body)
    except PayloadError:
        return []
    value = told.get("value") if isinstance(told, dict) else None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return []
    return value
