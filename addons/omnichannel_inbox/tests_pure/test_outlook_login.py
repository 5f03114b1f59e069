"""Signing in at Microsoft: secret, certificate, people; refresh tokens that change."""

import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from odoo.addons.integration_base.exceptions import RetryableError
from odoo.addons.integration_base.http_client import HttpResponse
from odoo.addons.omnichannel_inbox.providers.base import FailureType
from odoo.addons.omnichannel_inbox.providers.outlook import OutlookProvider
from odoo.addons.omnichannel_inbox.providers.outlook.certificate import (
    Certificate,
    CertificateError,
    make_certificate,
)
from odoo.addons.omnichannel_inbox.providers.outlook.errors import (
    LoginError,
    explain_graph,
    explain_login,
)
from odoo.addons.omnichannel_inbox.providers.outlook.graph import utc_now
from odoo.addons.omnichannel_inbox.providers.outlook.tokens import (
    Credentials,
    Login,
    MemoryTokens,
    challenge_of,
    claims_of,
    new_verifier,
)
from odoo.addons.omnichannel_inbox.tests_pure.outlook_kit import (
    BOX,
    control,
    credentials,
    fault,
    provider,
    read_all,
    requests_of,
)

from simulators.graph.server import Simulator, running

REDIRECT = "http://127.0.0.1:8069/omni/outlook/signed_in"


@pytest.fixture
def sim():
    with running(Simulator()) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def certificate():
    return make_certificate("Odoo test")


def tokens_asked(sim):
    return requests_of(sim, "POST", "/token")


def test_one_token_for_all(sim):
    tokens = MemoryTokens()
    for _worker in range(3):
        read_all(provider(sim, tokens=tokens))
    assert len(tokens_asked(sim)) == 1


def test_a_refused_token_is_replaced_once(sim):
    tokens = MemoryTokens()
    read_all(provider(sim, tokens=tokens))
    fault(sim, {"status": 401, "path": "/v1.0", "times": 1})
    read_all(provider(sim, tokens=tokens))
    assert len(tokens_asked(sim)) == 2


def test_an_ended_token_is_replaced(sim):
    now = [0.0]
    tokens = MemoryTokens(now=lambda: now[0])
    read_all(provider(sim, tokens=tokens))
    now[0] = 3599 - 60.0
    read_all(provider(sim, tokens=tokens))
    assert len(tokens_asked(sim)) == 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"secret": "wrong"}, 7000215),
        ({"secret": ""}, 0),
    ],
)
def test_wrong_secret(sim, values, reason):
    made = provider(sim, credentials=credentials(sim, **values))
    with pytest.raises(LoginError) as caught:
        read_all(made)
    assert caught.value.reason == reason
    assert made.failure_type(caught.value) is FailureType.AUTH
    assert len(tokens_asked(sim)) <= 1, "not tried again: that locks accounts"


def test_ended_secret(sim):
    control(sim, "POST", "/sim/directory", {"expire_secrets": True})
    with pytest.raises(LoginError) as caught:
        read_all(provider(sim))
    assert caught.value.reason == 7000222
    assert "Trace ID" not in str(caught.value).splitlines()[0][:120]


@pytest.mark.parametrize("tenant", ["", "a/b", "x?y", "../common", "é"])
def test_what_is_no_organisation_is_not_asked(sim, tenant):
    with pytest.raises(LoginError):
        Login(Credentials(tenant, "client", "secret", login_url=sim.url))


def test_no_such_organisation(sim):
    with pytest.raises(LoginError) as caught:
        Login(Credentials("nobody.example", "client", "secret", login_url=sim.url)).fetch()
    assert caught.value.reason == 90002


def test_sign_in_out_of_order(sim):
    fault(sim, {"status": 503, "path": "/token", "times": 2})
    made = provider(sim)
    with pytest.raises(RetryableError):
        read_all(made)
    read_all(made)


# === certificate === #


def test_certificate(sim, certificate):
    control(sim, "POST", "/sim/directory", {"certificates": [certificate.certificate]})
    login = Login(credentials(sim, secret="", certificate=certificate))
    assert login.fetch().value
    assert not any("secret" in (row["body"] or "") for row in tokens_asked(sim))


