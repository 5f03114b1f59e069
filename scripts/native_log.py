"""Reading the log of Odoo's own test runner: how many tests, and what must not be in it.

Odoo ends with code 0 when a test merely logs an error, and says nothing of skipped tests or
deprecations.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ "
    r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) \S+ (?P<logger>[\w.?]+): (?P<text>.*)$"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TOTAL = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
_FAILED_TEST = re.compile(r"^(FAIL|ERROR): ")


@dataclass
class Outcome:
    """What a run of tests came to; ``remarks`` are what to show of it."""

    passed: int = 0
    failed: int = 0
    remarks: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.passed += other.passed
        self.failed += other.failed
        self.remarks += other.remarks
        return self


def records(text: str) -> Iterator[tuple[str, str, str]]:
    """Level, logger and whole message of each record, with the lines that continue it."""
    current: list[str] | None = None
    for line in _COLOUR.sub("", text).splitlines():
        match = _LINE.match(line)
        if match:
            if current:
                yield current[0], current[1], current[2]
            current = [match["level"], match["logger"], match["text"]]
        elif current:
            current[2] += f"\n{line}"
    if current:
        yield current[0], current[1], current[2]


def is_forbidden(level: str, logger: str, text: str, addons: Collection[str]) -> bool:
    """Whether a record fails the tests though no test failed.

    Any error; a warning from one of our addons, or one that names one of our files or models.
    """
    if level in ("ERROR", "CRITICAL"):
        return True
    if level != "WARNING":
        return False
    parts = logger.split(".")
    if len(parts) > 2 and parts[:2] == ["odoo", "addons"] and parts[2] in addons:
        return True
    return any(re.search(rf"\b{re.escape(name)}\b", text) for name in addons)


def _shortened(text: str, longest: int = 60) -> str:
    """The message and the innermost calls of its stack; the outer ones are always the same."""
    lines = [line for line in text.splitlines() if line.strip()]
    if text.startswith(("FAIL:", "ERROR:")) or len(lines) <= 8:
        return "\n".join(lines[:longest])
    return "\n".join([lines[0], "  …", *lines[-6:]])


def read(log: Path, addons: Collection[str], exit_code: int) -> Outcome:
    """Outcome of the native run whose log this is."""
    outcome = Outcome()
    totals = None
    reported = 0
    for level, logger, text in records(log.read_text(errors="replace")):
        total = _TOTAL.search(text) if logger == "odoo.tests.result" else None
        if total:
            totals = [int(number) for number in total.groups()]
        elif text.startswith("skipped ") and logger.startswith("odoo.addons."):
            outcome.failed += 1
            outcome.passed -= 1
            outcome.remarks.append(f"skipped, which counts as failed: {text[8:]}")
        elif is_forbidden(level, logger, text, addons):
            if _FAILED_TEST.match(text):
                reported += 1
            else:
                outcome.failed += 1
            outcome.remarks.append(f"{level} {logger}: {_shortened(text)}")
    if totals is None:
        outcome.failed += 1
        outcome.passed = 0
        outcome.remarks.append("Odoo's test runner did not come to its end")
        return outcome
    failures, errors, count = totals
    outcome.failed += max(failures + errors, reported)
    outcome.passed += max(0, count - failures - errors)
    if exit_code and not outcome.failed:
        outcome.failed += 1
        outcome.remarks.append(f"Odoo ended with code {exit_code}")
    return outcome
