"""JSON: one record per line (JSON Lines), or an array of records, at the top or under a name.

Both are streamed. Columns are paths below the record: ``code``, ``customer.code``. Numbers are kept
as they are written, ``true`` and ``false`` become words, ``null`` and an empty list become nothing.
"""

import codecs
import re
from collections.abc import Hashable, Iterator
from typing import Any

from ..contract.words import normalise
from .base import FileError, is_damaged
from .json_text import (
    JSONDecodeError,
    JsonText,
    RejectedValueError,
    lax_scan,
    not_utf8,
    strict_scan,
    truncated,
)
from .records import DefectiveRecordError, Flat, Name, Pairs, RecordReader

BLOCK = 1 << 18
SNIFFED = 1 << 20
# A file of one line longer than this is no single record.
RECORD = 1 << 16
MAX_CONTAINERS = 5
_LINES_NAME = re.compile(r"\.(jsonl|ndjson)\b", re.IGNORECASE)
_RECORD_NAMES = frozenset(("items", "data", "value", "records", "results", "rows", "content"))
_OTHER_NAMES = frozenset(("links", "errors", "warnings", "messages", "meta", "included"))
_WORDS = {True: "true", False: "false", None: ""}


class JsonFormat(RecordReader):
    """Reader of JSON; see :class:`.records.RecordReader`."""

    separator = "."

    # -- what kind of file ---------------------------------------------------------------------

    def _records(self) -> Iterator[tuple[int, Any]]:
        self._stream.seek(0)
        head = self._stream.read(SNIFFED)
        self._refuse_other_encoding(head)
        if self._is_json_lines(head):
            return self._by_line()
        return self._by_array()

    def _refuse_other_encoding(self, head: bytes) -> None:
        encoding = self.options.encoding.lower().replace("_", "-")
        if encoding not in ("auto", "utf-8", "utf8"):
            what = f"the feed says {encoding}, but JSON is always UTF-8"
        elif b"\0" in head[:4] or head.startswith((b"\xff\xfe", b"\xfe\xff")):
            what = "the file is written in UTF-16 or UTF-32"
        else:
            return
        raise FileError(self.name, "encoding", what, "Export it as UTF-8.", 1)

    def _is_json_lines(self, head: bytes) -> bool:
        """Tell one record per line from an array, and from an object that holds one."""
        if _LINES_NAME.search(self.name):
            return True
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        line, _newline, rest = start.partition(b"\n")
        if not start.startswith(b"{") or (len(line) > RECORD and not rest.strip()):
            return False
        try:
            text = line.decode()
            first, end = lax_scan(text, 0)
        except (StopIteration, ValueError, RecursionError):
            return False
        if text[end:].strip():
            return False
        if rest.strip() or (len(first) == 1 and self._is_count(*next(iter(first.items())))):
            return True
        return not self.options.record_path and self._is_record(first)

    def _is_record(self, first: dict[str, Any]) -> bool:
        """Tell a file of a single record from an envelope, which has its records in an array."""
        if self._wanted:
            return not _names_below(first, "").isdisjoint(self._wanted)
        return not _has_array(first, MAX_CONTAINERS)

    # -- JSON Lines ----------------------------------------------------------------------------

    def _by_line(self) -> Iterator[tuple[int, Any]]:
        """Yield the records of JSON Lines; one that is no JSON costs its line only."""
        ended_at = None
        for number, text, is_whole in self._lines():
            record = self._line_value(text)
            if record is None:
                continue
            if ended_at is not None:
                raise FileError(
                    self.name,
                    "data_after_trailer",
                    f"there is a record after the totals (line {ended_at})",
                    "The file looks like two exports joined together; deliver one per file.",
                    number,
                )
            if type(record) is dict:
                if len(record) == 1 and self._is_count(*next(iter(record.items()))):
                    ended_at = number
                    continue
            elif not is_whole:
                raise truncated(self.name, number)
            yield number, record

    def _line_value(self, text: str | None) -> dict | DefectiveRecordError | None:
        """Return the record on a line, what is wrong with it, or None for a blank line."""
        if text is None:
            return DefectiveRecordError("cell_too_long")
        try:
            record, end = strict_scan(text, 0)
        except RejectedValueError as error:
            cause, what = error.args
            try:
                record, end = lax_scan(text, 0)
            except (StopIteration, JSONDecodeError):
                return DefectiveRecordError("bad_json", value=text)
            if type(record) is dict and not text[end:].strip():
                return DefectiveRecordError(cause, value=what, record=record)
        except RecursionError:
            return DefectiveRecordError("too_deep", value=text)
        except (StopIteration, JSONDecodeError):
            stripped = text.strip()
            if not stripped:
                return None
            if stripped != text:
                return self._line_value(stripped)
        else:
            if type(record) is dict and (end == len(text) or not text[end:].strip()):
                return record
        return DefectiveRecordError("bad_json", value=text)

    def _lines(self) -> Iterator[tuple[int, str | None, bool]]:
        """Yield (number, text, ends with a line end); the text is None when it is far too long."""
        stream, limit = self._stream, self.options.max_record_bytes
        stream.seek(0)
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        number, rest, too_long = 0, b"", False
        start = stream.tell()  # of what is in `rest`
        while chunk := stream.read(BLOCK):
            if too_long:
                _lost, newline, chunk = chunk.partition(b"\n")
                if not newline:
                    continue
                number += 1
                yield number, None, True
                start, too_long = stream.tell() - len(chunk), False
            whole, newline, tail = (rest + chunk).rpartition(b"\n")
            if newline:
                for text in self._decode(whole, start, number):
                    number += 1
                    yield number, text, True
                start = stream.tell() - len(tail)
            rest, too_long = (b"", True) if len(tail) > limit else (tail, False)
        if too_long:
            raise truncated(self.name, number + 1)
        if rest:
            try:
                yield number + 1, rest.decode(), False
            except UnicodeDecodeError:
                raise truncated(self.name, number + 1) from None

    def _decode(self, block: bytes, start: int, line: int) -> list[str]:
        try:
            return block.decode().split("\n")
        except UnicodeDecodeError as error:
            line += block.count(b"\n", 0, error.start) + 1
            byte = block[error.start]
            raise not_utf8(self.name, start + error.start, byte, line) from None

    # -- arrays --------------------------------------------------------------------------------

    def _by_array(self) -> Iterator[tuple[int, Any]]:
        text = JsonText(self._stream, self.name, self.options.max_record_bytes)
        self._found = self._found_empty = False
        path = [part for part in self.options.record_path.split(".") if part]
        if text.peek() == "[" and not path:
            found, self._found = text.elements(strict_scan), True
        elif text.peek() == "{":
            found = self._in_object(text, path, MAX_CONTAINERS)
        else:
            raise text.broken("an array or an object is expected")
        for number, record in enumerate(found, 1):
            if type(record) is not dict:
                record = _defective(record)
            yield number, record
        if text.peek():
            raise FileError(
                self.name,
                "data_after_trailer",
                "there is something after the end of the JSON",
                "The file looks like two exports joined together; deliver one per file.",
            )
        if not self._found and (path or not self._found_empty):
            raise FileError(
                self.name,
                "format",
                f"there is no array at “{self.options.record_path}”"
                if path
                else "no array of records is found in the JSON",
                "Name the path of the records on the feed, for example data.items.",
            )

    def _in_object(self, text: JsonText, path: list[str] | None, levels: int) -> Iterator[Any]:
        """Yield the records somewhere in the object that starts here, and note announced counts.

        :param path: names that lead to the records; empty = look for them, None = not in here
        """
        for name in text.members():
            start = text.peek()
            on_path = not self._found and path is not None and path[:1] in ([], [name])
            if start == "[":
                if on_path and len(path) < 2:
                    yield from self._if_records(text, name, bool(path))
                else:
                    text.skip_value(self.options.max_depth)
            elif start != "{":
                self._is_count(name, text.value(lax_scan))
            elif on_path and len(path) == 1:
                self._found = True
                yield text.value(strict_scan)
            elif levels:
                yield from self._in_object(text, path[1:] if on_path else None, levels - 1)
            else:
                text.skip_value(self.options.max_depth)

    def _if_records(self, text: JsonText, name: str, is_named: bool) -> Iterator[Any]:
        """Yield the elements of an array when they are the records; go behind it in any case."""
        elements = text.elements(strict_scan)
        first = next(elements, None)
        if first is None:
            self._found_empty = True
            self._found = self._found or is_named
        elif is_named or self._are_records(name, first):
            self._found = True
            yield first
            yield from elements
        else:
            for _other in elements:
                pass

    def _are_records(self, name: str, first: Any) -> bool:
        if not isinstance(first, dict):
            return False
        if self._wanted and not _names_below(first, "").isdisjoint(self._wanted):
            return True
        word = normalise(name)
        return word in _RECORD_NAMES or not (self._wanted or word in _OTHER_NAMES)

    # -- flattening ----------------------------------------------------------------------------

    def _name_of_path(self, path: str) -> Name | None:
        """Return the name of ``order.lines``."""
        name = self._top
        for part in filter(None, path.split(".")):
            name = name.children.get(part) or self._name(name, part, part)
        return None if name is self._top else name

    def _flatten(self, record: dict, flat: Flat, repeated: list[Name]) -> None:
        flat.lines.clear()
        self._walk(record, self._top, flat.pairs, (flat.lines, repeated), 0)

    def _walk(
        self,
        record: dict,
        name: Name,
        pairs: Pairs,
        found: tuple[list[Pairs], list[Name]],
        depth: int,
    ) -> None:
        """Append what is in and below an object; ``found`` collects lines and candidates."""
        if depth > self.options.max_depth:
            raise DefectiveRecordError("too_deep", value=name.path)
        children = name.children
        for key, value in record.items():
            below = children.get(key)
            if below is None:
                below = self._name(name, key, key)
            if value.__class__ is str:
                pairs.append((below.path, value))
            elif isinstance(value, (dict, list)):
                self._walk_below(value, below, pairs, found, depth + 1)
            else:
                pairs.append((below.path, _WORDS[value]))

    def _walk_below(
        self,
        value: dict | list,
        name: Name,
        pairs: Pairs,
        found: tuple[list[Pairs], list[Name]],
        depth: int,
    ) -> None:
        if depth > self.options.max_depth:
            raise DefectiveRecordError("too_deep", value=name.path)
        lines, repeated = found
        if isinstance(value, dict):
            if name is self._lines_name:
                lines.append([])
                pairs = lines[-1]
            self._walk(value, name, pairs, found, depth)
            return
        if not value and name is not self._lines_name:
            pairs.append((name.path, ""))
        for item in value:
            if isinstance(item, (dict, list)):
                if isinstance(item, dict) and name not in repeated:
                    repeated.append(name)
                self._walk_below(item, name, pairs, found, depth + 1)
            else:
                pairs.append((name.path, item if isinstance(item, str) else _WORDS[item]))

    # -- the common row ------------------------------------------------------------------------

    def _quick(self, record: Any) -> list[str] | None:
        if type(record) is not dict or self._pick is None:
            return None
        keys: list[Hashable] = list(record)
        cells = list(record.values())
        try:
            whole = "".join(cells)
        except TypeError:  # a number is text already, but true, null, an object or a list are not
            keys, cells = _expanded(record)
            try:
                cells = [cell if cell.__class__ is str else _WORDS[cell] for cell in cells]
            except TypeError:
                return None
            whole = "".join(cells)
        if len(whole) > self.options.max_cell_chars or is_damaged(whole):
            return None
        return self._arranged(keys, cells)

    def _learn_shape(self, record: dict) -> None:
        keys, cells = _expanded(record)
        if any(isinstance(cell, (dict, list)) for cell in cells):
            return
        names: list[Name | None] = []
        for key in keys:
            name: Name | None = self._top
            for part in key if isinstance(key, tuple) else (key,):
                name = name and name.children.get(part)
            names.append(name)
        self._remember(keys, names)


