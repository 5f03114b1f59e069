"""The one place that speaks to iAdvize."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from odoo.addons.integration_base.access_token import with_token
from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.integration_base.http_client import HttpClient, SharedTokenAuth

from .errors import LoginError, explain_api, refusal
from .tokens import Credentials, Login, TokenStore

__all__ = ["Api"]

MAX_BYTES = 32 * 2**20
#: Seconds; who has to wait longer comes back later.
MAX_WAIT = 5.0

T = TypeVar("T")


class Api:
    """GraphQL of iAdvize, as one API user. One object for one thread.

    :param tokens: where the living token is kept
    :param timeout: seconds to wait for each piece of an answer
    """

    def __init__(self, credentials: Credentials, tokens: TokenStore, timeout: float = 30) -> None:
        self.credentials = credentials
        self._tokens = tokens
        self._auth = SharedTokenAuth(self.token)
        self._base = credentials.url.rstrip("/")
        self._client = HttpClient(
            self._base,
            self._auth,
            timeout,
            max_bytes=MAX_BYTES,
            max_retries=1,
            max_wait=MAX_WAIT,
            explain=explain_api,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def token(self) -> str:
        """Return the living token, a new one if need be.

        :raise LoginError: it cannot be had
        """
        return self._tokens.get(Login(self.credentials).fetch)

    def authenticated(self) -> Any:
        """Return what iAdvize says of whoever we are (``GET /_authenticated``).

        :raise AuthError: it does not know us
        """
        response = self._with_token(lambda: self._client.get(f"{self._base}/_authenticated"))
        return response.json() if response.content[:1] in (b"{", b"[") else None

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Return the ``data`` of a query. What could not be had of it is missing in there, as long
        as there is something.

        :raise SchemaError: it asks for what there is not
        :raise IntegrationError: as :func:`errors.refusal`, when nothing came
        """
        body = {"query": query, "variables": dict(variables or {})}
        params = {"platform": "sd"} if self.credentials.platform == "sd" else None

        def send() -> Mapping[str, Any]:
            response = self._client.request(
                "POST", f"{self._base}/graphql", params=params, json=body
            )
            return _data(response.json())

        return self._with_token(send)

    def _with_token(self, send: Callable[[], T]) -> T:
        return with_token(send, self._auth, self._tokens, LoginError)


def _data(said: Any) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        raise PayloadError("iAdvize answered something that is no answer of GraphQL.")
    data, errors = said.get("data"), said.get("errors")
    is_there = isinstance(data, dict) and any(value is not None for value in data.values())
    if isinstance(errors, list) and errors and not is_there:
        raise refusal(errors)
    if not isinstance(data, dict):
        raise PayloadError("iAdvize answered without data.")
    return data
