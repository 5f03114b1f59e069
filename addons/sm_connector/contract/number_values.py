"""Numbers as European ERPs and spreadsheets write them → canonical text."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from .errors import ParamError, RowError

MAX_INTEGER_DIGITS = 15
MAX_DECIMALS = 8

_BLANKS = re.compile(r"[\s'’]")
_SHAPE = re.compile(r"[+-]?[0-9]*(?:[.,][0-9]*)?")
_GROUPED = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?P<sep>[.,])[0-9]{3})(?:(?P=sep)[0-9]{3})*(?P<rest>[.,][0-9]*)?"
)
_BLANK_GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:[\s'’][0-9]{3})+(?:[.,][0-9]*)?")
_UNIT = re.compile(r"^(?:€|EUR)\s*|\s*(?:€|EUR|%)$", re.IGNORECASE)


def parse_decimal(text: str, mark: str = "auto") -> Decimal:
    """Read a number written with comma or point.

    A single comma or point is the decimal mark (``1,234`` is 1.234). With both, the last one is.
    One sign that comes back (``1.234.567``) groups thousands, as do blanks and apostrophes.

    :param mark: ``comma`` or ``point`` when that is always the decimal mark, so that the other one
        can only group thousands (``1,234`` with ``point`` is 1234)
    :raises RowError: cause ``bad_number``
    """
    value = _UNIT.sub("", text.strip())
    if value.endswith("-") and not value.startswith("-"):  # some ERPs put the sign last
        value = f"-{value[:-1].rstrip()}"
    if _BLANKS.search(value):
        value = re.sub(r"^([+-])\s+", r"\1", value)
        if _BLANKS.search(value):
            if not _BLANK_GROUPS.fullmatch(value):
                raise _bad_number()
            value = _BLANKS.sub("", value)
    if mark != "auto":
        value = _without_groups(value, *(",." if mark == "comma" else ".,"))
    if not _SHAPE.fullmatch(value):
        grouped = _GROUPED.fullmatch(value)
        if not grouped or (grouped["rest"] or "").startswith(grouped["sep"]):
            raise _bad_number()
        whole = value[: len(value) - len(grouped["rest"] or "")].replace(grouped["sep"], "")
        value = whole + (grouped["rest"] or "")
    value = value.replace(",", ".")
    if not any(char.isdigit() for char in value):
        raise _bad_number()
    number = Decimal(value)
    if number.adjusted() >= MAX_INTEGER_DIGITS:
        raise RowError("bad_number", f"has more than {MAX_INTEGER_DIGITS} digits before the comma")
    return number


def _without_groups(value: str, decimal: str, group: str) -> str:
    """Take thousands separators out where they stand between groups of three digits."""
    whole, found, rest = value.partition(decimal)
    first, *groups = whole.split(group)
    if any(len(digits) != 3 for digits in groups) or (groups and not first):
        raise _bad_number()
    if decimal in rest or group in rest:
        raise _bad_number()
    return "".join((first, *groups)) + found + rest


def decimal_text(number: Decimal) -> str:
    """Write a number in its one canonical form: no exponent, no idle zeros, no ``-0``."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def compile_decimal(digits: int = 2, mark: str = "auto") -> Callable[[str], str | None]:
    """Return text → canonical decimal text, rounded half up to ``digits``; empty → None."""
    if digits > MAX_DECIMALS:
        raise ParamError(
            "too_many_decimals",
            f"at most {MAX_DECIMALS} decimals are kept",
            value=str(MAX_DECIMALS),
        )
    quantum = Decimal(1).scaleb(-digits)

    @lru_cache(maxsize=4096)
    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        return decimal_text(parse_decimal(text, mark).quantize(quantum, ROUND_HALF_UP))

    return convert


def compile_integer() -> Callable[[str], int | None]:
    """Return text → int; ``12,0`` and ``1 200`` are whole, ``12,5`` is not; empty → None."""

    @lru_cache(maxsize=4096)
    def convert(text: str) -> int | None:
        if not text or text.isspace():
            return None
        number = parse_decimal(text)
        if number != number.to_integral_value():
            raise RowError("bad_number", "is not a whole number")
        return int(number)

    return convert


def whole_or_fraction(text: str) -> int | float:
    """Read a quantity inside a list: an int whenever it is whole."""
    number = parse_decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _bad_number() -> RowError:
    return RowError("bad_number", "is not a number (expected for example 1234,56)")
