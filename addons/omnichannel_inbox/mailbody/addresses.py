"""Addresses in the headers of a mail. Pure."""

import re

from odoo.addons.integration_base.tools.email import normalize

from ..providers.base import Address
from .parts import decode_words

__all__ = ["count_addresses", "read_addresses"]

_MAX_LENGTH = 100_000
# one address up to its comma: quoted names, encoded words and comments may hold commas themselves
_ONE = re.compile(
    r"(?:\"(?:[^\"\\]|\\.){0,1000}\"|=\?[^?\s]{1,60}\?[bqBQ]\?[^?]{0,1000}\?=|\([^()]{0,1000}\)"
    r"|<[^<>]{0,1000}>|[^,;])+?(?=[,;]|\Z)",
    re.DOTALL,
)
_IN_BRACKETS = re.compile(r"<([^<>]{1,400})>\s*\Z|<([^<>]{1,400})>")
_BARE = re.compile(r"[^\s<>()\"',;:]{1,250}@[^\s<>()\"',;:]{1,250}")
_GROUP = re.compile(r"\A[^\"<>@,;]{1,200}:(?!//)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def read_addresses(value: str, limit: int) -> tuple[Address, ...]:
    """Addresses of a header, each once, up to a limit; what is none is left out."""
    found: dict[str, Address] = {}
    value = value[:_MAX_LENGTH].strip()
    for match in _ONE.finditer(_GROUP.sub("", value)):
        address = _read(match[0])
        if address is not None:
            found.setdefault(address.external_id, address)
            if len(found) >= limit:
                break
    return tuple(found.values())


def count_addresses(value: str) -> int:
    """How many addresses a header has, about: those that are not kept included."""
    return value.count("@")


def _read(text: str) -> Address | None:
    text = text.strip()
    if not text:
        return None
    bracketed = _IN_BRACKETS.search(text)
    if bracketed:
        raw = bracketed[1] or bracketed[2]
        name = text[: bracketed.start()]
    else:
        bare = _BARE.search(text)
        if not bare:
            return _read_encoded(text)
        raw = bare[0]
        comment = re.search(r"\(([^()]{1,200})\)", text)
        name = comment[1] if comment else text[: bare.start()]
    raw = decode_words(raw).strip()
    email = normalize(raw) or ""
    if not email and "@" not in raw:
        return _read_encoded(text) if "=?" in text else None
    name = _CONTROLS.sub("", decode_words(name)).strip("\"'<> \t")
    return Address(
        external_id=email or raw.lower()[:250],
        name=name.replace('\\"', '"')[:200],
        email=email or raw[:250],
    )


def _read_encoded(text: str) -> Address | None:
    """An address within an encoded word, where none may be."""
    decoded = decode_words(text)
    if decoded == text or not _BARE.search(decoded):
        return None
    return _read(decoded)
