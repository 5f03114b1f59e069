"""What the simulator sends and takes, against what iAdvize published."""

import base64
import hashlib
import hmac
import json
import time

import pytest
import requests

from simulators.iadvize import published
from simulators.iadvize.conversation import CHANNELS
from simulators.iadvize.notifier import PAUSES

from .client import BOT, KARIM, SOPHIE, signed_in
from .listener import listening, signature

NAMES = "query($name: String!) { __type(name: $name) { fields(includeDeprecated: true) { name } } }"


@pytest.fixture(scope="module")
def client():
    with signed_in() as client:
        yield client


def test_every_event():
    with signed_in() as client, listening(client) as endpoint:
        chat = client.chat(visitor={"external_id": "63429889"}, operator=SOPHIE)
        client.sim(f"chats/{chat}/transfer", {"operator": KARIM})
        client.sim(f"chats/{chat}/transfer", {"operator": SOPHIE})
        for answer in (
            {"customerSatisfaction": 3},
            {"customerSatisfaction": 5, "netPromoterScore": 9},
            {"satisfactionComment": "It was very helpful"},
        ):
            client.sim(f"chats/{chat}/rate", answer)
        client.sim(f"chats/{chat}/purchase", {"external_id": "transaction-1", "amount": 300.2})
        client.sim(f"chats/{chat}/close", {})
        client.chat(channel="FACEBOOK_BUSINESS_ON_MESSENGER")
        visitor = client.see("visitors")[0]["id"]
        client.sim(f"visitors/{visitor}", {"city": "Liège"})
        operator = client.sim("operators", {"name": "Lea", "email": "lea@x.example"})["id"]
        for change in ({"connected": False}, {"connected": True}, {"available": False},
                       {"name": "Léa"}):  # fmt: skip
            client.sim(f"operators/{operator}", change)
        assert client.sim("settle")["idle"]
        assert set(endpoint.kinds) == set(published.EVENTS)
        for event in endpoint.events:
            assert published.event_differences(event) == []
        of_chat = [event for event in endpoint.events if event.get("conversationId") == chat]
        assert [event["eventType"].split(".")[-1] for event in of_chat] == [
            *["pushed"] * 3, *["answered"] * 4, "attributed", "closed",
        ]  # fmt: skip
        assert [one["operatorId"] for one in of_chat[:3]] == [SOPHIE, KARIM, SOPHIE]
        assert of_chat[-1]["operatorIds"] == [SOPHIE, KARIM]
        assert of_chat[0]["visitorExternalId"] == "63429889"
        for headers, body in endpoint.requests:
            assert set(published.HEADERS) <= set(headers)
            assert headers["x-iadvize-signature"] == signature(body)
            assert headers["content-type"] == "application/json"


def test_pauses():
    assert PAUSES == published.RETRIES


def test_token(client):
    content = client.sign_in().json()
    assert published.differences(content, published.TOKEN) == []
    assert content["expires_in"] == published.TOKEN_SECONDS
    assert content["refresh_token"] == "none"


def test_validity_of_a_token(client):
    headers = {"Authorization": f"Bearer {client.token}"}
    url = f"{client.url}/_authenticated"
    assert requests.get(url, headers=headers, timeout=5).json() == published.AUTHENTICATED
    assert requests.get(url, timeout=5).json() == published.NOT_AUTHENTICATED


@pytest.mark.parametrize("name", published.FIELDS)
def test_fields(client, name):
    _source, wanted = published.FIELDS[name]
    found = {field["name"] for field in client.query(NAMES, name=name)["__type"]["fields"]}
    assert set(wanted) <= found


def test_filters(client):
    query = '{ __type(name: "ClosedConversationFilters") { inputFields { name type { kind } } } }'
    fields = client.query(query)["__type"]["inputFields"]
    kinds = {field["name"]: field["type"]["kind"] for field in fields}
    assert set(kinds) == published.FILTERS
    assert [name for name, kind in kinds.items() if kind == "NON_NULL"] == ["interval"]


def test_channels(client):
    query = '{ __type(name: "ConversationChannel") { enumValues { name } } }'
    names = {one["name"] for one in client.query(query)["__type"]["enumValues"]}
    assert names == set(CHANNELS) == published.CHANNELS


@pytest.mark.parametrize("source", published.QUERIES)
def test_queries(client, source):
    chat = client.chat(visitor={"custom_data": {"order_number": "FR-2026-0042"}})
    query = published.QUERIES[source]
    given = {"conversationId": chat} if "$conversationId" in query else {}
    assert client.query(query, **given)


def test_what_a_bot_says(client):
    chat = client.chat(operator=BOT)
    query = published.BOT_SAYS % (chat, BOT, "Hello")
    answer = client.post_query(query, headers=published.BOT_HEADER).json()
    assert answer == {"data": {"chatbotMessageSend": {"userErrors": []}}}
    assert client.see(f"chats/{chat}")["messages"][-1]["text"] == "Hello"


def test_token_of_the_panel(client):
    panel = "https://app.example/order.html"
    client.sim("app", {"panel_url": panel, "panel_secret": "97db6bc8"})
    opened = client.see("panel?operator=sophie@meubles-demo.example")
    assert opened["url"] == f"{panel}?jwt={opened['jwt']}"
    signed, _dot, given = opened["jwt"].rpartition(".")
    header, claims = (json.loads(decode(part)) for part in signed.split("."))
    assert header == {"typ": "JWT", "alg": "HS256"}
    assert published.differences(claims, published.CLAIMS) == []
    assert claims["exp"] - claims["iat"] == published.CLAIMED_SECONDS
    assert abs(claims["iat"] - time.time()) < 5
    assert (claims["iss"], claims["aud"]) == ("iadvize", panel)
    assert (claims["sub"], claims["email"]) == (str(SOPHIE), "sophie@meubles-demo.example")
    assert hmac.new(b"97db6bc8", signed.encode(), hashlib.sha256).digest() == decode(given)


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_cards(client):
    chat = client.chat()
    sent = client.sim(f"chats/{chat}/messages", {"author": "operator", "card": published.CARD})
    assert sent["content"] == published.CARD
    bundle = {"cards": [published.CARD, published.CARD]}
    sent = client.sim(f"chats/{chat}/messages", {"author": "operator", "bundle": bundle})
    assert sent["content"] == bundle


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": []},
        {"actions": None},
        {"actions": [{"type": "BUTTON", "title": "x", "url": "https://x.example"}]},
        {"actions": [{"type": "LINK", "title": "x", "url": "javascript:alert(1)"}]},
        {"actions": [{"type": "LINK", "url": "https://x.example"}]},
        {"image": {"url": "data:x"}},
    ],
)
def test_cards_that_are_refused(client, changes):
    chat = client.chat()
    card = {**published.CARD, **changes}
    for content in ({"card": card}, {"bundle": {"cards": [published.CARD, card]}}):
        response = requests.post(
            f"{client.url}/sim/chats/{chat}/messages",
            json={"author": "operator", **content},
            timeout=5,
        )
        assert response.status_code == 400


def test_differences_are_found():
    event = {"eventId": "x", "eventType": "user.created", "more": 1}
    assert set(published.event_differences(event)) == {
        "more: not published", "eventId: 'x' is no uuid", "platform: missing",
        "clientId: missing", "createdAt: missing", "sentAt: missing", "userId: missing",
    }  # fmt: skip
    assert published.event_differences({"eventType": "conversation.started"})
