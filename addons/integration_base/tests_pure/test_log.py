"""Try to make the logger leak."""

import io
import json
import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_base.log import MASK, MAX_LENGTH, RedactingFilter, get_logger, redact

SECRET = "s3cr3t-V4lue-9876"

LEAKS = [
    f"Authorization: Bearer {SECRET}",
    f"authorization: Basic {SECRET}==",
    f"Proxy-Authorization: Digest username=jan, response={SECRET}",
    f"{{'Authorization': 'Bearer {SECRET}'}}",
    f"[('Authorization', 'Bearer {SECRET}')]",
    f"curl -H 'Authorization: Bearer {SECRET}' https://x.be",
    f"sent with bearer {SECRET}",
    f"X-Api-Key: {SECRET}",
    f"Cookie: session_id={SECRET}; lang=fr",
    f"Set-Cookie: session_id={SECRET}; Path=/",
    f"https://jan:{SECRET}@erp.example.com/export",
    f"https://erp.example.com/x?a=1&client_secret={SECRET}&b=2",
    f"https://erp.example.com/x?access_token={SECRET}",
    f"https://erp.example.com/#access_token={SECRET}",
    f"https://erp.example.com/cb?code={SECRET}&state=1",
    f"https://erp.example.com/x?sig={SECRET}&se=2030",
    f"https://erp.example.com/?next=%2Fx%3Ftoken%3D{SECRET}",
    f"grant_type=password&username=jan&password={SECRET}",
    f"password={SECRET}",
    f"password: {SECRET}",
    f"Passwd = '{SECRET}'",
    f"the token {SECRET} was refused",
    f"password is {SECRET}",
    json.dumps({"access_token": SECRET, "expires_in": 3600}),
    json.dumps({"user": {"clientSecret": SECRET}}),
    json.dumps({"body": json.dumps({"refresh_token": SECRET})}),
    json.dumps({"body": json.dumps({"body": json.dumps({"password": SECRET})})}),
    json.dumps({"password": SECRET}, indent=2),
    str({"api_key": SECRET.encode()}),
    str([{"apikey": SECRET}]),
    f"<Password>{SECRET}</Password>",
    f"<soap:password type='x'>{SECRET}</soap:password>",
    f"dsn: host=db password='{SECRET}' user=odoo",
    f"verify_token={SECRET}",
    f"X-Hub-Signature-256: sha256={SECRET}",
    f"clientState: {SECRET}",
]


@pytest.fixture
def journal():
    """A redacting logger that writes to a string, as a server would write it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = get_logger("test_integration_base_log")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.DEBUG)
    return logger, stream


@pytest.mark.parametrize("text", LEAKS)
def test_text(text):
    assert SECRET not in redact(text)
    assert MASK in redact(text)


@pytest.mark.parametrize("text", LEAKS)
def test_every_way_to_log_it(journal, text):
    logger, stream = journal
    logger.info(text)
    logger.info("%s", text)
    logger.info("%r", text)
    logger.info("%s", [text])
    logger.warning("%(what)s", {"what": text})
    try:
        raise ValueError(text)
    except ValueError as error:
        logger.exception("failed: %s", error)
        logger.error("again", exc_info=True)
    assert SECRET not in stream.getvalue()
    assert "ValueError" in stream.getvalue()


def test_values_under_sensitive_names(journal):
    """The name tells in the arguments that it is secret, even when the text does not."""
    logger, stream = journal
    logger.info("connect %(user)s/%(password)s", {"user": "jan", "password": SECRET})
    logger.info("%s: %s", {"nested": [{"api_key": SECRET}]}, f"sent {SECRET} along")
    logger.info("%s", {"pin": 123456})
    assert SECRET not in stream.getvalue()
    assert "123456" not in stream.getvalue()
    assert "jan" in stream.getvalue()


def test_chained_exceptions(journal):
    logger, stream = journal
    try:
        try:
            raise ValueError(f"password={SECRET}")
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logger.exception("failed", stack_info=True)
    assert SECRET not in stream.getvalue()
    assert "outer" in stream.getvalue()


def test_arguments_that_do_not_fit(journal, capsys):
    """logging would print them on stderr as they are."""
    logger, stream = journal
    logger.info("%d %d", f"password={SECRET}")
    assert SECRET not in stream.getvalue() + capsys.readouterr().err
    assert "arguments do not fit" in stream.getvalue()


def test_object_that_cannot_be_shown(journal):
    class Broken:
        def __str__(self):
            raise RuntimeError(f"password={SECRET}")

    logger, stream = journal
    logger.info("%s", Broken())
    assert SECRET not in stream.getvalue()


def test_private_key_and_web_token():
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----"
    assert SECRET not in redact(f"loaded {key} from disk")
    assert SECRET not in redact(f"-----BEGIN PRIVATE KEY-----\n{SECRET}")
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
    assert token not in redact(f"got {token}")


@pytest.mark.parametrize(
    "text",
    [
        "the token expired, asking for another",
        '{"token_type": "Bearer", "expires_in": 3600}',
        "Password changed by administrator",
        "12 rows imported from clients.csv in 3.2 s",
        "order S00012 key 4711: state confirmed",
        "https://erp.example.com/export?page=2&size=100",
        "mail from jan@example.com: 'Où est mon canapé ?'",
        "",
    ],
)
def test_harmless_text_stays(text):
    assert redact(text) == text


def test_cut_before_the_closing_quote():
    text = json.dumps({"x": "y" * (MAX_LENGTH - 40), "password": SECRET + SECRET * 9})
    assert SECRET[:8] not in redact(text)
    assert len(redact(text)) < MAX_LENGTH + 100


def test_known_secrets():
    assert redact(f"x {SECRET} y", [SECRET]) == f"x {MASK} y"
    assert redact("a b c", ["", "a"]) == "a b c", "short values are in everything"


def test_filter_is_added_once():
    logger = get_logger("test_integration_base_once")
    assert get_logger("test_integration_base_once") is logger
    assert sum(isinstance(known, RedactingFilter) for known in logger.filters) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "a.b-" * 50_000,
        '"' * 50_000,
        "token " * 30_000,
        "eyJ" * 50_000,
        "eyJ-" * 50_000,
        "&" * 60_000,
    ],
)
def test_long_text_takes_no_time(text):
    begin = time.perf_counter()
    redact(text)
    assert time.perf_counter() - begin < 2


@given(st.text(), st.text(alphabet=st.characters(categories=["L", "N"]), min_size=12, max_size=40))
def test_json_members_never_leak(before, value):
    text = before + " " + json.dumps({"password": value}, ensure_ascii=False)
    if value not in before:
        assert value not in redact(text)


@given(st.text())
def test_never_raises(text):
    assert isinstance(redact(text), str)
