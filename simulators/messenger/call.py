"""One request to the Graph API: what it asks, and on whose behalf."""

import hashlib
import hmac
import json

from aiohttp import web

from .errors import DEATHS, MetaError, bad_parameter, unknown_object

APP, PAGE, USER = "app", "page", "user"
#: Bytes of a body that is no file.
_MOST = 1024 * 1024


class Call:
    """:param Simulator simulator: whose platform is asked; :param Request request: of aiohttp"""

    def __init__(self, simulator, request):
        self.simulator = simulator
        self.world = simulator.world
        self.request = request
        self.values = dict(request.query)
        self.upload = None
        #: Who asks: ``app``, ``page`` or ``user``; and the page, of a page.
        self.asker = ""
        self.page = None
        self.token = ""

    @classmethod
    async def read(cls, simulator, request):
        """:return Call: with the values of its query and its body, admitted
        :raises MetaError: it cannot be read, or nobody is admitted by its token"""
        call = cls(simulator, request)
        if request.method != "GET":
            await call._read_body()
        call._admit()
        return call

    async def _read_body(self):
        kind = self.request.content_type
        if kind == "multipart/form-data":
            form = await self.request.post()
            for name, value in form.items():
                if isinstance(value, web.FileField):
                    content_type = value.content_type
                    self.upload = (value.filename, content_type, value.file.read())
                else:
                    self.values[name] = value
        elif kind == "application/x-www-form-urlencoded":
            self.values |= dict(await self.request.post())
        else:
            text = await self.request.text()
            try:
                content = json.loads(text or "{}")
            except ValueError as error:
                raise MetaError(1, 1357046, "Received Invalid JSON reply.", 400) from error
            if not isinstance(content, dict):
                raise bad_parameter("An object is expected")
            self.values |= content

    # -- who asks ------------------------------------------------------------------------------
    def _given_token(self):
        scheme, _blank, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return token.strip()
        return str(self.values.get("access_token") or "")

    def _admit(self):
        token = self.token = self._given_token()
        if not token:
            raise MetaError(
                104, message="An access token is required to request this resource.", status=400
            )
        if token == f"{self.world.app_id}|{self.world.app_secret}":
            self.asker = APP
        elif token == self.world.user_token:
            self.asker = USER
        else:
            self.page = next(
                (page for page in self.world.pages.values() if page.token == token), None
            )
            if self.page is None:
                raise MetaError(190, message="Invalid OAuth access token.")
            if self.page.dead:
                raise MetaError(190, DEATHS[self.page.dead])
            self.asker = PAGE
        self._check_proof(token)

    def _check_proof(self, token):
        """``appsecret_proof``: a token alone, stolen perhaps, is no use."""
        proof = self.values.get("appsecret_proof")
        if proof is None:
            if self.simulator.requires_proof and self.asker != APP:
                raise MetaError(
                    100,
                    message="API calls from the server require an appsecret_proof argument",
                    kind="GraphMethodException",
                )
            return
        secret = self.world.app_secret.encode()
        expected = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(str(proof).encode(), expected.encode()):
            raise MetaError(
                100,
                message="Invalid appsecret_proof provided in the API argument",
                kind="GraphMethodException",
            )

    # -- what is asked -------------------------------------------------------------------------
    def value(self, name, default=None):
        """:return: what was given, forms written as JSON included"""
        value = self.values.get(name, default)
        if isinstance(value, str) and value[:1] in ("{", "["):
            try:
                return json.loads(value)
            except ValueError as error:
                raise bad_parameter(f"Param {name} must be valid JSON") from error
        return value

    def object(self, name):
        """:return dict: empty without; :raises MetaError: something else was given"""
        value = self.value(name) or {}
        if not isinstance(value, dict):
            raise bad_parameter(f"Param {name} must be an object")
        return value

    def of_page(self, key):
        """:param str key: in the path, ``me`` included; :return Page: which asks
        :raises MetaError: it is another's"""
        if self.page is None:
            raise MetaError(
                190,
                2069032,
                "A page access token is required for this call.",
                kind="OAuthException",
            )
        if key not in ("me", self.page.id):
            raise unknown_object(key)
        return self.page

    def person(self, page, psid):
        """:return Person: who writes to this page; :raises MetaError: there is none"""
        person = self.world.people.get(str(psid))
        if person is None or person.page is not page:
            raise MetaError(100, 2018001)
        return person


def answer(content):
    """:return Response: JSON as the Graph API sends it"""
    text = json.dumps(content).replace("/", "\\/")
    return web.Response(
        body=text.encode(),
        content_type="application/json",
        charset="UTF-8",
        headers={"facebook-api-version": "v25.0", "Cache-Control": "private, no-store"},
    )
