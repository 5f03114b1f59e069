"""The CSV dialect of the master."""

import csv
from zlib import crc32

from .schema import COLUMN, HEADERS, PADDED, TOTALS_MARK

BLANK_LINE_EVERY = 83
PADDING_EVERY = 23


def write_csv(world, entity, path, dialect):
    """:param Path path: written as is, no temporary name here. :param Dialect dialect: of it."""
    with open(path, "w", encoding=dialect.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator=dialect.end_of_line)
        writer.writerow(HEADERS[entity])
        count = 0
        for row in shaped_rows(world, entity, dialect):
            count += 1
            if dialect.blank_lines and count % BLANK_LINE_EVERY == BLANK_LINE_EVERY // 2:
                file.write(dialect.end_of_line)
            writer.writerow(row)
        writer.writerow((TOTALS_MARK, count))


def shaped_rows(world, entity, dialect):
    """:return: the rows with the padding and newlines of the dialect; a row's shape is its own, so
    that two exports of an unchanged row are equal."""
    places = [COLUMN[entity][name] for name in PADDED[entity]]
    for row in world.rows(entity):
        if dialect.padding:
            turn = crc32(row[0].encode()) % PADDING_EVERY
            if turn < len(places):
                row = list(row)
                row[places[turn]] += "   "
        if not dialect.cell_newlines:
            row = [cell.replace("\n", " ") for cell in row]
        yield row
