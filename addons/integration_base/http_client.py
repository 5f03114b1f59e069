"""The one door to HTTP: the only file of the suite that imports ``requests``.

What a client promises, whatever its caller forgets: only hosts on its list are spoken to, also
when the server names the address (``Location``, ``next``); credentials go to the base address and
nowhere else; HTTPS except on this machine, certificates always checked; sizes and times bounded;
errors typed by what the caller may do about them; nothing secret is logged. No Odoo here.
"""

import base64
import ipaddress
import json
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies, parse_header_links
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ProxyError,
)
from urllib3.util import parse_url

from .exceptions import AuthError, IntegrationError, PayloadError, RejectedError, RetryableError
from .log import get_logger, redact

__all__ = [
    "ApiKeyAuth",
    "BasicAuth",
    "BearerAuth",
    "HttpClient",
    "HttpResponse",
    "NoAuth",
    "SharedTokenAuth",
    "is_loopback",
    "parse_retry_after",
]

_logger = get_logger(__name__)

USER_AGENT = "Odoo integration"
MAX_REDIRECTS = 5
MAX_RETRIES = 3
MAX_WAIT = 60.0  # seconds; whoever asks for more patience gets it from the queue, not from here
MAX_BYTES = 16 * 2**20
MAX_SECONDS = 900.0
CHUNK = 1 << 16
_EXCERPT = 300
_EXPLANATION = 1 << 16  # of an answer that an ``explain`` reads
_REDIRECTS = (301, 302, 303, 307, 308)
# a gateway that got no answer from the server behind it
_LOST_BEHIND_GATEWAY = (502, 504)
_PORTS = {"https": 443, "http": 80}


class NoAuth:
    """No credentials."""

    def apply(self, headers: dict[str, str], params: dict[str, str]) -> None:
        """Add the credentials to what is about to be sent."""

    def secrets(self) -> list[str]:
        """Return what must not show up in a log."""
        return []


