"""Databases of the tests' own, and Odoo run on them."""

import os
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path

import psycopg2

ADDONS = Path(__file__).resolve().parents[2] / "addons"


class OdooDatabase:
    """A database of the test's own, and ways to run Odoo on it.

    :ivar name: name of the database
    :ivar folder: for its filestore, logs and whatever the test writes
    :ivar addons: folders of addons beside Odoo's own
    """

    def __init__(self, name: str, folder: Path):
        self.name = name
        self.folder = folder
        self.addons = [ADDONS]

    def command(self, *arguments: str) -> list[str]:
        """``python -m odoo`` with these arguments, the addons and this database."""
        return [
            sys.executable,
            "-m",
            "odoo",
            *arguments,
            f"--database={self.name}",
            f"--addons-path={','.join(map(str, self.addons))}",
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
        connection = psycopg2.connect(dbname=self.name)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@contextmanager
def copied(template: str, prefix: str, folder: Path):
    """Give a copy of a template, dropped in the end.

    :param folder: in which the database gets a folder of its own
    """
    name = f"{prefix}{uuid.uuid4().hex[:12]}"
    server_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        (folder / name).mkdir(parents=True)
        yield OdooDatabase(name, folder / name)
    finally:
        server_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def server_sql(statement: str) -> list[tuple]:
    """Run a statement outside of any transaction, in the database ``postgres``; return its rows."""
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
