"""Stage: every row of the file, as read, into a bare table with a hash of what was read.

Nothing is converted here. The hash of the raw cells tells, in one join, which rows were the same
the last time; only the others are worth a conversion.
"""

from dataclasses import dataclass
from hashlib import blake2b

from ..contract.errors import RowError
from . import tables

UNIT = "\x1f"  # between the cells of a row
RECORD = "\x1e"  # between the rows of a grouped entity
STAGED_MARK = 0
MAX_KEY_CHARS = 100  # codes have 64 at most; an index entry must stay small whatever is delivered
NO_KEY = RowError("missing_key", "the row has no code")


@dataclass(slots=True)
class Staged:
    """What staging counted: ``rows`` are records of the entity, ``file_rows`` of the file."""

    rows: int = 0
    file_rows: int = 0


def pack(cells: list) -> str:
    """Return the cells of a row as one text; separators inside a cell become spaces."""
    payload = UNIT.join(cells)
    if payload.count(UNIT) != len(cells) - 1 or RECORD in payload:
        payload = UNIT.join(cell.replace(UNIT, " ").replace(RECORD, " ") for cell in cells)
    return payload


def unpack(payload: str, seq: int, grouped: bool) -> list:
    """Return the rows of a payload as `CompiledMapping.convert` wants: ``[(line, cells), …]``."""
    if not grouped:
        return [(seq, payload.split(UNIT))]
    rows = []
    for record in payload.split(RECORD):
        line, *cells = record.split(UNIT)
        rows.append((int(line), cells))
    return rows


def group_hash(hashes: list) -> bytes:
    """Return the hash of a record of several rows from the hashes of its rows."""
    return blake2b(b"".join(hashes), digest_size=16).digest()


def stage(cr, line_id, compiled, reader, grouped, rejects) -> Staged:
    """Copy the rows of ``reader`` into ``sm_stage``.

    :param CompiledMapping compiled: knows the key and the hash of a row
    :param Reader reader: yields ``(line, cells)``
    :param bool grouped: neighbouring rows of one key are one record (the lines of an order)
    :param Rejects rejects: collects the rows without a usable key
    :raise FileError: the file ends too early or cannot be read to its end
    """
    staged = Staged()
    copier = tables.Copier(cr, "sm_stage", tables.STAGE_COLUMNS)
    add_line, escape = copier.add_line, tables.escape
    get_key, get_hash = compiled.key, compiled.source_hash
    prefix = f"{line_id}\t"

    def reject_key(seq, key, cells):
        error = NO_KEY
        if key:
            reason = f"the code has {len(key)} characters, 64 are allowed"
            error = RowError("code_too_long", reason, compiled.contract.key_field, key, seq)
        rejects.add_cells(seq, key[:MAX_KEY_CHARS], cells, error)

    if not grouped:
        for seq, cells in reader:
            key = get_key(cells)
            if not key or len(key) > MAX_KEY_CHARS:
                reject_key(seq, key, cells)
                continue
            add_line(
                f"{prefix}{seq}\t{escape(key)}\t\\\\x{get_hash(cells).hex()}\t"
                f"{escape(pack(cells))}\n"
            )
            staged.rows += 1
    else:

        def add_group():
            payload = escape(RECORD.join(payloads))
            digest = group_hash(hashes).hex()
            add_line(f"{prefix}{first}\t{escape(key)}\t\\\\x{digest}\t{payload}\n")
            staged.rows += 1

        key, first, hashes, payloads = None, 0, [], []
        for seq, cells in reader:
            row_key = get_key(cells)
            if not row_key or len(row_key) > MAX_KEY_CHARS:
                reject_key(seq, row_key, cells)
                continue
            if row_key != key:
                if key is not None:
                    add_group()
                key, first, hashes, payloads = row_key, seq, [], []
            hashes.append(get_hash(cells))
            payloads.append(f"{seq}{UNIT}{pack(cells)}")
        if key is not None:
            add_group()
    # in the same transaction: an interrupted staging leaves nothing, a finished one its mark
    copier.add(line_id, STAGED_MARK, "", b"", "")
    copier.flush()
    staged.file_rows = reader.rows
    return staged
