"""When the template is run: at the beginning and at the end of external calls, from PRO on."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from simulators.threecx.editions import Licence

from .client import signed_in
from .templates import CONTACT_OUTPUTS, CONTACT_VARIABLES, LOOKUP, crm, report, scenario, value

REPORT = report(
    "".join(
        value(name, f"[{name}]")
        for name in "CallType Number Name Agent AgentEmail QueueExtension EntityId Summary".split()
    )
)
CLIENT = (
    scenario(
        CONTACT_VARIABLES + CONTACT_OUTPUTS,
        "SearchContacts",
        'Url="[Url]/find?phone=%2B32475123456" RequestType="Get" ResponseType="Json"',
    )
    + scenario(
        CONTACT_VARIABLES + CONTACT_OUTPUTS,
        "CreateContactRecordFromClient",
        'Url="[Url]/create" RequestEncoding="Json" RequestType="Post" ResponseType="Json"',
        f"<PostValues>{value('name', '[LastName]')}{value('number', '[Number]')}</PostValues>",
    )
    + report(value("said", "[ChatMessages]") + value("by", "[Agent]"), "ReportChat")
)


class Desk(BaseHTTPRequestHandler):
    """A CRM that knows one person and keeps what is journaled."""

    def do_GET(self):
        time.sleep(self.server.thinks)
        number = parse_qs(urlsplit(self.path).query).get("phone", [""])[0]
        people = [{"id": 7, "first": "Ann", "last": "Peeters", "mobile": number}]
        self._answer({"people": people if number == "+32475123456" else []})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.journal.append(json.loads(body))
        self._answer({"people": [{"id": 8, "first": "New", "last": "One", "mobile": ""}]})

    def _answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@contextmanager
def desk():
    with HTTPServer(("127.0.0.1", 0), Desk) as server:
        server.journal = []
        server.thinks = 0.0  # seconds before a look-up is answered
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@pytest.fixture
def house():
    """:return tuple: client of a PBX with a template, and the CRM"""
    with desk() as server, signed_in(licence=Licence("PRO")) as client:
        load(client, server)
        yield client, server


def load(client, server, **options):
    url = f"http://127.0.0.1:{server.server_port}"
    body = {"xml": crm(LOOKUP + REPORT + CLIENT), "parameters": {"Url": url}, **options}
    return client.sim("template", body, "PUT")


def live(client, number="+32475123456", to="101", taker=None):
    call = client.ring(number, to)
    client.sim("settle")
    if taker:
        client.sim(f"calls/{call}/answer", {"extension": taker})
    client.sim(f"calls/{call}/drop")
    client.sim("settle")
    return call


def test_the_caller_gets_his_name(house):
    client, server = house
    client.ring()
    client.sim("settle")
    (call,) = client.sim("calls", method="GET")
    assert call["name"] == "Ann Peeters"
    state = client.sim("state", method="GET")
    assert state["calls"][0]["contact"]["url"].endswith("/7")


def test_a_call_is_journaled_when_it_has_ended(house):
    client, server = house
    live(client, taker="101")
    (posted,) = server.journal
    assert posted["CallType"] == "Inbound" and posted["EntityId"] == "7"
    assert (posted["Agent"], posted["AgentEmail"]) == ("101", "vendeur@demo.example")
    assert posted["Name"] == "Ann Peeters" and not posted["Summary"]


def test_the_journal_waits_for_the_look_up(house):
    client, server = house
    server.thinks = 0.3
    call = client.ring()
    client.sim(f"calls/{call}/drop")
    client.sim("settle")
    assert [posted["EntityId"] for posted in server.journal] == ["7"]


def test_a_missed_call_and_one_of_a_queue(house):
    client, server = house
    live(client, "+3281000000")
    live(client, "+3281000000", "800")
    missed, queue = server.journal
    assert (missed["CallType"], missed["Agent"], missed["EntityId"]) == ("Missed", "101", "")
    assert (queue["CallType"], queue["Agent"], queue["QueueExtension"]) == ("Missed", "", "800")


def test_each_agent_that_rang_may_be_journaled(house):
    client, server = house
    load(client, server, journal="each")
    live(client, "+3281000000", "800")
    assert len(server.journal) == 10
    assert {posted["CallType"] for posted in server.journal} == {"Missed"}


def test_a_transfer_is_journaled_for_both(house):
    client, server = house
    call = client.ring()
    client.sim(f"calls/{call}/answer")
    client.sim(f"calls/{call}/transfer", {"to": "102"})
    client.sim(f"calls/{call}/answer")
    client.sim(f"calls/{call}/drop")
    client.sim("settle")
    assert [posted["Agent"] for posted in server.journal] == ["101", "102"]


def test_outbound_calls_are_looked_up_and_journaled(house):
    client, server = house
    for answered in (True, False):
        call = client.sim("extensions/101/dial", {"destination": "+32475123456"})["callid"]
        client.sim("settle")
        if answered:
            client.sim(f"calls/{call}/answer")
        client.sim(f"calls/{call}/drop")
        client.sim("settle")
    assert [posted["CallType"] for posted in server.journal] == ["Outbound", "Notanswered"]
    assert {posted["EntityId"] for posted in server.journal} == {"7"}


def test_internal_calls_are_nobody_elses_business(house):
    client, server = house
    call = client.sim("extensions/101/dial", {"destination": "102"})["callid"]
    client.sim(f"calls/{call}/drop")
    client.sim("settle")
    assert server.journal == [] and client.sim("template", method="GET")["exchanges"] == []


def test_what_users_of_the_client_do(house):
    client, server = house
    assert client.sim("search", {"text": "ann"})[0]["name"] == "Ann Peeters"
    person = {"first_name": "New", "last_name": "One", "number": "+32470111111"}
    assert client.sim("contacts", person)["entity_id"] == "8"
    client.sim("chats", {"extension": 101, "messages": "Bonjour"})
    created, chat = server.journal
    assert created["name"] == "One" and created["number"].endswith("32470111111")
    assert chat == {"said": "Bonjour", "by": "101"}


def test_a_recording_in_the_journal_can_be_heard(house):
    client, _server = house
    live(client, taker="101")
    number = client.ledger()[0]["recording"]
    audio = requests.get(f"{client.url}/recordings/{number}.wav", timeout=5)
    assert audio.headers["Content-Type"] == "audio/wav"
    assert requests.get(f"{client.url}/recordings/0.wav", timeout=5).status_code == 404


def test_a_crm_that_is_gone_disturbs_no_call(house):
    client, server = house
    client.sim(
        "template",
        {"xml": crm(LOOKUP + REPORT), "parameters": {"Url": "http://127.0.0.1:9"}},
        "PUT",
    )
    live(client, taker="101")
    assert client.ledger()[0]["outcome"] == "answered"
    assert all(one["error"] for one in client.sim("template", method="GET")["exchanges"])


@pytest.mark.parametrize("edition", ["FREE", "SMB"])
def test_small_editions_have_no_crm(edition):
    with (
        signed_in(licence=Licence(edition)) as client,
        pytest.raises(AssertionError, match="^400 "),
    ):
        client.sim("template", {"xml": crm()}, "PUT")


def test_a_downgrade_ends_look_ups(house):
    client, server = house
    client.sim("edition", {"edition": "SMB"})
    live(client, taker="101")
    assert server.journal == []


def test_a_template_that_the_pbx_refuses(house):
    client, _server = house
    with pytest.raises(AssertionError, match="^400 "):
        client.sim("template", {"xml": "<Crm>"}, "PUT")
    assert client.sim("template", method="GET")["loaded"]  # the one before stays
    assert not client.sim("template", method="DELETE")["loaded"]
