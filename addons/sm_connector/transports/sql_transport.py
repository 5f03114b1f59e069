"""Rows read straight from the master's PostgreSQL database.

Nothing here can write: the session is read-only, and the configured text has to be one query, which
is read as part of a larger one that turns every cell into text. One statement sees one state of the
master, however long the reading takes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import time
from typing import BinaryIO
from uuid import uuid4

import psycopg2
from psycopg2 import sql

from odoo.addons.integration_base.log import redact

from ..formats import Defect, FileError, FormatOptions, Reader
from ..formats.base import clean_header
from .base import Delivery, Transport, TransportError
from .sql_text import as_query, is_table_name

FETCH_ROWS = 2000
CONNECT_SECONDS = 10
APPLICATION = "Odoo sm_connector"
TIMEZONE = "Europe/Brussels"  # in which the master's files tell the time
MAX_COLUMNS = 500
_MOMENT = 1184  # timestamp with time zone
_MONEY = 790
_TEXTS = (25, 1042, 1043, 19, 114, 3802, 142)  # text, char, varchar, name, json, jsonb, xml
#: Types whose values grow when a row changes: date, moments, whole numbers.
_GROWING = (1082, 1114, _MOMENT, 20, 21, 23, 1700)


@dataclass(frozen=True)
class SqlServer:
    """Where the database is. ``timeout`` is that of one statement, in seconds."""

    host: str
    database: str
    user: str
    password: str = field(default="", repr=False)
    port: int = 5432
    sslmode: str = "verify-full"
    ca_bundle: str = ""
    timeout: int = 300


@dataclass(frozen=True)
class OwnDatabase:
    """What tells Odoo's own database whatever name it is reached by.

    ``lock`` is the key of an advisory lock that Odoo's connection holds meanwhile; ``cluster`` is
    what :func:`cluster_id` says there, ``name`` the name of the database.
    """

    lock: int
    cluster: str
    name: str


class SqlTransport(Transport):
    """One query of one PostgreSQL database.

    :param server: where to connect
    :param query: one ``SELECT``, or the name of a table or view
    :param own: Odoo's own database, which is refused
    :param since: column and value; only rows that are not older are read
    """

    def __init__(
        self, server: SqlServer, query: str, own: OwnDatabase, since: tuple[str, str] | None = None
    ) -> None:
        if not server.host or not server.database or not server.user:
            raise TransportError("Say on which server, in which database and as whom to read.")
        self.server = server
        self.query = as_query(query)
        self._own = own
        self._since = since
        self._name = query.strip() if is_table_name(query) else server.database

    # -- interface -----------------------------------------------------------------------------

    def check(self) -> str:
        """Connect and have the server look at the query, without reading a row."""
        with self._connection() as connection, self._speaking():
            columns = self._columns(connection)
            version = connection.server_version // 10000
        return (
            f"Database {self.server.database} on {self.server.host} (PostgreSQL {version}) can be "
            f"read: {len(columns)} columns."
        )

    def waiting(self) -> list[Delivery]:
        """Return the present state of the master: there always is one."""
        return [Delivery(self._name, None, 0, time())]

    def here(self) -> list[Delivery]:
        """Return nothing: what was read leaves no trace to put away."""
        return []

    def kept(self, path: str) -> Delivery | None:
        """Return nothing: the database is read anew."""
        return None

    def open(self, delivery: Delivery) -> BinaryIO:
        """Refuse: a table is no file."""
        raise TransportError("A database has no file to open.")

    def checksum(self, delivery: Delivery) -> str:
        """Return nothing: only reading it all could tell."""
        return ""

    def archive(self, delivery: Delivery, outcome: str, stamp: datetime, checksum: str) -> Path:
        """Refuse: there is nothing to put away."""
        raise TransportError("A database has nothing to put away.")

    @contextmanager
    def reader(
        self,
        delivery: Delivery,
        kind: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> Iterator[Reader]:
        """Give the rows; ``kind`` does not matter, as the server writes the cells."""
        with self._connection() as connection:
            yield SqlReader(self, connection, delivery.name, options, on_defect)

    # -- for the reader ------------------------------------------------------------------------

    def open_cursor(self, connection, options: FormatOptions):
        """Return the header, the positions of cells that may be long, and their rows."""
        with self._speaking():
            columns = self._columns(connection)
            header = self._header(columns)
            cells = [_cell(name, oid, options.max_cell_chars + 1) for name, oid in columns]
            query = sql.SQL("SELECT {} FROM ({}\n) AS q").format(
                sql.SQL(", ").join(cells), sql.SQL(self.query)
            )
            if self._since:
                query += sql.SQL(" WHERE q.{} >= {}").format(
                    sql.Identifier(self._since[0]), sql.Literal(self._since[1])
                )
            cursor = connection.cursor(name="sm_connector")
            cursor.itersize = FETCH_ROWS
            cursor.execute(query)
        long = [index for index, (_name, oid) in enumerate(columns) if oid in _TEXTS]
        return header, long, self._rows(cursor)

    def _rows(self, cursor) -> Iterator[tuple[str, ...]]:
        with self._speaking():
            yield from cursor

    def _header(self, columns: list[tuple[str, int]]) -> list[str]:
        header = clean_header([name for name, _oid in columns])
        doubles = sorted({name for name in header if name and header.count(name) > 1})
        if doubles:
            raise FileError(
                self._name,
                "columns",
                f"two columns have the same name ({', '.join(doubles)})",
                "Give each column of the query a name of its own (AS).",
            )
        return header

    # -- connection ----------------------------------------------------------------------------

    @contextmanager
    def _connection(self):
        """Give a connection of our own, read-only, that is not Odoo's database."""
        server = self.server
        settings = {
            "default_transaction_read_only": "on",
            "statement_timeout": f"{max(server.timeout, 1)}s",
            "TimeZone": TIMEZONE,
            "DateStyle": "ISO",
            "standard_conforming_strings": "on",
        }
        with self._speaking():
            connection = psycopg2.connect(
                host=server.host,
                port=server.port,
                dbname=server.database,
                user=server.user,
                password=server.password,
                # a file that cannot be: the driver must not look for Odoo's own password
                passfile="/dev/null/none",
                sslmode=server.sslmode,
                **({"sslrootcert": server.ca_bundle} if server.ca_bundle else {}),
                connect_timeout=CONNECT_SECONDS,
                application_name=APPLICATION,
                options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
                client_encoding="UTF8",
                keepalives_idle=30,
                tcp_user_timeout=60_000,
            )
        try:
            with self._speaking():
                connection.set_session(readonly=True)
                self._refuse_own(connection)
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _speaking(self):
        """Turn what the driver raises into our error; not around what a caller does meanwhile,
        whose own database errors are another matter."""
        try:
            yield
        except psycopg2.Error as error:
            raise self._failed(error) from error

    def _refuse_own(self, connection) -> None:
        """Ask the server itself, as its address may have any number of names."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                                WHERE d.datname = current_database()
                                  AND l.locktype = 'advisory' AND l.objsubid = 1
                                  AND (l.classid::bigint << 32 | l.objid::bigint) = %s)
                """,
                [self._own.lock],
            )
            is_own = cursor.fetchone()[0]
            if not is_own:  # a replica of it does not show the lock
                cursor.execute("SELECT current_database()")
                name = cursor.fetchone()[0]
                is_own = (cluster_id(cursor), name) == (self._own.cluster, self._own.name)
        if is_own:
            raise TransportError(
                "This is Odoo's own database. Silicon Master's data lies in another one."
            )

    def _columns(self, connection) -> list[tuple[str, int]]:
        """Return name and type of each column, without reading a row."""
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT * FROM ({}\n) AS q LIMIT 0").format(sql.SQL(self.query)))
            columns = [(column.name, column.type_code) for column in cursor.description]
        if not columns or len(columns) > MAX_COLUMNS:
            raise TransportError(f"The query gives {len(columns)} columns.")
        if self._since and dict(columns).get(self._since[0]) not in _GROWING:
            raise TransportError(
                f"The column {self._since[0]} cannot tell what changed: it has to be there, and "
                "hold a date, a moment or a whole number."
            )
        return columns

    def _failed(self, error: psycopg2.Error) -> TransportError:
        server = self.server
        text = (error.diag.message_primary if error.diag else "") or str(error).strip()
        text = redact(text, [server.password] if server.password else [])
        if isinstance(error, psycopg2.errors.QueryCanceled):
            text = f"{text}. Raise the time limit of the feed, or make the query faster"
        return TransportError(f"Tried to read {server.database} on {server.host}: {text}.")


