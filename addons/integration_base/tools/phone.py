"""Telephone numbers as people type them, and the three forms the suite needs. Pure.

* E.164 (``+3242223344``): what is stored as search key and compared;
* dial form (``+3242223344``, or ``201`` for an internal number): what a telephone system is given;
* display form (``04 222 33 44`` at home, ``+31 20 794 0000`` abroad): what people read.

Junk never raises: a function answers ``None`` (or an empty tuple). A country is an ISO 3166 alpha-2
code (``"BE"``); without one, only numbers in international notation are understood.

Parsing costs some 0.03 ms, so answers are remembered (:data:`CACHE_SIZE` cells): an import that
meets the same cell in a search, a comparison and a stored key pays once.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

__all__ = [
    "PhoneNumber",
    "dial_form",
    "display_form",
    "is_internal",
    "parse",
    "parse_all",
    "significant_digits",
    "to_e164",
]

CACHE_SIZE = 16_384

#: Longest text looked at, in characters. A remark pasted into a telephone cell is cut, not studied.
MAX_LENGTH = 200

#: Extensions of a telephone system (and emergency numbers) have at most this many digits.
INTERNAL_MAX_DIGITS = 5

#: Fewest digits of a number worth comparing by its end.
SUFFIX_MIN_DIGITS = 6

# ITU-T E.164: at most 15 digits, country code included.
_E164_MAX_DIGITS = 15
_SPLIT_MIN_DIGITS = 8

_SEPARATORS = r" \t().\-/"
_CANDIDATE = re.compile(
    rf"(?P<number>\+*[\d(][\d{_SEPARATORS}]*\d|\d)"
    # "ext. 12", "poste 12", "toestel 12", "Durchwahl 12", "x12", "#12", RFC 3966 ";ext=12"
    r"(?:[ ,;(]*(?:ext(?:ension)?|poste|toestel|durchwahl|dw|int|x|\#)[ .:=]*"
    r"(?P<extension>\d{1,6})(?!\d))?",
    re.IGNORECASE,
)
# A second number glued to the first one begins with a plus or a zero behind some separator.
_BOUNDARY = re.compile(rf"(?<=\d)[{_SEPARATORS}]+(?=[+0])")
_GAP = re.compile(rf"(?<=\d)[{_SEPARATORS}]+(?=\d)")
_NOT_DIGITS = re.compile(r"\D+")
# "O475 12 34 56": the letter typed for the figure, but not the o of "Bureau0475"
_LETTER_O = re.compile(r"(?<![^\W\d_])[oO](?=[\d])")
# "12/03/2021" would be a good number in Hainaut
_DATE = re.compile(r"(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d")
_DIALLABLE = re.compile(r"[*#\d]+\Z")
_MOBILE_TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One understood number. Readable forms are made when asked for: most want only the key."""

    e164: str
    """``+`` and digits."""
    extension: str = ""
    """Digits of the extension behind the number, empty when there is none."""

    @property
    def region(self) -> str | None:
        """ISO code of the number's country; ``None`` for numbers of no country (``+800…``)."""
        return phonenumbers.region_code_for_number(phonenumbers.parse(self.e164))

    @property
    def is_mobile(self) -> bool:
        """True for a mobile number, or one that may be in a country that does not tell."""
        return phonenumbers.number_type(phonenumbers.parse(self.e164)) in _MOBILE_TYPES

    @property
    def significant(self) -> str:
        """National significant number: the digits without country code and national prefix."""
        return phonenumbers.national_significant_number(phonenumbers.parse(self.e164))

    def display(self, country: str | None = None) -> str:
        """National notation inside ``country``, international elsewhere, extension included."""
        number = phonenumbers.parse(self.e164)
        at_home = bool(country) and phonenumbers.region_code_for_number(number) == country.upper()
        text = phonenumbers.format_number(
            number, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
        )
        return f"{text} ext. {self.extension}" if self.extension else text


@lru_cache(maxsize=CACHE_SIZE)
def parse_all(
    raw: str | None, country: str | None = None, fallback: str | None = None
) -> tuple[PhoneNumber, ...]:
    """All numbers of one cell, in the order typed, each once.

    :param raw: what was typed: ``"bureau 04/222.33.44 ou 0475 12 34 56"``.
    :param country: country whose national notation is tried first.
    :param fallback: country tried for what makes no sense in ``country`` (a Dutch customer's
        Belgian number).
    """
    if not isinstance(raw, str) or not raw:
        return ()
    text = _clean(raw)
    regions = tuple(dict.fromkeys(code.upper() for code in (country, fallback) if code)) or (None,)
    found: dict[str, PhoneNumber] = {}
    for match in _CANDIDATE.finditer(text):
        if _DATE.fullmatch(match["number"]):
            continue
        numbers = list(_numbers_in(match["number"], regions))
        for position, number in enumerate(numbers, 1):
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            if e164 not in found:
                extension = match["extension"] if position == len(numbers) else None
                found[e164] = PhoneNumber(e164, extension or "")
    return tuple(found.values())


def parse(
    raw: str | None, country: str | None = None, fallback: str | None = None
) -> PhoneNumber | None:
    """The first number of the cell; see :func:`parse_all`."""
    return next(iter(parse_all(raw, country, fallback)), None)


