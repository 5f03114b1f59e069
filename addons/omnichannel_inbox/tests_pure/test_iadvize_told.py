"""What iAdvize tells by itself, held to its published payloads, and what it answers when it
refuses.

The payloads are those of https://developers.iadvize.com/documentation/webhooks (repository
iadvize/documentation, docs/webhooks.md), as they stand there.
"""

import json
from datetime import datetime, timedelta

import pytest

from odoo.addons.integration_base.exceptions import (
    AuthError,
    PayloadError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.http_client import HttpResponse
from odoo.addons.omnichannel_inbox.providers.base import Ignored, Purchase, Rating, WebhookRequest
from odoo.addons.omnichannel_inbox.providers.iadvize import IadvizeProvider, errors
from odoo.addons.omnichannel_inbox.providers.iadvize.times import iso, parse_time
from odoo.addons.omnichannel_inbox.providers.iadvize.tokens import Token
from odoo.addons.omnichannel_inbox.signature import hmac_sha256
from odoo.addons.omnichannel_inbox.tests_pure.iadvize_kit import SECRET, heard

CONVERSATION = "4c8c7408-8b0f-4e9e-b0a4-3d1c5f3d2a11"
PUSHED = {
    "eventId": "0f0bb3af-7a4d-4f4a-9a52-6a5f4d0f3a10",
    "eventType": "v2.conversation.pushed",
    "platform": "ha",
    "projectId": 1,
    "clientId": 335,
    "conversationId": CONVERSATION,
    "operatorId": 1,
    "visitorExternalId": "63429889",
    "channel": "CHAT",
    "visitorId": "b05f1b45-3f0e-4d3b-8a4b-0d2f6c9f0b11",
    "createdAt": "2019-04-12T07:58:35.171Z",
    "sentAt": "2019-04-12T07:58:35.271Z",
}
CLOSED = {
    **{name: value for name, value in PUSHED.items() if name != "operatorId"},
    "eventId": "1f0bb3af-7a4d-4f4a-9a52-6a5f4d0f3a10",
    "eventType": "v2.conversation.closed",
    "operatorIds": [1, 2],
}
ANSWERED = {
    "eventId": "2f0bb3af-7a4d-4f4a-9a52-6a5f4d0f3a10",
    "eventType": "satisfaction.answered",
    "platform": "sd",
    "projectId": 1,
    "clientId": 335,
    "conversationId": CONVERSATION,
    "createdAt": "2019-04-12T07:58:35.171Z[Etc/UTC]",
    "sentAt": "2019-04-12T07:58:35.171Z[Etc/UTC]",
}
ATTRIBUTED = {
    **ANSWERED,
    "eventId": "3f0bb3af-7a4d-4f4a-9a52-6a5f4d0f3a10",
    "eventType": "transaction.attributed",
    "transactionId": "8b0fbb3a-0000-4000-8000-000000000000",
    "externalId": "transaction-1",
    "amount": 300.20,
    "source": "Onsite",
    "operatorId": 1,
}
MOMENT = datetime(2019, 4, 12, 7, 58, 35, 171000)


def made(**settings):
    return IadvizeProvider({"secret": SECRET, **settings})


def told(payload, **settings):
    """What is made of a delivery by itself."""
    provider, request = made(**settings), heard(payload)
    provider.verify(request)
    [event], reply = provider.receive(request)
    assert reply is None
    return event, provider.parse(event)


# === who has sent it === #


def test_signature_of_the_body():
    """Of the bytes as they came: the same JSON written otherwise is something else."""
    request = heard(PUSHED)
    made().verify(request)
    other = json.dumps(PUSHED, indent=1).encode()
    with pytest.raises(AuthError):
        made().verify(WebhookRequest("POST", {}, request.headers, other))


def test_signature_of_the_query():
    """Of a GET the query counts, as it came, and not its body."""
    query = b"eventType=v2.conversation.pushed&eventId=a%20b&conversationId=1"
    request = heard(b"", method="GET", query=query)
    made().verify(request)
    [event], _reply = made().receive(request)
    assert event.dedupe_key == "v2.conversation.pushed:a b"
    again = WebhookRequest(
        "GET", {}, request.headers, b"", query_string=query.replace(b"%20", b"+")
    )
    with pytest.raises(AuthError):
        made().verify(again)


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=00", hmac_sha256(SECRET, b"{}"), "sha1=00", "sha256=é", "sha256"],
)
def test_forged(signature):
    with pytest.raises(AuthError):
        made().verify(WebhookRequest("POST", {}, {"x-iadvize-signature": signature}, b"{}"))


