"""What the CRM template posts, read."""

from datetime import datetime, timedelta

import pytest

from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.threecx_bridge.threecx.journal import parse_call, parse_chat

START = 1795420800000  # 23 November 2026, 8:00 UTC
NINE = datetime(2026, 11, 23, 8)
CALL = {
    "CallType": "Inbound",
    "CallDirection": "Inbound",
    "Number": "+3242223344",
    "Name": "Menuiserie Petit",
    "EntityId": "res.partner,42",
    "EntityType": "Person",
    "QueueExtension": "800",
    "Agent": "101",
    "AgentFirstName": "Vincent",
    "AgentEmail": "vendeur@example.com",
    "Duration": "00:01:30",
    "CallStartTimeUTCMillis": str(START),
    "CallEstablishedTimeUTCMillis": str(START + 8000),
    "CallEndTimeUTCMillis": str(START + 98000),
    "RecordingUrl": "https://pbx.example/rec/1",
    "Transcription": "Bonjour",
    "Summary": "Commande",
}


def call(**changes):
    return parse_call({**CALL, **changes})


def test_answered():
    report = call()
    assert (report.source, report.state, report.outcome) == ("journal", "ended", "answered")
    assert (report.direction, report.number, report.name) == (
        "inbound",
        "+3242223344",
        "Menuiserie Petit",
    )
    assert (report.extension, report.agent_email, report.queue) == (
        "101",
        "vendeur@example.com",
        "800",
    )
    assert (report.started, report.talk_seconds) == (NINE, 90)
    assert report.answered == NINE + timedelta(seconds=8)
    assert report.ended == NINE + timedelta(seconds=98)
    assert (report.entity, report.recording_url) == ("res.partner,42", "https://pbx.example/rec/1")
    assert (report.transcript, report.summary, report.call_ref) == ("Bonjour", "Commande", "")


@pytest.mark.parametrize(
    ("kind", "direction", "outcome"),
    [
        ("Inbound", "inbound", "answered"),
        ("Outbound", "outbound", "answered"),
        ("Missed", "inbound", "missed"),
        ("Notanswered", "outbound", "no_answer"),
        ("NotAnswered", "outbound", "no_answer"),
    ],
)
def test_types(kind, direction, outcome):
    report = call(CallType=kind)
    assert (report.direction, report.outcome) == (direction, outcome)
    if outcome != "answered":
        assert (report.answered, report.talk_seconds) == (None, 0)


def test_a_repetition_is_known_by_its_key():
    assert call().key == call(Name="Petit", Duration="00:01:31").key
    others = {
        call(Agent="102").key,
        call(Number="+3242223345").key,
        call(CallStartTimeUTCMillis=str(START + 1)).key,
        call(CallType="Missed").key,
    }
    assert len(others | {call().key}) == 5


def test_names_in_any_case():
    assert parse_call({name.lower(): value for name, value in CALL.items()}) == call()
    assert parse_call({**CALL, "call_type": "Inbound"}) == call()


def test_moments_as_text():
    changes = dict.fromkeys([name for name in CALL if name.endswith("Millis")], "")
    report = call(**changes, CallStartTimeUTC="2026-11-23T08:00:00Z")
    assert (report.started, report.talk_seconds) == (NINE, 90)
    assert report.ended == NINE + timedelta(seconds=90)


def test_never_established():
    """The year 1 stands for never."""
    report = call(
        CallType="Missed",
        CallEstablishedTimeUTCMillis="-62135596800000",
        CallEndTimeUTCMillis=str(START + 20000),
    )
    assert (report.answered, report.ended) == (None, NINE + timedelta(seconds=20))


@pytest.mark.parametrize(
    "number",
    [
        "",
        "anonymous",
        "Private",
        "Unknown",
        "Private number",
        "Numéro masqué",
        "N/A",
        "+",
        "000000000",
        "anonymous@anonymous.invalid",
        "<sip:Anonymous@192.0.2.1>",
        "sip:unknown@unknown.invalid",
    ],
)
def test_withheld(number):
    assert call(Number=number).number == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("CallType", "Conference"),
        ("CallType", ""),
        ("CallStartTimeUTCMillis", ""),
        ("CallStartTimeUTCMillis", "yesterday"),
        ("Number", "4" * 1_000_000),
        ("Duration", "long"),
        ("Name", {"first": "x"}),
    ],
)
def test_what_is_wrong_is_named(field, value):
    with pytest.raises(PayloadError) as caught:
        call(**{field: value})
    assert field in caught.value.message
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("payload", [None, [], "x", 1])
def test_no_object(payload):
    with pytest.raises(PayloadError):
        parse_call(payload)
    with pytest.raises(PayloadError):
        parse_chat(payload)


def test_a_variable_that_an_older_pbx_leaves_unfilled():
    report = call(Transcription="[Transcription]", Name="[Number]")
    assert (report.transcript, report.name) == ("", "[Number]")


def test_long_names_are_cut():
    assert len(call(Name="x" * 10_000).name) == 256


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "101/a.wav"])
def test_only_a_link_is_a_link(url):
    assert call(RecordingUrl=url).recording_url == ""


def test_chat():
    payload = {
        "ChatMessages": "09:00 Anna: bonjour",
        "Number": "+3242223344",
        "Name": "Anna",
        "Email": "anna@example.com",
        "Agent": "101",
        "ChatStartTimeUTCMillis": str(START),
    }
    chat = parse_chat(payload)
    assert (chat.number, chat.name, chat.email, chat.extension) == (
        "+3242223344",
        "Anna",
        "anna@example.com",
        "101",
    )
    assert (chat.started, chat.messages) == (NINE, "09:00 Anna: bonjour")
    assert parse_chat(payload).key == chat.key
    assert parse_chat({**payload, "ChatMessages": "09:01"}).key != chat.key


def test_a_chat_without_a_word():
    with pytest.raises(PayloadError, match="ChatMessages"):
        parse_chat({"Number": "1"})
