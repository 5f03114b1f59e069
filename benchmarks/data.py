"""The exports that are measured: made by the simulator once per size, then kept.

A folder of exports is named by its size and by a digest of the simulator that wrote it, so that
another simulator never measures yesterday's files.
"""

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .settings import ROOT, BenchError, Sizes, python, say, work_folder

ENTITIES = ("contact", "article", "order")
PATTERNS = {"contact": "CLIENTS_*", "article": "ARTICLES_*", "order": "COMMANDES_*"}
ENCODING = "cp1252"
SIMULATOR = "simulators.silicon_master"


@dataclass(frozen=True)
class Export:
    """The files of one night."""

    folder: Path

    def path(self, entity: str) -> Path:
        """Return the file of ``entity``, the newest when there are several."""
        return max(self.folder.glob(PATTERNS[entity]))

    def paths(self) -> dict[str, str]:
        return {entity: str(self.path(entity)) for entity in ENTITIES}


class World:
    """A house of the simulator on disk and the exports of its nights.

    :param Sizes sizes: how many records it has at first
    """

    def __init__(self, sizes: Sizes):
        self.sizes = sizes
        name = f"{sizes.contacts}-{sizes.articles}-{sizes.orders}-{_digest()}"
        self.folder = work_folder() / "exports" / name

    def first(self) -> Export:
        """Return the first export of the world, made when it is not there."""
        done = self.folder / "night0.done"
        if not done.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            say(
                f"   generating {self.sizes.contacts} contacts, {self.sizes.articles} articles, "
                f"{self.sizes.orders} orders"
            )
            self._simulator(
                "init",
                *("--drop", self.folder / "night0"),
                *("--size", "full", "--rounding", "document", "--encoding", ENCODING),
                *("--contacts", self.sizes.contacts),
                *("--articles", self.sizes.articles),
                *("--orders", self.sizes.orders),
            )
            done.touch()
        return Export(self.folder / "night0")

    def changed(self, night: int, share: float) -> Export:
        """Return the export of a later night on which just ``share`` of every entity changed.

        Nights are lived in their order; one that exists is not lived again.
        """
        if night == 0:
            return self.first()
        self.changed(night - 1, share)
        name = f"night{night}-{share:g}"
        done = self.folder / f"{name}.done"
        if not done.exists():
            say(f"   generating night {night}, {share:.0%} changed")
            self._simulator("night", "--drop", self.folder / name, "--share", share)
            done.touch()
        return Export(self.folder / name)

    def defective(self, entity: str) -> set[str]:
        """Return the keys of the first export that no importer can accept, by the ledger."""
        for record in json.loads(self._simulator("ledger")):
            if record["night"] == 0 and record["entity"] == entity:
                return set(record["defects"])
        raise BenchError(f"the simulator's ledger says nothing of the first {entity}s")

    def export(self, folder: Path, *options) -> None:
        """Write the present state once more, in another form, into a folder."""
        self._simulator("export", "--drop", folder, *options)

    def fill_sql(self, dsn: str) -> None:
        """Put the present state into a database, as tables and views."""
        self._simulator("sql", "--dsn", dsn)

    def _simulator(self, command: str, *arguments) -> str:
        result = subprocess.run(
            [python(), "-m", SIMULATOR, command, "--state", str(self.folder / "state")]
            + [str(argument) for argument in arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise BenchError(f"the simulator's `{command}` failed:\n{result.stderr[-3000:]}")
        return result.stdout


def _digest() -> str:
    """Return a short digest of the simulator's sources."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "simulators" / "silicon_master").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
