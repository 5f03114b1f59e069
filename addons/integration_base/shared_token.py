"""An access token that all workers share: one row, locked by whoever needs a new one."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.tools import SQL

from .exceptions import RetryableError

__all__ = ["SharedToken"]

#: Whoever collided with another worker looks again so many times.
TRIES = 5


class SharedToken:
    """A token store on one row, whose table has the columns ``value``, ``expires``, ``credentials``
    and, where a refresh token is given, ``refresh``.

    Whoever needs a new token locks the row in a transaction of its own, so that nobody asks while
    another one does. A refresh token is good for one use: the new one is kept in the same commit as
    the access token it came with.

    :param registry: of the database
    :param SQL where: what finds the row
    :param credentials: all that makes a token another one (address, client, key)
    """

    #: Its table.
    table: str
    #: The table keeps a refresh token.
    has_refresh = False
    #: A token is given up so many seconds before it ends: requests take their time.
    margin: int
    #: Seconds to wait for another worker that is asking for a token.
    patience: int
    #: What is said when that is not enough.
    busy: str

    def __init__(self, registry, where: SQL, credentials: Iterable[str]) -> None:
        self._registry = registry
        self._where = where
        self._credentials = hashlib.sha256("\0".join(credentials).encode()).hexdigest()
        self._unsaved = None  # of what other transactions cannot see yet

    def get(self, fetch: Callable) -> str:
        """Return the token that is alive, or a new one.

        :param fetch: asks for a new one, given the refresh token where there are such; returns
            an object with ``value``, ``lifetime`` in seconds and perhaps ``refresh``
        :raise RetryableError: another worker has been asking for too long
        """
        for _try in range(TRIES):
            try:
                with self._registry.cursor() as cr:
                    return self._get(cr, fetch)
            except psycopg2.errors.SerializationFailure:
                continue  # somebody else has just written a new one: look again
            except psycopg2.errors.LockNotAvailable:
                break
        raise RetryableError(self.busy)

    def discard(self, token: str) -> None:
        """Forget a token that is not accepted any more; nothing happens when there is a newer one
        already."""
        if self._unsaved == token:
            self._unsaved = None
        try:
            with self._registry.cursor() as cr:
                cr.execute(
                    SQL(
                        "UPDATE %s SET value = NULL WHERE %s AND value = %s",
                        SQL.identifier(self.table),
                        self._where,
                        token,
                    ),
                    log_exceptions=False,
                )
        except psycopg2.errors.SerializationFailure:
            return  # replaced at this very moment

    def _get(self, cr, fetch):
        cr.execute(SQL("SET LOCAL lock_timeout = %s", f"{self.patience}s"))
        cr.execute(
            SQL(
                "SELECT value, expires, credentials, %s FROM %s WHERE %s FOR UPDATE",
                SQL.identifier("refresh") if self.has_refresh else SQL("NULL"),
                SQL.identifier(self.table),
                self._where,
            ),
            log_exceptions=False,
        )
        row = cr.fetchone()
        if row is None and self._unsaved:
            return self._unsaved
        value, expires, credentials, refresh = row or (None, None, None, None)
        now = fields.Datetime.now()
        if value and credentials == self._credentials and expires > now:
            return value
        token = fetch(refresh or "") if self.has_refresh else fetch()
        if row is None:
            self._unsaved = token.value
            return token.value
        kept = SQL()
        if self.has_refresh:
            kept = SQL(", refresh = COALESCE(%s, refresh)", token.refresh or None)
        cr.execute(
            SQL(
                "UPDATE %s SET value = %s, expires = %s, credentials = %s%s WHERE %s",
                SQL.identifier(self.table),
                token.value,
                now + timedelta(seconds=max(0, token.lifetime - self.margin)),
                self._credentials,
                kept,
                self._where,
            )
        )
        return token.value
