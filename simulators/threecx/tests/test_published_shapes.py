"""What the simulator sends, against what 3CX published: one test for each shape of each file."""

import pytest
import requests

from simulators.threecx import published
from simulators.threecx.published import AUTH_TS, EXTERNAL_API_TS, LIVE, SWAGGER, TYPES_TS

from .client import FORM, signed_in

LOG = (
    "/xapi/v1/ReportCallLogData/Pbx.GetCallLogData(periodFrom=2020-01-01T00:00:00Z,"
    "periodTo=2099-01-01T00:00:00Z,sourceType=0,sourceFilter='',destinationType=0,"
    "destinationFilter='',callsType=0,callTimeFilterType=0,callTimeFilterFrom='0:00:0',"
    "callTimeFilterTo='0:00:0',hidePcalls=false)"
)


@pytest.fixture(scope="module")
def client():
    with signed_in() as client:
        live_through_every_kind_of_call(client)
        yield client


def live_through_every_kind_of_call(client):
    def act(call, verb, **body):
        client.sim(f"calls/{call}/{verb}", body)

    call = client.ring(to="800")
    act(call, "answer", extension="103")
    act(call, "transfer", to="104")
    act(call, "answer")
    act(call, "drop")
    act(client.ring(""), "drop")
    call = client.ring()
    act(call, "voicemail")
    act(call, "drop")
    for destination in ("+3281304050", "102"):
        call = client.sim("extensions/101/dial", {"destination": destination})["callid"]
        act(call, "answer")
        act(call, "drop")
    client.ring("+32470111111", "101", name="Dupont")


def check(payloads, source, shape):
    assert payloads
    for payload in payloads:
        assert published.differences(payload, source, shape) == []


def rows(client, path):
    payloads = client.get(path).json()["value"]
    assert payloads
    return payloads


def test_types_ts_dn_info(client):
    dns = client.get("/callcontrol").json()
    check(dns, TYPES_TS, "DNInfo")
    assert all(set(dn) == set(published.SHAPES[TYPES_TS]["DNInfo"]) for dn in dns)
    assert {dn["type"] for dn in dns} == {"Wextension", "Wroutepoint"}


def test_types_ts_dn_device(client):
    devices = client.get("/callcontrol/101/devices").json()
    check(devices, TYPES_TS, "DNDevice")


def test_types_ts_call_participant(client):
    """Every field that the sample reads is there."""
    for participant in client.participants("101"):
        assert set(published.SHAPES[TYPES_TS]["CallParticipant"]) <= set(participant)
        assert participant["status"] in published.STATUSES


def test_live_call_participant(client):
    check(client.participants("101"), LIVE, "CallParticipant")
    participant = client.participants("101")[0]
    assert participant["party_dn_type"] == "Wexternalline"
    assert participant["originated_by_dn"] == "" and participant["originated_by_type"] == "None"


@pytest.mark.parametrize("action", ["drop", "answer", "divert", "transferto"])
def test_types_ts_call_control_result(client, action):
    call = client.ring("+32470222222", "106")
    leg = client.participants("106")[0]["id"]
    result = client.post(
        f"/callcontrol/106/participants/{leg}/{action}", {"destination": "107"}
    ).json()
    check([result], TYPES_TS, "CallControlResultResponse")
    assert set(result) == set(published.SHAPES[TYPES_TS]["CallControlResultResponse"])
    client.sim("reset")
    assert call


def test_types_ts_ws_event(client):
    with client.listening() as take:
        call = client.ring("+32470333333", "108")
        client.sim(f"calls/{call}/drop")
        events = [take(), take()]
    check(events, TYPES_TS, "WSEvent")
    check([event["event"] for event in events], TYPES_TS, "WSEvent.event")
    assert [event["event"]["event_type"] for event in events] == [0, 1]
    assert [event["event"]["attached_data"] for event in events] == [None, None]


