"""The two hundred mails and what has to come out of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from . import bodies, heads, structures

__all__ = ["BEACON", "Mail", "build"]

#: Stands for the place that must not be asked; of the same length as what replaces it.
BEACON = "http://beacon.invalid"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, and what a person must find."""

    kind: str
    """Class, see `SOURCES`."""
    number: int
    raw: bytes = field(repr=False)
    reads: tuple[str, ...] = ()
    """Must stand in what is shown (folded or not)."""
    folded: tuple[str, ...] = ()
    """Must stand in the quote, and only there."""
    shown: tuple[str, ...] = ()
    """Must stand outside the quote."""
    files: tuple[tuple[str, bytes], ...] = ()
    """All attachments, with their bytes."""
    remote: bool = False
    """Images lie elsewhere."""
    expect: dict = field(default_factory=dict)
    """Values of the `Inbound`."""

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.number}"


def build(beacon: str = BEACON) -> list[Mail]:
    """All mails, in order; images and scripts in them lead to ``beacon``."""
    mails: list[Mail] = []
    counts: dict[str, int] = {}
    for kind, raw, expected in _all(beacon):
        counts[kind] = counts.get(kind, 0) + 1
        mails.append(Mail(kind, counts[kind], raw, **expected))
    return mails


def _all(beacon: str) -> Iterator[tuple[str, bytes, dict]]:
    yield from heads.mails()
    yield from structures.mails()
    yield from bodies.mails(beacon)
