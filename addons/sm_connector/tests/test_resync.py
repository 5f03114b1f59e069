from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SmCase


@tagged("post_install", "-at_install")
class TestFetchAgain(SmCase):
    """One record, or all of one kind, is read again from the last good file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._new_user(
            "resync_operator",
            "sm_connector.group_sm_operator",
            "base.group_partner_manager",
            "sales_team.group_sale_salesman_all_leads",
        )

    def setUp(self):
        super().setUp()
        line = {"Code article": "A1", "Quantité": "2", "Prix unitaire HTVA": "100,00"}
        self.sync(
            contact=[{"Code": "1", "Nom": "A"}, {"Code": "2", "Nom": "B"}],
            article=[{"Code article": "A1"}],
            order=self.order_rows("LIE1", "1", line),
        )
        self.backend.sample_size = 0  # what is repaired below is not repaired by chance
        self.env.invalidate_all()

    def spoil(self, table, column, record):
        self.env.flush_all()
        self.env.cr.execute(f"UPDATE {table} SET {column} = 'x' WHERE id = %s", [record.id])
        self.env.invalidate_all()

    def fetch(self, record):
        """Ask for it as an operator, and let the run take place."""
        action = record.with_user(self.operator).action_sm_fetch_again()
        self.assertEqual(action["params"]["type"], "success")
        self.assertTrue(action["params"]["message"])
        self.env.flush_all()
        run = self.run_night()
        self.env.invalidate_all()
        return run

    def test_a_contact(self):
        partner, other = self.partner("1"), self.partner("2")
        for record in (partner, other):
            self.spoil("res_partner", "name", record)
        run = self.fetch(partner)
        self.assertEqual((partner.name, other.name), ("A", "x"))
        self.assertEqual(run.line_ids.mapped("entity"), ["contact"])
        self.assertEqual((run.trigger, run.user_id), ("manual", self.operator))
        self.assertEqual(run.line_ids.updated, 1)

    def test_an_article_from_its_template(self):
        product = self.product("A1")
        self.spoil("product_product", "sm_remarks", product)
        self.fetch(product.product_tmpl_id)
        self.assertFalse(product.sm_remarks)

    def test_an_order(self):
        order = self.order("LIE1")
        self.spoil("sale_order", "client_order_ref", order)
        self.fetch(order)
        self.assertFalse(order.client_order_ref)

    def test_an_entity(self):
        partners = self.partner("1") + self.partner("2")
        for partner in partners:
            self.spoil("res_partner", "name", partner)
        self.feeds["contact"].action_fetch_again()
        run = self.run_night()
        self.env.invalidate_all()
        self.assertEqual(partners.mapped("name"), ["A", "B"])
        self.assertEqual(run.line_ids.mapped("entity"), ["contact"])

    def test_twice_is_one_run(self):
        partner = self.partner("1")
        partner.with_user(self.operator).action_sm_fetch_again()
        partner.with_user(self.operator).action_sm_fetch_again()
        runs = self.env["sm.run"].search([("backend_id", "=", self.backend.id)])
        self.assertEqual(len(runs.filtered(lambda run: run.state == "queued")), 1)

    def test_only_operators(self):
        user = self._new_user("resync_user", "sm_connector.group_sm_user")
        with self.assertRaises(UserError):
            self.partner("1").with_user(user).action_sm_fetch_again()

    def test_a_record_of_odoos_own(self):
        with self.assertRaises(UserError):
            self._new_partner("Prospect").with_user(self.operator).action_sm_fetch_again()