def _expanded(record: dict) -> tuple[list[Hashable], list[Any]]:
    """Return keys and values of a record, those of an object in it as ``(name, name in it)``."""
    keys: list[Hashable] = []
    cells: list[Any] = []
    for key, value in record.items():
        if value.__class__ is dict:
            keys += [(key, name) for name in value]
            cells += value.values()
        else:
            keys.append(key)
            cells.append(value)
    return keys, cells


def _defective(found: Any) -> DefectiveRecordError:
    """Describe an element of an array of records that is unfit, or no object."""
    if isinstance(found, RejectedValueError):
        cause, what, record = found.args
        if isinstance(record, dict):
            return DefectiveRecordError(cause, value=what, record=record)
        found = record
    return DefectiveRecordError("bad_json", value=str(found))


def _has_array(value: Any, levels: int) -> bool:
    """Return whether an object holds a list of objects, or an empty one, at some level."""
    if isinstance(value, list):
        return not value or isinstance(value[0], dict)
    return (
        isinstance(value, dict)
        and levels > 0
        and any(_has_array(item, levels - 1) for item in value.values())
    )


def _names_below(record: dict, path: str, levels: int = MAX_CONTAINERS) -> set[str]:
    """Return the normalised paths of the values in an object; of a list, the first ones tell."""
    names = set()
    for key, value in record.items():
        below = f"{path} {key}"
        names.add(normalise(below))
        for item in value[:5] if isinstance(value, list) else [value]:
            if isinstance(item, dict) and levels:
                names |= _names_below(item, below, levels - 1)
    return names
