"""XML as ERPs write it, and as attackers do."""

import io
import time
import tracemalloc

import pytest
from sm_files import read_xml

from odoo.addons.sm_connector.formats import FileError, FormatOptions, XmlFormat
from odoo.addons.sm_connector.formats import xml_format as module

NAME = "CLIENTS_20270112_040000.xml"


def refused(content, **options):
    with pytest.raises(FileError) as caught:
        read_xml(content, **options)
    assert caught.value.file == NAME
    assert str(caught.value).startswith(NAME)
    return caught.value


def contacts(*bodies, root="<Contacts>"):
    end = "</" + root[1:].split()[0].rstrip(">") + ">"
    return root + "".join(f"<Contact>{body}</Contact>" for body in bodies) + end


TWO = contacts("<Code>001</Code><Nom>Dupont</Nom>", "<Code>002</Code><Nom>Durand</Nom>")


class TestRecords:
    def test_children_of_the_root(self):
        read = read_xml(TWO)
        assert read.header == ["Code", "Nom"]
        assert read.rows == [(1, ["001", "Dupont"]), (2, ["002", "Durand"])]
        assert read.reader.rows == 2 and read.defects == []

    def test_in_containers(self):
        text = (
            "<Export><Head><Date>2027</Date><By>SM</By></Head>"
            f"<Data><Area>1</Area>{TWO}</Data><Foot><Page>1</Page></Foot></Export>"
        )
        for options in (
            {"columns": ("Code", "Nom")},
            {"record_path": "Data/Contacts/Contact"},
            {"record_path": "/Export/Data/Contacts/Contact"},
        ):
            assert read_xml(text, **options).cells == [["001", "Dupont"], ["002", "Durand"]]

    def test_in_one_container_without_being_told(self):
        head = "<Head><Date>2027</Date></Head>"
        read = read_xml(f"<Export>{head}{TWO}</Export>")
        assert read.cells == [["001", "Dupont"], ["002", "Durand"]]

    def test_path_through_several_containers(self):
        text = f"<Export>{TWO}{TWO}</Export>"
        assert len(read_xml(text, record_path="Contacts/Contact").rows) == 4

    def test_one_single_record(self):
        assert read_xml(contacts("<Code>1</Code>")).cells == [["1"]]
        order = "<Orders><Order><No>1</No><Lines><Line><Sku>a</Sku></Line></Lines></Order></Orders>"
        assert read_xml(order).cells == [["1", "a"]]

    def test_the_mapping_tells_the_records_among_others(self):
        text = (
            "<Export><Shop><Id>1</Id></Shop><Shop><Id>2</Id></Shop><Shop><Id>3</Id></Shop>"
            "<Contact><Code>1</Code></Contact></Export>"
        )
        assert read_xml(text, columns=("Code",)).cells == [["1"]]
        assert len(read_xml(text).rows) == 3

    def test_no_record(self):
        read = read_xml('<Contacts count="0"/>', columns=("Code",), trailer="required")
        assert (read.header, read.rows) == (["Code"], [])
        assert refused("<Contacts/>").cause == "empty"
        assert refused("<Error>Not authorised</Error>", columns=("Code",)).cause == "format"
        assert refused("<e><code>401</code></e>", columns=("Code",)).cause == "format"

    def test_record_without_anything(self):
        read = read_xml("<r><a><x>1</x><y>2</y></a><a/><a><x>3</x><y>4</y></a></r>")
        assert read.cells == [["1", "2"], ["", ""], ["3", "4"]]


