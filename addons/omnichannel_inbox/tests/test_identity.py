from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tests.common import new_test_user

from ..providers.base import Address, Claim, Moment
from .common_ingest import MAILBOX, START, IngestCase
from .common_join import HIS_NUMBER, ORDER, JoinCase


@tagged("post_install", "-at_install")
class TestIdentity(IngestCase):
    """Who writes, as surely as the evidence allows."""

    def _suggested(self, identity, state="open"):
        return identity.suggestion_ids.filtered(lambda row: row.state == state).partner_id

    def _order(self, partner, **values):
        product = self.env["product.product"].create({"name": "Table"})
        return self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "name": "CMD-2026-00123",
                "order_line": [Command.create({"product_id": product.id})],
                **values,
            }
        )

    # === LEVELS ===

    def test_strong(self):
        """The address of exactly one contact, and the sender was checked."""
        identity = self._ingest().author_identity_id
        self.assertEqual((identity.level, identity.partner_id), ("strong", self.partner))
        self.assertEqual(identity.evidence[0]["code"], "email_authenticated")
        self.assertTrue(identity.evidence_text)
        self.assertTrue(identity.is_authenticated)

    def test_not_checked_is_weak(self):
        """Anybody can write a sender's address: it suggests, and links nothing."""
        for checked in (None, False):
            with self.subTest(checked):
                message = self._ingest(
                    sender="jan@tafel.example",
                    is_authenticated=checked,
                    channel=self.other_channel,
                    to=["orders@shop.example"],
                )
                identity = message.author_identity_id
                self.assertEqual(identity.level, "weak")
                self.assertFalse(identity.partner_id)
                self.assertFalse(message.conversation_id.partner_id)
                self.assertFalse(self._ticket_of(message).partner_id)
                self.assertFalse(message.mail_message_id.author_id)
                self.assertEqual(self._suggested(identity), self.partner)

    def test_forged_mail_of_somebody_known(self):
        """He is known; this mail is not his: it stands under nobody."""
        genuine = self._ingest()
        forged = self._ingest(is_authenticated=False)
        self.assertEqual((genuine.is_doubtful, forged.is_doubtful), (False, True))
        self.assertEqual(forged.author_identity_id.level, "strong")
        self.assertFalse(forged.conversation_id.partner_id)
        self.assertFalse(self._ticket_of(forged).partner_id)
        self.assertFalse(forged.mail_message_id.author_id)

    def test_several_contacts(self):
        """Several contacts with the address: all are shown, none is taken."""
        twin = self.partner.copy({"name": "Jan Tafel (2)"})
        identity = self._ingest().author_identity_id
        self.assertEqual(identity.level, "weak")
        self.assertFalse(identity.partner_id)
        self.assertEqual(self._suggested(identity), self.partner | twin)

    def test_delivery_address_is_no_second_contact(self):
        """His own delivery address does not make him ambiguous."""
        self.partner.child_ids = [
            Command.create({"name": "Jan, shop", "type": "delivery", "email": self.partner.email})
        ]
        self.assertEqual(self._ingest().author_identity_id.partner_id, self.partner)

    def test_contact_of_another_company(self):
        """Contacts that only another company has do not exist here."""
        company = self.env["res.company"].create({"name": "Other Shop"})
        self.partner.company_id = company
        identity = self._ingest().author_identity_id
        self.assertFalse(identity.partner_id)
        self.assertFalse(identity.suggestion_ids)

    def test_domain_of_a_company(self):
        """A colleague of a customer: suggested, never linked; at a provider's, not even that."""
        company = self.env["res.partner"].create(
            {"name": "Stoel", "is_company": True, "email": "info@stoel.example"}
        )
        self.env["res.partner"].create(
            {"name": "Mail", "is_company": True, "email": "info@gmail.com"}
        )
        identity = self._ingest(sender="els@stoel.example").author_identity_id
        self.assertEqual((identity.level, self._suggested(identity)), ("weak", company))
        stranger = self._ingest(sender="els@gmail.com").author_identity_id
        self.assertEqual(stranger.level, "none")

    def test_plus_address_is_weak(self):
        """Nearly the same address is not the same address."""
        identity = self._ingest(sender="jan+shop@tafel.example").author_identity_id
        self.assertEqual((identity.level, self._suggested(identity)), ("weak", self.partner))

    # === REPLY ===

    def test_reply_proves(self):
        """He answers, from where we wrote to him, what only he got."""
        first = self._ingest()
        answer = self._sent(first)
        self._ingest(references=(answer.internet_message_id,), is_authenticated=None)
        identity = first.author_identity_id
        self.assertEqual(identity.level, "proved")
        self.assertIn("reply", [piece["code"] for piece in identity.evidence])

    def test_forwarded_reply_proves_nothing(self):
        """He has forwarded it: whoever answers is in the thread, and is somebody else."""
        first = self._ingest()
        answer = self._sent(first)
        reply = self._ingest(sender="piet@stoel.example", references=(answer.internet_message_id,))
        self.assertEqual(reply.conversation_id, first.conversation_id)
        self.assertEqual(reply.author_identity_id.level, "none")
        self.assertFalse(reply.author_identity_id.partner_id)
        self.assertFalse(reply.mail_message_id.author_id)
        self.assertEqual(reply.conversation_id.identity_id, first.author_identity_id)

    def test_copied_to(self):
        """Whoever is in copy of his mail, or of our answer, is not him for answering to it."""
        first = self._ingest(cc=["piet@stoel.example"])
        people = {
            "to": [{"email": self.partner.email, "name": ""}],
            "cc": [{"email": "piet@stoel.example", "name": ""}],
        }
        answer = self._sent(first, recipients=people)
        for name in (first.internet_message_id, answer.internet_message_id):
            reply = self._ingest(sender="piet@stoel.example", references=(name,))
            self.assertEqual(reply.conversation_id, first.conversation_id)
            self.assertFalse(reply.author_identity_id.partner_id)
        self.assertEqual(first.author_identity_id.level, "strong")

    def test_answer_to_a_customers_message_id(self):
        """The Message-Id of the customer is known to whoever was in copy: it proves nothing."""
        first = self._ingest(to=["jan@tafel.example", MAILBOX])
        second = self._ingest(references=(first.internet_message_id,), is_authenticated=None)
        self.assertEqual(second.author_identity_id.level, "strong")

    # === ORDERS ===

    def test_order_of_the_customer(self):
        """The order he names is his: it is on the ticket."""
        order = self._order(self.partner)
        ticket = self._ticket_of(self._ingest("My order cmd-2026-00123 please"))
        self.assertEqual(ticket.order_ids, order)

    def test_order_in_a_later_message(self):
        """So it is when he names it later."""
        order = self._order(self.partner)
        first = self._ingest()
        self._ingest("It is CMD-2026-00123", references=(first.internet_message_id,))
        self.assertEqual(self._ticket_of(first).order_ids, order)

    def test_order_of_his_company(self):
        """The orders of his company are his business."""
        company = self.env["res.partner"].create({"name": "Tafel", "is_company": True})
        self.partner.parent_id = company
        order = self._order(company)
        ticket = self._ticket_of(self._ingest("CMD-2026-00123"))
        self.assertEqual(ticket.order_ids, order)

    def test_order_of_somebody_else(self):
        """A number alone opens nothing: neither the order nor the customer."""
        owner = self.env["res.partner"].create({"name": "Els", "email": "els@stoel.example"})
        self._order(owner)
        known = self._ingest("CMD-2026-00123")
        self.assertFalse(self._ticket_of(known).order_ids)
        unknown = self._ingest("CMD-2026-00123", sender="x@y.example")
        identity = unknown.author_identity_id
        self.assertFalse(self._ticket_of(unknown).order_ids)
        self.assertFalse(self._ticket_of(unknown).partner_id)
        self.assertEqual((identity.level, self._suggested(identity)), ("weak", owner))
        self.assertIn("CMD-2026-00123", identity.suggestion_ids.reason)

    def test_order_once_he_is_known(self):
        """Once it is known who he is, the orders he named are on the ticket; nobody else's."""
        mine = self._order(self.partner)
        other = self.env["res.partner"].create({"name": "Els"})
        self._order(other, name="CMD-2026-00777")
        message = self._ingest("CMD-2026-00123 and CMD-2026-00777", sender="x@home.example")
        ticket = self._ticket_of(message)
        self.assertFalse(ticket.order_ids)
        message.author_identity_id.with_user(self.user_rep).action_confirm(self.partner.id)
        self.assertEqual(ticket.order_ids, mine)

    def test_order_tells_two_contacts_apart(self):
        """Two contacts share an address; the order says which of them writes."""
        twin = self.partner.copy({"name": "Marie Tafel"})
        order = self._order(twin)
        message = self._ingest("CMD-2026-00123", is_authenticated=None)
        identity = message.author_identity_id
        self.assertEqual((identity.level, identity.partner_id), ("strong", twin))
        self.assertEqual(self._ticket_of(message).order_ids, order)

    def test_forged_mail_with_an_order(self):
        """Not when the mail server says that he is not who he says he is."""
        self._order(self.partner)
        message = self._ingest("CMD-2026-00123", is_authenticated=False)
        self.assertEqual(message.author_identity_id.level, "weak")
        self.assertFalse(self._ticket_of(message).order_ids)

    def test_customer_number(self):
        """His customer number suggests him."""
        self.partner.ref = "K-778899"
        identity = self._ingest("I am K-778899", sender="x@y.example").author_identity_id
        self.assertEqual((identity.level, self._suggested(identity)), ("weak", self.partner))

    # === PEOPLE DECIDE ===

    def test_confirm(self):
        """One click: proved, and everything he ever wrote follows."""
        history = self._ingest(sender="j@home.example", is_history=True)
        message = self._ingest(sender="j@home.example")
        identity = message.author_identity_id
        identity.with_user(self.user_rep).action_confirm(self.partner.id)
        self.assertEqual((identity.level, identity.partner_id), ("proved", self.partner))
        self.assertIn(self.user_rep.name, identity.evidence_text)
        for one in (history, message):
            self.assertEqual(one.conversation_id.partner_id, self.partner)
            self.assertEqual(one.mail_message_id.author_id, self.partner)
        self.assertEqual(self._ticket_of(message).partner_id, self.partner)
        later = self._ingest(sender="j@home.example", is_authenticated=None)
        self.assertEqual(self._ticket_of(later).partner_id, self.partner)

    def test_confirm_keeps_what_somebody_set(self):
        """A ticket that somebody gave another customer keeps him."""
        message = self._ingest(sender="j@home.example")
        other = self.env["res.partner"].create({"name": "Father"})
        ticket = self._ticket_of(message)
        ticket.partner_id = other
        message.author_identity_id._confirm(self.partner)
        self.assertEqual(ticket.partner_id, other)

    def test_reject_is_remembered(self):
        """Who was refused is never suggested again, nor linked by any evidence."""
        message = self._ingest(is_authenticated=None)
        identity = message.author_identity_id
        identity.with_user(self.user_rep).action_reject(self.partner.id)
        row = identity.suggestion_ids
        self.assertEqual((row.state, row.decided_by_id), ("rejected", self.user_rep))
        self.assertTrue(row.reason)
        self._ingest(is_authenticated=True)
        self.assertEqual(len(identity.suggestion_ids), 1)
        self.assertFalse(identity.partner_id)
        self.assertEqual(identity.level, "none")

    def test_reject_who_was_linked(self):
        """Linked by evidence, and wrong: conversations, ticket and orders let go of him."""
        self._order(self.partner)
        message = self._ingest("CMD-2026-00123")
        ticket = self._ticket_of(message)
        self.assertTrue(ticket.order_ids)
        message.author_identity_id._reject(self.partner)
        self.assertFalse(ticket.partner_id)
        self.assertFalse(ticket.order_ids)
        self.assertFalse(message.conversation_id.partner_id)
        self.assertFalse(message.mail_message_id.author_id)

    def test_of_two_the_other_one(self):
        """One of two contacts is refused: the other one is suggested, not taken."""
        twin = self.partner.copy({"name": "Marie Tafel"})
        identity = self._ingest().author_identity_id
        identity._reject(self.partner)
        self.assertEqual(self._suggested(identity), twin)
        self._ingest()
        self.assertFalse(identity.partner_id)

    # === CONTACTS CHANGE ===

    def test_contact_made_later(self):
        """The contact comes with the night: what he wrote before is his."""
        message = self._ingest(sender="new@stoel.example")
        unchecked = self._ingest(sender="other@stoel.example", is_authenticated=None)
        new, other = self.env["res.partner"].create(
            [
                {"name": "New", "email": "new@stoel.example"},
                {"name": "Other", "email": "other@stoel.example"},
            ]
        )
        self.assertEqual(message.author_identity_id.level, "strong")
        self.assertEqual(self._ticket_of(message).partner_id, new)
        self.assertEqual(message.conversation_id.partner_id, new)
        self.assertFalse(self._ticket_of(unchecked).partner_id)
        self.assertEqual(self._suggested(unchecked.author_identity_id), other)

    def test_contact_made_for_him(self):
        """*Create a contact* fills in what is known, and links on saving."""
        message = self._ingest(sender="new@gmail.com", name="Newcomer")
        identity = message.author_identity_id.with_user(self.user_leader)
        self.user_leader.group_ids += self.env.ref("base.group_partner_manager")
        action = identity.action_create_contact()
        partners = self.env["res.partner"].with_user(self.user_leader)
        with Form(partners.with_context(**action["context"])) as form:
            self.assertEqual((form.name, form.email), ("Newcomer", "new@gmail.com"))
        self.assertEqual(identity.partner_id.name, "Newcomer")
        self.assertEqual(identity.level, "proved")
        self.assertEqual(self._ticket_of(message).partner_id, identity.partner_id)

    def test_link_wizard(self):
        """*Link with a contact* takes any contact."""
        message = self._ingest(sender="x@gmail.com")
        identity = message.author_identity_id
        action = identity.action_link()
        wizards = self.env[action["res_model"]].with_user(self.user_rep)
        with Form(wizards.with_context(**action["context"])) as form:
            form.partner_id = self.partner
        form.save().action_apply()
        self.assertEqual(identity.partner_id, self.partner)

    def test_contact_deleted(self):
        """He is deleted: who wrote is unknown, not proved to be nobody."""
        identity = self._ingest().author_identity_id
        self.partner.unlink()
        self.assertEqual((identity.level, identity.evidence), ("none", False))

    def test_contact_gone(self):
        """Confirming a contact that was deleted in the meantime says so."""
        identity = self._ingest(sender="x@gmail.com").author_identity_id
        gone = self.env["res.partner"].create({"name": "Gone"})
        gone.unlink()
        with self.assertRaises(UserError):
            identity.action_confirm(gone.id)

    # === MERGE ===

    def _merge(self, partners, into):
        wizard = (
            self.env["base.partner.merge.automatic.wizard"]
            .with_context(active_model="res.partner", active_ids=partners.ids)
            .create({"dst_partner_id": into.id})
        )
        wizard.partner_ids = partners
        wizard.action_merge()
        self.env.invalidate_all()

    def test_merge_keeps_everything(self):
        """Odoo's wizard merges by SQL: every identity, conversation and ticket goes along."""
        twin = self.env["res.partner"].create({"name": "J. Tafel", "email": "jt@home.example"})
        messages = [
            self._ingest(),
            self._ingest(sender="jt@home.example"),
            self._ingest(sender="jt@home.example", channel=self.other_channel),
            self._ingest(channel=self.other_channel),
        ]
        identities = self.env["omni.identity"].browse(
            [message.author_identity_id.id for message in messages]
        )
        self.assertEqual(len(identities.exists()), 4)
        self.assertEqual(identities.partner_id, self.partner | twin)
        tickets = [self._ticket_of(message) for message in messages]
        self._merge(self.partner | twin, self.partner)
        self.assertFalse(twin.exists())
        self.assertEqual(len(identities.exists()), 4)
        for identity, message, ticket in zip(identities, messages, tickets, strict=True):
            self.assertEqual(identity.partner_id, self.partner)
            self.assertEqual(identity.level, "strong")
            self.assertEqual(message.conversation_id.partner_id, self.partner)
            self.assertEqual(ticket.partner_id, self.partner)
            self.assertEqual(message.mail_message_id.author_id, self.partner)

    def test_no_constraint_with_a_contact(self):
        """The merge deletes rows that break a constraint with a contact in it: there is none. And
        an identity is unique by what the channel calls it."""
        tables = [
            self.env[name]._table
            for name in (
                "omni.identity",
                "omni.identity.suggestion",
                "omni.conversation",
                "omni.message",
                "crm.ticket",
            )
        ]
        self.env.cr.execute(
            """
            SELECT i.indrelid::regclass::text, array_agg(a.attname ORDER BY a.attname)
              FROM pg_index i
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
             WHERE i.indisunique AND NOT i.indisprimary AND i.indrelid::regclass::text = ANY(%s)
          GROUP BY i.indexrelid, i.indrelid
            """,
            [tables],
        )
        found = self.env.cr.fetchall()
        self.assertIn(("omni_identity", ["channel_id", "external_id"]), found)
        self.assertFalse([row for row in found if "partner_id" in row[1]])
        self.env.cr.execute(
            """
            SELECT c.conname
              FROM pg_constraint c
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
             WHERE c.contype IN ('c', 'u') AND a.attname = 'partner_id'
               AND c.conrelid::regclass::text = ANY(%s)
            """,
            [tables],
        )
        self.assertFalse(self.env.cr.fetchall())

    def test_merge_resolves(self):
        """Two contacts with one address were ambiguous; merged, they are one, and he is linked."""
        twin = self.partner.copy({"name": "Jan Tafel (2)"})
        message = self._ingest()
        identity = message.author_identity_id
        self.assertEqual(self._suggested(identity), self.partner | twin)
        self._merge(self.partner | twin, self.partner)
        self.assertEqual((identity.level, identity.partner_id), ("strong", self.partner))
        self.assertEqual(self._ticket_of(message).partner_id, self.partner)
        self.assertEqual(len(identity.suggestion_ids), 1)

    def test_merge_keeps_suggestions_of_others(self):
        """Suggestions of other identities survive, and what was refused stays refused."""
        twin = self.partner.copy({"name": "Jan Tafel (2)"})
        identity = self._ingest(is_authenticated=None).author_identity_id
        other = self._ingest(channel=self.other_channel, is_authenticated=None).author_identity_id
        other._reject(self.partner)
        self._merge(self.partner | twin, twin)
        self.assertEqual(self._suggested(identity), twin)
        self.assertEqual(self._suggested(other, "rejected"), twin)
        self.assertEqual(len(other.suggestion_ids), 1)


