"""XML, JSON, JSON Lines, archives and orders in two files carry what the CSV carries."""

import json
import xml.etree.ElementTree as ElementTree
import zipfile
from datetime import datetime

import pytest

from simulators.silicon_master import Dialect, House, Settings, World, export
from simulators.silicon_master.names import JSON_PATHS, XML_PATHS, xml_name

from .reading import PLAIN, read_rows

ENTITIES = ("contact", "article", "order", "dossier")
YES_NO = {"true": "O", "false": "N", True: "O", False: "N"}
BOOLEANS = ("Client", "Fournisseur", "Professionnel", "Bloqué", "Supprimé")
WHOLE = dict(padding=False, blank_lines=False, encoding="utf-8")


@pytest.fixture(scope="module")
def world():
    return World(Settings.of_size("demo"))


@pytest.fixture(scope="module")
def expected(world, tmp_path_factory):
    """entity → header and rows of the CSV."""
    paths = export(world, tmp_path_factory.mktemp("csv"), PLAIN)
    return {entity: read_rows(path)[:2] for entity, path in paths.items()}


def french(name, value):
    """:return str: a cell of the English dialect as the CSV has it."""
    if value is None:
        return ""
    if name in BOOLEANS and value in YES_NO:
        return YES_NO[value]
    if isinstance(value, str):
        if name == "Arrivages":
            days = [part.split(":") for part in value.split("|") if part]
            return "|".join(f"{french('Date', day)}:{quantity}" for day, quantity in days)
        for shape, wanted in (("%Y-%m-%d", "%d/%m/%Y"), ("%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M")):
            try:
                return datetime.strptime(value, shape).strftime(wanted)
            except ValueError:
                continue
        return "31/02/" + value[:4] if value[4:] == "-02-31" else value
    return value


def same(name, value, text):
    """:return bool: whether a cell of the English dialect is that text of the CSV."""
    found = french(name, value)
    if isinstance(found, str) and found == text:
        return True
    try:
        return float(found) == float(text.replace(",", "."))
    except ValueError:
        return False


def assert_same_rows(header, rows, found):
    """:param found: one dict of header → value for each row."""
    assert len(found) == len(rows)
    for row, cells in zip(rows, found, strict=True):
        for name, text in zip(header, row, strict=True):
            assert same(name, cells[name], text), (row[0], name, cells[name], text)


def flat_json(record, paths, header):
    """:return list: a dict of header → value for each line of a nested record."""
    lines = record.get("lines", [{}])
    result = []
    for line in lines:
        cells = {}
        for name, path in zip(header, paths, strict=True):
            node = line if path.startswith("lines.") else record
            for step in path.removeprefix("lines.").split("."):
                node = node[step]
            cells[name] = node
        result.append(cells)
    return result


def flat_xml(record, paths, header):
    lines = record.findall("Lines/Line") or [None]
    result = []
    for line in lines:
        cells = {}
        for name, path in zip(header, paths, strict=True):
            node = line if path.startswith("Lines/Line/") else record
            path = path.removeprefix("Lines/Line/")
            cells[name] = node.get(path[1:]) if path[0] == "@" else node.findtext(path)
        result.append(cells)
    return result


@pytest.mark.parametrize("entity", ENTITIES)
def test_french_xml(world, expected, tmp_path, entity):
    path = export(world, tmp_path, Dialect("xml", padding=False), entities=(entity,))[entity]
    assert b'encoding="windows-1252"' in path.read_bytes()[:60]
    root = ElementTree.parse(path).getroot()
    header, rows = expected[entity]
    assert root.get("total") == str(len(rows)) == str(len(root))
    assert [[cell.tag for cell in element] for element in root] == [
        [xml_name(name) for name in header]
    ] * len(rows)
    assert [[cell.text or "" for cell in element] for element in root] == rows


@pytest.mark.parametrize("entity", ENTITIES)
def test_french_json(world, expected, tmp_path, entity):
    header, rows = expected[entity]
    objects = [dict(zip(header, row, strict=True)) for row in rows]
    path = export(world, tmp_path, Dialect("json", **WHOLE), entities=(entity,))[entity]
    assert json.loads(path.read_text("utf-8")) == objects
    path = export(world, tmp_path, Dialect("jsonl", **WHOLE), entities=(entity,))[entity]
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == objects


