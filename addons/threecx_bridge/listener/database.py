"""Transactions of one database, from whatever thread."""

import random
import time
from collections.abc import Callable

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.exceptions import ConcurrencyError
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import PoolError

#: The database is away, or too busy; the same transaction may succeed later.
DATABASE_AWAY = (psycopg2.OperationalError, psycopg2.InterfaceError, ConcurrencyError, PoolError)

_COLLISIONS = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)
_TRIES = 8
#: Seconds; the longest pause after the first collision, doubled by each further one. Odoo's own
#: ``retrying`` waits a second on average, in which here everybody else's calls would wait too.
_PAUSE = 0.02


class Database:
    """One database, reached anew for every transaction: it may have been restarted meanwhile."""

    def __init__(self, name: str):
        self.name = name

    def run(self, function: Callable, *args):
        """Return ``function(env, *args)``, called in a transaction of its own and committed.

        It is called again when it collided with another transaction.

        :raise Exception: one of :data:`DATABASE_AWAY`, or what ``function`` raises; nothing is
            written then
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._run_once(function, args)
            except _COLLISIONS:
                if attempt == _TRIES:
                    raise
                time.sleep(random.uniform(0, _PAUSE * 2**attempt))

    def _run_once(self, function: Callable, args: tuple):
        # takes over what other processes changed, an update of the addons included
        registry = Registry(self.name).check_signaling()
        try:
            with registry.cursor() as cr:
                result = function(api.Environment(cr, SUPERUSER_ID, {}), *args)
        except Exception:
            registry.reset_changes()
            raise
        registry.signal_changes()
        return result
