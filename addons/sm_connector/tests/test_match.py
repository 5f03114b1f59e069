from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sm_connector.pipeline import apply

from .common import SmCase

MAIL = "famille@example.com"


class MatchCase(SmCase):
    """Questions that the evidence leaves open, and an operator who answers them."""

    ROW = {"Code": "1", "Nom": "Dupont", "E-mail": MAIL}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend.company_id = cls.env.company
        cls.operator = cls._new_user(
            "match_operator", "sm_connector.group_sm_operator", "base.group_partner_manager"
        )
        cls.user = cls._new_user("match_user", "sm_connector.group_sm_user")

    def partners(self):
        return self.env["res.partner"].with_context(active_test=False).search_count([])

    def two_duponts(self):
        """Two contacts that the row could be, and the night that asks which."""
        pair = [self._new_partner(name, email=MAIL) for name in ("Dupont Marie", "Dupont Jean")]
        self.sync(contact=[self.ROW])
        return pair

    def question(self, key="1", entity="contact"):
        return (
            self.env["sm.match"]
            .with_user(self.operator)
            .search(
                [
                    ("backend_id", "=", self.backend.id),
                    ("entity", "=", entity),
                    ("external_id", "=", key),
                ]
            )
        )

    def again(self, *rows):
        """Live another night with the same rows."""
        return self.sync(contact=list(rows) or [self.ROW])["contact"]

    def sync(self, **files):
        """Override to see what the night wrote, on a cursor of its own."""
        self.env.flush_all()
        lines = super().sync(**files)
        self.env.invalidate_all()
        return lines


