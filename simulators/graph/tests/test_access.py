"""Who may what: secrets, certificates, users who sign in, mailboxes that are not for everybody."""

import base64
import hashlib
import json
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from simulators.graph.directory import CLIENT_ID, TENANT_ID

from .client import ANNA, INFO, SAV, signed_in

BACK = "https://shop.example/back?db=x"
SCOPE = "offline_access https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/Mail.Send"


@pytest.fixture
def client():
    with signed_in() as client:
        yield client


@pytest.fixture(scope="module")
def pair():
    """:return tuple: private key and its certificate"""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def encoded(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def assertion(client, pair, key=None, **changes):
    private, certificate = pair
    thumb = encoded(certificate.fingerprint(hashes.SHA256()))
    claims = {
        "aud": f"{client.url}/{TENANT_ID}/oauth2/v2.0/token", "iss": CLIENT_ID, "sub": CLIENT_ID,
        "jti": "1", "nbf": int(time.time()), "exp": int(time.time()) + 300, **changes,
    }  # fmt: skip
    head = {"alg": "PS256", "typ": "JWT", "x5t#S256": thumb}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signature = (key or private).sign(signed.encode(), scheme, hashes.SHA256())
    return f"{signed}.{encoded(signature)}"


def sign_in_with(client, token):
    return client.sign_in(
        without=["client_secret"],
        client_assertion=token,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    )


def test_certificate(client, pair):
    good = assertion(client, pair)
    assert "AADSTS700027" in sign_in_with(client, good).text
    pem = pair[1].public_bytes(serialization.Encoding.PEM).decode()
    client.sim("directory", {"certificates": [pem]})
    assert sign_in_with(client, good).status_code == 200
    assert client.get("messages").status_code == 200
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for number, token in (
        ("700027", assertion(client, pair, key=other)),
        ("700024", assertion(client, pair, exp=int(time.time()) - 1000)),
        ("700023", assertion(client, pair, aud="https://elsewhere.example")),
        ("700021", assertion(client, pair, iss="somebody")),
        ("50027", "not.a.jwt"),
    ):
        answer = sign_in_with(client, token)
        assert answer.status_code == 401 and f"AADSTS{number}" in answer.text


def test_no_credential_no_scope_no_grant(client):
    assert "AADSTS7000218" in client.sign_in(without=["client_secret"]).text
    assert "AADSTS1002012" in client.sign_in(scope="Mail.Read").text
    assert "AADSTS70003" in client.sign_in(grant_type="password").text


def test_tokens_end(client):
    assert client.get("messages").status_code == 200
    client.sim("clock", {"advance": 3599})
    answer = client.get("messages")
    assert answer.status_code == 401 and "expired" in answer.json()["error"]["message"]
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    client.sign_in()
    client.sim("directory", {"revoke": "access"})
    assert client.get("messages").status_code == 401


def test_a_mailbox_out_of_scope(client):
    client.sim("directory", {"mailboxes": [INFO]})
    assert client.get("messages").status_code == 200
    answer = client.get("messages", user=SAV)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ErrorAccessDenied")
    client.sim("directory", {"policy": "application_access_policy"})
    assert "Access to OData is disabled" in client.get("messages", user=SAV).text
    assert client.get("messages", user="no@where.example").status_code == 404


def test_permissions(client):
    key = client.mail()["messages"][0]["id"]
    client.sim("directory", {"roles": ["Mail.ReadWrite"]})
    client.sign_in()
    draft = client.post(f"messages/{key}/createReply").json()["id"]
    assert client.post(f"messages/{draft}/send").status_code == 403
    client.sim("directory", {"roles": ["Mail.Send"]})
    client.sign_in()
    assert client.get("messages").status_code == 403
    assert client.ledger()["outgoing"] == []


def signed_in_as(client, user, **extra):
    query = {
        "client_id": CLIENT_ID, "response_type": "code", "redirect_uri": BACK, "scope": SCOPE,
        "state": "s t", "sim_user": user, **extra,
    }  # fmt: skip
    url = f"{client.url}/{TENANT_ID}/oauth2/v2.0/authorize/answer"
    answer = requests.get(url, params=query, allow_redirects=False, timeout=5)
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def test_a_user_signs_in(client):
    verifier = "v" * 43
    challenge = encoded(hashlib.sha256(verifier.encode()).digest())
    back = signed_in_as(client, INFO, code_challenge=challenge, code_challenge_method="S256")
    assert back["db"] == ["x"] and back["state"] == ["s t"]
    form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": BACK}
    wrong = client.sign_in(**form, code_verifier="x")
    assert wrong.json()["error"] == "invalid_grant"
    back = signed_in_as(client, INFO, code_challenge=challenge, code_challenge_method="S256")
    form["code"] = back["code"][0]
    first = client.sign_in(**form, code_verifier=verifier).json()
    assert first["scope"] == "Mail.ReadWrite Mail.Send"
    assert client.get("/me/messages").status_code == 200
    assert client.get("messages", user=SAV).status_code == 403
    assert client.sign_in(**form, code_verifier=verifier).status_code == 400  # used
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = client.sign_in(**form).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert client.sign_in(**form).json()["error"] == "invalid_grant"  # it rotated
    client.sim("directory", {"delegates": {INFO: [SAV]}})
    assert client.get("messages", user=SAV).status_code == 200
    client.sim("clock", {"advance": 91 * 86400})
    form["refresh_token"] = second["refresh_token"]
    assert "AADSTS700082" in client.sign_in(**form).text


def test_a_user_declines(client):
    assert signed_in_as(client, "")["error"] == ["access_denied"]


def test_redirects_that_are_not_registered(client):
    client.sim("directory", {"redirect_uris": ["https://other.example/"]})
    url = f"{client.url}/common/oauth2/v2.0/authorize"
    query = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": BACK}
    answer = requests.get(url, params=query, timeout=5)
    assert answer.status_code == 400 and "AADSTS50011" in answer.text


def test_faults_by_rule(client):
    key = client.mail()["messages"][0]["id"]
    draft = client.post(f"messages/{key}/createReply").json()["id"]
    rules = [
        {"action": "cut_before", "method": "POST", "path": "/send$"},
        {"action": "cut_after", "method": "POST", "path": "/send$"},
        {"action": "status", "status": 503, "retry_after": 7, "path": "/messages$", "times": 2},
    ]
    client.fault(rules=rules)
    for sent in (0, 1):
        with pytest.raises(requests.ConnectionError):
            client.post(f"messages/{draft}/send")
        assert len(client.ledger()["outgoing"]) == sent
    answers = [client.get("messages") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert client.see(f"customers/{ANNA}")[-1]["direction"] == "in"


def test_limits(client):
    client.sim("throttle", {"requests": 3})
    statuses = [client.get("messages").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert client.get("messages", user=SAV).status_code == 200
    client.sim("clock", {"advance": 601})
    assert client.get("messages").status_code == 200


def test_requests_are_noted_without_secrets(client):
    client.sign_in()
    client.get("messages", prefer='IdType="ImmutableId"')
    rows = client.see("requests")
    assert "graph-demo-secret" not in str(rows)
    assert rows[-1]["status"] == 200 and rows[-1]["prefer"] == ['IdType="ImmutableId"']


def test_unknown_words_are_refused(client):
    for path in ("faults", "directory", "throttle"):
        answer = requests.post(f"{client.url}/sim/{path}", json={"nonsense": 1}, timeout=5)
        assert answer.status_code == 400
