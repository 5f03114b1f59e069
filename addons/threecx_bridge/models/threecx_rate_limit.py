import time
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.sql_db import db_connect
from odoo.tools import SQL

#: Length of a window, in seconds.
WINDOW = 60


class ThreecxRateLimit(models.Model):
    """How often something happened in the current minute, counted by all workers together.

    Every count is committed at once and apart from the transaction of the request: requests that
    are refused count too. The table is not logged by PostgreSQL: after a crash it counts anew.
    """

    _name = "threecx.rate.limit"
    _description = "Rate Limit of the Telephone Systems"
    # unlogged, so PostgreSQL is told how to make it
    _auto = False
    _log_access = False

    name = fields.Char(required=True, readonly=True)
    window = fields.Integer(required=True, readonly=True)
    hits = fields.Integer(required=True, readonly=True)

    def init(self):
        self.env.cr.execute(
            """
            CREATE UNLOGGED TABLE IF NOT EXISTS threecx_rate_limit (
                id serial PRIMARY KEY,
                name varchar NOT NULL UNIQUE,
                "window" integer NOT NULL,
                hits integer NOT NULL
            )
            """
        )

    @api.model
    def _hit(self, name):
        """Count once more.

        :param str name: of what is counted
        :return: how often it happened in this minute, this time included
        :rtype: int
        """
        window = _window()
        with self._counting() as cr:
            # nearly always the row is there; an insertion that gives way would use up a number
            cr.execute(
                SQL(
                    """
                    UPDATE threecx_rate_limit
                       SET hits = CASE WHEN "window" = %(window)s THEN hits + 1 ELSE 1 END,
                           "window" = %(window)s
                     WHERE name = %(name)s
                 RETURNING hits
                    """,
                    window=window,
                    name=name,
                )
            )
            row = cr.fetchone()
            if row is None:
                cr.execute(
                    SQL(
                        """
                        INSERT INTO threecx_rate_limit AS counted (name, "window", hits)
                        VALUES (%(name)s, %(window)s, 1)
                        ON CONFLICT (name) DO UPDATE SET hits = counted.hits + 1
                        RETURNING hits
                        """,
                        window=window,
                        name=name,
                    )
                )
                row = cr.fetchone()
        return row[0]

    @api.model
    def _hits(self, name):
        """How often it happened in this minute, without counting.

        :rtype: int
        """
        with self._counting() as cr:
            cr.execute(
                SQL(
                    'SELECT hits FROM threecx_rate_limit WHERE name = %s AND "window" = %s',
                    name,
                    _window(),
                )
            )
            row = cr.fetchone()
        return row[0] if row else 0

    @api.model
    def _retry_after(self):
        """Seconds until everything may begin anew.

        :rtype: int
        """
        return WINDOW - int(time.time()) % WINDOW

    @contextmanager
    def _counting(self):
        """A connection of its own, in which two workers that count at once wait for each other:
        under Odoo's usual isolation the second one would fail."""
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            # a count that a crash of the server takes along is no loss, waiting for its disk is
            cr.execute("SET LOCAL synchronous_commit TO off")
            yield cr

    @api.autovacuum
    def _gc_windows(self):
        self.env.cr.execute(
            SQL('DELETE FROM threecx_rate_limit WHERE "window" < %s', _window() - WINDOW)
        )


def _window():
    """Number of the current window since 1970."""
    return int(time.time()) // WINDOW
