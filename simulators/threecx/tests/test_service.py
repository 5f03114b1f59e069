"""The simulator as a service: its own API, its pages, its clock, and HTTPS."""

import datetime
import ipaddress
import json

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulators.threecx.__main__ import main
from simulators.threecx.clock import Clock, HandClock, duration, iso, seconds
from simulators.threecx.house import make_house
from simulators.threecx.server import Simulator, running

from .client import signed_in


@pytest.fixture(scope="module")
def client():
    with signed_in(pop_url="https://odoo.example/threecx/pop?number=%CallerNumber%") as client:
        yield client


def test_health(client):
    answer = requests.get(f"{client.url}/health", timeout=5).json()
    assert (answer["status"], answer["edition"], answer["has_api"]) == ("ok", "ENT", True)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "Un client appelle"),
        ("/webclient/", "3CX Web Client"),
        ("/static/hand.js", "Transférer"),
        ("/static/common.js", "/sim/stream"),
        ("/static/shared/page.js", "createElement"),
        ("/static/webclient.js", "phone"),
        ("/static/style.css", "body"),
    ],
)
def test_pages(client, path, text):
    answer = requests.get(client.url + path, timeout=5)
    assert answer.ok and text in answer.content.decode()


def test_the_stream_tells_each_change(client):
    with requests.get(f"{client.url}/sim/stream", stream=True, timeout=5) as response:
        lines = response.iter_lines(chunk_size=1)
        assert response.headers["Content-Type"] == "text/event-stream"

        def state():
            for line in lines:
                if line.startswith(b"data: "):
                    return json.loads(line[6:])

        assert state()["calls"] == []
        call = client.ring()
        while not (shown := state())["calls"]:
            pass
        assert shown["calls"][0]["ringing"] == ["101"]
        client.sim(f"calls/{call}/drop")
        while (shown := state())["calls"]:
            pass
        assert shown["past"][0]["outcome"] == "missed"


def test_presets(client):
    presets = [{"label": "Connu", "number": "+32475123456"}]
    client.sim("presets", {"presets": presets}, "PUT")
    state = client.sim("state", method="GET")
    assert state["presets"] == presets and "%CallerNumber%" in state["pop_url"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("calls", {"from": "+32475", "to": "999"}, 404),
        ("calls/999/answer", {}, 404),
        ("calls/1/sing", {}, 404),
        ("edition", {"edition": "GOLD"}, 400),
        ("clock", {"speed": 0}, 400),
        ("extensions/101/dial", {"destination": "x"}, 409),
        ("faults", {"lose": 2}, 400),
        ("template", {}, 405),
    ],
)
def test_refusals_say_why(client, path, body, status):
    answer = requests.post(f"{client.url}/sim/{path}", json=body, timeout=5)
    assert answer.status_code == status


def test_an_agent_leaves_the_queue(client):
    client.sim("extensions/101", {"queue_logged_in": False})
    call = client.ring(to="800")
    (shown,) = client.sim("calls", method="GET")
    assert "101" not in [share["dn"] for share in shown["extensions"]]
    client.sim(f"calls/{call}/drop")
    client.sim("extensions/101", {"queue_logged_in": True})


def test_secrets_are_not_kept(client):
    client.sign_in()
    assert "threecx-demo-secret" not in json.dumps(client.sim("requests", method="GET"))


@pytest.mark.parametrize("what", ["clock", "edition", "faults", "busy", "ledger"])
def test_what_can_be_looked_at(client, what):
    assert client.sim(what, method="GET") is not None


def test_speed_by_http(client):
    assert client.sim("clock", {"speed": 60})["speed"] == 60
    assert client.sim("clock", {"speed": 1})["speed"] == 1


def test_a_faster_clock():
    clock = Clock()
    clock.speed = 1000
    before = clock.now()
    while clock.now() - before < 5:
        pass
    clock.speed = 1
    assert clock.now() - before < 60


def test_durations_and_moments():
    for text, value in (("PT0S", 0), ("PT1M59.5S", 119.5), ("PT1H", 3600), ("PT2M", 120)):
        assert duration(value) == text and seconds(text) == value
    assert iso(0.5) == "1970-01-01T00:00:00.500Z" and iso(None) is None


def test_a_house_of_any_size():
    house = make_house(30, "shop.test", {"103": "other@shop.test"})
    assert house.extensions["102"].email == "manager@shop.test"
    assert house.extensions["103"].email == "other@shop.test"
    assert house.extensions["130"].name == "Agent 130" and not house.devices("130")
    devices = [phone.device_id for one in house.extensions.values() for phone in one.devices]
    assert len(set(devices)) == len(devices)


def test_by_hand_time_stands_still():
    clock = HandClock()
    assert clock.now() == clock.now()


def test_https(tmp_path):
    certificate, key = _certificate(tmp_path)
    with running(Simulator(), certificate=certificate, key=key) as simulator:
        assert simulator.url.startswith("https://127.0.0.1:")
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{simulator.url}/health", timeout=5)
        assert requests.get(f"{simulator.url}/health", verify=certificate, timeout=5).ok


def test_the_command_line_knows_its_options(capsys):
    with pytest.raises(SystemExit):
        main(["serve", "--edition", "GOLD"])
    assert "invalid choice" in capsys.readouterr().err


def _certificate(folder):
    """:return tuple: files of a certificate for 127.0.0.1 and of its key"""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pbx.test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "pbx.pem", folder / "pbx.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return tuple(map(str, files))
