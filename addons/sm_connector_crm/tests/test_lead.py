from odoo.tests import Form, new_test_user, tagged

from odoo.addons.sm_connector.tests.common import SmCase


@tagged("post_install", "-at_install")
class TestLead(SmCase):
    """Leads and the contacts that are the master's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = new_test_user(
            cls.env, "rep", groups="sales_team.group_sale_salesman,base.group_partner_manager"
        )

    def setUp(self):
        super().setUp()
        row = {"Code": "1", "Nom": "Dupont", "E-mail": "a@dupont.example", "Téléphone": "042223344"}
        self.sync(contact=[row])
        self.customer = self.partner("1")

    def test_another_address_stays_on_the_lead(self):
        leads = self.env["crm.lead"].with_user(self.rep)
        lead = leads.create(
            {
                "name": "Sofa",
                "partner_id": self.customer.id,
                "email_from": "other@dupont.example",
                "phone": "0475123456",
            }
        )
        self.assertEqual(lead.email_from, "other@dupont.example")
        self.assertEqual(lead.phone, "0475123456")
        self.assertEqual(self.customer.email, "a@dupont.example")
        self.assertEqual(self.customer.phone, "042223344")
        self.assertFalse(lead.partner_email_update or lead.partner_phone_update)
        lead.email_from = "third@dupont.example"
        self.assertEqual(self.customer.email, "a@dupont.example")

    def test_a_lead_gets_what_the_customer_has(self):
        with Form(self.env["crm.lead"].with_user(self.rep), "crm.crm_lead_view_form") as form:
            form.name = "Sofa"
            form.partner_id = self.customer
        lead = form.save()
        self.assertEqual(lead.email_from, "a@dupont.example")
        # the form tidies what it shows; it is the same number
        self.assertEqual(lead.phone_sanitized, self.customer.phone_sanitized)

    def test_others_are_written_through_as_ever(self):
        contact = self.env["res.partner"].create({"name": "Petit", "email": "a@petit.example"})
        lead = self.env["crm.lead"].create({"name": "Chair", "partner_id": contact.id})
        lead.email_from = "b@petit.example"
        self.assertEqual(contact.email, "b@petit.example")

    def test_won_and_converted(self):
        """From a lead to an opportunity to a won one: nothing of it touches the master's."""
        lead = self.env["crm.lead"].create(
            {"name": "Sofa", "type": "lead", "contact_name": "Jean", "email_from": "x@y.example"}
        )
        lead.convert_opportunity(self.customer)
        self.assertEqual(lead.partner_id, self.customer)
        lead.action_set_won()
        self.assertEqual(self.customer.email, "a@dupont.example")
