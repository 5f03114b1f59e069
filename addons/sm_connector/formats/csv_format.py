"""Separated text, streamed.

A night on which nothing changed costs little more than this file, so the common row passes one
comparison of its length and one look-up of its first cell; everything that is rare is found by the
pass of :mod:`.text_inspection` or in the slow branch.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO

from .base import NUL_SIGN, Defect, FileError, FormatOptions, Reader, clean_header
from .text_inspection import inspect_text

BLOCK_CHARS = 1 << 18
MIN_RECORD_CHARS = 1 << 20
# More than this in one record, after over-long cells were cut, is no table any more.
HARD_RECORD_CHARS = 1 << 26

_DELIMITERS = (";", ",", "\t", "|")
_ENDS = ("", ":", " :", " ")


class CsvFormat(Reader):
    """Reader of separated text; see :class:`.base.Reader`."""

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> None:
        super().__init__(stream, name, options, on_defect)
        self._facts = inspect_text(stream, name, options)
        self._text = io.TextIOWrapper(stream, encoding=self._facts.encoding, newline="")
        self._record_chars = max(MIN_RECORD_CHARS, 4 * options.max_cell_chars)
        # The limit of the csv module is global to the process; it is only ever raised.
        if csv.field_size_limit() < 2 * HARD_RECORD_CHARS:
            csv.field_size_limit(2 * HARD_RECORD_CHARS)
        self._block: list[str] = []
        self._block_line = 1  # physical line of the first line in the block
        self._record_line = 1  # physical line on which the record being read starts
        self._exhausted = False
        self._drained_line: int | None = None
        self._nul_lines: set[int] = set()
        self._last_short_line: int | None = None
        self._reader = csv.reader(
            chain.from_iterable(self._blocks()),
            delimiter=options.delimiter,
            quotechar=options.quotechar,
            strict=True,
        )
        self.header = self._read_header()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        reader = self._reader
        width = len(self.header)
        word = self.options.trailer_word
        totals = frozenset(f"{w}{end}" for w in (word, word.title(), word.lower()) for end in _ENDS)
        careful = self._facts.has_nul or self._facts.long_lines
        rows = 0
        while True:
            try:
                for cells in reader:
                    line, end = self._record_line, reader.line_num
                    if (
                        line != end
                        or careful
                        or len(cells) != width
                        or cells[0] < "!"  # empty, or blank at its start
                        or cells[0] in totals
                        or self._trailer_line is not None
                    ):
                        self.rows = rows
                        checked = self._checked(line, end, cells)
                        rows = self.rows
                        self._record_line = end + 1
                        if checked is not None:
                            yield line, checked
                    else:
                        self._record_line = end + 1
                        rows += 1
                        yield line, cells
            except csv.Error:
                self._bad_quotes()
                rows += 1
            else:
                break
        self.rows = rows
        if self._last_short_line == self._record_line - 1 and not self._facts.ends_with_newline:
            raise FileError(
                self.name,
                "truncated",
                "the last row stops in the middle",
                "Nothing was changed. Deliver the complete export again.",
                self._last_short_line,
            )
        self._check_end(self._record_line - 1)

    # -- rows ----------------------------------------------------------------------------------

    def _read_header(self) -> list[str]:
        try:
            for cells in self._reader:
                line, self._record_line = self._record_line, self._reader.line_num + 1
                header = clean_header(cells)
                if any(header):
                    break
            else:
                raise FileError(
                    self.name,
                    "empty",
                    "the file has only blank lines",
                    "Check the export and deliver it again.",
                )
        except csv.Error:
            raise self._broken_header() from None
        if "\0" in "".join(cells) or NUL_SIGN in "".join(cells):
            raise FileError(self.name, "format", "the header line holds a null byte", "", line)
        self._check_delimiter(header, line)
        if self._is_trailer(line, cells):
            raise FileError(
                self.name,
                "no_header",
                "the file has a totals line but no header",
                "The first line must name the columns.",
                line,
            )
        return header

    def _broken_header(self) -> FileError:
        if self._exhausted:
            return self._open_quote()
        return FileError(
            self.name,
            "no_header",
            "the quotes of the header line do not match",
            "The first line must name the columns.",
            self._record_line,
        )

    def _check_delimiter(self, header: list[str], line: int) -> None:
        if len(header) > 1:
            return
        counts = {
            other: header[0].count(other)
            for other in _DELIMITERS
            if other != self.options.delimiter and header[0].count(other) >= 2
        }
        # Tabs were turned into blanks when the header was cleaned.
        tabs = self._block[line - self._block_line].count("\t") if self._block else 0
        if tabs >= 2 and self.options.delimiter != "\t":
            counts["\t"] = tabs
        if counts:
            best = max(counts, key=lambda other: counts[other])
            raise FileError(
                self.name,
                "delimiter",
                f"the header is one single column when cut at {self.options.delimiter!r}, "
                f"but {counts[best] + 1} columns when cut at {best!r}",
                "Set the separator of the feed, or export with the agreed one.",
                line,
            )

    def _checked(self, line: int, end: int, cells: list[str]) -> list[str] | None:
        """Look at an unusual record; count it, and return its cells unless blank or defective."""
        if not cells or not any(map(str.strip, cells)):
            return None
        self._check_after_trailer(line)
        if self._is_trailer(line, cells):
            return None
        self.rows += 1
        if self._nul_lines and not self._nul_lines.isdisjoint(range(line, end + 1)):
            column = next((i for i, cell in enumerate(cells) if NUL_SIGN in cell), None)
            self._defect(line, cells, "nul_byte", column)
            return None
        longest = max(range(len(cells)), key=lambda i: len(cells[i]))
        if len(cells[longest]) > self.options.max_cell_chars or self._drained_line == line:
            self._defect(line, cells, "cell_too_long", longest)
            return None
        width = len(self.header)
        if len(cells) > width and not any(map(str.strip, cells[width:])):
            return cells[:width]
        if len(cells) != width:
            if len(cells) < width:
                self._last_short_line = end
            self._defect(line, cells, "column_count")
            return None
        return cells

    def _bad_quotes(self) -> None:
        """Report the record csv stumbled over; it goes on with the next physical line."""
        if self._exhausted:
            raise self._open_quote()
        line, end = self._record_line, self._reader.line_num
        self._record_line = end + 1
        self._check_after_trailer(line)
        first = max(line - self._block_line, 0)
        raw = "".join(self._block[first : end - self._block_line + 1])
        self._defect(line, raw.rstrip("\r\n").split(self.options.delimiter), "bad_quotes")

    # -- lines ---------------------------------------------------------------------------------

    def _blocks(self) -> Iterator[list[str]]:
        """Feed csv with lists of lines, and never let it gather a record without bound."""
        read = self._bounded_lines if self._facts.long_lines else self._plain_lines
        spanned = 0
        while lines := read():
            if self._facts.has_nul:
                lines = self._without_nul(lines)
            self._block = lines
            yield lines
            # csv asks for more. When not even one record began since this block did, the whole
            # block belongs to one quoted cell.
            unfinished = self._record_line <= self._block_line
            self._block_line += len(lines)
            spanned = spanned + sum(map(len, lines)) if unfinished else 0
            if spanned > self._record_chars:
                yield from self._drain()
                spanned = 0
        self._exhausted = True

    def _plain_lines(self) -> list[str]:
        return self._text.readlines(BLOCK_CHARS)

    def _bounded_lines(self) -> list[str]:
        """Read one line, over-long cells cut just above the limit, so that they still show."""
        piece = self._text.readline(self._record_chars)
        if len(piece) < self._record_chars or piece.endswith(("\n", "\r")):
            return [piece] if piece else []
        inside = f"[^{re.escape(self.options.delimiter + self.options.quotechar)}\\r\\n]"
        # Only tried where a cell begins; at every character it would take time by the square.
        start = inside.replace("[^", "(?<![^", 1) + ")"
        too_long = re.compile(f"{start}({inside}{{{self.options.max_cell_chars + 1}}}){inside}+")
        pieces, size = [], 0
        while piece:
            pieces.append(too_long.sub(r"\1", piece))
            size += len(pieces[-1])
            if size > HARD_RECORD_CHARS:
                raise self._too_large()
            if piece.endswith(("\n", "\r")):
                break
            piece = self._text.readline(self._record_chars)
        return ["".join(pieces)]

    def _drain(self) -> Iterator[list[str]]:
        """Go to the end of an over-long quoted cell without keeping what it holds.

        The record is inside a quoted cell at the start of each line: a line without a single quote
        only makes the cell longer, and doubled quotes neither close nor open one.
        """
        record, quote, size = self._record_line, self.options.quotechar, 0
        self._drained_line = record
        read = self._bounded_lines if self._facts.long_lines else self._one_line
        while self._record_line == record and (lines := read()):
            if self._facts.has_nul:
                lines = self._without_nul(lines)
            rest = lines[0].replace(quote * 2, "")
            size += len(rest) if quote in rest else 0
            if size > HARD_RECORD_CHARS:
                raise self._too_large()
            self._block = [rest if quote in rest else ""]
            yield self._block
            self._block_line += 1

    def _one_line(self) -> list[str]:
        line = self._text.readline()
        return [line] if line else []

    def _without_nul(self, lines: list[str]) -> list[str]:
        """Replace NUL by its sign and remember where, as csv of Python 3.10 refuses it."""
        for number, line in enumerate(lines, self._block_line):
            if "\0" in line:
                self._nul_lines.add(number)
        return [line.replace("\0", NUL_SIGN) for line in lines]

    # -- errors --------------------------------------------------------------------------------

    def _too_large(self) -> FileError:
        return FileError(
            self.name,
            "too_large",
            f"the row has more than {HARD_RECORD_CHARS:,} characters",
            "Nothing was changed. Check the quotes of this row in the export.",
            self._record_line,
        )

    def _open_quote(self) -> FileError:
        return FileError(
            self.name,
            "truncated",
            "the file ends inside a quoted cell whose quote opens on this line",
            "Nothing was changed. The end of the file is missing, or a quote is not closed.",
            self._open_quote_line(),
        )

    def _open_quote_line(self) -> int:
        """Read the unfinished record again, to say on which of its lines the quote opens."""
        self._text.seek(0)
        opened_on: int | None = None
        number = 1
        while piece := self._text.readline(BLOCK_CHARS):
            if number >= self._record_line:
                opened_on = self._quote_opened_on(piece, number, opened_on)
            number += piece.endswith(("\n", "\r"))
        return opened_on or self._record_line

    def _quote_opened_on(self, text: str, number: int, opened_on: int | None) -> int | None:
        """Follow the quotes of one line; return where the cell open at its end began."""
        quote, delimiter = self.options.quotechar, self.options.delimiter
        position = 0
        while True:
            if opened_on is None and text.startswith(quote, position):
                opened_on = number
                position += 1
            if opened_on is not None:
                position = text.find(quote, position)
                if position < 0:
                    return opened_on
                if text.startswith(quote, position + 1):
                    position += 2
                    continue
                opened_on = None
            position = text.find(delimiter, position) + 1
            if not position:
                return None
