"""Several streams, the pages of one delivery, read as one file."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

from .base import Defect, FileError, FormatOptions, Reader

OpenPage = Callable[[BinaryIO, str, FormatOptions, Callable[[Defect], None]], Reader]


class PagedReader(Reader):
    """Read pages with the same header, one after the other; see :class:`.base.Reader`.

    Line numbers go on from page to page. What a page announces is the number of its own rows, or of
    the rows of all pages.

    :param open_page: makes the reader of one page
    """

    def __init__(
        self,
        open_page: OpenPage,
        streams: list[BinaryIO],
        name: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> None:
        self.name, self.options = name, options
        self._open_page, self._streams, self._report = open_page, streams, on_defect
        self._offset = 0
        self.unknown: set[str] = set()
        self._page = self._first = self._open(0, options)
        self.header = self._page.header

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        # Records in JSON or XML have the columns of the first page; later names are unknown.
        later = replace(self.options, columns=tuple(self.header), sample=0)
        pages, absent = [], set(self._page.absent)
        for index in range(len(self._streams)):
            if index:
                self._page = self._open(index, later)
                self._check_header()
                self._page.follow(self._first)
            offset, last = self._offset, 0
            for line, cells in self._page:
                last = line
                yield offset + line, cells
            self.rows += self._page.rows
            self.unknown |= self._page.unknown
            absent &= self._page.absent
            self._offset = offset + max(last, self._last_defect)
            pages.append(self._page.announced())
        self._check_announced(pages)
        self.absent = absent
        if self.rows:
            self._check_required(absent)

    def _open(self, index: int, options: FormatOptions) -> Reader:
        self._last_defect = 0
        name = f"{self.name} (page {index + 1})"
        page = self._open_page(self._streams[index], name, options, self._defect_of_page)
        page.is_page = True
        return page

    def _defect_of_page(self, defect: Defect) -> None:
        self._last_defect = max(self._last_defect, defect.line)
        self._report(replace(defect, line=self._offset + defect.line))

    def _check_header(self) -> None:
        if self._page.header != self.header:
            raise FileError(
                self._page.name,
                "columns",
                "its columns are not those of the first page",
                "Nothing was changed. The export changed while it was read; it is read again.",
            )

    def _check_announced(self, pages: list[tuple[set[int], tuple[int, int]]]) -> None:
        """Compare what the pages announce with their own rows, or with those of all pages."""
        if not any(said and said.isdisjoint(held) for said, held in pages):
            return
        records = sum(held[0] for _said, held in pages)
        rows = sum(held[1] for _said, held in pages)
        for said, _held in pages:
            if said and said.isdisjoint((records, rows)):
                raise self._count_error(max(said), records)
