"""JSON text read value by value from a growing buffer: one record in memory, however long the file.

The standard library's C scanner decodes a value from any position of a text. When the text ends
inside a value, more is read and the value is tried again. So no other library is needed, and no
file is too long; only one record has a limit.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from json.decoder import JSONDecodeError
from typing import Any, BinaryIO

from .base import FileError

CHUNK = 1 << 18
_BLANKS = re.compile(r"[ \t\n\r]*")
_NEXT_RECORD = re.compile(r"[ \t\n\r]*,[ \t\n\r]*(?=\{)")
# What can be missing at the end of a word or an escape sequence that was cut.
_SHORT = 16

Scan = Callable[[str, int], tuple[Any, int]]


class RejectedValueError(Exception):
    """JSON, but unfit; ``args`` are the cause, what is wrong, and the value read all the same."""


def _strict_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise RejectedValueError("duplicate_name", double)
    return found


def _no_constant(word: str) -> None:
    raise RejectedValueError("bad_number", word)


# Numbers stay the text they are: 1.50 is not 1.5, and 00012 is no number at all.
strict_scan: Scan = json.JSONDecoder(
    object_pairs_hook=_strict_object,
    parse_float=str,
    parse_int=str,
    parse_constant=_no_constant,
).scan_once
lax_scan: Scan = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str).scan_once


class JsonText:
    """A cursor in a JSON file.

    :param int limit: most characters of one value
    """

    def __init__(self, stream: BinaryIO, name: str, limit: int) -> None:
        self._stream, self._name, self._limit = stream, name, limit
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._pos = 0
        self._dropped = 0  # characters before the buffer
        self._lines = 0
        self._read = 0
        self._ended = False
        stream.seek(0)
        if self._peek_raw() == "\ufeff":
            self._pos += 1

    # -- buffer --------------------------------------------------------------------------------

    def _more(self, size: int = CHUNK) -> bool:
        """Drop what was consumed and read on; return False at the end of the file."""
        if self._ended:
            return False
        data = self._stream.read(size)
        self._ended = not data
        try:
            new = self._decoder.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            start = self._read + len(data) - len(error.object)
            if self._ended:
                raise truncated(self._name) from None
            byte = error.object[error.start]
            raise not_utf8(self._name, start + error.start, byte) from None
        self._read += len(data)
        self._dropped += self._pos
        self._lines += self._text.count("\n", 0, self._pos)
        self._text = self._text[self._pos :] + new
        self._pos = 0
        return True

    def _peek_raw(self) -> str:
        while self._pos >= len(self._text) and self._more():
            pass
        return self._text[self._pos : self._pos + 1]

    def peek(self) -> str:
        """Skip blanks and return the character there, ``""`` at the end of the file."""
        while True:
            self._pos = _BLANKS.match(self._text, self._pos).end()
            if self._pos < len(self._text) or not self._more():
                return self._text[self._pos : self._pos + 1]

    def skip(self, expected: str) -> None:
        """Skip blanks and one character that must be there."""
        if self.peek() != expected:
            raise self.broken(f"“{expected}” is expected here")
        self._pos += 1

    # -- values --------------------------------------------------------------------------------

    def value(self, scan: Scan) -> Any:
        """Read one whole value.

        :raises RejectedValueError: the value is unfit, and was skipped
        :raises FileError: no JSON, nested deeper than can be read, longer than the limit
        """
        self.peek()
        failed_at = -1
        while True:
            try:
                found, end = scan(self._text, self._pos)
            except StopIteration as error:
                at, what = error.value, "a value is expected"
            except JSONDecodeError as error:
                at, what = error.pos, error.msg
            except RecursionError:
                raise self._too_deep() from None
            except RejectedValueError as error:
                raise RejectedValueError(*error.args[:2], self.value(lax_scan)) from None
            else:
                # 12 at the end of the buffer may be the start of 123.
                if end == len(self._text) and found.__class__ is str and self._more():
                    continue
                self._pos = end
                return found
            # When more text does not move the place of the error, it is none of cutting.
            if at - self._pos == failed_at and not what.startswith("Unterminated string"):
                raise self.broken(what, at)
            failed_at = at - self._pos
            left = len(self._text) - self._pos
            if left > self._limit:
                raise self._too_large()
            if not self._more(max(CHUNK, left)):
                raise self.broken(what, at)

    def elements(self, scan: Scan) -> Iterator[Any]:
        """Yield the elements of the array that starts here, and go behind it.

        An unfit element is yielded as the :class:`RejectedValueError` it raised.
        """
        self.skip("[")
        if self.peek() == "]":
            self._pos += 1
            return
        while True:
            text, pos = self._text, self._pos
            # Records that lie wholly in the buffer, one behind the other.
            while True:
                try:
                    found, end = scan(text, pos)
                except (StopIteration, JSONDecodeError, RejectedValueError, RecursionError):
                    break
                separator = _NEXT_RECORD.match(text, end)
                if separator is None:
                    break
                pos = self._pos = separator.end()
                yield found
            # The end of the buffer, the end of the array, an unfit record.
            try:
                yield self.value(scan)
            except RejectedValueError as error:
                yield error
            if self.peek() == "]":
                self._pos += 1
                return
            self.skip(",")
            self.peek()

    def members(self) -> Iterator[str]:
        """Yield the names in the object that starts here; the caller reads each value."""
        self.skip("{")
        if self.peek() == "}":
            self._pos += 1
            return
        while True:
            if self.peek() != '"':
                raise self.broken("a name in quotes is expected here")
            name = self.value(lax_scan)
            self.skip(":")
            yield name
            if self.peek() == "}":
                self._pos += 1
                return
            self.skip(",")

    def skip_value(self, depth: int) -> None:
        """Go behind a value of any length, at most ``depth`` levels deep."""
        start = self.peek()
        if not depth:
            raise self._too_deep()
        if start == "{":
            for _name in self.members():
                self.skip_value(depth - 1)
        elif start == "[":
            self._pos += 1
            while self.peek() != "]":
                self.skip_value(depth - 1)
                if self.peek() != "]":
                    self.skip(",")
            self._pos += 1
        else:
            self.value(lax_scan)

    # -- errors --------------------------------------------------------------------------------

    def broken(self, what: str, at: int | None = None) -> FileError:
        """Return the error for JSON that is wrong here, or at a place of the buffer."""
        at = self._pos if at is None else at
        line = self._lines + self._text.count("\n", 0, at) + 1
        if self._ended and (what.startswith("Unterminated") or len(self._text) - at < _SHORT):
            return truncated(self._name, line)
        return FileError(
            self._name,
            "format",
            f"this is not valid JSON ({what}, at character {self._dropped + at + 1:,})",
            "Nothing was changed. The export must be corrected; deliver it again.",
            line,
        )

    def _too_deep(self) -> FileError:
        return FileError(
            self._name,
            "format",
            "values are nested far too deep in the JSON",
            "Nothing was read. Check where the file comes from.",
            self._lines + self._text.count("\n", 0, self._pos) + 1,
        )

    def _too_large(self) -> FileError:
        return FileError(
            self._name,
            "too_large",
            f"a record has more than {self._limit:,} characters",
            "Nothing was changed. Name the path of the records on the feed, or check the export.",
            self._lines + self._text.count("\n", 0, self._pos) + 1,
        )


def truncated(name: str, line: int | None = None) -> FileError:
    return FileError(
        name,
        "truncated",
        "the JSON stops in the middle",
        "Nothing was changed. Deliver the complete export again.",
        line,
    )


def not_utf8(name: str, position: int, byte: int, line: int | None = None) -> FileError:
    return FileError(
        name,
        "encoding",
        f"byte 0x{byte:02x} at position {position:,} is not UTF-8, which JSON always is",
        "Nothing was changed. Export it again as UTF-8.",
        line,
    )
