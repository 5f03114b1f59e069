"""``make ways``: every transport and format on the simulator, and what they give in Odoo."""

from contextlib import ExitStack

from . import odoo_source, postgres, python_env
from .console import Problem
from .locks import try_exclusive
from .odoo_server import Odoo
from .processes import Child, stoppable
from .settings import ROOT
from .test_suite import (
    TEST_PREFIX,
    databases,
    dependency_template,
    folder,
    house_variables,
    installed_template,
)


def main() -> bool:
    """Print a line per way; True when all of them gave the same."""
    with stoppable(), ExitStack() as stack:
        if not stack.enter_context(try_exclusive(folder() / "lock")):
            raise Problem(
                "starting the demonstration",
                "`make test` or `make bench` is already running in this checkout",
                "wait for it, or stop it first",
            )
        python = python_env.python(python_env.TESTS)
        source = odoo_source.python_path()
        cluster = postgres.Cluster(folder() / "postgres", postgres.VOLATILE)
        odoo = Odoo(python, source, cluster, folder())
        cluster.start()
        stack.callback(cluster.stop)
        odoo.configure({"max_cron_threads": 0, "db_maxconn": 32})
        for name in databases(cluster, TEST_PREFIX):
            cluster.drop(name)  # left by a run that was killed
        version = odoo_source.version(source)
        depends = dependency_template(odoo, version)
        installed = installed_template(odoo, version, depends)
        environment = {**odoo.environment(), **house_variables(depends, installed)}
        command = [python, "-m", "tests.kit.ways_shown"]
        child = Child("the demonstration", command, None, env=environment, cwd=ROOT)
        stack.callback(child.stop)
        return child.process.wait() == 0
