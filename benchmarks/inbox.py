"""What comes in by itself: what a webhook costs, and how soon what it stored is on the screen."""

import hashlib
import hmac
import http.client
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count as numbers
from statistics import median
from urllib.parse import urlsplit

from scripts.devtools import Browser
from scripts.test_suite import free_port

from . import inbox_data, inbox_house
from .databases import statement
from .inbox_house import Desk, Server
from .settings import BenchError, Value, say, scale

REQUESTS = 1200  # of each route, in every pair
SLICE = 96  # of them in a row, before it is the other route's turn
LEAST_REQUESTS = 96
CLIENTS = 8
ROUTES = ("omni", "suite_bench")  # ours, and the one that does nothing
WORKERS = 2  # as many as there are processors on the smallest server in use
WARM_UP = 40
LIVE = 40  # messages of a run
LIVE_LEAST = 4
LIVE_PAUSE = 0.4  # seconds between what is shown and the next message
LIVE_WITHIN = 60  # seconds until a message is given up
#: Notes when the text of a message is on the screen, by the clock that Python has too.
WATCH = """
(() => {
    window.benchSeen = {};
    const look = () => {
        const now = Date.now();
        for (const { textContent } of document.querySelectorAll(".o_omni_item .o_omni_preview")) {
            for (const [mark] of textContent.matchAll(/Message \\d+:/g)) {
                window.benchSeen[mark] ??= now;
            }
        }
    };
    const options = { childList: true, subtree: true, characterData: true };
    new MutationObserver(look).observe(document.querySelector(".o_omni_inbox"), options);
})()
"""


def scaled(full: int, least: int) -> int:
    return max(least, round(full * scale()))


