"""Gate: may this file be applied at all?

A file that is cut off or empty says nothing about the rows that it does not hold, so it changes
nothing. What is wrong with single rows is no reason to stop, and what is merely odd is a matter for
the guards.
"""

from operator import itemgetter

from odoo.tools import groupby

from ..formats.base import FileError
from . import tables
from .stage import RECORD, group_hash, unpack


def check_not_empty(name, staged):
    """Refuse a file without rows.

    :raise FileError: cause ``no_rows``
    """
    if not staged.file_rows:
        raise FileError(
            name, "no_rows", "the file holds no row, only its header", "Ask for a new export."
        )


def settle_repeated_keys(cr, line_id, compiled, grouped, rejects):
    """Give every staged key one row.

    The rows of an order that are scattered over the file are put together again. Of identical rows
    the first is kept. Rows that contradict each other are all rejected: nobody can say which is
    right.

    :param Rejects rejects: collects the contradicting rows
    """
    cr.execute(
        "SELECT key FROM sm_stage WHERE line_id = %s AND seq > 0 GROUP BY key HAVING count(*) > 1",
        [line_id],
    )
    repeated = [key for (key,) in cr.fetchall()]
    if not repeated:
        return
    cr.execute(
        "DELETE FROM sm_stage WHERE line_id = %s AND key = ANY(%s)"
        " RETURNING key, seq, source_hash, payload",
        [line_id, repeated],
    )
    copier = tables.Copier(cr, "sm_stage", tables.STAGE_COLUMNS)
    for key, rows in groupby(sorted(cr.fetchall(), key=itemgetter(0, 1)), itemgetter(0)):
        seqs = [seq for _key, seq, _hash, _payload in rows]
        if grouped:
            payload = RECORD.join(payload for *_row, payload in rows)
            lines = unpack(payload, seqs[0], grouped)
            digest = group_hash([compiled.source_hash(cells) for _line, cells in lines])
            copier.add(line_id, seqs[0], key, digest, payload)
        elif len({bytes(row_hash) for _key, _seq, row_hash, _payload in rows}) == 1:
            _key, seq, row_hash, payload = rows[0]
            copier.add(line_id, seq, key, bytes(row_hash), payload)
        else:
            for _key, seq, _hash, payload in rows:
                others = [other for other in seqs if other != seq]
                rejects.add_repeated(seq, key, payload, others)
    copier.flush()


def set_aside_incomplete(cr, line_id):
    """Take back the orders of which a row was rejected: without that line they would be wrong."""
    cr.execute(
        """
        DELETE FROM sm_stage s
         USING sm_plan p
         WHERE s.line_id = %s AND s.seq > 0
           AND p.line_id = s.line_id AND p.op = 'quarantine' AND p.key = s.key
        """,
        [line_id],
    )
