"""What has changed in the columns of an export since the last good one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from .words import fold_column

RENAMED = 0.7  # likeness from which a vanished and a new column are taken for the same
TYPE_SHARE = 0.2  # of the rows whose value of a column cannot be converted any more


@dataclass(frozen=True)
class Drift:
    """Columns that are not what they were.

    :ivar renamed: pairs of the old and the new name
    :ivar types: columns whose values suddenly cannot be converted, with how many of them
    """

    new: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    types: tuple[tuple[str, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.vanished or self.renamed or self.types)

    def to_json(self) -> dict:
        """Return lists only, as JSON has them."""
        return {
            "new": list(self.new),
            "vanished": list(self.vanished),
            "renamed": [list(pair) for pair in self.renamed],
            "types": [list(pair) for pair in self.types],
        }


def compare_headers(before: Sequence[str], now: Sequence[str]) -> Drift:
    """Compare the columns of two exports; their order and spelling do not matter."""
    old = {fold_column(name): name for name in before if name}
    new = {fold_column(name): name for name in now if name}
    vanished = [folded for folded in old if folded not in new]
    appeared = [folded for folded in new if folded not in old]
    likeness = sorted(
        (
            (SequenceMatcher(None, one, other, autojunk=False).ratio(), one, other)
            for one in vanished
            for other in appeared
        ),
        reverse=True,
    )
    renamed: dict[str, str] = {}
    for ratio, one, other in likeness:
        if ratio >= RENAMED and one not in renamed and other not in renamed.values():
            renamed[one] = other
    taken = set(renamed.values())
    return Drift(
        new=tuple(new[name] for name in appeared if name not in taken),
        vanished=tuple(old[name] for name in vanished if name not in renamed),
        renamed=tuple((old[one], new[other]) for one, other in renamed.items()),
    )


def compare_failures(
    before: Mapping[str, int], now: Mapping[str, int], rows: int
) -> tuple[tuple[str, int], ...]:
    """Return the columns whose values could all be converted before, and often cannot now.

    :param before: column → how many values of the last good file could not be converted
    :param rows: rows of the present file
    """
    return tuple(
        (column, count)
        for column, count in sorted(now.items())
        if not before.get(column) and rows and count > rows * TYPE_SHARE
    )
