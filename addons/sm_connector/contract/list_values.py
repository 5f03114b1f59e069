"""Small lists squeezed into one cell: stock per shop, dated incoming quantities.

Nested files hand such a list over as JSON text, flat ones as ``name:number|name:number``.
"""

import json
from collections.abc import Callable, Iterable, Sequence

from .date_values import DEFAULT_FORMATS, compile_date
from .errors import ParamError, RowError
from .number_values import whole_or_fraction

STOCK_NAMES = ("shop", "stock", "display")
DATED_NAMES = ("date", "quantity")


def _items(text: str, separator: str) -> list[tuple[str, str]]:
    """Split ``a:1|b:2`` into pairs."""
    pairs = []
    for item in text.split(separator):
        if not item.strip():
            continue
        name, colon, rest = item.partition(":")
        if not colon or not name.strip() or not rest.strip():
            raise RowError("bad_list", f"“{item.strip()[:40]}” is not written as name:number")
        pairs.append((name.strip(), rest.strip()))
    return pairs


def _json_items(text: str, names: Sequence[str]) -> list[list[str]]:
    """Read ``[{"shop": "LIE", "stock": 3}]`` as texts in the order of ``names``."""
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        raise RowError("bad_list", "is not a list that can be read") from None
    rows = []
    for item in items:
        if not isinstance(item, dict) or item.get(names[0]) in (None, ""):
            raise RowError("bad_list", f"has an item without “{names[0]}”")
        cells = [item.get(name) for name in names]
        rows.append(["" if cell is None else str(cell).strip() for cell in cells])
    return rows


def _check(separator: str, names: Sequence[str], count: int) -> None:
    if not separator:
        raise ParamError("no_separator", "a separator of the items is needed")
    if len(names) != count:
        raise ParamError("wrong_names", f"{count} names are needed", value=str(count))


def compile_stock_list(
    separator: str = "|", names: Sequence[str] = STOCK_NAMES
) -> Callable[[str], list]:
    """Return ``LIE:3/1|NAM:0/1`` → ``[["LIE", 3, 1], ["NAM", 0, 1]]``, sorted by shop.

    The numbers are stock and display models; a missing second one is 0.

    :param names: what shop, stock and display models are called in a JSON list
    """
    _check(separator, names, len(STOCK_NAMES))

    def read(text: str) -> list[tuple[str, str, str]]:
        if text.startswith("["):
            return [(shop, stock, display) for shop, stock, display in _json_items(text, names)]
        pairs = _items(text, separator)
        return [(shop, *rest.partition("/")[::2]) for shop, rest in pairs]

    def convert(text: str) -> list:
        stocks = {}
        for shop, stock, display in read(text.strip()):
            if shop in stocks:
                raise RowError("bad_list", f"names the shop {shop} twice")
            stocks[shop] = [shop, whole_or_fraction(stock), whole_or_fraction(display or "0")]
        return [stocks[shop] for shop in sorted(stocks)]

    return convert


def compile_dated_list(
    separator: str = "|",
    formats: Iterable[str] = DEFAULT_FORMATS,
    names: Sequence[str] = DATED_NAMES,
) -> Callable[[str], list]:
    """Return ``12/01/2027:10|02/02/2027:4`` → ``[["2027-01-12", 10], …]``, sorted by date.

    :param names: what date and quantity are called in a JSON list
    """
    _check(separator, names, len(DATED_NAMES))
    to_date = compile_date(formats)

    def convert(text: str) -> list:
        text = text.strip()
        pairs = _json_items(text, names) if text.startswith("[") else _items(text, separator)
        dated = []
        for day, quantity in pairs:
            iso = to_date(day)
            if iso is None:
                raise RowError("bad_date", f"“{day[:40]}” is not a date")
            dated.append([iso, whole_or_fraction(quantity)])
        return sorted(dated)

    return convert
