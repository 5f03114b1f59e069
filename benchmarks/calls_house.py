"""A shop with a telephone: the simulated 3CX, Odoo with HTTP, and the listener between them."""

import http.cookiejar
import json
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from scripts.processes import Child
from scripts.test_suite import free_port
from simulators.threecx.server import running
from tests.kit import telephones
from tests.kit.database import OdooDatabase
from tests.kit.web import answers

from . import odoo_process
from .databases import INSTALLED, fresh, settle
from .settings import ROOT, BenchError, python, say, work_folder

#: Of all users.
PASSWORD = "bench"
#: With the empty route, loaded but not installed.
SERVER_WIDE = "base,rpc,web,suite_bench"
READY_WITHIN = 120  # seconds


class Database(OdooDatabase):
    """A database on which our addons run as they were when the measurements began."""

    def command(self, *arguments: str) -> list[str]:
        """``python -m odoo`` with these arguments."""
        return [
            *(python(), "-m", "odoo", *arguments),
            f"--database={self.name}",
            f"--addons-path={odoo_process.addons()},{ROOT / 'benchmarks' / 'addons'}",
            f"--data-dir={self.folder / 'files'}",
            "--http-interface=127.0.0.1",
            "--log-level=warn",
        ]


def serve(stack: ExitStack, database: Database, *options: str) -> str:
    """Start Odoo with HTTP, in one process with threads.

    :param stack: stops it
    :return: its address
    """
    port = free_port()
    command = database.command("server", f"--http-port={port}", *options)
    child = Child("Odoo", command, database.folder / "server.log", cwd=database.folder)
    stack.callback(child.stop)
    url = f"http://127.0.0.1:{port}"
    child.wait_until(lambda: answers(f"{url}/web/health"), READY_WITHIN)
    return url


def log_in(url: str, database: str, login: str) -> str:
    """Return the id of a new session of a user.

    :raises BenchError: Odoo does not let him in
    """
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    params = {"db": database, "login": login, "password": PASSWORD}
    request = urllib.request.Request(
        f"{url}/web/session/authenticate",
        data=json.dumps({"jsonrpc": "2.0", "params": params}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with opener.open(request, timeout=60) as response:
        answer = json.load(response)
    if not answer.get("result", {}).get("uid"):
        raise BenchError(f"{login} cannot log in: {answer.get('error')}")
    return next(cookie.value for cookie in jar if cookie.name == "session_id")


class House:
    """Everything that one shop consists of; its first calls are still to come.

    :param ExitStack stack: stops and drops it
    :param int contacts: in the database; half as many calls took place before
    :ivar str url: of Odoo; :ivar str key: opens the routes of the CRM template
    """

    def __init__(self, stack: ExitStack, contacts: int, past_calls: int = 0):
        self.contacts = contacts
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder()))
        self.database = Database(stack.enter_context(fresh(INSTALLED)), Path(folder))
        simulator = stack.enter_context(running())
        self.telephones = telephones.Telephones(simulator.url)
        telephones.connect(self.database, simulator.url)
        say(f"   creating {contacts:,} contacts, {past_calls:,} past calls")
        answer = odoo_process.run(
            "calls_data:fill",
            self.database.name,
            contacts=contacts,
            calls=past_calls,
            password=PASSWORD,
        )
        self.key = answer["key"]
        settle(self.database.name)
        self.url = serve(stack, self.database, f"--load={SERVER_WIDE}", "--max-cron-threads=1")
        self._stack = stack
        self._simulator = simulator

    def install_template(self) -> None:
        """Let the PBX look callers up and journal its calls, as the CRM template bids it."""
        telephones.install_template(self.database, self.telephones, self.url)

    def listen(self) -> None:
        """Start the listener, and wait until it follows the PBX."""
        self._stack.enter_context(telephones.listener(self.database))
        telephones.until(lambda: self._simulator.events.sockets, READY_WITHIN, self.database)
