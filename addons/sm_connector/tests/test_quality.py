import re
from datetime import timedelta
from unittest.mock import patch

import openpyxl

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.sm_connector.controllers.quality_export import write_issues
from odoo.addons.sm_connector.controllers.workbook import make_workbook
from odoo.addons.sm_connector.pipeline import quality
from odoo.addons.sm_connector.pipeline.context import on_behalf_of_master

from .common_http import SmHttpCase
from .test_orders import CHAIR, OrderCase


class QualityCase(OrderCase):
    CONTACTS = (
        {"Code": "0001", "Nom": "Dupont Jean", "E-mail": "jean@example.com"},
        {"Code": "0003", "Nom": "Martin Sofie", "Téléphone": "04 221 12 12"},
    )

    def found(self, **values):
        """The open issues as (cause, key), sorted."""
        domain = [("backend_id", "=", self.backend.id), ("state", "=", "open")]
        domain += [(name, "=", value) for name, value in values.items()]
        issues = self.env["sm.quality.issue"].search(domain)
        return sorted((issue.cause, issue.key) for issue in issues)

    def issue(self, cause, key):
        return self.env["sm.quality.issue"].search([("cause", "=", cause), ("key", "=", key)])

    def sync_contacts(self, *rows):
        self.sync(contact=[*self.CONTACTS, *rows])


