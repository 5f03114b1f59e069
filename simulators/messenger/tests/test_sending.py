"""The Send API: what is taken, what is refused, and what the customer sees."""

import base64

import pytest
import requests

from simulators.messenger.world import DAY

from .client import APP_ID, PAGE_ID, connected

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def client():
    with connected() as client:
        yield client


@pytest.fixture
def psid(client):
    psid = client.person()
    client.writes(psid)
    client.endpoint.wait(1)
    return psid


def test_an_answer_is_seen_and_echoed(client, psid):
    answered = client.send(psid, message={"text": "Demain", "metadata": "outbox-1"})
    content = answered.json()
    assert content == {"recipient_id": psid, "message_id": content["message_id"]}
    echo = client.endpoint.wait(2, "message")[1]
    assert echo["sender"] == {"id": PAGE_ID}
    assert echo["recipient"] == {"id": psid}
    assert echo["message"] == {
        "is_echo": True, "app_id": int(APP_ID), "metadata": "outbox-1",
        "mid": content["message_id"], "text": "Demain",
    }  # fmt: skip
    (delivery,) = client.endpoint.wait(1, "delivery")
    assert delivery["delivery"] == {
        "mids": [content["message_id"]], "watermark": echo["timestamp"],
    }  # fmt: skip
    client.does(psid, "read")
    assert client.endpoint.wait(1, "read")[0]["read"] == {"watermark": echo["timestamp"]}
    last = client.thread(psid)[-1]
    assert (last["by"], last["text"], last["answered"]) == ("app", "Demain", True)
    assert client.sim("ledger")["twice"] == []
    again = client.send(psid, message={"text": "Demain", "metadata": "outbox-1"})
    assert again.ok
    assert client.sim("ledger")["twice"] == ["outbox-1"]


def test_an_echo_may_come_before_the_answer(client, psid):
    client.sim("faults", {"echo_before_answer": 1})
    client.endpoint.seconds = 0.3
    mid = client.send(psid).json()["message_id"]
    assert client.endpoint.events[-1]["message"]["mid"] == mid


def test_a_telephone_that_is_off(client, psid):
    client.sim(f"people/{psid}", {"delivers": False})
    client.send(psid)
    client.settle()
    assert client.endpoint.of("delivery") == []
    client.does(psid, "deliver")
    client.endpoint.wait(1, "delivery")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"message": {"text": "x" * 2001}}, (100, 0)),
        ({"message": {"text": ""}}, (100, 2018034)),
        ({"message": {"text": "x", "metadata": "x" * 1000}}, (100, 0)),
        ({"message": {"text": "x", "attachment": {"type": "image"}}}, (100, 0)),
        ({"message": {"attachment": {"type": "hologram"}}}, (100, 0)),
        ({"message": {"attachment": {"type": "image", "payload": {}}}}, (100, 0)),
        ({"messaging_type": "SHOUT"}, (100, 0)),
        ({"messaging_type": "MESSAGE_TAG"}, (100, 0)),
        ({"messaging_type": "MESSAGE_TAG", "tag": "POST_PURCHASE_UPDATE"}, (100, 0)),
        ({"recipient": {"id": "12"}}, (100, 2018001)),
        ({"recipient": {}}, (100, 0)),
        ({"sender_action": "typing_on"}, (100, 2018049)),
        ({"reply_to": {"mid": "m_nothing"}}, (100, 0)),
    ],
)
def test_refusals(client, psid, values, expected):
    assert client.error(client.send(psid, **values)) == expected
    assert len(client.thread(psid)) == 1


def test_2000_characters_are_taken(client, psid):
    assert client.send(psid, "x" * 2000).ok


def test_windows(client, psid):
    human = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    client.sim("clock", {"advance": DAY - 5})
    assert client.send(psid).ok
    client.sim("clock", {"advance": 5})
    refused = client.send(psid)
    assert client.error(refused) == (10, 2018278)
    assert "outside of allowed window" in refused.json()["error"]["message"]
    assert client.send(psid, **human).ok
    client.sim("app", {"human_agent": False})
    assert client.error(client.send(psid, **human)) == (10, 0)
    client.sim("app", {"human_agent": True})
    client.sim("clock", {"advance": 6 * DAY})
    assert client.error(client.send(psid, **human)) == (10, 2018278)
    client.writes(psid, "Encore moi")
    assert client.send(psid).ok


