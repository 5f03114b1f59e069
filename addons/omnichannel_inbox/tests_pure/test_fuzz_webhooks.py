"""Whatever is sent to a webhook, signed or not: either it is understood, or one of the errors of
the contract says that it is not. Nothing else comes out, and nothing takes long.

Deterministic: the same cases on every run.
"""

import base64
import copy
import json
import time
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from types import UnionType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.addons.integration_base.exceptions import AuthError, PayloadError, RejectedError
from odoo.addons.omnichannel_inbox.identity import signed_ref
from odoo.addons.omnichannel_inbox.providers.base import Event, Ignored, WebhookRequest
from odoo.addons.omnichannel_inbox.providers.demo import DemoProvider
from odoo.addons.omnichannel_inbox.providers.iadvize import IadvizeProvider
from odoo.addons.omnichannel_inbox.providers.messenger import MessengerProvider
from odoo.addons.omnichannel_inbox.providers.outlook import OutlookProvider
from odoo.addons.omnichannel_inbox.providers.outlook.notifications import client_state
from odoo.addons.omnichannel_inbox.signature import hmac_sha256, read_jwt
from odoo.addons.omnichannel_inbox.tests_pure.hostile import JUNK, MARK, places, put, without
from odoo.addons.omnichannel_inbox.tidy import tidy

from simulators.iadvize.published import EVENTS
from simulators.messenger.published import SAMPLES

