"""OAuth: one token at a time, minutes before 20.0.9, and what 401 looks like."""

import pytest
import requests

from simulators.threecx.editions import Licence
from simulators.threecx.house import CLIENT_ID, CLIENT_SECRET
from simulators.threecx.tokens import TokenRefused, Tokens

from .client import FORM, Client, signed_in


class World:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def world():
    return World()


@pytest.fixture
def tokens(world):
    return Tokens(CLIENT_ID, CLIENT_SECRET, Licence(), clock=world)


@pytest.mark.parametrize(
    ("version", "expires_in"), [("20.0.8.1120", 60), ("20.0.9.5", 3600), ("20.0.10.1124", 3600)]
)
def test_minutes_before_20_0_9(tokens, version, expires_in):
    tokens.licence.version = version
    assert tokens.issue(FORM)["expires_in"] == expires_in


def test_a_new_token_ends_the_one_before(tokens):
    first = tokens.issue(FORM)["access_token"]
    assert tokens.check(f"Bearer {first}") == ""
    second = tokens.issue(FORM)["access_token"]
    assert "not valid" in tokens.check(f"Bearer {first}")
    assert tokens.check(f"bearer {second}") == ""


def test_a_token_expires(tokens, world):
    header = f"Bearer {tokens.issue(FORM)['access_token']}"
    world.now += 3599
    assert tokens.check(header) == ""
    world.now += 1
    assert "expired" in tokens.check(header)


def test_refresh(tokens):
    first = tokens.issue(FORM)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = tokens.issue(form)
    assert tokens.check(f"Bearer {second['access_token']}") == ""
    with pytest.raises(TokenRefused) as refusal:
        tokens.issue(form)
    assert refusal.value.error == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error", "status"),
    [
        ({"client_secret": "x"}, "invalid_client", 401),
        ({"client_id": "x"}, "invalid_client", 401),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
    ],
)
def test_refusals(tokens, change, error, status):
    with pytest.raises(TokenRefused) as refusal:
        tokens.issue({**FORM, **change})
    assert (refusal.value.error, refusal.value.status) == (error, status)


def test_401_has_a_reason_in_its_header_and_no_body():
    with signed_in() as client:
        bare = requests.get(f"{client.url}/callcontrol", timeout=5)
        assert bare.status_code == 401 and bare.headers["WWW-Authenticate"] == "Bearer"
        other = Client(client.simulator)
        other.sign_in()
        stale = client.get("/xapi/v1/Users")
        assert stale.status_code == 401 and not stale.content
        assert 'error="invalid_token"' in stale.headers["WWW-Authenticate"]
        assert other.get("/xapi/v1/Users").ok


@pytest.mark.parametrize(
    ("licence", "status"),
    [
        (Licence("FREE"), 403),
        (Licence("SMB"), 403),
        (Licence("PRO"), 403),
        (Licence("ENT", sim_calls=4), 403),
        (Licence("ENT", "18.0.9.20"), 403),
        (Licence("ENT"), 200),
        (Licence("AI"), 200),
    ],
)
def test_the_licence_is_the_gate(licence, status):
    with signed_in(licence=licence) as client:
        for path in ("/callcontrol", "/xapi/v1/LicenseStatus", "/xapi/v1/Users"):
            assert client.get(path).status_code == status


def test_what_a_licence_may_be_called():
    with pytest.raises(ValueError, match="edition"):
        Licence("GOLD")
    with pytest.raises(ValueError, match="version"):
        Licence(version="twenty")
