"""The parts of `scripts/` that decide: what a log means, what TEST means, what is cached."""

import subprocess
import sys

import pytest

from scripts import cache, native_log, settings, test_selection
from scripts.console import Problem, table
from scripts.debian import library_path
from scripts.processes import Child, port_is_free, require_port

STAMP = "2026-11-22 00:31:27,123 4711"
RESULT = f"{STAMP} INFO db odoo.tests.result: 0 failed, 0 error(s) of 5 tests when loading\n"


def outcome(tmp_path, text: str, code: int = 0) -> native_log.Outcome:
    log = tmp_path / "odoo.log"
    log.write_text(text)
    return native_log.read(log, {"sm_connector"}, code)


def test_log_of_a_good_run(tmp_path):
    found = outcome(tmp_path, RESULT)
    assert (found.passed, found.failed, found.remarks) == (5, 0, [])


@pytest.mark.parametrize(
    "line",
    [
        "WARNING db odoo.addons.sm_connector.models.sm_run: late",
        "ERROR db odoo.sql_db: bad query",
        "WARNING db py.warnings: /x/addons/sm_connector/models/a.py:1: DeprecationWarning: y",
        "WARNING db odoo.tools.view_validation: sm_connector/views/a.xml: no title",
    ],
)
def test_log_lines_that_fail(tmp_path, line):
    found = outcome(tmp_path, f"{STAMP} {line}\n{RESULT}")
    assert (found.passed, found.failed) == (5, 1)


@pytest.mark.parametrize(
    "line",
    [
        "INFO db odoo.addons.sm_connector.models.sm_run: done",
        "WARNING db odoo.addons.mail.models.mail: something of core",
    ],
)
def test_log_lines_that_pass(tmp_path, line):
    assert outcome(tmp_path, f"{STAMP} {line}\n{RESULT}").failed == 0


def test_log_counts_a_failed_test_once(tmp_path):
    text = (
        f"{STAMP} ERROR db odoo.addons.sm_connector.tests.test_x: FAIL: TestX.test_y\n"
        "Traceback (most recent call last):\nAssertionError: 1 != 2\n"
        f"{RESULT.replace('0 failed', '1 failed')}"
    )
    found = outcome(tmp_path, text, code=1)
    assert (found.passed, found.failed) == (4, 1)
    assert "1 != 2" in found.remarks[0]


def test_log_counts_a_skipped_test_as_failed(tmp_path):
    line = f"{STAMP} INFO db odoo.addons.sm_connector.tests.test_x: skipped TestX.test_y : no\n"
    found = outcome(tmp_path, line + RESULT)
    assert (found.passed, found.failed) == (4, 1)


def test_log_without_an_end_fails(tmp_path):
    found = outcome(tmp_path, f"{STAMP} INFO db odoo.modules.loading: loading\n")
    assert (found.passed, found.failed) == (0, 1)


def test_log_exit_code_fails(tmp_path):
    assert outcome(tmp_path, RESULT, code=1).failed == 1


def test_select_everything():
    selection = test_selection.select("")
    assert selection.addons == settings.our_addons()
    assert "tests" in selection.house


def test_select_addon_tag_and_file():
    selection = test_selection.select(
        "integration_base,/sm_connector:TestX.test_y,tests/test_platform.py"
    )
    assert selection.addons == ["integration_base", "sm_connector"]
    assert selection.tags == ["/integration_base", "/sm_connector:TestX.test_y"]
    assert selection.house == ["tests/test_platform.py"]


def test_select_nonsense_says_what_is_possible():
    with pytest.raises(Problem) as caught:
        test_selection.select("nonsense")
    assert "integration_base" in caught.value.report()


def test_cache_never_keeps_a_half_finished_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SUITE_CACHE", str(tmp_path))

    def interrupted(folder):
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.complete_folder("odoo/1", interrupted)
    assert not cache.is_complete(tmp_path / "odoo/1")
    folder = cache.complete_folder("odoo/1", lambda target: (target / "whole").touch())
    assert not (folder / "half").exists()
    assert cache.complete_folder("odoo/1", interrupted) == folder


def test_a_wrong_port_names_its_variable(monkeypatch):
    monkeypatch.setenv("ODOO_HTTP_PORT", "http")
    with pytest.raises(Problem) as caught:
        settings.http_port()
    assert "ODOO_HTTP_PORT" in caught.value.report()


def test_a_taken_port_names_its_variable():
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert not port_is_free(port)
        with pytest.raises(Problem) as caught:
            require_port(port, "SM_SIM_PORT", "the simulator")
    assert "SM_SIM_PORT=" in caught.value.report()


def test_a_child_goes_with_its_group(tmp_path):
    code = "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"
    child = Child("a sleeper", [sys.executable, "-c", code], tmp_path / "log")
    group = str(child.process.pid)
    child.stop()
    left = subprocess.run(["ps", "-o", "stat=", "-g", group], capture_output=True, text=True)
    assert not [line for line in left.stdout.splitlines() if not line.startswith("Z")]


def test_a_dead_child_is_noticed(tmp_path):
    child = Child("a failure", [sys.executable, "-c", "raise SystemExit('no')"], tmp_path / "log")
    child.process.wait()
    with pytest.raises(Problem, match="ended with code 1"):
        child.check()


def test_libraries_of_unpacked_packages(tmp_path):
    root = tmp_path / "postgresql" / "15"
    for place in ("lib/x", "usr/lib/x", "usr/lib/postgresql/15/lib"):
        (root / place).mkdir(parents=True)
        (root / place / "liba.so.1").touch()
    assert library_path(root) == f"{root / 'lib/x'}:{root / 'usr/lib/x'}"


def test_table():
    text = table(("entity", "created"), [("contact", 5), ("order", 12)])
    assert text.splitlines()[-1] == "order         12"
