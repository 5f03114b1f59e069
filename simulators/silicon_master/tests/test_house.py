"""A house goes on after a kill at any moment, and serves over HTTP."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from simulators.silicon_master import Dialect, House, Settings, expected_counts
from simulators.silicon_master import house as house_module

ENTITIES = ("contact", "article", "order", "dossier")
ROOT = Path(__file__).resolve().parents[3]
TINY = Settings.of_size("tiny")


class Killed(Exception):
    """Stands for SIGKILL inside the process."""


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """:return: state and drop folder of two nights without any accident"""
    folder = tmp_path_factory.mktemp("undisturbed")
    house = House(folder / "state", folder / "drop", TINY)
    house.night()
    house.night()
    return files(folder / "state"), files(folder / "drop")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (House, "_save"),
        (House, "export"),
        (house_module, "export"),
        (house_module.Ledger, "append"),
    ],
)
@pytest.mark.parametrize("first_half", [True, False])
def test_killed_in_the_second_night(tmp_path, undisturbed, monkeypatch, target, name, first_half):
    """Killed before or after each step of a night; opened again, the night is lived if need be."""
    house = House(tmp_path / "state", tmp_path / "drop", TINY)
    house.night()
    step = getattr(target, name)

    def kill(*args, **kwargs):
        if not first_half:
            step(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(target, name, kill)
    with pytest.raises(Killed):
        house.night()
    monkeypatch.undo()
    again = House(tmp_path / "state", tmp_path / "drop", TINY)
    if again.world.night == 1:
        again.night()
    assert again.world.night == 2
    assert (files(tmp_path / "state"), files(tmp_path / "drop")) == undisturbed


def test_opened_anew_every_night(tmp_path):
    """Nothing that one night must know of another is only in memory."""
    house = House(tmp_path / "one" / "state", tmp_path / "one" / "drop", TINY)
    House(tmp_path / "two" / "state", tmp_path / "two" / "drop", TINY)
    for _night in range(6):
        house.night()
        House(tmp_path / "two" / "state", tmp_path / "two" / "drop").night()
    for folder in ("state", "drop"):
        assert files(tmp_path / "one" / folder) == files(tmp_path / "two" / folder)


def test_killed_while_a_file_was_written(tmp_path, undisturbed):
    house = House(tmp_path / "state", tmp_path / "drop", TINY)
    house.night()
    (tmp_path / "drop" / ".CLIENTS_20261103_233007.csv.part").write_text("Code;Ty")
    (tmp_path / "drop" / ".somebody-else.part").write_text("not ours")
    with open(tmp_path / "state" / "ledger.jsonl", "a") as file:
        file.write('{"night": 2, "entity": "con')
    again = House(tmp_path / "state", tmp_path / "drop")
    again.night()
    drop = files(tmp_path / "drop")
    assert drop.pop(".somebody-else.part") == b"not ours"
    assert (files(tmp_path / "state"), drop) == undisturbed


def test_export_again_has_a_later_name_and_the_same_content(tmp_path):
    house = House(tmp_path / "state", tmp_path / "drop", TINY, Dialect(encoding="utf-8-sig"))
    first = {path.name: path.read_bytes() for path in (tmp_path / "drop").iterdir()}
    again = {path.name: path.read_bytes() for path in house.export().values()}
    assert sorted(again) == [name.replace("_233000", "_233001") for name in sorted(first)]
    assert sorted(again.values()) == sorted(first.values())


def test_a_house_without_settings_must_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="init"):
        House(tmp_path / "state", tmp_path / "drop")


def test_bad_export_comes_with_good_ones(tmp_path):
    house = House(tmp_path / "state", tmp_path / "drop", TINY)
    bad = house.bad("empty", "article")
    assert bad.path.name == "ARTICLES_20261102_233001.csv" and bad.path.stat().st_size == 0
    again = (tmp_path / "drop" / "CLIENTS_20261102_233001.csv").read_bytes()
    assert again == (tmp_path / "drop" / "CLIENTS_20261102_233000.csv").read_bytes()


class Service:
    """A served simulator in a process of its own."""

    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "simulators.silicon_master", "serve", "--port", "0"),
                *(
                    "--size",
                    "tiny",
                    "--state",
                    str(folder / "state"),
                    "--drop",
                    str(folder / "drop"),
                ),
                *arguments,
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        greeting = self.process.stdout.readline()
        self.url = re.search(r"http://127\.0\.0\.1:\d+", greeting).group()

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            assert answer.headers["Content-Type"].startswith("application/json")
            return json.load(answer)

    def post(self, path):
        request = urllib.request.Request(self.url + path, data=b"", method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def stop(self, number):
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@pytest.fixture
def serve(tmp_path):
    services = []

    def start(*arguments):
        services.append(Service(tmp_path, *arguments))
        return services[-1]

    yield start
    for service in services:
        if service.process.poll() is None:
            service.stop(signal.SIGKILL)


def test_serving_being_killed_and_serving_again(serve, tmp_path, undisturbed):
    service = serve()
    health = service.get("/health")
    assert (health["status"], health["night"], health["date"]) == ("ok", 0, "2026-11-02")
    assert len(list((tmp_path / "drop").glob("*.csv"))) == 4
    night = service.post("/night")
    assert (night["night"], night["date"]) == (1, "2026-11-03")
    assert service.stop(signal.SIGKILL) == -signal.SIGKILL

    service = serve()
    assert service.get("/health")["night"] == 1
    summary = service.post("/night")["entities"]
    ledger = service.get("/ledger")
    assert [(record["night"], record["entity"]) for record in ledger] == [
        (night, entity) for night in range(3) for entity in ENTITIES
    ]
    assert service.get("/ledger?night=2") == ledger[8:]
    assert summary["contact"]["created"] == len(ledger[8]["created"])
    for after in (1, 3):
        expected = service.get(f"/expected?archive_after={after}")
        assert expected == {"night": 2, "entities": expected_counts(ledger, 2, after)}
    assert service.get("/expected?night=1")["entities"] == expected_counts(ledger, 1, 3)
    assert service.stop(signal.SIGTERM) == 0
    assert (files(tmp_path / "state"), files(tmp_path / "drop")) == undisturbed


def test_other_requests(serve, tmp_path):
    service = serve("--format", "xlsx")
    again = service.post("/export")["files"]
    assert sorted(again) == sorted(ENTITIES)
    assert all(Path(path).exists() and path.endswith("_233001.xlsx") for path in again.values())
    bad = service.post("/bad?kind=empty")
    assert Path(bad["path"]).read_bytes() == b"" and bad["entity"] == "contact"
    night = service.post("/night?share=0.1")["entities"]
    assert [night[entity]["updated"] for entity in ("contact", "article", "order")] == [4, 6, 3]
    for path, status in (
        ("/nothing", 404),
        ("/expected?archive_after=soon", 400),
        ("/expected?night=9", 400),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            service.get(path)
        assert caught.value.code == status and json.load(caught.value)["error"]
        caught.value.close()
    with pytest.raises(urllib.error.HTTPError) as caught:
        service.post("/bad?kind=unheard")
    assert caught.value.code == 400
    caught.value.close()


def test_two_processes_cannot_live_in_one_house(serve, tmp_path):
    serve()
    command = [sys.executable, "-m", "simulators.silicon_master", "night"]
    folders = ["--state", str(tmp_path / "state"), "--drop", str(tmp_path / "drop")]
    done = subprocess.run([*command, *folders], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "in use by another simulator" in done.stderr


def test_served_without_folders_leaves_nothing_behind():
    """`--port` alone is enough, as for every simulator."""
    command = [sys.executable, "-m", "simulators.silicon_master", "--port", "0", "--size", "tiny"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        url = re.search(r"http://\S+", process.stdout.readline()).group()
        with urllib.request.urlopen(f"{url}health", timeout=30) as answer:
            drop = Path(json.load(answer)["drop"])
        files = len(list(drop.iterdir()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert files == 4
    assert not drop.parent.exists()


def test_one_shot_commands(tmp_path):
    folders = ["--state", str(tmp_path / "state"), "--drop", str(tmp_path / "drop")]

    def run(*arguments):
        command = [sys.executable, "-m", "simulators.silicon_master", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    code, _out, error = run("night", *folders)
    assert code == 1 and "init" in error
    assert "--drop" in run("night", *folders[:2])[2]
    code, out, _error = run("init", "--size", "tiny", "--contacts", "55", *folders)
    assert code == 0 and json.loads(out)["new"]
    assert run("init", "--contacts", "3", *folders)[0] == 1
    assert json.loads(run("night", *folders)[1])["night"] == 1
    assert json.loads(run("bad", "long_code", *folders)[1])["field"] == "Code"
    assert len(json.loads(run("export", *folders)[1])) == 4
    assert len(json.loads(run("ledger", *folders[:2])[1])) == 8
    expected = json.loads(run("ledger", *folders[:2], "--expected", "--archive-after", "2")[1])
    assert expected["contact"]["quarantined"] == 4
    # First export, the night's, the bad one's and the repeated one.
    assert len(list((tmp_path / "drop").iterdir())) == 16


def test_one_shot_commands_of_other_dialects(tmp_path):
    folders = ["--state", str(tmp_path / "state"), "--drop", str(tmp_path / "drop")]

    def run(*arguments):
        command = [sys.executable, "-m", "simulators.silicon_master", *arguments, *folders]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    run("init", "--size", "tiny", "--format", "xml", "--names", "en_nested")
    run("night", "--events", "ready", "cancelled", "--split-orders", "--zip", "--marker", ".fini")
    names = {path.name for path in (tmp_path / "drop").iterdir()}
    assert names >= {
        "DOSSIERS_20261102_233000.xml",
        "LIGNES_20261103_233000.csv.zip",
        "LIGNES_20261103_233000.csv.zip.fini",
    }
    ledger = [json.loads(line) for line in (tmp_path / "state" / "ledger.jsonl").open()]
    assert {event["kind"] for event in ledger[6]["events"]} >= {"ready", "cancelled"}


def test_state_of_an_older_simulator(tmp_path):
    House(tmp_path / "state", tmp_path / "drop", TINY)
    path = tmp_path / "state" / "state.json"
    data = json.loads(path.read_text())
    del data["world"]["tables"]["dossier"]
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match="new folder"):
        House(tmp_path / "state", tmp_path / "drop")
