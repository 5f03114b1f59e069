"""Articles of the first day. Row ``index`` is a pure function of the seed."""

from datetime import timedelta

from . import amounts, people, vocabulary
from .check_digits import ean13
from .dice import Dice
from .moment import day, office_stamp
from .schema import ARTICLE, COLUMN

C = COLUMN[ARTICLE]
RATE_WEIGHTS = ((2100, 92), (600, 5), (1200, 1), (0, 2))


def code_of(index):
    """:return str: half of the codes carry the family, half are bare numbers with leading zeros."""
    family = vocabulary.FAMILIES[index % len(vocabulary.FAMILIES)][0]
    return f"{family}{index:05d}" if index % 2 else f"{index:07d}"


def index_of(code):
    """:return int: the inverse of :func:`code_of`, or None for a code it never gives."""
    tail = code[3:] if code[:3].isalpha() else code
    if not tail.isdigit():
        return None
    index = int(tail)
    return index if code_of(index) == code else None


def family_of(index):
    return vocabulary.FAMILIES[index % len(vocabulary.FAMILIES)]


def price_of(dice, index):
    """:return int: cents; prices end the way shops like them."""
    low, high = family_of(index)[4]
    return dice.between(low, high) * 100 + dice.pick((0, 0, 0, 90, 95, 99, 50))


class Articles:
    """Maker of article rows (lists of text in the order of the headers)."""

    def __init__(self, seed, count, contacts, start):
        """:param int contacts: their number on the first day, to name the suppliers."""
        self.seed = seed
        self.count = count
        self.start = start
        self.suppliers = suppliers(contacts)

    def row(self, index, today=None):
        """:return list: the article as it is on the first day, or on the day it is born."""
        dice = Dice(self.seed, "article", index)
        today = today or self.start
        _prefix, family, subfamilies, (noun, noun_nl), _prices = family_of(index)
        collection = dice.pick(vocabulary.COLLECTIONS)
        material, material_nl = dice.pick(vocabulary.MATERIALS)
        price = price_of(dice, index)
        row = [""] * len(C)
        row[C["Code article"]] = code_of(index)
        row[C["Désignation"]] = f"{noun} {collection} {material}"
        if dice.chance(0.7):
            row[C["Désignation NL"]] = f"{noun_nl} {collection} {material_nl}"
        row[C["Famille"]] = family
        row[C["Sous-famille"]] = dice.pick(subfamilies)
        row[C["Code EAN"]] = ean_as_typed(dice, index)
        row[C["Prix de vente HTVA"]] = amounts.decimal(price)
        cost = price * dice.between(38, 62) // 100
        row[C["Prix d'achat"]] = amounts.decimal(cost) if dice.chance(0.9) else ""
        row[C["Taux TVA"]] = dice.pick(vocabulary.VAT_SPELLINGS[dice.weighted(RATE_WEIGHTS)])
        row[C["Fournisseur"]] = dice.pick(self.suppliers)
        discontinued = dice.chance(0.06)
        row[C["Supprimé"]] = "O" if discontinued else "N"
        set_stock(dice, row)
        if not discontinued:
            set_restock(dice, row, today)
        row[C["Remarques"]] = dice.pick(vocabulary.ARTICLE_REMARKS) if dice.chance(0.08) else ""
        row[C["Modifié le"]] = office_stamp(dice, today - timedelta(days=dice.between(0, 399)))
        return row


def suppliers(contacts):
    """:return tuple: codes of the suppliers among the first-day contacts."""
    step = people.BLOCK * people.SUPPLIER_EVERY
    return tuple(people.code_of(index) for index in range(people.SUPPLIER_PLACE, contacts, step))


def ean_as_typed(dice, index):
    """:return str: mostly valid; some wrong in the last digit, some absent, never one twice."""
    code = ean13(f"541{index:09d}")
    habit = dice.below(100)
    if habit < 8:
        return ""
    if habit < 11:
        return f"{code[:-1]}{(int(code[-1]) + 1) % 10}"
    return code


def set_stock(dice, row):
    """Writes stock and display models of every place."""
    parts, total = [], 0
    for place in vocabulary.STOCK_PLACES:
        if place == vocabulary.DEPOT:
            stock, display = dice.pick((0, 0, 1, 2, 4, 8, 12, 30)), 0
        elif dice.chance(0.55):
            stock, display = dice.pick((0, 0, 0, 1, 1, 2, 3)), int(dice.chance(0.3))
        else:
            continue
        total += stock
        parts.append(f"{place}:{stock}/{display}")
    row[C["Stock magasins"]] = "|".join(parts)
    row[C["Stock total"]] = str(total)


def move_stock(dice, row):
    """Sells or receives a few pieces at one of the places; always changes the figures."""
    parts = row[C["Stock magasins"]].split("|")
    chosen = dice.below(len(parts))
    place, figures = parts[chosen].split(":")
    stock, display = (int(figure) for figure in figures.split("/"))
    moved = (
        dice.between(1, 6) if stock == 0 or dice.chance(0.4) else -dice.between(1, min(stock, 3))
    )
    parts[chosen] = f"{place}:{stock + moved}/{display}"
    row[C["Stock magasins"]] = "|".join(parts)
    row[C["Stock total"]] = str(int(row[C["Stock total"]]) + moved)


def set_restock(dice, row, today):
    """Writes what is on order: dated arrivals, or only that a date will follow, or nothing."""
    situation = dice.below(100)
    row[C["Arrivages"]] = row[C["Date de réappro"]] = ""
    if situation < 30:
        first = today + timedelta(days=dice.between(3, 60))
        days = [first, first + timedelta(days=dice.between(14, 40))][: dice.between(1, 2)]
        row[C["Arrivages"]] = "|".join(f"{day(when)}:{dice.between(1, 12)}" for when in days)
        row[C["Date de réappro"]] = day(first)
    elif situation < 45:
        row[C["Date de réappro"]] = vocabulary.NOT_KNOWN_YET


def vat_rate(row):
    """:return int: hundredths of a percent."""
    return amounts.parse(row[C["Taux TVA"]])
