"""What the measurements need to know of their surroundings: environment variables, read once.

The variables are those of ``tests/conftest.py``; ``make bench`` sets them.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / "addons"
LATEST = ROOT / "benchmarks" / "latest.json"


class BenchError(Exception):
    """Something the measurements need is missing, or a side of them failed."""


class Value(float):
    """One measured value, and what the other side took meanwhile, in the same unit."""

    def __new__(cls, value: float, beside: float):
        made = super().__new__(cls, value)
        made.beside = beside
        return made


@dataclass(frozen=True)
class Sizes:
    """How many records of each kind. ``full`` is what the figures are about; a scale shrinks it."""

    contacts: int
    articles: int
    orders: int

    @property
    def records(self) -> int:
        return self.contacts + self.articles + self.orders


FULL = Sizes(50_000, 15_000, 20_000)
SMALLEST = 30  # records of a kind: the simulator's least
#: How many times the contacts of ``full`` the large data set of `night.growth` holds.
GROWTH = 10


def variable(name: str) -> str:
    """Return an environment variable.

    :raises BenchError: it is not set
    """
    value = os.environ.get(name)
    if not value:
        raise BenchError(f"{name} is not set: start the measurements by `make bench`")
    return value


def scale() -> float:
    """Return ``$BENCH_SCALE``, by which every data set and sample is multiplied.

    :raises BenchError: it is not a number in (0, 1]
    """
    text = os.environ.get("BENCH_SCALE") or "1"
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise BenchError(f"BENCH_SCALE must be a number above 0 and up to 1, not {text!r}")
    return value


def runs(usual: int) -> int:
    """Return how many pairs to measure: ``$BENCH_RUNS``, else what the figure asks for.

    :raises BenchError: it is no number above 0
    """
    text = os.environ.get("BENCH_RUNS") or str(usual)
    if not text.isdigit() or int(text) < 1:
        raise BenchError(f"BENCH_RUNS must be a number above 0, not {text!r}")
    return int(text)


def sizes() -> Sizes:
    """Return the size of the ``full`` data set at this scale."""
    factor = scale()
    full = (FULL.contacts, FULL.articles, FULL.orders)
    return Sizes(*(max(SMALLEST, round(count * factor)) for count in full))


def work_folder() -> Path:
    """Return the folder for exports, logs and drop folders, made when it is not there."""
    folder = Path(variable("SUITE_TEST_DIR")) / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def latest_path() -> Path:
    """Return where the result is written: ``$BENCH_RESULT``, else ``benchmarks/latest.json``."""
    return Path(os.environ.get("BENCH_RESULT") or LATEST)


def say(text: str) -> None:
    """Show a line of progress at once."""
    print(text, flush=True)


def python() -> str:
    return sys.executable
