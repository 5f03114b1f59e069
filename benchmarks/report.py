"""The table for the reader, and the file for the machine."""

import json
import os
import platform
import subprocess
from functools import cache
from pathlib import Path

from .figures import FIGURES, Figure, Result
from .settings import FULL, ROOT, latest_path, scale, sizes

HEAD = ("figure", "value", "reach", "", "runs", "min", "max")


def machine() -> str:
    """Return what the measurements ran on, in a line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"


@cache
def commit() -> str:
    """Return the commit that is measured; ``+`` when the checkout has changes on top.

    To be asked first when the measurements start: the checkout may move on meanwhile.
    """

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip()

    dirty = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "HEAD") or "unknown") + ("+" if dirty else "")


def table(results: list[Result], failed: dict[Figure, str], skipped: list[Figure]) -> str:
    """Return the table that is printed."""
    size = sizes()
    lines = [
        f"Scale {scale():g} ({size.contacts:,} contacts, {size.articles:,} articles, "
        f"{size.orders:,} orders; full is {FULL.contacts:,}, {FULL.articles:,}, {FULL.orders:,})",
        f"{machine()}, commit {commit()}",
        "value: median of the runs; a ratio is of two sides, measured side by side",
        "",
    ]
    rows = [HEAD]
    for result in results:
        entry = result.as_json()
        rows.append(
            (
                entry["name"],
                f"{entry['value']:.2f} {entry['unit']}",
                entry["reach"],
                "reached" if result.is_reached else "MISSED",
                str(entry["runs"]),
                f"{entry['min']:.2f}",
                f"{entry['max']:.2f}",
            )
        )
    rows += [(figure.name, "-", figure.reach, "FAILED", "0", "-", "-") for figure in failed]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines += ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    lines += [f"\n{figure.name}: {figure.what}." for figure in skipped]
    lines += [
        f"\n{figure.name} failed: {message.strip().splitlines()[-1]}"
        for figure, message in failed.items()
    ]
    lines += ["", *map(_explained, results)]
    baselines = dict.fromkeys(result.figure.baseline for result in results)
    lines += ["", *(f"baseline: {baseline}" for baseline in baselines if baseline)]
    return "\n".join(lines)


def _explained(result: Result) -> str:
    line = f"{result.figure.name}: {result.figure.what}"
    entry = result.as_json()
    if "beside" in entry:
        line += f"; beside it {entry['beside']:.2f} {entry['unit']}"
    return line


def write(results: list[Result]) -> Path:
    """Write the result as JSON and return where.

    Figures that were not measured this time stay as they were: each bears the commit and the
    machine it was measured on, and those that are no longer promised go.
    """
    path = latest_path()
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"figures": []}
    known = {entry["name"]: entry for entry in before["figures"]}
    for result in results:
        entry = result.as_json() | {"machine": machine(), "commit": commit()}
        known[result.figure.name] = entry
    promised = [figure.name for figure in FIGURES]
    content = {"figures": [known[name] for name in promised if name in known]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
