"""Workbooks, good and hostile."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook
from sm_files import read_xlsx

from odoo.addons.sm_connector.formats import FileError

HEADER = ["Code", "Nom", "Prix"]
NAME = "CLIENTS_20270112_040000.xlsx"


def workbook(*rows, sheets=None):
    """Return the bytes of a workbook with one sheet, or several given by name."""
    book = Workbook()
    book.remove(book.active)
    for title, content in (sheets or {"Export": rows}).items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def altered(content, member, change):
    """Return a workbook with the bytes of one part changed; ``change(None)`` when it is new."""
    source = zipfile.ZipFile(io.BytesIO(content))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            data = source.read(info)
            target.writestr(info.filename, change(data) if info.filename == member else data)
        if member not in source.namelist():
            target.writestr(member, change(None))
    return buffer.getvalue()


def refused(content, **options):
    with pytest.raises(FileError) as caught:
        read_xlsx(content, **options)
    assert caught.value.file == NAME
    assert str(caught.value).startswith(NAME)
    return caught.value


class TestCells:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("0012", "0012"),
            (" a ", " a "),
            (12, "12"),
            (12.0, "12"),
            (-0.5, "-0.5"),
            (1234.5, "1234.5"),
            (0.1 + 0.2, "0.3"),
            (1e-7, "0.0000001"),
            (5412345678908.0, "5412345678908"),
            (1e22, "10000000000000000000000"),
            (True, "O"),
            (False, "N"),
            (None, ""),
            (datetime(2027, 1, 12), "2027-01-12"),
            (date(2027, 1, 12), "2027-01-12"),
            (datetime(2027, 1, 12, 10, 20, 30), "2027-01-12 10:20:30"),
            (time(10, 20), "10:20:00"),
            ("two\nlines", "two\nlines"),
            ("one_x000D_\ntwo", "one\r\ntwo"),
        ],
    )
    def test_as_text(self, value, text):
        assert read_xlsx(workbook(["Code", "Wert"], ["x", value])).cells == [["x", text]]

    def test_binary_noise_of_excel_is_not_shown(self):
        content = altered(
            workbook(HEADER, ["1", "a", 0.3]),
            "xl/worksheets/sheet1.xml",
            lambda data: data.replace(b"<v>0.3</v>", b"<v>0.30000000000000004</v>"),
        )
        assert read_xlsx(content).cells == [["1", "a", "0.3"]]

    def test_formula_is_a_defect_and_the_rest_goes_on(self):
        content = workbook(HEADER, ["1", "a", 1], ["2", "=1+1", 2], ["3", "c", 3], ["TOTAL", 3])
        read = read_xlsx(content, trailer="required")
        assert [cells[0] for cells in read.cells] == ["1", "3"]
        [defect] = read.defects
        assert (defect.line, defect.cause, defect.field) == (3, "formula", "Nom")
        assert defect.value == "=1+1"
        assert read.reader.rows == 3

    def test_error_cell_is_a_defect(self):
        content = workbook(HEADER, ["1", "#REF!", 1])
        read = read_xlsx(content)
        assert [(d.cause, d.value) for d in read.defects] == [("cell_error", "#REF!")]

    def test_escaped_null_byte(self):
        read = read_xlsx(workbook(HEADER, ["1", "a_x0000_b", 1], ["2", "b", 2]))
        [defect] = read.defects
        assert (defect.line, defect.cause, defect.field, defect.value) == (
            2,
            "nul_byte",
            "Nom",
            "a␀b",
        )
        assert len(read.rows) == 1

    def test_cell_too_long(self):
        read = read_xlsx(workbook(HEADER, ["1", "x" * 300, 1], ["2", "b", 2]), max_cell_chars=299)
        assert [(d.line, d.cause, d.field) for d in read.defects] == [(2, "cell_too_long", "Nom")]
        assert [line for line, _cells in read.rows] == [3]


class TestRows:
    def test_lines_are_those_excel_shows(self):
        content = workbook([], HEADER, ["1", "a", 1], [], [None, " "], ["2", "b", 2], ["TOTAL", 2])
        read = read_xlsx(content, trailer="required")
        assert read.header == HEADER
        assert [line for line, _cells in read.rows] == [3, 6]

    def test_short_rows_are_filled_up_as_excel_leaves_empty_cells_out(self):
        assert read_xlsx(workbook(HEADER, ["1"])).cells == [["1", "", ""]]

    def test_wide_rows(self):
        read = read_xlsx(workbook(HEADER, ["1", "a", 1, None, ""], ["2", "b", 2, "x"]))
        assert read.cells == [["1", "a", "1"]]
        assert [(d.line, d.cause) for d in read.defects] == [(3, "column_count")]

    def test_header_without_the_empty_cells_behind_it(self):
        assert read_xlsx(workbook([" Code ", "N°\xa0TVA", None, ""], ["1", "a"])).header == [
            "Code",
            "N° TVA",
        ]

    def test_wrong_size_written_in_the_sheet(self):
        content = altered(
            workbook(HEADER, ["1", "a", 1], ["2", "b", 2]),
            "xl/worksheets/sheet1.xml",
            lambda data: data.replace(b'ref="A1:C3"', b'ref="A1:A1"'),
        )
        assert len(read_xlsx(content).rows) == 2

    def test_sheet_by_name_else_the_first(self):
        content = workbook(sheets={"A": [["Code"], ["1"]], "B": [["Code"], ["2"]]})
        assert read_xlsx(content).cells == [["1"]]
        assert read_xlsx(content, sheet="B").cells == [["2"]]
        error = refused(content, sheet="C")
        assert "“C”" in str(error) and "A, B" in str(error)

    def test_totals_line(self):
        error = refused(workbook(HEADER, ["1", "a", 1], ["TOTAL", 2]))
        assert (error.cause, error.line) == ("trailer_mismatch", 3)
        error = refused(workbook(HEADER, ["1", "a", 1]), trailer="required")
        assert (error.cause, error.line) == ("truncated", 2)
        error = refused(workbook(HEADER, ["1", "a", 1], ["TOTAL", 1], ["2", "b", 2]))
        assert (error.cause, error.line) == ("data_after_trailer", 4)
        assert refused(workbook(["TOTAL", 1])).cause == "no_header"

    def test_blank(self):
        assert refused(workbook([], [None, " "])).cause == "empty"


class TestContainer:
    def test_not_a_zip(self):
        error = refused(b"Code;Nom\n1;a\n")
        assert error.cause == "format" and "not an Excel workbook" in str(error)
        assert refused(b"").cause == "empty"

    def test_old_or_protected(self):
        error = refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600)
        assert error.cause == "format" and "password" in str(error)

    def test_other_zip(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("CLIENTS.csv", "Code;Nom")
        assert refused(buffer.getvalue()).cause == "format"

    @pytest.mark.parametrize("part", [0.3, 0.7, 0.95])
    def test_cut(self, part):
        content = workbook(HEADER, *[[str(n), "a", n] for n in range(500)])
        assert refused(content[: int(len(content) * part)]).cause == "truncated"

    def test_damaged_inside(self):
        content = workbook(HEADER, *[[str(n), "a", n] for n in range(500)])
        error = refused(
            altered(content, "xl/worksheets/sheet1.xml", lambda data: data[: len(data) // 2])
        )
        assert error.cause == "truncated"
        assert error.line > 1 and f"line {error.line}" in str(error)

    def test_declares_too_much(self):
        content = workbook(HEADER, ["1", "a", 1])
        error = refused(content, max_unzipped_bytes=1_000)
        assert error.cause == "zip_bomb"

    def test_bomb_by_ratio(self):
        content = altered(
            workbook(HEADER, ["1", "a", 1]),
            "xl/media/image1.png",
            lambda _none: b"\0" * (40 * 2**20),
        )
        assert len(content) < 100_000
        error = refused(content)
        assert error.cause == "zip_bomb" and "41,9" in str(error)

    def test_entities_are_refused(self):
        content = altered(
            workbook(HEADER, ["1", "a", 1]),
            "xl/worksheets/sheet1.xml",
            lambda data: b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + data,
        )
        error = refused(content)
        assert error.cause == "format" and "sheet1.xml" in str(error)

    def test_row_number_beyond_excel(self):
        content = altered(
            workbook(HEADER, ["1", "a", 1]),
            "xl/worksheets/sheet1.xml",
            lambda data: data.replace(b'<row r="2">', b'<row r="1500000000">'),
        )
        assert refused(content).cause == "too_large"
