"""``python -m benchmarks``: measure, print a table, write ``benchmarks/latest.json``.

``FIGURES=name,…`` measures some figures only; ``BENCH_SCALE=0.1`` takes a tenth of the data;
``BENCH_RUNS=1`` measures one pair of each, for a quick look.
"""

import os
import sys
import time

from . import guide, report
from .databases import KEPT
from .figures import Figure, Result, select
from .settings import LATEST, BenchError, runs, say, scale, work_folder


def main() -> int:
    """Measure. :return: exit code: 1 when a figure could not be measured, not when it is missed"""
    try:
        chosen = select(os.environ.get("FIGURES", ""))
        scale()
        runs(1)
        work_folder()
    except (BenchError, ValueError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    say(f"-> commit {report.commit()}, scale {scale():g}")
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"!! the machine is busy (load {load:.1f}): expect a wide spread")
    results: list[Result] = []
    failed: dict[Figure, str] = {}
    skipped = [figure for figure in chosen if not figure.measure]
    with KEPT:
        for figure in chosen:
            if not figure.measure:
                continue
            say(f"-> {figure.name}: {figure.what}")
            started = time.monotonic()
            try:
                results.append(Result(figure, figure.measure(runs(figure.runs))))
            except Exception as error:
                # the others are still worth measuring; this one is told at the end
                failed[figure] = f"{type(error).__name__}: {error}"
                say(f"   failed: {failed[figure]}")
            else:
                say(f"   {results[-1].value:.2f} in {time.monotonic() - started:.0f} s")
    say("\n" + report.table(results, failed, skipped))
    if results:
        path = report.write(results)
        say(f"\nwritten to {path}")
        if path == LATEST and scale() == 1:
            guide.fill()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
