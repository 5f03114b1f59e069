"""What every transport promises."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from odoo.addons.integration_base.exceptions import IntegrationError

OUTCOMES = ("done", "refused", "superseded")


class TransportError(IntegrationError):
    """A delivery cannot be listed, read or archived; says what was tried and what to do."""


@dataclass(frozen=True)
class Delivery:
    """One complete delivery that waits; ``size`` in bytes, ``modified`` in epoch seconds."""

    name: str
    path: Path
    size: int
    modified: float


class Transport:
    """Gives complete deliveries, and puts them away once they are dealt with.

    A new transport implements all five methods; each raises :class:`TransportError` only.
    """

    def check(self) -> str:
        """Try what a night needs, without changing anything; return a sentence for a person."""
        raise NotImplementedError

    def waiting(self) -> list[Delivery]:
        """Return the complete deliveries, oldest first."""
        raise NotImplementedError

    def open(self, delivery: Delivery) -> BinaryIO:
        """Open a delivery for reading; the stream is seekable, the caller closes it."""
        raise NotImplementedError

    def checksum(self, delivery: Delivery) -> str:
        """Return the sha256 of the content as 64 hexadecimal digits."""
        raise NotImplementedError

    def archive(self, delivery: Delivery, outcome: str, stamp: datetime, checksum: str) -> Path:
        """Put a delivery away as ``done``, ``refused`` or ``superseded``; return where it is now.

        Either it is there completely and no longer waits, or nothing has changed.
        """
        raise NotImplementedError
