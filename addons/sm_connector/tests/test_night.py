import hashlib

from odoo.tests import tagged

from .common import SimulatedCase

# every table that a night may write, and the columns that show that it did
WATCHED = {
    "res_partner": "id, write_date, write_uid",
    "product_product": "id, write_date, sm_stock_total, sm_restock_state, sm_restock_date",
    "product_template": "id, write_date",
    "product_category": "id, write_date",
    "sale_order": "id, write_date, state, locked",
    "sale_order_line": "id, write_date",
    "sm_stock": "id, quantity, display_quantity",
    "sm_incoming": "id, date, quantity",
    "sm_code": "id, write_date",
    "crm_team": "id, write_date",
    "sm_link": "id, write_date, synced_at, state, missing_count, missing_since, source_hash",
    "mail_message": "id",
    "mail_followers": "id",
    "mail_tracking_value": "id",
    "mail_activity": "id",
    "mail_mail": "id",
    "account_move": "id",
    "ir_attachment": "id",
}


@tagged("post_install", "-at_install")
class TestNight(SimulatedCase):
    """Three nights of a simulated master, and nights in which nothing happens."""

    def watched(self):
        """Everything in the watched tables, row versions included: ``xmin`` moves at any write."""
        self.env.flush_all()
        found = {}
        for table, columns in WATCHED.items():
            self.env.cr.execute(f"SELECT {columns}, ctid::text FROM {table} ORDER BY id")
            found[table] = self.env.cr.fetchall()
        return found

    def assert_nothing_written(self, before):
        after = self.watched()
        for table in WATCHED:
            self.assertEqual(before[table], after[table], f"{table} was written")

    def test_first_load(self):
        run = self.backend.last_run_id
        self.assert_ledger(run)
        self.assertEqual(run.state, "warning")  # the stated defects
        self.assertEqual(set(run.line_ids.mapped("state")), {"done"})
        for line in run.line_ids:
            self.assertEqual(line.master_count, line.odoo_count)
        lines = self.lines(run)
        self.assertTrue(lines["contact"].is_even)
        self.assertTrue(lines["article"].is_even)
        # of the orders, one in a hundred has a total that does not add up
        [record] = (r for r in self.house.ledger.records() if r["entity"] == "order")
        self.assertEqual(lines["order"].is_even, not record["totals_mismatch"])
        flagged = self.env["sale.order"].search([("sm_has_difference", "=", True)])
        self.assertEqual(sorted(flagged.mapped("name")), record["totals_mismatch"])

    def test_three_nights(self):
        for _night in range(3):
            self.house.night()
            self.assert_ledger(self.run_night())

    def test_many_nights(self):
        """Keys are archived, come back, are given to others; months in short."""
        for _night in range(9):
            self.house.night()
            run = self.run_night()
            self.assert_ledger(run)
            for line in run.line_ids:
                self.assertEqual(line.master_count, line.odoo_count, (line.entity, line.message))

    def test_same_snapshot_again(self):
        """The master exports the same again under new names: nothing is written."""
        self.house.export()
        self.run_night()
        before = self.watched()
        self.house.export()
        run = self.run_night()
        self.assertEqual(set(run.line_ids.mapped("state")), {"done"})
        for line in run.line_ids:
            self.assertEqual((line.created, line.updated, line.archived), (0, 0, 0))
            expected = self.house.expected()[line.entity]
            self.assertEqual(line.unchanged, expected["keys"] - expected["quarantined"])
        self.assert_nothing_written(before)

    def test_first_repetition_writes_nothing_either(self):
        before = self.watched()
        self.house.export()
        self.run_night()
        self.assert_nothing_written(before)

    def test_no_new_file(self):
        before = self.watched()
        run = self.run_night()
        self.assertEqual(set(run.line_ids.mapped("state")), {"nothing"})
        self.assertEqual(run.state, "warning")
        self.assert_nothing_written(before)

    def test_same_bytes_do_not_age_missing_records(self):
        self.house.night()
        self.run_night()
        missing = self.env["sm.link"].search([("state", "=", "missing")])
        self.assertTrue(missing)
        ages = missing.mapped("missing_count")
        before = self.watched()
        for _time in range(3):
            self.house.export()
            self.run_night()
        self.assertEqual(missing.mapped("missing_count"), ages)
        self.assertEqual(set(missing.mapped("state")), {"missing"})
        self.assert_nothing_written(before)

    def test_only_the_timestamp_moved(self):
        """A row that the master touched without changing it is no change."""
        self.house.night()
        self.run_night()
        touched = {
            record["entity"]: record["touched"]
            for record in self.house.ledger.records()
            if record["night"] == 1
        }
        self.assertTrue(all(touched.values()))
        for entity, keys in touched.items():
            for key in keys:
                link = self.link(entity, key)
                self.assertEqual(link.state, "linked")
                self.assertFalse(link.synced_at > link.create_date, key)

    def test_files_of_the_night_are_archived_with_checksum(self):
        self.house.night()
        run = self.run_night()
        self.assertFalse(list(self.drop_folder.glob("*.csv")))
        for line in run.line_ids:
            [path] = (self.drop_folder / "archive" / "done").rglob(line.archived_as)
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), line.file_sha256)
            self.assertIn(line.file_name, path.name)
