"""Call Control over HTTP: who may be seen, what may be done, and when it is refused."""

import pytest
import requests

from .client import signed_in

OUTSIDE = "+3281304050"


@pytest.fixture(scope="module")
def shared():
    with signed_in() as client:
        yield client


@pytest.fixture
def client(shared):
    shared.sim("reset")
    shared.sim("edition", {"finalstatus": "number", "fork": False})
    yield shared


def act(client, dn, action, body=None):
    leg = client.participants(dn)[0]["id"]
    return client.post(f"/callcontrol/{dn}/participants/{leg}/{action}", body)


def test_only_what_the_console_lists_is_seen(client):
    assert {dn["dn"] for dn in client.get("/callcontrol").json()} >= {"900", "101", "115"}
    for path in ("/callcontrol/800", "/callcontrol/999/devices", "/callcontrol/800/participants/1"):
        assert client.get(path).status_code == 403
    assert client.make_call("800", OUTSIDE).status_code == 403
    client.sim("edition", {"monitored": ["101"]})
    assert [dn["dn"] for dn in client.get("/callcontrol").json()] == ["900", "101"]
    assert client.get("/callcontrol/102").status_code == 403
    client.sim("edition", {"monitored": [str(dn) for dn in range(101, 116)]})


def test_devices(client):
    devices = client.get("/callcontrol/101/devices").json()
    assert len(devices) == 3 and client.get("/callcontrol/115/devices").json() == []
    path = devices[1]["device_id"].replace(";", "%3B").replace(":", "%3A").replace("@", "%40")
    assert client.get(f"/callcontrol/101/devices/{path}").json() == devices[1]
    assert client.get("/callcontrol/101/devices/nobody").status_code == 404


def test_a_device_dials_at_once(client):
    device = client.get("/callcontrol/101/devices").json()[1]["device_id"]
    result = client.make_call("101", OUTSIDE, device).json()
    assert result["finalstatus"] == 1
    leg = result["result"]
    assert (leg["status"], leg["device_id"]) == ("Dialing", device)
    assert (leg["party_caller_id"], leg["party_dn_type"]) == (OUTSIDE, "Wexternalline")
    client.sim(f"calls/{leg['callid']}/answer")
    assert client.participants("101")[0]["status"] == "Connected"


def test_a_dn_with_several_devices_rings_first(client):
    result = client.make_call("101", OUTSIDE).json()
    assert (result["finalstatus"], result["result"]) == (1, None)
    leg = client.participants("101")[0]
    assert (leg["status"], leg["party_caller_id"]) == ("Ringing", OUTSIDE)
    client.sim(f"calls/{leg['callid']}/answer")
    assert client.participants("101")[0]["status"] == "Dialing"
    client.sim(f"calls/{leg['callid']}/answer")
    assert client.participants("101")[0]["status"] == "Connected"


def test_a_dn_with_one_device_dials_at_once(client):
    result = client.make_call("103", OUTSIDE).json()
    assert result["result"]["status"] == "Dialing"


@pytest.mark.parametrize(
    ("dn", "destination", "device", "status"),
    [
        ("101", "bonjour", None, 422),
        ("101", "", None, 422),
        ("115", OUTSIDE, None, 422),
        ("115", OUTSIDE, "not_registered_dev", 422),
        ("101", OUTSIDE, "sip:101@nowhere", 404),
    ],
)
def test_calls_that_are_refused(client, dn, destination, device, status):
    answer = client.make_call(dn, destination, device)
    assert answer.status_code == status
    result = answer.json()
    assert result["finalstatus"] == 0 and result["reason"] and result["reasontext"]
    assert result["result"] is None


def test_the_final_status_may_be_a_word(client):
    client.sim("edition", {"finalstatus": "text"})
    assert client.make_call("103", OUTSIDE).json()["finalstatus"] == "Success"
    assert client.make_call("101", "x").json()["finalstatus"] == "Rejected"


def test_answer_needs_a_device_that_can(client):
    client.ring(to="101")
    assert act(client, "101", "answer").ok
    assert client.participants("101")[0]["status"] == "Connected"
    again = act(client, "101", "answer")
    assert (again.status_code, again.json()["reason"]) == (422, "NotRinging")
    client.ring(to="103")  # has the mobile application only
    assert client.participants("103")[0]["direct_control"] is False
    assert act(client, "103", "answer").json()["reason"] == "NotSupported"


def test_divert_only_while_it_rings(client):
    client.ring(to="101")
    assert act(client, "101", "divert", {"destination": "102"}).ok
    assert client.participants("101") == []
    assert act(client, "102", "answer").ok
    assert act(client, "102", "divert", {"destination": "104"}).json()["reason"] == "NotRinging"


def test_transferto_only_when_connected(client):
    client.ring(to="101")
    refused = act(client, "101", "transferto", {"destination": "102"})
    assert refused.json()["reason"] == "NotConnected"
    act(client, "101", "answer")
    assert act(client, "101", "transferto", {"destination": "102"}).ok
    other = client.participants("102")[0]
    assert (other["status"], other["referred_by_dn"]) == ("Ringing", "101")
    assert other["callid"] == client.participants("101")[0]["callid"]
    act(client, "102", "answer")
    assert client.participants("101") == []


def test_routeto_rings_beside(client):
    client.ring(to="101")
    assert act(client, "101", "routeto", {"destination": "102"}).ok
    assert len(client.participants("101")) == len(client.participants("102")) == 1
    act(client, "102", "answer")
    assert client.participants("101") == []


def test_drop_of_a_ringing_telephone_declines(client):
    call = client.ring(to="101")
    act(client, "101", "drop")
    told = next(row for row in client.ledger() if row["callid"] == call)
    assert (told["outcome"], told["extensions"][0]["outcome"]) == ("missed", "missed")


def test_a_queue_is_named(client):
    client.ring("", "800", name="")
    leg = client.participants("104")[0]
    assert (leg["on_behalf_of_dn"], leg["on_behalf_of_type"]) == ("800", "Wqueue")
    assert (leg["party_caller_id"], leg["party_did"]) == ("anonymous", "+3281304050")


def test_each_telephone_is_a_participant_when_calls_fork(client):
    client.sim("edition", {"fork": True})
    client.ring(to="101")
    assert len({leg["device_id"] for leg in client.participants("101")}) == 3


def test_bodies_that_are_no_json(client):
    where = f"{client.url}/callcontrol/101/makecall"
    form = requests.post(where, data={"destination": "1"}, headers=client.headers, timeout=5)
    assert form.status_code == 415
    headers = {**client.headers, "Content-Type": "application/json"}
    assert requests.post(where, data="{", headers=headers, timeout=5).status_code == 400
    assert requests.post(where, data="[]", headers=headers, timeout=5).status_code == 400


def test_participants_of_others_are_not_found(client):
    client.ring(to="101")
    leg = client.participants("101")[0]["id"]
    assert client.get(f"/callcontrol/102/participants/{leg}").status_code == 404
    assert client.get("/callcontrol/101/participants/abc").status_code == 404
