"""Apply: what is planned, in batches, each with its links and its plan rows in one transaction.

A batch that Odoo refuses is halved until the bad rows are alone; they go to quarantine and the rest
goes in. A process that is killed loses the batch it was in and nothing else: the rows that were
applied are no longer planned.
"""

import gc
import logging
from collections import Counter
from contextlib import contextmanager

import psycopg2

from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tools import mute_logger

from ..contract.errors import RowError
from . import match, tables
from .applier import Planned, refused
from .appliers import APPLIERS
from .plan import error_json

_logger = logging.getLogger(__name__)

BATCH = {entity: applier.batch_size for entity, applier in APPLIERS.items()}
MAX_RANK = 5  # how deep contacts of contacts may be nested
# Odoo's rules and the database's constraints speak of one row; anything else is not its fault
ROW_FAULTS = (
    UserError,
    ValidationError,
    AccessError,
    RedirectWarning,
    ValueError,
    psycopg2.IntegrityError,
    psycopg2.DataError,
)


@contextmanager
def collector_paused():
    """Pause the cyclic garbage collector: a batch makes many objects and no garbage to speak of."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class BatchApplier:
    """Applies the plan of one line of a run, a batch per call."""

    def __init__(self, env, line_id, feed):
        self.cr = env.cr
        self.line_id = line_id
        self.backend_id = feed.backend_id.id
        self.applier = APPLIERS[feed.entity](env, feed)
        self.entity = feed.entity
        self.column = self.applier.link_field
        self.sources = {rule.target: rule.source for rule in feed.mapping_ids._get_rules()}

    # === ONE BATCH === #

    def next_batch(self):
        """Apply the next rows of the plan.

        :return: what became of them: ``taken`` from the plan, ``created``, ``updated``,
            ``archived``, and of these ``gone`` from the export; empty when nothing is left.
            Rejected rows are back in the plan as quarantine.
        :rtype: Counter
        """
        rows = self._fetch(("create", "update", "reuse"))
        if rows:
            return self._apply(rows)
        rows = self._fetch(("archive",))
        if rows:
            return self._archive(rows)
        self.applier.settle()
        return Counter()

    def _fetch(self, operations):
        self.cr.execute(
            f"SELECT {Planned.COLUMNS} FROM sm_plan WHERE line_id = %s AND op IN %s"
            " ORDER BY rank, seq LIMIT %s",
            [self.line_id, operations, BATCH[self.entity]],
        )
        return [Planned.from_row(row) for row in self.cr.fetchall()]

    def _apply(self, rows):
        rank = rows[0].rank
        rows = [row for row in rows if row.rank == rank]
        counts = Counter(taken=len(rows))
        rows = self._resolve(rows)
        with collector_paused():
            self._write(rows, counts)
        return counts

    def _resolve(self, rows):
        """Find what the rows refer to and which are already in Odoo; set aside those that fail."""
        errors = self.applier.check(rows) | self._in_other_currency(rows)
        waiting = self._waiting_for_parent(rows, errors)
        rows = self._reject(rows, errors)
        rows = [row for row in rows if row.id not in waiting]
        new = [row for row in rows if row.op == "create"]
        matches = match.resolve(self.applier, new) if new else {}
        for row in new:
            if isinstance(matches.get(row.id), int):
                row.op, row.res_id = "update", matches[row.id]
        return self._reject(
            rows, {id_: error for id_, error in matches.items() if not isinstance(error, int)}
        )

    def _in_other_currency(self, rows):
        """Return the errors of rows whose amounts are not in the company's currency."""
        own = self.applier.company.currency_id.name
        return {
            row.id: RowError("other_currency", f"not {own}", "currency", currency, row.seq)
            for row in rows
            if (currency := row.record.get("currency")) and currency.upper() != own
        }

    def _waiting_for_parent(self, rows, errors):
        """Move contacts whose parent is itself a contact further back in the same plan."""
        wanted = {
            row.record["parent_code"]: row.id
            for row in rows
            if row.id in errors and errors[row.id].cause == "unknown_parent"
        }
        if not wanted or rows[0].rank >= MAX_RANK:
            return set()
        self.cr.execute(
            """
            UPDATE sm_plan child SET rank = child.rank + 1
             WHERE child.id = ANY(%s)
               AND EXISTS (SELECT 1 FROM sm_plan parent
                            WHERE parent.line_id = child.line_id AND parent.op = 'create'
                              AND parent.key = child.record::json ->> 'parent_code')
         RETURNING child.id
            """,
            [[row.id for row in rows if row.id in errors]],
        )
        waiting = {row_id for (row_id,) in self.cr.fetchall()}
        for row_id in waiting:
            del errors[row_id]
        return waiting

    def _write(self, rows, counts):
        """Write ``rows``; when Odoo refuses them, halve until the bad ones are alone."""
        if not rows:
            return
        try:
            with self.applier.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                done = self._write_together(rows)
        except ROW_FAULTS as exc:
            if len(rows) == 1:
                _logger.info("%s %s refused: %s", self.entity, rows[0].key, exc)
                self._reject(rows, {rows[0].id: refused(exc)})
                return
            self.applier.env.invalidate_all(flush=False)
            self.applier.forget()
            half = len(rows) // 2
            self._write(rows[:half], counts)
            self._write(rows[half:], counts)
        else:
            counts.update(done)

    def _write_together(self, rows):
        before = self.applier.observe(rows)
        counts = self._put(rows)
        self.applier.record_events(rows, before)
        self.cr.execute("DELETE FROM sm_plan WHERE id = ANY(%s)", [[row.id for row in rows]])
        return counts

    def _put(self, rows):
        """Create, update and link the records of ``rows``, all or none.

        :return: ``created``, ``updated``, ``archived``
        :rtype: Counter
        """
        new = [row for row in rows if row.op in ("create", "reuse")]
        known = [row for row in rows if row.op == "update"]
        counts = Counter(created=len(new), updated=len(known))
        reused = [row for row in new if row.op == "reuse"]
        if reused:
            counts["archived"] = self._retire(reused)
        if new:
            records = self.applier.insert(new)
            for row, record in zip(new, records, strict=True):
                row.res_id = record.id
        if known:
            self.applier.update(known)
        self.applier.env.flush_all()
        self.applier.finish(rows)
        self._link(rows)
        return counts

    # === LINKS === #

    def _link(self, rows):
        """Remember the key, the record and the hashes of rows that were written."""
        self.cr.execute_values(
            f"""
            INSERT INTO sm_link AS l (backend_id, entity, external_id, {self.column}, source_hash,
                content_hash, state, is_primary, missing_count, synced_at, create_date,
                write_date, create_uid, write_uid)
            VALUES %s
            ON CONFLICT (backend_id, entity, external_id) WHERE state != 'retired' DO UPDATE
               SET {self.column} = excluded.{self.column}, source_hash = excluded.source_hash,
                   content_hash = excluded.content_hash, state = 'linked', missing_count = 0,
                   missing_since = NULL, synced_at = excluded.synced_at,
                   write_date = excluded.write_date
            """,
            [
                (
                    self.backend_id,
                    self.entity,
                    row.key,
                    row.res_id,
                    psycopg2.Binary(row.source_hash),
                    psycopg2.Binary(row.content_hash),
                )
                for row in rows
            ],
            template="(%s, %s, %s, %s, %s, %s, 'linked', true, 0, now() AT TIME ZONE 'UTC',"
            " now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1, 1)",
            page_size=len(rows),
        )
        self.applier.env["sm.link"].invalidate_model()
        records = self.applier.model_env.browse([row.res_id for row in rows])
        records.invalidate_recordset(["sm_link_ids"], flush=False)

    def _retire(self, rows):
        """Archive the records whose key the master gave to somebody else.

        :return: how many were not archived before
        :rtype: int
        """
        self.cr.execute(
            f"UPDATE sm_link SET state = 'retired' WHERE id = ANY(%s) RETURNING {self.column}",
            [[row.link_id for row in rows]],
        )
        ids = {record_id for (record_id,) in self.cr.fetchall() if record_id}
        self._hand_over([row.link_id for row in rows])
        ids -= self._known_by_another_key(list(ids))
        active = self.applier.model_env.browse(ids).filtered("active")
        self.applier.archive(active.ids)
        return len(active)

    def _hand_over(self, link_ids):
        """Let another key rule the record of a key that is gone, from the next run on."""
        self.cr.execute(
            f"""
            WITH heir AS (
                SELECT gone.id AS gone_id, min(o.id) AS id
                  FROM sm_link gone
                  JOIN sm_link o ON o.{self.column} = gone.{self.column}
                                AND o.backend_id = gone.backend_id AND NOT o.is_primary
                                AND o.state IN ('linked', 'missing')
                 WHERE gone.id = ANY(%s) AND gone.is_primary
                 GROUP BY gone.id)
            UPDATE sm_link l
               SET is_primary = l.id = heir.id,
                   source_hash = CASE WHEN l.id = heir.id THEN NULL ELSE l.source_hash END,
                   content_hash = CASE WHEN l.id = heir.id THEN NULL ELSE l.content_hash END
              FROM heir
             WHERE l.id IN (heir.id, heir.gone_id)
            """,
            [link_ids],
        )

    def _known_by_another_key(self, ids, but=0):
        """Return those of ``ids`` that the master has under another key too: merged in Odoo."""
        self.cr.execute(
            f"SELECT {self.column} FROM sm_link WHERE {self.column} = ANY(%s) AND id != %s"
            " AND state IN ('linked', 'missing')",
            [ids, but],
        )
        return {record_id for (record_id,) in self.cr.fetchall()}

    def _archive(self, rows):
        counts = Counter(taken=len(rows))
        for row in rows:
            try:
                with self.applier.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                    if not self._known_by_another_key([row.res_id], but=row.link_id):
                        self.applier.archive([row.res_id])
                        self.applier.env.flush_all()
            except ROW_FAULTS as exc:
                # an internal user's contact, for example: it stays, and is tried again next time
                self._reject([row], {row.id: refused(exc)})
            else:
                counts.update(archived=1, gone=1)
                self.cr.execute(
                    "UPDATE sm_link SET state = 'archived' WHERE id = %s", [row.link_id]
                )
                self._hand_over([row.link_id])
                self.cr.execute("DELETE FROM sm_plan WHERE id = %s", [row.id])
        return counts

    # === QUARANTINE === #

    def _reject(self, rows, errors):
        """Turn the rows that have an error into quarantine; return the others."""
        for error in errors.values():
            # a person knows the column of the export, not our name of it
            error.field = self.sources.get(error.field, error.field)
        if errors:
            self.cr.execute_values(
                "UPDATE sm_plan p SET op = 'quarantine', error = v.error, record = NULL"
                " FROM (VALUES %s) v (id, error) WHERE p.id = v.id",
                [(row.id, error_json(errors[row.id])) for row in rows if row.id in errors],
            )
        return [row for row in rows if row.id not in errors]


