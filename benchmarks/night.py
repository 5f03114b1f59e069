"""Nights: what the synchronisation costs once everything is there.

Every side of a pair runs in a fresh process; nights run one after the other on the same database, as
they do in life, and find it as the night before left it.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import odoo_process
from .data import ENCODING, ENTITIES, Export, World
from .databases import DEPENDS, INSTALLED, copy_of, fresh
from .samples import changed_only
from .settings import GROWTH, BenchError, Sizes, say, scale, sizes, work_folder

SHARE = 0.01


class Master:
    """A database whose contacts, articles and orders are those of an export.

    Made by the pipeline itself, once per process: this is the first load of whole files, told in the
    progress for comparison with the samples of `first_load`.
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

    def night(self, export: Export) -> dict:
        """Synchronise an export. :return: what `pipeline.night` returns"""
        return self._night([export.path(entity) for entity in self.entities], self.entities)

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


def unchanged_vs_floor(runs: int) -> list[float]:
    """Return night of unchanged files ÷ parse and COPY, for each pair."""
    values = []
    with ExitStack() as stack:
        master = Master(stack, World(sizes()))
        master.load()
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


def one_percent_vs_parts(runs: int) -> list[float]:
    return []


def growth(runs: int) -> list[float]:
    return []


def memory_mb(runs: int) -> list[float]:
    return []
