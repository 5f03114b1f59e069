"""Header, rules and rows → keys, hashes and canonical records."""

import json

import pytest
from sm_files import ARTICLE_HEADER, CONTACT_HEADER, ORDER_HEADER

from odoo.addons.sm_connector.contract import (
    CONTRACTS,
    SILICON_MASTER_FR,
    FieldRule,
    MappingError,
    RowError,
    canonical_hash,
    compile_mapping,
)
from odoo.addons.sm_connector.contract.mapping import find_problems

HEADERS = {"contact": CONTACT_HEADER, "article": ARTICLE_HEADER, "order": ORDER_HEADER}


def mapping(entity, header=None, rules=None, salt=""):
    return compile_mapping(
        CONTRACTS[entity],
        (header or HEADERS[entity]).split(";"),
        SILICON_MASTER_FR[entity] if rules is None else rules,
        salt,
    )


def row(entity, **values):
    """Return the cells of a row; values by the first field that the column feeds."""
    by_field = {rule.target: rule.source for rule in SILICON_MASTER_FR[entity]}
    cells = dict.fromkeys(HEADERS[entity].split(";"), "")
    for name, value in values.items():
        cells[by_field.get(name, name)] = value
    return list(cells.values())


def contact(**values):
    return row("contact", **{"code": "0012345", "kind": "S", "name": "Meubles Dupont", **values})


def article(**values):
    return row("article", **{"code": "A1", "name": "Canapé", **values})


def order_row(**values):
    defaults = {
        "number": "C1",
        "line_no": "10",
        "date": "12/01/2027",
        "customer_code": "0012345",
        "status_code": "CFM",
        "article_code": "A1",
        "qty": "1",
    }
    return row("order", **{**defaults, **values})


def refused(entity, *rows, rules=None):
    """Convert rows that stand on lines 12, 13, …; check that the message names what it can."""
    with pytest.raises(RowError) as caught:
        mapping(entity, rules=rules).convert(list(enumerate(rows, 12)))
    error = caught.value
    assert error.field in HEADERS[entity].split(";")
    assert f"Line {error.line}, column “{error.field}”" in error.message
    assert error.value[:20] in error.message
    assert str(error) == error.message
    return error


