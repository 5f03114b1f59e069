"""``make ways``: the same night by every transport and format, side by side in a table."""

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from .database import copied
from .snapshot import assert_same
from .ways import REFERENCE, WAYS, meaning, synchronise

ENTITIES = ("contact", "article", "order", "dossier")


def main() -> int:
    """Load the simulated master by every way. :return: exit code: 1 when two ways differ"""
    size = os.environ.get("SUITE_WAYS_SIZE", "demo")
    reference, differing = None, 0
    print(f"{'way':<46}{''.join(f'{name + chr(115):>10}' for name in ENTITIES)}{'seconds':>9}")
    for way in (REFERENCE, *WAYS):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(dir=os.environ["SUITE_TEST_DIR"])))
            template, prefix = os.environ["SUITE_TEMPLATE_INSTALLED"], os.environ["SUITE_DB_PREFIX"]
            database = stack.enter_context(copied(template, prefix, folder))
            started = time.monotonic()
            synchronise(way, database, folder, size)
            seconds = time.monotonic() - started
            found = meaning(database)
            created = dict(database.query("SELECT entity, created FROM sm_run_line"))
        verdict = "what the others are compared with"
        if reference is None:
            reference = found
        else:
            try:
                assert_same(reference, found)
                verdict = "the same in Odoo, record by record"
            except AssertionError as error:
                differing += 1
                verdict = f"DIFFERS: {str(error)[:200]}"
        counts = "".join(f"{created.get(entity, 0):>10}" for entity in ENTITIES)
        print(f"{way.name:<46}{counts}{seconds:>9.1f}  {verdict}", flush=True)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