class TestNames:
    def test_nested_and_attributes(self):
        read = read_xml(
            '<r><a id="7"><c><d>x</d><e f="g">h</e></c><p cur="EUR">1</p></a>'
            '<a id="8"><c><d>y</d></c></a></r>'
        )
        assert read.header == ["@id", "c/d", "c/e", "c/e/@f", "p", "p/@cur"]
        assert read.cells == [["7", "x", "h", "g", "1", "EUR"], ["8", "y", "", "", "", ""]]

    def test_namespaces_are_left_out(self):
        read = read_xml(
            '<s:r xmlns:s="urn:a" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            '<s:a xsi:type="T" s:id="1"><s:b xsi:nil="true"/><c>x</c></s:a>'
            '<a xmlns="urn:b"><b>y</b></a></s:r>'
        )
        assert read.header == ["@id", "b", "c"]
        assert read.cells == [["1", "", "x"], ["", "y", ""]]

    def test_repeated_values_are_joined(self):
        read = read_xml("<r><a><t>1</t><t/><t>3</t></a><a><t>4</t></a></r>")
        assert read.cells == [["1||3"], ["4"]]

    def test_wanted_columns_come_first_and_are_known_by_likeness(self):
        read = read_xml(
            "<r><a><Autre>z</Autre><N_TVA>BE</N_TVA><Code_parent>1</Code_parent></a>"
            "<a><Code_parent>2</Code_parent></a></r>",
            columns=("Code parent", "N° TVA", "Localité"),
        )
        assert read.header == ["Code parent", "N° TVA", "Localité", "Autre"]
        assert read.cells == [["1", "BE", "", "z"], ["2", "", "", ""]]
        assert read.reader.absent == {"Localité"}

    def test_an_exact_name_goes_before_a_like_one(self):
        text = '<r><a id="1"><id>2</id></a><a id="3"><id>4</id></a></r>'
        read = read_xml(text, columns=("id", "Code"))
        assert read.header == ["id", "Code", "@id"]
        assert read.cells == [["2", "", "1"], ["4", "", "3"]]

    def test_late_names(self):
        text = contacts("<Code>1</Code>", "<Code>2</Code><Fax>x</Fax><nom>Late</nom><E/>")
        read = read_xml(text, sample=1, columns=("Code", "Nom"))
        assert read.cells == [["1", ""], ["2", "Late"]]
        assert read.reader.unknown == {"Fax"} and read.reader.absent == set()

    def test_a_column_no_record_has_was_renamed(self):
        assert read_xml(TWO, columns=("Code", "Nom"), required=("Code",)).rows
        error = refused(TWO, columns=("Code", "Tel"), required=("Code", "Tel"))
        assert error.cause == "columns" and "“Tel”" in str(error)
        assert read_xml("<r/>", columns=("Tel",), required=("Tel",)).rows == []

    def test_only_what_is_shown(self):
        read = read_xml(TWO, columns=("Tel", "nom", "Code"), only_shown=True)
        assert (read.header, read.cells[0]) == (["nom", "Code"], ["Dupont", "001"])

    def test_too_many_names(self):
        text = contacts("".join(f"<n{i}>1</n{i}>" for i in range(30)))
        assert refused(text, max_columns=20).cause == "format"

    def test_text_beside_elements_is_not_lost(self):
        read = read_xml("<r><a>own<b>1</b><c>in<d>2</d></c></a><a><b>3</b></a></r>")
        assert read.header == [".", "b", "c", "c/d"]
        assert read.cells[0] == ["own", "1", "in", "2"]


