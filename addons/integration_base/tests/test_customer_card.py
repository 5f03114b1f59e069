from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestCustomerCard(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._new_partner(
            "Dupont SA", is_company=True, phone="04/222.33.44", city="Liège"
        )
        cls.segment = cls.env["res.partner.category"].create({"name": "B2B"})
        cls.person = cls._new_partner(
            "Anne",
            parent_id=cls.company.id,
            function="Acheteuse",
            mobile="0475 99 88 77 ou +33 6 12 34 56 78",
            email="anne@example.com; achats@example.com",
            category_id=cls.segment.ids,
            lang="en_US",
        )

    def _section(self, partner, key, user=None):
        card = partner.with_user(user or self.user_employee).get_customer_card()
        return next(section for section in card["sections"] if section["key"] == key)

    def _facts(self, section):
        return [(fact["label"], fact["value"], fact.get("href")) for fact in section["facts"]]

    def test_order_and_header(self):
        card = self.person.with_user(self.user_employee).get_customer_card()
        self.assertEqual(
            [section["key"] for section in card["sections"]][:3],
            ["identity", "contact", "activity"],
        )
        self.assertEqual((card["name"], card["subtitle"]), ("Anne", "Acheteuse, Dupont SA"))

    def test_identity(self):
        section = self._section(self.person, "identity")
        facts = {fact["label"]: fact for fact in section["facts"]}
        self.assertEqual(facts["Company"]["res_id"], self.company.id)
        self.assertEqual(facts["Job position"]["value"], "Acheteuse")
        self.assertEqual(facts["Segments"]["value"], ["B2B"])
        self.assertIn("Liège", facts["Address"]["value"])
        self.assertNotIn("\n\n", facts["Address"]["value"])
        self.assertEqual(facts["Language"]["value"], "English (US)")

    def test_contact(self):
        self.assertEqual(
            self._facts(self._section(self.person, "contact")),
            [
                ("Mobile", "0475 99 88 77", "tel:+32475998877"),
                ("Mobile", "+33 6 12 34 56 78", "tel:+33612345678"),
                ("E-mail", "anne@example.com", "mailto:anne@example.com"),
                ("E-mail", "achats@example.com", "mailto:achats@example.com"),
            ],
        )

    def test_contact_as_typed(self):
        """What is neither number nor address is shown all the same, without a link."""
        self.person.write({"mobile": "poste 201", "email": "pas d'adresse"})
        self.assertEqual(
            self._facts(self._section(self.person, "contact")),
            [("Mobile", "poste 201", None), ("E-mail", "pas d'adresse", None)],
        )

    def test_contact_number_of_the_company(self):
        self.person.mobile = False
        facts = self._facts(self._section(self.person, "contact"))
        self.assertEqual(facts[0], ("Company phone", "04 222 33 44", "tel:+3242223344"))

    def test_activity(self):
        today = fields.Date.context_today(self.person.with_user(self.user_employee))
        for days, summary in ((3, "Later"), (-1, "Late"), (0, "Today")):
            self.person.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                date_deadline=today + timedelta(days=days),
                user_id=self.user_employee.id,
            )
        self.person.with_context(mail_notrack=False).message_post(
            body="Bonjour", message_type="comment"
        )
        section = self._section(self.person, "activity")
        self.assertEqual(
            [(record["title"], record["badge_level"]) for record in section["records"]],
            [("Late", "danger"), ("Today", "warning"), ("Later", "info")],
        )
        self.assertEqual(section["records"][0]["res_model"], "mail.activity")
        self.assertEqual(section["facts"][0]["label"], "Last message")

    def test_empty(self):
        partner = self.env["res.partner"].create({"name": "Jan", "lang": False})
        for key in ("contact", "activity"):
            section = self._section(partner, key)
            self.assertFalse(section["facts"] or section.get("records"))
            self.assertTrue(section["empty"])

    def test_french(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        self.env["ir.module.module"]._load_module_terms(["integration_base"], ["fr_BE"])
        partner = self.person.with_context(lang="fr_BE").with_user(self.user_employee)
        titles = [section["title"] for section in partner.get_customer_card()["sections"][:3]]
        self.assertEqual(titles, ["Identité", "Coordonnées", "Dernières activités"])

    # === ACCESS === #

    def test_colleague_of_another_company(self):
        self.person.company_id = self.env["res.company"].create({"name": "Autre"})
        with self.assertRaises(AccessError):
            self.person.with_user(self.user_employee).get_customer_card()

    def test_portal_user(self):
        """A customer may read his own contact record, but not what we note about him."""
        own = self.user_portal.partner_id.with_user(self.user_portal)
        own.check_access("read")
        with self.assertRaisesRegex(AccessError, "Only colleagues"):
            own.get_customer_card()

    def test_sections_are_not_callable_from_outside(self):
        self.assertFalse(hasattr(self.env["res.partner"], "customer_card_sections"))
