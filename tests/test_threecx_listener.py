"""`odoo threecx_listener`, a real process, follows a simulated 3CX while everything fails that can.
In the end Odoo is compared with what the simulator knows to have happened, call by call.

``SUITE_THREECX_CALLS`` is the number of calls of each trial; ``make soak`` makes 500 of them.
"""

import os
import signal
import time
from contextlib import ExitStack

import psycopg2
import pytest

from simulators.threecx.server import running
from tests.kit.database import copied
from tests.kit.servers import server, wake
from tests.kit.telephones import (
    Telephones,
    connect,
    differences,
    listener,
    read_call_log,
    until,
)

CALLS = int(os.environ.get("SUITE_THREECX_CALLS", "24"))
#: Seconds in which they are made; the writer needs its time for each.
SECONDS = max(6.0, CALLS / 8)
CUTS = max(5, CALLS // 10)
KNOWN, STRANGER = "+3242223344", "+32475009988"

#: Odoo itself will not think of the call log for a while.
FORGET_CALL_LOG = """
    DELETE FROM ir_cron_trigger;
    UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' + interval '1 hour' WHERE id =
        (SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_backfill')
"""


class Shop:
    """One PBX, and Odoo and the listener that follow it, for all trials: they only add calls."""

    def __init__(self, database, simulator, stack):
        self.database = database
        self.simulator = simulator
        self.telephones = Telephones(simulator.url)
        self._stack = stack
        self.odoo = self.listener = None

    def start(self):
        """Start Odoo, for what its scheduler does, and the listener; wait until it sees all."""
        before = self._last_event()
        self.odoo = self._stack.enter_context(server(self.database))
        self.listener = self._stack.enter_context(listener(self.database))
        self.until(lambda: self._last_event() != before, 60)

    def kill(self):
        """End both without a warning."""
        for process in (self.listener, self.odoo):
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _last_event(self):
        return self.one("SELECT last_event FROM threecx_pbx")[0]

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

    def assert_nothing_lost(self):
        """Each call is there once and with the right outcome, when all has been read."""
        self.until(lambda: not self.telephones.is_busy(), SECONDS + 30)
        ledger = self.telephones.ledger()
        before = self.one("SELECT last_log FROM threecx_pbx")[0]
        read_call_log(self.database)
        self.until(lambda: self.one("SELECT last_log FROM threecx_pbx")[0] != before, 60)
        deadline = time.monotonic() + 30 + CALLS / 4
        while (wrong := differences(self.database, ledger)) and time.monotonic() < deadline:
            time.sleep(0.5)  # the listener has more to write, or a call is missed in a moment
        assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    template, prefix = os.environ["SUITE_TEMPLATE_INSTALLED"], os.environ["SUITE_DB_PREFIX"]
    with ExitStack() as stack:
        simulator = stack.enter_context(running())
        database = stack.enter_context(copied(template, prefix, folder))
        connect(database, simulator.url, {KNOWN: "Claire Client"})
        # processes go before the database they use
        with ExitStack() as processes:
            shop = Shop(database, simulator, processes)
            shop.start()
            yield shop


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
    assert shop.health() == "ok"
    since = shop.one("SELECT coalesce(max(id), 0) FROM bus_bus")[0]
    call = telephones.ring(KNOWN, "101")
    shop.until(lambda: told(shop, "vendeur@demo.example", since), 5)
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
    """Events come twice, in the wrong order, and some not at all besides."""
    shop.telephones.fault(duplicate=0.2, reorder=0.2, lose=0.02)
    shop.telephones.busy_hour(CALLS, SECONDS)
    for _cut in range(CUTS):
        time.sleep(SECONDS / CUTS)
        shop.until(shop.listeners)
        shop.telephones.fault(cut=True)
    assert shop.telephones.fault()["counts"]["cuts"] >= CUTS
    shop.telephones.fault(reset=True)
    shop.assert_nothing_lost()


def test_what_changed_while_the_line_was_cut(shop):
    """It is seen at once by comparing, without the call log: who is on the phone, and who rings."""
    telephones = shop.telephones
    gone = telephones.ring("+3287111111", "103")
    shop.until(lambda: shop.presence("103") == "ringing")
    telephones.fault(refuse_ws=1, cut=True)
    telephones.act(gone, "drop")
    new = telephones.ring("+3287222222", "104")
    shop.until(lambda: shop.presence("103") == "idle", 10)
    shop.until(lambda: shop.presence("104") == "ringing", 10)
    assert shop.call(new)[0] == "ringing"
    telephones.act(new, "drop")
    shop.until(lambda: shop.call(new)[0] == "ended")


def test_pbx_out_of_order(shop):
    """It refuses our token, then answers 500 for a while: Odoo says so, and recovers by itself."""
    shop.telephones.busy_hour(CALLS // 2, SECONDS / 2)
    shop.telephones.fault(revoke=True)
    time.sleep(SECONDS / 8)
    shop.telephones.fault(errors={"status": 500, "seconds": SECONDS / 3}, cut=True)
    shop.until(lambda: shop.health() == "error")
    # as long again, at most, until it is tried once more
    shop.until(lambda: shop.health() == "ok", 20 + SECONDS)
    shop.assert_nothing_lost()


def test_database_away(shop):
    """All connections to it are cut while calls come in; what was read is written afterwards."""
    shop.telephones.busy_hour(CALLS // 4, SECONDS / 4)
    for _time in range(3):
        time.sleep(SECONDS / 16)
        end_connections(shop.database)
    shop.assert_nothing_lost()


def test_listener_and_odoo_killed(shop):
    """Calls ring, are taken and end while nobody is there; shares that were open are closed."""
    telephones, database = shop.telephones, shop.database
    over, on = telephones.ring(KNOWN, "101"), telephones.ring("", "102", "Withheld")
    shop.until(lambda: shop.call(over) and shop.call(on))
    telephones.act(on, "answer")
    shop.until(lambda: shop.call(on)[0] == "ongoing")
    shop.kill()
    database.query(FORGET_CALL_LOG)
    telephones.act(over, "answer")
    unseen = telephones.ring(STRANGER, "103")
    time.sleep(1)
    telephones.act(over, "drop")
    telephones.act(unseen, "drop")
    shop.start()

    # the listener, and nobody else, has the call log read after it was away
    def is_read():
        wake(database)  # a scheduler that has just started first sleeps for a minute
        return shop.call(over)[:2] == ("ended", "answered")

    shop.until(is_read, 30)
    assert shop.call(on)[0] == "ongoing"
    assert shop.presence("102") == "talking"
    telephones.act(on, "drop")
    shop.until(lambda: shop.call(on)[:2] == ("ended", "answered"))
    shop.until(lambda: not differences(database, telephones.ledger()))


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
    """A PBX that is not to be followed any more is let go, and taken up again."""
    enable = "UPDATE threecx_pbx SET listener_enabled = %s"
    shop.database.query(enable, (False,))
    shop.until(lambda: not shop.listeners(), 30)
    shop.database.query(enable, (True,))
    shop.until(lambda: shop.listeners() == 1, 30)
