"""A chat among mails: how soon a message on Messenger is on the screen while thousands of mails
that came in at once are being processed."""

import hashlib
import hmac
import http.client
import json
import time
from contextlib import ExitStack
from itertools import count as numbers
from statistics import median
from urllib.parse import urlsplit

from simulators.messenger.server import running
from simulators.own_api import ask
from tests.kit.servers import wake

from . import inbox_data, inbox_house, odoo_process
from .inbox import percentile, scaled, seen_at, watched_inbox
from .inbox_house import Server
from .settings import BenchError, say

MAILS = 5000
MAILS_LEAST = 400
CHATS = 30  # messages on Messenger of a run
CHATS_LEAST = 4
PAUSE = 0.1  # seconds between what is shown and the next message
PEOPLE = 10
PAGE, APP, SECRET, TOKEN = (
    "104875412345678",
    "731904562781234",
    "messenger-demo-secret",
    "EAAmessengerDemoPageToken",
)
WAITING = """
    SELECT count(*) FROM omni_event e JOIN omni_channel c ON c.id = e.channel_id
     WHERE e.state IN ('new', 'retry') AND c.provider = 'demo'
"""


def prepare(process, url: str) -> dict:
    """Connect a page.

    :param url: of the simulated Messenger
    :return: token of its webhook
    """
    with process.environment() as env:
        channel = env["omni.channel"].search([("provider", "=", "messenger")])
        values = {"messenger_api_url": url, "messenger_page_token": TOKEN}
        if channel:
            channel.write(values)
        else:
            channel = env["omni.channel"].create(
                {
                    "name": "Messenger",
                    "provider": "messenger",
                    "messenger_page_id": PAGE,
                    "messenger_app_id": APP,
                    "messenger_app_secret": SECRET,
                    **values,
                }
            )
        channel.action_enable()
        env.cr.commit()
        return {"token": channel.webhook_token}


def store_mails(process, count: int, run: int) -> dict:
    """Mails come in all at once, and wait for the scheduler."""
    from odoo.addons.omnichannel_inbox.providers.demo import event_of

    with process.environment() as env:
        channel = env["omni.channel"].search([("provider", "=", "demo")], limit=1)
        env["omni.event"]._store(
            channel,
            [
                event_of(
                    {
                        "id": f"mixed-{run}-{place}",
                        "conversation": f"mixed-{run}-{place}",
                        "author": {
                            "id": f"bench{place % inbox_data.PEOPLE}@example.com",
                            "email": f"bench{place % inbox_data.PEOPLE}@example.com",
                            "name": "Client",
                        },
                        "subject": inbox_data.subject(place),
                        "html": inbox_data.html(place),
                    }
                )
                for place in range(count)
            ],
        )
        env["omni.channel"]._wake("in_mail")
        env.cr.commit()
    return {}


class Customers:
    """People who write on Messenger, as Meta tells of them."""

    def __init__(self, server: Server, token: str, people: list[str]):
        self._host = urlsplit(server.url).netloc
        self._path = f"/omni/webhook/{token}"
        self._people = people
        self._numbers = numbers(time.time_ns() // 10**6)

    def write(self) -> str:
        """Tell the webhook of a message; return what it is known by on the screen.

        :raises BenchError: it was not accepted
        """
        number = next(self._numbers)
        event = {
            "sender": {"id": self._people[number % len(self._people)]},
            "recipient": {"id": PAGE},
            "timestamp": time.time_ns() // 10**6,
            "message": {"mid": f"m_bench{number}", "text": inbox_data.text(number)},
        }
        entry = {"id": PAGE, "time": event["timestamp"], "messaging": [event]}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request("POST", self._path, body, headers)
        status = connection.getresponse().status
        connection.close()
        if status not in (200, 202):
            raise BenchError(f"the webhook of Messenger answered {status}")
        return f"Message {number}:"


def mixed_p95_ms(runs: int) -> list[float]:
    """Return the time within which 95 of 100 messages on Messenger are on the screen while mails
    are being processed: from before the webhook is told, until the list in Chromium shows them.

    :raises BenchError: one of them never is, or the mails were done too early to be in the way
    """
    mails, chats = scaled(MAILS, MAILS_LEAST), scaled(CHATS, CHATS_LEAST)
    filled = inbox_house.tickets()
    name = filled.database.name
    values = []
    with ExitStack() as stack:
        simulator = stack.enter_context(running())
        people = [
            ask(simulator.url, "POST", "/sim/people", {"name": f"Client {place}"})["psid"]
            for place in range(PEOPLE)
        ]
        facts = odoo_process.run("inbox_mixed:prepare", name, url=simulator.url)
        server = Server(stack, filled.database, "--max-cron-threads=3")
        customers = Customers(server, facts["token"], people)
        page = watched_inbox(stack, server, filled.facts["user"])
        for _warm in range(3):
            _shown_after(customers, page)
        for run in range(1, runs + 1):
            odoo_process.run("inbox_mixed:store_mails", name, count=mails, run=time.time_ns())
            wake(filled.database)
            times, left = [], mails
            while left and len(times) < chats:
                shown = _shown_after(customers, page)
                [[left]] = filled.database.query(WAITING)
                if left:  # the mails were in its way until it was shown
                    times.append(shown)
            if len(times) < CHATS_LEAST:
                raise BenchError(f"{mails} mails were done before {CHATS_LEAST} messages came")
            values.append(percentile(times))
            say(
                f"   run {run}: {len(times)} messages while {mails - left:,} of {mails:,} mails "
                f"were processed: median {median(times):.0f} ms, 95 % within {values[-1]:.0f} ms, "
                f"the slowest {max(times):.0f} ms"
            )
            _wait_for_mails(filled)
    return values


def _shown_after(customers: Customers, page) -> float:
    time.sleep(PAUSE)
    began = 1000 * time.time()
    return seen_at(page, customers.write()) - began


def _wait_for_mails(filled) -> None:
    deadline = time.monotonic() + 900
    while filled.database.query(WAITING) != [(0,)]:
        if time.monotonic() > deadline:
            raise BenchError("the mails are not processed after 15 minutes")
        wake(filled.database)
        time.sleep(2)
