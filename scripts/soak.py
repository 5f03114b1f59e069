"""``make soak``: the long version of the tests that ``make test`` runs small."""

import os

from . import test_suite


def main() -> bool:
    """A server killed at every point of a first load of the full data set (tests/test_crash.py);
    the full data set by every transport and format (tests/test_all_ways.py)."""
    os.environ |= {
        "SUITE_CRASH_SIZE": "full",
        "SUITE_WAYS_SIZE": "full",
        "TEST": "tests/test_crash.py,tests/test_all_ways.py",
    }
    return test_suite.main()
