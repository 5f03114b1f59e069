"""What the telephone costs a list: 80 contacts shown in Chromium, with and without the addon.

Two databases with the same contacts, two servers with the same settings, and for every opening a
page of its own, in turn. What is compared is the processor time of the page's main thread, once the
views are loaded, from the click until the rows are painted and all is quiet: the server's share
would hide the browser's, and so would whatever else the machine does.
"""

import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from scripts.devtools import Browser

from . import odoo_process
from .calls_house import PASSWORD, Database, serve
from .databases import DEPENDS, fresh, settle
from .settings import BenchError, say, work_folder

ROWS = 80
FEW = 10  # to see that the requests do not grow with the rows
WARM_UP = 2
SIZE = (1600, 5000)  # the whole list is on the screen
SETTLED = 500  # milliseconds after the rows, in which further requests would be sent
SETUP = """
env["threecx.pbx"].create({"name": "Shop", "url": "https://pbx.example.com"})
env.ref("base.user_admin").group_ids += env.ref("threecx_bridge.group_threecx_user")
env.cr.commit()
"""
OPEN = """
(async () => {
    const services = odoo.__WOWL_DEBUG__.root.env.services;
    performance.clearResourceTimings();
    const rows = () => document.querySelectorAll(".o_list_view .o_data_row").length;
    const shown = new Promise((resolve) => {
        const observer = new MutationObserver(() => {
            if (document.querySelector(".o_list_view") && rows() >= %(rows)d) {
                observer.disconnect();
                document.body.getBoundingClientRect();
                resolve(performance.now());
            }
        });
        observer.observe(document.body, { childList: true, subtree: true });
    });
    const began = performance.now();
    services.action.doAction({
        type: "ir.actions.act_window",
        res_model: "res.partner",
        name: "Bench",
        views: [[%(view)d, "list"], [false, "form"]],
        domain: [["name", "=like", %(rows)d ? "List %%" : "Nobody"]],
        limit: %(rows)d || 80,
    });
    return (await shown) - began;
})()
"""
LOOK = """
(async () => {
    await new Promise((resolve) => setTimeout(resolve, %(settled)d));
    const requests = performance
        .getEntriesByType("resource")
        .filter((entry) => /call_kw|call_button|threecx/.test(entry.name));
    return {
        requests: requests.map((entry) => new URL(entry.name).pathname),
        telephone: document.querySelectorAll(".o_data_row a[data-threecx-id]").length,
    };
})()
"""


def fill(process) -> dict:
    """Create the contacts of the list, and give the administrator his password."""
    with process.environment() as env:
        env["res.partner"].create(
            [
                {
                    "name": f"List {place:02d}",
                    "phone": f"+32 2 223 {place:02d} 44",
                    "mobile": f"+32 471 23 {place:02d} 44",
                    "email": f"list{place}@example.com",
                    "city": "Liège",
                }
                for place in range(ROWS)
            ]
        )
        env.ref("base.user_admin").password = PASSWORD
        view = env.ref("base.view_partner_tree").id
        env.cr.commit()
    return {"view": view}


class Side:
    """A server, and a browser's context in which the administrator is logged in.

    :param ExitStack stack: stops it
    :param module: of ours that is installed, with what it depends on
    :param setup: script for its database
    """

    def __init__(self, stack: ExitStack, browser: Browser, module: str, setup: str = ""):
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder()))
        database = Database(stack.enter_context(fresh(DEPENDS)), Path(folder))
        database.run("server", "-i", module, "--stop-after-init", "--no-http")
        if setup:
            database.shell(setup)
        self._view = odoo_process.run("calls_list:fill", database.name)["view"]
        settle(database.name)
        self._url = serve(stack, database, "--max-cron-threads=0")
        self._browser = browser
        self._context = browser.context()
        params = {"db": database.name, "login": "admin", "password": PASSWORD}
        with self._page() as page:
            page.open(f"{self._url}/web/login")
            page.wait("form.oe_login_form")
            page.run(
                "fetch('/web/session/authenticate', {method: 'POST', headers: {'Content-Type': "
                f"'application/json'}}, body: {json.dumps(json.dumps({'params': params}))}}})"
                ".then((answer) => answer.text())"
            )

    def _page(self):
        return self._browser.page(*SIZE, context=self._context)

    def open_list(self, rows: int = ROWS) -> dict:
        """Open the list in a page of its own.

        :return: ``rendering``: processor time of the page; ``opening``: time by the clock, the
            server's included (both in ms); ``requests``: paths; ``telephone``: numbers that the
            addon makes callable
        """
        with self._page() as page:
            page.open(f"{self._url}/odoo/res.company/1")
            page.wait(".o_web_client .o_main_navbar", 120)
            page.wait(".o_form_view", 120)
            time.sleep(1)  # whatever the web client begins with
            page.run(OPEN % {"rows": 0, "view": self._view})
            page.run(LOOK % {"settled": SETTLED})
            before = page.busy_seconds()
            opening = page.run(OPEN % {"rows": rows, "view": self._view})
            # painting, pictures and collecting garbage fall into the rows or behind them, by chance
            seen = page.run(LOOK % {"settled": SETTLED})
            rendering = 1000 * (page.busy_seconds() - before)
            return seen | {"opening": opening, "rendering": rendering}


def cost(runs: int) -> list[float]:
    """Return, for each pair, rendering the list with the addon ÷ without.

    :raises BenchError: the addon sends requests of its own for the list, or is not at work in it
    """
    with ExitStack() as stack:
        browser = stack.enter_context(Browser())
        ours = Side(stack, browser, "threecx_bridge", SETUP)
        without = Side(stack, browser, "integration_base")
        for _warm_up in range(WARM_UP):
            _check(ours.open_list(FEW), without.open_list(FEW), FEW)
        values = []
        for pair in range(1, runs + 1):
            first, second = (ours, without) if pair % 2 else (without, ours)
            sides = {first: first.open_list(), second: second.open_list()}
            _check(sides[ours], sides[without], ROWS)
            values.append(sides[ours]["rendering"] / sides[without]["rendering"])
            say(
                f"   pair {pair}: rendering {sides[ours]['rendering']:.0f} ms, without the addon "
                f"{sides[without]['rendering']:.0f} ms -> {values[-1]:.2f} (by the clock, with the "
                f"server's part: {sides[ours]['opening']:.0f} and "
                f"{sides[without]['opening']:.0f} ms; requests: {len(sides[ours]['requests'])} "
                "each)"
            )
        return values


def _check(ours: dict, without: dict, rows: int) -> None:
    if sorted(ours["requests"]) != sorted(without["requests"]):
        raise BenchError(f"requests: {ours['requests']}, without: {without['requests']}")
    if ours["telephone"] < rows or without["telephone"]:
        raise BenchError(f"numbers that can be clicked: {ours['telephone']} of {rows}")
