"""The exchange by itself, with a clock that is moved by hand."""

import pytest

from simulators.threecx.call import Refused
from simulators.threecx.calls import Exchange
from simulators.threecx.clock import HandClock
from simulators.threecx.house import make_house
from simulators.threecx.ledger import row

NUMBER = "+32475123456"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def exchange(clock):
    return Exchange(make_house(5), clock)


def pass_time(exchange, seconds):
    """In small steps, as the server does."""
    for _step in range(int(seconds * 2)):
        exchange.clock.advance(0.5)
        exchange.run()


def outcomes(call):
    return {share.dn: share.outcome for share in call.shares}


def test_a_call_is_taken_and_ended_by_the_caller(exchange):
    call = exchange.ring_in(NUMBER, "101")
    pass_time(exchange, 4)
    exchange.answer(call.id)
    pass_time(exchange, 61)
    exchange.drop(call.id)
    told = row(call)
    assert told["outcome"] == "answered" and told["talk_seconds"] == 61
    assert told["extensions"][0]["answered"] > told["started"]
    assert not exchange.active and not exchange.legs


def test_a_caller_gives_up_after_his_time(exchange):
    call = exchange.ring_in(NUMBER, "101", timeout=10)
    pass_time(exchange, 9)
    assert call.state == "ringing"
    pass_time(exchange, 2)
    assert (call.state, call.outcome, outcomes(call)) == ("ended", "missed", {"101": "missed"})


def test_a_queue_rings_free_agents_and_the_first_takes_it(exchange):
    busy = exchange.ring_in(NUMBER, "102")
    exchange.answer(busy.id)
    house = exchange.house
    house.queues["800"] = ("Service", ("101", "102", "103"))
    call = exchange.ring_in("+3281000000", "800")
    assert call.ringing() == ["101", "103"]
    assert {leg.on_behalf_of for leg in call.legs.values()} == {"800"}
    exchange.answer(call.id, "103")
    exchange.drop(call.id)
    assert outcomes(call) == {"101": "elsewhere", "103": "answered"}


def test_a_queue_without_a_free_agent_makes_wait(exchange):
    exchange.house.queues["800"] = ("Service", ("101",))
    first = exchange.ring_in(NUMBER, "101")
    exchange.answer(first.id)
    call = exchange.ring_in("+3281000000", "800")
    pass_time(exchange, 5)
    assert call.ringing() == []
    exchange.drop(first.id)
    pass_time(exchange, 1)
    assert call.ringing() == ["101"]


def test_nobody_of_the_queue_wants_it(exchange):
    exchange.house.queues["800"] = ("Service", ("101", "102"))
    call = exchange.ring_in(NUMBER, "800", timeout=30)
    exchange.decline(call.id, "101")
    assert call.ringing() == ["102"]
    exchange.decline(call.id)
    pass_time(exchange, 31)
    assert call.outcome == "missed" and outcomes(call) == {"101": "missed", "102": "missed"}


def test_a_blind_transfer_leaves_at_once(exchange):
    call = exchange.ring_in(NUMBER, "101")
    exchange.answer(call.id)
    pass_time(exchange, 10)
    exchange.transfer(call.id, "101", "102")
    assert call.ringing() == ["102"] and not call.legs_of("101")
    pass_time(exchange, 5)
    exchange.answer(call.id)
    pass_time(exchange, 20)
    exchange.drop(call.id)
    first, second = call.shares
    assert (first.talk, second.talk) == (10, 20)
    assert second.transferred_from == "101"


def test_a_transfer_that_waits_comes_back_when_it_is_declined(exchange):
    call = exchange.ring_in(NUMBER, "101")
    exchange.answer(call.id)
    exchange.transfer(call.id, "101", "102", blind=False)
    exchange.decline(call.id, "102")
    assert call.talking() == ["101"] and call.state == "talking"
    exchange.drop(call.id)
    assert outcomes(call) == {"101": "answered", "102": "missed"}


def test_a_transfer_that_waits_moves_on_the_answer(exchange):
    call = exchange.ring_in(NUMBER, "101")
    exchange.answer(call.id)
    exchange.transfer(call.id, "101", "102", blind=False)
    exchange.answer(call.id, "102")
    assert call.talking() == ["102"]


