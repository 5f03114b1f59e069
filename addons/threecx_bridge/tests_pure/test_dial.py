"""Numbers as people type them in ten countries, and what is dialled for them (numbers.csv).

The columns of the table: what was typed by somebody of ``country``; the error, or the number and
what is dialled for it: with a rule of his own country in each style, and from Belgium as a national
number behind an outside line (``0``).
"""

import csv
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.threecx_bridge.threecx.dial import CODES, STYLES, DialError, DialRule, dial

TABLE = list(csv.DictReader(Path(__file__).with_name("numbers.csv").open(encoding="utf-8")))
GOOD = [row for row in TABLE if not row["error"]]
OUTSIDE = [row for row in GOOD if row["e164"]]
FROM_BELGIUM = DialRule("BE", "national", outside_prefix="0")


def named(row):
    return f"{row['country']} {row['typed']}"


def test_the_table_is_as_large_as_promised():
    assert len(OUTSIDE) >= 300
    assert len({row["country"] for row in OUTSIDE}) == 10
    assert {row["error"] for row in TABLE} == {*CODES, ""}
    typed = [(row["country"], row["typed"]) for row in TABLE]
    assert len(typed) == len(set(typed))


@pytest.mark.parametrize("row", OUTSIDE, ids=named)
def test_the_table_agrees_with_phonenumbers(row):
    number = phonenumbers.parse(row["e164"])
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.region_code_for_number(number) == row["country"]
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert phonenumbers.normalize_digits_only(national) == row["dial_national"]
    # the library's own way of dialling from the country and from another one
    abroad = phonenumbers.format_out_of_country_calling_number(number, "BE")
    if row["country"] != "BE":
        assert "0" + phonenumbers.normalize_digits_only(abroad) == row["dial_from_belgium"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("row", GOOD, ids=named)
def test_at_home(row, style):
    dialled = dial(row["typed"], DialRule(row["country"], style))
    assert (dialled.number, dialled.e164) == (row[f"dial_{style}"], row["e164"])


@pytest.mark.parametrize("row", OUTSIDE, ids=named)
def test_a_foreign_customer_called_from_belgium(row):
    dialled = dial(row["typed"], FROM_BELGIUM, row["country"])
    assert (dialled.number, dialled.e164) == (row["dial_from_belgium"], row["e164"])


@pytest.mark.parametrize("row", [row for row in TABLE if row["error"]], ids=named)
def test_what_is_wrong(row):
    with pytest.raises(DialError) as caught:
        dial(row["typed"], DialRule(row["country"]))
    assert caught.value.code == row["error"]


def test_all_numbers_of_the_cell_are_named():
    with pytest.raises(DialError) as caught:
        dial("04 222 33 44 / 06-12345678", DialRule("BE"), "NL")
    assert caught.value.numbers == ("04 222 33 44", "+31 6 12345678")


@pytest.mark.parametrize("typed", [None, False, "", "   ", "\u200e", "tel:"])
def test_nothing(typed):
    with pytest.raises(DialError) as caught:
        dial(typed, DialRule("BE"))
    assert caught.value.code == "empty"


def test_a_pasted_page_is_not_studied():
    with pytest.raises(DialError) as caught:
        dial("0475123456" * 100_000, DialRule("BE"))
    assert caught.value.code == "too_long"


@pytest.mark.parametrize(
    ("rule", "dialled"),
    [
        (DialRule("BE"), "+32475123456"),
        (DialRule("BE", "00"), "0032475123456"),
        (DialRule("BE", "national"), "0475123456"),
        (DialRule("BE", "e164", "0"), "00032475123456"),
        (DialRule("BE", "00", "9"), "90032475123456"),
        (DialRule("BE", "national", "0"), "00475123456"),
        (DialRule("FR", "national"), "0032475123456"),
    ],
)
def test_rules(rule, dialled):
    assert dial("+32 475 12 34 56", rule).number == dialled


@pytest.mark.parametrize("style", STYLES)
def test_an_extension_gets_no_prefix(style):
    for short in ("201", "112", "*62", "#31#"):
        assert dial(short, DialRule("BE", style, "0")).number == short


def test_how_long_an_extension_is():
    assert dial("12345", DialRule("BE")).number == "12345"
    with pytest.raises(DialError) as caught:
        dial("12345", DialRule("BE", internal_max_digits=3))
    assert caught.value.code == "too_short"


def test_the_next_number_of_the_house_is_not_a_digit_too_many():
    assert dial("04 222 33 44-45", DialRule("BE")).number == "+3242223344"
    assert dial("04 222 33 44 / 46", DialRule("BE")).number == "+3242223344"


def test_a_new_range_is_dialled():
    """Who calls us from a range that the library does not know can be called back."""
    number = "+32 999 99 12 34"
    assert not phonenumbers.is_valid_number(phonenumbers.parse(number))
    assert phonenumbers.is_possible_number(phonenumbers.parse(number))
    assert dial(number, DialRule("BE")).number == "+32999991234"


def test_display():
    assert dial("+32475123456", DialRule("BE")).display == "0475 12 34 56"
    assert dial("+31612345678", DialRule("BE")).display == "+31 6 12345678"
    assert dial("201", DialRule("BE")).display == "201"


def test_unknown_style():
    with pytest.raises(ValueError, match="style"):
        DialRule("BE", "dots")


@given(
    st.text(alphabet="+0123456789 ()/.-*#abcxü\u200e\u00a0", max_size=30),
    st.sampled_from(["BE", "FR", "NL", "LU", "DE", "GB", "ES", "IT", "CH", "AT"]),
    st.sampled_from(STYLES),
)
def test_anything_is_dialled_or_refused(typed, country, style):
    try:
        dialled = dial(typed, DialRule(country, style))
    except DialError as error:
        assert error.code in CODES
    else:
        assert set(dialled.number) <= set("+*#0123456789")
        assert dialled.number
        # what is dialled, typed in again, is dialled the same way
        assert dial(dialled.number, DialRule(country, style)) == dialled