@tagged("post_install", "-at_install")
class TestMatch(MatchCase):
    """What cannot be told from the evidence is told by a person, once."""

    def test_question_and_candidates(self):
        one, two = self.two_duponts()
        question = self.question()
        self.assertEqual((question.state, question.name), ("open", "Dupont"))
        self.assertEqual(question.candidate_ids.partner_id, one + two)
        self.assertEqual(self.backend.match_count, 1)

    def test_link(self):
        _one, two = self.two_duponts()
        count = self.partners()
        question = self.question()
        question.action_link(two.id)
        self.assertEqual((question.state, question.decided_by), ("link", self.operator))
        self.assertTrue(question.decided_on)
        self.assertFalse(question.is_applied)
        self.again()
        self.assertEqual(self.partner("1"), two)
        self.assertEqual(two.name, "Dupont")
        self.assertEqual(self.partners(), count)
        self.assertTrue(question.is_applied)
        self.assertEqual(self.quarantine("contact", "1").state, "healed")

    def test_create_new(self):
        one, two = self.two_duponts()
        count = self.partners()
        self.question().action_create_new()
        self.again()
        self.assertEqual(self.partners(), count + 1)
        self.assertNotIn(self.partner("1"), one + two)

    def test_bulk_create_new(self):
        for number in range(3):
            mail = f"family{number}@example.com"
            self._new_partner("Peeters An", email=mail)
            self._new_partner("Peeters Jan", email=mail)
        rows = [
            {"Code": str(number), "Nom": "Peeters", "E-mail": f"family{number}@example.com"}
            for number in range(3)
        ]
        self.sync(contact=rows)
        questions = self.env["sm.match"].with_user(self.operator).search([])
        self.assertEqual(len(questions), 3)
        count = self.partners()
        questions.action_create_new()
        self.again(*rows)
        self.assertEqual(self.partners(), count + 3)

    def test_not_now_comes_back_when_the_row_changes(self):
        self.two_duponts()
        question = self.question()
        question.action_later()
        self.assertEqual(question.state, "later")
        self.assertEqual(self.backend.match_count, 0)
        self.again()
        self.assertEqual(question.state, "later")
        self.again(self.ROW | {"Localité": "Liège"})
        self.assertEqual(question.state, "open")

    def test_not_now_comes_back_when_there_is_another_candidate(self):
        self.two_duponts()
        question = self.question()
        question.action_later()
        third = self._new_partner("Dupont Paul", email=MAIL)
        self.again()
        self.assertEqual(question.state, "open")
        self.assertIn(third, question.candidate_ids.partner_id)

    def test_the_decision_overrules_the_evidence(self):
        """Even a better one that turns up later."""
        one, two = self.two_duponts()
        self.question().action_link(two.id)
        one.ref = "1"
        self.again()
        self.assertEqual(self.partner("1"), two)

    def test_settles_by_itself(self):
        one, two = self.two_duponts()
        question = self.question()
        self.env["base.partner.merge.automatic.wizard"]._merge((one + two).ids, one)
        self.again()
        self.assertEqual(self.partner("1"), one)
        self.assertEqual(question.state, "solved")

    def test_settles_when_the_row_is_gone(self):
        others = [{"Code": f"9{number}", "Nom": f"Peeters {number}"} for number in range(5)]
        self.two_duponts()
        self.again(self.ROW, *others)
        question = self.question()
        line = self.again(*others)
        self.assertEqual((line.state, line.message), ("done", False))
        self.assertEqual(question.state, "solved")
        self.again(self.ROW, *others)
        self.assertEqual(question.state, "open")

    def test_a_decision_for_a_merged_contact_follows_it(self):
        one, two = self.two_duponts()
        three = self._new_partner("Dupont M.")
        self.question().action_link(two.id)
        self.env["base.partner.merge.automatic.wizard"]._merge((two + three).ids, three)
        self.again()
        self.assertEqual(self.partner("1"), three)
        self.assertFalse(one.sm_code)

    def test_a_decision_whose_contact_has_gone_is_asked_again(self):
        """Even when the evidence is clear by now: somebody had decided against it."""
        one, two = self.two_duponts()
        question = self.question()
        question.action_link(two.id)
        two.unlink()
        self.again()
        self.assertFalse(self.link("contact", "1"))
        self.assertEqual((question.state, question.must_ask), ("open", True))
        self.assertEqual(question.candidate_ids.partner_id, one)
        question.action_link(one.id)
        self.again()
        self.assertEqual(self.partner("1"), one)

    def test_take_back_before_it_was_taken_over(self):
        one, two = self.two_duponts()
        question = self.question()
        question.action_link(two.id)
        question.action_reopen()
        self.assertEqual(question.state, "open")
        self.assertFalse(question.partner_id)
        self.again()
        self.assertEqual(question.state, "open")
        self.assertFalse((one + two).filtered("sm_code"))

    def test_take_back_after_it_was_taken_over(self):
        """The contact is Odoo's again, and orders and dossiers follow the one who is meant."""
        one, two = self.two_duponts()
        question = self.question()
        question.action_link(two.id)
        article = {"Code article": "A1"}
        line = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "10,00"}
        orders = self.order_rows("LIE1", "1", line)
        dossiers = [{"N° dossier": "D1", "Code client": "1"}]
        self.sync(contact=[self.ROW], article=[article], order=orders, dossier=dossiers)
        self.assertEqual(self.order("LIE1").partner_id, two)
        dossier = self.link("dossier", "D1").dossier_id
        self.assertEqual(dossier.partner_id, two)
        question.action_reopen()
        self.assertFalse(two.sm_code)
        self.assertFalse(two.ref)
        self.sync(contact=[self.ROW], order=orders, dossier=dossiers)
        self.assertEqual(question.state, "open", "asked, though only one is left unlinked by code")
        self.assertEqual(self.quarantine("order", "LIE1").cause, "unknown_customer")
        self.assertEqual(self.quarantine("dossier", "D1").cause, "unknown_customer")
        question.action_link(one.id)
        self.sync(contact=[self.ROW], order=orders, dossier=dossiers)
        self.assertEqual(self.partner("1"), one)
        self.assertEqual(self.order("LIE1").partner_id, one)
        self.assertEqual(dossier.partner_id, one)

    def test_orders_wait_and_heal(self):
        _one, two = self.two_duponts()
        line = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "10,00"}
        orders = self.order_rows("LIE1", "1", line)
        self.sync(contact=[self.ROW], article=[{"Code article": "A1"}], order=orders)
        self.assert_quarantined("order", "LIE1", "unknown_customer")
        question = self.question()
        self.assertEqual(question.waiting_orders, 1)
        row = self.quarantine("order", "LIE1").with_user(self.operator)
        self.assertEqual(row.concerned, "match")
        self.assertEqual(row.action_open_concerned()["res_id"], question.id)
        question.action_link(two.id)
        self.sync(contact=[self.ROW], order=orders)
        self.assertEqual(self.order("LIE1").partner_id, two)
        self.assertEqual(self.quarantine("order", "LIE1").state, "healed")

    def test_two_rows_claim_one(self):
        partner = self._new_partner("Dupont", email=MAIL)
        rows = [self.ROW | {"Nom": "Dupont Jean"}, self.ROW | {"Code": "2", "Nom": "Dupont Marie"}]
        self.again(*rows)
        first, second = self.question("1"), self.question("2")
        self.assertEqual((first.state, second.state), ("open", "open"))
        board = first.board
        self.assertEqual(
            board["columns"][0]["rivals"], [{"id": second.id, "name": "2 · Dupont Marie"}]
        )
        first.action_link(partner.id)
        with self.assertRaises(UserError):
            second.action_link(partner.id)
        self.again(*rows)
        self.assertEqual(self.partner("1"), partner)
        self.assertTrue(self.partner("2"))
        self.assertNotEqual(self.partner("2"), partner)
        self.assertEqual(second.state, "solved", "nobody else is left, so it is a new one")

    def test_two_rows_claim_one_from_different_batches(self):
        """Who gets a contact does not depend on the batch that somebody is in."""
        partner = self._new_partner("Dupont", email=MAIL)
        self.startPatcher(patch.dict(apply.BATCH, {"contact": 1}))
        rows = [self.ROW | {"Nom": "Dupont Jean"}, self.ROW | {"Code": "2", "Nom": "Dupont Marie"}]
        self.again(*rows)
        self.assertEqual(self.question("1").state, "open")
        self.assertEqual(self.question("2").state, "open")
        self.assertFalse(partner.sm_code)

    def test_two_rows_claim_one_from_different_slices(self):
        """Nor on when the cron's time was up."""
        partner = self._new_partner("Dupont", email=MAIL)
        self.env.flush_all()
        commit = self.env.registry["ir.cron"]._commit_progress

        def no_time_left(cron, *args, **kwargs):
            commit(cron, *args, **kwargs)
            return 0

        self.drop_rows(
            "contact",
            self.ROW | {"Nom": "Dupont Jean"},
            self.ROW | {"Code": "2", "Nom": "Dupont Marie"},
        )
        with (
            patch.object(self.env.registry["ir.cron"], "_commit_progress", no_time_left),
            patch.dict(apply.BATCH, {"contact": 1}),
        ):
            for _slice in range(30):
                if self.run_night().state not in ("queued", "running"):
                    break
        self.env.invalidate_all()
        self.assertEqual(self.question("1").state, "open")
        self.assertEqual(self.question("2").state, "open")
        self.assertFalse(partner.sm_code)

    def test_who_waits_is_not_passed_over(self):
        """A later file cannot give somebody else the contact that a question is about."""
        partner = self._new_partner("Famille Dupont", email=MAIL, phone="0475 12 34 56")
        other = self._new_partner("Dupont Jean", email=MAIL)
        jean = self.ROW | {"Code": "1", "Nom": "Dupont"}
        self.again(jean)
        self.assertEqual(self.question("1").candidate_ids.partner_id, partner + other)
        feed = self.feeds["contact"]
        feed.missing_max_rows = 0
        marie = {"Code": "2", "Nom": "Dupont Famille", "GSM": "0475/12.34.56"}
        self.again(jean, marie)
        self.assertEqual(self.question("2").state, "open")
        self.assertFalse(partner.sm_code)

    def test_board(self):
        self._new_partner(
            "Dupont Marie", email=MAIL, phone="04/222.33.44", street="Rue Haute 1", zip="4000"
        )
        self._new_partner("Dupont Jean", email=MAIL, vat="BE0403170701", is_company=True)
        row = self.ROW | {
            "Téléphone": "+32 4 222 33 44",
            "Rue": "Rue Haute 1",
            "Code postal": "4000",
            "N° TVA": "BE0477472701",
        }
        self.again(row)
        board = self.question().board
        self.assertTrue(board["can_decide"])
        titles = [column["title"] for column in board["columns"]]
        self.assertIn("Marie", titles[0], "the best candidate first")
        cells = {line["name"]: line["cells"] for line in board["rows"]}
        self.assertEqual([cell["verdict"] for cell in cells["email"]], ["agree", "agree"])
        self.assertEqual([cell["verdict"] for cell in cells["phones"]], ["agree", "only_master"])
        self.assertEqual([cell["verdict"] for cell in cells["vat"]], ["only_master", "differ"])
        self.assertEqual(cells["address"][0]["verdict"], "agree")
        self.assertEqual(cells["name"][0]["verdict"], "similar")
        strengths = [column["strength"] for column in board["columns"]]
        self.assertEqual(strengths, ["strong", "weak"])

    def test_only_operators_answer(self):
        _one, two = self.two_duponts()
        question = self.question()
        for user in (self.user, self.user_employee):
            with self.assertRaises(AccessError):
                question.with_user(user).read(["name"])
            with self.assertRaises(UserError):
                question.with_user(user).action_link(two.id)
        with self.assertRaises(AccessError):
            question.with_user(self.operator).state = "create"
        self.assertEqual(question.state, "open")

    def test_an_article(self):
        for _number in range(2):
            self.env["product.product"].create({"name": "Chaise", "default_code": "A1"})
        products = self.env["product.product"].search([("default_code", "=", "A1")])
        self.sync(article=[{"Code article": "A1"}])
        question = self.question("A1", "article")
        self.assertEqual(question.candidate_ids.product_id, products)
        self.assertEqual(question.board["rows"][0]["name"], "name")
        question.action_link(products[1].id)
        self.sync(article=[{"Code article": "A1"}])
        self.assertEqual(self.product("A1"), products[1])

    def test_an_order_of_another_customer(self):
        order = self.env["sale.order"].create(
            {"name": "LIE1", "partner_id": self._new_partner("Somebody Else").id}
        )
        line = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "10,00"}
        rows = self.order_rows("LIE1", "1", line)
        self.sync(
            contact=[{"Code": "1", "Nom": "Dupont"}], article=[{"Code article": "A1"}], order=rows
        )
        question = self.question("LIE1", "order")
        self.assertEqual(question.candidate_ids.order_id, order)
        self.assertTrue(question.board["columns"])
        question.action_create_new()
        self.sync(order=rows)
        self.assertTrue(self.order("LIE1"))
        self.assertNotEqual(self.order("LIE1"), order)

    def test_personal_data_is_forgotten(self):
        _one, two = self.two_duponts()
        question = self.question().sudo()
        question.action_link(two.id)
        self.again()
        question.flush_recordset()
        self.env.cr.execute(
            "UPDATE sm_match SET write_date = now() - interval '91 days' WHERE id = %s",
            [question.id],
        )
        question.invalidate_recordset()
        question._gc_settled()
        self.assertFalse(question.record)
        self.assertEqual(question.state, "link")
        self.assertFalse(question.board)


