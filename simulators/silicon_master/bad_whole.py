"""Bad CSV files of which nothing may be applied."""

from .bad_file import WHOLE_FILE, bad_file
from .csv_text import END_OF_LINE, as_text, read_sheet, write_sheet
from .schema import ORDER, TOTALS_MARK


def _read(job):
    with open(job.good, encoding=job.encoding, newline="") as file:
        return file.read()


def _write(job, text, encoding=None, errors="strict"):
    with open(job.bad, "w", encoding=encoding or job.encoding, errors=errors, newline="") as file:
        file.write(text)


@bad_file()
def truncated_in_row(job):
    """The copy stopped in the middle of a row."""
    sheet = read_sheet(job)
    lines = write_sheet(job, sheet)
    place = len(sheet.rows) * 6 // 10
    while '"' in as_text(sheet.rows[place]):
        place += 1
    row = as_text(sheet.rows[place])
    kept = "".join(as_text(other) for other in [sheet.header, *sheet.rows[:place]])
    _write(job, kept + row[: row.index(";", len(row) // 3)])
    return job.result(WHOLE_FILE, line=lines[place], key=sheet.rows[place][0].strip())


@bad_file()
def truncated_in_quotes(job):
    """The copy stopped inside a quoted cell."""
    sheet = read_sheet(job)
    place = len(sheet.rows) // 2
    sheet.rows[place][sheet.place("Remarques")] = "première ligne\nseconde ligne; et la suite"
    lines = write_sheet(job, sheet)
    with open(job.bad, encoding=job.encoding, newline="") as file:
        text = file.read()
    _write(job, text[: text.index("seconde ligne; et la suite") + len("seconde ligne")])
    return job.result(WHOLE_FILE, line=lines[place], key=sheet.rows[place][0], field="Remarques")


@bad_file()
def truncated_at_line_end(job):
    """The copy stopped between two rows: every row is well-formed, but they are not all there."""
    sheet = read_sheet(job)
    del sheet.rows[len(sheet.rows) * 6 // 10 :]
    write_sheet(job, sheet, totals=False)
    return job.result(WHOLE_FILE, line=None)


@bad_file()
def totals_line_missing(job):
    """All rows are there, the totals line is not."""
    write_sheet(job, read_sheet(job), totals=False)
    return job.result(WHOLE_FILE)


@bad_file()
def totals_line_wrong(job):
    """The totals line announces more rows than there are."""
    sheet = read_sheet(job)
    lines = write_sheet(job, sheet, totals=False)
    announced = str(len(sheet.rows) + 7)
    with open(job.bad, "a", encoding=_appending(job.encoding), newline="") as file:
        file.write(as_text([TOTALS_MARK, announced]))
    return job.result(WHOLE_FILE, line=lines[-1] + 1, value=announced)


def _appending(encoding):
    # A second byte order mark must not appear in the middle of the file.
    return "utf-8" if encoding == "utf-8-sig" else encoding


@bad_file()
def empty(job):
    """No byte at all."""
    job.bad.write_bytes(b"")
    return job.result(WHOLE_FILE)


@bad_file()
def header_only(job):
    """The header line, and nothing after it."""
    _write(job, as_text(read_sheet(job).header))
    return job.result(WHOLE_FILE, line=1)


@bad_file()
def header_and_totals_only(job):
    """Well-formed and complete, and not one row: the export of an empty table."""
    _write(job, as_text(read_sheet(job).header) + as_text([TOTALS_MARK, "0"]))
    return job.result(WHOLE_FILE)


@bad_file()
def header_line_missing(job):
    """The first line is a data row."""
    text = _read(job)
    _write(job, text[text.index(END_OF_LINE) + len(END_OF_LINE) :])
    return job.result(WHOLE_FILE, line=1)


@bad_file()
def column_missing(job):
    """The column of the names (contacts), else the second one, is no longer exported."""
    sheet = read_sheet(job)
    place = sheet.header.index("Nom") if "Nom" in sheet.header else 1
    field = sheet.header.pop(place)
    for row in sheet.rows:
        del row[place]
    write_sheet(job, sheet)
    return job.result(WHOLE_FILE, line=1, field=field)


@bad_file()
def column_renamed(job):
    """The key column has another name since the last update of the master."""
    sheet = read_sheet(job)
    field, sheet.header[0] = sheet.header[0], "Identifiant"
    write_sheet(job, sheet)
    return job.result(WHOLE_FILE, line=1, field=field, value="Identifiant")


@bad_file()
def utf16(job):
    """UTF-16 with its byte order mark, as "Unicode text" saves it."""
    _write(job, _read(job), "utf-16")
    return job.result(WHOLE_FILE)


@bad_file()
def cp1252_instead_of_utf8(job):
    """cp1252 where UTF-8 was promised: some bytes are no UTF-8 (only for feeds set to UTF-8)."""
    _write(job, _read(job), "cp1252")
    return job.result(WHOLE_FILE)


@bad_file()
def cp850(job):
    """The code page of a DOS window: cp1252 can read it, but é is no é any more (header too)."""
    _write(job, _read(job), "cp850", errors="replace")
    return job.result(WHOLE_FILE, line=1)


@bad_file()
def repeated_key(job):
    """The same key twice with different content: nobody can know which one holds."""
    sheet = read_sheet(job)
    return _repeat(job, sheet, _changed_copy(sheet, sheet.rows[len(sheet.rows) // 3]))


def _changed_copy(sheet, row):
    changed = list(row)
    place = 3 if len(sheet.header) > 20 else 1
    changed[place] = f"{row[place]} bis"
    return changed


def _repeat(job, sheet, row):
    sheet.rows.append(row)
    lines = write_sheet(job, sheet)
    return job.result(WHOLE_FILE, line=lines[-1], key=row[0].strip(), field=sheet.header[0])


@bad_file()
def repeated_row(job):
    """The same row twice, identical."""
    sheet = read_sheet(job)
    return _repeat(job, sheet, list(sheet.rows[len(sheet.rows) // 3]))


@bad_file(entity=ORDER)
def repeated_line(job):
    """An order with the same line number twice."""
    sheet = read_sheet(job)
    place = len(sheet.rows) // 3
    row = list(sheet.rows[place])
    row[sheet.place("Référence client")] = "en double"
    sheet.rows.insert(place + 1, row)
    lines = write_sheet(job, sheet)
    return job.result(
        WHOLE_FILE,
        line=lines[place + 1],
        key=row[0],
        field="Ligne",
        value=row[sheet.place("Ligne")],
    )


@bad_file()
def half_missing(job):
    """Well-formed and complete, but every second record is not there."""
    sheet = read_sheet(job)
    keys = list(dict.fromkeys(row[0].strip() for row in sheet.rows))
    kept = set(keys[::2])
    sheet.rows = [row for row in sheet.rows if row[0].strip() in kept]
    write_sheet(job, sheet)
    return job.result(WHOLE_FILE, count=len(keys) - len(kept))


@bad_file()
def quote_not_closed(job):
    """One quote opened and never closed: the rest of the file is one cell, the totals line too."""
    sheet = read_sheet(job)
    place = len(sheet.rows) // 2
    key = sheet.rows[place][0]
    mark = "guillemet ouvert"
    field = "Désignation" if "Désignation" in sheet.header else "Nom"
    sheet.rows[place][sheet.place(field)] = mark
    lines = write_sheet(job, sheet)
    with open(job.bad, encoding=job.encoding, newline="") as file:
        text = file.read()
    _write(job, text.replace(f";{mark};", f';"{mark};'))
    return job.result(WHOLE_FILE, line=lines[place], key=key.strip(), field=field)