class TestHeader:
    def test_default_mapping_fits_the_agreed_export(self):
        for entity in HEADERS:
            compiled = mapping(entity)
            assert set(compiled.unmapped) <= {"Créé le", "Modifié le"}
            assert compiled.absent == []

    def test_order_of_columns_and_spelling_do_not_matter(self):
        cells = contact(vat="BE 0403.170.701", email="a@b.be")
        header = CONTACT_HEADER.split(";")
        messy = [f" {name.upper()}\xa0" for name in reversed(header)]
        messy = [name.replace("N° TVA", "N°\xa0 tva").replace("É", "E") for name in messy]
        compiled = mapping("contact", ";".join(messy).replace("CODE ", "\ufeffcode ", 1))
        record = compiled.convert([(2, cells[::-1])])
        assert record == mapping("contact").convert([(2, cells)])

    def test_missing_columns_are_named_with_the_nearest(self):
        header = CONTACT_HEADER.replace("Téléphone", "Telefoon").replace("N° TVA", "N° de T.V.A.")
        header = header.replace("Localité;", "")
        with pytest.raises(MappingError) as caught:
            mapping("contact", header)
        message = str(caught.value)
        assert caught.value.missing == ("Localité", "N° TVA", "Téléphone")
        assert "lacks 3 columns" in message
        assert "“Téléphone” (nearest in the file: “Telefoon”)" in message
        assert "“N° TVA” (nearest in the file: “N° de T.V.A.”)" in message
        assert "“Localité”" in message and "Nothing was changed" in message

    def test_file_without_header(self):
        with pytest.raises(MappingError, match="“Code”"):
            mapping("contact", ";".join(contact()))

    def test_column_twice(self):
        with pytest.raises(MappingError, match="“Nom” 2 times"):
            mapping("contact", CONTACT_HEADER + ";NOM")
        mapping("contact", CONTACT_HEADER + ";Modifié le")  # nobody reads it

    def test_optional_column_that_is_missing_leaves_its_field_out(self):
        rules = [
            FieldRule("Code", "code"),
            FieldRule("Type", "kind"),
            FieldRule("Nom", "name"),
            FieldRule("Fax", "phone", required=False),
        ]
        compiled = mapping("contact", rules=rules)
        assert compiled.absent == ["Fax"]
        assert "phone" not in compiled.convert([(2, contact())])
        assert "Téléphone" in compiled.unmapped

    def test_mandatory_field_without_rule(self):
        rules = [rule for rule in SILICON_MASTER_FR["contact"] if rule.target != "name"]
        with pytest.raises(MappingError, match="“name”.*mandatory"):
            mapping("contact", rules=rules)

    def test_optional_rule_of_a_mandatory_field_is_not_optional(self):
        rules = [
            FieldRule(rule.source, rule.target, required=False)
            for rule in SILICON_MASTER_FR["contact"]
        ]
        with pytest.raises(MappingError, match="“Nom”"):
            mapping("contact", CONTACT_HEADER.replace(";Nom;", ";Firma;"), rules)

    @pytest.mark.parametrize(
        ("rule", "message"),
        [
            (FieldRule("Nom", "nom"), "no field of Contact"),
            (FieldRule("Nom 2", "name"), "“name” twice"),
            (FieldRule("", "name2"), "no column"),
            (FieldRule("Nom 2", "name2", "texte"), "“texte”, which does not exist"),
            (FieldRule("Nom 2", "name2", "text", {"maximum": 3}), "“Nom 2”.*no parameter"),
            (FieldRule("Nom 2", "name2", "date", {"formats": ["d/m"]}), "“Nom 2”.*date format"),
        ],
    )
    def test_rules_that_cannot_be(self, rule, message):
        rules = [r for r in SILICON_MASTER_FR["contact"] if r.target != "name2"]
        with pytest.raises(MappingError, match=message):
            mapping("contact", rules=[*rules, rule])

    def test_rules_are_values(self):
        params = {"max_length": 3}
        rule = FieldRule("Nom", "name", "text", params)
        params["max_length"] = 5
        assert rule.params["max_length"] == 3
        assert rule == FieldRule("Nom", "name", "text", {"max_length": 3})
        assert len({rule, FieldRule("Nom", "name", "text", {"max_length": 3})}) == 1


