"""What a night does to the return and after-sales dossiers."""

from datetime import timedelta

from . import defects, dossiers, vocabulary
from .dice import Dice
from .dossiers import CLOSED, FINISHED, HAS_GOODS, OPEN, PLANNED, REFUSED, UNEXPLAINED, WAITING, D
from .moment import day, later, parse_day
from .schema import DOSSIER, ORDER

# What comes after a state, with weights.
NEXT = {
    OPEN: ((WAITING, 4), (PLANNED, 4), (REFUSED, 1), (UNEXPLAINED, 1)),
    WAITING: ((PLANNED, 7), (CLOSED, 2), (REFUSED, 1)),
    PLANNED: ((CLOSED, 8), (WAITING, 2)),
    UNEXPLAINED: ((OPEN, 1),),
}
KEPT = timedelta(days=2)  # a finished dossier stays in the export at least that long


def live_dossiers(changes):
    """New, progressing, postponed, closed, touched, purged and reopened dossiers of one night.

    :param Changes changes: with dice of their own; merges of the night are known already
    """
    night, count = changes.world.night, changes.world.settings.dossiers
    _follow_merges(changes)
    if night % 4 == 3:
        _reopen_one(changes)
    for key in changes.choose(DOSSIER, 1 + count // 15, lambda row: row[D["État"]] in NEXT):
        _move_on(changes, key)
    for key in changes.choose(DOSSIER, 1 + count // 60, lambda row: row[D["État"]] == PLANNED):
        row = changes.copy(DOSSIER, key)
        row[D["Date prévue"]] = day(later(parse_day(row[D["Date prévue"]]), 7))
        changes.put(DOSSIER, key, row)
    for key in changes.choose(DOSSIER, 1 + count // 60, lambda row: row[D["État"]] in NEXT):
        row = changes.copy(DOSSIER, key)
        row[D["Remarques"]] = (
            f"{changes.world.today:%d/%m} {changes.dice.pick(vocabulary.DOSSIER_REMARKS)}"
        )
        changes.put(DOSSIER, key, row)
    for key in changes.choose(DOSSIER, 1 + count // 60):
        changes.touch(DOSSIER, key)
    for key in changes.choose(DOSSIER, 1 + count // 25, lambda row: _may_go(changes, row)):
        changes.remove(DOSSIER, key)
    if night % 4 == 1:  # somebody deleted a dossier that was still open
        for key in changes.choose(DOSSIER, 1, lambda row: row[D["État"]] == OPEN):
            changes.remove(DOSSIER, key)
    _be_born(changes, 1 + count // 20)


def _follow_merges(changes):
    """The dossiers of a code that disappears go to the code that takes over."""
    if not changes.merged:
        return
    customer = D["Code client"]
    moved = [key for key, row in changes.world.tables[DOSSIER] if row[customer] in changes.merged]
    for key in moved:
        row = changes.copy(DOSSIER, key)
        row[customer] = changes.merged[row[customer]]
        changes.put(DOSSIER, key, row)


def _move_on(changes, key):
    dice, today = changes.dice, changes.world.today
    row = changes.copy(DOSSIER, key)
    row[D["État"]] = dice.weighted(NEXT[row[D["État"]]])
    if row[D["État"]] == PLANNED:
        row[D["Date prévue"]] = day(later(today, dice.between(2, 21)))
    elif row[D["État"]] in FINISHED:
        row[D["Clôturé le"]] = day(today)
    changes.put(DOSSIER, key, row)


def _may_go(changes, row):
    closed = row[D["Clôturé le"]]
    return row[D["État"]] in FINISHED and parse_day(closed) <= changes.world.today - KEPT


def _reopen_one(changes):
    """A closed dossier that had left the export is opened again."""
    world, table = changes.world, changes.world.tables[DOSSIER]
    gone = [
        key
        for key, night in table.gone.items()
        if night < world.night and table.last_known(key)[D["État"]] in FINISHED
    ]
    if gone:
        key = changes.dice.pick(gone)
        row = list(table.last_known(key))
        # Whose code was merged away meanwhile is known under the other one.
        row[D["Code client"]] = world.merged.get(row[D["Code client"]], row[D["Code client"]])
        row[D["État"]], row[D["Clôturé le"]], row[D["Date prévue"]] = OPEN, "", ""
        changes.put(DOSSIER, key, row)


def _be_born(changes, number):
    world = changes.world
    table = world.tables[DOSSIER]
    lost = world.night % 3 == 2
    found = changes.choose(ORDER, number, lambda order: order.status in HAS_GOODS)
    for turn, order_key in enumerate(found):
        index = table.count + len(table.born)
        key = dossiers.key_of(index)
        dice = Dice(world.settings.seed, "dossier", index, 2)
        row = world.dossiers.draw(dice, key, changes.get(ORDER, order_key), world.today)
        if lost and turn == 0:
            row[D["N° commande"]] = defects.UNKNOWN_ORDER_NUMBER.format(number=world.night)
        changes.put(DOSSIER, key, row)