SECRET = "secret of the other side"
FOLDER = "inbox"
MIB = 2**20
#: Seconds for the worst that fits into a request; it takes a tenth of it on a quiet machine.
SLOW = 3.0
FUZZ = settings(
    derandomize=True,
    deadline=None,
    max_examples=100,
    database=None,
    # what is found is small enough, and finding a smaller one takes minutes
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


# -- the providers -------------------------------------------------------------------------------


class Target:
    """A provider, how a body is signed for it, and what was published of its payloads."""

    def __init__(self, made, sign, samples):
        self.made = made
        self.sign = sign
        self.samples = samples

    def request(self, body: bytes) -> WebhookRequest:
        query, headers = self.sign(body)
        return WebhookRequest("POST", query, headers, body)


def _sample(kind):
    return {
        "text": "text",
        "whole": 123,
        "number": 12.5,
        "list": [1, 2],
        "uuid": "0d5d4a1e-6c0c-4e86-9a0b-3d2f7a1c9e55",
        "moment": "2026-11-22T10:15:30.123Z",
        "zoned": "2026-11-22T10:15:30+01:00",
    }[kind]


def _iadvize_samples():
    return [
        {**{name: _sample(kind) for name, kind in shape.items()}, "eventType": event}
        for event, shape in EVENTS.items()
    ]


def _messenger_samples():
    events, seen = [], set()
    for sample in SAMPLES:
        payload = sample["payload"]
        shape = json.dumps(_shape(payload))
        if shape in seen or "sender" not in payload:
            continue
        seen.add(shape)
        page = {"entry": [{"id": "4242", "time": 1458692752478, "messaging": [payload]}]}
        events.append({"object": "page", **page})
    standby = copy.deepcopy(events[0])
    standby["entry"][0]["standby"] = standby["entry"][0].pop("messaging")
    return [*events, standby]


def _shape(value):
    if isinstance(value, Mapping):
        return {name: _shape(one) for name, one in sorted(value.items())}
    return [_shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def _outlook_samples():
    path = Path(__file__).with_name("published_graph.json")
    published = json.loads(path.read_text(encoding="utf-8"))
    samples = [published[name]["body"] for name in ("notification", "lifecycle")]
    for sample in samples:
        for item in sample["value"]:
            item["clientState"] = client_state(SECRET, FOLDER)
    return samples


DEMO_SAMPLES = [
    {
        "id": "m1",
        "conversation": "c1",
        "author": {"id": "claire", "name": "Claire", "email": "claire@example.org"},
        "text": "Bonjour",
        "html": "<p>Bonjour</p>",
        "subject": "Ma commande",
        "sent": "2026-11-22T10:15:30+01:00",
        "in_reply_to": "m0",
        "attachments": [
            {
                "name": "plan.png",
                "content_type": "image/png",
                "content": base64.b64encode(b"PNG").decode(),
            }
        ],
    },
    {"id": "m1", "kind": "status", "state": "failed", "reason": "nobody"},
]


def _signed(header):
    return lambda body: ({}, {header: f"sha256={hmac_sha256(SECRET, body)}"})


@cache
def targets() -> Mapping[str, Target]:
    plain = {"channel_id": 1, "secret": SECRET}
    messenger = {**plain, "app_secret": SECRET, "page_id": "4242", "app_id": "1"}
    return {
        "demo": Target(DemoProvider(plain), _signed("x-demo-signature"), DEMO_SAMPLES),
        "iadvize": Target(
            IadvizeProvider(plain), _signed("x-iadvize-signature"), _iadvize_samples()
        ),
        "messenger": Target(
            MessengerProvider(messenger), _signed("x-hub-signature-256"), _messenger_samples()
        ),
        "outlook": Target(
            OutlookProvider(plain), lambda _body: ({"folder": FOLDER}, {}), _outlook_samples()
        ),
    }


NAMES = ("demo", "iadvize", "messenger", "outlook")


# -- what has to hold ----------------------------------------------------------------------------


def tell(target: Target, body: bytes) -> list:
    """Have a signed body told, stored and read, as the webhook and the scheduler do; what it says.
    Nothing comes out of it but errors of the contract."""
    request = target.request(body)
    try:
        target.made.verify(request)
        events, _reply = target.made.receive(request)
    except (AuthError, PayloadError):
        return []
    items = []
    for event in events:
        assert_of(event, Event)
        assert event.kind in ("message", "status", "hint", "lifecycle"), event
        assert event.dedupe_key
        # a request that has read it has to be able to write it
        stored = json.dumps(event.payload, separators=(",", ":"))
        if event.kind in ("hint", "lifecycle"):
            continue
        again = Event(
            event.kind,
            tidy(event.dedupe_key),
            json.loads(stored),
            event.occurred,
            tidy(event.conversation),
            event.folder,
        )
        try:
            read = target.made.parse(again)
        except PayloadError:
            continue
        for item in read:
            assert_of(item, type(item))
            assert_storable(tidy(item))
        items += read
    return items


def assert_of(value, hint, where=""):
    """A value is of its type, all the way down: what is stored of it goes by it."""
    where = where or type(value).__name__
    if hint is typing.Any:
        return
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (UnionType, typing.Union):
        for one in arguments:
            try:
                return assert_of(value, one, where)
            except AssertionError:
                continue
        raise AssertionError(f"{where} is {value!r:.80}")
    if origin is tuple:
        assert isinstance(value, tuple), f"{where} is {value!r:.80}"
        kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        assert len(kinds) == len(value), where
        for index, (one, kind) in enumerate(zip(value, kinds, strict=True)):
            assert_of(one, kind, f"{where}[{index}]")
        return
    if origin is not None:  # a mapping
        assert isinstance(value, Mapping), f"{where} is {value!r:.80}"
        for key, one in value.items():
            assert_of(key, arguments[0], f"{where} key")
            assert_of(one, arguments[1], f"{where}.{key}")
        return
    if hint in (int, float):
        hint = (int, float) if hint is float else int
        assert not isinstance(value, bool), f"{where} is {value!r}"
    assert isinstance(value, hint), f"{where} is {value!r:.80}"
    if isinstance(value, float):
        assert value == value and abs(value) < 1e300, f"{where} is {value!r}"
    if isinstance(value, int) and not isinstance(value, bool):
        assert abs(value) < 2**31, f"{where} is too large"
    if isinstance(value, datetime):
        assert value.tzinfo is None and value.year >= 1, f"{where} is {value!r}"
    if is_dataclass(value):
        hints = hints_of(type(value))
        for field in fields(value):
            assert_of(getattr(value, field.name), hints[field.name], f"{where}.{field.name}")


@cache
def hints_of(kind):
    return typing.get_type_hints(kind)


def assert_storable(value):
    """PostgreSQL takes it."""
    if isinstance(value, str):
        assert "\0" not in value
        value.encode()
    elif isinstance(value, tuple):
        for one in value:
            assert_storable(one)
    elif isinstance(value, Mapping):
        assert_storable((*value, *value.values()))
    elif is_dataclass(value):
        for field in fields(value):
            assert_storable(getattr(value, field.name))


# -- every place ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_what_was_published_says_something(name):
    """The ground of all that follows: nothing below passes because nothing is read at all."""
    target = targets()[name]
    for sample in target.samples:
        body = json.dumps(sample).encode()
        target.made.verify(target.request(body))
        assert target.made.receive(target.request(body))[0]
    items = [item for one in target.samples for item in tell(target, json.dumps(one).encode())]
    if name != "outlook":
        assert any(not isinstance(item, Ignored) for item in items)


@pytest.mark.parametrize("name", NAMES)
def test_something_else_in_every_place(name):
    target = targets()[name]
    for sample in target.samples:
        for path in places(sample):
            for junk in JUNK:
                told = put(sample, path, junk)
                try:
                    tell(target, told)
                except Exception as error:
                    raise AssertionError(f"{path}: {junk:.60}") from error


@pytest.mark.parametrize("name", NAMES)
def test_every_place_left_out(name):
    target = targets()[name]
    for sample in target.samples:
        for path in places(sample):
            if path:
                tell(target, without(sample, path))


# -- anything ------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=["Cs", "Cc"]), max_size=4),
    st.sampled_from(["id", "author", "entry", "value", "eventType", "2026-11-22T10:15:30Z"]),
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**40), 10**40),
        st.floats(),
        TEXTS,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@pytest.mark.parametrize("name", NAMES)
