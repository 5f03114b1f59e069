"""Telephone calls: how soon a caller is known, how soon he is on the screen, and whether any call
is lost."""

import http.client
import json
import math
import random
import time
from contextlib import ExitStack
from functools import cache
from statistics import median
from urllib.parse import quote, urlsplit

import websocket

from tests.kit import telephones

from . import calls_data
from .calls_house import House, log_in
from .databases import KEPT
from .settings import BenchError, Value, say, scale

CONTACTS = 100_000
LEAST = 100  # contacts, at the smallest scale
LOOKUPS = 500
WARM_UP = 10
POPUPS = 40
REPS = 15
BUSY_CALLS = 300  # twenty of each rep
BUSY_SECONDS = 60
BUSY_LEAST = 20  # calls
#: Whose telephone rings, and who looks at Odoo.
EXTENSION, LOGIN = "101", "vendeur@demo.example"
BUS_TYPE = "threecx_bridge/call"


def _scaled(full: int, least: int) -> int:
    return max(least, round(full * scale()))


def _percentile(values: list[float], share: float = 0.95) -> float:
    """Return the value that so large a share of the values does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


@cache
def _house() -> House:
    """Return the shop of the look-ups and the pop-ups."""
    contacts = _scaled(CONTACTS, LEAST)
    return House(KEPT, contacts, contacts // calls_data.CALL_EVERY)


# -- looking a caller up ---------------------------------------------------------------------------


class Client:
    """What a PBX does at each ring: a connection of its own, a request, the key in its header."""

    def __init__(self, house: House):
        self.host = urlsplit(house.url).netloc
        self.headers = {
            "Authorization": f"Bearer {house.key}",
            "X-Odoo-Database": house.database.name,
            "X-Threecx-Template": "1",
        }

    def get(self, path: str) -> tuple[float, dict]:
        """Return milliseconds, and the answer.

        :raises BenchError: it is not a success
        """
        started = time.perf_counter()
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request("GET", path, headers=self.headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        milliseconds = 1000 * (time.perf_counter() - started)
        if response.status != 200:
            raise BenchError(f"{path}: {response.status} {body[:200]!r}")
        return milliseconds, json.loads(body)


def _callers(count: int, contacts: int, seed: int):
    """Yield numbers as a PBX says them, and whether somebody has them: companies whose number a
    person repeats, people, numbers in national notation, leads, strangers."""
    dice = random.Random(seed)
    for _caller in range(count):
        kind = dice.random()
        place = dice.randrange(contacts)
        if kind < 0.4:
            yield calls_data.landline(place - place % calls_data.GROUP), True
        elif kind < 0.65:
            yield calls_data.known(place), True
        elif kind < 0.75:
            yield calls_data.national(calls_data.known(place)), True
        elif kind < 0.8:
            lead = dice.randrange(max(1, contacts // calls_data.LEAD_EVERY))
            yield calls_data.landline(calls_data.LEADS_FROM + lead), True
        else:
            stranger = calls_data.UNKNOWN_FROM + dice.randrange(40_000)
            yield calls_data.landline(stranger), False


def lookup_p95_ms(runs: int) -> list[float]:
    """Return the time within which 95 of 100 look-ups are answered; beside each, the empty route's,
    asked in turn with the look-up."""
    house = _house()
    client = Client(house)
    count = _scaled(LOOKUPS, 20)
    values = []
    for number, _is_known in _callers(WARM_UP, house.contacts, 0):
        client.get(f"/threecx/lookup?number={quote(number)}")
        client.get("/suite_bench/empty")
    for run in range(1, runs + 1):
        lookups, empties = [], []
        for number, is_known in _callers(count, house.contacts, run):
            milliseconds, answer = client.get(f"/threecx/lookup?number={quote(number)}")
            if bool(answer["contacts"]) != is_known:
                raise BenchError(f"{number}: {answer}")
            lookups.append(milliseconds)
            empties.append(client.get(f"/suite_bench/empty?number={quote(number)}")[0])
        values.append(Value(_percentile(lookups), _percentile(empties)))
        say(
            f"   run {run}: {count} look-ups among {house.contacts:,} contacts: median "
            f"{median(lookups):.1f} ms, 95 % within {values[-1]:.1f} ms; empty route median "
            f"{median(empties):.1f} ms, 95 % within {values[-1].beside:.1f} ms"
        )
    return values


# -- on the screen ---------------------------------------------------------------------------------


class Screen:
    """An open Odoo tab, as far as the bus goes."""

    def __init__(self, house: House):
        session = log_in(house.url, house.database.name, LOGIN)
        address = house.url.replace("http", "ws", 1)
        self._socket = websocket.create_connection(
            f"{address}/websocket",
            cookie=f"session_id={session}",
            origin=house.url,
            # a browser would have to say which version of Odoo's script it runs
            header={"User-Agent": ""},
            timeout=30,
        )
        [[last]] = house.database.query("SELECT coalesce(max(id), 0) FROM bus_bus")
        data = {"channels": [], "last": last}
        self._socket.send(json.dumps({"event_name": "subscribe", "data": data}))

    def wait_for(self, number: str, state: str) -> dict:
        """Return the pop-up of a call in a state, as soon as it arrives.

        :raises websocket.WebSocketTimeoutException: it does not
        """
        while True:
            for notification in json.loads(self._socket.recv()):
                message = notification["message"]
                payload = message["payload"]
                if message["type"] == BUS_TYPE and payload["number"] == number:
                    if payload["state"] == state:
                        return payload

    def close(self) -> None:
        self._socket.close()


@cache
def _followed() -> House:
    """Return the shop with its listener."""
    house = _house()
    house.listen()
    return house


def popup_p95_ms(runs: int) -> list[float]:
    """Return the time within which 95 of 100 callers are on the screen of the rep whose telephone
    rings: from before the PBX is told to ring, until the message arrives on Odoo's bus."""
    house = _followed()
    count = _scaled(POPUPS, 5)
    values, calls = [], 0
    with ExitStack() as stack:
        screen = Screen(house)
        stack.callback(screen.close)
        for run in range(runs + 1):
            seconds = []
            for _call in range(count if run else 2):  # the first ones fill the caches
                calls += 1
                number = (
                    calls_data.landline(calls_data.UNKNOWN_FROM + 40_000 + calls)
                    if calls % 4 == 0
                    else calls_data.known(calls * 7 % house.contacts)
                )
                started = time.perf_counter()
                call = house.telephones.ring(number, EXTENSION)
                payload = screen.wait_for(number, "ringing")
                seconds.append(time.perf_counter() - started)
                if bool(payload["partner"]) != bool(calls % 4):
                    raise BenchError(f"{number}: {payload}")
                house.telephones.act(call, "drop")
                screen.wait_for(number, "ended")
            if run:
                values.append(1000 * _percentile(seconds))
                say(
                    f"   run {run}: {count} calls, median {1000 * median(seconds):.0f} ms, 95 % "
                    f"within {values[-1]:.0f} ms"
                )
    return values


