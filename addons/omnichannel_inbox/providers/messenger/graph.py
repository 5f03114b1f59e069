"""The one place that speaks to the Graph API for a page.

Each request carries the token of the page, in a header where no log shows it, and
``appsecret_proof``: with it, a token that was stolen is of no use without the app's secret.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.integration_base.http_client import BearerAuth, HttpClient

from ...signature import hmac_sha256
from ..base import Attachment
from .errors import explain

__all__ = ["API_URL", "VERSION", "Graph"]

API_URL = "https://graph.facebook.com"
VERSION = "v25.0"
MAX_BYTES = 32 * 2**20
#: Seconds; who has to wait longer comes back later.
MAX_WAIT = 10.0
#: Pages of one list that are followed, at most.
MAX_PAGES = 500


class Graph:
    """Speaks to the Graph API for one page. One object for one thread; errors are those of
    :func:`errors.explain`.

    :param settings: ``page_id``, ``page_token``, ``app_id``, ``app_secret``, ``api_url``,
        ``version``
    :param timeout: seconds to wait for each piece of an answer
    """

    def __init__(self, settings: Mapping[str, Any], *, timeout: float = 20) -> None:
        self.page_id = str(settings.get("page_id") or "")
        self._token = str(settings.get("page_token") or "")
        self.app_id = str(settings.get("app_id") or "")
        self._secret = str(settings.get("app_secret") or "")
        self.base_url = str(settings.get("api_url") or API_URL).rstrip("/")
        self._version = str(settings.get("version") or VERSION)
        self._timeout = timeout
        self._client = self._open(self._token)

    def _open(self, token: str) -> HttpClient:
        return HttpClient(
            self.base_url,
            BearerAuth(token),
            self._timeout,
            max_bytes=MAX_BYTES,
            max_retries=1,
            max_wait=MAX_WAIT,
            explain=explain,
        )

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Return an object.

        :param path: below the version
        """
        answer = self._client.get(self._url(path), params=self._signed(self._token, params))
        return _object(answer.json())

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send something, once."""
        answer = self._client.request(
            "POST", self._url(path), params=self._signed(self._token, {}), json=dict(body)
        )
        return _object(answer.json())

    def post_file(self, path: str, body: Mapping[str, Any], file: Attachment) -> dict[str, Any]:
        """Send something with a file, once."""
        content, content_type = _multipart(body, file)
        answer = self._client.request(
            "POST",
            self._url(path),
            params=self._signed(self._token, {}),
            data=content,
            headers={"Content-Type": content_type},
        )
        return _object(answer.json())

    def rows(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list, page after page."""
        for page in self.pages(path, **params):
            yield from page

    def pages(self, path: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
        """Yield the pages of a list. Where the next one begins is taken from the answer, and its
        address from nowhere but here."""
        for _number in range(MAX_PAGES):
            answer = self.get(path, **params)
            yield list_of(answer)
            after = after_of(answer)
            if not after:
                return
            params["after"] = after

    def as_app(self, path: str, **params: Any) -> dict[str, Any]:
        """Return an object, asked for by the app and not by the page."""
        token = f"{self.app_id}|{self._secret}"
        with self._open(token) as client:
            return _object(client.get(self._url(path), params=params).json())

    def register(self, url: str, verify_token: str, fields: tuple[str, ...]) -> None:
        """Tell Meta where the app hears of what happens on its pages. While this request is open,
        Meta makes one of its own to that address. †"""
        token = f"{self.app_id}|{self._secret}"
        body = {
            "object": "page",
            "callback_url": url,
            "verify_token": verify_token,
            "fields": ",".join(fields),
            "include_values": True,
        }
        with self._open(token) as client:
            client.request("POST", self._url(f"{self.app_id}/subscriptions"), json=body)

    def token_facts(self) -> dict[str, Any]:
        """What Meta says of the token of the page: ``is_valid``, ``scopes``, ``expires_at``,
        ``profile_id``."""
        answer = self.as_app("debug_token", input_token=self._token)
        facts = answer.get("data")
        return facts if isinstance(facts, dict) else {}

    def _signed(self, token: str, params: Mapping[str, Any]) -> dict[str, Any]:
        signed = dict(params)
        if self._secret:
            signed["appsecret_proof"] = hmac_sha256(self._secret, token.encode())
        return signed

    def _url(self, path: str) -> str:
        parts = "/".join(quote(part, safe="-_:.") for part in path.split("/"))
        return f"{self.base_url}/{self._version}/{parts}"

    @property
    def host(self) -> str:
        """The machine that is spoken to."""
        return urlsplit(self.base_url).hostname or ""


def list_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a page of a list.

    :raise PayloadError: it is none
    """
    data = answer.get("data")
    if not isinstance(data, list):
        raise PayloadError("Messenger answered something that is no list.")
    return [row for row in data if isinstance(row, dict)]


def after_of(answer: Mapping[str, Any]) -> str:
    """Return where the next page of a list begins; empty: this was the last one."""
    paging = answer.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    return str(cursors.get("after") or "") if isinstance(cursors, dict) else ""


def _object(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise PayloadError("Messenger answered something that cannot be read.")
    return said


def _multipart(body: Mapping[str, Any], file: Attachment) -> tuple[bytes, str]:
    """A form with a file, as RFC 7578 has it."""
    boundary = secrets.token_hex(16)
    name = "".join(char if char.isprintable() and char not in '"\\' else "_" for char in file.name)
    parts = []
    for key, value in body.items():
        text = value if isinstance(value, str) else json.dumps(value)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n'
        parts.append(f"{head}{text}\r\n".encode())
    content_type = file.content_type if "\n" not in file.content_type else ""
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="filedata"; filename="{name}"\r\n'
        f"Content-Type: {content_type or 'application/octet-stream'}\r\n\r\n".encode()
    )
    parts += [file.content or b"", f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
