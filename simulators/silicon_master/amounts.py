"""Money in whole cents; quantities, percentages and rates in whole hundredths. No floats."""

LINE, DOCUMENT = "line", "document"


def half_up(numerator, denominator):
    """:return int: the quotient of two positive whole numbers, halves rounded away from zero."""
    return (2 * numerator + denominator) // (2 * denominator)


def line_total(quantity, price, discount):
    """:return int: cents of quantity × price less the discount (hundredths of a percent)."""
    return half_up(quantity * price * (10000 - discount), 100 * 10000)


def document_totals(lines, rounding):
    """:param lines: objects with ``total`` (cents) and ``rate`` (hundredths of a percent).
    :param str rounding: ``line`` rounds the VAT of each line, ``document`` once for each rate.
    :return tuple: untaxed and VAT, in cents
    """
    untaxed = sum(line.total for line in lines)
    if rounding == LINE:
        return untaxed, sum(half_up(line.total * line.rate, 10000) for line in lines)
    by_rate = {}
    for line in lines:
        by_rate[line.rate] = by_rate.get(line.rate, 0) + line.total
    return untaxed, sum(half_up(total * rate, 10000) for rate, total in by_rate.items())


def decimal(value):
    """:param int value: hundredths. :return str: with a comma and two decimals, ``1249,90``."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100},{abs(value) % 100:02d}"


def quantity(value):
    """:param int value: hundredths. :return str: ``3``, or ``2,5`` when it is not whole."""
    return str(value // 100) if value % 100 == 0 else decimal(value).rstrip("0")


def parse(text):
    """:return int: hundredths of ``1249,90``, ``3`` or ``2,5``.
    :raises ValueError: when the text is no number"""
    whole, _comma, cents = text.strip().partition(",")
    if len(cents) > 2:
        raise ValueError(f"more than two decimals: {text}")
    value = abs(int(whole)) * 100 + int((cents or "0").ljust(2, "0"))
    return -value if whole.startswith("-") else value
