"""Every bad file is bad in the way it says, and in no other."""

import csv
import zipfile

import pytest
from openpyxl import load_workbook

from simulators.silicon_master import Dialect, Settings, World, bad_rows, bad_sheets, export
from simulators.silicon_master.bad_files import (
    BAD_FILES,
    HELD,
    LEGAL,
    SOME_ROWS,
    WHOLE_FILE,
    make_bad,
)

from .reading import amount, read_rows

DIALECT = Dialect(encoding="utf-8", blank_lines=False, padding=False)
ASKED_FOR = {
    "truncated_in_row",
    "truncated_in_quotes",
    "totals_line_missing",
    "empty",
    "header_only",
    "column_missing",
    "column_renamed",
    "header_line_missing",
    "utf16",
    "cp1252_instead_of_utf8",
    "cp850",
    "repeated_row",
    "repeated_key",
    "half_missing",
    "null_byte",
    "huge_cell",
    "many_unknown_codes",
    "formula_cell",
    "unknown_customer",
    "unknown_article",
    "negative_quantity",
    "impossible_date",
    "amounts_do_not_add_up",
    "long_code",
    "sql_in_name",
    "html_in_name",
    "cell_missing",
    "cell_too_many",
    "quote_not_closed",
    "zip_bomb",
    "not_a_spreadsheet",
}


@pytest.fixture(scope="module")
def world():
    return World(Settings.of_size("demo"))


@pytest.fixture(scope="module")
def good(world, tmp_path_factory):
    """entity → (header, rows) of the export before it is spoilt."""
    paths = export(world, tmp_path_factory.mktemp("good"), DIALECT)
    return {entity: read_rows(path)[:2] for entity, path in paths.items()}


@pytest.fixture
def spoil(world, tmp_path):
    return lambda kind, **options: make_bad(kind, world, tmp_path, DIALECT, **options)


@pytest.fixture(autouse=True)
def cells_of_any_size():
    limit = csv.field_size_limit(100 * 1024 * 1024)
    yield
    csv.field_size_limit(limit)


def differing(good, bad):
    """:return list: places of the cells in which the two files differ (same number of rows)."""
    header, rows = good[bad.entity]
    bad_header, bad_data, totals = read_rows(bad.path)
    assert bad_header == header and len(bad_data) == len(rows) == int(totals[1])
    return [
        (row, header[place])
        for row, (one, two) in enumerate(zip(rows, bad_data, strict=True))
        for place, (cell, other) in enumerate(zip(one, two, strict=True))
        if cell != other
    ]


def record_at(bad):
    """:return list: the record that begins at the line which the bad file names."""
    with open(bad.path, encoding="utf-8", newline="") as file:
        for _line in range(bad.line - 1):
            file.readline()
        return next(csv.reader(file, delimiter=";"))


def test_all_kinds_are_there_and_explained(world, tmp_path):
    assert ASKED_FOR <= set(BAD_FILES)
    assert all(function.__doc__ for function in BAD_FILES.values())
    with pytest.raises(ValueError, match="truncated_in_row"):
        make_bad("no such kind", world, tmp_path)


@pytest.mark.parametrize("kind", ["null_byte", "huge_cell", "sql_in_name", "html_in_name"])
def test_one_cell_is_spoilt(spoil, good, kind):
    bad = spoil(kind)
    assert bad.level == (LEGAL if kind.endswith("name") else SOME_ROWS)
    ((_row, field),) = differing(good, bad)
    assert field == bad.field
    record = record_at(bad)
    assert record[0] == bad.key
    assert record[good["contact"][0].index(field)].startswith(bad.value)
    if kind == "huge_cell":
        assert len(record[20]) == bad_rows.HUGE_CELL and bad.path.stat().st_size > 40 * 2**20
    if kind == "null_byte":
        assert b"\0" in bad.path.read_bytes()


@pytest.mark.parametrize(
    "kind", ["unknown_customer", "unknown_article", "impossible_date", "amounts_do_not_add_up"]
)
def test_one_field_of_an_order_is_spoilt(spoil, good, kind):
    bad = spoil(kind)
    differences = differing(good, bad)
    assert len(differences) == bad.count
    assert {field for _row, field in differences} == {bad.field}
    header, rows = good["order"]
    assert {rows[row][0] for row, _field in differences} == {bad.key}
    record = record_at(bad)
    assert (record[0], record[header.index(bad.field)]) == (bad.key, bad.value)
    assert bad.level == (LEGAL if kind == "amounts_do_not_add_up" else SOME_ROWS)


