"""The channel of a project at iAdvize: followed here, answered there."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    PayloadError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.http_client import HttpClient, is_loopback

from ..base import (
    Attachment,
    Capabilities,
    Check,
    Event,
    FailureType,
    Ignored,
    Inbound,
    Item,
    Listed,
    Moment,
    Outbound,
    Provider,
    Sent,
    SyncPage,
    WebhookReply,
    WebhookRequest,
)
from . import notifications
from .api import Api
from .checks import run_checks
from .errors import SchemaError
from .listing import ClosedSync, OpenSync, transcript_event
from .plan import Listing, Plan, make_plan
from .schema import Schema, introspect
from .times import utc_now
from .transcript import Reader, Scope, extend, next_page, normal_key, plain, rows, text_of

__all__ = ["FOLDERS", "LINK", "IadvizeProvider"]

#: What is read by asking, and how it is shown.
FOLDERS = (("open", "inbox"), ("closed", "other"))
#: Where a conversation is seen at the desk †. It is documented nowhere, so it is a setting.
LINK = "https://{platform}.iadvize.com/desk/conversations/{conversation}"
#: Largest file that is fetched, in bytes.
MAX_FETCH = 32 * 2**20
#: So long a conversation that was told may be without a message.
SILENCE = timedelta(minutes=10)
#: Whoever gets a conversation later than this gets it from somebody else.
BEGINNING = timedelta(minutes=1)
#: Seconds until it is looked at again.
PATIENCE = 15.0
#: Channels on which nothing is written.
_SPOKEN = ("CALL", "VIDEO")
#: Pages of messages of one conversation, at most.
_PAGES = 200
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class IadvizeProvider(Provider):
    """A project of iAdvize, by its webhooks and by GraphQL.

    Answering as a robot of iAdvize would be possible, and is deliberately not built: a robot may
    not pass for a human there, has 450 characters, and loses a conversation after five minutes.

    Settings: ``credentials``, ``tokens`` (see `tokens`), ``schema`` (what `Schema.dump` gave, or
    nothing), ``remember_schema`` (called with what is to be kept), ``projects`` (their ids; empty:
    all), ``is_messenger_elsewhere``, ``start_date``, ``order_keys`` and ``customer_keys`` (names of
    custom data), ``open`` (ids of conversations that are going on), ``link``, ``secret`` (of the
    app, with which webhooks are signed).
    """

    code = "iadvize"
    label = "iAdvize"
    icon = "fa-commenting-o"
    has_sync = True
    has_webhook = True
    capabilities = Capabilities(can_send=False, is_desk=True)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._plan: Plan | None = None
        self.scope = Scope(
            projects=frozenset(map(str, settings.get("projects") or ())),
            is_messenger_elsewhere=bool(settings.get("is_messenger_elsewhere")),
            start=settings.get("start_date") or None,
            orders=frozenset(map(normal_key, settings.get("order_keys") or ())),
            customers=frozenset(map(normal_key, settings.get("customer_keys") or ())),
        )

    @cached_property
    def api(self) -> Api:
        """What speaks to iAdvize; made when it is first needed."""
        return Api(self.settings["credentials"], self.settings["tokens"])

    # -- the schema ----------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """What to ask: by the schema that is known, or by reading it."""
        if self._plan is None:
            schema = Schema.load(self.settings.get("schema"))
            self._plan = make_plan(schema) if schema else self.read_schema()
        return self._plan

    def read_schema(self) -> Plan:
        """Read the schema anew, have it kept, and return what to ask.

        :raise PayloadError: iAdvize does not tell it
        """
        schema = introspect(self.api.ask)
        remember: Callable[[Mapping[str, Any]], None] | None = self.settings.get("remember_schema")
        if remember:
            remember(schema.dump())
        self._plan = make_plan(schema)
        return self._plan

    def _ask(self, make: Callable[[Plan], tuple[str, Mapping[str, Any]]]) -> Mapping[str, Any]:
        """Ask; when the schema is no longer what it was, read it and ask once more.

        :param make: query and variables of a plan
        """
        try:
            return self.api.ask(*make(self.plan))
        except SchemaError:
            self.read_schema()
            return self.api.ask(*make(self.plan))

    # -- conversations -------------------------------------------------------------------------

    def transcript(self, conversation: str) -> Mapping[str, Any]:
        """Return all of a conversation: ``conversation`` and, if there is such, ``custom``, as
        GraphQL gave them.

        :raise RejectedError: there is none (code ``gone``), or the schema is not enough
        """
        if not _ID.fullmatch(conversation):
            raise RejectedError("This is no id of a conversation.", code="gone")
        found = self._conversation(conversation, self.plan.paging.start)
        self._rest(conversation, found)
        custom = None
        if self.plan.custom:
            custom = self._custom(conversation)
        return {"conversation": found, **({"custom": custom} if custom else {})}

    def _conversation(self, conversation: str, page: str | int | None) -> Any:
        def make(plan: Plan) -> tuple[str, Mapping[str, Any]]:
            if not plan.conversation:
                missing = ", ".join(one.path for one in plan.missing)
                raise RejectedError(
                    f"iAdvize does not offer what is needed: {missing}", code="incomplete"
                )
            variables: dict[str, Any] = {"id": conversation}
            if plan.paging.style:
                variables["next"] = page
            return plan.conversation, variables

        found = self._ask(make).get(self.plan.conversation_name)
        if found is None:
            raise RejectedError("iAdvize has no such conversation.", code="gone")
        return found

    def _rest(self, conversation: str, found: Any) -> None:
        """Add the messages of further pages."""
        page, messages = self.plan.paging.start, found.get("messages")
        for _number in range(_PAGES):
            page = _following(self.plan, messages, page)
            if page is None:
                return
            messages = self._conversation(conversation, page).get("messages")
            extend(found["messages"], messages)
        raise PayloadError("A conversation of iAdvize has no end.")

    def _custom(self, conversation: str) -> Any:
        try:
            said = self.api.ask(self.plan.custom, {"id": conversation})
        except (RejectedError, AuthError) as error:
            if isinstance(error, AuthError) and error.code != 403:
                raise
            return None  # what the page told is an extra
        return said.get(self.plan.custom_name)

    def listed(self, listing: Listing, variables: Mapping[str, Any], page: str | int | None) -> Any:
        """Return a page of a list of conversations."""
        given = dict(variables)
        if listing.paging.style:
            given["next"] = listing.paging.start if page is None else page
        return plain(self.api.ask(listing.query, given).get(listing.name))

    # -- what comes in -------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        """Override: by the signature of the app."""
        notifications.verify(request, str(self.settings.get("secret") or ""))

    def receive(self, request: WebhookRequest) -> tuple[tuple[Event, ...], WebhookReply | None]:
        """Override."""
        return notifications.receive(request)

    def sync(self, folder: str, cursor: str, since: datetime | None) -> Iterator[SyncPage]:
        """Override: those that are going on once more, or those that were closed since."""
        if folder == "open":
            yield from OpenSync(self, self.settings.get("open") or ()).pages(cursor)
        elif folder == "closed":
            yield from ClosedSync(self, self._listing()).pages(cursor, since)

    def census(self, folder: str, since: datetime) -> Iterator[Listed] | None:
        """Override: the messages of the conversations of a folder."""
        if folder == "open":
            return self._count(self.settings.get("open") or (), since)
        if folder == "closed" and self.plan.closed:
            return self._count(ClosedSync(self, self.plan.closed).conversations(since), since)
        return None

    def _count(self, conversations, since: datetime) -> Iterator[Listed]:
        for conversation in conversations:
            try:
                reader = Reader(self.transcript(conversation), self.scope)
            except RejectedError as error:
                if error.code != "gone":
                    raise
                continue
            for item in reader.items():
                if isinstance(item, Inbound) and item.sent >= since:
                    yield Listed(item.external_id, item.sent)

    def _listing(self) -> Listing:
        if not self.plan.closed:
            raise RejectedError(
                "iAdvize does not list closed conversations here: only those are known that were "
                "told of.",
                code="incomplete",
            )
        return self.plan.closed

    def parse(self, event: Event) -> list[Item]:
        """Override. Of what only says that there is a conversation to read, nothing."""
        if notifications.is_notification(event.payload):
            return notifications.parse(event.payload, self.scope)
        if not isinstance(event.payload, Mapping):
            raise PayloadError("This is nothing of iAdvize.")
        if gone := event.payload.get("gone"):
            # it does not go on any more
            return [Moment(str(gone), "closed", "gone", event.occurred or utc_now())]
        return Reader(event.payload, self.scope).items()

    def resolve(self, event: Event) -> list[Item]:
        """Override: the conversation that was told of is read now.

        :raise RetryableError: nobody has written anything in it yet
        """
        items = self.parse(event)
        if items or not notifications.needs_reading(event.payload):
            return items
        conversation = text_of(event.payload, ("conversationId",))
        reader = Reader(self.transcript(conversation), self.scope)
        items = reader.items()
        if items == [Ignored("kind")] and self._is_early(event, reader):
            raise RetryableError("Nobody has written anything yet.", retry_after=PATIENCE)
        if not any(isinstance(item, Inbound) for item in items) or reader.tells_pushes:
            return items
        operator = reader.operator_name(event.payload.get("operatorId"))
        moment = notifications.pushed(event.payload, reader.id, reader.visitor_address, operator)
        # the first time it is handed to somebody is how it begins
        is_later = moment is not None and moment.occurred > reader.began + BEGINNING
        return [*items, moment] if is_later else items

    def _is_early(self, event: Event, reader: Reader) -> bool:
        if reader.channel in _SPOKEN or reader.closed:
            return False
        return event.occurred is not None and utc_now() - event.occurred < SILENCE

    def current(self, conversation: str) -> Event | None:
        """Return a conversation as it stands now; ``None``: nobody has written anything yet.

        :raise RejectedError: there is none (code ``gone``)
        """
        payload = self.transcript(conversation)
        if not any(True for _one in Reader(payload, Scope()).inbounds()):
            return None
        return transcript_event(payload, "open")

    def fetch(self, message: Inbound, attachment: Attachment) -> bytes:
        """Override: from iAdvize only, whatever address a message names, and without our token.

        :raise RejectedError: it lies somewhere else
        """
        url = attachment.external_id
        base = self._file_host(url)
        with HttpClient(base, max_bytes=MAX_FETCH, max_retries=1) as client:
            return client.get(url).content

    def _file_host(self, url: str) -> str:
        """Return the address of the server of a file, if it is one of iAdvize's.

        :raise RejectedError: it is not
        """
        try:
            parts, own = urlsplit(url), urlsplit(self.settings["credentials"].url)
            host = (parts.hostname or "").lower()
            is_own = (parts.scheme, host, parts.port) == (own.scheme, own.hostname, own.port)
        except ValueError as error:
            raise RejectedError("This is no address of a file.", code="host") from error
        is_theirs = parts.scheme == "https" and parts.port in (None, 443)
        is_theirs = is_theirs and (host == "iadvize.com" or host.endswith(".iadvize.com"))
        if is_theirs or (is_own and is_loopback(host)):
            return f"{parts.scheme}://{parts.netloc}"
        raise RejectedError("This file does not lie at iAdvize.", code="host")

    # -- what goes out -------------------------------------------------------------------------

    def send(self, message: Outbound, remember: Callable[[Mapping[str, Any]], None]) -> Sent:
        """Override: it is answered at the desk of iAdvize."""
        raise RejectedError("It is answered at the desk of iAdvize.", code="desk")

    def link(self, conversation: str) -> str:
        """Override: at the desk †."""
        template = str(self.settings.get("link") or LINK)
        if not conversation or "{conversation}" not in template:
            return ""
        credentials = self.settings.get("credentials")
        platform = getattr(credentials, "platform", "ha")
        return template.replace("{platform}", platform).replace(
            "{conversation}", quote(conversation, safe="")
        )

    # -- how it is -----------------------------------------------------------------------------

    def health(self) -> list[Check]:
        """Override."""
        return list(run_checks(self))

    def failure_type(self, error: IntegrationError) -> FailureType:
        """Override: by the code of the error."""
        if isinstance(error, SchemaError):
            return FailureType.PAYLOAD
        if isinstance(error, RejectedError):
            codes = {
                "gone": FailureType.GONE,
                "incomplete": FailureType.PERMISSION,
                "host": FailureType.CONTENT,
                "desk": FailureType.PERMISSION,
                413: FailureType.TOO_LARGE,
            }
            return codes.get(error.code, FailureType.UNKNOWN)
        return super().failure_type(error)


def _following(plan: Plan, messages: Any, page: str | int | None) -> str | int | None:
    """What to ask for the next page of messages; ``None``: there is none."""
    paging = plan.paging
    if paging.style == "cursor":
        following = next_page(messages)
        return following if following and following != page else None
    if paging.style and len(rows(messages)) >= (paging.size or 1):
        return int(page or 0) + (1 if paging.style == "page" else paging.size)
    return None
