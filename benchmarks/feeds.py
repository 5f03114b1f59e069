"""Feeds: what the other ways cost beside the CSV file, and how much memory reading takes.

Contacts only. All ways give the same records; the CSV file in a folder is what they are compared
with. Nothing is left from one night to the next that would spare reading: what was fetched over
HTTP before is thrown away, so that every night downloads.
"""

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from functools import cache, cached_property
from pathlib import Path

from . import odoo_process
from .data import ENCODING, SIMULATOR, World
from .databases import INSTALLED, KEPT, copy_of, fresh, settle, statement
from .memory import peak_mb, reset_peak
from .night import Master, check_unchanged
from .settings import (
    GROWTH,
    ROOT,
    SMALLEST,
    BenchError,
    Sizes,
    python,
    say,
    sizes,
    variable,
    work_folder,
)

PAGE = 5000  # records per page over HTTP
API = "/api/contacts?format=csv&names=fr&paging=offset"
#: Settings of the contacts' feed, and the mapping, for each way.
WAYS = {
    "csv": {"transport": "file", "format": "csv"},
    "xml": {"transport": "file", "format": "xml", "trailer": "optional"},
    "json": {"transport": "file", "format": "json", "trailer": "optional"},
    "http": {"transport": "http", "format": "csv", "paging": "offset", "page_size": PAGE},
    "sql": {"transport": "sql", "sql_query": "silicon_master.v_clients"},
}


# -- the sides -------------------------------------------------------------------------------------


def use(process, drop: str, values: dict) -> dict:
    """Let the contacts' feed read in another way."""
    with process.environment() as env:
        env["sm.backend"].search([]).drop_folder = drop
        env["sm.feed"].search([("entity", "=", "contact")], limit=1).write(values)
        env.cr.commit()
    return {}


def night(process, drop: str, files: list) -> dict:
    """Synchronise; see :func:`benchmarks.pipeline.night`. Whatever was fetched before is gone."""
    from . import pipeline

    with process.environment() as env:
        feed = env["sm.feed"].search([("entity", "=", "contact")], limit=1)
        shutil.rmtree(feed._get_spool_folder(), ignore_errors=True)
        feed.last_path = False
        env.cr.commit()
    return pipeline.night(process, drop, files, ["contact"])


def read(process, drop: str, files: list) -> dict:
    """Read a delivery to its end, and do nothing with its rows.

    :return: rows, seconds, and the growth of the memory above idle in MB
    """
    from . import pipeline

    pipeline.deliver(drop, files)
    with process.environment() as env:
        feed = env["sm.feed"].search([("entity", "=", "contact")], limit=1)
        shutil.rmtree(feed._get_spool_folder(), ignore_errors=True)
        feed.mapping_ids._get_rules()
        reset_peak()
        idle, rows = peak_mb(), 0
        with process.clock():
            transport = feed._get_transport()
            [delivery] = transport.waiting()
            with feed._read(transport, delivery, lambda defect: None) as reader:
                for _line, _cells in reader:
                    rows += 1
        return {"rows": rows, "seconds": process.seconds, "peak_mb": peak_mb() - idle}


# -- the master in every form ----------------------------------------------------------------------


