"""A mailbox of a simulated Microsoft 365, and a real Odoo server that is told by its webhook."""

import os
import time
from contextlib import ExitStack

import pytest

from scripts.test_suite import free_port
from simulators.graph.server import running
from tests.kit.database import copied
from tests.kit.mailbox import (
    BOX,
    Mailbox,
    answer_all,
    connect,
    look,
    run_cron,
    until,
)
from tests.kit.web import web_server

SUBSCRIBED = """
    SELECT count(*) FROM omni_folder WHERE outlook_subscription IS NOT NULL
"""
MESSAGES = "SELECT count(*) FROM omni_message WHERE direction = 'in'"
#: From the notification to the ticket, with everything on one small machine; seconds.
AT_ONCE = 10


class House:
    """One mailbox and one server for all trials: they only add mails."""

    def __init__(self, database, mailbox):
        self.database = database
        self.mailbox = mailbox

    def one(self, sql, *parameters):
        """Return the first value of the first row."""
        return self.database.query(sql, parameters)[0][0]

    def until(self, what, seconds=30):
        return until(what, seconds, self.database)

    def has(self, subject, times=1):
        """Whether there are as many conversations and tickets of this subject."""
        return (
            self.one("SELECT count(*) FROM omni_conversation WHERE subject = %s", subject) == times
            and self.one("SELECT count(*) FROM crm_ticket WHERE name = %s", subject) == times
        )

    def settled(self):
        """Wait until there is nothing left to read or to process."""
        self.until(lambda: not self.one("SELECT count(*) FROM omni_folder WHERE is_dirty"))
        self.until(
            lambda: not self.one("SELECT count(*) FROM omni_event WHERE state IN ('new', 'retry')")
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("mailbox")
        template = os.environ["SUITE_TEMPLATE_INSTALLED"]
        database = stack.enter_context(copied(template, os.environ["SUITE_DB_PREFIX"], folder))
        simulator = stack.enter_context(running())
        port = free_port()
        connect(database, simulator.url, f"http://127.0.0.1:{port}")
        stack.enter_context(web_server(database, port))
        made = House(database, Mailbox(simulator.url))
        run_cron(database, "ir_cron_outlook_watch")
        made.until(lambda: made.one(SUBSCRIBED) == 2, 60)
        run_cron(database, "ir_cron_sync")
        made.settled()
        yield made


def test_ceiling_was_learnt(house):
    """More than Outlook allows was asked for first, and refused."""
    assert house.one("SELECT outlook_ceiling FROM omni_channel") == 10_070
    assert len(house.mailbox.subscriptions()) == 2


def test_told_at_once(house):
    started = time.monotonic()
    house.mailbox.write("Livraison de mon canapé")
    house.until(lambda: house.has("Livraison de mon canapé"))
    assert time.monotonic() - started < AT_ONCE


def test_told_twice_and_not_at_all(house):
    """Notifications are hints: none is needed, and many do no harm."""
    house.mailbox.fault(duplicate=1)
    house.mailbox.write("Deux fois")
    house.until(lambda: house.has("Deux fois"))
    house.mailbox.fault(reset=True, lose=1)
    house.mailbox.write("Jamais")
    time.sleep(1)
    assert not house.has("Jamais")
    look(house.database)
    house.until(lambda: house.has("Jamais"))
    house.mailbox.fault(reset=True)
    house.settled()
    assert house.has("Deux fois") and house.has("Jamais")


@pytest.mark.parametrize("event", ["missed", "reauthorize", "remove"])
def test_lifecycle(house, event):
    before = {row["id"] for row in house.mailbox.subscriptions()}
    # what is written now is told nobody
    house.mailbox.fault(reset=True, lose=1)
    house.mailbox.write(f"Pendant {event}")
    house.mailbox.fault(reset=True)
    for key in before:
        house.mailbox.ask("POST", f"/sim/subscriptions/{key}/{event}", {})
    house.until(lambda: house.has(f"Pendant {event}"))
    found = house.until(
        lambda: [
            row
            for row in [house.mailbox.subscriptions()]
            if len(row) == 2
            and not any(one["paused"] for one in row)
            and (event != "remove" or before.isdisjoint({one["id"] for one in row}))
        ]
    )
    assert found
    house.mailbox.write(f"Après {event}")
    house.until(lambda: house.has(f"Après {event}"))


@pytest.mark.parametrize("how", ["gone", "sync_state"])
def test_forgotten_link(house, how):
    house.settled()
    before = house.one(MESSAGES)
    house.mailbox.fault(reset_delta=how)
    house.mailbox.write(f"Oublié {how}")
    house.until(lambda: house.has(f"Oublié {how}"))
    house.settled()
    assert house.one(MESSAGES) == before + 1, "nothing twice, nothing lost"


def test_patience(house):
    """429: nothing is asked before the time is over."""
    house.settled()
    house.mailbox.fault({"status": 429, "retry_after": 15, "path": "/delta", "times": 1})
    started = time.time()
    house.mailbox.write("Patience")
    house.until(lambda: house.one("SELECT next_sync FROM omni_channel"))
    house.mailbox.ask("DELETE", "/sim/requests")
    time.sleep(3)
    rows = house.mailbox.ask("GET", "/sim/requests")
    assert not [row for row in rows if "/delta" in row["path"]]
    assert not house.has("Patience")
    house.until(lambda: time.time() > started + 17, 30)
    run_cron(house.database, "ir_cron_sync")
    house.until(lambda: house.has("Patience"))


def test_answer_and_answer_again(house):
    author = "nouvelle.cliente@example.org"
    house.mailbox.write("Une seule fois", author)
    house.until(lambda: house.has("Une seule fois"))
    house.settled()
    answer_all(house.database)
    run_cron(house.database, "ir_cron_out_mail")
    house.until(lambda: house.mailbox.received(author))
    [post] = house.mailbox.received(author)
    house.mailbox.ask("POST", f"/sim/customers/{author}/{post['key']}/reply", {"text": "Merci"})
    house.until(
        lambda: (
            house.one(
                "SELECT count(*) FROM omni_message m JOIN omni_conversation c"
                " ON c.id = m.conversation_id WHERE c.subject = 'Une seule fois'"
            )
            == 3
        )
    )
    house.settled()
    assert house.has("Une seule fois"), "the same conversation, the same ticket"
    assert len(house.mailbox.received(author)) == 1


def test_nothing_left_over(house):
    """What Outlook has is what Odoo has, message by message."""
    look(house.database)
    house.settled()
    rows = house.mailbox.ask("GET", f"/sim/mailboxes/{BOX}")
    there = {row["id"] for row in rows if row["folder"] in ("inbox", "sentitems")}
    here = house.database.query("SELECT external_id FROM omni_message")
    assert sorted(there) == sorted(key for (key,) in here)
    assert not [row for row in rows if row["folder"] == "drafts"]
    assert not house.one("SELECT count(*) FROM omni_event WHERE state = 'dead'")
