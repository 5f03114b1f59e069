"""The reference of the sheet to encode."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.sm_connector.pipeline.sheet import reference, referred

IDS = st.integers(min_value=1, max_value=999_999_999)


@given(IDS)
def test_round_trip(number):
    assert referred(f"Client du salon, {reference(number)}. Rappeler\nlundi") == number
    assert referred(reference(number).lower().replace("-", " ")) == number


@given(IDS, st.data())
def test_a_wrong_digit_refers_to_nobody(number, data):
    text = reference(number)
    places = [place for place, char in enumerate(text) if char.isdigit()]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[place]]))
    assert referred(text[:place] + digit + text[place + 1 :]) != number
    assert referred(text[:place] + digit + text[place + 1 :]) is None


def test_none_or_two():
    assert referred(None) is None
    assert referred("ODOO-12") is None
    assert referred(f"{reference(12)} ou {reference(13)}") is None
    assert referred(f"{reference(12)} = {reference(12)}") == 12
