"""A side of a measurement runs in an Odoo process of its own, started for it and ended after it.

The parent calls :func:`run` with the dotted name of a side; the child loads the registry, which is
not measured, and calls it with a :class:`Process`. A side measures itself: it starts its clock when
all that is done once per process is done, and returns what it measured.
"""

import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from .databases import KEPT
from .settings import ADDONS, ROOT, BenchError, python, work_folder

LIMIT = 3600  # seconds a side may take
EXCERPT = 1500  # characters of the log of a side that failed


@cache
def addons() -> str:
    """Return a copy of our addons as they are now: an edit in the middle of the measurements would
    otherwise be measured in one half of them."""
    folder = Path(KEPT.enter_context(tempfile.TemporaryDirectory(dir=work_folder()))) / "addons"
    shutil.copytree(ADDONS, folder, ignore=shutil.ignore_patterns("__pycache__", "tests*"))
    return str(folder)


def run(side: str, database: str, **options) -> dict:
    """Run a side in a fresh Odoo process.

    :param side: ``package.module:function`` below ``benchmarks``
    :param options: JSON-able arguments of the function; ``drop`` is also the folder under which the
        connector may read files
    :return: what the function returned
    :raises BenchError: the process failed
    """
    with tempfile.TemporaryDirectory(dir=work_folder()) as folder:
        task, answer, log = (Path(folder) / name for name in ("task", "answer", "log"))
        task.write_text(
            json.dumps({"side": side, "database": database, "addons": addons(), "options": options})
        )
        environment = {**os.environ, "SM_DROP_ROOTS": options.get("drop", folder)}
        with log.open("w") as stream:
            result = subprocess.run(
                [python(), "-m", __name__, task, answer],
                cwd=ROOT,
                env=environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=LIMIT,
                check=False,
            )
        if result.returncode or not answer.exists():
            raise BenchError(f"{side} failed:\n{log.read_text()[-EXCERPT:]}")
        return json.loads(answer.read_text())


class Process:
    """What a side gets: Odoo's registry, and a clock."""

    def __init__(self, registry):
        self.registry = registry
        self.seconds = 0.0

    @contextmanager
    def environment(self):
        """Yield an `Environment` of the superuser; what is not committed is rolled back."""
        from odoo import SUPERUSER_ID, api

        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"})

    @contextmanager
    def clock(self):
        """Add the seconds that the block takes."""
        gc.collect()
        started = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - started


def main(task_path: str, answer_path: str) -> None:
    """The child: load Odoo on the database of the task, call its side, write its answer."""
    task = json.loads(Path(task_path).read_text())
    module_name, function_name = task["side"].split(":")
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(
        [
            f"--database={task['database']}",
            f"--addons-path={task['addons']}",
            f"--data-dir={work_folder() / 'files'}",
            "--log-level=warn",
            "--http-interface=127.0.0.1",
            "--max-cron-threads=0",
        ],
        setup_logging=True,
    )
    process = Process(Registry(task["database"]))
    side = getattr(importlib.import_module(f"benchmarks.{module_name}"), function_name)
    answer = side(process, **task["options"])
    Path(answer_path).write_text(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
