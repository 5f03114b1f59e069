"""Any table of text, written in each format, is read as it was: the same cells from all of them.

Documented differences: a row of blank cells only is no row in CSV and XLSX; XML knows no control
characters; ``_x0041_`` is the letter A in Excel.
"""

import csv
import io
import json
import zipfile
from unittest import mock

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from odoo.addons.sm_connector.formats import (
    FileError,
    FormatOptions,
    json_format,
    json_text,
    open_reader,
    xml_format,
)

COLUMNS = ("a", "b", "c")
CALM = settings(derandomize=True, deadline=None, max_examples=120, database=None)
# Nothing XML forbids: control characters, halves of characters, two that are none.
CHARS = st.characters(
    exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n", exclude_characters="\ufeff"
)
NASTY = st.sampled_from(
    ['"', '""', ";", ",", "\n", "'", "<", "&amp;", "]]>", "\\", "\\u0000", "_x0041_", "=1+1", "|",
     "TOTAL", "é", "😀", "\u2028", "null", "0012", "1,50", " x ", "{", "<!DOCTYPE r>"]
)  # fmt: skip
CELL = st.one_of(
    st.just(""), st.text(CHARS, max_size=12), NASTY, st.builds("".join, st.lists(NASTY))
)
ROW = st.lists(CELL, min_size=3, max_size=3).filter(
    lambda row: any(cell.strip() for cell in row) and row[0].strip().rstrip(":").strip() != "TOTAL"
)
TABLE = st.lists(ROW, max_size=8)


def write_csv(rows, choice):
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer,
        delimiter=";",
        lineterminator="\r\n" if choice % 2 else "\n",
        quoting=csv.QUOTE_ALL if choice % 3 else csv.QUOTE_MINIMAL,
    )
    writer.writerows([COLUMNS, *rows, ["TOTAL", len(rows)]])
    return buffer.getvalue().encode("utf-8-sig" if choice % 5 == 0 else "utf-8")


def write_xlsx(rows, choice):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate([COLUMNS, *rows]):
            for column, cell in enumerate(row):
                sheet.write_string(line, column, cell)
        sheet.write_string(len(rows) + 1, 0, "TOTAL")
        sheet.write_number(len(rows) + 1, 1, len(rows))
    return buffer.getvalue()


def write_xml(rows, choice):
    root = etree.Element("{urn:x}Rows" if choice % 7 == 0 else "Rows", count=str(len(rows)))
    for row in rows:
        record = etree.SubElement(root, "Row")
        for name, cell in zip(COLUMNS, row, strict=True):
            if cell or choice % 3:
                etree.SubElement(record, name).text = cell
    # Indenting would change an empty record, not a text.
    return etree.tostring(
        root,
        xml_declaration=True,
        encoding=("utf-8", "us-ascii", "utf-16")[choice % 3],
        pretty_print=choice % 2 == 0,
    )


def write_json(rows, choice):
    records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    if choice % 5 == 0:
        records = [{name: cell or None for name, cell in record.items()} for record in records]
    if choice % 3 == 0:
        lines = [*records, {"count": len(rows)}]
        text = "".join(json.dumps(line, ensure_ascii=choice % 2 == 0) + "\n" for line in lines)
    else:
        content = {"items": records, "count": len(rows)}
        if choice % 3 == 1:
            content = {"count": len(rows), "deep": {"items": records}}
        text = json.dumps(content, ensure_ascii=choice % 2 == 0, indent=choice % 4 or None)
    return text.encode()


WRITERS = {"csv": write_csv, "xlsx": write_xlsx, "xml": write_xml, "json": write_json}


def read(kind, *contents, name="", **options):
    defects = []
    options = {"columns": COLUMNS, "trailer": "required", **options}
    reader = open_reader(
        kind,
        [io.BytesIO(content) for content in contents],
        name or f"T.{kind}",
        FormatOptions(**options),
        defects.append,
    )
    rows = [cells for _line, cells in reader]
    assert defects == []
    assert reader.header == list(COLUMNS)
    assert reader.rows == len(rows)
    return rows


@pytest.mark.parametrize("kind", ["csv", "xml", "json"])
@CALM
@given(rows=TABLE, choice=st.integers(0, 209))
def test_what_was_written_is_read(kind, rows, choice):
    assert read(kind, WRITERS[kind](rows, choice)) == rows


