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
    READ_CALL_LOG,
    Telephones,
    connect,
    differences,
    install_template,
    listener,
    until,
)
from tests.kit.web import web_server

CALLS = int(os.environ.get("SUITE_THREECX_BUSY", "40"))
SECONDS = max(8.0, CALLS / 5)
#: Some who call again and again are known, some are not, and one calls from abroad.
CALLERS = {f"+3242{223300 + place}": f"Client {place}" for place in range(12)}
STRANGERS = [f"+3247500{place:04d}" for place in range(12)] + ["+33142681234"]


@pytest.fixture
def house(odoo_database):
    """Simulator, Odoo and listener."""
    with running() as simulator:
        telephones = Telephones(simulator.url)
        connect(odoo_database, simulator.url, CALLERS)
        port = free_port()
        install_template(odoo_database, telephones, f"http://127.0.0.1:{port}")
        with web_server(odoo_database, port), listener(odoo_database):
            until(lambda: simulator.events.sockets, 60, odoo_database)
            yield odoo_database, telephones


def test_busy_hour(house):
    database, telephones = house
    numbers = [*CALLERS, *STRANGERS]
    telephones.busy_hour(CALLS, SECONDS, numbers=numbers)
    until(lambda: not telephones.is_busy(), SECONDS + 30)
    telephones.ask("POST", "/sim/settle")
    time.sleep(2)  # the listener says of a call that nobody took only then that it was missed
    database.shell(READ_CALL_LOG)
    ledger = telephones.ledger()
    assert len(ledger) == CALLS
    assert differences(database, ledger) == []
    # all three sources told of the same calls, and were put together
    counts = dict(database.query("SELECT source, count(*) FROM threecx_call_leg GROUP BY source"))
    assert counts["journal"] >= CALLS
    assert counts["log"] >= CALLS
    assert counts["listener"] >= CALLS * 0.9
    # a known caller is the contact, in each of his calls
    wrong = database.query(
        """SELECT call.number, partner.name FROM threecx_call call
             LEFT JOIN res_partner partner ON partner.id = call.partner_id
            WHERE (call.number LIKE '+3242%%') != (partner.id IS NOT NULL)"""
    )
    assert wrong == []
