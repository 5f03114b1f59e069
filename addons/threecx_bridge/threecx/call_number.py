"""The number of the other side, in the forms that calls are recognised and shown by. Pure."""

import re
from dataclasses import dataclass

from odoo.addons.integration_base.tools import phone

from .journal import known_number
from .report import CallReport

__all__ = ["MAX_NUMBER", "CallNumber", "call_number", "party_key", "same_number"]

#: Longest number kept, in characters.
MAX_NUMBER = 64
#: Digits at the end by which numbers are looked up before they are compared.
SUFFIX_DIGITS = 6
_NOT_DIGITS = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class CallNumber:
    """One number as a PBX wrote it, understood."""

    raw: str
    key: str
    """E.164, an internal number, or the digits of what was not understood; empty: withheld."""
    display: str

    @property
    def is_e164(self) -> bool:
        return self.key.startswith("+")

    @property
    def suffix(self) -> str:
        """The end, which is the same however much of the number was sent."""
        return self.key[-SUFFIX_DIGITS:].lstrip("+")

    def better_than(self, other: "CallNumber") -> bool:
        """Whether this one says more of the same number."""
        return (self.is_e164, len(self.key)) > (other.is_e164, len(other.key))


def call_number(
    raw: str | None, country: str | None = None, internal_max: int = phone.INTERNAL_MAX_DIGITS
) -> CallNumber:
    """Understand a number as a PBX writes it; words for a withheld one are no number.

    :param country: ISO code of the country of numbers written without one
    :param internal_max: most digits of an extension
    """
    text = known_number(str(raw or "")[: phone.MAX_LENGTH])[:MAX_NUMBER]
    if not text:
        return CallNumber("", "", "")
    digits = _NOT_DIGITS.sub("", text)
    if len(digits) <= internal_max and not text.startswith("+"):
        return CallNumber(text, text, text)
    e164 = phone.to_e164(text, country, country)
    if e164:
        return CallNumber(text, e164, phone.display_form(e164, country) or e164)
    # cut off by the PBX, or no telephone number at all (a SIP address)
    return CallNumber(text, digits.lstrip("0") or text.lower(), text)


def same_number(one: str, other: str) -> bool:
    """Whether two keys may belong to the same number, one of them cut off at its beginning."""
    if one == other:
        return True
    if one.startswith("+") and other.startswith("+"):
        return False
    short, long = sorted((one.lstrip("+"), other.lstrip("+")), key=len)
    return len(short) >= SUFFIX_DIGITS and long.endswith(short)


def party_key(report: CallReport, number: CallNumber) -> str:
    """What the shares of one call have in common, however they write the other side.

    Between colleagues each side is the other one's number, so both together count.
    """
    if report.direction == "internal":
        return "~".join(sorted((report.extension, number.key)))
    return number.suffix
