"""Whole-house tests. What they need of a server reaches them by environment variables:

``PGHOST`` ``PGPORT`` ``PGUSER``
    a PostgreSQL cluster without durability, for as many databases as a test likes
``SUITE_TEMPLATE_DEPENDS``
    template with what our addons depend on, a Belgian company, fr_BE and en_US
``SUITE_TEMPLATE_INSTALLED``
    the same with all our addons installed
``SUITE_DB_PREFIX``
    what the names of a test's databases begin with; leftovers are dropped by the next run
``SUITE_TEST_DIR``
    an existing folder for filestores, logs and drop folders

``python -m odoo`` under ``sys.executable`` runs Odoo 19. A test that asks for one of the fixtures
below fails, and is not skipped, when the variables are missing: ``make test TEST=tests/test_x.py``
sets them.
"""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / "addons"


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set: run it by `make test TEST=tests/…`", pytrace=False)
    return value


def _sql(statement: str) -> None:
    import psycopg2

    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


class OdooDatabase:
    """A database of the test's own, and ways to run Odoo on it.

    :ivar name: name of the database
    :ivar folder: for its filestore, logs and whatever the test writes
    """

    def __init__(self, name: str, folder: Path):
        self.name = name
        self.folder = folder

    def command(self, *arguments: str) -> list[str]:
        """``python -m odoo`` with these arguments, our addons and this database."""
        return [
            sys.executable,
            "-m",
            "odoo",
            *arguments,
            f"--database={self.name}",
            f"--addons-path={ADDONS}",
            f"--data-dir={self.folder / 'files'}",
            "--http-interface=127.0.0.1",
        ]

    def run(self, *arguments: str, script: str | None = None, **variables: str):
        """Run Odoo to its end; a ``script`` is read by ``odoo shell``.

        :param variables: further environment variables
        :return: the completed process, with output and log as text in ``stdout``
        :raises AssertionError: when it ends with another code than 0
        """
        result = subprocess.run(
            self.command(*arguments),
            input=script,
            env={**os.environ, **variables},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        assert result.returncode == 0, result.stdout[-8000:]
        return result

    def shell(self, script: str, **variables: str) -> str:
        """Run ``script`` with Odoo's ``env``; it commits by itself. Gives its output and log."""
        return self.run("shell", "--no-http", "--log-level=warn", script=script, **variables).stdout

    def query(self, sql: str, parameters: tuple = ()) -> list[tuple]:
        """Rows of a statement in a connection and transaction of its own, committed."""
        import psycopg2

        connection = psycopg2.connect(dbname=self.name)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@pytest.fixture
def clone_database(tmp_path):
    """A function that copies a template, by default the one with our addons, for the test."""
    made = []

    def clone(template: str | None = None) -> OdooDatabase:
        source = template or _variable("SUITE_TEMPLATE_INSTALLED")
        name = f"{_variable('SUITE_DB_PREFIX')}{uuid.uuid4().hex[:12]}"
        _sql(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        made.append(name)
        folder = tmp_path / name
        folder.mkdir()
        return OdooDatabase(name, folder)

    yield clone
    for name in made:
        _sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def odoo_database(clone_database) -> OdooDatabase:
    """A database of the test's own with all our addons installed."""
    return clone_database()
