"""Events of a night that a customer would want to be told of, beside those of everyday life."""

from . import articles
from .articles import C
from .events import DATE_MOVED, KINDS, LINE_UNAVAILABLE, RESTOCKED, UNAVAILABLE
from .moment import day, later, parse_day
from .night_orders import LIVING, can_slip, deliver, slip
from .order import (
    ATTEMPT_FAILED,
    CANCELLED,
    CONFIRMED,
    DELIVERED,
    PARTLY,
    PREPARING,
    READY,
    SHIPPED,
)
from .schema import ARTICLE, ORDER

EARLIER = 7  # days
ON_ITS_WAY = (CONFIRMED, PREPARING, READY, SHIPPED, PARTLY)
# Where an order may come from when somebody asks for an event: statuses, by the one it gets.
COMES_FROM = {
    "ready": (READY, (CONFIRMED, PREPARING, "BLO", "CFR")),
    "shipped": (SHIPPED, (CONFIRMED, PREPARING, READY, ATTEMPT_FAILED)),
    "delivered": (DELIVERED, (READY, SHIPPED, PARTLY)),
    "attempt_failed": (ATTEMPT_FAILED, (SHIPPED, READY, PREPARING)),
    "cancelled": (CANCELLED, (CONFIRMED, PREPARING, READY, ATTEMPT_FAILED)),
}


def live_events(changes):
    """Every night some lines can no longer be had and some orders come earlier than promised.

    Nothing here may change what the dice of later nights decide: no status, no stock, no number of
    lines.
    """
    count = changes.world.settings.orders
    for key in changes.choose(ORDER, 1 + count // 600, _may_become_unavailable, LIVING):
        _make_unavailable(changes, key)
    for key in changes.choose(ORDER, 1 + count // 600, can_slip, LIVING):
        _come_earlier(changes, key)


def ask_for(changes, kinds):
    """Makes one more event of each of these kinds happen tonight, where some record is fit for it.

    :param kinds: of ``events.KINDS``
    :raises ValueError: when there is no such kind
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(f"no events {', '.join(unknown)}; there are: {', '.join(KINDS)}")
    for kind in kinds:
        if kind == RESTOCKED:
            _restock(changes)
        elif kind == DATE_MOVED:
            for key in changes.choose(ORDER, 1, can_slip, LIVING):
                slip(changes, key)
        elif kind == LINE_UNAVAILABLE:
            for key in changes.choose(ORDER, 1, _may_become_unavailable, LIVING):
                _make_unavailable(changes, key)
        else:
            _change_status(changes, *COMES_FROM[kind])


def _change_status(changes, status, origins):
    for key in changes.choose(ORDER, 1, lambda order: order.status in origins):
        order = changes.copy(ORDER, key)
        order.status = status
        if status == DELIVERED:
            deliver(order)
        changes.put(ORDER, key, order)


def _may_become_unavailable(order):
    return order.status in ON_ITS_WAY and any(line.available in ("S", "A") for line in order.lines)


def _make_unavailable(changes, key):
    order = changes.copy(ORDER, key)
    line = changes.dice.pick([line for line in order.lines if line.available in ("S", "A")])
    line.available = UNAVAILABLE
    changes.put(ORDER, key, order)


def _come_earlier(changes, key):
    order = changes.copy(ORDER, key)
    dated = [line for line in order.lines if line.due]
    for line in dated:
        line.due = day(later(parse_day(line.due), -EARLIER))
    order.due = day(max(parse_day(line.due) for line in dated))
    changes.put(ORDER, key, order)


def _restock(changes):
    for key in changes.choose(ARTICLE, 1, lambda row: int(row[C["Stock total"]]) <= 0):
        row = changes.copy(ARTICLE, key)
        articles.move_stock(changes.dice, row)
        changes.put(ARTICLE, key, row)
