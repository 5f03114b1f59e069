from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..ingest.batch import IngestBatch
from .common_join import ORDER, JoinCase

#: What the screen shows of a ticket and its clocks: as it was means all of this.
SHOWN = (
    "state",
    "stage_id",
    "waiting_since",
    "first_customer_date",
    "last_customer_date",
    "first_answer_date",
    "last_answer_date",
    "user_id",
    "partner_id",
    "order_ids",
    "tag_ids",
    "inbox_date",
    "inbox_preview",
    "inbox_last_in",
    "inbox_channel_id",
    "inbox_is_mixed",
)


@tagged("post_install", "-at_install")
class TestJoinUndo(JoinCase):
    """One click parts what was joined, exactly; messages never change their conversation."""

    def _picture(self, ticket):
        """How a ticket stands."""
        ticket.invalidate_recordset()
        clocks = [
            (one.sla_id.id, one.kind, one.state, one.deadline)
            for one in ticket.sudo().sla_status_ids.sorted("id")
        ]
        return {name: ticket[name] for name in SHOWN}, clocks

    def _undo(self, ticket, user=None):
        join = self._joins_of(ticket).filtered(lambda one: one.state == "joined")[:1]
        answer = self._as(user or self.user_rep).undo_join(join.id)
        self.env.invalidate_all()
        return answer

    def _later(self, message):
        """The clock of the database stands still in a test: this was written after the join."""
        message.flush_recordset()
        self.env.cr.execute(
            "UPDATE omni_message SET create_date = create_date + interval '1 minute' WHERE id = %s",
            [message.id],
        )
        message.invalidate_recordset()
        return message

    # === EXACTLY ===

    def test_as_if_it_had_not_come(self):
        """The ticket stands as before, and the conversation has one as if it had opened it."""
        self.env["crm.ticket.sla"].create({"name": "Soon", "hours": 4, "team_ids": self.team.ids})
        mail = self._mails(minutes=0)
        ticket = self._ticket_of(mail)
        ticket._answered(mail.sent + timedelta(minutes=5), self.user_rep)
        ticket.action_wait()
        before = self._picture(ticket)
        chat = self._says(f"And {ORDER}?", minutes=30)
        self.assertEqual(self._ticket_of(chat), ticket)
        self.assertEqual((ticket.state, ticket.waiting_since), ("open", chat.sent))
        self.assertEqual(ticket.order_ids, self.order)

        answer = self._undo(ticket)
        self.assertEqual(self._picture(ticket), before)
        new = self._ticket_of(chat)
        self.assertEqual(answer["ids"], [ticket.id, new.id])
        self.assertEqual(new.conversation_ids, chat.conversation_id)
        self.assertEqual(new.partner_id, self.partner)
        self.assertEqual(new.order_ids, self.order)
        self.assertEqual((new.state, new.waiting_since), ("open", chat.sent))
        self.assertEqual(new.origin_channel_id, self.chat)
        self.assertTrue(new.sla_status_ids)
        self.assertIn(new.number, ticket.message_ids[0].body)

    def test_merge_and_back(self):
        """Two tickets joined when it became certain stand as before."""
        mail = self._mails(minutes=0)
        chat = self._says(ORDER, minutes=10, known=False)
        one, two = self._ticket_of(mail), self._ticket_of(chat)
        before = self._picture(one)
        self._says("4000", minutes=11, known=False)
        self.assertEqual(self._ticket_of(chat), one)
        self._undo(one)
        self.assertEqual(self._picture(one), before)
        self.assertEqual(self._ticket_of(chat), two)
        self.assertTrue(two.active)
        self.assertEqual(len(chat.conversation_id.omni_message_ids), 2)

    def test_written_since(self):
        """What was written since stays with its conversation, and counts where it is."""
        mail = self._mails(minutes=0)
        ticket = self._ticket_of(mail)
        ticket._answered(mail.sent + timedelta(minutes=1), self.user_rep)
        chat = self._says(minutes=10)
        in_mail = self._later(
            self._mails("And?", minutes=20, references=(mail.internet_message_id,))
        )
        in_chat = self._later(self._says("Hello?", minutes=30))
        self.assertEqual(ticket.waiting_since, chat.sent)
        self._undo(ticket)
        new = self._ticket_of(chat)
        self.assertEqual(self._ticket_of(in_chat), new)
        self.assertEqual(self._ticket_of(in_mail), ticket)
        self.assertEqual((ticket.waiting_since, ticket.state), (in_mail.sent, "open"))
        self.assertEqual(ticket.last_customer_date, in_mail.sent)
        self.assertEqual((new.waiting_since, new.last_customer_date), (chat.sent, in_chat.sent))
        again = self._says("Still here", minutes=40)
        self.assertEqual(self._ticket_of(again), new)

    def test_answered_since(self):
        """What we answered in it since is what its ticket knows."""
        ticket = self._ticket_of(self._mails(minutes=0))
        chat = self._says(minutes=10)
        sent = self._sent(chat)
        ticket._case_answered(sent)
        self._undo(ticket)
        new = self._ticket_of(chat)
        self.assertEqual((new.first_answer_date, new.waiting_since), (sent.sent, False))
        self.assertEqual(new.state, "open", "the ticket was ours, too")

    def test_waiting_since(self):
        """What has been answered, and waits for the customer, is not our turn by being parted."""
        ticket = self._ticket_of(self._mails(minutes=0))
        chat = self._says(minutes=10)
        ticket._case_answered(self._sent(chat))
        ticket.action_wait()
        self._undo(ticket)
        new = self._ticket_of(chat)
        self.assertEqual((new.state, new.waiting_since), ("waiting", False))

    def test_changed_by_somebody_since(self):
        """What a person has changed on the ticket since stays changed."""
        ticket = self._ticket_of(self._mails())
        self._says()
        ticket.write({"user_id": self.user_rep.id, "priority": "2"})
        self._undo(ticket)
        self.assertEqual((ticket.user_id, ticket.priority), (self.user_rep, "2"))

    # === REMEMBERED ===

    def test_not_joined_again(self):
        """They are not joined by themselves again: not these, and not their next ones."""
        mail, chat = self._mails(minutes=0), self._says(minutes=1)
        ticket = self._ticket_of(mail)
        self._undo(ticket)
        other = self._ticket_of(chat)
        chat.author_identity_id._join_cases()
        self.assertEqual(self._ticket_of(chat), other)
        for one in (ticket, other):
            one.action_close()
        mail = self._mails(minutes=60)
        chat = self._says(minutes=61, conversation="another thread")
        self.assertNotEqual(self._ticket_of(mail), self._ticket_of(chat))

    def test_split_is_remembered(self):
        """Taken out by hand: it does not come back by itself, unless that is taken back."""
        mail, chat = self._mails(minutes=0), self._says(minutes=1)
        ticket = self._ticket_of(mail)
        inbox = self._as(self.user_rep)
        answer = inbox.split(ticket.id, chat.conversation_id.ids)
        other = self._ticket_of(chat)
        self.assertFalse(self._data(ticket)["joined"])
        (mail | chat).author_identity_id._join_cases()
        self.assertEqual((self._ticket_of(mail), self._ticket_of(chat)), (ticket, other))
        page = self._says(minutes=2, channel=self.page)
        self.assertNotIn(self._ticket_of(page), (ticket, other))
        inbox.undo(answer["undo"])
        self.assertEqual(self._ticket_of(chat), ticket)
        self.assertEqual(len(self._data(ticket)["joined"]), 1)
        self.assertFalse(self.env["omni.join"]._refused_pairs(chat.author_identity_id))

    def test_others_of_his_are_joined_still(self):
        """Only those that somebody parted stay apart."""
        mail, chat = self._mails(minutes=0), self._says(minutes=1)
        self._undo(self._ticket_of(mail))
        for message in (mail, chat):
            self._ticket_of(message).action_close()
        mail = self._mails(minutes=60)
        page = self._says(minutes=61, channel=self.page)
        self.assertEqual(self._ticket_of(mail), self._ticket_of(page))

    # === WHAT CANNOT BE ===

    def test_only_once(self):
        ticket = self._ticket_of(self._mails())
        self._says()
        join = self._joins_of(ticket)
        self._undo(ticket)
        with self.assertRaises(UserError):
            self._as(self.user_rep).undo_join(join.id)

    def test_moved_since(self):
        """Somebody has put the conversation elsewhere: nothing is undone behind his back."""
        ticket = self._ticket_of(self._mails())
        chat = self._says()
        join = self._joins_of(ticket)
        chat.conversation_id._set_case(self.env["crm.ticket"].create({"name": "Elsewhere"}))
        self.assertFalse(self._data(ticket)["joined"])
        with self.assertRaises(UserError):
            self._as(self.user_rep).undo_join(join.id)
        self.assertEqual(join.state, "joined")

    def test_merged_since(self):
        """The ticket has become part of another one: the conversation comes out of that."""
        other = self._ticket_of(self._mails(other=True))
        other.partner_id = False
        ticket = self._ticket_of(self._mails())
        chat = self._says()
        self.assertEqual(self._ticket_of(chat), ticket)
        ticket.with_user(self.user_rep)._merge_into(other.with_user(self.user_rep))
        [joined] = self._data(other)["joined"]
        self._as(self.user_rep).undo_join(joined["id"])
        self.assertNotIn(self._ticket_of(chat), (ticket, other))
        self.assertEqual(len(other.conversation_ids), 2)

    def test_erased(self):
        """What the tickets were was erased at the request of the customer: nothing is guessed."""
        mail = self._mails(minutes=0)
        self._says(ORDER, minutes=10, known=False)
        self._says("4000", minutes=11, known=False)
        join = self._joins_of(self._ticket_of(mail))
        join.merge_id.sudo().snapshot = False
        with self.assertRaises(UserError):
            self._as(self.user_rep).undo_join(join.id)
        self.assertEqual(join.state, "joined")

    def test_erased_after_it_came(self):
        """The same of a conversation that had come to the ticket: it can still be taken out."""
        ticket = self._ticket_of(self._mails())
        chat = self._says()
        self._joins_of(ticket).sudo().write({"snapshot": False, "reasons": False})
        self._undo(ticket)
        self.assertNotEqual(self._ticket_of(chat), ticket)

    def test_nothing_left(self):
        """What it had joined is gone: there is nothing to part."""
        mail = self._mails()
        ticket = self._ticket_of(mail)
        chat = self._says()
        mail.conversation_id._set_case(self.env["crm.ticket"])
        self.assertFalse(self.env["omni.join"].browse(self._joins_of(ticket).id)._undo())
        self.assertEqual(self._ticket_of(chat), ticket)

    def test_undone_twice_at_once(self):
        """A merge that was undone from the ticket's own list is parted all the same."""
        mail = self._mails(minutes=0)
        self._says(ORDER, minutes=10, known=False)
        self._says("4000", minutes=11, known=False)
        ticket = self._ticket_of(mail)
        join = self._joins_of(ticket)
        join.merge_id.action_undo()
        self.assertFalse(self._data(ticket)["joined"])
        self.assertEqual(join.state, "undone")

    # === QUERIES ===

    def test_five_hundred_messages(self):
        """Joining and parting two tickets costs the same, however much is written in them."""
        self.env["crm.ticket.sla"].create({"name": "Soon", "hours": 4, "team_ids": self.team.ids})
        first = self._mails(minutes=0, other=True)
        mails = [
            self._inbound(f"Message {n}", minutes=n, conversation="thread") for n in range(500)
        ]
        second = self.env["omni.conversation"]._ingest_batch(self.channel, mails)[0]
        one, two = self._ticket_of(first), self._ticket_of(second)
        inbox = self._as(self.user_rep)
        for place in range(2):
            # with the tickets on the screen; the first time what is asked once per process
            joined, _answer = self._queries(lambda: inbox.join(one.id, two.id), one, two)
            join = self._joins_of(one)[:1]
            parted, _answer = self._queries(lambda join=join: inbox.undo_join(join.id), one, two)
            if place:
                self.assertLess(joined, 20)
                self.assertLess(parted, 20)

    def _queries(self, do, *tickets):
        """How many queries something costs with tickets that are shown."""
        self.env.flush_all()
        for ticket in tickets:
            self._as(self.user_rep).get_thread(ticket.id)
            self._data(ticket)
        self._joins_of(tickets[0]).mapped("merge_id.snapshot")
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        with mute_logger("odoo.models.unlink"):
            answer = do()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before, answer


