"""What the tests of iAdvize share: a simulated project, and a provider that follows it."""

import json
import time

from odoo.addons.omnichannel_inbox.providers.base import WebhookRequest
from odoo.addons.omnichannel_inbox.providers.iadvize import IadvizeProvider
from odoo.addons.omnichannel_inbox.providers.iadvize.tokens import Credentials, MemoryTokens
from odoo.addons.omnichannel_inbox.signature import hmac_sha256

from simulators.own_api import ask

USER, PASSWORD = "api@meubles-demo.example", "iadvize-demo-password"
SECRET = "secret of the app"
SOPHIE = "sophie@meubles-demo.example"
KARIM = "karim@meubles-demo.example"
BOT = "bot@meubles-demo.example"


def credentials(simulator, **values):
    """Those of the API user that the simulated project knows."""
    return Credentials(**{"user": USER, "password": PASSWORD, "url": simulator.url, **values})


def provider(simulator, **settings):
    """The provider of the project."""
    return IadvizeProvider(
        {
            "credentials": settings.pop("credentials", None) or credentials(simulator),
            "tokens": settings.pop("tokens", None) or MemoryTokens(),
            "secret": SECRET,
            "order_keys": ("orderNumber",),
            "customer_keys": ("customerNumber",),
            **settings,
        }
    )


def control(simulator, method, path, body=None):
    """The simulator's own API."""
    return ask(simulator.url, method, path, body)


def begin(simulator, text="Bonjour", **details):
    """A visitor writes first; the id of the conversation."""
    visitor = {"first_name": "Claire", "last_name": "Petit", **details.pop("visitor", {})}
    body = {"visitor": visitor, "text": text, "operator": SOPHIE, **details}
    return control(simulator, "POST", "/sim/chats", body)["id"]


def say(simulator, chat, author, text="", **more):
    """Somebody writes."""
    body = {"author": author, **({"text": text} if text else {}), **more}
    return control(simulator, "POST", f"/sim/chats/{chat}/messages", body)


def do(simulator, chat, what, **body):
    """Something happens to a conversation."""
    answer = control(simulator, "POST", f"/sim/chats/{chat}/{what}", body)
    # moments travel in milliseconds: what is asked for next comes after this one
    time.sleep(0.002)
    return answer


def fault(simulator, *rules, **orders):
    """Have it fail."""
    return control(simulator, "POST", "/sim/faults", {**orders, "rules": list(rules)})


def heard(payload, secret=SECRET, method="POST", query=b"", **headers):
    """A delivery, signed."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = body if method == "POST" else query
    return WebhookRequest(
        method,
        {},
        {"x-iadvize-signature": f"sha256={hmac_sha256(secret, signed)}", **headers},
        body if method == "POST" else b"",
        query_string=query,
    )


def read_all(made, folder, cursor="", since=None):
    """All events of a folder, the last cursor, and the pages."""
    pages = list(made.sync(folder, cursor, since))
    return [event for page in pages for event in page.events], pages[-1].cursor, pages
