"""Cells of the export in the values of another dialect."""

import re
from functools import lru_cache

from .schema import BOOLEANS, DATES, HEADERS, LISTS_OF_DATES, NUMBERS

SHAPE_OF_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})(?: (\d\d:\d\d))?")
SHAPE_OF_NUMBER = re.compile(r"-?\d+(?:,\d+)?")
WORDS = {"O": True, "N": False}


@lru_cache(maxsize=65536)
def iso(text):
    """:return str: ``02/11/2026 10:15`` → ``2026-11-02T10:15:00``; other text stays."""
    return SHAPE_OF_DATE.sub(_iso, text)


def _iso(match):
    day, month, year, time = match.groups()
    return f"{year}-{month}-{day}" + (f"T{time}:00" if time else "")


def point(text):
    """:return str: ``1249,90`` → ``1249.90``; what is no number stays."""
    return text.replace(",", ".") if SHAPE_OF_NUMBER.fullmatch(text) else text


def word(text):
    """:return str: ``true``, ``false``, or what was typed."""
    return {"O": "true", "N": "false"}.get(text, text)


def number(text):
    """:return: int or float, None for nothing, the text when it is no number."""
    if not SHAPE_OF_NUMBER.fullmatch(text):
        return text or None
    return float(text.replace(",", ".")) if "," in text else int(text)


def converters(entity, typed):
    """:param bool typed: values as JSON has them, not as text.
    :return list: a function text → value, or None, for each column"""
    of_number, of_word = (
        (number, lambda text: WORDS.get(text, text or None)) if typed else (point, word)
    )
    of_date = (lambda text: iso(text) or None) if typed else iso
    nothing = (lambda text: text or None) if typed else None
    return [
        of_number
        if name in NUMBERS[entity]
        else of_date
        if name in DATES[entity] or name in LISTS_OF_DATES
        else of_word
        if name in BOOLEANS[entity]
        else nothing
        for name in HEADERS[entity]
    ]


def convert(row, functions):
    """:return list: the cells, converted."""
    return [
        function(cell) if function else cell for cell, function in zip(row, functions, strict=True)
    ]
