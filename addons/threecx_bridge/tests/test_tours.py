from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_base.tests.common import IntegrationHttpCase


@tagged("post_install", "-at_install")
class TestTours(IntegrationHttpCase):
    """A rep at his screen; his telephone is the program of his computer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["threecx.pbx"].search([]).action_archive()
        cls.pbx = cls.env["threecx.pbx"].create({"name": "Shop", "country_id": cls.belgium.id})
        cls.user_rep = cls._new_user(
            "threecx_rep",
            "threecx_bridge.group_threecx_user",
            "base.group_partner_manager",
            "sales_team.group_sale_salesman",
        )
        cls.anne = cls._new_partner(
            "Anne Tourneur", phone="04/233.87.61", email="anne.tourneur@example.com"
        )
        cls.bob = cls._new_partner("Bob Tourneur", phone="02 555 87 61")
        cls.zoe = cls._new_partner("Zoé Tourneur", phone="+32 2 555 87 61")

    def calls(self, number):
        return self.env["threecx.call"].search([("number_key", "=", number)])

    def test_call_tour(self):
        self.start_tour(
            "/odoo/action-contacts.action_contacts", "threecx_bridge_call_tour", login="threecx_rep"
        )
        call = self.calls("+3242338761").ensure_one()
        self.assertEqual(call.user_id, self.user_rep)
        self.assertEqual((call.partner_id, call.match_kind), (self.anne, "intent"))
        self.assertEqual((call.result, call.note), ("call_back", "Wants the blue sofa"))
        activity = self.anne.activity_ids
        self.assertEqual(activity.user_id, self.user_rep)
        self.assertGreater(activity.date_deadline, fields.Date.today())
        self.assertEqual(self.anne.phone, "04/233.87.61", "numbers are never rewritten")

    def test_incoming_tour(self):
        self.start_tour(
            "/odoo/action-contacts.action_contacts",
            "threecx_bridge_incoming_tour",
            login="threecx_rep",
        )
        self.assertFalse(self.calls("+3242338761"), "looking at a call writes nothing")
        self.assertEqual(self.calls("+32475876199").partner_id.name, "Charles Nouveau")
        self.assertEqual(self.calls("+3225558761").partner_id, self.zoe)
        withheld = self.env["threecx.call"].search([("is_withheld", "=", True)])
        self.assertEqual(withheld.partner_id, self.anne)

    def test_pop_tour(self):
        """The number keeps its zero and its plus on the way through the address."""
        for number in ("%2B3242338761", "042338761"):
            self.start_tour(
                f"/odoo/action-threecx_bridge.threecx_call_pop_action?number={number}&name=Anne",
                "threecx_bridge_pop_tour",
                login="threecx_rep",
            )
        self.assertFalse(self.calls("+3242338761"))