@tagged("post_install", "-at_install")
class TestIdentityDoubt(JoinCase):
    """What proves who somebody is names somebody else than before: nobody hears of the orders of
    another one, and a person decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.env["res.partner"].create({"name": "Bob Stoel", "ref": "K-BOB"})
        cls.as_bob = (Claim("user", "K-BOB", is_verified=True),)

    def _open_rows(self, identity):
        rows = identity.suggestion_ids.filtered(lambda row: row.state == "open")
        return {row.partner_id: row.reason for row in rows}

    def _shown(self, message):
        """Whom the inbox asks about."""
        conversation = message.conversation_id
        data = self._as(self.user_rep)._identity_data(
            conversation.identity_id.sudo(), conversation.sudo()
        )
        return {row["id"] for row in data["candidates"]}

    def _notes(self, ticket):
        logs = ticket.message_ids.filtered(lambda log: log.message_type == "notification")
        return [str(log.body) for log in logs if "no longer certain" in str(log.body)]

    def _assert_doubted(self, message):
        identity = message.author_identity_id
        self.assertFalse(identity.partner_id)
        self.assertEqual(identity.level, "weak")
        self.assertEqual(self._open_rows(identity).keys(), {self.partner, self.bob})
        self.assertFalse(message.conversation_id.partner_id)
        self.assertFalse(message.mail_message_id.author_id)
        panel = self.env["omni.iadvize.panel"].with_user(self.user_rep)
        self.assertFalse(panel._is_certain(message.conversation_id.sudo()))

    def test_shared_computer(self):
        """Jan was logged in, then Bob on the same browser, in the same chat: who it is becomes a
        question, and what was Jan's is told to nobody."""
        first = self._says(f"Where is {ORDER}?")
        ticket, identity = self._ticket_of(first), first.author_identity_id
        self.assertEqual((ticket.partner_id, ticket.order_ids), (self.partner, self.order))
        with self._told() as told:
            second = self._says("And mine?", claims=self.as_bob)
        self.assertIn("identity", told)
        self._assert_doubted(first)
        self._assert_doubted(second)
        self.assertEqual(self._ticket_of(second), ticket)
        self.assertFalse(ticket.partner_id)
        self.assertFalse(ticket.order_ids)
        for reason in self._open_rows(identity).values():
            self.assertIn("Logged in on our web site", reason)
        [note] = self._notes(ticket)
        for words in ("Jan Tafel", "Bob Stoel", "Chat", "Logged in on our web site", ORDER):
            self.assertIn(words, note)
        self.assertEqual(self._shown(second), {self.partner.id, self.bob.id})
        # neither of them comes back by what was known
        self._says("Hello?")
        third = self._says("Hello?", claims=self.as_bob)
        self._assert_doubted(third)
        self.assertEqual(len(self._notes(ticket)), 1)

    def test_several_messages_at_once(self):
        """Proof of Bob in messages that come in together: the second one does not make him known
        after the first has made it doubtful."""
        first = self._says(f"{ORDER} 4000 Liège", known=False)
        same = {
            "sender": "visitor-1",
            "message_id": "",
            "is_authenticated": None,
            "conversation": "thread-visitor-1",
            "claims": self.as_bob,
        }
        batch = [self._inbound("And mine?", **same), self._inbound("Hello?", **same)]
        messages = self.env["omni.conversation"]._ingest_batch(self.chat, batch)
        for message in (first, *messages):
            self._assert_doubted(message)

    def test_person_decides_and_it_stays(self):
        """Somebody says that it is Jan: the same proof of Bob changes nothing more, nor is he asked
        again; nor is he who was refused suggested again."""
        message = self._says(f"Where is {ORDER}?")
        ticket, identity = self._ticket_of(message), message.author_identity_id
        self._says(claims=self.as_bob)
        identity.with_user(self.user_rep).action_confirm(self.partner.id)
        self.assertEqual(ticket.partner_id, self.partner)
        self.assertEqual(ticket.order_ids, self.order)
        self.assertEqual(message.conversation_id.partner_id, self.partner)
        self.assertEqual(message.mail_message_id.author_id, self.partner)
        self.assertFalse(self._shown(message))
        self._says(claims=self.as_bob)
        identity._note_claims([*self.as_bob, Claim("postcode", "1000")])
        self.assertEqual((identity.partner_id, identity.level), (self.partner, "proved"))
        self.assertFalse(self._shown(message))
        self.assertEqual(len(self._notes(ticket)), 1)

        identity.with_user(self.user_rep).action_reject(self.bob.id)
        self._says(claims=(*self.as_bob, Claim("customer", "K-BOB", is_verified=True)))
        self.assertEqual(identity.partner_id, self.partner)
        self.assertNotIn(self.bob, self._open_rows(identity))

    def test_refused_is_no_proof(self):
        """Who was refused counts against no link, by whatever proof."""
        identity = self._says().author_identity_id
        identity._reject(self.bob)
        self._says(claims=self.as_bob)
        self.assertEqual((identity.partner_id, identity.level), (self.partner, "proved"))

    def test_proof_against_strong(self):
        """Known by his order and its postcode; then a link of Bob is followed: a moment, apart from
        messages. He is not taken for Bob either, whatever comes next."""
        message = self._says(f"{ORDER} 4000 Liège", known=False, channel=self.page)
        identity, ticket = message.author_identity_id, self._ticket_of(message)
        self.assertEqual((identity.level, identity.partner_id), ("strong", self.partner))
        claim = self.page._read_ref(self.page._signed_ref("customer", "K-BOB"))
        moment = Moment(
            conversation="thread-visitor-1",
            code="referral",
            dedupe_key="referral:1",
            occurred=START,
            author=Address("visitor-1"),
            claims=(claim,),
        )
        with self._told() as told:
            self.env["omni.conversation"]._apply_moment(self.page, moment)
        self.assertIn("identity", told)
        self._assert_doubted(message)
        self.assertFalse(ticket.partner_id)
        [note] = self._notes(ticket)
        self.assertIn("Knows his order", note)
        self.assertIn("Followed a link", note)
        later = self._says("Hello?", known=False, channel=self.page)
        self._assert_doubted(later)
        identity._confirm(self.bob)
        self.assertEqual(ticket.partner_id, self.bob)
        self._says(f"{ORDER} 4000 Liège", known=False, channel=self.page)
        self.assertEqual((identity.partner_id, identity.level), (self.bob, "proved"))

    def test_proof_of_the_same(self):
        """Strong, then proved to be the same one: proved at once, by a moment and by a message."""
        for say in (
            lambda identity, claims: identity._note_claims(claims),
            lambda identity, claims: self._says(claims=claims),
        ):
            with self.subTest(say), self.env.cr.savepoint() as savepoint:
                identity = self._says(f"{ORDER} 4000 Liège", known=False).author_identity_id
                self.assertEqual(identity.level, "strong")
                say(identity, [Claim("user", HIS_NUMBER, is_verified=True)])
                self.assertEqual((identity.level, identity.partner_id), ("proved", self.partner))
                codes = [piece["code"] for piece in identity.evidence]
                self.assertEqual(codes, ["verified_user", "order_postcode"])
                self.assertFalse(identity.suggestion_ids.filtered("is_contradiction"))
                savepoint.rollback()

    def test_confirmed_stays_and_says_so(self):
        """A person has confirmed Jan; proof of Bob that comes later changes nothing, and is shown,
        until somebody has answered."""
        for say in (
            lambda identity: identity._note_claims(self.as_bob),
            lambda identity: self._says(claims=self.as_bob),
        ):
            with self.subTest(say), self.env.cr.savepoint() as savepoint:
                message = self._says(known=False)
                identity = message.author_identity_id
                identity.with_user(self.user_rep).action_confirm(self.partner.id)
                with self._told() as told:
                    say(identity)
                self.assertIn("identity", told)
                self.assertEqual((identity.partner_id, identity.level), (self.partner, "proved"))
                self.assertEqual(self._ticket_of(message).partner_id, self.partner)
                self.assertEqual(self._shown(message), {self.bob.id})
                self._as(self.user_rep).confirm_identity(identity.id, self.partner.id)
                self.assertFalse(self._shown(message))
                say(identity)
                self.assertFalse(self._shown(message))
                savepoint.rollback()

    def test_said_otherwise_by_a_person(self):
        """Proved to be Jan, and somebody says it is Bob: what had proved Jan is no news later."""
        message = self._says()
        identity = message.author_identity_id
        identity.with_user(self.user_rep).action_confirm(self.bob.id)
        self._says()
        identity._note_claims([Claim("customer", "K-BOB", is_verified=True)])
        self._says()
        self.assertEqual(identity.partner_id, self.bob)
        self.assertFalse(self._shown(message))

    def test_same_company_is_nobody_else(self):
        """Proof of his company, or of a colleague, takes nothing away: the orders are theirs."""
        self.bob.is_company = True
        self.partner.parent_id = self.bob
        identity = self._says().author_identity_id
        self._says(claims=self.as_bob)
        self.assertEqual((identity.partner_id, identity.level), (self.partner, "proved"))
        self.assertFalse(identity.suggestion_ids)

    def test_customer_a_person_has_chosen(self):
        """A ticket keeps the customer that somebody has set; a note says what has changed."""
        message = self._says(known=False)
        # as in two transactions
        self.env.cr.flush()
        ticket = self._ticket_of(message).with_user(self.user_rep)
        ticket = ticket.with_context(tracking_disable=False, mail_notrack=False)
        ticket.partner_id = self.partner
        self.env.cr.flush()
        self._says()
        self.assertEqual(message.author_identity_id.partner_id, self.partner)
        self._says(claims=self.as_bob)
        self._assert_doubted(message)
        self.assertEqual(ticket.partner_id, self.partner)
        [note] = self._notes(ticket)
        self.assertIn("stays with Jan Tafel", note)

    def test_ticket_of_two_conversations(self):
        """The ticket is Jan's by his mail, too: it stays his, and the chat is nobody's."""
        mail = self._mails()
        chat = self._says()
        ticket = self._ticket_of(mail)
        self.assertEqual(self._ticket_of(chat), ticket)
        self._says(claims=self.as_bob)
        self._assert_doubted(chat)
        self.assertEqual(ticket.partner_id, self.partner)
        self.assertEqual(mail.conversation_id.partner_id, self.partner)
        self.assertEqual(len(self._notes(ticket)), 1)

    def test_settled_stays(self):
        """What was settled with Jan stays his; he who writes now is nobody for the time being, and
        what was written then stays Jan's when it turns out to be Bob."""
        settled = self._says(conversation="visit-1")
        done = self._ticket_of(settled)
        done.stage_id = self.env["crm.ticket.stage"].search([("state", "=", "done")], limit=1)
        self.assertEqual(done.state, "done")
        message = self._says(claims=self.as_bob, conversation="visit-2")
        self._assert_doubted(message)
        self.assertEqual(done.partner_id, self.partner)
        self.assertEqual(settled.conversation_id.partner_id, self.partner)
        self.assertFalse(self._notes(done))
        settled.author_identity_id._confirm(self.bob)
        self.assertEqual(self._ticket_of(message).partner_id, self.bob)
        self.assertEqual(message.mail_message_id.author_id, self.bob)
        self.assertEqual(settled.mail_message_id.author_id, self.partner)
        self.assertEqual(settled.conversation_id.partner_id, self.partner)

    def test_costs_nothing_when_nothing_is_new(self):
        """What proves somebody is looked up when it comes, not with each message."""
        message = self._says()
        self.env.invalidate_all()
        looked_up = []
        identities = type(self.env["omni.identity"])
        original = identities._claim_signals

        def claim_signals(records, claims_by_key, company):
            looked_up.extend(filter(None, claims_by_key.values()))
            return original(records, claims_by_key, company)

        with patch.object(identities, "_claim_signals", claim_signals):
            self._says("Hello?")
            self.assertFalse(looked_up)
            self._says("Hello?", claims=self.as_bob)
        self.assertTrue(looked_up)
        self._assert_doubted(message)

    @contextmanager
    def _told(self):
        """What open inboxes are told of tickets.

        :yield: kinds
        """
        kinds = set()
        inbox = type(self.env["omni.inbox"])
        original = inbox._changed

        def changed(records, cases, kind="message", *args, **kwargs):
            kinds.add(kind)
            return original(records, cases, kind, *args, **kwargs)

        with patch.object(inbox, "_changed", changed):
            yield kinds


