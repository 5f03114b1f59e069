"""Values as the PBX's platform, .NET, writes them and works on them."""

import json
import re
from datetime import datetime, timedelta, timezone

from .errors import ExpressionError

__all__ = ["call_method", "to_text"]

#: Between the time and AM or PM: what current .NET writes there in American English.
NARROW_SPACE = "\u202f"
STANDARD_DATES = {
    "d": "M/d/yyyy",
    "t": f"h:mm{NARROW_SPACE}tt",
    "g": f"M/d/yyyy h:mm{NARROW_SPACE}tt",
    "G": f"M/d/yyyy h:mm:ss{NARROW_SPACE}tt",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ssZ",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
}
DATE_TOKENS = re.compile(r"\\.|'[^']*'|\"[^\"]*\"|([yMdHhmsfFtzK])\1*|.", re.DOTALL)
SPAN_TOKENS = re.compile(r"\\.|'[^']*'|([dhms])\1*|.", re.DOTALL)
MONTHS = "January February March April May June July August September October November December"
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"


def to_text(value):
    """:return: the value as the PBX puts it into a text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return format_date(value, "G")
    if isinstance(value, timedelta):
        return format_span(value, "c")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)  # bool: "True" and "False", as .NET says


def format_date(value, pattern):
    """:param datetime value: aware. :param str pattern: .NET format."""
    if len(pattern) == 1:
        if pattern not in STANDARD_DATES:
            raise ExpressionError(f'date format "{pattern}" is not simulated')
        pattern = STANDARD_DATES[pattern]
    return "".join(_date_part(value, match[0]) for match in DATE_TOKENS.finditer(pattern))


def _date_part(value, token):
    size = len(token)
    match token[0]:
        case "\\":
            return token[1:]
        case "'" | '"':
            return token[1:-1]
        case "y":
            return f"{value.year % 100:02d}" if size == 2 else f"{value.year:0{max(size, 1)}d}"
        case "M":
            name = MONTHS.split()[value.month - 1]
            return _numbered(value.month, size, name)
        case "d":
            return _numbered(value.day, size, DAYS.split()[value.weekday()])
        case "H":
            return _numbered(value.hour, size)
        case "h":
            return _numbered(value.hour % 12 or 12, size)
        case "m":
            return _numbered(value.minute, size)
        case "s":
            return _numbered(value.second, size)
        case "f":
            return f"{value.microsecond:06d}0"[:size]
        case "F":
            return f"{value.microsecond:06d}0"[:size].rstrip("0")
        case "t":
            return ("AM" if value.hour < 12 else "PM")[:size]
        case "z" | "K":
            return _offset(value, token)
    return token


def _numbered(number, size, name=""):
    if name and size > 2:
        return name[:3] if size == 3 else name
    return f"{number:0{min(size, 2)}d}"


def _offset(value, token):
    offset = value.utcoffset() or timedelta()
    if token == "K" and value.tzinfo is timezone.utc:
        return "Z"
    sign = "-" if offset < timedelta() else "+"
    hours, minutes = divmod(int(abs(offset).total_seconds()) // 60, 60)
    if token in ("z", "zz"):
        return f"{sign}{hours:0{len(token)}d}"
    return f"{sign}{hours:02d}:{minutes:02d}"


def format_span(value, pattern):
    """:param timedelta value: of a call. :param str pattern: .NET format."""
    days, seconds = value.days, value.seconds
    parts = {"d": days, "h": seconds // 3600, "m": seconds // 60 % 60, "s": seconds % 60}
    if pattern in ("c", "t", "T", "g", "G"):
        pattern = (r"d\.hh\:mm\:ss" if days else r"hh\:mm\:ss") if pattern != "g" else r"h\:mm\:ss"
    result = ""
    for match in SPAN_TOKENS.finditer(pattern):
        token = match[0]
        if match[1]:
            result += f"{parts[token[0]]:0{len(token)}d}"
        elif token[0] in "\\'":
            result += token.strip("\\'")
        else:
            raise ExpressionError(f'"{token}" in the duration format "{pattern}" needs a backslash')
    return result


def format_number(value, pattern):
    if match := re.fullmatch(r"([FfDd])(\d*)", pattern):
        size = int(match[2] or (2 if match[1] in "Ff" else 0))
        if match[1] in "Dd":
            return f"{int(value):0{size}d}"
        return f"{value:.{size}f}"
    if match := re.fullmatch(r"(0+)(?:\.(0+))?", pattern):
        decimals = len(match[2] or "")
        width = len(match[1]) + (decimals + 1 if decimals else 0)
        return f"{value:0{width}.{decimals}f}"
    raise ExpressionError(f'number format "{pattern}" is not simulated')


def _substring(text, start, length=None):
    start = int(start)
    stop = len(text) if length is None else start + int(length)
    if not 0 <= start <= stop <= len(text):
        raise ExpressionError("Substring: index and length must refer to a location in the string")
    return text[start:stop]


STRING_METHODS = {
    "Replace": lambda text, old, new: text.replace(old, new),
    "Substring": _substring,
    "ToLower": lambda text: text.lower(),
    "ToUpper": lambda text: text.upper(),
    "Trim": lambda text, characters=None: text.strip(characters),
    "TrimStart": lambda text, characters=None: text.lstrip(characters),
    "TrimEnd": lambda text, characters=None: text.rstrip(characters),
    "StartsWith": lambda text, other: text.startswith(other),
    "EndsWith": lambda text, other: text.endswith(other),
    "Contains": lambda text, other: other in text,
    "IndexOf": lambda text, other: text.find(other),
    "PadLeft": lambda text, width, fill=" ": text.rjust(int(width), fill),
    "get_Length": lambda text: len(text),
    "ToString": lambda text: text,
}
DATE_METHODS = {
    "ToString": lambda value, pattern="G": format_date(value, pattern),
    "AddSeconds": lambda value, count: value + timedelta(seconds=float(count)),
    "AddMinutes": lambda value, count: value + timedelta(minutes=float(count)),
    "AddHours": lambda value, count: value + timedelta(hours=float(count)),
    "AddDays": lambda value, count: value + timedelta(days=float(count)),
    "ToUniversalTime": lambda value: value.astimezone(timezone.utc),
}
SPAN_METHODS = {
    "ToString": lambda value, pattern="c": format_span(value, pattern),
    "get_TotalSeconds": lambda value: value.total_seconds(),
    "get_TotalMinutes": lambda value: value.total_seconds() / 60,
    "get_TotalMilliseconds": lambda value: value.total_seconds() * 1000,
    "get_Hours": lambda value: value.seconds // 3600,
    "get_Minutes": lambda value: value.seconds // 60 % 60,
    "get_Seconds": lambda value: value.seconds % 60,
}
NUMBER_METHODS = {
    "ToString": lambda value, pattern=None: (
        to_text(value) if pattern is None else format_number(value, pattern)
    )
}


def call_method(value, name, arguments):
    """:param value: text, moment, duration or number the method is called on.
    :param list arguments: texts.
    :raise ExpressionError: no such method, or not with these arguments."""
    if isinstance(value, datetime):
        methods = DATE_METHODS
    elif isinstance(value, timedelta):
        methods = SPAN_METHODS
    elif isinstance(value, int | float) and not isinstance(value, bool):
        methods = NUMBER_METHODS
    else:
        value, methods = to_text(value), STRING_METHODS
    if name not in methods:
        raise ExpressionError(f"Unknown method: {name}")
    try:
        return methods[name](value, *arguments)
    except (TypeError, ValueError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(f"{name}: {error}") from None
