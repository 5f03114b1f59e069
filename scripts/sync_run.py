"""The nightly synchronisation seen from outside: queue it, follow it, show what it did.

What it did is read from the database that the run itself wrote; this module never loads the addons.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .console import Problem, say, table
from .odoo_server import Odoo

QUEUE_SCRIPT = Path(__file__).with_name("queue_run.py")
COLUMNS = ("created", "updated", "unchanged", "archived", "quarantined")
ENDED = ("done", "warning", "failed")


def last_run(odoo: Odoo, database: str) -> tuple[int, str] | None:
    """Number and state of the newest run; None when there was none yet."""
    rows = odoo.cluster.query(database, "SELECT id, state FROM sm_run ORDER BY id DESC LIMIT 1")
    return (int(rows[0][0]), rows[0][1]) if rows else None


def run_night(odoo: Odoo, database: str, check: Callable[[], None]) -> int:
    """Queue a run as the button does, let the server's scheduler do it, and print what it did.

    :param check: raises when the server that should do it is gone
    :return: number of the run
    """
    before = last_run(odoo, database)
    odoo.shell(database, QUEUE_SCRIPT, "queueing the nightly synchronisation")
    run = last_run(odoo, database)
    if not run or (before and before[0] == run[0] and run[1] in ENDED):
        raise Problem(
            "queueing the nightly synchronisation",
            "no new run appeared",
            f"read {odoo.log}",
        )
    _follow(odoo, database, run[0], check)
    show(odoo, database, run[0])
    return run[0]


def compare(odoo: Odoo, database: str, number: int, expected: dict[str, dict[str, int]]) -> None:
    """Say whether the master's own ledger agrees with what a run counted."""
    counts = ", ".join(COLUMNS)
    rows = odoo.cluster.query(
        database, f"SELECT entity, {counts} FROM sm_run_line WHERE run_id = {number}"
    )
    differences = [
        f"{entity} {name}: {found} here, {expected[entity][name]} there"
        for entity, *values in rows
        for name, found in zip(COLUMNS, values, strict=True)
        if entity in expected and int(found or 0) != expected[entity][name]
    ]
    if not differences:
        say("Silicon Master's own ledger says the same.")
        return
    say("Silicon Master's own ledger differs; nights without a synchronisation explain that:")
    for line in differences:
        say(f"  {line}")


def _follow(odoo: Odoo, database: str, number: int, check: Callable[[], None]) -> None:
    """Wait for the end of a run and show how far it is."""
    started = time.monotonic()
    deadline = started + 1800
    said = ""
    while True:
        ((state,),) = odoo.cluster.query(database, f"SELECT state FROM sm_run WHERE id = {number}")
        lines = odoo.cluster.query(
            database,
            f"SELECT entity, state FROM sm_run_line WHERE run_id = {number} ORDER BY sequence, id",
        )
        text = f"run {number} {state}: " + ", ".join(f"{entity} {what}" for entity, what in lines)
        if text != said:
            said = _show_progress(text, time.monotonic() - started)
        if state in ENDED:
            break
        check()
        if time.monotonic() > deadline:
            raise Problem(
                f"waiting for synchronisation {number}",
                "it has not ended after 30 minutes",
                f"read {odoo.log}",
            )
        time.sleep(0.5)


def _show_progress(text: str, seconds: float) -> str:
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 200
    say(f"   … {seconds:.0f} s {text}"[:width])
    return text


def show(odoo: Odoo, database: str, number: int) -> None:
    """Print the table of what a run did."""
    ((state, start),) = odoo.cluster.query(
        database,
        f"SELECT state, to_char(date_start, 'YYYY-MM-DD HH24:MI') FROM sm_run WHERE id = {number}",
    )
    counts = ", ".join(COLUMNS)
    rows = odoo.cluster.query(
        database,
        f"SELECT entity, {counts}, round(seconds::numeric, 1), coalesce(message, '') "
        f"FROM sm_run_line WHERE run_id = {number} ORDER BY sequence, id",
    )
    say(f"\nWhat the night of {start} UTC did (run {number}, {state}):\n")
    say(table(("entity", *COLUMNS, "seconds"), [row[:-1] for row in rows]))
    for row in rows:
        if row[-1]:
            say(f"  {row[0]}: {row[-1]}")
    say()