@tagged("post_install", "-at_install")
class TestIdentityColleagues(IngestCase):
    """Who is one of us."""

    def test_colleagues(self):
        """Our users, our mailboxes and our own domains; never the domain of a provider."""
        self.env.company.email = "hello@shop-own.example"
        self.user_rep.email = "rep@gmail.com"
        alone = [
            self._ingest(sender="rep@gmail.com"),
            self._ingest(sender="somebody@shop-own.example"),
            self._ingest(sender=MAILBOX),
        ]
        self.assertFalse(any(alone))
        self.env.company.email = "shop@gmail.com"
        self.assertTrue(self._ingest(sender="customer@gmail.com"))

    def test_in_the_name_of_a_known_customer(self):
        """Nothing says that it is he, until somebody does."""
        known = self._ingest(is_authenticated=True)
        forged = self._ingest(is_authenticated=False)
        identity = known.author_identity_id
        self.assertEqual(forged.author_identity_id, identity)
        inbox = self.env["omni.inbox"].with_user(self.user_rep)

        def shown(message):
            thread = inbox.get_thread(self._ticket_of(message).id)
            return thread["conversations"][0]["identity"]

        self.assertEqual(shown(known)["partner"]["id"], self.partner.id)
        self.assertEqual((shown(forged)["level"], shown(forged)["partner"]), ("weak", False))
        [candidate] = shown(forged)["candidates"]
        self.assertEqual(candidate["id"], self.partner.id)
        self.assertFalse(self._ticket_of(forged).partner_id)
        inbox.confirm_identity(identity.id, self.partner.id)
        self.assertEqual(shown(forged)["partner"]["id"], self.partner.id)
        self.assertEqual(self._ticket_of(forged).partner_id, self.partner)

    def test_written_to_a_known_customer(self):
        """What we write to him first, from Outlook, is his history."""
        identity = self._ingest().author_identity_id
        self.assertTrue(identity._is_linked())
        message = self._ingest(
            "Your table is here", sender=MAILBOX, is_ours=True, to=["jan@tafel.example"]
        )
        conversation = message.conversation_id
        self.assertEqual(conversation.identity_id, identity)
        self.assertEqual(conversation.partner_id, self.partner)

    def test_colleague_with_form(self):
        """Only one outside address to answer to makes a form."""
        mail = self._ingest(
            sender=MAILBOX,
            reply_to=(Address("rep@shop.example", "", "rep@shop.example"),),
        )
        self.assertFalse(mail)


