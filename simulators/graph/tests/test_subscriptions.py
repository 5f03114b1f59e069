"""Subscriptions: handshake, notifications with their repetitions, the end, and what is lost."""

import time

import pytest

from .client import IMMUTABLE, INFO, signed_in
from .listener import listening
from .test_published_shapes import later, subscribe


@pytest.fixture
def client():
    with signed_in() as client:
        yield client


@pytest.fixture
def endpoint():
    with listening() as endpoint:
        yield endpoint


def test_handshake_must_be_exact(client, endpoint):
    endpoint.answers_token = False
    assert subscribe(client, endpoint).json()["error"]["code"] == "ValidationError"
    endpoint.answers_token, endpoint.content_type = True, "text/html"
    assert subscribe(client, endpoint).status_code == 400
    endpoint.content_type = "text/plain; charset=utf-8"
    assert subscribe(client, endpoint).status_code == 201
    insecure = subscribe(client, endpoint, notificationUrl="http://shop.example/hook")
    assert insecure.status_code == 400


def test_ids_are_of_the_kind_that_was_asked_for(client, endpoint):
    for prefer in ((), IMMUTABLE["Prefer"]):
        body = {
            "changeType": "created", "notificationUrl": endpoint.url + "/n",
            "resource": f"users/{INFO}/messages", "expirationDateTime": later(100),
        }  # fmt: skip
        assert client.post("/subscriptions", body, prefer=prefer).status_code == 201
    key = client.mail()["messages"][0]["id"]
    default = client.get(f"messages/{key}").json()["id"]
    endpoint.wait(2)
    assert {notice["resourceData"]["id"] for notice in endpoint.notices} == {default, key}
    assert len(endpoint.requests) == 1  # one batch for both


def test_told_again_until_it_answers(client, endpoint):
    subscribe(client, endpoint)
    endpoint.status = 503
    client.mail()
    endpoint.wait(1)
    client.sim("clock", {"speed": 100})
    endpoint.wait(3)
    endpoint.status = 202
    assert client.sim("settle")["idle"]
    (row,) = client.see("notifications")
    assert row["state"] == "delivered" and row["tries"] >= 4


def test_dropped_after_four_hours(client, endpoint):
    subscribe(client, endpoint)
    endpoint.status = 500
    client.mail()
    endpoint.wait(1)
    client.sim("clock", {"advance": 4 * 3600 + 1})
    assert client.sim("settle")["idle"]
    assert client.see("notifications")[0]["state"] == "dropped"


def test_who_does_not_answer_in_three_seconds_hears_it_again(client, endpoint):
    subscribe(client, endpoint)
    endpoint.seconds = 3.3
    client.mail()
    endpoint.wait(1)
    time.sleep(3.2)
    endpoint.seconds = 0
    client.sim("clock", {"advance": 6})
    assert client.sim("settle")["idle"]
    assert client.see("notifications")[0]["tries"] == 2


def test_lost_and_doubled(client, endpoint):
    subscribe(client, endpoint)
    client.fault(lose=1)
    client.mail()
    client.fault(lose=0, duplicate=1)
    client.mail()
    endpoint.wait(2)
    assert len({notice["resourceData"]["id"] for notice in endpoint.notices}) == 1
    assert client.see("faults")["counts"]["notifications_lost"] == 1


def test_it_asks_for_renewal_and_ends(client, endpoint):
    key = subscribe(client, endpoint, expirationDateTime=later(1000)).json()["id"]
    client.sim("clock", {"advance": 850 * 60})
    assert endpoint.wait(1)[0]["lifecycleEvent"] == "reauthorizationRequired"
    client.sign_in()
    renewed = client.patch(f"/subscriptions/{key}", {"expirationDateTime": later(850 + 2000)})
    assert renewed.status_code == 200
    client.sim("clock", {"advance": 1500 * 60})
    client.sign_in()
    assert client.get(f"/subscriptions/{key}").status_code == 200
    client.sim("clock", {"advance": 600 * 60})
    client.sign_in()
    deadline = time.monotonic() + 5
    while client.see("subscriptions"):
        assert time.monotonic() < deadline
    assert client.get(f"/subscriptions/{key}").status_code == 404


def test_paused_until_it_is_reauthorised(client, endpoint):
    key = subscribe(client, endpoint).json()["id"]
    client.sim(f"subscriptions/{key}/reauthorize")
    endpoint.wait(1)
    client.mail()
    assert client.see("subscriptions")[0]["missed"] == 1
    assert client.post(f"/subscriptions/{key}/reauthorize").status_code == 204
    client.mail()
    assert endpoint.wait(2)[1]["changeType"] == "created"
    client.ask("DELETE", f"/subscriptions/{key}")
    assert client.get("/subscriptions").json()["value"] == []


def test_a_ceiling_that_is_learned(client, endpoint):
    client.sim("subscriptions", {"max_minutes": 4230})
    answer = subscribe(client, endpoint, expirationDateTime=later(10_070))
    assert "can only be 4230 minutes" in answer.json()["error"]["message"]
    assert subscribe(client, endpoint, expirationDateTime=later(4229)).status_code == 201


def test_a_slow_endpoint_is_told_late_and_then_nothing(client):
    notifier = client.simulator.notifier
    endpoint = notifier._endpoint("https://slow.example")
    endpoint.answers, endpoint.slow = 100, 10
    now = client.simulator.clock.now()
    notifier._put("https://slow.example", {}, False)
    assert notifier.waiting[-1].due >= now + 600
    endpoint.slow = 15
    notifier._put("https://slow.example", {}, False)
    assert notifier.past[-1].state == "dropped"
