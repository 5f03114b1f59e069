"""``make test``: pytest without a database, Odoo's own runner, and the whole-house tests.

Two lanes side by side: Odoo's runner in one, pytest in the other.
"""

import hashlib
import os
import shutil
import socket
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from . import browser, native_log, odoo_source, postgres, python_env
from .console import Problem, say, step
from .demo import checksums
from .locks import try_exclusive
from .native_log import Outcome
from .odoo_server import Odoo
from .processes import Child, stoppable
from .settings import (
    ADDONS,
    CHECKOUT_ID,
    LANGUAGES,
    ROOT,
    data_dir,
    manifest,
    our_addons,
)
from .test_selection import Selection, select

#: Changes whenever a template would come out differently.
RECIPE = "1"
#: Beside the addons' own dependencies: Belgian taxes, and apps that tests look at.
EXTRA_MODULES = ("l10n_be", "crm", "rating")
PREFIX = f"suite_{CHECKOUT_ID}_"
TEST_PREFIX = f"{PREFIX}test_"
SCRIPTS = Path(__file__).resolve().parent


def folder() -> Path:
    return data_dir() / "test"


def forget() -> None:
    """Drop the databases of this checkout's tests on a server of the user's own."""
    cluster = postgres.Cluster(folder() / "postgres", postgres.VOLATILE)
    for name in databases(cluster, PREFIX):
        cluster.drop(name)


def databases(cluster: postgres.Cluster, prefix: str) -> list[str]:
    """Names of the databases that begin with ``prefix``."""
    sql = f"SELECT datname FROM pg_database WHERE starts_with(datname::text, '{prefix}')"
    return [name for (name,) in cluster.query("postgres", sql)]


def main() -> bool:
    """Run what ``TEST`` names, print the result; True when all is well."""
    selection = select(os.environ.get("TEST", ""))
    with stoppable(), ExitStack() as stack:
        if not stack.enter_context(try_exclusive(folder() / "lock")):
            raise Problem(
                "starting the tests",
                "`make test` or `make bench` is already running in this checkout",
                "wait for it, or stop it first",
            )
        return Tests(stack, selection).run()


