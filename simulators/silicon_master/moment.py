"""Dates as the export writes them."""

from datetime import date, timedelta


def day(value):
    """:param date value: or None. :return str: ``dd/mm/yyyy`` or empty."""
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}" if value else ""


def stamp(value, minutes):
    """:param int minutes: since midnight. :return str: ``dd/mm/yyyy hh:mm``."""
    return f"{day(value)} {minutes // 60:02d}:{minutes % 60:02d}"


def office_stamp(dice, value):
    """:return str: a moment of the given day at which the office works."""
    return stamp(value, dice.between(8 * 60, 18 * 60))


def parse_day(text):
    """:return date: of ``dd/mm/yyyy``. :raises ValueError: when there is no such day."""
    day_, month, year = (int(part) for part in text.split("/"))
    return date(year, month, day_)


def later(value, days):
    """:return date: ``days`` after value, moved to Monday when it falls on a Sunday."""
    moved = value + timedelta(days=days)
    return moved + timedelta(days=1) if moved.weekday() == 6 else moved
