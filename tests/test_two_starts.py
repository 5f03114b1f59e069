"""The same night started twice at once: one runs, the other one says so, and nothing is doubled."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.kit.master import COUNTS, Master
from tests.kit.servers import has_ended, run_state, server, wait_for
from tests.kit.snapshot import assert_same, snapshot

SLOW = {"SUITE_CRASH_BATCH": "1"}  # small batches make the run last long enough to be met
PRESS = """
answer = env["sm.backend"].search([]).action_run_now()
env.cr.commit()
print("ANSWER", answer["params"]["type"])
"""
#: As a server's scheduler would, but without its lock: a second server that knows nothing of it.
START = """
import time
while time.time() < {at}:
    time.sleep(0.01)
env["sm.run"]._cron_night()
env.cr.commit()
print("STATES", env["sm.run"].search([]).mapped("state"))
"""


@pytest.fixture
def master(clone_database, tmp_path):
    return Master(clone_database(), tmp_path / "master")


@pytest.fixture
def undisturbed(clone_database, tmp_path):
    return Master(clone_database(), tmp_path / "undisturbed")


def assert_once(master, undisturbed):
    """One run did all there was to do, and did it once."""
    undisturbed.run_night()
    assert_same(snapshot(undisturbed.database), snapshot(master.database))
    expected = master.house.expected()
    for entity, line in master.lines().items():
        assert {name: line[name] for name in COUNTS} == {
            name: expected[entity][name] for name in COUNTS
        }


def test_button_while_the_cron_runs(master, undisturbed, tmp_path):
    """The server's scheduler is in the middle of the night when somebody presses the button."""
    database = master.database
    database.query("UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute'"
                   " WHERE active")  # fmt: skip
    release = tmp_path / "go_on"
    pause = ("pipeline.apply:BatchApplier:next_batch", 2, "pause")
    with server(database, *pause, **master.environment, **SLOW, SUITE_RELEASE=str(release)):
        wait_for(lambda: run_state(database) == "running", database, 60)
        assert "ANSWER warning" in database.shell(PRESS, **master.environment)
        assert run_state(database) == "running"
        release.touch()
        wait_for(lambda: has_ended(database), database, 120)
    assert database.query("SELECT count(*), min(trigger) FROM sm_run") == [(1, "cron")]
    assert_once(master, undisturbed)


def test_two_schedulers(master, undisturbed):
    """Two servers on one database, both woken for the same night."""
    database = master.database
    database.query("UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute'"
                   " WHERE active")  # fmt: skip
    with server(database, **master.environment, **SLOW):
        with server(database, **master.environment, **SLOW):
            wait_for(lambda: has_ended(database), database, 120)
            time.sleep(1)
    assert database.query("SELECT count(*) FROM sm_run") == [(1,)]
    assert_once(master, undisturbed)


def test_two_processes_without_the_scheduler(master, undisturbed):
    """Even when both by-pass the job's lock: the master's own lock and the queue hold."""
    script = START.format(at=time.time() + 12)
    with ThreadPoolExecutor(2) as threads:
        outputs = list(
            threads.map(
                lambda _number: master.database.shell(script, **master.environment), range(2)
            )
        )
    assert all("STATES" in output for output in outputs), outputs
    runs = master.database.query("SELECT state FROM sm_run ORDER BY id")
    assert {state for (state,) in runs} <= {"done", "warning"}
    # when one came after the other had ended, its night found no file
    created = master.database.query("SELECT sum(created) FROM sm_run_line")[0][0]
    expected = master.house.expected()
    assert created == sum(counts["created"] for counts in expected.values())
    undisturbed.run_night()
    assert_same(snapshot(undisturbed.database), snapshot(master.database))
