"""`odoo threecx_listener`, a real process, follows a simulated 3CX while everything fails that can.
In the end Odoo is compared with what the simulator knows to have happened, call by call.

``SUITE_THREECX_CALLS`` is the number of calls of each trial; ``make soak`` makes 500 of them.
"""

import os
import signal
import time
from contextlib import contextmanager

import psycopg2
import pytest

from simulators.threecx.server import running
from tests.kit.database import copied
from tests.kit.servers import server
from tests.kit.telephones import (
    READ_CALL_LOG,
    Telephones,
    connect,
    differences,
    listener,
    until,
)

CALLS = int(os.environ.get("SUITE_THREECX_CALLS", "40"))
#: Seconds in which they are made; the writer needs its time for each.
SECONDS = max(6.0, CALLS / 8)
CUTS = max(5, CALLS // 10)
KNOWN, STRANGER = "+3242223344", "+32475009988"


class Shop:
    """One PBX and the database that follows it, for all trials: they only add calls."""

    def __init__(self, database, simulator):
        self.database = database
        self.simulator = simulator
        self.telephones = Telephones(simulator.url)

    def one(self, sql, *parameters):
        """Return the values of the first row; None when there is none."""
        rows = self.database.query(sql, parameters)
        return rows[0] if rows else None

    def until(self, what, seconds=20):
        return until(what, seconds, self.database)

    def call(self, number):
        """State, outcome, contact and extension of a call, by its number in the PBX."""
        return self.one(
            """SELECT call.state, call.outcome, partner.name, extension.number
                 FROM threecx_call call
                 JOIN threecx_call_leg leg ON leg.call_id = call.id AND leg.call_ref = %s
                 LEFT JOIN res_partner partner ON partner.id = call.partner_id
                 LEFT JOIN threecx_extension extension ON extension.id = call.extension_id
                ORDER BY leg.id LIMIT 1""",
            str(number),
        )

    def presence(self, extension):
        return self.one("SELECT state FROM threecx_extension WHERE number = %s", extension)[0]

    def health(self):
        return self.one("SELECT health FROM threecx_pbx")[0]

    def listeners(self):
        """How many follow the events of the PBX."""
        return len(self.simulator.events.sockets)

    def wait_until_followed(self, seconds=40):
        """Until the listener has said that it sees everything."""
        before = self.one("SELECT last_event FROM threecx_pbx")[0]
        self.until(lambda: self.one("SELECT last_event FROM threecx_pbx")[0] != before, seconds)

    def assert_nothing_lost(self):
        """Each call is there once and with the right outcome, once the call log was read."""
        self.until(lambda: not self.telephones.is_busy(), SECONDS + 20)
        self.until(self.is_quiet, 60)
        self.database.shell(READ_CALL_LOG)
        wrong = differences(self.database, self.telephones.ledger())
        assert not wrong, "\n".join(wrong)

    def is_quiet(self):
        """Whether nothing is being written any more."""
        newest = "SELECT count(*), sum(revision) FROM threecx_call"
        before = self.one(newest)
        time.sleep(1.2)
        return before == self.one(newest)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    template, prefix = os.environ["SUITE_TEMPLATE_INSTALLED"], os.environ["SUITE_DB_PREFIX"]
    with running() as simulator, copied(template, prefix, folder) as database:
        connect(database, simulator.url, {KNOWN: "Claire Client"})
        yield Shop(database, simulator)


@contextmanager
def followed(shop, **options):
    """The listener, from when it sees everything."""
    with listener(shop.database, **options) as process:
        shop.wait_until_followed()
        yield process


def told(shop, login, since):
    """Pop-ups sent to a user, the oldest first, as (state, name of the contact)."""
    rows = shop.database.query(
        """SELECT message::json #>> '{payload,state}', message::json #>> '{payload,partner,name}'
             FROM bus_bus, res_users
            WHERE bus_bus.id > %s AND login = %s
              AND channel::json ->> 1 = 'res.partner'
              AND (channel::json ->> 2)::int = res_users.partner_id
              AND message::json ->> 'type' = 'threecx_bridge/call'
            ORDER BY bus_bus.id""",
        (since, login),
    )
    return list(dict.fromkeys(rows))


def test_one_call_from_ring_to_end(shop):
    """Ringing, answered, handed over, ended: at once in Odoo, on the right screens."""
    telephones = shop.telephones
    with followed(shop):
        assert shop.health() == "ok"
        since = shop.one("SELECT coalesce(max(id), 0) FROM bus_bus")[0]
        began = time.monotonic()
        call = telephones.ring(KNOWN, "101")
        shop.until(lambda: told(shop, "vendeur@demo.example", since), 5)
        assert time.monotonic() - began < 5
        assert shop.call(call) == ("ringing", "unknown", "Claire Client", "101")
        assert shop.presence("101") == "ringing"
        telephones.act(call, "answer")
        shop.until(lambda: shop.call(call)[0] == "ongoing")
        shop.until(lambda: shop.presence("101") == "talking")
        telephones.act(call, "transfer", extension="101", to="102")
        shop.until(lambda: shop.presence("102") == "ringing")
        telephones.act(call, "answer", extension="102")
        shop.until(lambda: shop.presence("102") == "talking")
        shop.until(lambda: shop.presence("101") == "idle")
        telephones.act(call, "drop")
        shop.until(lambda: shop.call(call)[0] == "ended")
        assert shop.call(call)[1] == "answered"
        shop.until(lambda: shop.presence("102") == "idle")
        shown = told(shop, "vendeur@demo.example", since)
        assert shown[:2] == [("ringing", "Claire Client"), ("ongoing", "Claire Client")]
        assert ("ended", "Claire Client") in told(shop, "manager@demo.example", since)

        missed = telephones.ring(STRANGER, "101")
        shop.until(lambda: shop.call(missed))
        telephones.act(missed, "drop")
        shop.until(lambda: shop.call(missed)[:2] == ("ended", "missed"))
    assert differences(shop.database, telephones.ledger()) == []


def test_connection_cut_again_and_again(shop):
    """Events come twice and in the wrong order besides."""
    with followed(shop):
        shop.telephones.fault(duplicate=0.2, reorder=0.2, lose=0.02)
        shop.telephones.busy_hour(CALLS, SECONDS)
        for _cut in range(CUTS):
            time.sleep(SECONDS / CUTS)
            shop.telephones.fault(cut=True)
        assert shop.telephones.fault()["counts"]["cuts"] >= CUTS - 1
        shop.telephones.fault(reset=True)
        shop.assert_nothing_lost()


def test_pbx_out_of_order(shop):
    """It refuses our token, then answers 500 for a while: Odoo says so, and recovers by itself."""
    with followed(shop):
        shop.telephones.busy_hour(CALLS // 2, SECONDS / 2)
        shop.telephones.fault(revoke=True)
        time.sleep(SECONDS / 8)
        shop.telephones.fault(errors={"status": 500, "seconds": SECONDS / 4}, cut=True)
        shop.until(lambda: shop.health() == "error")
        shop.until(lambda: shop.health() == "ok")
        shop.assert_nothing_lost()


def test_listener_and_odoo_killed(shop):
    """Calls ring, are taken and end while nobody is there; shares that were open are closed."""
    telephones, database = shop.telephones, shop.database
    with listener(database) as first, server(database) as odoo:
        shop.wait_until_followed()
        over, on = telephones.ring(KNOWN, "101"), telephones.ring("", "102", "Withheld")
        shop.until(lambda: shop.call(over) and shop.call(on))
        telephones.act(on, "answer")
        shop.until(lambda: shop.call(on)[0] == "ongoing")
        for process in (first, odoo):
            process.send_signal(signal.SIGKILL)
            process.wait()
    telephones.act(over, "answer")
    unseen = telephones.ring(STRANGER, "103")
    time.sleep(1)
    telephones.act(over, "drop")
    telephones.act(unseen, "drop")
    with listener(database), server(database):
        shop.wait_until_followed()
        shop.until(lambda: shop.call(over)[:2] == ("ended", "answered"), 30)
        shop.until(lambda: (shop.call(unseen) or ())[:2] == ("ended", "missed"), 30)
        assert shop.call(on)[0] == "ongoing"
        telephones.act(on, "drop")
        shop.until(lambda: shop.call(on)[:2] == ("ended", "answered"))
    assert differences(database, telephones.ledger()) == []


def test_database_away(shop):
    """All its connections are cut while calls come in; what was read meanwhile is written after."""
    with followed(shop):
        shop.telephones.busy_hour(CALLS // 4, SECONDS / 4)
        for _time in range(3):
            time.sleep(SECONDS / 16)
            end_connections(shop.database)
        shop.assert_nothing_lost()


def end_connections(database):
    """As when PostgreSQL is restarted."""
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [database.name],
            )
    finally:
        connection.close()


def test_settings_change_while_it_runs(shop):
    """A PBX that is not to be followed any more is let go, and taken up again, within 30 s."""
    enable = "UPDATE threecx_pbx SET listener_enabled = %s"
    with followed(shop):
        shop.database.query(enable, (False,))
        shop.until(lambda: not shop.listeners(), 30)
        shop.database.query(enable, (True,))
        shop.until(lambda: shop.listeners() == 1, 30)
