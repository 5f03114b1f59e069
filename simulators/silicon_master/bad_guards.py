"""Exports that are well-formed and complete, and that nobody should apply without asking."""

import re

from .amounts import decimal, parse
from .bad_file import HELD, LEGAL, bad_file
from .csv_text import read_sheet, write_sheet
from .schema import ARTICLE, DATES, ORDER

FAR = 100  # years
PREFIX = "X"
CURRENCY, FOREIGN = "Devise", "USD"


@bad_file(entity=ARTICLE)
def prices_times_100(job):
    """The decimal commas of all prices got lost."""
    sheet = read_sheet(job)
    count = 0
    for name in ("Prix de vente HTVA", "Prix d'achat"):
        count += _change(sheet, name, lambda text: decimal(parse(text) * 100))
    write_sheet(job, sheet)
    return job.result(HELD, field="Prix de vente HTVA", count=count)


@bad_file()
def all_keys_changed(job):
    """Every key has another form since the last update of the master."""
    sheet = read_sheet(job)
    count = _change(sheet, sheet.header[0], lambda text: f"{PREFIX}{text}")
    write_sheet(job, sheet)
    return job.result(HELD, field=sheet.header[0], value=PREFIX, count=count)


@bad_file(entity=ORDER)
def currency_changed(job):
    """A column says that all amounts are dollars now."""
    return _add_column(job, HELD, CURRENCY, FOREIGN)


@bad_file(entity=ORDER)
def future_dates(job):
    """Every date is a hundred years too late, the dates of change as well."""
    sheet = read_sheet(job)
    count = sum(_change(sheet, name, _later) for name in DATES[job.entity])
    write_sheet(job, sheet)
    return job.result(HELD, field=DATES[job.entity][0], count=count)


@bad_file()
def column_added(job):
    """A column that nobody announced, between those that are known."""
    return _add_column(job, LEGAL, "Code NACE", "31090", place=4)


def _later(text):
    return re.sub(r"/(\d{4})", lambda year: f"/{int(year[1]) + FAR}", text)


def _change(sheet, name, function):
    """Changes all cells of a column which the function can read. :return int: how many"""
    place, count = sheet.place(name), 0
    for row in sheet.rows:
        try:
            new = function(row[place]) if row[place] else row[place]
        except ValueError:
            continue
        count += new != row[place]
        row[place] = new
    return count


def _add_column(job, level, name, value, place=None):
    sheet = read_sheet(job)
    place = len(sheet.header) if place is None else place
    for row, cell in ((sheet.header, name), *((row, value) for row in sheet.rows)):
        row.insert(place, cell)
    write_sheet(job, sheet)
    return job.result(level, line=1, field=name, value=value, count=len(sheet.rows))