def percentile(values: list[float], share: float = 0.95) -> float:
    """Return the value that so large a share of the values does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


class Sender:
    """The other side of the channel: signs what it tells, as the demo provider wants it."""

    def __init__(self, server: Server, facts: dict):
        self._host = urlsplit(server.url).netloc
        self._facts = facts
        # no two senders ever use the same: none sends more than one per millisecond
        self._numbers = numbers(time.time_ns() // 10**6)

    def letter(self) -> tuple[int, bytes, dict]:
        """Return number, body (about 1 KB) and headers of a message nobody has sent yet."""
        number = next(self._numbers)
        address = f"bench{number % inbox_data.PEOPLE}@example.com"
        name = f"letter-{time.time_ns()}-{number}"
        document = {
            "id": name,
            "conversation": name,
            "author": {"id": address, "email": address, "name": "Client"},
            "subject": inbox_data.subject(number),
            "text": f"{inbox_data.text(number)} {inbox_data.WORDS * 2}",
        }
        body = json.dumps(document).encode()
        secret = self._facts["secret"].encode()
        headers = {
            "Content-Type": "application/json",
            "X-Demo-Signature": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
        }
        return number, body, headers

    def path(self, route: str) -> str:
        return f"/{route}/webhook/{self._facts['token']}"

    def tell(self, route: str, body: bytes, headers: dict) -> float:
        """Return the milliseconds that one request on a connection of its own takes.

        :param route: one of `ROUTES`
        :raises BenchError: it was not accepted
        """
        started = time.perf_counter()
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request("POST", self.path(route), body, headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        if response.status != 202:
            raise BenchError(f"{self.path(route)}: {response.status}")
        return 1000 * (time.perf_counter() - started)

    def flood(self, route: str, count: int) -> tuple[float, list[float]]:
        """Send messages from several clients at once, each as soon as its last one is answered.

        :return: requests per second, and milliseconds of each
        """
        letters = [self.letter() for _number in range(count)]

        def client(mine: list) -> list[float]:
            return [self.tell(route, body, headers) for _number, body, headers in mine]

        with ThreadPoolExecutor(CLIENTS) as pool:
            started = time.perf_counter()
            times = list(pool.map(client, (letters[place::CLIENTS] for place in range(CLIENTS))))
            seconds = time.perf_counter() - started
        return count / seconds, [one for some in times for one in some]


# -- the webhook -----------------------------------------------------------------------------------


def _sender(stack: ExitStack, cron_threads: int) -> tuple[Sender, inbox_house.Filled]:
    """Start a server as in production, and let its routes be asked for the first time."""
    filled = inbox_house.tickets()
    server = Server(
        stack,
        filled.database,
        f"--workers={WORKERS}",
        f"--max-cron-threads={cron_threads}",
        f"--gevent-port={free_port()}",
    )
    sender = Sender(server, filled.facts)
    for route in ROUTES:
        sender.flood(route, WARM_UP)
    return sender, filled


def webhook_vs_empty(runs: int) -> list[float]:
    """Return, for each pair, requests per second of the webhook ÷ those of a route that does
    nothing, asked in turn, a slice each. The scheduler rests, as it would take its share of either
    side, and commits do not wait for the disk, which is not what the route costs."""
    slices = scaled(REQUESTS, LEAST_REQUESTS) // SLICE
    values = []
    with ExitStack() as stack:
        name = inbox_house.tickets().database.name
        statement(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        stack.callback(statement, f'ALTER DATABASE "{name}" RESET synchronous_commit')
        sender, filled = _sender(stack, 0)
        for pair in range(1, runs + 1):
            seconds = dict.fromkeys(ROUTES, 0.0)
            for place in range(slices):
                for route in ROUTES if place % 2 else ROUTES[::-1]:
                    seconds[route] += SLICE / sender.flood(route, SLICE)[0]
            values.append(seconds["suite_bench"] / seconds["omni"])
            ours, empty = (slices * SLICE / seconds[route] for route in ROUTES)
            say(
                f"   pair {pair}: {ours:.0f} requests/s, of the empty route {empty:.0f} -> "
                f"{values[-1]:.2f}"
            )
        stored = filled.database.query("SELECT count(*) FROM omni_event WHERE state = 'new'")
        if stored != [(WARM_UP + runs * slices * SLICE,)]:
            raise BenchError(f"{stored} events of {runs} x {slices} x {SLICE} were stored")
        filled.database.query("DELETE FROM omni_event")
    return values


def webhook_p95_ms(runs: int) -> list[float]:
    """Return the time within which 95 of 100 requests are answered, while the scheduler works off
    what they bring; beside each, the time of a route that does nothing."""
    count = scaled(REQUESTS, LEAST_REQUESTS) // 2
    values = []
    with ExitStack() as stack:
        sender, filled = _sender(stack, 1)
        for run in range(1, runs + 1):
            (rate, ours), (_rate, empty) = (sender.flood(route, count) for route in ROUTES)
            values.append(Value(percentile(ours), percentile(empty)))
            say(
                f"   run {run}: {count} requests, {rate:.0f} per second: median "
                f"{median(ours):.0f} ms, 95 % within {values[-1]:.0f} ms; empty route "
                f"{median(empty):.0f} and {values[-1].beside:.0f} ms"
            )
        filled.database.query("DELETE FROM omni_event")
    return values


# -- on the screen ---------------------------------------------------------------------------------


def watched_inbox(stack: ExitStack, server: Server, user: int):
    """Open all that is in the inbox, and have it noted what comes on the screen.

    :param stack: closes the browser
    :param user: who looks
    :return: page of the browser, for `seen_at`
    """
    desk = Desk(stack.enter_context(Browser()), server)
    page = stack.enter_context(desk.page())
    desk.start(page)
    desk.show_folder(page, user, "all")
    page.open(f"{server.url}/odoo/inbox")
    page.wait(".o_omni_inbox .o_omni_item", 120)
    page.run(WATCH)
    return page


def seen_at(page, mark: str) -> float:
    """Return the moment at which a mark came on the screen, in milliseconds since the epoch.

    :param page: of `watched_inbox`
    :raises BenchError: it never does
    """
    deadline = time.monotonic() + LIVE_WITHIN
    while time.monotonic() < deadline:
        if seen := page.run(f"window.benchSeen[{json.dumps(mark)}]"):
            return seen
        time.sleep(0.05)
    raise BenchError(f"“{mark}” is not on the screen after {LIVE_WITHIN} s")


def live_p95_ms(runs: int) -> list[float]:
    """Return the time within which 95 of 100 messages are on the screen of an open inbox: from
    before the webhook is told of them, until the list in Chromium shows their text."""
    count = scaled(LIVE, LIVE_LEAST)
    filled = inbox_house.tickets()
    values = []
    with ExitStack() as stack:
        server = Server(stack, filled.database, "--max-cron-threads=2")
        sender = Sender(server, filled.facts)
        page = watched_inbox(stack, server, filled.facts["user"])
        for run in range(runs + 1):
            # the first ones fill the caches
            times = [_shown_after(sender, page) for _letter in range(count if run else 3)]
            if run:
                values.append(percentile(times))
                say(
                    f"   run {run}: {count} messages, median {median(times):.0f} ms, 95 % within "
                    f"{values[-1]:.0f} ms, the slowest {max(times):.0f} ms"
                )
    return values


def _shown_after(sender: Sender, page) -> float:
    """Return the milliseconds from before a message is told until it is on the screen.

    :raises BenchError: it never is
    """
    time.sleep(LIVE_PAUSE)
    number, body, headers = sender.letter()
    began = 1000 * time.time()
    sender.tell("omni", body, headers)
    return seen_at(page, f"Message {number}:") - began
