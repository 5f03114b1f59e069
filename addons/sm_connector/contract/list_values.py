"""Small lists squeezed into one cell: stock per shop, dated incoming quantities."""

from collections.abc import Callable, Iterable

from .date_values import DEFAULT_FORMATS, compile_date
from .errors import RowError
from .number_values import whole_or_fraction


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


def compile_stock_list(separator: str = "|") -> Callable[[str], list]:
    """Return ``LIE:3/1|NAM:0/1`` → ``[["LIE", 3, 1], ["NAM", 0, 1]]``, sorted by shop.

    The numbers are stock and display models; a missing second one is 0.
    """

    def convert(text: str) -> list:
        stocks = {}
        for shop, rest in _items(text, separator):
            if shop in stocks:
                raise RowError("bad_list", f"names the shop {shop} twice")
            stock, _slash, display = rest.partition("/")
            stocks[shop] = [shop, whole_or_fraction(stock), whole_or_fraction(display or "0")]
        return [stocks[shop] for shop in sorted(stocks)]

    return convert


def compile_dated_list(
    separator: str = "|", formats: Iterable[str] = DEFAULT_FORMATS
) -> Callable[[str], list]:
    """Return ``12/01/2027:10|02/02/2027:4`` → ``[["2027-01-12", 10], …]``, sorted by date."""
    to_date = compile_date(formats)

    def convert(text: str) -> list:
        dated = []
        for day, quantity in _items(text, separator):
            iso = to_date(day)
            if iso is None:
                raise RowError("bad_date", f"“{day[:40]}” is not a date")
            dated.append([iso, whole_or_fraction(quantity)])
        return sorted(dated)

    return convert
