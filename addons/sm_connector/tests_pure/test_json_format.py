"""JSON and JSON Lines, as APIs and exports write them, and as attackers do."""

import io
import json
import time
import tracemalloc

import pytest
from sm_files import read_json

from odoo.addons.sm_connector.formats import FileError, FormatOptions, JsonFormat, json_text
from odoo.addons.sm_connector.formats import json_format as module

NAME = "CLIENTS_20270112_040000.json"
LINES = "CLIENTS_20270112_040000.jsonl"
TWO = [{"Code": "001", "Nom": "Dupont"}, {"Code": "002", "Nom": "Durand"}]
CELLS = [["001", "Dupont"], ["002", "Durand"]]


def as_lines(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def refused(content, name=NAME, **options):
    with pytest.raises(FileError) as caught:
        read_json(content, name, **options)
    assert caught.value.file == name
    assert str(caught.value).startswith(name)
    return caught.value


class TestWhere:
    @pytest.mark.parametrize(
        "content",
        [
            json.dumps(TWO),
            json.dumps(TWO, indent=2),
            json.dumps({"count": 2, "customers": TWO}),
            json.dumps({"links": [{"rel": "next"}], "data": {"items": TWO, "count": 2}}, indent=1),
            json.dumps({"@odata.context": "x", "@odata.count": 2, "value": TWO}),
            json.dumps({"customers": TWO, "count": 2, "errors": [], "meta": {"page": 1}}),
            as_lines(*TWO),
            as_lines(*TWO).replace("\n", "\r\n\r\n"),
            as_lines(*TWO).rstrip(),
            "\ufeff" + as_lines(*TWO),
            "\ufeff " + json.dumps(TWO),
        ],
    )
    @pytest.mark.parametrize("columns", [(), ("Code", "Nom")])
    def test_is_found(self, content, columns):
        read = read_json(content, columns=columns)
        assert read.header == ["Code", "Nom"]
        assert read.cells == CELLS
        assert read.reader.rows == 2 and read.defects == []

    def test_lines_carry_their_number(self):
        assert [line for line, _cells in read_json(f"\n{as_lines(*TWO)}").rows] == [2, 3]
        assert [line for line, _cells in read_json(json.dumps(TWO)).rows] == [1, 2]

    def test_the_mapping_tells_the_records(self):
        content = json.dumps({"shops": [{"Id": "1"}, {"Id": "2"}], "customers": TWO})
        assert read_json(content, columns=("Code",)).cells == CELLS
        assert read_json(content).header == ["Id"]

    def test_by_path(self):
        content = json.dumps({"items": [{"x": 1}], "data": {"items": [], "found": TWO}})
        assert read_json(content, record_path="data.found").cells == CELLS
        assert read_json(json.dumps({"d": TWO[0]}), record_path="d").cells == CELLS[:1]
        assert refused(content, record_path="data.lost").cause == "format"

    def test_one_single_record(self):
        order = {"No": "1", "lines": [{"Sku": "a"}]}
        for content in (json.dumps(order), json.dumps([order]), json.dumps({"items": [order]})):
            assert read_json(content, columns=("No", "lines.Sku")).cells == [["1", "a"]]

    def test_no_record(self):
        for content in ("[]", '{"items": [], "count": 0}', '{"a": {"items": []}}'):
            assert read_json(content, columns=("Code",)).rows == []
            assert refused(content).cause == "empty"
        assert refused('{"error": "unauthorized"}', columns=("Code",)).cause == "format"
        for content in ("12", '"x"', "nothing"):
            assert refused(content).cause == "format"
        assert refused(b"").cause == "empty"
        assert refused(b"  \n ").cause in ("empty", "truncated")


class TestValues:
    def test_as_text(self):
        content = '[{"a": 1.50, "b": 12345678901234567890, "c": 1e3, "d": true, "e": false,'
        content += ' "f": null, "g": "\\u00e9\\ud83d\\ude00", "h": [], "i": -0}]'
        read = read_json(content)
        expected = ["1.50", "12345678901234567890", "1e3", "true", "false", "", "é😀", "", "-0"]
        assert read.cells == [expected]

    def test_numbers_of_thousands_of_digits_stay_text(self):
        assert len(read_json(f'[{{"a": {"9" * 9_000}}}]').cells[0][0]) == 9_000

    def test_nested(self):
        records = [{"a": {"b": 1, "c": {"d": "x"}}, "t": ["1", 2, None, [True]]}, {"a": None}]
        read = read_json(json.dumps(records))
        assert read.header == ["a", "a.b", "a.c.d", "t"] or read.header == ["a.b", "a.c.d", "t"]
        assert read.cells[0][-3:] == ["1", "x", "1|2||true"]

    def test_lines(self):
        orders = [
            {"No": 1, "lines": [{"Sku": "a", "Tags": ["x", "y"]}, {"Sku": "b"}], "Note": "n"},
            {"No": 2, "lines": []},
            {"No": 3, "lines": [{"Sku": "c"}]},
        ]
        for options in ({}, {"lines_path": "lines"}):
            read = read_json(json.dumps({"count": 3, "orders": orders}), **options)
            assert read.header == ["No", "Note", "lines.Sku", "lines.Tags"]
            assert read.cells == [
                ["1", "n", "a", "x|y"], ["1", "n", "b", ""], ["2", "", "", ""], ["3", "", "c", ""],
            ]  # fmt: skip
            assert (read.reader.records, read.reader.rows) == (3, 4)

    def test_only_the_mapping_s_lines_are_lines(self):
        order = {"No": 1, "log": [{"at": 1}, {"at": 2}], "lines": [{"Sku": "a"}, {"Sku": "b"}]}
        read = read_json(json.dumps([order]), columns=("No", "lines.Sku"))
        assert [cells[:2] for cells in read.cells] == [["1", "a"], ["1", "b"]]
        assert read.cells[0][2:] == ["1|2"]

    def test_late_and_absent_names(self):
        records = [{"Code": "1"}, {"Code": "2", "nom": "Late", "Fax": "x"}]
        read = read_json(as_lines(*records), columns=("Code", "Nom", "Tel"), sample=1)
        assert read.cells == [["1", "", ""], ["2", "Late", ""]]
        assert (read.reader.unknown, read.reader.absent) == ({"Fax"}, {"Tel"})
        assert refused(as_lines(*records), columns=("Tel",), required=("Tel",)).cause == "columns"

    def test_too_many_names(self):
        records = [{f"n{n}": "1"} for n in range(30)]
        assert refused(json.dumps(records), max_columns=20).cause == "format"


class TestDefects:
    """One bad record costs that record, and its code is known when it can be."""

    @pytest.mark.parametrize(
        ("bad", "cause"),
        [
            ('{"Code": "9", "Nom": "a", "Nom": "b"}', "duplicate_name"),
            ('{"Code": "9", "x": {"y": 1, "y": 2}}', "duplicate_name"),
            ('{"Code": "9", "Nom": NaN}', "bad_number"),
            ('{"Code": "9", "Nom": -Infinity}', "bad_number"),
            ('{"Code": "9", "Nom": "a\\u0000b"}', "nul_byte"),
            ('{"Code": "9", "Nom": "a\\ud800b"}', "nul_byte"),
            ('{"Code": "9", "Nom": "' + "x" * 101_000 + '"}', "cell_too_long"),
            ('{"Code": "9", "x": ' + '{"a": ' * 50 + "1" + "}" * 51, "too_deep"),
            ('{"Code": "9", "x": ' + "[" * 50 + "1" + "]" * 50 + "}", "too_deep"),
        ],
    )
    @pytest.mark.parametrize("sample", [200, 1])
    @pytest.mark.parametrize("style", ["lines", "array"])
    def test_of_one_record(self, bad, cause, sample, style):
        good = [json.dumps(record) for record in TWO]
        content = "\n".join([*good, bad, *good, ""])
        if style == "array":
            content = f"[{','.join([*good, bad, *good])}]"
        read = read_json(content, columns=("Nom", "Code"), sample=sample)
        assert [cells[1] for cells in read.cells] == ["001", "002", "001", "002"]
        [defect] = read.defects
        assert (defect.line, defect.cause, defect.cells[1]) == (3, cause, "9")
        assert len(defect.value) < 2_100 and "\0" not in "".join(defect.cells)
        "".join(defect.cells).encode()
        assert read.reader.rows == 5

    @pytest.mark.parametrize(
        "bad", ["{", '{"Code": }', "[1]", "12", '"x"', "null", "{'a': 1}", '{"Code": "9"} x', "}"]
    )
    def test_of_one_line(self, bad):
        good = as_lines(*TWO)
        read = read_json(f"{good}{bad}\n{good}", LINES)
        assert read.cells == CELLS * 2
        assert [(d.line, d.cause, d.cells[0]) for d in read.defects] == [(3, "bad_json", "")]
        assert bad in read.defects[0].cells

    def test_line_far_too_long(self):
        long = json.dumps({"Code": "9", "Nom": "x" * 700_000})
        for place in range(3):
            lines = [json.dumps(record) for record in TWO]
            lines.insert(place, long)
            read = read_json("\n".join([*lines, ""]), LINES, max_record_bytes=300_000)
            assert [(d.line, d.cause) for d in read.defects] == [(place + 1, "cell_too_long")]
            assert sorted(read.cells) == CELLS
        assert refused(as_lines(*TWO) + long, LINES, max_record_bytes=300_000).cause == "truncated"

    def test_element_that_is_no_record(self):
        read = read_json('{"items": [{"Code": "1"}, 7, null, [1], {"Code": "2"}]}')
        assert read.cells == [["1"], ["2"]]
        assert [(d.line, d.cause) for d in read.defects] == [
            (2, "bad_json"),
            (3, "bad_json"),
            (4, "bad_json"),
        ]


class TestCounts:
    def test_of_an_envelope(self):
        for name in ("count", "total", "@odata.count", "TOTAL", "totalCount"):
            content = json.dumps({name: 2, "customers": TWO})
            assert read_json(content, trailer="required").cells == CELLS
            error = refused(json.dumps({name: 3, "customers": TWO}))
            assert error.cause == "trailer_mismatch" and "3" in str(error)
            assert refused(json.dumps({"customers": TWO, name: 3})).cause == "trailer_mismatch"
        assert refused(json.dumps(TWO), trailer="required").cause == "truncated"

    @pytest.mark.parametrize("chunk", [1, 2, 3])
    def test_is_not_cut(self, chunk, monkeypatch):
        monkeypatch.setattr(json_text, "CHUNK", chunk)
        content = json.dumps({"items": [{"a": "x"}] * 123, "count": 123})
        assert len(read_json(content, trailer="required").rows) == 123

    def test_of_lines(self):
        content = as_lines(*TWO)
        for last in ({"count": 2}, {"TOTAL": "2"}):
            assert read_json(content + as_lines(last), trailer="required").cells == CELLS
        assert refused(content + as_lines({"count": 3})).cause == "trailer_mismatch"
        assert refused(content, LINES, trailer="required").cause == "truncated"
        assert refused(content + as_lines({"count": 2}, TWO[0])).cause == "data_after_trailer"
        read = read_json(content + as_lines({"count": 2}), trailer="none")
        assert len(read.rows) == 3


class TestEncoding:
    def test_only_utf8(self):
        text = json.dumps([{"Nom": "é"}], ensure_ascii=False)
        for encoding in ("utf-16", "utf-16-le", "utf-32", "cp1252"):
            assert refused(text.encode(encoding)).cause == "encoding"
        assert refused(text, encoding="cp1252").cause == "encoding"
        assert read_json(text, encoding="utf-8").cells == [["é"]]

    def test_the_byte_is_named(self):
        content = as_lines(*TWO * 40_000).encode() + b'{"Nom": "\xe9"}\n'
        for name in (LINES, NAME):
            error = refused(content, name)
            assert error.cause == "encoding" and error.line == 80_001
            assert f"position {content.index(0xE9):,}" in str(error)
        array = b"[" + content[:-1].replace(b"\n", b",") + b"]"
        assert f"position {array.index(0xE9):,}" in str(refused(array))


class TestHostile:
    @pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, '[{"a":' + "[" * 100_000])
    @pytest.mark.parametrize("name", [NAME, LINES])
    def test_deep_nesting(self, text, name):
        start = time.monotonic()
        assert refused(text, name).cause in ("format", "truncated")
        assert time.monotonic() - start < 5

    def test_deep_nesting_in_what_is_skipped(self):
        text = '{"x": ' + '{"a": ' * 3_000 + "1" + "}" * 3_000 + f', "items": {json.dumps(TWO)}}}'
        assert refused(text).cause == "format"

    def test_one_record_without_end(self):
        for start in ("[{", '[{"a": "', '{"items": [{"a": ['):
            text = start + ("x" if start.endswith('"') else '"b": 1,') * 2_000_000
            assert refused(text, max_record_bytes=1_000_000).cause in ("too_large", "format")

    def test_error_near_the_start_of_a_long_file_is_not_searched_for(self):
        content = "[" + "{'a': 1}," * 2_000_000
        start = time.monotonic()
        assert refused(content).cause == "format"
        assert time.monotonic() - start < 3

    def test_place_of_an_error(self):
        error = refused('[\n{"a": 1},\n{"a" 1}, {"a": 2}, {"a": 3}\n]')
        assert (error.cause, error.line) == ("format", 3)
        content = "[" + '{"a": 1},' * 60_000 + '{"a" 1}, {"a": 2}, {"a": 3}]'
        assert f"character {content.index('1}, {') + 1:,}" in str(refused(content))

    def test_two_exports_in_one_file(self):
        assert refused(json.dumps(TWO) * 2).cause == "data_after_trailer"
        assert refused(json.dumps({"items": TWO}, indent=1) * 2).cause == "data_after_trailer"

    def test_many_names_in_one_object(self):
        record = {f"k{n}": n for n in range(200_000)}
        start = time.monotonic()
        assert refused(json.dumps([record])).cause == "format"
        assert time.monotonic() - start < 5


