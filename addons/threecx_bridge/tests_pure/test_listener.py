"""The parts of the listener that know neither network nor database."""

import threading
from datetime import datetime

from odoo.addons.threecx_bridge.listener.backoff import Backoff
from odoo.addons.threecx_bridge.listener.outbox import Outbox
from odoo.addons.threecx_bridge.listener.presence import Presence, PresenceBoard
from odoo.addons.threecx_bridge.listener.sequence import LATENESS, PAUSE, Sequence
from odoo.addons.threecx_bridge.threecx.report import CallReport

NINE = datetime(2026, 11, 23, 9)
TEN = datetime(2026, 11, 23, 10)


def report(key, state="ringing", extension="101", started=NINE, answered=None):
    return CallReport(
        source="listener",
        key=key,
        direction="inbound",
        number="+3242223344",
        extension=extension,
        state=state,
        started=started,
        answered=answered,
    )


# === backoff === #


def test_pauses_double_up_to_the_longest_and_begin_again():
    backoff = Backoff(vary=lambda _low, _high: 1)
    assert [backoff.next() for _try in range(7)] == [5, 10, 20, 40, 80, 120, 120]
    backoff.reset()
    assert backoff.next() == 5


def test_pauses_vary():
    pauses = {round(Backoff().next(), 6) for _try in range(20)}
    assert len(pauses) > 10
    assert all(4 <= pause <= 6 for pause in pauses)


# === outbox === #


def test_a_newer_report_takes_the_place_of_an_older_one():
    outbox = Outbox()
    for one in (report("a"), report("b"), report("a", "ended")):
        outbox.put(one)
    assert [outbox.take(0) for _time in range(3)] == [report("a", "ended"), report("b"), None]


def test_what_could_not_be_written_comes_first_again():
    outbox = Outbox()
    outbox.put(report("a"))
    outbox.put(report("b"))
    outbox.put_back(outbox.take(0))
    assert outbox.take(0) == report("a")


def test_what_could_not_be_written_does_not_replace_what_is_newer():
    outbox = Outbox()
    outbox.put(report("a"))
    older = outbox.take(0)
    outbox.put(report("a", "ended"))
    outbox.put_back(older)
    assert outbox.take(0) == report("a", "ended")
    assert not len(outbox)


def test_who_waits_is_woken():
    outbox = Outbox()
    taken = []
    thread = threading.Thread(target=lambda: taken.append(outbox.take(30)))
    thread.start()
    outbox.put(report("a"))
    thread.join(5)
    assert taken == [report("a")]


# === presence === #


def test_presence_of_one_call():
    board = PresenceBoard()
    assert board.of("101") == Presence()
    board.take(report("a"))
    assert board.of("101") == Presence("ringing", NINE)
    board.take(report("a", "ongoing", answered=TEN))
    assert board.of("101") == Presence("talking", TEN)
    assert board.busy() == {"101": Presence("talking", TEN)}
    board.take(report("a", "ended"))
    assert board.of("101") == Presence()
    assert board.busy() == {}


def test_who_talks_talks_whatever_rings():
    board = PresenceBoard()
    board.take(report("a", "ongoing", answered=NINE))
    board.take(report("b", started=TEN))
    assert board.of("101") == Presence("talking", NINE)
    board.take(report("a", "ended"))
    assert board.of("101") == Presence("ringing", TEN)


def test_a_call_that_reached_nobody_is_nobodys():
    board = PresenceBoard()
    board.take(report("a", extension=""))
    assert board.busy() == {}


# === sequence === #


def taken(*numbers):
    sequence = Sequence()
    for number in numbers:
        sequence.take(number, 0)
    return sequence


def test_numbers_in_a_row_have_no_gap():
    """The first one of a connection may be any; a repeated one is no gap."""
    assert not taken(41, 42, 42, 43).has_gap(60)


def test_a_missing_number_is_a_gap_after_a_moment():
    sequence = taken(1, 2, 4)
    assert not sequence.has_gap(LATENESS / 2)
    assert sequence.has_gap(LATENESS)


def test_a_late_number_is_no_gap():
    assert not taken(1, 3, 2, 4).has_gap(60)


def test_a_forgotten_gap_is_none_and_the_next_one_waits():
    sequence = taken(1, 3)
    sequence.forget_gap(10)
    assert not sequence.has_gap(60)
    sequence.take(5, 10)
    assert not sequence.has_gap(10 + LATENESS)
    assert sequence.has_gap(10 + PAUSE)


def test_a_wide_gap_needs_no_memory():
    sequence = taken(1, 10**12)
    assert sequence.has_gap(LATENESS)
