"""Zip files and pages: one delivery behind one reader."""

import io
import json
import struct
import zipfile

import pytest

from odoo.addons.sm_connector.formats import FileError, FormatOptions, open_reader

NAME = "CLIENTS_20270112_040000.csv.zip"
CSV = "Code;Nom\n001;Dupont\nTOTAL;1\n"
CELLS = [["001", "Dupont"]]


def packed(*members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def opened(kind, *contents, name=NAME, defects=None, **options):
    streams = [io.BytesIO(c.encode() if isinstance(c, str) else c) for c in contents]
    on_defect = [].append if defects is None else defects.append
    reader = open_reader(kind, streams, name, FormatOptions(**options), on_defect)
    return reader, list(reader)


def cells_of(kind, *contents, **options):
    return [cells for _line, cells in opened(kind, *contents, **options)[1]]


def refused(kind, *contents, **options):
    with pytest.raises(FileError) as caught:
        opened(kind, *contents, **options)
    assert str(caught.value).startswith(options.get("name", NAME))
    return caught.value


class TestZip:
    @pytest.mark.parametrize("kind", ["zip", "csv"])
    def test_one_csv(self, kind):
        assert cells_of(kind, packed(("CLIENTS.csv", CSV)), trailer="required") == CELLS

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("x.xml", "<r><a><Code>001</Code><Nom>Dupont</Nom></a></r>"),
            ("x.json", '[{"Code": "001", "Nom": "Dupont"}]'),
            ("x.JSONL", '{"Code": "001", "Nom": "Dupont"}\n'),
        ],
    )
    def test_other_formats(self, name, content):
        assert cells_of("zip", packed((name, content)), columns=("Code", "Nom")) == CELLS

    def test_number_of_files(self):
        assert refused("zip", packed()).cause in ("format", "truncated")
        assert refused("zip", packed(("a.csv", CSV), ("b.csv", CSV))).cause == "format"
        many = packed(*((f"{n}.csv", "x") for n in range(50)))
        assert refused("zip", many).cause == "zip_bomb"

    @pytest.mark.parametrize(
        "name", ["../a.csv", "/etc/a.csv", "in/a.csv", "a\\b.csv", ".a.csv", "a.zip", "a.exe", "a"]
    )
    def test_names(self, name):
        assert refused("zip", packed((name, CSV))).cause == "format"

    def test_zip_in_a_zip(self):
        assert refused("zip", packed(("a.csv", packed(("a.csv", CSV))))).cause == "format"

    def test_password(self):
        content = bytearray(packed(("a.csv", CSV)))
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            content[content.index(signature) + offset] |= 1
        assert refused("zip", bytes(content)).cause == "format"

    def test_bomb(self):
        bomb = packed(("a.csv", b"Code;Nom\n" + b"0" * 60_000_000))
        assert len(bomb) < 100_000
        error = refused("zip", bomb)
        assert error.cause == "zip_bomb" and "60,000,009" in str(error)

    def test_size(self):
        content = packed(("a.csv", CSV * 100), method=zipfile.ZIP_STORED)
        assert refused("zip", content, max_unzipped_bytes=1_000).cause == "zip_bomb"
        assert refused("zip", content, max_bytes=1_000).cause == "too_large"

    def test_declared_size_is_a_lie(self):
        content = bytearray(packed(("a.csv", CSV * 1_000)))
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            place = content.index(signature) + offset
            content[place : place + 4] = struct.pack("<I", 100)
        assert refused("zip", bytes(content)).cause in ("zip_bomb", "truncated")

    def test_gigabytes_declared(self):
        content = bytearray(packed(("a.csv", CSV)))
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            place = content.index(signature) + offset
            content[place : place + 4] = struct.pack("<I", 2**31)
        assert refused("zip", bytes(content)).cause == "zip_bomb"

    def test_cut_or_damaged_anywhere(self):
        content = packed(("a.csv", "Code;Nom\n" + "001;Dupont\n" * 50))
        for cut in range(4, len(content)):
            assert refused("zip", content[:cut]).cause == "truncated"
        middle = len(content) // 3
        damaged = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
        assert refused("zip", damaged).cause in ("truncated", "format")

    def test_not_a_zip(self):
        assert refused("zip", CSV).cause == "format"


class TestPages:
    HEADER = "Code;Nom\n"
    NAME = "contacts"

    def test_csv(self):
        defects = []
        reader, rows = opened(
            "csv",
            *(f"{self.HEADER}1;a\n2;b;c\n", f"{self.HEADER}3;c\n", self.HEADER),
            name=self.NAME,
            defects=defects,
        )
        assert reader.header == ["Code", "Nom"]
        assert rows == [(2, ["1", "a"]), (5, ["3", "c"])]
        assert [(d.line, d.cause) for d in defects] == [(3, "column_count")]
        assert reader.rows == 3

    def test_other_header(self):
        error = refused("csv", f"{self.HEADER}1;a\n", "Nom;Code\nb;2\n", name=self.NAME)
        assert error.cause == "columns" and "page 2" in str(error)

    def test_one_page_is_cut(self):
        pages = [json.dumps([{"a": n}]) for n in range(3)]
        pages[1] = pages[1][:-1]
        error = refused("json", *pages, name=self.NAME)
        assert error.cause == "truncated" and "page 2" in str(error)

    @pytest.mark.parametrize("kind", ["xml", "json"])
    def test_records_have_the_columns_of_the_first_page(self, kind):
        pages = {
            "json": ['[{"Code": 1, "N": "a"}]', '[{"code": 2, "X": 1, "Nom": "n"}]', "[]"],
            "xml": [
                "<r><a><Code>1</Code><N>a</N></a></r>",
                "<r><a><code>2</code><X>1</X><Nom>n</Nom></a></r>",
                "<r/>",
            ],
        }[kind]
        reader, rows = opened(kind, *pages, name=self.NAME, columns=("Nom", "Code", "Tel"))
        assert reader.header == ["Nom", "Code", "Tel", "N"]
        assert rows == [(1, ["", "1", "", "a"]), (2, ["n", "2", "", ""])]
        assert (reader.unknown, reader.absent) == ({"X"}, {"Tel"})
        error = refused(kind, *pages, name=self.NAME, columns=("Tel",), required=("Tel",))
        assert error.cause == "columns"

    def test_counts_of_pages_or_of_all(self):
        def pages(*counts):
            return [
                json.dumps({"count": count, "items": [{"a": n}] * (n + 1)})
                for n, count in enumerate(counts)
            ]

        options = {"name": self.NAME, "columns": ("a",)}
        assert len(cells_of("json", *pages(1, 2, 3), **options)) == 6
        assert len(cells_of("json", *pages(6, 6, 6), **options)) == 6
        assert refused("json", *pages(1, 2, 4), **options).cause == "trailer_mismatch"
        assert refused("json", *pages(7, 7, 7), **options).cause == "trailer_mismatch"
        assert refused("json", *pages(6, 6), **options).cause == "trailer_mismatch"

    def test_totals_lines(self):
        pages = [f"{self.HEADER}1;a\nTOTAL;1\n", f"{self.HEADER}2;b\n3;c\nTOTAL;2\n"]
        assert len(cells_of("csv", *pages, name=self.NAME, trailer="required")) == 3
        pages[1] = pages[1].replace("TOTAL;2", "TOTAL;9")
        assert refused("csv", *pages, name=self.NAME).cause == "trailer_mismatch"

    def test_no_page(self):
        with pytest.raises(FileError):
            open_reader("csv", [], self.NAME, FormatOptions(), print)
