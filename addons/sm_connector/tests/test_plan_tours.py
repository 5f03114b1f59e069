import io

from openpyxl import load_workbook

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_http import SmHttpCase


@tagged("post_install", "-at_install")
class TestPlanTours(SmHttpCase):
    """An operator who looks before he leaps, and one who knows that a file is right."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend.company_id = cls.env.ref("base.main_company")
        cls.user_operator = cls._new_user("sm_operator", "sm_connector.group_sm_operator")

    def test_plan_tour(self):
        self.drop_rows("contact", {"Code": "C0001", "Nom": "Dupont", "Localité": "Liège"})
        self.run_night()
        self.drop_rows(
            "contact",
            {"Code": "C0001", "Nom": "Dupont", "Localité": "Namur"},
            {"Code": "C0002", "Nom": "New"},
            {"Code": "C0003"},
        )
        with self.night_while_polled():
            self.start_tour("/odoo/silicon-master", "sm_connector_plan_tour", login="sm_operator")
        self.assertEqual(self.partner("C0001").city, "Liège")
        run = self.run_night()
        self.env.invalidate_all()
        self.assertEqual((run.trigger, run.applied_by), ("preview", self.user_operator))
        self.assertEqual(self.partner("C0001").city, "Namur")
        self.assertTrue(self.partner("C0002"))
        self.assert_quarantined("contact", "C0003", "missing_name")

    def test_export(self):
        """The workbook is for operators of the master's company."""
        self._new_user("sm_reader", "sm_connector.group_sm_user")
        self.drop_rows("contact", {"Code": "C0001", "Nom": "Dupont"})
        run, _is_new = self.env["sm.run"]._queue(self.backend, "preview")
        self.run_night()
        url = f"/sm_connector/plan/{run.id}.xlsx"
        self.authenticate("sm_operator", "sm_operator")
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        book = load_workbook(io.BytesIO(response.content))
        self.assertEqual(book["Contacts"]["B2"].value, "C0001")
        self.backend.company_id = self.env["res.company"].create({"name": "Elsewhere"})
        with mute_logger("odoo.http"):  # it tells of the refusal
            self.assertEqual(self.url_open(url).status_code, 403)
        self.authenticate("sm_reader", "sm_reader")
        self.assertEqual(self.url_open(url).status_code, 404)

    def test_accept_tour(self):
        rows = [{"Code": f"C{number:04d}", "Nom": "Dupont"} for number in range(20)]
        self.drop_rows("contact", *rows)
        self.run_night()
        self.drop_rows("contact", *rows[:12])
        self.assertEqual(self.run_night().state, "held")
        self.start_tour("/odoo/silicon-master", "sm_connector_accept_tour", login="sm_operator")
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.missing), ("done", 8))
        self.assertEqual(line.finding_ids.acceptance_id.reason, "The shop was sold")
