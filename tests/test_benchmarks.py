"""The measurements: every promised figure is there, and one of them really runs, small."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import figures, guide, report, settings

ROOT = Path(__file__).resolve().parent.parent
PROMISED = {
    "first_load.contacts.vs_import": ">= 2.7",
    "first_load.articles.vs_import": ">= 3.3",
    "first_load.orders.vs_import": ">= 2.5",
    "first_load.contacts.vs_one_by_one": ">= 15",
    "first_load.articles.vs_one_by_one": ">= 30",
    "first_load.orders.vs_one_by_one": ">= 8",
    "first_load.contacts.vs_sql": "<= 13",
    "first_load.articles.vs_sql": "<= 20",
    "first_load.orders.vs_sql": "<= 27",
    "first_load.two_workers": ">= 1.7",
    "night.unchanged.vs_floor": "<= 2.5",
    "night.one_percent.vs_parts": "<= 1.5",
    "night.growth": "<= 1.15",
    "night.memory_mb": "< 64",
    "dry_run.vs_night": "<= 1.3",
    "guard.bulk_write": "<= 1.1",
    "guard.form_open": "<= 1.1",
    "feed.http.vs_csv": "<= 1.5",
    "feed.sql.vs_csv": "<= 1.5",
    "feed.xml.vs_csv": "<= 1.5",
    "feed.json.vs_csv": "<= 1.5",
    "read.memory_mb": "< 150",
    "calls.lookup_p95_ms": "< 300",
    "calls.popup_p95_ms": "< 1000",
    "calls.list_cost": "<= 1.1",
    "calls.busy_hour_lost": "<= 0",
    "inbox.open_vs_crm": "<= 1",
    "inbox.thread_vs_chatter": "<= 1",
    "inbox.webhook_vs_empty": ">= 0.85",
    "inbox.webhook_p95_ms": "< 150",
    "inbox.live_p95_ms": "< 3000",
    "inbox.mixed_p95_ms": "< 3000",
    "inbox.sync_rate": ">= 2",
    "identity.rate": ">= 20",
    "identity.queries": "<= 5",
    "join.undo": "< 20",
}


def test_every_promised_figure_is_registered_with_its_reach():
    assert {figure.name: figure.reach for figure in figures.FIGURES} == PROMISED


def test_only_two_workers_is_not_measured_and_says_why():
    silent = [figure for figure in figures.FIGURES if not figure.measure]
    assert [figure.name for figure in silent] == ["first_load.two_workers"]
    assert silent[0].what.startswith("not measured: ")


def test_a_name_stands_for_all_that_begin_with_it():
    assert [f.name for f in figures.select("night.growth, first_load.orders")] == [
        "night.growth",
        "first_load.orders.vs_import",
        "first_load.orders.vs_one_by_one",
        "first_load.orders.vs_sql",
    ]
    with pytest.raises(ValueError, match="nights"):
        figures.select("nights")


def test_the_reach_is_a_limit_in_its_own_direction():
    by_name = {figure.name: figure for figure in figures.FIGURES}
    assert by_name["night.growth"].is_reached(1.15)
    assert not by_name["night.growth"].is_reached(1.16)
    assert not by_name["night.memory_mb"].is_reached(64)
    assert by_name["first_load.orders.vs_import"].is_reached(2.5)
    assert not by_name["first_load.orders.vs_import"].is_reached(2.4)


@pytest.mark.parametrize("text", ["0", "-1", "2", "a tenth"])
def test_a_scale_that_makes_no_sense_is_refused(monkeypatch, text):
    monkeypatch.setenv("BENCH_SCALE", text)
    with pytest.raises(settings.BenchError, match="BENCH_SCALE"):
        settings.scale()


def measure(tmp_path, names: str) -> tuple[str, dict]:
    """Measure figures once, as small as can be; return what was printed, and the result."""
    result = tmp_path / "result.json"
    for name in ("SUITE_TEMPLATE_DEPENDS", "SUITE_TEMPLATE_INSTALLED", "SUITE_DB_PREFIX"):
        if not os.environ.get(name):
            pytest.fail(f"{name} is not set: run it by `make test TEST=tests/…`", pytrace=False)
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT)]),
            "SUITE_TEST_DIR": str(tmp_path),
            "BENCH_SCALE": "0.002",
            "BENCH_RUNS": "1",
            "BENCH_RESULT": str(result),
            "FIGURES": names,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8000:]
    return run.stdout, json.loads(result.read_text())


def test_a_small_run_measures_and_writes_the_result(tmp_path):
    output, content = measure(tmp_path, "night.unchanged.vs_floor")
    assert "night.unchanged.vs_floor" in output
    (figure,) = content["figures"]
    assert set(figure) == {
        *("name", "value", "reach", "unit", "runs", "min", "max", "machine", "commit"),
    }
    assert figure["name"] == "night.unchanged.vs_floor"
    assert figure["runs"] == 1
    assert figure["min"] == figure["value"] == figure["max"] > 0


def test_calls_are_measured_in_a_house_of_their_own(tmp_path):
    output, content = measure(tmp_path, "calls.lookup_p95_ms,calls.popup_p95_ms")
    lookup, popup = content["figures"]
    # the empty route of the same server stands beside the look-up
    assert 0 < lookup["beside"] < lookup["value"]
    assert f"beside it {lookup['beside']:.2f} ms" in output
    assert popup["value"] > 0
    assert "beside" not in popup


def test_identities_are_known_in_few_queries(tmp_path):
    output, content = measure(tmp_path, "identity,join")
    rate, queries, join = content["figures"]
    assert rate["value"] > 0
    assert 0 < queries["value"] <= 5
    assert 0 < join["value"] < 20 < join["beside"]
    assert "joining" in output


def test_a_lost_call_is_a_missed_figure():
    by_name = {figure.name: figure for figure in figures.FIGURES}
    assert by_name["calls.busy_hour_lost"].is_reached(0.0)
    assert not by_name["calls.busy_hour_lost"].is_reached(1.0)


def test_figures_not_measured_stay(tmp_path, monkeypatch):
    path = tmp_path / "latest.json"
    monkeypatch.setenv("BENCH_RESULT", str(path))
    old = {"name": "night.growth", "value": 1.0, "commit": "abc", "machine": "another"}
    gone = {"name": "night.forgotten", "value": 1.0, "commit": "abc", "machine": "another"}
    path.write_text(json.dumps({"figures": [gone, old]}))
    [figure] = figures.select("night.memory_mb")
    report.write([figures.Result(figure, [1.0, 3.0])])
    first, second = json.loads(path.read_text())["figures"]
    assert first == old
    assert (second["name"], second["value"]) == ("night.memory_mb", 2.0)


def test_guides_show_the_latest_figures():
    assert not guide.stale(), "run `python -m benchmarks.guide`"
