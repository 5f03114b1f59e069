import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ..providers.base import WebhookRequest
from ..signature import hmac_sha256
from .common import OmniCase, OmniHttpCase

# the simulators lie beside the addons, where Odoo's own test runner does not look
_ROOT = str(Path(__file__).resolve().parents[3])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from simulators.messenger.server import Simulator, running  # noqa: E402
from simulators.messenger.world import APP_ID, APP_SECRET, PAGE_ID, PAGE_TOKEN  # noqa: E402
from simulators.own_api import ask  # noqa: E402

OTHER_PAGE = "204875412345678"


class MessengerMixin:
    """A simulated page, its app, and a channel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a tour of the demo may be set up in the same database
        pages = cls.env["omni.channel"].search([("provider", "=", "messenger")])
        pages.write({"is_enabled": False, "active": False})
        cls.page = cls._new_page(PAGE_ID)

    @classmethod
    def _new_page(cls, page_id, **values):
        return cls._new_channel(
            "messenger",
            **{
                "name": f"Page {page_id}",
                "messenger_page_id": page_id,
                "messenger_page_token": PAGE_TOKEN,
                "messenger_app_id": APP_ID,
                "messenger_app_secret": APP_SECRET,
                "undo_seconds": 0,
                **values,
            },
        )

    def setUp(self):
        super().setUp()
        self.begin = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=30)
        self.sim = self.enterContext(running(Simulator()))
        self.page.messenger_api_url = self.sim.url

    # === META === #

    def ask(self, method, path, body=None):
        """The simulator's own API."""
        return ask(self.sim.url, method, f"/sim/{path}", body)

    def person(self, name="Claire Petit", **values):
        """Somebody; his id on the page."""
        return self.ask("POST", "people", {"name": name, **values})["psid"]

    def writes(self, psid, text="Où est ma table ?", **values):
        """He writes, and nobody tells us; the id of his message."""
        return self.ask("POST", f"people/{psid}/messages", {"text": text, **values})["mid"]

    def fault(self, *rules, **orders):
        """Have it fail."""
        self.ask("POST", "faults", {**orders, "rules": list(rules)})

    def sees(self, psid):
        """What we have written to somebody, as he sees it."""
        thread = self.ask("GET", f"people/{psid}")["thread"]
        return [row for row in thread if row["by"] != "customer"]

    # === ODOO === #

    def tell(self, *rows, standby=False, page=PAGE_ID, channel=None):
        """Meta tells something, and it is stored.

        :rtype: omni.event
        """
        channel = channel or self.page
        entry = {"id": page, "time": 1, "standby" if standby else "messaging": list(rows)}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        signature = f"sha256={hmac_sha256(APP_SECRET, body)}"
        request = WebhookRequest("POST", {}, {"x-hub-signature-256": signature}, body)
        provider = channel._provider()
        provider.verify(request)
        events, _reply = provider.receive(request)
        stored = self.env["omni.event"].search([])
        self.env["omni.event"]._store(channel, events)
        return self.env["omni.event"].search([("id", "not in", stored.ids)], order="id")

    def hear(self, *rows, **options):
        """The same, and it is processed."""
        events = self.tell(*rows, **options)
        events._process()
        return events

    def said(self, text="Où est ma table ?", mid="m_1", at=0, person="4711", **content):
        """Somebody writes."""
        return self.row(at, person, message={"mid": mid, "text": text, **content})

    def echo(self, mid, text="Elle part demain.", at=1, person="4711", **content):
        """The page writes."""
        message = {"is_echo": True, "mid": mid, "text": text, **content}
        row = self.row(at, person, message=message)
        return {**row, "sender": row["recipient"], "recipient": row["sender"]}

    def row(self, at=0, person="4711", **content):
        """An event.

        :param float at: seconds after the begin of the story
        """
        return {
            "sender": {"id": person},
            "recipient": {"id": PAGE_ID},
            "timestamp": int((self.begin.timestamp() + at) * 1000),
            **content,
        }

    def messages(self, channel=None):
        """What was made of it."""
        domain = [("channel_id", "=", (channel or self.page).id)]
        return self.env["omni.message"].search(domain, order="sent, id")


class MessengerCase(MessengerMixin, OmniCase):
    """For models."""


class MessengerHttpCase(MessengerMixin, OmniHttpCase):
    """For what is spoken to from outside."""
