"""The one access token of an API user.

Documented: ``POST /oauth2/token`` with user name and password is the only way, there is no refresh
token, a token lives for a day, and a user may sign in ten times a minute: so one token is shared.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from odoo.addons.integration_base import access_token
from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.integration_base.http_client import HttpClient

from .errors import LoginError, explain_login

__all__ = ["API_URL", "MARGIN", "Credentials", "Login", "MemoryTokens", "Token", "TokenStore"]

API_URL = "https://api.iadvize.com"
#: Seconds before its end at which a token counts as expired.
MARGIN = 300
#: Seconds that a token lives which does not say.
_LIFETIME = 86_400


@dataclass(frozen=True)
class Credentials:
    """An API user: one of its own, for neither two factors nor a company's sign-in work here."""

    user: str
    password: str = field(repr=False)
    platform: str = "ha"
    """``ha`` or ``sd``: on which of its two platforms iAdvize has the customer."""
    url: str = API_URL


@dataclass(frozen=True)
class Token:
    """An access token.

    :param lifetime: seconds
    """

    value: str = field(repr=False)
    lifetime: int

    @classmethod
    def parse(cls, said: Any) -> "Token":
        """Read the answer of the sign-in.

        :raise PayloadError: it holds no token
        """
        value = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(value, str) or not value:
            raise PayloadError("The sign-in of iAdvize answered without a token.")
        try:
            lifetime = int(float(said.get("expires_in") or _LIFETIME))
        except (TypeError, ValueError, OverflowError):
            lifetime = _LIFETIME
        return cls(value, min(max(lifetime, 0), _LIFETIME))


class TokenStore(Protocol):
    """Where the living token is kept."""

    def get(self, fetch: Callable[[], Token]) -> str:
        """Return it, or the one that ``fetch`` brings."""
        ...

    def discard(self, token: str) -> None:
        """Forget one that is not accepted any more."""
        ...


class MemoryTokens(access_token.MemoryTokens):
    """Keeps it in memory."""

    margin = MARGIN


class Login:
    """Signs in.

    :param timeout: seconds to wait for an answer
    """

    def __init__(self, credentials: Credentials, timeout: float = 15) -> None:
        self._credentials = credentials
        self._timeout = timeout

    def fetch(self) -> Token:
        """Return a new token.

        :raise LoginError: user name or password are missing, or refused
        :raise RetryableError: iAdvize cannot be reached, or asks for patience
        """
        credentials = self._credentials
        if not (credentials.user and credentials.password):
            raise LoginError("User name or password of the API user are missing.", code=401)
        form = {
            "grant_type": "password",
            "username": credentials.user,
            "password": credentials.password,
        }
        with HttpClient(
            credentials.url, timeout=self._timeout, max_bytes=1 << 18, explain=explain_login
        ) as client:
            url = f"{credentials.url.rstrip('/')}/oauth2/token"
            return Token.parse(client.request("POST", url, data=form).json())