class TestLines:
    ORDERS = (
        "<Orders><Order><No>1</No><Lines><Line n='1'><Sku>a</Sku></Line>"
        "<Line n='2'><Sku>b</Sku></Line></Lines><Note>x</Note></Order>"
        "<Order><No>2</No><Lines/></Order>"
        "<Order><No>3</No><Lines><Line n='1'><Sku>c</Sku></Line></Lines></Order></Orders>"
    )
    CELLS = [["1", "x", "1", "a"], ["1", "x", "2", "b"], ["2", "", "", ""], ["3", "", "1", "c"]]

    @pytest.mark.parametrize("path", ["", "Lines/Line"])
    def test_one_row_per_line(self, path):
        read = read_xml(self.ORDERS, lines_path=path, trailer="none")
        assert read.header == ["No", "Note", "Lines/Line/@n", "Lines/Line/Sku"]
        assert read.cells == self.CELLS
        assert [number for number, _cells in read.rows] == [1, 1, 2, 3]
        assert (read.reader.records, read.reader.rows) == (3, 4)

    def test_only_the_mapping_s_lines_are_lines(self):
        text = self.ORDERS.replace(
            "<Note>x</Note>", "<Log><E><At>1</At></E><E><At>2</At></E></Log>"
        )
        read = read_xml(text, columns=("No", "Lines/Line/Sku", "Log/E/At"), lines_path="Lines/Line")
        assert [cells[:3] for cells in read.cells[:2]] == [["1", "a", "1|2"], ["1", "b", "1|2"]]
        read = read_xml(text, columns=("No", "Log/E/At"))
        assert [cells[:2] for cells in read.cells[:2]] == [["1", "1"], ["1", "2"]]
        read = read_xml(text, columns=("No",))
        assert [cells[0] for cells in read.cells] == ["1", "2", "3"]

    def test_lines_found_late(self):
        one = "<O><No>1</No><L><Sku>a</Sku></L></O>"
        two = "<O><No>2</No><L><Sku>b</Sku></L><L><Sku>c</Sku></L></O>"
        read = read_xml(f"<r>{one * 300}{two}{one * 2}</r>", columns=("No", "L/Sku"))
        assert read.cells[299:] == [
            ["1", "a"], ["2", "b"], ["2", "c"], ["1", "a"], ["1", "a"],
        ]  # fmt: skip

    def test_one_bad_line_makes_the_record_a_defect(self):
        text = self.ORDERS.replace(">b<", f">{'b' * 300}<")
        read = read_xml(text, max_cell_chars=200)
        assert [cells[0] for cells in read.cells] == ["2", "3"]
        [defect] = read.defects
        assert (defect.line, defect.cause, defect.cells[0]) == (1, "cell_too_long", "1")
        assert read.reader.rows == 4


class TestCounts:
    @pytest.mark.parametrize(
        "text",
        [
            contacts("<C>1</C>", "<C>2</C>", root='<Contacts count="{}">'),
            "<e><Contacts total='{}'>"
            + contacts("<C>1</C>", "<C>2</C>")[10:-11]
            + "</Contacts></e>",
            contacts("<C>1</C>", "<C>2</C>").replace("</Contacts>", "<Total>{}</Total></Contacts>"),
            "<e>" + contacts("<C>1</C>", "<C>2</C>") + "<Count> {} </Count></e>",
        ],
    )
    def test_is_compared(self, text):
        options = {"columns": ("C",), "trailer": "required"}
        assert len(read_xml(text.format(2), **options).rows) == 2
        error = refused(text.format(3), columns=("C",))
        assert error.cause == "trailer_mismatch" and "3" in str(error) and "2" in str(error)
        assert len(read_xml(text.format(3), columns=("C",), trailer="none").rows) == 2

    def test_is_missing(self):
        assert refused(TWO, trailer="required").cause == "truncated"

    def test_counts_records_although_lines_are_rows(self):
        assert len(read_xml(TestLines.ORDERS.replace("<Orders", "<Orders count='3'")).rows) == 4


class TestEncoding:
    TEXT = contacts("<Nom>Société Œuvre 12 €</Nom>", "<Nom>b</Nom>")

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252", "iso-8859-15"])
    def test_as_declared(self, encoding):
        text = f'<?xml version="1.0" encoding="{encoding}"?>\n{self.TEXT}'
        assert read_xml(text.encode(encoding)).cells[0] == ["Société Œuvre 12 €"]

    def test_default_and_mark(self):
        assert read_xml(self.TEXT.encode("utf-8-sig")).cells[0] == ["Société Œuvre 12 €"]

    def test_of_the_feed_only_when_none_is_declared(self):
        content = self.TEXT.encode("cp1252")
        assert read_xml(content, encoding="cp1252").cells[0] == ["Société Œuvre 12 €"]
        declared = b'<?xml version="1.0" encoding="windows-1252"?>' + content
        assert read_xml(declared, encoding="utf-8").cells[0] == ["Société Œuvre 12 €"]
        assert refused(content, encoding="utf-9").cause == "encoding"

    def test_wrong_bytes(self):
        error = refused(self.TEXT.encode("cp1252"))
        assert (error.cause, error.line) == ("encoding", 1)
        assert refused(b'<?xml version="1.0" encoding="klingon"?><a/>').cause == "encoding"


