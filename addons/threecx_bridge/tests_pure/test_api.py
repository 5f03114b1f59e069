"""Call Control, XAPI and websocket over real HTTP: against the simulated PBX."""

import io
import json
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
import requests

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.threecx_bridge.threecx import api as api_module
from odoo.addons.threecx_bridge.threecx.api import MemoryTokens, ThreecxApi
from odoo.addons.threecx_bridge.threecx.event_socket import EventSocket
from odoo.addons.threecx_bridge.threecx.shapes import REMOVE, UPSERT, Token

from simulators.threecx.house import CLIENT_ID, CLIENT_SECRET
from simulators.threecx.server import Simulator, running

#: What the official examples send (server/src/services/ExternalApi.service.ts), and the timeout of
#: the documentation.
ALLOWED = {"destination", "timeout"}


@pytest.fixture
def pbx():
    with running(Simulator()) as simulator:
        yield simulator


@pytest.fixture
def api(pbx):
    with new_api(pbx) as api:
        yield api


def new_api(pbx, secret=CLIENT_SECRET, tokens=None, **options):
    tokens = tokens or MemoryTokens()
    return ThreecxApi(pbx.url, CLIENT_ID, secret, tokens=tokens, timeout=5, **options)


def ask_pbx(pbx, path, **body):
    """What the people of the simulated house do."""
    response = requests.post(f"{pbx.url}/sim/{path}", json=body, timeout=5)
    response.raise_for_status()
    return response.json()


def ring_in(pbx, dn):
    return ask_pbx(pbx, "calls", **{"from": "+3242223344", "to": dn, "name": "Petit"})["callid"]


def asked(pbx, method="POST"):
    return [
        (one["path"], json.loads(one["body"] or "{}"), one["content_type"])
        for one in pbx.faults.requests
        if one["method"] == method and one["path"].startswith("/callcontrol")
    ]


# === token === #


def test_one_token_for_all(pbx):
    tokens = MemoryTokens()
    with new_api(pbx, tokens=tokens) as first, new_api(pbx, tokens=tokens) as second:
        first.dns()
        second.dns()
    assert pbx.tokens.issued == 1


def test_many_at_once_ask_for_one_token(pbx):
    tokens = MemoryTokens()

    def ask():
        with new_api(pbx, tokens=tokens) as api:
            api.license()

    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pbx.tokens.issued == 1


def test_a_revoked_token_is_replaced_once(pbx, api):
    api.dns()
    pbx.tokens.revoke()
    assert api.dns()
    assert pbx.tokens.issued == 2


def test_a_revoked_token_does_not_keep_a_call_from_being_made(pbx, api):
    api.dns()
    pbx.tokens.revoke()
    assert api.make_call("101", "+3242223344").is_success
    assert len(pbx.exchange.active) == 1


def test_a_wrong_key_is_not_tried_again(pbx):
    with new_api(pbx, secret="wrong") as api, pytest.raises(AuthError):
        api.dns()
    assert [one["path"] for one in pbx.faults.requests] == ["/connect/token"]


def test_a_key_that_was_changed_is_not_tried_again(pbx, api):
    api.dns()
    pbx.tokens.revoke()
    pbx.tokens.client_secret = "another"
    pbx.faults.requests.clear()
    with pytest.raises(AuthError, match="key is wrong"):
        api.dns()
    paths = [one["path"] for one in pbx.faults.requests]
    assert paths == ["/callcontrol", "/connect/token"]


def test_the_token_expires_in_time():
    now = [0.0]
    tokens = MemoryTokens(lambda: now[0])
    given = iter("abc")

    def fetch():
        return Token(next(given), 3600)

    assert [tokens.get(fetch), tokens.get(fetch)] == ["a", "a"]
    now[0] = 3541
    assert tokens.get(fetch) == "b"
    tokens.discard("a")
    assert tokens.get(fetch) == "b"
    tokens.discard("b")
    assert tokens.get(fetch) == "c"


def test_no_licence(pbx, api):
    pbx.licence.edition = "PRO"
    with pytest.raises(AuthError) as caught:
        api.dns()
    assert caught.value.code == 403
    assert pbx.tokens.issued == 1


# === looking === #


def test_the_system(api):
    assert api.license().edition == "enterprise"


def test_dns(api):
    dns = {dn.dn: dn for dn in api.dns()}
    assert dns["101"].is_extension and not dns["900"].is_extension
    assert api.devices("101") == list(dns["101"].devices)
    assert api.dn("101") == dns["101"]


def test_participants(pbx, api):
    ring_in(pbx, "101")
    (participant,) = api.dn("101").participants
    assert (participant.status, participant.party_caller_id) == ("Ringing", "+3242223344")
    assert api.participant("101", participant.id) == participant
    ask_pbx(pbx, f"calls/{participant.callid}/drop")
    assert api.participant("101", participant.id) is None


def test_users(pbx, api, monkeypatch):
    monkeypatch.setattr(api_module, "PAGE", 4)
    users = list(api.users())
    assert [user.number for user in users] == sorted(pbx.exchange.house.extensions)
    assert users[0].email


# === doing === #


def test_calls_and_actions(pbx, api):
    device = api.devices("101")[1]
    made = api.make_call("101", "+3242223344", device.device_id, timeout=20).participant
    assert (made.status, made.device_id) == ("Dialing", device.device_id)
    ask_pbx(pbx, f"calls/{made.callid}/answer")
    api.action("101", made.id, "transferto", "102")
    (ringing,) = api.dn("102").participants
    api.action("102", ringing.id, "answer")
    assert api.participant("102", ringing.id).status == "Connected"
    api.action("102", ringing.id, "drop")
    assert not pbx.exchange.active
    for _path, body, content_type in asked(pbx):
        assert body.keys() <= ALLOWED
        assert content_type.startswith("application/json")
    assert len(asked(pbx)) == 4


