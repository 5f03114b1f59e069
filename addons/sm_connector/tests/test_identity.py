from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.sm_connector.pipeline.apply_contact import ContactApplier

from .common import SmCase, unguarded

VAT = "BE0403170701"


@tagged("post_install", "-at_install")
class TestFirstMatch(SmCase):
    """What is already in Odoo is recognised once, by the best evidence there is."""

    def new_keys(self):
        """How many partners there are, archived ones included."""
        return self.env["res.partner"].with_context(active_test=False).search_count([])

    def assert_matches(self, row, partner):
        count = self.new_keys()
        line = self.sync(contact=[row])["contact"]
        self.assertEqual(self.partner(row["Code"]), partner)
        self.assertEqual(self.new_keys(), count)
        self.assertEqual((line.created, line.updated), (0, 1))

    def test_by_code(self):
        partner = self._new_partner("Somebody Else Entirely", ref="0001234")
        self.assert_matches({"Code": "0001234", "Nom": "Dupont Jean"}, partner)
        self.assertEqual(partner.name, "Dupont Jean")

    def test_by_vat_as_typed(self):
        partner = self._new_partner("Brico SA", vat=VAT, is_company=True)
        self.assert_matches(
            {"Code": "1", "Nom": "Brico", "Type": "S", "N° TVA": "BE 0403.170.701"}, partner
        )

    def test_by_email(self):
        partner = self._new_partner("J. Dupont", email='"Jean" <Jean.Dupont@Example.com>')
        self.assert_matches(
            {"Code": "1", "Nom": "Dupont Jean", "E-mail": "jean.dupont@example.com"}, partner
        )

    def test_by_phone(self):
        partner = self._new_partner("J. Dupont", phone="+32 475 12 34 56")
        self.assert_matches({"Code": "1", "Nom": "Dupont", "GSM": "0475/12.34.56"}, partner)

    def test_better_evidence_wins(self):
        by_code = self._new_partner("By Code", ref="7")
        by_vat = self._new_partner("By VAT", vat=VAT)
        by_email = self._new_partner("Jean", email="jean@example.com")
        row = {"Nom": "Jean", "N° TVA": VAT, "E-mail": "jean@example.com"}
        self.sync(contact=[row | {"Code": "7"}])
        self.assertEqual(self.partner("7"), by_code)
        self.sync(contact=[row | {"Code": "7"}, row | {"Code": "8"}])
        self.assertEqual(self.partner("8"), by_vat)
        self.sync(contact=[row | {"Code": code} for code in "789"])
        self.assertEqual(self.partner("9"), by_email)

    def test_an_archived_contact_comes_back(self):
        partner = self._new_partner("Dupont", ref="1", active=False)
        self.assert_matches({"Code": "1", "Nom": "Dupont"}, partner)
        self.assertTrue(partner.active)

    def test_several_fit(self):
        """Two contacts carry the e-mail: a person decides, and there is never a third one."""
        one, two = (
            self._new_partner(name, email="famille@example.com")
            for name in ("Dupont Marie", "Dupont Jean")
        )
        count = self.new_keys()
        line = self.sync(contact=[{"Code": "1", "Nom": "Dupont", "E-mail": "famille@example.com"}])
        self.assertEqual(self.counts(line["contact"])["quarantined"], 1)
        self.assertEqual(self.new_keys(), count)
        row = self.assert_quarantined("contact", "1", "ambiguous_match")
        for partner in (one, two):
            self.assertIn(partner.display_name, row.message)
            self.assertIn(str(partner.id), row.message)
        return one, two

    def test_two_of_the_masters_fit_one(self):
        partner = self._new_partner("Famille Dupont", email="famille@example.com")
        count = self.new_keys()
        self.sync(
            contact=[
                {"Code": "1", "Nom": "Dupont Jean", "E-mail": "famille@example.com"},
                {"Code": "2", "Nom": "Dupont Marie", "E-mail": "famille@example.com"},
            ]
        )
        self.assertEqual(self.new_keys(), count)
        self.assert_quarantined("contact", "1", "ambiguous_match")
        self.assert_quarantined("contact", "2", "ambiguous_match")
        self.assertFalse(partner.sm_code)

    def test_heals_after_a_merge(self):
        one, two = self.test_several_fit()
        self.env["base.partner.merge.automatic.wizard"]._merge((one + two).ids, one)
        self.sync(contact=[{"Code": "1", "Nom": "Dupont", "E-mail": "famille@example.com"}])
        self.assertEqual(self.partner("1"), one)
        self.assertEqual(self.quarantine("contact", "1").state, "healed")

    def test_heals_when_somebody_says_which(self):
        """The advice is to put the code into the reference of the right one."""
        _one, two = self.test_several_fit()
        two.ref = "1"
        self.sync(contact=[{"Code": "1", "Nom": "Dupont", "E-mail": "famille@example.com"}])
        self.assertEqual(self.partner("1"), two)
        self.assertEqual(self.quarantine("contact", "1").state, "healed")

    def test_the_same_telephone_in_two_fields_is_one_contact(self):
        """Reached by his mobile as well as by his telephone, he is still only one."""
        partner = self._new_partner("Dupont", phone="0475 12 34 56", mobile="0475/12.34.56")
        self.assert_matches({"Code": "1", "Nom": "Dupont", "GSM": "0475123456"}, partner)

    def test_the_telephone_is_matched_when_the_mobile_is_not(self):
        partner = self._new_partner("Dupont", phone="04 222 33 44")
        self.assert_matches(
            {"Code": "1", "Nom": "Dupont", "Téléphone": "04/222.33.44", "GSM": "0475/12.34.56"},
            partner,
        )

    def test_whom_the_master_cannot_mean(self):
        """Our colleagues, our own company, contacts of a company, partners of another company."""
        other = self.env["res.company"].create({"name": "Other Company"})
        parent = self._new_partner("Parent")
        email = "somebody@example.com"
        strangers = self.user_employee.partner_id + self.env.company.partner_id
        strangers.email = email
        strangers += self._new_partner("Child", email=email, parent_id=parent.id)
        strangers += self._new_partner("Elsewhere", email=email, company_id=other.id)
        self.sync(contact=[{"Code": "1", "Nom": "Somebody", "E-mail": email}])
        self.assertTrue(self.partner("1"))
        self.assertNotIn(self.partner("1"), strangers)

    def test_two_new_customers_share_an_email(self):
        """A family in the master is several contacts in Odoo."""
        self.sync(
            contact=[
                {"Code": "1", "Nom": "Dupont Jean", "E-mail": "famille@example.com"},
                {"Code": "2", "Nom": "Dupont Marie", "E-mail": "famille@example.com"},
            ]
        )
        self.assertNotEqual(self.partner("1"), self.partner("2"))
        self.assertTrue(self.partner("1") and self.partner("2"))