def test_no_secret():
    request = heard(PUSHED, secret="")
    for secret in ("", None):
        with pytest.raises(AuthError):
            made(secret=secret).verify(request)


# === what makes a repetition a repetition === #


def test_repetition():
    """By what is signed; the header may be changed by anybody."""
    keys = {
        made().receive(heard(PUSHED, **{"x-iadvize-correlationid": name}))[0][0].dedupe_key
        for name in ("a", "b")
    }
    assert keys == {f"v2.conversation.pushed:{PUSHED['eventId']}"}
    nameless = {name: value for name, value in PUSHED.items() if name != "eventId"}
    [event], _reply = made().receive(heard(nameless, **{"x-iadvize-correlationid": "c"}))
    assert event.dedupe_key == "v2.conversation.pushed:c"
    [event], _reply = made().receive(heard(nameless))
    assert len(event.dedupe_key) > 40


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"null", b'"a"', b"{}", b"\xff", b"[" * 99_999])
def test_not_understood(body):
    with pytest.raises(PayloadError):
        made().receive(heard(body))


# === what it says === #


@pytest.mark.parametrize("payload", [PUSHED, CLOSED])
def test_conversation(payload):
    """It only says that there is something to read; the rest waits for it in order."""
    event, items = told(payload)
    assert (event.kind, event.conversation, event.occurred) == ("message", CONVERSATION, MOMENT)
    assert event.payload == payload and items == []


@pytest.mark.parametrize(
    "answer, rating",
    [
        ({"customerSatisfaction": 3}, Rating(CONVERSATION, 3.0, "", MOMENT)),
        ({"netPromoterScore": 3}, Rating(CONVERSATION, 1.5, "", MOMENT)),
        ({"satisfactionComment": "Merci"}, Rating(CONVERSATION, 0.0, "Merci", MOMENT)),
        ({"customQuestion": True}, Ignored("kind")),
        ({"customerSatisfaction": 99}, Rating(CONVERSATION, 5.0, "", MOMENT)),
        ({"customerSatisfaction": "x"}, Ignored("kind")),
    ],
)
def test_satisfaction(answer, rating):
    """Each click is an event; it keeps nothing of its conversation waiting."""
    event, items = told(ANSWERED | answer)
    assert items == [rating] and event.conversation == ""


def test_purchase():
    _event, items = told(ATTRIBUTED)
    assert items == [Purchase(CONVERSATION, "transaction-1", 300.2, MOMENT)]
    _event, items = told({**ATTRIBUTED, "conversationId": None})
    assert items == [Ignored("kind")]


def test_visitor_and_users():
    event, _items = told({**ANSWERED, "eventType": "visitor.updated", "conversationId": None})
    assert (event.kind, event.folder) == ("hint", "open")
    _event, items = told({**ANSWERED, "eventType": "user.availability.updated"})
    assert items == [Ignored("kind")]


