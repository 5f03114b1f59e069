"""A channel of nobody: what makes the inbox tryable without any account.

Customers write by the wizard of the channel or, as a signed JSON document, to its webhook. Answers
are "sent" at once and go nowhere; they can be seen with the channel.

The document: ``{"id", "conversation", "author": {"id", "name", "email"}, "text" | "html",
"subject", "sent", "in_reply_to", "attachments": [{"name", "content_type", "content"}]}``, the
content of a file in base64; only ``id`` and ``author.id`` are required. ``{"id",
"kind": "status", "state": "delivered" | "read" | "failed", "reason"}`` tells what became of the
message of that id. It is signed by HMAC-SHA256 over the body, with the secret of the channel, in
hex after ``sha256=`` in the header ``X-Demo-Signature``.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from odoo.addons.integration_base.exceptions import AuthError, PayloadError

from ..signature import is_signed
from ..wire import read_json
from .base import (
    Address,
    Attachment,
    Capabilities,
    Check,
    Event,
    FailureType,
    Inbound,
    Outbound,
    Provider,
    Removed,
    Sent,
    Status,
    WebhookReply,
    WebhookRequest,
)

__all__ = ["DemoProvider"]


class DemoProvider(Provider):
    """See the module."""

    code = "demo"
    label = "Demo"
    icon = "fa-flask"
    capabilities = Capabilities(
        has_html=True,
        has_subject=True,
        has_cc=True,
        can_start=True,
        attachment_limit=10 * 2**20,
        total_limit=20 * 2**20,
        is_idempotent=True,
    )
    has_webhook = True

    def verify(self, request: WebhookRequest) -> None:
        """See `Provider.verify`."""
        secret = self.settings.get("secret") or ""
        if not is_signed(secret, request.body, request.headers.get("x-demo-signature", "")):
            raise AuthError("The signature is wrong.")

    def receive(self, request: WebhookRequest) -> tuple[tuple[Event, ...], WebhookReply | None]:
        """See `Provider.receive`."""
        try:
            return (event_of(read_json(request.body)),), None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PayloadError("This is no message of the demo.") from error

    def parse(self, event: Event) -> list[Inbound | Status | Removed]:
        """See `Provider.parse`."""
        document = event.payload
        try:
            if event.kind == "status":
                return [_status(document)]
            author = document["author"]
            return [
                Inbound(
                    external_id=_text(document, "id"),
                    sent=event.occurred or _moment(document.get("sent")),
                    author=Address(
                        external_id=_text(author, "id"),
                        name=_text(author, "name"),
                        email=_text(author, "email"),
                    ),
                    conversation=_text(document, "conversation"),
                    subject=_text(document, "subject"),
                    html=_text(document, "html"),
                    text=_text(document, "text"),
                    references=tuple(filter(None, [_text(document, "in_reply_to")])),
                    attachments=tuple(map(_attachment, document.get("attachments") or ())),
                    is_authenticated=True,
                )
            ]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise PayloadError("This is no message of the demo.") from error

    def send(self, message: Outbound, remember: Callable[[Mapping[str, Any]], None]) -> Sent:
        """See `Provider.send`."""
        external_id = f"demo-{message.uuid}"
        return Sent(
            external_id=external_id,
            message_id=f"<{external_id}@demo.invalid>",
            conversation=message.conversation or external_id,
        )

    def check(self, message: Outbound) -> Sent | None:
        """See `Provider.check`."""
        return self.send(message, lambda _progress: None)

    def health(self) -> list[Check]:
        """See `Provider.health`."""
        return [Check("demo", True)]


def event_of(document: Mapping[str, Any]) -> Event:
    """Return what somebody wrote, as the event that is stored.

    :raise KeyError: something required is missing
    """
    external_id = document["id"]
    if not isinstance(external_id, str) or not external_id:
        raise ValueError("The id is no text.")
    if document.get("kind") == "status":
        state = _status(document).state
        return Event("status", f"status:{external_id}:{state}", dict(document))
    if not _text(document["author"], "id"):
        raise ValueError("The author has no id.")
    return Event(
        kind="message",
        dedupe_key=f"message:{external_id}",
        payload=dict(document),
        occurred=_moment(document.get("sent")),
        conversation=_text(document, "conversation"),
    )


def _text(document: Mapping[str, Any], name: str) -> str:
    """A text of a document, empty when there is none.

    :raise TypeError: it is something else
    """
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} is no text.")
    return value or ""


def _attachment(file: Mapping[str, Any]) -> Attachment:
    content = base64.b64decode(file["content"], validate=True)
    return Attachment(
        name=_text(file, "name"),
        content_type=_text(file, "content_type") or "application/octet-stream",
        size=len(content),
        content=content,
    )


def _status(document: Mapping[str, Any]) -> Status:
    state = document["state"]
    if state not in ("sent", "delivered", "read", "failed"):
        raise ValueError("There is no such state.")
    return Status(
        state=state,
        external_id=document["id"],
        failure_type=FailureType.RECIPIENT if state == "failed" else None,
        reason=_text(document, "reason"),
    )


def _moment(text: str | None) -> datetime:
    """Read a moment of ISO 8601 as naive UTC; now when there is none."""
    if not text:
        return datetime.now(timezone.utc).replace(tzinfo=None)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if not 1970 <= moment.year < 9000:
        raise ValueError("This was never, or will never be.")
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
