"""The rows of an export, record by record, in the shape of its dialect."""

from zlib import crc32

from .names import ENGLISH
from .schema import COLUMN, PADDED
from .values import convert, converters

PADDING_EVERY = 23


def shaped_records(world, entity, dialect):
    """:return: for each record the list of its rows, with the padding and newlines of the dialect;
    a record's shape is its own, so that two exports of an unchanged record are equal."""
    places = [COLUMN[entity][name] for name in PADDED[entity]]
    for key, record in world.tables[entity]:
        rows = world.rows_of(entity, record)
        turn = crc32(key.encode()) % PADDING_EVERY
        if dialect.padding and turn < len(places):
            rows = [list(row) for row in rows]
            for row in rows:
                row[places[turn]] += "   "
        if not dialect.cell_newlines:
            rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
        yield rows


def part_rows(part, rows, dialect, functions=None):
    """:param list rows: of one record. :return list: its rows in that part of the export."""
    chosen = rows[:1] if part.per_record else rows
    if dialect.names == ENGLISH:
        functions = functions or converters(part.entity, typed=False)
        chosen = [convert(row, functions) for row in chosen]
    return [part.pick(row) for row in chosen]


def shaped_rows(world, part, dialect):
    """:return: all physical rows of one file."""
    functions = converters(part.entity, typed=False)
    for rows in shaped_records(world, part.entity, dialect):
        yield from part_rows(part, rows, dialect, functions)
