from odoo.tests import tagged

from .common_http import SmHttpCase
from .test_dossiers import FULL
from .test_orders import CHAIR


@tagged("post_install", "-at_install")
class TestRepTours(SmHttpCase):
    """What a rep and an operator see of what the master tells."""

    def setUp(self):
        super().setUp()
        self.backend.company_id = self.env.ref("base.main_company")
        self._new_user(
            "sm_rep_tour", "sales_team.group_sale_salesman", "base.group_partner_manager"
        )
        self._new_user("sm_operator_tour", "sm_connector.group_sm_operator")
        contacts = [
            {"Code": "0001", "Nom": "Dupont Jean"},
            {"Code": "0014", "Nom": "Note", "Téléphone": "voir fiche"},
        ]
        for status, date in (("CFM", "10/12/2026"), ("CFM", "14/12/2026"), ("LIV", "14/12/2026")):
            self.sync(
                contact=contacts,
                article=[{"Code article": "CHAIR"}],
                order=self.order_rows(
                    "LIE000001", "0001", CHAIR, Statut=status, **{"Date prévue": date}
                ),
                dossier=[FULL],
            )

    def test_timeline(self):
        self.start_tour(
            f"/odoo/orders/{self.order('LIE000001').id}",
            "sm_connector_timeline_tour",
            login="sm_rep_tour",
        )

    def test_encode(self):
        prospect = self.env["res.partner"].create({"name": "Lambert Claire", "city": "Liège"})
        prospect.action_sm_to_encode()
        self.start_tour("/odoo", "sm_connector_encode_tour", login="sm_rep_tour")
        self.assertEqual(prospect.sm_encode_state, "waiting")

    def test_quality(self):
        self.start_tour("/odoo", "sm_connector_quality_tour", login="sm_operator_tour")
        issue = self.env["sm.quality.issue"].search(
            [("backend_id", "=", self.backend.id), ("cause", "=", "phone")]
        )
        self.assertEqual(issue.state, "ignored")
