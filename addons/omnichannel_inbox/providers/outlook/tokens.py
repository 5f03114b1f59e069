"""Access tokens: by the application's own secret or certificate, or by somebody who signed in."""

import base64
import binascii
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from odoo.addons.integration_base import access_token
from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.integration_base.http_client import HttpClient, is_loopback

from .certificate import Certificate, CertificateError, client_assertion
from .errors import LoginError, explain_login

__all__ = [
    "GRAPH_URL",
    "LOGIN_URL",
    "Credentials",
    "Login",
    "MemoryTokens",
    "Token",
    "TokenStore",
    "challenge_of",
    "claims_of",
    "new_verifier",
]

GRAPH_URL = "https://graph.microsoft.com"
LOGIN_URL = "https://login.microsoftonline.com"
#: What somebody who signs in allows; ``.Shared``: mailboxes that he shares with others.
DELEGATED_SCOPES = (
    "openid",
    "email",
    "offline_access",
    "Mail.ReadWrite",
    "Mail.ReadWrite.Shared",
    "Mail.Send",
    "Mail.Send.Shared",
)
#: Seconds before its end at which a token counts as expired.
MARGIN = 120
#: The domain or the id of an organisation, or one of the words for "any".
TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Token:
    """An access token.

    :param lifetime: seconds
    :param refresh: by which the next one is had; it *replaces* the one that was used
    """

    value: str = field(repr=False)
    lifetime: float
    refresh: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)

    @classmethod
    def parse(cls, body: Any) -> "Token":
        """:raise PayloadError: the answer holds no token"""
        try:
            return cls(
                str(body["access_token"]),
                float(body.get("expires_in") or 3600),
                str(body.get("refresh_token") or ""),
                str(body.get("id_token") or ""),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise PayloadError("The sign-in of Microsoft answered without a token.") from error


@dataclass(frozen=True)
class Credentials:
    """Who we are to Microsoft.

    :param tenant: domain or id of the organisation
    :param certificate: instead of the secret
    """

    tenant: str
    client_id: str
    secret: str = field(default="", repr=False)
    certificate: Certificate | None = None
    is_delegated: bool = False
    login_url: str = LOGIN_URL
    graph_url: str = GRAPH_URL

    @property
    def endpoint(self) -> str:
        """Where tokens are had, without the last word."""
        return f"{self.login_url.rstrip('/')}/{self.tenant}/oauth2/v2.0"

    @property
    def default_scope(self) -> str:
        """All that the application was allowed."""
        parts = urlsplit(self.graph_url)
        base = GRAPH_URL if is_loopback(parts.hostname or "") else f"https://{parts.netloc}"
        return f"{base}/.default"


class TokenStore(Protocol):
    """Keeps the one token of an application, or of somebody who signed in, for all workers."""

    def get(self, fetch: Callable[[str], Token]) -> str:
        """Return the living token. When there is none, call ``fetch`` with the refresh token
        (never two at a time) and keep what it gives, a new refresh token included."""

    def discard(self, token: str) -> None:
        """Forget ``token``, unless another one has taken its place meanwhile."""


class MemoryTokens(access_token.MemoryTokens):
    """The token of one process."""

    margin = MARGIN

    def __init__(self, refresh: str = "", now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(now)
        self.refresh = refresh

    def get(self, fetch: Callable[[str], Token]) -> str:
        """Override: as :meth:`TokenStore.get`."""
        return super().get(lambda: self._renew(fetch))

    def _renew(self, fetch: Callable[[str], Token]) -> Token:
        token = fetch(self.refresh)
        self.refresh = token.refresh or self.refresh
        return token


class Login:
    """Speaks to the sign-in of Microsoft.

    :param timeout: seconds to wait for an answer
    """

    def __init__(self, credentials: Credentials, timeout: float = 15) -> None:
        if not TENANT.fullmatch(credentials.tenant or ""):
            raise LoginError("The organisation (tenant) is missing, or is none.", code=401)
        self._credentials = credentials
        self._timeout = timeout

    def fetch(self, refresh: str = "") -> Token:
        """Return a new token: with a refresh token, of whoever signed in; else the application's.

        :raise LoginError: Microsoft does not know the application, or refuses what it shows
        :raise RetryableError: it cannot be reached
        """
        if self._credentials.is_delegated:
            if not refresh:
                raise LoginError("Nobody has signed in for this mailbox yet.", code=401)
            return self._ask(
                grant_type="refresh_token",
                refresh_token=refresh,
                scope=" ".join(DELEGATED_SCOPES),
            )
        return self._ask(grant_type="client_credentials", scope=self._credentials.default_scope)

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> Token:
        """Return the token of somebody who has just signed in.

        :param code: as it came back with his browser
        :raise LoginError: the code is none, too old or was used before
        """
        return self._ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=verifier,
            scope=" ".join(DELEGATED_SCOPES),
        )

    def authorize_url(self, redirect_uri: str, state: str, challenge: str, hint: str = "") -> str:
        """Return the address where somebody signs in.

        :param challenge: :func:`challenge_of` the verifier that :meth:`redeem` will show
        :param hint: his address, to spare him the typing
        """
        query = {
            "client_id": self._credentials.client_id,
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": redirect_uri,
            "scope": " ".join(DELEGATED_SCOPES),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "prompt": "select_account",
        }
        if hint:
            query["login_hint"] = hint
        return f"{self._credentials.endpoint}/authorize?{urlencode(query)}"

    def _ask(self, **form: str) -> Token:
        url = f"{self._credentials.endpoint}/token"
        form = {"client_id": self._credentials.client_id, **form, **self._proof(url)}
        with HttpClient(
            self._credentials.login_url, timeout=self._timeout, explain=explain_login
        ) as client:
            return Token.parse(client.request("POST", url, data=form, max_bytes=1 << 18).json())

    def _proof(self, url: str) -> dict[str, str]:
        if self._credentials.certificate:
            try:
                assertion = client_assertion(
                    self._credentials.certificate, self._credentials.client_id, url
                )
            except CertificateError as error:
                raise LoginError(str(error), code=401) from error
            return {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": assertion}
        if self._credentials.secret:
            return {"client_secret": self._credentials.secret}
        raise LoginError("Neither secret nor certificate is given.", code=401)


def new_verifier() -> str:
    """Return a secret by which only who began a sign-in can end it (RFC 7636)."""
    return secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> str:
    """Return what may be shown of a verifier before the sign-in."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says, *unchecked*: only of tokens that came from the sign-in itself.

    A token need not be readable to us; then nothing is returned.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
