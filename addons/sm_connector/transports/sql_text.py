"""Is this text one query that only reads? Pure.

The configured query is put between brackets into a larger one. Words are not enough to tell what it
is: a semicolon inside a string is harmless, one behind a closed bracket is not. So the text is cut
into tokens as PostgreSQL cuts it (with ``standard_conforming_strings`` on, which the connection
sets).
"""

import re

from .base import TransportError

_TOKEN = re.compile(
    r"""
      (?P<escaped>\b[eE]'(?:[^'\\]|''|\\.)*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*")
    | (?P<dollar>(?<![\w$])\$(?P<tag>[^\W\d]\w*)?\$.*?\$(?(tag)(?P=tag))\$)
    | (?P<line>--[^\r\n]*)
    | (?P<comment>/\*)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<open>['"\0])
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")
_PART = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")'
_TABLE = re.compile(rf"{_PART}(?:\s*\.\s*{_PART}){{0,2}}")
_BEGINNINGS = ("select", "with", "values", "table")


def is_table_name(text: str) -> bool:
    """Whether the text is the name of a table or view, perhaps with its schema."""
    return _TABLE.fullmatch(text.strip()) is not None


def as_query(text: str) -> str:
    """Return one query without a semicolon at its end; the name of a table becomes a query.

    :raises TransportError: empty, several statements, or something else than a query
    """
    text = text.strip()
    if not text:
        raise TransportError("No query is configured. Write one SELECT, or the name of a view.")
    if is_table_name(text):
        return f"SELECT * FROM {text}"
    end = _end_of_query(text)
    return text[:end].rstrip()


def _end_of_query(text: str) -> int:
    """Return where the only statement ends."""
    depth, position, first, end = 0, 0, "", None
    while position < len(text):
        token = _TOKEN.match(text, position)
        kind = token.lastgroup if token.lastgroup != "tag" else "dollar"
        position = token.end()
        if kind == "comment":
            position = _after_comment(text, position)
            continue
        if kind == "line" or token[0].isspace():
            continue
        if end is not None:
            raise TransportError(
                "Only one query may be configured, and there is something after its end (;)."
            )
        if kind == "open":
            raise TransportError("A quote of the query is opened and never closed.")
        if kind == "sign":
            depth += {"(": 1, ")": -1}.get(token[0], 0)
            if depth < 0:
                raise TransportError("A bracket of the query is closed without being opened.")
            if token[0] == ";":
                end = token.start()
                continue
        if not first and token[0] != "(":
            first = token[0].lower()
    if depth:
        raise TransportError("A bracket of the query is opened and never closed.")
    if first not in _BEGINNINGS:
        raise TransportError(
            "The query has to begin with SELECT (or WITH … SELECT): data is only read here. "
            "The name of a table or view will do too."
        )
    return len(text) if end is None else end


def _after_comment(text: str, position: int) -> int:
    """Return the place behind a comment, which may hold others."""
    depth = 1
    while depth:
        mark = _COMMENT.search(text, position)
        if not mark:
            raise TransportError("A comment of the query is opened and never closed.")
        depth += 1 if mark[0] == "/*" else -1
        position = mark.end()
    return position