def test_several_places_at_once(name):
    target = targets()[name]
    spots = [(sample, path) for sample in target.samples for path in places(sample) if path]

    @FUZZ
    @given(st.sampled_from(spots), st.lists(st.tuples(st.integers(0, 999), VALUES), max_size=4))
    def run(spot, others):
        sample, first = spot
        document = copy.deepcopy(sample)
        for number, value in [(None, others[0][1] if others else None), *others]:
            found = [path for path in places(document) if path]
            path = first if number is None or not found else found[number % len(found)]
            end = document
            for key in path[:-1]:
                end = end[key]
            end[path[-1]] = copy.deepcopy(value)
        tell(target, json.dumps(document).encode())

    run()


@pytest.mark.parametrize("name", NAMES)
def test_any_document(name):
    target = targets()[name]

    @FUZZ
    @given(VALUES)
    def run(document):
        tell(target, json.dumps(document).encode())

    run()


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_and_any_proof(name):
    """Not signed, signed otherwise, with any headers: nothing gets through."""
    made = targets()[name].made
    names = [
        "x-demo-signature", "x-iadvize-signature", "x-hub-signature-256",
        "x-iadvize-correlationid", "content-type",
    ]  # fmt: skip
    proofs = st.one_of(
        TEXTS,
        st.binary(max_size=40).map(lambda some: some.decode("latin-1")),
        st.sampled_from(["sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "none", "é" * 64]),
    )
    samples = [json.dumps(one).encode() for one in targets()[name].samples]

    @FUZZ
    @given(
        st.sampled_from(["POST", "GET", "PUT", ""]),
        st.one_of(st.binary(max_size=200), st.sampled_from(samples)),
        st.dictionaries(st.sampled_from(names), proofs),
        st.dictionaries(st.sampled_from(["folder", "hub.mode", "hub.verify_token"]), proofs),
        st.binary(max_size=60),
    )
    def run(method, body, headers, query, query_string):
        with pytest.raises((AuthError, PayloadError)):
            request = WebhookRequest(method, query, headers, body, query_string=query_string)
            made.verify(request)
            # of Outlook, whoever knows the proof of a folder has it from us
            made.receive(request)

    run()


@pytest.mark.parametrize("name", NAMES)
def test_the_proof_of_something_else(name):
    """What was signed is not changed, and not by another secret, nor for another channel."""
    target = targets()[name]
    body = json.dumps(target.samples[0]).encode()
    query, headers = target.sign(body)
    changed = body.replace(client_state(SECRET, FOLDER).encode(), b"0" * 64) + b" "
    made = target.made
    other = type(made)({**made.settings, "secret": "another", "app_secret": "another"})
    none = type(made)({**made.settings, "secret": "", "app_secret": ""})
    for provider, told in ((made, changed), (other, body), (none, body)):
        with pytest.raises(AuthError):
            provider.verify(WebhookRequest("POST", query, headers, told))


def test_names_that_are_given_twice():
    """The last one counts, for us as for whoever signed it; and there is one event of it."""
    body = b'{"id": "first", "id": "m9", "author": {"id": "a", "id": "b"}, "text": "x"}'
    [item] = tell(targets()["demo"], body)
    assert (item.external_id, item.author.external_id) == ("m9", "b")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0" * 64,
        b"\xff\xfe" * 32,
        b"\xef\xbb\xbf{}",
        '{"id": "é"}'.encode("utf-16"),
        b'{"value": [' + b"{}," * 9 + b"{}]}",
        b"[" * 100_000,
    ],
    ids=range(7),
)
def test_what_is_no_document(name, body):
    tell(targets()[name], body)


