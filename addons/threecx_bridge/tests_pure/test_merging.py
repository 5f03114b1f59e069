"""Reports in every order and repetition become the same calls."""

import itertools
import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from odoo.addons.threecx_bridge.threecx import merging
from odoo.addons.threecx_bridge.threecx.call_number import call_number, party_key, same_number
from odoo.addons.threecx_bridge.threecx.report import CallReport

T0 = datetime(2026, 11, 23, 9, 0, 0)
MOBILE = "+32475123456"


def at(seconds):
    return T0 + timedelta(seconds=seconds)


def report(source, key, start=0, *, take=None, end=None, **values):
    """A share that began, was taken and ended so many seconds after nine o'clock."""
    values.setdefault("state", "ended" if end is not None else "ongoing" if take else "ringing")
    values.setdefault("direction", "inbound")
    values.setdefault("number", MOBILE)
    values.setdefault("extension", "101")
    talked = end - take if take is not None and end is not None else 0
    return CallReport(
        source=source,
        key=key,
        started=at(start),
        answered=None if take is None else at(take),
        ended=None if end is None else at(end),
        talk_seconds=talked,
        **values,
    )


class Book:
    """Calls as `threecx.call` keeps them, without a database."""

    def __init__(self):
        self.calls = []

    def add(self, new):
        for call in self.calls:
            known = call.get((new.source, new.key))
            if known:
                call[new.source, new.key] = merging.merge_share(known, new)
                return
        home = next(
            (call for call in self.calls if merging.same_reference(new, call.values())), None
        )
        if home is None:
            away = [
                (distance, index)
                for index, call in enumerate(self.calls)
                if same_number(_key(next(iter(call.values()))), _key(new))
                and (distance := merging.distance(new, list(call.values()))) is not None
            ]
            home = self.calls[min(away)[1]] if away else {}
            if not away:
                self.calls.append(home)
        home[new.source, new.key] = new

    def facts(self):
        return sorted(
            (merging.facts(list(call.values())) for call in self.calls),
            key=lambda facts: facts.started,
        )


def _key(share):
    return call_number(share.number, "BE").key


def book(reports):
    calls = Book()
    for each in reports:
        calls.add(each)
    return calls


def orders(reports, limit=240, seed=7):
    """All orders of a few reports; of many, as many at random, repetitions among them."""
    if len(reports) <= 5:
        yield from itertools.permutations(reports)
        return
    rng = random.Random(seed)
    for _ in range(limit):
        mixed = [*reports, *rng.choices(reports, k=3)]
        rng.shuffle(mixed)
        yield mixed


CLICKED = [
    report("click", "c1", -20, direction="outbound", number="0475 12 34 56", call_ref=""),
    report("listener", "7/101/1", 0, direction="outbound", call_ref="7"),
    report(
        "listener", "7/101/1", 0, take=8, end=68, direction="outbound", call_ref="7",
        outcome="answered",
    ),
    report("journal", "j1", 1, take=9, end=69, direction="outbound", outcome="answered"),
    report(
        "log", "l1", 0, take=8, end=68, direction="outbound", outcome="answered", call_ref="41"
    ),
]  # fmt: skip


@pytest.mark.parametrize("size", range(1, len(CLICKED) + 1))
def test_every_order_of_every_choice_of_sources_is_one_call(size):
    for chosen in itertools.combinations(CLICKED, size):
        for order in itertools.permutations(chosen):
            facts = book([*order, order[0]]).facts()
            assert len(facts) == 1, [(each.source, each.key) for each in order]
            [fact] = facts
            if any(each.source != "click" and each.state == "ended" for each in chosen):
                assert (fact.state, fact.outcome) == ("ended", "answered")
                assert fact.talk_seconds == 60
                assert fact.extension == "101"
            assert fact.direction == "outbound"


def test_a_click_alone_says_nothing_of_the_outcome():
    [fact] = book(CLICKED[:1]).facts()
    assert (fact.state, fact.outcome, fact.talk_seconds) == ("attempted", "unknown", 0)


QUEUE = [
    report("listener", "9/800", 0, state="ringing", extension="", queue="800", call_ref="9"),
    report("listener", "9/101", 5, extension="101", queue="800", call_ref="9"),
    report("listener", "9/102", 5, extension="102", queue="800", call_ref="9"),
    report("listener", "9/103", 5, extension="103", queue="800", call_ref="9"),
    report("listener", "9/800", 0, end=20, extension="", queue="800", call_ref="9",
           outcome="elsewhere"),
    report("listener", "9/101", 5, end=20, extension="101", call_ref="9", outcome="elsewhere"),
    report("listener", "9/102", 5, take=20, end=140, extension="102", call_ref="9",
           outcome="answered"),
    report("listener", "9/103", 5, end=20, extension="103", call_ref="9", outcome="elsewhere"),
    report("journal", "q102", 1, take=21, end=141, extension="102", queue="800",
           outcome="answered"),
    report("journal", "q101", 5, end=20, extension="101", queue="800", outcome="missed"),
    report("log", "g102", 5, take=20, end=140, extension="102", queue="800", call_ref="55",
           outcome="answered"),
    report("log", "g103", 5, end=20, extension="103", queue="800", call_ref="55",
           outcome="elsewhere"),
]  # fmt: skip