class ExactApplier(BatchApplier):
    """Applies what a dry run has shown, and nothing else.

    A row that would do anything else by now is left alone and stays in the plan as ``changed``.
    """

    def __init__(self, env, line_id, feed):
        super().__init__(env, line_id, feed)
        self._errors = {}

    def _apply(self, rows):
        counts = super()._apply(rows)
        self._leave_alone()
        return counts

    def _archive(self, rows):
        counts = super()._archive(rows)
        self._leave_alone()
        return counts

    def _resolve(self, rows):
        new = {row.id for row in rows if row.op == "create"}
        self.cr.execute(
            "SELECT id FROM sm_plan WHERE id = ANY(%s) AND outcome = 'ambiguous'", [list(new)]
        )
        asked = {row_id for (row_id,) in self.cr.fetchall()}
        rows = super()._resolve(rows)
        for row_id in asked:
            # still open: it is put before a person, as in a night
            self._errors.pop(row_id, None)
        error = RowError("refused", "by now Odoo has a record that fits, or a person has decided")
        late = [row for row in rows if row.id in asked or row.id in new and row.op != "create"]
        return self._reject(rows, {row.id: error for row in late})

    def _reject(self, rows, errors):
        """Override: it was fine when it was shown."""
        self._errors |= errors
        return super()._reject(rows, errors)

    def _leave_alone(self):
        """Take rows that are no longer what was shown out of what is applied."""
        if self._errors:
            self.cr.execute(
                "UPDATE sm_plan SET op = 'changed', outcome = 'changed' WHERE id = ANY(%s)",
                [list(self._errors)],
            )
        self._errors = {}


