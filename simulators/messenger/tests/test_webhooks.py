"""What the application is told: signed, in order, again until it takes it."""

import json

import pytest
import requests

from .client import APP_ID, PAGE_ID, connected
from .listener import VERIFY_TOKEN


@pytest.fixture
def client():
    with connected() as client:
        yield client


def test_a_message_is_told_signed(client):
    psid = client.person()
    mid = client.writes(psid, "Où est ma commande n° 12/34 ? ❤ 😀")
    (event,) = client.endpoint.wait(1)
    assert event["sender"] == {"id": psid}
    assert event["recipient"] == {"id": PAGE_ID}
    assert event["message"] == {"mid": mid, "text": "Où est ma commande n° 12/34 ? ❤ 😀"}
    ((headers, body, content),) = client.endpoint.requests
    assert client.endpoint.forged == 0
    assert headers["x-hub-signature"].startswith("sha1=")
    assert content["object"] == "page"
    assert content["entry"][0]["id"] == PAGE_ID
    assert body.isascii()
    assert rb"O\u00f9" in body and rb"12\/34" in body and rb"\ud83d\ude00" in body


def test_the_handshake(client):
    def change(url, token):
        body = {"webhook_url": url, "verify_token": token}
        return requests.post(f"{client.url}/sim/app", json=body, timeout=9)

    refused = change(client.endpoint.url, "wrong")
    assert refused.status_code == 400
    assert "does not match challenge" in refused.json()["error"]
    assert change("http://127.0.0.1:9/", VERIFY_TOKEN).status_code == 400
    assert change(client.endpoint.url, VERIFY_TOKEN).json()["verified"]


def test_the_application_registers_by_itself(client):
    app_token = f"{APP_ID}|{client.simulator.world.app_secret}"
    body = {
        "object": "page", "callback_url": client.endpoint.url, "verify_token": VERIFY_TOKEN,
        "fields": "messages",
    }  # fmt: skip
    query = {"access_token": app_token, "appsecret_proof": None}
    answered = client.ask("POST", f"/{APP_ID}/subscriptions", body, query)
    assert answered.json() == {"success": True}
    listed = client.ask("GET", f"/{APP_ID}/subscriptions", query=query).json()["data"]
    assert listed[0]["callback_url"] == client.endpoint.url
    wrong = client.ask("POST", f"/{APP_ID}/subscriptions", {**body, "verify_token": "no"}, query)
    assert client.error(wrong) == (2200, 0)
    assert client.error(client.ask("GET", f"/{APP_ID}/subscriptions"))[0] == 15


def test_a_page_is_heard_after_it_is_subscribed_to(client):
    psid = client.person()
    client.ask("DELETE", f"/{PAGE_ID}/subscribed_apps")
    assert client.get("/me/subscribed_apps").json() == {"data": []}
    client.writes(psid, "untold")
    client.subscribe(["messages"])
    (row,) = client.get("/me/subscribed_apps").json()["data"]
    assert row["id"] == APP_ID
    assert row["subscribed_fields"] == ["messages"]
    client.writes(psid, "told")
    client.does(psid, "postback")
    client.settle()
    assert [event["message"]["text"] for event in client.endpoint.events] == ["told"]
    assert client.sim("ledger")["webhooks"]["untold"] == 2
    assert client.error(client.subscribe(["nonsense"])) == (100, 0)
    assert client.error(client.subscribe([])) == (100, 0)


def test_of_one_person_everything_comes_in_order(client):
    people = [client.person(f"Personne {number}") for number in range(3)]
    for number in range(10):
        for psid in people:
            client.writes(psid, str(number))
    events = client.endpoint.wait(30)
    for psid in people:
        told = [one["message"]["text"] for one in events if one["sender"]["id"] == psid]
        assert told == [str(number) for number in range(10)]
    stamps = [one["timestamp"] for one in events]
    assert len(set(stamps)) == len(stamps)


def test_several_entries_in_one_request(client):
    client.sim("faults", {"batch": 5})
    client.endpoint.status = 500
    psid = client.person()
    for number in range(5):
        client.writes(psid, str(number))
    client.endpoint.status = 200
    client.sim("clock", {"advance": 30})
    client.settle()
    assert max(len(content["entry"]) for _headers, _body, content in client.endpoint.requests) > 1


def test_again_until_it_is_taken(client):
    client.endpoint.status = 503
    psid = client.person()
    client.writes(psid)
    client.endpoint.wait(1)
    for _time in range(3):
        client.sim("clock", {"advance": 3600})
        client.endpoint.wait(2)
    client.endpoint.status = 200
    client.sim("clock", {"advance": 3600})
    client.settle()
    (row,) = client.sim("webhooks")
    assert row["state"] == "delivered"
    assert row["tries"] >= 3
    assert len({json.dumps(event) for event in client.endpoint.events}) == 1


