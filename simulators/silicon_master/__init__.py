"""Simulator of the ERP Silicon Master: a furniture retailer that lives, night after night."""

from .export import Dialect, export
from .house import House
from .ledger import Ledger, expected_counts, summary
from .night import first_records, one_night
from .world import SIZES, Settings, World

__all__ = [
    "SIZES",
    "Dialect",
    "House",
    "Ledger",
    "Settings",
    "World",
    "expected_counts",
    "export",
    "first_records",
    "one_night",
    "summary",
]
