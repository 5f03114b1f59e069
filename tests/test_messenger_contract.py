"""A page of a simulated Messenger, and a real Odoo server that is told by its webhook: what is
published, doubled, shuffled, refused, lost, late."""

import os
import time
from contextlib import ExitStack

import pytest

from scripts.test_suite import free_port
from simulators.messenger.server import Simulator, running
from simulators.messenger.world import APP_SECRET
from tests.kit.database import copied
from tests.kit.mailbox import run_cron, until
from tests.kit.page import Page, connect, look
from tests.kit.web import web_server

VERIFY_TOKEN = "let me in"
TEXTS = """
    SELECT m.text_body FROM omni_message m JOIN omni_conversation c ON c.id = m.conversation_id
     WHERE c.external_id = %s AND m.direction = %s ORDER BY m.sent, m.sequence, m.id
"""
#: An answer to the newest message of somebody.
ANSWER = """
conversation = env["omni.conversation"].search([("external_id", "=", {psid!r})])
env["omni.message"]._enqueue(conversation, {{"html": {html!r}, "delay": 0}})
env.cr.commit()
"""
#: From the webhook to the ticket, with everything on one small machine; seconds.
AT_ONCE = 10


class House:
    """One page and one server for all trials: each has somebody of its own who writes."""

    def __init__(self, database, page, url, token):
        self.database = database
        self.page = page
        self.url = url
        self.token = token

    def one(self, sql, *parameters):
        """Return the first value of the first row."""
        rows = self.database.query(sql, parameters)
        return rows[0][0] if rows else None

    def until(self, what, seconds=30):
        return until(what, seconds, self.database)

    def texts(self, psid, direction="in"):
        return [text for (text,) in self.database.query(TEXTS, (psid, direction))]

    def has(self, psid, *texts, direction="in"):
        self.until(lambda: self.texts(psid, direction) == list(texts))

    def answer(self, psid, html="<p>Demain.</p>"):
        """Somebody answers, and it leaves."""
        self.database.shell(ANSWER.format(psid=psid, html=html))
        run_cron(self.database, "ir_cron_out_chat")

    def state(self, psid):
        """State of the newest answer to somebody."""
        return self.one(
            "SELECT m.state FROM omni_message m JOIN omni_conversation c"
            " ON c.id = m.conversation_id WHERE c.external_id = %s AND m.direction = 'out'"
            " ORDER BY m.id DESC LIMIT 1",
            psid,
        )

    def settled(self):
        """Wait until nobody is left to be told, and nothing to be processed."""
        self.page.settle()
        self.until(
            lambda: not self.one("SELECT count(*) FROM omni_event WHERE state IN ('new', 'retry')")
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("page")
        template = os.environ["SUITE_TEMPLATE_INSTALLED"]
        database = stack.enter_context(copied(template, os.environ["SUITE_DB_PREFIX"], folder))
        simulator = stack.enter_context(running(Simulator()))
        port = free_port()
        connect(database, simulator.url, f"http://127.0.0.1:{port}")
        url = stack.enter_context(web_server(database, port))
        [(token,)] = database.query("SELECT webhook_token FROM omni_channel")
        made = House(database, Page(simulator.url), url, token)
        made.page.ask(
            "POST",
            "app",
            {"webhook_url": f"{url}/omni/webhook/{token}", "verify_token": VERIFY_TOKEN},
        )
        # the watch has the page's app told
        run_cron(database, "ir_cron_messenger_watch")
        made.until(lambda: made.page.ask("GET", "app")["pages"][0]["subscribed_fields"], 60)
        made.settled()
        yield made


def test_handshake_took_place(house):
    assert house.page.ask("GET", "app")["verified"]


def test_told_at_once(house):
    psid = house.page.person("Claire Petit")
    started = time.monotonic()
    house.page.writes(psid, "Où est ma table ?")
    house.has(psid, "Où est ma table ?")
    assert time.monotonic() - started < AT_ONCE
    ticket = "SELECT ticket_id FROM omni_conversation WHERE external_id = %s"
    assert house.one(ticket, psid)
    # and she gets a name, which Meta tells when it is asked
    name = "SELECT name FROM omni_identity WHERE external_id = %s"
    house.until(lambda: house.one(name, psid) == "Claire Petit", 60)


def test_doubled_and_shuffled(house):
    psid = house.page.person()
    house.page.fault(duplicates=0.5, reorder=0.5, seed=7)
    for number in range(20):
        house.page.writes(psid, f"{number}")
    house.page.fault(reset=True)
    house.settled()
    house.has(psid, *map(str, range(20)))


def test_all_that_a_person_does(house):
    psid = house.page.person()
    mid = house.page.writes(psid, "Ma tabel")
    house.page.does(psid, "edit", mid=mid, text="Ma table")
    house.page.does(psid, "react", mid=mid, reaction="love")
    house.page.does(psid, "postback", title="Démarrer", payload="GET_STARTED")
    house.page.does(psid, "referral", ref="S00042")
    house.page.writes(psid, "", attachments=[{"name": "a.png", "base64": "iVBORw0KGgo="}])
    house.settled()
    house.has(psid, "Ma table", None)
    rows = house.database.query(
        "SELECT m.code FROM omni_moment m JOIN omni_conversation c ON c.id = m.conversation_id"
        " WHERE c.external_id = %s ORDER BY m.occurred, m.id",
        (psid,),
    )
    assert [code for (code,) in rows] == ["postback", "referral"]
    assert house.one("SELECT emoji FROM omni_reaction WHERE author = %s", psid) == "❤"
    claims = "SELECT claims::text FROM omni_identity WHERE external_id = %s"
    assert "S00042" in house.one(claims, psid)


@pytest.mark.parametrize("share", [0, 1])
def test_echo_after_and_before_the_answer(house, share):
    psid = house.page.person()
    house.page.writes(psid)
    house.has(psid, "Bonjour")
    house.page.fault(echo_before_answer=share)
    house.answer(psid)
    house.until(lambda: house.state(psid) in ("sent", "delivered"))
    house.page.fault(reset=True)
    house.settled()
    house.has(psid, "Demain.", direction="out")
    house.until(lambda: house.state(psid) == "delivered")
    house.page.does(psid, "read")
    house.until(lambda: house.state(psid) == "read")


def test_answer_of_the_request_is_lost(house):
    """The echo says what became of it; nothing is sent twice."""
    psid = house.page.person()
    house.page.writes(psid)
    house.has(psid, "Bonjour")
    rule = {"action": "cut_after", "method": "POST", "path": "/messages$", "skip": 1}
    house.page.fault(rule)
    text = "<p>" + "</p><p>".join(char * 1_500 for char in "abc") + "</p>"
    house.answer(psid, text)
    house.until(lambda: house.state(psid) in ("uncertain", "sent", "delivered"))
    house.page.fault(reset=True)
    house.database.query(
        "UPDATE omni_message SET next_try = now() AT TIME ZONE 'UTC' WHERE state = 'uncertain';"
        "UPDATE omni_message SET sending_since = sending_since - interval '5 minutes'"
        " WHERE state = 'uncertain'"
    )

    def is_sent():
        run_cron(house.database, "ir_cron_out_chat")
        return house.state(psid) in ("sent", "delivered")

    house.until(is_sent, 60)
    house.settled()
    assert [row["text"][:1] for row in house.page.sees(psid)] == ["a", "b", "c"]
    assert len(house.texts(psid, "out")) == 1


def test_another_application_has_the_thread(house):
    psid = house.page.person()
    house.page.does(psid, "control", action="take")
    house.page.writes(psid, "En attente")
    house.has(psid, "En attente")
    elsewhere = "SELECT is_open_there FROM omni_conversation WHERE external_id = %s"
    waiting = (
        "SELECT t.waiting_since FROM crm_ticket t JOIN omni_conversation c ON c.ticket_id = t.id"
        " WHERE c.external_id = %s"
    )
    assert house.one(elsewhere, psid)
    assert house.one(waiting, psid) is None
    house.page.does(psid, "inbox", text="De la boîte")
    house.has(psid, "De la boîte", direction="out")
    house.page.writes(psid, "Merci, et ?")
    house.has(psid, "En attente", "Merci, et ?")
    house.page.does(psid, "control", action="pass")
    house.until(lambda: house.one(waiting, psid))
    assert not house.one(elsewhere, psid)


def test_forged_and_then_told_again(house):
    """What we refuse comes again: nothing is lost by a wrong secret that is put right."""
    psid = house.page.person()
    house.page.ask("POST", "app", {"app_secret": "another"})
    house.page.writes(psid, "Signé autrement")
    house.until(lambda: house.one("SELECT last_refused FROM omni_channel"))
    assert house.texts(psid) == []
    assert not house.one("SELECT count(*) FROM omni_event WHERE conversation_key = %s", psid)
    house.page.ask("POST", "app", {"app_secret": APP_SECRET})
    house.has(psid, "Signé autrement")


def test_lost_webhooks_are_fetched(house):
    psid = house.page.person()
    house.page.fault(lose=1)
    house.page.writes(psid, "Jamais dit")
    house.page.settle()
    house.page.fault(reset=True)
    assert house.texts(psid) == []
    look(house.database)
    house.has(psid, "Jamais dit")


def test_unsubscribed_subscribed_and_fetched(house):
    psid = house.page.person()
    house.page.fault(unsubscribe=True)
    house.page.writes(psid, "Pendant l'absence")
    house.database.query("UPDATE omni_channel SET messenger_watched = NULL")
    run_cron(house.database, "ir_cron_messenger_watch")
    house.has(psid, "Pendant l'absence")
    house.page.writes(psid, "Après")
    house.has(psid, "Pendant l'absence", "Après")


def test_too_late_for_messenger(house):
    """By the clock of the platform; ours would have let it pass."""
    psid = house.page.person()
    house.page.writes(psid)
    house.has(psid, "Bonjour")
    rule = {"method": "POST", "path": "/messages$", "code": 10, "subcode": 2018278}
    house.page.fault(rule)
    house.answer(psid)
    house.until(lambda: house.state(psid) == "failed")
    kind = "SELECT failure_type FROM omni_message WHERE state = 'failed' ORDER BY id DESC LIMIT 1"
    assert house.one(kind) == "window"
    assert house.page.sees(psid) == []


def test_dead_token_and_a_new_one(house):
    """The last one: it takes the token away."""
    psid = house.page.person()
    house.page.fault(kill_token="password")
    house.page.writes(psid, "On m'entend ?")
    house.has(psid, "On m'entend ?")
    house.answer(psid)
    house.until(lambda: house.one("SELECT auth_failed_since FROM omni_channel"))
    assert house.state(psid) == "queued", "it waits for the new token"
    alarm = "SELECT count(*) FROM mail_activity WHERE res_model = 'omni.channel'"
    house.until(lambda: house.one(alarm))
    house.page.writes(psid, "Toujours là ?")
    house.has(psid, "On m'entend ?", "Toujours là ?")
