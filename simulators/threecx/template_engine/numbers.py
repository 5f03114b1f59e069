"""The searched number: how the PBX writes it, and whether an answer contains it."""

import re

__all__ = ["bare", "echoed", "formatted"]

INTERNATIONAL = re.compile(r"\+|00")


def bare(number):
    """:return: the number without ``+`` or ``00``."""
    sign = INTERNATIONAL.match(number)
    return number[sign.end() :] if sign else number


def formatted(number, prefix, length=0):
    """:param str number: as the line shows it.
    :param str prefix: one of ``AsIs``, ``Off``, ``Plus``, ``Zeros``.
    :param int length: keep so many digits, the last ones; 0 keeps all.
    :return: the number the CRM is asked for; what is cut off takes the prefix with it."""
    digits = bare(number)
    if length and len(digits) > length:
        return digits[-length:]
    if digits == number or prefix == "AsIs":
        return number
    return {"Off": "", "Plus": "+", "Zeros": "00"}[prefix] + digits


def echoed(searched, phones):
    """Whether one of the answered phone numbers is the searched one.

    The PBX compares the texts from the end, nothing but the prefix being ignored: the same number
    written with spaces is another one to it.
    """
    wanted = bare(searched)
    return bool(wanted) and any(bare(phone).endswith(wanted) for phone in phones)
