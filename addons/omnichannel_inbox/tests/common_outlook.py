import sys
from pathlib import Path

from odoo import fields

from .common import OmniCase, OmniHttpCase

# the simulators lie beside the addons, where Odoo's own test runner does not look
_ROOT = str(Path(__file__).resolve().parents[3])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from simulators.graph.directory import CLIENT_ID, DOMAIN, SECRET, TENANT_ID  # noqa: E402
from simulators.graph.server import Simulator, running  # noqa: E402
from simulators.own_api import ask  # noqa: E402

BOX = f"info@{DOMAIN}"
OTHER = f"sav@{DOMAIN}"
CUSTOMER = "claire.petit@example.org"


class OutlookMixin:
    """A simulated Microsoft 365, the application that it knows, and a mailbox."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.env["omni.outlook.account"].create(
            {
                "name": "Test",
                "tenant": TENANT_ID,
                "client_id": CLIENT_ID,
            }
        )
        # a tour of the demo may be set up in the same database
        cls.env["omni.channel"].search([("provider", "=", "outlook")]).write({"is_enabled": False})
        cls.box = cls._new_mailbox(BOX)

    @classmethod
    def _new_mailbox(cls, address, **values):
        return cls._new_channel(
            "outlook",
            **{
                "name": address,
                "outlook_account_id": cls.account.id,
                "outlook_mailbox": address,
                "start_date": fields.Datetime.now(),
                "undo_seconds": 0,
                **values,
            },
        )

    def setUp(self):
        super().setUp()
        self.sim = self.enterContext(running(Simulator()))
        self.account.write(
            {
                "outlook_graph_url": self.sim.url,
                "outlook_login_url": self.sim.url,
                "client_secret": SECRET,
            }
        )

    # === MICROSOFT === #

    def ask(self, method, path, body=None):
        """The simulator's own API."""
        return ask(self.sim.url, method, path, body)

    def write_mail(self, mailbox=BOX, **letter):
        """A customer writes; the id of the message in the mailbox."""
        body = {
            "mailbox": mailbox,
            "from": CUSTOMER,
            "from_name": "Claire Petit",
            "subject": "Ma commande",
            "html": "<p>Où est ma commande ?</p>",
            **letter,
        }
        return self.ask("POST", "/sim/mail", body)["messages"][0]["id"]

    def received(self, address=CUSTOMER):
        """What came to a customer from us."""
        self.ask("POST", "/sim/settle", {})
        posts = self.ask("GET", f"/sim/customers/{address}")
        return [post for post in posts if post["direction"] == "in"]

    def fault(self, *rules, **orders):
        """Have it fail."""
        self.ask("POST", "/sim/faults", {**orders, "rules": list(rules)})

    # === ODOO === #

    def fetch_mail(self):
        """Look for what is new, and process it."""
        self.box.folder_ids.sudo().write({"is_dirty": True})
        (self.box | self.env["omni.channel"].search([])).sudo().write({"next_sync": False})
        self._run_sync()
        self._run_in()

    def messages(self, channel=None):
        """What was made of it."""
        domain = [("channel_id", "=", (channel or self.box).id)]
        return self.env["omni.message"].search(domain, order="id")


class OutlookCase(OutlookMixin, OmniCase):
    """For models."""


class OutlookHttpCase(OutlookMixin, OmniHttpCase):
    """For what is opened in a browser."""
