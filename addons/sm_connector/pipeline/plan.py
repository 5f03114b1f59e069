"""Plan: one join of what is staged with what is linked says what there is to do.

The plan is computed from the state of the database alone, so a run that was killed and started
again plans what is left.
"""

import csv
import io
import json
from collections import Counter

from ..contract.errors import RowError
from ..contract.mapping import canonical_hash
from . import tables
from .appliers import APPLIERS
from .identity import Known, is_somebody_else
from .stage import RECORD, UNIT, unpack

FETCH = 2000
SHOWN_RAW_CHARS = 20_000

# the record itself is looked up for the few changed rows only
CHANGED = """
    SELECT c.seq, c.key, c.source_hash, c.payload, c.link_id, r.id, c.content_hash, c.state,
           c.role, {identity}
      FROM (SELECT s.seq, s.key, s.source_hash, s.payload, l.id AS link_id, l.{column} AS record_id,
                   l.content_hash, l.state,
                   -- of several keys of one record, merged in Odoo, one says what it is like
                   CASE WHEN NOT EXISTS (
                                 SELECT 1 FROM sm_link o
                                  WHERE o.{column} = l.{column} AND o.backend_id = l.backend_id
                                    AND o.id != l.id AND o.state != 'retired')
                        THEN 'only'
                        WHEN l.is_primary OR NOT EXISTS (
                                 SELECT 1 FROM sm_link o
                                  WHERE o.{column} = l.{column} AND o.backend_id = l.backend_id
                                    AND o.is_primary AND o.state IN ('linked', 'missing'))
                        THEN 'first' ELSE 'other' END AS role
              FROM sm_stage s
              LEFT JOIN sm_link l ON l.backend_id = {backend} AND l.entity = '{entity}'
                                 AND l.state != 'retired' AND l.external_id = s.key
             WHERE s.line_id = {line} AND s.seq > 0
               AND (l.source_hash IS DISTINCT FROM s.source_hash OR l.state != 'linked'
                    OR l.{column} IS NULL)
            OFFSET 0) c
      LEFT JOIN {table} r ON r.id = c.record_id
"""
UNSEEN = """
      FROM sm_link l
     WHERE l.backend_id = %(backend)s AND l.entity = %(entity)s
       AND l.state IN ('linked', 'missing')
       AND NOT EXISTS (SELECT 1 FROM sm_stage s
                        WHERE s.line_id = %(line)s AND s.key = l.external_id)
       AND NOT EXISTS (SELECT 1 FROM sm_plan p
                        WHERE p.line_id = %(line)s AND p.key = l.external_id
                          AND p.op = 'quarantine')
"""


def plan(cr, line_id, backend_id, entity, compiled, grouped) -> Counter:
    """Write into ``sm_plan`` what to do with every staged row that is new or has changed.

    :return: how many rows per operation
    """
    applier = APPLIERS[entity]
    counts = Counter()
    copier = tables.Copier(cr, "sm_plan", tables.PLAN_COLUMNS)
    cr.execute("ANALYZE sm_stage")
    # a cursor takes no parameters; ids are integers and names come from the table above
    cr.execute(  # pylint: disable=sql-injection
        "DECLARE sm_changed NO SCROLL CURSOR FOR"
        + CHANGED.format(
            identity=applier.identity_sql,
            backend=int(backend_id),
            entity=entity,
            table=applier.table(),
            column=applier.link_field,
            line=int(line_id),
        )
    )
    while True:
        cr.execute("FETCH %s FROM sm_changed", [FETCH])
        rows = cr.fetchall()
        if not rows:
            break
        for seq, key, source_hash, payload, link_id, res_id, known, state, role, *who in rows:
            record = error = None
            rank, content_hash = 0, None
            try:
                record = compiled.convert(unpack(payload, seq, grouped))
            except RowError as exc:
                op, error = "quarantine", error_json(exc)
            else:
                content_hash = canonical_hash(record)
                rank = 1 if record.get("parent_code") else 0
                op = _operation(applier, record, content_hash, res_id, known, state, role, who)
                lacking = compiled.find_lacking(record) if op == "create" else ""
                if lacking:
                    op, error = "quarantine", error_json(_incomplete(lacking, seq))
            counts[op] += 1
            copier.add(
                line_id,
                rank,
                seq,
                op,
                key,
                link_id,
                res_id,
                record if op not in ("touch", "quarantine") else None,
                content_hash,
                bytes(source_hash),
                raw_text(payload) if op != "touch" else None,
                error,
            )
    cr.execute("CLOSE sm_changed")
    copier.flush()
    cr.execute("ANALYZE sm_plan")
    return counts


def _operation(applier, record, content_hash, res_id, known, state, role, who):
    """Return what to do with a converted row.

    :param str role: of its key among those of the record: ``only``, ``first`` or any ``other``
    """
    if not res_id:
        return "create"
    if role == "other":
        return "touch"
    if known is not None and bytes(known) == content_hash and state == "linked":
        return "touch"
    is_back = applier.is_reused and state in ("missing", "archived") and role == "only"
    if is_back and "name" in record and is_somebody_else(record, Known(*who)):
        return "reuse"
    return "update"


def _incomplete(name, seq):
    reason = "it is new, and a file of changes does not hold enough of it"
    return RowError("incomplete", reason, name, "", seq)


def error_json(error: RowError) -> str:
    return json.dumps(
        {
            "cause": error.cause,
            "field": error.field,
            "value": str(error.value)[:500],
            "message": error.message,
        },
        ensure_ascii=False,
    )


def raw_text(payload: str) -> str:
    """Return the cells of a row as CSV, for a person to read or to type into a search."""
    return csv_text([record.split(UNIT) for record in payload.split(RECORD)])