@tagged("post_install", "-at_install")
class TestLinkedIdentity(SmCase):
    """A key once linked stays with its record, whatever happens on either side."""

    JEAN = {"Code": "1", "Nom": "Dupont Jean", "E-mail": "jean@example.com", "GSM": "0475123456"}
    JEAN |= {"Rue": "rue Haute 1", "Code postal": "4000"}
    EVA = {"Code": "2", "Nom": "Peeters Eva", "E-mail": "eva@example.com", "GSM": "0475998877"}
    NEWCOMER = {"Code": "1", "Nom": "Martin Sofie", "E-mail": "sofie@example.com"}
    NEWCOMER |= {"GSM": "0486112233", "Rue": "Kerkstraat 9", "Code postal": "2000"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feeds["contact"].min_percent = 0  # with two customers, one less is half of them

    def test_merge_in_odoo(self):
        self.sync(contact=[self.JEAN, self.EVA])
        jean, eva = self.partner("1"), self.partner("2")
        self.env["base.partner.merge.automatic.wizard"]._merge((jean + eva).ids, jean)
        self.assertFalse(eva.exists())
        self.assertEqual(self.partner("1"), jean)
        self.assertEqual(self.partner("2"), jean)
        count = self.env["res.partner"].with_context(active_test=False).search_count([])
        # the master sends the same, then something new about both
        self.drop_rows("contact", self.JEAN, self.EVA)
        self.run_night()
        self.sync(contact=[self.JEAN | {"GSM": "0470000001"}, self.EVA | {"GSM": "0470000002"}])
        self.assertEqual(self.partner("1"), jean)
        self.assertEqual(self.partner("2"), jean)
        self.assertEqual(jean.sm_code, "1, 2")
        self.assertEqual(
            self.env["res.partner"].with_context(active_test=False).search_count([]), count
        )

    def test_merged_one_of_two_disappears(self):
        """One of two keys of a merged contact leaves the master: he is still a customer."""
        self.feeds["contact"].archive_after = 1
        self.sync(contact=[self.JEAN, self.EVA])
        jean, eva = self.partner("1"), self.partner("2")
        self.env["base.partner.merge.automatic.wizard"]._merge((jean + eva).ids, jean)
        self.sync(contact=[self.JEAN])
        self.assertTrue(jean.active, "The other key is still in the master's export.")

    def test_deleted_in_odoo(self):
        self.sync(contact=[self.JEAN, self.EVA])
        with unguarded():
            self.partner("1").unlink()
        line = self.sync(contact=[self.JEAN, self.EVA])["contact"]
        self.assertEqual((line.created, line.unchanged), (1, 1))
        self.assertEqual(self.partner("1").name, "Dupont Jean")

    def test_code_is_given_to_somebody_else(self):
        """The newcomer gets a record of his own; the history stays with the old one."""
        self.sync(contact=[self.JEAN, self.EVA])
        old = self.partner("1")
        self.sync(contact=[self.EVA])
        line = self.sync(contact=[self.NEWCOMER, self.EVA])["contact"]
        new = self.partner("1")
        self.assertNotEqual(new, old)
        self.assertEqual((line.created, line.updated, line.archived), (1, 0, 1))
        self.assertEqual((old.name, old.active), ("Dupont Jean", False))
        self.assertEqual((new.name, new.active), ("Martin Sofie", True))
        self.assertEqual(old.with_context(active_test=False).sm_link_ids.state, "retired")
        # and it stays so
        line = self.sync(contact=[self.NEWCOMER, self.EVA])["contact"]
        self.assertEqual((line.created, line.updated, line.unchanged), (0, 0, 2))

    def test_code_is_given_to_somebody_else_beside_a_bad_row(self):
        """The batch of the newcomer is written a second time because of another row in it."""
        self.sync(contact=[self.JEAN, self.EVA])
        old = self.partner("1")
        self.sync(contact=[self.EVA])
        insert = ContactApplier.insert

        def refuse_one(applier, rows):
            records = insert(applier, rows)
            if any(row.key == "66" for row in rows):
                raise ValidationError("This name is not to be.")  # pylint: disable=translation-required
            return records

        with patch.object(ContactApplier, "insert", refuse_one):
            line = self.sync(contact=[self.NEWCOMER, self.EVA, {"Code": "66", "Nom": "Bad"}])
        self.assert_quarantined("contact", "66", "refused")
        self.assertEqual(line["contact"].archived, 1)
        self.assertFalse(old.active)
        self.assertEqual(old.name, "Dupont Jean")
        self.assertEqual(self.partner("1").name, "Martin Sofie")
        self.assertEqual(
            self.env["sm.link"].search([("partner_id", "=", old.id)]).mapped("state"), ["retired"]
        )

    def test_code_comes_back(self):
        self.feeds["contact"].archive_after = 1
        self.sync(contact=[self.JEAN, self.EVA])
        jean = self.partner("1")
        self.sync(contact=[self.EVA])
        self.assertFalse(jean.active)
        self.assertTrue(jean.sm_is_missing)
        line = self.sync(contact=[self.JEAN | {"GSM": "0470000000"}, self.EVA])["contact"]
        self.assertEqual(self.partner("1"), jean)
        self.assertTrue(jean.active)
        self.assertFalse(jean.sm_is_missing)
        self.assertEqual((line.created, line.updated), (0, 1))
        self.assertEqual(self.link("contact", "1").missing_count, 0)

    def test_code_comes_back_unchanged(self):
        """Even when not one cell differs, he has to become visible again."""
        self.feeds["contact"].archive_after = 1
        self.sync(contact=[self.JEAN, self.EVA])
        jean = self.partner("1")
        self.sync(contact=[self.EVA])
        self.sync(contact=[self.JEAN, self.EVA])
        self.assertTrue(jean.active)
        self.assertEqual(self.link("contact", "1").state, "linked")

    def test_he_only_married_and_moved(self):
        """One thing in common is enough to be the same person."""
        self.sync(contact=[self.JEAN, self.EVA])
        jean = self.partner("1")
        self.sync(contact=[self.EVA])
        self.sync(contact=[self.NEWCOMER | {"GSM": "0475 12 34 56"}, self.EVA])
        self.assertEqual(self.partner("1"), jean)

    def test_he_only_changed_his_mobile_and_all_else(self):
        """One number of two is enough, whichever it is."""
        jean_and_phone = self.JEAN | {"Téléphone": "04 222 33 44"}
        self.sync(contact=[jean_and_phone, self.EVA])
        jean = self.partner("1")
        self.sync(contact=[self.EVA])
        self.sync(contact=[self.NEWCOMER | {"Téléphone": "04/222.33.44"}, self.EVA])
        self.assertEqual(self.partner("1"), jean)

    def test_never_questioned_while_present(self):
        """A key that never left is the same customer, be everything about him new."""
        self.sync(contact=[self.JEAN, self.EVA])
        jean = self.partner("1")
        self.sync(contact=[self.NEWCOMER, self.EVA])
        self.assertEqual(self.partner("1"), jean)
        self.assertEqual(jean.name, "Martin Sofie")

    def test_nothing_is_no_evidence(self):
        """«non assujetti» has as few digits as an empty cell has."""
        self.sync(contact=[self.JEAN | {"N° TVA": "non assujetti", "GSM": "néant"}, self.EVA])
        old = self.partner("1")
        self.sync(contact=[self.EVA])
        self.sync(contact=[self.NEWCOMER | {"GSM": ""}, self.EVA])
        self.assertNotEqual(self.partner("1"), old)

    def test_customer_merged_by_the_master(self):
        """His code disappears and his orders are another customer's."""
        self.feeds["contact"].archive_after = 2
        line = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "100,00"}
        articles = [{"Code article": "A1"}]
        self.sync(
            contact=[self.JEAN, self.EVA],
            article=articles,
            order=self.order_rows("LIE1", "2", line),
        )
        eva, order = self.partner("2"), self.order("LIE1")
        amounts = (order.amount_total, order.name, order.state)
        for night in range(2):
            jean = self.JEAN | {"Remarques": f"vu {night} fois"}
            self.sync(contact=[jean], order=self.order_rows("LIE1", "1", line))
        self.assertEqual(self.order("LIE1"), order)
        for partner in (order.partner_id, order.partner_invoice_id, order.partner_shipping_id):
            self.assertEqual(partner, self.partner("1"))
        self.assertEqual((order.amount_total, order.name, order.state), amounts)
        self.assertTrue(order.locked)
        self.assertFalse(eva.active)
        self.assertTrue(eva.exists())