@dataclass(frozen=True)
class BasicAuth(NoAuth):
    """User name and password."""

    user: str
    password: str = field(repr=False)

    def apply(self, headers: dict[str, str], params: dict[str, str]) -> None:
        """Add the header."""
        headers["Authorization"] = f"Basic {self._encoded()}"

    def secrets(self) -> list[str]:
        """Return the password, as it is and as it travels."""
        return [self.password, self._encoded()]

    def _encoded(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class BearerAuth(NoAuth):
    """A token; or what returns one, for tokens that expire."""

    token: str | Callable[[], str] = field(repr=False)

    def apply(self, headers: dict[str, str], params: dict[str, str]) -> None:
        """Add the header."""
        headers["Authorization"] = f"Bearer {self.token() if callable(self.token) else self.token}"

    def secrets(self) -> list[str]:
        """Return the token when it is known without asking for a new one."""
        return [] if callable(self.token) else [self.token]


class SharedTokenAuth(NoAuth):
    """OAuth token that others renew as well: asked for at each request, and remembered, so that the
    one that was refused can be discarded.

    :param get: gives the token
    """

    def __init__(self, get: Callable[[], str]) -> None:
        self._get = get
        self.used = ""

    def apply(self, headers: dict[str, str], params: dict[str, str]) -> None:
        """Add the header."""
        self.used = self._get()
        headers["Authorization"] = f"Bearer {self.used}"

    def secrets(self) -> list[str]:
        """Return the token sent last."""
        return [self.used] if self.used else []


@dataclass(frozen=True)
class ApiKeyAuth(NoAuth):
    """A key under a name, in a ``header`` or in the ``query``."""

    name: str
    key: str = field(repr=False)
    place: str = "header"

    def apply(self, headers: dict[str, str], params: dict[str, str]) -> None:
        """Add the key where it belongs."""
        (params if self.place == "query" else headers)[self.name] = self.key

    def secrets(self) -> list[str]:
        """Return the key."""
        return [self.key]


@dataclass(frozen=True)
class HttpResponse:
    """What came back. ``content`` is empty after a download, ``size`` is what was received."""

    status: int
    headers: Mapping[str, str]
    url: str
    content: bytes = b""
    size: int = 0

    @property
    def is_unchanged(self) -> bool:
        """Whether the server has nothing newer than what the request named."""
        return self.status == 304

    def link(self, relation: str) -> str:
        """Return the absolute address which the ``Link`` header names for it; empty if it does
        not."""
        for link in parse_header_links(self.headers.get("Link", "")):
            if relation in link.get("rel", "").lower().split() and link.get("url"):
                return urljoin(self.url, link["url"])
        return ""

    def json(self) -> Any:
        """Return the body read as JSON.

        :raises PayloadError: it is none
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise PayloadError(f"{_shown(self.url)} answered something that is no JSON.") from error

    def json_object(self) -> dict[str, Any]:
        """Return the object that the body is in JSON; an empty one when it is none: of an error,
        whatever stands before the other side may have written the answer."""
        try:
            said = self.json()
        except PayloadError:
            return {}
        return said if isinstance(said, dict) else {}


class HttpClient:
    """Speaks to one outside system.

    :param base_url: where its addresses begin; relative addresses are joined to it, and only its
        origin receives the credentials
    :param auth: one of the auth classes of this module
    :param timeout: seconds to wait for a connection, and for each piece of an answer
    :param allowed_hosts: other hosts it may be sent to, as ``host`` or ``host:port``
    :param ca_bundle: file with the certificates to trust, for a server with one of its own making
    :param sleep: waits between two tries (tests inject theirs)
    :param explain: makes a more exact error of an answer of 400 and above, by what the other side
        says in it (at most its first 64 KiB); ``None``: the status says enough
    """

    def __init__(
        self,
        base_url: str,
        auth: NoAuth | None = None,
        timeout: float = 30,
        allowed_hosts: Collection[str] = (),
        ca_bundle: str | Path | None = None,
        *,
        max_bytes: int = MAX_BYTES,
        max_seconds: float = MAX_SECONDS,
        max_retries: int = MAX_RETRIES,
        max_wait: float = MAX_WAIT,
        sleep: Callable[[float], None] = time.sleep,
        explain: Callable[[HttpResponse], IntegrationError | None] | None = None,
    ) -> None:
        self.base_url = base_url
        self.auth = auth or NoAuth()
        self.timeout = timeout
        self.max_bytes = max_bytes
        self.max_seconds = max_seconds
        self.max_retries = max_retries
        self.max_wait = max_wait
        self._sleep = sleep
        self._explain = explain
        self._verify = str(ca_bundle) if ca_bundle else True
        self._origin = _origin(base_url)
        self._allowed = {self._origin[1:]} | {_host_and_port(entry) for entry in allowed_hosts}
        self._check(base_url)
        self._session = requests.Session()
        # neither ~/.netrc nor a variable of the server decides on credentials or certificates
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def bare(self, url: str) -> str:
        """Return an address without the key which :meth:`request` will add to it anyway: servers
        repeat the address they were asked for, and it may be stored."""
        if not isinstance(self.auth, ApiKeyAuth) or self.auth.place != "query":
            return url
        parts = urlsplit(url)
        query = [pair for pair in parse_qsl(parts.query, True) if pair[0] != self.auth.name]
        return urlunsplit(parts._replace(query=urlencode(query)))

    # -- requests ------------------------------------------------------------------------------

    def get(self, url: str = "", **options) -> HttpResponse:
        """``request("GET", …)``, tried again when that may help."""
        return self.request("GET", url, **options)

    def request(
        self,
        method: str,
        url: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> HttpResponse:
        """Send a request and return the answer; 304 is an answer.

        A GET or HEAD is tried again, with growing pauses or those which the server asks for.
        Anything else is sent once: only its caller can know whether it took place.

        :raises AuthError: 401, 403
        :raises RetryableError: 429, 5xx, no connection, no answer in time, an answer cut off
        :raises RejectedError: another 4xx (``code`` is the status), a host that is not allowed
        :raises PayloadError: the body is larger than ``max_bytes``
        """

        def send() -> HttpResponse:
            limit = self.max_bytes if max_bytes is None else max_bytes
            with self._send(method, url, params, json, data, headers) as response:
                content = b"".join(self._body(response, limit))
                return _described(response, content, len(content))

        return self._again(send) if method in ("GET", "HEAD") else send()

    def download(
        self,
        url: str,
        target: BinaryIO,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> HttpResponse:
        """GET into a file opened for writing, from its start, in constant memory.

        An answer that breaks off is continued where it broke when the server can do that
        (``Accept-Ranges`` and a strong ``ETag``), else fetched again.

        :raises IntegrationError: as :meth:`request`; the content of ``target`` is then undefined
        """
        limit = self.max_bytes if max_bytes is None else max_bytes
        etag = ""  # of what target holds, when the server can continue it

        def fetch() -> HttpResponse:
            nonlocal etag
            have = target.tell() if etag else 0
            wanted = dict(headers or {})
            if have:
                wanted |= {"Range": f"bytes={have}-", "If-Range": etag}
            with self._send("GET", url, params, None, None, wanted) as response:
                is_rest = response.status_code == 206
                if is_rest and not _continues(response, have):
                    etag = ""
                    raise RetryableError(f"{_shown(response.url)} continued somewhere else.")
                etag = _strong_etag(response)
                if not is_rest:
                    have = 0
                    target.seek(0)
                    target.truncate()
                for chunk in self._body(response, limit - have):
                    target.write(chunk)
                return _described(response, b"", target.tell())

        return self._again(fetch)

    def peek(
        self,
        url: str = "",
        size: int = CHUNK,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """GET no more than the first ``size`` bytes, once: for somebody who waits on a screen."""
        with self._send("GET", url, params, None, None, headers) as response:
            content = next(response.iter_content(size), b"")
            return _described(response, content, len(content))

    # -- one exchange --------------------------------------------------------------------------

    @contextmanager
    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        body: Any,
        data: Any,
        headers: Mapping[str, str] | None,
    ) -> Iterator[requests.Response]:
        """Send, follow redirects by hand, and give the open answer of a request that succeeded."""
        url = urljoin(self.base_url, url)
        for _hop in range(MAX_REDIRECTS + 1):
            prepared = self._prepare(method, url, params, body, data, headers)
            with self._exchange(prepared) as response:
                if response.status_code not in _REDIRECTS:
                    self._raise_for_status(response)
                    yield response
                    return
                if method not in ("GET", "HEAD") or "Location" not in response.headers:
                    raise RejectedError(
                        f"{_shown(prepared.url)} answered with a redirection that cannot be "
                        f"followed ({response.status_code}).",
                        code=response.status_code,
                    )
                url, params = urljoin(prepared.url, response.headers["Location"]), None
        raise RejectedError(f"{_shown(prepared.url)} redirects without end.", code="redirects")

    def _prepare(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        body: Any,
        data: Any,
        headers: Mapping[str, str] | None,
    ) -> requests.PreparedRequest:
        """Build the request; its address is checked in the form in which it will be used."""
        # compressed answers could be neither bounded nor continued
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})}
        query = {name: str(value) for name, value in (params or {}).items() if value is not None}
        if self._check(url) == self._origin:
            self.auth.apply(sent, query)
        request = requests.Request(method, url, headers=sent, params=query, json=body, data=data)
        try:
            prepared = self._session.prepare_request(request)
        except (requests.RequestException, ValueError) as error:
            raise RejectedError(f"{_shown(url)} is no usable address.", code="url") from error
        self._check(prepared.url)
        return prepared

    @contextmanager
    def _exchange(self, prepared: requests.PreparedRequest) -> Iterator[requests.Response]:
        """Send one prepared request; every exception of the library becomes one of ours."""
        started = time.monotonic()
        shown = _shown(prepared.url)
        try:
            response = self._session.send(
                prepared,
                stream=True,
                timeout=self.timeout,
                verify=self._verify,
                allow_redirects=False,
                proxies=_proxies(prepared.url),
            )
            _logger.debug(
                "%s %s: %s after %.2f s",
                prepared.method,
                redact(prepared.url, self.auth.secrets()),
                response.status_code,
                time.monotonic() - started,
            )
            with response:
                yield response
        except requests.exceptions.SSLError as error:
            raise RejectedError(
                f"The certificate of {shown} cannot be trusted. Check the address, or give the "
                "file with the certificates to trust.",
                code="tls",
            ) from error
        except requests.exceptions.Timeout as error:
            raise RetryableError(
                f"{shown} did not answer in time.",
                is_uncertain=not isinstance(error, requests.ConnectTimeout),
            ) from error
        except (requests.RequestException, HTTPError) as error:
            raise RetryableError(
                f"The connection to {shown} failed or broke off.", is_uncertain=_has_left(error)
            ) from error
        except OSError as error:  # requests says so of a file with certificates that is not there
            if self._verify is True or not str(error).startswith("Could not find"):
                raise
            raise IntegrationError(
                f"The file with the certificates to trust, {self._verify}, cannot be read."
            ) from error

    def _body(self, response: requests.Response, limit: int) -> Iterator[bytes]:
        """Yield what is sent, as long as it is neither too much nor too slow, and all of it."""
        shown = _shown(response.url)
        announced = response.headers.get("Content-Length", "")
        is_counted = announced.isdigit() and "Content-Encoding" not in response.headers
        if is_counted and int(announced) > limit:
            raise _too_large(shown, limit)
        received, deadline = 0, time.monotonic() + self.max_seconds
        for chunk in response.iter_content(CHUNK):
            received += len(chunk)
            if received > limit:
                raise _too_large(shown, limit)
            if time.monotonic() > deadline:
                raise RetryableError(
                    f"{shown} took more than {self.max_seconds:g} seconds.", is_uncertain=True
                )
            yield chunk
        # newer versions of urllib3 count too, older ones do not
        is_whole = not is_counted or response.request.method == "HEAD"
        if not is_whole and response.status_code != 304 and received < int(announced):
            raise RetryableError(f"The answer of {shown} broke off.", is_uncertain=True)

    def _raise_for_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status < 400:
            return
        shown = _shown(response.url)
        content = self._beginning(response, _EXPLANATION if self._explain else _EXCERPT)
        excerpt = content[:_EXCERPT].decode("utf-8", "replace")
        _logger.info(
            "%s %s: %s %s",
            response.request.method,
            shown,
            status,
            redact(excerpt, self.auth.secrets()),
        )
        error = self._explain and self._explain(_described(response, content, len(content)))
        if error:
            raise error
        if status in (401, 403):
            raise AuthError(f"{shown} refuses the credentials ({status}).", code=status)
        if status in (408, 425, 429) or status >= 500:
            raise RetryableError(
                f"{shown} cannot answer now ({status}).",
                retry_after=parse_retry_after(response.headers.get("Retry-After")),
                is_uncertain=status in _LOST_BEHIND_GATEWAY,
            )
        raise RejectedError(f"{shown} refuses the request ({status}).", code=status)

    def _beginning(self, response: requests.Response, size: int) -> bytes:
        """Return what an answer begins with, or as much of it as came."""
        content, deadline = b"", time.monotonic() + self.timeout
        try:
            for chunk in response.iter_content(size):
                content += chunk
                if len(content) >= size or time.monotonic() > deadline:
                    break
        except requests.RequestException:
            return content  # what it said so far has to do
        return content[:size]

    # -- patience ------------------------------------------------------------------------------

    def _again(self, attempt: Callable[[], HttpResponse]) -> HttpResponse:
        """Try until it works; not longer than ``max_wait`` at a time, nor too often."""
        for number in range(self.max_retries + 1):
            try:
                return attempt()
            except RetryableError as error:
                pause = error.retry_after
                if pause is None:
                    # apart from each other, so that many clients do not come back all at once
                    pause = min(2.0**number, self.max_wait) * random.uniform(0.5, 1.0)
                if number == self.max_retries or pause > self.max_wait:
                    raise
                _logger.info("%s Trying again in %.1f s.", error, pause)
                self._sleep(pause)
        raise AssertionError("unreachable")

    # -- addresses -----------------------------------------------------------------------------

    def _check(self, url: str) -> tuple[str, str, int]:
        """Return the origin of an address that may be spoken to.

        :raises RejectedError: it may not
        """
        origin = scheme, host, port = _origin(url)
        if scheme != "https" and not (scheme == "http" and is_loopback(host)):
            raise RejectedError(f"{_shown(url)} is not an https address.", code="scheme")
        if (host, port) not in self._allowed:
            raise RejectedError(
                f"{_shown(url)} is not one of the hosts that may be spoken to.", code="host"
            )
        return origin


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, without asking a name server."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that ``Retry-After`` asks for: a number, or until a date; else None."""
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=timezone.utc)
    return max((until - (now or datetime.now(timezone.utc))).total_seconds(), 0.0)