def csv_text(rows: list) -> str:
    """Return rows of cells as CSV, cut to what is worth showing."""
    text = "\n".join(map(";".join, rows))
    if '"' in text or text.count(";") + len(rows) != sum(map(len, rows)) or _has_break(rows, text):
        target = io.StringIO(newline="")
        csv.writer(target, delimiter=";", lineterminator="\n").writerows(rows)
        text = target.getvalue()
    return text[:SHOWN_RAW_CHARS]


def _has_break(rows, text):
    return "\r" in text or text.count("\n") != len(rows) - 1


# === KEYS THAT ARE NO LONGER THERE === #


def _unseen(feed, line_id):
    applier = APPLIERS[feed.entity]
    params = {
        "backend": feed.backend_id.id,
        "entity": feed.entity,
        "line": line_id,
        "patience": feed.archive_after,
    }
    # finished records leave the export one day: they stay what they are, as history
    history = "FALSE"
    if applier.finished_sql:
        history = (
            f"EXISTS (SELECT 1 FROM {applier.table()} r"
            f" WHERE r.id = l.{applier.link_field} AND {applier.finished_sql})"
        )
    return applier, params, history


def disappeared(cr, line_id, feed):
    """Return the linked keys that were there the last time and are not in the file.

    :param sm.feed feed: whose file is staged
    :return: their keys, and how many keys are known in all
    :rtype: tuple(list[str], int)
    """
    _applier, params, history = _unseen(feed, line_id)
    cr.execute(
        f"SELECT l.external_id {UNSEEN} AND l.state = 'linked' AND NOT {history} ORDER BY 1", params
    )
    keys = [key for (key,) in cr.fetchall()]
    cr.execute(
        "SELECT count(*) FROM sm_link WHERE backend_id = %(backend)s AND entity = %(entity)s"
        " AND state IN ('linked', 'missing')",
        params,
    )
    return keys, cr.fetchone()[0]


def plan_missing(cr, line_id, feed, is_new_snapshot) -> int:
    """Plan what becomes of the linked keys that the file does not hold.

    ``archive`` those gone for long enough, ``missing`` for the others, and ``close`` for finished
    ones. :func:`count_missing` carries it out as far as the links are concerned.

    :param sm.feed feed: its patience
    :param bool is_new_snapshot: the same file read twice does not count twice
    :return: keys that are missing
    """
    applier, params, history = _unseen(feed, line_id)
    if is_new_snapshot:
        cr.execute(
            f"""
            INSERT INTO sm_plan (line_id, rank, seq, op, key, link_id, res_id)
            SELECT %(line)s, 9, 0,
                   CASE WHEN {history} THEN 'close'
                        WHEN coalesce(l.missing_count, 0) + 1 >= %(patience)s THEN 'archive'
                        ELSE 'missing' END,
                   l.external_id, l.id, l.{applier.link_field}
            {UNSEEN}
            """,
            params,
        )
        cr.execute(
            "SELECT count(*) FROM sm_plan"
            " WHERE line_id = %(line)s AND op IN ('archive', 'missing')",
            params,
        )
    else:
        cr.execute(f"SELECT count(*) {UNSEEN}", params)
    return cr.fetchone()[0]


def count_missing(cr, line_id):
    """Note on the links what was planned for those that the file does not hold."""
    cr.execute(
        """
        UPDATE sm_link l
           SET state = CASE p.op WHEN 'close' THEN 'closed' ELSE 'missing' END,
               missing_count = coalesce(l.missing_count, 0)
                             + CASE p.op WHEN 'close' THEN 0 ELSE 1 END,
               missing_since = CASE p.op WHEN 'close' THEN l.missing_since
                               ELSE coalesce(l.missing_since, now() AT TIME ZONE 'UTC') END
          FROM sm_plan p
         WHERE p.line_id = %s AND p.op IN ('archive', 'missing', 'close') AND l.id = p.link_id
        """,
        [line_id],
    )
    cr.execute("DELETE FROM sm_plan WHERE line_id = %s AND op IN ('missing', 'close')", [line_id])


def count_unseen(cr, line_id, feed) -> int:
    """Return how many linked keys the file does not hold without being counted as missing.

    An export that is read once more does not hold what a later one of changes has brought.
    """
    _applier, params, _history = _unseen(feed, line_id)
    cr.execute(f"SELECT count(*) {UNSEEN} AND l.state = 'linked'", params)
    return cr.fetchone()[0]


# === FILES THAT DO NOT HOLD EVERYTHING === #


def keep_unknown(cr, line_id, feed) -> Counter:
    """Leave only the keys that Odoo does not know in the plan: they complete its history.

    :return: rows taken out per operation
    """
    cr.execute(
        """
        DELETE FROM sm_plan p
         WHERE p.line_id = %s
           AND EXISTS (SELECT 1 FROM sm_link l
                        WHERE l.backend_id = %s AND l.entity = %s AND l.external_id = p.key
                          AND l.state != 'retired')
     RETURNING p.op
        """,
        [line_id, feed.backend_id.id, feed.entity],
    )
    return Counter(op for (op,) in cr.fetchall())


def keep_newer(cr, line_id, since) -> Counter:
    """Take what was synchronised after ``since`` out of the plan: the file is older than that.

    :param datetime since: when the file was taken over the first time
    :return: rows taken out per operation
    """
    cr.execute(
        # Odoo writes ``since`` in whole seconds
        "DELETE FROM sm_plan p USING sm_link l"
        " WHERE p.line_id = %s AND l.id = p.link_id AND date_trunc('second', l.synced_at) > %s"
        " RETURNING p.op",
        [line_id, since],
    )
    return Counter(op for (op,) in cr.fetchall())
