"""A message of Graph as `Inbound`; its files as `Attachment`. No network here.

https://learn.microsoft.com/graph/api/resources/message
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.integration_base.tools.email import normalize

from ...mailbody.headers import is_authenticated, is_automatic, is_bounce, message_ids
from ..base import Address, Attachment, Inbound
from .graph import parse_time

__all__ = [
    "EXPAND",
    "SELECT",
    "SENT_FOLDERS",
    "UUID_PROPERTY",
    "Reader",
    "attachment",
    "is_whole",
]

#: Under which a message of ours carries our own id: it stays in our mailbox and is not sent along.
UUID_PROPERTY = "String {5b1d1a5e-0c5f-4d0e-9a53-6f1c7f0f4c11} Name OmniUuid"
#: What is asked of each message.
SELECT = ",".join(
    (
        "id",
        "internetMessageId",
        "conversationId",
        "subject",
        "from",
        "sender",
        "replyTo",
        "toRecipients",
        "ccRecipients",
        "receivedDateTime",
        "sentDateTime",
        "hasAttachments",
        "isDraft",
        "body",
        "internetMessageHeaders",
    )
)
EXPAND = f"singleValueExtendedProperties($filter=id eq '{UUID_PROPERTY}')"
#: Well-known names of the folder in which lies what was sent.
SENT_FOLDERS = ("sentitems",)
#: Who writes when nobody is named, so that such a message can be kept all the same.
NOBODY = "unknown@invalid"

_ITEM = "#microsoft.graph.itemAttachment"
_REFERENCE = "#microsoft.graph.referenceAttachment"
_RESPONSE = "#microsoft.graph.eventMessageResponse"
_CID = re.compile(r"""\bcid:[^\s"'<>)]+""", re.IGNORECASE)


def is_whole(item: Mapping[str, Any]) -> bool:
    """Whether an item of a delta query is a message, and not only what changed of one."""
    return "receivedDateTime" in item and "body" in item


class Reader:
    """Reads the messages of one mailbox.

    :param mailbox: its address
    :param start: older messages are history; naive UTC
    """

    def __init__(self, mailbox: str, start: datetime | None = None) -> None:
        self._mailbox = normalize(mailbox) or mailbox.lower()
        self._start = start

    def message(self, item: Any, folder: str) -> Inbound:
        """Return a message.

        :param folder: key of the folder it lies in
        :raise PayloadError: it is none
        """
        if not isinstance(item, Mapping) or not item.get("id") or not is_whole(item):
            raise PayloadError("This is no message of Outlook.")
        headers = _headers(item.get("internetMessageHeaders"))
        author = _address(item.get("from")) or _address(item.get("sender")) or Address(NOBODY)
        is_ours = self._is_ours(folder, author, headers)
        moment = parse_time(item.get("sentDateTime" if is_ours else "receivedDateTime"))
        moment = moment or parse_time(item.get("receivedDateTime"))
        if not moment:
            raise PayloadError("This message of Outlook has no date.")
        body = item["body"] if isinstance(item["body"], Mapping) else {}
        content = str(body.get("content") or "")
        is_html = str(body.get("contentType") or "").lower() == "html"
        subject = str(item.get("subject") or "")
        sender = author.email or author.external_id
        return Inbound(
            external_id=str(item["id"]),
            sent=moment,
            author=author,
            conversation=str(item.get("conversationId") or ""),
            is_ours=is_ours,
            outbox_uuid=_uuid(item),
            subject=subject,
            html=content if is_html else "",
            text="" if is_html else content,
            recipients=tuple(_addresses(item.get("toRecipients"))),
            cc=tuple(_addresses(item.get("ccRecipients"))),
            reply_to=tuple(_addresses(item.get("replyTo"))),
            message_id=str(item.get("internetMessageId") or "").strip(),
            references=_references(headers),
            headers=headers,
            # Outlook does not count pictures within the text
            has_more_attachments=bool(item.get("hasAttachments"))
            or (is_html and bool(_CID.search(content)))
            or _may_have_parts(headers),
            is_automatic=not is_ours
            and (item.get("@odata.type") == _RESPONSE or is_automatic(headers, sender, subject)),
            is_bounce=not is_ours and is_bounce(headers, sender, subject),
            is_authenticated=None if is_ours else is_authenticated(headers),
            folder=folder,
            is_history=bool(self._start and moment < self._start),
        )

    def _is_ours(self, folder: str, author: Address, headers: tuple[tuple[str, str], ...]) -> bool:
        """Whether somebody of us wrote it. What came by SMTP in our name (the form of a shop) did
        not; a copy of what was sent, in whatever folder, has travelled nowhere."""
        if folder.lower() in SENT_FOLDERS:
            return True
        return author.external_id == self._mailbox and not any(
            name.lower() == "received" for name, _value in headers
        )


def attachment(row: Any) -> Attachment:
    """Return a file as the list of attachments names it.

    :raise PayloadError: it is none
    """
    if not isinstance(row, Mapping) or not row.get("id"):
        raise PayloadError("This is no attachment of Outlook.")
    kind = row.get("@odata.type")
    name = str(row.get("name") or "")
    content_type = str(row.get("contentType") or "") or "application/octet-stream"
    url = ""
    if kind == _ITEM:
        # a message, an event or a contact: Outlook gives it as a file
        if content_type in ("application/octet-stream", "message/rfc822"):
            content_type = "message/rfc822"
            name = name if name.lower().endswith(".eml") else f"{name or 'message'}.eml"
    elif kind == _REFERENCE:
        url = str(row.get("sourceUrl") or "")
        content_type = "text/uri-list"
    return Attachment(
        name=name or "attachment",
        content_type=content_type,
        size=int(row.get("size") or 0),
        external_id=str(row["id"]),
        content_id=str(row.get("contentId") or "").strip("<>"),
        is_inline=bool(row.get("isInline")),
        url=url,
    )


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list):
        return ()
    return tuple(
        (str(item.get("name") or ""), str(item.get("value") or ""))
        for item in value
        if isinstance(item, Mapping)
    )


def _may_have_parts(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a mail was built as one that has files: some programs put a picture into it as if it
    were within the text, and the text does not name it."""
    by_name = {name.lower(): value for name, value in headers}
    kind = by_name.get("content-type", "").strip().lower()
    return kind.startswith(("multipart/mixed", "multipart/related"))


def _references(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Message-Ids that a message refers to, the nearest first."""
    found: dict[str, None] = {}
    by_name = {name.lower(): value for name, value in headers}
    for message_id in message_ids(by_name.get("in-reply-to", "")):
        found[message_id] = None
    for message_id in reversed(tuple(message_ids(by_name.get("references", "")))):
        found.setdefault(message_id)
    return tuple(found)


def _uuid(item: Mapping[str, Any]) -> str:
    for prop in item.get("singleValueExtendedProperties") or ():
        if str(prop.get("id", "")).lower() == UUID_PROPERTY.lower():
            return str(prop.get("value") or "")
    return ""


def _addresses(value: Any) -> Iterable[Address]:
    for item in value if isinstance(value, list) else ():
        address = _address(item)
        if address:
            yield address


def _address(value: Any) -> Address | None:
    inner = value.get("emailAddress") if isinstance(value, Mapping) else None
    if not isinstance(inner, Mapping):
        return None
    raw = str(inner.get("address") or "").strip()
    name = str(inner.get("name") or "").strip()
    email = normalize(raw) or ""
    external_id = email or raw.lower()
    if not external_id:
        return None
    # Outlook repeats the address when there is no name
    return Address(external_id, "" if name.lower() == raw.lower() else name, email)
