"""The events in the ledger are those which two exports, read by somebody else, show."""

from datetime import datetime

import pytest

from simulators.silicon_master import Settings, World, defects, first_records, one_night, people
from simulators.silicon_master.changes import Changes
from simulators.silicon_master.dice import Dice
from simulators.silicon_master.events import KINDS
from simulators.silicon_master.night import settle
from simulators.silicon_master.night_dossiers import live_dossiers
from simulators.silicon_master.schema import ARTICLE, COLUMN, DOSSIER, ORDER

from .reading import snapshot, tiny_world

STATUSES = {
    "PAE": "ready",
    "EXP": "shipped",
    "LIV": "delivered",
    "TEC": "attempt_failed",
    "ANN": "cancelled",
}


def day(text):
    return datetime.strptime(text, "%d/%m/%Y").date()


def events_between(old, new):
    """:param old, new: rows of one order in two exports."""
    head, was = new[0], old[0]
    if head[7] != was[7] and head[7] in STATUSES:
        yield {"kind": STATUSES[head[7]], "key": head[0], "old": was[7], "new": head[7]}
    if head[8] and was[8] and head[8] != was[8]:
        before, after = day(was[8]), day(head[8])
        yield {
            "kind": "date_moved",
            "key": head[0],
            "old": str(before),
            "new": str(after),
            "days": (after - before).days,
        }
    lines = {row[1]: row[26] for row in old}
    for row in new:
        if row[26] == "I" and lines.get(row[1], "I") != "I":
            yield {
                "kind": "line_unavailable",
                "key": head[0],
                "old": lines[row[1]],
                "new": "I",
                "line": int(row[1]),
            }


def by_text(events):
    return sorted(events, key=repr)


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_two_exports_show_the_events_of_the_ledger(tmp_path, seed):
    world = World(Settings.of_size("demo", seed=seed))
    known = {record["entity"]: set(record["defects"]) for record in first_records(world)}
    before = snapshot(world, tmp_path / "0")
    last_stock = {key: int(rows[0][11]) for key, rows in before["article"].items()}
    happened = set()
    for night in range(1, 6):
        records = {record["entity"]: record for record in one_night(world)}
        after = snapshot(world, tmp_path / str(night))
        expected = [
            event
            for key, rows in after["order"].items()
            if key in before["order"]
            and key not in known["order"]
            and key not in records["order"]["defects"]
            for event in events_between(before["order"][key], rows)
        ]
        assert by_text(records["order"]["events"]) == by_text(expected)
        restocked = {
            key: (str(last_stock[key]), rows[0][11])
            for key, rows in after["article"].items()
            if key in last_stock
            and key not in known["article"]
            and key not in records["article"]["defects"]
            and last_stock[key] <= 0 < int(rows[0][11])
        }
        told = records["article"]["events"]
        assert {event["key"]: (event["old"], event["new"]) for event in told} == restocked
        assert {event["kind"] for event in told} <= {"restocked"}
        happened |= {event["kind"] for event in (*told, *expected)}
        for entity in known:  # once sound, known for ever
            sound = after[entity].keys() - records[entity]["defects"].keys()
            known[entity] = (known[entity] | set(records[entity]["defects"])) - sound
        last_stock |= {key: int(rows[0][11]) for key, rows in after["article"].items()}
        before = after
    assert happened >= {"date_moved", "line_unavailable", "restocked", "ready", "delivered"}


def kinds_of(records):
    return {event["kind"] for record in records for event in record["events"]}


def test_all_that_is_asked_for_happens_in_one_night():
    world = World(Settings.of_size("demo"))
    first_records(world)
    assert kinds_of(one_night(world, events=KINDS)) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_for_happens_in_the_smallest_world(kind):
    world = tiny_world()
    first_records(world)
    assert kind in kinds_of(one_night(world, events=(kind,)))


def test_orders_come_later_and_earlier():
    world = World(Settings.of_size("demo"))
    first_records(world)
    days = [
        event["days"]
        for _night in range(3)
        for event in one_night(world)[2]["events"]
        if event["kind"] == "date_moved"
    ]
    assert min(days) < 0 < max(days)


def test_no_such_event():
    world = tiny_world()
    first_records(world)
    with pytest.raises(ValueError, match="line_unavailable"):
        one_night(world, events=("explosion",))


def night_of(world):
    world.night += 1
    return Changes(world, Dice(world.settings.seed, "bad", world.night))


def test_who_was_never_sound_has_no_events():
    """An order that could never be read is new to whoever reads it, however it changed."""
    world = tiny_world()
    first_records(world)
    changes = night_of(world)
    sound = changes.choose(ORDER, 1, lambda order: order.status != "ANN")[0]
    healed = world.orders.key_of(defects.NO_SUCH_DAY)
    for key in (sound, healed):
        order = changes.copy(ORDER, key)
        order.date, order.status = order.date.replace("31/02/", "28/02/"), "ANN"
        changes.put(ORDER, key, order)
    record = settle(world, changes, ORDER)
    assert healed not in record["defects"]
    assert [event["key"] for event in record["events"]] == [sound]


@pytest.mark.parametrize(("stock", "events"), [("0", 1), ("3", 0)])
def test_an_article_that_returns_with_stock(stock, events):
    world = tiny_world()
    first_records(world)
    changes = night_of(world)
    place = COLUMN[ARTICLE]["Stock total"]
    key = changes.choose(ARTICLE, 1)[0]
    row = changes.copy(ARTICLE, key)
    row[place] = stock
    changes.put(ARTICLE, key, row)
    settle(world, changes, ARTICLE)
    changes = night_of(world)
    changes.remove(ARTICLE, key)
    settle(world, changes, ARTICLE)
    changes = night_of(world)
    changes.put(ARTICLE, key, [*row[:place], "5", *row[place + 1 :]])
    record = settle(world, changes, ARTICLE)
    assert record["returned"] == [key] and len(record["events"]) == events


def test_dossiers_follow_a_merge():
    world = tiny_world()
    first_records(world)
    changes = night_of(world)
    place = COLUMN[DOSSIER]["Code client"]
    keys = changes.choose(DOSSIER, 2)
    old = changes.get(DOSSIER, keys[0])[place]
    changes.merged[old] = new = people.code_of(5)
    live_dossiers(changes.aside("dossier_night"))
    assert changes.get(DOSSIER, keys[0])[place] == new
    record = settle(world, changes, DOSSIER)
    assert keys[0] in record["updated"]
    assert old not in {row[place] for _key, row in world.tables[DOSSIER]}
