"""``login.microsoftonline.com``: tokens of the application, and of users who signed in for it."""

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from .assertion import AssertionRefused, check_assertion

GRAPH = "https://graph.microsoft.com/"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CODE_SECONDS = 600
_REFRESH_SECONDS = 90 * 86400
_OPENID = {"openid", "profile", "email", "offline_access"}


class TokenRefused(Exception):
    """:param str error: code of OAuth; :param int number: AADSTS; :param int status: HTTP"""

    def __init__(self, error, number, text, status=400):
        super().__init__(f"AADSTS{number}: {text}")
        self.error = error
        self.number = number
        self.status = status

    def to_json(self, now):
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        moment = f"{datetime.fromtimestamp(now, timezone.utc):%Y-%m-%d %H:%M:%SZ}"
        return {
            "error": self.error,
            "error_description": (
                f"{self} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}"
            ),
            "error_codes": [self.number],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }


@dataclass(frozen=True)
class Principal:
    """Who holds a token: the application (``user`` is empty), or a user through it."""

    client_id: str
    scopes: frozenset
    user: str
    until: float


@dataclass(frozen=True)
class _Grant:
    user: str
    scopes: frozenset
    until: float
    redirect_uri: str = ""
    challenge: str = ""


class Login:
    """:param Directory directory: who may what; :param Exchange exchange: who can sign in
    :param Clock clock: by which tokens end"""

    def __init__(self, directory, exchange, clock):
        self.directory = directory
        self.exchange = exchange
        self.clock = clock
        self.issued = 0
        self._access = {}
        self._codes = {}
        self._refresh = {}

    def add_routes(self, router):
        router.add_post("/{tenant}/oauth2/v2.0/token", self.token)
        router.add_get("/{tenant}/oauth2/v2.0/authorize", self.authorize)
        router.add_get("/{tenant}/oauth2/v2.0/authorize/answer", self.answer)
        router.add_get("/{tenant}/adminconsent", self.consent)

    # -- tokens --------------------------------------------------------------------------------
    async def token(self, request):
        form = await request.post()
        headers = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}
        try:
            answer = self.issue(request.match_info["tenant"], form, _endpoint(request))
        except TokenRefused as refusal:
            body = refusal.to_json(self.clock.now())
            return web.json_response(body, status=refusal.status, headers=headers)
        return web.json_response(answer, headers=headers)

    def issue(self, tenant, form, endpoint=""):
        """:param str tenant: as in the address; :param form: mapping, the fields of the request
        :param str endpoint: address that was asked, the audience of a client assertion
        :return dict: token response; :raises TokenRefused:"""
        grant = form.get("grant_type")
        self._check_tenant(tenant, grant)
        self._check_client(form, endpoint)
        if grant == "client_credentials":
            if not str(form.get("scope", "")).endswith("/.default"):
                raise TokenRefused(
                    "invalid_scope",
                    1002012,
                    f"The provided value for scope {form.get('scope')} is not valid. Client "
                    "credential flows must have a scope value with /.default suffixed to the "
                    "resource identifier (application ID URI).",
                )
            return self._answer("", frozenset(self.directory.roles))
        if grant == "authorization_code":
            return self._answer_grant(form, self._take_code(form))
        if grant == "refresh_token":
            return self._answer_grant(form, self._take_refresh(form))
        raise TokenRefused(
            "unsupported_grant_type",
            70003,
            f"The app requested an unsupported grant type '{grant}'.",
        )

    def _check_tenant(self, tenant, grant):
        if self.directory.is_tenant(tenant):
            return
        if tenant in ("common", "organizations") and grant != "client_credentials":
            return
        raise TokenRefused(
            "invalid_request",
            90002,
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and "
            "are signing into the correct cloud. Check with your subscription administrator, this "
            "may happen if there are no active subscriptions for the tenant.",
        )

    def _check_client(self, form, endpoint):
        directory = self.directory
        client_id = str(form.get("client_id") or "")
        if client_id.lower() != directory.client_id:
            raise TokenRefused(
                "unauthorized_client",
                700016,
                f"Application with identifier '{client_id}' was not found in the directory "
                f"'{directory.domain}'. This can happen if the application has not been installed "
                "by the administrator of the tenant or consented to by any user in the tenant. You "
                "may have sent your authentication request to the wrong tenant.",
            )
        if form.get("client_assertion"):
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise TokenRefused("invalid_client", 700025, "Unknown client_assertion_type.", 401)
            try:
                check_assertion(str(form["client_assertion"]), directory, endpoint)
            except AssertionRefused as refusal:
                raise TokenRefused("invalid_client", refusal.number, str(refusal), 401) from refusal
            return
        given = str(form.get("client_secret") or "")
        if not given:
            raise TokenRefused(
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or "
                "'client_secret'.",
                401,
            )
        for secret in directory.secrets:
            if hmac.compare_digest(secret.value.encode(), given.encode()):
                if secret.expires is not None and secret.expires <= self.clock.now():
                    raise TokenRefused(
                        "invalid_client",
                        7000222,
                        f"The provided client secret keys for app '{directory.client_id}' are "
                        "expired. Visit the Azure portal to create new keys for your app: "
                        "https://aka.ms/NewClientSecret, or consider using certificate credentials "
                        "for added security: https://aka.ms/certCreds.",
                        401,
                    )
                return
        raise TokenRefused(
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, not the client secret ID, for a secret added to app "
            f"'{directory.client_id}'.",
            401,
        )

    def _take_code(self, form):
        grant = self._codes.pop(str(form.get("code") or ""), None)
        if grant is None or grant.until <= self.clock.now():
            raise TokenRefused(
                "invalid_grant",
                70008,
                "The provided authorization code or refresh token has expired due to inactivity. "
                "Send a new interactive authorization request for this user and resource.",
            )
        if grant.redirect_uri != form.get("redirect_uri"):
            raise TokenRefused(
                "invalid_grant",
                50011,
                "The redirect URI specified in the request does not match the redirect URIs "
                "configured for the application.",
            )
        if grant.challenge:
            digest = hashlib.sha256(str(form.get("code_verifier") or "").encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != grant.challenge:
                raise TokenRefused(
                    "invalid_grant",
                    501481,
                    "The Code_Verifier does not match the code_challenge supplied in the "
                    "authorization request.",
                )
        return grant

    def _take_refresh(self, form):
        key = str(form.get("refresh_token") or "")
        grant = self._refresh.get(key)
        if grant is None:
            raise TokenRefused(
                "invalid_grant",
                50173,
                "The provided grant has expired due to it being revoked, a fresh auth token is "
                "needed. The user might have changed or reset their password.",
            )
        if grant.until <= self.clock.now():
            raise TokenRefused(
                "invalid_grant",
                700082,
                "The refresh token has expired due to inactivity. The token was inactive for "
                "90.00:00:00.",
            )
        if self.directory.strict_refresh:
            del self._refresh[key]
        return grant

    def _answer_grant(self, form, grant):
        wanted = frozenset(str(form.get("scope") or "").replace(GRAPH, "").split())
        scopes = (wanted & grant.scopes) or grant.scopes
        answer = self._answer(grant.user, scopes - _OPENID)
        answer["scope"] = " ".join(sorted(scopes - {"offline_access"}))
        if "offline_access" in grant.scopes:
            key = f"1.AXkA{secrets.token_urlsafe(300)}"
            until = self.clock.now() + _REFRESH_SECONDS
            self._refresh[key] = _Grant(grant.user, grant.scopes, until)
            answer["refresh_token"] = key
        if "openid" in grant.scopes:
            answer["id_token"] = self._jwt({"preferred_username": grant.user})
        return answer

    def _answer(self, user, scopes):
        now = self.clock.now()
        seconds = self.directory.token_seconds
        rights = {"scp": " ".join(sorted(scopes))} if user else {"roles": sorted(scopes)}
        token = self._jwt({"appid": self.directory.client_id, "upn": user, **rights})
        until = now + seconds
        self._access[token] = Principal(self.directory.client_id, scopes, user, until)
        self.issued += 1
        return {
            "token_type": "Bearer",
            "expires_in": int(seconds),
            "ext_expires_in": int(seconds),
            "access_token": token,
        }

    def _jwt(self, claims):
        """What it says is for people who look at it; clients must not."""
        now = int(self.clock.now())
        body = {
            "aud": GRAPH.rstrip("/"),
            "iss": f"https://sts.windows.net/{self.directory.tenant_id}/",
            "iat": now,
            "exp": now + int(self.directory.token_seconds),
            "tid": self.directory.tenant_id,
            **{name: value for name, value in claims.items() if value},
        }
        parts = [{"typ": "JWT", "alg": "RS256", "kid": "simulator"}, body]
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
        return ".".join([part.rstrip("=") for part in encoded] + [secrets.token_urlsafe(256)])

    def check(self, authorization):
        """:param str authorization: header of a request
        :return tuple: Principal or None, and what is wrong"""
        scheme, _blank, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return None, "Access token is empty."
        if token.count(".") != 2:
            return None, (
                "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be "
                "in JWS or JWE Compact Serialization Format."
            )
        principal = self._access.get(token)
        if principal is None:
            return None, "Access token validation failure. Invalid audience."
        if principal.until <= self.clock.now():
            return None, "Lifetime validation failed, the token is expired."
        return principal, ""

    def revoke(self, refresh=False):
        """No access token is good any more. :param bool refresh: nor any refresh token"""
        self._access.clear()
        if refresh:
            self._refresh.clear()

    # -- people --------------------------------------------------------------------------------
    async def authorize(self, request):
        """A page that asks who signs in. A test follows its links."""
        query = dict(request.query)
        wrong = self._objection(request.match_info["tenant"], query)
        if wrong:
            return web.Response(text=wrong, status=400)
        choices = [
            (f"Se connecter : {mailbox.address}", {"sim_user": mailbox.address})
            for mailbox in self.exchange.mailboxes.values()
        ]
        choices.append(("Refuser", {"sim_user": ""}))
        base = request.path + "/answer?"
        links = "".join(
            f'<p><a href="{escape(base + urlencode({**query, **extra}))}">{escape(text)}</a></p>'
            for text, extra in choices
        )
        page = (
            '<!doctype html><html lang="fr"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<title>Connexion de démonstration</title><link rel="stylesheet" '
            'href="/static/style.css"><main class="narrow"><section><h1>Connexion</h1>'
            f"<p>Droits demandés : {escape(query.get('scope', ''))}</p>{links}</section></main>"
        )
        return web.Response(text=page, content_type="text/html")

    async def answer(self, request):
        """Somebody signed in, or refused."""
        query = dict(request.query)
        wrong = self._objection(request.match_info["tenant"], query)
        if wrong:
            return web.Response(text=wrong, status=400)
        user = query.get("sim_user", "").lower()
        back = {"state": query.get("state", "")}
        if user in self.exchange.mailboxes:
            code = f"1.AXkA{secrets.token_urlsafe(200)}"
            self._codes[code] = _Grant(
                user,
                frozenset(query.get("scope", "").replace(GRAPH, "").split()),
                self.clock.now() + _CODE_SECONDS,
                query["redirect_uri"],
                query.get("code_challenge", ""),
            )
            back = {"code": code, **back, "session_state": str(uuid.uuid4())}
        else:
            back = {
                "error": "access_denied",
                "error_description": ("AADSTS65004: User declined to consent to access the app."),
                **back,
            }
        raise web.HTTPFound(_with_query(query["redirect_uri"], back))

    async def consent(self, request):
        """The administrator allows what the application was registered for, at once."""
        query = {"response_type": "code", **request.query}
        wrong = self._objection(request.match_info["tenant"], query)
        if wrong:
            return web.Response(text=wrong, status=400)
        back = {
            "admin_consent": "True",
            "tenant": self.directory.tenant_id,
            "state": query.get("state", ""),
        }
        raise web.HTTPFound(_with_query(query["redirect_uri"], back))

    def _objection(self, tenant, query):
        directory = self.directory
        if not directory.is_tenant(tenant) and tenant not in ("common", "organizations"):
            return f"AADSTS90002: Tenant '{tenant}' not found."
        if query.get("client_id", "").lower() != directory.client_id:
            return "AADSTS700016: Application was not found in the directory."
        if query.get("response_type") != "code":
            return "AADSTS70005: The response type is not supported."
        redirect_uri = query.get("redirect_uri", "")
        known = directory.redirect_uris
        if not redirect_uri or (known is not None and redirect_uri not in known):
            return (
                f"AADSTS50011: The redirect URI '{redirect_uri}' specified in the request does not "
                f"match the redirect URIs configured for the application '{directory.client_id}'."
            )
        return ""


def _with_query(url, values):
    parts = urlsplit(url)
    joined = urlencode([*parse_qsl(parts.query), *values.items()])
    return urlunsplit(parts._replace(query=joined))


def _endpoint(request):
    return f"{request.scheme}://{request.host}{request.path}"
