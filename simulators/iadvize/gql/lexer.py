"""Tokens of GraphQL documents, of queries and of schemas alike."""

import json
import re
from dataclasses import dataclass

from .errors import QueryError

_TOKEN = re.compile(
    r"""(?P<skip>[\s,\ufeff]+|\#[^\r\n]*)
      | (?P<block>\"\"\"(?:\\\"\"\"|[^\"]|\"(?!\"\"))*\"\"\")
      | (?P<string>"(?:[^"\\\r\n]|\\.)*")
      | (?P<float>-?(?:0|[1-9]\d*)(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+))
      | (?P<int>-?(?:0|[1-9]\d*))
      | (?P<name>[_A-Za-z]\w*)
      | (?P<mark>\.\.\.|[!$&()=:@\[\]{|}])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """:param str kind: ``name``, ``mark``, ``int``, ``float``, ``string`` or ``end``
    :param value: text of names and marks, else what it stands for
    :param tuple place: line and column"""

    kind: str
    value: object
    place: tuple


def tokens(text):
    """:return list: of Token, the last one of kind ``end``; :raises QueryError:"""
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        place = _place(text, position)
        if match is None:
            raise QueryError(f"Syntax Error: Unexpected character: {text[position]!r}.", place)
        kind, raw = match.lastgroup, match.group()
        position = match.end()
        if kind != "skip":
            found.append(_token(kind, raw, place))
    found.append(Token("end", "<EOF>", _place(text, position)))
    return found


def _token(kind, raw, place):
    if kind == "block":
        return Token("string", raw[3:-3].replace('\\"""', '"""').strip(), place)
    if kind == "string":
        try:
            return Token("string", json.loads(raw), place)
        except ValueError as error:
            raise QueryError("Syntax Error: Invalid character escape sequence.", place) from error
    if kind in ("int", "float"):
        return Token(kind, int(raw) if kind == "int" else float(raw), place)
    return Token(kind, raw, place)


def _place(text, position):
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


class Reader:
    """Takes tokens one after the other.

    :param str text: a whole document; :raises QueryError:"""

    #: How deep a document may be nested.
    DEEPEST = 60

    def __init__(self, text):
        self._tokens = tokens(text)
        self._at = 0
        self.depth = 0

    @property
    def token(self):
        """:return Token: the next one"""
        return self._tokens[self._at]

    def sees(self, *values):
        """:return bool: whether one of these names or marks is next"""
        return self.token.kind in ("name", "mark") and self.token.value in values

    def skip(self, value):
        """:return bool: whether this name or mark was next, and has been taken"""
        if not self.sees(value):
            return False
        self._at += 1
        return True

    def take(self, value):
        """:raises QueryError: something else is next"""
        if not self.skip(value):
            raise self.unexpected(f'Expected "{value}", found ')

    def take_kind(self, kind):
        """:return: value of the next token; :raises QueryError: it is of another kind"""
        token = self.token
        if token.kind != kind:
            raise self.unexpected(f"Expected {kind.capitalize()}, found ")
        self._at += 1
        return token.value

    def name(self):
        """:return str: :raises QueryError:"""
        return self.take_kind("name")

    def unexpected(self, before="Unexpected "):
        """:return QueryError: about the next token"""
        return QueryError(f'Syntax Error: {before}"{self.token.value}".', self.token.place)

    def several(self, first, one, last, least=1):
        """:return list: what ``one`` reads between two marks, at least so often"""
        self.take(first)
        self.depth += 1
        if self.depth > self.DEEPEST:
            raise QueryError("Syntax Error: Document is nested too deeply.", self.token.place)
        found = [one() for _time in range(least)]
        while not self.skip(last):
            found.append(one())
        self.depth -= 1
        return found

    def optionally(self, first, one, last):
        """:return list: as :meth:`several`, or nothing"""
        return self.several(first, one, last) if self.sees(first) else []
