"""One query that reads, and nothing beside it."""

import pytest

from odoo.addons.sm_connector.transports import TransportError
from odoo.addons.sm_connector.transports.sql_text import as_query, is_table_name


@pytest.mark.parametrize(
    "name", ["v_clients", "silicon_master.v_clients", '"V Clients"', 'db."a""b".c', " x "]
)
def test_names(name):
    assert is_table_name(name)
    assert as_query(name) == f"SELECT * FROM {name.strip()}"


@pytest.mark.parametrize("name", ["a b", "a;b", "1a", '"a', "a.b.c.d", "a--", "f()"])
def test_no_names(name):
    assert not is_table_name(name)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "select * from a where b = ';'",
        "SELECT ';--' AS \"a;b\", $$;$$, $x$ ; $$ ; $x$, E'\\';', 'it''s;'",
        "-- comment; here\nSELECT 1 -- and ; here",
        "/* a; /* nested; */ b; */ SELECT (1)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "(SELECT 1) UNION (SELECT 2)",
        "VALUES (1), (2)",
        "TABLE a",
        "SELECT a::text, b->>'x;', '(' FROM c",
        'SELECT \'é;ü\', "Modifié le" FROM "Clients"',
        "SELECT U&'d\\0061t;' ",
        "SELECT '\\'",
        "SELECT $1x FROM a$b$",
        "SELECT E'\\'; DROP TABLE a; --'",
    ],
)
def test_one_query(query):
    assert as_query(query) == query.strip()


def test_semicolon_at_the_end():
    assert as_query("SELECT 1 ; -- done\n ") == "SELECT 1"
    assert as_query("SELECT ';' ;") == "SELECT ';'"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        ";",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE a",
        "SELECT 1;;",
        "SELECT 1) q; DROP TABLE a; --",
        "SELECT 1) AS q, (SELECT 2",
        "SELECT (1",
        "SELECT 'a",
        "SELECT 'it''s; DROP TABLE a; --",
        'SELECT "a',
        "SELECT /* a",
        "SELECT /* /* */ 1",
        "/* */ DROP TABLE a",
        "DELETE FROM a",
        "UPDATE a SET b = 1",
        "INSERT INTO a VALUES (1)",
        "COPY a TO '/tmp/x'",
        "DO $$ BEGIN END $$",
        "SET x = 1",
        "SELECT $x$ ; $y$; DROP TABLE a",
        "SELECT a$b$; DROP TABLE a; --$b$",
        "SELECT 1\0",
    ],
)
def test_refused(query):
    with pytest.raises(TransportError):
        as_query(query)
