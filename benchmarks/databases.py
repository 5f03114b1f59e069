"""Databases that live as long as a measurement."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg2

from .settings import variable

INSTALLED = "SUITE_TEMPLATE_INSTALLED"  # with our addons
DEPENDS = "SUITE_TEMPLATE_DEPENDS"  # Odoo's modules that they build upon, and nothing of ours

#: What several figures start from lives here, until `__main__` closes it.
KEPT = ExitStack()


def statement(sql: str, database: str = "postgres") -> None:
    """Execute one statement outside a transaction."""
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()


def settle(database: str) -> None:
    """Do what autovacuum does within minutes of a load, and would do in the middle of a
    measurement: without statistics PostgreSQL plans large joins badly."""
    statement("VACUUM ANALYZE", database)


@contextmanager
def copy_of(template: str) -> Iterator[str]:
    """Copy a database for the length of the block.

    :param template: name of a database nobody is connected to
    :yield: the name of the copy
    """
    name = f"{variable('SUITE_DB_PREFIX')}bench_{uuid.uuid4().hex[:10]}"
    statement(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    try:
        yield name
    finally:
        statement(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def fresh(template_variable: str):
    """Copy the template that an environment variable names: :data:`INSTALLED`, :data:`DEPENDS`."""
    return copy_of(variable(template_variable))