def test_an_advertisement_opens_for_longer(client):
    psid = client.person()
    client.writes(psid, "Ce canapé ?", ad={"id": "77", "title": "Soldes"}, ref="canape")
    event = client.endpoint.wait(1)[0]
    assert event["message"]["referral"]["ad_id"] == "77"
    client.sim("clock", {"advance": 6 * DAY})
    assert client.send(psid).ok
    client.sim("clock", {"advance": DAY})
    assert client.error(client.send(psid)) == (10, 2018278)


def test_a_page_that_meta_blocked(client, psid):
    client.sim("policy", {"action": "block"})
    assert client.error(client.send(psid)) == (10, 1893063)
    client.sim("policy", {"action": "warning"})
    assert client.error(client.send(psid)) == (10, 1893063)
    client.sim("policy", {"action": "unblock"})
    assert client.send(psid).ok


def test_whoever_never_wrote_or_blocked_us(client, psid):
    other = client.person("Jamais")
    assert client.error(client.send(other)) == (10, 2018278)
    client.sim(f"people/{psid}", {"blocked": True})
    assert client.error(client.send(psid)) == (551, 0)


def test_tokens_and_proofs(client, psid):
    url = f"{client.url}/v25.0/{PAGE_ID}/messages"
    body = {"recipient": {"id": psid}, "message": {"text": "x"}}

    def ask(**query):
        return client.error(requests.post(url, json=body, params=query, timeout=5))

    assert ask() == (104, 0)
    assert ask(access_token="wrong") == (190, 0)
    assert ask(access_token=client.token) == (100, 0)
    assert ask(access_token=client.token, appsecret_proof="0" * 64) == (100, 0)
    headers = {"Authorization": f"Bearer {client.token}"}
    query = {"appsecret_proof": client.proof()}
    assert requests.post(url, json=body, headers=headers, params=query, timeout=5).ok
    client.sim("app", {"requires_proof": False})
    assert requests.post(url, json=body, headers=headers, timeout=5).ok
    client.sim("faults", {"kill_token": "password"})
    dead = client.send(psid)
    assert client.error(dead) == (190, 460)
    assert set(dead.json()["error"]) == {
        "message", "type", "code", "error_subcode", "fbtrace_id",
    }  # fmt: skip
    checked = client.get(
        "/debug_token", input_token=client.token, access_token=client.simulator.world.user_token,
        appsecret_proof=client.proof(client.simulator.world.user_token),
    )  # fmt: skip
    assert checked.json()["data"]["is_valid"] is False
    client.token = "EAAnew"
    client.sim("app", {"page_token": "EAAnew"})
    assert client.send(psid).ok
    assert client.error(client.send(psid, page="999")) == (100, 33)


def test_files_are_sent_by_upload_link_and_id(client, psid):
    form = {
        "recipient": f'{{"id":"{psid}"}}',
        "messaging_type": "RESPONSE",
        "message": '{"attachment":{"type":"image","payload":{"is_reusable":true}},'
                   '"metadata":"with a file"}',
    }  # fmt: skip
    sent = client.ask(
        "POST", "/me/messages", data=form, files={"filedata": ("a.png", PIXEL, "image/png")}
    )
    content = sent.json()
    assert set(content) == {"recipient_id", "message_id", "attachment_id"}
    echo = client.endpoint.wait(2, "message")[1]["message"]
    assert echo["attachments"][0]["type"] == "image"
    seen = requests.get(echo["attachments"][0]["payload"]["url"], timeout=5)
    assert seen.content == PIXEL
    link = {"type": "image", "payload": {"attachment_id": content["attachment_id"]}}
    assert client.send(psid, message={"attachment": link}).ok
    by_url = {"type": "image", "payload": {"url": seen.url}}
    assert client.send(psid, message={"attachment": by_url}).ok
    nowhere = {"type": "image", "payload": {"url": f"{client.url}/files/x/y.png"}}
    refused = client.send(psid, message={"attachment": nowhere})
    assert client.error(refused) == (100, 2018008)
    kept = client.ask(
        "POST", "/me/message_attachments",
        data={"message": '{"attachment":{"type":"file","payload":{"is_reusable":true}}}'},
        files={"filedata": ("plan.pdf", b"%PDF-", "application/pdf")},
    )  # fmt: skip
    assert set(kept.json()) == {"attachment_id"}
    assert [len(row["attachments"]) for row in client.thread(psid)] == [0, 1, 1, 1]