def cluster_id(cursor) -> str:
    """Return what tells a PostgreSQL cluster and its replicas; another each time if it may not be
    asked."""
    cursor.execute("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
    if not cursor.fetchone()[0]:
        return uuid4().hex
    cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
    return cursor.fetchone()[0]


class SqlReader(Reader):
    """Rows of a query as text cells; see :class:`..formats.base.Reader`."""

    def __init__(self, transport, connection, name, options, on_defect) -> None:
        # not the constructor of files: there is no stream
        self.name = name
        self.options = options
        self._transport = transport
        self._on_defect = on_defect
        self.unknown: list[str] = []
        self.header, self._long, self._cells = transport.open_cursor(connection, options)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        limit, long = self.options.max_cell_chars, self._long
        number = 0
        try:
            for number, cells in enumerate(self._cells, 1):
                for position in long:
                    if len(cells[position]) > limit:
                        self._defect(number, cells, "cell_too_long", position)
                        break
                else:
                    yield number, list(cells)
        finally:
            self.rows = number


def _cell(name: str, oid: int, max_chars: int) -> sql.Composable:
    """Return the expression that writes a column as the master's files would, empty for null."""
    value = sql.SQL("q.{}").format(sql.Identifier(name))
    if oid == _MOMENT:  # the files tell local time, without zone
        value += sql.SQL("::timestamp")
    elif oid == _MONEY:
        value += sql.SQL("::numeric")
    value = sql.SQL("coalesce({}::text, '')").format(value)
    # a cell larger than any real one must not fill the memory on its way to being refused
    return sql.SQL("left({}, {})").format(value, sql.Literal(max_chars)) if oid in _TEXTS else value
