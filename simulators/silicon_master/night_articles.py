"""What a night does to the articles."""

from . import amounts, articles, defects
from .articles import C
from .schema import ARTICLE

UNREADABLE = "999,-- ?"
BROKEN = "article whose price is unreadable"  # in the notes of the world


def live_articles(changes):
    """New, changed, touched, vanished and returned articles of one night."""
    world, dice = changes.world, changes.dice
    night, count = world.night, world.settings.articles
    _spoil_and_heal(changes, night)
    if night % 4 == 3:
        _return_one(changes)
    if night % 2 == 1:
        for key in changes.choose(ARTICLE, 1 + count // 5000):
            changes.remove(ARTICLE, key)
    for _birth in range(1 + count // 600):
        table = world.tables[ARTICLE]
        number = table.count + len(table.born)
        changes.put(ARTICLE, articles.code_of(number), world.articles.row(number, world.today))
    for key in changes.choose(ARTICLE, 2 + count // 150):
        _change_price(changes, key)
    for key in changes.choose(ARTICLE, 5 + count // 12):
        row = changes.copy(ARTICLE, key)
        articles.move_stock(dice, row)
        changes.put(ARTICLE, key, row)
    for key in changes.choose(ARTICLE, 2 + count // 100, lambda row: row[C["Supprimé"]] == "N"):
        row = changes.copy(ARTICLE, key)
        articles.set_restock(dice, row, world.today)
        changes.put(ARTICLE, key, row)
    for key in changes.choose(ARTICLE, 1 + count // 3000, lambda row: row[C["Supprimé"]] == "N"):
        row = changes.copy(ARTICLE, key)
        row[C["Supprimé"]] = "O"
        row[C["Arrivages"]] = row[C["Date de réappro"]] = ""
        changes.put(ARTICLE, key, row)
    for key in changes.choose(ARTICLE, 2 + count // 200):
        changes.touch(ARTICLE, key)


def _spoil_and_heal(changes, night):
    notes = changes.world.notes
    if night == 2:
        _heal(changes, articles.code_of(defects.PRICE_ON_DEMAND))
    if night % 6 == 4 and notes.get(BROKEN):
        _heal(changes, notes.pop(BROKEN))
    if night % 6 == 2:
        for key in changes.choose(ARTICLE, 1):
            row = changes.copy(ARTICLE, key)
            row[C["Prix de vente HTVA"]] = UNREADABLE
            changes.put(ARTICLE, key, row)
            notes[BROKEN] = key


def _heal(changes, key):
    """A readable price, and not the one there was before: an importer sees an update."""
    row = changes.copy(ARTICLE, key)
    articles.move_stock(changes.dice, row)
    row[C["Prix de vente HTVA"]] = amounts.decimal(changes.dice.between(10000, 99999))
    changes.put(ARTICLE, key, row)


def _change_price(changes, key):
    """Up or down by some percent, at least by a cent."""
    row = changes.copy(ARTICLE, key)
    old = amounts.parse(row[C["Prix de vente HTVA"]])
    new = max(1, old * changes.dice.between(90, 112) // 100)
    row[C["Prix de vente HTVA"]] = amounts.decimal(new if new != old else old + 1)
    changes.put(ARTICLE, key, row)


def _return_one(changes):
    table = changes.world.tables[ARTICLE]
    missing = [key for key, night in table.gone.items() if night < changes.world.night]
    if missing:
        key = changes.dice.pick(missing)
        row = list(table.last_known(key))
        articles.move_stock(changes.dice, row)
        changes.put(ARTICLE, key, row)