def test_too_large_a_file(client, psid):
    form = {"recipient": f'{{"id":"{psid}"}}', "message": '{"attachment":{"type":"file"}}'}
    files = {"filedata": ("big.bin", bytes(25 * 1024 * 1024 + 1), "application/octet-stream")}
    assert client.error(client.ask("POST", "/me/messages", data=form, files=files)) == (
        100, 2018109,
    )  # fmt: skip


def test_what_he_sends_is_seen_for_a_time_without_a_token(client, psid):
    picture = {"name": "pied.png", "base64": base64.b64encode(PIXEL).decode()}
    client.writes(
        psid,
        "",
        attachments=[
            picture,
            {
                "type": "sticker",
                "sticker_id": 369239263222822,
                "content_type": "image/png",
                "text": "x",
            },
        ],
    )
    event = client.endpoint.wait(2)[1]
    image, sticker = event["message"]["attachments"]
    assert "text" not in event["message"]
    assert (image["type"], sticker["payload"]["sticker_id"]) == ("image", 369239263222822)
    seen = requests.get(image["payload"]["url"], timeout=5)
    assert (seen.content, seen.headers["Content-Type"]) == (PIXEL, "image/png")
    client.sim("faults", {"expire_links": True})
    assert requests.get(image["payload"]["url"], timeout=5).status_code == 403
    elsewhere = {"type": "image", "url": "http://169.254.169.254/latest/meta-data"}
    client.writes(psid, "", attachments=[elsewhere])
    told = client.endpoint.wait(3)[2]["message"]["attachments"][0]["payload"]["url"]
    assert told == elsewhere["url"]


def test_faults_on_order(client, psid):
    path = "/messages$"
    client.sim("faults", {"rules": [
        {"code": 613, "path": path, "minutes": 3},
        {"code": 1200, "path": path},
        {"action": "status", "status": 503, "path": path},
        {"action": "cut_before", "path": path},
        {"action": "cut_after", "path": path},
    ]})  # fmt: skip
    throttled = client.send(psid)
    assert client.error(throttled) == (613, 0)
    assert '"estimated_time_to_regain_access":3' in throttled.headers["X-Business-Use-Case-Usage"]
    assert client.error(client.send(psid)) == (1200, 0)
    assert client.send(psid).status_code == 503
    assert len(client.thread(psid)) == 1
    with pytest.raises(requests.ConnectionError):
        client.send(psid)
    assert len(client.thread(psid)) == 1
    with pytest.raises(requests.ConnectionError):
        client.send(psid, message={"text": "Pris", "metadata": "lost answer"})
    last = client.thread(psid)[-1]
    assert (last["text"], last["answered"]) == ("Pris", False)
    assert client.send(psid).ok


def test_buttons_quick_replies_and_typing(client, psid):
    replies = [{"content_type": "text", "title": "Oui", "payload": "YES"}]
    assert client.send(psid, message={"text": "Livrer ?", "quick_replies": replies}).ok
    buttons = [{"type": "postback", "title": "Suivi", "payload": "TRACK"}]
    payload = {"template_type": "button", "text": "Choisissez", "buttons": buttons}
    template = {"type": "template", "payload": payload}
    assert client.send(psid, message={"attachment": template}).ok
    seen = client.thread(psid)
    assert seen[1]["quick_replies"] == replies
    assert seen[2]["buttons"][0]["title"] == "Suivi"
    body = {"recipient": {"id": psid}, "sender_action": "typing_on"}
    assert client.ask("POST", "/me/messages", body).json() == {"recipient_id": psid}
    assert client.sim(f"people/{psid}")["typing"] is True
    assert client.send(psid).ok
    assert client.sim(f"people/{psid}")["typing"] is False
