"""The same night by every transport and format: the same canonical rows, the same Odoo.

``SUITE_WAYS_SIZE=full`` takes 20,000 orders, as ``make soak`` does.
"""

import os

import pytest

from .kit.snapshot import assert_same
from .kit.ways import REFERENCE, WAYS, meaning, synchronise

SIZE = os.environ.get("SUITE_WAYS_SIZE", "demo")
_reference = {}


def load(way, clone_database, folder):
    """Synchronise a database of its own by one way; return what is there afterwards."""
    database = clone_database()
    folder.mkdir()
    synchronise(way, database, folder, SIZE, times=2)
    lines = database.query(
        "SELECT run_id, entity, state, created + updated + archived, message FROM sm_run_line"
        " ORDER BY run_id, id"
    )
    assert len({run for run, *_line in lines}) == 2
    assert {state for _run, _entity, state, *_line in lines} == {"done"}, (way.name, lines)
    # the second time nothing was new, so nothing was written, whatever the way
    assert not [line for line in lines if line[0] == lines[-1][0] and line[3]], (way.name, lines)
    return meaning(database)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_same_state(way, clone_database, tmp_path):
    """One way against the CSV file in a folder."""
    if not _reference:
        _reference.update(load(REFERENCE, clone_database, tmp_path / "reference"))
        assert len(_reference["orders"]) > 250
    assert_same(_reference, load(way, clone_database, tmp_path / "way"))
