import random

from odoo.tests import Form, tagged

from .common import PHONE_SPELLINGS, IntegrationCase


@tagged("post_install", "-at_install")
class TestPartnerKeys(IntegrationCase):
    def test_spellings(self):
        """Whatever the notation and the country, the key is the same number."""
        for text, country, e164 in PHONE_SPELLINGS:
            with self.subTest(text):
                country_id = self.env["res.country"].search([("code", "=", country)]).id
                partner = self._new_partner(phone=text, mobile=text, country_id=country_id)
                self.assertEqual(partner.phone_key, e164)
                self.assertEqual(partner.mobile_key, e164)
                self.assertFalse(partner.phone_alt_key)

    def test_several_numbers(self):
        """A second number in a cell has a key too; what was typed stays as it was."""
        text = "bureau 04/222.33.44 ou 0475 12 34 56"
        partner = self._new_partner(phone=text)
        self.assertEqual(partner.phone, text)
        self.assertEqual(partner.phone_key, "+3242223344")
        self.assertFalse(partner.mobile_key)
        self.assertEqual(partner.phone_alt_key, "+32475123456")
        partner.mobile = "0475/123456 / 0496 11 22 33"
        self.assertEqual(partner.mobile_key, "+32475123456")
        self.assertEqual(partner.phone_alt_key, "+32496112233")

    def test_follow_changes(self):
        """Keys follow the number and the country, and go with them."""
        partner = self._new_partner(phone="06 12 34 56 78", country_id=self.france.id)
        self.assertEqual(partner.phone_key, "+33612345678")
        partner.country_id = self.netherlands
        self.assertEqual(partner.phone_key, "+31612345678")
        partner.phone = "à rappeler"
        self.assertFalse(partner.phone_key)

    def test_home_country(self):
        """A foreigner's number in our own notation is understood, and one without country."""
        abroad = self._new_partner(phone="02/345.67.89", country_id=self.netherlands.id)
        nowhere = self._new_partner(phone="02/345.67.89", country_id=False)
        self.assertEqual(abroad.phone_key, "+3223456789")
        self.assertEqual(nowhere.phone_key, "+3223456789")

    def test_internal_number(self):
        self.assertFalse(self._new_partner(phone="201").phone_key)

    def test_email_keys(self):
        partner = self._new_partner(email="Jan <Jan+Kado@Example.BE>; compta@example.be")
        self.assertEqual(partner.email_key, "jan@example.be")
        self.assertEqual(partner.email_alt_key, "compta@example.be")
        partner.email = "pas d'adresse"
        self.assertFalse(partner.email_key)
        self.assertFalse(partner.email_alt_key)

    def test_number_fields(self):
        """Odoo's own tools (sanitized number, blacklist, search) see the mobile number."""
        partner = self._new_partner(mobile="0475 12 34 56")
        self.assertIn("mobile", partner._phone_get_number_fields())
        self.assertEqual(partner.phone_sanitized, "+32475123456")
        found = self.env["res.partner"].search([("phone_mobile_search", "like", "0475123456")])
        self.assertIn(partner, found)

    def test_mobile_in_form(self):
        """Typing a mobile number tidies it as Odoo does for the phone."""
        with Form(self.env["res.partner"]) as form:
            form.name = "Jan"
            form.country_id = self.belgium
            form.mobile = "0475123456"
        self.assertEqual(form.record.mobile, "+32 475 12 34 56")

    def test_bulk_without_queries(self):
        """Fifty partners cost as many queries as one, and no connection."""
        self.env.flush_all()
        country = self.belgium.id

        def compute(count):
            partners = self.env["res.partner"].create(
                [
                    {"name": f"P{i}", "phone": f"04/222.33.{i:02}", "country_id": country}
                    for i in range(10, 10 + count)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners._compute_phone_keys()
            partners._compute_email_keys()
            return self.env.cr.sql_log_count - before

        with self.assert_no_network():
            self.assertEqual(compute(50), compute(1))

    def test_sanitized_as_odoo_does(self):
        """A number parsed for its key is given to Odoo as Odoo itself would have understood it."""
        dice = random.Random(19)
        numbers = ["04/222.33.44", "0475 12 34 56", "0475/12.34.56", "02 123", "0999999999"]
        numbers += ["04 222 33 44 12", "04 222 33 44 / 0475 12 34 56", "01/03/2021", "0800 12 345"]
        numbers += [
            "06 12 34 56 78",
            "0612345678",
            "020 794 0000",
            "00 32 4 222 33 44",
            "04-2223344",
        ]
        numbers += [f"0{dice.randrange(10 ** dice.randint(6, 9))}" for _number in range(300)]
        core = type(self.env["mail.thread.phone"])._phone_format_number
        countries = self.env["res.country"].search([("code", "in", ("BE", "FR", "NL", "LU", "IT"))])
        self.assertEqual(len(countries), 5)
        understood = 0
        for country in countries:
            for number in numbers:
                ours = self.env["res.partner"]._phone_format_number(number, country)
                theirs = core(self.env["mail.thread.phone"], number, country)
                self.assertEqual(ours, theirs, f"{number} in {country.code}")
                understood += bool(theirs)
        self.assertGreater(understood, 100)
