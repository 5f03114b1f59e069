"""Rows that are rejected before anything is planned: they go into the plan as quarantine."""

from hashlib import blake2b

from ..contract.errors import RowError
from . import tables
from .plan import csv_text, error_json, raw_text

DEFECT_REASONS = {
    "nul_byte": "a null byte in the row",
    "cell_too_long": "the cell is far longer than a cell can be",
    "column_count": "the row has another number of columns than the header",
    "bad_quotes": "quotes in the row do not match",
    "formula": "a formula instead of a value",
    "cell_error": "Excel shows an error instead of a value",
    "bad_number": "JSON says that it is not a number",
    "bad_json": "the row is not valid JSON",
    "duplicate_name": "the record has a name twice",
    "too_deep": "values in the row are nested far too deep",
    "lines_without_header": "the file of orders has no such order",
}
SHOWN_LINES = 10


class Rejects:
    """Collects the rejected rows of one file.

    :param sources: columns of the file by the canonical field they feed
    :ivar compiled: set once the header fits the mapping; the reader may find defects before
    """

    def __init__(self, cr, line_id, sources):
        self._copier = tables.Copier(cr, "sm_plan", tables.PLAN_COLUMNS)
        self._line_id = line_id
        self._sources = sources
        self.compiled = None

    def add(self, seq, key, raw, error: RowError):
        """Reject a row; one without a key is known by what it holds, wherever it stands."""
        error.field = self._sources.get(error.field, error.field)
        self._copier.add(
            *(self._line_id, 0, seq, "quarantine", key or _fingerprint(raw)),
            *(None, None, None, None, None, raw, error_json(error)),
        )

    def add_cells(self, seq, key, cells, error: RowError):
        self.add(seq, key, csv_text([cells]), error)

    def add_defect(self, defect):
        """Reject a row that the reader could not read; its key when that much is readable."""
        reason = DEFECT_REASONS.get(defect.cause, "the row cannot be read")
        error = RowError(defect.cause, reason, defect.field or "", defect.value, defect.line)
        self.add_cells(defect.line, self._key(defect.cells), defect.cells, error)

    def add_repeated(self, seq, key, payload, others):
        """Reject a row whose key another, different row carries too."""
        lines = ", ".join(map(str, others[:SHOWN_LINES])) + ("…" if others[SHOWN_LINES:] else "")
        error = RowError(
            "duplicate_key",
            f"line {lines} carries the same code with other values",
            self.compiled.contract.key_field,
            key,
            seq,
        )
        self.add(seq, key, raw_text(payload), error)

    def _key(self, cells):
        try:
            return self.compiled.key(cells) if self.compiled else ""
        except IndexError:  # fewer columns than the key needs
            return ""

    def flush(self):
        self._copier.flush()


def _fingerprint(raw):
    return f"? {blake2b(raw.encode(), digest_size=4).hexdigest()}"
