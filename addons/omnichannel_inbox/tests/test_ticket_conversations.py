from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models.crm_ticket import CHAT_POINTS
from ..providers import PROVIDERS
from ..providers.base import Capabilities
from .common import FakeProvider
from .common_ingest import OTHER_MAILBOX, START, IngestCase


class _Chat(FakeProvider):
    code = "chat"
    capabilities = Capabilities(text_limit=450)


@tagged("post_install", "-at_install")
class TestTicketConversations(IngestCase):
    """Tickets as what conversations are about."""

    def _two(self):
        """Two tickets with a conversation each, on two channels.

        :return: the first messages
        """
        return (
            self._ingest(minutes=0),
            self._ingest(minutes=10, channel=self.other_channel, to=[OTHER_MAILBOX]),
        )

    def test_merge_and_undo(self):
        """A merge moves conversations, an undo brings them back; nothing else is touched."""
        first, second = self._two()
        target, source = self._ticket_of(first), self._ticket_of(second)
        before = source._merge_values()["values"], target._merge_values()["values"]
        bodies = (first | second).mail_message_id.mapped("res_id")
        log = source._merge_into(target)
        self.assertEqual(target.conversation_ids, (first | second).conversation_id)
        self.assertEqual(second.conversation_id.ticket_id, target)
        self.assertEqual(target.channel_ids, self.channel | self.other_channel)
        self.assertEqual((first | second).mail_message_id.mapped("res_id"), bodies)
        log.action_undo()
        self.assertEqual(target.conversation_ids, first.conversation_id)
        self.assertEqual(source.conversation_ids, second.conversation_id)
        self.assertEqual(
            (source._merge_values()["values"], target._merge_values()["values"]), before
        )

    def test_written_after_a_merge(self):
        """What comes in after the merge belongs to what remains; the undo takes it along."""
        first, second = self._two()
        target, source = self._ticket_of(first), self._ticket_of(second)
        log = source._merge_into(target)
        target._answered(START + timedelta(minutes=30), self.user_rep)
        self.assertFalse(target.waiting_since)
        later = self._ingest(
            minutes=60,
            channel=self.other_channel,
            to=[OTHER_MAILBOX],
            references=(second.internet_message_id,),
        )
        self.assertEqual(self._ticket_of(later), target)
        self.assertEqual(target.waiting_since, later.sent)
        later.flush_recordset()
        self.env.cr.execute(
            "UPDATE omni_message SET create_date = create_date + interval '1 minute' WHERE id = %s",
            [later.id],
        )
        later.invalidate_recordset()
        log.action_undo()
        self.assertEqual(self._ticket_of(later), source)
        self.assertEqual(source.last_customer_date, later.sent)
        self.assertEqual(source.state, "open")
        self.assertTrue(source.waiting_since)

    def test_oldest_unanswered(self):
        """He wrote twice after our answer: he waits since the first of the two."""
        first = self._ingest(minutes=0)
        self._ingest(minutes=20, references=(first.internet_message_id,))
        self._ingest(minutes=40, references=(first.internet_message_id,))
        ticket = self._ticket_of(first)
        ticket._answered(START + timedelta(minutes=10), self.user_rep)
        self.assertEqual(ticket.waiting_since, START + timedelta(minutes=20))

    def test_deleted_ticket(self):
        """A ticket is deleted: what was written is the customer's history."""
        message = self._ingest()
        self._ticket_of(message).unlink()
        conversation = message.conversation_id
        self.assertTrue(conversation.exists())
        self.assertFalse(conversation.case_id)
        self.assertFalse(conversation.ticket_id)
        again = self._ingest(references=(message.internet_message_id,))
        self.assertEqual(again.conversation_id, conversation)
        self.assertTrue(self._ticket_of(again))

    def test_service_level_of_a_channel(self):
        """A service level for one channel is not promised on another."""
        sla = self.env["crm.ticket.sla"].create(
            {"name": "Orders", "hours": 1, "sequence": -1, "channel_ids": self.other_channel.ids}
        )
        first, second = self._two()
        self.assertNotIn(sla, self._ticket_of(first).sla_status_ids.sla_id)
        self.assertIn(sla, self._ticket_of(second).sla_status_ids.sla_id)

    def test_chat_before_mail(self):
        """Who waits in a chat comes first, and it is said why."""
        PROVIDERS["chat"] = _Chat
        self.addCleanup(PROVIDERS.pop, "chat")
        channel = self._new_channel("chat")
        now = self.env.cr.now()
        mail = self._ticket_of(self._ingest(sent=now))
        chat = self._ticket_of(
            self._ingest(sent=now, channel=channel, message_id="", sender="visitor-1")
        )
        self.assertEqual(chat.priority_score - mail.priority_score, CHAT_POINTS)
        self.assertIn("Waits in a chat", chat._priority_reason_texts())

    def test_customer_card(self):
        """The card shows what was written last, of the whole company."""
        company = self.env["res.partner"].create({"name": "Tafel", "is_company": True})
        self.partner.parent_id = company
        message = self._ingest(subject="The card")
        for partner in (self.partner, company):
            card = partner.with_user(self.user_rep).get_customer_card()
            section = next(one for one in card["sections"] if one["key"] == "conversations")
            self.assertEqual(section["records"][0]["title"], "The card")
            self.assertEqual(section["records"][0]["res_id"], message.conversation_id.id)
        hidden = self.partner.with_user(self.user_other).get_customer_card()
        section = next(one for one in hidden["sections"] if one["key"] == "conversations")
        self.assertFalse(section["records"])
        action = company.with_user(self.user_rep).action_omni_conversations()
        self.assertEqual(
            self.env["omni.conversation"].search(action["domain"]), message.conversation_id
        )

    def test_search_by_channel(self):
        """Tickets are found by the channels of their conversations."""
        first, second = self._two()
        found = self.env["crm.ticket"].search([("channel_ids", "in", self.other_channel.ids)])
        self.assertIn(self._ticket_of(second), found)
        self.assertNotIn(self._ticket_of(first), found)

    def test_rule_patterns(self):
        """What is neither address nor domain is refused, with an example."""
        with self.assertRaises(ValidationError):
            self.env["omni.rule"].create({"name": "x", "sender_patterns": "jan @@ tafel"})

    def test_rule_of_another_company(self):
        """A rule of one company has no team of another."""
        company = self.env["res.company"].create({"name": "Other Shop"})
        self.team.company_id = self.env.company
        with self.assertRaises(ValidationError):
            self.env["omni.rule"].create(
                {"name": "x", "company_id": company.id, "team_id": self.team.id}
            )

    def test_rule_says_what_it_does(self):
        """Every rule that ships tells in one line when it holds."""
        for rule in self.env["omni.rule"].search([]):
            self.assertTrue(rule.summary)