class TestTruncated:
    ORDERS = [{"No": n, "t": "é\\u", "lines": [{"Sku": "a", "b": True}]} for n in range(4)]
    COLUMNS = {"columns": ("No", "t", "lines.Sku", "lines.b")}

    @pytest.mark.parametrize("chunk", [5, 1 << 18])
    @pytest.mark.parametrize("style", ["array", "envelope", "pretty", "lines"])
    def test_never_a_shorter_result(self, style, chunk, monkeypatch):
        monkeypatch.setattr(json_text, "CHUNK", chunk)
        monkeypatch.setattr(module, "BLOCK", chunk)
        options, name = self.COLUMNS, NAME
        if style == "lines":
            options, name = {**options, "trailer": "required"}, LINES
            content = as_lines(*self.ORDERS, {"count": 4})
        elif style == "array":
            content = json.dumps(self.ORDERS, ensure_ascii=False)
        else:
            content = json.dumps({"items": self.ORDERS}, indent=1 if style == "pretty" else None)
        content = content.encode()
        whole = read_json(content, name, **options).cells
        for cut in range(1, len(content.rstrip())):
            try:
                cells = read_json(content[:cut], name, **options).cells
            except FileError:
                continue
            raise AssertionError((content[:cut], cells, whole))

    def test_is_named(self):
        assert refused(json.dumps(TWO)[:-1]).cause == "truncated"
        assert refused(json.dumps(TWO)[:-12]).cause == "truncated"
        assert refused(as_lines(*TWO)[:-12]).cause == "truncated"
        assert refused((as_lines(*TWO) + '{"a": "é').encode()[:-1], LINES).cause == "truncated"


