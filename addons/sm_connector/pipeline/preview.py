"""Preview: what the plan would do, found out by doing it and taking it back.

Each batch goes through the very code of a night, inside a savepoint that is rolled back: what Odoo
refuses tonight it refuses now. What a row refers to and is itself only planned is put in first, in
the same savepoint. Kept are the outcome of every row and, field by field, what would change.

Nothing of it can be seen from outside, and a record is locked no longer than its batch takes.
"""

import json
from contextlib import contextmanager

from odoo.tools import groupby

from . import snapshot
from .applier import Planned, refused
from .appliers import APPLIERS
from .apply import ROW_FAULTS, BatchApplier, collector_paused
from .plan import error_json

#: Causes that heal by themselves when what a row refers to arrives.
PARKED = ("incomplete", "unknown_parent", "unknown_customer", "unknown_article", "unknown_order")
WRITTEN = ("create", "update", "reuse")
LEFT = ("archive", "missing", "close")
BAD = ("parked", "ambiguous", "quarantine", "changed")


def remember(cr, line_id, applier):
    """Note in the plan what its rows were computed from, to tell later whether that still holds.

    :param applier: the class of the line's entity
    """
    cr.execute(
        f"""
        UPDATE sm_plan p
           SET link_hash = l.source_hash, stamp = {applier.stamp_sql},
               outcome = CASE p.op WHEN 'touch' THEN 'same' WHEN 'quarantine' THEN 'quarantine' END
          FROM sm_plan q
          LEFT JOIN sm_link l ON l.id = q.link_id
          LEFT JOIN {applier.table()} r ON r.id = q.res_id
         WHERE q.line_id = %s AND p.id = q.id
        """,
        [line_id],
    )


def outcome_of(error) -> str:
    """Return what becomes of a row with an error."""
    if error.cause in PARKED:
        return "parked"
    return "ambiguous" if error.cause == "ambiguous_match" else "quarantine"


class Rehearsal(BatchApplier):
    """Applies planned rows for as long as a savepoint lasts."""

    def __init__(self, line, others):
        """
        :param sm.run.line line: its plan is rehearsed
        :param Others others: gives the rehearsals of what the rows refer to
        """
        super().__init__(line.env, line.id, line.feed_id)
        self.others = others
        self.errors = {}
        self.done = []
        self.old = {}
        self.new_keys = set()
        self._put_before = set()
        # what a row refers to is asked of the applier, which finds it linked as in the night
        self._linked = self.applier.linked
        self.applier.linked = self._linked_as_planned

    def _linked_as_planned(self, entity, column, keys):
        other = self.others[entity]
        if other and other.put_first({key for key in keys if key}):
            self.applier.forget()  # codes that are new with what was put in
        return self._linked(entity, column, keys)

    def put_first(self, keys) -> bool:
        """Apply the planned rows of ``keys``: another row refers to them.

        :return: whether there were any
        """
        keys = sorted(keys - self._put_before)
        self._put_before.update(keys)  # also ends a circle of parents
        if not keys:
            return False
        self.cr.execute(
            f"SELECT {Planned.COLUMNS} FROM sm_plan WHERE line_id = %s AND key = ANY(%s)"
            " AND op IN %s AND (outcome IS NULL OR outcome NOT IN %s) ORDER BY rank, seq",
            [self.line_id, keys, WRITTEN, BAD],
        )
        rows = [Planned.from_row(row) for row in self.cr.fetchall()]
        for _rank, group in groupby(rows, lambda row: row.rank):
            self._apply(group)
        return bool(rows)

    def rehearse(self, rows):
        """Apply ``rows``, remembering how their records were."""
        self.new_keys = {row.key for row in rows if row.op == "create"}
        self._see([row for row in rows if row.res_id])
        self._apply(rows)

    def _see(self, rows):
        records = self.applier.model_env.browse([row.res_id for row in rows]).exists()
        self.old |= snapshot.take(records, self.applier)

    def _waiting_for_parent(self, rows, errors):
        """Override: parents are put in first."""
        return set()

    def _write_together(self, rows):
        """Override: nothing is told to anybody, and the plan stays."""
        self._see([row for row in rows if row.op == "update" and row.res_id not in self.old])
        counts = self._put(rows)
        self.done += rows
        return counts

    def _reject(self, rows, errors):
        """Override: the error is only noted."""
        for row_id, error in errors.items():
            error.field = self.sources.get(error.field, error.field)
            self.errors[row_id] = error
        return [row for row in rows if row.id not in errors]


