"""The tracker, told by hand, and by a simulated exchange whose messages are lost, late, doubled."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.threecx_bridge.threecx.shapes import DnInfo, Participant
from odoo.addons.threecx_bridge.threecx.tracker import GRACE, CallTracker

from simulators.threecx.call_control import participant as as_json
from simulators.threecx.calls import Exchange, Refused
from simulators.threecx.clock import HandClock
from simulators.threecx.house import make_house

NINE = datetime(2026, 11, 23, 9)
CUSTOMER = "+3242223344"


class Watch:
    """The moment, moved by hand."""

    def __init__(self):
        self.now = NINE

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def tracker(watch):
    return CallTracker(watch)


def at(dn, status="Ringing", number=1, callid=7, **more):
    """A participant of a call with the customer."""
    known = {"party_dn_type": "Wexternalline", "party_dn": "10000", "party_caller_id": CUSTOMER}
    return Participant(number, dn, status, callid=callid, **{**known, **more})


def infos(*participants, kind="Wextension"):
    dns = {}
    for one in participants:
        dns.setdefault(one.dn, []).append(one)
    return [DnInfo(dn, kind, (), tuple(ends)) for dn, ends in dns.items()]


class Book:
    """The last report of each share."""

    def __init__(self, *told):
        self.shares = {}
        for reports in told:
            self.take(reports)

    def take(self, reports):
        for report in reports:
            known = self.shares.get(report.key)
            order = ("ringing", "ongoing", "ended")
            assert not known or order.index(known.state) <= order.index(report.state)
            self.shares[report.key] = report

    def of(self, extension):
        (share,) = [share for share in self.shares.values() if share.extension == extension]
        return share


# === by hand === #


def test_inbound_answered(tracker, watch):
    (ringing,) = tracker.upsert(
        at("101", party_caller_name="Menuiserie Petit", party_did="+3281304050")
    )
    assert (ringing.source, ringing.state, ringing.direction) == ("listener", "ringing", "inbound")
    assert (ringing.number, ringing.name, ringing.did) == (
        CUSTOMER,
        "Menuiserie Petit",
        "+3281304050",
    )
    assert (ringing.extension, ringing.call_ref, ringing.started) == ("101", "7", NINE)
    watch.wait(5)
    (ongoing,) = tracker.upsert(at("101", "Connected"))
    assert (ongoing.state, ongoing.outcome) == ("ongoing", "answered")
    assert ongoing.answered == NINE + timedelta(seconds=5)
    watch.wait(60)
    (ended,) = tracker.remove("101", 1)
    assert (ended.state, ended.outcome, ended.talk_seconds) == ("ended", "answered", 60)
    assert ended.key == ringing.key


def test_the_same_again_says_nothing(tracker):
    assert tracker.upsert(at("101"))
    assert tracker.upsert(at("101")) == []
    assert tracker.snapshot(infos(at("101"))) == []
    assert tracker.remove("101", 1)
    assert tracker.remove("101", 1) == []
    assert tracker.upsert(at("101")) == []
    assert tracker.upsert(at("101", "Connected")) == []


def test_no_way_back(tracker):
    tracker.upsert(at("101", "Connected"))
    assert tracker.upsert(at("101", "Ringing")) == []


def test_outbound(tracker, watch):
    book = Book(tracker.upsert(at("101", "Dialing")))
    assert (book.of("101").direction, book.of("101").state) == ("outbound", "ringing")
    watch.wait(8)
    book.take(tracker.upsert(at("101", "Connected")))
    watch.wait(30)
    book.take(tracker.remove("101", 1))
    assert (book.of("101").outcome, book.of("101").talk_seconds) == ("answered", 30)


def test_outbound_unanswered_is_known_at_once(tracker):
    book = Book(tracker.upsert(at("101", "Dialing")), tracker.remove("101", 1))
    assert book.of("101").outcome == "no_answer"


def test_outbound_found_connected(tracker):
    """The beginning was not seen; who began is said by the PBX."""
    (report,) = tracker.snapshot(infos(at("101", "Connected", originated_by_dn="101")))
    assert (report.direction, report.state) == ("outbound", "ongoing")


def test_a_telephone_that_rings_its_owner_first(tracker):
    book = Book(
        tracker.upsert(at("101", "Ringing")),
        tracker.upsert(at("101", "Dialing")),
        tracker.remove("101", 1),
    )
    assert (book.of("101").direction, book.of("101").outcome) == ("outbound", "no_answer")


def test_missed_after_a_moment_of_grace(tracker, watch):
    book = Book(tracker.upsert(at("101")), tracker.remove("101", 1))
    assert (book.of("101").state, book.of("101").outcome) == ("ended", "")
    assert tracker.settle() == []
    watch.wait(GRACE.total_seconds())
    book.take(tracker.settle())
    assert book.of("101").outcome == "missed"
    assert tracker.settle() == []


def test_taken_elsewhere(tracker):
    book = Book(
        tracker.upsert(at("101", number=1)),
        tracker.upsert(at("102", number=2)),
        tracker.remove("101", 1),
    )
    assert book.of("101").outcome == ""
    book.take(tracker.upsert(at("102", "Connected", number=2)))
    assert book.of("101").outcome == "elsewhere"
    book.take(tracker.remove("102", 2))
    assert book.of("102").outcome == "answered"


def test_the_queue_finds_somebody_late(tracker, watch):
    book = Book(tracker.upsert(at("101")), tracker.remove("101", 1))
    watch.wait(30)
    book.take(tracker.settle())
    assert book.of("101").outcome == "missed"
    book.take(tracker.upsert(at("102", number=2)))
    book.take(tracker.upsert(at("102", "Connected", number=2)))
    assert book.of("101").outcome == "elsewhere"


@pytest.mark.parametrize("referred_by", ["101", ""])
def test_transfer(tracker, watch, referred_by):
    """With a PBX that says who hands over, and one that does not."""
    book = Book(tracker.upsert(at("101")), tracker.upsert(at("101", "Connected")))
    watch.wait(10)
    book.take(tracker.upsert(at("102", number=2, referred_by_dn=referred_by)))
    book.take(tracker.remove("101", 1))
    book.take(tracker.upsert(at("102", "Connected", number=2, referred_by_dn=referred_by)))
    assert book.of("102").transferred_from == "101"
    assert book.of("102").call_ref == book.of("101").call_ref
    assert book.of("101").outcome == book.of("102").outcome == "answered"


def test_a_transfer_that_nobody_takes(tracker, watch):
    book = Book(tracker.upsert(at("101")), tracker.upsert(at("101", "Connected")))
    watch.wait(10)
    book.take(tracker.upsert(at("102", number=2, referred_by_dn="101")))
    watch.wait(10)
    book.take(tracker.remove("102", 2))
    book.take(tracker.remove("101", 1))
    watch.wait(10)
    book.take(tracker.settle())
    assert book.of("102").outcome == "missed"
    assert book.of("101").outcome == "answered"


def test_a_transfer_that_was_announced(tracker, watch):
    """The colleague talks to him first; then the customer is on the line."""
    consulting = {"party_dn_type": "Wextension", "party_dn": "101", "party_caller_id": "101"}
    book = Book(
        tracker.upsert(at("102", number=2, callid=8, **consulting)),
        tracker.upsert(at("102", "Connected", number=2, callid=8, **consulting)),
    )
    (consulted,) = book.shares.values()
    assert (consulted.direction, consulted.number) == ("internal", "101")
    watch.wait(20)
    book.take(tracker.upsert(at("102", "Connected", number=2, callid=7)))
    old, new = book.shares.values()
    assert (old.state, old.talk_seconds) == ("ended", 20)
    assert (new.direction, new.number, new.state, new.call_ref) == (
        "inbound",
        CUSTOMER,
        "ongoing",
        "7",
    )
    # and goes on to be followed
    book.take(tracker.remove("102", 2))
    assert [share.state for share in book.shares.values()] == ["ended", "ended"]


def test_he_gives_the_call_back(tracker, watch):
    book = Book(tracker.upsert(at("101")), tracker.upsert(at("101", "Connected")))
    watch.wait(5)
    book.take(tracker.upsert(at("101", number=3, referred_by_dn="102")))
    assert len(book.shares) == 2
    book.take(tracker.remove("101", 1))
    book.take(tracker.upsert(at("101", "Connected", number=3, referred_by_dn="102")))
    assert [share.state for share in book.shares.values()] == ["ended", "ongoing"]


def test_several_telephones_are_one_share(tracker):
    book = Book(
        tracker.upsert(at("101", number=1)),
        tracker.upsert(at("101", number=2)),
        tracker.remove("101", 1),
        tracker.upsert(at("101", "Connected", number=2)),
    )
    assert book.of("101").state == "ongoing"
    book.take(tracker.remove("101", 2))
    assert (book.of("101").state, book.of("101").outcome) == ("ended", "answered")


def test_withheld(tracker):
    (report,) = tracker.upsert(at("101", party_caller_id="anonymous"))
    assert report.number == ""


def test_queue(tracker):
    (report,) = tracker.upsert(at("101", on_behalf_of_dn="800", on_behalf_of_type="Wqueue"))
    assert (report.queue, report.number) == ("800", CUSTOMER)
    (report,) = tracker.upsert(at("102", number=2, party_dn="801", party_dn_type="Wqueue"))
    assert (report.queue, report.number, report.direction) == ("801", CUSTOMER, "inbound")


def test_a_colleague_calls_the_queue(tracker):
    (report,) = tracker.upsert(
        at("101", "Dialing", party_dn="800", party_dn_type="Wqueue", party_caller_id="800")
    )
    assert (report.direction, report.number) == ("internal", "800")


def test_internal(tracker, watch):
    book = Book(
        tracker.upsert(
            at("101", "Dialing", party_dn="102", party_dn_type="Wextension", party_caller_id="102")
        ),
        tracker.upsert(
            at("102", number=2, party_dn="101", party_dn_type="Wextension", party_caller_id="101")
        ),
        tracker.remove("101", 1),
        tracker.remove("102", 2),
    )
    watch.wait(10)
    book.take(tracker.settle())
    assert {share.direction for share in book.shares.values()} == {"internal"}
    assert (book.of("101").number, book.of("101").outcome) == ("102", "no_answer")
    assert (book.of("102").number, book.of("102").outcome) == ("101", "missed")


def test_only_telephones_count(tracker):
    assert tracker.snapshot([DnInfo("900", "Wroutepoint", (), (at("900"),))]) == []
    assert tracker.upsert(at("900", "Connected")) == []


def test_who_waits_in_a_queue(tracker, watch):
    """A queue that is monitored shows its callers; it answers for nobody."""
    waiting = at("800", "Connected", number=5)
    book = Book(tracker.snapshot([DnInfo("800", "Wqueue", (), (waiting,))]))
    (report,) = book.shares.values()
    assert (report.extension, report.queue, report.outcome) == ("", "800", "")
    book.take(tracker.remove("800", 5))
    watch.wait(10)
    book.take(tracker.settle())
    assert [share.outcome for share in book.shares.values()] == ["missed"]


def test_what_vanished_while_the_line_was_cut(tracker, watch):
    book = Book(tracker.snapshot(infos(at("101", "Connected"), at("102", number=2, callid=8))))
    watch.wait(100)
    book.take(tracker.snapshot([DnInfo("101", "Wextension"), DnInfo("102", "Wextension")]))
    watch.wait(10)
    book.take(tracker.settle())
    assert (book.of("101").outcome, book.of("101").talk_seconds) == ("answered", 100)
    assert book.of("102").outcome == "missed"
    assert tracker.open_shares == 0


def test_the_pbx_counts_anew(tracker, watch):
    """Restarted, it uses its numbers again."""
    book = Book(tracker.upsert(at("101", callid=7)))
    watch.wait(60)
    book.take(tracker.upsert(at("101", callid=1, party_caller_id="+3287221133")))
    assert [share.state for share in book.shares.values()] == ["ended", "ringing"]
    tracker.remove("101", 1)
    watch.wait(3 * 3600)
    tracker.settle()
    (again,) = tracker.upsert(at("101", number=2, callid=7))
    assert again.key not in book.shares


def test_restart(watch):
    first = CallTracker(watch)
    book = Book(
        first.upsert(at("101", number=1)),
        first.upsert(at("102", number=2)),
        first.upsert(at("101", "Connected", number=1)),
        first.upsert(at("103", number=3, callid=8)),
        first.remove("103", 3),
    )
    watch.wait(30)
    second = CallTracker(watch)
    second.restore(share for share in book.shares.values() if share.outcome in ("", "answered"))
    told = second.snapshot(infos(at("101", "Connected", number=1)))
    assert [(one.extension, one.outcome) for one in told if one.extension == "102"] == [
        ("102", "elsewhere")
    ]
    book.take(told)
    assert book.of("103").outcome == "missed"
    assert second.open_shares == 1
    watch.wait(30)
    book.take(second.remove("101", 1))
    assert (book.of("101").outcome, book.of("101").talk_seconds) == ("answered", 60)
    assert len(book.shares) == 3


def test_what_is_restored_says_nothing_new(watch):
    first = CallTracker(watch)
    book = Book(first.upsert(at("101")), first.upsert(at("101", "Connected")))
    second = CallTracker(watch)
    second.restore(book.shares.values())
    second.restore(book.shares.values())
    assert second.snapshot(infos(at("101", "Connected"))) == []


def test_a_stranger_is_not_restored(watch):
    tracker = CallTracker(watch)
    ours = Book(tracker.upsert(at("101"))).of("101")
    other = CallTracker(watch)
    other.restore([replace(ours, key="abc"), replace(ours, key="a/101/1/2")])
    assert other.open_shares == 0


def test_memory_is_bounded(watch):
    tracker = CallTracker(watch)
    for number in range(50):
        tracker.upsert(at("101", number=number, callid=number))
        tracker.remove("101", number)
        watch.wait(600)
        tracker.settle()
    assert len(tracker._calls) < 10


# === against a simulated exchange === #

EXTENSIONS = ("101", "102", "103", "104")
ACTS = ("in", "queue", "out", "inside", "answer", "answer", "answer", "hand", "hand", "drop")


class Line:
    """An exchange, what it tells, and a tracker that hears it as badly as it is told to.

    What the tracker is told of an event is what the exchange shows when the event arrives, as with
    the real one.
    """

    def __init__(self, dice, *, fork=False, delay=0, doubled=0.0, lost=0.0):
        self.dice = dice
        self.delay, self.doubled, self.lost = delay, doubled, lost
        self.clock = HandClock()
        self.exchange = Exchange(make_house(5), self.clock, fork=fork)
        self.exchange.observers.append(self.observe)
        self.watch = Watch()
        self.tracker = CallTracker(self.watch)
        self.book = Book()
        self.waiting = []
        self.moment = 0

    def observe(self, what, subject):
        if what not in ("upsert", "remove") or self.dice.random() < self.lost:
            return
        for _copy in range(1 + (self.dice.random() < self.doubled)):
            due = self.moment + self.dice.randint(0, self.delay)
            self.waiting.append((due, self.dice.random() if self.delay else 0, subject))

    def deliver(self):
        due = [event for event in self.waiting if event[0] <= self.moment]
        self.waiting = [event for event in self.waiting if event[0] > self.moment]
        for _due, _order, leg in sorted(due, key=lambda event: event[:2]):
            shown = self.exchange.legs.get(leg.id)
            if shown is None:
                self.book.take(self.tracker.remove(leg.dn, leg.id))
            else:
                self.book.take(self.tracker.upsert(Participant.parse(as_json(shown))))

    def look(self):
        """After a cut: the complete picture."""
        legs = [Participant.parse(as_json(leg)) for leg in self.exchange.legs.values()]
        self.book.take(
            self.tracker.snapshot(
                DnInfo(dn, "Wextension", (), tuple(leg for leg in legs if leg.dn == dn))
                for dn in self.exchange.house.extensions
            )
        )

    def step(self, seconds=2):
        self.deliver()
        self.moment += 1
        self.clock.advance(seconds)
        self.watch.wait(seconds)
        self.exchange.run()
        self.deliver()
        self.book.take(self.tracker.settle())

    def live(self, steps, look_every=0):
        for number in range(steps):
            try:
                self.something_happens()
            except Refused:
                pass
            self.step()
            if look_every and number % look_every == 0:
                self.look()
        for call in tuple(self.exchange.active.values()):
            self.exchange.drop(call.id)
        for _step in range(self.delay + 3):
            self.step()
        if self.lost:
            self.look()
            self.step(10)

    def something_happens(self):
        exchange, dice = self.exchange, self.dice
        calls = list(exchange.active.values())
        act = dice.choice(ACTS)
        if act in ("in", "queue"):
            number = f"+3242{dice.randint(0, 999999):06}"
            exchange.ring_in(number, "800" if act == "queue" else dice.choice(EXTENSIONS))
        elif act == "out":
            exchange.dial(dice.choice(EXTENSIONS), f"+3287{dice.randint(0, 999999):06}")
        elif act == "inside":
            exchange.dial(*dice.sample(EXTENSIONS, 2))
        elif act == "drop" and calls:
            exchange.drop(dice.choice(calls).id)
        elif calls:
            call = dice.choice(calls)
            if act == "answer":
                exchange.answer(call.id)
            elif call.talking() and call.is_external:
                who = dice.choice(call.talking())
                exchange.transfer(call.id, who, dice.choice(EXTENSIONS), blind=dice.random() < 0.7)
            elif call.ringing():
                exchange.decline(call.id, dice.choice(call.ringing()))

    def truth(self):
        """Of each call and DN: whether it talked, and with whom."""
        found = {}
        for call in self.exchange.calls():
            for share in call.shares:
                _note(found, str(call.id), share, share.dn, call)
        return found

    def told(self):
        found = {}
        for report in self.book.shares.values():
            assert report.state == "ended"
            assert report.outcome
            _note(found, report.call_ref, report, report.extension, report)
        return found


def _note(found, call, share, dn, about):
    number = "" if about.direction == "internal" else about.number
    talked, known, outcomes = found.get((call, dn), (False, number, set()))
    assert known == number
    outcome = share.outcome
    if outcome == "voicemail" or (share.transferred_from and not share.answered):
        # what becomes of a caller after the telephones fell silent they do not show; and who did
        # not take what he was handed may be said to have missed it or not
        outcome = "missed"
    found[call, dn] = (talked or bool(share.answered), number, outcomes | {outcome})


@pytest.mark.parametrize("fork", [False, True])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_everything_heard(fork, seed):
    line = Line(random.Random(seed), fork=fork, doubled=0.3)
    line.live(60)
    assert line.told() == line.truth()
    true = [share for call in line.exchange.calls() for share in call.shares]
    assert len(line.book.shares) == len(true)
    handed = sorted((one.dn, one.transferred_from) for one in true if one.transferred_from)
    assert handed == sorted(
        (one.extension, one.transferred_from)
        for one in line.book.shares.values()
        if one.transferred_from
    )


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), delay=st.integers(1, 3))
def test_late_and_doubled(seed, delay):
    """Who talked with whom is the same; a share too short to be seen late may be missing."""
    line = Line(random.Random(seed), delay=delay, doubled=0.5)
    line.live(60)
    truth, told = line.truth(), line.told()
    assert told.keys() <= truth.keys()
    for place, (has_talked, number, _outcomes) in told.items():
        assert number == truth[place][1]
        assert truth[place][0] or not has_talked


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), lost=st.sampled_from([0.1, 0.5, 1.0]))
def test_cut(seed, lost):
    """Events are lost, and every few moments the whole is looked at."""
    line = Line(random.Random(seed), lost=lost, doubled=0.2)
    line.live(60, look_every=1)
    # looked at after every step: nothing that lasted was missed
    truth, told = line.truth(), line.told()
    assert {place: talk[:2] for place, talk in told.items()} == {
        place: talk[:2] for place, talk in truth.items()
    }
    assert line.tracker.open_shares == 0
