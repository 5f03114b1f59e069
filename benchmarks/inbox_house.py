"""Where the inbox is measured: a database with our addons, full of tickets, and one without, full
of leads; servers on them, and a browser that looks at both."""

import json
import os
import tempfile
import time
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import psycopg2

from scripts.devtools import Browser
from scripts.processes import Child
from scripts.test_suite import free_port
from tests.kit.web import answers

from . import odoo_process
from .calls_house import READY_WITHIN, SERVER_WIDE, Database
from .databases import DEPENDS, INSTALLED, KEPT, fresh, settle
from .inbox_data import LOGIN, PASSWORD
from .settings import say, scale, work_folder

TICKETS = 20_000
THREAD = 500
LEAST = 60  # of each, at the smallest scale
SIZE = (1600, 900)
TICKS = os.sysconf("SC_CLK_TCK")
#: Nothing but the inbox is due while it is measured; Odoo's own actions go on tomorrow.
ONLY_OURS = """
    UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' + interval '1 day'
     WHERE id NOT IN (SELECT res_id FROM ir_model_data
                       WHERE model = 'ir.cron' AND module = 'omnichannel_inbox')
"""


def scaled(full: int) -> int:
    return max(LEAST, round(full * scale()))


class Filled:
    """A database and what is in it.

    :ivar dict facts: what the side that filled it returned
    """

    def __init__(self, stack: ExitStack, template: str, side: str):
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder()))
        self.database = Database(stack.enter_context(fresh(template)), Path(folder))
        self.facts = odoo_process.run(
            f"inbox_data:{side}",
            self.database.name,
            count=scaled(TICKETS),
            thread=scaled(THREAD),
        )
        self.database.query(ONLY_OURS)
        settle(self.database.name)


@cache
def tickets() -> Filled:
    """Return the database with our addons, for all figures."""
    say(f"   creating {scaled(TICKETS):,} tickets")
    return Filled(KEPT, INSTALLED, "fill_tickets")


@cache
def leads() -> Filled:
    """Return the database without our addons, for all figures."""
    say(f"   creating {scaled(TICKETS):,} leads")
    return Filled(KEPT, DEPENDS, "fill_leads")


class Server:
    """Odoo with HTTP on a database.

    :param ExitStack stack: stops it
    :param options: further options of ``odoo server``
    :ivar str url: its address
    """

    def __init__(self, stack: ExitStack, database: Database, *options: str):
        port = free_port()
        self.database = database
        self.url = f"http://127.0.0.1:{port}"
        command = database.command(
            *("server", f"--http-port={port}", f"--load={SERVER_WIDE}", *options)
        )
        self._child = Child("Odoo", command, database.folder / "server.log", cwd=database.folder)
        stack.callback(self._child.stop)
        self._child.wait_until(lambda: answers(f"{self.url}/web/health"), READY_WITHIN)

    def busy_seconds(self) -> float:
        """Processor time of Odoo, and of its connections to the database as far as the database
        runs on this machine."""
        connection = psycopg2.connect(dbname=self.database.name)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid != pg_backend_pid()"
                )
                backends = [pid for (pid,) in cursor.fetchall()]
        finally:
            connection.close()
        return sum(_processor_seconds(pid) for pid in (self._child.process.pid, *backends))


def _processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


class Desk:
    """A browser's context in which the rep is logged in to a server."""

    def __init__(self, browser: Browser, server: Server):
        self.server = server
        self._browser = browser
        self._context = browser.context()
        params = {"db": server.database.name, "login": LOGIN, "password": PASSWORD}
        with self.page() as page:
            page.open(f"{server.url}/web/login")
            page.wait("form.oe_login_form")
            page.run(
                "fetch('/web/session/authenticate', {method: 'POST', headers: {'Content-Type': "
                f"'application/json'}}, body: {json.dumps(json.dumps({'params': params}))}}})"
                ".then((answer) => answer.text())"
            )

    def page(self):
        """A tab of its own."""
        return self._browser.page(*SIZE, context=self._context)

    def start(self, page) -> None:
        """Have the web client in a tab, at rest."""
        page.open(f"{self.server.url}/odoo/res.company/1")
        page.wait(".o_web_client .o_main_navbar", 120)
        page.wait(".o_form_view", 120)
        time.sleep(1)  # whatever the web client begins with

    @staticmethod
    def show_folder(page, user: int, folder: str) -> None:
        """Have the inbox show a folder when it is opened, as if it was left there."""
        view = json.dumps(json.dumps({"folder": folder}))
        page.run(f"localStorage.setItem('omnichannel_inbox.view.{user}', {view})")
