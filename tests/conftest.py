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
from contextlib import ExitStack

import pytest

from .kit.database import OdooDatabase, copied


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set: run it by `make test TEST=tests/…`", pytrace=False)
    return value


@pytest.fixture
def clone_database(tmp_path):
    """A function that copies a template, by default the one with our addons, for the test."""
    with ExitStack() as stack:

        def clone(template: str | None = None) -> OdooDatabase:
            source = template or _variable("SUITE_TEMPLATE_INSTALLED")
            prefix = _variable("SUITE_DB_PREFIX")
            return stack.enter_context(copied(source, prefix, tmp_path))

        yield clone


@pytest.fixture
def odoo_database(clone_database) -> OdooDatabase:
    """A database of the test's own with all our addons installed."""
    return clone_database()