@pytest.mark.parametrize("entity", ENTITIES)
def test_english_xml(world, expected, tmp_path, entity):
    dialect = Dialect("xml", names="en_nested", **WHOLE)
    root = ElementTree.parse(export(world, tmp_path, dialect, entities=(entity,))[entity]).getroot()
    header, rows = expected[entity]
    found = [row for record in root for row in flat_xml(record, XML_PATHS[entity], header)]
    assert_same_rows(header, rows, found)
    assert root.get("count") == str(len(root)) == str(len({row[0] for row in rows}))
    assert root.get("exportedAt") == "2026-11-02T23:30:00"
    assert not [node for node in root.iter() if not (node.text or node.attrib or len(node))]


@pytest.mark.parametrize("file_format", ["json", "jsonl"])
@pytest.mark.parametrize("entity", ENTITIES)
def test_english_json(world, expected, tmp_path, entity, file_format):
    dialect = Dialect(file_format, names="en_nested", **WHOLE)
    text = export(world, tmp_path, dialect, entities=(entity,))[entity].read_text("utf-8")
    if file_format == "json":
        envelope = json.loads(text)
        (records,) = (value for value in envelope.values() if isinstance(value, list))
        assert envelope["count"] == len(records)
    else:
        records = [json.loads(line) for line in text.splitlines()]
    header, rows = expected[entity]
    found = [row for record in records for row in flat_json(record, JSON_PATHS[entity], header)]
    assert_same_rows(header, rows, found)
    if entity == "contact":
        assert {type(row[name]) for row in found for name in header if name in BOOLEANS} == {bool}
    if entity == "article":
        assert {type(row["Supprimé"]) for row in found} == {bool}
        assert {type(row["Prix de vente HTVA"]) for row in found} >= {float, str}


@pytest.mark.parametrize("entity", ENTITIES)
def test_english_csv(world, expected, tmp_path, entity):
    path = export(world, tmp_path, Dialect(names="en_nested", **WHOLE), entities=(entity,))[entity]
    names, found, totals = read_rows(path)
    header, rows = expected[entity]
    assert tuple(names) == JSON_PATHS[entity] and totals == ["TOTAL", str(len(rows))]
    assert_same_rows(header, rows, [dict(zip(header, row, strict=True)) for row in found])


@pytest.mark.parametrize("file_format", ["csv", "xml", "jsonl"])
def test_orders_in_two_files(world, expected, tmp_path, file_format):
    paths = export(world, tmp_path, Dialect(file_format, split_orders=True, **WHOLE))
    assert paths["line"].name == f"LIGNES_20261102_233000.{file_format}"
    tables = {}
    for key in ("order", "line"):
        if file_format == "csv":
            names, rows, totals = read_rows(paths[key])
            assert totals == ["TOTAL", str(len(rows))]
            tables[key] = [dict(zip(names, row, strict=True)) for row in rows]
        elif file_format == "jsonl":
            tables[key] = [json.loads(line) for line in paths[key].read_text("utf-8").splitlines()]
        else:
            root = ElementTree.parse(paths[key]).getroot()
            assert root.get("total") == str(len(root))
            tables[key] = [{cell.tag: cell.text or "" for cell in record} for record in root]
    header, rows = expected["order"]
    number = header[0] if file_format != "xml" else "N_commande"
    heads = {head[number]: head for head in tables["order"]}
    assert len(heads) == len(tables["order"]) == 300
    names = header if file_format != "xml" else [xml_name(name) for name in header]
    joined = [[{**heads[line[number]], **line}[name] for name in names] for line in tables["line"]]
    assert joined == rows


def test_archives(world, expected, tmp_path):
    plain = export(world, tmp_path / "plain", Dialect())
    packed = export(world, tmp_path / "packed", Dialect(zipped=True))
    again = export(world, tmp_path / "again", Dialect(zipped=True))
    for entity, path in packed.items():
        assert path.name == f"{plain[entity].name}.zip"
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == [plain[entity].name]
            assert archive.read(plain[entity].name) == plain[entity].read_bytes()
        assert path.read_bytes() == again[entity].read_bytes()


def test_markers(tmp_path):
    house = House(
        tmp_path / "state", tmp_path / "drop", Settings.of_size("tiny"), Dialect(marker=".ok")
    )
    house.export()
    names = sorted(path.name for path in (tmp_path / "drop").iterdir())
    data = [name for name in names if name.endswith(".csv")]
    assert len(data) == 8 and names == sorted([*data, *(f"{name}.ok" for name in data)])


def test_what_cannot_be():
    with pytest.raises(ValueError, match="French names"):
        Dialect(names="en_nested", split_orders=True)
    with pytest.raises(ValueError, match="en_nested"):
        Dialect(names="nl")