@tagged("post_install", "-at_install")
class TestAnsweredToo(JoinCase):
    """One answer marks the others as answered, with a note of what was said where."""

    def setUp(self):
        super().setUp()
        self.mail = self._mails(minutes=0)
        self.said = self._says(minutes=1)
        self.ticket = self._ticket_of(self.mail)
        self.assertEqual(self._ticket_of(self.said), self.ticket)

    def _waiting(self, conversation):
        thread = self._as(self.user_rep).get_thread(self.ticket.id)
        return [
            row["id"]
            for row in thread["conversations"]
            if row["waits"] and row["id"] != conversation.id
        ]

    def test_who_waits_beside(self):
        """Beside the conversation that is answered, the others in which he waits are shown."""
        self.assertEqual(self._waiting(self.mail.conversation_id), self.said.conversation_id.ids)
        sent = self._sent(self.mail)
        self.ticket._case_answered(sent)
        self.assertEqual(self.ticket.waiting_since, self.said.sent)
        self.assertFalse(self._waiting(self.said.conversation_id))
        self.assertEqual(self._waiting(self.mail.conversation_id), self.said.conversation_id.ids)

    def test_taken_care_of_elsewhere(self):
        """Whoever is being answered in the other system does not wait here."""
        self.said.conversation_id.write({"is_elsewhere": True, "is_open_there": True})
        self.assertFalse(self._waiting(self.mail.conversation_id))
        self.ticket._case_answered(self._sent(self.mail))
        self.assertFalse(self.ticket.waiting_since)

    def test_one_elsewhere_and_one_waiting(self):
        """Answered on the page, taken care of in the chat: by mail he waits still."""
        page = self._says(minutes=2, channel=self.page)
        self.said.conversation_id.write({"is_elsewhere": True, "is_open_there": True})
        self.ticket._case_answered(self._sent(page))
        self.assertEqual(self.ticket.waiting_since, self.mail.sent)

    def test_mark(self):
        """Marked: nobody waits, and the note says what was said where."""
        sent = self._sent(self.mail)
        self.ticket._case_answered(sent)
        answer = self._as(self.user_rep).mark_answered(
            self.ticket.id, self.said.conversation_id.ids, sent.id
        )
        self.assertEqual(answer["ids"], self.ticket.ids)
        self.assertEqual(self.said.conversation_id.answered_by_id, sent)
        self.assertFalse(self.ticket.waiting_since)
        self.assertFalse(self._waiting(self.mail.conversation_id))
        note = self.ticket.message_ids[0]
        self.assertIn("Chat", note.body)
        self.assertIn("We look into it.", note.body)
        self.assertTrue(note.subtype_id.internal)

    def test_writes_again(self):
        """He writes there again: he waits there again."""
        sent = self._sent(self.mail)
        self.ticket._case_answered(sent)
        self._as(self.user_rep).mark_answered(
            self.ticket.id, self.said.conversation_id.ids, sent.id
        )
        again = self._says("And in red?", minutes=60)
        self.assertFalse(self.said.conversation_id.answered_by_id)
        self.assertEqual(self.ticket.waiting_since, again.sent)
        self.assertEqual(self._waiting(self.mail.conversation_id), self.said.conversation_id.ids)

    def _queued(self):
        """An answer to the mail that answers the chat too, and has not left yet."""
        queued = self._answer(self.mail, to=[{"email": "jan@tafel.example"}])
        self._as(self.user_rep)._mark_answered(
            self.ticket, self.said.conversation_id.sudo(), queued.sudo()
        )
        return queued

    def test_noted_when_it_leaves(self):
        """An answer that waits to be sent is noted when it has left, not before."""
        notes = len(self.ticket.message_ids)
        queued = self._queued()
        self.assertEqual(len(self.ticket.message_ids), notes)
        self.assertEqual(self.ticket.waiting_since, self.mail.sent)
        queued._set_sent()
        self.assertEqual(len(self.ticket.message_ids), notes + 1)
        self.assertFalse(self.ticket.waiting_since)

    def test_taken_back(self):
        """The answer is taken back before it leaves, or fails: nothing is answered by it."""
        for undo in (
            lambda message: message._set_cancelled(),
            lambda message: message._set_failed("recipient", "No such address"),
        ):
            queued = self._queued()
            self.assertFalse(self._waiting(self.mail.conversation_id))
            undo(queued)
            self.assertFalse(self.said.conversation_id.answered_by_id)
            self.assertEqual(
                self._waiting(self.mail.conversation_id), self.said.conversation_id.ids
            )

    def test_same_address(self):
        """Two mails of one address in one ticket: an answer to it answers both."""
        second = self._mails(minutes=2)
        self._as(self.user_rep).join(self._ticket_of(second).id, self.ticket.id)
        self.said.conversation_id._set_case(self.env["crm.ticket"].create({"name": "Chat"}))
        self.ticket._case_answered(self._sent(second))
        self.assertFalse(self.ticket.waiting_since)

    def test_not_of_another_ticket(self):
        """Only an answer of this ticket answers what is in it."""
        sent = self._sent(self._mails(minutes=5, other=True))
        inbox = self._as(self.user_rep)
        with self.assertRaises(UserError):
            inbox.mark_answered(self.ticket.id, self.said.conversation_id.ids, sent.id)
        with self.assertRaises(UserError):
            inbox.mark_answered(self.ticket.id, self.said.conversation_id.ids, self.mail.id)

    def test_batch_that_fails_leaves_nothing(self):
        """A join belongs to the batch it came with."""
        with patch.object(IngestBatch, "_note_joins", side_effect=RuntimeError):
            with self.assertRaises(RuntimeError), self.env.cr.savepoint():
                self._says(channel=self.page)
        self.assertEqual(len(self._joins_of(self.ticket)), 1)
