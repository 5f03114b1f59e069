from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import AuthError
from ..models.integration_connection_mixin import IntegrationConnectionMixin
from .common import IntegrationCase

MIXIN = "odoo.addons.integration_base.models.integration_connection_mixin"


class TestConnection(models.Model):
    _module = None
    _name = "integration.test.connection"
    _description = "Test connection"
    _inherit = ["integration.connection.mixin"]

    name = fields.Char()
    watched = fields.Boolean(default=True)
    fault = fields.Char()

    def _test_connection(self):
        if self.fault:
            raise AuthError(self.fault)

    def _watchdog_domain(self):
        return Domain("watched", "=", True)


class TestUntestable(models.Model):
    _module = None
    _name = "integration.test.untestable"
    _description = "Test connection without test"
    _inherit = ["integration.connection.mixin"]


@tagged("post_install", "-at_install")
class TestIntegrationConnection(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._load_test_models(TestConnection, TestUntestable)
        cls.start = datetime(2026, 3, 2, 4, 0)
        cls.connection = cls._connect("ERP")

    @classmethod
    def _connect(cls, name, **values):
        with freeze_time(cls.start):
            connection = cls.env["integration.test.connection"].create(
                {"name": name, "responsible_id": cls.user_employee.id, **values}
            )
            connection._set_healthy()
            cls.env.flush_all()
        return connection

    def _activities(self, connection=None):
        self.env.invalidate_all()
        return (connection or self.connection).activity_ids

    def _watch(self, hours):
        """Run the watchdog so many hours after the start."""
        with freeze_time(self.start + timedelta(hours=hours)):
            self.env["integration.connection.mixin"]._cron_watchdog()

    # === STATE === #

    def test_setters(self):
        connection = self.connection
        self.assertEqual((connection.health, connection.last_success), ("ok", self.start))
        with freeze_time(self.start + timedelta(hours=1)):
            connection._set_failing(AuthError("refused: password=hunter2000"))
        self.assertEqual(connection.health, "error")
        self.assertEqual(connection.last_failure, self.start + timedelta(hours=1))
        self.assertEqual(connection.last_success, self.start, "a failure forgets no success")
        self.assertNotIn("hunter2000", connection.last_error + connection.health_message)
        connection._set_warning("12 rows need attention")
        self.assertEqual(connection.health, "warning")
        self.assertIn("12 rows need attention", connection.status_line)
        connection._set_healthy()
        self.assertFalse(connection.health_message)
        self.assertTrue(connection.last_error, "the last error stays readable")

    def test_failing_without_text(self):
        self.connection._set_failing(ValueError())
        self.assertEqual(self.connection.health_message, "ValueError")

    def test_status_line(self):
        fresh = self.env["integration.test.connection"].create({"name": "Neuf"})
        self.assertEqual(fresh.status_line, "Not used yet.")
        fresh._set_failing("no route")
        self.assertEqual(fresh.status_line, "Never worked so far. no route")
        self.assertTrue(self.connection.status_line.startswith("Working. Last success: "))

    def test_copy_starts_afresh(self):
        copy = self.connection.copy()
        self.assertEqual((copy.health, copy.last_success), ("new", False))

    def test_button(self):
        action = self.connection.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        self.connection.fault = "Token expired"
        action = self.connection.action_test_connection()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("Token expired", action["params"]["message"])
        self.assertEqual(self.connection.health, "error")
        untestable = self.env["integration.test.untestable"].create({})
        with self.assertRaisesRegex(UserError, "cannot be tested"):
            untestable.action_test_connection()

    # === WATCHDOG === #

    def test_normal_silence(self):
        self._watch(26)
        self.assertFalse(self._activities())

    def test_silence_is_told_once_and_closes_itself(self):
        self._watch(27)
        activity = self._activities()
        self.assertEqual(activity.user_id, self.user_employee)
        self.assertIn("No success since", activity.note)
        self._watch(28)
        self._watch(50)
        self.assertEqual(self._activities(), activity)
        with freeze_time(self.start + timedelta(hours=51)):
            self.connection._set_healthy()
        self.assertFalse(self._activities())
        self._watch(52)
        self.assertFalse(self._activities())
        self._watch(51 + 27)
        self.assertTrue(self._activities(), "the next silence is told again")

    def test_never_worked(self):
        with freeze_time(self.start):
            fresh = self.env["integration.test.connection"].create({"name": "Neuf"})
            self.env.flush_all()
            # the database's clock cannot be frozen
            self.env.cr.execute(
                "UPDATE integration_test_connection SET create_date = %s WHERE id = %s",
                (self.start, fresh.id),
            )
            fresh.invalidate_recordset()
        self._watch(27)
        self.assertIn("never worked", self._activities(fresh).note)

    def test_silence_switched_off(self):
        self.connection.silence_hours = 0
        self._watch(1000)
        self.assertFalse(self._activities())

    def test_expiry(self):
        self.connection.expiry = self.start + timedelta(hours=30)
        self._watch(5)
        self.assertFalse(self._activities())
        self._watch(7)
        self.assertIn("Access expires on", self._activities().note)
        self.connection.expiry = self.start + timedelta(days=300)
        self._watch(8)
        self.assertFalse(self._activities(), "closed by the watchdog")

    def test_oldest_pending(self):
        self.connection.oldest_pending = self.start
        self._watch(3)
        self.assertFalse(self._activities())
        self._watch(5)
        self.assertIn("waiting since", self._activities().note)

    def test_success_with_another_finding_keeps_the_activity(self):
        self.connection.expiry = self.start + timedelta(hours=2)
        self._watch(27)
        with freeze_time(self.start + timedelta(hours=28)):
            self.connection._set_healthy()
        self.assertTrue(self._activities(), "access has still expired")
        self._watch(28)
        self.assertNotIn("No success", self._activities().note)

    def test_error_is_escaped(self):
        self.connection._set_failing("<script>alert(1)</script>")
        self._watch(27)
        self.assertNotIn("<script>", self._activities().note)

    def test_not_expected_to_be_alive(self):
        self.connection.watched = False
        self._watch(100)
        self.assertFalse(self._activities())

    def test_responsible_left(self):
        self.user_employee.active = False
        self._watch(27)
        self.assertEqual(self._activities().user_id, self.env.ref("base.user_admin"))

    def test_one_broken_connection_does_not_stop_the_others(self):
        """Neither an error in Python nor one that spoils the transaction."""
        other = self._connect("Téléphonie")
        original = IntegrationConnectionMixin._watchdog_findings
        for statement in (None, "SELECT 1/0"):

            def findings(connection, statement=statement):
                if connection == self.connection:
                    if statement:
                        self.env.cr.execute(statement)
                    raise ValueError("broken, password=hunter2000")
                return original(connection)

            with (
                self.subTest(statement),
                patch.object(type(self.connection), "_watchdog_findings", findings),
                mute_logger("odoo.sql_db"),
                self.assertLogs(MIXIN, "ERROR") as logs,
            ):
                self._watch(27)
            self.assertNotIn("hunter2000", "".join(logs.output))
            self.assertFalse(self._activities())
            self.assertTrue(self._activities(other))
            self._activities(other).unlink()

    def test_cron_is_there(self):
        cron = self.env.ref("integration_base.ir_cron_watchdog")
        self.assertEqual((cron.interval_number, cron.interval_type), (1, "hours"))
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
