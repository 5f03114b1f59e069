import pytest

from odoo.addons.omnichannel_inbox import search_terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Canapé d'été", ["canape", "d", "ete"]),
        ("Straße ŒUVRE", ["strasse", "œuvre"]),
        ("jan.peeters@acme-home.be", ["jan", "peeters", "acme", "home", "be"]),
        ("a_b\0c\n", ["a", "b", "c"]),
        ("Привет 你好", ["привет", "你好"]),
        ("", []),
        (None, []),
    ],
)
def test_words(text, words):
    assert search_terms.words(text) == words


def test_numbers_are_found_as_they_are_typed():
    assert {"s00045", "00045", "45"} <= set(search_terms.numbers("S00045"))
    assert {"2026", "000123", "123"} <= set(search_terms.numbers("2026/000123"))
    assert search_terms.numbers(None) == []


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("+32 475 12 34 56", "32475123456"),
        ("0032 475 12 34 56", "32475123456"),
        ("0475/12.34.56", "475123456"),
        ("(0475) 12", "47512"),
        ("12", None),
        ("S00045", None),
        ("0475 12 abc", None),
    ],
)
def test_digits(typed, digits):
    assert search_terms.digits(typed) == digits


def test_a_number_is_kept_as_it_is_dialled_from_near_and_far():
    kept = search_terms.phone("+32475123456")
    for typed in ("+32475123456", "0032 475 12 34 56", "0475 12 34 56"):
        found = search_terms.digits(typed)
        assert any(number.startswith(found) for number in kept), typed


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Dupont cana", "'dupont':* & 'cana':*"),
        ("dupont Dupont", "'dupont':*"),
        ("l Peeters", "'peeters':*"),
        ("0475 12", "('0475':* & '12':*) | '47512':*"),
        ("2026/000123", "('2026':* & '000123':*) | '2026000123':*"),
        ("'; DROP TABLE x --", "'drop':* & 'table':*"),
        ("a", None),
        ("a b", None),
        ("7", None),
        ("!", None),
        ("", None),
        (None, None),
    ],
)
def test_query(typed, query):
    assert search_terms.query(typed) == query


def test_terms_are_cut_between_words():
    text = " ".join(f"word{number}" for number in range(10_000))
    kept = search_terms.terms(text)
    assert len(kept) <= search_terms.TERMS_MAX
    assert set(kept.split()) <= set(text.split())
    assert search_terms.terms("b a b", "a c") == "b a c"
