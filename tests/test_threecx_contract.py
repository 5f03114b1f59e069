"""Our client of 3CX and the simulator, both against what 3CX published: a test per source file.

The simulator is held to the published shapes by its own tests; here, what it sends is read by our
parsers without a loss, and what our client sends is nothing that no published client would send.
"""

import io
import json
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import fields
from datetime import datetime, timedelta, timezone

import pytest

from odoo.addons.threecx_bridge.threecx import shapes
from odoo.addons.threecx_bridge.threecx.api import MemoryTokens, ThreecxApi
from odoo.addons.threecx_bridge.threecx.event_socket import EventSocket

from simulators.threecx import published
from simulators.threecx.house import CLIENT_ID, CLIENT_SECRET
from simulators.threecx.server import Simulator, running

#: Published shapes that our client reads, by source file: where to get them, and our parser.
READ = {
    (published.TYPES_TS, "DNInfo"): ("/callcontrol", shapes.DnInfo),
    (published.TYPES_TS, "DNDevice"): ("/callcontrol/101/devices", shapes.Device),
    (published.LIVE, "CallParticipant"): ("/callcontrol/101/participants", shapes.Participant),
    (published.SWAGGER, "Pbx.User"): ("/xapi/v1/Users", shapes.XapiUser),
    (published.SWAGGER, "Pbx.LicenseStatus"): ("/xapi/v1/LicenseStatus", shapes.LicenseStatus),
}
#: Fields of ours that bear another name than in the published shape.
RENAMED = {
    "email": "EmailAddress",
    "profile": "CurrentProfileName",
    "caller_id": "OutboundCallerID",
    "is_active": "LicenseActive",
}


class House:
    """A simulator with one call that was recorded and one that is going on, and our client."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.api = ThreecxApi(simulator.url, CLIENT_ID, CLIENT_SECRET, tokens=MemoryTokens())
        first = self.ring("+32475123456")
        self.sim(f"calls/{first}/answer", {"extension": "101"})
        self.sim(f"calls/{first}/drop")
        self.call = self.ring("+32475123457")

    def ring(self, number):
        return self.sim("calls", {"from": number, "to": "101"})["callid"]

    def sim(self, path, body=None):
        """Ask the simulator's own interface."""
        request = urllib.request.Request(
            f"{self.simulator.url}/sim/{path}",
            json.dumps(body or {}).encode(),
            {"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def raw(self, path):
        """What the wire says, as rows, without any parser of ours."""
        request = urllib.request.Request(
            self.simulator.url + path, headers={"Authorization": f"Bearer {self.api.token()}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = json.load(answer)
        if isinstance(content, dict):
            content.pop("@odata.context", None)  # of the protocol, not of the shape
            content = content.get("value", content)
        return content if isinstance(content, list) else [content]

    @property
    def requests(self):
        return list(self.simulator.faults.requests)


@pytest.fixture(scope="module")
def house():
    with running(Simulator()) as simulator:
        house = House(simulator)
        with house.api:
            yield house


@pytest.mark.parametrize(("source", "shape"), READ)
def test_what_is_published_is_read_without_a_loss(house, source, shape):
    path, parser = READ[source, shape]
    payloads = house.raw(path)
    assert payloads
    compared = Counter()
    for payload in payloads:
        assert published.differences(payload, source, shape) == []
        parsed = parser.parse(payload)
        # whatever the case of the names, and whatever a newer PBX adds
        for other in (
            {name.upper(): value for name, value in payload.items()},
            payload | {"SomethingNew": {"of": ["a", "newer", "PBX"]}},
        ):
            assert parser.parse(other) == parsed
        plain = {_plain(name): value for name, value in payload.items()}
        for field in fields(parser):
            sent = plain.get(_plain(RENAMED.get(field.name, field.name)))
            value = getattr(parsed, field.name)
            if sent is not None and isinstance(value, str | int | float):
                assert value == sent, field.name
                compared[field.name] += 1
    assert compared


def _plain(name):
    return name.replace("_", "").lower()


def test_types_ts_events(house):
    with EventSocket(house.api) as socket:
        call = house.ring("+32475123458")
        seen = [socket.receive(5) for _ in range(1)]
        house.sim(f"calls/{call}/drop")
        while not seen[-1] or seen[-1].event_type != shapes.REMOVE:
            seen.append(socket.receive(5))
            assert seen[-1] is not None, "no event for five seconds"
    assert {event.event_type for event in seen} == {shapes.UPSERT, shapes.REMOVE}
    assert all(event.dn and event.participant_id for event in seen)
    sequences = [event.sequence for event in seen]
    assert sequences == sorted(set(sequences))


def test_call_log_of_the_swagger_is_read(house):
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    rows = list(house.api.call_log(now - timedelta(hours=1), now + timedelta(hours=1)))
    assert [row for row in rows if row.answered and row.talking_seconds >= 0]
    assert all(row.cdr_id and row.started for row in rows)


def test_external_api_ts_requests_are_all_that_we_send(house):
    """Every method of the client once, every action: the simulator objects to none."""
    api = house.api
    before = len(house.requests)
    assert api.dns()
    assert api.dn("101")
    [device, *_others] = [item for item in api.devices("101") if item.is_registered]
    call = house.ring("+32475123459")
    [participant] = [item for item in api.dn("101").participants if item.callid == call][:1]
    assert api.participant("101", participant.id) == participant
    assert api.participant("101", 999_999) is None
    api.action("101", participant.id, "divert", "102")
    call = house.ring("+32475123460")
    house.sim(f"calls/{call}/answer", {"extension": "101"})
    [mine] = [
        item
        for item in api.dn("101").participants
        if item.callid == call and item.status == "Connected"
    ]
    api.action("101", mine.id, "transferto", "102")
    result = api.make_call("101", "+3281304050", device.device_id)
    assert result.is_success
    api.action("101", result.participant.id, "drop")
    assert list(api.users())
    assert api.license().version
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    rows = api.call_log(now - timedelta(hours=1), now + timedelta(hours=1))
    recordings = [row.recording_id for row in rows if row.recording_id]
    assert recordings
    for recording in recordings:
        target = io.BytesIO()
        api.download_recording(recording, target)
        assert target.tell()
    asked = house.requests[before:]
    assert [request["objection"] for request in asked if request["objection"]] == []
    assert {"GET", "POST"} == {request["method"] for request in asked}
    assert any(request["path"].endswith("/makecall") for request in asked)


def test_an_unpublished_request_is_objected_to(house):
    """The check above can fail."""
    before = len(house.requests)
    request = urllib.request.Request(
        f"{house.simulator.url}/callcontrol/101/makecall",
        b'{"to": "+3281304050"}',
        {"Authorization": f"Bearer {house.api.token()}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10)
    assert house.requests[before]["objection"]


def test_auth_ts_one_token_lives(house):
    """A client that signs in takes the token from the one before, which then gets another."""
    first = house.api.token()
    with ThreecxApi(house.simulator.url, CLIENT_ID, CLIENT_SECRET, tokens=MemoryTokens()) as other:
        assert other.dns()
        assert other.token() != first
    assert house.api.dns()
    assert house.api.token() != first
    lifetimes = {
        shapes.Token.parse({"access_token": "x", "expires_in": sent}).lifetime
        for sent in (60, 3600)
    }
    assert lifetimes == {3600}, "minutes before 20.0.9, seconds since"
