"""Deliveries dropped as files into a folder.

Folder names come from administrators of the addon, who must not be able to read the server's files
with them: the real path of the folder and of each file has to lie under one of the roots that
``odoo.conf`` names.
"""

import errno
import fnmatch
import glob
import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ..formats import Defect, FormatOptions, Reader, detect_format, open_joined
from .base import OUTCOMES, Delivery, Transport, TransportError
from .retention import prune

CHUNK = 1 << 20
_UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload", ".swp", "~")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Completion:
    """How a master shows that a file is complete.

    ``rename``: it is written under another name first. ``marker``: an empty file is put beside it,
    with ``suffix`` added to its name or in the place of its extension. ``stable``: it has not
    changed for ``seconds``.
    """

    kind: str = "rename"
    suffix: str = ".ok"
    seconds: int = 60


class FileTransport(Transport):
    """Files in one folder whose names match a pattern.

    :param folder: drop folder
    :param pattern: file name pattern such as ``CLIENTS_*.csv``; case does not matter
    :param roots: folders named in ``odoo.conf`` below which everything must lie
    :param archive_folder: where files go once dealt with; ``archive`` in the drop folder by default
    :param lines_pattern: name pattern of a second file with the lines, when the first one holds
        headers only; the two have the same time in their names
    :param completion: how the master shows that a file is complete
    :param own_folder: the server's own folder for this feed, where uploaded files are kept
    :param join_column: the column, in both files, by which lines belong to their headers
    """

    def __init__(
        self,
        folder: str | Path,
        pattern: str,
        roots: Iterable[str | Path],
        archive_folder: str | Path | None = None,
        *,
        lines_pattern: str = "",
        completion: Completion | None = None,
        own_folder: Path | None = None,
        join_column: str = "",
    ) -> None:
        self.pattern = pattern
        self._matches = _matcher(pattern)
        self._matches_lines = _matcher(lines_pattern) if lines_pattern else None
        self._completion = completion or Completion()
        self._own_folder = own_folder
        self._join_column = join_column
        self._roots = [Path(os.path.realpath(root)) for root in roots if str(root).strip()]
        self.folder = self._below_roots(folder, "folder")
        self.archive_folder = self._below_roots(
            archive_folder or self.folder / "archive", "archive"
        )

    # -- interface -----------------------------------------------------------------------------

    def check(self) -> str:
        """List the folder and write a probe into the archive."""
        count = len(self.waiting())
        try:
            self.archive_folder.mkdir(parents=True, exist_ok=True)
            self._below_roots(self.archive_folder, "archive")
            with tempfile.NamedTemporaryFile(dir=self.archive_folder, prefix=".probe-"):
                pass
        except OSError as error:
            raise self._failed(
                f"write into the archive folder {self.archive_folder}",
                error,
                "Give the Odoo user write access to it.",
            ) from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise TransportError(
                f"Tried to move files out of {self.folder}: the Odoo user may not write there. "
                "Give it write access, otherwise processed files cannot be archived."
            )
        return (
            f"Folder {self.folder} is readable, {count} file{'' if count == 1 else 's'} matching "
            f"{self.pattern} waiting; archive {self.archive_folder} is writable."
        )

    def waiting(self) -> list[Delivery]:
        """Return the files that match, oldest first: by name, as names carry the time."""
        found: list[Delivery] = []
        lines: dict[str, Delivery] = {}
        try:
            with os.scandir(self.folder) as entries:
                listed = [entry for entry in entries if not _is_unfinished(entry.name)]
                names = {entry.name.lower() for entry in listed}
                for entry in listed:
                    if self._is_marker(entry.name):
                        continue
                    is_lines = bool(self._matches_lines and self._matches_lines(entry.name))
                    if not is_lines and not self._matches(entry.name):
                        continue
                    if self._is_inside(Path(entry.path)) and self._is_complete(entry, names):
                        delivery = _delivery(entry)
                        if delivery and is_lines:
                            lines[time_in(delivery.name)] = delivery
                        elif delivery:
                            found.append(delivery)
        except OSError as error:
            raise self._failed(
                f"list the folder {self.folder}",
                error,
                "Create it, or give the Odoo user read access to it.",
            ) from error
        if self._matches_lines:
            # headers whose lines have not come yet are not complete
            found = [
                replace(delivery, companion=lines[time_in(delivery.name)])
                for delivery in found
                if time_in(delivery.name) in lines
            ]
        return sorted(found, key=lambda delivery: (delivery.name, delivery.modified))

    def here(self) -> list[Delivery]:
        """All that waits is here."""
        return self.waiting()

    def kept(self, path: str) -> Delivery | None:
        """Describe an archived file, with its lines; or one that was uploaded instead."""
        if self._own_folder and (own := kept_file(self._own_folder, path)):
            return own
        kept = kept_file(self.archive_folder, path)
        if not kept or not self._matches_lines:
            return kept
        stem = kept.name[:25]  # moment and checksum are those of both files
        for other in kept.path.parent.glob(f"{glob.escape(stem)}*"):
            if self._matches_lines(other.name[25:]) and other.name != kept.name:
                return replace(kept, companion=kept_file(self.archive_folder, str(other)))
        return None

    def open(self, delivery: Delivery) -> BinaryIO:
        """Open the file; a link, device or pipe put in its place meanwhile is refused."""
        if self._own_folder and kept_file(self._own_folder, str(delivery.path)):
            real = delivery.path
        else:
            real = self._below_roots(delivery.path, "file")
        try:
            descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise TransportError(f"Tried to read {delivery.path}: it is not a regular file.")
            return os.fdopen(descriptor, "rb")
        except OSError as error:
            raise self._failed(
                f"read the file {delivery.path}", error, "Give the Odoo user read access to it."
            ) from error

    def checksum(self, delivery: Delivery) -> str:
        """Read the whole file once; of two files, both, one after the other."""
        digest = hashlib.sha256()
        for part in filter(None, (delivery, delivery.companion)):
            with self.open(part) as stream:
                try:
                    while chunk := stream.read(CHUNK):
                        digest.update(chunk)
                except OSError as error:
                    raise self._failed(
                        f"read the file {part.path}", error, "Check the disk or the network share."
                    ) from error
        return digest.hexdigest()

    def archive(self, delivery: Delivery, outcome: str, stamp: datetime, checksum: str) -> Path:
        """Move to ``<archive>/<outcome>/<yyyy-mm>/<stamp>_<first 8 of checksum>_<name>``.

        On the same file system the file gets its second name, then loses its first; across file
        systems it is copied, checked, synced and only then removed. Lines follow their headers.
        """
        if outcome not in OUTCOMES:
            raise ValueError(f"unknown outcome {outcome!r}; known: {', '.join(OUTCOMES)}")
        stem = f"{stamp:%Y%m%dT%H%M%S}_{checksum[:8]}_"
        lines = delivery.companion
        if lines:
            checksum = self.checksum(replace(delivery, companion=None))
        target = self._put_away(delivery, outcome, stamp, stem, checksum)
        if lines:
            self._put_away(lines, outcome, stamp, stem, self.checksum(lines))
        return target

    def _put_away(
        self, delivery: Delivery, outcome: str, stamp: datetime, stem: str, checksum: str
    ) -> Path:
        """Move one file and forget its marker."""
        self._check_unchanged(delivery)
        target_folder = self.archive_folder / outcome / f"{stamp:%Y-%m}"
        try:
            target_folder.mkdir(parents=True, exist_ok=True)
            self._below_roots(target_folder, "archive")
            target = self._second_name(delivery, target_folder, stem)
            if target is None:
                target = self._copy(delivery, target_folder, stem, checksum)
            _sync_folder(target_folder)
            os.unlink(delivery.path)
            if self._completion.kind == "marker":
                self._remove_markers(delivery.name)
        except OSError as error:
            advice = (
                "Free space on the disk; the file stays where it is and is archived the next time."
                if error.errno in _FULL
                else "Give the Odoo user write access to both folders; the file stays where it is."
            )
            raise self._failed(
                f"archive {delivery.path} below {target_folder}", error, advice
            ) from error
        return target

    def _remove_markers(self, name: str) -> None:
        """Remove what told that a file is complete: another file of its name must tell anew."""
        with os.scandir(self.folder) as entries:
            found = [entry for entry in entries if entry.name.lower() in self._markers(name)]
        for entry in found:
            if entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)

    def prune(self, before: datetime, keep: Collection[str]) -> int:
        """Delete what was put away before a moment, but for ``keep``; return how many."""
        try:
            return prune(self._below_roots(self.archive_folder, "archive"), before, keep)
        except OSError as error:
            raise self._failed(
                f"delete old files below {self.archive_folder}",
                error,
                "Give the Odoo user write access there.",
            ) from error

    @contextmanager
    def reader(
        self,
        delivery: Delivery,
        kind: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> Iterator[Reader]:
        """Give the rows of a file; of headers and lines, one row per line."""
        lines = delivery.companion
        if not lines:
            with super().reader(delivery, kind, options, on_defect) as reader:
                yield reader
            return
        if kind == "auto":
            kind = detect_format(delivery.name)
        with self.open(delivery) as headers_stream, self.open(lines) as lines_stream:
            yield open_joined(
                kind,
                ([headers_stream], delivery.name),
                ([lines_stream], lines.name),
                options,
                on_defect,
                header_key=self._join_column,
            )

    # -- paths ---------------------------------------------------------------------------------

    def _below_roots(self, path: str | Path, what: str) -> Path:
        """Return the real path.

        :raises TransportError: it does not lie under a root
        """
        real = Path(os.path.realpath(path))
        if not any(real == root or root in real.parents for root in self._roots):
            roots = ", ".join(map(str, self._roots)) or "none"
            raise TransportError(
                f"The {what} {path} is not below a folder the server allows (allowed: {roots}). "
                "Choose another one, or have the server's administrator add its root to odoo.conf."
            )
        return real

    def _is_inside(self, path: Path) -> bool:
        try:
            self._below_roots(path, "file")
        except TransportError:
            return False
        return True

    def _is_complete(self, entry: os.DirEntry, names: set[str]) -> bool:
        """Whether the master has finished writing a file, as far as this feed can tell."""
        if self._completion.kind == "marker":
            return not self._markers(entry.name).isdisjoint(names)
        if self._completion.kind == "stable":
            try:
                status = entry.stat()
            except FileNotFoundError:
                return False
            # the time of change cannot be set by the program that copies, that of the content can
            last = max(status.st_mtime, status.st_ctime)
            return time.time() - last >= self._completion.seconds
        return True

    def _is_marker(self, name: str) -> bool:
        completion = self._completion
        return completion.kind == "marker" and name.lower().endswith(completion.suffix.lower())

    def _markers(self, name: str) -> set[str]:
        """Return the names, in small letters, of the files that tell that one is complete."""
        suffix = self._completion.suffix.lower()
        return {f"{name.lower()}{suffix}", f"{Path(name.lower()).stem}{suffix}"}

    # -- moving --------------------------------------------------------------------------------

    def _check_unchanged(self, delivery: Delivery) -> None:
        """A newer file dropped under the same name must not be put away unread."""
        try:
            now = os.stat(delivery.path)
        except OSError as error:
            raise self._failed(
                f"archive {delivery.path}", error, "Nothing is lost if another run archived it."
            ) from error
        if (now.st_size, now.st_mtime) != (delivery.size, delivery.modified):
            raise TransportError(
                f"Tried to archive {delivery.path}: it was replaced while it was being processed. "
                "It stays where it is and is read the next time."
            )

    def _second_name(self, delivery: Delivery, folder: Path, stem: str) -> Path | None:
        """Link the file into the archive; None where the file system cannot."""
        if delivery.path.is_symlink():
            return None
        for target in _free_names(folder, stem, delivery.name):
            try:
                os.link(delivery.path, target)
            except FileExistsError:
                continue
            except OSError as error:
                if error.errno in _FULL:
                    raise
                return None
            return target
        return None

    def _copy(self, delivery: Delivery, folder: Path, stem: str, checksum: str) -> Path:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        part = Path(name)
        try:
            digest = hashlib.sha256()
            with os.fdopen(descriptor, "wb") as copy, self.open(delivery) as source:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
                copy.flush()
                os.fsync(copy.fileno())
            if digest.hexdigest() != checksum:
                raise TransportError(
                    f"Tried to archive {delivery.path}: its content is no longer what was "
                    "processed. It stays where it is and is read the next time."
                )
            os.utime(part, (delivery.modified, delivery.modified))
            return _publish(part, folder, stem, delivery.name)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()

    def _failed(self, tried: str, error: OSError, advice: str) -> TransportError:
        return TransportError(f"Tried to {tried}: {error.strerror or error}. {advice}")


def kept_file(folder: Path, path: str) -> Delivery | None:
    """Describe a file in the server's own folder; None when it is gone, or lies elsewhere."""
    folder, real = Path(os.path.realpath(folder)), Path(os.path.realpath(path))
    if folder not in real.parents or not real.is_file():
        return None
    status = real.stat()
    return Delivery(real.name, real, status.st_size, status.st_mtime)


def time_in(name: str) -> str:
    """Return the part of a file name that tells when it was made, and pairs it with another."""
    return "_".join(re.findall(r"\d{4,}", name))


def _matcher(pattern: str) -> Callable[[str], object]:
    if not pattern or "/" in pattern or "\0" in pattern:
        raise TransportError(
            f"The file pattern “{pattern}” is not usable. Write a pattern without folders, "
            "for example CLIENTS_*.csv."
        )
    return re.compile(fnmatch.translate(pattern), re.IGNORECASE).match


def _is_unfinished(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


def _delivery(entry: os.DirEntry) -> Delivery | None:
    """Describe a regular file; None for anything else, or when nothing is there any more."""
    try:
        info = entry.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None
        raise
    if not stat.S_ISREG(info.st_mode):
        return None
    return Delivery(entry.name, Path(entry.path), info.st_size, info.st_mtime)


def _free_names(folder: Path, stem: str, name: str) -> Iterable[Path]:
    yield folder / f"{stem}{name}"
    for number in range(2, 1000):
        yield folder / f"{stem}{number}_{name}"


def _publish(part: Path, folder: Path, stem: str, name: str) -> Path:
    """Give a complete copy its name, never that of another file."""
    for target in _free_names(folder, stem, name):
        try:
            try:
                os.link(part, target)
            except FileExistsError:
                raise
            except OSError:  # no links on this file system: reserve the name, then replace it
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                os.rename(part, target)
        except FileExistsError:
            continue
        return target
    raise OSError(errno.EEXIST, "too many archived files of the same name")


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system can sync a folder
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