class TestKeysAndHashes:
    def test_key(self):
        compiled = mapping("contact")
        assert compiled.key(contact(code=" 0012345 ")) == "0012345"
        assert compiled.key(contact(code="")) == ""
        assert mapping("contact", "x;" + CONTACT_HEADER).key(["only one"]) == ""

    def test_key_equals_the_converted_code_when_zeros_are_put_back(self):
        rules = [
            FieldRule("Code", "code", params={"pad": 7}) if rule.target == "code" else rule
            for rule in SILICON_MASTER_FR["contact"]
        ]
        compiled = mapping("contact", rules=rules)
        cells = contact(code="12345")
        assert compiled.key(cells) == compiled.convert([(2, cells)])["code"] == "0012345"

    def test_source_hash_sees_every_mapped_cell(self):
        compiled = mapping("contact")
        base = contact()
        assert len(compiled.source_hash(base)) == 16
        for index, name in enumerate(compiled.header):
            changed = [*base]
            changed[index] += "x"
            same = compiled.source_hash(changed) == compiled.source_hash(base)
            assert same == (name in compiled.unmapped), name

    def test_source_hash_sees_text_that_moves_to_the_next_cell(self):
        compiled = mapping("contact")
        assert compiled.source_hash(contact(name="ab", name2="c")) != compiled.source_hash(
            contact(name="a", name2="bc")
        )

    def test_source_hash_of_scattered_columns(self):
        rules = [
            FieldRule("Code", "code"),
            FieldRule("Nom", "name"),
            FieldRule("", "kind", "constant", {"value": "company"}),
        ]
        compiled = mapping("contact", rules=rules)
        base = compiled.source_hash(contact())
        assert compiled.source_hash(contact(kind="P", vat="x")) == base
        assert compiled.source_hash(contact(name="x")) != base
        assert compiled.convert([(2, contact(kind=""))])["kind"] == "company"

    def test_fingerprint_follows_what_could_change_the_record(self):
        rules = list(SILICON_MASTER_FR["contact"])
        other = [*rules[:-1], FieldRule("Remarques", "remarks", "text", {"max_length": 10})]
        prints = {
            mapping("contact").fingerprint,
            mapping("contact", rules=rules[:-1]).fingerprint,
            mapping("contact", rules=other).fingerprint,
            mapping("contact", salt="2").fingerprint,
            mapping("contact", CONTACT_HEADER.replace("Rue", "RUE")).fingerprint,
        }
        assert len(prints) == 5
        assert mapping("contact", rules=rules[::-1]).fingerprint in prints
        # a column nobody reads comes and goes, in XML and JSON with the first records of the file
        assert mapping("contact", CONTACT_HEADER + ";Neu").fingerprint in prints
        assert mapping("contact").source_hash(contact()) != mapping(
            "contact", salt="2"
        ).source_hash(contact())

    def test_fingerprint_follows_the_version_of_the_contract(self, monkeypatch):
        before = mapping("contact").fingerprint
        monkeypatch.setattr(type(CONTRACTS["contact"]), "version", 99)
        assert mapping("contact").fingerprint != before

    def test_canonical_hash_ignores_how_a_value_was_written(self):
        compiled = mapping("order")
        one = compiled.convert(
            [
                (2, order_row(deposit="1.200,50", remarks="a\r\nb")),
                (3, order_row(deposit="1200,5", line_no="20", remarks="a\nb")),
            ]
        )
        other = compiled.convert(
            [
                (7, order_row(deposit="1 200,500 €", line_no="20", remarks=" a\nb")),
                (9, order_row(deposit="1200.50", line_no=" 10", date="2027-01-12", remarks="a\nb")),
            ]
        )
        assert canonical_hash(one) == canonical_hash(other)
        assert len(canonical_hash(one)) == 32
        one["lines"][0]["qty"] = "2"
        assert canonical_hash(one) != canonical_hash(other)

    def test_canonical_hash_does_not_depend_on_the_order_of_keys(self):
        record = mapping("contact").convert([(2, contact(name="é"))])
        assert canonical_hash(record) == canonical_hash(dict(reversed(record.items())))


