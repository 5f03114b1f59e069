from odoo.tests import tagged

from .common_http import SmHttpCase


@tagged("post_install", "-at_install")
class TestTours(SmHttpCase):
    """A browser in front of a master with a few rows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend.company_id = cls.env.ref("base.main_company")
        cls.user_operator = cls._new_user("sm_operator", "sm_connector.group_sm_operator")
        cls.user_admin = cls._new_user("sm_admin", "sm_connector.group_sm_admin")
        cls.user_rep = cls._new_user(
            "sm_rep", "base.group_partner_manager", "sales_team.group_sale_salesman_all_leads"
        )

    def drop_shop(self):
        """Drop what the tours look at: a customer with an order, and two rows that are wrong."""
        self.drop_rows(
            "contact",
            {"Code": "C0001", "Nom": "Dupont", "Bloqué": "O", "Remarques": "Ring twice"},
            {"Code": "C0003", "Localité": "Liège"},
        )
        self.drop_rows(
            "article",
            {
                "Code article": "A0001",
                "Stock total": "4",
                "Stock magasins": "LIE:4/1",
                "Arrivages": "16/11/2026:11",
                "Date de réappro": "16/11/2026",
            },
        )
        line = {"Code article": "A0001", "Quantité": "2", "Prix unitaire HTVA": "100,00"}
        self.drop_rows(
            "order",
            *self.order_rows(
                "LIE0001",
                "C0001",
                line | {"Quantité livrée": "1"},
                Statut="PAE",
                Paiement="A",
                **{"Total TVAC": "999,00"},
            ),
            *self.order_rows("LIE0002", "C0001", line, Date="31/02/2026"),
            *self.order_rows("LIE0003", "C0001", line, Statut="CFR"),
        )

    def test_operator_tour(self):
        """From the button to a row in quarantine, the run taking place behind the progress bar."""
        self.drop_shop()
        with self.night_while_polled() as polls:
            self.start_tour(
                "/odoo/silicon-master", "sm_connector_operator_tour", login="sm_operator"
            )
        self.assertGreaterEqual(len(polls), 2, "the form asks again until the end")
        run = self.backend.last_run_id
        self.assertEqual((run.trigger, run.user_id), ("manual", self.user_operator))
        self.assertEqual(self.quarantine("contact", "C0003").state, "ignored")
        self.assertEqual(self.backend.quarantine_count, 1)

    def test_admin_tour(self):
        self.drop_shop()
        self.run_night()
        code = self.env["sm.code"].search(
            [("backend_id", "=", self.backend.id), ("code", "=", "CFR")]
        )
        self.assertFalse(code.is_explained)
        self.start_tour("/odoo/silicon-master", "sm_connector_admin_tour", login="sm_admin")
        self.assertEqual((code.status, code.name), ("confirmed", "Waiting for the customer"))
        self.assertTrue(code.is_explained)
        self.assertFalse(self.backend.last_failure)

    def test_rep_tours(self):
        """What concerns the record in front of him, and nothing of the connector."""
        self.drop_shop()
        self.run_night()
        partner, product = self.partner("C0001"), self.product("A0001")
        self.start_tour(f"/odoo/res.partner/{partner.id}", "sm_connector_rep_tour", login="sm_rep")
        for path in (
            f"/odoo/product.template/{product.product_tmpl_id.id}",
            f"/odoo/product.product/{product.id}",
        ):
            self.start_tour(path, "sm_connector_rep_article_tour", login="sm_rep")
