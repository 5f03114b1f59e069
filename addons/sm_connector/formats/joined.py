"""A header file and a lines file → the rows of one flat file.

Both are put into a temporary database, as neither has to be sorted and neither has to fit into
memory. The rows come in the order of the header file, the lines of one header as they stood.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ..contract.words import normalise
from .base import Defect, FileError, Reader

# "Date prévue" of a line next to that of its order: the shipped mapping reads "Date prévue ligne".
LINE_SUFFIX = " (ligne)"
BATCH = 1_000
CACHE_KIB = 4_000

OnDefect = Callable[[Defect], None]


class JoinedReader(Reader):
    """Join two readers; see :class:`.base.Reader`.

    The header has the columns of the header file, then those of the lines file without its key; a
    name that both have gets ``LINE_SUFFIX``. Lines carry their line number in the lines file, a
    header without lines its own and empty cells.

    :param open_headers: makes the reader of the header file, given what to do with defects
    :param open_lines: likewise for the lines file
    :param header_key: the column that says to which header a line belongs; ``""`` = the first one
    :param line_key: the same in the lines file; ``""`` = the column of the same name
    """

    def __init__(
        self,
        open_headers: Callable[[OnDefect], Reader],
        open_lines: Callable[[OnDefect], Reader],
        on_defect: OnDefect,
        header_key: str = "",
        line_key: str = "",
    ) -> None:
        self._report = on_defect
        self._headers = open_headers(on_defect)
        self._lines = open_lines(self._defect_of_line)
        self.name = self._headers.name
        self.unknown: set[str] = set()
        self._header_key = self._find(self._headers, header_key or self._headers.header[0])
        name = line_key or header_key or self._headers.header[self._header_key]
        self._line_key = self._find(self._lines, name)
        self.header = self._flat_header()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        # sqlite keeps a database without a name in a temporary file, which it deletes.
        database = sqlite3.connect("")
        try:
            database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            self._load(database, "header", self._headers, self._header_key)
            self._load(database, "line", self._lines, self._line_key)
            database.execute("CREATE INDEX header_key ON header (key)")
            database.execute("CREATE INDEX line_key ON line (key)")
            self._report_lines_without_header(database)
            yield from self._joined(database)
        finally:
            database.close()
        self.unknown = set(self._headers.unknown | self._lines.unknown)

    # -- columns -------------------------------------------------------------------------------

    def _find(self, reader: Reader, column: str) -> int:
        names = [normalise(name) for name in reader.header]
        if normalise(column) not in names:
            shown = ", ".join(f"“{name}”" for name in reader.header[:30])
            raise FileError(
                reader.name,
                "columns",
                f"it lacks the column “{column}”, which says what belongs to which order; "
                f"it has {shown}",
                "Nothing was changed. Correct the export, or the mapping of the feed.",
            )
        return names.index(normalise(column))

    def _flat_header(self) -> list[str]:
        taken = {normalise(name) for name in self._headers.header}
        return self._headers.header + [
            f"{name}{LINE_SUFFIX}" if normalise(name) in taken else name
            for name in self._without_key(self._lines.header)
        ]

    def _without_key(self, cells: list[str]) -> list[str]:
        return cells[: self._line_key] + cells[self._line_key + 1 :]

    # -- rows ----------------------------------------------------------------------------------

    def _load(self, database: sqlite3.Connection, table: str, reader: Reader, key: int) -> None:
        """Fill a table; a header that stands twice, exactly alike, is one."""
        unique = ", UNIQUE (key, cells)" if table == "header" else ""
        database.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, no, key, cells{unique})")
        insert = f"INSERT OR IGNORE INTO {table} (no, key, cells) VALUES (?, ?, ?)"
        batch: list[tuple[int, str, str]] = []
        for number, cells in reader:
            batch.append((number, cells[key].strip(), json.dumps(cells)))
            if len(batch) == BATCH:
                database.executemany(insert, batch)
                batch.clear()
        database.executemany(insert, batch)

    def _joined(self, database: sqlite3.Connection) -> Iterator[tuple[int, list[str]]]:
        no_line = [""] * (len(self._lines.header) - 1)
        rows = database.execute(
            """
            SELECT header.no, header.cells, line.no, line.cells
              FROM header LEFT JOIN line ON line.key = header.key AND header.key <> ''
             ORDER BY header.id, line.id
            """
        )
        for header_no, header, line_no, line in rows:
            self.rows += 1
            if line is None:
                yield header_no, json.loads(header) + no_line
            else:
                yield line_no, json.loads(header) + self._without_key(json.loads(line))

    def _report_lines_without_header(self, database: sqlite3.Connection) -> None:
        rows = database.execute(
            """
            SELECT no, key, cells FROM line
             WHERE key = '' OR NOT EXISTS (SELECT 1 FROM header WHERE header.key = line.key)
             ORDER BY id
            """
        )
        for number, key, cells in rows:
            self.rows += 1
            column = self._headers.header[self._header_key]
            line = json.loads(cells)
            self._report(
                Defect(number, self._flat_cells(line), "lines_without_header", column, key)
            )

    # -- defects -------------------------------------------------------------------------------

    def _defect_of_line(self, defect: Defect) -> None:
        """Report a line in the columns of the flat rows, so that its order is known."""
        self.rows += 1
        self._report(replace(defect, cells=self._flat_cells(defect.cells)))

    def _flat_cells(self, line: list[Any]) -> list[str]:
        """Put the cells of a line behind a header of which only the key is known."""
        header = [""] * len(self._headers.header)
        if len(line) > self._line_key:
            header[self._header_key] = line[self._line_key]
        return header + self._without_key(line)
