"""First loads: the pipeline and its baselines, a round of all after a round of all.

Every side runs on a fresh copy of a database, and each rate is records per second of its own clock.
`load()` and SQL handle the same sample as the pipeline of their pair. One record per transaction
handles fewer of them, as its rate does not depend on their number (the rates of both halves are
shown). The samples of `load()` have 2,000 records (1,000 orders), or it would take minutes; SQL is
so fast that its sample has 10,000 contacts, 5,000 articles, 2,000 orders. What the pipeline reaches
on the whole files is told where the nights are prepared (:class:`benchmarks.night.Master`).
"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from . import odoo_process
from .data import World
from .databases import DEPENDS, INSTALLED, copy_of, fresh, settle
from .samples import Sampler
from .settings import BenchError, say, scale, sizes, work_folder

ENTITY = {"contacts": "contact", "articles": "article", "orders": "order"}
SAMPLE = {"contacts": 2000, "articles": 2000, "orders": 1000}
SQL_SAMPLE = {"contacts": 10_000, "articles": 5000, "orders": 2000}
ONE_BY_ONE = 300
SIDES = {
    "import": "baselines.odoo_load:load",
    "one_by_one": "baselines.one_by_one:load",
    "sql": "baselines.sql_floor:load",
}


def versus(kind: str, baseline: str) -> Callable[[int], list[float]]:
    """Return the measurement of one figure: ratios of the pairs, the better the larger, except that
    SQL is told as how many times slower the pipeline is."""

    def measure(runs: int) -> list[float]:
        with Load(kind, baseline) as load:
            values = [load.pair(number) for number in range(1, runs + 1)]
            load.remark()
            return values

    return measure


class Load:
    """The pairs of one figure: their sample, and the databases that they start from."""

    def __init__(self, kind: str, baseline: str):
        self.kind, self.baseline, self.entity = kind, baseline, ENTITY[kind]
        wanted = (SQL_SAMPLE if baseline == "sql" else SAMPLE)[kind]
        self.count = max(20, round(wanted * min(1, 2 * scale())))
        self.limit = max(10, round(ONE_BY_ONE * min(1, 2 * scale())))

    def __enter__(self) -> "Load":
        self._stack = ExitStack()
        self.folder = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder()))
        )
        self.drop = self.folder / "drop"
        try:
            self._prepare()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_exc) -> None:
        self._stack.close()

    # -- what a pair starts from -------------------------------------------------------------------

    def _prepare(self) -> None:
        sampler = Sampler(World(sizes()), self.folder)
        before = []
        if self.kind == "orders":
            self.file, *before = sampler.orders(self.count)
        else:
            self.file = getattr(sampler, self.kind)(self.count)
        self.ours = self._stack.enter_context(fresh(INSTALLED))
        self._side("pipeline:setup", self.ours, entities=list(ENTITY.values()))
        self.records = self._records(self.file, self.entity)
        files = list(zip(("contact", "article"), before, strict=False))
        if files:
            self._side("pipeline:night", self.ours, files=before, entities=[e for e, _f in files])
        settle(self.ours)
        if self.baseline == "sql":
            self.theirs = self.ours
            return
        self.theirs = self._stack.enter_context(fresh(DEPENDS))
        for entity, path in files:
            records = self._records(path, entity)
            self._run("baselines.odoo_load:load", self.theirs, path=records, entity=entity)
        settle(self.theirs)

    def _records(self, file: Path, entity: str) -> Path:
        records = self.folder / f"{entity}.jsonl"
        self._run("pipeline:records", self.ours, path=file, entity=entity, to=records)
        return records

    # -- one pair ----------------------------------------------------------------------------------

    def pair(self, number: int) -> float:
        """Measure our side, then the other one, each on a copy of its own."""
        with copy_of(self.ours) as database:
            ours = self._side("pipeline:night", database, files=[self.file], entities=[self.entity])
        with copy_of(self.theirs) as database:
            options = {"limit": self.limit} if self.baseline == "one_by_one" else {}
            theirs = self._run(
                SIDES[self.baseline], database, path=self.records, entity=self.entity, **options
            )
        counts = ours["counts"][self.entity]
        if counts["created"] != counts["rows"]:
            raise BenchError(f"the pipeline created {counts['created']} of {counts['rows']} rows")
        speed = counts["created"] / ours["seconds"]
        other = theirs["records"] / theirs["seconds"]
        ratio = other / speed if self.baseline == "sql" else speed / other
        halves = theirs.get("halves")
        say(
            f"   pair {number}: pipeline {speed:,.0f}/s of {counts['created']}, {self.baseline} "
            f"{other:,.0f}/s of {theirs['records']}"
            + (f" (halves {halves[0]:.0f} and {halves[1]:.0f}/s)" if halves else "")
            + f" -> {ratio:.2f}"
        )
        return ratio

    def remark(self) -> None:
        """Tell what else is worth knowing of the baseline."""
        if self.baseline != "import":
            return
        with copy_of(self.theirs) as database:
            theirs = self._run(
                SIDES["import"], database, path=self.records, entity=self.entity, tracking=False
            )
        say(
            "   for comparison: import without history in the chatter "
            f"{theirs['records'] / theirs['seconds']:,.0f}/s"
        )

    def _side(self, side: str, database: str, files=(), **options) -> dict:
        """Run one of our sides, which read a drop folder."""
        if files:
            options["files"] = [str(file) for file in files]
        return self._run(side, database, drop=str(self.drop), **options)

    def _run(self, side: str, database: str, **options) -> dict:
        options = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in options.items()
        }
        return odoo_process.run(side, database, **options)
