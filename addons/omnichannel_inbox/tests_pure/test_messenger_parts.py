"""Long texts in parts: nothing lost, nothing too long, cut where a reader would."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.omnichannel_inbox.providers.messenger.parts import TEXT_LIMIT, split, width


def test_short():
    assert split(" Oui. ") == ["Oui."]
    assert split("") == [] == split(" \n ")


def test_between_paragraphs():
    text = f"{'a' * 900}\n\n{'b' * 900}\n\n{'c' * 900}"
    assert [part[0] + part[-1] for part in split(text)] == ["ab", "cc"]


def test_between_sentences_then_words():
    text = " ".join(f"Phrase numéro {n}." for n in range(200))
    parts = split(text)
    assert all(part.endswith(".") for part in parts)
    words = split("mot " * 1_000)
    assert all(set(part.split()) == {"mot"} for part in words)


def test_one_endless_word():
    parts = split("x" * 4_500)
    assert [len(part) for part in parts] == [2_000, 2_000, 500]


def test_signs_of_several_characters_stay_whole():
    family = "👨‍👩‍👧"
    parts = split(family * 700)
    assert "".join(parts) == family * 700
    assert all(not part.startswith("\u200d") for part in parts)


@given(st.text(max_size=300), st.integers(2, 60))
def test_nothing_is_lost(text, limit):
    parts = split(text, limit)
    assert all(part and width(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_limit_is_that_of_messenger():
    assert all(width(part) <= TEXT_LIMIT for part in split("😀 " * 3_000))
