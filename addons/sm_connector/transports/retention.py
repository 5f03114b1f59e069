"""Deletes what was put away long ago, and nothing else."""

import os
import re
import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from .base import OUTCOMES

_MONTH = re.compile(r"\d{4}-\d{2}")
_KEPT = re.compile(r"(?P<stamp>\d{8}T\d{6})_[0-9a-f]{8}_.")
_STEM = 25  # moment and checksum: what a file and its lines have in common


def prune(folder: Path, before: datetime, keep: Collection[str] = ()) -> int:
    """Delete the deliveries below an archive folder which were put away before a moment.

    Only what :meth:`Transport.archive` made is looked at, by place and name; a link, a folder of
    another name or a file that somebody else put there stays.

    :param folder: the archive folder, a real path below a root the server allows
    :param before: naive UTC, as the names tell it
    :param keep: paths that stay however old they are, with the lines that belong to them
    :return: how many files, and folders of pages, are gone
    """
    kept = {(str(Path(path).parent), Path(path).name[:_STEM]) for path in keep}
    count = 0
    for outcome in OUTCOMES:
        for month in _folders(folder / outcome):
            if not _MONTH.fullmatch(month.name):
                continue
            for entry in list(os.scandir(month)):
                match = _KEPT.match(entry.name)
                if not match or match["stamp"] >= f"{before:%Y%m%dT%H%M%S}":
                    continue
                if (str(month), entry.name[:_STEM]) in kept:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    os.unlink(entry.path)
                else:
                    continue
                count += 1
            if not any(month.iterdir()):
                month.rmdir()
    return count


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder; none when it, or one of them, is a link to elsewhere."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
