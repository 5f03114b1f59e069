"""An own reader of the exports, that shares nothing with their writer."""

import csv
from datetime import datetime
from decimal import Decimal

from simulators.silicon_master import Dialect, Settings, World, export

PLAIN = Dialect(encoding="utf-8", blank_lines=False, padding=False)
STAMP = {"contact": 22, "article": 16, "order": 27, "dossier": 12}


def tiny_world(seed=1, **values):
    return World(Settings.of_size("tiny", seed=seed, **values))


def read_rows(path, encoding="utf-8"):
    """:return tuple: header, data rows, totals line of a CSV export."""
    with open(path, encoding=encoding, newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if row]
    return rows[0], rows[1:-1], rows[-1]


def snapshot(world, folder):
    """:return dict: entity → key → list of rows, as a reader of today's export sees them."""
    result = {}
    for entity, path in export(world, folder, PLAIN).items():
        _header, rows, _totals = read_rows(path)
        records = result.setdefault(entity, {})
        for row in rows:
            records.setdefault(row[0], []).append(row)
    return result


def content(entity, rows):
    """:return list: what counts as a change: every cell but the stamp, without outer spaces."""
    stamp = STAMP[entity]
    return [
        [cell.strip() for place, cell in enumerate(row) if place != stamp]
        for row in sorted(rows, key=lambda row: int(row[1]) if entity == "order" else 0)
    ]


def amount(text):
    return Decimal(text.replace(",", ".") or "0")


def is_date(text):
    try:
        datetime.strptime(text, "%d/%m/%Y")
    except ValueError:
        return False
    return True
