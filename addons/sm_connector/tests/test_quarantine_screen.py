import io
from datetime import timedelta

import openpyxl

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SmCase
from .common_http import SmHttpCase

LINE = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "10,00"}


@tagged("post_install", "-at_install")
class TestQuarantineScreen(SmCase):
    """What an operator does with the rows that need attention."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._new_user(
            "screen_operator", "sm_connector.group_sm_operator", "base.group_partner_manager"
        )
        cls.admin = cls._new_user("screen_admin", "sm_connector.group_sm_admin")

    def setUp(self):
        super().setUp()
        self.sync(
            contact=[
                {"Code": "1", "Nom": "Dupont"},
                {"Code": "2"},
                {"Code": "3"},
                {"Code": "4", "Nom": "Peeters", "Pays": "Nulle part"},
            ],
            article=[{"Code article": "A1"}],
            order=[
                *self.order_rows("LIE1", "2", LINE),
                *self.order_rows("LIE2", "404", LINE),
                *self.order_rows("LIE3", "1", LINE, Date="31/02/2026"),
            ],
        )
        self.env.invalidate_all()

    def row(self, entity, key):
        return self.quarantine(entity, key).with_user(self.operator)

    def causes(self):
        found = self.env["sm.quarantine.cause"].with_user(self.operator).search([])
        return {(cause.entity, cause.cause): cause for cause in found}

    def test_a_row_of_nothing(self):
        """Odoo reads computed fields of a record that is not there yet."""
        self.assertFalse(self.env["sm.quarantine"].new().concerned)

    def test_causes(self):
        causes = self.causes()
        no_name = causes["contact", "missing_name"]
        self.assertEqual((no_name.open_count, no_name.new_count), (2, 2))
        self.assertIn("Fill in the name", no_name.advice)
        self.assertEqual(causes["order", "unknown_customer"].open_count, 2)
        rows = self.env["sm.quarantine"].search(no_name.action_open_rows()["domain"])
        self.assertEqual(rows.mapped("external_id"), ["3", "2"])

    def test_age_and_trend(self):
        row = self.quarantine("contact", "2")
        row.first_seen = fields.Datetime.now() - timedelta(days=9, hours=1)
        self.env.flush_all()
        no_name = self.causes()["contact", "missing_name"]
        self.assertEqual((no_name.age_days, no_name.new_count, no_name.healed_count), (9, 1, 0))
        self.sync(contact=[{"Code": str(n), "Nom": "A"} for n in (1, 2, 4)] + [{"Code": "3"}])
        self.env.invalidate_all()
        no_name = self.causes()["contact", "missing_name"]
        self.assertEqual((no_name.open_count, no_name.healed_count), (1, 1))

    def test_a_cause_at_once(self):
        no_name = self.causes()["contact", "missing_name"]
        no_name.action_ignore()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((no_name.open_count, no_name.ignored_count), (0, 2))
        no_name.action_retry()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.row("contact", "2").state, "open")
        self.assertEqual(self.backend.running_run_id.user_id, self.operator)

    def test_what_a_row_waits_for(self):
        row = self.row("order", "LIE1")
        self.assertEqual(row.concerned, "row")
        self.assertEqual(row.action_open_concerned()["res_id"], self.row("contact", "2").id)

    def test_somebody_who_is_nowhere(self):
        """He may be in Odoo under another code: somebody looks for him."""
        row = self.row("order", "LIE2")
        self.assertEqual(row.concerned, "search")
        action = row.action_open_concerned()
        self.assertEqual(action["res_model"], "res.partner")
        self.assertEqual(action["context"]["search_default_sm_code"], "404")

    def test_the_record_that_an_earlier_night_made(self):
        self.sync(contact=[{"Code": "1"}, *({"Code": str(n), "Nom": "B"} for n in (2, 3, 4))])
        self.env.invalidate_all()
        row = self.row("contact", "1")
        self.assertEqual(row.concerned, "record")
        self.assertEqual(row.action_open_concerned()["res_id"], self.partner("1").id)

    def test_the_mapping(self):
        row = self.quarantine("contact", "4").with_user(self.admin)
        self.assertEqual(row.mapping_id.source, "Pays")
        self.assertEqual(row.action_open_mapping()["res_id"], self.feeds["contact"].id)
        with self.assertRaises(AccessError):
            self.row("contact", "4").read(["mapping_id"])

    def test_retry_reads_what_is_needed(self):
        """The order's own feed, and that of the customer it waits for."""
        self.row("order", "LIE1").action_retry()
        run = self.backend.running_run_id
        self.assertEqual(set(run.line_ids.mapped("entity")), {"contact", "order"})
        self.assertEqual(run.trigger, "manual")
        self.env.flush_all()
        self.run_night()
        self.env.invalidate_all()
        self.assertEqual(self.quarantine("order", "LIE1").state, "open")


@tagged("post_install", "-at_install")
class TestQuarantineExport(SmHttpCase):
    def test_workbook(self):
        self.drop_rows("contact", {"Code": "1", "Rue": "=1+1"}, {"Code": "2"})
        self.run_night()
        self.env.invalidate_all()
        self._new_user("export_operator", "sm_connector.group_sm_operator")
        self._new_user("export_user", "sm_connector.group_sm_user")
        row = self.quarantine("contact", "1")
        self.authenticate("export_operator", "export_operator")
        answer = self.url_open(row.action_export()["url"])
        self.assertEqual(answer.status_code, 200)
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        rows = list(sheet.iter_rows(values_only=True))
        self.assertEqual([row[1] for row in rows[1:]], ["1"])
        self.assertIn("=1+1", rows[1][9], "text, not a formula")
        answer = self.url_open(row.browse().action_export()["url"])
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        self.assertGreaterEqual(sheet.max_row, 3)
        self.authenticate("export_user", "export_user")
        self.assertEqual(self.url_open("/sm_connector/quarantine.xlsx").status_code, 404)
