from contextlib import closing

import psycopg2
from psycopg2 import sql

from odoo.exceptions import UserError, ValidationError
from odoo.sql_db import connection_info_for
from odoo.tools import mute_logger

from odoo.addons.integration_base.exceptions import IntegrationError

from simulators.silicon_master import Dialect, House, Settings
from simulators.silicon_master.sql import fill

from ..formats import FileError, FormatOptions
from .common import SmCase

VIEWS = {
    "contact": "v_clients",
    "article": "v_articles",
    "order": "v_commandes",
    "dossier": "v_dossiers",
}


class SqlFeedCase(SmCase):
    """Feeds that read the simulated master's own database, on the server of Odoo's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        _name, cls.connection = connection_info_for(cls.env.cr.dbname)
        cls.database = f"{cls.env.cr.dbname}_master"
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
            sql.Identifier(cls.database)
        )
        cls.on_server(drop)
        cls.on_server(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(cls.database))
        )
        cls.addClassCleanup(cls.on_server, drop)
        settings = Settings.of_size("tiny")
        cls.house = House(cls.folder / "state", cls.folder / "files", settings, Dialect())
        cls.house._lock.close()
        with closing(cls.connect(cls.database)) as connection:
            fill(connection, cls.house.world)
            connection.commit()

    @classmethod
    def connect(cls, database):
        return psycopg2.connect(**(cls.connection | {"database": database}))

    @classmethod
    def on_server(cls, query, database="postgres"):
        with closing(cls.connect(database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else None

    def setUp(self):
        super().setUp()
        for entity, feed in self.feeds.items():
            feed.write(self.settings(f"silicon_master.{VIEWS[entity]}"))

    def settings(self, query, **values):
        with closing(self.connect("postgres")) as connection:
            facts = connection.get_dsn_parameters()
        return {
            "transport": "sql",
            "sql_host": self.connection.get("host") or facts.get("host"),
            "sql_port": int(self.connection.get("port") or facts.get("port") or 5432),
            "sql_database": self.database,
            "sql_user": facts["user"],
            "sql_password": self.connection.get("password") or False,
            "sql_sslmode": "prefer",
            "sql_query": query,
        } | values

    def rows(self, query, **values):
        """Return header and rows of a query."""
        feed = self.feeds["contact"]
        feed.write({"sql_query": query} | values)
        transport = feed._get_transport()
        self.defects = []
        [delivery] = transport.waiting()
        options = FormatOptions(max_cell_chars=1000)
        with transport.reader(delivery, "auto", options, self.defects.append) as reader:
            rows = [cells for _line, cells in reader]
        return reader.header, rows


class TestFeedSql(SqlFeedCase):
    def test_nights(self):
        lines = self.lines(self.run_night())
        self.assertEqual({line.state for line in lines.values()}, {"done"}, lines["order"].message)
        self.assertTrue(lines["contact"].created and lines["order"].created)
        self.assertEqual(lines["contact"].file_name, "silicon_master.v_clients")
        self.assertFalse(lines["contact"].file_sha256)
        lines = self.lines(self.run_night())
        self.assertEqual({line.state for line in lines.values()}, {"done"})
        self.assertFalse(any(line.created + line.updated for line in lines.values()))

    def test_missing_counts_every_night(self):
        """There is no checksum that could tell that it is the same export as the last time."""
        feed = self.feeds["contact"]
        feed.write({"archive_after": 2, "missing_max_rows": 100})
        self.lines(self.run_night())
        key = self.env["sm.link"].search([("entity", "=", "contact")], limit=1).external_id
        feed.sql_query = f"SELECT * FROM silicon_master.v_clients WHERE \"Code\" <> '{key}'"
        self.assertEqual(self.lines(self.run_night())["contact"].missing, 1)
        self.assertTrue(self.partner(key).active)
        self.assertEqual(self.lines(self.run_night())["contact"].archived, 1)
        self.assertFalse(self.partner(key).active)

    def test_cells(self):
        header, rows = self.rows(
            """
            SELECT '0012' AS "Code", 12.50::numeric(12,2) AS n, 3 AS i, true AS b, false AS c,
                   DATE '2026-11-02' AS d, TIMESTAMP '2026-11-02 10:15:00' AS t,
                   TIMESTAMPTZ '2026-11-02 10:15:00+00' AS z, NULL::text AS e, NULL::date AS f,
                   E'a\\nb;"c' AS s, 0.1::float8 AS g, 'x '::char(4) AS h, 1234.5::money AS m
            """
        )
        self.assertEqual(header, ["Code", *"nibcdtzefsghm"])
        [cells] = rows
        self.assertEqual(
            cells,
            ["0012", "12.50", "3", "true", "false", "2026-11-02", "2026-11-02 10:15:00"]
            + ["2026-11-02 11:15:00", "", "", 'a\nb;"c', "0.1", "x", "1234.50"],
        )

    def test_long_cell(self):
        _header, rows = self.rows("SELECT repeat('x', 1001) AS a UNION ALL SELECT 'y'")
        self.assertEqual(rows, [["y"]])
        self.assertEqual([defect.cause for defect in self.defects], ["cell_too_long"])

    def test_names(self):
        header, _rows = self.rows('SELECT 1 AS "50 % {}", 2 AS " N°  TVA "')
        self.assertEqual(header, ["50 % {}", "N° TVA"])
        with self.assertRaises(FileError) as caught:
            self.rows("SELECT 1 AS a, 2 AS a")
        self.assertEqual(caught.exception.cause, "columns")

    def test_nothing_is_written(self):
        """Whatever the role may do: these all work on a session of its own."""
        table = "CREATE TABLE IF NOT EXISTS written (a int)"
        self.on_server(table, self.database)
        self.on_server("CREATE SEQUENCE IF NOT EXISTS steps", self.database)
        self.on_server(
            "CREATE OR REPLACE FUNCTION sneak() RETURNS int LANGUAGE sql"
            " AS 'INSERT INTO written VALUES (1) RETURNING a'",
            self.database,
        )
        for query in (
            "SELECT sneak()",
            "SELECT nextval('steps')",
            "SELECT set_config('transaction_read_only', 'off', false), sneak()",
            "WITH x AS (INSERT INTO written VALUES (1) RETURNING a) SELECT * FROM x",
            "SELECT * FROM written FOR UPDATE",
        ):
            with self.assertRaises(IntegrationError, msg=query):
                self.rows(query)
        self.assertEqual(self.on_server("SELECT count(*) FROM written", self.database), [(0,)])
        self.rows("SELECT lo_create(0)")  # allowed before PostgreSQL 16, and undone
        left = self.on_server("SELECT count(*) FROM pg_largeobject_metadata", self.database)
        self.assertEqual(left, [(0,)])
        self.on_server("SELECT sneak()", self.database)
        self.assertEqual(self.on_server("SELECT count(*) FROM written", self.database), [(1,)])

    def test_several_statements(self):
        for query in ("SELECT 1; SELECT 2", "SELECT 1) q; DROP TABLE a; --", "DELETE FROM a"):
            with self.assertRaises(ValidationError, msg=query):
                self.feeds["contact"].sql_query = query

    def test_own_database(self):
        """By its name, and by another address of the same server."""
        feed = self.feeds["contact"]
        feed.write({"sql_database": self.env.cr.dbname, "sql_query": "res_users"})
        told = feed.action_test_connection()["params"]
        self.assertEqual((told["type"], "own database" in told["message"]), ("danger", True))
        with self.assertRaises(UserError):
            feed.action_show_rows()
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.cause), ("failed", "source"))
        # neither the lock nor the name of the cluster is enough alone to be missed
        for names in ({"lock": 1}, {"cluster": "x", "name": "x"}):
            own = feed._get_own_database()
            transport = feed._get_transport()
            object.__setattr__(transport, "_own", type(own)(**(vars(own) | names)))
            with self.assertRaisesRegex(IntegrationError, "own database"):
                transport.check()

    def test_unreachable(self):
        feed = self.feeds["contact"]
        for values, words in (
            ({"sql_database": "not_there"}, "not_there"),
            ({"sql_query": "SELECT * FROM nowhere"}, "nowhere"),
            ({"sql_query": "SELECT 1/0 AS a", "sql_database": self.database}, "zero"),
            ({"sql_query": "SELECT pg_sleep(9)", "sql_timeout": 1}, "time limit"),
        ):
            feed.write(self.settings("SELECT 1") | values)
            with self.assertRaisesRegex(IntegrationError, words):
                transport = feed._get_transport()
                with transport.reader(
                    transport.waiting()[0], "auto", FormatOptions(), list
                ) as reader:
                    list(reader)

    def test_password_is_not_told(self):
        feed = self.feeds["contact"]
        feed.write({"sql_password": "hunter2-secret", "sql_database": "not_there"})
        told = feed.action_test_connection()["params"]
        self.assertNotIn("hunter2", told["message"])
        self.assertNotIn("hunter2", repr(feed._get_transport().server))

    def test_connection_of_its_own(self):
        """Named, read-only, and gone afterwards."""
        feed = self.feeds["contact"]
        feed.sql_query = (
            "SELECT application_name AS a, current_setting('transaction_read_only') AS b,"
            " current_setting('statement_timeout') AS c FROM pg_stat_activity"
            " WHERE pid = pg_backend_pid()"
        )
        _header, rows = self.rows(feed.sql_query)
        self.assertEqual(rows, [["Odoo sm_connector", "on", "5min"]])
        left = self.on_server(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'Odoo sm_connector'"
            f" AND datname = '{self.database}'"
        )
        self.assertEqual(left, [(0,)])

    def test_rows(self):
        action = self.feeds["contact"].action_show_rows()
        rows = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(rows.table.count("<tr>"), 11)
        self.assertIn("Téléphone", rows.table)

    def test_rows_are_text(self):
        self.feeds["contact"].sql_query = "SELECT '<script>alert(1)</script>' AS \"<b>x</b>\""
        action = self.feeds["contact"].action_show_rows()
        table = self.env[action["res_model"]].browse(action["res_id"]).table
        self.assertNotIn("<script>", table)
        self.assertNotIn("<b>", table)

    def test_delta(self):
        feed = self.feeds["order"]
        feed.since_column = "Modifié le"
        self.run_night()
        self.assertTrue(feed.watermark)
        delta = feed.copy({"mode": "delta"})
        delta.write({"sql_password": feed.sql_password, "overlap_minutes": 0})
        transport = delta._get_transport()
        with delta._read(transport, transport.waiting()[0], list) as reader:
            rows = list(reader)
        self.assertTrue(rows)
        self.assertLess(len(rows), self.lines(self.env["sm.run"].search([], limit=1))["order"].rows)
        self.assertEqual(reader.watermark, feed.watermark)
        delta.since_column = "Statut"
        with self.assertRaisesRegex(IntegrationError, "cannot tell what changed"):
            delta._get_transport().check()

    def test_error_of_odoo_itself_stays_what_it_is(self):
        """A collision in Odoo's database while rows are read is not the master's fault."""
        feed = self.feeds["contact"]
        transport = feed._get_transport()
        with (
            self.assertRaises(psycopg2.errors.DivisionByZero),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
            feed._read(transport, transport.waiting()[0], list) as reader,
        ):
            for _row in reader:
                self.env.cr.execute("SELECT 1/0")
