"""Check digits of VAT numbers (BE, FR, NL) and of EAN-13 codes."""


def belgian_vat(number):
    """:param int number: the first eight digits. :return str: ten digits, ``0403170701``."""
    return f"{number:08d}{97 - number % 97:02d}"


def french_vat(siren_stem):
    """:param int siren_stem: first eight digits of the SIREN. :return str: eleven digits."""
    stem = f"{siren_stem:08d}"
    siren = int(stem + str(luhn_digit(stem)))
    return f"{(12 + 3 * (siren % 97)) % 97:02d}{siren:09d}"


def dutch_vat(number):
    """The classic Dutch number, whose check is the eleven test.

    :param int number: first eight digits.
    :return str: ``123456782B01``, or None: one stem in eleven has no valid number
    """
    stem = f"{number:08d}"
    check = sum(int(digit) * (9 - place) for place, digit in enumerate(stem)) % 11
    return None if check == 10 else f"{stem}{check}B01"


def luhn_digit(stem):
    """:return int: the digit that makes ``stem`` + digit pass the Luhn test."""
    total = 0
    for place, digit in enumerate(reversed(stem)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def ean13(stem):
    """:param str stem: twelve digits. :return str: thirteen digits."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(stem))
    return f"{stem}{-total % 10}"