class TestJoinAndSplit:
    """One field from several columns, one column into several fields."""

    @staticmethod
    def rules(*changed):
        targets = {rule.target for rule in changed}
        kept = [rule for rule in SILICON_MASTER_FR["contact"] if rule.target not in targets]
        return [*kept, *changed]

    def convert(self, rule, **values):
        compiled = mapping("contact", rules=self.rules(rule))
        return compiled.convert([(12, contact(**values))])[rule.target]

    def test_join(self):
        rule = FieldRule("Rue", "street", more=("Complément", "Localité"), separator=", ")
        values = {"street": " Rue Haute 1 ", "street2": "bte 2", "city": "Liège"}
        assert self.convert(rule, **values) == "Rue Haute 1, bte 2, Liège"
        assert self.convert(rule, street="Rue Haute 1", city="Liège") == "Rue Haute 1, Liège"
        assert self.convert(rule) == ""

    def test_join_before_any_conversion(self):
        rule = FieldRule("Code postal", "zip", "date", more=("Rue", "Localité"), separator="/")
        assert self.convert(rule, zip="12", street="1", city="2027") == "2027-01-12"

    @pytest.mark.parametrize(
        ("separator", "part", "expected"),
        [
            (" ", 1, "4000"),
            (" ", -1, "1"),
            (" ", 2, "Liège"),
            (" ", 9, ""),
            (" ", -9, ""),
            ("-", 1, "4000  Liège"),
            ("-", 2, "1"),
        ],
    )
    def test_split(self, separator, part, expected):
        rule = FieldRule("Localité", "zip", separator=separator, part=part)
        assert self.convert(rule, city="4000  Liège - 1") == expected

    def test_one_column_feeds_several_fields(self):
        rules = self.rules(
            FieldRule("Localité", "zip", part=1), FieldRule("Localité", "city", part=2)
        )
        compiled = mapping("contact", rules=rules)
        record = compiled.convert([(2, contact(city="4000 Liège"))])
        assert (record["zip"], record["city"]) == ("4000", "Liège")
        assert "Code postal" in compiled.unmapped

    def test_key_of_several_columns(self):
        rule = FieldRule("Pays", "code", more=("Code",), separator="-")
        compiled = mapping("contact", rules=[r for r in self.rules(rule) if r.target != "country"])
        cells = contact(code=" 12 ", country_code="BE")
        assert compiled.key(cells) == "BE-12"
        assert compiled.convert([(2, cells)])["code"] == "BE-12"
        assert compiled.key(cells[:3]) == ""

    def test_key_that_is_part_of_a_column(self):
        rule = FieldRule("Code", "code", params={"pad": 4}, separator="/", part=-1)
        compiled = mapping("contact", rules=self.rules(rule))
        assert compiled.key(contact(code="LIE/ 12")) == "0012"
        assert compiled.convert([(2, contact(code="LIE/ 12"))])["code"] == "0012"

    def test_error_names_the_first_column_and_the_text(self):
        rule = FieldRule("Rue", "vat", "date", more=("Localité",), separator="/")
        error = refused("contact", contact(street="31/02", city="2027"), rules=self.rules(rule))
        assert (error.cause, error.field, error.value) == ("bad_date", "Rue", "31/02/2027")
        rule = FieldRule("Code parent", "parent_code", more=("Nom 2",), separator="")
        error = refused("contact", contact(parent_code="00123", name2="45"), rules=self.rules(rule))
        assert (error.cause, error.field) == ("own_parent", "Code parent")

    def test_every_column_counts_for_the_hash(self):
        rule = FieldRule("Rue", "street", more=("Complément",))
        rules = [
            FieldRule("Code", "code"),
            FieldRule("Nom", "name"),
            FieldRule("", "kind", "constant", {"value": "company"}),
            rule,
        ]
        compiled = mapping("contact", rules=rules)
        assert compiled.source_hash(contact(street2="x")) != compiled.source_hash(contact())

    def test_lines_of_an_order(self):
        rules = [
            FieldRule("Désignation", "name", more=("Disponibilité",), separator=" · ")
            if rule.target == "name"
            else FieldRule("Vendeur", "salesperson", more=("Modifié le",))
            if rule.target == "salesperson"
            else rule
            for rule in SILICON_MASTER_FR["order"]
        ]
        compiled = mapping("order", rules=rules)
        one = order_row(name="Chaise", availability="S", salesperson="Marc", **{"Modifié le": "x"})
        record = compiled.convert([(2, one)])
        assert record["lines"][0]["name"] == "Chaise · S"
        assert record["salesperson"] == "Marc x"
        other = order_row(line_no="20", salesperson="Marc", **{"Modifié le": "y"})
        error = refused("order", one, other, rules=rules)
        assert error.cause == "inconsistent_header"

    def test_columns_that_are_alike(self):
        """The attribute of a record and its element of the same name are two columns."""
        header = CONTACT_HEADER.replace("Code parent", "Code parent;@Rue")
        cells = contact()
        place = header.split(";").index("@Rue")
        compiled = mapping("contact", header)
        record = compiled.convert([(2, [*cells[:place], "elsewhere", *cells[place:]])])
        assert record["street"] == mapping("contact").convert([(2, cells)])["street"]

    def test_missing_joined_column(self):
        rule = FieldRule("Rue", "street", more=("Étage",))
        with pytest.raises(MappingError, match="“Étage”") as caught:
            mapping("contact", rules=self.rules(rule))
        assert caught.value.missing == ("Étage",)
        optional = FieldRule("Rue", "street", more=("Étage",), required=False)
        assert mapping("contact", rules=self.rules(optional)).absent == ["Rue"]

    def test_fingerprint_follows_join_and_split(self):
        prints = {
            mapping("contact", rules=self.rules(rule)).fingerprint
            for rule in (
                FieldRule("Rue", "street"),
                FieldRule("Rue", "street", ownership="fill"),
                FieldRule("Rue", "street", more=("Complément",)),
                FieldRule("Rue", "street", more=("Complément",), separator=","),
                FieldRule("Rue", "street", part=1),
                FieldRule("Rue", "street", part=2),
            )
        }
        assert len(prints) == 5, "who owns a field says nothing about how a row is converted"


