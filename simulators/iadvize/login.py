"""Tokens: by name and password of an administrator, the only grant there is."""

import secrets
from collections import deque

from aiohttp import web

USERS = {"api@meubles-demo.example": "iadvize-demo-password"}
TOKEN_SECONDS = 86_400
PER_USER, PER_ADDRESS = 10, 100  # log-ins in a minute
_MINUTE = 60


class Login:
    """:param Clock clock: of the project; :param dict users: addresses and passwords"""

    def __init__(self, clock, users=None):
        self.clock = clock
        self.users = dict(users or USERS)
        #: Users that sign in with a second factor: not with a password alone.
        self.with_second_factor = set()
        self.token_seconds = TOKEN_SECONDS
        self.count = 0
        self._until = {}
        self._lately = {}

    def add_routes(self, router):
        router.add_post("/oauth2/token", self.token)
        router.add_get("/_authenticated", self.authenticated)

    def expire(self):
        """All tokens end."""
        self._until.clear()

    def is_valid(self, request):
        """:return bool: whether a request carries a token that lives"""
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and self._until.get(token, 0) > self.clock.now()

    @staticmethod
    def refusal():
        """:return Response: to a request without a valid token"""
        content = {"error_description": "access token not valid", "error": "invalid_token"}
        return web.json_response(content, status=401)

    async def authenticated(self, request):
        if not self.is_valid(request):
            return self.refusal()
        return web.json_response({"authenticated": True})

    async def token(self, request):
        if request.content_type != "application/x-www-form-urlencoded":
            return _error("invalid_request", "The request must be a form")
        form = await request.post()
        if form.get("grant_type") != "password":
            return _error("unsupported_grant_type", "Only the grant type password is supported")
        user = str(form.get("username", "")).lower()
        wait = max(
            self._wait(("user", user), PER_USER), self._wait(("from", request.remote), PER_ADDRESS)
        )
        if wait:
            content = {"error": "too_many_requests", "error_description": "Too many log-ins"}
            return web.json_response(content, status=429, headers={"Retry-After": str(int(wait))})
        given = str(form.get("password", "")).encode()
        wanted = self.users.get(user)
        is_right = wanted is not None and secrets.compare_digest(given, wanted.encode())
        if not is_right or user in self.with_second_factor:
            return _error("invalid_grant", "The user credentials were incorrect")
        token = secrets.token_hex(32)
        self.count += 1
        self._until[token] = self.clock.now() + self.token_seconds
        return web.json_response(
            {
                "refresh_token": "none",
                "token_type": "Bearer",
                "access_token": token,
                "expires_in": self.token_seconds,
            }
        )

    def _wait(self, key, most):
        """Counts a log-in. :return float: seconds until one is allowed again, 0 when it is"""
        now = self.clock.now()
        times = self._lately.setdefault(key, deque())
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) >= most:
            return max(1, times[0] + _MINUTE - now)
        times.append(now)
        return 0


def _error(code, description):
    return web.json_response({"error": code, "error_description": description}, status=400)
