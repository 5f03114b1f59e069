"""``make soak``: the long version of the tests that ``make test`` runs small."""

import os

from . import test_suite


def main() -> bool:
    """A server killed at every point of a first load of the full data set (tests/test_crash.py);
    the full data set by every transport and format (tests/test_all_ways.py); 500 telephone calls
    while the connection is cut 50 times, and a busy hour in a minute (tests/test_threecx_*.py)."""
    os.environ |= {
        "SUITE_CRASH_SIZE": "full",
        "SUITE_WAYS_SIZE": "full",
        "SUITE_THREECX_CALLS": "500",
        "SUITE_THREECX_BUSY": "300",
        "TEST": "tests/test_crash.py,tests/test_all_ways.py,"
        "tests/test_threecx_listener.py,tests/test_threecx_busy_hour.py",
    }
    return test_suite.main()
