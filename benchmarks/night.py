"""Nights: what the synchronisation costs once everything is there.

Every side of a pair runs in a fresh process; nights run one after the other on the same database,
as they do in life, and find it as the night before left it.
"""

import tempfile
from contextlib import ExitStack
from copy import copy
from functools import cache
from pathlib import Path

from . import odoo_process
from .data import ENCODING, ENTITIES, Export, World
from .databases import DEPENDS, INSTALLED, KEPT, copy_of, fresh, settle
from .samples import changed_only
from .settings import GROWTH, SMALLEST, BenchError, Sizes, say, sizes, work_folder

SHARE = 0.01  # of every entity that changes on a night with changes


class Master:
    """A database whose contacts, articles and orders are those of an export.

    Filled by the pipeline itself: this is the first load of whole files, told in the progress for
    comparison with the samples of `first_load`.
    """

    def __init__(self, stack: ExitStack, world: World, entities=ENTITIES):
        self.world, self.entities = world, list(entities)
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder())))
        self.database = stack.enter_context(fresh(INSTALLED))
        self._run("pipeline:setup", entities=self.entities)

    def load(self) -> None:
        """Synchronise the first export."""
        export = self.world.first()
        for entity in self.entities:
            answer = self._night([export.path(entity)], [entity])
            created = answer["counts"][entity]["created"]
            say(
                f"   first load of the whole file: {created} {entity}s, "
                f"{created / answer['seconds']:,.0f}/s"
            )

        settle(self.database)

    def prime(self) -> int:
        """Fill the database by SQL as if the first export had been synchronised.

        :return: contacts that are there
        """
        path = str(self.world.first().path("contact"))
        answer = self._run("priming:prime", files=[path])
        settle(self.database)
        return answer["linked"]

    def twin(self, stack: ExitStack) -> "Master":
        """Return a master of the same world on a copy of the database."""
        other = copy(self)
        other.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder())))
        other.database = stack.enter_context(copy_of(self.database))
        odoo_process.run("pipeline:move", other.database, drop=str(other.folder / "drop"))
        return other

    def apply_alone(self, before: Export, after: Export) -> dict:
        """Apply the rows that changed between two exports. :return: `pipeline.apply_alone`'s"""
        files = [
            changed_only(before, after, entity, self.folder / "changed" / after.path(entity).name)
            for entity in self.entities
        ]
        return self._run(
            "pipeline:apply_alone", files=[str(file) for file in files], entities=self.entities
        )

    def night(self, export: Export) -> dict:
        """Synchronise an export. :return: what `pipeline.night` returns"""
        return self._night([export.path(entity) for entity in self.entities], self.entities)

    def look(self, export: Export) -> dict:
        """Make a plan of an export, and leave it. :return: what `pipeline.look` returns"""
        files = [str(export.path(entity)) for entity in self.entities]
        return self._run("pipeline:look", files=files, entities=self.entities)

    def _night(self, files: list, entities: list) -> dict:
        return self._run("pipeline:night", files=[str(file) for file in files], entities=entities)

    def _run(self, side: str, **options) -> dict:
        return odoo_process.run(side, self.database, drop=str(self.folder / "drop"), **options)


def check_unchanged(answer: dict) -> None:
    """Make sure that a night found nothing to do.

    :raises BenchError: it created or updated something, so it was no night without changes
    """
    for entity, counts in answer["counts"].items():
        if counts["created"] or counts["updated"] or not counts["unchanged"]:
            raise BenchError(f"the night was to find every {entity} unchanged, it found {counts}")


def check_changed(answer: dict) -> None:
    """Make sure that a night updated the share of records that the simulator changed.

    :raises BenchError: it did not
    """
    for entity, counts in answer["counts"].items():
        expected = round(SHARE * counts["rows"])  # less those that are in quarantine anyway
        if counts["created"] or not expected // 2 <= counts["updated"] <= expected + 1:
            raise BenchError(f"1 % of the {entity}s changed, the night found {counts}")


@cache
def _loaded() -> Master:
    """Return the master that the first export was loaded from, for the figures to copy."""
    master = Master(KEPT, World(sizes()))
    master.load()
    return master


