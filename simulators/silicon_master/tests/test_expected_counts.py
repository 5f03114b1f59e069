"""What the ledger expects of an importer is what a naive importer, which reads nothing but the
exports, counts."""

import re
from itertools import pairwise

import pytest

from simulators.silicon_master import Settings, World, expected_counts, first_records, one_night

from .reading import content, is_date, snapshot, tiny_world

ENTITIES = ("contact", "article", "order", "dossier")
#: Column and codes that say of a record that nothing happens to it any more.
FINISHED = {"order": (7, ("LIV", "ANN")), "dossier": (5, ("CLO", "REF"))}
STATED = {
    "contact": {"missing_name": 2, "unknown_parent": 2},
    "article": {"bad_price": 2},
    "order": {"unknown_customer": 3, "unknown_article": 2, "bad_date": 1},
    "dossier": {"unknown_customer": 1},
}


class Importer:
    """Reads a snapshot a night, keeps what it accepted, and counts."""

    def __init__(self, archive_after):
        self.archive_after = archive_after
        self.accepted = {entity: {} for entity in ENTITIES}
        self.absent = {entity: {} for entity in ENTITIES}
        self.archived = {entity: set() for entity in ENTITIES}

    def read(self, snapshot):
        return {entity: self._read(entity, snapshot[entity]) for entity in ENTITIES}

    def _read(self, entity, records):
        accepted, absent = self.accepted[entity], self.absent[entity]
        counts = dict.fromkeys(("created", "updated", "unchanged", "archived", "quarantined"), 0)
        self.causes = getattr(self, "causes", {})
        self.causes[entity] = {}
        # Parents first, wherever they stand.
        order = sorted(records, key=lambda key: entity == "contact" and records[key][0][2] != "")
        for key in order:
            cause = getattr(self, f"_refuse_{entity}")(records[key])
            if cause:
                self.causes[entity][key] = cause
                counts["quarantined"] += 1
                continue
            new = content(entity, records[key])
            missed = key in absent or key in self.archived[entity]
            if key not in accepted:
                counts["created"] += 1
            elif missed and self._is_somebody_else(entity, accepted[key], new):
                counts["created"] += 1
                counts["archived"] += key in absent
            elif accepted[key] != new:
                counts["updated"] += 1
            else:
                assert not missed, "who returns is expected to have changed"
                counts["unchanged"] += 1
            accepted[key] = new
            absent.pop(key, None)
            self.archived[entity].discard(key)
        for key in accepted:
            if key in records or key in self.archived[entity]:
                continue
            place, codes = FINISHED.get(entity, (0, ()))
            if accepted[key][0][place] not in codes:
                absent[key] = absent.get(key, 0) + 1
                if absent[key] == self.archive_after:
                    del absent[key]
                    self.archived[entity].add(key)
                    counts["archived"] += 1
        rows = sum(len(lines) for lines in records.values())
        return {"rows": rows, "keys": len(records), "missing": len(absent), **counts}

    def _is_somebody_else(self, entity, old, new):
        places = (3, 8, 14, 15, 16, 17)  # name, street, VAT, telephone, mobile, e-mail
        return entity == "contact" and all(
            old[0][place] != new[0][place] or not new[0][place] for place in places
        )

    def _refuse_contact(self, rows):
        if not rows[0][3].strip():
            return "missing_name"
        if rows[0][2] and rows[0][2] not in self.accepted["contact"]:
            return "unknown_parent"
        return None

    def _refuse_article(self, rows):
        return None if re.fullmatch(r"\d+(,\d\d?)?", rows[0][6]) else "bad_price"

    def _refuse_order(self, rows):
        if rows[0][3] not in self.accepted["contact"]:
            return "unknown_customer"
        if any(row[17] and row[17] not in self.accepted["article"] for row in rows):
            return "unknown_article"
        return None if is_date(rows[0][2]) else "bad_date"

    def _refuse_dossier(self, rows):
        return None if rows[0][1] in self.accepted["contact"] else "unknown_customer"


def live_and_compare(world, folder, nights, archive_after):
    importer = Importer(archive_after)
    records = first_records(world)
    results = []
    for night in range(nights + 1):
        if night:
            records += one_night(world)
        counted = importer.read(snapshot(world, folder / str(night)))
        expected = expected_counts(records, night, archive_after)
        assert counted == expected, (night, archive_after)
        for record in records[-4:]:
            assert record["defects"] == importer.causes[record["entity"]], night
        results.append(expected)
    return results


@pytest.mark.parametrize("archive_after", [1, 2, 3])
@pytest.mark.parametrize("seed", [1, 2, 3, 42])
def test_tiny_worlds(tmp_path, seed, archive_after):
    live_and_compare(tiny_world(seed), tmp_path, 10, archive_after)


def test_demo_world_archives_and_heals(tmp_path):
    results = live_and_compare(World(Settings.of_size("demo")), tmp_path, 4, 3)
    for entity in ENTITIES:
        parked = [night[entity]["quarantined"] for night in results]
        assert parked[0] == sum(STATED[entity].values())
        healed = any(after < before for before, after in pairwise(parked))
        assert healed or entity == "dossier", "some heal"
    assert [night["contact"]["archived"] > 0 for night in results[2:4]] == [True, True]


def test_first_day_has_the_stated_defects(tmp_path):
    for record in first_records(World(Settings.of_size("demo", seed=9))):
        causes = list(record["defects"].values())
        assert {cause: causes.count(cause) for cause in causes} == STATED[record["entity"]]


def test_a_missing_night_is_an_error():
    world = tiny_world()
    first_records(world)
    records = one_night(world)
    with pytest.raises(ValueError, match="every night"):
        expected_counts(records, 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_mismatched_totals_are_listed(tmp_path, seed):
    world = tiny_world(seed)
    first_records(world)
    for night in range(4):
        record = one_night(world)[2]
        orders = snapshot(world, tmp_path / str(night))["order"]

        def cents(text):
            return int(text.replace(",", ""))

        wrong = [
            key
            for key, rows in orders.items()
            if cents(rows[0][14]) + cents(rows[0][15]) != cents(rows[0][16])
        ]
        assert record["totals_mismatch"] == sorted(wrong)
        assert wrong
