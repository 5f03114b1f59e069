"""Files in which some rows are bad (or strange) and all the others must go on."""

from .amounts import decimal, parse
from .bad_file import LEGAL, SOME_ROWS, bad_file
from .csv_text import END_OF_LINE, as_text, read_sheet, write_sheet
from .schema import ORDER, TOTALS_MARK

HUGE_CELL = 40 * 1024 * 1024  # characters
UNKNOWN_CODES = 200_000
LONG_CODE = "9" * 300
SQL_NAME = "x'); DELETE FROM res_partner; --"
HTML_NAME = "<img src=x onerror=\"alert('oups')\"><b>Gras</b>"


def _spoil(job, field, value, level=SOME_ROWS, accept=None):
    """Writes ``value`` into ``field`` of a row in the middle, and in an order of all its rows."""
    sheet = read_sheet(job)
    middle = len(sheet.rows) // 2
    sound = [
        place for place in range(middle, len(sheet.rows)) if _is_plain(sheet, sheet.rows[place])
    ]
    place = next(place for place in sound if accept is None or accept(sheet, sheet.rows[place]))
    row = sheet.rows[place]
    old_key, column = row[0], sheet.place(field)
    of_header = column < sheet.place("Code article") if job.entity == ORDER else False
    changed = [other for other in sheet.rows if of_header and other[0] == old_key] or [row]
    for other in changed:
        other[column] = value
    lines = write_sheet(job, sheet)
    return job.result(
        level, line=lines[place], key=row[0].strip(), field=field, value=value, count=len(changed)
    )


def _is_plain(sheet, row):
    """:return bool: not one of the defects which every export holds anyway, nor a comment line."""
    if "Ligne" in sheet.header:
        codes = (row[sheet.place("Code client")], row[sheet.place("Code article")])
        return (
            all(codes)
            and not any(code.startswith(("99", "INCONNU")) for code in codes)
            and not row[sheet.place("Date")].startswith("31/02")
        )
    return "Nom" not in sheet.header or bool(row[sheet.place("Nom")].strip())


@bad_file()
def null_byte(job):
    """A NUL in the middle of a name, as a damaged database field gives."""
    return _spoil(job, "Nom", "Dupont\0Durand")


@bad_file()
def huge_cell(job):
    """A remark of 40 MB."""
    return _shortened(_spoil(job, "Remarques", "x" * HUGE_CELL))


def _shortened(bad):
    # What is bad is told by its beginning: nobody wants 40 MB in an assertion message.
    return type(bad)(**{**vars(bad), "value": bad.value[:80]})


@bad_file()
def long_code(job):
    """A code with 300 characters."""
    sheet = read_sheet(job)
    row = list(next(row for row in sheet.rows[::-1] if _is_plain(sheet, row)))
    row[0] = LONG_CODE
    sheet.rows.append(row)
    lines = write_sheet(job, sheet)
    return job.result(
        SOME_ROWS, line=lines[-1], key=LONG_CODE, field=sheet.header[0], value=LONG_CODE
    )


@bad_file()
def sql_in_name(job):
    """A name that is an SQL statement: legal, and only a name."""
    return _spoil(job, "Nom", SQL_NAME, LEGAL)


@bad_file()
def html_in_name(job):
    """A name that is HTML: legal, and to be shown as typed."""
    return _spoil(job, "Nom", HTML_NAME, LEGAL)


@bad_file()
def cell_missing(job):
    """A row with one cell less than the header."""
    return _cells(job, lambda row: row[:-1])


@bad_file()
def cell_too_many(job):
    """A row with one cell more than the header: somebody typed the separator."""
    return _cells(job, lambda row: [*row, "de trop"])


def _cells(job, shape):
    sheet = read_sheet(job)
    middle = len(sheet.rows) // 2
    place = next(
        place for place in range(middle, len(sheet.rows)) if _is_plain(sheet, sheet.rows[place])
    )
    sheet.rows[place] = shape(sheet.rows[place])
    lines = write_sheet(job, sheet)
    return job.result(SOME_ROWS, line=lines[place], key=sheet.rows[place][0].strip())


@bad_file(entity=ORDER)
def unknown_customer(job):
    """An order made out to a code that no export ever held."""
    return _spoil(job, "Code client", "9800001")


@bad_file(entity=ORDER)
def unknown_article(job):
    """An order line for a code that no export ever held."""
    return _spoil(job, "Code article", "INCONNU-99")


@bad_file(entity=ORDER)
def negative_quantity(job):
    """A line with quantity −1: in an ERP a credit line; its amounts and the totals add up."""
    sheet = read_sheet(job)
    total = sheet.place("Total ligne HTVA")

    def fits(_sheet, row):
        alone = sum(other[0] == row[0] for other in sheet.rows) == 1
        return alone and row[sheet.place("Quantité")] == "1"

    good = next(
        row
        for row in sheet.rows[len(sheet.rows) // 2 :]
        if _is_plain(sheet, row) and fits(sheet, row)
    )
    place = sheet.rows.index(good)
    good[sheet.place("Quantité")] = "-1"
    good[sheet.place("Quantité livrée")] = "0"
    for column in (
        total,
        *(sheet.place(name) for name in ("Total HTVA", "Total TVA", "Total TVAC")),
    ):
        good[column] = decimal(-parse(good[column]))
    lines = write_sheet(job, sheet)
    return job.result(LEGAL, line=lines[place], key=good[0], field="Quantité", value="-1")


@bad_file(entity=ORDER)
def impossible_date(job):
    """An order of 31 February."""
    return _spoil(job, "Date", "31/02/2026")


@bad_file(entity=ORDER)
def amounts_do_not_add_up(job):
    """A grand total 1000 euro too high: accepted, and flagged with the difference."""
    sheet = read_sheet(job)
    column = sheet.place("Total TVAC")
    row = next(row for row in sheet.rows[len(sheet.rows) // 2 :] if _is_plain(sheet, row))
    value = decimal(parse(row[column]) + 100_000)
    return _spoil(job, "Total TVAC", value, LEGAL, lambda _sheet, other: other[0] == row[0])


@bad_file(entity=ORDER)
def scattered_lines(job):
    """The lines of the orders do not stand together: legal, as lines carry their order number."""
    sheet = read_sheet(job)
    # The first lines of all orders, then all the others: the order of the lines in one holds.
    seen = {}
    firsts = [row for row in sheet.rows if seen.setdefault(row[0], id(row)) == id(row)]
    kept = {id(row) for row in firsts}
    sheet.rows = firsts + [row for row in sheet.rows if id(row) not in kept]
    write_sheet(job, sheet)
    return job.result(LEGAL, count=0)


@bad_file(entity=ORDER)
def many_unknown_codes(job):
    """200,000 orders of customers whom nobody knows, after the good ones."""
    sheet = read_sheet(job)
    model = list(next(row for row in sheet.rows if _is_plain(sheet, row)))
    customer = sheet.place("Code client")
    with open(job.bad, "w", encoding=job.encoding, newline="") as file:
        file.write(as_text(sheet.header))
        for row in sheet.rows:
            file.write(as_text(row))
        model[0], model[customer] = "{number}", "{code}"
        template = as_text(model)
        for number in range(UNKNOWN_CODES):
            file.write(
                template.replace("{number}", f"ZZZ{number:06d}").replace(
                    "{code}", f"97{number:06d}"
                )
            )
        file.write(f"{TOTALS_MARK};{len(sheet.rows) + UNKNOWN_CODES}{END_OF_LINE}")
    return job.result(SOME_ROWS, field="Code client", count=UNKNOWN_CODES)
