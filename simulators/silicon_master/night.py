"""One night: the world lives what a week of real life brings, and the ledger gets it in writing."""

from . import articles, defects, dossiers, phones, sums
from .changes import Changes
from .dice import Dice
from .events import article_events, order_events
from .ledger import CHANGE_CODES
from .night_articles import live_articles
from .night_contacts import live_contacts
from .night_dossiers import live_dossiers
from .night_events import ask_for, live_events
from .night_orders import live_orders
from .order import FINISHED
from .schema import ARTICLE, COLUMN, CONTACT, DOSSIER, ENTITIES, ORDER
from .world import without_stamp

EVENTS_OF = {ORDER: order_events, ARTICLE: article_events}


def first_records(world):
    """Judges and counts the first snapshot. :return list: the ledger's records of night 0."""
    records = []
    for entity in ENTITIES:
        table = world.tables[entity]
        total, rows = sums.nothing(entity), 0
        for key, record in table:
            rows += len(world.rows_of(entity, record))
            sums.add(total, entity, record, world.settings.rounding)
            if entity == ORDER and record.off_by:
                world.mismatched[key] = None
        world.totals[entity] = {"rows": rows, "sums": total}
        suspects = [
            table.key_of(index) for index in range(min(table.count, defects.FIRST_SUSPECTS))
        ]
        world.judge(entity, suspects, new=suspects)
        codes = {code: [] for code in CHANGE_CODES}
        record = _record(world, entity, codes, {})
        records.append({**record, "events": [], "all_created": True})
    return records


def one_night(world, share=None, events=()):
    """Moves the world to the next day.

    :param float share: when given, exactly that share of every entity is updated and nothing else
        happens (for measurements)
    :param events: kinds of ``events.KINDS`` of which one more shall happen tonight
    :return list: the ledger's records of the night
    """
    world.night += 1
    changes = Changes(world, Dice(world.settings.seed, "night", world.night))
    if share is None:
        aside = changes.aside("aside")
        live_contacts(changes)
        live_articles(changes)
        ask_for(aside, events)
        live_orders(changes)
        live_events(aside)
        live_dossiers(changes.aside("dossier_night"))
    else:
        _update_share(changes, share)
    world.merged.update(changes.merged)
    return [settle(world, changes, entity) for entity in ENTITIES]


def _update_share(changes, share):
    dice = changes.dice
    for entity in ENTITIES:
        table = changes.world.tables[entity]
        for key in changes.choose(entity, round(share * len(table))):
            record = changes.copy(entity, key)
            if entity == CONTACT:
                record[COLUMN[CONTACT]["GSM"]] = phones.mobile(dice, "BE")
            elif entity == ARTICLE:
                articles.move_stock(dice, record)
            elif entity == ORDER:
                record.remarks = f"{record.remarks} / rappel {changes.world.night}".strip(" /")
            else:
                place = COLUMN[DOSSIER]["Remarques"]
                record[place] = f"{record[place]} / rappel {changes.world.night}".strip(" /")
            changes.put(entity, key, record)


def settle(world, changes, entity):
    """Compares before and after, counts, judges. :return dict: the ledger's record"""
    table, total = world.tables[entity], world.totals[entity]
    codes = {code: [] for code in CHANGE_CODES}
    finished = []
    unsound = set(world.never_sound[entity])
    for key, (before, existed) in changes.before[entity].items():
        after = table.get(key)
        for record, sign in ((before, -1), (after, 1)):
            if record:
                sums.add(total["sums"], entity, record, world.settings.rounding, sign)
                total["rows"] += sign * len(world.rows_of(entity, record))
        if entity == ORDER:
            world.mismatched.pop(key, None)
            if after and after.off_by:
                world.mismatched[key] = None
        if before and not after and _is_finished(entity, before):
            finished.append(key)
        code = _code(world, entity, before, after, existed, key in changes.reused)
        if code:
            codes[code].append(key)
    # Besides the changed rows, those that a newcomer may heal.
    suspects = [*world.never_sound[entity], *world.defects[entity], *changes.before[entity]]
    world.judge(
        entity, dict.fromkeys(suspects), new=dict.fromkeys(codes["created"] + codes["reused"])
    )
    merged = changes.merged if entity == CONTACT else {}
    record = _record(world, entity, codes, merged, finished)
    return {**record, "events": _events(world, changes, entity, unsound)}


def _events(world, changes, entity, unsound):
    """What is worth telling a customer, of the records that an importer knew and can still read.

    :param unsound: keys that were defective in every snapshot before tonight's
    """
    compare = EVENTS_OF.get(entity)
    if compare is None:
        return []
    table, found = world.tables[entity], []
    for key, (before, existed) in sorted(changes.before[entity].items()):
        after = table.get(key)
        if not existed or after is None or key in unsound or key in world.defects[entity]:
            continue
        found += compare(before or changes.last_known[entity][key], after)
    return found


def _is_finished(entity, record):
    """:return bool: nothing happens to the record any more."""
    if entity == ORDER:
        return record.status in FINISHED
    return entity == DOSSIER and record[COLUMN[DOSSIER]["État"]] in dossiers.FINISHED


def _code(world, entity, before, after, existed, reused):
    """:return str: what happened to a key between two snapshots, None for nothing."""
    if before is None and after is None:
        return None
    if before is None:
        return "reused" if reused else "returned" if existed else "created"
    if after is None:
        return "vanished"
    old, new = world.rows_of(entity, before), world.rows_of(entity, after)
    if old == new:
        return None
    same = [without_stamp(entity, row) for row in old] == [
        without_stamp(entity, row) for row in new
    ]
    return "touched" if same else "updated"


def _record(world, entity, codes, merged, finished=()):
    table, total = world.tables[entity], world.totals[entity]
    defective = sums.nothing(entity)
    for key in world.defects[entity]:
        sums.add(defective, entity, table.get(key), world.settings.rounding)
    return {
        "night": world.night,
        "date": world.today.isoformat(),
        "entity": entity,
        **{code: sorted(keys) for code, keys in codes.items()},
        "merged": dict(sorted(merged.items())),
        "finished": sorted(finished),
        "defects": dict(sorted(world.defects[entity].items())),
        "totals_mismatch": sorted(world.mismatched) if entity == ORDER else [],
        "keys": len(table),
        "rows": total["rows"],
        "sums": sums.printed(entity, total["sums"]),
        "sums_defective": sums.printed(entity, defective),
    }