class Tests:
    """One run of the tests.

    :param stack: what is started is stopped when it closes
    """

    def __init__(self, stack: ExitStack, selection: Selection):
        self.stack = stack
        self.selection = selection
        self.folder = folder()
        self.python = python_env.python(python_env.TESTS)
        source = odoo_source.python_path()
        self.version = odoo_source.version(source)
        self.needs_server = bool(selection.addons or selection.house)
        self.path = browser.search_path() if self.needs_server else os.environ["PATH"]
        cluster = postgres.Cluster(self.folder / "postgres", postgres.VOLATILE)
        self.odoo = Odoo(self.python, source, cluster, self.folder)
        self.outcome = Outcome()
        for stale in [*self.folder.glob(".coverage*"), *self.folder.glob("*.log")]:
            stale.unlink()

    def run(self) -> bool:
        native = None
        if self.needs_server:
            self._start_cluster()
            depends = dependency_template(self.odoo, self.version)
            if self.selection.addons:
                native = self._start_native(depends)
        if self.selection.pure:
            say("\n== tests without a database")
            self.outcome += self._pytest("pure", self.selection.pure, {})
        if self.selection.house:
            installed = installed_template(self.odoo, self.version, depends)
            say("\n== whole-house tests")
            variables = house_variables(depends, installed)
            self.outcome += self._pytest("house", self.selection.house, variables)
        if native:
            self._finish_native(*native)
        self._report_coverage()
        return self._report()

    def _start_cluster(self) -> None:
        self.odoo.cluster.start()
        self.stack.callback(self.odoo.cluster.stop)
        self.odoo.configure({"max_cron_threads": 0, "db_maxconn": 32})
        for name in databases(self.odoo.cluster, TEST_PREFIX):
            self.odoo.cluster.drop(name)  # left by a run that was killed

    def environment(self) -> dict[str, str]:
        return {
            **self.odoo.environment(),
            "PATH": self.path,
            "COVERAGE_FILE": str(self.folder / ".coverage"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _coverage(self) -> list[str | Path]:
        return [
            *(self.python, "-m", "coverage", "run"),
            f"--rcfile={ROOT / 'pyproject.toml'}",
            f"--source={ADDONS}",
        ]

    # -- Odoo's own runner -------------------------------------------------------------------------

    def _start_native(self, template: str) -> tuple[Child, str]:
        database = f"{TEST_PREFIX}{os.getpid()}"
        self.odoo.cluster.create(database, template)
        log = self.folder / "native.log"
        command = (
            self._coverage()
            + self.odoo.command(
                *("server", "-d", database, "-i", ",".join(self.selection.addons)),
                *("--test-tags", ",".join(self.selection.tags), "--stop-after-init"),
                *("--http-port", str(free_port())),
            )[1:]
        )
        tags = ", ".join(self.selection.tags)
        say(f"-> Odoo's test runner, in the background ({tags}); log {log}")
        child = Child("Odoo's test runner", command, log, env=self.environment(), cwd=self.folder)
        self.stack.callback(child.stop)
        return child, database

    def _finish_native(self, child: Child, database: str) -> None:
        with step("waiting for Odoo's test runner", child.log):
            code = child.process.wait(3600)
        outcome = native_log.read(child.log, our_addons(), code)
        self.odoo.cluster.drop(database)
        say(f"   Odoo's test runner: {outcome.passed} passed, {outcome.failed} failed")
        self.outcome += outcome

    # -- pytest ------------------------------------------------------------------------------------

    def _pytest(self, name: str, paths: Sequence[str], variables: dict[str, str]) -> Outcome:
        """Run pytest with its output on the console; skipped tests count as failed."""
        report = self.folder / f"{name}.xml"
        report.unlink(missing_ok=True)
        command = [*self._coverage(), "-m", "pytest", "-q", f"--junitxml={report}"]
        command += [f"--basetemp={self.folder / 'tmp' / name}", "-p", "no:cacheprovider", *paths]
        (self.folder / "tmp").mkdir(exist_ok=True)
        code = _foreground(command, {**self.environment(), **variables})
        if not report.exists():
            return Outcome(0, 1, [f"pytest ended with code {code} before it ran a test"])
        suite = ElementTree.parse(report).getroot()
        suite = suite if suite.tag == "testsuite" else suite[0]
        total, failures, errors, skipped = (
            int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")
        )
        bad = failures + errors + skipped
        remarks = [f"{skipped} tests were skipped, which counts as failed"] if skipped else []
        if code and not bad:
            bad, remarks = 1, [f"pytest ended with code {code}"]
        return Outcome(max(0, total - failures - errors - skipped), bad, remarks)

    # -- results -----------------------------------------------------------------------------------

    def _report_coverage(self) -> None:
        if os.environ.get("TEST") or not list(self.folder.glob(".coverage*")):
            return  # of a part of the tests it would say nothing
        say("\n== coverage")
        options = [f"--rcfile={ROOT / 'pyproject.toml'}"]
        base = [self.python, "-m", "coverage"]
        _foreground([*base, "combine", "-q", *options, self.folder], self.environment())
        _foreground([*base, "report", "--skip-covered", *options], self.environment())

    def _report(self) -> bool:
        if self.outcome.remarks:
            say("\n== what is wrong")
            for remark in self.outcome.remarks:
                say(f"* {remark}")
        if not self.outcome.passed and not self.outcome.failed:
            self.outcome.failed = 1
            say("* no test ran")
        say()
        say(f"{self.outcome.passed} passed, {self.outcome.failed} failed")
        return not self.outcome.failed


def house_variables(depends: str, installed: str) -> dict[str, str]:
    """What tests/conftest.py documents; the work folder is empty."""
    work = folder() / "house"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    return {
        "SUITE_TEMPLATE_DEPENDS": depends,
        "SUITE_TEMPLATE_INSTALLED": installed,
        "SUITE_DB_PREFIX": TEST_PREFIX,
        "SUITE_TEST_DIR": str(work),
    }


def _foreground(command: Sequence[str | Path], environment: dict[str, str]) -> int:
    """Run with output on our console; the child goes when we go."""
    child = Child("pytest", command, None, env=environment, cwd=ROOT)
    try:
        return child.process.wait()
    finally:
        child.stop()


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def dependencies() -> list[str]:
    """Modules our addons build on, ours excluded."""
    ours = set(our_addons())
    named = {name for addon in ours for name in manifest(addon).get("depends", ["base"])}
    return sorted((named | set(EXTRA_MODULES)) - ours)


def dependency_template(odoo: Odoo, version: str) -> str:
    """Name of the template with our addons' dependencies, built when there is none."""
    modules = dependencies()
    key = _key(RECIPE, version, *modules, *LANGUAGES, (SCRIPTS / "demo_company.py").read_text())
    name = f"{PREFIX}depends_{key}"

    def build(database: str) -> None:
        odoo.cluster.create(database)
        odoo.install(database, ["base"], languages=LANGUAGES)
        odoo.shell(database, SCRIPTS / "demo_company.py", "naming the company")
        odoo.install(database, modules)

    _template(odoo, name, f"{PREFIX}depends_", build)
    return name


def installed_template(odoo: Odoo, version: str, depends: str) -> str:
    """Name of the template with our addons installed, built when their files changed."""
    name = f"{PREFIX}suite_{_key(version, depends, *checksums().values())}"

    def build(database: str) -> None:
        odoo.cluster.create(database, depends)
        odoo.install(database, our_addons())

    _template(odoo, name, f"{PREFIX}suite_", build)
    return name


def _template(odoo: Odoo, name: str, family: str, build) -> None:
    """Build a template under another name and rename it, so that a half one is never used."""
    if odoo.cluster.exists(name):
        return
    half = f"{TEST_PREFIX}building"
    odoo.cluster.drop(half)
    build(half)
    for old in databases(odoo.cluster, family):
        odoo.cluster.drop(old)
    odoo.cluster.rename(half, name)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
