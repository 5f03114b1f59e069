"""What is said of somebody, kept in plain values, and found in what he writes. Pure.

A claim is ``{"kind", "value", "is_verified"}``, as `providers.base.Claim`; the value is normalised,
so that what is said twice is kept once.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from odoo.addons.integration_base.tools import email as email_tools
from odoo.addons.integration_base.tools import phone as phone_tools

from . import order_numbers

__all__ = [
    "KINDS",
    "LIMIT",
    "from_text",
    "merged",
    "normalised",
    "postcode",
    "values",
    "verified",
]

KINDS = ("customer", "order", "email", "phone", "postcode", "purchase", "user")
#: Claims kept of one identity; whoever tries one number after the other gets no further.
LIMIT = 40
VALUE_LIMIT = 120
#: Longest text looked at, in characters: what people type in a chat is short.
TEXT_LIMIT = 2_000
#: Of each kind, taken from one text.
TEXT_MOST = 3

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<![\w+])(?:\+|00|0)\d(?:[\s./()-]{0,2}\d){7,13}(?!\w)")
#: A postcode only behind a word that says so, before a town, or when it is all there is: four
#: digits alone may be anything.
_POSTCODE = re.compile(
    r"(?:\b(?:code postal|code-postal|c\.?p\.?|postcode|postnummer|plz|zip(?: ?code)?)\b[\s:.]*"
    r"(?:est|is|ist)?\s*(?P<said>(?:[A-Z]{1,2}-)?\d{4,5}(?: ?[A-Z]{2}\b)?)(?!\w)"
    r"|^\s*(?P<alone>(?:[A-Z]{1,2}-)?\d{4,5}(?: ?[A-Z]{2})?)\s*[.!]?\s*$"
    r"|(?<![\w/.,-])(?P<town>(?:[A-Z]{1,2}-)?\d{4,5}) (?=[A-ZÉÈÎ][\w'’-]{2,}))",
    re.MULTILINE,
)


def normalised(kind: str, value: str, country: str | None = None) -> str:
    """A value as it is compared; empty when it is none of this kind.

    :param country: ISO code, for telephone numbers in national notation
    """
    text = (value or "").strip()[:VALUE_LIMIT]
    if kind == "email":
        return email_tools.normalize(text) or ""
    if kind == "phone":
        return phone_tools.to_e164(text, country) or ""
    if kind == "postcode":
        return postcode(text)
    return text if kind in KINDS else ""


def postcode(text: str) -> str:
    """A postcode as it is compared: without country, spaces and case."""
    bare = re.sub(r"^[A-Z]{1,2}-", "", (text or "").strip().upper())
    return re.sub(r"[\s-]", "", bare)


def from_text(text: str, country: str | None = None) -> list[dict[str, Any]]:
    """What somebody says of himself in a chat: addresses, telephone numbers, postcodes, and numbers
    that may be those of orders.

    :param text: what he wrote, without what he quotes
    :param country: see :func:`normalised`
    """
    text = (text or "")[:TEXT_LIMIT]
    found = {
        "order": order_numbers.candidates("", text, ""),
        "email": _EMAIL.findall(text),
        "phone": _PHONE.findall(text),
        "postcode": [next(filter(None, match.groups())) for match in _POSTCODE.finditer(text)],
    }
    return [
        {"kind": kind, "value": value, "is_verified": False}
        for kind, texts in found.items()
        for value in _some(normalised(kind, one, country) for one in texts)
    ]


def _some(texts):
    return list(dict.fromkeys(filter(None, texts)))[:TEXT_MOST]


def merged(
    known: Iterable[Mapping[str, Any]] | None, new: Iterable[Any], country: str | None = None
) -> list[dict[str, Any]]:
    """Claims with more of them: each once, verified if it ever was; what was said first stays when
    there are too many, what is verified always.

    :param known: claims as they are kept
    :param new: `providers.base.Claim` or claims as they are kept
    """
    claims: dict[tuple[str, str], bool] = {}
    for claim in [*(known or ()), *new]:
        if isinstance(claim, Mapping):
            kind, value, is_verified = claim["kind"], claim["value"], claim["is_verified"]
        else:
            kind, value, is_verified = claim.kind, claim.value, claim.is_verified
        value = normalised(kind, str(value or ""), country)
        if value:
            claims[kind, value] = claims.get((kind, value), False) or bool(is_verified)
    rows = [
        {"kind": kind, "value": value, "is_verified": is_verified}
        for (kind, value), is_verified in claims.items()
    ]
    verified = [row for row in rows if row["is_verified"]][:LIMIT]
    others = [row for row in rows if not row["is_verified"]][: LIMIT - len(verified)]
    return [row for row in rows if row in verified or row in others]


def values(claims: Iterable[Mapping[str, Any]] | None, kind: str) -> list[str]:
    """The values of one kind."""
    return [claim["value"] for claim in claims or () if claim["kind"] == kind]


def verified(claims: Iterable[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    """What nobody else can have said."""
    return [claim for claim in claims or () if claim["is_verified"]]