class TestText:
    def test_cdata_references_comments_and_instructions(self):
        text = contacts("<A>&lt;b&gt; &amp;<![CDATA[ <c> ]]>&#233;<!-- x -->d<?pi x?>e</A>", "<A/>")
        assert read_xml(text).cells == [["<b> & <c> éde"], [""]]

    def test_blanks_are_kept(self):
        assert read_xml(contacts("<A>  x \n</A>", "<A> </A>")).cells == [["  x \n"], [" "]]

    def test_cell_too_long(self):
        long = "x" * 150_000
        read = read_xml(contacts("<A>1</A><B>a</B>", f"<A>2</A><B>{long}</B>", "<A>3</A>"))
        assert [cells[0] for cells in read.cells] == ["1", "3"]
        [defect] = read.defects
        assert (defect.line, defect.cause, defect.field) == (2, "cell_too_long", "B")
        assert defect.cells[0] == "2" and len(defect.value) < 2_100
        assert read.reader.rows == 3

    @pytest.mark.parametrize("place", range(0, 1_400, 97))
    def test_cell_too_long_wherever_it_lies(self, place):
        rows = ["<A>1</A><B>" + "y" * 60 + "</B>"] * 1_500
        rows[place] = f"<A>1</A><B>{'x' * 70_000}</B>"
        read = read_xml(contacts(*rows), max_cell_chars=69_999)
        assert [defect.line for defect in read.defects] == [place + 1]