def _large():
    """What fits into a request, in its slowest forms."""
    yield b'{"value": [' + b"{}," * ((MIB - 20) // 3) + b"{}]}"
    yield b'{"entry": [' + b"{}," * ((MIB - 20) // 3) + b"{}]}"
    row = b'{"id": "4242", "messaging": [%s{}]}' % (b"{}," * ((MIB - 60) // 3))
    yield b'{"entry": [%s]}' % row
    yield json.dumps({"id": "a" * MIB, "author": {"id": "b"}, "eventType": "c"}).encode()
    yield json.dumps({"id": "a", "author": {"id": "b"}, "eventType": "c" * MIB}).encode()
    yield b"[" * MIB
    yield b"9" * MIB
    yield b'"' + b"\\u0000" * (MIB // 6) + b'"'
    yield b'{"a":' * (MIB // 5)
    text = "<b>" * (MIB // 12) + "http://a/?" + "(" * (MIB // 2)
    yield json.dumps({"id": "m", "author": {"id": "b"}, "text": text, "html": text}).encode()
    message = {"mid": "m", "text": text}
    event = {"sender": {"id": "1"}, "recipient": {"id": "4242"}, "timestamp": 1458692752478}
    page = {"id": "4242", "messaging": [{**event, "message": message}]}
    yield json.dumps({"entry": [page]}).encode()
    referral = {"ref": "1" * (MIB - 200), "source": "SHORTLINK"}
    page = {"id": "4242", "messaging": [{**event, "referral": referral}]}
    yield json.dumps({"entry": [page]}).encode()
    referral = {"ref": "S0-" * (MIB // 4), "source": "SHORTLINK"}
    page = {"id": "4242", "messaging": [{**event, "referral": referral}]}
    yield json.dumps({"entry": [page]}).encode()


@pytest.mark.parametrize("name", NAMES)
def test_the_largest_is_not_slow(name):
    for number, body in enumerate(_large()):
        began = time.process_time()
        tell(targets()[name], body)
        assert time.process_time() - began < SLOW, number


# -- the token of the panel ----------------------------------------------------------------------


def _token(header: str, claims: str, secret=SECRET) -> str:
    parts = [
        base64.urlsafe_b64encode(part.encode(errors="surrogatepass")).rstrip(b"=").decode()
        for part in (header, claims)
    ]
    signed = ".".join(parts)
    signature = bytes.fromhex(hmac_sha256(secret, signed.encode()))
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


HEADER = '{"alg":"HS256","typ":"JWT"}'
CLAIMS = {"iss": "idz", "aud": "us", "exp": 4102444800, "iat": 0, "email": "sophie@example.org"}


def _read(token):
    return read_jwt(token, SECRET, issuer="idz", audience="us")


def test_a_token_with_something_else_in_every_place():
    assert _read(_token(HEADER, json.dumps(CLAIMS)))["email"] == "sophie@example.org"
    for junk in JUNK:
        for name in CLAIMS:
            claims = json.dumps({**CLAIMS, name: MARK}).replace(json.dumps(MARK), junk)
            _tolerate(_token(HEADER, claims))
        for header in (junk, f'{{"alg":{junk}}}', f'{{"alg":"HS256","crit":{junk}}}'):
            with pytest.raises(AuthError):
                _read(_token(header, json.dumps(CLAIMS)))
        _tolerate(_token(HEADER, junk))


def _tolerate(token):
    try:
        claims = _read(token)
    except AuthError:
        return
    # only what nothing is decided by may be anything
    assert (claims["iss"], claims["exp"] > 0) == ("idz", True)


@pytest.mark.parametrize("algorithm", ["none", "None", "HS512", "RS256", "", "hs256"])
def test_a_token_signed_in_no_way_or_another(algorithm):
    token = _token(json.dumps({"alg": algorithm}), json.dumps(CLAIMS))
    for one in (token, token.rpartition(".")[0] + "."):
        with pytest.raises(AuthError):
            _read(one)


@FUZZ
@given(st.one_of(TEXTS, st.lists(TEXTS, min_size=3, max_size=3).map(".".join)))
def test_any_token(token):
    with pytest.raises(AuthError):
        _read(token)


# -- what a link says ----------------------------------------------------------------------------


@FUZZ
@given(
    st.sampled_from(["c", "o", "e", "u", "x", ""]),
    st.one_of(TEXTS, st.just(signed_ref.make(SECRET, "customer", "C1").split(".")[1])),
    TEXTS,
)
def test_any_reference_of_a_link(letter, value, signature):
    assert signed_ref.read(SECRET, f"{letter}.{value}.{signature}") is None


# -- a conversation read at iAdvize --------------------------------------------------------------


def _conversation():
    begun = datetime(2026, 11, 22, 10, 15, tzinfo=timezone.utc)
    moments = [(begun + timedelta(minutes=number)).isoformat() for number in range(3)]
    claire = {
        "visitorId": "v1", "externalUserId": "C1", "firstName": "Claire", "lastName": "Petit",
        "email": "claire@example.org", "phoneNumber": "+3225550100", "zipCode": "1000",
    }  # fmt: skip
    file = {
        "__typename": "FileAttachment", "url": "https://static.iadvize.com/plan.png",
        "fileName": "plan.png", "mimeType": "image/png", "size": 12,
    }  # fmt: skip
    return {
        "conversation": {
            "id": "c1",
            "channel": "CHAT",
            "createdAt": moments[0],
            "closedAt": moments[2],
            "language": "fr",
            "project": {"id": 12, "name": "Meubles"},
            "visitor": claire,
            "users": {"edges": [{"node": {"id": 7, "displayName": "Sophie", "email": "s@x.be"}}]},
            "tags": [{"name": "livraison"}],
            "satisfactionSurvey": {"customerSatisfaction": 4, "comment": "Bien"},
            "conversions": {"nodes": [{"externalId": "SO-1", "amount": 12.5}]},
            "messages": {
                "edges": [
                    {
                        "node": {
                            "id": "m1",
                            "createdAt": moments[0],
                            "author": {"__typename": "Visitor", "id": "v1"},
                            "text": "Bonjour",
                        }
                    },
                    {
                        "node": {
                            "id": "m2",
                            "createdAt": moments[1],
                            "author": {"__typename": "Operator", "id": 7},
                            "attachments": [file, {"__typename": "Card", "title": "Oslo"}],
                        }
                    },
                ],
                "pageInfo": {"hasNextPage": False, "endCursor": "x"},
            },
        },
        "custom": {"customData": [{"key": "orderNumber", "stringValue": "SO-1"}]},
    }


def _parse(target, payload: bytes):
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    event = Event("message", "transcript:c1", document, conversation="c1", folder="open")
    try:
        items = target.made.parse(event)
    except PayloadError:
        return []
    for item in items:
        assert_of(item, type(item))
        assert_storable(tidy(item))
    return items


def test_a_conversation_with_something_else_in_every_place():
    target, sample = targets()["iadvize"], _conversation()
    assert len(_parse(target, json.dumps(sample).encode())) > 5
    for path in places(sample):
        for junk in JUNK:
            try:
                _parse(target, put(sample, path, junk))
            except Exception as error:
                raise AssertionError(f"{path}: {junk:.60}") from error


class _Desk(IadvizeProvider):
    def transcript(self, conversation):
        assert isinstance(conversation, str) and conversation
        raise RejectedError("There is none.", code="gone")


def test_a_conversation_of_any_name_is_asked_for():
    made = _Desk({"secret": SECRET})
    for name in EVENTS:
        for junk in JUNK:
            sample = {"eventType": name, "eventId": "1", "createdAt": "2026-11-22T10:15:30Z"}
            try:
                payload = json.loads(
                    put({**sample, "conversationId": ""}, ("conversationId",), junk)
                )
                made.resolve(Event("message", "1", payload))
            except (ValueError, RecursionError, PayloadError, RejectedError):
                continue


@FUZZ
@given(VALUES, VALUES)
def test_any_conversation(conversation, custom):
    body = json.dumps({"conversation": conversation, "custom": custom}).encode()
    _parse(targets()["iadvize"], body)
