"""Orders of the first day. Order ``index`` is a pure function of the seed."""

from datetime import timedelta

from . import amounts, articles, defects, people, vocabulary
from .dice import Dice
from .moment import day, later, office_stamp
from .order import (
    ATTEMPT_FAILED,
    CANCELLED,
    CONFIRMED,
    DELIVERED,
    DEPOSIT,
    NOT_PAID,
    PAID,
    PARTLY,
    PAYMENT_FAILED,
    PREPARING,
    QUOTE,
    READY,
    SHIPPED,
    UNEXPLAINED,
    Line,
    Order,
)
from .schema import ARTICLE, COLUMN

A = COLUMN[ARTICLE]
HISTORY = 365  # days of orders that the export still holds
MISMATCH_EVERY, MISMATCH_AT = 97, 13  # 1 % of the orders have totals that do not add up
SHOP_WEIGHTS = (("LIE", 26), ("NAM", 18), ("CHA", 14), ("BXL", 16), ("LIL", 10), ("WEB", 16))

# What became of an order, by its age.
FRESH = ((QUOTE, 30), (CONFIRMED, 60), (CANCELLED, 3), (ATTEMPT_FAILED, 2), ("CFR", 5))
YOUNG = (
    (QUOTE, 12), (CONFIRMED, 30), (PREPARING, 18), (READY, 12), (SHIPPED, 8), (PARTLY, 8),
    (DELIVERED, 6), (ATTEMPT_FAILED, 2), (CANCELLED, 2), ("CFR", 1), ("BLO", 1),
)  # fmt: skip
OLD = (
    (DELIVERED, 86),
    (PARTLY, 3),
    (CANCELLED, 6),
    (QUOTE, 2),
    (ATTEMPT_FAILED, 1),
    ("CFR", 1),
    ("BLO", 1),
)
FULLY_DELIVERED = (DELIVERED,)
NOTHING_ON_ORDER = (QUOTE, CANCELLED)


def number_of(shop, index):
    """:return str: ``LIE000042``."""
    return f"{shop}{index:06d}"


