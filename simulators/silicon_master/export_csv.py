"""The CSV dialect of the master."""

import csv

from .render import header_of
from .schema import TOTALS_MARK
from .shape import shaped_rows

BLANK_LINE_EVERY = 83


def write_csv(world, part, path, dialect, _moment):
    """:param Path path: written as is, no temporary name here. :param Dialect dialect: of it."""
    with open(path, "w", encoding=dialect.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator=dialect.end_of_line)
        writer.writerow(header_of(part, dialect))
        count = 0
        for row in shaped_rows(world, part, dialect):
            count += 1
            if dialect.blank_lines and count % BLANK_LINE_EVERY == BLANK_LINE_EVERY // 2:
                file.write(dialect.end_of_line)
            writer.writerow(row)
        writer.writerow((TOTALS_MARK, count))
