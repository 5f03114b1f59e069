"""The mappings that ship, under the names by which they are chosen."""

from dataclasses import dataclass

from .base import FieldRule
from .default_mapping import SILICON_MASTER_FR
from .english_mapping import NESTED_JSON, NESTED_XML


@dataclass(frozen=True)
class ShippedMapping:
    """One dialect of an export.

    :ivar name: stable name
    :ivar label: what a person reads
    :ivar rules: entity → its rules
    """

    name: str
    label: str
    rules: dict[str, tuple[FieldRule, ...]]


SHIPPED: dict[str, ShippedMapping] = {
    shipped.name: shipped
    for shipped in (
        ShippedMapping("silicon_master_fr", "Silicon Master export (fr)", SILICON_MASTER_FR),
        ShippedMapping("english_xml", "English names, nested XML", NESTED_XML),
        ShippedMapping("english_json", "English names, nested JSON, or flat files", NESTED_JSON),
    )
}
