"""The ledger says of a night what two exports show, read by somebody else."""

import pytest

from simulators.silicon_master import Settings, World, first_records, one_night

from .reading import amount, content, snapshot, tiny_world

NIGHTS = 8


def lived(world, folder, nights):
    """:return: per night its ledger records by entity, and the snapshots before and after"""
    first_records(world)
    before = snapshot(world, folder / "0")
    for night in range(1, nights + 1):
        records = {record["entity"]: record for record in one_night(world)}
        after = snapshot(world, folder / str(night))
        yield night, records, before, after
        before = after


@pytest.mark.parametrize("seed", [1, 2, 3, 17])
def test_two_exports_differ_by_what_the_ledger_says(tmp_path, seed):
    seen = {}
    world = tiny_world(seed)
    for night, records, before, after in lived(world, tmp_path, NIGHTS):
        for entity, record in records.items():
            old, new = before[entity], after[entity]
            # Those present on the first day were seen before any night.
            ever = seen.setdefault(entity, set(old))
            changed = [key for key in new if key in old and new[key] != old[key]]
            real = [
                key for key in changed if content(entity, new[key]) != content(entity, old[key])
            ]
            appeared = set(new) - set(old)
            assert record["night"] == night
            assert record["created"] == sorted(appeared - ever)
            assert sorted(record["returned"] + record["reused"]) == sorted(appeared & ever)
            assert record["vanished"] == sorted(set(old) - set(new))
            assert record["updated"] == sorted(real)
            assert record["touched"] == sorted(set(changed) - set(real))
            assert record["keys"] == len(new)
            assert record["rows"] == sum(len(rows) for rows in new.values())
            ever |= set(new)
        for key in records["contact"]["created"] + records["contact"]["reused"]:
            assert after["contact"][key][0][21] == world.today.strftime("%d/%m/%Y")


@pytest.mark.parametrize("seed", [1, 5])
def test_sums_are_those_of_the_export(tmp_path, seed):
    world = tiny_world(seed)
    for _night, records, _before, after in lived(world, tmp_path, 4):
        for part, name in (
            (set, "sums"),
            (records["order"]["defects"].keys().__and__, "sums_defective"),
        ):
            chosen = part(after["order"])
            sums = records["order"][name]
            for shop in ("LIE", "NAM", "CHA", "BXL", "LIL", "WEB"):
                orders = [after["order"][key] for key in sorted(chosen) if key.startswith(shop)]
                assert sums[f"orders_{shop}"] == len(orders)
                for column, figure in ((14, "untaxed"), (15, "vat"), (16, "total")):
                    total = sum(amount(rows[0][column]) for rows in orders)
                    assert amount(sums[f"{figure}_{shop}"]) == total
            assert sums["lines"] == sum(len(after["order"][key]) for key in chosen)
        contacts = [rows[0] for rows in after["contact"].values()]
        for kind in "SPCLF":
            assert records["contact"]["sums"][f"type_{kind}"] == sum(
                row[1] == kind for row in contacts
            )
        assert records["contact"]["sums"]["blocked_O"] == sum(row[19] == "O" for row in contacts)
        articles = [rows[0] for rows in after["article"].values()]
        assert records["article"]["sums"]["stock"] == sum(int(row[11]) for row in articles)
        assert records["article"]["sums"]["discontinued_O"] == sum(
            row[10] == "O" for row in articles
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_happens_in_the_first_three_nights(tmp_path, seed):
    world = World(Settings.of_size("demo", seed=seed))
    happened = {}
    statuses = slipped = partly = 0
    for _night, records, before, after in lived(world, tmp_path, 3):
        for entity, record in records.items():
            for code in (
                "created",
                "updated",
                "touched",
                "vanished",
                "returned",
                "reused",
                "merged",
            ):
                happened[entity, code] = happened.get((entity, code), 0) + len(record[code])
        for key in records["order"]["updated"]:
            old, new = before["order"][key][0], after["order"][key][0]
            statuses += old[7] != new[7]
            partly += new[7] in ("LPA", "ANN") and old[7] != new[7]
            slipped += bool(old[8]) and old[8].split("/")[::-1] < new[8].split("/")[::-1]
    for entity in ("contact", "article", "order", "dossier"):
        for code in ("created", "updated", "touched", "vanished"):
            assert happened[entity, code], (entity, code)
    for code in ("returned", "reused", "merged"):
        assert happened["contact", code], code
    assert happened["article", "returned"]
    assert statuses >= 10 and slipped >= 3 and partly >= 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_reused_code_is_somebody_entirely_different(tmp_path, seed):
    last_seen, reused = {}, 0
    for _night, records, before, after in lived(tiny_world(seed), tmp_path, NIGHTS):
        last_seen.update({key: rows[0] for key, rows in before["contact"].items()})
        for key in records["contact"]["reused"]:
            reused += 1
            old, new = last_seen[key], after["contact"][key][0]
            assert key not in before["contact"]
            for place in (3, 8, 14, 15, 16, 17):  # name, street, VAT, telephone, mobile, e-mail
                assert not new[place] or new[place].strip() != old[place].strip()
            assert not set(old[3].lower().split()) & set(new[3].lower().split())
            owners = {rows[0][3] for rows in after["order"].values()}
            assert key not in owners, "orders of the old one must not become the new one's"
        for key in records["contact"]["returned"]:
            assert last_seen[key][3] == after["contact"][key][0][3]
    assert reused >= 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_merge_moves_the_orders(tmp_path, seed):
    merges = 0
    for _night, records, before, after in lived(tiny_world(seed), tmp_path, NIGHTS):
        for old, new in records["contact"]["merged"].items():
            merges += 1
            assert old in records["contact"]["vanished"] and new in after["contact"]
            moved = [key for key, rows in before["order"].items() if rows[0][3] == old]
            assert moved
            for key in moved:
                assert after["order"][key][0][3] == new
                assert key in records["order"]["updated"]
    assert merges >= 2


def test_a_share_is_updated_and_nothing_else(tmp_path):
    world = World(Settings.of_size("demo"))
    first_records(world)
    for record in one_night(world, share=0.05):
        assert len(record["updated"]) == round(record["keys"] * 0.05)
        others = ("created", "touched", "vanished", "returned", "reused", "merged")
        assert not any(record[code] for code in others)


def test_a_long_life(tmp_path):
    """Sixty nights in the smallest world: nobody runs out of customers, defects or codes."""
    world = tiny_world()
    first_records(world)
    for _night in range(60):
        records = {record["entity"]: record for record in one_night(world)}
    assert records["contact"]["keys"] > 40
    after = snapshot(world, tmp_path)
    assert {entity: len(keys) for entity, keys in after.items()} == {
        entity: record["keys"] for entity, record in records.items()
    }
