from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..models.crm_ticket import CHAT_POINTS, CHAT_WAITING_MAX, KEY_ACCOUNT_POINTS, WINDOW_POINTS
from .common_join import ORDER, JoinCase


@tagged("post_install", "-at_install")
class TestPriority(JoinCase):
    """What comes first, and why: computed, explained, sorted anew while nothing happens."""

    def _reasons(self, ticket):
        ticket._refresh_priority()
        return {one["code"]: one["points"] for one in ticket.priority_reasons or ()}

    def _now(self, **ago):
        return fields.Datetime.now() - timedelta(**ago)

    def test_minutes_in_a_chat(self):
        """In a chat every minute counts, up to a point, and is said."""
        ticket = self._ticket_of(self._says(sent=self._now(minutes=5), known=False))
        reasons = self._reasons(ticket)
        self.assertEqual((reasons["chat"], reasons["chat_waiting"]), (CHAT_POINTS, 10))
        self.assertIn("In the chat for 5 min", ticket._priority_reason_texts())
        ticket.waiting_since = self._now(hours=3)
        self.assertEqual(self._reasons(ticket)["chat_waiting"], CHAT_WAITING_MAX)
        self.assertIn("In the chat for more than 20 min", ticket._priority_reason_texts())

    def test_only_who_waits(self):
        """Answered in the chat, still waiting by mail: no chat any more."""
        chat = self._says(sent=self._now(minutes=5))
        mail = self._mails(sent=self._now(minutes=4))
        ticket = self._ticket_of(chat)
        self.assertEqual(self._ticket_of(mail), ticket)
        self.assertIn("chat", self._reasons(ticket))
        sent = self._sent(chat)
        chat.conversation_id._note_messages(sent)
        ticket._case_answered(sent)
        self.assertTrue(ticket.waiting_since)
        self.assertNotIn("chat", self._reasons(ticket))

    def test_answered_there(self):
        """Somebody takes care of him at the other desk: nobody waits here."""
        chat = self._says(sent=self._now(minutes=5), known=False)
        ticket = self._ticket_of(chat)
        chat.conversation_id.is_open_there = True
        self.assertNotIn("chat", self._reasons(ticket))

    def test_window_about_to_close(self):
        """A channel that closes soon comes first, with the time that is left."""
        message = self._says(channel=self.page, sent=self._now(hours=22, minutes=10), known=False)
        ticket = self._ticket_of(message)
        self.assertEqual(self._reasons(ticket)["window"], WINDOW_POINTS)
        self.assertIn("Can be answered for 01:30 more", ticket._priority_reason_texts())
        message.conversation_id.reply_until = self._now(hours=-23)
        self.assertNotIn("window", self._reasons(ticket))
        message.conversation_id.reply_until = self._now(hours=1)
        message.conversation_id.human_until = self._now(hours=-3)
        self.assertIn("window", self._reasons(ticket))

    def test_key_account(self):
        """A tag of key accounts, his or his company's."""
        ticket = self._ticket_of(self._mails(sent=self._now(minutes=1)))
        self.assertNotIn("key_account", self._reasons(ticket))
        tag = self.env["res.partner.category"].create({"name": "VIP", "is_key_account": True})
        company = self.env["res.partner"].create({"name": "Tafel", "is_company": True})
        company.category_id = tag
        self.partner.parent_id = company
        self.assertTrue(self.partner._is_key_account())
        self.assertEqual(self._reasons(ticket)["key_account"], KEY_ACCOUNT_POINTS)
        self.assertIn("Key account", ticket._priority_reason_texts())

    def test_open_order(self):
        """An order that is under way."""
        self.order.action_confirm()
        ticket = self._ticket_of(self._mails(f"{ORDER}?", sent=self._now(minutes=1)))
        self.assertTrue({"order", "late_order"} & self._reasons(ticket).keys())

    def test_chat_before_mail(self):
        """Five minutes in a chat come before an hour in a mailbox."""
        mail = self._ticket_of(self._mails(sent=self._now(hours=1)))
        chat = self._ticket_of(self._says(sent=self._now(minutes=5), known=False))
        (mail | chat)._refresh_priority()
        self.assertGreater(chat.priority_score, mail.priority_score)

    def test_inboxes_sort_anew(self):
        """Time goes by: open inboxes are told which lines have another place."""
        ticket = self._ticket_of(self._says(sent=self._now(minutes=1), known=False))
        ticket._refresh_priority()
        self.env.cr.precommit.data.pop("omni.inbox.changed", None)
        ticket.waiting_since = self._now(minutes=9)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_ticket SET priority_score = 0 WHERE id = %s", [ticket.id])
        ticket.invalidate_recordset()
        self.assertEqual(ticket._refresh_priority(), ticket)
        self.assertIn(ticket.id, self.env.cr.precommit.data["omni.inbox.changed"]["state"])
