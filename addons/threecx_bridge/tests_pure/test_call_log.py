"""The call log against the calls that a simulated exchange wrote into it."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from odoo.addons.threecx_bridge.threecx.call_log import reports
from odoo.addons.threecx_bridge.threecx.shapes import CallLogRow

from simulators.threecx.call_log import CallLog
from simulators.threecx.calls import Exchange, Refused
from simulators.threecx.clock import HandClock
from simulators.threecx.editions import Licence
from simulators.threecx.house import make_house

NINE = datetime(2026, 11, 23, 9)
INBOUND = CallLogRow(
    cdr_id="a",
    main_call_history_id="call",
    direction="Inbound",
    status="Unanswered",
    started=NINE,
    ringing_seconds=10,
    source_dn="10000",
    source_caller_id="+3242223344",
    source_name="Petit",
    source_type="external",
    destination_dn="101",
    destination_caller_id="101",
    destination_type="extension",
)
ANSWERED = {"answered": True, "status": "Answered", "talking_seconds": 60.4}


def test_answered():
    (report,) = reports([replace(INBOUND, **ANSWERED)])
    assert (report.source, report.key, report.call_ref) == ("log", "a", "call")
    assert (report.direction, report.number, report.name) == ("inbound", "+3242223344", "Petit")
    assert (report.extension, report.outcome, report.talk_seconds) == ("101", "answered", 60)
    assert report.answered == NINE + timedelta(seconds=10)
    assert report.ended == NINE + timedelta(seconds=70.4)


def test_missed():
    (report,) = reports([INBOUND])
    assert (report.outcome, report.answered, report.talk_seconds) == ("missed", None, 0)


def test_taken_elsewhere():
    other = replace(INBOUND, cdr_id="b", destination_dn="102", **ANSWERED)
    found = {report.extension: report.outcome for report in reports([other, INBOUND])}
    assert found == {"101": "elsewhere", "102": "answered"}


def test_a_queue_that_reached_nobody():
    waited = replace(INBOUND, destination_dn="800", destination_type="queue")
    (report,) = reports([waited])
    assert (report.extension, report.queue, report.outcome) == ("", "800", "missed")


def test_a_queue_that_reached_somebody():
    waited = replace(INBOUND, destination_dn="800", destination_type="queue", status="Waiting")
    taken = replace(INBOUND, cdr_id="b", started=NINE + timedelta(seconds=4), **ANSWERED)
    (report,) = reports([taken, replace(waited, answered=True)])
    assert (report.extension, report.queue, report.outcome) == ("101", "800", "answered")


def test_voicemail():
    spoken = replace(
        INBOUND, cdr_id="b", destination_type="voicemail", started=NINE + timedelta(30), **ANSWERED
    )
    (report,) = reports([INBOUND, spoken])
    assert (report.key, report.extension, report.outcome) == ("a", "101", "voicemail")
    (report,) = reports([spoken])
    assert (report.key, report.outcome, report.talk_seconds) == ("b", "voicemail", 0)


def test_transfer():
    first = replace(INBOUND, **ANSWERED)
    second = replace(
        INBOUND, cdr_id="b", destination_dn="102", started=NINE + timedelta(seconds=71), **ANSWERED
    )
    found = {report.extension: report.transferred_from for report in reports([second, first])}
    assert found == {"101": "", "102": "101"}
    named = {one.extension: one for one in reports([replace(second, action_dn="103"), first])}
    assert named["102"].transferred_from == "103"


def test_outbound():
    row = replace(
        INBOUND,
        direction="Outbound",
        source_dn="101",
        source_caller_id="101",
        destination_dn="10000",
        destination_caller_id="0475123456",
        destination_type="external",
    )
    (report,) = reports([row])
    assert (report.direction, report.number, report.extension, report.outcome) == (
        "outbound",
        "0475123456",
        "101",
        "no_answer",
    )


@pytest.mark.parametrize("number", ["anonymous", "", "Unknown"])
def test_withheld(number):
    (report,) = reports([replace(INBOUND, source_caller_id=number)])
    assert report.number == ""


def test_a_row_twice_is_one_report():
    assert len(list(reports([INBOUND, INBOUND]))) == 1


def test_a_row_that_could_not_be_recognised_again():
    assert not list(reports([replace(INBOUND, cdr_id=""), replace(INBOUND, started=None)]))


def test_only_a_link_is_a_link():
    """A V20 writes the file's place on its own disk."""
    for written, link in (("101/[a]_1.wav", ""), ("https://pbx/rec/1", "https://pbx/rec/1")):
        (report,) = reports([replace(INBOUND, recording_url=written)])
        assert report.recording_url == link