def unchanged_vs_floor(runs: int) -> list[float]:
    """Return night of unchanged files ÷ parse and COPY, for each pair."""
    values = []
    with ExitStack() as stack:
        master = _loaded().twin(stack)
        floor = stack.enter_context(fresh(DEPENDS))
        export = master.world.first()
        paths = [str(export.path(entity)) for entity in ENTITIES]
        for number in range(1, runs + 1):
            night = master.night(export)
            check_unchanged(night)
            copied = odoo_process.run(
                "baselines.copy_floor:copy", floor, paths=paths, encoding=ENCODING
            )
            values.append(night["seconds"] / copied["seconds"])
            parts = ", ".join(f"{name} {value:.1f}" for name, value in night["entities"].items())
            say(
                f"   pair {number}: night {night['seconds']:.2f} s ({parts}), floor "
                f"{copied['seconds']:.2f} s for {copied['rows']} rows -> {values[-1]:.2f}"
            )
    return values


def dry_run_vs_night(runs: int) -> list[float]:
    """Return dry run ÷ night, both of unchanged files, for each pair."""
    values = []
    with ExitStack() as stack:
        master = _loaded().twin(stack)
        export = master.world.first()
        check_unchanged(master.night(export))
        for number in range(1, runs + 1):
            night = master.night(export)
            check_unchanged(night)
            look = master.look(export)
            check_unchanged(look)
            values.append(look["seconds"] / night["seconds"])
            rows = sum(counts["rows"] for counts in look["counts"].values())
            say(
                f"   pair {number}: dry run {look['seconds']:.2f} s of {rows} rows, night "
                f"{night['seconds']:.2f} s -> {values[-1]:.2f}"
            )
    return values


def one_percent_vs_parts(runs: int) -> list[float]:
    """Return night with 1 % changed ÷ (night without changes + applying those rows alone).

    Two databases hold the same. On the first run, for each pair, a night on the files it knows and
    a night on files of which 1 % of each entity changed. On the second the apply step alone is
    measured, of the same changed rows. So both have the same content again before the next pair,
    whose changes are others.
    """
    values = []
    with ExitStack() as stack:
        master, twin = _loaded().twin(stack), _loaded().twin(stack)
        before = master.world.first()
        for number in range(1, runs + 1):
            after = master.world.changed(number, SHARE)
            unchanged = master.night(before)
            check_unchanged(unchanged)
            changed = master.night(after)
            check_changed(changed)
            alone = twin.apply_alone(before, after)
            values.append(changed["seconds"] / (unchanged["seconds"] + alone["seconds"]))
            rows = sum(counts["updated"] for counts in changed["counts"].values())
            say(
                f"   pair {number}: {rows} rows changed {changed['seconds']:.2f} s, unchanged "
                f"{unchanged['seconds']:.2f} s, apply alone {alone['seconds']:.2f} s "
                f"-> {values[-1]:.2f}"
            )
            before = after
    return values


# -- growth ----------------------------------------------------------------------------------------


@cache
def _growing_nights(runs: int) -> list[tuple[dict, dict]]:
    """Return what `pipeline.night` told of unchanged nights with few and with many contacts.

    The time and the memory are figures of the same nights. Both databases are filled by SQL
    (:mod:`benchmarks.priming`), as the ORM would take ten minutes for the large one.
    """
    small = World(sizes())
    large = World(Sizes(GROWTH * sizes().contacts, SMALLEST, SMALLEST))
    pairs = []
    with ExitStack() as stack:
        masters = []
        for world in (small, large):
            master = Master(stack, world, ("contact",))
            primed = master.prime()
            say(f"   {primed} contacts put there by SQL")
            masters.append(master)
        for number in range(1, runs + 1):
            pair = tuple(master.night(master.world.first()) for master in masters)
            for night in pair:
                check_unchanged(night)
            pairs.append(pair)
            few, many = pair
            say(
                f"   pair {number}: {_rows(few):,} contacts {few['seconds']:.2f} s and "
                f"{few['peak_mb']:.0f} MB, {_rows(many):,} contacts {many['seconds']:.2f} s and "
                f"{many['peak_mb']:.0f} MB"
            )
    return pairs


def growth(runs: int) -> list[float]:
    """Return night with many contacts ÷ (that with few × how many times as many there are)."""
    return [
        many["seconds"] / (few["seconds"] * _rows(many) / _rows(few))
        for few, many in _growing_nights(runs)
    ]


def memory_mb(runs: int) -> list[float]:
    """Return how many MB the peak is higher with many contacts than with few."""
    return [many["peak_mb"] - few["peak_mb"] for few, many in _growing_nights(runs)]


def _rows(night: dict) -> int:
    return night["counts"]["contact"]["rows"]