@settings(CALM, max_examples=30)
@given(rows=TABLE.filter(lambda rows: "_x" not in str(rows)))
def test_what_was_written_in_excel_is_read(rows):
    assert read("xlsx", write_xlsx(rows, 0)) == rows


@settings(CALM, max_examples=60)
@given(rows=TABLE, choice=st.integers(0, 209), chunk=st.integers(1, 40))
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_wherever_the_file_is_cut_into_pieces(kind, rows, choice, chunk):
    content = WRITERS[kind](rows, choice)
    with (
        mock.patch.object(xml_format, "CHUNK", chunk),
        mock.patch.object(json_text, "CHUNK", chunk),
        mock.patch.object(json_format, "BLOCK", chunk),
    ):
        assert read(kind, content) == rows


@settings(CALM, max_examples=60)
@given(rows=TABLE, choice=st.integers(0, 209), sample=st.integers(1, 3))
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_however_few_records_are_looked_at(kind, rows, choice, sample):
    assert read(kind, WRITERS[kind](rows, choice), sample=sample) == rows


@settings(CALM, max_examples=40)
@given(rows=TABLE, choice=st.integers(0, 209), parts=st.integers(1, 4))
@pytest.mark.parametrize("kind", ["csv", "xml", "json"])
def test_in_pages(kind, rows, choice, parts):
    pages = [WRITERS[kind](rows[start::parts], choice) for start in range(parts)]
    expected = [row for start in range(parts) for row in rows[start::parts]]
    assert read(kind, *pages) == expected


@settings(CALM, max_examples=30)
@given(rows=TABLE, choice=st.integers(0, 209))
@pytest.mark.parametrize("kind", ["csv", "xml", "json"])
def test_in_a_zip_file(kind, rows, choice):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"T.{kind}", WRITERS[kind](rows, choice))
    assert read("zip", buffer.getvalue()) == rows


@settings(CALM, max_examples=25)
@given(rows=TABLE.filter(bool), choice=st.integers(0, 209), part=st.floats(0, 1))
@pytest.mark.parametrize("kind", list(WRITERS))
def test_a_cut_file_is_refused_or_complete(kind, rows, choice, part):
    """The end may be missing where it says nothing: a line end, the last digit never."""
    content = WRITERS[kind](rows, choice)
    cut = content[: max(1, int(len(content) * part))]
    try:
        found = read(kind, cut)
    except (FileError, AssertionError):  # a defect is seen too
        return
    assert found == rows


LINE = st.fixed_dictionaries({"Sku": st.text(CHARS, max_size=5), "Qty": st.text(CHARS, max_size=5)})
ORDERS = st.lists(
    st.fixed_dictionaries(
        {"No": st.text(CHARS, min_size=1, max_size=5), "Lines": st.lists(LINE, max_size=4)}
    ),
    max_size=6,
)


@settings(CALM, max_examples=80)
@given(orders=ORDERS, sample=st.sampled_from([1, 200]))
def test_nested_orders_are_the_flat_rows(orders, sample):
    expected = [
        [order["No"], line.get("Sku", ""), line.get("Qty", "")]
        for order in orders
        for line in order["Lines"] or [{}]
    ]
    root = etree.Element("Orders", count=str(len(orders)))
    for order in orders:
        element = etree.SubElement(root, "Order", No=order["No"])
        box = etree.SubElement(element, "Lines")
        for line in order["Lines"]:
            entry = etree.SubElement(box, "Line", Qty=line["Qty"])
            etree.SubElement(entry, "Sku").text = line["Sku"]
    contents = {
        "xml": (etree.tostring(root), ("@No", "Lines/Line/Sku", "Lines/Line/@Qty")),
        "json": (
            json.dumps({"count": len(orders), "Orders": orders}).encode(),
            ("No", "Lines.Sku", "Lines.Qty"),
        ),
    }
    for kind, (content, columns) in contents.items():
        options = FormatOptions(columns=columns, sample=sample, trailer="required")
        reader = open_reader(kind, [io.BytesIO(content)], "orders", options, [].append)
        assert [cells for _line, cells in reader] == expected
        assert reader.header == list(columns)
