"""Pages of a delivery on disk: kept while they are fetched, and after they were read."""

import hashlib
import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

MANIFEST = "manifest.jsonl"


@dataclass
class Page:
    """One page as it was fetched; ``next`` is where the server says the next one is."""

    file: str
    url: str
    size: int
    sha256: str
    etag: str = ""
    last_modified: str = ""
    content_type: str = ""
    next: str = ""
    total: int | None = None

    def condition(self) -> dict[str, str]:
        """Return the headers that ask for this page only if it has changed."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified else {}


@dataclass
class Spool:
    """The pages in one folder and what is known of them.

    The manifest is written line by line, as pages come in; the last line says that all are there.

    :ivar request: what was asked for; pages of another request are not this delivery's
    :ivar started: when the first page was asked for, in epoch seconds
    """

    folder: Path
    request: str = ""
    started: float = 0.0
    name: str = ""
    is_complete: bool = False
    pages: list[Page] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path) -> "Spool | None":
        """Return what lies in a folder; None when it is no spool, or a damaged one."""
        try:
            with (folder / MANIFEST).open() as lines:
                spool = cls(folder, **json.loads(next(lines)))
                for line in lines:
                    if not line.endswith("\n"):
                        break  # the process was killed while it wrote
                    values = json.loads(line)
                    if values == {}:
                        spool.is_complete = True
                    else:
                        spool.pages.append(Page(**values))
            for page in spool.pages:
                if (folder / page.file).stat().st_size != page.size:
                    return None
        except (OSError, ValueError, TypeError, StopIteration):
            return None
        return spool

    def begin(self, request: str, started: float, name: str) -> None:
        """Empty the folder, and say what its pages will be."""
        self.clear()
        self.folder.mkdir(parents=True)
        self.request, self.started, self.name = request, started, name
        self._write({"request": request, "started": started, "name": name})

    def clear(self) -> None:
        """Forget all pages."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.folder)
        self.pages, self.is_complete = [], False

    def add(self, page: Page) -> None:
        """Remember a page whose file is complete."""
        self.pages.append(page)
        self._write(asdict(page))

    def close(self) -> None:
        """Say that all pages are there."""
        if not self.is_complete:
            self.is_complete = True
            self._write({})

    def is_sound(self) -> bool:
        """Whether every page still holds what was received."""
        return all(file_sha256(self.folder / page.file) == page.sha256 for page in self.pages)

    @property
    def size(self) -> int:
        """Bytes of all pages."""
        return sum(page.size for page in self.pages)

    @property
    def sha256(self) -> str:
        """The checksum of the content: that of the only page, or of the pages' checksums."""
        if len(self.pages) == 1:
            return self.pages[0].sha256
        return hashlib.sha256("\n".join(page.sha256 for page in self.pages).encode()).hexdigest()

    def _write(self, values: dict) -> None:
        with (self.folder / MANIFEST).open("a") as stream:
            stream.write(json.dumps(values) + "\n")


def file_sha256(path: Path) -> str:
    """Return the checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
