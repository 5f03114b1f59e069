"""A server is killed (SIGKILL) at named points of a night, started again, and killed again further
on. What is in the end in the database is, row by row, what an undisturbed night leaves.

``SUITE_CRASH_SIZE=full`` (or ``demo``) makes the long version of it, with batches as they are.
"""

import os

import pytest

from tests.kit.master import Master
from tests.kit.servers import has_ended, run_state, server, wait_for, was_killed
from tests.kit.snapshot import assert_same, snapshot

SIZE = os.environ.get("SUITE_CRASH_SIZE", "tiny")
BATCH = {} if SIZE == "full" else {"SUITE_CRASH_BATCH": "7"}
PATIENCE = 3600 if SIZE == "full" else 120  # seconds

LINE = "models.sm_run_line:SmRunLine"
APPLY = "pipeline.apply:BatchApplier"
#: name → what is called, which time, before or after: in the order in which a night comes by
POINTS = {
    "in staging": ("pipeline.tables:Copier:flush", 1, "after"),
    "staged and planned, not committed": (f"{LINE}:_apply", 1, "before"),
    "in the middle of a batch": (f"{APPLY}:_link", 2, "before"),
    "batch written, not committed": (f"{APPLY}:next_batch", 2, "after"),
    "between two batches": (f"{APPLY}:next_batch", 2, "before"),
    "before the balance": (f"{LINE}:_finish", 1, "before"),
    "committed, the file not yet archived": (f"{LINE}:_archive_file", 1, "before"),
    "in the second entity, and PostgreSQL crashed too": (
        "pipeline.apply_article:ArticleApplier:finish", 2, "after",
    ),
    "after the second file was archived": (f"{LINE}:_archive_file", 1, "after"),
    "orders created, not confirmed": ("pipeline.apply_order:OrderApplier:_settle", 2, "before"),
    "in the last line": (f"{LINE}:_finish", 1, "after"),
    "before the run is closed": ("models.sm_run:SmRun:_finish", 1, "before"),
}  # fmt: skip
QUEUE = """
env["sm.run"]._queue(env["sm.backend"].search([]), "manual")
env.ref("sm_connector.ir_cron_night")._trigger()
env.cr.commit()
"""


@pytest.fixture
def undisturbed(clone_database, tmp_path):
    return Master(clone_database(), tmp_path / "undisturbed", SIZE)


@pytest.fixture
def disturbed(clone_database, tmp_path):
    return Master(clone_database(), tmp_path / "disturbed", SIZE)


def kill_at(master, name):
    """Let a server live until it reaches a point, and no further."""
    point, times, when = POINTS[name]
    with server(master.database, point, times, when, **master.environment, **BATCH) as process:
        wait_for(lambda: was_killed(process) or has_ended(master.database),
                 master.database, PATIENCE)  # fmt: skip
        assert was_killed(process), f"{name}: the run ended before it came there"
    assert run_state(master.database) in ("queued", "running")
    # Odoo counts jobs that were cut off and gives up after three in a row. Here a dozen nights are
    # played in one.
    master.database.query("UPDATE ir_cron_progress SET timed_out_counter = 0")


def finish(master):
    """Start a server that nobody kills, and let it end the run."""
    with server(master.database, **master.environment, **BATCH):
        wait_for(lambda: has_ended(master.database), master.database, PATIENCE)
    lines = master.lines()
    assert {line["state"] for line in lines.values()} == {"done"}, lines


def test_killed_at_every_point(undisturbed, disturbed):
    undisturbed.run_night()
    disturbed.database.shell(QUEUE)
    for name in POINTS:
        kill_at(disturbed, name)
        if "PostgreSQL" in name:
            # what recovery does to unlogged tables
            disturbed.database.query("TRUNCATE sm_stage, sm_plan")
    finish(disturbed)
    assert_same(snapshot(undisturbed.database), snapshot(disturbed.database))
    assert disturbed.database.query("SELECT count(*) FROM sm_run") == [(1,)]

    # the night after, killed in the middle of it: updates instead of creations
    for master in (undisturbed, disturbed):
        master.house.night()
    undisturbed.run_night()
    disturbed.database.shell(QUEUE)
    for name in ("in the middle of a batch", "orders created, not confirmed"):
        if SIZE != "tiny" or "orders" not in name:
            kill_at(disturbed, name)
    finish(disturbed)
    assert_same(snapshot(undisturbed.database), snapshot(disturbed.database))
    expected = disturbed.house.expected()
    for entity, line in undisturbed.lines().items():
        assert line["updated"] == expected[entity]["updated"]
    assert not list(disturbed.drop.glob("*.csv"))
