"""A house in which everything fails: servers are killed, and PostgreSQL is restarted."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from scripts import postgres
from scripts.processes import Child

from .database import ADDONS, OdooDatabase
from .web import answers

#: A server that is killed loses what it has not said for good, and so must the database.
SETTINGS = {"fsync": "off", "full_page_writes": "off"}
STARTING = 120
_ENTRY = re.compile(r"^\S+ \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): ", re.M)
#: What whoever was connected says when PostgreSQL dies, and until it is back.
_GONE = re.compile(
    r"server closed the connection|terminating connection|connection already closed"
    r"|cursor already closed|connection to server .* failed|the database system is"
    r"|not yet been reached|SSL SYSCALL",
    re.I,
)
#: What two who write the same at the same time are told: one of them begins anew.
_COLLISION = re.compile(r"could not serialize access|deadlock detected|could not obtain lock")
#: Who tells of collisions that are dealt with: Odoo, of each statement that fails.
_TELLS = "odoo.sql_db"
_OURS = tuple(f"odoo.addons.{folder.name}." for folder in ADDONS.iterdir())


@contextmanager
def own_cluster(template: str, folder: Path):
    """Give a database with what is in a template, in a cluster that may be restarted.

    :param folder: where the cluster lies, and what the database's server writes
    :return: the cluster, and the `OdooDatabase`
    """
    before = {name: os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER")}
    programs = postgres.binaries()
    dump = subprocess.Popen(
        [programs.folder / "pg_dump", "--format=custom", "--compress=0", template],
        stdout=subprocess.PIPE,
        env=programs.environment(),
    )
    for name in before:
        os.environ.pop(name, None)
    cluster = postgres.Cluster(folder / "postgres", SETTINGS)
    try:
        cluster.start()
        os.environ |= cluster.environment()
        cluster.drop("faults")  # of a run that was killed
        cluster.create("faults")
        restore = subprocess.run(
            [programs.folder / "pg_restore", "--no-owner", "--dbname=faults"],
            stdin=dump.stdout,
            env=programs.environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        assert (restore.returncode, dump.wait()) == (0, 0), restore.stderr[-3000:]
        (folder / "faults").mkdir()
        yield cluster, OdooDatabase("faults", folder / "faults")
    finally:
        cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Servers:
    """The processes of Odoo: one with HTTP, the others work off what waits. Each may be killed at
    any moment, and is started again.

    :param database: `OdooDatabase`
    :param port: of HTTP
    :param workers: number of those that work off
    """

    def __init__(self, database: OdooDatabase, port: int, workers: int = 2):
        self.database = database
        self.port = port
        self.kills = 0
        web = [f"--http-port={port}", "--max-cron-threads=0"]
        # what never ends to come in is no thread that hangs: nobody is started anew for it
        work = ["--no-http", "--max-cron-threads=2", "--limit-time-real-cron=3600"]
        self.arguments = [web, *[work for _one in range(workers)]]
        self.children: list[Child | None] = [None] * len(self.arguments)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start those that are not there, and wait until HTTP answers."""
        for number, child in enumerate(self.children):
            if child is None or child.process.poll() is not None:
                self.children[number] = self._start(number)
        self.children[0].wait_until(lambda: answers(f"{self.url}/web/health"), STARTING)

    def _start(self, number: int) -> Child:
        log = self.database.folder / f"server{number}.log"
        command = self.database.command("server", *self.arguments[number])
        return Child("Odoo", command, log, env={**os.environ}, cwd=self.database.folder)

    def kill(self, number: int) -> None:
        """Kill one of them in the middle of whatever it does, and start it again."""
        child = self.children[number]
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self.kills += 1
        self.start()

    def stop(self) -> None:
        """End them at once: nobody looks at the database any more."""
        for child in filter(None, self.children):
            child.stop(patience=0)

    def log(self) -> str:
        """Everything they have said."""
        files = sorted(self.database.folder.glob("server*.log"))
        return "\n".join(file.read_text(errors="replace") for file in files)


class Trouble:
    """One misfortune after the other: each of them comes, in an order nobody knows.

    It has no thread of its own: a server ends with the thread that started it.

    :param misfortunes: functions without parameters, by name
    :param pause: seconds between two of them
    """

    def __init__(self, misfortunes: dict, pause: float, seed: int = 1):
        self.misfortunes = misfortunes
        self.pause = pause
        self.random = random.Random(seed)
        self.order: list[str] = []
        self.next = time.monotonic() + pause
        self.counts = dict.fromkeys(misfortunes, 0)

    def strike(self) -> None:
        """Cause the next one, when its time has come."""
        if time.monotonic() < self.next:
            return
        if not self.order:
            self.order = self.random.sample(list(self.misfortunes), len(self.misfortunes))
        name = self.order.pop()
        self.misfortunes[name]()
        self.counts[name] += 1
        self.next = time.monotonic() + self.pause

    @property
    def is_complete(self) -> bool:
        """Whether each of them has come."""
        return all(self.counts.values())


def judge(log: str) -> tuple[list[str], int]:
    """What servers complain of, but for what was done to them on purpose.

    :param log: everything they have said
    :return: errors, and warnings of our addons; and how often transactions were in each other's way
    """
    complaints, collisions = [], 0
    starts = list(_ENTRY.finditer(log))
    ends = [start.start() for start in starts[1:]] + [len(log)]
    for start, end in zip(starts, ends, strict=True):
        level, logger = start["level"], start["logger"]
        is_ours = logger.startswith(_OURS)
        if level not in ("ERROR", "CRITICAL") and not (is_ours and level == "WARNING"):
            continue
        entry = log[start.start() : end].strip()
        if logger == _TELLS and _COLLISION.search(entry):
            collisions += 1
        elif is_ours or not _GONE.search(entry):
            complaints.append(entry[:400] + " … " + entry[-1600:])
    return complaints, collisions


def restart(cluster: postgres.Cluster) -> None:
    """PostgreSQL dies without a word, and comes back."""
    os.killpg(cluster.child.process.pid, signal.SIGQUIT)
    cluster.child.process.wait(60)
    cluster.start()


def patiently(what, seconds: float = 300):
    """Do something again until neither Odoo nor PostgreSQL is in the way."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return what()
        except (OSError, psycopg2.OperationalError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