class TestPieces:
    """The common row takes other ways than the rare one: all must say the same."""

    BODIES = [
        {"A": "1", "B": "b", "C": None},
        {"A": "1", "B": True, "C": 12.50},
        {"B": "b", "A": "1"},
        {"A": "1", "C": "c", "X": "unknown"},
        {"A": "1", "B": {"D": "d", "E": False}},
        {"A": "1", "B": {"D": {"E": "deep"}}},
        {"A": ["1", 2]},
        {},
    ]

    @pytest.mark.parametrize("style", ["lines", "array"])
    def test_agree(self, style, monkeypatch):
        records = [self.BODIES[n // 20 % len(self.BODIES)] for n in range(2_000)]
        content = as_lines(*records) if style == "lines" else json.dumps(records)
        results = []
        for chunk, quick in ((1 << 18, True), (1 << 18, False), (999, True)):
            monkeypatch.setattr(json_text, "CHUNK", chunk)
            monkeypatch.setattr(module, "BLOCK", chunk)
            if not quick:
                monkeypatch.setattr(JsonFormat, "_quick", lambda self, record: None)
            read = read_json(content, columns=("C", "A", "B"), sample=2)
            results.append((read.header, read.rows, read.reader.unknown, read.defects))
            monkeypatch.undo()
        assert results[0] == results[1] == results[2]
        assert len(results[0][1]) == 2_000 and results[0][2] == {"X", "B.D", "B.E", "B.D.E"}


@pytest.mark.parametrize("style", ["lines", "array"])
def test_memory_does_not_grow_with_the_file(style):
    def peak(count):
        records = [{"Code": str(n), "Nom": "Dupont", "Rue": "Rue de la Loi"} for n in range(count)]
        content = (as_lines(*records) if style == "lines" else json.dumps(records)).encode()
        del records
        tracemalloc.start()
        reader = JsonFormat(io.BytesIO(content), NAME, FormatOptions(), list().append)
        rows = sum(1 for _row in reader)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert rows == count
        return memory

    assert peak(40_000) < peak(20_000) + 500_000
