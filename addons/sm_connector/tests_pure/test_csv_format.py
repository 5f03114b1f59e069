"""CSV files as ERPs, editors and accidents make them."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sm_files import read_csv

from odoo.addons.sm_connector.formats import (
    CsvFormat,
    FileError,
    FormatOptions,
    detect_format,
    get_format,
)

NAME = "CLIENTS_20270112_040000.csv"


def refused(content, **options):
    """Read a file that has to be refused; its message always names the file."""
    with pytest.raises(FileError) as caught:
        read_csv(content, **options)
    assert caught.value.file == NAME
    assert str(caught.value).startswith(NAME)
    return caught.value


class TestGoodFiles:
    def test_rows_carry_their_physical_line(self):
        read = read_csv("Code;Nom\n001;Dupont\n\n002;Durand\nTOTAL;2\n")
        assert read.header == ["Code", "Nom"]
        assert read.rows == [(2, ["001", "Dupont"]), (4, ["002", "Durand"])]
        assert read.reader.rows == 2
        assert read.defects == []

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_newlines_inside_quotes_stay(self, newline):
        text = newline.join(["Code;Note", '1;"a', 'b"', "2;c", ""])
        read = read_csv(text)
        assert read.rows == [(2, ["1", f"a{newline}b"]), (4, ["2", "c"])]

    def test_only_real_line_ends_split_rows(self):
        odd = "x\u2028y\x0bz\x0cw\x85v\x1cu"
        assert read_csv(f"Code;Note\n1;{odd}\n2;b\n").rows == [(2, ["1", odd]), (3, ["2", "b"])]

    def test_header_is_cleaned_but_cells_are_raw(self):
        read = read_csv('\ufeff Code ;"Code\n parent";N°\xa0TVA\n 1 ;x;\xa0y\n')
        assert read.header == ["Code", "Code parent", "N° TVA"]
        assert read.cells == [[" 1 ", "x", "\xa0y"]]

    def test_blank_lines_of_every_kind_are_skipped(self):
        read = read_csv("\n\nCode;Nom\n;\n   \n1;a\n ; \nTOTAL;1\n\n\n")
        assert read.rows == [(6, ["1", "a"])]

    def test_surplus_empty_cells_are_cut(self):
        assert read_csv("Code;Nom\n1;a;;\n").cells == [["1", "a"]]

    def test_no_newline_at_the_end(self):
        assert read_csv("Code;Nom\n1;a").cells == [["1", "a"]]
        assert read_csv("Code;Nom\n1;a\nTOTAL;1").cells == [["1", "a"]]

    def test_header_alone_is_a_complete_file(self):
        assert read_csv("Code;Nom\nTOTAL;0\n").rows == []

    def test_quotes_inside_an_unquoted_cell_are_text(self):
        assert read_csv('Code;Nom\n1;Table 120" ronde\n2;b\n').cells[0] == ["1", 'Table 120" ronde']

    @given(
        st.lists(
            st.lists(
                st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
                min_size=3,
                max_size=3,
            ).filter(lambda row: any(cell.strip() for cell in row) and row[0] != "TOTAL"),
            max_size=8,
        ),
        st.sampled_from(["\n", "\r\n"]),
    )
    @settings(max_examples=150, deadline=None)
    def test_what_csv_wrote_is_what_is_read(self, rows, newline):
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=";", lineterminator=newline, quoting=csv.QUOTE_ALL)
        writer.writerows([["a", "b", "c"], *rows, ["TOTAL", str(len(rows))]])
        read = read_csv(buffer.getvalue(), trailer="required")
        assert read.cells == rows
        assert read.defects == []


class TestEncoding:
    TEXT = "Code;Nom\n1;Société Œuvre 12 €\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
    def test_is_found(self, encoding):
        read = read_csv(self.TEXT.encode(encoding))
        assert read.header == ["Code", "Nom"]
        assert read.cells == [["1", "Société Œuvre 12 €"]]

    def test_accent_far_behind_is_found(self):
        filler = "1;abc\n" * 400_000  # the accent lies beyond the first pieces read
        read = read_csv(("Code;Nom\n" + filler + "2;é\n").encode("cp1252"))
        assert read.cells[-1] == ["2", "é"]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_utf16_is_named(self, encoding):
        error = refused("Code;Nom\n1;abc\n".encode(encoding))
        assert error.cause == "encoding"
        assert "UTF-16" in str(error)

    def test_explicit_encoding_is_checked_and_the_byte_named(self):
        content = "Code;Nom\n1;ok\n2;é\n".encode("cp1252")
        error = refused(content, encoding="utf-8")
        assert (error.cause, error.line) == ("encoding", 3)
        assert "line 3" in str(error) and "0xe9" in str(error)
        assert f"position {content.index(0xE9)}" in str(error)

    def test_explicit_utf8_tolerates_the_mark(self):
        assert read_csv(self.TEXT.encode("utf-8-sig"), encoding="utf-8").header == ["Code", "Nom"]

    def test_explicit_encoding_of_old_exports(self):
        assert read_csv("Code;Nom\n1;é\n".encode("cp850"), encoding="cp850").cells == [["1", "é"]]

    def test_unknown_encoding(self):
        error = refused("Code;Nom\n", encoding="utf-9")
        assert error.cause == "encoding" and "utf-9" in str(error)

    def test_one_damaged_byte_does_not_turn_utf8_into_two_letters(self):
        content = "Code;Nom\n1;é\n2;è\n3;ç\n".encode() + b"4;\xff\n"
        error = refused(content)
        assert (error.cause, error.line) == ("encoding", 5)
        assert "0xff" in str(error)

    def test_damage_behind_a_mark(self):
        error = refused("Code;Nom\n".encode("utf-8-sig") + b"1;\xe9\n")
        assert (error.cause, error.line) == ("encoding", 2)

    def test_byte_that_neither_encoding_knows(self):
        error = refused(b"Code;Nom\n1;ok\n2;\x81\xe9 \n")
        assert (error.cause, error.line) == ("encoding", 3)
        assert "0x81" in str(error)

    def test_sequence_cut_at_the_end_of_a_utf8_file(self):
        assert refused("Code;Nom\n1;é\n2;è\n3;é".encode()[:-1]).cause == "encoding"

    def test_bad_byte_across_a_chunk_border(self):
        content = b"Code;Nom\n" + b"1;a\n" * 300_000
        content = content[: (1 << 20) - 1] + "é".encode()[:1] + b";x\n" + "2;é\n3;é\n".encode()
        error = refused(content)
        assert error.line == content[: (1 << 20) - 1].count(b"\n") + 1
        assert f"position {(1 << 20) - 1:,}" in str(error)


class TestTotalsLine:
    def test_missing_when_required_means_truncated(self):
        error = refused("Code;Nom\n1;a\n2;b\n", trailer="required")
        assert error.cause == "truncated" and error.line == 3
        assert "2 rows" in str(error) and "TOTAL" in str(error)

    def test_other_count(self):
        error = refused("Code;Nom\n1;a\n2;b\nTOTAL;3\n")
        assert (error.cause, error.line) == ("trailer_mismatch", 4)
        assert "announces 3" in str(error) and "has 2" in str(error)

    def test_defective_rows_count(self):
        read = read_csv("Code;Nom\n1;a\n2\n3;c\nTOTAL;3\n", trailer="required")
        assert read.reader.rows == 3
        assert len(read.defects) == 1

    @pytest.mark.parametrize(
        "line", ["TOTAL;1;;", '"TOTAL";"1"', "Total;1", "TOTAL :;1;", " total ; 1 ;;"]
    )
    def test_is_recognised_however_it_is_written(self, line):
        read = read_csv(f"Code;Nom;Rue;Cp\n1;a;b;c\n{line}\n", trailer="required")
        assert read.cells == [["1", "a", "b", "c"]]

    def test_padded_to_the_width_of_the_header(self):
        read = read_csv("Code;Nom;Rue\n1;a;b\nTOTAL;1;\n", trailer="required")
        assert read.cells == [["1", "a", "b"]]

    def test_other_word(self):
        read = read_csv("Code;Nom\n1;a\nFIN;1\n", trailer="required", trailer_word="FIN")
        assert len(read.rows) == 1

    def test_customer_whose_code_is_total(self):
        assert read_csv("Code;Nom\nTOTAL;Énergies\n").cells == [["TOTAL", "Énergies"]]

    def test_none_takes_it_for_a_row(self):
        assert read_csv("Code;Nom\nTOTAL;1\n", trailer="none").cells == [["TOTAL", "1"]]

    @pytest.mark.parametrize("after", ["2;b", '2;"b', "2"])
    def test_rows_behind_it(self, after):
        error = refused(f"Code;Nom\n1;a\nTOTAL;1\n{after}\n")
        assert error.cause in ("data_after_trailer", "truncated")
        assert error.line == 4


class TestBadFiles:
    def test_empty(self):
        error = refused(b"")
        assert error.cause == "empty" and "0 bytes" in str(error)

    @pytest.mark.parametrize("content", ["\n\n  \n", "\ufeff", ";;;\n;;\n"])
    def test_blank(self, content):
        assert refused(content).cause == "empty"

    def test_totals_line_without_header(self):
        error = refused("TOTAL;12\n")
        assert (error.cause, error.line) == ("no_header", 1)

    def test_too_large(self):
        error = refused("Code;Nom\n1;a\n", max_bytes=10)
        assert error.cause == "too_large" and "13 bytes" in str(error)

    @pytest.mark.parametrize(
        ("start", "what"),
        [
            (b"PK\x03\x04", "Excel"),
            (b"\xd0\xcf\x11\xe0\xa1", "xls"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"%PDF-1.7", "PDF"),
        ],
    )
    def test_other_kinds_of_file(self, start, what):
        error = refused(start + b"\0\1\2" * 50)
        assert error.cause == "format" and what in str(error)

    @pytest.mark.parametrize(("other", "shown"), [(",", "','"), ("\t", "'\\t'"), ("|", "'|'")])
    def test_other_separator_is_named(self, other, shown):
        error = refused(other.join(["Code", "Nom", "Rue"]) + "\n")
        assert error.cause == "delimiter"
        assert shown in str(error) and "3 columns" in str(error)

    def test_one_column_is_allowed(self):
        assert read_csv("Code\n001\n").cells == [["001"]]

    def test_null_byte_in_the_header(self):
        error = refused("Code;N\0om\n" + "1;a\n" * 50)
        assert (error.cause, error.line) == ("format", 1)

    def test_unreadable_header(self):
        assert refused('Code;"Nom"x;Rue\n1;a;b\n').cause == "no_header"

    @pytest.mark.parametrize("cut", ["2;Dur", '2;Durand;"Rue de', "2"])
    def test_last_row_cut(self, cut):
        error = refused(f"Code;Nom;Rue\n1;a;b\n{cut}")
        assert (error.cause, error.line) == ("truncated", 3)
        assert "line 3" in str(error)

    def test_end_inside_quotes_names_the_line_of_the_quote(self):
        error = refused('Code;Nom;Note\n1;a;b\n2;"x\ny";"opened\nhere\n3;c;d\n')
        assert (error.cause, error.line) == ("truncated", 4)

    def test_end_inside_quotes_after_closed_ones(self):
        error = refused('Code;Nom;Note\n1;"a ""b""";"c\nd";"e\n')
        assert (error.cause, error.line) == ("truncated", 3)

    def test_end_inside_quotes_of_a_huge_rest_is_bounded(self):
        rest = ("2;" + "some quite ordinary row " * 20 + ";b\n") * 80_000  # 40 MB
        content = ('Code;Nom;Note\n1;"never closed;b\n' + rest).encode()
        tracemalloc.start()
        with pytest.raises(FileError) as caught:
            for _row in CsvFormat(io.BytesIO(content), NAME, FormatOptions(), lambda defect: None):
                pass
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (caught.value.cause, caught.value.line) == ("truncated", 2)
        assert peak < len(content) / 2

    def test_every_cut_of_a_file_with_totals_is_noticed(self):
        content = 'Code;Nom\n1;"a\nb"\n2;c\nTOTAL;2\n'
        for end in range(len("Code;Nom\n"), len(content) - len("2\n")):
            refused(content[:end], trailer="required")


