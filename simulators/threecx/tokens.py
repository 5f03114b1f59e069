"""Tokens of the application: one at a time, a new one ends the one before."""

import hmac
import secrets
import time


class TokenRefused(Exception):
    """:param int status: HTTP; :param str error: code of OAuth"""

    def __init__(self, status, error, description):
        super().__init__(description)
        self.status = status
        self.error = error

    def to_json(self):
        # xapi-tutorial, auth.ts, reads error_description, then error
        return {"error": self.error, "error_description": str(self)}


class Tokens:
    """:param str client_id: of the application; :param float seconds: life of a token, of the world

    Lives by the world's clock, as the clients do.
    """

    def __init__(self, client_id, client_secret, licence, seconds=3600, clock=time.time):
        self.client_id = client_id
        self.client_secret = client_secret
        self.licence = licence
        self.seconds = seconds
        self.issued = 0
        self._clock = clock
        self._access = self._refresh = None
        self._until = 0.0

    def issue(self, form):
        """:param form: mapping, the fields of the request
        :return dict: TokenResponse of xapi-tutorial, auth.ts
        :raises TokenRefused:"""
        grant = form.get("grant_type")
        if grant == "refresh_token":
            if not self._refresh or form.get("refresh_token") != self._refresh:
                raise TokenRefused(400, "invalid_grant", "The refresh token is not valid.")
        elif grant != "client_credentials":
            raise TokenRefused(400, "unsupported_grant_type", f"grant_type: {grant}")
        elif not self._is_client(form):
            raise TokenRefused(401, "invalid_client", "The client id or secret is not valid.")
        self._access, self._refresh = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
        self._until = self._clock() + self.seconds
        self.issued += 1
        minutes = self.licence.counts_minutes
        return {
            "token_type": "Bearer",
            "expires_in": max(1, round(self.seconds / 60)) if minutes else int(self.seconds),
            "access_token": self._access,
            "refresh_token": self._refresh,
        }

    def check(self, authorization):
        """:param str authorization: header of a request; :return str: what is wrong, or empty"""
        scheme, _blank, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "no token"
        if not self._access or not _equal(token, self._access):
            return "The token is not valid"
        return "The token expired" if self._clock() >= self._until else ""

    def revoke(self):
        """No token is good any more."""
        self._access = self._refresh = None

    def _is_client(self, form):
        return _equal(form.get("client_id"), self.client_id) and _equal(
            form.get("client_secret"), self.client_secret
        )


def _equal(given, wanted):
    return hmac.compare_digest(str(given or "").encode(), wanted.encode())
