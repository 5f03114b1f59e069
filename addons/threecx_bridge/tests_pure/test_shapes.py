"""Messages shaped as 3CX publishes them (published_shapes.json, by the file they come from)."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.threecx_bridge.threecx import shapes
from odoo.addons.threecx_bridge.threecx.shapes import (
    DTMF,
    REMOVE,
    UPSERT,
    CallControlResult,
    CallLogRow,
    DnInfo,
    Event,
    LicenseStatus,
    Participant,
    Token,
    XapiUser,
    from_millis,
    parse_duration,
    parse_moment,
)

PUBLISHED = json.loads(Path(__file__).with_name("published_shapes.json").read_text("utf-8"))


def published(name):
    (found,) = [
        shape
        for source, shape in PUBLISHED.items()
        if source.rpartition(": ")[2].removeprefix("Pbx.") == name
    ]
    return found


def test_dn_info():
    extension, route_point = map(DnInfo.parse, published("DNInfo"))
    assert (extension.dn, extension.is_extension, route_point.is_extension) == ("101", True, False)
    assert [device.is_registered for device in extension.devices] == [True, False]
    (participant,) = extension.participants
    assert (participant.id, participant.status, participant.callid) == (5, "Connected", 12)
    assert (participant.party_caller_id, participant.party_dn_type) == (
        "+3242223344",
        "Wexternalline",
    )
    assert participant.direct_control is True


def test_participant_with_nulls():
    participant = Participant.parse(published("CallParticipant"))
    assert (participant.dn, participant.party_caller_name, participant.device_id) == ("102", "", "")


def test_participant_of_a_path():
    assert Participant.parse({"id": 1}, "101").dn == "101"


def test_results():
    results = [CallControlResult.parse(raw) for raw in published("CallControlResult")]
    assert [result.final_status for result in results] == [
        "success",
        "rejected",
        "failed",
        "success",
    ]
    assert [result.is_success for result in results] == [True, False, False, True]
    assert (results[0].participant.callid, results[1].participant) == (14, None)
    assert results[1].reason == "NotRegistered"


def test_the_result_of_the_xapi():
    result = CallControlResult.parse(published("CallControlResultResponse"))
    assert (result.is_success, result.participant.callid, result.participant.dn) == (
        True,
        15,
        "101",
    )


def test_events():
    events = [Event.parse(raw) for raw in published("WSEvent")]
    assert [event.event_type for event in events] == [UPSERT, REMOVE, DTMF, 5]
    assert [(event.dn, event.participant_id) for event in events] == [
        ("101", 5),
        ("101", 5),
        ("900", 6),
        ("101", None),
    ]
    assert events[2].attached_data == {"dtmf_input": "1"}
    assert [event.sequence for event in events] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("entity", "dn", "participant"),
    [
        ("/callcontrol/101/participants/5", "101", 5),
        ("/CallControl/101/Participants/5/", "101", 5),
        ("https://pbx.example/x/callcontrol/1%2001/participants/5", "1 01", 5),
        ("/callcontrol/101", "101", None),
        ("/callcontrol/101/participants/abc", "101", None),
        ("", "", None),
    ],
)
def test_entities(entity, dn, participant):
    event = Event(1, UPSERT, entity)
    assert (event.dn, event.participant_id) == (dn, participant)


def test_names_of_event_types():
    assert Event.parse({"event": {"event_type": "Upsert"}}).event_type == UPSERT
    assert Event.parse({"event": {"event_type": "1"}}).event_type == REMOVE
    assert Event.parse({"event": {"event_type": "Whatever"}}).event_type == -1


def test_token():
    assert Token.parse(published("TokenResponse")) == Token("aaa.bbb.ccc", 3600)


@pytest.mark.parametrize(
    ("sent", "seconds"), [(60, 3600), (3600, 3600), ("60", 3600), (None, 3600)]
)
def test_minutes_or_seconds(sent, seconds):
    assert Token.parse({"access_token": "a", "expires_in": sent}).lifetime == seconds


def test_no_token():
    with pytest.raises(PayloadError):
        Token.parse({"error": "x"})
    assert "secret" not in repr(Token("secret", 1))


def test_license():
    license_ = LicenseStatus.parse(published("LicenseStatus"))
    assert (license_.edition, license_.max_sim_calls, license_.version) == (
        "enterprise",
        16,
        "20.0.10.1",
    )
    assert license_.expires == datetime(2027, 3, 1)


def test_license_key_and_addresses_are_not_taken_along():
    """What a log or an error message might show of a licence is not secret."""
    raw = published("LicenseStatus")
    shown = repr(LicenseStatus.parse(raw))
    for name in ("LicenseKey", "AdminEMail", "CompanyName"):
        assert raw[name] not in shown, name


@pytest.mark.parametrize(
    ("code", "edition"),
    [
        ("3CXPSPROFENTSPLA", "enterprise"),
        ("3CXPSPROF", "pro"),
        ("3CXPSSMB", "smb"),
        ("3CXPSFREE", "free"),
        ("", ""),
    ],
)
def test_editions(code, edition):
    assert LicenseStatus(product_code=code).edition == edition


def test_user():
    user = XapiUser.parse(published("User"))
    assert (user.id, user.number, user.name, user.email) == (
        24,
        "101",
        "Vincent Vendeur",
        "vendeur@example.com",
    )
    assert user.is_registered and user.enabled


def test_call_log_row():
    row = CallLogRow.parse(published("CallLogData"))
    assert (row.started, row.ringing_seconds, row.talking_seconds) == (
        datetime(2026, 11, 23, 8),
        7.5,
        119.4,
    )
    assert (row.source_type, row.destination_type, row.recording_id) == ("external", "extension", 3)
    assert row.answered and row.cdr_id.endswith("2")


def test_call_log_row_with_nested_ends():
    row = CallLogRow.parse({"CdrId": "a", "Source": {"Dn": "101", "Type": "Extension"}})
    assert (row.source_dn, row.source_type) == ("101", "extension")


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026-11-23T08:00:00Z", datetime(2026, 11, 23, 8)),
        ("2026-11-23T08:00:00.1234567Z", datetime(2026, 11, 23, 8)),
        ("2026-11-23T10:00:00+02:00", datetime(2026, 11, 23, 8)),
        ("2026-11-23 08:00", datetime(2026, 11, 23, 8)),
        ("0001-01-01T00:00:00Z", None),
        ("2026-13-45T08:00:00Z", None),
        ("yesterday", None),
        (None, None),
        (12, None),
    ],
)
def test_moments(sent, moment):
    assert parse_moment(sent) == moment


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("PT1M59.5S", 119.5),
        ("PT2H", 7200),
        ("P1DT1S", 86401),
        ("00:01:02", 62),
        ("00:01:02.5000000", 62.5),
        ("1.00:00:01", 86401),
        ("01:02", 3720),
        (12.5, 12.5),
        (-1, 0),
        (None, 0),
        ("soon", 0),
        (True, 0),
    ],
)
def test_durations(sent, seconds):
    assert parse_duration(sent) == seconds


def test_millis():
    assert from_millis("1795420800000") == datetime(2026, 11, 23, 8)
    assert [from_millis(raw) for raw in ("", None, "0", "-1", "x", 10**30)] == [None] * 6


PARSERS = [
    getattr(shapes, name)
    for name in shapes.__all__
    if isinstance(getattr(shapes, name), type) and hasattr(getattr(shapes, name), "parse")
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "dn", "event", "participants", "devices", "result", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(PARSERS), JSON)
def test_anything_is_read_or_refused(parser, raw):
    try:
        assert isinstance(parser.parse(raw), parser)
    except PayloadError as error:
        assert error.message
