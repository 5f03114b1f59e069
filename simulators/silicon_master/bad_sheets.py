"""Bad spreadsheet files."""

import zipfile

from .bad_file import SOME_ROWS, WHOLE_FILE, bad_file
from .schema import COLUMN, CONTACT

FORMULA = "=1+1"
BOMB_SIZE = 600 * 1024 * 1024  # bytes, once unpacked
SHEET = "xl/worksheets/sheet1.xml"


@bad_file(format="xlsx")
def formula_cell(job):
    """A name that is a formula: what it is worth depends on who computed it last."""
    from openpyxl import load_workbook

    workbook = load_workbook(job.good)
    sheet = workbook.active
    line = sheet.max_row // 2
    column = COLUMN[CONTACT]["Nom"] + 1
    while not (sheet.cell(line, column).value or "").strip():
        line += 1
    sheet.cell(line, column).value = FORMULA
    workbook.save(job.bad)
    key = sheet.cell(line, 1).value.strip()
    return job.result(SOME_ROWS, line=line, key=key, field="Nom", value=FORMULA)


@bad_file(format="xlsx")
def zip_bomb(job):
    """Less than a megabyte that unpacks to 600 MB."""
    block = b" " * (1024 * 1024)
    with (
        zipfile.ZipFile(job.good) as good,
        zipfile.ZipFile(job.bad, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            with bad.open(name, "w", force_zip64=True) as member:
                content = good.read(name)
                if name == SHEET:
                    head, mark, content = content.partition(b"<sheetData>")
                    member.write(head + mark)
                    for _block in range(BOMB_SIZE // len(block)):
                        member.write(block)
                member.write(content)
    return job.result(WHOLE_FILE)


@bad_file(format="xlsx")
def not_a_spreadsheet(job):
    """A PDF that somebody named .xlsx."""
    job.bad.write_bytes(b"%PDF-1.4\n% bon de commande\n" + b"0 0 obj\n" * 50)
    return job.result(WHOLE_FILE)


@bad_file(format="xlsx")
def truncated_spreadsheet(job):
    """The copy of the file stopped half-way."""
    content = job.good.read_bytes()
    job.bad.write_bytes(content[: len(content) // 2])
    return job.result(WHOLE_FILE)
