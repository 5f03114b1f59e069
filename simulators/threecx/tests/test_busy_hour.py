"""A busy hour in little time: every call has one row in the ledger, and nothing stays open."""

from collections import Counter

import pytest

from simulators.threecx.busy import HOUR, KINDS, BusyHour
from simulators.threecx.calls import Exchange
from simulators.threecx.clock import HandClock
from simulators.threecx.house import make_house
from simulators.threecx.ledger import rows

from .client import signed_in


def play(calls=300, seed=20, max_calls=0, **options):
    """At its real speed, by a clock that runs by hand."""
    exchange = Exchange(make_house(), HandClock(), max_calls=max_calls)
    busy = BusyHour(exchange, calls=calls, seconds=HOUR, seed=seed, **options)
    busy.start()
    for _second in range(3 * HOUR):
        exchange.clock.advance(1)
        exchange.run()
        if not busy.running:
            break
    return exchange, busy


def test_every_call_ends_and_is_told_once():
    exchange, busy = play()
    told = rows(exchange.calls())
    assert sorted(busy.placed) == [row["callid"] for row in told]
    assert len(told) == 300 and not exchange.active and not exchange.legs
    assert all(row["ended"] and row["outcome"] for row in told)


def test_there_are_calls_of_every_kind():
    exchange, _busy = play()
    seen = Counter((row["direction"], row["outcome"]) for row in rows(exchange.calls()))
    assert set(seen) == {
        ("inbound", "answered"),
        ("inbound", "missed"),
        ("inbound", "voicemail"),
        ("outbound", "answered"),
        ("outbound", "no_answer"),
    }
    told = rows(exchange.calls())
    assert any(row["number"] == "" for row in told)
    assert any(
        share["transferred_from"] and share["outcome"] == "answered"
        for row in told
        for share in row["extensions"]
    )
    assert sum(weight for _kind, weight in KINDS) == 100


def test_the_same_seed_makes_the_same_hour():
    one, other, third = (rows(play(60, seed)[0].calls()) for seed in (1, 1, 2))
    assert one == other != third


def test_callers_are_all_different_unless_named():
    numbers = [row["number"] for row in rows(play()[0].calls()) if row["number"]]
    assert len(set(numbers)) == len(numbers)
    known = rows(play(30, numbers=["+3281304050"])[0].calls())
    assert {row["number"] for row in known} <= {"", "+3281304050"}


def test_few_lines_make_callers_try_again():
    exchange, _busy = play(calls=100, max_calls=4)
    assert len(rows(exchange.calls())) == 100


def test_over_http():
    with signed_in() as client:
        answer = client.sim("busy", {"calls": 40, "seconds": 2, "wait": True})
        assert (answer["running"], answer["placed"]) == (False, 40)
        assert [row["callid"] for row in client.ledger()] == sorted(answer["callids"])
        with pytest.raises(AssertionError, match="^400 "):
            client.sim("busy", {"reps": 0})