def test_constants_ts_actions(client):
    """Each action that the sample names is known: refused at most, never unheard of."""
    client.ring("+32470444444", "109")
    leg = client.participants("109")[0]["id"]
    for action in sorted(published.ACTIONS, key="drop".__eq__):
        response = client.post(f"/callcontrol/109/participants/{leg}/{action}")
        assert response.status_code in (200, 422)
        assert response.json()["finalstatus"] in (0, 1)
    assert client.participants("109") == []
    assert client.post(f"/callcontrol/101/participants/{leg}/nonsense").status_code == 404


def test_external_api_service_ts_requests(client):
    """What the sample sends is understood as it is sent."""
    client.sim("requests", method="DELETE")
    device = client.get("/callcontrol/101/devices").json()[0]["device_id"]
    assert client.make_call("101", "+3281304050", device).json()["result"]["id"]
    assert client.make_call("103", "+3281304050").json()["result"]["id"]
    participant = client.participants("103")[0]
    client.get(f"/callcontrol/103/participants/{participant['id']}")
    client.post(f"/callcontrol/103/participants/{participant['id']}/drop")
    asked = client.sim("requests", method="GET")
    assert len(asked) == 6
    assert [request["objection"] for request in asked] == [""] * 6


def test_requests_that_no_source_has_are_noted(client):
    client.sim("requests", method="DELETE")
    client.post("/callcontrol/101/makecall", {"phone": "1"})
    (request,) = client.sim("requests", method="GET")
    assert "['phone'] is in none" in request["objection"]


def test_external_api_service_ts_knows_nothing_else():
    assert EXTERNAL_API_TS in published.REQUESTS
    assert published.objection("POST", "/callcontrol/101/participants/1/hold", "{}")
    assert published.objection("POST", "/callcontrol/101/makecall", '{"number": "1"}')
    assert published.objection("POST", "/callcontrol/101/makecall", "[]")
    assert published.objection("POST", "/callcontrol/101/makecall", "destination=1")
    assert published.objection("PUT", "/callcontrol", None)


@pytest.mark.parametrize("content", ["multipart", "form"])
def test_auth_ts_token_response(client, content):
    if content == "multipart":
        answer = client.sign_in().json()
    else:
        answer = requests.post(f"{client.url}/connect/token", data=FORM, timeout=5).json()
        client.token = answer["access_token"]
    check([answer], AUTH_TS, "TokenResponse")
    assert set(answer) == set(published.SHAPES[AUTH_TS]["TokenResponse"])


def test_auth_ts_refusal_has_a_description(client):
    answer = client.sign_in(client_secret="wrong")
    assert answer.status_code == 401
    assert set(answer.json()) == {"error", "error_description"}


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/xapi/v1/Users", "Pbx.User"),
        ("/xapi/v1/ActiveCalls", "Pbx.ActiveCall"),
        ("/xapi/v1/CallHistoryView", "Pbx.CallHistoryView"),
        ("/xapi/v1/Recordings", "Pbx.Recording"),
        (LOG, "Pbx.CallLogData"),
    ],
)
def test_swagger_yaml_sets(client, path, shape):
    client.ring("+32470555555", "110")
    payloads = rows(client, path)
    check(payloads, SWAGGER, shape)
    if shape != "Pbx.User":
        assert set(payloads[0]) == set(published.SHAPES[SWAGGER][shape])


@pytest.mark.parametrize("name", ["LicenseStatus", "SystemStatus"])
def test_swagger_yaml_singletons(client, name):
    payload = client.get(f"/xapi/v1/{name}").json()
    payload.pop("@odata.context")
    check([payload], SWAGGER, f"Pbx.{name}")


def test_swagger_yaml_odata_error(client):
    answer = client.get("/xapi/v1/Users?$select=Nothing")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert {"code", "message"} <= set(error) and error["details"][0]["target"] == "Nothing"


def test_a_difference_is_seen():
    """The check itself: a wrong type and a foreign field."""
    wrong = {"id": "5", "colour": "red"}
    assert len(published.differences(wrong, TYPES_TS, "CallParticipant")) == 2
