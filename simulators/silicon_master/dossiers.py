"""Return and after-sales dossiers of the first day. Dossier ``index`` is a pure function of the
seed."""

from datetime import timedelta

from . import defects, vocabulary
from .dice import Dice
from .moment import day, later, office_stamp
from .order import DELIVERED, PARTLY
from .schema import COLUMN, DOSSIER

D = COLUMN[DOSSIER]
OPEN, WAITING, PLANNED, CLOSED, REFUSED = "OUV", "ATT", "PLA", "CLO", "REF"
UNEXPLAINED = "GEL"
STATES = (OPEN, WAITING, PLANNED, CLOSED, REFUSED, UNEXPLAINED)
FINISHED = (CLOSED, REFUSED)
KINDS = (("SAV", 50), ("RET", 20), ("ECH", 18), ("LIT", 12))
FIRST_DAY = (
    (OPEN, 30), (WAITING, 25), (PLANNED, 22), (CLOSED, 16), (REFUSED, 4), (UNEXPLAINED, 3),
)  # fmt: skip
HAS_GOODS = (DELIVERED, PARTLY)  # statuses of the orders of which something was delivered
TRIES = 200


def key_of(index):
    """:return str: ``D000012``."""
    return f"D{index:06d}"


def index_of(key):
    """:return int: the inverse of :func:`key_of`, or None for a key it never gives."""
    if not key.startswith("D") or not key[1:].isdigit():
        return None
    index = int(key[1:])
    return index if key_of(index) == key else None


class Dossiers:
    """Maker of dossier rows (lists of text in the order of the headers)."""

    def __init__(self, seed, count, orders, start):
        """:param Orders orders: what the dossiers of the first day refer to."""
        self.seed = seed
        self.count = count
        self.orders = orders
        self.start = start
        self._order_indexes = {}

    def order_index(self, index):
        """:return int: of a delivered first-day order, never one of the stated defects, but for
        the dossier that waits for one of them."""
        if index == defects.DOSSIER_WAITING:
            return defects.NO_SUCH_DAY
        if index not in self._order_indexes:
            dice = Dice(self.seed, "dossier", index, 1)
            for _try in range(TRIES):
                found = dice.below(self.orders.count)
                if found in defects.ORDER_INDEXES:
                    continue
                self._order_indexes[index] = found
                if self.orders.order(found).status in HAS_GOODS:
                    break
        return self._order_indexes[index]

    def row(self, index):
        """:return list: the dossier as it is on the first day."""
        dice = Dice(self.seed, "dossier", index)
        place = self.order_index(index)
        order = self.orders.order(place)
        bought = self.orders.day_of(place)
        opened = min(bought + timedelta(days=dice.between(5, 90)), self.start)
        row = self.draw(dice, key_of(index), order, opened)
        row[D["État"]] = dice.weighted(FIRST_DAY)
        changed = max(opened, self.start - timedelta(days=dice.between(0, 12)))
        if row[D["État"]] in FINISHED:
            row[D["Clôturé le"]] = day(changed)
        elif row[D["État"]] == PLANNED or (row[D["État"]] == WAITING and dice.chance(0.3)):
            row[D["Date prévue"]] = day(later(self.start, dice.between(2, 30)))
        row[D["Modifié le"]] = office_stamp(dice, changed)
        if index == defects.DOSSIER_WAITING:
            row[D["N° commande"]] = order.number
        defects.spoil_dossier(index, row)
        return row

    def draw(self, dice, key, order, opened):
        """:return list: a new dossier about that order."""
        row = [""] * len(D)
        row[D["N° dossier"]] = key
        row[D["Code client"]] = order.customer
        # Who lost his receipt has no order number.
        row[D["N° commande"]] = order.number if dice.chance(0.9) else ""
        goods = [line for line in order.lines if line.article]
        if goods and dice.chance(0.85):
            line = dice.pick(goods)
            row[D["Code article"]] = line.article
            row[D["Quantité"]] = dice.weighted((("1", 80), ("2", 8), ("0,5", 4), ("", 8)))
        row[D["Type"]] = dice.weighted(KINDS)
        row[D["État"]] = OPEN
        owners = (*vocabulary.SELLERS[order.shop], *vocabulary.DOSSIER_OWNERS)
        row[D["Responsable"]] = dice.pick(owners)
        row[D["Ouvert le"]] = day(opened)
        row[D["Remarques"]] = dice.pick(vocabulary.DOSSIER_REMARKS) if dice.chance(0.8) else ""
        row[D["Modifié le"]] = office_stamp(dice, opened)
        return row
