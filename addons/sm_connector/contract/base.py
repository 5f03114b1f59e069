"""What an entity's canonical record is made of, apart from how any master writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from .errors import RowError

Record = dict[str, Any]

MASTER, FILL, IGNORE = OWNERSHIPS = ("master", "fill", "ignore")


@dataclass(frozen=True)
class Field:
    """One canonical field.

    :ivar kind: text, code, decimal, integer, date, boolean, list… (what a person is shown)
    :ivar converter: the converter to propose; ``params`` are its parameters unless a rule says else
    :ivar required: a mapping without it is refused, a row with it empty is refused
    :ivar level: ``header`` (once per record) or ``line`` (once per order line)
    :ivar key: name in the record, when it is not the name of the field
    :ivar choices: the only values a record may have here; any when empty
    """

    name: str
    kind: str
    label: str
    converter: str = ""
    required: bool = False
    level: str = "header"
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    key: str = ""
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "converter", self.converter or self.kind)
        object.__setattr__(self, "key", self.key or self.name)
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))


@dataclass(frozen=True)
class FieldRule:
    """One line of a mapping: column ``source`` of the file feeds canonical field ``target``.

    :ivar converter: empty for the one the field proposes
    :ivar required: refuse the file when the column is missing; otherwise the field is then left out
        of the record, so that what Odoo has is not overwritten by nothing
    :ivar more: further columns whose texts are joined behind that of ``source``; empty ones are
        skipped
    :ivar separator: between the joined texts, or where one text is split
    :ivar part: which part of a split text counts: 1 the first, -1 the last; 0 the whole text
    :ivar ownership: ``master`` overwrites what Odoo has, ``fill`` only fills what is empty there,
        ``ignore`` keeps the rule but does not use it; no matter for how a row is converted
    """

    source: str
    target: str
    converter: str = ""
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    required: bool = True
    more: tuple[str, ...] = ()
    separator: str = " "
    part: int = 0
    ownership: str = MASTER

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))
        object.__setattr__(self, "more", tuple(self.more))

    @property
    def sources(self) -> tuple[str, ...]:
        """Every column that the rule reads; none for a constant."""
        return (self.source, *self.more) if self.source else ()


class Contract:
    """Canonical fields of one entity and the rules that cross them.

    Subclasses fill the class attributes and override the hooks. Errors name canonical fields; the
    mapping puts the column of the file in their place.
    """

    entity: ClassVar[str]
    label: ClassVar[str]
    version: ClassVar[int] = 1  # raise it when the same row must give another record
    fields: ClassVar[tuple[Field, ...]]
    key_field: ClassVar[str]
    line_key_field: ClassVar[str | None] = None
    synonyms: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @property
    def key_fields(self) -> tuple[str, ...]:
        """Fields that make a record what it is; the master always owns them."""
        return tuple(filter(None, (self.key_field, self.line_key_field)))

    def ownerships(self, name: str) -> tuple[str, ...]:
        """Return who may own a field: lines come and go as a whole, so nobody else fills them."""
        if name in self.key_fields:
            return (MASTER,)
        field = self.field_by_name.get(name)
        return (MASTER, IGNORE) if field and field.level == "line" else OWNERSHIPS

    @property
    def field_by_name(self) -> dict[str, Field]:
        """Canonical fields by name."""
        return {item.name: item for item in self.fields}

    def complete(self, record: Record) -> None:
        """Derive fields from others, in place, before the checks."""

    def complete_line(self, line: Record) -> None:
        """The same for one order line."""

    def check(self, record: Record) -> None:
        """Check what crosses fields; for orders, ``lines`` is filled.

        :raises RowError: naming the canonical field
        """

    def check_line(self, line: Record) -> None:
        """Check one order line on its own."""


def not_negative(record: Record, name: str, cause: str) -> None:
    """Refuse a number below zero.

    :raises RowError: with the given cause
    """
    value = record.get(name)
    if value is not None and str(value).startswith("-"):
        raise RowError(cause, "must not be negative", name, str(value))


def within(record: Record, name: str, cause: str, low: float, high: float) -> None:
    """Refuse a number outside of ``low``…``high``.

    :raises RowError: with the given cause
    """
    value = record.get(name)
    if value is not None and not low <= float(value) <= high:
        raise RowError(cause, f"must lie between {low:g} and {high:g}", name, str(value))
