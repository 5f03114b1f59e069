"""``make bench``: the measurements of benchmarks/, in a cluster at PostgreSQL's defaults."""

import os
from contextlib import ExitStack

from . import browser, odoo_source, postgres, python_env
from .console import Problem, say
from .locks import try_exclusive
from .odoo_server import Odoo
from .processes import Child, stoppable
from .settings import ROOT, data_dir
from .test_suite import TEST_PREFIX, databases, dependency_template, folder, installed_template


def main() -> bool:
    """Run ``python -m benchmarks``; the variables it is given are those of tests/conftest.py."""
    work = data_dir() / "bench"
    with stoppable(), ExitStack() as stack:
        if not stack.enter_context(try_exclusive(folder() / "lock")):
            raise Problem(
                "starting the measurements",
                "`make test` or `make bench` is running in this checkout and would disturb them",
                "wait for it, or stop it first",
            )
        python = python_env.python(python_env.TESTS)
        path = browser.search_path()
        source = odoo_source.python_path()
        cluster = postgres.Cluster(work / "postgres", postgres.DURABLE)
        odoo = Odoo(python, source, cluster, work)
        odoo.configure({"max_cron_threads": 0, "db_maxconn": 32})
        cluster.start()
        stack.callback(cluster.stop)
        for name in databases(cluster, TEST_PREFIX):
            cluster.drop(name)  # left by a run that was killed
        version = odoo_source.version(source)
        depends = dependency_template(odoo, version)
        variables = {
            **odoo.environment(),
            "PATH": path,
            "PYTHONPATH": os.pathsep.join([str(source), str(ROOT)]),
            "SUITE_TEMPLATE_DEPENDS": depends,
            "SUITE_TEMPLATE_INSTALLED": installed_template(odoo, version, depends),
            "SUITE_DB_PREFIX": TEST_PREFIX,
            "SUITE_TEST_DIR": str(work),
        }
        say("-> measuring")
        child = Child("the benchmarks", [python, "-m", "benchmarks"], None, env=variables, cwd=ROOT)
        stack.callback(child.stop)
        return child.process.wait() == 0
