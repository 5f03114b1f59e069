"""How well the values of a column fit what a field expects: 0 (not at all) to 1."""

import re
from collections.abc import Callable, Iterable, Sequence

from stdnum.eu import vat as eu_vat

from .base import Field
from .converters import CONVERTERS, Convert
from .errors import RowError
from .words import normalise

#: Kinds whose values are unlike any others: such a column is recognised whatever its name.
DISTINCTIVE = frozenset({"vat", "email", "phone", "country", "stock_list", "dated_list"})
#: Kinds that take any text: their values say nothing about the column.
NEUTRAL = frozenset({"text", "code", "constant"})

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+?[\d\s()./-]{8,24}")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/|$)", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}")


def evidence(target: Field, values: Sequence[str]) -> float | None:
    """Return the share of the filled values that fit a field.

    :param values: cells of one column, as read
    :return: None when the values say nothing: none is filled, or the field takes any text
    """
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return None
    if target.name == "website":
        return _share(filled, _is_address)
    if target.kind in NEUTRAL:
        # a text is hardly ever a column of dates, of e-mail addresses or of yes and no
        if target.kind == "text" and target.name != "ean" and _looks_typed(filled):
            return 0.2
        return None
    return _share(filled, _TESTS.get(target.kind) or _converts(target))


def is_distinctive(target: Field) -> bool:
    """Tell whether the values alone can recognise a column of this field."""
    return target.kind in DISTINCTIVE


def _share(filled: Iterable[str], fits: Callable[[str], object]) -> float:
    results = [bool(fits(value)) for value in filled]
    return sum(results) / len(results)


def _converts(target: Field) -> Callable[[str], bool]:
    convert: Convert = CONVERTERS[target.converter].compile(target.params)

    def fits(value: str) -> bool:
        try:
            convert(value)
        except RowError:
            return False
        return True

    return fits


def _is_vat(value: str) -> bool:
    compact = re.sub(r"[\s.\-]", "", value).upper()
    return eu_vat.is_valid(compact) or eu_vat.is_valid(f"BE{compact}")


def _is_phone(value: str) -> bool:
    if not _PHONE.fullmatch(value) or _DATE.fullmatch(value):
        return False
    digits = sum(char.isdigit() for char in value)
    return 8 <= digits <= 15 and value[0] in "+0("


def _is_address(value: str) -> bool:
    return "@" not in value and bool(_ADDRESS.match(value))


def _is_list(value: str) -> bool:
    return value.startswith("[") or bool(re.match(r"[^:|]+:[^:|]+(?:\||$)", value))


def _is_dated_list(value: str) -> bool:
    return value.startswith("[") or bool(re.match(r"[\d/.\-]{8,10}:[^:|]+(?:\||$)", value))


def _is_stock_list(value: str) -> bool:
    return _is_list(value) and not re.match(r"[\d/.\-]{8,10}:", value)


def _looks_typed(filled: list[str]) -> bool:
    """Tell whether the values are clearly no free text."""
    words = {normalise(value) for value in filled}
    if words <= {"o", "n", "oui", "non", "y", "yes", "no", "true", "false", "1", "0"}:
        return True
    return any(
        _share(filled, test) > 0.8
        for test in (_EMAIL.fullmatch, _DATE.match, _NUMBER.fullmatch, eu_vat.is_valid)
    )


_TESTS: dict[str, Callable[[str], bool]] = {
    "vat": _is_vat,
    "email": lambda value: bool(_EMAIL.fullmatch(value)),
    "phone": _is_phone,
    "stock_list": _is_stock_list,
    "dated_list": _is_dated_list,
}
