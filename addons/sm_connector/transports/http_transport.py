"""Deliveries fetched over HTTP, page by page, onto the disk.

A page that is there is never fetched twice: a process that was killed goes on with the next one,
and a night on which the server says of every page that it has not changed has nothing new.
"""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlencode, urlsplit

from odoo.addons.integration_base.exceptions import PayloadError, RejectedError
from odoo.addons.integration_base.http_client import HttpClient, HttpResponse

from ..formats import Defect, FileError, FormatOptions, Reader, detect_format, open_reader
from .base import OUTCOMES, Delivery, ReaderOver, Transport, TransportError
from .file_transport import kept_file
from .paging import Paging, total_of
from .spool import Page, Spool, file_sha256

MAX_PAGES = 20_000
MAX_AGE = 12 * 3600  # seconds; pages older than this are of another day
RESTARTS = 2  # when the source changes while it is read
SUFFIXES = {
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "text/csv": ".csv",
    "application/csv": ".csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_ENDS = {".json": b"]}", ".xml": b">"}


@dataclass(frozen=True)
class HttpRequest:
    """What to ask for. ``since`` is a parameter and its value: only what changed since then."""

    url: str
    paging: Paging
    since: tuple[str, str] | None = None
    suffix: str = ""
    max_bytes: int = 2 * 2**30

    def params(self) -> dict[str, str]:
        """Return the parameters of the first page."""
        return self.paging.first() | dict([self.since] if self.since else [])


class _Changed(Exception):
    """The source changed while its pages were fetched: what is there does not fit together."""


