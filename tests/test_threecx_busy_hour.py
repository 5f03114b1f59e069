"""A busy hour of fifteen reps, told in less time, on the whole house at once: the PBX looks callers
up and journals its calls over HTTP as the CRM template bids it, the listener follows them live, the
call log is read besides. No call is lost, and none is kept twice.

``SUITE_THREECX_BUSY`` is the number of calls; ``make soak`` makes a whole hour of them in a minute.
"""

import os
import time

import pytest

from scripts.test_suite import free_port
from simulators.threecx.server import running
from tests.kit.telephones import (
    Telephones,
    connect,
    differences,
    install_template,
    listener,
    read_call_log,
    until,
)
from tests.kit.web import web_server

CALLS = int(os.environ.get("SUITE_THREECX_BUSY", "40"))
#: The few calls of the short version are played half as fast, for machines that do more besides.
SECONDS = max(16.0, CALLS / 5)
#: Each calls once; a third of them are known.
NUMBERS = [f"+3242{200_000 + place * 7919 % 800_000}" for place in range(CALLS)]
CONTACTS = {number: f"Client {number[-4:]}" for number in NUMBERS[::3]}


@pytest.fixture
def house(odoo_database):
    """Simulator, Odoo and listener."""
    with running() as simulator:
        telephones = Telephones(simulator.url)
        connect(odoo_database, simulator.url, CONTACTS)
        port = free_port()
        install_template(odoo_database, telephones, f"http://127.0.0.1:{port}")
        with web_server(odoo_database, port), listener(odoo_database):
            until(lambda: simulator.events.sockets, 60, odoo_database)
            yield odoo_database, telephones


def test_busy_hour(house):
    database, telephones = house
    telephones.busy_hour(CALLS, SECONDS, numbers=NUMBERS)
    until(lambda: not telephones.is_busy(), SECONDS + 30)
    telephones.ask("POST", "/sim/settle")
    ledger = telephones.ledger()
    assert len(ledger) == CALLS
    read_call_log(database)
    counts = "SELECT source, count(*) FROM threecx_call_leg GROUP BY source"
    until(lambda: dict(database.query(counts)).get("log", 0) >= CALLS, 60, database)
    deadline = time.monotonic() + 30 + CALLS / 4
    while (wrong := differences(database, ledger)) and time.monotonic() < deadline:
        time.sleep(0.5)  # the listener has more to write, or a call is missed in a moment
    assert not wrong, "\n".join(wrong)
    # all three sources told of the same calls, and were put together
    shares = dict(database.query(counts))
    assert shares["journal"] >= CALLS
    assert shares["listener"] >= CALLS * 0.9
    # a known caller is the contact, and nobody else is
    linked = database.query(
        """SELECT call.number_key, partner.name FROM threecx_call call
             LEFT JOIN res_partner partner ON partner.id = call.partner_id
            WHERE call.number_key IS NOT NULL"""
    )
    assert len(linked) > CALLS / 2
    assert [row for row in linked if row[1] != CONTACTS.get(row[0])] == []
