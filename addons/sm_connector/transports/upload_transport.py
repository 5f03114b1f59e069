"""One file which somebody uploaded by hand."""

import hashlib
import io
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from .base import OUTCOMES, Delivery, Transport, TransportError


class UploadTransport(Transport):
    """A file whose content is already in memory.

    :param name: its name, which tells its format
    :param content: what it holds
    :param modified: when it was uploaded, in epoch seconds
    :param folder: the server's own folder, in which a copy is kept once it is dealt with
    """

    def __init__(self, name: str, content: bytes, modified: float, folder: Path) -> None:
        self.delivery = Delivery(Path(name).name, None, len(content), modified)
        self._content = content
        self._folder = folder

    def check(self) -> str:
        """Say what was uploaded."""
        return f"{self.delivery.name} was uploaded ({self.delivery.size:,} bytes)."

    def waiting(self) -> list[Delivery]:
        """Return the file."""
        return [self.delivery]

    def here(self) -> list[Delivery]:
        """Return the file."""
        return [self.delivery]

    def kept(self, path: str) -> Delivery | None:
        """An upload is read once; what was kept of it is read through its feed."""
        return None

    def open(self, delivery: Delivery) -> BinaryIO:
        """Open the file."""
        return io.BytesIO(self._content)

    def checksum(self, delivery: Delivery) -> str:
        """Return the sha256 of the content."""
        return hashlib.sha256(self._content).hexdigest()

    def archive(self, delivery: Delivery, outcome: str, stamp: datetime, checksum: str) -> Path:
        """Keep a copy in the server's own folder, named as a drop folder's archive names it."""
        if outcome not in OUTCOMES:
            raise ValueError(f"unknown outcome {outcome!r}; known: {', '.join(OUTCOMES)}")
        folder = self._folder / outcome / f"{stamp:%Y-%m}"
        target = folder / f"{stamp:%Y%m%dT%H%M%S}_{checksum[:8]}_{delivery.name}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
            try:
                with os.fdopen(descriptor, "wb") as copy:
                    copy.write(self._content)
                    copy.flush()
                    os.fsync(copy.fileno())
                os.replace(name, target)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(name)
        except OSError as error:
            raise TransportError(
                f"Tried to keep {delivery.name} in {folder}: {error.strerror or error}. "
                "The file was read; it is only not kept."
            ) from error
        return target
