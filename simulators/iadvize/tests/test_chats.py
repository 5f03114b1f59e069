"""Log-ins, events and their attempts, what ends by itself, and what goes wrong on order."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from simulators.clock import moment
from simulators.iadvize.clock import iso, iso_zoned
from simulators.iadvize.server import Simulator

from .client import BOT, KARIM, SOPHIE, USER, signed_in
from .listener import listening, signature

FOLDER = Path(__file__).parents[1]


@pytest.fixture
def client():
    with signed_in() as client:
        yield client


@pytest.fixture
def endpoint(client):
    with listening(client) as endpoint:
        yield endpoint


# === log-ins === #


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "nobody@x.example"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
    ],
)
def test_log_in_refused(client, changes, error):
    answer = client.sign_in(**changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_log_in_needs_a_form(client):
    body = {"username": USER, "password": "x", "grant_type": "password"}
    assert requests.post(f"{client.url}/oauth2/token", json=body, timeout=5).status_code == 400


def test_with_a_second_factor(client):
    client.sim("project", {"with_second_factor": [USER]})
    assert client.sign_in().json()["error"] == "invalid_grant"


def test_ten_log_ins_a_minute_of_a_user(client):
    answers = [client.sign_in() for _time in range(10)]
    assert [answer.status_code for answer in answers] == [200] * 9 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    client.sim("project", {"users": {"second@x.example": "b"}})
    assert client.sign_in(username="second@x.example", password="b").ok
    client.advance(61)
    client.sim("project", {"users": {USER: "iadvize-demo-password"}})
    assert client.sign_in().ok


def test_a_hundred_log_ins_a_minute_of_an_address(client):
    names = {f"u{number}@x.example": "p" for number in range(100)}
    client.sim("project", {"users": names})
    answers = [client.sign_in(username=name, password="p").status_code for name in names]
    assert answers == [200] * 99 + [429]


def test_tokens_end(client):
    assert client.post_query("{ __typename }").status_code == 200
    client.advance(86_399)
    assert client.post_query("{ __typename }").status_code == 200
    client.advance(2)
    assert client.post_query("{ __typename }").status_code == 401
    assert client.sign_in().ok
    client.fault(expire_tokens=True)
    assert client.post_query("{ __typename }").status_code == 401


# === events === #


def test_three_attempts_and_no_more(client, endpoint):
    endpoint.statuses = [500, 503, 404, 500]
    client.sim("clock", {"speed": 100})
    began = time.monotonic()
    client.chat()
    endpoint.wait(3)
    assert time.monotonic() - began >= 0.3
    assert client.sim("settle")["idle"]
    client.advance(3600)
    time.sleep(0.1)
    headers = [headers for headers, _body in endpoint.requests]
    assert len(headers) == 3
    assert len({one["x-iadvize-correlationid"] for one in headers}) == 1
    assert len({one["x-iadvize-delivery"] for one in headers}) == 3
    assert len({body for _headers, body in endpoint.requests}) == 1
    delivery = client.see("deliveries")[0]
    assert (delivery["state"], delivery["statuses"]) == ("lost", [500, 503, 404])


def test_the_pauses(client, endpoint):
    endpoint.statuses = [500, 500]
    client.chat()
    endpoint.wait(1)
    for seconds, count in ((9, 1), (1.2, 2), (18, 2), (2.2, 3)):
        client.advance(seconds)
        endpoint.wait(count)
        time.sleep(0.1)
        assert len(endpoint.requests) == count
    assert client.sim("settle")["idle"]
    assert client.see("deliveries")[0]["state"] == "delivered"


def test_nobody_listens(client):
    client.sim("app", {"webhook_url": "http://127.0.0.1:9/", "secret": "x"})
    client.sim("clock", {"speed": 1000})
    client.chat()
    assert client.sim("settle")["idle"]
    assert client.see("ledger")["deliveries"] == {"waiting": 0, "delivered": 0, "lost": 1}


def test_only_what_was_subscribed(client, endpoint):
    client.sim("app", {"events": ["v2.conversation.closed"]})
    chat = client.chat()
    client.sim(f"chats/{chat}/close", {})
    assert [event["eventType"] for event in endpoint.wait(1)] == ["v2.conversation.closed"]
    assert client.sim("settle")["idle"] and len(endpoint.requests) == 1


def test_duplicates_and_repeats(client, endpoint):
    client.fault(duplicate=1)
    client.chat()
    endpoint.wait(2)
    assert client.sim("settle")["idle"]
    number = endpoint.requests[0][0]["x-iadvize-correlationid"]
    client.sim(f"deliveries/{number}/repeat")
    endpoint.wait(3)
    ids = {event["eventId"] for event in endpoint.events}
    correlations = {headers["x-iadvize-correlationid"] for headers, _body in endpoint.requests}
    assert len(ids) == len(correlations) == 1


def test_events_that_are_overtaken(client, endpoint):
    client.sim("clock", {"speed": 20})
    client.fault(reorder=0.5, reorder_seconds=20)
    for _time in range(20):
        client.chat()
    endpoint.wait(20)
    created = [event["createdAt"] for event in endpoint.events]
    assert created != sorted(created)
    assert client.see("faults")["counts"]["late"] > 2


def test_lost_and_late(client, endpoint):
    client.fault(drop_next=1)
    client.chat()
    client.fault(lose=1)
    client.chat()
    client.fault(lose=0, notify_delay=60)
    last = client.chat()
    time.sleep(0.1)
    assert not endpoint.requests
    client.advance(61)
    assert endpoint.wait(1)[0]["conversationId"] == last
    assert client.see("ledger")["deliveries"] == {"waiting": 0, "delivered": 1, "lost": 2}


def test_a_plugin_is_called(client, endpoint):
    client.sim("app", {"secret": "app-secret"})
    endpoint.page = b'{"status": "UP"}'
    query = "idWebsite=ha-1549&name=caf%C3%A9+noir"
    answer = client.sim("call", {"url": f"{endpoint.url}/plugin?{query}"})
    assert answer == {"status": 200, "text": '{"status": "UP"}'}
    assert endpoint.queries == [(query, signature(query.encode()))]
    assert client.sim("call", {"url": "http://127.0.0.1:9/"})["status"] == 0


# === conversations === #


def test_conversations_go_to_who_has_fewest(client):
    numbers = [client.see(f"chats/{client.chat()}")["operator"]["id"] for _time in range(4)]
    assert sorted(numbers) == [SOPHIE, SOPHIE, KARIM, KARIM]
    client.sim(f"operators/{SOPHIE}", {"connected": False})
    assert client.see(f"chats/{client.chat()}")["operator"]["id"] == KARIM


def test_a_silent_visitor_of_a_bot(client):
    bot, person = client.chat(operator=BOT), client.chat(operator=SOPHIE)
    client.advance(200)
    client.say(bot, "Êtes-vous là ?")
    client.advance(200)
    client.say(bot, "Oui", "operator")
    time.sleep(0.3)
    assert client.see(f"chats/{bot}")["closed_at"] is None
    client.advance(101)
    assert client.wait_until_closed(bot)["close_reason"] == "VISITOR_DROPPED_OFF_SCENARIO"
    assert client.see(f"chats/{person}")["closed_at"] is None


def test_outside_of_the_web_site(client):
    page, shop = client.chat(channel="FACEBOOK"), client.chat()
    client.advance(7 * 86_400 - 60)
    time.sleep(0.3)
    assert client.see(f"chats/{page}")["closed_at"] is None
    client.say(page, "Encore moi", "operator")
    client.advance(7 * 86_400 - 60)
    time.sleep(0.3)
    assert client.see(f"chats/{page}")["closed_at"] is None
    client.advance(61)
    assert client.wait_until_closed(page)["close_reason"] == "INACTIVITY"
    assert client.see(f"chats/{shop}")["closed_at"] is None


def test_what_is_over_is_over(client):
    chat = client.chat()
    client.sim(f"chats/{chat}/close", {})
    for path, body in (
        ("messages", {"author": "visitor", "text": "?"}),
        ("close", {}),
        ("transfer", {"operator": KARIM}),
    ):
        answer = requests.post(f"{client.url}/sim/chats/{chat}/{path}", json=body, timeout=5)
        assert (answer.status_code, answer.json()["error"]) == (400, "the conversation is closed")
    client.sim(f"chats/{chat}/rate", {"netPromoterScore": 10})
    client.sim(f"chats/{chat}/purchase", {"external_id": "S1", "amount": 1})


def test_a_visitor_comes_back(client):
    visitor = client.sim("visitors", {"first_name": "Anne"})["id"]
    first = client.chat(visitor=visitor)
    client.sim(f"chats/{first}/close", {})
    again = client.chat(visitor={"id": visitor, "email": "anne@client.example"})
    assert client.see(f"chats/{again}")["visitor"] == {
        "id": visitor, "name": "Anne", "first_name": "Anne", "email": "anne@client.example",
    }  # fmt: skip
    assert {one["id"] for one in client.see(f"chats?visitor={visitor}")} == {first, again}
    client.sim(f"visitors/{visitor}", {"email": ""})
    assert "email" not in client.see(f"chats/{first}")["visitor"]


def test_the_ledger(client):
    chat = client.chat("Bonjour")
    client.say(chat, "Bonjour Anne", "operator", operator=KARIM)
    client.chat("Autre")
    client.sim(f"chats/{chat}/close", {})
    ledger = client.see("ledger")
    assert ledger["counts"] == {"conversations": 2, "open": 1, "messages": 3, "by_visitors": 2}
    said = [(one["author"], one["text"]) for one in ledger["conversations"][0]["messages"]]
    assert [one for one in said if one[0] != "system"] == [
        ("visitor", "Bonjour"), ("operator", "Bonjour Anne"),
    ]  # fmt: skip
    assert ledger["logins"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chats", {"channel": "MAIL"}),
        ("chats", {"visitor": {"shoe_size": 4}}),
        ("chats", {"operator": "nobody@x.example"}),
        ("chats/none/close", {}),
        ("app", {"webhook": "x"}),
        ("app", {"events": ["conversation.started"]}),
        ("project", {"platform": "xx"}),
        ("project", {"dialect": "latin"}),
        ("project", {"shoe_size": 4}),
        ("faults", {"explode": True}),
        ("faults", {"duplicate": 2}),
        ("faults", {"rules": [{"action": "burn"}]}),
        ("faults", {"rules": [{"colour": "red"}]}),
        ("clock", {"advance": -1}),
        ("clock", {"speed": 0}),
        ("deliveries/none/repeat", {}),
        ("operators/1", {}),
        ("operators/15253", {"shoe_size": 4}),
        ("visitors/none", {}),
        ("call", {}),
        ("chats", []),
    ],
)
def test_orders_nobody_understands(client, path, body):
    answer = requests.post(f"{client.url}/sim/{path}", json=body, timeout=5)
    assert answer.status_code == 400 and answer.json()["error"]


def test_no_panel_is_installed(client):
    answer = requests.get(f"{client.url}/sim/panel?operator={SOPHIE}", timeout=5)
    assert answer.status_code == 400


# === what goes wrong on order === #


def test_rules(client):
    client.fault(
        rules=[
            {
                "action": "status",
                "path": "graphql",
                "body": "conversation",
                "status": 503,
                "skip": 1,
            },
            {"action": "status", "body": "typename", "status": 429, "retry_after": 7},
            {"action": "error", "body": "typename", "message": "Internal server error"},
        ]
    )
    query = '{ conversation(id: "00000000-0000-4000-8000-000000000000") { id } }'
    assert [client.post_query(query).status_code for _time in range(3)] == [200, 503, 200]
    throttled = client.post_query("{ __typename }")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    failed = client.post_query("{ __typename }")
    assert failed.status_code == 200
    assert failed.json()["errors"] == [{"message": "Internal server error"}]
    assert client.query("{ __typename }") == {"__typename": "Query"}
    assert client.see("faults")["counts"]["failed"] == 3


@pytest.mark.parametrize(("action", "says"), [("cut_before", 0), ("cut_after", 1)])
def test_cut(client, action, says):
    chat = client.chat(operator=BOT)
    client.fault(rules=[{"action": action, "path": "graphql"}])
    query = """mutation { chatbotMessageSend(input: {conversationId: "%s", chatbotId: 456678,
        actionOrMessage: {chatbotMessage: {chatbotSimpleTextMessage: "Oui"}}}) {
            userErrors { __typename } } }"""
    with pytest.raises(requests.ConnectionError):
        client.post_query(query % chat)
    said = [one for one in client.see(f"chats/{chat}")["messages"] if one["author"] == "operator"]
    assert len(said) == says


def test_slow(client):
    client.fault(slow=0.2, rules=[{"action": "delay", "seconds": 0.2}])
    began = time.monotonic()
    client.query("{ __typename }")
    assert time.monotonic() - began >= 0.4
    client.sim("reset")
    began = time.monotonic()
    client.query("{ __typename }")
    assert time.monotonic() - began < 0.4


def test_requests_without_secrets(client):
    client.query("query($x: Boolean!) { __typename @skip(if: $x) }", x=False)
    rows = client.see("requests")
    assert [(row["path"], row["status"]) for row in rows] == [
        ("/oauth2/token", 200), ("/graphql", 200),
    ]  # fmt: skip
    assert rows[1]["body"]["variables"] == {"x": False}
    assert "iadvize-demo-password" not in str(rows) and client.token not in str(rows)
    assert client.sim("requests", method="DELETE") == []


# === around it === #


def test_moments():
    assert iso(1555055915.171) == "2019-04-12T07:58:35.171Z"
    assert iso(None) is None
    assert moment("2019-04-12T07:58:35.171Z") == pytest.approx(1555055915.171)
    assert moment(iso_zoned(1492851660)) == 1492851660
    assert moment("2019-04-12T07:58:35.1234567+00:00") == pytest.approx(1555055915.123456)


def test_no_such_dialect():
    with pytest.raises(ValueError):
        Simulator(dialect="latin")


def test_it_imports_nothing_of_the_addons():
    for file in FOLDER.rglob("*.py"):
        text = file.read_text()
        assert "from odoo" not in text.replace('"from odoo', ""), file
        assert "import odoo" not in text.replace('"import odoo', ""), file


def test_it_is_started(tmp_path):
    command = [sys.executable, "-m", "simulators.iadvize", "serve", "--port=0", "--dialect=flat"]
    process = subprocess.Popen(command, cwd=FOLDER.parents[1], stdout=subprocess.PIPE, text=True)
    try:
        assert "http://127.0.0.1:" in process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=10)
