from odoo.tests import new_test_user, tagged

from .common import SmCase


@tagged("post_install", "-at_install")
class TestMissing(SmCase):
    """What the master no longer sends is archived after some exports, and never deleted."""

    GOODS = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "10,00"}

    @staticmethod
    def customers(count, without=()):
        return [
            {"Code": f"{number:04d}", "Nom": f"Client {number:04d}"}
            for number in range(1, count + 1)
            if number not in without
        ]

    def test_archived_after_three_exports(self):
        self.sync(contact=self.customers(20))
        partner, link = self.partner("0003"), self.link("contact", "0003")
        for night in (1, 2):
            # the export says something new each night, else it is the same snapshot
            rows = self.customers(20, without={3})
            rows[0]["Localité"] = f"Liège {night}"
            line = self.sync(contact=rows)["contact"]
            self.assertEqual((line.missing, line.archived), (1, 0))
            self.assertEqual((link.state, link.missing_count), ("missing", night))
            self.assertTrue(partner.active)
        self.assertTrue(partner.sm_is_missing)
        rows[0]["Localité"] = "Liège 3"
        line = self.sync(contact=rows)["contact"]
        self.assertEqual((line.missing, line.archived), (0, 1))
        self.assertEqual(link.state, "archived")
        self.assertFalse(partner.active)
        self.assertTrue(partner.exists())
        rows[0]["Localité"] = "Liège 4"
        line = self.sync(contact=rows)["contact"]
        self.assertEqual((line.missing, line.archived), (0, 0))

    def test_a_present_night_starts_the_count_again(self):
        self.sync(contact=self.customers(20))
        link = self.link("contact", "0003")
        for without in ({3}, {3}, (), {3}, {3}):
            rows = self.customers(20, without)
            rows[0]["Localité"] = f"Liège {len(self.backend.run_ids)}"
            self.sync(contact=rows)
        self.assertEqual((link.state, link.missing_count), ("missing", 2))
        self.assertTrue(link.partner_id.active)

    def test_ten_may_be_missing_at_once(self):
        self.sync(contact=self.customers(60))
        line = self.sync(contact=self.customers(60, without=range(1, 11)))["contact"]
        self.assertFalse(line.finding_ids)
        self.assertEqual(line.missing, 10)
        self.assertEqual(self.link("contact", "0001").state, "missing")

    def test_five_percent_may_be_missing_of_many(self):
        self.sync(contact=self.customers(400))
        line = self.sync(contact=self.customers(400, without=range(1, 21)))["contact"]
        self.assertEqual((line.state, line.missing), ("done", 20))
        line = self.sync(contact=self.customers(400, without=range(1, 43)))["contact"]
        self.assertEqual(line.state, "held")

    def test_those_missing_before_are_not_missing_at_once(self):
        self.sync(contact=self.customers(60))
        self.sync(contact=self.customers(60, without=range(1, 11)))
        line = self.sync(contact=self.customers(60, without=range(1, 15)))["contact"]
        self.assertEqual((line.state, line.missing), ("done", 14))

    def test_a_bad_row_is_not_missing(self):
        """The row is there, only its content is wrong: the customer keeps what he has."""
        self.feeds["contact"].archive_after = 1
        self.sync(contact=self.customers(20))
        rows = self.customers(20)
        rows[2]["Nom"] = ""
        line = self.sync(contact=rows)["contact"]
        self.assertEqual((line.missing, line.archived, line.quarantined), (0, 0, 1))
        self.assertEqual(self.partner("0003").name, "Client 0003")
        self.assertTrue(self.partner("0003").active)
        self.assertEqual(line.master_count, line.odoo_count, line.message)

    def test_a_colleague_is_not_archived_but_reported(self):
        """Odoo does not archive the contact of an active user; the rest is archived."""
        self.feeds["contact"].archive_after = 1
        self.sync(contact=self.customers(20))
        colleague, customer = self.partner("0003"), self.partner("0004")
        new_test_user(
            self.env, "sm_colleague", partner_id=colleague.id, name=colleague.name, email=False
        )
        line = self.sync(contact=self.customers(20, without={3, 4}))["contact"]
        self.assertEqual(line.archived, 1)
        self.assertFalse(customer.active)
        self.assertTrue(colleague.active)
        self.assert_quarantined("contact", "0003", "refused")
        self.assertEqual(line.master_count, line.odoo_count, line.message)

    def test_an_article_that_is_gone_has_no_stock(self):
        self.feeds["article"].archive_after = 1
        rows = [
            {"Code article": f"A{number}", "Stock total": "4", "Stock magasins": "LIE:4/1"}
            | {"Arrivages": "12/01/2027:10", "Date de réappro": "12/01/2027"}
            for number in range(20)
        ]
        self.sync(article=rows)
        product = self.product("A3")
        self.assertEqual(product.sm_stock_total, 4)
        line = self.sync(article=[row for row in rows if row["Code article"] != "A3"])["article"]
        self.assertEqual(line.archived, 1)
        self.assertFalse(product.active)
        self.assertEqual(product.sm_stock_total, 0)
        self.assertFalse(product.sm_stock_ids or product.sm_incoming_ids)
        self.assertFalse(product.sm_restock_date)
        self.sync(article=rows)
        self.assertTrue(product.active)
        self.assertEqual(product.sm_stock_total, 4)
        self.assertEqual(len(product.sm_stock_ids), 1)

    def test_orders_that_leave_the_export(self):
        """Finished ones stay as history; living ones are archived as everything else is."""
        self.feeds["order"].archive_after = 1
        self.sync(contact=self.customers(1), article=[{"Code article": "A1"}])

        def orders(*statuses):
            return [
                row
                for number, status in enumerate(statuses)
                if status
                for row in self.order_rows(f"LIE{number}", "0001", self.GOODS, Statut=status)
            ]

        statuses = ["LIV", "ANN", "CFM"] + ["PRE"] * 15
        self.sync(order=orders(*statuses))
        delivered, cancelled, living = (self.order(f"LIE{number}") for number in range(3))
        line = self.sync(order=orders(None, None, None, *statuses[3:]))["order"]
        self.assertEqual((line.missing, line.archived), (0, 1))
        self.assertEqual(self.link("order", "LIE0").state, "closed")
        self.assertEqual(self.link("order", "LIE1").state, "closed")
        self.assertTrue(delivered.active and cancelled.active)
        self.assertEqual((delivered.state, cancelled.state), ("sale", "cancel"))
        self.assertFalse(living.active)
        self.assertTrue(living.exists())
        self.assertEqual(line.master_count, line.odoo_count, line.message)
        # a closed order that is exported again is simply linked again
        line = self.sync(order=orders(*statuses))["order"]
        self.assertEqual((line.created, line.updated), (0, 3))
        self.assertEqual(self.order("LIE0"), delivered)
        self.assertEqual(self.link("order", "LIE0").state, "linked")
        self.assertTrue(living.active)

    def test_many_finished_orders_leave_at_once(self):
        """The master purges a year of history in one night: nothing is missing."""
        self.sync(contact=self.customers(1), article=[{"Code article": "A1"}])
        rows = [
            row
            for number in range(60)
            for row in self.order_rows(
                f"LIE{number:02d}", "0001", self.GOODS, Statut="LIV" if number < 15 else "PRE"
            )
        ]
        self.sync(order=rows)
        line = self.sync(order=rows[15:])["order"]
        self.assertEqual((line.state, line.missing, line.archived), ("done", 0, 0))
        self.assertEqual(self.link("order", "LIE00").state, "closed")
