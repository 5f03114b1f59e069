from odoo.tests import tagged

from ..models.res_partner import (
    EMAIL_KEYS,
    PHONE_KEYS,
    _any_ends_with,
    _any_equal,
    _same_domain,
)
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestPartnerFinders(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._new_partner(
            "Meubles Dupont", is_company=True, phone="087/11.22.33", email="info@dupont-test.be"
        )
        cls.person = cls._new_partner(
            "Anne Dupont",
            parent_id=cls.company.id,
            phone="087/11.22.33",
            mobile="0475 99 88 77",
            email="anne@dupont-test.be",
        )

    def _found(self, candidates):
        return [candidate.partner for candidate in candidates]

    # === PHONE === #

    def test_exact_by_any_spelling(self):
        for number in ("+32475998877", "0475/99.88.77", "0032475998877", "32475998877"):
            with self.subTest(number):
                [candidate] = self.env["res.partner"]._find_by_phone(number)
                self.assertEqual(candidate.partner, self.person)
                self.assertEqual(candidate.reason, "phone_exact")

    def test_every_number_of_a_partner(self):
        partner = self._new_partner(phone="04/333.22.11 ou 04/333.22.12", mobile="0499332213")
        for number in ("+3243332211", "+3243332212", "+32499332213"):
            with self.subTest(number):
                [candidate] = self.env["res.partner"]._find_by_phone(number)
                self.assertEqual(candidate.partner, partner)

    def test_company_before_those_who_repeat_its_number(self):
        """The switchboard rings: the company, not one of its people, but they are offered."""
        found = self._found(self.env["res.partner"]._find_by_phone("087112233"))
        self.assertEqual(found, [self.company, self.person])

    def test_active_before_archived(self):
        old = self._new_partner("Ancien", phone="0475998877")
        old.active = False
        candidates = self.env["res.partner"]._find_by_phone("0475998877")
        self.assertEqual(self._found(candidates), [self.person, old])
        self.assertGreater(candidates[0].score, candidates[1].score)

    def test_latest_change_first(self):
        first = self._new_partner("Un", phone="04 366 11 22")
        second = self._new_partner("Deux", phone="04 366 11 22")
        self.env.flush_all()
        # all of a transaction is written at the same time
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = write_date - interval '1 day' WHERE id = %s",
            (second.id,),
        )
        self.env.invalidate_all()
        found = self._found(self.env["res.partner"]._find_by_phone("043661122"))
        self.assertEqual(found, [first, second])

    def test_address_after_contact(self):
        delivery = self._new_partner("Dépôt", type="delivery", phone="0475998877")
        found = self._found(self.env["res.partner"]._find_by_phone("0475998877"))
        self.assertEqual(found, [self.person, delivery])

    def test_suffix(self):
        """A number without its prefix finds by its end, marked as such."""
        [candidate] = self.env["res.partner"]._find_by_phone("75 99 88 77")
        self.assertEqual(candidate.partner, self.person)
        self.assertEqual(candidate.reason, "phone_suffix")

    def test_suffix_only_without_exact(self):
        """+33 1 42 22 33 44 ends like +32 4 222 33 44: no reason to show a stranger."""
        mine = self._new_partner("Belge", phone="+3242223399")
        stranger = self._new_partner("Français", phone="+33142223399")
        found = self._found(self.env["res.partner"]._find_by_phone("+3242223399"))
        self.assertEqual(found, [mine])
        mine.active = False
        found = self._found(self.env["res.partner"]._find_by_phone("+3242223399"))
        self.assertEqual(found, [mine, stranger])

    def test_country_of_the_number(self):
        partner = self._new_partner(phone="+33 6 12 34 56 99")
        for country in ("FR", self.france):
            [candidate] = self.env["res.partner"]._find_by_phone("06 12 34 56 99", country)
            self.assertEqual(candidate.partner, partner)
            self.assertEqual(candidate.reason, "phone_exact")

    def test_nobody(self):
        for number in ("201", "112", "", None, False, "anonymous", "0000000000", "%%%%%%", "_" * 8):
            with self.subTest(number):
                self.assertEqual(self.env["res.partner"]._find_by_phone(number), [])

    def test_record_rules_apply(self):
        """The finder shows nobody whom the user may not see."""
        other = self.env["res.company"].create({"name": "Autre"})
        self.person.company_id = other
        Partner = self.env["res.partner"].with_user(self.user_employee)
        self.assertEqual(Partner._find_by_phone("0475998877"), [])

    # === E-MAIL === #

    def test_exact_address(self):
        candidates = self.env["res.partner"]._find_by_email('"Anne" <ANNE@dupont-test.be>')
        self.assertEqual(self._found(candidates), [self.person])
        self.assertEqual(candidates[0].reason, "email_exact")

    def test_exact_before_same_mailbox(self):
        tagged_partner = self._new_partner("Anne (kado)", email="anne+kado@dupont-test.be")
        candidates = self.env["res.partner"]._find_by_email("anne+kado@dupont-test.be")
        self.assertEqual(self._found(candidates), [tagged_partner, self.person])
        self.assertEqual(
            [candidate.reason for candidate in candidates], ["email_exact", "email_mailbox"]
        )

    def test_second_address(self):
        partner = self._new_partner(email="a@un-test.be, b@deux-test.be")
        [candidate] = self.env["res.partner"]._find_by_email("b@deux-test.be")
        self.assertEqual(candidate.partner, partner)
        self.assertEqual(candidate.reason, "email_exact")

    def test_domain_is_weak(self):
        """Somebody unknown at a known company: the company is suggested."""
        [candidate] = self.env["res.partner"]._find_by_email("nouveau@dupont-test.be")
        self.assertEqual(candidate.partner, self.company)
        self.assertEqual(candidate.reason, "email_domain")
        exact = self.env["res.partner"]._find_by_email("anne@dupont-test.be")[0]
        self.assertLess(candidate.score, exact.score)

    def test_freemail_domain_says_nothing(self):
        self._new_partner("Boutique", is_company=True, email="boutique.test@gmail.com")
        self.assertEqual(self.env["res.partner"]._find_by_email("nobody.test@gmail.com"), [])

    def test_no_address(self):
        for address in ("", None, False, "anne", "@dupont-test.be", "' OR 1=1 --@x"):
            with self.subTest(address):
                self.assertEqual(self.env["res.partner"]._find_by_email(address), [])

    # === SPEED === #

    def test_indexes_are_used(self):
        """With the planner's own choice, on a table of some size."""
        Partner = self.env["res.partner"]
        self.env.flush_all()
        # copies of a whole row: whatever columns other addons require are there
        self.env.cr.execute(
            """
            INSERT INTO res_partner
            SELECT (jsonb_populate_record(model, jsonb_build_object(
                'id', nextval('res_partner_id_seq'),
                'is_company', mod(i, 3) = 0,
                'phone_key', '+3242' || i,
                'mobile_key', '+32475' || i,
                'phone_alt_key', '+32496' || i,
                'email_key', i || '@host' || i || '.example',
                'email_alt_key', 'b' || i || '@host' || i || '.example'
            ))).*
            FROM res_partner model, generate_series(100000, 110000) i
            WHERE model.id = %(model)s
            """,
            {"model": self.person.id},
        )
        self.env.cr.execute("ANALYZE res_partner")
        for domain, indexes in [
            (
                _any_equal(PHONE_KEYS, "+32475998877"),
                [f"res_partner__{name}_index" for name in PHONE_KEYS],
            ),
            (
                _any_ends_with(PHONE_KEYS, "475998877"),
                [f"res_partner_{name}_reversed_idx" for name in PHONE_KEYS],
            ),
            (
                _any_equal(EMAIL_KEYS, "anne@dupont-test.be"),
                [f"res_partner__{name}_index" for name in EMAIL_KEYS],
            ),
            (_same_domain("dupont-test.be"), ["res_partner_email_domain_idx"]),
        ]:
            plan = self._explain(Partner, domain)
            for index in indexes:
                with self.subTest(index):
                    self.assertIn(index, plan)
            self.assertNotIn("Seq Scan", plan)

    def test_few_queries(self):
        """A look-up is done while the phone rings: no query per candidate."""
        for i in range(15):
            self._new_partner(f"P{i}", phone="04 377 11 22", parent_id=self.company.id)
        self.env.flush_all()
        self.env.invalidate_all()
        Partner = self.env["res.partner"]
        Partner._find_by_phone("04 377 11 22")
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            self.assertEqual(len(Partner._find_by_phone("04 377 11 22")), 15)

    # === REFERENCE === #

    def test_reference(self):
        self.company.write({"ref": "C-00_17", "vat": "BE0477472701"})
        find = self.env["res.partner"]._find_by_reference
        for reference in ("C-00_17", " c-00_17 ", "BE0477472701", "be 0477.472.701"):
            with self.subTest(reference):
                [candidate] = find(reference)
                self.assertEqual(candidate.partner, self.company)
                self.assertEqual(candidate.reason, "reference")
                self.assertIsNone(candidate.record)
        for reference in ("", None, "  ", "C", "C-00117", "%%%%", "C-00"):
            self.assertEqual(find(reference), [], reference)
