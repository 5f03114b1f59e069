"""The one place that speaks to Microsoft Graph: one mailbox, all requests with immutable ids.

https://learn.microsoft.com/graph/outlook-immutable-id: an id that stays when a message is moved,
and when a draft is sent; asked for on *every* request.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from odoo.addons.integration_base.access_token import with_token
from odoo.addons.integration_base.exceptions import PayloadError, RejectedError
from odoo.addons.integration_base.http_client import (
    HttpClient,
    HttpResponse,
    SharedTokenAuth,
    is_loopback,
)

from .errors import LoginError, explain_graph
from .tokens import Credentials, Login, TokenStore

__all__ = ["Graph", "graph_time", "parse_time", "quoted", "rows", "utc_now"]

VERSION = "v1.0"
#: Where the pieces of a large file are sent (an ``uploadUrl``).
UPLOAD_HOSTS = (
    "outlook.office.com",
    "outlook.office365.com",
    "outlook.office365.us",
    "partner.outlook.cn",
)
IMMUTABLE = 'IdType="ImmutableId"'
#: Rows of one page: a body may be long.
PAGE = 50
MAX_BYTES = 64 * 2**20
#: Seconds; who has to wait longer comes back later.
MAX_WAIT = 10.0

T = TypeVar("T")


class Graph:
    """Speaks to Graph for one mailbox. One object for one thread.

    Paths without a leading slash are below the mailbox (``users/{mailbox}/…``), others below the
    version. Errors are those of :func:`explain_graph`.

    :param mailbox: address or id of its user
    :param tokens: where the living token is kept
    :param timeout: seconds to wait for each piece of an answer
    :param max_retries: how often a reading request that failed in passing is made again
    """

    def __init__(
        self,
        credentials: Credentials,
        mailbox: str,
        tokens: TokenStore,
        *,
        timeout: float = 30,
        max_retries: int = 1,
    ) -> None:
        self.credentials = credentials
        self.mailbox = mailbox
        self._tokens = tokens
        self._auth = SharedTokenAuth(self.token)
        base = credentials.graph_url.rstrip("/")
        options = {"max_retries": max_retries, "max_wait": MAX_WAIT, "explain": explain_graph}
        self._base = f"{base}/{VERSION}"
        self._client = HttpClient(base, self._auth, timeout, max_bytes=MAX_BYTES, **options)
        # an upload address carries its own permission: nothing of ours is sent there
        here = urlsplit(base)
        is_simulated = is_loopback(here.hostname or "")
        hosts = () if is_simulated else UPLOAD_HOSTS
        self._carrier = HttpClient(base, None, max(timeout, 60), hosts, **options)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
        self._carrier.close()

    def __enter__(self) -> "Graph":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def token(self) -> str:
        """Return the living token, a new one if need be.

        :raise LoginError: it cannot be had
        """
        return self._tokens.get(lambda refresh: Login(self.credentials).fetch(refresh))

    def new_token(self) -> str:
        """Return a token that is new: rights that were given meanwhile are in it.

        :raise LoginError: it cannot be had
        """
        self._tokens.discard(self.token())
        return self.token()

    # -- requests ------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, Any] | None = None, prefer: str = "") -> Any:
        """Return what lies at a path, or at an address that Graph itself has given."""
        response = self._send("GET", path, params=params, prefer=prefer)
        return _without_nul(response.json()) if b"\\u0000" in response.content else response.json()

    def find(self, path: str, params: Mapping[str, Any] | None = None) -> Any | None:
        """Return what lies at a path; ``None`` when there is nothing."""
        try:
            return self.get(path, params)
        except RejectedError as error:
            if error.code not in ("ErrorItemNotFound", "ResourceNotFound", "itemNotFound", 404):
                raise
            return None

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[list[Any]]:
        """Yield the pages of a list."""
        while path:
            body = self.get(path, params)
            yield rows(body)
            path, params = body.get("@odata.nextLink") or "", None

    def content(self, path: str, max_bytes: int) -> bytes:
        """Return the bytes that lie at a path.

        :raise PayloadError: they are more than ``max_bytes``
        """
        return self._send("GET", path, max_bytes=max_bytes).content

    def post(self, path: str, body: Any = None) -> Any:
        """Return what was created; ``None`` when nothing is said of it."""
        response = self._send("POST", path, body=body)
        return response.json() if response.content else None

    def patch(self, path: str, body: Any) -> Any:
        """Return what was changed."""
        response = self._send("PATCH", path, body=body)
        return response.json() if response.content else None

    def delete(self, path: str) -> None:
        """Delete; what is not there is deleted already."""
        try:
            self._send("DELETE", path)
        except RejectedError as error:
            if error.code not in ("ErrorItemNotFound", "ResourceNotFound", "itemNotFound", 404):
                raise

    def put_piece(self, url: str, piece: bytes, start: int, total: int) -> Any:
        """Send a piece of a file to an upload address, without our credentials."""
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes {start}-{start + len(piece) - 1}/{total}",
        }
        response = self._carrier.request("PUT", url, data=piece, headers=headers)
        return response.json() if response.content[:1] == b"{" else {}

    def upload_state(self, url: str) -> Any:
        """Return what an upload address has received so far."""
        return self._carrier.get(url).json()

    # -- one exchange --------------------------------------------------------------------------

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        prefer: str = "",
        max_bytes: int | None = None,
    ) -> HttpResponse:
        headers = {"Prefer": ", ".join(filter(None, (IMMUTABLE, prefer)))}
        url = self._url(path)

        def send() -> HttpResponse:
            return self._client.request(
                method, url, params=params, json=body, headers=headers, max_bytes=max_bytes
            )

        return with_token(send, self._auth, self._tokens, LoginError)

    def _url(self, path: str) -> str:
        if "://" in path:
            return path  # of a host that the client allows, or refused there
        if path.startswith("/"):
            return f"{self._base}{path}"
        return f"{self._base}/users/{quoted(self.mailbox)}/{path}".rstrip("/")


def rows(body: Any) -> list[Any]:
    """Return the rows of a list.

    :raise PayloadError: it is none
    """
    value = body.get("value") if isinstance(body, dict) else None
    if not isinstance(value, list):
        raise PayloadError("Outlook answered something that is no list.")
    return value


def quoted(part: str) -> str:
    """Return a part of a path as it travels."""
    return quote(str(part), safe="@.-_")


def parse_time(text: Any) -> datetime | None:
    """Return a moment as naive UTC; ``None`` when there is none (Graph writes seven decimals)."""
    if not isinstance(text, str) or not text:
        return None
    text = text.strip().replace("Z", "+00:00")
    head, dot, rest = text.partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6]:0<6}{rest[digits:]}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return None if moment.year < 1900 else moment  # "never" is the year 1


def utc_now() -> datetime:
    """Return this moment as naive UTC."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def graph_time(moment: datetime) -> str:
    """Return a moment (naive UTC) as Graph reads it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _without_nul(value: Any) -> Any:
    """Leave out what no text of a database can hold."""
    return json.loads(
        json.dumps(value), object_hook=lambda item: {k: _clean(v) for k, v in item.items()}
    )


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    return [_clean(item) for item in value] if isinstance(value, list) else value
