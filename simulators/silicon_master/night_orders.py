"""What a night does to the orders: they move on in their life, slip, are cancelled, purged."""

from . import defects
from .dice import Dice
from .moment import day, later, parse_day
from .order import (
    ATTEMPT_FAILED,
    CANCELLED,
    CONFIRMED,
    DELIVERED,
    FINISHED,
    PAID,
    PARTLY,
    PREPARING,
    QUOTE,
    READY,
    SHIPPED,
)
from .orders import SHOP_WEIGHTS, can_move
from .people import C
from .schema import CONTACT, ORDER
from .vocabulary import ORDER_REMARKS

# What comes after a status, with weights.
NEXT = {
    QUOTE: ((CONFIRMED, 8), (CANCELLED, 2)),
    CONFIRMED: ((PREPARING, 9), ("CFR", 1)),
    PREPARING: ((READY, 5), (SHIPPED, 4), (PARTLY, 2), ("BLO", 1)),
    READY: ((DELIVERED, 1),),
    SHIPPED: ((DELIVERED, 8), (ATTEMPT_FAILED, 2)),
    PARTLY: ((DELIVERED, 1),),
    ATTEMPT_FAILED: ((SHIPPED, 8), (CANCELLED, 2)),
    "CFR": ((CONFIRMED, 1),),
    "BLO": ((PREPARING, 1),),
}
LIVING = 0.4  # share of the orders, the newest, among which most of the living ones are


def live_orders(changes):
    """New, progressing, slipping, changed, cancelled, touched and purged orders of one night."""
    night, count = changes.world.night, changes.world.settings.orders
    if night == 3:
        _give_real_date(changes)
    for key in changes.choose(ORDER, 6 + count // 100, can_move, LIVING):
        _move_on(changes, key)
    for key in changes.choose(ORDER, 2 + count // 300, can_slip, LIVING):
        slip(changes, key)
    for key in changes.choose(ORDER, 1 + count // 2000, can_move, LIVING):
        order = changes.copy(ORDER, key)
        order.status = CANCELLED
        changes.put(ORDER, key, order)
    for key in changes.choose(ORDER, 1 + count // 600, can_move, LIVING):
        _change_lines(changes, key)
    for key in changes.choose(ORDER, 1 + count // 600, None, LIVING):
        order = changes.copy(ORDER, key)
        order.remarks = f"{changes.world.today:%d/%m} {changes.dice.pick(ORDER_REMARKS)}"
        changes.put(ORDER, key, order)
    for key in changes.choose(ORDER, 2 + count // 300):
        changes.touch(ORDER, key)
    for key in changes.choose(ORDER, 1 + count // 4000, _may_go):
        changes.remove(ORDER, key)
    if night % 2 == 0:  # somebody deleted an order that was still open
        for key in changes.choose(ORDER, 1, can_move, LIVING):
            changes.remove(ORDER, key)
    _be_born(changes, 3 + count // 365)


def _give_real_date(changes):
    table = changes.world.tables[ORDER]
    key = table.key_of(defects.NO_SUCH_DAY)
    order = changes.copy(ORDER, key)
    order.date = order.date.replace("31/02/", "28/02/")
    changes.put(ORDER, key, order)


def _may_go(order):
    # Those whose totals do not add up stay, so that a small world always shows some.
    return order.status in FINISHED and not order.off_by


def deliver(order):
    """All goods are with the customer. :param Order order: changed in place"""
    for line in order.lines:
        line.delivered, line.available = line.quantity, ""


def can_slip(order):
    """:return bool: whether something of the order is still expected on a stated day."""
    return can_move(order) and any(line.due for line in order.lines)


def _move_on(changes, key):
    dice = changes.dice
    order = changes.copy(ORDER, key)
    order.status = dice.weighted(NEXT[order.status])
    if order.status == DELIVERED:
        deliver(order)
        if dice.chance(0.9):
            order.payment = PAID
    elif order.status == PARTLY:
        for line in order.lines[:1]:
            line.delivered = line.quantity
    elif order.status in (READY, SHIPPED):
        for line in order.lines:
            line.available = "" if line.is_comment else "S"
    elif order.status == CONFIRMED and not order.due:
        _expect(order, changes.world.today, dice.between(10, 60))
    changes.put(ORDER, key, order)


def _expect(order, today, days):
    """Gives every line, and the order, its first expected date."""
    for line in order.lines:
        if not line.is_comment:
            line.due = day(later(today, days))
    order.due = day(later(today, days))


def slip(changes, key):
    """Some lines, and with them the order, come later than promised."""
    dice = changes.dice
    order = changes.copy(ORDER, key)
    days = dice.pick((7, 7, 14, 14, 21, 28))
    dated = [line for line in order.lines if line.due]
    for line in dated[dice.below(len(dated)) :]:
        line.due = day(later(parse_day(line.due), days))
        line.available = "A"
    order.due = day(max(parse_day(line.due) for line in dated))
    changes.put(ORDER, key, order)


def _change_lines(changes, key):
    """The customer takes one more of something, or drops the last line."""
    dice = changes.dice
    order = changes.copy(ORDER, key)
    goods = [line for line in order.lines if not line.is_comment]
    if len(goods) > 1 and dice.chance(0.4):
        order.lines.remove(goods[-1])
    else:
        dice.pick(goods).quantity += 100
    changes.put(ORDER, key, order)


def _be_born(changes, number):
    world = changes.world
    table = world.tables[ORDER]
    buyers = changes.choose(CONTACT, number, _may_buy)
    stranger = world.night % 3 == 0
    for turn, buyer in enumerate(buyers):
        index = table.count + len(table.born)
        dice = Dice(world.settings.seed, "order", index, 1)
        shop = dice.weighted(SHOP_WEIGHTS)
        status = dice.pick((QUOTE, CONFIRMED, CONFIRMED))
        if stranger and turn == 0:
            buyer = defects.STRANGER_CODE.format(night=world.night)
        order = world.orders.draw(dice, index, shop, buyer, world.today, status)
        changes.put(ORDER, order.number, order)


def _may_buy(row):
    return row[C["Type"]] in "SP" and row[C["Client"]] == "O" and row[C["Bloqué"]] == "N"
