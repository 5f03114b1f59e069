from contextlib import suppress
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from odoo.addons.integration_base import transaction

LOGGER = transaction.__name__
MODULES = ("crm_ticket", "omnichannel_inbox")


@tagged("post_install", "-at_install")
class TestScheduled(TransactionCase):
    """No scheduled action raises, whoever is in the way: Odoo would switch it off in the end.

    Each works on a connection of its own, as a worker has it; the transaction of the test itself
    writes nothing.
    """

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(transaction, "PAUSE", 0))
        self.enterContext(mute_logger("odoo.sql_db"))
        found = self.env["ir.model.data"].search(
            [("model", "=", "ir.cron"), ("module", "in", MODULES)]
        )
        self.crons = self.env["ir.cron"].browse(found.mapped("res_id"))
        self.assertGreater(len(self.crons), 12)

    def _run(self, cron, cr):
        """Do what a scheduled action does.

        :return: levels of what was logged
        :rtype: set[str]
        """
        env = api.Environment(cr, SUPERUSER_ID, {})
        with self.assertLogs(LOGGER) as logs:
            safe_eval(cron.code, {"model": env[cron.model_id.model]})
        return {record.levelname for record in logs.records}

    def test_collision(self):
        original = type(self.env["ir.cron"])._commit_progress
        calls = []

        def collide(cron, *args, **kwargs):
            calls.append(args)
            if len(calls) == 1:
                cron.env.cr.execute("SELECT count(*) FROM ir_config_parameter")
                with self.registry.cursor() as other:
                    other.execute(touch)
                cron.env.cr.execute(touch)
            return original(cron, *args, **kwargs)

        touch = "UPDATE ir_config_parameter SET value = value WHERE key = 'database.uuid'"
        for cron in self.crons:
            calls.clear()
            with (
                self.subTest(cron=cron.name),
                patch.object(type(self.env["ir.cron"]), "_commit_progress", collide),
                self.registry.cursor() as cr,
            ):
                self.assertEqual(self._run(cron, cr), {"INFO"})
                self.assertGreater(len(calls), 1, "it began anew")

    def test_lost_connection(self):
        for cron in self.crons:
            cr = self.registry.cursor()
            try:
                cr.execute("SELECT pg_backend_pid()")
                [pid] = cr.fetchone()
                cr.commit()  # pylint: disable=invalid-commit
                with self.registry.cursor() as other:
                    other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
                with self.subTest(cron=cron.name):
                    self.assertEqual(self._run(cron, cr), {"INFO"})
            finally:
                with suppress(psycopg2.Error):
                    cr.close()
