"""The same seed gives the same bytes, whatever the process."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def build(folder, hash_seed, file_format, seed=1):
    """Lives two nights in processes of their own. :return dict: file → checksum"""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "simulators.silicon_master"]
    house = [
        "--state",
        str(folder / "state"),
        "--drop",
        str(folder / "drop"),
        "--format",
        file_format,
    ]
    for arguments in (["init", "--size", "tiny", "--seed", str(seed)], ["night"], ["night"]):
        subprocess.run(
            [*command, *arguments, *house],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
        )
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_two_processes_write_the_same_bytes(tmp_path, file_format):
    one = build(tmp_path / "one", "1", file_format)
    two = build(tmp_path / "two", "4242", file_format)
    assert len(one) == 15  # twelve exports, state, ledger, lock
    assert one == two


def test_another_seed_gives_another_world(tmp_path):
    one = build(tmp_path / "one", "0", "csv", seed=1)
    two = build(tmp_path / "two", "0", "csv", seed=2)
    assert one.keys() == two.keys()
    exports = [name for name in one if name.startswith("drop")]
    assert not [name for name in exports if one[name] == two[name]]