class TestProblems:
    def problems(self, *rules, header=CONTACT_HEADER):
        targets = {rule.target for rule in rules}
        kept = [rule for rule in SILICON_MASTER_FR["contact"] if rule.target not in targets]
        found = find_problems(
            CONTRACTS["contact"], header.split(";") if header else None, [*kept, *rules]
        )
        return [(problem.code, problem.target) for problem in found]

    def test_none(self):
        assert self.problems() == []

    def test_all_at_once(self):
        assert self.problems(
            FieldRule("Rue", "street", more=("Localité",), part=1),
            FieldRule("", "city"),
            FieldRule("Étage", "street2"),
            FieldRule("Site web", "website", "text", {"max_length": -1}),
            FieldRule("Pays", "country_code", "country", {"names": {"Be": "Belgium"}}),
            FieldRule("Nom", "name", ownership="ignore"),
        ) == [
            ("join_and_split", "street"),
            ("no_column", "city"),
            ("missing_columns", "street2"),
            ("unfit_param", "website"),
            ("not_a_country", "country_code"),
            ("mandatory_unfed", "name"),
        ]

    def test_without_a_file(self):
        assert self.problems(FieldRule("Étage", "street2"), header=None) == []

    def test_optional_column(self):
        assert self.problems(FieldRule("Étage", "street2", required=False)) == []
        assert self.problems(FieldRule("Firma", "name", required=False)) == [
            ("missing_columns", "name")
        ]

    def test_file_of_changes_needs_its_key_only(self):
        contract = CONTRACTS["contact"]
        rules = [FieldRule("Téléphone", "phone"), FieldRule("GSM", "mobile")]
        found = find_problems(contract, ["Téléphone"], rules, is_partial=True)
        assert [(problem.code, problem.target) for problem in found] == [
            ("mandatory_unfed", "code")
        ]
        rules.append(FieldRule("Code", "code"))
        assert not find_problems(contract, ["Code", "Téléphone"], rules, is_partial=True)

    def test_names_of_xml_elements(self):
        """``N° TVA`` is no name of an element; ``N_TVA`` stands for it."""
        header = CONTACT_HEADER.replace("N° TVA", "N_TVA").replace("Code postal", "Code_postal")
        assert self.problems(header=header) == []


def _target(rule):
    return rule.target