def _origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port as the library that connects will read them.

    :raises RejectedError: no absolute address, or one with a user name
    """
    try:
        parts = parse_url(url)
        port = parts.port
    except (LocationParseError, ValueError) as error:
        raise RejectedError("This is no usable address.", code="url") from error
    scheme, host = (parts.scheme or "").lower(), (parts.host or "").lower()
    if not scheme or not host:
        raise RejectedError(f"{_shown(url)} is no complete address.", code="url")
    if parts.auth is not None or "\\" in url or any(ord(char) < 33 for char in url):
        raise RejectedError("The address holds a user name or signs it may not hold.", code="url")
    return scheme, host.strip("[]"), port or _PORTS.get(scheme, 0)


def _host_and_port(entry: str) -> tuple[str, int]:
    return _origin(entry if "://" in entry else f"https://{entry}")[1:]


def _shown(url: str) -> str:
    """Return what a person may see of an address: neither user name nor query."""
    try:
        parts = parse_url(url)
    except (LocationParseError, ValueError):
        return "this address"
    if not parts.host:
        return redact((parts.path or url).partition("?")[0])
    port = f":{parts.port}" if parts.port else ""
    return redact(f"{parts.scheme}://{parts.host}{port}{parts.path or ''}")


def _has_left(error: Exception) -> bool:
    """Whether a request whose connection failed may have reached the server: not when there never
    was a connection."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return not isinstance(reason, (NewConnectionError, ConnectTimeoutError, ProxyError))


def _proxies(url: str) -> dict[str, str]:
    """Return the proxies the server's environment names; this machine needs none."""
    return {} if is_loopback(_origin(url)[1]) else get_environ_proxies(url)


def _described(response: requests.Response, content: bytes, size: int) -> HttpResponse:
    headers = CaseInsensitiveDict(response.headers)
    return HttpResponse(response.status_code, headers, response.url, content, size)


def _strong_etag(response: requests.Response) -> str:
    """Return the ETag by which an answer that breaks off can be continued; empty when it cannot."""
    etag = response.headers.get("ETag", "")
    can_continue = response.headers.get("Accept-Ranges", "").lower() == "bytes"
    is_plain = "Content-Encoding" not in response.headers
    is_partial = response.status_code == 206
    return etag if etag[:1] == '"' and is_plain and (can_continue or is_partial) else ""


def _continues(response: requests.Response, have: int) -> bool:
    return have > 0 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _too_large(shown: str, limit: int) -> PayloadError:
    return PayloadError(f"{shown} sends more than the {limit:,} bytes allowed.")
