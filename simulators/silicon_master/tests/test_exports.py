"""The files are what the agreed format says."""

import csv
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from openpyxl import load_workbook

from simulators.silicon_master import Dialect, Settings, World, export

from .reading import PLAIN, amount, read_rows, tiny_world

HEADERS = {
    "contact": "Code;Type;Code parent;Nom;Nom 2;Client;Fournisseur;Professionnel;Rue;Complément;"
    "Code postal;Localité;Pays;Langue;N° TVA;Téléphone;GSM;E-mail;Site web;Bloqué;Remarques;"
    "Créé le;Modifié le",
    "article": "Code article;Désignation;Désignation NL;Famille;Sous-famille;Code EAN;"
    "Prix de vente HTVA;Prix d'achat;Taux TVA;Fournisseur;Supprimé;Stock total;Stock magasins;"
    "Arrivages;Date de réappro;Remarques;Modifié le",
    "order": "N° commande;Ligne;Date;Code client;Code livraison;Magasin;Origine;Statut;"
    "Date prévue;Vendeur;Référence client;Paiement;Acompte;Remarques;Total HTVA;Total TVA;"
    "Total TVAC;Code article;Désignation;Quantité;Quantité livrée;Prix unitaire HTVA;Remise %;"
    "Taux TVA;Total ligne HTVA;Date prévue ligne;Disponibilité;Modifié le",
    "dossier": "N° dossier;Code client;N° commande;Code article;Type;État;Responsable;Ouvert le;"
    "Date prévue;Clôturé le;Quantité;Remarques;Modifié le",
}
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def demo():
    return World(Settings.of_size("demo"))


def test_names_headers_and_totals_lines(demo, tmp_path):
    paths = export(demo, tmp_path)
    assert sorted(path.name for path in paths.values()) == [
        "ARTICLES_20261102_233000.csv",
        "CLIENTS_20261102_233000.csv",
        "COMMANDES_20261102_233000.csv",
        "DOSSIERS_20261102_233000.csv",
    ]
    assert sorted(tmp_path.iterdir()) == sorted(paths.values())
    for entity, path in paths.items():
        header, rows, totals = read_rows(path, "cp1252")
        assert ";".join(header) == HEADERS[entity]
        assert totals == ["TOTAL", str(len(rows))]
        assert {len(row) for row in rows} == {len(header)}


def test_sizes(demo, tmp_path):
    paths = export(demo, tmp_path, PLAIN)
    keys = {entity: {row[0] for row in read_rows(path)[1]} for entity, path in paths.items()}
    assert {entity: len(values) for entity, values in keys.items()} == {
        "contact": 400,
        "article": 600,
        "order": 300,
        "dossier": 30,
    }


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_every_dialect_carries_the_same_data(tmp_path, demo, encoding):
    plain = export(demo, tmp_path / "plain", PLAIN)
    rough = export(demo, tmp_path / "rough", Dialect(encoding=encoding, end_of_line="\n"))
    for entity, path in rough.items():
        raw = path.read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
        assert b"\n\n" in raw or entity == "dossier"  # too few rows for a blank line
        assert b"\r" not in raw
        _header, rows, _totals = read_rows(path, encoding)
        assert any(cell.endswith("   ") for row in rows for cell in row)
        _header, expected, _totals = read_rows(plain[entity])
        assert [[cell.strip() for cell in row] for row in rows] == [
            [cell.strip() for cell in row] for row in expected
        ]


def test_blank_lines_and_newlines_inside_quotes(demo, tmp_path):
    path = export(demo, tmp_path)["contact"]
    raw = path.read_bytes()
    assert b"\r\n\r\n" in raw
    assert b"\n" in raw.replace(b"\r\n", b"")
    _header, rows, _totals = read_rows(path, "cp1252")
    assert any("\n" in row[20] for row in rows)
    flat = export(demo, tmp_path / "flat", Dialect(cell_newlines=False, blank_lines=False))[
        "contact"
    ]
    assert flat.read_bytes().count(b"\n") == len(rows) + 2


def test_spreadsheet_carries_the_same_data_with_real_types(demo, tmp_path):
    plain = export(demo, tmp_path / "plain", PLAIN)
    sheets = export(demo, tmp_path / "xlsx", Dialect(format="xlsx", padding=False))
    for entity, path in sheets.items():
        header, expected, totals = read_rows(plain[entity])
        rows = list(load_workbook(path, read_only=True).active.iter_rows(values_only=True))
        assert list(rows[0]) == header
        assert [str(cell) for cell in rows[-1][:2]] == totals
        assert len(rows) - 2 == len(expected)
        for row, texts in zip(rows[1:-1], expected, strict=True):
            assert [_as_text(cell, text) for cell, text in zip(row, texts, strict=True)] == texts
    codes = [
        row[0]
        for row in load_workbook(sheets["contact"], read_only=True).active.iter_rows(min_row=2)
    ]
    assert codes[0].value == "0001001"
    # A day that does not exist cannot be a date: it stays text.
    days = {
        type(row[2]) for row in load_workbook(sheets["order"]).active.iter_rows(2, values_only=True)
    }
    assert days >= {datetime, str}


