"""What a request asks for beside its path: ``$select`` and the like, and the ``Prefer`` header."""

import re

from .clock import moment
from .errors import bad_request

_PREFERENCE = re.compile(r'\s*([\w.-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^,;\s]+))?')
_COMPARISON = re.compile(
    r"\s*(\w+(?:/\w+)*)\s+(eq|ne|ge|gt|le|lt)\s+('(?:[^']|'')*'|[^\s()]+)\s*", re.IGNORECASE
)
_EXTENDED = re.compile(
    r"\s*singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+'((?:[^']|'')*)'\s+and\s+"
    r"\1/value\s+eq\s+'((?:[^']|'')*)'\s*\)\s*",
    re.IGNORECASE,
)
_EXPANDED_EXTENDED = re.compile(r"id\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)

#: Properties a filter may name, and how a message's value is read.
_READ = {
    "receiveddatetime": lambda message: int(message.received),
    "sentdatetime": lambda message: int(message.sent),
    "lastmodifieddatetime": lambda message: int(message.modified),
    "internetmessageid": lambda message: message.letter.message_id,
    "conversationid": lambda message: message.conversation,
    "subject": lambda message: message.letter.subject,
    "isread": lambda message: message.is_read,
    "isdraft": lambda message: message.is_draft,
    "hasattachments": lambda message: message.has_attachments,
    "from/emailaddress/address": lambda message: message.letter.sender.key,
}
_MOMENTS = {"receiveddatetime", "sentdatetime", "lastmodifieddatetime"}
_COMPARE = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "ge": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "lt": lambda a, b: a < b,
}


def preferences(headers):
    """:param headers: of a request, which may have several ``Prefer``
    :return dict: by name in lower case"""
    found = {}
    for header in headers.getall("Prefer", ()):
        for part in re.split(r"[,;](?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", header):
            match = _PREFERENCE.match(part)
            if match:
                found[match.group(1).lower()] = (match.group(2) or "").strip('"')
    return found


def select(text):
    """:param str text: of ``$select``; :return set: names in lower case, None for all"""
    names = {name.strip().lower() for name in (text or "").split(",") if name.strip()}
    return names or None


def expand(text):
    """:param str text: of ``$expand``
    :return dict: by name in lower case: options in parentheses
    :raises GraphError:"""
    found = {}
    for part in re.split(r",(?![^(]*\))", text or ""):
        match = re.fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", part, re.DOTALL)
        if not part.strip():
            continue
        if not match or match.group(1).lower() not in (
            "attachments",
            "singlevalueextendedproperties",
        ):
            raise bad_request(
                f"Could not find a property named '{part.strip()}' on type "
                "'Microsoft.OutlookServices.Message'."
            )
        found[match.group(1).lower()] = match.group(2) or ""
    return found


def expanded_properties(options):
    """:param str options: ``$filter=id eq '…' or id eq '…'``; :return list: of ids
    :raises GraphError:"""
    names = [name.replace("''", "'") for name in _EXPANDED_EXTENDED.findall(options)]
    if not names:
        raise bad_request(
            "The expand of singleValueExtendedProperties must be filtered by id.",
            "ErrorInvalidUrlQueryFilter",
        )
    return names


class Filter:
    """``$filter``: comparisons joined by ``and``.

    :param str text: :raises GraphError: what is not one of those
    """

    def __init__(self, text):
        self.names = []
        self._tests = []
        rest = text or ""
        while rest.strip():
            rest = self._read(rest)
            if not rest.strip():
                break
            joint = re.match(r"\s*and\s", rest, re.IGNORECASE)
            if not joint:
                raise _syntax(text)
            rest = rest[joint.end() :]

    def _read(self, text):
        extended = _EXTENDED.match(text)
        if extended:
            name, value = (part.replace("''", "'") for part in extended.groups()[1:])
            self.names.append("singlevalueextendedproperties")
            self._tests.append(lambda message: message.extended.get(name) == value)
            return text[extended.end() :]
        found = _COMPARISON.match(text)
        if not found:
            raise _syntax(text)
        name, operator, literal = found.groups()
        name = name.lower()
        if name not in _READ:
            raise bad_request(f"Could not find a property named '{name}' on type 'Message'.")
        value = _value(name, literal)
        read, compare = _READ[name], _COMPARE[operator.lower()]
        self.names.append(name)
        self._tests.append(lambda message: compare(read(message), value))
        return text[found.end() :]

    def __call__(self, message):
        return all(test(message) for test in self._tests)


def _value(name, literal):
    if literal.startswith("'"):
        text = literal[1:-1].replace("''", "'")
        return text.lower() if name == "from/emailaddress/address" else text
    if literal.lower() in ("true", "false"):
        return literal.lower() == "true"
    if name in _MOMENTS:
        try:
            return moment(literal)
        except ValueError as error:
            raise _syntax(literal) from error
    raise _syntax(literal)


def _syntax(text):
    return bad_request(f"Invalid filter clause: {text!r}", "BadRequest")


def order(text):
    """:param str text: of ``$orderby``; :return list: pairs of name and whether downwards
    :raises GraphError:"""
    found = []
    for part in (text or "").split(","):
        words = part.split()
        if not words:
            continue
        name = words[0].lower()
        if name not in _READ or words[1:] not in ([], ["asc"], ["desc"]):
            raise bad_request(f"Invalid orderby clause: {part.strip()!r}", "BadRequest")
        found.append((name, words[1:] == ["desc"]))
    return found


def check_together(filtering, ordering):
    """Exchange sorts by an index: what is sorted by must lead what is filtered by.

    :raises GraphError:"""
    names = [name for name, _down in ordering]
    if filtering.names and names and filtering.names[: len(names)] != names:
        raise bad_request(
            "The restriction or sort order is too complex for this operation.", "InefficientFilter"
        )


def ordered(messages, ordering):
    """:return list: sorted as ``$orderby`` says"""
    messages = list(messages)
    for name, down in reversed(ordering):
        messages.sort(key=_READ[name], reverse=down)
    return messages


def whole(text, default, largest):
    """:return int: a positive number; :raises GraphError:"""
    if text is None or text == "":
        return default
    if not str(text).isdigit():
        raise bad_request(f"Invalid number: {text!r}", "BadRequest")
    return min(int(text), largest)
