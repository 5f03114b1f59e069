from odoo import fields
from odoo.tests import tagged

from .common_http import SmHttpCase


@tagged("post_install", "-at_install")
class TestMatchTours(SmHttpCase):
    """An operator at his screen: who is this, and what needs attention."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend.company_id = cls.env.ref("base.main_company")
        cls.user_operator = cls._new_user("sm_operator", "sm_connector.group_sm_operator")
        tomorrow = fields.Datetime.add(fields.Datetime.now(), days=1)
        for name in ("sm_connector.ir_cron_night", "integration_base.ir_cron_watchdog"):
            cls.env.ref(name).nextcall = tomorrow

    def test_match_tour(self):
        mail = "famille@example.com"
        marie = self._new_partner("Dupont Marie", email=mail, street="Rue Haute 1", zip="4000")
        self._new_partner("Dupont Jean", email=mail, phone="02 333 44 55")
        for name in ("Peeters An", "Peeters Jan"):
            self._new_partner(name, email="peeters@example.com")
        self.drop_rows(
            "contact",
            {
                "Code": "C0001",
                "Nom": "Dupont M.",
                "E-mail": mail,
                "Téléphone": "04 222 33 44",
                "Rue": "Rue Haute 1",
                "Code postal": "4000",
            },
            {"Code": "C0002", "Nom": "Peeters", "E-mail": "peeters@example.com"},
        )
        self.env.flush_all()
        self.run_night()
        self.env.invalidate_all()
        self.start_tour(
            "/odoo/silicon-master-matches", "sm_connector_match_tour", login="sm_operator"
        )
        questions = self.env["sm.match"].search([("backend_id", "=", self.backend.id)])
        self.assertEqual(questions.decided_by, self.user_operator)
        self.assertEqual(self.backend.running_run_id.state, "queued")
        self.run_night()
        self.env.invalidate_all()
        self.assertEqual(self.partner("C0001"), marie)
        self.assertTrue(self.partner("C0002"))

    def test_quarantine_tour(self):
        line = {"Code article": "A0001", "Quantité": "2", "Prix unitaire HTVA": "100,00"}
        self.drop_rows("contact", {"Code": "C0003", "Localité": "Liège"})
        self.drop_rows("article", {"Code article": "A0001"})
        self.drop_rows("order", *self.order_rows("LIE0001", "C0003", line))
        self.run_night()
        self.env.invalidate_all()
        self.start_tour(
            "/odoo/silicon-master-causes", "sm_connector_quarantine_tour", login="sm_operator"
        )
        run = self.backend.running_run_id
        self.assertEqual((run.state, run.user_id), ("queued", self.user_operator))
        self.assertEqual(self.quarantine("contact", "C0003").state, "open", "tried again")
