"""Is this still the same customer, the same article? Rules on names and numbers, without Odoo."""

import re
import unicodedata
from dataclasses import dataclass

SIGNIFICANT_DIGITS = 8  # of a telephone or VAT number: what follows country and area


def words(text: str) -> set:
    """Return the words of a name that identify, without accents and case."""
    plain = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode().lower()
    return {word for word in re.findall(r"[a-z0-9]+", plain) if len(word) > 2}


def digits(text: str) -> str:
    """Return the last digits of a number; empty when there are none."""
    return re.sub(r"\D", "", text or "")[-SIGNIFICANT_DIGITS:]


@dataclass(slots=True)
class Known:
    """What Odoo has of the record that a key is linked to; None for what its entity lacks."""

    name: str = None
    vat: str = None
    email: str = None
    phone: str = None
    mobile: str = None
    street: str = None
    zip: str = None
    ean: str = None


def is_somebody_else(record: dict, known: Known) -> bool:
    """Return whether a canonical record has nothing in common with the linked one.

    Masters give a code away again some time after its owner was deleted. Such a row must not turn
    one customer's history into another's: it is somebody else when name, VAT, e-mail, telephone,
    address and EAN have all changed.
    """
    if words(record["name"]) & words(known.name):
        return False
    phones = {digits(record.get("phone")), digits(record.get("mobile"))} - {""}
    return not (
        (known.ean and record.get("ean") == known.ean)
        or (digits(known.vat) and digits(record.get("vat")) == digits(known.vat))
        or (known.email and (record.get("email") or "").lower() == known.email.lower())
        or phones & {digits(known.phone), digits(known.mobile)}
        or (
            known.street and record.get("street") == known.street and record.get("zip") == known.zip
        )
    )
