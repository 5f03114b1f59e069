"""Contacts merged in Odoo: every key stays, one of them rules, nothing comes back at night."""

from odoo.tests import tagged

from .common import SmCase, unguarded

JEAN = {"Code": "1", "Nom": "Dupont Jean", "E-mail": "jean@example.com", "GSM": "0475123456"}
EVA = {"Code": "2", "Nom": "Peeters Eva", "E-mail": "eva@example.com", "Localité": "Gent"}
TOM = {"Code": "3", "Nom": "Maes Tom"}


@tagged("post_install", "-at_install")
class TestMerge(SmCase):
    """`base.partner.merge`, between nights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feeds["contact"].write({"min_percent": 0, "archive_after": 1})

    def setUp(self):
        super().setUp()
        self.sync(contact=[JEAN, EVA, TOM])
        self.jean, self.eva = self.partner("1"), self.partner("2")

    def merge(self, source, survivor):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((source + survivor).ids, survivor)
        self.assertFalse(source.exists())

    def count(self):
        return self.env["res.partner"].with_context(active_test=False).search_count([])

    def values(self, partner):
        return partner.read(["name", "ref", "email", "mobile", "city"])[0]

    def test_two_customers_of_the_master(self):
        """The survivor keeps what his own key says; the other key is remembered, not written."""
        before = self.values(self.jean)
        self.merge(self.eva, self.jean)
        self.assertEqual(self.values(self.jean), before)
        self.assertEqual(self.jean.sm_code, "1, 2")
        self.assertTrue(self.link("contact", "1").is_primary)
        self.assertFalse(self.link("contact", "2").is_primary)
        count = self.count()
        line = self.sync(contact=[JEAN, EVA, TOM])["contact"]
        self.assertEqual((line.created, line.updated, line.unchanged), (0, 0, 3))
        self.assertEqual(self.values(self.jean), before)
        # a change of the key that does not rule is acknowledged
        line = self.sync(contact=[JEAN, EVA | {"Localité": "Namur"}, TOM])["contact"]
        self.assertEqual((line.created, line.updated), (0, 0))
        self.assertEqual(self.values(self.jean), before)
        # one of the key that rules is written
        self.sync(contact=[JEAN | {"Localité": "Liège"}, EVA, TOM])
        self.assertEqual(self.jean.city, "Liège")
        self.assertEqual((self.partner("1"), self.partner("2")), (self.jean, self.jean))
        self.assertEqual(self.count(), count)

    def test_a_customer_into_a_contact_of_odoo(self):
        """The survivor becomes the master's customer: the next night completes him."""
        own = self._new_partner("J. Dupont", city="Brugge", comment="Prefers mornings")
        self.merge(self.jean, own)
        self.assertEqual(self.link("contact", "1").partner_id, own)
        self.assertTrue(self.link("contact", "1").is_primary)
        count = self.count()
        line = self.sync(contact=[JEAN, EVA, TOM])["contact"]
        self.assertEqual((line.created, line.updated), (0, 1))
        self.assertEqual(
            (own.name, own.ref, own.email, own.city),
            ("Dupont Jean", "1", "jean@example.com", False),
        )
        self.assertIn("Prefers mornings", own.comment)
        self.assertEqual(self.count(), count)
        self.assertEqual(self.sync(contact=[JEAN, EVA, TOM])["contact"].updated, 0)

    def test_a_contact_of_odoo_into_a_customer(self):
        """What the master owns is not filled from the other, what it does not own is."""
        own = self._new_partner("J. Dupont", city="Brugge", function="Carpenter", ref="OLD")
        before = self.values(self.jean)
        self.merge(own, self.jean)
        self.assertEqual(self.values(self.jean), before)
        self.assertEqual(self.jean.function, "Carpenter")
        self.assertEqual(self.sync(contact=[JEAN, EVA, TOM])["contact"].updated, 0)

    def test_two_customers_into_a_contact_of_odoo(self):
        own = self._new_partner("Both")
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((self.jean + self.eva + own).ids, own)
        self.sync(contact=[JEAN, EVA, TOM])
        self.assertEqual((self.partner("1"), self.partner("2")), (own, own))
        rules = [self.link("contact", key).is_primary for key in "12"]
        self.assertEqual(rules, [True, False])
        self.assertEqual(own.name, "Dupont Jean")

    def test_the_key_that_rules_disappears(self):
        """The other one takes over: its values are the customer's from the next night on."""
        self.merge(self.eva, self.jean)
        self.sync(contact=[JEAN, EVA, TOM])
        self.sync(contact=[EVA, TOM])
        self.assertTrue(self.jean.active)
        self.assertEqual(self.link("contact", "1").state, "archived")
        self.assertTrue(self.link("contact", "2").is_primary)
        self.assertFalse(self.link("contact", "1").is_primary)
        self.sync(contact=[EVA, TOM])
        self.assertEqual((self.jean.name, self.jean.city), ("Peeters Eva", "Gent"))
        # and when it comes back, it is remembered and no longer rules
        self.sync(contact=[JEAN, EVA, TOM])
        self.assertEqual(self.link("contact", "1").state, "linked")
        self.assertEqual(self.jean.name, "Peeters Eva")
        self.assertEqual(self.partner("1"), self.jean)

    def test_both_keys_disappear(self):
        self.merge(self.eva, self.jean)
        self.sync(contact=[JEAN, EVA, TOM])
        self.sync(contact=[TOM])
        self.assertFalse(self.jean.active)
        self.sync(contact=[EVA, TOM])
        self.assertTrue(self.jean.active)
        self.assertEqual(self.jean.name, "Peeters Eva")

    def test_by_a_rep_through_the_wizard(self):
        """As the screen does it, by somebody without any right of ours."""
        rep = self._new_user("sm_merger", "base.group_user", "base.group_partner_manager")
        self.eva.with_user(rep)
        with unguarded():
            self.eva.email = self.jean.email
        wizard = (
            self.env["base.partner.merge.automatic.wizard"]
            .with_user(rep)
            .with_context(active_model="res.partner", active_ids=(self.jean + self.eva).ids)
            .create({})
        )
        wizard.dst_partner_id = self.jean
        wizard.action_merge()
        self.assertFalse(self.eva.exists())
        self.assertEqual(self.jean.sm_code, "1, 2")