def test_a_negative_quantity_adds_up(spoil, good):
    bad = spoil("negative_quantity")
    record = record_at(bad)
    assert record[19] == "-1"
    assert amount(record[14]) + amount(record[15]) == amount(record[16]) < 0
    assert {field for _row, field in differing(good, bad)} >= {"Quantité", "Total TVAC"}


def test_scattered_lines_are_the_same_orders(spoil, good):
    bad = spoil("scattered_lines")
    _header, rows, _totals = read_rows(bad.path)
    assert rows != good["order"][1] and sorted(rows) == sorted(good["order"][1])


def test_long_code(spoil):
    bad = spoil("long_code")
    assert len(bad.key) == 300 and record_at(bad)[0] == bad.key


@pytest.mark.parametrize(("kind", "cells"), [("cell_missing", 22), ("cell_too_many", 24)])
def test_wrong_number_of_cells(spoil, good, kind, cells):
    bad = spoil(kind)
    _header, rows, _totals = read_rows(bad.path)
    odd = [row for row in rows if len(row) != 23]
    assert [len(row) for row in odd] == [cells] and odd == [record_at(bad)]
    assert odd[0][0] == bad.key and len(rows) == len(good["contact"][1])


def test_many_unknown_codes(spoil, good):
    bad = spoil("many_unknown_codes")
    _header, rows, totals = read_rows(bad.path)
    assert totals == ["TOTAL", str(len(rows))]
    added = rows[len(good["order"][1]) :]
    assert rows[: -len(added)] == good["order"][1]
    assert len({row[3] for row in added}) == len({row[0] for row in added}) == 200_000 == bad.count


def test_truncated_in_row(spoil, good):
    bad = spoil("truncated_in_row")
    text = bad.path.read_bytes().decode()
    assert not text.endswith("\n") and "TOTAL;" not in text
    last = list(csv.reader(text.splitlines(), delimiter=";"))[-1]
    assert 1 < len(last) < 23 and last[0] == bad.key
    assert text.count("\n") + 1 == bad.line


def test_truncated_in_quotes(spoil):
    bad = spoil("truncated_in_quotes")
    text = bad.path.read_bytes().decode()
    assert text.endswith("seconde ligne") and text.count('"') % 2 == 1
    assert record_at(bad)[0] == bad.key


def test_truncated_at_line_end(spoil, good):
    text = spoil("truncated_at_line_end").path.read_bytes().decode()
    rows = list(csv.reader(text.splitlines(keepends=True), delimiter=";"))[1:]
    assert rows == good["contact"][1][: len(rows)] and 0 < len(rows) < 400


def test_totals_line_missing(spoil, good):
    with open(spoil("totals_line_missing").path, encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, delimiter=";"))[1:] == good["contact"][1]


def test_totals_line_wrong(spoil, good):
    bad = spoil("totals_line_wrong")
    _header, rows, totals = read_rows(bad.path)
    assert rows == good["contact"][1] and totals == ["TOTAL", bad.value] != [
        "TOTAL",
        str(len(rows)),
    ]
    assert record_at(bad) == totals


def test_empty_ones(spoil, good):
    assert spoil("empty").path.read_bytes() == b""
    header = ";".join(good["contact"][0]) + "\r\n"
    assert spoil("header_only").path.read_bytes().decode() == header
    assert spoil("header_and_totals_only").path.read_bytes().decode() == f"{header}TOTAL;0\r\n"


@pytest.mark.parametrize("entity", ["contact", "article", "order"])
def test_headers(spoil, good, entity):
    header, rows = good[entity]
    missing = spoil("column_missing", entity=entity)
    bad_header, bad_data, _totals = read_rows(missing.path)
    assert (
        missing.field in header and [name for name in header if name != missing.field] == bad_header
    )
    assert {len(row) for row in bad_data} == {len(header) - 1}
    renamed = spoil("column_renamed", entity=entity)
    assert read_rows(renamed.path)[0] == [renamed.value, *header[1:]]
    without = spoil("header_line_missing", entity=entity)
    assert read_rows(without.path)[0] == rows[0]


def test_encodings(spoil):
    assert spoil("utf16").path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
    with pytest.raises(UnicodeDecodeError):
        spoil("cp1252_instead_of_utf8").path.read_bytes().decode("utf-8")
    raw = spoil("cp850").path.read_bytes()
    assert "Téléphone".encode("cp850") in raw and "Téléphone".encode("cp1252") not in raw
    assert "Téléphone" not in raw.decode("cp1252", errors="replace")


