"""The channel of a mailbox at Microsoft 365."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    PayloadError,
    RejectedError,
)

from ..base import (
    Attachment,
    Capabilities,
    Check,
    Event,
    FailureType,
    Inbound,
    Listed,
    Outbound,
    Provider,
    Removed,
    Sent,
    Status,
    SyncPage,
    WebhookReply,
    WebhookRequest,
)
from . import notifications
from .checks import run_checks
from .delta import FolderSync
from .errors import FAILURES, LoginError
from .graph import Graph, graph_time, parse_time, quoted, utc_now
from .listing import list_files
from .messages import Reader, attachment
from .sending import SETTLE, Sending
from .uploads import MAX_FILE

__all__ = ["OutlookProvider"]

#: Largest file that is fetched, in bytes.
MAX_FETCH = 160 * 2**20
#: Messages named on one page of a count; Graph gives no more.
CENSUS_PAGE = 1_000


class OutlookProvider(Provider):
    """A mailbox at Microsoft 365, by Microsoft Graph.

    Settings: ``mailbox`` (its address), ``credentials``, ``tokens`` (see `tokens`), ``start_date``
    (older mail is history), ``secret`` (of the webhook), ``folders`` (keys of those that are read),
    ``settle`` (seconds, see `sending`).
    """

    code = "outlook"
    label = "Outlook"
    icon = "fa-envelope-o"
    has_sync = True
    has_webhook = True
    capabilities = Capabilities(
        has_html=True,
        has_subject=True,
        has_cc=True,
        can_start=True,
        attachment_limit=MAX_FILE,
        is_idempotent=True,
    )

    @cached_property
    def graph(self) -> Graph:
        """What speaks to the mailbox; made when it is first needed."""
        return Graph(
            self.settings["credentials"], self.settings["mailbox"], self.settings["tokens"]
        )

    # -- what comes in -------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        """Override: by ``clientState``."""
        notifications.verify(request, str(self.settings.get("secret") or ""))

    def receive(self, request: WebhookRequest) -> tuple[tuple[Event, ...], WebhookReply | None]:
        """Override: hints and words of the lifecycle, or the answer to the handshake."""
        return notifications.receive(request, utc_now())

    def sync(self, folder: str, cursor: str, since: datetime | None) -> Iterator[SyncPage]:
        """Override: by delta query, and windows for what is older."""
        return FolderSync(self.graph, folder).pages(cursor, since)

    def census(self, folder: str, since: datetime) -> Iterator[Listed]:
        """Override: what lies in the folder now, whoever has read or marked it."""
        params = {
            "$select": "id,receivedDateTime",
            "$filter": f"receivedDateTime ge {graph_time(since)}",
            "$orderby": "receivedDateTime desc",
            "$top": str(CENSUS_PAGE),
        }
        for page in self.graph.pages(f"mailFolders/{quoted(folder)}/messages", params):
            for item in page:
                yield Listed(str(item["id"]), parse_time(item.get("receivedDateTime")) or since)

    def parse(self, event: Event) -> list[Inbound | Status | Removed]:
        """Override."""
        if event.kind != "message":
            return []
        item = event.payload
        if not isinstance(item, Mapping) or not item.get("id"):
            raise PayloadError("This is no message of Outlook.")
        if "@removed" in item:
            return [Removed(str(item["id"]), event.folder)]
        reader = Reader(self.settings["mailbox"], self.settings.get("start_date"))
        return [reader.message(item, event.folder)]

    def attachments(self, message: Inbound) -> tuple[Attachment, ...]:
        """Override: the list of them, without their content."""
        return tuple(map(attachment, list_files(self.graph, message.external_id)))

    def fetch(self, message: Inbound, attachment: Attachment) -> bytes:
        """Override.

        :raise RejectedError: it is only a link to a document
        """
        if attachment.url or attachment.content_type == "text/uri-list":
            raise RejectedError("This is a link to a document, and no file.", code="link")
        path = (
            f"messages/{quoted(message.external_id)}/attachments/"
            f"{quoted(attachment.external_id)}/$value"
        )
        return self.graph.content(path, MAX_FETCH)

    # -- what goes out -------------------------------------------------------------------------

    def send(self, message: Outbound, remember: Callable[[Mapping[str, Any]], None]) -> Sent:
        """Override: by a draft that is made, filled and sent."""
        if not message.recipients and not message.cc and not message.bcc:
            raise RejectedError("Nobody is named to whom it goes.", code="ErrorMissingRecipients")
        return self._sending(message, remember).send()

    def check(self, message: Outbound) -> Sent | None:
        """Override: the draft is asked what became of it."""
        return self._sending(message, lambda _progress: None).check()

    def _sending(self, message: Outbound, remember: Callable[[Mapping[str, Any]], None]) -> Sending:
        settle = self.settings.get("settle")
        return Sending(
            self.graph, message, remember, settle=SETTLE if settle is None else float(settle)
        )

    # -- how it is -----------------------------------------------------------------------------

    def health(self) -> list[Check]:
        """Override."""
        return list(run_checks(self.graph, tuple(self.settings.get("folders") or ("inbox",))))

    def failure_type(self, error: IntegrationError) -> FailureType:
        """Override: by the code that Outlook gave."""
        if isinstance(error, LoginError):
            return FailureType.AUTH
        if isinstance(error, AuthError):
            return FailureType.PERMISSION if error.code == 403 else FailureType.AUTH
        if isinstance(error, RejectedError):
            if error.code == 413:
                return FailureType.TOO_LARGE
            return FAILURES.get(str(error.code), FailureType.UNKNOWN)
        return super().failure_type(error)
