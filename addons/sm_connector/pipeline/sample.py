"""Sample: does Odoo really hold what the master sent?

Rows that have not changed are not looked at by a night. Some of them, chosen by chance, are read
again here: converted anew, written by the applier as if they were new, and compared field by field
with how the records were before. Whatever the applier had to correct was a drift: somebody wrote
into the database behind Odoo's back. It is repaired by having been found.
"""

from dataclasses import dataclass

from odoo.tools import mute_logger

from ..contract import CONTRACTS
from ..contract.errors import RowError
from ..contract.mapping import canonical_hash, compile_mapping
from . import snapshot
from .applier import Planned, refused
from .apply import ROW_FAULTS, BatchApplier, collector_paused
from .stage import unpack

#: Amounts that Odoo computes and nothing computes again unless it is told to.
RECOMPUTED = {
    "order": ("amount_untaxed", "amount_tax", "amount_total"),
}
RECOMPUTED_LINES = {
    "order": ("order_line", ("price_subtotal", "price_tax", "price_total")),
}
BATCH = 200
CHOICE = 4  # times as many rows as wanted are looked at, since some have changed
MIXER = "md5(s.key || %(seed)s)"  # the same sample when a killed run is started again


@dataclass(slots=True)
class Drift:
    """A record that was not what the master says.

    :ivar list differences: dicts of ``field``, ``old`` (found), ``new`` (the master's); of a line
        also ``line`` and ``column``
    :ivar str error: why it could not be repaired; empty when it was
    """

    key: str
    res_id: int
    differences: list
    error: str = ""


class Sampler:
    """Compares rows of the file of a line, which is still staged, with the records they are.

    :param sm.run.line line: a line whose plan has been applied
    """

    def __init__(self, line):
        feed = line.feed_id
        self.line = line
        self.env = line.env
        self.cr = line.env.cr
        contract = CONTRACTS[feed.entity]
        self.grouped = bool(contract.line_key_field)
        self.compiled = compile_mapping(
            contract,
            line.file_header,
            feed.mapping_ids._get_rules(),
            is_partial=line.scope == "changes",
        )
        self.batches = BatchApplier(line.env, line.id, feed)
        self.applier = self.batches.applier

    # === WHICH ROWS === #

    def some(self, count):
        """Return ``count`` rows taken by chance; a cheap hash leaves few to choose from."""
        divisor = max(1, self.line.rows // max(1, CHOICE * count))
        return self._fetch(
            f"ORDER BY {MIXER} LIMIT %(count)s",
            "AND abs(hashtext(key || %(seed)s)::bigint) %% %(divisor)s = 0",
            count=count,
            divisor=divisor,
        )

    def after(self, seq):
        """Return the next rows of the file behind line ``seq``, for a check of all of them."""
        return self._fetch(
            "AND s.seq > %(after)s ORDER BY s.seq LIMIT %(count)s", after=seq, count=BATCH
        )

    def _fetch(self, condition, choice="", **params):
        self.cr.execute(
            f"""
            WITH s AS MATERIALIZED (
                SELECT seq, key, source_hash, payload FROM sm_stage
                 WHERE line_id = %(line)s AND seq > 0 {choice}
            )
            SELECT s.seq, s.key, s.source_hash, s.payload, l.id, l.{self.applier.link_field}
              FROM s
              JOIN sm_link l ON l.backend_id = %(backend)s AND l.entity = %(entity)s
                            AND l.external_id = s.key AND l.state = 'linked' AND l.is_primary
             WHERE l.source_hash = s.source_hash
               AND l.{self.applier.link_field} IS NOT NULL
               {condition}
            """,
            {
                "line": self.line.id,
                "backend": self.line.feed_id.backend_id.id,
                "entity": self.applier.entity,
                "seed": str(self.line.run_id.id),
                **params,
            },
        )
        return self.cr.fetchall()

    # === COMPARE === #

    def check(self, staged) -> list:
        """Compare rows with their records and repair what differs.

        :param staged: rows as :meth:`some` and :meth:`after` return them
        :rtype: list[Drift]
        """
        rows = []
        for place, (seq, key, source_hash, payload, link_id, res_id) in enumerate(staged):
            try:
                record = self.compiled.convert(unpack(payload, seq, self.grouped))
            except RowError:
                continue  # it was taken over before a rule was made stricter
            rows.append(
                Planned(
                    *(-1 - place, 0, seq, "update", key, link_id, res_id, record),
                    *(canonical_hash(record), bytes(source_hash), ""),
                )
            )
        errors = self.applier.check(rows)
        rows = [row for row in rows if row.id not in errors]
        self.env.flush_all()
        self.env.invalidate_all()
        with collector_paused():
            return self._compare(rows)

    def _compare(self, rows):
        """Find the rows whose records differ, and write those; when Odoo refuses, halve until it is
        one.

        All are written and taken back first: an unchanged record is not touched by being looked at.
        """
        if not rows:
            return []
        try:
            differing = self._write(rows, is_kept=False)
            if differing:
                self._write([row for row in rows if row.res_id in differing], is_kept=True)
        except ROW_FAULTS as exc:
            if len(rows) == 1:
                return [Drift(rows[0].key, rows[0].res_id, [], refused(exc).message)]
            half = len(rows) // 2
            return self._compare(rows[:half]) + self._compare(rows[half:])
        return [
            Drift(row.key, row.res_id, differing[row.res_id])
            for row in rows
            if row.res_id in differing
        ]

    def _write(self, rows, is_kept):
        """Write rows as a night does.

        :return: what that changed, ``{record id: differences}``
        """
        env = self.applier.env
        records = self.applier.model_env.browse([row.res_id for row in rows])
        before = self._take(records)
        savepoint = self.cr.savepoint()
        is_done = False
        try:
            with mute_logger("odoo.sql_db"):
                self.applier.update(rows)
                self._recompute(records)
                env.flush_all()
                self.applier.finish(rows)
                env.flush_all()
            env.invalidate_all()
            after = self._take(records)
            is_done = is_kept
        finally:
            savepoint.close(rollback=not is_done)
            if not is_done:
                self.cr.postcommit.clear()
                env.invalidate_all(flush=False)
                self.applier.forget()
        return {
            id_: differences
            for id_ in records.ids
            if (differences := snapshot.compare(before[id_], after[id_]))
        }

    def _take(self, records):
        taken = snapshot.take(records, self.applier)
        names = RECOMPUTED.get(self.applier.entity, ())
        for record in records:
            taken[record.id] |= {name: round(record[name], 2) for name in names}
        return taken

    def _recompute(self, records):
        env, entity = self.applier.env, self.applier.entity
        if entity in RECOMPUTED_LINES:
            name, columns = RECOMPUTED_LINES[entity]
            lines = records[name]
            for column in columns:
                env.add_to_compute(lines._fields[column], lines)
        for name in RECOMPUTED.get(entity, ()):
            env.add_to_compute(records._fields[name], records)
