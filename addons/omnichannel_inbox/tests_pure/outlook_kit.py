"""What the tests of Outlook share: a simulated Microsoft 365, and a provider that speaks to it."""

from datetime import datetime, timedelta, timezone

from odoo.addons.omnichannel_inbox.providers.base import Address, Outbound
from odoo.addons.omnichannel_inbox.providers.outlook import OutlookProvider
from odoo.addons.omnichannel_inbox.providers.outlook.tokens import Credentials, MemoryTokens

from simulators.graph.directory import CLIENT_ID, DOMAIN, SECRET, TENANT_ID
from simulators.own_api import ask

BOX = f"info@{DOMAIN}"
OTHER = f"sav@{DOMAIN}"
CUSTOMER = "claire.petit@example.org"
UUID = "0d5d4a1e-6c0c-4e86-9a0b-3d2f7a1c9e55"


def credentials(simulator, **values):
    """Those of the application that the simulated organisation knows."""
    known = {"secret": SECRET, "login_url": simulator.url, "graph_url": simulator.url}
    return Credentials(TENANT_ID, CLIENT_ID, **{**known, **values})


def provider(simulator, mailbox=BOX, tokens=None, **settings):
    """The provider of a mailbox."""
    return OutlookProvider(
        {
            "mailbox": mailbox,
            "credentials": settings.pop("credentials", None) or credentials(simulator),
            "tokens": tokens or MemoryTokens(),
            "start_date": None,
            "secret": "webhook secret",
            "settle": 0,
            **settings,
        }
    )


def control(simulator, method, path, body=None):
    """The simulator's own API."""
    return ask(simulator.url, method, path, body)


def write_mail(simulator, mailbox=BOX, **letter):
    """A customer writes; return the id of the message in the mailbox."""
    body = {
        "mailbox": mailbox,
        "from": CUSTOMER,
        "from_name": "Claire Petit",
        "subject": "Ma commande",
        "html": "<p>Bonjour, où est ma commande ?</p>",
        **letter,
    }
    return control(simulator, "POST", "/sim/mail", body)["messages"][0]["id"]


def fault(simulator, *rules, **orders):
    """Have it fail."""
    return control(simulator, "POST", "/sim/faults", {**orders, "rules": list(rules)})


def requests_of(simulator, method="", path=""):
    """Requests that it got, oldest first."""
    return [
        row
        for row in simulator.faults.requests
        if path in row["path"] and method in ("", row["method"])
    ]


def received_by(simulator, address=CUSTOMER):
    """What has come to a customer."""
    return control(simulator, "GET", f"/sim/customers/{address}")


def outbound(**values):
    """An answer."""
    known = {
        "uuid": UUID,
        "recipients": (Address(CUSTOMER, "Claire Petit", CUSTOMER),),
        "html": "<p>Elle part demain.</p>",
        "subject": "",
    }
    return Outbound(**{**known, **values})


def read_all(made, folder="inbox", cursor="", since=None):
    """All events of a folder, the last cursor, and the pages."""
    pages = list(made.sync(folder, cursor, since))
    return [event for page in pages for event in page.events], pages[-1].cursor, pages


def ago(**delta):
    """A moment before now, naive UTC."""
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0) - timedelta(**delta)