class Sources:
    """A simulated master whose contacts lie in files of each format, behind HTTP and in SQL.

    :param ExitStack stack: closes the server, drops the database
    """

    def __init__(self, stack: ExitStack, contacts: int):
        self.world = World(Sizes(contacts, SMALLEST, SMALLEST))
        self.stack = stack
        self.csv = self.world.first().path("contact")

    def file(self, kind: str) -> Path:
        """Return the file of the contacts in a format."""
        folder = self.world.folder / kind
        done = folder.with_suffix(".done")
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            say(f"   writing {kind} of {self.world.sizes.contacts:,} contacts")
            self.world.export(folder, "--format", kind)
            done.touch()
        return max(folder.glob("CLIENTS_*"))

    @cached_property
    def http(self) -> dict:
        """Start the simulator's server with all pages ready; return the settings of a feed."""
        log = self.stack.enter_context(
            tempfile.TemporaryFile("w+", dir=work_folder(), encoding="utf-8")
        )
        command = [python(), "-u", "-m", SIMULATOR, "serve", "--port", "0"]
        # a state of its own: one process at a time may have it open, and files are still to be made
        served = Path(self.stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder())))
        shutil.copytree(self.world.folder / "state", served / "state")
        command += ["--state", str(served / "state"), "--drop", str(served / "drop")]
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        self.stack.callback(server.wait)
        self.stack.callback(server.terminate)
        url = _address(server, log)
        query = f"entity=contacts&{API.partition('?')[2]}&limit={PAGE}"
        request = urllib.request.Request(f"{url}/prepare?{query}", method="POST")
        urllib.request.urlopen(request, timeout=600).close()
        return {"url": url + API}

    @cached_property
    def sql(self) -> dict:
        """Fill a database of its own; return the settings of a feed."""
        name = f"{variable('SUITE_DB_PREFIX')}bench_master"
        statement(f'DROP DATABASE IF EXISTS "{name}"')
        statement(f'CREATE DATABASE "{name}" TEMPLATE template0')
        self.stack.callback(statement, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        say(f"   filling a database with {self.world.sizes.contacts:,} contacts")
        self.world.fill_sql(f"dbname={name}")
        return {
            "sql_host": variable("PGHOST"),
            "sql_database": name,
            "sql_user": variable("PGUSER"),
            "sql_port": int(os.environ.get("PGPORT") or 5432),
            "sql_sslmode": "prefer",
        }

    def of(self, way: str) -> tuple[dict, list]:
        """Return the settings of a feed, and the files to deliver, for a way."""
        if way in ("http", "sql"):
            return WAYS[way] | getattr(self, way), []
        path = self.csv if way == "csv" else self.file(way)
        return WAYS[way] | {"encoding": ENCODING if way == "csv" else "auto"}, [str(path)]


def _address(server, log) -> str:
    """Return where the simulator listens, as it says itself."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        log.seek(0)
        for word in log.read().split():
            if word.startswith("http://127.0.0.1:"):
                return word.rstrip("/.,")
        time.sleep(0.1)
    log.seek(0)
    raise BenchError(f"the simulator does not serve: {log.read()[-500:]}")


# -- the figures -----------------------------------------------------------------------------------


@cache
def _sources() -> Sources:
    return Sources(KEPT, sizes().contacts)


@cache
def _loaded() -> Master:
    """Return a master whose contacts are loaded, from the CSV file."""
    master = Master(KEPT, _sources().world, ("contact",))
    master.prime()
    return master


def versus_csv(way: str):
    """Return the measurement of one way: its unchanged night ÷ that of the CSV file."""

    def measure(runs: int) -> list[float]:
        with ExitStack() as stack:
            sides = {name: _Side(stack, name) for name in ("csv", way)}
            values = []
            for number in range(1, runs + 1):
                csv, other = (side.night() for side in sides.values())
                values.append(other["seconds"] / csv["seconds"])
                say(
                    f"   pair {number}: csv {csv['seconds']:.2f} s, {way} {other['seconds']:.2f} s "
                    f"-> {values[-1]:.2f}"
                )
            return values

    return measure


class _Side:
    """A database that reads in one way, after a first night has made that way known."""

    def __init__(self, stack: ExitStack, way: str):
        values, self.files = _sources().of(way)
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder())))
        self.database = stack.enter_context(copy_of(_loaded().database))
        self._run("use", values=values)
        self._run("night", files=self.files)  # another way of writing makes every row look new
        settle(self.database)

    def night(self) -> dict:
        answer = self._run("night", files=self.files)
        check_unchanged(answer)
        return answer

    def _run(self, side: str, **options) -> dict:
        drop = str(self.folder / "drop")
        return odoo_process.run(f"feeds:{side}", self.database, drop=drop, **options)


def memory_mb(runs: int) -> list[float]:
    """Return the greatest growth of the memory while 500,000 contacts are read, of all ways."""
    count = GROWTH * sizes().contacts
    values = []
    with ExitStack() as stack:
        sources = Sources(stack, count)
        database = stack.enter_context(fresh(INSTALLED))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder())))
        drop = str(folder / "drop")
        odoo_process.run("pipeline:setup", database, drop=drop, entities=["contact"])
        for _number in range(runs):
            peaks = {}
            for way in WAYS:
                settings, files = sources.of(way)
                odoo_process.run("feeds:use", database, drop=drop, values=settings)
                answer = odoo_process.run("feeds:read", database, drop=drop, files=files)
                if answer["rows"] < count * 0.99:
                    raise BenchError(f"{way}: {answer['rows']} of {count} rows were read")
                peaks[way] = answer["peak_mb"]
                say(
                    f"   {way}: {answer['rows']:,} rows in {answer['seconds']:.1f} s, "
                    f"{answer['peak_mb']:.0f} MB above idle"
                )
            values.append(max(peaks.values()))
    return values
