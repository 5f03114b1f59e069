"""Locks between processes (two checkouts sharing the cache, two terminals in one checkout)."""

import fcntl
from contextlib import contextmanager
from pathlib import Path

from .console import say


@contextmanager
def exclusive(path: Path, waiting_for: str):
    """Hold ``path`` alone; wait for another process that holds it, and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"   waiting for another process: {waiting_for}")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextmanager
def try_exclusive(path: Path):
    """Hold ``path`` alone and give True, or give False at once when another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
