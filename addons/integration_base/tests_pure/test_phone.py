"""Telephone numbers as they stand in real address books."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_base.tools import phone

# what was typed, the customer's country, E.164 of every number in the cell
CELLS = [
    # Belgium
    ("04/222.33.44", "BE", ["+3242223344"]),
    ("04 222 33 44", "BE", ["+3242223344"]),
    ("04-222-33-44", "BE", ["+3242223344"]),
    ("042223344", "BE", ["+3242223344"]),
    ("(04) 222.33.44", "BE", ["+3242223344"]),
    ("+32 4 222 33 44", "BE", ["+3242223344"]),
    ("+32 (0)4 222 33 44", "BE", ["+3242223344"]),
    ("+32 04 222 33 44", None, ["+3242223344"]),
    ("+32/4/222.33.44", None, ["+3242223344"]),
    ("0032 4 222 33 44", "BE", ["+3242223344"]),
    ("00 32 (0) 4 / 222 33 44", None, ["+3242223344"]),
    ("++3242223344", None, ["+3242223344"]),
    ("32 4 222 33 44", "BE", ["+3242223344"]),
    ("0475/12.34.56", "BE", ["+32475123456"]),
    ("(0)475/123456", "BE", ["+32475123456"]),
    ("475123456", "BE", ["+32475123456"]),
    ("32475123456", None, ["+32475123456"]),
    ("O475 12 34 56", "BE", ["+32475123456"]),
    ("02/345.67.89", "BE", ["+3223456789"]),
    ("087/11.22.33", "BE", ["+3287112233"]),
    ("0800 12345", "BE", ["+3280012345"]),
    # France
    ("01 42 68 53 00", "FR", ["+33142685300"]),
    ("01.42.68.53.00", "FR", ["+33142685300"]),
    ("+33 (0)1 42 68 53 00", "BE", ["+33142685300"]),
    ("06-12-34-56-78", "FR", ["+33612345678"]),
    ("33 6 12 34 56 78", "BE", ["+33612345678"]),
    ("0033 6 12 34 56 78", "BE", ["+33612345678"]),
    # Netherlands
    ("06-12345678", "NL", ["+31612345678"]),
    ("06 - 12 34 56 78", "NL", ["+31612345678"]),
    ("020-7940000", "NL", ["+31207940000"]),
    ("+31 (0)20 794 00 00", "BE", ["+31207940000"]),
    ("043 321 45 67", "NL", ["+31433214567"]),
    # Luxembourg: short numbers, no prefix
    ("26 12 34", "LU", ["+352261234"]),
    ("(+352) 26 12 34 56", "BE", ["+35226123456"]),
    ("621 123 456", "LU", ["+352621123456"]),
    # Germany: any length, direct dial behind a dash
    ("0221/123456-0", "DE", ["+492211234560"]),
    ("030 / 901820", "DE", ["+4930901820"]),
    ("+49 (0) 241 / 47 11 - 0", "BE", ["+4924147110"]),
    ("0171 1234567", "DE", ["+491711234567"]),
    # United Kingdom
    ("020 7946 0958", "GB", ["+442079460958"]),
    ("+44 (0)20 7946 0958", "BE", ["+442079460958"]),
    ("(0121) 234 5678", "GB", ["+441212345678"]),
    ("07400 123456", "GB", ["+447400123456"]),
    # copied from elsewhere: invisible marks, hard spaces, dashes, full-width figures
    ("\u202a+32\u00a0475\u00a012\u00a034\u00a056\u202c", None, ["+32475123456"]),
    ("\ufeff04/222\u201133\u201344", "BE", ["+3242223344"]),
    ("４７５ 12 34 56", "BE", ["+32475123456"]),
    ("tel:+32-4-222-33-44", None, ["+3242223344"]),
    # words around it
    ("bureau 04/222.33.44", "BE", ["+3242223344"]),
    ("Tél.: 04 222 33 44 (le matin)", "BE", ["+3242223344"]),
    ("GSM0475/123456", "BE", ["+32475123456"]),
    ("0475 12 34 56 Jean", "BE", ["+32475123456"]),
    ("demander Mme. Dupont, 04 222 33 44, après 18h", "BE", ["+3242223344"]),
    # several
    ("04/222.33.44 ou 0475 12 34 56", "BE", ["+3242223344", "+32475123456"]),
    ("04/222.33.44 of 0475/12.34.56", "BE", ["+3242223344", "+32475123456"]),
    ("04/222.33.44 / 0475.12.34.56", "BE", ["+3242223344", "+32475123456"]),
    ("04/222.33.44/0475.12.34.56", "BE", ["+3242223344", "+32475123456"]),
    ("04 222 33 44 - 0475 12 34 56", "BE", ["+3242223344", "+32475123456"]),
    ("04 222 33 44 0475 12 34 56", "BE", ["+3242223344", "+32475123456"]),
    ("04/222.33.44 (0475/12.34.56)", "BE", ["+3242223344", "+32475123456"]),
    ("04/222.33.44;0475/12.34.56", "BE", ["+3242223344", "+32475123456"]),
    ("04/222.33.44\n0475/12.34.56", "BE", ["+3242223344", "+32475123456"]),
    ("+32475123456+33612345678", None, ["+32475123456", "+33612345678"]),
    ("+32 475 12 34 56 +33 6 12 34 56 78", None, ["+32475123456", "+33612345678"]),
    ("030 901820 / 0171 1234567", "DE", ["+4930901820", "+491711234567"]),
    ("01 42 68 53 00/06 12 34 56 78", "FR", ["+33142685300", "+33612345678"]),
    ("06-12345678 / 020-7940000", "NL", ["+31612345678", "+31207940000"]),
    ("04/222.33.44 et 04/222.33.44", "BE", ["+3242223344"]),
    ("04/222.33.44-45", "BE", ["+3242223344"]),
    # no number at all
    ("201", "BE", []),
    ("112", "BE", []),
    ("222.33.44", "BE", []),
    ("0475 12 34", "BE", []),
    ("12/03/2021", "BE", []),
    ("BE 0403.199.702", "BE", []),
    ("BE68 5390 0754 7034", "BE", []),
    ("0000000000", "BE", []),
    ("+32 000000000", "BE", []),
    ("0999999999", "BE", []),
    ("à compléter", "BE", []),
    ("jan@example.com", "BE", []),
    ("+", "BE", []),
    ("(", "BE", []),
    ("   ", "BE", []),
    ("04 222 33 44", None, []),
]


@pytest.mark.parametrize(("text", "country", "numbers"), CELLS)
def test_cells(text, country, numbers):
    assert [number.e164 for number in phone.parse_all(text, country)] == numbers
    assert phone.to_e164(text, country) == (numbers[0] if numbers else None)


@pytest.mark.parametrize("junk", [None, False, True, 0, 32475123456, b"0475123456", [], "", "\0"])
def test_not_even_text(junk):
    cell = junk if not isinstance(junk, list) else None
    assert phone.parse_all(cell, "BE") == ()
    assert phone.dial_form(cell, "BE") is None
    assert phone.display_form(cell, "BE") is None
    assert phone.significant_digits(cell, "BE") is None
    assert not phone.is_internal(cell)


@pytest.mark.parametrize("country", ["", "XX", "be", "Belgique"])
def test_odd_country(country):
    """An unknown country hurts nobody, a lower-case one is understood."""
    expected = "+3242223344" if country == "be" else None
    assert phone.to_e164("04/222.33.44", country) == expected
    assert phone.to_e164("+3242223344", country) == "+3242223344"


def test_fallback_country():
    assert phone.to_e164("02/345.67.89", "NL", "BE") == "+3223456789"
    assert phone.to_e164("06 12345678", "NL", "BE") == "+31612345678"


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("04 222 33 44 ext. 12", "12"),
        ("04 222 33 44 poste 12", "12"),
        ("04 222 33 44 toestel 12", "12"),
        ("04/222.33.44 (int. 12)", "12"),
        ("04/222.33.44 x12", "12"),
        ("04/222.33.44 #12", "12"),
        ("tel:+3242223344;ext=12", "12"),
        ("04/222.33.44 bte 12", ""),
        ("04/222.33.44", ""),
    ],
)
def test_extension(text, extension):
    [number] = phone.parse_all(text, "BE")
    assert (number.e164, number.extension) == ("+3242223344", extension)


@pytest.mark.parametrize("text", ["201", "12", "*62", "*62#", " 201 ", "112"])
def test_internal(text):
    assert phone.is_internal(text)
    assert phone.dial_form(text, "BE") == text.strip()
    assert phone.display_form(text, "BE") == text.strip()
    assert phone.to_e164(text, "BE") is None


@pytest.mark.parametrize("text", ["123456", "poste 12", "2 01", "*", "#", "", "+32475123456"])
def test_not_internal(text):
    assert not phone.is_internal(text)


def test_dial_form():
    assert phone.dial_form("bureau 04/222.33.44 ext. 12", "BE") == "+3242223344"
    assert phone.dial_form("rien", "BE") is None


def test_display_form():
    assert phone.display_form("+3242223344", "BE") == "04 222 33 44"
    assert phone.display_form("+3242223344", "FR") == "+32 4 222 33 44"
    assert phone.display_form("+3242223344") == "+32 4 222 33 44"
    both = phone.display_form("042223344 ou +31612345678 ext. 5", "BE")
    assert both == "04 222 33 44 / +31 6 12345678 ext. 5"


def test_number_properties():
    mobile = phone.parse("0475/12.34.56", "BE")
    assert (mobile.region, mobile.is_mobile, mobile.significant) == ("BE", True, "475123456")
    assert not phone.parse("04/222.33.44", "BE").is_mobile
    assert phone.parse("+800 1234 5678").region == "001"


def test_significant_digits():
    assert phone.significant_digits("+32 475 12 34 56") == "475123456"
    assert phone.significant_digits("75.12.34.56", "BE") == "75123456"
    assert phone.significant_digits("12345", "BE") is None
    assert phone.significant_digits("1" * 30, "BE") is None


def test_long_cell():
    """A remark pasted into the cell costs nothing, whatever is in it."""
    assert phone.to_e164("04/222.33.44 " + "0" * 1_000_000, "BE") == "+3242223344"
    assert phone.parse_all("1 2/3-" * 100_000, "BE") == ()


@given(st.text(max_size=80), st.sampled_from(["BE", "FR", "NL", "LU", "DE", "GB", None]))
def test_never_raises(text, country):
    for number in phone.parse_all(text, country):
        assert number.e164.startswith("+")
        assert number.e164[1:].isdigit()
        assert phone.to_e164(number.e164) == number.e164
        assert number.display(country)
    phone.dial_form(text, country)
    phone.significant_digits(text, country)


@given(st.text(alphabet="0123456789+()/.- oOxX#\u00a0", max_size=60))
def test_never_raises_on_figures(text):
    for number in phone.parse_all(text, "BE"):
        assert phone.to_e164(number.e164) == number.e164


@given(
    st.integers(min_value=470_000_000, max_value=479_999_999),
    st.sampled_from(["0{}", "+32{}", "0032{}", "+32 (0){}", "32{}", "GSM: 0{}", "{}"]),
    st.sampled_from(["", " ", ".", "-", "/"]),
)
def test_same_key_for_every_notation(digits, notation, separator):
    text = str(digits)
    grouped = separator.join([text[:3], text[3:5], text[5:7], text[7:]])
    if len(set(text[-6:])) > 1:
        assert phone.to_e164(notation.format(grouped), "BE") == f"+32{text}"
