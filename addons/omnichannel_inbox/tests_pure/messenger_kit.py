"""What the tests of Messenger share: a simulated page, and a provider that speaks for it."""

import json
from contextlib import contextmanager
from datetime import datetime, timezone
from urllib.error import HTTPError

from odoo.addons.omnichannel_inbox.providers.base import Address, Outbound, WebhookRequest
from odoo.addons.omnichannel_inbox.providers.messenger import MessengerProvider
from odoo.addons.omnichannel_inbox.signature import hmac_sha256

from simulators.messenger.server import Simulator, running
from simulators.messenger.world import APP_ID, APP_SECRET, PAGE_ID, PAGE_NAME, PAGE_TOKEN
from simulators.own_api import ask

UUID = "0d5d4a1e-6c0c-4e86-9a0b-3d2f7a1c9e55"
SECRET = "of the channel"


def provider(simulator=None, **settings):
    """The provider of the page."""
    return MessengerProvider(
        {
            "channel_id": 1,
            "name": "Messenger",
            "page_id": PAGE_ID,
            "page_name": PAGE_NAME,
            "page_token": PAGE_TOKEN,
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "verify_token": "let me in",
            "secret": SECRET,
            "api_url": simulator.url if simulator else "https://graph.facebook.com",
            "settle": 0,
            "start_date": None,
            **({"now": simulator.clock.now} if simulator else {}),
            **settings,
        }
    )


@contextmanager
def page():
    """A simulated page.

    :return: `Page`
    """
    with running(Simulator()) as simulator:
        yield Page(simulator)


class Page:
    """The simulator, by its own API."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.provider = provider(simulator)
        self.progress = {}

    def ask(self, method, path, body=None):
        try:
            return ask(self.simulator.url, method, f"/sim/{path}", body)
        except HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def person(self, name="Claire Petit", **values):
        """Somebody; his id on the page."""
        return self.ask("POST", "people", {"name": name, **values})["psid"]

    def writes(self, psid, text="Bonjour", **values):
        """He writes; the name of his message."""
        return self.ask("POST", f"people/{psid}/messages", {"text": text, **values})["mid"]

    def does(self, psid, verb, **values):
        return self.ask("POST", f"people/{psid}/{verb}", values)

    def fault(self, *rules, **orders):
        return self.ask("POST", "faults", {**orders, "rules": list(rules)})

    def later(self, **delta):
        """Time goes by."""
        seconds = sum(
            {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}[name] * value
            for name, value in delta.items()
        )
        self.ask("POST", "clock", {"advance": seconds})

    def sees(self, psid):
        """What we have written to him, as he sees it."""
        thread = self.ask("GET", f"people/{psid}")["thread"]
        return [row for row in thread if row["by"] != "customer"]

    def requests(self, method="POST", path="/messages"):
        return [
            row
            for row in self.ask("GET", "requests")
            if row["method"] == method and path in row["path"]
        ]

    # -- our side ------------------------------------------------------------------------------

    def now(self):
        """This moment by the clock of the platform, naive UTC."""
        moment = datetime.fromtimestamp(self.simulator.clock.now(), timezone.utc)
        return moment.replace(tzinfo=None)

    def remember(self, progress):
        self.progress.update(progress)

    def send(self, psid, text="Elle part demain.", made=None, **values):
        """Send, from wherever the last attempt left it."""
        return (made or self.provider).send(self.outbound(psid, text, **values), self.remember)

    def check(self, psid, text="Elle part demain.", **values):
        return self.provider.check(self.outbound(psid, text, **values))

    def outbound(self, psid, text="Elle part demain.", **values):
        return Outbound(
            **{
                "uuid": UUID,
                "recipients": (Address(psid),),
                "conversation": psid,
                "text": text,
                "last_received": self.now(),
                "progress": dict(self.progress),
                **values,
            }
        )


def posted(document, secret=APP_SECRET, **headers):
    """A request of Meta."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    signature = f"sha256={hmac_sha256(secret, body)}"
    return WebhookRequest("POST", {}, {"x-hub-signature-256": signature, **headers}, body)


def told(event, made=None):
    """What our parser makes of an event of the documents, whichever page it is of.

    :return: list of items
    """
    made = made or provider()
    events, reply = made.receive(posted(event))
    assert (reply.status, reply.body) == (200, "EVENT_RECEIVED")
    return [item for one in events for item in made.parse(one)]


def entry(*rows, standby=False, page_id=PAGE_ID):
    """An envelope."""
    kind = "standby" if standby else "messaging"
    return {"object": "page", "entry": [{"id": page_id, "time": 1, kind: list(rows)}]}


def row(person="4711", at=1458692752478, **content):
    """An event of somebody."""
    return {
        "sender": {"id": person},
        "recipient": {"id": PAGE_ID},
        "timestamp": at,
        **content,
    }