@tagged("post_install", "-at_install")
class TestQuality(QualityCase):
    """What is wrong in the master, by cause; what was put right there is fixed here."""

    def test_nothing_wrong(self):
        self.assertFalse(self.found())

    def test_contacts(self):
        self.sync_contacts(
            {"Code": "0010", "Nom": "Sans Adresse", "Client": "O"},
            {"Code": "0011", "Nom": "Faux", "N° TVA": "BE0403170702", "GSM": "0475 12 34 56"},
            {"Code": "0012", "Nom": "Fournisseur muet", "Client": "N", "Fournisseur": "O"},
            {"Code": "0013", "Nom": "Typo", "E-mail": "jean(at)example.com"},
            {"Code": "0014", "Nom": "Note", "Téléphone": "voir fiche", "E-mail": "n@example.com"},
            {"Code": "0015", "Nom": "Chantier", "Type": "L", "Code parent": "0011"},
        )
        self.assertEqual(
            self.found(),
            [("email", "0013"), ("phone", "0014"), ("unreachable", "0010"), ("vat", "0011")],
        )
        self.assertEqual(self.backend.quality_count, 4)
        domain = self.backend.action_open_quality()["domain"]
        self.assertEqual(self.env["sm.quality.issue"].search_count(domain), 4)
        issue = self.issue("phone", "0014")
        self.assertEqual((issue.name, issue.value), ("Note", "voir fiche"))
        self.assertEqual(issue.partner_id, self.partner("0014"))
        self.assertTrue(issue.todo)

    def test_doubles(self):
        self.sync_contacts(
            {"Code": "0020", "Nom": "Dupont J.", "E-mail": "Jean+web@example.com"},
            {"Code": "0021", "Nom": "Epouse", "E-mail": "jean@example.com"},
            {"Code": "0022", "Nom": "Sofie Martin", "GSM": "+32 4 221 12 12"},
            {"Code": "0023", "Nom": "SA Bois", "N° TVA": "BE 0403.170.701", "E-mail": "a@x.be"},
            {"Code": "0024", "Nom": "Autre nom", "N° TVA": "0403170701", "E-mail": "b@x.be"},
            {
                "Code": "0025",
                "Nom": "Facture",
                "Type": "F",
                "Code parent": "0023",
                "E-mail": "a@x.be",
            },
        )
        self.assertEqual(
            self.found(),
            [
                ("double_email", "0001"),
                ("double_email", "0020"),
                ("double_phone", "0003"),
                ("double_phone", "0022"),
                ("double_vat", "0023"),
                ("double_vat", "0024"),
            ],
        )
        self.assertEqual(self.issue("double_email", "0001").detail, "0020")
        self.assertEqual(self.issue("double_vat", "0024").detail, "0023")

    def test_merged_in_odoo(self):
        with on_behalf_of_master():
            self.link("contact", "0003").partner_id = self.partner("0001")
        self.env["sm.quality.issue"]._refresh(self.backend)
        self.assertEqual(self.found(cause="merged"), [("merged", "0001"), ("merged", "0003")])
        self.assertEqual(self.issue("merged", "0001").detail, "0001, 0003")

    def test_articles(self):
        self.sync(
            article=[
                {"Code article": "CHAIR", "Code EAN": "5412345678908"},
                {"Code article": "TABLE", "Code EAN": "5412345678901"},
                {"Code article": "SOFA", "Code EAN": "541234"},
                {"Code article": "BED", "Code EAN": "5412345678908"},
                {"Code article": "LAMP", "Code EAN": "96385074"},
                {"Code article": "OLD", "Code EAN": "12", "Supprimé": "O"},
            ]
        )
        self.assertEqual(
            self.found(),
            [("double_ean", "BED"), ("double_ean", "CHAIR"), ("ean", "SOFA"), ("ean", "TABLE")],
        )

    def test_orders_and_codes(self):
        old = (fields.Date.today() - timedelta(days=30)).strftime("%d/%m/%Y")
        new = (fields.Date.today() + timedelta(days=30)).strftime("%d/%m/%Y")
        rows = self.order_rows("LIE1", "0001", CHAIR)
        rows += self.order_rows("LIE2", "0001", CHAIR, **{"Date prévue": old})
        rows += self.order_rows("LIE3", "0001", CHAIR, **{"Date prévue": new})
        rows += self.order_rows("LIE4", "0001", CHAIR, Statut="LIV")
        rows += self.order_rows("LIE5", "0001", CHAIR | {"Date prévue ligne": new}, Statut="PRE")
        rows += self.order_rows("LIE6", "0001", CHAIR, Statut="CFR")
        rows += self.order_rows("LIE7", "0001", CHAIR, Statut="LIV", **{"Total TVAC": "1,00"})
        self.sync(order=rows)
        self.assertEqual(
            self.found(),
            [("code", "status CFR"), ("late", "LIE2"), ("no_date", "LIE1"), ("totals", "LIE7")],
        )
        self.assertEqual(self.issue("no_date", "LIE1").order_id, self.order("LIE1"))

    def test_fixed_and_back(self):
        typo = {"Code": "0013", "Nom": "Typo", "E-mail": "typo"}
        self.sync_contacts(typo)
        issue = self.issue("email", "0013")
        first = issue.first_seen
        self.sync_contacts(typo | {"Remarques": "x"})
        self.assertEqual((issue.state, issue.first_seen), ("open", first))
        self.sync_contacts(typo | {"E-mail": "typo@example.com"})
        self.assertEqual(issue.state, "fixed")
        self.assertTrue(issue.fixed_at)
        self.sync_contacts(typo)
        self.assertEqual((issue.state, issue.fixed_at), ("open", False))

    def test_not_a_problem(self):
        typo = {"Code": "0013", "Nom": "Typo", "E-mail": "typo"}
        self.sync_contacts(typo)
        issue = self.issue("email", "0013")
        operator = self._new_user("operator_quality", "sm_connector.group_sm_operator")
        issue.with_user(operator).action_ignore()
        self.sync_contacts(typo | {"Remarques": "x"})
        self.assertEqual(issue.state, "ignored")
        self.sync_contacts(typo | {"E-mail": "other typo"})
        self.assertEqual(issue.state, "open")

    def test_trend(self):
        self.sync_contacts({"Code": "0013", "Nom": "Typo", "E-mail": "typo"})
        night = self.env["sm.quality.night"].search(
            [("backend_id", "=", self.backend.id), ("cause", "=", "email")]
        )
        self.assertEqual((night.count, night.found, night.fixed), (1, 1, 0))
        self.sync_contacts()
        self.sync_contacts({"Code": "0013", "Nom": "Typo", "E-mail": "typo@example.com"})
        self.assertEqual((night.count, night.found, night.fixed), (0, 1, 1))

    def test_unchanged_night_looks_at_nothing(self):
        self.sync_contacts()
        with patch.object(quality, "refresh") as refresh:
            self.sync_contacts()
            self.assertFalse(refresh.called)
            self.sync_contacts({"Code": "0013", "Nom": "Newcomer"})
            self.assertTrue(refresh.called)

    def test_a_failing_report_does_not_fail_the_night(self):
        with (
            patch.object(quality, "refresh", side_effect=ValueError("broken")),
            self.assertLogs("odoo.addons.sm_connector", "ERROR"),
        ):
            self.sync_contacts({"Code": "0013", "Nom": "Newcomer"})
        self.assertTrue(self.partner("0013"))
        self.assertNotEqual(self.backend.last_run_id.state, "failed")

    def test_access(self):
        self.sync_contacts({"Code": "0013", "Nom": "Typo", "E-mail": "typo"})
        issue = self.issue("email", "0013")
        user = self._new_user("user_quality", "sm_connector.group_sm_user")
        self.assertFalse(issue.with_user(user).has_access("read"))
        with self.assertRaises(UserError):
            issue.with_user(user).action_ignore()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._new_user(
            "stranger_quality",
            "sm_connector.group_sm_operator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self.env["sm.quality.issue"].with_user(stranger).search([]))

    def test_every_cause_says_what_to_do(self):
        issues = self.env["sm.quality.issue"]
        for cause, _label in issues._fields["cause"].selection:
            self.assertTrue(issues.new({"cause": cause}).todo, cause)
        in_sql = "".join(quality.CAUSES_SQL) + "".join(f"'{cause}'" for cause in quality.DOUBLES)
        for cause, _label in issues._fields["cause"].selection:
            self.assertTrue(re.search(rf"'{cause}'", in_sql), cause)


@tagged("post_install", "-at_install")
class TestQualityWorkbook(QualityCase):
    def test_workbook(self):
        self.sync_contacts(
            {"Code": "0013", "Nom": "=1+1", "E-mail": "typo"},
            {"Code": "0014", "Nom": "Muet"},
        )
        issues = self.env["sm.quality.issue"].search([("backend_id", "=", self.backend.id)])
        book = openpyxl.load_workbook(make_workbook(lambda book: write_issues(issues, book)))
        self.assertEqual(len(book.sheetnames), 3)
        sheet = book[book.sheetnames[1]]
        self.assertEqual([cell.value for cell in sheet[3]][:3], ["0013", "=1+1", "typo"])
        self.assertEqual(sheet["B3"].data_type, "s")


@tagged("post_install", "-at_install")
class TestQualityDownload(SmHttpCase):
    def test_download(self):
        self._new_user("quality_operator", "sm_connector.group_sm_operator")
        self._new_user("quality_user", "sm_connector.group_sm_user")
        self.authenticate("quality_operator", "quality_operator")
        answer = self.url_open("/sm_connector/quality.xlsx")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("spreadsheet", answer.headers["Content-Type"])
        self.authenticate("quality_user", "quality_user")
        self.assertEqual(self.url_open("/sm_connector/quality.xlsx").status_code, 404)
