"""Real Odoo server processes whose scheduler does the work."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg2

MORTAL = Path(__file__).with_name("mortal_server.py")
ADDONS = Path(__file__).resolve().parents[2] / "addons"
ENDED = ("done", "warning", "failed")


@contextmanager
def server(database, point="none", times=1, when="before", **variables):
    """A server with one cron thread and no HTTP, stopped at the end.

    :param str point: ``module:Class:function`` of the addon at which it kills itself
    """
    log = database.folder / "server.log"
    command = [sys.executable, str(MORTAL), point, str(times), when, str(ADDONS)]
    command += database.command("server", "--no-http", "--max-cron-threads=1")[3:]
    with log.open("a") as output:
        output.write(f"\n== {point} {times} {when}\n")
        output.flush()
        process = subprocess.Popen(
            command,
            env={**os.environ, **variables},
            cwd=database.folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def wake(database) -> None:
    """Tell the schedulers of a database to look around, as Odoo does."""
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('cron_trigger', %s)", [database.name])
    finally:
        connection.close()


def wait_for(what, database, seconds: float = 300):
    """Wake the schedulers until ``what()`` says something; return that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = what()
        if answer:
            return answer
        wake(database)
        time.sleep(0.3)
    log = (database.folder / "server.log").read_text()[-6000:]
    raise AssertionError(f"nothing came of it after {seconds:.0f} s:\n{log}")


def run_state(database):
    """State of the newest run."""
    rows = database.query("SELECT state FROM sm_run ORDER BY id DESC LIMIT 1")
    return rows[0][0] if rows else None


def has_ended(database) -> bool:
    return run_state(database) in ENDED


def was_killed(process) -> bool:
    """Whether the process is gone, and by SIGKILL and nothing else."""
    code = process.poll()
    assert code in (None, -signal.SIGKILL), f"the server ended with {code}"
    return code is not None
