"""Excel workbooks (.xlsx), one sheet, read row by row.

Formulas are never evaluated, and the value Excel remembered for them is not trusted either: the row
is a defect. External links are not followed.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from .base import Defect, FileError, FormatOptions, Reader, clean_header, is_damaged

MAX_SHEET_ROWS = 1_048_576
MAX_MEMBERS = 5_000
# Honest sheets compress 5 to 30 times.
MAX_RATIO = 200
RATIO_FROM_BYTES = 16 * 2**20
_HEAD = 4096
_DTD = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


class XlsxFormat(Reader):
    """Reader of one sheet of a workbook; see :class:`.base.Reader`."""

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> None:
        super().__init__(stream, name, options, on_defect)
        self._check_container()
        stream.seek(0)
        try:
            self._book = load_workbook(stream, read_only=True, keep_links=False)
        except Exception as error:  # openpyxl lets a dozen unrelated types out
            raise self._unreadable(error) from error
        self._numbered = self._sheet_rows()
        self.header, self._last_line = self._read_header()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        width = len(self.header)
        limit = self.options.max_cell_chars
        for line, row in self._numbered:
            cells = [_text(cell.value) for cell in row]
            if not any(map(str.strip, cells)):
                continue
            self._last_line = line
            self._check_after_trailer(line)
            guilty = _unsafe_cell(row)
            if guilty is None and self._is_trailer(line, cells):
                continue
            self.rows += 1
            if guilty is not None:
                column, cause = guilty
                self._defect(line, cells, cause, column)
            elif is_damaged("".join(cells)):
                column = next(i for i, cell in enumerate(cells) if is_damaged(cell))
                cells = [cell.encode(errors="replace").decode() for cell in cells]
                self._defect(line, cells, "nul_byte", column)
            elif max(map(len, cells)) > limit:
                column = next(i for i, cell in enumerate(cells) if len(cell) > limit)
                self._defect(line, cells, "cell_too_long", column)
            elif len(cells) > width and any(map(str.strip, cells[width:])):
                self._defect(line, cells, "column_count")
            else:
                # Excel does not store empty cells at the end of a row.
                yield line, cells[:width] + [""] * (width - len(cells))
        self._check_end(self._last_line)

    # -- opening -------------------------------------------------------------------------------

    def _check_container(self) -> None:
        """Refuse what is no workbook, or would grow beyond bounds, before it is unpacked."""
        self._stream.seek(0)
        head = self._stream.read(8)
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            raise FileError(
                self.name,
                "format",
                "this is an old (.xls) or a password-protected workbook",
                "Save it as .xlsx without a password.",
            )
        try:
            with zipfile.ZipFile(self._stream) as archive:
                self._check_members(archive)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
            cause = "truncated" if head.startswith(b"PK") else "format"
            what = (
                "the workbook is damaged or incomplete"
                if cause == "truncated"
                else "this is not an Excel workbook (.xlsx)"
            )
            raise FileError(
                self.name, cause, what, "Nothing was changed. Deliver the file again."
            ) from error

    def _check_members(self, archive: zipfile.ZipFile) -> None:
        members = archive.infolist()
        names = {member.filename for member in members}
        if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
            raise FileError(
                self.name,
                "format",
                "this zip file is not an Excel workbook",
                "Export the file as .xlsx or CSV.",
            )
        unpacked = sum(member.file_size for member in members)
        packed = sum(member.compress_size for member in members) or 1
        if (
            len(members) > MAX_MEMBERS
            or unpacked > self.options.max_unzipped_bytes
            or (unpacked > RATIO_FROM_BYTES and unpacked > MAX_RATIO * packed)
        ):
            raise FileError(
                self.name,
                "zip_bomb",
                f"the workbook unpacks from {packed:,} to {unpacked:,} bytes "
                f"in {len(members)} parts, which is more than is allowed",
                "Nothing was read. If the export really is that large, deliver it as CSV.",
            )
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as part:
                    if _DTD.search(part.read(_HEAD).replace(b"\0", b"")):
                        raise FileError(
                            self.name,
                            "format",
                            f"the part {member.filename} declares XML entities; Excel never does",
                            "Nothing was read. Check where the file comes from.",
                        )

    def _unreadable(self, error: Exception, line: int | None = None) -> FileError:
        return FileError(
            self.name,
            "truncated",
            f"the workbook cannot be read ({type(error).__name__}: {str(error)[:200]})",
            "Nothing was changed. Open and save it in Excel, or deliver it again.",
            line,
        )

    # -- rows ----------------------------------------------------------------------------------

    def _sheet_rows(self) -> Iterator[tuple[int, tuple]]:
        """Number the rows of the chosen sheet from 1, as Excel shows them."""
        wanted = self.options.sheet
        sheets = {sheet.title: sheet for sheet in self._book.worksheets}
        if wanted and wanted not in sheets:
            raise FileError(
                self.name,
                "format",
                f"there is no sheet “{wanted}”; the workbook has: {', '.join(sheets) or 'none'}",
                "Leave one sheet in the workbook.",
            )
        if not sheets:
            raise FileError(self.name, "empty", "the workbook has no sheet with cells")
        sheet = sheets[wanted] if wanted else next(iter(sheets.values()))
        sheet.reset_dimensions()  # many writers leave a wrong size in the sheet
        line = 0
        try:
            for line, row in enumerate(sheet.iter_rows(), 1):
                if line > MAX_SHEET_ROWS:
                    raise FileError(
                        self.name,
                        "too_large",
                        "the sheet has more rows than Excel allows",
                        "",
                        line,
                    )
                yield line, row
        except FileError:
            raise
        except Exception as error:
            raise self._unreadable(error, line + 1) from error

    def _read_header(self) -> tuple[list[str], int]:
        for line, row in self._numbered:
            header = clean_header([_text(cell.value) for cell in row])
            if any(header):
                while not header[-1]:
                    header.pop()
                if self._is_trailer(line, header):
                    raise FileError(
                        self.name,
                        "no_header",
                        "the file has a totals line but no header",
                        "The first line must name the columns.",
                        line,
                    )
                return header, line
        raise FileError(
            self.name,
            "empty",
            "the sheet has only blank rows",
            "Check the export and deliver it again.",
        )


def _unsafe_cell(row: tuple) -> tuple[int, str] | None:
    """Return (position, cause) of the first formula or error cell."""
    for column, cell in enumerate(row):
        kind = cell.data_type
        if kind == "f":
            return column, "formula"
        if kind == "e":
            return column, "cell_error"
    return None


def _text(value: object) -> str:
    """Write a cell value the way the CSV export would: no exponent, no ``.0``, ISO dates."""
    if value is None:
        return ""
    if isinstance(value, str):
        return unescape(value) if "_x" in value else value
    if isinstance(value, bool):
        return "O" if value else "N"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        # Excel itself shows 15 digits; the rest is binary noise.
        return format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()
        return value.replace(microsecond=0).isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(getattr(value, "text", value))
