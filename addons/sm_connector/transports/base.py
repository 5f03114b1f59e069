"""What every transport promises."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from odoo.addons.integration_base.exceptions import IntegrationError

from ..formats import Defect, FormatOptions, Reader, detect_format, open_reader

OUTCOMES = ("done", "refused", "superseded")


class TransportError(IntegrationError):
    """A delivery cannot be listed, read or archived; says what was tried and what to do."""


@dataclass(frozen=True)
class Delivery:
    """One complete delivery that waits; ``size`` in bytes, ``modified`` in epoch seconds.

    ``path`` is None when there is no file (a database). ``parts`` are the pages of a delivery that
    came in several, in order. ``companion`` is the file with the lines, when ``path`` holds the
    headers only.
    """

    name: str
    path: Path | None
    size: int
    modified: float
    parts: tuple[Path, ...] = ()
    companion: "Delivery | None" = None


class ReaderOver:
    """The rows of another reader, with something done on the way; all else is the other's."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __getattr__(self, name: str):
        return getattr(self._reader, name)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return iter(self._reader)


class Transport:
    """Gives complete deliveries, and puts them away once they are dealt with.

    Each method raises :class:`TransportError`, or another :class:`IntegrationError` that says more;
    reading also raises :class:`PayloadError` for content that cannot be used.
    """

    def check(self) -> str:
        """Try what a night needs, without changing anything; return a sentence for a person."""
        raise NotImplementedError

    def waiting(self) -> list[Delivery]:
        """Return the complete deliveries, oldest first, fetching them when they are elsewhere."""
        raise NotImplementedError

    def here(self) -> list[Delivery]:
        """Return the complete deliveries which need no fetching: those to put away."""
        raise NotImplementedError

    def open(self, delivery: Delivery) -> BinaryIO:
        """Open a delivery for reading; the stream is seekable, the caller closes it."""
        raise NotImplementedError

    def checksum(self, delivery: Delivery) -> str:
        """Return the sha256 of the content as 64 hexadecimal digits.

        Empty when only reading it all could tell: such a delivery is new each time.
        """
        raise NotImplementedError

    def archive(self, delivery: Delivery, outcome: str, stamp: datetime, checksum: str) -> Path:
        """Put a delivery away as ``done``, ``refused`` or ``superseded``; return where it is now.

        Either it is there completely and no longer waits, or nothing has changed.
        """
        raise NotImplementedError

    def kept(self, path: str) -> Delivery | None:
        """Return the delivery that :meth:`archive` put at ``path``; None when it is gone."""
        raise NotImplementedError

    @contextmanager
    def glance(self) -> Iterator[Delivery | None]:
        """Give the newest delivery to somebody who wants to see some rows, None when none waits."""
        waiting = self.waiting()
        yield waiting[-1] if waiting else None

    @contextmanager
    def reader(
        self,
        delivery: Delivery,
        kind: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> Iterator[Reader]:
        """Give the rows of a delivery.

        :param kind: how it is written, ``auto`` for what its name says
        """
        if kind == "auto":
            kind = detect_format(delivery.name)
        with self.open(delivery) as stream:
            yield open_reader(kind, [stream], delivery.name, options, on_defect)
