"""The floor of a night: parse the files and COPY what was read into a bare table.

No model, no context: `csv.reader` as it comes, rows as read, one UNLOGGED table of one text column
per cell without index or key, one transaction per file with its commit. Opening and decoding the
file are measured; making the table is not. Quotes, separators and backslashes are escaped as COPY
wants them, and blank lines left out, as any loader would have to.
"""

import csv
import io
from pathlib import Path

CHUNK = 1 << 20  # characters per COPY, the connector's own


def copy(process, paths: list, encoding: str) -> dict:
    """Parse and copy the files.

    :return: seconds, rows
    """
    total = 0
    with process.registry.cursor() as cr:
        tables = []
        for number, path in enumerate(paths):
            with Path(path).open(encoding=encoding, newline="") as stream:
                width = len(next(csv.reader(stream, delimiter=";")))
            columns = ", ".join(f"c{index} text" for index in range(width))
            cr.execute(f"DROP TABLE IF EXISTS bench_floor_{number}")
            cr.execute(f"CREATE UNLOGGED TABLE bench_floor_{number} ({columns})")
            tables.append((path, f"bench_floor_{number}", width))
        cr.commit()
        with process.clock():
            for path, table, width in tables:
                total += _copy_file(cr, path, table, width, encoding)
                cr.commit()
    return {"seconds": process.seconds, "rows": total}


def _copy_file(cr, path: str, table: str, width: int, encoding: str) -> int:
    count = 0
    chunk, size = [], 0
    with open(path, encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=";")
        next(reader)
        for cells in reader:
            if len(cells) != width:
                continue  # blank lines and the line of totals
            line = "\t".join(cells)
            if "\\" in line or "\n" in line or "\r" in line or line.count("\t") >= width:
                line = "\t".join(map(_escape, cells))
            chunk.append(line)
            size += len(line)
            count += 1
            if size > CHUNK:
                _send(cr, table, chunk)
                chunk, size = [], 0
    _send(cr, table, chunk)
    return count


def _send(cr, table: str, lines: list) -> None:
    if lines:
        cr.copy_expert(f"COPY {table} FROM STDIN", io.StringIO("\n".join(lines) + "\n"))


def _escape(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
