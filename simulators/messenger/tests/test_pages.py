"""Conversations, profiles and who has a thread."""

import pytest

from simulators.messenger.fields import parse, write
from simulators.messenger.world import CONTROL, INBOX_APP_ID

from .client import APP_ID, PAGE_ID, connected


@pytest.fixture
def client():
    with connected() as client:
        yield client


def test_fields():
    assert parse("id,messages.limit(5).after(abc){id,from{name}},link") == {
        "id": ({}, {}),
        "messages": (
            {"limit": "5", "after": "abc"},
            {"id": ({}, {}), "from": ({}, {"name": ({}, {})})},
        ),
        "link": ({}, {}),
    }
    assert parse("") == {}
    text = "id,messages.limit(5){id,from{name}}"
    assert write(parse(text)) == text


@pytest.mark.parametrize("text", ["id}", "messages{id", "a.limit(", "a b", "a;b", "a{,}"])
def test_fields_that_cannot_be_read(client, text):
    client.writes(client.person())
    refused = client.get("/me/conversations", fields=text)
    assert client.error(refused) == (100, 0)


def test_what_was_missed_is_found_by_pages(client):
    client.sim("faults", {"lose": 1})
    people = [client.person(f"Personne {number}") for number in range(5)]
    mids = {psid: [client.writes(psid, str(number)) for number in range(3)] for psid in people}
    fields = "id,updated_time,participants,messages.limit(2){id,message,from,created_time}"
    found, url, query = {}, "/me/conversations", {"fields": fields, "limit": "2"}
    pages = 0
    while url:
        content = client.ask("GET", url, query=query).json()
        pages += 1
        for row in content["data"]:
            psid = row["participants"]["data"][0]["id"]
            found[psid] = [one["id"] for one in row["messages"]["data"]]
            more = row["messages"]["paging"].get("next")
            while more:
                part = client.ask("GET", more, query={"access_token": None}).json()
                found[psid] += [one["id"] for one in part["data"]]
                more = part["paging"].get("next")
        url, query = content["paging"].get("next"), {"access_token": None}
    assert pages == 3
    assert found == {psid: rows[::-1] for psid, rows in mids.items()}
    assert client.endpoint.events == []
    (only,) = client.get("/me/conversations", user_id=people[0]).json()["data"]
    messages = client.get(f"/{only['id']}/messages", fields="id,message").json()["data"]
    assert [one["message"] for one in messages] == ["2", "1", "0"]
    one = client.get(f"/{messages[0]['id']}", fields="id,from").json()
    assert one["from"]["id"] == people[0]
    assert client.error(client.get("/t_12345", fields="id")) == (100, 33)
    assert client.error(client.get("/me/conversations", after="nonsense")) == (100, 0)


def test_profiles_are_allowed_or_refused(client):
    psid = client.person("Anna Peeters")
    profile = client.get(f"/{psid}", fields="first_name,last_name,profile_pic").json()
    assert profile == {"first_name": "Anna", "last_name": "Peeters", "id": psid}
    client.sim(f"people/{psid}", {"profile": "refused"})
    assert client.error(client.get(f"/{psid}")) == (100, 33)
    client.sim(f"people/{psid}", {"profile": "none"})
    assert client.error(client.get(f"/{psid}")) == (100, 2018218)


def test_the_inbox_takes_and_gives_back(client):
    psid = client.person()
    client.writes(psid)
    client.does(psid, "inbox", text="Je m'en occupe", takes=True)
    (taken,) = client.endpoint.wait(1, "take_thread_control")
    assert taken["take_thread_control"] == {
        "previous_owner_app_id": None, "new_owner_app_id": INBOX_APP_ID,
    }  # fmt: skip
    client.writes(psid, "Merci")
    client.does(psid, "postback", title="Suivi", payload="TRACK")
    client.settle()
    standby = [event for entry in client.endpoint.entries for event in entry.get("standby", ())]
    assert [one["message"]["text"] for one in standby if "message" in one] == [
        "Je m'en occupe", "Merci",
    ]  # fmt: skip
    assert standby[0]["message"]["app_id"] == int(INBOX_APP_ID)
    assert "payload" not in standby[-1]["postback"]
    assert client.error(client.send(psid)) == (10, 2018300)
    owner = client.get("/me/thread_owner", recipient=psid).json()["data"][0]["thread_owner"]
    assert owner["app_id"] == INBOX_APP_ID
    body = {"recipient": {"id": psid}, "metadata": "ours"}
    assert client.ask("POST", "/me/request_thread_control", body).json() == {"success": True}
    assert client.sim("ledger")["asked_for"] == [[psid, "ours"]]
    client.does(psid, "control", action="pass", metadata="à vous")
    (passed,) = client.endpoint.wait(1, "pass_thread_control")
    assert passed["pass_thread_control"] == {
        "previous_owner_app_id": INBOX_APP_ID, "new_owner_app_id": APP_ID, "metadata": "à vous",
    }  # fmt: skip
    assert client.send(psid).ok


