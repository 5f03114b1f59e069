"""A mapping as JSON, and what changes between two exports."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.sm_connector.contract import (
    CONTRACTS,
    CONVERTERS,
    SHIPPED,
    FieldRule,
    MappingError,
)
from odoo.addons.sm_connector.contract.drift import compare_failures, compare_headers
from odoo.addons.sm_connector.contract.exchange import (
    mapping_from_json,
    mapping_to_json,
    rule_from_json,
    rule_to_json,
)

CONTACT = CONTRACTS["contact"]
FREE = [item.name for item in CONTACT.fields if item.name not in CONTACT.key_fields]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
RULES = st.builds(
    FieldRule,
    source=st.text(max_size=8),
    target=st.sampled_from(FREE),
    converter=st.sampled_from(["", *CONVERTERS]),
    params=st.dictionaries(st.text(max_size=5), VALUES, max_size=3),
    required=st.booleans(),
    more=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    separator=st.text(max_size=3),
    part=st.integers(-1000, 1000),
    ownership=st.sampled_from(["master", "fill", "ignore"]),
)


class TestExchange:
    @given(st.lists(RULES, max_size=6, unique_by=lambda rule: rule.target))
    @settings(derandomize=True, max_examples=100, deadline=None)
    def test_round_trip(self, rules):
        text = json.dumps(mapping_to_json("contact", rules))
        assert mapping_from_json(CONTACT, json.loads(text)) == rules
        assert [rule_from_json(rule_to_json(rule)) for rule in rules] == rules

    @given(VALUES)
    @settings(derandomize=True, max_examples=200, deadline=None)
    def test_anything_else_is_refused_with_a_sentence(self, value):
        for document in (
            value,
            {
                "format": "silicon-master-mapping",
                "version": 1,
                "entity": "contact",
                "fields": value,
            },
            {"format": "silicon-master-mapping", "version": 1, "entity": "contact"}
            | {"fields": [value, {"target": "name", "part": value, "more": value}]},
        ):
            try:
                mapping_from_json(CONTACT, document)
            except MappingError as error:
                assert error.code and str(error).endswith(".")

    def test_usual_settings_are_left_out(self):
        rules = [FieldRule("Nom", "name"), FieldRule("Rue", "street", ownership="fill")]
        assert mapping_to_json("contact", rules)["fields"] == [
            {"target": "name", "source": "Nom"},
            {"target": "street", "source": "Rue", "ownership": "fill"},
        ]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"entity": "order"}, "other_entity"),
            ({"version": 2}, "unreadable"),
            ({"format": "other"}, "unreadable"),
            ({"fields": {}}, "unreadable"),
            ({"fields": [{"source": "Nom"}]}, "unreadable"),
            ({"fields": [{"target": "name", "quelle": "Nom"}]}, "unreadable"),
            ({"fields": [{"target": "name", "part": True}]}, "unreadable"),
            ({"fields": [{"target": "name", "more": [1]}]}, "unreadable"),
            ({"fields": [{"target": "name", "ownership": "mine"}]}, "unreadable"),
            ({"fields": [{"target": "nom"}]}, "unknown_target"),
            ({"fields": [{"target": "name"}, {"target": "name"}]}, "target_twice"),
            ({"fields": [{"target": "name", "converter": "texte"}]}, "unknown_converter"),
            ({"fields": [{"target": "code", "ownership": "fill"}]}, "owner"),
        ],
    )
    def test_refused(self, changes, code):
        document = mapping_to_json("contact", SHIPPED["silicon_master_fr"].rules["contact"])
        with pytest.raises(MappingError) as caught:
            mapping_from_json(CONTACT, document | changes)
        assert caught.value.code == code


class TestDrift:
    def test_same(self):
        assert not compare_headers(["Code", "N° TVA"], ["n_tva", " CODE ", ""])

    def test_new_vanished_renamed(self):
        found = compare_headers(
            ["Code", "Téléphone", "Remarques"], ["Code", "Téléphones", "Code NACE"]
        )
        assert found.renamed == (("Téléphone", "Téléphones"),)
        assert found.new == ("Code NACE",)
        assert found.vanished == ("Remarques",)
        assert json.dumps(found.to_json())

    def test_the_nearest_is_the_renamed_one(self):
        found = compare_headers(["Adresse"], ["Adresse 2", "Adresses"])
        assert found.renamed == (("Adresse", "Adresses"),)
        assert found.new == ("Adresse 2",)

    def test_values(self):
        assert compare_failures({}, {"Pays": 3, "Date": 2}, 10) == (("Pays", 3),)
        assert compare_failures({"Pays": 1}, {"Pays": 9}, 10) == ()
        assert compare_failures({}, {}, 0) == ()

    @given(st.lists(st.text(max_size=6), max_size=6), st.lists(st.text(max_size=6), max_size=6))
    @settings(derandomize=True, max_examples=200, deadline=None)
    def test_nothing_is_said_twice(self, before, now):
        found = compare_headers(before, now)
        gone = [*found.vanished, *(old for old, _new in found.renamed)]
        come = [*found.new, *(new for _old, new in found.renamed)]
        assert len(set(gone)) == len(gone) and set(gone) <= set(before)
        assert len(set(come)) == len(come) and set(come) <= set(now)
        assert not compare_headers(now, now)