class TestContact:
    def test_kind_is_one_of_ours(self):
        rules = [
            FieldRule("Type", "kind", "lookup", {"table": {"S": "firm"}})
            if rule.target == "kind"
            else rule
            for rule in SILICON_MASTER_FR["contact"]
        ]
        error = refused("contact", contact(), rules=rules)
        assert (error.cause, error.field) == ("unknown_value", "Type")

    def test_whole_row(self):
        record = mapping("contact").convert(
            [
                (
                    2,
                    contact(
                        kind="L",
                        parent_code=" 0000001 ",
                        name="  <b>Dépôt</b>'; --  ",
                        is_customer="O",
                        is_supplier="N",
                        street="Rue\nHaute 1",
                        zip="04000",
                        city="Liège",
                        country_code="Belgique",
                        lang="F",
                        vat="BE 0403.170.701",
                        phone="04/222.33.44",
                        blocked="O",
                        remarks='2e étage\r\nsonner "fort"',
                    ),
                )
            ]
        )
        assert record == {
            "code": "0012345",
            "kind": "delivery",
            "parent_code": "0000001",
            "name": "<b>Dépôt</b>'; --",
            "name2": "",
            "is_customer": True,
            "is_supplier": False,
            "is_professional": False,
            "street": "Rue Haute 1",
            "street2": "",
            "zip": "04000",
            "city": "Liège",
            "country_code": "BE",
            "lang": "fr",
            "vat": "BE 0403.170.701",
            "phone": "04/222.33.44",
            "mobile": "",
            "email": "",
            "website": "",
            "blocked": True,
            "remarks": '2e étage\nsonner "fort"',
        }
        assert json.loads(json.dumps(record)) == record

    @pytest.mark.parametrize(
        ("values", "cause", "field", "value"),
        [
            ({"name": "  "}, "missing_name", "Nom", ""),
            ({"code": ""}, "missing_code", "Code", ""),
            ({"kind": ""}, "missing_kind", "Type", ""),
            ({"kind": "Z"}, "unknown_value", "Type", "Z"),
            ({"kind": "C"}, "missing_parent", "Code parent", ""),
            ({"kind": "L"}, "missing_parent", "Code parent", ""),
            ({"kind": "F"}, "missing_parent", "Code parent", ""),
            ({"parent_code": " 0012345"}, "own_parent", "Code parent", "0012345"),
            ({"name": "x" * 257}, "too_long", "Nom", "x" * 257),
            ({"code": "9" * 300}, "code_too_long", "Code", "9" * 300),
            ({"country_code": "Syldavie"}, "unknown_country", "Pays", "Syldavie"),
            ({"is_customer": "peut-être"}, "bad_boolean", "Client", "peut-être"),
        ],
    )
    def test_refused(self, values, cause, field, value):
        error = refused("contact", contact(**values))
        assert (error.cause, error.field, error.value, error.line) == (cause, field, value, 12)
        assert len(error.message) < 400

    def test_repeated_key(self):
        error = refused("contact", contact(), contact(name="Autre"))
        assert error.cause == "repeated_key"
        assert "lines 12, 13" in error.message and error.value == "0012345"


class TestArticle:
    def test_whole_row(self):
        record = mapping("article").convert(
            [
                (
                    2,
                    article(
                        ean=" 0541234567890 ",
                        price="1.299,95",
                        cost="",
                        vat_rate="21,00",
                        discontinued="O",
                        stock_total="15",
                        stocks="LIE:3/1|DEP:12/0",
                        incoming="12/01/2027:10",
                        restock="DP à communiquer",
                    ),
                )
            ]
        )
        assert record["ean"] == "0541234567890"
        assert (record["price"], record["cost"], record["vat_rate"]) == ("1299.95", None, "21")
        assert record["discontinued"] is True
        assert record["stocks"] == [["DEP", 12, 0], ["LIE", 3, 1]]
        assert record["incoming"] == [["2027-01-12", 10]]
        assert (record["restock_state"], record["restock_date"]) == ("unknown", None)
        assert "restock" not in record

    @pytest.mark.parametrize(
        ("values", "cause", "field"),
        [
            ({"price": "-1"}, "negative_price", "Prix de vente HTVA"),
            ({"cost": "12,5-"}, "negative_price", "Prix d'achat"),
            ({"price": "gratuit"}, "bad_number", "Prix de vente HTVA"),
            ({"vat_rate": "210"}, "bad_vat_rate", "Taux TVA"),
            ({"restock": "31/02/2027"}, "bad_date", "Date de réappro"),
            ({"stocks": "LIE"}, "bad_list", "Stock magasins"),
            ({"name": ""}, "missing_name", "Désignation"),
        ],
    )
    def test_refused(self, values, cause, field):
        error = refused("article", article(**values))
        assert (error.cause, error.field) == (cause, field)
        assert error.value == next(iter(values.values()))

    def test_article_without_restock_column(self):
        rules = [rule for rule in SILICON_MASTER_FR["article"] if rule.target != "restock"]
        assert "restock_state" not in mapping("article", rules=rules).convert([(2, article())])