@pytest.mark.parametrize(("sent", "kept"), [(3, 3), (0, 0), (-1, 0), (2**31, 0)])
def test_id_of_a_recording(sent, kept):
    (report,) = reports([replace(INBOUND, recording_id=sent)])
    assert report.recording_id == kept


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("polled", [False, True])
def test_against_the_truth(seed, polled):
    """Every external call is told once, with who talked how long; agents that only rang are told
    when the PBX logs them."""
    exchange = a_day(random.Random(seed))
    log = CallLog(exchange, Licence("AI"))
    found = {}
    for report in reports(CallLogRow.parse(row) for row in log.rows(polled=polled)):
        found.setdefault(report.call_ref, []).append(report)
    assert len(found) == len(exchange.calls())
    true = sorted(
        (share.dn, call.direction, call.number if call.is_external else "", round(share.talk))
        for call in exchange.calls()
        for share in call.shares
        if share.answered and (call.is_external or share.outgoing)
    )
    told = sorted(
        (
            one.extension,
            one.direction,
            "" if one.direction == "internal" else one.number,
            one.talk_seconds,
        )
        for shares in found.values()
        for one in shares
        if one.outcome == "answered"
    )
    assert told == true
    assert sum(call.outcome == "missed" for call in exchange.calls()) == sum(
        any(one.outcome == "missed" for one in shares)
        and not any(one.outcome in ("answered", "voicemail") for one in shares)
        and shares[0].direction == "inbound"
        for shares in found.values()
    )
    assert sum(call.outcome == "voicemail" for call in exchange.calls()) == sum(
        any(one.outcome == "voicemail" for one in shares) for shares in found.values()
    )


def a_day(dice):
    """Calls of many kinds, all over."""
    clock = HandClock()
    exchange = Exchange(make_house(8), clock)
    for _call in range(40):
        begin(exchange, dice)
        for _step in range(dice.randint(2, 6)):
            clock.advance(dice.randint(2, 9))
            exchange.run()
            try:
                go_on(exchange, dice)
            except Refused:
                continue
    for call in tuple(exchange.active.values()):
        exchange.drop(call.id)
    return exchange


def begin(exchange, dice):
    number = f"+3242{dice.randint(0, 999999):06}" if dice.random() < 0.9 else ""
    kind = dice.choice(["in", "queue", "out", "inside"])
    try:
        if kind == "out":
            exchange.dial(dice.choice(["101", "102", "103"]), number or "0475123456")
        elif kind == "inside":
            exchange.dial(*dice.sample(["101", "102", "103"], 2))
        else:
            exchange.ring_in(number, "800" if kind == "queue" else dice.choice(["101", "108"]))
    except Refused:
        return


def go_on(exchange, dice):
    if not exchange.active:
        return
    call = dice.choice(tuple(exchange.active.values()))
    what = dice.choice(["answer", "answer", "hand", "drop", "decline", "voicemail"])
    if what == "answer":
        exchange.answer(call.id)
    elif what == "hand" and call.talking() and call.is_external:
        exchange.transfer(call.id, dice.choice(call.talking()), dice.choice(["104", "105"]))
    elif what == "drop":
        exchange.drop(call.id)
    elif what == "decline":
        exchange.decline(call.id)
    elif what == "voicemail" and not call.queue:
        exchange.voicemail(call.id)
