"""Folders in the cache, complete or absent: a half-finished download never counts."""

import shutil
from collections.abc import Callable
from pathlib import Path

from .locks import exclusive
from .settings import cache_dir

MARK = ".complete"


def is_complete(folder: Path) -> bool:
    return (folder / MARK).is_file()


def complete_folder(name: str, build: Callable[[Path], None]) -> Path:
    """Return the cached folder ``name``; build it when it is absent or was left half-finished.

    :param name: path below the cache, with the version and a checksum of what it is made of
    :param build: fills the empty folder it is given; whatever it raises leaves no complete folder
    """
    folder = cache_dir() / name
    if is_complete(folder):
        return folder
    with exclusive(cache_dir() / "locks" / f"{name.replace('/', '-')}.lock", name):
        if not is_complete(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            build(folder)
            (folder / MARK).touch()
    return folder
