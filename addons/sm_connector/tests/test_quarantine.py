from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.sm_connector.models.sm_quarantine import ADVICE, CAUSES

from .common import SmCase, as_csv


@tagged("post_install", "-at_install")
class TestQuarantine(SmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feeds["contact"].min_percent = 0  # with two customers, one less is half of them

    GOOD = {"Code": "1", "Nom": "Dupont"}
    BAD = {"Code": "2", "Nom": "", "Localité": "Liège"}

    def test_a_row_is_told_completely(self):
        self.drop_rows("contact", self.GOOD, self.BAD)
        line = self.lines(self.run_night())["contact"]
        row = self.assert_quarantined("contact", "2", "missing_name", line=3, field_name="Nom")
        self.assertEqual(row.file_name, line.file_name)
        self.assertEqual((row.run_id, row.state), (line.run_id, "open"))
        self.assertIn("Nom", row.message)
        self.assertIn("3", row.message)
        self.assertIn("Liège", row.raw)
        self.assertTrue(row.advice)
        self.assertIn("Liège", row.raw_table)
        self.assertIn("Localité", row.raw_table)
        self.assertEqual((line.created, line.quarantined, line.state), (1, 1, "done"))
        self.assertEqual(self.backend.quarantine_count, 1)
        self.assertEqual(self.backend.last_run_id.state, "warning")

    def test_every_cause_has_advice(self):
        self.assertEqual({cause for cause, _label in CAUSES}, set(ADVICE))

    def test_one_entry_for_each_row_however_often(self):
        for _night in range(3):
            self.sync(contact=[self.GOOD, self.BAD])
        row = self.quarantine("contact", "2")
        self.assertEqual(len(row), 1)
        self.assertEqual(row.run_id, self.backend.last_run_id)
        self.assertLessEqual(row.first_seen, row.last_seen)

    def test_heals_when_the_master_corrects_it(self):
        self.sync(contact=[self.GOOD, self.BAD])
        row = self.quarantine("contact", "2")
        line = self.sync(contact=[self.GOOD, self.BAD | {"Nom": "Martin"}])["contact"]
        self.assertEqual((line.created, line.quarantined), (1, 0))
        self.assertEqual(row.state, "healed")
        self.assertTrue(row.healed_at)
        self.assertEqual(self.backend.quarantine_count, 0)

    def test_heals_when_the_row_is_gone(self):
        self.sync(contact=[self.GOOD, self.BAD])
        self.sync(contact=[self.GOOD])
        self.assertEqual(self.quarantine("contact", "2").state, "healed")

    def test_breaks_again(self):
        self.sync(contact=[self.GOOD, self.BAD])
        self.sync(contact=[self.GOOD, self.BAD | {"Nom": "Martin"}])
        self.sync(contact=[self.GOOD, self.BAD])
        row = self.quarantine("contact", "2")
        self.assertEqual((row.state, row.healed_at), ("open", False))
        self.assertEqual(self.partner("2").name, "Martin", "The last good state stays.")

    def test_ignored_until_it_changes(self):
        self.sync(contact=[self.GOOD, self.BAD])
        row = self.quarantine("contact", "2")
        row.action_ignore()
        self.sync(contact=[self.GOOD, self.BAD])
        self.assertEqual(row.state, "ignored")
        self.assertEqual(self.backend.quarantine_count, 0)
        self.sync(contact=[self.GOOD, self.BAD | {"Localité": "Namur"}])
        self.assertEqual(row.state, "open")
        row.action_ignore()
        self.sync(contact=[self.GOOD, self.BAD | {"Nom": "Martin"}])
        self.assertEqual(row.state, "healed")

    def test_a_file_that_is_refused_heals_nothing(self):
        self.sync(contact=[self.GOOD, self.BAD])
        self.drop("contact", b"")
        self.run_night()
        self.assertEqual(self.quarantine("contact", "2").state, "open")

    def test_rows_of_one_entity_do_not_heal_another(self):
        self.sync(contact=[self.GOOD, self.BAD], article=[{"Code article": "2", "Désignation": ""}])
        self.sync(article=[{"Code article": "2", "Désignation": "Chaise"}])
        self.assertEqual(self.quarantine("contact", "2").state, "open")
        self.assertEqual(self.quarantine("article", "2").state, "healed")

    def test_rows_without_a_key(self):
        """Known by their place in the file; each one is counted."""
        line = self.sync(contact=[self.GOOD, {"Nom": "Nobody"}, {"Code": "  ", "Nom": "Neither"}])
        self.assertEqual((line["contact"].created, line["contact"].quarantined), (1, 2))
        rows = self.env["sm.quarantine"].search([("backend_id", "=", self.backend.id)])
        self.assertEqual(set(rows.mapped("cause")), {"missing_key"})
        self.assertEqual(sorted(rows.mapped("line")), [3, 4])
        # in the next export they have another place: they do not pile up
        self.sync(contact=[{"Nom": "Nobody"}, self.GOOD, {"Nom": "Neither"}])
        self.assertEqual(len(rows.search([("state", "=", "open")])), 2)

    def test_a_key_on_two_different_rows(self):
        self.sync(contact=[self.GOOD])
        line = self.sync(
            contact=[self.GOOD, self.GOOD | {"Nom": "Durand"}, {"Code": "3", "Nom": "Trois"}]
        )["contact"]
        self.assertEqual(line.created, 1)
        row = self.assert_quarantined("contact", "1", "duplicate_key")
        self.assertIn("3" if row.line == 2 else "2", row.message)
        self.assertEqual(self.partner("1").name, "Dupont")
        self.assertEqual((line.missing, line.state), (0, "done"))

    def test_a_key_on_two_equal_rows(self):
        line = self.sync(contact=[self.GOOD, self.GOOD])["contact"]
        self.assertEqual((line.created, line.quarantined), (1, 0))
        self.assertEqual(line.master_count, line.odoo_count, line.message)

    def test_a_value_that_is_in_no_table(self):
        lost = {"Code": "3", "Nom": "x", "Pays": "Atlantis"}
        self.sync(contact=[self.GOOD | {"Type": "Z"}, lost])
        self.assert_quarantined("contact", "1", "unknown_value", field_name="Type", value="Z")
        self.assert_quarantined("contact", "3", "unknown_country", value="Atlantis")

    def test_raw_row_of_an_order(self):
        rows = self.order_rows("LIE1", "404", {"Code article": "A", "Quantité": "1"})
        rows.append(rows[0] | {"Ligne": "20", "Désignation": 'A "quoted"; and\nbroken text'})
        self.sync(order=rows)
        row = self.assert_quarantined("order", "LIE1", "unknown_customer", line=2)
        self.assertIn("broken text", row.raw)

    def test_personal_data_is_forgotten(self):
        self.sync(contact=[self.GOOD, self.BAD])
        self.sync(contact=[self.GOOD])
        row = self.quarantine("contact", "2")
        row._gc_healed()
        self.assertTrue(row.exists())
        row.healed_at = fields.Datetime.now() - timedelta(days=91)
        row._gc_healed()
        self.assertFalse(row.exists())

    def test_html_is_shown_escaped(self):
        name = '<img src=x onerror="alert(1)">'
        self.sync(contact=[{"Code": "1", "Nom": name, "Type": "Z"}])
        row = self.quarantine("contact", "1")
        self.assertIn("&lt;img", row.raw_table)
        self.assertNotIn("<img", row.raw_table)

    def test_a_bad_cell_of_forty_thousand_characters(self):
        self.sync(contact=[{"Code": "1", "Nom": "x", "Rue": "y" * 40_000}, self.BAD])
        row = self.assert_quarantined("contact", "1", "too_long", field_name="Rue")
        self.assertLess(len(row.value), 600)
        self.assertLess(len(row.message), 600)

    def test_twenty_thousand_unknown_codes(self):
        """Each is one row of quarantine, and none a record made one by one."""
        [order] = self.order_rows("LIE1", "404", {"Code article": "A", "Quantité": "1"})
        text = as_csv(
            "order",
            [order | {"N° commande": f"Z{number:05d}"} for number in range(20_000)],
        )
        self.drop("order", text)
        with self.assertQueryCount(1500):
            line = self.lines(self.run_night())["order"]
        self.assertEqual((line.state, line.quarantined, line.created), ("done", 20_000, 0))
        self.assertEqual(self.backend.quarantine_count, 20_000)
        self.assertLess(line.seconds, 60)