@pytest.mark.parametrize("kind", ["repeated_key", "repeated_row"])
@pytest.mark.parametrize("entity", ["contact", "article"])
def test_repeated_keys(spoil, good, kind, entity):
    bad = spoil(kind, entity=entity)
    _header, rows, totals = read_rows(bad.path)
    twice = [row for row in rows if row[0] == bad.key]
    assert len(twice) == 2 and (twice[0] == twice[1]) == (kind == "repeated_row")
    assert len(rows) == len(good[entity][1]) + 1 == int(totals[1])
    assert record_at(bad) == twice[1]


def test_repeated_line(spoil):
    bad = spoil("repeated_line")
    twice = [row for row in read_rows(bad.path)[1] if row[0] == bad.key and row[1] == bad.value]
    assert len(twice) == 2 and twice[0] != twice[1] == record_at(bad)


def test_half_missing(spoil, good):
    bad = spoil("half_missing")
    _header, rows, totals = read_rows(bad.path)
    assert len(rows) == 200 == bad.count == int(totals[1])
    assert all(row in good["contact"][1] for row in rows)


@pytest.mark.parametrize("entity", ["contact", "order"])
def test_quote_not_closed(spoil, entity):
    bad = spoil("quote_not_closed", entity=entity)
    raw = bad.path.read_bytes().decode()
    assert raw.count('"') % 2 == 1
    with open(bad.path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert record_at(bad)[0] == bad.key
    assert rows[-1][0] != "TOTAL" or len({len(row) for row in rows}) > 1
    with pytest.raises(csv.Error), open(bad.path, encoding="utf-8", newline="") as file:
        list(csv.reader(file, delimiter=";", strict=True))


def test_formula_cell(spoil):
    bad = spoil("formula_cell")
    sheet = load_workbook(bad.path).active
    formulas = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert [(cell.row, cell.value) for cell in formulas] == [(bad.line, bad.value)]
    assert sheet.cell(1, formulas[0].column).value == bad.field
    assert sheet.cell(bad.line, 1).value == bad.key


def test_zip_bomb(spoil, monkeypatch):
    monkeypatch.setattr(bad_sheets, "BOMB_SIZE", 100 * 2**20)
    bad = spoil("zip_bomb")
    with zipfile.ZipFile(bad.path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    assert unpacked > 100 * 2**20 and bad.path.stat().st_size < unpacked / 200


def test_what_is_no_spreadsheet(spoil):
    for kind in ("not_a_spreadsheet", "truncated_spreadsheet"):
        bad = spoil(kind)
        assert bad.path.suffix == ".xlsx" and bad.level == WHOLE_FILE
        assert not zipfile.is_zipfile(bad.path)


def test_good_and_bad_have_the_same_name(spoil, tmp_path):
    bad = spoil("empty")
    assert bad.path.name == "CLIENTS_20261102_233000.csv"
    assert list(tmp_path.iterdir()) == [bad.path]


def test_prices_times_100(spoil, good):
    bad = spoil("prices_times_100")
    header, rows = good["article"]
    differences = differing(good, bad)
    assert len(differences) == bad.count and bad.level == HELD
    assert {field for _row, field in differences} == {"Prix de vente HTVA", "Prix d'achat"}
    spoilt = read_rows(bad.path)[1]
    for row, field in differences:
        place = header.index(field)
        assert amount(spoilt[row][place]) == 100 * amount(rows[row][place])
    assert len({row for row, _field in differences}) >= 598  # two prices cannot be read anyway


@pytest.mark.parametrize("entity", ["contact", "article", "order", "dossier"])
def test_all_keys_changed(spoil, good, entity):
    bad = spoil("all_keys_changed", entity=entity)
    assert bad.level == HELD
    header, rows = good[entity]
    assert read_rows(bad.path)[1] == [[f"X{row[0]}", *row[1:]] for row in rows]


@pytest.mark.parametrize("kind", ["currency_changed", "column_added"])
def test_one_column_more(spoil, good, kind):
    bad = spoil(kind)
    header, rows, totals = read_rows(bad.path)
    place = header.index(bad.field)
    assert {row[place] for row in rows} == {bad.value} and totals == ["TOTAL", str(len(rows))]
    for row in (header, *rows):
        del row[place]
    assert (header, rows) == good[bad.entity]
    assert bad.level == (LEGAL if kind == "column_added" else HELD)


@pytest.mark.parametrize("entity", ["order", "article", "dossier"])
def test_future_dates(spoil, good, entity):
    bad = spoil("future_dates", entity=entity)
    differences = differing(good, bad)
    assert len(differences) == bad.count and bad.level == HELD
    spoilt, (header, rows) = read_rows(bad.path)[1], good[entity]
    for row, field in differences:
        old, new = rows[row][header.index(field)], spoilt[row][header.index(field)]
        assert new[:6] == old[:6] and int(new[6:10]) == int(old[6:10]) + 100
