"""What every file format promises: options, errors, defects and the reader's interface."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from odoo.addons.integration_base.exceptions import PayloadError

SHOWN_CELL_CHARS = 2_000
SHOWN_CELLS = 500
NUL_SIGN = "␀"
BOM = "\ufeff"


@dataclass(frozen=True)
class FormatOptions:
    """How a feed's files are written. Sizes are in bytes unless the name says characters.

    The options of the second half concern records with named values (XML and JSON):

    :ivar columns: columns the mapping wants; the header is these, then what the first records show
    :ivar only_shown: leave wanted columns out that the first records do not have
    :ivar required: those of them that at least one record must have: an element that is left out
        of every record is no empty value, but a column that was renamed
    :ivar record_path: where the records are, ``Export/Contacts/Contact`` or ``data.items``;
        ``""`` = find them
    :ivar lines_path: the repeated child that makes one row each, relative to the record
        (``Lines/Line`` or ``lines``); ``""`` = find it
    :ivar sample: how many records are looked at for names; 0 = the header is ``columns`` exactly
    """

    encoding: str = "auto"
    delimiter: str = ";"
    quotechar: str = '"'
    sheet: str | None = None
    trailer: str = "optional"  # "required", "optional" or "none"
    trailer_word: str = "TOTAL"
    max_cell_chars: int = 100_000
    max_bytes: int = 2 * 2**30
    max_unzipped_bytes: int = 2**30
    columns: tuple[str, ...] = ()
    only_shown: bool = False
    required: tuple[str, ...] = ()
    record_path: str = ""
    lines_path: str = ""
    sample: int = 200
    max_record_bytes: int = 16 * 2**20
    max_depth: int = 32
    max_columns: int = 5_000


class FileError(PayloadError):
    """A file that cannot be used as a whole: nothing of it may be applied.

    :ivar file: name of the file
    :ivar line: physical line (1-based) or None when no single line is at fault
    :ivar cause: short stable code, for example ``truncated``
    """

    def __init__(
        self, file: str, cause: str, what: str, advice: str = "", line: int | None = None
    ) -> None:
        self.file = file
        self.line = line
        self.cause = cause
        where = f"{file}, line {line}" if line is not None else file
        super().__init__(f"{where}: {what}." + (f" {advice}" if advice else ""))


@dataclass
class Defect:
    """One row that cannot be read; the rows after it can.

    ``cells`` are safe to store and to show: no NUL, no cell longer than 2,000 characters.
    """

    line: int
    cells: list[str]
    cause: str
    field: str | None
    value: str


class Reader:
    """Iterate over the data rows of one file, in bounded memory.

    :param stream: seekable binary file; it is read from its start and belongs to the reader until
        the reader is dropped
    :param name: file name, for messages
    :param on_defect: called for each row that cannot be read; such a row is not yielded
    :raises FileError: in the constructor or while iterating; what was already yielded must then not
        be applied

    ``header`` holds the stripped header names after construction. Iterating yields
    ``(line, cells)``: the physical line on which the record starts and its cells as text, as many
    as the header has. Blank lines are skipped, the totals line is consumed. Afterwards ``rows`` is
    the number of data rows, defective ones included, and ``unknown`` the names met in the data that
    the header lacks (XML and JSON; the values under them were left out). ``absent`` are the wanted
    columns that no record had.
    """

    header: list[str]
    rows: int = 0
    unknown: frozenset[str] | set[str] = frozenset()
    absent: frozenset[str] | set[str] = frozenset()
    #: Greatest value seen in the column that tells when a row changed; "" when nobody asked.
    watermark: str = ""

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> None:
        self.name = name
        self.options = options
        self._stream = stream
        self._on_defect = on_defect
        # A page of a delivery announces its own rows or those of all pages: its owner compares.
        self.is_page = False
        self._trailer_count: int | None = None
        self._trailer_line: int | None = None
        size = stream.seek(0, 2)
        stream.seek(0)
        if not size:
            raise FileError(
                name,
                "empty",
                "the file is empty (0 bytes)",
                "Check the export and deliver it again.",
            )
        if size > options.max_bytes:
            raise FileError(
                name,
                "too_large",
                f"the file has {size:,} bytes, more than the {options.max_bytes:,} allowed",
                "Check the export: it should hold the present state only.",
            )

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        raise NotImplementedError

    # -- helpers for the formats ---------------------------------------------------------------

    def _defect(
        self, line: int, cells: Sequence[str], cause: str, column: int | None = None
    ) -> None:
        """Report one unreadable row; ``column`` is the position of the guilty cell, if one is."""
        field = value = None
        if column is not None and column < len(cells):
            value = cells[column]
            field = self.header[column] if column < len(self.header) else None
        self._on_defect(
            Defect(
                line=line,
                cells=[safe_text(cell) for cell in cells[:SHOWN_CELLS]],
                cause=cause,
                field=field,
                value=safe_text(value or ""),
            )
        )

    def _is_trailer(self, line: int, cells: Sequence[str]) -> bool:
        """Recognise ``TOTAL;123`` (possibly padded with empty cells) and remember its count."""
        if self.options.trailer == "none" or len(cells) < 2:
            return False
        word = cells[0].strip().rstrip(":").rstrip()
        if word.casefold() != self.options.trailer_word.casefold():
            return False
        count = cells[1].strip()
        if not (count.isascii() and count.isdigit()) or any(cell.strip() for cell in cells[2:]):
            return False
        self._trailer_count, self._trailer_line = int(count), line
        return True

    def _check_after_trailer(self, line: int) -> None:
        """Refuse a row below the totals line: two exports in one file, or a count in the middle."""
        if self._trailer_line is not None:
            raise FileError(
                self.name,
                "data_after_trailer",
                f"there is a row after the totals line (line {self._trailer_line})",
                "The file looks like two exports joined together; deliver one export per file.",
                line,
            )

    def _check_end(self, last_line: int) -> None:
        """Compare what was read with the totals line."""
        if self._trailer_line is None:
            if self.options.trailer == "required":
                raise FileError(
                    self.name,
                    "truncated",
                    f"the totals line ({self.options.trailer_word}) is missing after "
                    f"{self.rows} rows, so the end of the file is missing",
                    "Nothing was changed. Deliver the complete export again.",
                    last_line,
                )
        elif not self.is_page and self._trailer_count != self.rows:
            raise self._count_error(self._trailer_count, self.rows, self._trailer_line)

    def follow(self, first: "Reader") -> None:
        """Take over what the first page has learnt of its columns."""

    def announced(self) -> tuple[set[int], tuple[int, int]]:
        """Return the counts found in what was read, and the numbers of records and of rows."""
        found = set() if self._trailer_count is None else {self._trailer_count}
        return found, (self.rows, self.rows)

    def _check_required(self, absent: Iterable[str]) -> None:
        """Refuse records that lack a column which at least one of them must have."""
        missing = sorted(set(absent).intersection(self.options.required))
        if missing:
            shown = ", ".join(f"“{name}”" for name in missing)
            raise FileError(
                self.name,
                "columns",
                f"not one record has {shown}",
                "Nothing was changed. Correct the export, or the mapping of the feed.",
            )

    def _count_error(self, said: int, rows: int, line: int | None = None) -> FileError:
        return FileError(
            self.name,
            "trailer_mismatch",
            f"the totals line announces {said} rows, but the file has {rows}",
            "Nothing was changed. The export is incomplete or damaged; deliver it again.",
            line,
        )


def clean_header(cells: Sequence[str]) -> list[str]:
    """Strip header names: blanks, no-break blanks, byte order mark, line breaks inside a name."""
    return [" ".join(cell.replace(BOM, "").split()) for cell in cells]


def is_damaged(text: str) -> bool:
    """Return whether a text holds a null byte or half a character: no database stores it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return "\0" in text


def safe_text(text: str) -> str:
    """Make a raw cell fit to be stored and shown."""
    if len(text) > SHOWN_CELL_CHARS:
        text = f"{text[:SHOWN_CELL_CHARS]}… ({len(text):,} characters)"
    return text.replace("\0", NUL_SIGN)