def test_the_pauses_can_be_kept_short(client):
    client.sim("app", {"longest_pause": 0.1})
    client.endpoint.status = 500
    client.writes(client.person())
    client.endpoint.wait(5)


def test_202_is_not_200(client):
    client.endpoint.status = 202
    client.writes(client.person())
    client.endpoint.wait(1)
    client.sim("clock", {"advance": 10})
    client.endpoint.wait(2)


def test_who_fails_for_long_hears_no_more(client):
    client.endpoint.status = 500
    psid = client.person()
    client.writes(psid)
    client.endpoint.wait(1)
    client.sim("clock", {"advance": 8 * 3600 + 1})
    client.endpoint.wait(2)
    client.settle()
    assert client.get("/me/subscribed_apps").json() == {"data": []}
    client.endpoint.status = 200
    count = len(client.endpoint.events)
    mid = client.writes(psid, "nobody listens")
    client.subscribe()
    client.writes(psid, "again")
    client.settle()
    assert len(client.endpoint.events) == count + 1
    assert mid in [row["mid"] for row in client.sim("ledger")["incoming"]]


def test_who_is_taken_off_may_have_to_register_again(client):
    psid = client.person()
    client.sim("faults", {"unsubscribe": "webhook"})
    client.subscribe()
    client.writes(psid, "untold")
    client.settle()
    assert client.endpoint.events == []
    client.connect()
    client.writes(psid, "told")
    client.endpoint.wait(1)


def test_duplicates_reorder_and_loss(client):
    psid = client.person()
    client.sim("faults", {"duplicates": 1})
    client.writes(psid, "twice")
    first, second = client.endpoint.wait(2)
    assert first == second
    client.sim("faults", {"reset": True, "reorder": 1})
    client.writes(psid, "late")
    client.sim("faults", {"reorder": 0})
    client.writes(psid, "soon")
    told = [one["message"]["text"] for one in client.endpoint.wait(4)]
    assert told[2:] == ["soon", "late"]
    client.sim("faults", {"lose": 1})
    client.writes(psid, "lost")
    client.settle()
    assert len(client.endpoint.events) == 4
    assert client.sim("ledger")["webhooks"]["lost"] == 1


def test_what_a_customer_does(client):
    psid = client.person()
    mid = client.writes(psid, "Bonjour", ref="S00042")
    client.writes(psid, "Oui", quick_reply="YES", reply_to=mid)
    client.does(psid, "edit", mid=mid, text="Bonsoir")
    client.does(psid, "react", mid=mid, reaction="love")
    client.does(psid, "react", mid=mid, action="unreact")
    client.does(psid, "postback", title="Démarrer", payload="GO", ref="S00042")
    client.does(psid, "referral", ad={"id": "6", "title": "Canapés"})
    client.does(psid, "optin", ref="X")
    client.sim("policy", {"action": "warning", "reason": "spam"})
    events = client.endpoint.wait(10)
    kinds = [next(key for key in one if key not in ("sender", "recipient", "timestamp"))
             for one in events if "sender" in one]  # fmt: skip
    assert kinds == [
        "referral", "message", "message", "message_edit", "reaction", "reaction", "postback",
        "referral", "optin",
    ]  # fmt: skip
    assert events[0]["referral"] == {"ref": "S00042", "source": "SHORTLINK", "type": "OPEN_THREAD"}
    assert client.endpoint.of("message")[1]["message"] == {
        "mid": client.thread(psid)[1]["mid"],
        "text": "Oui",
        "quick_reply": {"payload": "YES"},
        "reply_to": {"mid": mid, "is_self_reply": True},
    }
    assert client.endpoint.of("message_edit")[0]["message_edit"] == {
        "mid": mid, "text": "Bonsoir", "num_edit": 1,
    }  # fmt: skip
    react, unreact = [one["reaction"] for one in client.endpoint.of("reaction")]
    assert react == {"reaction": "love", "emoji": "❤", "action": "react", "mid": mid}
    assert unreact == {"action": "unreact", "mid": mid}
    assert client.endpoint.of("referral")[1]["referral"]["source"] == "ADS"
    client.endpoint.wait(1, "policy_enforcement")


def test_nobody_edits_for_ever(client):
    psid = client.person()
    mid = client.writes(psid)
    for number in range(5):
        client.does(psid, "edit", mid=mid, text=str(number))
    with pytest.raises(AssertionError, match="5 times"):
        client.does(psid, "edit", mid=mid, text="six")
