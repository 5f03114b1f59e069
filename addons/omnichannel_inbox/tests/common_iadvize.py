import json
import sys
from pathlib import Path
from urllib.parse import urlencode

from odoo import fields

from ..providers.base import WebhookRequest
from ..signature import hmac_sha256
from .common import OmniCase, OmniHttpCase

# the simulators lie beside the addons, where Odoo's own test runner does not look
_ROOT = str(Path(__file__).resolve().parents[3])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from simulators.iadvize.server import Simulator, running  # noqa: E402
from simulators.own_api import ask  # noqa: E402

USER, PASSWORD = "api@meubles-demo.example", "iadvize-demo-password"
SECRET = "secret of the app"
OPERATOR = "sophie@meubles-demo.example"


class IadvizeMixin:
    """A simulated project, and the channel that follows it."""

    dialect = "typed"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a tour of the demo may be set up in the same database
        cls.env["omni.channel"].search([("provider", "=", "iadvize")]).write({"is_enabled": False})
        cls.chat = cls._new_channel(
            "iadvize",
            name="Chat",
            iadvize_user=USER,
            secret=SECRET,
            start_date=fields.Datetime.now(),
        )
        cls.agent = cls._new_user(
            "omni_sophie", "crm_ticket.group_ticket_user", name="Sophie", email=OPERATOR
        )

    def setUp(self):
        super().setUp()
        self.sim = self.enterContext(running(Simulator(dialect=self.dialect)))
        self.chat.write({"iadvize_url": self.sim.url, "iadvize_password": PASSWORD})

    # === IADVIZE === #

    def ask(self, method, path, body=None):
        """The simulator's own API."""
        return ask(self.sim.url, method, path, body)

    def begin(self, text="Où est ma commande ?", **details):
        """A visitor writes first; the id of the conversation."""
        visitor = {"first_name": "Claire", "last_name": "Petit", **details.pop("visitor", {})}
        body = {"visitor": visitor, "text": text, "operator": OPERATOR, **details}
        return self.ask("POST", "/sim/chats", body)["id"]

    def say(self, chat, author, text, **more):
        """Somebody writes in a conversation."""
        return self.ask(
            "POST", f"/sim/chats/{chat}/messages", {"author": author, "text": text, **more}
        )

    def do(self, chat, what, **body):
        """Something happens to a conversation (``close``, ``transfer``, ``rate``, ``purchase``)."""
        return self.ask("POST", f"/sim/chats/{chat}/{what}", body)

    def fault(self, *rules, **orders):
        """Have it fail."""
        self.ask("POST", "/sim/faults", {**orders, "rules": list(rules)})

    def graphql(self):
        """What was asked."""
        rows = self.ask("GET", "/sim/requests")
        return [row["body"] for row in rows if row["path"] == "/graphql"]

    def logins(self):
        """How often somebody tried to sign in."""
        rows = self.ask("GET", "/sim/requests")
        return sum(row["path"] == "/oauth2/token" for row in rows)

    # === WHAT IT TELLS === #

    def event(self, name, chat="", **values):
        """An event as iAdvize tells it (docs/webhooks.md)."""
        now = f"{fields.Datetime.now().isoformat()}.171Z"
        known = {
            "eventId": f"0f0bb3af-{name}-{chat}",
            "eventType": name,
            "platform": "ha",
            "projectId": 1549,
            "clientId": 335,
            "visitorExternalId": None,
            "createdAt": now,
            "sentAt": now,
        }
        return {**known, **({"conversationId": chat} if chat else {}), **values}

    def pushed(self, chat, **values):
        """A conversation was handed to an operator."""
        values = {"operatorId": 15253, "channel": "CHAT", **values}
        return self.event("v2.conversation.pushed", chat, **values)

    def closed(self, chat, **values):
        """A conversation was ended."""
        values = {"operatorIds": [15253], "channel": "CHAT", **values}
        return self.event("v2.conversation.closed", chat, **values)

    def headers(self, content, secret=SECRET, **more):
        """Headers of a delivery."""
        return {
            "x-iadvize-delivery": "1f4b",
            "x-iadvize-correlationid": "3a2b",
            "x-iadvize-signature": f"sha256={hmac_sha256(secret, content)}",
            **more,
        }

    def tell(self, payload):
        """iAdvize tells, as a request of its own; what is stored is processed.

        :return: the events that are new
        """
        body = json.dumps(payload).encode()
        provider = self.chat._provider()
        request = WebhookRequest("POST", {}, self.headers(body), body)
        provider.verify(request)
        events, _reply = provider.receive(request)
        stored = self._store(*events, channel=self.chat)
        self._run_in("chat")
        return stored

    @staticmethod
    def query(payload):
        """A payload as the query of a GET."""
        return urlencode({name: value for name, value in payload.items() if value is not None})

    # === ODOO === #

    def look(self):
        """Read what is going on and what was closed, and process it."""
        self.chat.folder_ids.sudo().write({"is_dirty": True, "next_sync": False})
        self.env["omni.channel"].search([]).sudo().write({"next_sync": False})
        self._run_sync()
        self._run_in("chat")

    def messages(self):
        """What was made of it, in its order."""
        return self.env["omni.message"].search(
            [("channel_id", "=", self.chat.id)], order="sent, sequence, id"
        )

    def texts(self):
        """Direction and text of each message."""
        return [(one.direction, one.text_body) for one in self.messages()]

    def conversation(self, chat):
        """The conversation, as it is here."""
        return self.env["omni.conversation"].search(
            [("channel_id", "=", self.chat.id), ("external_id", "=", chat)]
        )


class IadvizeCase(IadvizeMixin, OmniCase):
    """For models."""


class IadvizeHttpCase(IadvizeMixin, OmniHttpCase):
    """For the webhook."""
