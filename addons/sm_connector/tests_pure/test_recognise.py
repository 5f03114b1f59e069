"""Which column of an unknown export feeds which field."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sm_files import ARTICLE_HEADER, CONTACT_HEADER, ORDER_HEADER

from odoo.addons.sm_connector.contract import CONTRACTS, SHIPPED, FieldRule, recognise

HEADERS = {"contact": CONTACT_HEADER, "article": ARTICLE_HEADER, "order": ORDER_HEADER}
SHIPPED_RULES = {
    entity: [shipped.rules[entity] for shipped in SHIPPED.values()] for entity in HEADERS
}


def found(entity, header, *rows, mappings=None):
    """Return field → (column, how)."""
    names = header.split(";")
    cells = [row.split(";") for row in rows]
    known = SHIPPED_RULES[entity] if mappings is None else mappings
    proposals = recognise(CONTRACTS[entity], names, cells, known)
    assert {target: proposal.target for target, proposal in proposals.items()} == {
        target: target for target in proposals
    }
    return {target: (proposal.column, proposal.how) for target, proposal in proposals.items()}


class TestNames:
    @pytest.mark.parametrize("entity", sorted(HEADERS))
    def test_agreed_export(self, entity):
        rules = SHIPPED["silicon_master_fr"].rules[entity]
        result = found(entity, HEADERS[entity])
        assert result == {rule.target: (rule.source, "exact") for rule in rules}

    @pytest.mark.parametrize("name", sorted(SHIPPED))
    def test_every_shipped_dialect(self, name):
        for entity, rules in SHIPPED[name].rules.items():
            if entity in HEADERS:
                header = ";".join(rule.source for rule in reversed(rules))
                result = found(entity, header, mappings=SHIPPED_RULES[entity])
                assert result == {rule.target: (rule.source, "exact") for rule in rules}

    def test_people_call_it_otherwise(self):
        result = found(
            "contact", "N° client;Dénomination;CP;Commune;Portable;Courriel;BTW-nummer;Taal"
        )
        assert result == {
            "code": ("N° client", "synonym"),
            "name": ("Dénomination", "synonym"),
            "zip": ("CP", "synonym"),
            "city": ("Commune", "synonym"),
            "mobile": ("Portable", "synonym"),
            "email": ("Courriel", "synonym"),
            "vat": ("BTW-nummer", "synonym"),
            "lang": ("Taal", "synonym"),
        }

    def test_a_name_that_resembles_is_only_proposed(self):
        proposals = recognise(
            CONTRACTS["contact"], ["Telefone", "Code postale"], [], SHIPPED_RULES["contact"]
        )
        assert {proposal.how for proposal in proposals.values()} == {"similar"}
        assert proposals["phone"].column == "Telefone"
        assert proposals["zip"].column == "Code postale"
        assert not any(proposal.is_sure for proposal in proposals.values())

    def test_nothing_resembles(self):
        assert found("contact", "Xyz;Qwertz") == {}

    def test_mapping_in_use_counts_as_exact(self):
        assert found("contact", "Champ 12", mappings=[[FieldRule("Champ 12", "fax")]]) == {}
        result = found("contact", "Champ 12", mappings=[[FieldRule("Champ 12", "zip")]])
        assert result == {"zip": ("Champ 12", "exact")}

    def test_columns_of_lines(self):
        result = found("order", "Number;Lines/Line/Number;Notes;Lines/Line/Description")
        assert result["number"][0] == "Number"
        assert result["line_no"][0] == "Lines/Line/Number"
        assert result["remarks"][0] == "Notes"
        assert result["name"][0] == "Lines/Line/Description"

    def test_a_name_that_stands_twice_is_never_proposed(self):
        assert "name" not in found("contact", "Code;Nom;NOM")


class TestValues:
    def test_values_nobody_can_mistake(self):
        result = found(
            "contact",
            "A;B;C;D;E",
            "BE 0403.170.701;jean@exemple.be;+32 4 222 33 44;Belgique;www.exemple.be",
            "FR 40 303 265 045;a.b@c.fr;0475 12 34 56;FR;",
        )
        assert result["vat"] == ("A", "similar")
        assert result["email"] == ("B", "similar")
        assert result["phone"][0] == "C"
        assert result["country_code"] == ("D", "similar")

    def test_values_refute_a_name(self):
        """A column called VAT that holds rates is none of VAT numbers."""
        by_name = recognise(CONTRACTS["contact"], ["TVA"], [], SHIPPED_RULES["contact"])
        assert by_name["vat"].is_sure
        rates = [["21"], ["6"], ["21"]]
        assert "vat" not in recognise(
            CONTRACTS["contact"], ["TVA"], rates, SHIPPED_RULES["contact"]
        )

    def test_empty_values_say_nothing(self):
        assert found("contact", "TVA;E-mail", ";", ";")["vat"] == ("TVA", "synonym")

    def test_dates_are_no_text(self):
        assert "name" not in found("contact", "Noms", "12/01/2027", "13/01/2027")

    def test_lists(self):
        result = found("article", "X;Y", "LIE:3/1|NAM:0;16/11/2026:4", "LIE:1/0;02/12/2026:10")
        assert result == {"stocks": ("X", "similar"), "incoming": ("Y", "similar")}

    def test_short_rows(self):
        assert found("contact", "Code;Nom", "1", "")["name"] == ("Nom", "exact")


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    entity=st.sampled_from(sorted(HEADERS)),
    header=st.lists(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from([*CONTACT_HEADER.split(";"), *ORDER_HEADER.split(";")]),
        ),
        max_size=12,
    ),
    cell=st.text(max_size=12),
)
def test_no_column_is_proposed_twice(entity, header, cell):
    rows = [[cell] * len(header), header]
    proposals = recognise(CONTRACTS[entity], header, rows, SHIPPED_RULES[entity])
    columns = [proposal.column for proposal in proposals.values()]
    assert len(columns) == len(set(columns))
    assert set(columns) <= set(header)
    assert all(0 < proposal.score <= 1 for proposal in proposals.values())
    assert proposals == recognise(CONTRACTS[entity], header, rows, SHIPPED_RULES[entity])