def test_a_queue_that_rings_three_is_one_call_of_who_answered():
    for order in orders(QUEUE):
        facts = book(order).facts()
        assert len(facts) == 1
        [fact] = facts
        assert (fact.state, fact.outcome) == ("ended", "answered")
        assert (fact.extension, fact.talk_seconds, fact.queue) == ("102", 120, "800")


def test_a_queue_rings_until_somebody_takes_the_call():
    [fact] = book(QUEUE[:4]).facts()
    assert (fact.state, fact.outcome, fact.extension) == ("ringing", "unknown", "")
    music = replace(QUEUE[0], state="ongoing", answered=at(1))
    [fact] = book([music, *QUEUE[1:4]]).facts()
    assert (fact.state, fact.outcome) == ("ringing", "unknown")


def test_a_queue_that_nobody_takes_is_missed_once():
    missed = [
        report("journal", f"m{extension}", 5, end=40, extension=extension, outcome="missed")
        for extension in ("101", "102", "103")
    ]
    for order in orders(missed):
        [fact] = book(order).facts()
        assert (fact.outcome, fact.extension, fact.wait_seconds) == ("missed", "", 35)


TRANSFER = [
    report("listener", "5/101", 0, take=4, end=64, call_ref="5", outcome="answered"),
    report("listener", "5/103", 60, take=66, end=186, extension="103", call_ref="5",
           outcome="answered", transferred_from="101"),
    report("journal", "t101", 1, take=5, end=64, outcome="answered"),
    report("journal", "t103", 64, take=66, end=187, extension="103", outcome="answered"),
    report("log", "lt101", 0, take=4, end=64, call_ref="88", outcome="answered"),
    report("log", "lt103", 64, take=66, end=186, extension="103", call_ref="88",
           outcome="answered", transferred_from="101"),
]  # fmt: skip


def test_a_call_handed_over_stays_one_call_and_is_of_who_has_it_last():
    for order in orders(TRANSFER):
        facts = book(order).facts()
        assert len(facts) == 1
        [fact] = facts
        assert (fact.outcome, fact.extension) == ("answered", "103")
        assert fact.talk_seconds == 180


def test_a_transfer_known_from_the_journal_alone_is_one_call():
    for order in itertools.permutations(TRANSFER[2:4]):
        [fact] = book(order).facts()
        assert fact.extension == "103"


def _twice(gap):
    """The same number calls twice: missed first, then answered."""
    return [
        report("listener", "1/101", 0, end=15, call_ref="1", outcome="missed"),
        report("journal", "a", 1, end=15, outcome="missed"),
        report("log", "la", 0, end=15, call_ref="11", outcome="missed"),
        report("listener", "2/101", gap, take=gap + 5, end=gap + 95, call_ref="2",
               outcome="answered"),
        report("journal", "b", gap + 1, take=gap + 6, end=gap + 96, outcome="answered"),
        report("log", "lb", gap, take=gap + 5, end=gap + 95, call_ref="12", outcome="answered"),
    ]  # fmt: skip


@pytest.mark.parametrize("gap", [40, 120, 600])
def test_two_calls_of_the_same_number_stay_two(gap):
    for order in orders(_twice(gap)):
        facts = book(order).facts()
        assert [fact.outcome for fact in facts] == ["missed", "answered"]
        assert [fact.talk_seconds for fact in facts] == [0, 90]


def test_two_clicks_and_two_calls_find_each_other():
    pairs = [
        report("click", "c1", 0, direction="outbound"),
        report("journal", "j1", 20, end=50, direction="outbound", outcome="no_answer"),
        report("click", "c2", 300, direction="outbound"),
        report("journal", "j2", 310, take=320, end=400, direction="outbound", outcome="answered"),
    ]
    for order in orders(pairs):
        # a click is known before its call, which is what makes it a click
        places = [each.key for each in order]
        if places.index("c1") > places.index("j1") or places.index("c2") > places.index("j2"):
            continue
        if places.index("c1") > places.index("c2"):
            continue
        calls = book(order)
        kinds = [sorted(key for _source, key in call) for call in calls.calls]
        assert sorted(kinds) == [["c1", "j1"], ["c2", "j2"]], kinds


def test_two_colleagues_who_call_the_same_number_make_two_calls():
    for order in orders(
        [
            report("journal", "x", 0, take=5, end=90, direction="outbound", outcome="answered"),
            report("journal", "y", 3, take=9, end=60, direction="outbound", extension="102",
                   outcome="answered"),
            report("listener", "3/102", 3, take=9, end=60, direction="outbound", extension="102",
                   call_ref="3", outcome="answered"),
        ]
    ):  # fmt: skip
        assert len(book(order).facts()) == 2


