"""The app on the developer platform: where events go, and the panel in the desk."""

import base64
import hashlib
import hmac
import json

#: Events an app may subscribe to.
EVENTS = (
    "v2.conversation.pushed", "v2.conversation.closed", "visitor.updated",
    "satisfaction.answered", "transaction.attributed", "user.created", "user.updated",
    "user.connected", "user.disconnected", "user.availability.updated",
)  # fmt: skip
JWT_SECONDS = 60


class App:
    """At most one: ``secret`` signs events, ``panel_secret`` the tokens of the panel's page."""

    def __init__(self):
        self.webhook_url = ""
        self.secret = ""
        self.panel_url = ""
        self.panel_secret = ""
        self.events = list(EVENTS)

    def update(self, given):
        """:param dict given: some of ``webhook_url secret panel_url panel_secret events``
        :raises ValueError: an unknown word or event"""
        unknown = set(given) - set(self.to_json())
        if unknown:
            raise ValueError(f"no such word about an app: {', '.join(sorted(unknown))}")
        for name in ("webhook_url", "secret", "panel_url", "panel_secret"):
            if name in given:
                setattr(self, name, str(given[name] or ""))
        if "events" in given:
            events = list(given["events"] or EVENTS)
            if set(events) - set(EVENTS):
                raise ValueError(f"events: of {', '.join(EVENTS)}")
            self.events = events

    def to_json(self):
        return {
            "webhook_url": self.webhook_url,
            "secret": self.secret,
            "panel_url": self.panel_url,
            "panel_secret": self.panel_secret,
            "events": self.events,
        }

    def signature(self, content):
        """:param bytes content: a raw body, or a raw query; :return str: value of the header"""
        digest = hmac.new(self.secret.encode(), content, hashlib.sha256).hexdigest()
        return f"sha256={digest}"

    def token(self, operator, now):
        """:param Operator operator: who opens the panel; :param float now: seconds since 1970, of
        the world: the panel's page has no other clock; :return str: JSON Web Token, HS256"""
        claims = {
            "iss": "iadvize",
            "sub": str(operator.id),
            "aud": self.panel_url,
            "iat": int(now),
            "exp": int(now) + JWT_SECONDS,
            "email": operator.email,
        }
        signed = ".".join(_encode(part) for part in ({"typ": "JWT", "alg": "HS256"}, claims))
        key = self.panel_secret.encode()
        digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_base64(digest)}"


def _encode(part):
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