def test_what_cannot_be_asked(api):
    with pytest.raises(ValueError, match="hold"):
        api.action("101", 1, "hold")
    with pytest.raises(ValueError, match="destination"):
        api.action("101", 1, "transferto")
    with pytest.raises(ValueError, match="destination"):
        api.action("101", 1, "drop", "102")


def test_a_refusal(api):
    with pytest.raises(RejectedError):
        api.make_call("115", "+3242223344")
    with pytest.raises(RejectedError) as caught:
        api.action("101", 4711, "drop")
    assert caught.value.code == 404


def test_a_call_is_not_sent_twice(pbx, api):
    api.dns()
    pbx.faults.update({"errors": {"status": 500, "seconds": 60}})
    pbx.faults.requests.clear()
    with pytest.raises(RetryableError) as caught:
        api.make_call("101", "+3242223344")
    assert not caught.value.is_uncertain
    assert pbx.faults.counts["errors"] == 1


def test_nobody_there():
    with ThreecxApi("http://127.0.0.1:9", "a", "b", tokens=MemoryTokens(), timeout=1) as nobody:
        with pytest.raises(RetryableError) as caught:
            nobody.make_call("101", "+3242223344")
    assert not caught.value.is_uncertain


def test_an_answer_that_does_not_come(pbx):
    tokens = MemoryTokens()
    with new_api(pbx, tokens=tokens) as api:
        api.dns()
    pbx.faults.update({"slow": 2})
    with ThreecxApi(pbx.url, CLIENT_ID, CLIENT_SECRET, tokens=tokens, timeout=0.3) as api:
        with pytest.raises(RetryableError) as caught:
            api.make_call("101", "+3242223344")
    assert caught.value.is_uncertain


# === calls of the past === #


def past_calls(pbx, count):
    for number in range(count):
        call = pbx.exchange.ring_in(f"+32422233{number:02}", "101")
        pbx.exchange.answer(call.id)
        pbx.exchange.drop(call.id)


def test_call_log(pbx, api, monkeypatch):
    monkeypatch.setattr(api_module, "PAGE", 4)
    past_calls(pbx, 10)
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    rows = list(api.call_log(now - timedelta(days=2), now + timedelta(minutes=1)))
    assert len({row.cdr_id for row in rows}) == 10
    assert not list(api.call_log(now - timedelta(days=9), now - timedelta(days=8)))


def test_recording(pbx, api):
    past_calls(pbx, 1)
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    (row,) = api.call_log(now - timedelta(hours=1), now + timedelta(minutes=1))
    sound = io.BytesIO()
    api.download_recording(row.recording_id, sound)
    assert sound.getvalue().startswith(b"RIFF")
    with pytest.raises(RejectedError) as caught:
        api.download_recording(row.recording_id + 1, sound)
    assert caught.value.code == 404


# === events === #


def next_events(socket, count):
    found = []
    deadline = time.monotonic() + 5
    while len(found) < count and time.monotonic() < deadline:
        event = socket.receive(0.2)
        if event:
            found.append(event)
    return found


def test_events(pbx, api):
    with EventSocket(api) as socket:
        callid = ring_in(pbx, "101")
        (ringing,) = next_events(socket, 1)
        assert (ringing.event_type, ringing.dn) == (UPSERT, "101")
        assert api.participant(ringing.dn, ringing.participant_id).callid == callid
        ask_pbx(pbx, f"calls/{callid}/drop")
        (gone,) = next_events(socket, 1)
        assert (gone.event_type, gone.participant_id) == (REMOVE, ringing.participant_id)
        assert socket.receive(0.1) is None


def test_iteration(pbx, api):
    with EventSocket(api) as socket:
        ring_in(pbx, "101")
        assert next(iter(socket)).dn == "101"


def test_a_cut_is_told(pbx, api):
    with EventSocket(api) as socket:
        threading.Timer(0.2, lambda: ask_pbx(pbx, "faults", cut=True)).start()
        with pytest.raises(RetryableError):
            while True:
                socket.receive(5)


def test_a_refused_token_is_replaced_when_connecting(pbx, api):
    api.dns()
    pbx.tokens.revoke()
    with EventSocket(api) as socket:
        ring_in(pbx, "101")
        assert next_events(socket, 1)
    assert pbx.tokens.issued == 2


def test_the_pbx_refuses_events(pbx, api):
    api.dns()
    pbx.faults.update({"refuse_ws": 60})
    with pytest.raises(RetryableError):
        EventSocket(api).connect()
    pbx.faults.update({"reset": True})
    pbx.licence.edition = "PRO"
    with pytest.raises(AuthError) as caught:
        EventSocket(api).connect()
    assert caught.value.code == 403


def test_nobody_there_for_events(api):
    api.dns()
    api.base_url = "http://127.0.0.1:9"
    with pytest.raises(RetryableError):
        EventSocket(api).connect()


def test_silence_is_noticed(pbx, api):
    """The other side answers pings; when it does not, it is gone."""
    with EventSocket(api, ping_after=0.1, dead_after=0.5) as socket:
        assert socket.receive(1) is None
        socket._socket.ping = lambda: None
        with pytest.raises(RetryableError, match="silent"):
            socket.receive(2)


def test_not_connected(api):
    with pytest.raises(RetryableError):
        EventSocket(api).receive(0)


def test_without_the_library(api, monkeypatch):
    monkeypatch.setitem(sys.modules, "websocket", None)
    with pytest.raises(IntegrationError, match="pip install websocket-client"):
        EventSocket(api)
