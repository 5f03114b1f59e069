"""What rules and variables find in an answer."""

import pytest

from simulators.threecx.template_engine.json_paths import matches, value_of

PEOPLE = {
    "id": "envelope",
    "result": {
        "total": 2,
        "people": [
            {
                "id": 1,
                "name": "Anne",
                "is_company": False,
                "none": None,
                "score": 4.5,
                "phones": [
                    {"type": "work", "number": "02"},
                    {"type": "mobile", "number": "0475"},
                ],
                "mails": [{"address": "a@b"}],
            },
            {"id": 2, "name": "Bob", "is_company": True, "phones": [], "home": {"town": "Liège"}},
        ],
    },
}  # fmt: skip
ANY = [("result.people.id", None)]


def values(document, path, rules=(), wanted=ANY):
    return [value_of(match, path, rules) for match in matches(document, wanted)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("result.people.id", ["1", "2"]),
        ("result.people.name", ["Anne", "Bob"]),
        ("result.people.is_company", ["False", "True"]),
        ("result.people.none", ["", ""]),
        ("result.people.score", ["4.5", ""]),
        ("result.people.home.town", ["", "Liège"]),
        ("result.total", ["2", "2"]),
        ("id", ["envelope", "envelope"]),
        ("people.id", ["", ""]),
        ("result.people.0.id", ["", ""]),
        ("result.people.phones.0.number", ["", ""]),
        # an array of one gives its element, an array of several nothing
        ("result.people.mails.address", ["a@b", ""]),
        ("result.people.phones.number", ["", ""]),
    ],
)
def test_values(path, expected):
    assert values(PEOPLE, path) == expected


def test_filter():
    mobile = [("result.people.phones.type", "mobile")]
    assert values(PEOPLE, "result.people.phones.number", mobile) == ["0475", ""]
    first = [("result.people.phones.number", None)]
    assert values(PEOPLE, "result.people.phones.number", first) == ["02", ""]
    # relative to the element, as one might believe
    assert values(PEOPLE, "result.people.phones.number", [("phones.type", "mobile")]) == ["", ""]


def test_filter_of_a_single_value():
    person = {"id": 1, "kind": "home", "phone": "02"}
    assert values(person, "phone", [("kind", "home")], wanted=[("id", None)]) == ["02"]
    assert values(person, "phone", [("kind", "work")], wanted=[("id", None)]) == [""]


def test_rules_choose_matches():
    companies = [("result.people.is_company", "True")]
    assert values(PEOPLE, "result.people.name", wanted=companies) == ["Bob"]
    both = [*ANY, ("result.total", "2"), ("result.people.name", "Anne")]
    assert values(PEOPLE, "result.people.id", wanted=both) == ["1"]
    assert values(PEOPLE, "result.people.id", wanted=[("result.people.fax", None)]) == []


def test_rule_on_the_array_itself():
    rules = [("people", None)]
    assert values({"people": [{"id": 1}, {"id": 2}]}, "people.id", wanted=rules) == ["1", "2"]
    assert matches({"people": []}, rules) == []


def test_array_is_the_root():
    document = [{"id": 1, "phone": "02"}, {"id": 2}]
    assert values(document, "phone", wanted=[("id", None)]) == ["02", ""]
    assert matches([], [("id", None)]) == []


def test_one_object():
    document = {"id": 9, "name": "Carla"}
    assert values(document, "name", wanted=[("id", None)]) == ["Carla"]
    assert values({"id": None}, "id", wanted=[("id", None)]) == []
    assert values({"token": "t"}, "token", wanted=[]) == ["t"]


@pytest.mark.parametrize("document", [None, 3, "text", {"people": "none"}, {"people": {"id": ""}}])
def test_answers_of_another_shape(document):
    assert matches(document, [("people.id", None)]) == []