class HttpTransport(Transport):
    """What a server answers to one request.

    :param client: knows the server, the credentials, and whom else it may speak to
    :param request: what to ask for
    :param folder: the server's own folder for this feed
    :param last: where :meth:`archive` put the last good delivery; what has not changed since then
        is not sent again
    """

    def __init__(
        self, client: HttpClient, request: HttpRequest, folder: Path, last: str = ""
    ) -> None:
        self.client = client
        self.request = request
        self.folder = Path(os.path.realpath(folder))
        self._last = self._load_kept(last)

    # -- interface -----------------------------------------------------------------------------

    def check(self) -> str:
        """Ask for the beginning of the first page."""
        response = self.client.peek(self.request.url, params=self.request.params())
        suffix = self._suffix(response)
        total = total_of(response)
        told = f", {total:,} records in all" if total is not None else ""
        return f"{urlsplit(response.url).hostname} answers in the format {suffix[1:]}{told}."

    def waiting(self) -> list[Delivery]:
        """Fetch what is new; pages of an attempt that was interrupted are used again."""
        with self._on_disk(), self._alone(), self._answers():
            spool = Spool.load(self._spool_folder) or Spool(self._spool_folder)
            if not self._is_usable(spool):
                self._begin(spool)
            for is_last_attempt in (*[False] * RESTARTS, True):
                try:
                    self._fetch(spool, is_last_attempt)
                    break
                except _Changed:
                    self._begin(spool)
            if self._is_last(spool):
                spool.clear()
                return []
            return [self._delivery(spool)]

    def here(self) -> list[Delivery]:
        """Return the delivery that was fetched, when all of it was."""
        spool = Spool.load(self._spool_folder)
        return [self._delivery(spool)] if spool and spool.is_complete else []

    def kept(self, path: str) -> Delivery | None:
        """Describe the folder of a delivery that was put away, or a file uploaded instead."""
        spool = self._load_kept(path)
        return self._delivery(spool) if spool else kept_file(self.folder, path)

    def open(self, delivery: Delivery) -> BinaryIO:
        """Open the first page."""
        return self._open((delivery.parts or (delivery.path,))[0])

    def checksum(self, delivery: Delivery) -> str:
        """Return the checksum of the content, which was counted while it came in."""
        spool = Spool.load(delivery.path)
        if spool:
            return spool.sha256
        with self._on_disk():
            return file_sha256(delivery.path)

    def archive(self, delivery: Delivery, outcome: str, stamp: datetime, checksum: str) -> Path:
        """Move the folder of pages to ``<outcome>/<yyyy-mm>/<stamp>_<checksum>_<name>``."""
        if outcome not in OUTCOMES:
            raise ValueError(f"unknown outcome {outcome!r}; known: {', '.join(OUTCOMES)}")
        target = self.folder / outcome / f"{stamp:%Y-%m}"
        with self._on_disk():
            target.mkdir(parents=True, exist_ok=True)
            target /= f"{stamp:%Y%m%dT%H%M%S}_{checksum[:8]}_{delivery.name}"
            os.rename(delivery.path, target)
        return target

    @contextmanager
    def reader(
        self,
        delivery: Delivery,
        kind: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> Iterator[Reader]:
        """Give the rows of all pages as those of one file."""
        with ExitStack() as stack:
            parts = delivery.parts or (delivery.path,)
            streams = [stack.enter_context(self._open(part)) for part in parts]
            if kind == "auto":
                kind = detect_format(delivery.name)
            reader = open_reader(kind, streams, delivery.name, options, on_defect)
            spool = Spool.load(delivery.path)
            is_whole = spool and spool.is_complete and delivery.parts
            total = spool.pages[-1].total if is_whole else None
            yield Counted(reader, delivery.name, total) if total else reader

    @contextmanager
    def glance(self) -> Iterator[Delivery | None]:
        """Fetch the first page only, beside what a run may be fetching."""
        with self._on_disk():
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder, prefix=".glance-") as name:
                spool = Spool(Path(name) / "pages")
                self._begin(spool)
                with self._answers():
                    self._fetch_page(spool, self.request.url, self.request.params())
                yield self._delivery(spool)

    # -- fetching ------------------------------------------------------------------------------

    @property
    def _spool_folder(self) -> Path:
        return self.folder / "spool"

    def _fingerprint(self) -> str:
        request = (self.request.url, sorted(self.request.params().items()), self.request.suffix)
        return hashlib.sha256(repr(request).encode()).hexdigest()

    def _begin(self, spool: Spool) -> None:
        now = time.time()
        stem = re.sub(r"[^\w-]+", "_", PurePosixPath(urlsplit(self.request.url).path).stem)[:60]
        moment = time.strftime("%Y%m%d_%H%M%S", time.gmtime(now))
        spool.begin(self._fingerprint(), now, f"{stem or 'data'}_{moment}")

    def _is_usable(self, spool: Spool) -> bool:
        """Whether the pages which are there can be the beginning of today's delivery."""
        return (
            spool.request == self._fingerprint()
            and time.time() - spool.started < MAX_AGE
            and spool.is_sound()
            and self._is_still(spool)
        )

    def _is_still(self, spool: Spool) -> bool:
        """Whether the first of the pages which are there is what the server would give now."""
        if not spool.pages:
            return False
        first = spool.pages[0]
        with tempfile.TemporaryFile() as stream:
            response = self.client.download(
                first.url, stream, headers=first.condition(), max_bytes=self.request.max_bytes
            )
            if response.is_unchanged:
                return True
            stream.seek(0)
            digest = hashlib.sha256()
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest() == first.sha256

    def _fetch(self, spool: Spool, is_last_attempt: bool) -> None:
        """Fetch the pages that are not there yet.

        :raises _Changed: the pages do not fit together
        """
        url, params = self.request.url, self.request.params()
        if spool.pages:
            url, params = spool.pages[-1].next, {}
        while url:
            if len(spool.pages) >= MAX_PAGES:
                raise self._error("too_large", f"there are more than {MAX_PAGES:,} pages")
            try:
                page = self._fetch_page(spool, url, params)
            except RejectedError as error:
                # a cursor that has expired
                if spool.pages and error.code in (400, 404, 410) and not is_last_attempt:
                    raise _Changed from error
                raise
            if page.total != spool.pages[0].total and not is_last_attempt:
                raise _Changed
            url, params = page.next, {}
        # a source that changes all the time is taken as it is: what was missed comes the next night
        if len(spool.pages) > 1 and not is_last_attempt and not self._is_still(spool):
            raise _Changed
        spool.close()

    def _fetch_page(self, spool: Spool, url: str, params: Mapping[str, str]) -> Page:
        """Fetch one page, or find that the one of the last delivery still holds."""
        number = len(spool.pages) + 1
        for attempt in range(RESTARTS + 1):
            path = spool.folder / f"page_{number:05d}"
            known = self._known(_with(url, params))
            headers = {"Accept": "*/*"} | (known.condition() if known else {})
            if attempt:
                headers = {"Accept": "*/*", "Cache-Control": "no-cache"}
            with path.open("wb+") as stream:
                room = self.request.max_bytes - spool.size
                response = self.client.download(
                    url, stream, params=params, headers=headers, max_bytes=room
                )
            if response.is_unchanged and known and not attempt:
                path.unlink()
                _link(self._last.folder / known.file, path)
                page = Page(**(vars(known) | {"file": path.name}))
            else:
                try:
                    page = self._described(spool, response, path, url, params)
                except FileError:
                    raise
                except PayloadError:
                    continue
            if not self._is_broken(spool, page, path):
                spool.add(page)
                return page
        raise self._error(
            "truncated",
            f"page {number} comes broken each time: cut off, or the same as the one before",
        )

    def _described(
        self, spool: Spool, response: HttpResponse, path: Path, url: str, params: Mapping[str, str]
    ) -> Page:
        self._suffix(response)  # raises when this is a web page
        following = self.request.paging.following(response, path, len(spool.pages) + 1)
        if isinstance(following, dict):
            more = self.request.params() | following
            following = _with(self.request.url, more) if following else ""
        return Page(
            path.name,
            _with(url, params),
            path.stat().st_size,
            file_sha256(path),
            etag=response.headers.get("ETag", ""),
            last_modified=response.headers.get("Last-Modified", ""),
            content_type=response.headers.get("Content-Type", ""),
            next=self.client.bare(following),
            total=total_of(response),
        )

    def _known(self, url: str) -> Page | None:
        """Return the page of the last delivery that was at this address."""
        if not self._last or self._last.request != self._fingerprint():
            return None
        return next((page for page in self._last.pages if page.url == url), None)

    def _is_broken(self, spool: Spool, page: Page, path: Path) -> bool:
        """Whether a page is not what was asked for, though all that was announced has come."""
        end = _ENDS.get(self._suffix_of(page))
        if end and page.size:
            with path.open("rb") as stream:
                stream.seek(max(page.size - 64, 0))
                if not stream.read().rstrip().endswith(tuple(bytes([sign]) for sign in end)):
                    return True
        return bool(spool.pages) and page.sha256 == spool.pages[-1].sha256

    def _is_last(self, spool: Spool) -> bool:
        """Whether these are the pages of the last delivery, each of them."""
        if not self._last or self._last.request != spool.request:
            return False
        return [page.sha256 for page in spool.pages] == [page.sha256 for page in self._last.pages]

    # -- names and places ----------------------------------------------------------------------

    def _delivery(self, spool: Spool) -> Delivery:
        name = f"{spool.name}{self._suffix_of(spool.pages[0])}"
        parts = tuple(spool.folder / page.file for page in spool.pages)
        return Delivery(name, spool.folder, spool.size, spool.started, parts)

    def _suffix(self, response: HttpResponse) -> str:
        return self._suffix_for(response.headers.get("Content-Type", ""), response.url)

    def _suffix_of(self, page: Page) -> str:
        return self._suffix_for(page.content_type, page.url)

    def _suffix_for(self, content_type: str, url: str) -> str:
        """Return what the name of the delivery has to end with, so that its format shows.

        :raises PayloadError: it is a web page, or nothing tells
        """
        kind = content_type.partition(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml"):
            raise self._error(
                "format",
                "the server answers with a web page, not with data",
                "Check the address, and whether it wants other credentials.",
            )
        if kind.endswith(("+json", "+xml")):
            return f".{kind.rpartition('+')[2]}"
        in_url = PurePosixPath(urlsplit(url).path).suffix
        suffix = SUFFIXES.get(kind) or self.request.suffix or in_url
        if not suffix:
            raise self._error(
                "format",
                f"the server does not say in which format it answers ({kind or 'no type'})",
                "Choose the format of the feed.",
            )
        return suffix

    def _load_kept(self, path: str) -> Spool | None:
        real = Path(os.path.realpath(path)) if path else self.folder
        return Spool.load(real) if self.folder in real.parents else None

    def _open(self, path: Path) -> BinaryIO:
        with self._on_disk():
            return path.open("rb")

    def _error(self, cause: str, what: str, advice: str = "") -> FileError:
        return FileError(urlsplit(self.request.url).netloc, cause, what, advice)

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Give a cause to what is said of an answer that cannot be used."""
        try:
            yield
        except FileError:
            raise
        except PayloadError as error:
            raise self._error("format", str(error).rstrip(".")) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep a second process, which somebody at a screen has started, from the same pages."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise TransportError(
                    "This is being fetched by somebody else at the moment. Try again later."
                ) from None
            yield

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TransportError(
                f"Tried to keep what was fetched below {self.folder}: {error.strerror or error}. "
                "The Odoo user needs space and write access there."
            ) from error


class Counted(ReaderOver):
    """Rows of records which the server has counted: fewer mean that a page is missing."""

    def __init__(self, reader: Reader, name: str, total: int) -> None:
        super().__init__(reader)
        self._name = name
        self._total = total

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        yield from self._reader
        if self._reader.rows < self._total:
            raise FileError(
                self._name,
                "truncated",
                f"the server announced {self._total} records, and gave {self._reader.rows} rows",
                "Nothing was changed; it is fetched anew the next time.",
            )


def _link(source: Path, target: Path) -> None:
    """Give a page a second name, or make a copy where the file system cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _with(url: str, params: Mapping[str, str]) -> str:
    """Return an address with its parameters."""
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"
