"""From a number as somebody typed it to what the telephone system is told to dial. Pure.

What is stored is never rewritten: the rule is applied at the moment of dialling. What cannot be
dialled is refused with a code that says why, instead of ringing at a stranger's.
"""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult, shortnumberinfo

from odoo.addons.integration_base.tools import phone

__all__ = ["CODES", "STYLES", "DialError", "DialRule", "Dialled", "dial"]

STYLES = ("e164", "00", "national")
#: Everything :class:`DialError` may say.
CODES = ("empty", "letters", "too_short", "too_long", "impossible", "country", "several")

_SCHEME = re.compile(r"\s*(?:tel|callto|sip|tcxcallto)\s*:\s*(?://)?", re.IGNORECASE)
_INTERNAL = re.compile(
    r"(?:(?:ext(?:ension)?|poste|toestel|durchwahl|dw|int(?:erne?|ern)?|n°)[ .:]*)?"
    r"(?P<digits>[*#\d][*#\d .\-]*)\Z",
    re.IGNORECASE,
)
_CODE = re.compile(r"[*#\d]+\Z")
_RUN = re.compile(r"[\d(+][\d \t().\-/+]*")
_NOT_DIGITS = re.compile(r"\D+")
#: "04 222 33 44-45": the next number of the same house, not one digit too many.
_NEXT_OF_RANGE = re.compile(r"\s*[-/]\s*\d{1,3}\s*\Z")
#: How many digits somebody may have left out or typed too many.
_MAX_LOST = 4
_REASONS = {
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.TOO_LONG: "too_long",
    ValidationResult.INVALID_COUNTRY_CODE: "country",
}


class DialError(ValueError):
    """A number that is not dialled.

    :param code: one of :data:`CODES`
    :param numbers: for ``several``: the numbers found, as people read them
    """

    def __init__(self, code: str, numbers: tuple[str, ...] = ()):
        super().__init__(code)
        self.code = code
        self.numbers = numbers


@dataclass(frozen=True, slots=True)
class DialRule:
    """How one company's telephone system wants numbers."""

    country: str
    """ISO code of the country whose national notation people type, and that the lines are in."""
    style: str = "e164"
    """One of :data:`STYLES`."""
    outside_prefix: str = ""
    """Digits that get an outside line; with them ``00`` stands for the plus."""
    internal_max_digits: int = phone.INTERNAL_MAX_DIGITS
    """Numbers of at most so many digits are extensions."""

    def __post_init__(self):
        if self.style not in STYLES:
            raise ValueError(f"unknown style {self.style!r}")


@dataclass(frozen=True, slots=True)
class Dialled:
    """A number in its three forms."""

    number: str
    """What to dial."""
    e164: str
    """What to compare and look up; empty for internal numbers and service codes."""
    display: str
    """What to show."""


def dial(raw: str | None, rule: DialRule, country: str | None = None) -> Dialled:
    """Return what to dial for ``raw``.

    :param country: ISO code of the customer's country, whose notation is tried first
    :raises DialError: it is no number, or not one
    """
    text = _text(raw)
    short = _short(text, rule)
    if short:
        return Dialled(short, "", short)
    regions = country or rule.country, rule.country
    numbers = phone.parse_all(text, *regions) or _parts(text, regions)
    if not numbers:
        raise DialError(_reason(text, regions[0]))
    if len(numbers) > 1:
        raise DialError("several", _shown(numbers, rule))
    (number,) = numbers
    _check(text, number, regions, rule)
    return Dialled(_formed(number.e164, rule), number.e164, number.display(rule.country))


def _text(raw: str | None) -> str:
    """The number alone: no ``tel:``, no invisible marks."""
    text = raw if isinstance(raw, str) else ""
    if len(text) > phone.MAX_LENGTH:
        raise DialError("too_long")
    text = _SCHEME.sub("", unicodedata.normalize("NFKC", text), count=1).strip()
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    if not any(char.isalnum() for char in text):
        raise DialError("empty")
    return text


