"""The channel of a page on Messenger."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from functools import cached_property
from typing import Any
from urllib.parse import quote

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
)

from ..base import (
    Address,
    Attachment,
    Capabilities,
    Check,
    Event,
    FailureType,
    Inbound,
    Item,
    Listed,
    Outbound,
    Profile,
    Provider,
    Sent,
    SyncPage,
    WebhookReply,
    WebhookRequest,
)
from . import files, webhook
from .checks import run_checks
from .errors import FAILURES
from .graph import Graph
from .listing import Listing
from .messages import INBOX_APP, WINDOW, Reader, address_of
from .parts import TEXT_LIMIT
from .sending import SETTLE, Sending

__all__ = ["MessengerProvider"]

#: Bytes of the largest file that Messenger takes.
MAX_FILE = 25 * 2**20
#: Where a page's messages are seen by people. †
INBOX_URL = "https://business.facebook.com/latest/inbox/all"


class MessengerProvider(Provider):
    """A page on Messenger.

    Settings: ``page_id``, ``page_name``, ``page_token``, ``app_id``, ``app_secret`` (signs what
    Meta tells), ``verify_token`` (of the handshake), ``version``, ``api_url``, ``file_hosts``
    (domains), ``has_human_agent``, ``secret`` (signs references of links), ``start_date``,
    ``settle`` (seconds, see `sending`), ``now`` (seconds since 1970, a function; tests).
    """

    code = "messenger"
    label = "Messenger"
    icon = "fa-facebook-square"
    has_sync = True
    has_webhook = True
    capabilities = Capabilities(
        text_limit=TEXT_LIMIT,
        has_parts=True,
        attachment_limit=MAX_FILE,
        reply_window=WINDOW,
    )

    @cached_property
    def graph(self) -> Graph:
        """What speaks for the page; made when it is first needed.

        :raise AuthError: the page is not set up
        """
        if not self.settings.get("page_id") or not self.settings.get("page_token"):
            raise AuthError("The page has no token: connect it again.")
        return Graph(self.settings)

    # -- what comes in -------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        """Override: by the signature over the body, or the token of the handshake."""
        webhook.verify(
            request,
            str(self.settings.get("app_secret") or ""),
            str(self.settings.get("verify_token") or ""),
        )

    def receive(self, request: WebhookRequest) -> tuple[tuple[Event, ...], WebhookReply | None]:
        """Override: all entries of all pages; see `webhook.page_folder` for those of others."""
        return webhook.receive(request, str(self.settings.get("page_id") or ""))

    def parse(self, event: Event) -> list[Item]:
        """Override."""
        return Reader(self.settings).items(event)

    def sync(self, folder: str, cursor: str, since: datetime | None) -> Iterator[SyncPage]:
        """Override: what was written while nobody told us."""
        return Listing(self.graph).pages(cursor, since, self._now())

    def _now(self) -> datetime:
        """This moment, naive UTC."""
        now = self.settings.get("now") or time.time
        return datetime.fromtimestamp(int(now()), timezone.utc).replace(tzinfo=None)

    def census(self, folder: str, since: datetime) -> Iterator[Listed]:
        """Override: all messages of the page, as its conversations have them."""
        return Listing(self.graph).census(since)

    def fetch(self, message: Inbound, attachment: Attachment) -> bytes:
        """Override: from Meta's own machines only; when the address is over, from a new one."""
        index, _space, url = attachment.external_id.partition(" ")
        if not index:
            raise RejectedError("Messenger shows it only itself.", code="unsupported")
        try:
            return self._fetch(url)
        except RejectedError as error:
            if error.code not in (403, 404, 410):
                raise
            new = self._new_address(message.external_id, int(index))
            if not new or new == url:
                raise
            return self._fetch(new)

    def _fetch(self, url: str) -> bytes:
        hosts = self.settings.get("file_hosts") or files.HOSTS
        return files.fetch(url, self.graph.host, hosts)

    def _new_address(self, mid: str, index: int) -> str:
        """Where a file lies now; empty: Messenger does not tell."""
        try:
            answer = self.graph.get(
                mid, fields="attachments{id,name,image_data,video_data,file_url}"
            )
        except RejectedError:
            return ""
        found = answer.get("attachments")
        rows = found.get("data") if isinstance(found, Mapping) else None
        if not isinstance(rows, list) or index >= len(rows):
            return ""
        return address_of(rows[index]) if isinstance(rows[index], Mapping) else ""

    def profile(self, person: str) -> Profile:
        """Return what Meta tells of somebody: his name, if we may know it. No address, no number.

        :param person: his id on the page
        :raise RejectedError: it does not tell
        """
        answer = self.graph.get(person, fields="first_name,last_name")
        names = (str(answer.get(name) or "").strip() for name in ("first_name", "last_name"))
        return Profile(Address(person, " ".join(filter(None, names))))

    # -- what goes out -------------------------------------------------------------------------

    def send(self, message: Outbound, remember: Callable[[Mapping[str, Any]], None]) -> Sent:
        """Override: in parts, each of them once."""
        return self._sending(message, remember).send()

    def check(self, message: Outbound) -> Sent | None:
        """Override: by what came back, or the list of the conversation."""
        return self._sending(message, lambda _progress: None).check()

    def _sending(self, message: Outbound, remember: Callable[[Mapping[str, Any]], None]) -> Sending:
        settle, now = self.settings.get("settle"), self.settings.get("now")
        return Sending(
            self.graph,
            message,
            remember,
            has_human_agent=bool(self.settings.get("has_human_agent")),
            settle=SETTLE if settle is None else float(settle),
            **({"now": now} if now else {}),
        )

    def link(self, conversation: str) -> str:
        """Override: the inbox of the page at Meta."""
        page = self.settings.get("page_id")
        return f"{INBOX_URL}?asset_id={quote(str(page))}" if page else ""

    # -- who has the thread --------------------------------------------------------------------

    def take_thread(self, person: str) -> None:
        """Take a conversation over from another application.

        :param person: his id on the page
        """
        self.graph.post(f"{self.graph.page_id}/take_thread_control", {"recipient": {"id": person}})

    def pass_thread(self, person: str, application: str = INBOX_APP) -> None:
        """Give a conversation to another application, the inbox of the page unless named."""
        body = {"recipient": {"id": person}, "target_app_id": application}
        self.graph.post(f"{self.graph.page_id}/pass_thread_control", body)

    # -- how it is -----------------------------------------------------------------------------

    def health(self) -> list[Check]:
        """Override."""
        return list(run_checks(self.graph))

    def failure_type(self, error: IntegrationError) -> FailureType:
        """Override: by the code that Meta gave."""
        if isinstance(error, RejectedError):
            code = str(error.code)
            return FAILURES.get(code) or FAILURES.get(code.partition("/")[0], FailureType.UNKNOWN)
        return super().failure_type(error)