# -- the busy hour ---------------------------------------------------------------------------------


def _settled_differences(house: House, ledger: list[dict]) -> list[str]:
    """Return what differs once everything is written, and the log of all calls was read."""
    logged = "SELECT count(DISTINCT key) FROM threecx_call_leg WHERE source = 'log'"
    deadline = time.monotonic() + 30 + len(ledger) / 4
    while True:
        [[count]] = house.database.query(logged)
        wrong = telephones.differences(house.database, ledger)
        if (count >= len(ledger) and not wrong) or time.monotonic() > deadline:
            return wrong
        time.sleep(0.5)


def busy_hour_lost(runs: int) -> list[float]:
    """Return how many calls of all runs Odoo does not keep as they took place: lost, twice, or
    otherwise than the simulator's ledger has them."""
    calls = _scaled(BUSY_CALLS, BUSY_LEAST)
    seconds = max(8.0, BUSY_SECONDS * calls / BUSY_CALLS)
    wrong: list[str] = []
    with ExitStack() as stack:
        house = House(stack, calls * runs)
        house.install_template()
        house.listen()
        for run in range(runs):
            # each calls once: within one minute, the same one twice would be the same call
            numbers = [
                calls_data.known(place)
                if place % 3
                else calls_data.landline(calls_data.UNKNOWN_FROM + place)
                for place in range(run * calls, (run + 1) * calls)
            ]
            house.telephones.ask(
                "POST",
                "/sim/busy",
                {
                    "calls": calls,
                    "seconds": seconds,
                    "reps": REPS,
                    "numbers": numbers,
                    "seed": run + 1,
                },
            )
            telephones.until(lambda: not house.telephones.is_busy(), seconds + 120)
            house.telephones.ask("POST", "/sim/settle")
            ledger = house.telephones.ledger()
            if len(ledger) != calls * (run + 1):
                raise BenchError(f"{len(ledger)} calls took place, not {calls * (run + 1)}")
            telephones.read_call_log(house.database)
            wrong = _settled_differences(house, ledger)
            say(f"   run {run + 1}: {calls} calls in {seconds:.0f} s, {len(wrong)} wrong so far")
            for line in wrong[:10]:
                say(f"      {line}")
    return [float(len(wrong))]
