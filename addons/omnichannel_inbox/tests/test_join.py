from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..providers.base import Claim
from .common_ingest import MAILBOX, START
from .common_join import HIS_NUMBER, ORDER, JoinCase


@tagged("post_install", "-at_install")
class TestJoin(JoinCase):
    """What one customer writes on several channels becomes one ticket, when it is certain."""

    # === BY ITSELF ===

    def test_three_channels_in_any_order(self):
        """Chat, page and mail within minutes: one ticket, three conversations."""
        orders = (
            (self._says, self._mails, lambda: self._says(channel=self.page)),
            (self._mails, lambda: self._says(channel=self.page), self._says),
        )
        for write in orders:
            with self.subTest(write), self.env.cr.savepoint() as savepoint:
                messages = [one() for one in write]
                tickets = {self._ticket_of(message) for message in messages}
                self.assertEqual(len(tickets), 1)
                [ticket] = tickets
                self.assertEqual(len(ticket.conversation_ids), 3)
                self.assertEqual(ticket.partner_id, self.partner)
                joins = self._joins_of(ticket)
                self.assertEqual(joins.mapped("kind"), ["open", "open"])
                self.assertFalse(joins.user_id)
                self.assertEqual(ticket.omni_join_count, 2)
                savepoint.rollback()

    def test_a_join_says_why(self):
        """The reasons are words, and name the customer and the evidence."""
        mail = self._mails()
        chat = self._says()
        [joined] = self._data(self._ticket_of(mail))["joined"]
        self.assertEqual(joined["conversation_id"], chat.conversation_id.id)
        self.assertEqual(joined["reasons"][0], f"The same customer: {self.partner.display_name}")
        self.assertIn("Logged in on our web site, which vouches for it", joined["reasons"])
        self.assertTrue(joined["can_undo"])
        self.assertIn("Chat", joined["text"])

    def test_two_mails_are_two_requests(self):
        """Another mail is another request, in whichever mailbox; it is only shown."""
        first, second, third = self._mails(), self._mails(), self._mails(other=True)
        self.assertEqual(len({self._ticket_of(one).id for one in (first, second, third)}), 3)
        shown = self._data(self._ticket_of(first))["suggested"]
        self.assertEqual(
            {one["case_id"] for one in shown},
            {self._ticket_of(second).id, self._ticket_of(third).id},
        )

    def test_two_chats_at_once(self):
        """Two chats of his that come in together open one ticket."""
        inbounds = [
            self._inbound(
                sender=visitor,
                message_id="",
                conversation=visitor,
                claims=(Claim("user", HIS_NUMBER, is_verified=True),),
            )
            for visitor in ("visitor-1", "visitor-2")
        ]
        first, second = self.env["omni.conversation"]._ingest_batch(self.chat, inbounds)
        self.assertNotEqual(first.conversation_id, second.conversation_id)
        self.assertEqual(self._ticket_of(first), self._ticket_of(second))
        self.assertEqual(len(self._joins_of(self._ticket_of(first))), 1)

    def test_window(self):
        """What he wrote long ago is another matter; 0 hours: nothing joins by itself."""
        self.env.company.omni_join_hours = 24
        mail = self._mails(minutes=0)
        ticket = self._ticket_of(mail)
        self.env.cr.execute(
            "UPDATE crm_ticket SET create_date = %s WHERE id = %s", [START, ticket.id]
        )
        ticket.invalidate_recordset()
        late = self._says(minutes=25 * 60)
        self.assertNotEqual(self._ticket_of(late), ticket)
        soon = self._says(minutes=23 * 60, visitor="visitor-2", channel=self.page)
        self.assertEqual(self._ticket_of(soon), self._ticket_of(late))
        self.env.company.omni_join_hours = 0
        again = self._says(minutes=25 * 60, visitor="visitor-3")
        self.assertNotIn(self._ticket_of(again), (ticket, self._ticket_of(late)))

    def test_never_joined(self):
        """Spam, what is closed, put aside or another team's, and what somebody has sorted."""

        def spam(ticket):
            ticket.action_spam()

        def closed(ticket):
            ticket.action_close()

        def snoozed(ticket):
            ticket._snooze(fields.Datetime.now() + timedelta(days=1))

        def other_team(ticket):
            ticket.team_id = self.other_team

        def archived(ticket):
            ticket.action_archive()

        def merged_by_hand(ticket):
            other = ticket.copy({"name": "Other"})
            other.with_user(self.user_rep)._merge_into(ticket.with_user(self.user_rep))

        def split(ticket):
            mail = self._mails(references=(), other=True)
            ticket_of = self._ticket_of(mail)
            ticket_of.with_user(self.user_rep)._merge_into(ticket.with_user(self.user_rep))
            self._as(self.user_rep).split(ticket.id, mail.conversation_id.ids)

        for change in (spam, closed, snoozed, other_team, archived, merged_by_hand, split):
            with self.subTest(change.__name__), self.env.cr.savepoint() as savepoint:
                ticket = self._ticket_of(self._mails())
                change(ticket)
                chat = self._says()
                self.assertTrue(chat.conversation_id.ticket_id)
                self.assertNotEqual(self._ticket_of(chat), ticket)
                savepoint.rollback()

    def test_history_joins_nothing(self):
        """What was written before the channel was connected stays history."""
        self._mails()
        old = self._says(is_history=True)
        self.assertFalse(old.conversation_id.case_id)
        self.assertFalse(self.env["omni.join"].search([]))

    def test_another_company(self):
        """Nothing is joined across companies."""
        ticket = self._ticket_of(self._mails())
        company = self.env["res.company"].create({"name": "Other Shop"})
        chat = self._new_channel("joinchat", company_id=company.id, team_id=False)
        self.assertNotEqual(self._ticket_of(self._says(channel=chat)), ticket)

    def test_forged_mail(self):
        """A mail that nobody vouches for joins nothing in the customer's name."""
        ticket = self._ticket_of(self._says())
        forged = self._mails(is_authenticated=False)
        self.assertNotEqual(self._ticket_of(forged), ticket)

    def test_we_wrote_to_him_first(self):
        """That we have written to an address does not make whoever answers from it its owner."""
        ticket = self._ticket_of(self._says())
        written = {"conversation": "thread", "to": [self.partner.email], "sender": MAILBOX}
        messages = self.env["omni.conversation"]._ingest_batch(
            self.channel,
            [
                self._inbound("We look into it.", minutes=5, is_ours=True, **written),
                self._inbound("Thanks", minutes=6, conversation="thread", is_authenticated=None),
            ],
        )
        self.assertEqual(messages[0].conversation_id, messages[1].conversation_id)
        self.assertEqual(messages[1].author_identity_id.level, "weak")
        self.assertTrue(self._ticket_of(messages[1]))
        self.assertNotEqual(self._ticket_of(messages[1]), ticket)

    def test_same_company_when_proved(self):
        """A colleague of his writes: one ticket when there is no doubt who it is."""
        company = self.env["res.partner"].create({"name": "Tafel", "is_company": True})
        self.partner.parent_id = company
        els = self.env["res.partner"].create(
            {"name": "Els", "email": "els@tafel.example", "parent_id": company.id, "ref": "K-2"}
        )
        proved = (Claim("user", "K-2", is_verified=True),)
        ticket = self._ticket_of(self._mails())
        chat = self._says(claims=proved)
        self.assertEqual(chat.conversation_id.partner_id, els)
        self.assertEqual(self._ticket_of(chat), ticket)
        self.assertIn("The same company: Tafel", self._data(ticket)["joined"][0]["reasons"])

    def test_two_colleagues_at_work(self):
        """Two tickets that two colleagues have taken do not become one under their hands."""
        mail = self._mails()
        chat = self._says(known=False)
        self._ticket_of(mail).user_id = self.user_rep
        self._ticket_of(chat).user_id = self.user_leader
        self._says(f"{ORDER} 4000 Liège")
        self.assertNotEqual(self._ticket_of(mail), self._ticket_of(chat))

    # === EVIDENCE THAT COMES LATER ===

    def test_evidence_comes_later(self):
        """A visitor names his order, then its postcode: known, and joined with his mail."""
        mail = self._mails()
        chat = self._says("Hello, is anybody there?", known=False)
        conversation, identity = chat.conversation_id, chat.author_identity_id
        ticket = self._ticket_of(mail)
        self.assertEqual(identity.level, "none")
        self.assertNotEqual(self._ticket_of(chat), ticket)

        self._says(f"It is about {ORDER}", known=False)
        self.assertEqual(identity.level, "weak")
        self.assertEqual(identity.suggestion_ids.partner_id, self.partner)
        self.assertNotEqual(self._ticket_of(chat), ticket)

        self._says("4000", known=False)
        self.assertEqual((identity.level, identity.partner_id), ("strong", self.partner))
        self.assertEqual(identity.evidence[0]["code"], "order_postcode")
        self.assertEqual(self._ticket_of(chat), ticket)
        self.assertEqual(len(conversation.omni_message_ids), 3)
        self.assertEqual(chat.conversation_id, conversation)
        self.assertIn(self.order, ticket.order_ids)
        join = self._joins_of(ticket)
        self.assertEqual(join.kind, "merge")
        self.assertEqual(join.other_case_id.merged_into_id, ticket)
        self.assertIn(f"Knows his order {ORDER} and its postcode", join._reason_texts())

    def test_orders_on_weak_evidence(self):
        """His order is shown to whoever answers, as uncertain; it is not that of the ticket."""
        chat = self._says(f"Where is {ORDER}?", known=False)
        ticket = self._ticket_of(chat)
        [order] = self._data(ticket)["orders"]
        self.assertEqual((order["id"], order["is_certain"]), (self.order.id, False))
        self.assertFalse(ticket.order_ids)
        self.assertFalse(ticket.partner_id)
        self._says("4000", known=False)
        self.assertFalse(self._data(ticket)["orders"])
        self.assertEqual(ticket.order_ids, self.order)

    def test_wrong_postcode(self):
        """What does not fit the order proves nothing."""
        chat = self._says(f"{ORDER}, postcode: 1000", known=False)
        self.assertEqual(chat.author_identity_id.level, "weak")
        self.assertFalse(self._ticket_of(chat).partner_id)

    def test_claims_by_the_channel(self):
        """What is said apart from messages is weighed at once, with what was said before."""
        ticket = self._ticket_of(self._mails())
        chat = self._says(f"{ORDER}", known=False)
        identity = chat.author_identity_id
        identity._note_claims([Claim("phone", "0475 12 34 56")])
        self.assertEqual(identity.evidence[0]["code"], "order_phone")
        self.assertEqual(self._ticket_of(chat), ticket)

    def test_claimed_address_suggests(self):
        """Whoever types an address may be its owner; he is shown beside him, and not joined."""
        ticket = self._ticket_of(self._mails())
        chat = self._says("I am jan@tafel.example", known=False)
        identity = chat.author_identity_id
        self.assertEqual(identity.level, "weak")
        self.assertEqual(identity.suggestion_ids.partner_id, self.partner)
        other = self._ticket_of(chat)
        self.assertNotEqual(other, ticket)
        [shown] = self._data(ticket)["suggested"]
        self.assertEqual(shown["case_id"], other.id)
        self.assertIn("The same e-mail address: jan@tafel.example", shown["reasons"])
        [shown] = self._data(other)["suggested"]
        self.assertEqual(shown["number"], ticket.number)

    def test_purchase_suggests(self):
        """That a chat has led to an order says who it may be."""
        chat = self._says(known=False)
        chat.author_identity_id._note_claims([Claim("purchase", ORDER)])
        row = chat.author_identity_id.suggestion_ids
        self.assertEqual((row.partner_id, row.evidence[0]["code"]), (self.partner, "purchase"))
        self.assertIn(ORDER, row.reason)

    def test_number_of_two_contacts(self):
        """A number that two contacts have names none of them."""
        self.partner.copy({"name": "Twin", "ref": HIS_NUMBER})
        chat = self._says()
        self.assertEqual(chat.author_identity_id.level, "weak")
        self.assertEqual(len(chat.author_identity_id.suggestion_ids), 2)

    def test_confirmed_by_a_rep(self):
        """Somebody says who it is: his tickets become one."""
        ticket = self._ticket_of(self._mails())
        chat = self._says(known=False)
        chat.author_identity_id.with_user(self.user_rep).action_confirm(self.partner.id)
        self.assertEqual(self._ticket_of(chat), ticket)
        self.assertEqual(chat.author_identity_id.level, "proved")

    def test_address_written_down_later(self):
        """The contact gets the address he chats with: known by it, once it is sure."""
        ticket = self._ticket_of(self._mails())
        chat = self._says(f"{ORDER}, it is new@tafel.example", known=False)
        self.assertNotEqual(self._ticket_of(chat), ticket)
        self.partner.email = "jan@tafel.example, new@tafel.example"
        chat.author_identity_id._reconsider()
        self.assertEqual(chat.author_identity_id.level, "strong")
        self.assertEqual(self._ticket_of(chat), ticket)

    def test_signed_link(self):
        """A link of ours says who follows it; nobody else can make one."""
        ref = self.page._signed_ref("customer", HIS_NUMBER)
        claim = self.page._read_ref(ref)
        self.assertEqual(claim, Claim("customer", HIS_NUMBER, is_verified=True))
        self.assertIsNone(self.chat._read_ref(ref))
        self.assertIsNone(self.page._read_ref(f"{ref[:-2]}AA"))
        message = self._says(channel=self.page, claims=(claim,))
        self.assertEqual(message.author_identity_id.level, "proved")
        with self.assertRaises(UserError):
            self.page._signed_ref("customer", "")

    # === BY HAND ===

    def test_join_by_hand_and_back(self):
        """Two tickets become one, the older number stays; undone at once it is as it was."""
        first, second = self._mails(), self._mails()
        one, two = self._ticket_of(first), self._ticket_of(second)
        before = one._merge_values(), two._merge_values()
        answer = self._as(self.user_rep).join(two.id, one.id)
        self.assertEqual(answer["ids"], [one.id, two.id])
        self.assertEqual(self._ticket_of(second), one)
        [joined] = self._data(one)["joined"]
        self.assertIn("joined them on", joined["reasons"][0])
        self.assertEqual(self._joins_of(one).user_id, self.user_rep)
        self._as(self.user_rep).undo(answer["undo"])
        self.assertEqual((one._merge_values(), two._merge_values()), before)
        self.assertEqual(self._ticket_of(second), two)
        self.assertFalse(self._joins_of(one))

    def test_refusal_is_remembered(self):
        """What stays apart is neither asked again nor joined; that can be taken back."""
        ticket = self._ticket_of(self._mails())
        chat = self._says("I am jan@tafel.example", known=False)
        other = self._ticket_of(chat)
        inbox = self._as(self.user_rep)
        answer = inbox.reject_join(ticket.id, other.id)
        self.assertFalse(self._data(ticket)["suggested"])
        self.assertFalse(self._data(other)["suggested"])
        chat.author_identity_id._confirm(self.partner)
        self.assertNotEqual(self._ticket_of(chat), ticket)
        inbox.undo(answer["undo"])
        self.assertEqual(len(self._data(ticket)["suggested"]), 1)

    def test_joined_again_by_hand(self):
        """Undone, then joined by hand: what the person said last counts."""
        mail, chat = self._mails(), self._says()
        ticket = self._ticket_of(mail)
        inbox = self._as(self.user_rep)
        inbox.undo_join(self._joins_of(ticket).id)
        other = self._ticket_of(chat)
        self.assertNotEqual(other, ticket)
        inbox.join(other.id, ticket.id)
        self.assertEqual(self._ticket_of(chat), ticket)
        refused = self.env["omni.join"]._refused_pairs(chat.author_identity_id)
        self.assertFalse(refused)

    def test_nothing_with_itself(self):
        ticket = self._ticket_of(self._mails())
        with self.assertRaises(UserError):
            self._as(self.user_rep).join(ticket.id, ticket.id)

    # === MERGED CONTACTS ===

    def test_merged_contacts(self):
        """Two contacts become one: identities and joins stay, and his tickets become one."""
        twin = self.env["res.partner"].create({"name": "Jan (2)", "ref": "K-9"})
        ticket = self._ticket_of(self._mails())
        page = self._says(channel=self.page)
        chat = self._says(claims=(Claim("user", "K-9", is_verified=True),), visitor="visitor-2")
        join = self._joins_of(ticket)
        self.assertNotEqual(self._ticket_of(chat), ticket)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | twin).ids, self.partner)
        self.env.invalidate_all()
        self.assertTrue(join.exists())
        self.assertEqual(page.author_identity_id.partner_id, self.partner)
        self.assertEqual(chat.author_identity_id.partner_id, self.partner)
        self.assertEqual(self._ticket_of(chat), ticket)

    # === WHO MAY ===

    def test_rights(self):
        """Nobody joins, parts or sees what is not his; leaders see what was joined."""
        mail, chat = self._mails(), self._says()
        ticket = self._ticket_of(mail)
        join = self._joins_of(ticket)
        stranger = self.user_other
        with self.assertRaises(AccessError):
            self._data(ticket, stranger)
        with self.assertRaises(AccessError):
            self._as(stranger).undo_join(join.id)
        mine = self.env["crm.ticket"].create({"name": "Mine", "team_id": self.other_team.id})
        for pair in ((mine.id, ticket.id), (ticket.id, mine.id)):
            with self.assertRaises(AccessError):
                self._as(stranger).join(*pair)
            with self.assertRaises(AccessError):
                self._as(stranger).reject_join(*pair)
        with self.assertRaises(AccessError):
            self._as(stranger).mark_answered(ticket.id, chat.conversation_id.ids, mail.id)
        self.assertFalse(self.env["omni.join"].with_user(stranger).search([]))
        self.assertEqual(self.env["omni.join"].with_user(self.user_rep).search([]), join)
        self.assertEqual(self.env["omni.join"].with_user(self.user_leader).search([]), join)
        for user in (self.user_rep, self.user_leader, self.user_admin):
            with self.assertRaises(AccessError):
                join.with_user(user).write({"state": "undone"})
        with self.assertRaises(AccessError):
            join.with_user(stranger).action_undo()
        join.with_user(self.user_leader).action_undo()
        self.assertEqual(join.state, "undone")

    def test_not_shown_of_other_teams(self):
        """The other request of the customer is a ticket that the user may not see."""
        ticket = self._ticket_of(self._mails())
        other = self._ticket_of(self._mails(other=True))
        other.team_id = self.other_team
        self.assertFalse(self._data(ticket)["suggested"])
        self.assertEqual(len(self._data(ticket, self.user_leader)["suggested"]), 1)

    def test_tickets_without_conversation(self):
        """A ticket made by hand joins, and is shown, like any other."""
        ticket = self.env["crm.ticket"].create(
            {"name": "By phone", "team_id": self.team.id, "partner_id": self.partner.id}
        )
        chat = self._says(sent=fields.Datetime.now())
        self.assertEqual(self._ticket_of(chat), ticket)
        self.assertFalse(self._data(ticket)["suggested"])

    # === MANY AT ONCE ===

    def test_as_many_queries_for_many(self):
        """Ten customers who write at once cost no more queries to be known than one."""
        partners = self.env["res.partner"].create(
            [{"name": f"Many {n}", "ref": f"M-{n}"} for n in range(11)]
        )
        self.env["crm.ticket"].create(
            [
                {"name": partner.name, "partner_id": partner.id, "team_id": self.team.id}
                for partner in partners
            ]
        )

        def batch(numbers):
            inbounds = [
                self._inbound(
                    sender=f"many-{n}",
                    message_id="",
                    subject="",
                    sent=fields.Datetime.now(),
                    conversation=f"many-{n}",
                    claims=(Claim("user", f"M-{n}", is_verified=True),),
                )
                for n in numbers
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["omni.conversation"]._ingest_batch(self.chat, inbounds)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        one, ten = batch([0]), batch(range(1, 11))
        self.assertEqual(len(self.env["omni.join"].search([])), 11)
        # what follows on each ticket is its own: who waits, its clocks, its line in the list
        self.assertLess(ten, one + 9 * 12)

    def test_settings(self):
        """The window is a setting of the company."""
        settings = self.env["res.config.settings"].create({"omni_join_hours": 3})
        settings.execute()
        self.assertEqual(self.env.company.omni_join_hours, 3)

    def test_order_link_of_the_joined(self):
        """An order that he names in the chat stands on the ticket it has come to."""
        ticket = self._ticket_of(self._mails())
        self._says(f"It is {ORDER}")
        self.assertEqual(ticket.order_ids, self.order)
        other = self.order.copy({"name": "CMD-2026-00777"})
        ticket.order_ids = [Command.link(other.id)]
        self.assertEqual(len(ticket.order_ids), 2)