class TestDefects:
    def test_rows_of_other_width(self):
        read = read_csv("Code;Nom;Rue\n1;a\n2;b;c;d\n3;e;f\n")
        assert read.cells == [["3", "e", "f"]]
        assert [(d.line, d.cause, d.cells) for d in read.defects] == [
            (2, "column_count", ["1", "a"]),
            (3, "column_count", ["2", "b", "c", "d"]),
        ]

    def test_null_byte(self):
        rows = "".join(f"{n};abc;def\n" for n in range(50))
        read = read_csv(f"Code;Nom;Rue\n{rows}X;a\0b;c\nY;d;e\nTOTAL;52\n")
        assert len(read.rows) == 51
        [defect] = read.defects
        assert (defect.line, defect.cause, defect.field) == (52, "nul_byte", "Nom")
        assert defect.value == "a␀b" and defect.cells == ["X", "a␀b", "c"]

    def test_null_byte_in_a_cell_of_several_lines(self):
        rows = "".join(f"{n};abc\n" for n in range(50))
        read = read_csv(f'Code;Nom\n{rows}X;"a\nb\0\nc"\nY;␀\n')
        assert read.cells[-1] == ["Y", "␀"]  # the sign itself is no defect
        assert [(d.line, d.field) for d in read.defects] == [(52, "Nom")]

    def test_quotes_that_do_not_match(self):
        read = read_csv('Code;Nom;Rue\n1;"Table "ronde"";b\n2;c;d\nTOTAL;2\n')
        assert read.cells == [["2", "c", "d"]]
        [defect] = read.defects
        assert (defect.line, defect.cause) == (2, "bad_quotes")
        assert defect.cells == ["1", '"Table "ronde""', "b"]

    def test_quotes_that_do_not_match_far_in_the_file(self):
        rows = "".join(f"{n};abc\n" for n in range(100_000))
        read = read_csv(f'Code;Nom\n{rows}1;"a"b\n2;c\n')
        assert read.cells[-1] == ["2", "c"]
        assert [(d.line, d.cells) for d in read.defects] == [(100_002, ["1", '"a"b'])]

    def test_cell_just_over_and_just_at_the_limit(self):
        read = read_csv(f"Code;Nom\n1;{'x' * 100_001}\n2;{'y' * 100_000}\nTOTAL;2\n")
        assert [cells[0] for cells in read.cells] == ["2"]
        [defect] = read.defects
        assert (defect.line, defect.cause, defect.field) == (2, "cell_too_long", "Nom")
        assert len(defect.value) < 2_100 and "100,001 characters" in defect.value
        assert len(defect.cells[1]) < 2_100

    @pytest.mark.parametrize(
        "cell",
        [
            "x" * 40_000_000,
            '"' + "x" * 40_000_000 + '"',
            '"' + (("x;y " * 100) + "\n") * 100_000 + '"',
            '"' + ('say ""hi"" ' * 40 + "\n") * 90_000 + '"',
        ],
        ids=["plain", "quoted", "many lines", "doubled quotes"],
    )
    def test_forty_megabytes_in_one_cell(self, cell):
        text = f"Code;Nom;Rue\n1;a;b\n2;{cell};c\n3;d;e\n4;f;g\nTOTAL;4\n"
        tracemalloc.start()
        content = io.BytesIO(text.encode())
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        defects = []
        reader = CsvFormat(content, NAME, FormatOptions(), defects.append)
        rows = list(reader)
        peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        assert [row[0] for _line, row in rows] == ["1", "3", "4"]
        after = 4 + cell.count("\n")
        assert [line for line, _row in rows] == [2, after, after + 1]
        assert [(d.line, d.cause, d.field) for d in defects] == [(3, "cell_too_long", "Nom")]
        assert len(defects[0].value) < 2_100
        assert peak < 25_000_000
        assert reader.rows == 4

    def test_long_record_of_many_acceptable_cells_is_read(self):
        cells = [str(n) * 60_000 for n in range(10)] * 3
        text = ";".join(f"h{n}" for n in range(30)) + "\n" + ";".join(cells) + "\n"
        assert read_csv(text).cells == [cells]

    def test_over_long_record_of_many_lines_is_a_defect_although_each_cell_is_short(self):
        cell = '"' + "abcdefghi\n" * 8_000 + '"'
        header = ";".join(f"h{n}" for n in range(60))
        read = read_csv(f"{header}\n{';'.join([cell] * 60)}\n" + ";".join("x" * 60) + "\n")
        assert [d.cause for d in read.defects] == ["cell_too_long"]
        assert read.cells == [list("x" * 60)]


def test_registry():
    assert get_format("csv") is CsvFormat
    with pytest.raises(KeyError, match="csv, json, xlsx, xml"):
        get_format("pdf")
    assert detect_format("COMMANDES_1.CSV") == "csv"
    assert detect_format("a.b.xlsx") == "xlsx"
    assert detect_format("CLIENTS.xml") == "xml"
    assert {detect_format(f"x.{end}") for end in ("json", "jsonl", "ndjson")} == {"json"}
    assert detect_format("CLIENTS.csv.zip") == "zip"
    with pytest.raises(FileError, match="export.xls: the extension .xls"):
        detect_format("export.xls")
