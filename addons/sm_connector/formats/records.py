"""Records with named values (XML, JSON) → a header and rows of cells, as a flat file has them.

Names are paths below the record. The header is made of the columns the mapping wants and of what
the first records show; a later name that the header lacks is remembered in ``unknown``.

Values of one name that repeat in a record are joined by ``|``. One repeated child, the *lines*,
makes one row each instead, on which the values of the record are repeated.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any, BinaryIO

from ..contract.words import normalise
from .base import Defect, FileError, FormatOptions, Reader, clean_header, is_damaged

JOINER = "|"
MAX_UNKNOWN = 1_000
# How a count of the records is named, normalised.
COUNT_NAMES = frozenset(
    ("count", "total", "total count", "totalcount", "record count", "odata count", "nombre")
)

Pairs = list[tuple[str, str]]


class DefectiveRecordError(Exception):
    """One record cannot be used.

    :ivar cause: stable code, as of a :class:`.base.Defect`
    :ivar name: column of the guilty value, if there is one
    :ivar value: what is wrong, as read
    :ivar record: as much of the record as can be shown; None when nothing can
    """

    def __init__(self, cause: str, name: str = "", value: str = "", record: Any = None) -> None:
        super().__init__(cause)
        self.cause, self.name, self.value, self.record = cause, name, value, record


@dataclass(eq=False)
class Name:
    """One name in the tree of names below a record; ``path`` is the whole name of a column."""

    path: str
    children: dict[str, "Name"] = field(default_factory=dict)


@dataclass
class Flat:
    """One record, flattened: its own values, and those of each of its lines."""

    pairs: Pairs = field(default_factory=list)
    lines: list[Pairs] = field(default_factory=list)


def _without_signs(column: str) -> str:
    """Return ``N° TVA`` as an export writes it where signs are not allowed: ``N_TVA``."""
    return normalise(column.replace("°", " ").replace("º", " "))


class RecordReader(Reader):
    """What XML and JSON have in common; see :class:`.base.Reader`.

    Both yield the number of the record (from 1) in the place of the physical line: the rows of one
    record share it. Only JSON Lines has real lines.
    """

    separator: str

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> None:
        super().__init__(stream, name, options, on_defect)
        self.unknown = set()
        self.records = 0
        self._counts: set[int] = set()
        self._top = Name("")
        self._known_names = 0
        self._lines_name = self._name_of_path(options.lines_path)
        self._wanted = [normalise(column) for column in options.columns]
        self._alike: dict[str, int] = {}
        for form in (self._wanted, map(_without_signs, options.columns)):
            for place, name in enumerate(form):
                self._alike.setdefault(name, place)
        self._columns: dict[str, int] = {}
        self._first_columns: dict[str, int] = {}  # of the first page, when this is a later one
        # How the last record without lines was written; most are written alike.
        self._keys: list[Hashable] = []
        self._places: dict[Hashable, int] = {}
        self._pick: Callable[[list[str]], tuple[str, ...]] | None = None
        self._in_order = False
        self.header = []
        self._source = self._records()
        self._sample = list(islice(self._source, options.sample))
        self._set_header()

    # -- what a format brings ------------------------------------------------------------------

    def _records(self) -> Iterator[tuple[int, Any]]:
        """Yield (number, record as parsed); a record may be a :class:`DefectiveRecordError`."""
        raise NotImplementedError

    def _flatten(self, record: Any, flat: Flat, repeated: list[Name]) -> None:
        """Fill ``flat``; name in ``repeated`` the children that could be lines.

        :raises DefectiveRecordError: too deep, for example; ``flat`` holds what came before
        """
        raise NotImplementedError

    def _quick(self, record: Any) -> list[str] | None:
        """Return the cells of a record that is written exactly like the one before, else None."""
        raise NotImplementedError

    def _learn_shape(self, record: Any) -> None:
        """Give :meth:`_remember` the keys of a record whose values are all simple."""
        raise NotImplementedError

    # -- reading -------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for number, record in self._sample:
            for cells in self._slow(number, record):
                yield number, cells
        self._sample = []
        quick = self._quick
        number = self.records
        for number, record in self._source:
            cells = quick(record)
            if cells is not None:
                self.records += 1
                self.rows += 1
                yield number, cells
            else:
                for cells in self._slow(number, record):
                    yield number, cells
        self._check_counts(number)
        if self.records and not self.is_page:
            self._check_required(self.absent)

    def follow(self, first: "RecordReader") -> None:
        """Override: a name that is always empty on this page is a column all the same."""
        self._first_columns = first._columns

    @property
    def absent(self) -> set[str]:
        """Wanted columns that no record had so far."""
        taken = set(self._columns.values())
        return {name for place, name in enumerate(self.options.columns) if place not in taken}

    def _slow(self, number: int, record: Any) -> list[list[str]]:
        """Return the rows of any record; count it, and report it when it is defective."""
        self.records += 1
        flat, error = Flat(), None
        if isinstance(record, DefectiveRecordError):
            error, record = record, record.record
        if record is not None:
            try:
                self._flat(record, flat)
            except DefectiveRecordError as defect:
                error = error or defect
        rows = self._rows_of(flat)
        self.rows += len(rows)
        if error is None:
            error = self._unfit_cell(rows)
        if error is None:
            if not flat.lines:
                self._learn_shape(record)
            return rows
        self._report(number, rows[0], error)
        return []

    def _flat(self, record: Any, flat: Flat) -> None:
        repeated: list[Name] = []
        self._flatten(record, flat, repeated)
        if repeated and self._lines_name is None:
            self._lines_name = self._choose_lines(repeated)
            if self._lines_name is not None:
                flat.pairs.clear()
                self._flatten(record, flat, repeated)

    def _rows_of(self, flat: Flat) -> list[list[str]]:
        base: list[str | None] = [None] * len(self.header)
        self._fill(base, flat.pairs)
        rows = []
        for line in flat.lines or ([],):
            cells = base.copy()
            self._fill(cells, line)
            rows.append([cell or "" for cell in cells])
        return rows

    def _fill(self, cells: list[str | None], pairs: Pairs) -> None:
        columns = self._columns
        for name, value in pairs:
            place = columns.get(name)
            if place is None:
                if not value or name in self.unknown:
                    continue
                place = self._late_column(name)
                if place is None:
                    continue
            before = cells[place]
            cells[place] = value if before is None else f"{before}{JOINER}{value}"

    def _unfit_cell(self, rows: list[list[str]]) -> DefectiveRecordError | None:
        limit = self.options.max_cell_chars
        for cells in rows:
            if max(map(len, cells), default=0) > limit:
                place = next(i for i, cell in enumerate(cells) if len(cell) > limit)
                return DefectiveRecordError("cell_too_long", self.header[place], cells[place])
            if is_damaged("".join(cells)):
                place = next(i for i, cell in enumerate(cells) if is_damaged(cell))
                return DefectiveRecordError("nul_byte", self.header[place], cells[place])
        return None

    def _report(self, number: int, cells: list[str], error: DefectiveRecordError) -> None:
        """Report a defective record; a value under no column is shown behind the last one."""
        place = len(cells)
        if error.name in self.header:
            place = self.header.index(error.name)
        shown = [*cells[:place], error.value or error.name, *cells[place + 1 :]]
        shown = [cell.encode(errors="replace").decode() for cell in shown]
        self._defect(number, shown, error.cause, place)

    # -- the common row ------------------------------------------------------------------------

    def _remember(self, keys: list[Hashable], names: list[Name | None]) -> None:
        """Remember how a simple record is written: its keys, and the name that each one is."""
        width = len(self.header)
        if keys == self._keys or width < 2 or None in names:
            return
        places = {}
        for key, name in zip(keys, names, strict=True):
            places[key] = self._columns.get(name.path)
            if places[key] is None:
                places[key] = self._first_columns.get(name.path)
            # A name that was always empty so far may be a column; one that is unknown is not.
            if places[key] is None and name.path not in self.unknown:
                return
        if len(places) < len(keys):  # a repeated name
            return
        self._places |= {key: place for key, place in places.items() if place is not None}
        where = {place: index for index, place in enumerate(places.values())}
        self._keys = keys
        self._in_order = list(where) == list(range(width))
        self._pick = itemgetter(*(where.get(place, len(keys)) for place in range(width)))

    def _arranged(self, keys: list[Hashable], cells: list[str]) -> list[str] | None:
        """Put the values of a simple record into the order of the header; None = look closer."""
        if keys == self._keys:
            if self._in_order:
                return cells
            return list(self._pick([*cells, ""]))
        places, row = self._places, [None] * len(self.header)
        for key, cell in zip(keys, cells, strict=True):
            place = places.get(key)
            if place is None or row[place] is not None:
                return None
            row[place] = cell
        return [cell or "" for cell in row]

    # -- names ---------------------------------------------------------------------------------

    def _name(self, parent: Name, tag: str, local: str) -> Name:
        """Add a name to the tree.

        :raises FileError: more names than a table can have: they are data, not columns
        """
        self._known_names += 1
        if self._known_names > self.options.max_columns:
            raise FileError(
                self.name,
                "format",
                f"the records have more than {self.options.max_columns:,} different names",
                "Names must be those of columns; codes and dates are values.",
            )
        path = f"{parent.path}{self.separator}{local}" if parent.path else local
        name = parent.children[tag] = Name(path)
        return name

    def _name_of_path(self, path: str) -> Name | None:
        raise NotImplementedError

    def _choose_lines(self, repeated: list[Name]) -> Name | None:
        """Choose the repeated child the mapping reads, else the one with the most values."""
        if not self._wanted:
            return max(repeated, key=lambda name: len(name.children))

        def wanted(name: Name) -> int:
            prefix = normalise(name.path) + " "
            return sum(column.startswith(prefix) for column in self._wanted)

        best = max(repeated, key=wanted)
        return best if wanted(best) else None

    def _set_header(self) -> None:
        self.header = list(self.options.columns)
        if self.options.sample:
            self._claim_columns(self._sample_names())
        if not self.header:
            raise FileError(
                self.name,
                "empty",
                "there is no record in the file",
                "Check the export and deliver it again.",
            )

    def _sample_names(self) -> list[str]:
        """Return the names in the sample; a container that is only sometimes empty is none."""
        valued: dict[str, bool] = {}
        # The first record with two lines tells what the lines are; only then names are final.
        for _twice in range(2):
            valued.clear()
            for _number, record in self._sample:
                flat = Flat()
                if isinstance(record, DefectiveRecordError):
                    continue
                try:
                    self._flat(record, flat)
                except DefectiveRecordError:
                    continue
                for pairs in (flat.pairs, *flat.lines):
                    for name, value in pairs:
                        valued[name] = bool(value) or valued.get(name, False)
        return [
            name
            for name, has_value in valued.items()
            if has_value or not self._is_container(name, valued)
        ]

    def _is_container(self, name: str, names: Iterable[str]) -> bool:
        """Return whether other columns lie below a name: an empty list of lines is no value."""
        below = f"{name}{self.separator}"
        return any(other.startswith(below) for other in (*names, *self.options.columns))

    def _claim_columns(self, names: list[str]) -> None:
        """Give each name its place: the wanted column it is, or one of its own at the end."""
        exact = {column: place for place, column in enumerate(self.options.columns)}
        taken = {exact[name] for name in names if name in exact}
        for name in names:
            place = exact.get(name)
            if place is None:
                place = self._alike.get(normalise(name))
                if place is None or place in taken:
                    place = len(self.header)
                    self.header += clean_header([name])
            taken.add(place)
            self._columns[name] = place
        if self.options.only_shown:
            self._leave_out(set(range(len(self.options.columns))) - taken)

    def _leave_out(self, places: set[int]) -> None:
        """Take columns out of the header that no record of the sample has."""
        kept = [place for place in range(len(self.header)) if place not in places]
        moved = {place: index for index, place in enumerate(kept)}
        self.header = [self.header[place] for place in kept]
        self._columns = {name: moved[place] for name, place in self._columns.items()}

    def _late_column(self, name: str) -> int | None:
        """Find the wanted column of a name that was not in the sample; remember it if none is."""
        place = self._alike.get(normalise(name))
        if name in self.options.columns:
            place = self.options.columns.index(name)
        if place is not None and not self.options.only_shown:
            if place not in self._columns.values():
                self._columns[name] = place
                return place
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown.add(name)
        return None

    # -- counts --------------------------------------------------------------------------------

    def _is_count(self, name: str, value: object) -> bool:
        """Recognise an announced number of records and remember it."""
        if self.options.trailer == "none" or not isinstance(value, str):
            return False
        text = value.strip()
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            return False
        word = normalise(name)
        if word not in COUNT_NAMES and word != normalise(self.options.trailer_word):
            return False
        self._counts.add(int(text))
        return True

    def announced(self) -> tuple[set[int], tuple[int, int]]:
        return self._counts, (self.records, self.rows)

    def _check_counts(self, number: int) -> None:
        if not self._counts:
            if self.options.trailer == "required":
                raise FileError(
                    self.name,
                    "truncated",
                    f"the number of records is not announced, and {self.records} were read",
                    "Nothing was changed. Deliver the complete export again, or set on the feed "
                    "that it has no totals.",
                    number,
                )
        elif not self.is_page and self._counts.isdisjoint((self.records, self.rows)):
            raise self._count_error(max(self._counts), self.records)