def test_a_call_is_handed_to_a_queue(exchange):
    exchange.house.queues["800"] = ("Service", ("101", "102", "103"))
    call = exchange.ring_in(NUMBER, "101")
    exchange.answer(call.id)
    exchange.transfer(call.id, "101", "800")
    assert call.ringing() == ["102", "103"] and call.queue == "800"
    exchange.answer(call.id, "103")
    exchange.drop(call.id)
    assert outcomes(call) == {"101": "answered", "102": "elsewhere", "103": "answered"}


def test_nobody_of_the_other_queue_is_free(exchange):
    exchange.house.queues["800"] = ("Service", ("101",))
    call = exchange.ring_in(NUMBER, "101")
    exchange.answer(call.id)
    with pytest.raises(Refused, match="nobody"):
        exchange.transfer(call.id, "101", "800")
    assert (call.queue, call.talking()) == ("", ["101"])


def test_a_second_transfer_has_its_own_time(exchange):
    call = exchange.ring_in(NUMBER, "101")
    exchange.answer(call.id)
    exchange.transfer(call.id, "101", "102", blind=False)
    pass_time(exchange, 10)
    exchange.decline(call.id, "102")
    pass_time(exchange, 25)
    exchange.transfer(call.id, "101", "102", blind=False)
    pass_time(exchange, 10)
    assert call.ringing() == ["102"]


def test_a_transfer_that_nobody_takes_ends_or_comes_back(exchange):
    blind, waited = exchange.ring_in(NUMBER, "101"), exchange.ring_in(NUMBER, "102")
    exchange.answer(blind.id)
    exchange.answer(waited.id)
    exchange.transfer(blind.id, "101", "103")
    exchange.transfer(waited.id, "102", "104", blind=False)
    pass_time(exchange, 41)
    assert blind.state == "ended" and blind.outcome == "answered"
    assert waited.talking() == ["102"] and not waited.ringing()


def test_who_transfers_and_waits_may_hang_up(exchange):
    call = exchange.ring_in(NUMBER, "101")
    exchange.answer(call.id)
    exchange.transfer(call.id, "101", "102", blind=False)
    exchange.drop_leg(call.legs_of("101")[0])
    assert call.ringing() == ["102"] and not call.legs_of("101")
    exchange.answer(call.id)
    assert call.talking() == ["102"]


def test_make_call_to_a_colleague(exchange):
    call = exchange.ring_first("101", "102")
    exchange.answer(call.id)
    assert call.ringing() == ["102"] and call.legs_of("101", "Dialing")
    exchange.answer(call.id)
    assert call.talking() == ["101", "102"]


def test_the_outside_party_is_busy(exchange):
    leg = exchange.dial("101", NUMBER)
    exchange.decline(leg.call.id)
    assert leg.call.outcome == "no_answer"


def test_an_internal_call_is_handed_over_by_who_called(exchange):
    leg = exchange.dial("101", "102")
    exchange.answer(leg.call.id)
    exchange.transfer(leg.call.id, "101", "103")
    exchange.answer(leg.call.id)
    assert leg.call.talking() == ["102", "103"]
    exchange.drop(leg.call.id)
    assert leg.call.direction == "internal" and leg.call.outcome == "answered"


def test_a_call_goes_out(exchange):
    leg = exchange.dial("101", "0475 / 12.34.56")
    assert (leg.status, leg.call.number, leg.party_dn) == ("Dialing", "0475123456", "10000")
    exchange.answer(leg.call.id)
    assert leg.status == "Connected"
    pass_time(exchange, 3)
    exchange.drop_leg(leg)
    assert leg.call.outcome == "answered" and leg.call.shares[0].talk == 3


def test_nobody_takes_the_call_that_goes_out(exchange):
    leg = exchange.dial("101", NUMBER)
    pass_time(exchange, 41)
    assert leg.call.outcome == "no_answer" and outcomes(leg.call) == {"101": "no_answer"}


def test_make_call_rings_the_caller_first(exchange):
    call = exchange.ring_first("101", NUMBER)
    assert call.ringing() == ["101"] and call.outside == ""
    exchange.answer(call.id)
    assert call.legs_of("101", "Dialing") and call.outside == "Ringing"
    exchange.answer(call.id)
    assert call.talking() == ["101"]


