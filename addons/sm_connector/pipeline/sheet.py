"""The reference that the sheet to encode carries: ``ODOO-123-71``.

Whoever types the sheet into the master may type it anywhere into the remarks; the next night then
knows which contact of Odoo this customer is. Two check digits keep a typing error from linking
somebody else.
"""

import re

_REFERENCE = re.compile(r"\bODOO[- ]?(\d{1,9})[- ](\d\d)\b", re.IGNORECASE)


def check_digits(number: int) -> str:
    """Return what makes a number and its two digits a multiple of 97."""
    return f"{97 - number * 100 % 97:02d}"


def reference(number: int) -> str:
    """Return the reference of the contact of this id."""
    return f"ODOO-{number}-{check_digits(number)}"


def referred(text: str | None) -> int | None:
    """Return the id that a text refers to; None when there is none, or two."""
    found = {
        int(number)
        for number, check in _REFERENCE.findall(text or "")
        if check == check_digits(int(number))
    }
    return found.pop() if len(found) == 1 else None