def prepare(cr, line_id, backend_id, entity):
    """Turn the plan of a dry run into one to apply, without the rows which are out of date.

    A row is out of date when its link or its record is no longer what it was computed from.

    :return: how many are left alone
    :rtype: int
    """
    applier = APPLIERS[entity]
    cr.execute(
        f"""
        UPDATE sm_plan p
           SET op = 'changed', outcome = 'changed'
          FROM sm_plan q
          LEFT JOIN sm_link l ON l.backend_id = %(backend)s AND l.entity = %(entity)s
                             AND l.external_id = q.key AND l.state != 'retired'
          LEFT JOIN {applier.table()} r ON r.id = coalesce(q.res_id, q.match_id)
         WHERE q.line_id = %(line)s AND p.id = q.id AND q.op != 'quarantine'
           AND (l.id IS DISTINCT FROM q.link_id
                OR l.source_hash IS DISTINCT FROM q.link_hash
                OR l.{applier.link_field} IS DISTINCT FROM q.res_id
                OR {applier.stamp_sql} IS DISTINCT FROM q.stamp)
        """,
        {"line": line_id, "backend": backend_id, "entity": entity},
    )
    count = cr.rowcount
    cr.execute(
        "UPDATE sm_plan SET op = 'quarantine', record = NULL"
        " WHERE line_id = %s AND op != 'changed'"
        " AND outcome IN ('parked', 'quarantine')",
        [line_id],
    )
    cr.execute(
        "UPDATE sm_plan SET op = 'update', res_id = match_id"
        " WHERE line_id = %s AND op = 'create' AND match_id IS NOT NULL",
        [line_id],
    )
    return count