class TestHostile:
    def test_billion_laughs(self):
        entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
        text = f'<!DOCTYPE r [<!ENTITY l0 "ha">{entities}]>{contacts("<A>&l11;</A>", "<A/>")}'
        start = time.monotonic()
        tracemalloc.start()
        error = refused(text)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert error.cause == "format" and "DOCTYPE" in str(error)
        assert time.monotonic() - start < 2 and peak < 10_000_000

    def test_laughs_in_an_attribute_of_the_root(self):
        entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
        text = f'<!DOCTYPE r [<!ENTITY l0 "ha">{entities}]><r a="&l11;"><A/></r>'
        start = time.monotonic()
        assert refused(text).cause == "format"
        assert time.monotonic() - start < 2

    def test_external_entity(self, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("top secret")
        for declaration in (
            f'<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]>',
            f'<!DOCTYPE r SYSTEM "{secret.as_uri()}">',
            f'<!DOCTYPE r [<!ENTITY % x SYSTEM "{secret.as_uri()}"> %x;]>',
            "<!DOCTYPE r>",
        ):
            error = refused(declaration + contacts("<A>&x;</A>", "<A/>"))
            assert error.cause == "format" and "secret" not in str(error)

    def test_doctype_far_behind(self):
        text = f"<!--{'x' * 300_000}--><!DOCTYPE r [<!ENTITY x 'y'>]>{TWO}"
        assert refused(text).cause == "format"

    def test_entity_that_is_not_declared(self):
        assert refused(contacts("<A>&x;</A>", "<A/>")).cause == "format"

    def test_deep_nesting(self):
        deep = "<a>" * 100 + "x" + "</a>" * 100
        read = read_xml(contacts("<A>1</A>", f"<A>2</A>{deep}", "<A>3</A>"))
        assert [cells[0] for cells in read.cells] == ["1", "3"]
        assert [(defect.line, defect.cause) for defect in read.defects] == [(2, "too_deep")]
        assert refused("<a>" * 100_000).cause in ("format", "truncated")

    def test_one_record_without_end(self):
        body = "<Contacts><Contact>" + "<A>x</A>" * 300_000
        assert refused(body, max_record_bytes=1_000_000).cause in ("too_large", "format")
        many = "<Contact><A>1</A></Contact>" * 20_000
        text = f"<Contacts>{many}<Contact>" + "<A>x</A>" * 300_000
        assert refused(text, max_record_bytes=1_000_000).cause == "too_large"

    def test_cell_of_gigabytes_is_refused_as_it_is_read(self):
        class Endless(io.RawIOBase):
            size, position = 2**30, 0
            head = b"<r><a><b>1</b></a><a><b>"

            def seek(self, offset, whence=0):
                self.position = self.size + offset if whence == 2 else offset
                return self.position

            def read(self, size=-1):
                piece = self.head[self.position : self.position + size]
                piece += b"x" * (size - len(piece))
                self.position += size
                return piece

        stream = Endless()
        tracemalloc.start()
        with pytest.raises(FileError) as caught:
            list(XmlFormat(stream, NAME, FormatOptions(), list().append))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert caught.value.cause in ("format", "too_large")
        assert stream.position < 40_000_000 and peak < 20_000_000

    def test_two_exports_in_one_file(self):
        assert refused(TWO + "\n" + TWO).cause == "data_after_trailer"

    def test_no_xml(self):
        assert refused("Code;Nom\n1;a\n").cause == "format"
        assert refused(b"").cause == "empty"
        assert refused(b"\0\1\2").cause in ("format", "encoding", "truncated")
        error = refused("<r>\n<a><b>1</b></a>\n<a><b>2</c></a></r>")
        assert (error.cause, error.line) == ("format", 3)


class TestTruncated:
    @pytest.mark.parametrize("chunk", [7, 1 << 16])
    def test_never_a_shorter_result(self, chunk, monkeypatch):
        monkeypatch.setattr(module, "CHUNK", chunk)
        content = ('<?xml version="1.0"?>\n' + TestLines.ORDERS + "\n").encode()
        whole = read_xml(content, columns=("No", "Lines/Line/Sku")).cells
        for cut in range(1, len(content) - 1):
            try:
                cells = read_xml(content[:cut], columns=("No", "Lines/Line/Sku")).cells
            except FileError:
                continue
            raise AssertionError((cut, cells, whole))
        assert read_xml(content[:-1], columns=("No", "Lines/Line/Sku")).cells == whole

    def test_is_named(self):
        error = refused(TWO[:-5])
        assert error.cause == "truncated"


class TestPieces:
    """The common row takes other ways than the rare one: all must say the same."""

    BODIES = [
        "<A>{0}</A><B>b</B><C/>",
        "<A>{0}</A><B>b</B><C>c{0}</C>",
        "<B>b</B><A>{0}</A>",
        "<A>{0}</A><C>c</C><X>unknown</X>",
        "<A>{0}</A><B><D>d</D><E>e</E></B>",
        "<A>{0}</A><B><D>d</D></B><C><E>x</E></C>",
        "<A>{0}</A><A>again</A>",
        "<A z='1'>{0}</A>",
        "<A>{0}</A><B><D><E>deep</E></D></B>",
        "",
    ]

    def expected(self):
        rows = []
        for n in range(3_000):
            body = n // 40 % len(self.BODIES)
            rows.append(self.BODIES[body].format(n))
        return rows

    def test_agree(self, monkeypatch):
        text = (
            "<r>"
            + "\n".join(
                f"<a id='{n}'>{body}</a>" if n // 700 % 2 else f"<a>{body}</a>"
                for n, body in enumerate(self.expected())
            )
            + "</r>"
        )
        results = []
        for chunk, quick in ((1 << 16, True), (1 << 16, False), (1_000, True)):
            monkeypatch.setattr(module, "CHUNK", chunk)
            if not quick:
                monkeypatch.setattr(XmlFormat, "_quick", lambda self, record: None)
            read = read_xml(
                text,
                columns=("C", "A", "B"),
                sample=2,
                max_cell_chars=60_000 if chunk < 2_000 else 100_000,
            )
            results.append((read.header, read.rows, read.reader.unknown, read.defects))
            monkeypatch.undo()
        assert results[0] == results[1] == results[2]
        assert len(results[0][1]) == 3_000 and results[0][2] >= {"X", "B/D"}


def test_memory_does_not_grow_with_the_file():
    body = "<Code>{0}</Code><Nom>Dupont et fils</Nom><Rue>Rue de la Loi 16</Rue>"

    def peak(count):
        content = contacts(*(body.format(n) for n in range(count))).encode()
        tracemalloc.start()
        reader = XmlFormat(io.BytesIO(content), NAME, FormatOptions(), list().append)
        rows = sum(1 for _row in reader)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert rows == count
        return memory

    assert peak(60_000) < peak(15_000) + 2_000_000
