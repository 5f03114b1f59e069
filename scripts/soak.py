"""``make soak``: the long version of the tests that ``make test`` runs small."""

import os

from . import test_suite


def main() -> bool:
    """Kill a server at every point of a first load of the full data set (tests/test_crash.py)."""
    os.environ |= {"SUITE_CRASH_SIZE": "full", "TEST": "tests/test_crash.py"}
    return test_suite.main()