class TestOrder:
    def test_grouped(self):
        record = mapping("order").convert(
            [
                (5, order_row(line_no="20", article_code="", qty="0", name="Sonner\n2 fois")),
                (
                    4,
                    order_row(line_no="10", qty="2", line_expected_date="01/02/2027", vat_rate="6"),
                ),
            ]
        )
        assert record["number"] == "C1" and record["date"] == "2027-01-12"
        assert record["expected_date"] is None
        first, note = record["lines"]
        assert (first["line_no"], first["kind"], first["qty"]) == (10, "article", "2")
        assert (first["expected_date"], first["vat_rate"]) == ("2027-02-01", "6")
        assert (note["kind"], note["name"]) == ("note", "Sonner\n2 fois")
        assert not {"line_no", "qty", "article_code"} & set(record)
        assert json.loads(json.dumps(record)) == record

    def test_rows_that_only_differ_in_writing_agree(self):
        rows = [
            order_row(deposit="12,50", customer_ref="réf "),
            order_row(deposit="12.5", line_no="20", customer_ref="réf"),
        ]
        assert mapping("order").convert(list(enumerate(rows, 2)))["deposit"] == "12.5"

    def test_inconsistent_rows(self):
        rows = order_row(), order_row(line_no="20"), order_row(line_no="30", customer_code="0099")
        error = refused("order", *rows)
        assert (error.cause, error.field, error.line) == ("inconsistent_header", "Code client", 14)
        assert "“0012345” on line 12" in error.message and "“0099” here" in error.message

    @pytest.mark.parametrize(
        ("values", "cause", "field", "value"),
        [
            ({"line_no": "10,0"}, "duplicate_line", "Ligne", "10"),
            ({"line_no": "20", "qty": "-1"}, "negative_quantity", "Quantité", "-1"),
            (
                {"line_no": "20", "qty_delivered": "-1"},
                "negative_quantity",
                "Quantité livrée",
                "-1",
            ),
            ({"line_no": "20", "article_code": ""}, "missing_article", "Code article", ""),
            ({"line_no": "20", "date": "31/02/2027"}, "bad_date", "Date", "31/02/2027"),
            (
                {"line_no": "20", "line_expected_date": "31/02/2027"},
                "bad_date",
                "Date prévue ligne",
                "31/02/2027",
            ),
            ({"line_no": "20", "discount": "150"}, "bad_discount", "Remise %", "150"),
            ({"line_no": "20", "vat_rate": "2100"}, "bad_vat_rate", "Taux TVA", "2100"),
            ({"line_no": "x"}, "bad_number", "Ligne", "x"),
        ],
    )
    def test_second_row_refused(self, values, cause, field, value):
        error = refused("order", order_row(), order_row(**values))
        assert (error.cause, error.field, error.value, error.line) == (cause, field, value, 13)

    @pytest.mark.parametrize("name", ["date", "customer_code", "status_code", "number"])
    def test_mandatory(self, name):
        error = refused("order", order_row(**{name: " "}))
        assert (error.cause, error.line) == (f"missing_{name}", 12)

    def test_amounts_that_do_not_add_up_are_not_a_row_error(self):
        record = mapping("order").convert(
            [(2, order_row(amount="10", amount_untaxed="99", amount_total="1"))]
        )
        assert record["amount_untaxed"] == "99"

    def test_negative_deposit(self):
        assert refused("order", order_row(deposit="-5")).cause == "negative_amount"

    def test_lines_without_number_are_numbered_by_position(self):
        rows = [order_row(line_no=""), order_row(line_no="")]
        record = mapping("order").convert(list(enumerate(rows, 2)))
        assert [line["line_no"] for line in record["lines"]] == [1, 2]
        rules = [rule for rule in SILICON_MASTER_FR["order"] if rule.target != "line_no"]
        record = mapping("order", rules=rules).convert(list(enumerate(rows, 2)))
        assert [line["line_no"] for line in record["lines"]] == [1, 2]


class TestRowError:
    def test_message_names_what_is_known(self):
        assert RowError("x", "is bad", "Nom", "v", 3).message == (
            "Line 3, column “Nom”, value “v”: is bad."
        )
        assert RowError("x", "is bad", "Nom").message == "Column “Nom”: is bad."
        assert RowError("x", "is bad").message == "Is bad."

    def test_message_shows_long_values_shortened(self):
        message = RowError("x", "is bad", "Nom", "a\n" * 5_000, 3).message
        assert len(message) < 200 and "\n" not in message