@tagged("post_install", "-at_install")
class TestMatchByHand(MatchCase):
    """«This is Silicon Master's customer …», from the contact."""

    def wizard(self, partner, key, **values):
        return (
            self.env["sm.match.by.hand"]
            .with_user(self.operator)
            .create(
                {
                    "partner_id": partner.id,
                    "backend_id": self.backend.id,
                    "external_id": key,
                    **values,
                }
            )
        )

    def test_a_key_that_comes_later(self):
        partner = self._new_partner("Prospect SA")
        wizard = self.wizard(partner, " 42 ")
        self.assertIn("not sent this key yet", wizard.hint)
        wizard.action_link()
        self.again({"Code": "42", "Nom": "Tout à fait autre"})
        self.assertEqual(self.partner("42"), partner)
        self.assertEqual(partner.name, "Tout à fait autre")

    def test_a_key_that_waits(self):
        self.two_duponts()
        third = self._new_partner("Autre")
        wizard = self.wizard(third, "1")
        self.assertEqual(wizard.hint, "Silicon Master: Dupont")
        wizard.action_link()
        self.again()
        self.assertEqual(self.partner("1"), third)

    def test_a_key_that_is_somebody_else(self):
        self.again({"Code": "1", "Nom": "Dupont"})
        partner = self._new_partner("Autre")
        wizard = self.wizard(partner, "1")
        self.assertIn("already", wizard.hint)
        with self.assertRaisesRegex(UserError, "merge"):
            wizard.action_link()

    def test_a_contact_that_has_a_key(self):
        self.again({"Code": "1", "Nom": "Dupont"})
        with self.assertRaisesRegex(UserError, "already linked to 1"):
            self.wizard(self.partner("1"), "2").action_link()

    def test_unlink_with_a_reason(self):
        self.again({"Code": "1", "Nom": "Dupont", "E-mail": MAIL})
        partner = self.partner("1")
        wizard = self.wizard(partner, False)
        with self.assertRaises(UserError):
            wizard.action_unlink()
        wizard.reason = "A namesake"
        wizard.action_unlink()
        self.assertFalse(partner.sm_code)
        question = self.question()
        self.assertEqual((question.state, question.note), ("open", "A namesake"))
        self.again({"Code": "1", "Nom": "Dupont", "E-mail": MAIL})
        self.assertEqual(question.state, "open", "it is not linked again by itself")
        self.assertEqual(question.candidate_ids.partner_id, partner)
        question.action_create_new()
        self.again({"Code": "1", "Nom": "Dupont", "E-mail": MAIL})
        self.assertTrue(self.partner("1"))
        self.assertNotEqual(self.partner("1"), partner)

    def test_only_operators(self):
        partner = self._new_partner("Prospect SA")
        with self.assertRaises(AccessError):
            self.env["sm.match.by.hand"].with_user(self.user).create({"partner_id": partner.id})

    def test_an_archived_candidate_may_be_meant(self):
        one, _two = self.two_duponts()
        one.write({"active": False, "category_id": [Command.clear()]})
        self.question().action_link(one.id)
        self.again()
        self.assertEqual(self.partner("1"), one)
        self.assertTrue(one.active)
