"""The websocket: sparse, numbered, bound to the token of its upgrade; and how it fails."""

import json
import time

import pytest
import websocket

from simulators.threecx.faults import Faults

from .client import signed_in


@pytest.fixture
def client():
    with signed_in() as client:
        yield client


def test_the_upgrade_needs_a_token(client):
    with pytest.raises(websocket.WebSocketBadStatusException) as error, client.listening("old"):
        pass
    assert error.value.status_code == 401


def test_events_name_what_changed_in_order(client):
    with client.listening() as take:
        call = client.ring(to="101")
        first = take()
        assert client.get(first["event"]["entity"]).json()["status"] == "Ringing"
        client.sim(f"calls/{call}/answer")
        client.sim(f"calls/{call}/drop")
        events = [first, take(), take()]
    assert [event["sequence"] for event in events] == [1, 2, 3]
    assert [event["event"]["event_type"] for event in events] == [0, 0, 1]
    assert len({event["event"]["entity"] for event in events}) == 1
    assert client.get(first["event"]["entity"]).status_code == 404


def test_what_is_not_listed_is_not_told(client):
    client.sim("edition", {"monitored": ["102"]})
    with client.listening() as take:
        client.ring(to="101")
        client.ring(to="102")
        assert take()["event"]["entity"].startswith("/callcontrol/102/")


def test_a_revoked_token_leaves_the_socket_but_closes_the_door(client):
    with client.listening() as take:
        client.sim("faults", {"revoke": True})
        assert client.get("/callcontrol").status_code == 401
        client.ring(to="101")
        assert take()["sequence"] == 1
    with pytest.raises(websocket.WebSocketBadStatusException), client.listening():
        pass


def test_a_cut_is_no_goodbye(client):
    with client.listening() as take:
        assert client.sim("faults", {"cut": True})["counts"]["cuts"] == 1
        with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
            take()


def test_cut_after_so_many_events(client):
    client.sim("faults", {"cut_every_events": 2})
    with client.listening() as take:
        client.ring(to="101")
        client.ring(to="102")
        client.ring(to="103")
        take(), take()
        with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
            take()


@pytest.mark.parametrize(
    ("fault", "sequences"),
    [({"duplicate": 1}, [1, 1, 2, 2]), ({"lose": 1}, []), ({"reorder": 1}, [2, 1])],
)
def test_events_doubled_lost_and_late(client, fault, sequences):
    client.sim("faults", fault)
    with client.listening() as take:
        call = client.ring(to="101")
        client.sim(f"calls/{call}/drop")
        client.sim("faults", {"reset": True})
        client.ring(to="102")
        told = []
        while True:
            event = take()
            if "/102/" in event["event"]["entity"]:
                break
            told.append(event["sequence"])
    assert told == sequences


def test_a_late_event_that_nothing_follows_comes(client):
    client.sim("faults", {"reorder": 1})
    with client.listening() as take:
        client.ring(to="101")
        assert take()["sequence"] == 1


def test_attached_data_is_told(client):
    client.ring(to="101")
    leg = client.participants("101")[0]["id"]
    with client.listening() as take:
        where = f"/callcontrol/101/participants/{leg}/attach_participant_data"
        assert client.post(where, {"attacheddata": {"order": "S42"}}).ok
        assert take()["event"]["attached_data"] == {"order": "S42"}


def test_requests_over_the_websocket_are_not_offered(client):
    socket = websocket.create_connection(
        client.url.replace("http", "ws", 1) + "/callcontrol/ws",
        header=[f"Authorization: Bearer {client.token}"],
        timeout=5,
    )
    for text in ('{"RequestID": "7", "Path": "/callcontrol"}', "no JSON", "[]"):
        socket.send(text)
        event = json.loads(socket.recv())["event"]
        assert (event["event_type"], event["attached_data"]["StatusCode"]) == (4, 501)
    socket.close()


def test_the_same_seed_fails_the_same_way():
    def sent(seed):
        faults = Faults(seed)
        faults.update({"lose": 0.3, "duplicate": 0.3, "reorder": 0.3})
        return [faults.sends() for _event in range(50)]

    assert sent(1) == sent(1) != sent(2)


def test_errors_for_a_while(client):
    client.sim("faults", {"errors": {"status": 500, "seconds": 0.6, "paths": ["/callcontrol"]}})
    assert client.get("/callcontrol").status_code == 500
    assert client.get("/xapi/v1/Users").ok
    time.sleep(0.7)
    assert client.get("/callcontrol").ok


def test_no_upgrade_for_a_while(client):
    client.sim("faults", {"refuse_ws": 5})
    with pytest.raises(websocket.WebSocketBadStatusException) as error, client.listening():
        pass
    assert error.value.status_code == 503
    assert client.get("/callcontrol").ok


def test_throttled(client):
    client.sim("faults", {"throttle": 3})
    statuses = [client.get("/callcontrol/101").status_code for _time in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_unknown_faults_are_refused(client):
    with pytest.raises(AssertionError, match="^400 "):
        client.sim("faults", {"explode": 1})