def _short(text: str, rule: DialRule) -> str:
    """An extension, a service code (``*62``) or a short number of the country (``1207``), as it
    is dialled; empty for others."""
    match = _INTERNAL.match(text)
    if not match:
        return ""
    digits = re.sub(r"[ .\-]", "", match["digits"])
    if not _CODE.match(digits):
        return ""
    count = sum(char.isdigit() for char in digits)
    if not count:
        return ""
    if digits[0] in "*#" or digits[-1] in "*#":
        return digits
    if count <= rule.internal_max_digits:
        return digits
    return digits if _is_service(digits, rule.country) else ""


def _is_service(digits: str, country: str) -> bool:
    if len(digits) > phone.SUFFIX_MIN_DIGITS:
        return False
    number = phonenumbers.parse(digits, country)
    return shortnumberinfo.is_valid_short_number_for_region(number, country)


def _parts(text: str, regions: tuple[str, str]) -> tuple[phone.PhoneNumber, ...]:
    """Numbers with a slash between them where no number begins with a zero."""
    numbers = [phone.parse(part, *regions) for part in text.split("/")]
    return tuple(numbers) if len(numbers) > 1 and all(numbers) else ()


def _shown(numbers: tuple[phone.PhoneNumber, ...], rule: DialRule) -> tuple[str, ...]:
    return tuple(number.display(rule.country) for number in numbers)


def _check(text: str, number: phone.PhoneNumber, regions: tuple[str, str], rule: DialRule) -> None:
    """Refuse a number of which only a part makes sense, or that obviously lost or won a digit."""
    significant = number.significant
    for run in _RUN.findall(text):
        rest = _behind(run, significant)
        if not _NOT_DIGITS.sub("", rest) or _NEXT_OF_RANGE.match(rest):
            continue
        others = phone.parse_all(rest.strip(" \t./-"), *regions)
        if others:
            raise DialError("several", _shown((number, *others), rule))
        raise DialError("too_long")
    # a possible number that the library does not know may be of a new range; but not when it
    # becomes a known one by some digits more or less
    if not _is_valid(number.e164) and (fault := _nearly(number.e164)):
        raise DialError(fault)


def _behind(run: str, digits: str) -> str:
    """What follows the digits in a run of digits and separators; nothing when they are not in
    it."""
    match = re.search(r"\D*".join(digits), run)
    return run[match.end() :] if match else ""


def _nearly(e164: str) -> str:
    """What keeps a number from being a known one, when it is only its length."""
    more = (filler * count for count in range(1, _MAX_LOST + 1) for filler in "05")
    if any(_is_valid(e164 + digits) for digits in more):
        return "too_short"
    if any(_is_valid(e164[:-count]) for count in range(1, _MAX_LOST + 1)):
        return "too_long"
    return ""


def _is_valid(e164: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return False


def _reason(text: str, country: str) -> str:
    """Why ``text`` is no number."""
    digits = _NOT_DIGITS.sub("", text)
    if any(char.isalpha() for char in text):
        return "letters"
    if len(set(digits.lstrip("0"))) <= 1 and len(digits) > phone.SUFFIX_MIN_DIGITS:
        return "impossible"
    is_international = text.lstrip("( ").startswith("+") or digits.startswith("00")
    try:
        if is_international:
            number = phonenumbers.parse("+" + digits.lstrip("0"))
        else:
            number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException as error:
        return {
            error.INVALID_COUNTRY_CODE: "country",
            error.TOO_LONG: "too_long",
            error.TOO_SHORT_NSN: "too_short",
            error.TOO_SHORT_AFTER_IDD: "too_short",
        }.get(error.error_type, "impossible")
    reason = _REASONS.get(phonenumbers.is_possible_number_with_reason(number))
    if reason:
        return reason
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return _nearly(e164) or "impossible"


def _formed(e164: str, rule: DialRule) -> str:
    """E.164 as the rule wants it."""
    number = phonenumbers.parse(e164)
    home = phonenumbers.country_code_for_region(rule.country.upper())
    if rule.style == "national" and number.country_code == home:
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        return rule.outside_prefix + _NOT_DIGITS.sub("", national)
    if rule.style == "e164" and not rule.outside_prefix:
        return e164
    return f"{rule.outside_prefix}00{e164[1:]}"
