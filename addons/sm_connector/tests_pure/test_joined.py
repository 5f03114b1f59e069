"""A header file and a lines file become the flat rows the mapping of orders reads."""

import io
import tracemalloc

import pytest
from sm_files import ORDER_HEADER

from odoo.addons.sm_connector.contract.default_mapping import SILICON_MASTER_FR
from odoo.addons.sm_connector.contract.words import normalise
from odoo.addons.sm_connector.formats import FileError, FormatOptions, open_joined

HEADERS = "N° commande;Date;Date prévue\nC1;01/02/2027;\nC2;02/02/2027;05/02/2027\nC3;;\nTOTAL;3\n"
LINES = "N° commande;Ligne;Date prévue\nC2;1;06/02/2027\nC1;1;\nC2;2;\nTOTAL;3\n"


def joined(headers=HEADERS, lines=LINES, kind="csv", keys=(), **options):
    defects = []
    reader = open_joined(
        kind,
        ([io.BytesIO(headers.encode())], "COMMANDES.csv"),
        ([io.BytesIO(lines.encode())], "LIGNES.csv"),
        FormatOptions(**options),
        defects.append,
        *keys,
    )
    return reader, list(reader), defects


@pytest.mark.parametrize("keys", [(), ("n° commande",), ("N° COMMANDE", "N° commande")])
def test_rows(keys):
    reader, rows, defects = joined(keys=keys, trailer="required")
    assert reader.header == ["N° commande", "Date", "Date prévue", "Ligne", "Date prévue (ligne)"]
    assert rows == [
        (3, ["C1", "01/02/2027", "", "1", ""]),
        (2, ["C2", "02/02/2027", "05/02/2027", "1", "06/02/2027"]),
        (4, ["C2", "02/02/2027", "05/02/2027", "2", ""]),
        (4, ["C3", "", "", "", ""]),
    ]
    assert defects == [] and reader.rows == 4


def test_split_as_the_master_does_it_fits_the_shipped_mapping():
    flat = ORDER_HEADER.split(";")
    of_lines = (
        "N° commande;Ligne;Code article;Désignation;Quantité;Quantité livrée;Prix unitaire HTVA;"
        "Remise %;Taux TVA;Total ligne HTVA;Date prévue;Disponibilité"
    ).split(";")
    of_orders = ["N° commande", *(c for c in flat if c not in of_lines or c == "Date prévue")]
    of_orders.remove("Date prévue ligne")
    reader, rows, _defects = joined(f"{';'.join(of_orders)}\n", f"{';'.join(of_lines)}\n")
    shown = {normalise(name) for name in reader.header}
    assert not [
        rule.source for rule in SILICON_MASTER_FR["order"] if normalise(rule.source) not in shown
    ]
    assert len(shown) == len(reader.header) and rows == []


def test_lines_without_header():
    reader, rows, defects = joined(lines=LINES.replace("C1;1", "C9;1"))
    assert [cells[0] for _line, cells in rows] == ["C1", "C2", "C2", "C3"]
    [defect] = defects
    assert (defect.line, defect.cause) == (3, "lines_without_header")
    assert (defect.field, defect.value, defect.cells) == (
        "N° commande", "C9", ["C9", "", "", "1", ""],
    )  # fmt: skip
    assert reader.rows == 5


def test_unreadable_line_is_known_by_its_order():
    _reader, rows, defects = joined(lines=LINES.replace("C2;2;", "C2;2;;;x"))
    assert [(d.line, d.cause, d.cells[0]) for d in defects] == [(4, "column_count", "C2")]
    assert len(rows) == 3


def test_unreadable_header_takes_its_lines_along():
    _reader, rows, defects = joined(HEADERS.replace("C2;02/02/2027;05/02/2027", "C2;x"))
    assert [cells[0] for _line, cells in rows] == ["C1", "C3"]
    assert [(d.cause, d.cells[0]) for d in defects] == [
        ("column_count", "C2"),
        ("lines_without_header", "C2"),
        ("lines_without_header", "C2"),
    ]


def test_header_twice():
    twice = HEADERS.replace("C3;;", "C1;01/02/2027;")
    assert [cells[0] for _line, cells in joined(twice)[1]] == ["C1", "C2", "C2"]
    other = HEADERS.replace("C3;;", "C1;03/03/2027;")  # the contract sees that they differ
    assert [cells[:2] for _line, cells in joined(other)[1]] == [
        ["C1", "01/02/2027"], ["C2", "02/02/2027"], ["C2", "02/02/2027"], ["C1", "03/03/2027"],
    ]  # fmt: skip


def test_rows_without_key():
    _reader, rows, defects = joined(HEADERS.replace("C3;;", ";x;"), LINES.replace("C1;1;", " ;1;x"))
    assert [cells[0] for _line, cells in rows] == ["C1", "C2", "C2", ""]
    assert rows[-1][1] == ["", "x", "", "", ""]
    assert [defect.cause for defect in defects] == ["lines_without_header"]


def test_blanks_around_the_key():
    assert len(joined(lines=LINES.replace("C1;1", " C1 ;1"))[2]) == 0


def test_key_is_missing():
    with pytest.raises(FileError) as caught:
        joined(lines="Commande;Ligne\nC1;1\n")
    assert caught.value.cause == "columns"
    assert "LIGNES.csv" in str(caught.value) and "“Commande”" in str(caught.value)


def test_either_file_is_cut():
    for cut in ({"headers": HEADERS[:-8]}, {"lines": LINES[:-8]}):
        with pytest.raises(FileError) as caught:
            joined(**cut, trailer="required")
        assert caught.value.cause == "truncated"


def test_xml():
    headers = (
        "<COMMANDES total='2'><COMMANDE><N_commande>C1</N_commande><Date>x</Date></COMMANDE>"
        "<COMMANDE><N_commande>C2</N_commande><Date>y</Date></COMMANDE></COMMANDES>"
    )
    lines = (
        "<LIGNES total='2'><LIGNE><N_commande>C2</N_commande><Ligne>1</Ligne></LIGNE>"
        "<LIGNE><N_commande>C2</N_commande><Ligne>2</Ligne></LIGNE></LIGNES>"
    )
    reader, rows, _defects = joined(
        headers, lines, "xml", columns=("N° commande", "Ligne", "Date", "Date prévue")
    )
    assert reader.header == ["N° commande", "Date", "Ligne"]
    assert [cells for _line, cells in rows] == [["C1", "x", ""], ["C2", "y", "1"], ["C2", "y", "2"]]


def test_memory_is_bounded_whatever_the_order_of_rows():
    count = 40_000
    headers = "No;A\n" + "".join(f"C{n};{'x' * 100}\n" for n in range(count))
    lines = "No;B\n" + "".join(f"C{n * 7919 % count};{'y' * 100}\n" for n in range(count))
    streams = [io.BytesIO(text.encode()) for text in (headers, lines)]
    del headers, lines
    tracemalloc.start()
    reader = open_joined(
        "csv", (streams[:1], "H.csv"), (streams[1:], "L.csv"), FormatOptions(), [].append
    )
    assert sum(1 for _row in reader) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000
