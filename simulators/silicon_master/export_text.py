"""The XML and JSON exports."""

from .names import ENGLISH
from .render import renderer
from .schema import ORDER
from .shape import shaped_records


def write_text(world, part, path, dialect, moment):
    """Streams the records out.

    :param Path path: written as is; :param datetime moment: of the export
    """
    text = renderer(part, dialect)
    encoding = dialect.encoding if dialect.format == "xml" else "utf-8"
    with open(path, "w", encoding=encoding, newline="") as file:
        file.write(text.head(count_of(world, part, dialect), moment))
        separator = ""
        for rows in shaped_records(world, part.entity, dialect):
            file.write(separator + text.piece(rows))
            separator = text.separator
        file.write(text.tail())


def count_of(world, part, dialect):
    """:return int: number of records, or of rows when each line is a record."""
    table = world.tables[part.entity]
    if part.entity != ORDER or part.per_record or dialect.names == ENGLISH:
        return len(table)
    return sum(len(order.lines) for _key, order in table)
