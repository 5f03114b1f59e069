"""What the master itself says it changed: one JSON record for each night and entity.

Fields of a record (all lists hold keys):

* ``night``, ``date`` (ISO), ``entity``
* ``created`` never existed before (night 0: ``all_created`` is true and the list stays empty)
* ``updated`` some column other than *Modifié le* differs; ``touched`` only *Modifié le* differs
* ``vanished`` no longer in the export, merged ones included; ``merged`` old code → code that
  took over (the orders of the old code are among the ``updated`` orders)
* ``finished`` the vanished orders that were delivered or cancelled and the vanished dossiers that
  were closed or refused: they left the export because nothing happens to them any more, and
  whoever reads it keeps them as they are
* ``returned`` vanished earlier, back as the same; ``reused`` vanished earlier, back as another
* ``defects`` key → cause, all of tonight's rows that must be rejected or parked
* ``totals_mismatch`` all of tonight's orders whose totals do not add up (to be accepted, flagged)
* ``events`` of orders and articles, what a customer would want to be told (see ``events.py``), from
  the difference of two snapshots; only of records that were sound before and are tonight
* ``keys``, ``rows`` number of distinct keys and of physical rows in the export
* ``sums`` text amounts to reconcile with, over all keys; ``sums_defective`` the defective part
"""

import json
import os
from pathlib import Path

from .schema import ENTITIES

CHANGE_CODES = ("created", "updated", "touched", "vanished", "returned", "reused")


class Ledger:
    """The file, append-only."""

    def __init__(self, path):
        self.path = Path(path)

    def append(self, records):
        """Writes the records of one night, all of them or (when killed) a part that
        :meth:`drop_after` removes."""
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def records(self):
        """:return list: of dict, oldest first; a half-written last line is left out."""
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="utf-8")
        whole, _newline, _torn = text.rpartition("\n")
        return [json.loads(line) for line in whole.split("\n") if line]

    def drop_after(self, night):
        """Forgets what a killed process wrote of a night that never came to be."""
        records = self.records()
        kept = [record for record in records if record["night"] <= night]
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in kept)
        if not self.path.exists() or self.path.read_text(encoding="utf-8") == lines:
            return
        part = self.path.with_suffix(".part")
        part.write_text(lines, encoding="utf-8")
        os.replace(part, self.path)


def summary(records, night):
    """:return dict: entity → counts of the night's changes, and its reconciliation figures."""
    result = {}
    for record in records:
        if record["night"] == night:
            result[record["entity"]] = {
                **{code: len(record[code]) for code in CHANGE_CODES},
                "merged": len(record["merged"]),
                "defects": len(record["defects"]),
                "totals_mismatch": len(record["totals_mismatch"]),
                **{name: record[name] for name in ("keys", "rows", "sums", "sums_defective")},
            }
    return result


def expected_counts(records, night, archive_after=3):
    """What a careful consumer that has read every snapshot since night 0 reports for ``night``.

    Derived from the ledger alone, without looking at the world.

    :param list records: of :meth:`Ledger.records`
    :param int archive_after: a key absent from that many snapshots in a row is archived on the last
    :return dict: entity → rows (physical), keys, created, updated, unchanged, missing, archived
        (tonight), quarantined; created + updated + unchanged + quarantined = keys
    """
    return {entity: _expected(records, entity, night, archive_after) for entity in ENTITIES}


def _expected(records, entity, night, archive_after):
    mine = sorted(
        (record for record in records if record["entity"] == entity and record["night"] <= night),
        key=lambda record: record["night"],
    )
    if [record["night"] for record in mine] != list(range(night + 1)):
        raise ValueError(f"the ledger does not hold every night up to {night} of {entity}")
    never_accepted = set()  # keys seen only in defective rows so far
    lost = set()  # those of them that are missing now
    absent = {}  # accepted keys missing now -> number of snapshots in a row without them
    archived = set()
    for record in mine:
        result = _consume(record, never_accepted, lost, absent, archived, archive_after)
    return result


def _consume(record, never_accepted, lost, absent, archived, archive_after):
    """One night of the consumer; changes its four memories."""
    defects = record["defects"]
    counts = {"created": 0, "updated": 0, "archived": 0}
    if record.get("all_created"):
        never_accepted.update(defects)
        counts["created"] = record["keys"] - len(defects)

    # A key is only missed by whoever had accepted it, and a finished record by nobody.
    finished = set(record["finished"])
    for key in record["vanished"]:
        if key in never_accepted:
            never_accepted.discard(key)
            lost.add(key)
        elif key not in finished:
            absent[key] = 0

    for key in record["created"]:
        if key in defects:
            never_accepted.add(key)
        else:
            counts["created"] += 1

    # A row that changed: parked while defective; created once it heals, if it was never in.
    healed = never_accepted - defects.keys() - set(record["created"])
    for key in record["updated"]:
        if key not in defects and key not in healed:
            counts["updated"] += 1
    # Healed by its own change, or by the arrival of what it refers to.
    counts["created"] += len(healed)
    never_accepted -= healed

    for key in record["returned"]:
        absent.pop(key, None)
        archived.discard(key)
        if key in defects:
            never_accepted.update(lost & {key})
        else:
            counts["created" if key in lost else "updated"] += 1
        lost.discard(key)

    # Somebody else under an old code: the old record goes now, unless it went before.
    for key in record["reused"]:
        if absent.pop(key, None) is not None:
            counts["archived"] += 1
        archived.discard(key)
        lost.discard(key)
        if key in defects:
            never_accepted.add(key)
        else:
            counts["created"] += 1

    for key in list(absent):
        absent[key] += 1
        if absent[key] >= archive_after:
            del absent[key]
            archived.add(key)
            counts["archived"] += 1

    changed = counts["created"] + counts["updated"] + len(defects)
    return {
        "rows": record["rows"],
        "keys": record["keys"],
        "created": counts["created"],
        "updated": counts["updated"],
        "unchanged": record["keys"] - changed,
        "missing": len(absent),
        "archived": counts["archived"],
        "quarantined": len(defects),
    }
