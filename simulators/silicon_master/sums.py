"""Counts and sums of a snapshot, kept up to date from the changes of a night."""

from . import amounts
from .dossiers import STATES
from .schema import ARTICLE, COLUMN, CONTACT, DOSSIER, ORDER
from .vocabulary import SHOPS, WEB_SHOP

C, A, D = COLUMN[CONTACT], COLUMN[ARTICLE], COLUMN[DOSSIER]
TYPES = ("S", "P", "C", "L", "F")


def figures(entity, record, rounding):
    """What one record adds to the sums.

    :return dict: name → whole number (amounts in cents); names are the same for every record
    """
    if entity == CONTACT:
        return {f"type_{record[C['Type']]}": 1, f"blocked_{record[C['Bloqué']]}": 1}
    if entity == ARTICLE:
        return {"stock": int(record[A["Stock total"]]), f"discontinued_{record[A['Supprimé']]}": 1}
    if entity == DOSSIER:
        return {f"state_{record[D['État']]}": 1}
    untaxed, vat, total = record.totals(rounding)
    return {
        "lines": len(record.lines),
        f"orders_{record.shop}": 1,
        f"untaxed_{record.shop}": untaxed,
        f"vat_{record.shop}": vat,
        f"total_{record.shop}": total,
    }


def nothing(entity):
    """:return dict: the sums of an empty snapshot."""
    if entity == CONTACT:
        return {**{f"type_{kind}": 0 for kind in TYPES}, "blocked_O": 0, "blocked_N": 0}
    if entity == ARTICLE:
        return {"stock": 0, "discontinued_O": 0, "discontinued_N": 0}
    if entity == DOSSIER:
        return {f"state_{state}": 0 for state in STATES}
    names = ("orders", "untaxed", "vat", "total")
    return {"lines": 0, **{f"{name}_{shop}": 0 for name in names for shop in (*SHOPS, WEB_SHOP)}}


def add(sums, entity, record, rounding, sign=1):
    """Adds (or with ``sign`` −1 takes away) one record, in place."""
    for name, value in figures(entity, record, rounding).items():
        sums[name] += sign * value


def printed(entity, sums):
    """:return dict: amounts as text with a decimal point, the rest as whole numbers."""
    money = ("untaxed_", "vat_", "total_") if entity == ORDER else ()
    return {
        name: amounts.decimal(value).replace(",", ".")
        if name.startswith(money or ("\0",))
        else value
        for name, value in sums.items()
    }
