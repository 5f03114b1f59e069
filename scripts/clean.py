"""``make clean``: remove what was made in this checkout."""

import os
import shutil
from contextlib import ExitStack

from . import demo, postgres, test_suite
from .console import Problem, say, step
from .locks import try_exclusive
from .settings import cache_dir, data_dir


def main() -> None:
    """Remove ``.data``; with ``CACHE=1`` also the downloads that all checkouts share."""
    with ExitStack() as stack:
        for folder, what in ((demo.folder(), "the demo"), (test_suite.folder(), "the tests")):
            if not stack.enter_context(try_exclusive(folder / "lock")):
                raise Problem(
                    "cleaning up",
                    f"{what} still runs in this checkout",
                    "stop it with Ctrl-C in its terminal first",
                )
        with step(f"removing {data_dir()}"):
            if postgres.external():
                demo.forget(stack)
                test_suite.forget()
            shutil.rmtree(data_dir())
            shutil.rmtree(postgres.outside_folder(), ignore_errors=True)
        if os.environ.get("CACHE") == "1":
            with step(f"removing {cache_dir()}"):
                shutil.rmtree(cache_dir(), ignore_errors=True)
        else:
            say(f"   the downloads in {cache_dir()} stay; CACHE=1 make clean removes them too")
