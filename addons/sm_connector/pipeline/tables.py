"""The two working tables of a run and how rows get into them.

Both are UNLOGGED: their content can always be made again from the delivered file. PostgreSQL
empties an unlogged table when it recovers from a crash of its own, so a run checks that its stage
is still there (:func:`is_staged`) before it takes an empty plan for a finished one.
"""

import io
import json

STAGE_COLUMNS = ("line_id", "seq", "key", "source_hash", "payload")
PLAN_COLUMNS = (
    "line_id",
    "rank",
    "seq",
    "op",
    "key",
    "link_id",
    "res_id",
    "record",
    "content_hash",
    "source_hash",
    "raw",
    "error",
)
CHUNK_CHARS = 1 << 20


def create(cr):
    """Create the tables when they are not there."""
    cr.execute(
        """
        CREATE UNLOGGED TABLE IF NOT EXISTS sm_stage (
            line_id integer NOT NULL, -- sm.run.line
            seq integer NOT NULL,     -- first physical line of the row in the file, 0: staged mark
            key text NOT NULL,
            source_hash bytea NOT NULL,
            payload text NOT NULL     -- the cells as read
        );
        -- enough for the planner, and ANALYZE after each staging stays cheap
        ALTER TABLE sm_stage ALTER line_id SET STATISTICS 10, ALTER seq SET STATISTICS 10,
            ALTER key SET STATISTICS 10, ALTER source_hash SET STATISTICS 0,
            ALTER payload SET STATISTICS 0;
        CREATE UNLOGGED TABLE IF NOT EXISTS sm_plan (
            id bigserial PRIMARY KEY,
            line_id integer NOT NULL,
            rank integer NOT NULL DEFAULT 0,
            seq integer NOT NULL,
            op text NOT NULL,
            key text NOT NULL,
            link_id integer,
            res_id integer,
            record text,              -- canonical record, JSON
            content_hash bytea,
            source_hash bytea,
            raw text,
            error text,               -- JSON: cause, field, value, message
            -- of a dry run, see preview.py
            outcome text,
            name text,                -- for a person to recognise the row by
            diffs text,               -- JSON: what would change
            match_id integer,         -- the record that a new key would be linked with
            link_hash bytea,          -- source_hash of the link when it was planned
            stamp timestamp           -- last change of the record when it was planned
        );
        ALTER TABLE sm_plan
            ADD COLUMN IF NOT EXISTS outcome text, ADD COLUMN IF NOT EXISTS name text,
            ADD COLUMN IF NOT EXISTS diffs text, ADD COLUMN IF NOT EXISTS match_id integer,
            ADD COLUMN IF NOT EXISTS link_hash bytea, ADD COLUMN IF NOT EXISTS stamp timestamp;
        ALTER TABLE sm_plan ALTER record SET STATISTICS 0, ALTER raw SET STATISTICS 0,
            ALTER error SET STATISTICS 0, ALTER content_hash SET STATISTICS 0,
            ALTER source_hash SET STATISTICS 0, ALTER key SET STATISTICS 10,
            ALTER name SET STATISTICS 0, ALTER diffs SET STATISTICS 0,
            ALTER link_hash SET STATISTICS 0;
        CREATE INDEX IF NOT EXISTS sm_plan__line_op_rank_idx ON sm_plan (line_id, op, rank, seq);
        -- the next batch is found without sorting what is left
        CREATE INDEX IF NOT EXISTS sm_plan__todo_idx ON sm_plan (line_id, rank, seq)
            WHERE op IN ('create', 'update', 'reuse');
        """
    )


def drop(cr):
    cr.execute("DROP TABLE IF EXISTS sm_stage, sm_plan")


def clear(cr, line_id, but=""):
    """Forget what was staged and planned for a line of a run.

    :param str but: operation whose rows stay in the plan
    """
    cr.execute("DELETE FROM sm_stage WHERE line_id = %s", [line_id])
    cr.execute("DELETE FROM sm_plan WHERE line_id = %s AND op != %s", [line_id, but])


def is_staged(cr, line_id):
    """Return whether the stage of a line survived (see the module's docstring)."""
    cr.execute("SELECT 1 FROM sm_stage WHERE line_id = %s AND seq = 0 LIMIT 1", [line_id])
    return bool(cr.fetchone())


def literal(value) -> str:
    """Return ``value`` as a field of COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    return escape(value) if isinstance(value, str) else str(value)


def escape(text: str) -> str:
    """Return ``text`` escaped for COPY's text format."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text:
        text = text.replace("\n", "\\n")
    if "\r" in text:
        text = text.replace("\r", "\\r")
    if "\t" in text:
        text = text.replace("\t", "\\t")
    return text


class Copier:
    """Collects rows and sends them to a table by COPY, about a megabyte at a time."""

    def __init__(self, cr, table: str, columns: tuple):
        self._cr = cr
        self._sql = f"COPY {table} ({', '.join(columns)}) FROM STDIN"  # names of this module only
        self._chunk = []
        self._size = 0

    def add_line(self, line: str):
        """Add a row that is already in COPY's text format, with its newline."""
        self._chunk.append(line)
        self._size += len(line)
        if self._size > CHUNK_CHARS:
            self.flush()

    def add(self, *values):
        """Add a row of values."""
        self.add_line("\t".join(map(literal, values)) + "\n")

    def flush(self):
        if self._chunk:
            self._cr.copy_expert(self._sql, io.StringIO("".join(self._chunk)))
            self._chunk = []
            self._size = 0
