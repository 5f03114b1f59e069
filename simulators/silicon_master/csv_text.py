"""Reading a good CSV export and writing it again with something else in it."""

import csv
import io
from dataclasses import dataclass

from .schema import TOTALS_MARK

END_OF_LINE = "\r\n"


@dataclass
class Sheet:
    """A parsed export: header and data rows, without blank lines and totals line."""

    header: list
    rows: list

    def place(self, field):
        return self.header.index(field)


def read_sheet(job):
    """:return Sheet: of the good file."""
    with open(job.good, encoding=job.encoding, newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if row]
    if rows[-1][0] != TOTALS_MARK:
        raise ValueError(f"{job.good} is not complete")
    return Sheet(rows[0], rows[1:-1])


def write_sheet(job, sheet, totals=True):
    """:return list: first line of every data row, the header being line 1"""
    lines = []
    line = 2
    with open(job.bad, "w", encoding=job.encoding, newline="") as file:
        file.write(as_text(sheet.header))
        for row in sheet.rows:
            text = as_text(row)
            lines.append(line)
            line += text.count("\n")
            file.write(text)
        if totals:
            file.write(as_text([TOTALS_MARK, str(len(sheet.rows))]))
    return lines


def as_text(row):
    """:return str: one record with its end of line."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator=END_OF_LINE).writerow(row)
    return text.getvalue()