def test_we_take_pass_extend_and_release(client):
    psid = client.person()
    client.writes(psid)
    body = {"recipient": {"id": psid}}

    def control(what, **values):
        return client.ask("POST", f"/{PAGE_ID}/{what}_thread_control", {**body, **values})

    assert client.error(control("extend")) == (10, 2018300)
    assert control("take").ok
    assert control("extend", duration=7 * CONTROL).ok
    client.sim("clock", {"advance": 6 * CONTROL})
    assert client.sim(f"people/{psid}")["owner"] == APP_ID
    client.sim("clock", {"advance": CONTROL})
    assert client.sim(f"people/{psid}")["owner"] == ""
    assert client.get("/me/thread_owner", recipient=psid).json() == {"data": []}
    assert control("take").ok
    assert client.error(control("pass")) == (100, 0)
    assert control("pass", target_app_id=INBOX_APP_ID).ok
    assert client.error(control("release")) == (10, 2018300)
    client.sim("app", {"primary": False})
    assert client.error(control("take"))[0] == 10
    client.does(psid, "control", action="release")
    assert control("take").ok
    assert control("release").ok
    assert client.sim(f"people/{psid}")["owner"] == ""


def test_who_answers_first_has_the_thread(client):
    psid = client.person()
    client.writes(psid)
    client.send(psid)
    assert client.sim(f"people/{psid}")["owner"] == APP_ID


def test_the_way_to_a_token(client):
    world = client.simulator.world
    query = {"client_id": APP_ID, "client_secret": world.app_secret}
    app = client.ask("GET", "/oauth/access_token",
                     query={**query, "grant_type": "client_credentials"}).json()  # fmt: skip
    assert app["access_token"] == f"{APP_ID}|{world.app_secret}"
    exchanged = client.ask("GET", "/oauth/access_token", query={
        **query, "grant_type": "fb_exchange_token", "fb_exchange_token": world.user_token,
    }).json()  # fmt: skip
    user = exchanged["access_token"]
    query = {"access_token": user, "appsecret_proof": client.proof(user)}
    (page,) = client.ask("GET", "/me/accounts", query=query).json()["data"]
    assert page["id"] == PAGE_ID
    assert client.get("/me", fields="id,name").json()["name"] == page["name"]
    asked = client.ask("GET", f"/{PAGE_ID}", query={**query, "fields": "access_token"}).json()
    assert asked == {"access_token": page["access_token"], "id": PAGE_ID}
    checked = client.get("/debug_token", input_token=page["access_token"]).json()["data"]
    assert checked["is_valid"] and "pages_messaging" in checked["scopes"]
    wrong = client.ask("GET", "/oauth/access_token", query={"client_id": "1"})
    assert client.error(wrong) == (1, 0)


def test_versions(client):
    assert client.ask("GET", f"{client.url}/me").ok
    assert client.error(client.ask("GET", f"{client.url}/v99.0/me")) == (2635, 0)
    assert client.error(client.get("/me/nonsense")) == (2500, 0)


def test_one_person_has_another_id_at_another_page(client):
    page = client.sim("pages", {"id": "205000000000001", "name": "Outlet", "token": "EAAother"})
    here, there = client.person("Anna"), client.person("Anna", page=page["id"])
    assert here != there
    client.writes(there)
    client.settle()
    assert client.endpoint.events == []
    assert client.error(client.send(there)) == (100, 2018001)
    client.token = "EAAother"
    client.ask("POST", "/me/subscribed_apps", query={"subscribed_fields": "messages"})
    client.writes(there)
    assert client.endpoint.wait(1)[0]["recipient"] == {"id": page["id"]}
    assert client.send(there, page="me").ok
