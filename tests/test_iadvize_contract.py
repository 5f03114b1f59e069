"""A simulated project of iAdvize, and a real Odoo server that it tells what happens: everything
that was said is there once and in its order, whatever goes wrong on the way.
"""

import json
import os
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from scripts.test_suite import free_port
from simulators.iadvize.server import Simulator, running
from tests.kit.chat import Chat, connect, look, process
from tests.kit.database import copied
from tests.kit.mailbox import until
from tests.kit.web import web_server

HERE = """
    SELECT CASE m.direction WHEN 'in' THEN 'visitor' ELSE 'operator' END, m.text_body
      FROM omni_message m JOIN omni_conversation c ON c.id = m.conversation_id
     WHERE c.external_id = %s ORDER BY m.sent, m.sequence, m.id
"""
COUNT = """
    SELECT count(*) FROM omni_message
     WHERE channel_id IN (SELECT id FROM omni_channel WHERE provider = 'iadvize')
"""
OPEN = "SELECT is_open_there FROM omni_conversation WHERE external_id = %s"


class House:
    """One project and one server for all trials: they only add conversations."""

    def __init__(self, database, chat, port, webhook):
        self.database, self.chat, self.port, self.webhook = database, chat, port, webhook

    def one(self, sql, *parameters):
        """Return the first value of the first row, ``None`` if there is none."""
        rows = self.database.query(sql, parameters)
        return rows[0][0] if rows else None

    def here(self, chat):
        """What was said, as it is in Odoo."""
        return self.database.query(HERE, (chat,))

    def until_same(self, chat, seconds=30):
        """Wait until Odoo has what was said there; return it."""
        truth = self.chat.messages(chat)
        until(lambda: self.here(chat) == truth, seconds, self.database)
        return truth


@pytest.fixture(scope="module", params=["typed", "flat"])
def house(request, tmp_path_factory):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("chat")
        template = os.environ["SUITE_TEMPLATE_INSTALLED"]
        database = stack.enter_context(copied(template, os.environ["SUITE_DB_PREFIX"], folder))
        simulator = stack.enter_context(running(Simulator(dialect=request.param)))
        port = free_port()
        chat = Chat(simulator.url)
        webhook = connect(database, chat, f"http://127.0.0.1:{port}")
        stack.enter_context(web_server(database, port))
        yield House(database, chat, port, webhook)


@pytest.fixture(autouse=True)
def whole(house):
    """Every trial begins without faults."""
    yield
    house.chat.ask("POST", "/sim/reset", {})


def test_told(house):
    """Signed, taken at once, read, in the thread in its order; its end too."""
    chat = house.chat.begin()
    house.chat.say(chat, "operator", "Je regarde.")
    house.until_same(chat)
    assert house.one(OPEN, chat)
    house.chat.say(chat, "visitor", "Merci")
    house.chat.do(chat, "close")
    assert {one["state"] for one in house.chat.told()} <= {"delivered"}
    assert len(house.until_same(chat)) == 3
    until(lambda: house.one(OPEN, chat) is False, 30, house.database)


def test_duplicates_and_disorder(house):
    """Each event twice, and late ones overtaken by others."""
    house.chat.fault(duplicate=1, reorder=0.5, reorder_seconds=2)
    chats = [house.chat.begin(text=str(number)) for number in range(8)]
    for chat in chats:
        house.chat.say(chat, "operator", "Oui ?")
        house.chat.do(chat, "close")
    house.chat.told()
    for chat in chats:
        house.until_same(chat)
        assert house.one("SELECT count(*) FROM omni_conversation WHERE external_id = %s", chat) == 1


def test_half_a_minute_down(house):
    """iAdvize tells three times and never again: what is going on is read by ourselves."""
    chat = house.chat.begin()
    house.until_same(chat)
    house.chat.ask("POST", "/sim/app", {"webhook_url": "http://127.0.0.1:9/nobody"})
    house.chat.say(chat, "operator", "Demain.")
    house.chat.do(chat, "close")
    unknown = house.chat.begin(text="Personne ?")
    house.chat.do(unknown, "close")

    def given_up():
        house.chat.advance(30)
        told = house.chat.ask("GET", "/sim/deliveries")
        return {one["state"] for one in told} == {"delivered", "lost"}

    until(given_up, 30, house.database)
    house.chat.ask("POST", "/sim/app", {"webhook_url": house.webhook})
    look(house.database)
    house.until_same(chat)
    house.until_same(unknown)
    until(lambda: house.one(OPEN, chat) is False, 30, house.database)


def test_forged(house):
    """Nothing of it is stored."""
    before = house.one("SELECT count(*) FROM omni_event")
    body = json.dumps(
        {"eventId": "x", "eventType": "v2.conversation.pushed", "conversationId": "x"}
    ).encode()
    request = urllib.request.Request(
        house.webhook, body, {"x-iadvize-signature": f"sha256={'0' * 64}"}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    assert caught.value.code == 403
    assert house.one("SELECT count(*) FROM omni_event") == before


def test_token_dies(house):
    """All tokens end: one sign-in for all of Odoo, and nothing is lost."""
    house.until_same(house.chat.begin())
    logins = house.chat.ask("GET", "/sim/ledger")["logins"]
    house.chat.fault(expire_tokens=True)
    chats = [house.chat.begin(text=f"Token {number}") for number in range(5)]
    for chat in chats:
        house.until_same(chat)
    assert house.chat.ask("GET", "/sim/ledger")["logins"] == logins + 1


def test_patience_and_errors(house):
    """iAdvize asks to slow down, breaks off and fails: what was told is read later, once."""
    house.chat.fault(
        {"path": "/graphql", "status": 429, "retry_after": 1},
        {"path": "/graphql", "status": 503},
        {"path": "/graphql", "action": "cut_after"},
    )
    chats = [house.chat.begin(text=f"Panne {number}") for number in range(4)]
    house.chat.told()
    states = "SELECT count(*) FROM omni_event WHERE state = 'retry'"
    until(lambda: house.one(states) >= 1, 30, house.database)

    def all_there():
        process(house.database)
        return all(house.here(chat) == house.chat.messages(chat) for chat in chats)

    until(all_there, 60, house.database)
    assert house.one("SELECT count(*) FROM omni_event WHERE state = 'dead'") == 0


def test_the_whole_truth(house):
    """At the end: everything that people and robots have said is here, once."""
    look(house.database)
    ledger = house.chat.ask("GET", "/sim/ledger")["conversations"]
    for conversation in ledger:
        house.until_same(conversation["id"])
    said = sum(message["author"] != "system" for one in ledger for message in one["messages"])
    assert house.one(COUNT) == said