def test_picking_up_renews_the_patience(exchange):
    call = exchange.ring_first("101", NUMBER)
    pass_time(exchange, 30)
    exchange.answer(call.id)
    pass_time(exchange, 30)
    assert call.state == "ringing"
    pass_time(exchange, 11)
    assert call.outcome == "no_answer"


def test_voicemail(exchange):
    call = exchange.ring_in(NUMBER, "101")
    pass_time(exchange, 5)
    exchange.voicemail(call.id)
    assert call.state == "voicemail" and not call.legs
    pass_time(exchange, 31)
    assert call.outcome == "voicemail" and row(call)["voicemail"]


def test_a_ringing_call_is_diverted(exchange):
    call = exchange.ring_in(NUMBER, "101")
    exchange.divert(call.legs_of("101")[0], "102")
    assert call.ringing() == ["102"]
    exchange.answer(call.id)
    exchange.drop(call.id)
    assert outcomes(call) == {"101": "elsewhere", "102": "answered"}


def test_another_route_rings_beside(exchange):
    call = exchange.ring_in(NUMBER, "101")
    exchange.route(call.legs_of("101")[0], "102")
    assert call.ringing() == ["101", "102"]
    exchange.answer(call.id, "102")
    assert call.talking() == ["102"] and not call.ringing()


def test_sent_out_of_the_house(exchange):
    call = exchange.ring_in(NUMBER, "101")
    exchange.answer(call.id)
    exchange.transfer(call.id, "101", "+32470000000")
    assert call.forwarded_to == "+32470000000" and not call.legs
    pass_time(exchange, 61)
    assert call.outcome == "answered"


def test_each_telephone_has_a_leg_when_calls_fork(clock):
    exchange = Exchange(make_house(5), clock, fork=True)
    call = exchange.ring_in(NUMBER, "101")
    phones = [leg.device.device_id for leg in call.legs_of("101")]
    assert len(phones) == 3 and call.ringing() == ["101"]
    exchange.answer(call.id, "101", phones[1])
    assert [leg.device.device_id for leg in call.legs.values()] == [phones[1]]
    assert len(call.shares) == 1


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (lambda exchange: exchange.ring_in(NUMBER, "999"), "NotFound"),
        (lambda exchange: exchange.dial("101", "bonjour"), "InvalidDestination"),
        (lambda exchange: exchange.dial("101", ""), "InvalidDestination"),
        (lambda exchange: exchange.dial("101", "101"), "InvalidDestination"),
        (lambda exchange: exchange.dial("105", NUMBER), "NotRegistered"),
        (lambda exchange: exchange.dial("101", NUMBER, "sip:nobody"), "NotFound"),
        (lambda exchange: exchange.answer(77), "NotFound"),
    ],
)
def test_refusals(exchange, action, reason):
    with pytest.raises(Refused) as refusal:
        action(exchange)
    assert refusal.value.reason == reason
    assert not exchange.active


def test_states_that_do_not_allow_it(exchange):
    call = exchange.ring_in(NUMBER, "101")
    leg = call.legs_of("101")[0]
    with pytest.raises(Refused, match="does not talk"):
        exchange.transfer(call.id, "101", "102")
    exchange.answer(call.id)
    for action in (
        lambda: exchange.divert(leg, "102"),
        lambda: exchange.answer(call.id),
        lambda: exchange.voicemail(call.id),
        lambda: exchange.transfer(call.id, "101", "101"),
        lambda: exchange.transfer(call.id, "101", "105"),
    ):
        with pytest.raises(Refused):
            action()
    assert call.talking() == ["101"]


def test_no_line_is_left(clock):
    exchange = Exchange(make_house(5), clock, max_calls=1)
    exchange.ring_in(NUMBER, "101")
    with pytest.raises(Refused, match="simultaneous"):
        exchange.ring_in(NUMBER, "102")


def test_every_leg_that_was_told_is_taken_back(exchange):
    told = []
    exchange.observers.append(lambda what, leg: told.append((what, getattr(leg, "id", None))))
    call = exchange.ring_in(NUMBER, "800")
    exchange.answer(call.id, "102")
    exchange.transfer(call.id, "102", "103")
    exchange.answer(call.id)
    exchange.drop(call.id)
    upserted = {leg for what, leg in told if what == "upsert"}
    removed = [leg for what, leg in told if what == "remove"]
    assert sorted(removed) == sorted(upserted)
