"""``make compat``: Odoo's own tests of base, contacts and sale, with our addons installed.

They run twice, in a database with all the apps that touch what we touch: once without our addons
and once with them. A test that fails in both is Odoo's (or this machine's) own affair; one that
fails only with ours is our fault, unless `KNOWN` says why it must.
"""

import re
from contextlib import ExitStack

from . import browser, native_log, odoo_source, postgres, python_env
from .console import Problem, say, step
from .locks import try_exclusive
from .odoo_server import Odoo
from .processes import Child, stoppable
from .settings import our_addons
from .test_suite import (
    TEST_PREFIX,
    databases,
    dependency_template,
    folder,
    free_port,
)

#: What a retailer may have besides: all that delivers, mails, sells, or asks the outside world.
APPS = (
    "account_peppol",
    "base_vat",
    "contacts",
    "l10n_be",
    "mass_mailing",
    "purchase",
    "sale_stock",
    "stock",
    "website_sale",
)
SUITES = ("/base", "/contacts", "/sale")
#: Tests of Odoo that our addons make fail, and why that is right.
KNOWN: dict[str, str] = {}
_FAILED = re.compile(r"^(?:FAIL|ERROR): (?:Subtest )?([\w.]+)")
_TOTAL = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def main() -> bool:
    """Run both, print what differs; True when our addons break nothing and pass themselves."""
    work = folder() / "compat"
    with stoppable(), ExitStack() as stack:
        if not stack.enter_context(try_exclusive(folder() / "lock")):
            raise Problem(
                "starting the tests",
                "`make test` or `make bench` is already running in this checkout",
                "wait for it, or stop it first",
            )
        source = odoo_source.python_path()
        cluster = postgres.Cluster(folder() / "postgres", postgres.VOLATILE)
        odoo = Odoo(python_env.python(python_env.TESTS), source, cluster, work)
        cluster.start()
        stack.callback(cluster.stop)
        odoo.configure({"max_cron_threads": 0, "db_maxconn": 32})
        for name in databases(cluster, TEST_PREFIX):
            cluster.drop(name)  # left by a run that was killed
        depends = dependency_template(odoo, odoo_source.version(source))
        base = f"{TEST_PREFIX}compat"
        cluster.create(base, depends)
        stack.callback(cluster.drop, base)
        odoo.install(base, APPS)
        path = browser.search_path()
        without = _Run(stack, odoo, base, "without", (), path)
        with_ours = _Run(stack, odoo, base, "with", our_addons(), path)
        return _report(without.finish(), with_ours.finish())


class _Run:
    """Odoo's test runner in a copy of the database, in the background."""

    def __init__(self, stack, odoo, template, name, addons, path):
        self.odoo, self.name = odoo, name
        self.database = f"{TEST_PREFIX}compat_{name}"
        odoo.cluster.create(self.database, template)
        stack.callback(odoo.cluster.drop, self.database)
        self.log = odoo.folder / f"{name}.log"
        self.log.unlink(missing_ok=True)
        tags = [*SUITES, *(f"/{addon}" for addon in addons)]
        # every module is loaded anew, because Odoo tests only what it installs or updates
        arguments = ["-u", "base", *(("-i", ",".join(addons)) if addons else ())]
        command = odoo.command(
            *("server", "-d", self.database, *arguments),
            *("--test-tags", ",".join(tags), "--stop-after-init"),
            *("--http-port", str(free_port())),
        )
        say(f"-> {name} our addons: {', '.join(tags)}; log {self.log}")
        environment = {**odoo.environment(), "PATH": path}
        self.child = Child("Odoo's tests", command, self.log, env=environment, cwd=odoo.folder)
        stack.callback(self.child.stop)

    def finish(self) -> tuple[int, set[str]]:
        """Wait. :return: how many tests ran, and the names of those that failed"""
        with step(f"waiting for Odoo's tests {self.name} our addons", self.log):
            self.child.process.wait(7200)
        text = self.log.read_text(errors="replace")
        total = _TOTAL.search(text)
        if not total:
            raise Problem(
                f"running Odoo's tests {self.name} our addons",
                "they did not come to their end",
                f"read {self.log}, then start again",
            )
        failed = {
            match[1]
            for _level, logger, text in native_log.records(text)
            if (match := _FAILED.match(text)) and logger.startswith("odoo.addons.")
        }
        return int(total[3]), failed


def _report(without, with_ours) -> bool:
    """Print what failed and why; True when nothing failed that is not explained."""
    count, failed = with_ours
    _count, failed_anyway = without
    new = failed - failed_anyway
    say(f"\nwith our addons: {count} tests, {len(failed)} of them failed")
    for name in sorted(failed & failed_anyway):
        say(f"  fails without our addons too: {name}")
    for name in sorted(new & KNOWN.keys()):
        say(f"  known: {name}: {KNOWN[name]}")
    for name in sorted(KNOWN.keys() - new):
        say(f"  no longer fails, take it from the list: {name}")
    unexplained = new - KNOWN.keys()
    for name in sorted(unexplained):
        say(f"  FAILS WITH OUR ADDONS ONLY: {name}")
    say("nothing of Odoo is broken" if not unexplained else "see the log named above")
    return not unexplained and not KNOWN.keys() - new
