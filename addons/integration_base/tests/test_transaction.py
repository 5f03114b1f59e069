from contextlib import suppress
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .. import transaction
from ..transaction import attempt, is_passing

LOGGER = transaction.__name__
NAME = "integration_base.test_transaction"


@tagged("post_install", "-at_install")
class TestAttempt(TransactionCase):
    """What scheduled actions do when others are in the way: with connections of their own, as
    workers have them. The transaction of the test itself writes nothing."""

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(transaction, "PAUSE", 0))
        self.enterContext(mute_logger("odoo.sql_db"))
        with self.registry.cursor() as cr:
            self._env(cr)["ir.config_parameter"].set_param(NAME, "0")
        self.addCleanup(self._clean)
        self.calls = []

    def _clean(self):
        with self.registry.cursor() as cr:
            self._env(cr)["ir.config_parameter"].search([("key", "=", NAME)]).unlink()

    @staticmethod
    def _env(cr):
        return api.Environment(cr, SUPERUSER_ID, {})

    def _value(self):
        with self.registry.cursor() as cr:
            cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [NAME])
            return int(cr.fetchone()[0])

    def _add(self, env, others):
        """Add one, while others do so first, as often as told."""
        self.calls.append(env)
        parameter = env["ir.config_parameter"].search([("key", "=", NAME)])
        value = int(parameter.value)
        if len(self.calls) <= others:
            with self.registry.cursor() as other:
                other.execute(
                    "UPDATE ir_config_parameter SET value = (value::int + 1)::text WHERE key = %s",
                    [NAME],
                )
        parameter.value = str(value + 1)

    def test_collision(self):
        with self.registry.cursor() as cr, self.assertLogs(LOGGER) as logs:
            env = self._env(cr)
            self.assertTrue(attempt(env, "A test", self._add, env, 2))
            self.assertEqual(self._value(), 3, "committed")
        self.assertEqual(len(self.calls), 3)
        self.assertEqual({record.levelname for record in logs.records}, {"INFO"})

    def test_collisions_without_end(self):
        with self.registry.cursor() as cr, self.assertLogs(LOGGER) as logs:
            env = self._env(cr)
            self.assertFalse(attempt(env, "A test", self._add, env, 99))
            self.assertEqual(env["ir.config_parameter"].search_count([("key", "=", NAME)]), 1)
        self.assertEqual(len(self.calls), transaction.TRIES)
        self.assertEqual({record.levelname for record in logs.records}, {"INFO"})
        self.assertEqual(self._value(), transaction.TRIES)

    def test_error(self):
        with self.registry.cursor() as cr, self.assertLogs(LOGGER, "ERROR"):
            env = self._env(cr)

            def fail():
                self._add(env, 0)
                raise ZeroDivisionError

            self.assertFalse(attempt(env, "A test", fail))
        self.assertEqual((self._value(), len(self.calls)), (0, 1))

    def test_lost_connection(self):
        cr = self.registry.cursor()
        try:
            cr.execute("SELECT pg_backend_pid()")
            [pid] = cr.fetchone()
            with self.registry.cursor() as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            with self.assertLogs(LOGGER) as logs:
                env = self._env(cr)
                self.assertFalse(attempt(env, "A test", self._add, env, 0))
            self.assertEqual({record.levelname for record in logs.records}, {"INFO"})
            self.assertEqual(len(self.calls), 1, "nothing can be done with it")
        finally:
            with suppress(psycopg2.Error):
                cr.close()

    def test_what_passes(self):
        self.assertTrue(is_passing(psycopg2.errors.DeadlockDetected()))
        self.assertTrue(is_passing(psycopg2.OperationalError("server closed the connection")))
        self.assertTrue(is_passing(psycopg2.DatabaseError("server closed the connection")))
        self.assertTrue(is_passing(psycopg2.InterfaceError("connection already closed")))
        self.assertFalse(is_passing(psycopg2.ProgrammingError("can't adapt type")))
        self.assertFalse(is_passing(psycopg2.errors.UniqueViolation()))
        self.assertFalse(is_passing(ZeroDivisionError()))