class Orders:
    """Maker of orders."""

    def __init__(self, seed, count, people_, articles_, start):
        """:param People people_: and :param Articles articles_: what the orders refer to."""
        self.seed = seed
        self.count = count
        self.people = people_
        self.articles = articles_
        self.start = start
        buyers = [
            place
            for place, (_kind, parent) in enumerate(people.PATTERN)
            if parent is None and place != people.SUPPLIER_PLACE
        ]
        self._buyers = tuple(buyers)

    def shop_of(self, index):
        return Dice(self.seed, "customer", index, 1).weighted(SHOP_WEIGHTS)

    def key_of(self, index):
        """:return str: the number of the order."""
        return number_of(self.shop_of(index), index)

    def index_of(self, number):
        """:return int: the inverse of :meth:`key_of`, or None for a number it never gives."""
        if len(number) < 9 or not number[3:].isdigit():
            return None
        index = int(number[3:])
        return index if self.key_of(index) == number else None

    def customer_index(self, index):
        """:return int: of the first-day contact who ordered; never one of the stated defects."""
        dice = Dice(self.seed, "customer", index)
        while True:
            block = dice.below((self.people.count + people.BLOCK - 1) // people.BLOCK)
            contact = block * people.BLOCK + dice.pick(self._buyers)
            if contact < self.people.count and contact not in defects.CONTACT_INDEXES:
                return contact

    def day_of(self, index):
        """:return date: the more recent the more orders, as the old ones are purged."""
        age = (self.count - 1 - index) / self.count
        return self.start - timedelta(days=int(HISTORY * age**1.6))

    def order(self, index):
        """:return Order: as it is on the first day."""
        dice = Dice(self.seed, "order", index)
        ordered = self.day_of(index)
        age = (self.start - ordered).days
        mix = FRESH if age < 4 else YOUNG if age < 70 else OLD
        contact = self.customer_index(index)
        place = contact % people.BLOCK
        delivery_place = people.DELIVERY_PLACE.get(place)
        delivery = ""
        if delivery_place is not None:
            delivery_index = contact - place + delivery_place
            if delivery_index < self.people.count and dice.chance(0.4):
                delivery = people.code_of(delivery_index)
        order = self.draw(
            dice, index, self.shop_of(index), people.code_of(contact), ordered, dice.weighted(mix)
        )
        order.delivery = delivery
        changed = min(self.start, ordered + timedelta(days=dice.between(0, 60)))
        order.stamp = office_stamp(dice, changed)
        if index % MISMATCH_EVERY == MISMATCH_AT:
            order.off_by = dice.pick((1, -1, 2, 100, -2500))
        defects.spoil_order(index, order)
        return order

    def draw(self, dice, index, shop, customer, ordered, status):
        """:return Order: complete in itself, its lines drawn from the first-day articles."""
        due = (
            later(ordered, dice.between(4, 75))
            if status not in (QUOTE,) or dice.chance(0.3)
            else None
        )
        origin = "W" if shop == vocabulary.WEB_SHOP else "M"
        if dice.chance(0.06):
            origin = "P"
        order = Order(
            number=number_of(shop, index),
            date=day(ordered),
            customer=customer,
            shop=shop,
            origin=origin,
            status=status,
            stamp=office_stamp(dice, ordered),
            seller=dice.pick(vocabulary.SELLERS[shop]),
            reference=dice.weighted(
                (("", 80), (f"PO-{dice.between(100, 9999)}", 12), ("votre mail du 3/10", 8))
            ),
            remarks=dice.pick(vocabulary.ORDER_REMARKS) if dice.chance(0.3) else "",
        )
        number = 0
        for _line in range(
            dice.weighted(((1, 22), (2, 25), (3, 22), (4, 14), (5, 9), (7, 5), (9, 3)))
        ):
            number += 10
            order.lines.append(self._line(dice, number, due, status))
        if dice.chance(0.12):
            order.lines.append(Line(number + 10, label=dice.pick(vocabulary.COMMENT_LINES)))
        dues = [line.due for line in order.lines if line.due]
        order.due = max(dues, key=lambda text: text.split("/")[::-1]) if dues else ""
        self._pay(dice, order)
        return order

    def _line(self, dice, number, due, status):
        while True:
            index = dice.below(self.articles.count)
            if index not in defects.ARTICLE_INDEXES:
                break
        row = self.articles.row(index)
        whole = dice.weighted(((100, 70), (200, 14), (400, 6), (600, 6)))
        by_the_metre = row[A["Sous-famille"]] == "Tissus au mètre"
        quantity = dice.between(2, 30) * 50 if by_the_metre else whole
        line = Line(
            number,
            article=row[A["Code article"]],
            label=row[A["Désignation"]],
            quantity=quantity,
            price=amounts.parse(row[A["Prix de vente HTVA"]]),
            discount=dice.weighted(
                ((0, 68), (500, 10), (1000, 12), (1250, 3), (1500, 5), (3333, 2))
            ),
            rate=articles.vat_rate(row),
        )
        if due:
            line.due = day(later(due, dice.pick((0, 0, 0, 0, 7, 14))))
        if status in (DELIVERED, READY, SHIPPED):
            line.available = "S" if status != DELIVERED else ""
        elif status not in NOTHING_ON_ORDER:
            line.available = dice.pick("SSAAI")
        if status in FULLY_DELIVERED or (status == PARTLY and dice.chance(0.5)):
            line.delivered = quantity
        elif status == PARTLY and quantity > 100:
            line.delivered = 100
        return line

    def _pay(self, dice, order):
        if order.status in (QUOTE, CANCELLED):
            order.payment = NOT_PAID
        elif order.status == DELIVERED:
            order.payment = dice.weighted(((PAID, 94), (DEPOSIT, 4), (NOT_PAID, 2)))
        elif order.shop == vocabulary.WEB_SHOP:
            order.payment = dice.weighted(((PAID, 85), (PAYMENT_FAILED, 15)))
        else:
            order.payment = dice.weighted(((NOT_PAID, 30), (DEPOSIT, 50), (PAID, 20)))
        total = sum(line.total for line in order.lines)
        if order.payment == DEPOSIT:
            # Deposits are round sums, and never more than the goods cost.
            order.deposit = total * 3 // 10 // 1000 * 1000 or total // 2
        elif order.payment == PAID and dice.chance(0.3):
            order.deposit = total // 3 // 100 * 100


def can_move(order):
    """:return bool: whether the order is still on its way through its life."""
    return order.status in (
        QUOTE,
        CONFIRMED,
        PREPARING,
        READY,
        SHIPPED,
        PARTLY,
        ATTEMPT_FAILED,
        *UNEXPLAINED,
    )