class Others(dict):
    """The rehearsals of the lines of a run by entity, made when they are asked for."""

    def __init__(self, run):
        super().__init__()
        self._lines = {
            line.entity: line for line in run.line_ids if line.state in ("looking", "planned")
        }

    def __missing__(self, entity):
        line = self._lines.get(entity)
        self[entity] = rehearsal = line and Rehearsal(line, self)
        return rehearsal


class Previewer:
    """Finds out what the plan of one line would do, a batch per call.

    :param sm.run.line line: the line
    """

    def __init__(self, line):
        self.line = line
        self.env = line.env
        self.cr = line.env.cr

    def next_batch(self) -> int:
        """Find out what the next rows would do.

        :return: how many rows; 0 when all are known
        """
        rows = self._fetch(WRITTEN)
        if rows:
            with self._rehearsal() as rehearsal, collector_paused():
                rehearsal.rehearse(rows)
                results = self._results(rehearsal, rows)
        else:
            rows = self._fetch(LEFT)
            if not rows:
                return 0
            with self._rehearsal() as rehearsal:
                results = [self._leave(rehearsal, row) for row in rows]
        self._keep(results)
        return len(results)

    def _fetch(self, operations):
        self.cr.execute(
            f"SELECT {Planned.COLUMNS} FROM sm_plan WHERE line_id = %s AND op IN %s"
            " AND outcome IS NULL ORDER BY rank, seq, id LIMIT %s",
            [self.line.id, operations, APPLIERS[self.line.entity].batch_size],
        )
        rows = [Planned.from_row(row) for row in self.cr.fetchall()]
        return [row for row in rows if row.rank == rows[0].rank]

    @contextmanager
    def _rehearsal(self):
        """Give the applier of a batch, and undo what it does."""
        savepoint = self.cr.savepoint()
        try:
            yield Rehearsal(self.line, Others(self.line.run_id))
        finally:
            savepoint.close(rollback=True)
            # what was to be told after the commit would be told of nothing
            self.cr.postcommit.clear()
            self.env.invalidate_all(flush=False)

    def _results(self, rehearsal, rows):
        """Return ``(plan id, outcome, name, differences, record to link with, error)`` of rows."""
        self.env.invalidate_all()  # stock and the like were written set-based
        applier = rehearsal.applier
        done = {row.id: row for row in rehearsal.done if row.id not in rehearsal.errors}
        records = applier.model_env.browse([row.res_id for row in done.values()])
        known = records.filtered(lambda record: record.id in rehearsal.old)
        new = snapshot.take(known, applier)
        names = {record.id: applier.describe(record) for record in records}
        results = []
        for planned in rows:
            row = done.get(planned.id)
            if row is None:
                error = rehearsal.errors[planned.id]
                name = planned.record.get("name") or ""
                results.append((planned.id, outcome_of(error), name, None, None, error_json(error)))
                continue
            diffs = match_id = None
            if row.op == "update":
                diffs = snapshot.compare(rehearsal.old[row.res_id], new[row.res_id])
                outcome = "update" if diffs else "same"
                if row.key in rehearsal.new_keys:
                    outcome, match_id = "link", row.res_id
            else:
                outcome = "replace" if row.op == "reuse" else "create"
            diffs = json.dumps(diffs, ensure_ascii=False) if diffs else None
            results.append((row.id, outcome, names[row.res_id], diffs, match_id, None))
        return results

    def _leave(self, rehearsal, row):
        """Return the result of a row that the file does not hold."""
        applier, error = rehearsal.applier, None
        record = applier.model_env.browse(row.res_id).exists()
        name = applier.describe(record) if record else ""
        if row.op == "archive":
            try:
                with self.cr.savepoint():
                    applier.archive(record.ids)
                    self.env.flush_all()
            except ROW_FAULTS as exc:
                error = refused(exc)
        outcome = outcome_of(error) if error else row.op
        return row.id, outcome, name, None, None, error and error_json(error)

    def _keep(self, results):
        self.cr.execute_values(
            """
            UPDATE sm_plan p
               SET outcome = v.outcome, name = v.name, diffs = v.diffs, match_id = v.match_id,
                   error = v.error
              FROM (VALUES %s) v (id, outcome, name, diffs, match_id, error)
             WHERE p.id = v.id
            """,
            results,
            template="(%s, %s, %s, %s, %s::integer, %s)",
            page_size=len(results),
        )
        matched = [
            row_id for row_id, _outcome, _name, _diffs, match_id, _error in results if match_id
        ]
        if matched:
            applier = APPLIERS[self.line.entity]
            self.cr.execute(
                f"UPDATE sm_plan p SET stamp = {applier.stamp_sql} FROM {applier.table()} r"
                " WHERE p.id = ANY(%s) AND r.id = p.match_id",
                [matched],
            )