def to_e164(raw: str | None, country: str | None = None, fallback: str | None = None) -> str | None:
    """E.164 of the first number of the cell; ``None`` for junk and for internal numbers."""
    number = parse(raw, country, fallback)
    return number.e164 if number else None


def dial_form(
    raw: str | None, country: str | None = None, fallback: str | None = None
) -> str | None:
    """What to give a telephone system: E.164, or an internal number or service code just as it is.

    The extension behind a number is left out: it is dialled when the other side has answered.
    """
    number = parse(raw, country, fallback)
    if number:
        return number.e164
    return _internal_digits(raw)


def display_form(
    raw: str | None, country: str | None = None, fallback: str | None = None
) -> str | None:
    """What people read: all numbers of the cell as usually written, internal ones untouched."""
    numbers = parse_all(raw, country, fallback)
    if numbers:
        return " / ".join(number.display(country) for number in numbers)
    return _internal_digits(raw)


def is_internal(raw: str | None) -> bool:
    """True for a short number that only one's own telephone system knows (``201``, ``*62``)."""
    return _internal_digits(raw) is not None


def significant_digits(
    raw: str | None, country: str | None = None, fallback: str | None = None
) -> str | None:
    """Digits that stay the same however the number was dialled: no country code, no leading zeros.

    For an understood number the national significant number, else the digits typed.
    ``None`` when fewer than :data:`SUFFIX_MIN_DIGITS` are left: comparing those finds strangers.
    """
    number = parse(raw, country, fallback)
    if number:
        digits = number.significant
    elif isinstance(raw, str):
        digits = _NOT_DIGITS.sub("", _clean(raw))
    else:
        return None
    digits = digits.lstrip("0")
    return digits if SUFFIX_MIN_DIGITS <= len(digits) <= _E164_MAX_DIGITS else None


def _clean(raw: str) -> str:
    """Fold full-width digits, exotic spaces and dashes; drop the invisible marks of copying."""
    text = raw[:MAX_LENGTH]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(_fold(char) for char in text)
    return _LETTER_O.sub("0", text)


def _fold(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "Cf":
        return ""
    return {"Zs": " ", "Pd": "-"}.get(category, char)


def _internal_digits(raw: str | None) -> str | None:
    if not isinstance(raw, str):
        return None
    text = _clean(raw).strip()
    digits = _NOT_DIGITS.sub("", text)
    if _DIALLABLE.match(text) and 0 < len(digits) <= INTERNAL_MAX_DIGITS:
        return text
    return None


def _numbers_in(text: str, regions: tuple[str | None, ...]) -> Iterator[phonenumbers.PhoneNumber]:
    """Numbers of a run of digits and separators, which may hold several."""
    while text:
        number, text = _first_number(text, regions)
        if number:
            yield number


def _first_number(
    text: str, regions: tuple[str | None, ...]
) -> tuple[phonenumbers.PhoneNumber | None, str]:
    """First number of ``text`` and what follows it.

    The slash and the dash both belong to numbers (``04/222.33.44``) and stand between them (``04
    222 33 44 / 0475 12 34 56``), so a cut counts only when it leaves a number on the left, and, as
    long as the whole could be one number too, also on the right.
    """
    if _digit_count(text) <= INTERNAL_MAX_DIGITS:
        return None, ""
    for gap in _BOUNDARY.finditer(text):
        left, right = text[: gap.start()], text[gap.end() :]
        if _digit_count(left) < _SPLIT_MIN_DIGITS or _digit_count(right) < _SPLIT_MIN_DIGITS:
            continue
        number = _one_number(left, regions)
        if number and _first_number(right, regions)[0]:
            return number, right
    number = _one_number(text, regions)
    if number:
        return number, ""
    for gap in reversed(list(_GAP.finditer(text))):
        left = text[: gap.start()]
        if _digit_count(left) < _SPLIT_MIN_DIGITS:
            break
        # the beginning of some row of figures is a number only when it begins like one
        number = left.lstrip("(")[:1] in ("0", "+") and _one_number(left, regions)
        if number:
            return number, text[gap.end() :]
    return None, ""


def _digit_count(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _one_number(text: str, regions: tuple[str | None, ...]) -> phonenumbers.PhoneNumber | None:
    """``text`` as exactly one number, in the first region where it is one."""
    digits = _NOT_DIGITS.sub("", text)
    if len(set(digits[-6:])) == 1 and len(set(digits.lstrip("0")[-8:])) <= 1:
        return None  # 000000000, 0999999999: what people type to get past a required field
    if text.startswith("+") or digits.startswith("00"):
        return _international(digits.lstrip("0"))
    for region in regions:
        number = region and _try(digits, region)
        if number and phonenumbers.is_valid_number(number):
            return number
    # "32475123456": exchanges and spreadsheets lose the plus
    if not digits.startswith("0") and len(digits) >= 10:
        number = _try(f"+{digits}", None)
        if number and phonenumbers.is_valid_number(number):
            return number
    return None


def _international(digits: str) -> phonenumbers.PhoneNumber | None:
    """A number naming its country: a possible length will do, plans outgrow this library."""
    number = _try(f"+{digits}", None)
    if number and (phonenumbers.is_valid_number(number) or phonenumbers.is_possible_number(number)):
        return number
    return None


def _try(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
