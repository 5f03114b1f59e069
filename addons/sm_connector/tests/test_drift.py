from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.sm_connector.pipeline import sample
from odoo.addons.sm_connector.pipeline.apply_contact import ContactApplier

from .common import SmCase


class DriftCase(SmCase):
    """A few records, and somebody who writes into the database behind Odoo's back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contacts = [
            {"Code": str(number), "Nom": f"Dupont {number}", "Téléphone": "04 222 33 44"}
            for number in range(1, 6)
        ]
        cls.articles = [
            {
                "Code article": "A1",
                "Stock total": "4",
                "Stock magasins": "LIE:4/1",
                "Arrivages": "12/01/2027:10",
            }
        ]
        line = {"Code article": "A1", "Quantité": "2", "Prix unitaire HTVA": "100,00"}
        cls.orders = cls.order_rows("LIE1", "1", line, line | {"Quantité": "1"})

    def setUp(self):
        super().setUp()
        self.night()

    def night(self, **files):
        """Live a night with the usual rows, and see what it wrote."""
        self.env.flush_all()
        files = {"contact": self.contacts, "article": self.articles, "order": self.orders} | files
        lines = self.sync(**files)
        self.env.invalidate_all()
        return lines

    def sql(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.env.invalidate_all()

    def assert_found(self, line, *wanted):
        """The run found exactly these differences: ``(field, found, expected)``."""
        found = [(row.field_name, row.found, row.expected) for row in line.drift_ids]
        self.assertEqual(sorted(found), sorted(wanted))
        self.assertEqual(set(line.drift_ids.mapped("state")), {"repaired"})
        self.assertTrue(line.has_remark)


@tagged("post_install", "-at_install")
class TestDrift(DriftCase):
    """Whoever used SQL is found by the sample, and undone."""

    def test_nothing_differs(self):
        lines = self.night()
        self.assertEqual([lines[entity].verified for entity in ("contact", "order")], [5, 1])
        for line in lines.values():
            self.assertFalse(line.drift_ids, line.drift_ids.mapped("field_name"))
            self.assertFalse(line.has_remark, line.remark)

    def test_looking_writes_nothing(self):
        tables = ("res_partner", "product_product", "product_template", "sale_order", "sm_link")
        tables += ("sale_order_line", "sm_stock", "sm_incoming", "sm_code")

        def versions():
            self.env.flush_all()
            found = {}
            for table in tables:
                self.env.cr.execute(f"SELECT id, ctid::text FROM {table} ORDER BY id")
                found[table] = self.env.cr.fetchall()
            return found

        self.night()
        before = versions()
        lines = self.night()
        self.assertEqual(lines["article"].verified, 1)
        after = versions()
        before.pop("sm_link"), after.pop("sm_link")
        self.assertEqual(before, after)

    def test_a_contact(self):
        partner = self.partner("2")
        self.sql("UPDATE res_partner SET name = 'Hacker', city = 'Paris' WHERE id = %s", partner.id)
        line = self.night()["contact"]
        self.assert_found(line, ("name", "Hacker", "Dupont 2"), ("city", "Paris", False))
        self.assertEqual((partner.name, partner.city), ("Dupont 2", False))
        self.assertEqual(line.drifted, 1)
        self.assertIn("repaired: 1.", line.remark)
        self.assertEqual(line.run_id.state, "warning")
        self.assertEqual(line.drift_ids[0].record_name, partner.display_name)
        self.assertFalse(self.night()["contact"].drift_ids, "it was repaired")

    def test_an_archived_contact(self):
        partner = self.partner("3")
        self.sql("UPDATE res_partner SET active = FALSE WHERE id = %s", partner.id)
        self.assert_found(self.night()["contact"], ("active", False, "True"))
        self.assertTrue(partner.active)

    def test_what_is_odoos_own(self):
        """A salesperson and a comment are no business of the master."""
        partner = self.partner("2")
        self.sql(
            "UPDATE res_partner SET comment = 'x', user_id = %s WHERE id = %s",
            self.env.uid,
            partner.id,
        )
        self.assertFalse(self.night()["contact"].drift_ids)
        self.assertEqual(partner.user_id, self.env.user)

    def test_ownership(self):
        """What is only filled when empty, or ignored, is no difference."""
        mapping = self.feeds["contact"].mapping_ids
        mapping.filtered(lambda line: line.target == "phone").ownership = "fill"
        mapping.filtered(lambda line: line.target == "city").ownership = "ignore"
        partner = self.partner("2")
        self.sql(
            "UPDATE res_partner SET phone = '099', city = 'Paris', street = 'x' WHERE id = %s",
            partner.id,
        )
        self.night()  # the changed mapping applies all rows again
        self.sql("UPDATE res_partner SET street = 'x' WHERE id = %s", partner.id)
        line = self.night()["contact"]
        self.assert_found(line, ("street", "x", False))
        self.assertEqual((partner.phone, partner.city), ("099", "Paris"))

    def test_an_article(self):
        product = self.product("A1")
        self.sql(
            "UPDATE product_template SET list_price = 1 WHERE id = %s", product.product_tmpl_id.id
        )
        self.sql("UPDATE product_product SET sm_stock_total = 99 WHERE id = %s", product.id)
        self.sql("UPDATE sm_stock SET quantity = 77 WHERE product_id = %s", product.id)
        line = self.night()["article"]
        names = set(line.drift_ids.mapped("field_name"))
        self.assertIn("list_price", names)
        self.assertIn("sm_stock_total", names)
        self.assertTrue(any(name.startswith("sm_stock_ids") for name in names), names)
        self.assertEqual(product.list_price, 100)
        self.assertEqual(product.sm_stock_total, 4)
        self.assertEqual(product.sm_stock_ids.quantity, 4)

    def test_an_order_line(self):
        order = self.order("LIE1")
        self.sql(
            "UPDATE sale_order_line SET product_uom_qty = 9 WHERE id = %s", order.order_line[0].id
        )
        line = self.night()["order"]
        self.assertIn("order_line.product_uom_qty", line.drift_ids.mapped("field_name"))
        self.assertEqual(order.order_line[0].product_uom_qty, 2)
        self.assertEqual((order.state, order.locked), ("sale", True))
        self.assertEqual(line.drift_ids[0].order_line, "10")

    def test_an_amount(self):
        """Odoo would not compute it again by itself."""
        order = self.order("LIE1")
        total = order.amount_total
        self.sql("UPDATE sale_order SET amount_total = 1 WHERE id = %s", order.id)
        line = self.night()["order"]
        self.assert_found(line, ("amount_total", "1.0", str(total)))
        self.assertEqual(order.amount_total, total)

    def test_a_deleted_order_line(self):
        order = self.order("LIE1")
        self.sql("DELETE FROM sale_order_line WHERE id = %s", order.order_line[0].id)
        self.night()
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [2, 1])

    def test_events_are_not_told(self):
        """The customer is not told of what somebody did with SQL."""
        order = self.order("LIE1")
        self.sql("UPDATE sale_order SET commitment_date = '2030-01-01' WHERE id = %s", order.id)
        self.assertEqual(self.night()["order"].drifted, 1)
        self.assertFalse(self.env["sm.order.event"].search([("order_id", "=", order.id)]))

    def test_what_odoo_refuses(self):
        partner = self.partner("2")
        self.sql("UPDATE res_partner SET name = 'Hacker' WHERE id = %s", partner.id)
        update, reason = ContactApplier.update, "No."

        def refuse(applier, rows):
            if any(row.key == "2" for row in rows):
                raise ValidationError(reason)
            return update(applier, rows)

        with patch.object(ContactApplier, "update", refuse):
            line = self.night()["contact"]
        self.assertEqual((line.state, line.drifted, line.unrepaired), ("done", 1, 1))
        self.assertEqual(line.drift_ids.state, "failed")
        self.assertEqual(partner.name, "Hacker")

    def test_how_many(self):
        self.backend.sample_size = 2
        self.assertEqual(self.night()["contact"].verified, 2)
        self.backend.sample_size = 0
        self.assertEqual(self.night()["contact"].verified, 0)

    def test_the_sample_is_by_chance_but_the_same_for_a_run(self):
        self.backend.sample_size = 2
        picked = []
        some = sample.Sampler.some

        def spy(sampler, count):
            first, second = some(sampler, count), some(sampler, count)
            self.assertEqual(first, second)
            if sampler.applier.entity == "contact":
                picked.append(frozenset(row[1] for row in first))
            return first

        with patch.object(sample.Sampler, "some", spy):
            for _night in range(6):
                self.night()
        self.assertGreater(len(set(picked)), 1)

    def test_verify_everything(self):
        """Every record, in slices that may be cut off."""
        self.backend.sample_size = 0
        for key in ("1", "5"):
            self.sql("UPDATE res_partner SET name = 'x' WHERE id = %s", self.partner(key).id)
        self.backend.with_user(
            self._new_user("drift_operator", "sm_connector.group_sm_operator")
        ).action_verify_all()
        with patch.object(sample, "BATCH", 2):
            run = self.run_night()
        self.env.invalidate_all()
        self.assertTrue(run.is_verification)
        line = self.lines(run)["contact"]
        self.assertEqual((line.verified, line.drifted), (5, 2))
        self.assertEqual(self.partner("5").name, "Dupont 5")
        self.assertEqual(self.lines(run)["order"].verified, 1)

    def test_old_findings_are_forgotten(self):
        self.sql("UPDATE res_partner SET name = 'x' WHERE id = %s", self.partner("1").id)
        drift = self.night()["contact"].drift_ids
        drift.found_on = fields.Datetime.subtract(fields.Datetime.now(), days=181)
        drift._gc_old()
        self.assertFalse(drift.exists())


@tagged("post_install", "-at_install")
class TestBalance(DriftCase):
    """The open orders of each shop, the master's totals beside Odoo's."""

    def test_per_shop(self):
        line = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "50,00"}
        orders = [
            *self.orders,
            *self.order_rows("NAM1", "2", line, Magasin="NAM"),
            *self.order_rows("NAM2", "2", line, Magasin="NAM", **{"Total TVAC": "999,00"}),
            *self.order_rows("NAM3", "2", line, Magasin="NAM", Statut="ANN"),
        ]
        balance = self.night(order=orders)["order"].balance_ids
        rows = {row.shop_id.code: row for row in balance}
        self.assertEqual(set(rows), {"LIE", "NAM"})
        self.assertEqual((rows["LIE"].count, rows["LIE"].difference), (1, 0))
        self.assertAlmostEqual(rows["LIE"].master_total, 363.0)
        self.assertEqual((rows["NAM"].count, rows["NAM"].differing), (2, 1))
        self.assertAlmostEqual(rows["NAM"].master_total, 60.5 + 999)
        self.assertAlmostEqual(rows["NAM"].odoo_total, 121.0)
        self.assertAlmostEqual(rows["NAM"].difference, 121.0 - 60.5 - 999)

    def test_a_total_that_somebody_changed_with_sql(self):
        """The flag on the order knows nothing of it, the balance does."""
        self.backend.sample_size = 0
        self.sql("UPDATE sale_order SET amount_total = 1 WHERE id = %s", self.order("LIE1").id)
        line = self.night()["order"]
        self.assertEqual((line.differing, line.is_even), (1, False))
        self.assertEqual(line.balance_ids.differing, 1)