def test_unknown_certificate(sim, certificate):
    with pytest.raises(LoginError) as caught:
        Login(credentials(sim, secret="", certificate=certificate)).fetch()
    assert caught.value.reason == 700027


def test_made_certificate(certificate):
    certificate.check()
    assert len(certificate.thumbprint) == 40
    assert timedelta(days=700) < certificate.expiry - utc_now() < timedelta(days=731)
    assert "PRIVATE" not in certificate.certificate
    assert "PRIVATE" not in repr(certificate)


@pytest.mark.parametrize("name", ["nonsense", "of another", "empty"])
def test_key_that_does_not_fit(certificate, name):
    key = {"nonsense": "xx", "of another": make_certificate("other").private_key, "empty": ""}[name]
    with pytest.raises(CertificateError):
        Certificate(certificate.certificate, key).check()
    with pytest.raises(CertificateError):
        Certificate("xx", certificate.private_key).check()


def test_unusable_certificate_is_told(sim, certificate):
    broken = Certificate(certificate.certificate, "xx")
    with pytest.raises(LoginError):
        Login(credentials(sim, secret="", certificate=broken)).fetch()


# === somebody signs in === #


def sign_in(sim, login, verifier, user=BOX):
    """What a browser does: opens the address, chooses an account, and comes back with a code."""
    url = login.authorize_url(REDIRECT, "state", challenge_of(verifier), user)
    query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    answer = requests.get(
        f"{urlsplit(url)._replace(query='').geturl()}/answer",
        params={**query, "sim_user": user},
        allow_redirects=False,
        timeout=5,
    )
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["state"]
    return back["code"][0]


def test_somebody_signs_in(sim):
    login = Login(credentials(sim, is_delegated=True))
    verifier = new_verifier()
    token = login.redeem(sign_in(sim, login, verifier), REDIRECT, verifier)
    assert token.refresh and claims_of(token.id_token)["preferred_username"] == BOX
    tokens = MemoryTokens(token.refresh)
    made = provider(sim, tokens=tokens, credentials=credentials(sim, is_delegated=True))
    read_all(made)
    assert tokens.refresh != token.refresh, "it changes with every use"
    tokens.discard(made.graph.token())
    read_all(made)


def test_a_code_is_good_once_and_for_who_began(sim):
    login = Login(credentials(sim, is_delegated=True))
    verifier = new_verifier()
    code = sign_in(sim, login, verifier)
    with pytest.raises(LoginError):
        login.redeem(code, REDIRECT, "another verifier")
    code = sign_in(sim, login, verifier)
    login.redeem(code, REDIRECT, verifier)
    with pytest.raises(LoginError):
        login.redeem(code, REDIRECT, verifier)


def test_nobody_has_signed_in(sim):
    with pytest.raises(LoginError):
        read_all(provider(sim, credentials=credentials(sim, is_delegated=True)))
    assert not tokens_asked(sim)


def test_refused_refresh_token(sim):
    made = provider(
        sim, tokens=MemoryTokens("worthless"), credentials=credentials(sim, is_delegated=True)
    )
    with pytest.raises(LoginError) as caught:
        read_all(made)
    assert made.failure_type(caught.value) is FailureType.AUTH


def test_many_at_once_use_a_refresh_token_once(sim):
    login = Login(credentials(sim, is_delegated=True))
    verifier = new_verifier()
    token = login.redeem(sign_in(sim, login, verifier), REDIRECT, verifier)
    tokens = MemoryTokens(token.refresh)
    found = []

    def work():
        made = provider(sim, tokens=tokens, credentials=credentials(sim, is_delegated=True))
        found.append(made.graph.token())

    threads = [threading.Thread(target=work) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(tokens_asked(sim)) == 2


# === words of Microsoft === #


def answer(status, body=b"", **headers):
    return HttpResponse(status, headers, "https://graph.microsoft.com/v1.0/x", body)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 429, 500, 503, 504, 507])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "text"}', b'{"error": {}}'])
def test_whatever_comes_is_an_error(status, body):
    for explain in (explain_graph, explain_login):
        error = explain(answer(status, body))
        assert str(error)
        OutlookProvider({}).failure_type(error)


def test_no_secret_in_what_is_shown(sim):
    made = credentials(sim, certificate=make_certificate("x"))
    assert "graph-demo-secret" not in repr(made) and "PRIVATE" not in repr(made)
