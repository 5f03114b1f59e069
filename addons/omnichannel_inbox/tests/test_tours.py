from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import OmniHttpCase


@tagged("post_install", "-at_install")
class TestTours(OmniHttpCase):
    """A rep before his inbox."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bert = cls._new_user("omni_bert", "crm_ticket.group_ticket_user", name="Bert Answer")
        cls.team.crm_team_member_ids = [Command.create({"user_id": cls.bert.id})]
        cls.env["crm.tag"].create({"name": "Fragile"})
        cls.anne = cls._new_partner("Anne Tourneur", email="anne@example.com")

    def setUp(self):
        super().setUp()
        self.sofa = self._deliver(
            html="<p>Where is it? I have been <b>waiting</b>.</p>",
            author="anne@example.com",
            name="Anne",
            subject="Where is my sofa",
        )
        self._deliver("It has three legs.", author="bob@example.com", subject="Broken chair")
        self._deliver(
            "The doorbell does not work.", author="eve@example.com", subject="Delivery on Friday"
        )
        self.ticket = self.sofa.conversation_id._case()

    def tour(self, name, path="inbox", **kwargs):
        self.start_tour(
            f"/odoo/{path}", f"omnichannel_inbox_{name}_tour", login="omni_rep", **kwargs
        )

    def of(self, subject):
        return self.env["crm.ticket"].search([("name", "=", subject)])

    def test_answer(self):
        self.tour("answer")
        out = self.ticket.conversation_ids.omni_message_ids.filtered(
            lambda message: message.direction == "out"
        )
        self.assertEqual(sorted(out.mapped("state")), ["cancelled", "queued"])
        self.assertIn("Monday", out.filtered(lambda one: one.state == "queued").text_body)
        self.assertNotIn("&lt;", "".join(out.mail_message_id.mapped("body")))
        self.assertEqual(self.ticket.state, "waiting")
        self.assertEqual(self.ticket.user_id, self.user_rep, "who answers what is nobody's has it")
        self.assertIn("Ask the depot", "".join(self.ticket.message_ids.mapped("body")))
        self.assertFalse(self.env["omni.draft"].search([("user_id", "=", self.user_rep.id)]))

    def test_sort(self):
        self.tour("sort")
        chair = self.of("Broken chair")
        self.assertEqual((chair.state, chair.user_id), ("done", self.user_rep))
        self.assertEqual(chair.category_id.name, "Return")
        self.assertEqual(chair.tag_ids.name, "Fragile")
        self.assertFalse(chair.snoozed_until)

    def test_merge(self):
        self.tour("merge")
        friday = self.of("Delivery on Friday")
        self.assertTrue(friday.active)
        self.assertEqual(len(friday.conversation_ids), 1)
        self.assertEqual(len(self.ticket.conversation_ids), 1)

    def test_bulk(self):
        self.tour("bulk")
        tickets = self.of("Broken chair") | self.of("Delivery on Friday")
        self.assertEqual(tickets.mapped("state"), ["open", "open"])

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self.tour("phone")
        texts = self.ticket.conversation_ids.omni_message_ids.mapped("text_body")
        self.assertIn("On my way", "".join(texts))

    def test_changed(self):
        """A colleague answers between the beginning of an answer and its end."""

        def answer(_records):
            self._answer(self.sofa, "<p>I have told her</p>", self.bert)

        with patch.object(type(self.env["crm.ticket"]), "omni_test_answer", answer, create=True):
            self.tour("changed", f"inbox/{self.ticket.id}")
        out = self.ticket.conversation_ids.omni_message_ids.filtered(
            lambda message: message.direction == "out"
        )
        self.assertEqual(out.user_id, self.bert, "the other one has not been sent")
        self.assertFalse(self.env["omni.draft"].search([("user_id", "=", self.user_rep.id)]))
