"""E-mail addresses as they stand in real address books."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from odoo.addons.integration_base.tools import email

FIELDS = [
    ("jan@example.be", ["jan@example.be"]),
    ("  Jan@Example.BE ", ["jan@example.be"]),
    ("Jan Peeters <jan@example.be>", ["jan@example.be"]),
    ('"Peeters, Jan" <jan@example.be>', ["jan@example.be"]),
    ("mailto:jan@example.be?subject=Canapé", ["jan@example.be"]),
    ("jan @ example.be", ["jan@example.be"]),
    ("'jan@example.be'", ["jan@example.be"]),
    ("jan@example.be.", ["jan@example.be"]),
    ("o'brien@example.ie", ["o'brien@example.ie"]),
    ("\u200bjan@example.be\ufeff", ["jan@example.be"]),
    ("prenom_nom@sous.domaine.co.uk", ["prenom_nom@sous.domaine.co.uk"]),
    ("josé@café.example.fr", ["josé@xn--caf-dma.example.fr"]),
    ("a@x.be; b@x.be", ["a@x.be", "b@x.be"]),
    ("a@x.be,b@x.be", ["a@x.be", "b@x.be"]),
    ("a@x.be / b@x.be", ["a@x.be", "b@x.be"]),
    ("a@x.be ou b@x.be", ["a@x.be", "b@x.be"]),
    ("a@x.be\nb@x.be", ["a@x.be", "b@x.be"]),
    ("a@x.be A@X.be", ["a@x.be"]),
    ("privé: a@x.be (bureau: b@x.be)", ["a@x.be", "b@x.be"]),
    ("", []),
    ("jan", []),
    ("jan@", []),
    ("@example.be", []),
    ("jan@localhost", []),
    ("jan@10.0.0.1", []),
    ("jan..p@example.be", []),
    ("x" * 65 + "@example.be", []),
    ("@@@", []),
    (None, []),
    (False, []),
    (12, []),
]


@pytest.mark.parametrize(("text", "addresses"), FIELDS)
def test_fields(text, addresses):
    assert list(email.split_addresses(text)) == addresses
    assert email.normalize(text) == (addresses[0] if addresses else None)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("jan+kado@example.be", "jan@example.be"),
        ("Jan@Example.be", "jan@example.be"),
        ("j.a.n@example.be", "j.a.n@example.be"),
        ("J.a.n+x@googlemail.com", "jan@gmail.com"),
        ("+32475@example.be", "+32475@example.be"),
        ("junk", None),
    ],
)
def test_match_key(text, key):
    assert email.match_key(text) == key


def test_match_keys():
    assert email.match_keys("a+1@x.be, a+2@x.be, b@x.be") == ("a@x.be", "b@x.be")


def test_split_plus():
    assert email.split_plus("Jan+Kado+2@x.be") == ("jan@x.be", "kado+2")
    assert email.split_plus("jan@x.be") == ("jan@x.be", "")
    assert email.split_plus("+jan@x.be") == ("+jan@x.be", "")
    assert email.split_plus("jan") is None


def test_domain():
    assert email.domain("Jan <jan@Shop.Example.BE>") == "shop.example.be"
    assert email.domain("jan") is None


@pytest.mark.parametrize(
    "text",
    ["jan@gmail.com", "jan@skynet.be", "jan@hotmail.be", "jan@yahoo.co.uk", "GMAIL.com",
     "x1y2@marketplace.amazon.fr", "jan@ziggo.nl", "jan@orange.fr"],
)  # fmt: skip
def test_freemail(text):
    assert email.is_freemail(text)


@pytest.mark.parametrize(
    "text", ["jan@meubles.example.be", "jan@mygmail.com", "jan@gmail.com.evil.be", "", None, "@"]
)
def test_not_freemail(text):
    assert not email.is_freemail(text)


@pytest.mark.parametrize(
    "text",
    ["info@x.be", "Contact+web@x.be", "info.liege@x.be", "no-reply@x.be", "compta-be@x.be",
     "verkoop@x.nl", "achats_nord@x.fr"],
)  # fmt: skip
def test_shared_mailbox(text):
    assert email.is_shared_mailbox(text)


@pytest.mark.parametrize("text", ["jan@info.be", "informatica.jan@x.be", "jan.info@x.be", "", None])
def test_personal_mailbox(text):
    assert not email.is_shared_mailbox(text)


def test_long_field():
    assert email.normalize("a@x.be " + "@." * 500_000) == "a@x.be"


@given(st.text(max_size=100))
def test_never_raises(text):
    for address in email.split_addresses(text):
        assert email.normalize(address) == address
    email.match_keys(text)
    email.is_freemail(text)
    email.is_shared_mailbox(text)


@given(st.emails())
@example("0/+@A.aG")
def test_key_is_stable(address):
    """The key of a key is itself: looking up by address or by key finds the same."""
    key = email.match_key(address)
    assert key is None or email.match_key(key) == key