@tagged("post_install", "-at_install")
class TestIdentitySecurity(IngestCase):
    """Who may see and say who writes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = new_test_user(cls.env, "omni_employee", groups="base.group_user")
        cls.portal = new_test_user(cls.env, "omni_portal", groups="base.group_portal")

    def test_who_sees(self):
        """Members of the team and leaders see it; others, employees and customers do not."""
        message = self._ingest()
        conversation, identity = message.conversation_id, message.author_identity_id
        for user, sees in (
            (self.user_rep, True),
            (self.user_leader, True),
            (self.user_admin, True),
            (self.user_other, False),
            (self.employee, False),
            (self.portal, False),
        ):
            with self.subTest(user.login):
                for record in (conversation, identity):
                    self.assertEqual(record.with_user(user).has_access("read"), sees)
                content = message.mail_message_id.with_user(user)
                self.assertEqual(content.has_access("read"), sees)

    def test_ticket_opens_the_conversation(self):
        """The ticket goes to another team: so does what is written, and who wrote it."""
        message = self._ingest()
        ticket = self._ticket_of(message)
        conversation = message.conversation_id.with_user(self.user_other)
        self.assertFalse(conversation.has_access("read"))
        ticket._assign(self.env["res.users"], self.other_team)
        self.assertTrue(conversation.has_access("read"))
        self.assertTrue(conversation.identity_id.has_access("read"))
        self.assertTrue(message.with_user(self.user_other).has_access("read"))
        for record in (conversation, message, message.mail_message_id):
            self.assertFalse(record.with_user(self.user_rep).has_access("read"))

    def test_history_goes_by_channel(self):
        """Without ticket, the channel decides."""
        message = self._ingest(is_history=True)
        conversation = message.conversation_id
        self.assertTrue(conversation.with_user(self.user_rep).has_access("read"))
        self.assertFalse(conversation.with_user(self.user_other).has_access("read"))
        self.channel.team_id = False
        self.assertTrue(conversation.with_user(self.user_other).has_access("read"))

    def test_archived_ticket(self):
        """An archived ticket hides its conversation from nobody who saw it."""
        message = self._ingest()
        self._ticket_of(message).action_archive()
        self.assertTrue(message.conversation_id.with_user(self.user_rep).has_access("read"))

    def test_other_company(self):
        """Not even a leader sees another company's."""
        company = self.env["res.company"].create({"name": "Other Shop"})
        channel = self._new_channel(name="Elsewhere", company_id=company.id, team_id=False)
        message = self._ingest(channel=channel)
        for record in (message.conversation_id, message.author_identity_id):
            self.assertFalse(record.with_user(self.user_leader).has_access("read"))

    def test_nobody_writes_by_hand(self):
        """Conversations and identities are written by what happens, not by people."""
        message = self._ingest()
        for record in (message.conversation_id, message.author_identity_id):
            for user in (self.user_rep, self.user_leader, self.user_admin):
                self.assertFalse(record.with_user(user).has_access("write"))
                self.assertFalse(record.with_user(user).has_access("create"))
        with self.assertRaises(AccessError):
            message.author_identity_id.with_user(self.user_rep).write({"partner_id": False})

    def test_decisions_need_access(self):
        """Only who sees the identity says who it is, and only of contacts that he sees."""
        identity = self._ingest(sender="x@gmail.com").author_identity_id
        for user in (self.user_other, self.employee, self.portal):
            with self.subTest(user.login):
                for action in (identity.action_confirm, identity.action_reject):
                    with self.assertRaises(AccessError):
                        getattr(identity.with_user(user), action.__name__)(self.partner.id)
        company = self.env["res.company"].create({"name": "Other Shop"})
        hidden = self.env["res.partner"].create({"name": "Hidden", "company_id": company.id})
        with self.assertRaises(AccessError):
            identity.with_user(self.user_rep).action_confirm(hidden.id)
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(self.employee).sudo(False).with_context(
                omni_identity_id=identity.id
            ).create({"name": "Me"})

    def test_rules_are_for_administrators(self):
        """Reps read the rules, administrators write them."""
        rule = self.env.ref("omnichannel_inbox.omni_rule_bulk")
        self.assertTrue(rule.with_user(self.user_rep).has_access("read"))
        self.assertFalse(rule.with_user(self.user_leader).has_access("write"))
        self.assertTrue(rule.with_user(self.user_admin).has_access("write"))
        self.assertFalse(rule.with_user(self.employee).has_access("read"))
