from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_inbox import InboxCase


@tagged("post_install", "-at_install")
class TestInboxPreferences(InboxCase):
    def test_away(self):
        anna = self.anna.with_user(self.anna)
        anna.write({"omni_is_away": True})
        member = self.team.crm_team_member_ids.filtered(lambda one: one.user_id == self.anna)
        self.assertTrue(member.is_away)
        self.assertTrue(anna.read(["omni_is_away"])[0]["omni_is_away"])
        anna.write({"omni_is_away": False})
        self.assertFalse(member.is_away)
        with self.assertRaises(AccessError):
            self.bert.with_user(self.anna).write({"omni_is_away": True})

    def test_what_sending_does(self):
        self.anna.with_user(self.anna).write({"omni_then": "close"})
        self.assertEqual(self.inbox.get_inbox()["me"]["then"], "close")
        self.assertEqual(self._as(self.bert).get_inbox()["me"]["then"], "wait")

    def test_leaders_put_canned_answers_right(self):
        group = self.env.ref("crm_ticket.group_ticket_user")
        canned = (
            self.env["mail.canned.response"]
            .with_user(self.anna)
            .create({"source": "hi", "substitution": "Hello", "group_ids": group.ids})
        )
        canned.with_user(self.lena).substitution = "Good day"
        with self.assertRaises(AccessError):
            canned.with_user(self.bert).substitution = "Yo"
        self.assertIn("{order}", canned.omni_variables)
