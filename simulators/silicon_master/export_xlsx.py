"""The spreadsheet export: codes as text, numbers and dates as real numbers and dates."""

import re
from datetime import datetime

from .render import header_of
from .schema import DATES, NUMBERS, TOTALS_MARK
from .shape import shaped_rows

SHAPE_OF_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})(?: (\d\d):(\d\d))?")
WRITTEN_BY = "Silicon Master"
FIXED_MOMENT = datetime(2026, 1, 1)  # in the properties, or no two exports would be equal


def write_xlsx(world, part, path, dialect, _moment):
    """Streams the rows out; memory does not grow with them.

    :param Path path: written as is; :param Dialect dialect: padding and newlines apply
    """
    # Imported here: the CSV export must work where no spreadsheet library is installed.
    from xlsxwriter import Workbook

    workbook = Workbook(str(path), {"constant_memory": True, "in_memory": False})
    workbook.set_properties({"author": WRITTEN_BY, "created": FIXED_MOMENT})
    day = workbook.add_format({"num_format": "dd/mm/yyyy"})
    moment = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    sheet = workbook.add_worksheet("Export")
    numbers = {place for place, name in enumerate(part.header) if name in NUMBERS[part.entity]}
    dates = {place for place, name in enumerate(part.header) if name in DATES[part.entity]}
    for place, name in enumerate(header_of(part, dialect)):
        sheet.write_string(0, place, name)
    count = 0
    for row in shaped_rows(world, part, dialect):
        count += 1
        for place, cell in enumerate(row):
            if not cell:
                continue
            value = (
                as_number(cell) if place in numbers else as_date(cell) if place in dates else None
            )
            if value is None:
                sheet.write_string(count, place, cell)
            elif isinstance(value, datetime):
                sheet.write_datetime(count, place, value, moment if ":" in cell else day)
            else:
                sheet.write_number(count, place, value)
    sheet.write_string(count + 1, 0, TOTALS_MARK)
    sheet.write_number(count + 1, 1, count)
    workbook.close()


def as_number(text):
    """:return float: or None when the text is not a plain decimal number."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def as_date(text):
    """:return datetime: or None for what is no date, such as 31/02/2026 or a remark."""
    parts = SHAPE_OF_DATE.fullmatch(text)
    if not parts:
        return None
    day, month, year, hour, minute = (int(part or 0) for part in parts.groups())
    try:
        return datetime(year, month, day, hour, minute)
    except ValueError:
        return None
