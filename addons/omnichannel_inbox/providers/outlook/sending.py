"""Sending a mail so that it is never sent twice and never lost.

``reply`` and ``sendMail`` of Graph answer without saying what became of the message. So a draft is
made (which carries our own id in a property of its own), filled, and sent; each step is remembered
before the next one begins. After a crash the draft tells how far it came: with immutable ids it
keeps its id when it is sent, and is then no draft any more.

What `Outbound.progress` holds::

    creating   a draft may exist that is not known here: look for it by our id
    draft      its id
    message_id, conversation   as Outlook gave them to it
    filled     text and recipients are as they should be
    attached   how many files are on it
    sending    when sending was asked for (seconds since 1970)
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)

from ..base import Address, Attachment, Outbound, Sent
from .graph import Graph, quoted
from .inline import with_inline_images
from .listing import list_files
from .messages import UUID_PROPERTY
from .uploads import attach

__all__ = ["Sending"]

#: Seconds during which a draft that was sent may still look like one.
SETTLE = 30
_KNOWN = "id,isDraft,internetMessageId,conversationId"
#: Properties behind the headers In-Reply-To and References, which Graph lets nobody write.
_IN_REPLY_TO = "String 0x1042"
_REFERENCES = "String 0x1039"
_GONE = ("ErrorItemNotFound", "ResourceNotFound", "itemNotFound", 404)
_MAX_REFERENCES = 20

Remember = Callable[[Mapping[str, Any]], None]


class Sending:
    """Sends one message, from wherever an earlier attempt left it.

    :param remember: stores progress for good
    :param settle: seconds, see :data:`SETTLE`
    """

    def __init__(
        self,
        graph: Graph,
        message: Outbound,
        remember: Remember,
        *,
        settle: float = SETTLE,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._graph = graph
        self._message = message
        self._progress = dict(message.progress)
        self._store = remember
        self._settle = settle
        self._now = now
        self._quote = ""

    def send(self) -> Sent:
        """Send it.

        :raise RetryableError: not sent yet
        :raise RejectedError: refused for good; no draft is left behind
        """
        try:
            found = self._found()
            if found is not None and not found.get("isDraft"):
                return self._sent(found)
            if found is None:
                self._create()
            self._fill()
            self._attach()
            return self._dispatch()
        except RejectedError:
            self._forget()
            raise
        except RetryableError as error:
            if not error.is_uncertain or self._progress.get("sending"):
                raise
            # whatever became of the request: it did not ask for sending
            raise RetryableError(error.message, retry_after=error.retry_after) from error

    def check(self) -> Sent | None:
        """Return what became of it; ``None``: it was not sent.

        :raise RetryableError: too early to tell
        :raise RejectedError: it has disappeared from the mailbox
        """
        found = self._found()
        return self._sent(found) if found is not None and not found.get("isDraft") else None

    # -- where it is ---------------------------------------------------------------------------

    def _found(self) -> dict[str, Any] | None:
        """Return the message as it is in the mailbox, known to be whole or sent; ``None``: there is
        nothing yet."""
        found = self._look()
        if self._progress.get("sending"):
            return self._after_sending(found)
        if found is not None and found.get("isDraft") and not self._progress.get("filled"):
            # nobody knows what it holds: a reply may hold our text already
            self._discard()
            return None
        return found

    def _look(self) -> dict[str, Any] | None:
        draft = self._progress.get("draft")
        if draft:
            found = self._graph.find(f"messages/{quoted(draft)}", {"$select": _KNOWN})
            if found is not None:
                return found
        if not (draft or self._progress.get("creating")):
            return None
        same = self._search()
        found = next((row for row in same if not row.get("isDraft")), same[0] if same else None)
        if found is not None and found["id"] != draft:
            self._remember(draft=str(found["id"]))
        return found

    def _search(self) -> list[dict[str, Any]]:
        """All messages of the mailbox that carry our id."""
        condition = (
            f"singleValueExtendedProperties/Any(ep: ep/id eq '{UUID_PROPERTY}'"
            f" and ep/value eq '{self._message.uuid}')"
        )
        params = {"$filter": condition, "$select": _KNOWN}
        return [row for page in self._graph.pages("messages", params) for row in page]

    def _after_sending(self, found: dict[str, Any] | None) -> dict[str, Any]:
        """Sending was asked for, and the answer got lost."""
        if found is not None and not found.get("isDraft"):
            return found
        passed = self._now() - float(self._progress["sending"])
        if passed < self._settle:
            raise RetryableError(
                "Outlook may still be sending it.", retry_after=max(self._settle - passed, 1)
            )
        if found is None:
            # no copy of what is sent is kept, or somebody has deleted it for good
            raise RetryableError(
                "It was given to Outlook for sending, and is in the mailbox no more.",
                is_uncertain=True,
            )
        return found

    # -- steps ---------------------------------------------------------------------------------

    def _create(self) -> None:
        self._remember(creating=True)
        mark = [{"id": UUID_PROPERTY, "value": self._message.uuid}]
        draft = None
        if self._message.in_reply_to:
            draft = self._create_reply(mark)
        if draft is None:
            draft = self._graph.post("messages", self._letter(mark))
        self._remember(
            draft=str(draft["id"]),
            message_id=str(draft.get("internetMessageId") or ""),
            conversation=str(draft.get("conversationId") or ""),
        )

    def _create_reply(self, mark: list[dict[str, str]]) -> dict[str, Any] | None:
        """Return the draft of a reply, ``None``: what is answered is no longer there."""
        path = f"messages/{quoted(self._message.in_reply_to)}/createReply"
        body = {"message": {"singleValueExtendedProperties": mark}}
        try:
            draft = self._graph.post(path, body)
        except RejectedError as error:
            if error.code not in _GONE:
                raise
            return None
        self._quote = str((draft.get("body") or {}).get("content") or "")
        return draft

    def _letter(self, mark: list[dict[str, str]]) -> dict[str, Any]:
        """A message of its own; the references keep it in the customer's thread all the same."""
        properties = list(mark)
        references = self._message.references[:_MAX_REFERENCES]
        if references:
            properties += [
                {"id": _IN_REPLY_TO, "value": references[0]},
                {"id": _REFERENCES, "value": " ".join(reversed(references))},
            ]
        return {
            "subject": self._message.subject,
            "singleValueExtendedProperties": properties,
        }

    def _fill(self) -> None:
        if self._progress.get("filled"):
            return
        html, _files = with_inline_images(self._message.html, self._message.attachments)
        if html:
            body = {"contentType": "html", "content": _above(html, self._quote)}
        elif self._quote:
            text = _as_html(self._message.text)
            body = {"contentType": "html", "content": _above(text, self._quote)}
        else:
            body = {"contentType": "text", "content": self._message.text}
        values: dict[str, Any] = {
            "body": body,
            "toRecipients": _recipients(self._message.recipients),
            "ccRecipients": _recipients(self._message.cc),
            "bccRecipients": _recipients(self._message.bcc),
            "singleValueExtendedProperties": [{"id": UUID_PROPERTY, "value": self._message.uuid}],
        }
        if self._message.subject:
            values["subject"] = self._message.subject
        self._graph.patch(f"messages/{quoted(self._progress['draft'])}", values)
        self._remember(filled=True)

    def _attach(self) -> None:
        _html, files = with_inline_images(self._message.html, self._message.attachments)
        done = int(self._progress.get("attached") or 0)
        if done == len(files):
            return
        if self._message.progress.get("draft"):
            # an earlier attempt may have put one on it that it could not remember
            there = self._there()
            while done < len(files) and there[_key(files[done])] > sum(
                _key(file) == _key(files[done]) for file in files[:done]
            ):
                done += 1
        for number in range(done, len(files)):
            attach(self._graph, self._progress["draft"], files[number])
            self._remember(attached=number + 1)

    def _there(self) -> Counter:
        """The files that are on the draft; a reply has pictures of what it answers."""
        return Counter(
            (True, str(row.get("contentId") or "").strip("<>"))
            if row.get("isInline")
            else (False, str(row.get("name") or ""))
            for row in list_files(self._graph, self._progress["draft"])
        )

    def _dispatch(self) -> Sent:
        self._remember(sending=self._now())
        try:
            self._graph.post(f"messages/{quoted(self._progress['draft'])}/send")
        except (AuthError, RejectedError):
            self._remember(sending=None)
            raise
        except RetryableError as error:
            if not error.is_uncertain:
                self._remember(sending=None)
            raise
        return self._sent({})

    # -- memory --------------------------------------------------------------------------------

    def _remember(self, **values: Any) -> None:
        """Keep what changed; ``None`` takes the place of what is forgotten."""
        self._progress |= values
        self._store(values)

    def _forget(self) -> None:
        """Begin anew another time: what is refused now will be another text then."""
        try:
            self._discard()
        except IntegrationError:
            return  # the next attempt finds it, and deletes it

    def _discard(self) -> None:
        draft = self._progress.get("draft")
        if draft:
            self._graph.delete(f"messages/{quoted(draft)}")
        self._remember(draft=None, message_id=None, conversation=None, filled=None, attached=None)

    def _sent(self, found: Mapping[str, Any]) -> Sent:
        known = self._progress
        return Sent(
            external_id=str(found.get("id") or known.get("draft") or ""),
            message_id=str(found.get("internetMessageId") or known.get("message_id") or ""),
            conversation=str(found.get("conversationId") or known.get("conversation") or ""),
        )


def _key(file: Attachment) -> tuple[bool, str]:
    is_inline = bool(file.is_inline and file.content_id)
    return is_inline, file.content_id if is_inline else file.name


def _recipients(addresses: tuple[Address, ...]) -> list[dict[str, Any]]:
    return [
        {"emailAddress": {"address": address.email or address.external_id, "name": address.name}}
        for address in addresses
    ]


def _above(html: str, quote: str) -> str:
    """Put a text above the quotation that Outlook has made, within its document."""
    lower = quote.lower()
    start = lower.find("<body")
    end = quote.find(">", start) + 1 if start >= 0 else 0
    return f"{quote[:end]}{html}{quote[end:]}"


def _as_html(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<div>{escaped}</div>".replace("\n", "<br>")