def touch(cr, line_id):
    """Note the new raw hash of rows whose meaning did not change, and that they are there."""
    cr.execute(
        """
        UPDATE sm_link l
           SET source_hash = p.source_hash, content_hash = p.content_hash, state = 'linked',
               missing_count = 0, missing_since = NULL
          FROM sm_plan p
         WHERE p.line_id = %s AND p.op = 'touch' AND l.id = p.link_id
        """,
        [line_id],
    )
    cr.execute("DELETE FROM sm_plan WHERE line_id = %s AND op = 'touch'", [line_id])


def quarantine(cr, line, causes) -> int:
    """Move rejected rows from the plan into quarantine, and heal those that are no longer rejected.

    A file that does not hold everything heals only what it holds.

    :param sm.run.line line: the line whose plan has been applied
    :param causes: the causes that ``sm.quarantine`` knows
    :return: number of keys rejected tonight
    """
    feed = line.feed_id
    params = {
        "line": line.id,
        "run": line.run_id.id,
        "backend": feed.backend_id.id,
        "entity": feed.entity,
        "file": line.file_name,
        "causes": list(causes),
        "is_full": line.scope == "full",
    }
    cr.execute(
        """
        INSERT INTO sm_quarantine AS q (backend_id, run_id, entity, external_id, state, cause,
            field_name, value, message, file_name, line, raw, first_seen, last_seen,
            create_uid, write_uid, create_date, write_date)
        SELECT DISTINCT ON (p.key) %(backend)s, %(run)s, %(entity)s, p.key, 'open',
               CASE WHEN p.error::json ->> 'cause' = ANY(%(causes)s)
                    THEN p.error::json ->> 'cause' ELSE 'bad_value' END,
               p.error::json ->> 'field', p.error::json ->> 'value', p.error::json ->> 'message',
               %(file)s, p.seq, p.raw, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1, 1,
               now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
          FROM sm_plan p
         WHERE p.line_id = %(line)s AND p.op = 'quarantine'
         ORDER BY p.key, p.seq
        ON CONFLICT (backend_id, entity, external_id) DO UPDATE
           SET state = CASE WHEN q.state = 'ignored' AND q.raw IS NOT DISTINCT FROM excluded.raw
                            THEN 'ignored' ELSE 'open' END,
               first_seen = CASE WHEN q.state = 'healed' THEN excluded.first_seen
                                 ELSE q.first_seen END,
               healed_at = NULL, run_id = excluded.run_id, cause = excluded.cause,
               field_name = excluded.field_name, value = excluded.value,
               message = excluded.message, file_name = excluded.file_name, line = excluded.line,
               raw = excluded.raw, last_seen = excluded.last_seen
        """,
        params,
    )
    cr.execute(
        """
        UPDATE sm_quarantine q
           SET state = 'healed', healed_at = now() AT TIME ZONE 'UTC'
         WHERE q.backend_id = %(backend)s AND q.entity = %(entity)s AND q.state != 'healed'
           AND q.run_id IS DISTINCT FROM %(run)s -- those of tonight were just marked with it
           AND (%(is_full)s OR EXISTS (SELECT 1 FROM sm_stage s
                                        WHERE s.line_id = %(line)s AND s.key = q.external_id))
           AND NOT EXISTS (SELECT 1 FROM sm_plan p
                            WHERE p.line_id = %(line)s AND p.op = 'changed'
                              AND p.key = q.external_id)
        """,
        params,
    )
    cr.execute(
        "SELECT count(DISTINCT key) FROM sm_plan WHERE line_id = %s AND op = 'quarantine'",
        [line.id],
    )
    count = cr.fetchone()[0]
    tables.clear(cr, line.id, but="changed")
    return count
