"""The master's database shows what the exports carry."""

import json
import os
import subprocess
import sys
import uuid
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from simulators.silicon_master import House, Settings
from simulators.silicon_master.server import running
from simulators.silicon_master.sql import fill

from .reading import amount, snapshot, tiny_world

psycopg2 = pytest.importorskip("psycopg2")
ROOT = Path(__file__).resolve().parents[3]
VIEWS = {
    "contact": "v_clients",
    "article": "v_articles",
    "order": "v_commandes",
    "dossier": "v_dossiers",
}


@pytest.fixture(scope="module")
def dsn():
    """A database of its own in the cluster that PGHOST names."""
    if not os.environ.get("PGHOST"):
        pytest.skip("no PostgreSQL: PGHOST is not set")
    name = f"silicon_master_{uuid.uuid4().hex[:12]}"

    def administer(statement):
        with closing(psycopg2.connect("dbname=postgres")) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)

    administer(f'CREATE DATABASE "{name}"')
    yield f"dbname={name}"
    administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def reading(dsn):
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SET search_path TO silicon_master")
        yield cursor


def as_text(value):
    """:return str: what the export writes for a value of a view."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "O" if value else "N"
    if isinstance(value, datetime):
        assert value.tzinfo is None
        return value.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return value


def is_same(value, text):
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        return bool(text) and amount(text) == value
    return as_text(value) == text


def assert_holds(dsn, expected):
    """:param expected: of :func:`reading.snapshot`."""
    with reading(dsn) as cursor:
        for entity, view in VIEWS.items():
            cursor.execute(f"SELECT * FROM {view}")
            found = {}
            for row in cursor:
                found.setdefault(row[0], []).append(row)
            assert found.keys() == expected[entity].keys()
            for key, rows in found.items():
                texts = expected[entity][key]
                assert len(rows) == len(texts)
                for row, cells in zip(rows, texts, strict=True):
                    wrong = [
                        (value, text)
                        for value, text in zip(row, cells, strict=True)
                        if not is_same(value, text)
                    ]
                    assert not wrong, key


def test_views_show_the_exports(dsn, tmp_path):
    house = House(tmp_path / "state", tmp_path / "drop", Settings.of_size("tiny"))
    house.after_night.append(lambda world: fill(dsn, world))
    counts = fill(dsn, house.world)
    assert counts["clients"] == 40 and counts["lignes_commande"] > counts["commandes"] == 30
    for night in range(3):
        assert_holds(dsn, snapshot(house.world, tmp_path / str(night)))
        house.night()


def test_headers_and_types(dsn, tmp_path):
    fill(dsn, tiny_world())
    with reading(dsn) as cursor:
        cursor.execute('SELECT "Bloqué", "Créé le", "Modifié le" FROM v_clients LIMIT 1')
        assert [type(value) for value in cursor.fetchone()] == [bool, date, datetime]
        cursor.execute("SELECT prix_vente, prix_vente_saisi FROM articles WHERE code = 'DEC00007'")
        assert cursor.fetchone() == (None, "sur demande")
        cursor.execute("SELECT date_saisie FROM commandes WHERE date_commande IS NULL")
        assert [text[:6] for (text,) in cursor] == ["31/02/"]
        cursor.execute("SELECT modifie_le FROM dossiers LIMIT 1")
        assert cursor.fetchone()[0].tzinfo


def test_who_reads_sees_one_night(dsn):
    fill(dsn, tiny_world())
    with reading(dsn) as cursor:
        cursor.connection.rollback()
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT count(*) FROM silicon_master.clients")
        fill(dsn, tiny_world(contacts=77))
        cursor.execute("SELECT count(*) FROM silicon_master.v_clients")
        assert cursor.fetchone() == (40,)
        cursor.connection.rollback()
        cursor.execute("SELECT count(*) FROM silicon_master.v_clients")
        assert cursor.fetchone() == (77,)


def test_on_demand_and_from_the_command_line(dsn, tmp_path):
    house = House(tmp_path / "state", tmp_path / "drop", Settings.of_size("tiny", contacts=50))
    with running(house) as server:
        query = urlencode({"dsn": dsn})
        with urlopen(Request(f"{server.url}/sql?{query}", b"", method="POST")) as answer:
            assert json.load(answer)["clients"] == 50
        house.night()
    command = [sys.executable, "-m", "simulators.silicon_master", "sql", "--dsn", dsn]
    done = subprocess.run(
        [*command, "--state", str(tmp_path / "state")], cwd=ROOT, check=True, capture_output=True
    )
    assert json.loads(done.stdout)["clients"] == len(house.world.tables["contact"])
    assert_holds(dsn, snapshot(house.world, tmp_path / "after"))


def test_another_schema(dsn):
    fill(dsn, tiny_world(), schema="another one")
    with reading(dsn) as cursor:
        cursor.execute('SELECT count(*) FROM "another one".v_articles')
        assert cursor.fetchone() == (60,)


def test_a_database_that_is_not_there(dsn):
    with pytest.raises(OSError, match="no_such_database"):
        fill("dbname=no_such_database", tiny_world())
