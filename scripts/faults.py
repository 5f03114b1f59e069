"""``make faults``: the long version of the fault run that ``make test`` runs small."""

import os

from . import test_suite

#: Messages over the three channels, unless ``FAULTS_MESSAGES`` says otherwise.
MESSAGES = "20000"


def main() -> bool:
    """Mail, chat and Messenger at once, repeated and out of order, while workers are killed, tokens
    die and PostgreSQL is restarted (tests/test_faults.py)."""
    os.environ.setdefault("FAULTS_MESSAGES", MESSAGES)
    os.environ["TEST"] = "tests/test_faults.py"
    return test_suite.main()