def test_whose_it_is():
    """Of other projects nothing is kept; Messenger is left to a channel of its own."""
    assert told(ATTRIBUTED, projects=("2",))[1] == [Ignored("kind")]
    assert told(PUSHED, projects=("2",))[1] == [Ignored("kind")]
    payload = {**PUSHED, "channel": "FACEBOOK_BUSINESS_ON_MESSENGER"}
    assert told(payload, is_messenger_elsewhere=True)[1] == [Ignored("elsewhere")]
    assert told(payload)[1] == []
    # of which no page would tell us, for all we know
    assert told({**PUSHED, "channel": "FACEBOOK"}, is_messenger_elsewhere=True)[1] == []


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2017-11-22T12:04:00.762Z[Etc/UTC]", datetime(2017, 11, 22, 12, 4, 0, 762000)),
        ("2017-11-22T13:04:00+01:00[Europe/Paris]", datetime(2017, 11, 22, 12, 4)),
        ("2017-11-22T13:04:00+0100", datetime(2017, 11, 22, 12, 4)),
        ("2017-11-22T12:04:00.1234567Z", datetime(2017, 11, 22, 12, 4, 0, 123456)),
        ("2017-11-22 12:04:00", datetime(2017, 11, 22, 12, 4)),
        (1511352240762, datetime(2017, 11, 22, 12, 4, 0, 762000)),
        (1511352240, datetime(2017, 11, 22, 12, 4)),
        ("", None),
        (None, None),
        (True, None),
        ("yesterday", None),
        (1e300, None),
        ("9999-12-31T23:59:59Z", None),
    ],
)
def test_moments(text, moment):
    assert parse_time(text) == moment
    if moment:
        read = parse_time(iso(moment))
        assert abs(read - moment) < timedelta(milliseconds=1)


# === refusals === #


def answer(status, body=None, **headers):
    content = b"" if body is None else json.dumps(body).encode()
    return HttpResponse(status, headers, "https://api.iadvize.com/graphql", content, len(content))


@pytest.mark.parametrize(
    "code, message, kind",
    [
        ("GRAPHQL_VALIDATION_FAILED", "", errors.SchemaError),
        ("", 'Cannot query field "x" on type "Message".', errors.SchemaError),
        ("", 'Unknown argument "first" on field "a".', errors.SchemaError),
        ("UNAUTHENTICATED", "", AuthError),
        ("FORBIDDEN", "", AuthError),
        ("TOO_MANY_REQUESTS", "", RetryableError),
        ("INTERNAL_SERVER_ERROR", "", RetryableError),
        ("", "Conversation not found", RejectedError),
        ("", "Whatever", RejectedError),
    ],
)
def test_refusals(code, message, kind):
    said = [{"message": message, "extensions": {"code": code} if code else {}}]
    assert type(errors.refusal(said)) is kind
    assert type(errors.explain_api(answer(400, {"errors": said}))) is kind


def test_statuses():
    assert errors.explain_api(answer(401)).code == 401
    assert errors.explain_api(answer(403)).code == 403
    assert errors.explain_api(answer(429, **{"Retry-After": "7"})).retry_after == 7
    assert errors.explain_api(answer(429)).retry_after == errors.PATIENCE
    assert isinstance(errors.explain_api(answer(503)), RetryableError)
    assert isinstance(errors.explain_api(answer(418, ["x"])), RejectedError)
    assert isinstance(errors.explain_login(answer(400, {"error": "x"})), errors.LoginError)
    assert errors.explain_login(answer(429)).retry_after == errors.PATIENCE
    assert isinstance(errors.explain_login(answer(500)), RetryableError)


@pytest.mark.parametrize("said", [None, [], {}, {"access_token": 3}, {"access_token": ""}])
def test_no_token(said):
    with pytest.raises(PayloadError):
        Token.parse(said)


@pytest.mark.parametrize("lifetime, seconds", [(86400, 86400), ("60", 60), ("x", 86400), (-1, 0)])
def test_token(lifetime, seconds):
    token = Token.parse({"access_token": "a", "expires_in": lifetime, "refresh_token": "none"})
    assert token.lifetime == seconds and "a" not in repr(token)