def _as_text(cell, text):
    """:return str: what the CSV writes for the spreadsheet's value."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%d/%m/%Y %H:%M" if ":" in text else "%d/%m/%Y")
    if isinstance(cell, (int, float)):
        return text if Decimal(str(cell)) == amount(text) else str(cell)
    return cell


@pytest.mark.parametrize("rounding", ["line", "document"])
def test_amounts_add_up_but_for_the_stated_share(tmp_path, rounding):
    world = World(Settings.of_size("demo", rounding=rounding))
    _header, rows, _totals = read_rows(export(world, tmp_path, PLAIN)["order"])
    orders = {}
    for row in rows:
        orders.setdefault(row[0], []).append(row)
    wrong = []
    for number, lines in orders.items():
        bases, line_vat = {}, Decimal()
        for row in lines:
            exact = amount(row[19]) * amount(row[21]) * (100 - amount(row[22])) / 100
            total = exact.quantize(CENT, ROUND_HALF_UP)
            assert total == amount(row[24]), row
            rate = amount(row[23])
            bases[rate] = bases.get(rate, Decimal()) + total
            line_vat += (total * rate / 100).quantize(CENT, ROUND_HALF_UP)
        vat = sum((base * rate / 100).quantize(CENT, ROUND_HALF_UP) for rate, base in bases.items())
        untaxed = sum(bases.values())
        vat = line_vat if rounding == "line" else vat
        assert (untaxed, vat) == (amount(lines[0][14]), amount(lines[0][15])), number
        assert len({tuple(row[:1] + row[2:17]) for row in lines}) == 1, (
            "header columns are repeated"
        )
        if untaxed + vat != amount(lines[0][16]):
            wrong.append(number)
    assert len(wrong) == 3, wrong
    assert {int(number[3:]) % 97 for number in wrong} == {13}


def test_the_two_roundings_differ(tmp_path):
    totals = {}
    for rounding in ("line", "document"):
        world = World(Settings.of_size("demo", rounding=rounding))
        _header, rows, _totals = read_rows(export(world, tmp_path / rounding, PLAIN)["order"])
        totals[rounding] = [row[15] for row in rows]
    assert totals["line"] != totals["document"]


def test_life_of_orders_and_oddities_of_contacts_are_there(demo, tmp_path):
    paths = export(demo, tmp_path, PLAIN)
    _header, orders, _totals = read_rows(paths["order"])
    statuses = {row[7] for row in orders}
    assert statuses >= {"DEV", "CFM", "PRE", "PAE", "EXP", "LPA", "LIV", "TEC", "ANN", "CFR"}
    assert {row[5] for row in orders} == {"LIE", "NAM", "CHA", "BXL", "LIL", "WEB"}
    assert {row[6] for row in orders} == {"M", "W", "P"}
    assert {row[11] for row in orders} == {"N", "A", "P", "E"}
    assert any(not row[17] and row[19] == "0" for row in orders), "comment lines"
    _header, contacts, _totals = read_rows(paths["contact"])
    assert {row[1] for row in contacts} == set("SPCLF")
    codes = [row[0] for row in contacts]
    assert any(row[2] in codes[codes.index(row[0]) :] for row in contacts if row[2]), "child first"
    mails = [row[17] for row in contacts if row[17]]
    assert len(set(mails)) < len(mails), "shared e-mail addresses"
    phones = [row[15] for row in contacts]
    assert any(" / " in phone for phone in phones) and any("bureau" in phone for phone in phones)
    _header, articles, _totals = read_rows(paths["article"])
    assert {row[8] for row in articles} >= {"21", "6", "12,00", "0"}
    assert any(row[14] == "DP à communiquer" for row in articles)
    for row in articles:
        places = [part.split(":")[1].split("/") for part in row[12].split("|")]
        assert sum(int(stock) for stock, _display in places) == int(row[11])
    eans = [row[5] for row in articles if row[5]]
    assert len(set(eans)) == len(eans)


def test_nothing_needs_more_than_cp1252(tmp_path):
    for seed in range(3):
        for path in export(tiny_world(seed), tmp_path / str(seed), PLAIN).values():
            path.read_text(encoding="utf-8").encode("cp1252")


def test_csv_module_reads_what_a_spreadsheet_reads(demo, tmp_path):
    """No cell holds a lone carriage return, which XLSX could not carry."""
    for path in export(demo, tmp_path, PLAIN).values():
        with open(path, encoding="utf-8", newline="") as file:
            assert not any("\r" in cell for row in csv.reader(file, delimiter=";") for cell in row)