def test_a_web_client_call_may_begin_long_after_the_click():
    click = report("click", "c", 0, direction="outbound")
    for start, expected in ((5400, 1), (8000, 2)):
        call = report(
            "journal", "j", start, take=start + 9, end=start + 60, direction="outbound",
            outcome="answered",
        )  # fmt: skip
        assert len(book([click, call]).facts()) == expected
        assert len(book([call, click]).facts()) == expected


def test_withheld_callers_are_told_apart_by_who_was_called():
    hidden = [
        report("listener", "1/101", 0, take=5, end=60, number="", call_ref="1",
               outcome="answered"),
        report("journal", "h101", 1, take=5, end=60, number="", outcome="answered"),
        report("listener", "2/102", 2, take=6, end=50, number="", extension="102", call_ref="2",
               outcome="answered"),
        report("journal", "h102", 2, take=6, end=50, number="", extension="102",
               outcome="answered"),
    ]  # fmt: skip
    for order in orders(hidden):
        assert sorted(len(call) for call in book(order).calls) == [2, 2]


def test_clocks_that_differ_do_not_double_a_call():
    for skew in (-50, -20, 20, 50):
        both = [
            report("listener", "1/101", 0, take=5, end=12, call_ref="1", outcome="answered"),
            report("journal", "s", skew, take=skew + 5, end=skew + 13, outcome="answered"),
        ]
        for order in orders(both):
            assert len(book(order).facts()) == 1


def test_a_number_cut_off_by_the_pbx_is_the_same():
    cut = report("journal", "n", 1, take=5, end=60, number="75123456", outcome="answered")
    full = report("listener", "1/101", 0, take=5, end=60, call_ref="1", outcome="answered")
    for order in orders([cut, full]):
        assert len(book(order).facts()) == 1


def test_a_share_never_goes_back():
    late = report("listener", "k", 0, state="ringing")
    done = report("listener", "k", 0, take=5, end=60, outcome="answered")
    assert merging.merge_share(done, late) == merging.merge_share(late, done)
    taken_back = report("listener", "k", 0, end=20, outcome="elsewhere")
    missed = report("listener", "k", 0, end=20, outcome="missed")
    assert merging.merge_share(missed, taken_back).outcome == "elsewhere"
    assert merging.merge_share(taken_back, missed).outcome == "elsewhere"


def test_the_call_log_ends_what_nobody_saw_end():
    lost = report("listener", "1/101", 0, take=5, call_ref="1", outcome="answered")
    [fact] = book([lost]).facts()
    assert fact.state == "ongoing"
    log = report("log", "l", 0, take=5, end=65, call_ref="9", outcome="answered")
    for order in orders([lost, log]):
        [fact] = book(order).facts()
        assert (fact.state, fact.talk_seconds, fact.ended) == ("ended", 60, at(65))


def test_voicemail_is_noted_and_beats_missed():
    for order in orders(
        [
            report("journal", "v", 0, end=30, outcome="missed"),
            report("log", "lv", 0, end=50, call_ref="3", outcome="voicemail"),
        ]
    ):
        [fact] = book(order).facts()
        assert fact.outcome == "voicemail"


def test_who_called_whom_is_known_to_the_log_when_the_listener_came_later():
    """The connection was cut while it rang; the PBX does not say who had called."""
    for order in orders(
        [
            report("listener", "9/101", 8, take=8, call_ref="9"),
            report("listener", "9/101", 8, take=8, end=68, call_ref="9", outcome="answered"),
            report(
                "log", "l9", 0, take=7, end=68, direction="outbound", call_ref="x",
                outcome="answered",
            ),
        ]
    ):  # fmt: skip
        [fact] = book(order).facts()
        assert (fact.direction, fact.outcome) == ("outbound", "answered")


def test_a_call_back_is_another_call():
    """Of a share that was seen ringing, the direction is known."""
    shares = [
        report("listener", "8/101", 0, end=20, call_ref="8", outcome="missed"),
        report("log", "l8", 2, take=7, end=68, direction="outbound", outcome="answered"),
    ]
    for order in orders(shares):
        assert len(book(order).facts()) == 2


def test_colleagues_share_a_call_whose_number_is_each_other():
    one = report("listener", "4/101", direction="internal", number="102", extension="101")
    other = report("listener", "4/102", direction="internal", number="101", extension="102")
    assert party_key(one, call_number("102")) == party_key(other, call_number("101"))


@pytest.mark.parametrize(
    ("raw", "key", "is_e164"),
    [
        ("0475/12.34.56", MOBILE, True),
        ("0032475123456", MOBILE, True),
        ("101", "101", False),
        ("anonymous", "", False),
        ("", "", False),
        (None, "", False),
        ("x" * 1_000_000, "", False),
        ("jan@example.com", "jan@example.com", False),
        ("9" * 1_000_000, "9" * 64, False),
    ],
)
def test_numbers_as_a_pbx_writes_them(raw, key, is_e164):
    number = call_number(raw, "BE")
    assert (number.key, number.is_e164) == (key, is_e164)


def test_two_complete_numbers_are_the_same_or_not():
    assert same_number(MOBILE, MOBILE)
    assert not same_number("+33142223344", "+3242223344")
    assert same_number(MOBILE, "475123456")
    assert not same_number(MOBILE, "3456")
