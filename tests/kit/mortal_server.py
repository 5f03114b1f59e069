"""``python mortal_server.py POINT TIMES WHEN -- odoo server …``: an Odoo server that kills itself.

It is Odoo's own command with one function of the addon wrapped: at its TIMES-th call the process
sends itself SIGKILL, BEFORE or AFTER the call. With WHEN = pause it lives, but waits there until
the file that ``SUITE_RELEASE`` names exists. Nothing in the addon knows of any of it.
"""

import importlib
import os
import signal
import sys
import time

from odoo import cli

import odoo.addons

ADDON = os.environ.get("SUITE_CRASH_ADDON", "odoo.addons.sm_connector")
#: Small batches, so that small exports have several.
BATCHES = os.environ.get("SUITE_CRASH_BATCH")
RELEASE = os.environ.get("SUITE_RELEASE", "")


def mortal(owner, name: str, times: int, when: str) -> None:
    """Wrap ``owner.name``."""
    function = getattr(owner, name)
    calls = 0

    def wrapped(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == times and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        while calls == times and when == "pause" and not os.path.exists(RELEASE):
            time.sleep(0.05)
        result = function(*args, **kwargs)
        if calls == times and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)


def main() -> None:
    point, times, when, addons, *arguments = sys.argv[1:]
    odoo.addons.__path__.append(addons)
    if BATCHES:
        apply = importlib.import_module(f"{ADDON}.pipeline.apply")
        apply.BATCH = dict.fromkeys(apply.BATCH, int(BATCHES))
    if point != "none":
        module, *path = point.split(":")
        owner = importlib.import_module(f"{ADDON}.{module}")
        for name in path[:-1]:
            owner = getattr(owner, name)
        mortal(owner, path[-1], int(times), when)
    sys.argv = ["odoo", *arguments]
    cli.main()


if __name__ == "__main__":
    main()
