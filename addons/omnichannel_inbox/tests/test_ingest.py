from datetime import timedelta

from odoo.tests import tagged

from ..providers.base import Address, Attachment
from .common_ingest import MAILBOX, OTHER_MAILBOX, START, IngestCase, file


@tagged("post_install", "-at_install")
class TestIngest(IngestCase):
    """What becomes of a message."""

    def test_new_mail_opens_a_ticket(self):
        """Subject, customer, channel, clock: the ticket is whole."""
        message = self._ingest("Where is it?", subject="RE: FW: My table")
        ticket = self._ticket_of(message)
        self.assertEqual(ticket.name, "My table")
        self.assertEqual(ticket.partner_id, self.partner)
        self.assertEqual(ticket.email_from, "jan@tafel.example")
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.origin_channel_id, self.channel)
        self.assertEqual(ticket.waiting_since, message.sent)
        self.assertEqual(ticket.state, "open")
        self.assertEqual(ticket.channel_ids, self.channel)
        conversation = message.conversation_id
        self.assertEqual(conversation.ticket_id, ticket)
        self.assertEqual(conversation.last_direction, "in")
        self.assertEqual(conversation.last_customer_date, message.sent)
        self.assertEqual(conversation.preview, "Where is it?")
        self.assertEqual(message.mail_message_id.date, message.sent)
        self.assertEqual(message.mail_message_id.author_id, self.partner)

    def _ticket_count(self):
        return self.env["crm.ticket"].search_count([("partner_id", "=", self.partner.id)])

    def test_empty_subject(self):
        """A mail without subject is called by its first words, one without words too."""
        ticket = self._ticket_of(self._ingest("Is anybody there?", subject=""))
        self.assertEqual(ticket.name, "Is anybody there?")
        self.assertTrue(self._ticket_of(self._ingest("", subject="")).name)

    def test_idempotent(self):
        """The same message again, alone or within a batch, is the same message."""
        inbound = self._inbound()
        conversations = self.env["omni.conversation"]
        first, again = conversations._ingest_batch(self.channel, [inbound, inbound])
        self.assertEqual(first, again)
        self.assertEqual(conversations._ingest(self.channel, inbound), first)
        self.assertEqual(
            self.env["crm.ticket"].search_count([("partner_id", "=", self.partner.id)]), 1
        )
        self.assertEqual(len(first.conversation_id.omni_message_ids), 1)

    def test_idempotent_without_message_id(self):
        """So it is on channels whose messages have nothing but their id."""
        inbound = self._inbound(message_id="")
        conversations = self.env["omni.conversation"]
        first, again = conversations._ingest_batch(self.channel, [inbound, inbound])
        self.assertEqual(first, again)
        self.assertEqual(conversations._ingest(self.channel, inbound), first)
        self.assertEqual(len(first.conversation_id.omni_message_ids), 1)

    def test_order_of_results(self):
        """Results come in the order given, threads in that of the provider's clock."""
        late, early = self._inbound(minutes=90), self._inbound(minutes=30)
        messages = self.env["omni.conversation"]._ingest_batch(self.channel, [late, early])
        self.assertEqual([m.external_id for m in messages], [late.external_id, early.external_id])
        self.assertLess(messages[1].id, messages[0].id)

    def test_shuffled_thread(self):
        """Ten mails of one thread in any order: one ticket, the provider's order, and the clock of
        the oldest."""
        first = self._inbound("0", minutes=0, conversation="T1")
        inbounds = [first] + [
            self._inbound(str(n), minutes=n, conversation="T1", references=(first.message_id,))
            for n in range(1, 10)
        ]
        shuffled = [inbounds[n] for n in (7, 2, 9, 0, 4, 1, 8, 3, 6, 5)]
        self.env["omni.conversation"]._ingest_batch(self.channel, shuffled[:5])
        self.env["omni.conversation"]._ingest_batch(self.channel, shuffled[5:])
        messages = self.env["omni.message"].search([("channel_id", "=", self.channel.id)])
        self.assertEqual(len(messages.conversation_id), 1)
        self.assertEqual([m.text_body for m in messages.sorted("sent")], list("0123456789"))
        self.assertEqual(messages.conversation_id.last_message_date, START + timedelta(minutes=9))
        self.assertEqual(messages.conversation_id.first_message_date, START)
        self.assertEqual(self._ticket_of(messages[0]).waiting_since, START)

    def test_late_message_is_answered_already(self):
        """A mail that comes in late, from before our answer, waits for nothing."""
        first = self._ingest(minutes=0)
        answer = self._sent(first, sent=START + timedelta(hours=2))
        ticket = self._ticket_of(first)
        ticket._answered(answer.sent, self.user_rep)
        ticket.action_wait()
        self._ingest(minutes=60, references=(first.internet_message_id,))
        self.assertFalse(ticket.waiting_since)

    # === THREADS ===

    def test_reply_joins_by_message_id(self):
        """The Message-Id of our answer is what counts, whatever the subject has become."""
        first = self._ingest()
        answer = self._sent(first)
        reply = self._ingest(
            subject="Something else", references=(answer.internet_message_id, "<x@y>")
        )
        self.assertEqual(reply.conversation_id, first.conversation_id)
        self.assertEqual(reply.reply_to_id, answer)

    def test_never_by_subject(self):
        """Two mails with one subject are two tickets."""
        first, second = self._ingest(), self._ingest()
        self.assertNotEqual(first.conversation_id, second.conversation_id)
        self.assertNotEqual(self._ticket_of(first), self._ticket_of(second))

    def test_channels_thread(self):
        """Outlook on a telephone leaves out the references: the channel's own thread is left."""
        first = self._ingest(conversation="T1")
        second = self._ingest(conversation="T1")
        self.assertEqual(first.conversation_id, second.conversation_id)

    def test_channels_thread_of_strangers(self):
        """Exchange makes one thread of strangers' mails that share a subject: they are none."""
        first = self._ingest(conversation="T1")
        other = self._ingest(conversation="T1", sender="piet@stoel.example")
        self.assertNotEqual(first.conversation_id, other.conversation_id)
        colleague = self._ingest(conversation="T1", sender="els@stoel.example")
        self.assertEqual(other.conversation_id, colleague.conversation_id)

    def test_channels_thread_is_of_the_channel(self):
        """Ids of threads mean nothing in another mailbox."""
        first = self._ingest(conversation="T1")
        second = self._ingest(conversation="T1", channel=self.other_channel, to=[OTHER_MAILBOX])
        self.assertNotEqual(first.conversation_id, second.conversation_id)

    def test_forged_reference_of_another_company(self):
        """Messages of another company are not known here."""
        company = self.env["res.company"].create({"name": "Other Shop"})
        elsewhere = self._new_channel(name="Elsewhere", company_id=company.id, team_id=False)
        first = self._ingest(channel=elsewhere)
        reply = self._ingest(references=(first.internet_message_id,))
        self.assertNotEqual(reply.conversation_id, first.conversation_id)
        self.assertNotEqual(self._ticket_of(reply), self._ticket_of(first))

    def test_answer_in_another_mailbox(self):
        """He answers to our other mailbox: another thread of the same ticket."""
        first = self._ingest()
        answer = self._sent(first)
        reply = self._ingest(
            channel=self.other_channel,
            to=[OTHER_MAILBOX],
            references=(answer.internet_message_id,),
        )
        self.assertEqual(reply.conversation_id.channel_id, self.other_channel)
        self.assertEqual(self._ticket_of(reply), self._ticket_of(first))
        again = self._ingest(
            channel=self.other_channel,
            to=[OTHER_MAILBOX],
            references=(answer.internet_message_id,),
        )
        self.assertEqual(again.conversation_id, reply.conversation_id)

    # === ONE MAIL, SEVERAL TIMES ===

    def test_two_mailboxes_one_ticket(self):
        """One mail to two of our mailboxes is one message of one ticket, and both are noted."""
        inbound = self._inbound(to=[MAILBOX, OTHER_MAILBOX])
        first = self.env["omni.conversation"]._ingest(self.channel, inbound)
        copy = self._ingest(
            channel=self.other_channel,
            to=[MAILBOX, OTHER_MAILBOX],
            message_id=inbound.message_id,
            minutes=200,
        )
        self.assertEqual(copy, first)
        self.assertEqual(first.conversation_id.channel_id, self.channel)
        self.assertEqual(first.conversation_id.other_channel_ids, self.other_channel)
        self.assertEqual(
            self.env["crm.ticket"].search_count([("partner_id", "=", self.partner.id)]), 1
        )

    def test_answers_leave_from_the_one_addressed(self):
        """It came in first where it was only copied to: it moves to where it was sent."""
        inbound = self._inbound(to=[MAILBOX], cc=[OTHER_MAILBOX])
        first = self.env["omni.conversation"]._ingest(self.other_channel, inbound)
        copy = self._ingest(
            to=[MAILBOX],
            cc=[OTHER_MAILBOX],
            message_id=inbound.message_id,
            conversation="T9",
            external_id="HERE",
        )
        conversation = first.conversation_id
        self.assertEqual(copy, first)
        self.assertEqual(conversation.channel_id, self.channel)
        self.assertEqual(conversation.other_channel_ids, self.other_channel)
        self.assertEqual(conversation.external_id, "T9")
        self.assertEqual((first.channel_id, first.external_id), (self.channel, "HERE"))
        self.assertEqual(conversation.identity_id.channel_id, self.channel)
        self.assertEqual(conversation.identity_id.partner_id, self.partner)

    def test_message_id_of_a_machine(self):
        """A scanner that puts one Message-Id on everything loses nothing."""
        first = self._ingest(message_id="<scan@tafel.example>", minutes=0)
        second = self._ingest(message_id="<scan@tafel.example>", minutes=20)
        self.assertTrue(second)
        self.assertNotEqual(first, second)

    def test_new_ids_after_a_resync(self):
        """The mailbox was moved, all its ids are new: its mails are not."""
        inbound = self._inbound(minutes=5)
        first = self.env["omni.conversation"]._ingest(self.channel, inbound)
        again = self._ingest(message_id=inbound.message_id, minutes=5)
        self.assertEqual(first, again)

    # === WE ===

    def test_echo(self):
        """What we sent comes back as it lies in the mailbox: by uuid, Message-Id or draft."""
        first = self._ingest()
        sent = self._sent(first, external_id=False, state="sending")
        name = sent.internet_message_id
        for values in (
            {"outbox_uuid": sent.uuid},
            {"message_id": name},
            {"external_id": "DRAFT1", "message_id": "<new@shop.example>"},
        ):
            with self.subTest(values):
                sent.write(
                    {
                        "external_id": False,
                        "internet_message_id": name,
                        "state": "sending",
                        "progress": {"draft_id": "DRAFT1"},
                    }
                )
                echo = self._ingest(
                    sender=MAILBOX, is_ours=True, to=["jan@tafel.example"], **values
                )
                self.assertEqual(echo, sent)
                self.assertEqual(sent.state, "sent")
        self.assertEqual(len(first.conversation_id.omni_message_ids), 2)

    def test_answer_from_outlook(self):
        """A colleague answers in Outlook itself: it appears, and the ticket is answered."""
        first = self._ingest(conversation="T1")
        ticket = self._ticket_of(first)
        answer = self._ingest(
            "It comes tomorrow.",
            sender=MAILBOX,
            is_ours=True,
            to=["jan@tafel.example"],
            references=(first.internet_message_id,),
            conversation="T1",
        )
        self.assertEqual(answer.direction, "out")
        self.assertEqual(answer.state, "sent")
        self.assertEqual(answer.conversation_id, first.conversation_id)
        self.assertFalse(ticket.waiting_since)
        self.assertEqual(ticket.last_answer_date, answer.sent)
        self.assertEqual(ticket.first_answer_date, answer.sent)
        self.assertEqual(first.conversation_id.last_direction, "out")

    def test_colleague_answers_from_his_own_mailbox(self):
        """A colleague answers the customer from his own address, with us in copy."""
        first = self._ingest()
        answer = self._ingest(
            sender="rep@shop.example",
            to=["jan@tafel.example"],
            cc=[MAILBOX],
            references=(first.internet_message_id,),
        )
        ticket = self._ticket_of(first)
        self.assertEqual(answer.conversation_id, first.conversation_id)
        self.assertEqual((answer.direction, answer.user_id), ("out", self.user_rep))
        self.assertFalse(ticket.waiting_since)
        self.assertEqual(ticket.user_id, self.user_rep)

    def test_forged_in_the_name_of_a_colleague(self):
        """It is no answer of ours, and does not vanish among what colleagues write."""
        first = self._ingest()
        forged = self._ingest(
            "Your order is cancelled, pay again",
            sender="rep@shop.example",
            to=["jan@tafel.example"],
            cc=[MAILBOX],
            references=(first.internet_message_id,),
            is_authenticated=False,
        )
        self.assertEqual(forged.direction, "in")
        self.assertFalse(forged.mail_message_id.author_id)
        ticket = self._ticket_of(first)
        self.assertFalse(ticket.first_answer_date)
        alone = self._ingest(sender="boss@shop.example", is_authenticated=False)
        self.assertTrue(self._ticket_of(alone))
        self.assertFalse(alone.conversation_id.partner_id)

    def test_colleagues_among_themselves(self):
        """What a colleague forwards to the mailbox joins the thread, and answers nobody."""
        first = self._ingest()
        note = self._ingest(
            sender="rep@shop.example", to=[MAILBOX], references=(first.internet_message_id,)
        )
        self.assertEqual(note.conversation_id, first.conversation_id)
        self.assertTrue(self._ticket_of(first).waiting_since)

    def test_forwarded_from_outlook(self):
        """What is forwarded to a colleague or to a carrier answers no customer."""
        first = self._ingest()
        for address in ("rep@shop.example", "desk@carrier.example"):
            forward = self._ingest(
                sender=MAILBOX,
                is_ours=True,
                to=[address],
                references=(first.internet_message_id,),
            )
            self.assertEqual(forward.conversation_id, first.conversation_id)
            self.assertEqual(forward.direction, "out")
            self.assertTrue(self._ticket_of(first).waiting_since)

    def test_mail_among_us_from_outlook(self):
        """What the mailbox writes to colleagues is left alone."""
        self.assertFalse(self._ingest(sender=MAILBOX, is_ours=True, to=["rep@shop.example"]))

    def test_our_message_id_of_somebody_else(self):
        """Whoever puts our Message-Id on his own mail is heard all the same."""
        answer = self._sent(self._ingest())
        message = self._ingest(message_id=answer.internet_message_id)
        self.assertNotEqual(message, answer)
        self.assertEqual(message.direction, "in")

    def test_answer_sent_to_ourselves_too(self):
        """Our answer with our other mailbox in copy comes in there: it is the same message."""
        answer = self._sent(self._ingest())
        copy = self._ingest(
            sender=MAILBOX,
            to=["jan@tafel.example"],
            cc=[OTHER_MAILBOX],
            channel=self.other_channel,
            message_id=answer.internet_message_id,
        )
        self.assertEqual(copy, answer)

    def test_mail_started_in_outlook(self):
        """We write first, in Outlook: the customer's history, and his answer is a ticket."""
        sent = self._ingest(sender=MAILBOX, is_ours=True, to=["jan@tafel.example"])
        self.assertEqual(sent.conversation_id.partner_id, self.partner)
        self.assertFalse(sent.conversation_id.case_id)
        reply = self._ingest(references=(sent.internet_message_id,), is_authenticated=None)
        self.assertEqual(reply.conversation_id, sent.conversation_id)
        self.assertTrue(self._ticket_of(reply))
        identity = reply.author_identity_id
        self.assertEqual((identity.level, identity.partner_id), ("proved", self.partner))

    # === MACHINES ===

    def test_absence_note(self):
        """An absence note joins its thread, reopens nothing and starts no clock."""
        first = self._ingest()
        answer = self._sent(first)
        ticket = self._ticket_of(first)
        ticket._answered(answer.sent, self.user_rep)
        ticket.action_wait()
        note = self._ingest(
            "I am away.",
            subject="Automatic reply",
            references=(answer.internet_message_id,),
            is_automatic=True,
        )
        self.assertEqual(note.conversation_id, first.conversation_id)
        self.assertEqual(ticket.state, "waiting")
        self.assertFalse(ticket.waiting_since)
        self.assertFalse(note.conversation_id._may_answer_automatically())
        self.assertTrue(note.is_automatic)

    def test_machine_opens_no_ticket(self):
        """An automatic mail that answers nothing is history."""
        message = self._ingest(sender="no-reply@bank.example", is_automatic=True)
        self.assertTrue(message)
        self.assertFalse(message.conversation_id.case_id)
        self.assertTrue(message.author_identity_id.is_machine)

    def test_machine_and_rules(self):
        """A rule on everybody means no machines; one on machines, or on this one, does."""
        self.env["omni.rule"].search([]).action_archive()
        rule = self.env["omni.rule"].create({"name": "All", "recipient_patterns": "shop.example"})
        sender = "no-reply@webshop.example"

        def ticket():
            return self._ticket_of(self._ingest(sender=sender, is_automatic=True))

        self.assertFalse(ticket())
        rule.sender_patterns = "webshop.example"
        self.assertTrue(ticket())
        rule.write({"sender_patterns": False, "sender_kind": "automatic"})
        self.assertTrue(ticket())
        rule.sender_kind = "unknown"
        self.assertFalse(ticket())

    def test_bounce(self):
        """What could not be delivered is told at our message, and it is our turn again."""
        first = self._ingest()
        answer = self._sent(first)
        ticket = self._ticket_of(first)
        ticket._answered(answer.sent, self.user_rep)
        ticket.action_wait()
        bounce = self._ingest(
            f"Delivery has failed to these recipients: jan@tafel.example\n"
            f"Message-ID: {answer.internet_message_id}",
            sender="postmaster@tafel.example",
            subject="Undeliverable: My table",
            is_bounce=True,
            is_automatic=True,
        )
        self.assertEqual(bounce.conversation_id, first.conversation_id)
        self.assertEqual(answer.state, "failed")
        self.assertEqual(answer.failure_type, "recipient")
        self.assertIn("jan@tafel.example", answer.failure_reason)
        self.assertEqual(ticket.state, "open")
        self.assertFalse(ticket.waiting_since)

    def test_bounce_of_our_own_server(self):
        """It bears an address of ours, and nobody of us has written it."""
        answer = self._sent(self._ingest())
        domain = self.user_rep.email.rpartition("@")[2]
        bounce = self._ingest(
            f"Delivery has failed.\nMessage-ID: {answer.internet_message_id}",
            sender=f"MicrosoftExchange329e71ec88ae4615@{domain}",
            is_bounce=True,
        )
        self.assertEqual((bounce.direction, bounce.state), ("in", "received"))
        self.assertEqual(answer.state, "failed")

    def test_flood(self):
        """A machine nobody recognises fills one ticket, not the inbox; nothing is lost."""
        inbounds = [self._inbound(sender="robot@x.example", minutes=n) for n in range(30)]
        messages = self.env["omni.conversation"]._ingest_batch(self.channel, inbounds)
        self.assertTrue(all(messages))
        tickets = {self._ticket_of(message) for message in messages}
        self.assertEqual(len(tickets), 20)
        more = self._ingest(sender="robot@x.example", minutes=40)
        self.assertIn(self._ticket_of(more), tickets)

    # === RULES ===

    def test_left_alone(self):
        """Newsletters and colleagues are left alone, and nobody is remembered for it."""
        newsletter = self._ingest(
            sender="news@mode.example", headers=(("List-Unsubscribe", "<mailto:x@y>"),)
        )
        colleague = self._ingest(sender="rep@shop.example")
        self.assertFalse(newsletter)
        self.assertFalse(colleague)
        addresses = ["news@mode.example", "rep@shop.example"]
        self.assertFalse(self.env["omni.identity"].search([("external_id", "in", addresses)]))

    def test_history_only(self):
        """Carriers and suppliers only join their history."""
        carrier = self._ingest(sender="track@mail.dpd.be")
        self.env["res.partner"].create(
            {"name": "Oak", "email": "sales@oak.example", "supplier_rank": 1}
        )
        supplier = self._ingest(sender="sales@oak.example", is_authenticated=False)
        for message in (carrier, supplier):
            self.assertTrue(message)
            self.assertFalse(message.conversation_id.case_id)

    def test_rule_of_a_channel(self):
        """The first rule that holds decides, and says whose the ticket is."""
        category = self.env["crm.ticket.category"].search([], limit=1)
        tag = self.env["crm.tag"].create({"name": "Parts"})
        self.env["omni.rule"].create(
            {
                "name": "Parts",
                "sequence": 1,
                "channel_ids": self.channel.ids,
                "recipient_patterns": "parts@shop.example",
                "team_id": self.other_team.id,
                "category_id": category.id,
                "tag_ids": tag.ids,
            }
        )
        ticket = self._ticket_of(self._ingest(to=["parts@shop.example", MAILBOX]))
        self.assertEqual(ticket.team_id, self.other_team)
        self.assertEqual((ticket.category_id, ticket.tag_ids), (category, tag))
        elsewhere = self._ticket_of(
            self._ingest(channel=self.other_channel, to=["parts@shop.example"])
        )
        self.assertEqual(elsewhere.team_id, self.team)

    def test_rule_of_a_folder(self):
        """Folders of other channels may have the same name."""
        folder = self.env["omni.folder"].create(
            {"channel_id": self.other_channel.id, "key": "inbox", "name": "Inbox"}
        )
        self.env["omni.rule"].create(
            {"name": "No", "sequence": 1, "folder_ids": folder.ids, "result": "ignore"}
        )
        to = [OTHER_MAILBOX]
        self.assertTrue(self._ingest(folder="inbox"))
        self.assertTrue(self._ingest(folder="other", channel=self.other_channel, to=to))
        self.assertFalse(self._ingest(folder="inbox", channel=self.other_channel, to=to))

    def test_thread_wins_from_rule(self):
        """Whoever is left alone otherwise is heard in a thread with a ticket."""
        first = self._ingest()
        self.env["omni.rule"].create(
            {"name": "No", "sequence": 1, "sender_patterns": "tafel.example", "result": "ignore"}
        )
        self.assertFalse(self._ingest())
        self.assertTrue(self._ingest(references=(first.internet_message_id,)))

    def test_web_form(self):
        """The form of our own web site writes as us, and for a customer: weak, and a ticket."""
        message = self._ingest(
            sender=MAILBOX,
            reply_to=(Address("jan@tafel.example", "Jan", "jan@tafel.example"),),
            is_automatic=True,
        )
        self.assertEqual(message.author_identity_id.email, "jan@tafel.example")
        self.assertEqual(message.author_identity_id.level, "weak")
        ticket = self._ticket_of(message)
        self.assertTrue(ticket)
        self.assertFalse(ticket.partner_id)

    # === HISTORY ===

    def test_history_is_quiet(self):
        """What is older than the channel is kept with the customer, and nobody hears of it."""
        tickets = self.env["crm.ticket"].search_count([])
        notified = self.env["mail.notification"].search_count([])
        messages = self.env["omni.conversation"]._ingest_batch(
            self.channel,
            [self._inbound(is_history=True, conversation="T1") for _n in range(3)],
        )
        conversation = messages[0].conversation_id
        self.assertTrue(conversation.is_history)
        self.assertEqual(conversation.partner_id, self.partner)
        self.assertEqual(len(conversation.omni_message_ids), 3)
        self.assertEqual(self.env["crm.ticket"].search_count([]), tickets)
        self.assertEqual(self.env["mail.notification"].search_count([]), notified)
        self.assertEqual(self.partner.with_user(self.user_rep).omni_conversation_count, 1)
        now = self._ingest(conversation="T1")
        self.assertEqual(now.conversation_id, conversation)
        self.assertFalse(conversation.is_history)
        self.assertTrue(self._ticket_of(now))

    def test_history_of_a_ticket(self):
        """What is brought in later of an old thread wakes no ticket."""
        first = self._ingest(minutes=0)
        ticket = self._ticket_of(first)
        ticket.action_close()
        old = self._ingest(minutes=60, references=(first.internet_message_id,), is_history=True)
        self.assertEqual(old.conversation_id, first.conversation_id)
        self.assertEqual(ticket.state, "done")
        self.assertFalse(ticket.waiting_since)

    def test_follow_up_long_after(self):
        """Long after the ticket was closed: another ticket, and the old thread stays whole."""
        first = self._ingest(minutes=0, conversation="T1")
        ticket = self._ticket_of(first)
        ticket.action_close()
        ticket.closed_date = START + timedelta(hours=1)
        late = self._ingest(
            minutes=60 * 24 * 40, conversation="T1", references=(first.internet_message_id,)
        )
        new = self._ticket_of(late)
        self.assertEqual(new.parent_id, ticket)
        self.assertEqual(self._ticket_of(first), ticket)
        self.assertEqual(ticket.state, "done")
        self.assertEqual(late.mail_message_id.res_id, late.conversation_id.id)
        self.assertNotEqual(late.conversation_id, first.conversation_id)
        self.assertEqual(first.conversation_id.last_message_date, first.sent)
        # and goes on there
        next_one = self._ingest(minutes=60 * 24 * 40 + 5, conversation="T1")
        self.assertEqual(next_one.conversation_id, late.conversation_id)

    def test_reopened(self):
        """Soon after, the same ticket is opened again."""
        first = self._ingest(minutes=0)
        ticket = self._ticket_of(first)
        ticket.action_close()
        ticket.closed_date = START + timedelta(hours=1)
        self._ingest(minutes=120, references=(first.internet_message_id,))
        self.assertEqual(ticket.state, "open")

    # === CONTENT ===

    def test_nobody_is_notified(self):
        """No follower, no notification, no mail of Odoo's own."""
        mails = self.env["mail.mail"].search_count([])
        first = self._ingest()
        ticket = self._ticket_of(first)
        ticket.message_subscribe(self.partner.ids)
        first.conversation_id.message_subscribe(self.partner.ids)
        self._ingest(references=(first.internet_message_id,))
        first.conversation_id.message_post(body="x", partner_ids=self.partner.ids)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(first.conversation_id.message_follower_ids)
        self.assertFalse(first.conversation_id.message_ids.notification_ids)

    def test_body_is_harmless(self):
        """Scripts are gone before the message is stored."""
        message = self._ingest(
            html="<p onclick='x()'>Hi</p><script>alert(1)</script><img src=x onerror=y()>"
        )
        body = str(message.mail_message_id.body)
        self.assertIn("Hi", body)
        self.assertNotIn("script", body)
        self.assertNotIn("onerror", body)
        self.assertNotIn("onclick", body)

    def test_attachments(self):
        """Content and name are kept; where it goes and what it is are ours to say."""
        svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        message = self._ingest(
            html="<p>See <img src='cid:pic1'></p>",
            attachments=(
                file(content_id="pic1", is_inline=True),
                file("../../etc/pass\u202ewd.html", b"<script>alert(1)</script>", "text/html"),
                file("x.svg", svg, "image/svg+xml"),
                file("y", svg, "application/octet-stream"),
                file("report.pdf", b"%PDF-1.4", "application/pdf", content_id="pdf"),
            ),
        )
        files = message.attachment_ids.sorted("id")
        self.assertEqual(len(files), 5)
        self.assertEqual(files[0].description, "cid:pic1")
        self.assertNotIn("/", files[1].name)
        self.assertNotIn("\u202e", files[1].name)
        self.assertEqual(files[1].raw, b"<script>alert(1)</script>")
        self.assertEqual(files[2].raw, svg)
        for one in files[1:4]:
            self.assertEqual(one.mimetype, "text/plain")
        self.assertEqual(files[4].mimetype, "application/pdf")
        self.assertFalse(files[4].description)
        for one in files:
            self.assertFalse(one.public)
            self.assertEqual(
                (one.res_model, one.res_id),
                (message.mail_message_id.model, message.conversation_id.id),
            )

    def test_attachment_that_is_not_there(self):
        """A linked document is a link, a missing file is named."""
        message = self._ingest(
            attachments=(
                Attachment("plan.docx", url="https://files.example/plan"),
                Attachment("lost.pdf"),
                Attachment("bad.pdf", url="javascript:alert(1)"),
            )
        )
        body = str(message.mail_message_id.body)
        self.assertIn("https://files.example/plan", body)
        self.assertIn("lost.pdf", body)
        self.assertNotIn("javascript", body)

    def test_reply_to_and_recipients(self):
        """Who else is in it is kept for answering all, without ourselves."""
        message = self._ingest(
            to=[MAILBOX, "els@tafel.example"],
            cc=[OTHER_MAILBOX, "piet@tafel.example"],
            reply_to=(Address("desk@tafel.example", "", "desk@tafel.example"),),
        )
        conversation = message.conversation_id
        self.assertEqual(
            [one["email"] for one in conversation.recipients["to"]], ["els@tafel.example"]
        )
        self.assertEqual(
            [one["email"] for one in conversation.recipients["cc"]], ["piet@tafel.example"]
        )
        self.assertEqual([one["email"] for one in conversation.reply_to], ["desk@tafel.example"])

    def test_answers_go_to_the_customer_whoever_else_writes(self):
        """A carrier in copy answers with an address to answer to, a machine answers: the customer
        is still the one who is answered."""
        first = self._ingest(cc=["depot@carrier.example"])
        conversation = first.conversation_id
        answer = self._sent(first)
        names = (answer.internet_message_id,)
        self._ingest(
            "We lost it",
            sender="depot@carrier.example",
            references=names,
            to=[MAILBOX, "jan@tafel.example"],
            reply_to=(Address("tickets@carrier.example", "", "tickets@carrier.example"),),
        )
        self.assertEqual(conversation.omni_message_count, 3)
        self.assertFalse(conversation.reply_to)
        people = self.env["omni.inbox"]._recipients(conversation)
        self.assertEqual([one["email"] for one in people["to"]], ["jan@tafel.example"])
        self.assertEqual([one["email"] for one in people["cc"]], ["depot@carrier.example"])
        self._ingest("Away until Monday", references=names, is_automatic=True)
        self.assertEqual(self.env["omni.inbox"]._recipients(conversation), people)

    def test_a_forged_mail_does_not_say_where_answers_go(self):
        first = self._ingest()
        self._ingest(
            "And what did my order cost?",
            references=(first.internet_message_id,),
            is_authenticated=False,
            reply_to=(Address("thief@evil.example", "", "thief@evil.example"),),
        )
        self.assertEqual(first.conversation_id.omni_message_count, 2)
        self.assertFalse(first.conversation_id.reply_to)

    def test_what_no_database_holds(self):
        """Character zero, half characters, endless ids: taken in, and recognised again."""
        values = {
            "subject": "Ta\0ble \ud83d",
            "html": "<p>Wh\0ere\udc00</p>",
            "name": "J\0an",
            "message_id": f"<{'m' * 5000}@tafel.example>",
            "conversation": "T" * 5000,
            "external_id": "E" * 5000,
            "attachments": (file("a\0\ud83d.png"),),
        }
        message = self._ingest(**values)
        self.assertEqual(message.mail_message_id.subject, "Table ?")
        self.assertTrue(self._ticket_of(message))
        self.assertEqual(self._ingest(**values), message)
        reply = self._ingest(references=(values["message_id"],))
        self.assertEqual(reply.conversation_id, message.conversation_id)

    def test_queries_of_a_batch(self):
        """Nothing is looked up mail by mail, but what every new ticket asks for itself."""

        def queries(number):
            sender = f"x{number}-%s@stoel.example"
            inbounds = [
                self._inbound(
                    f"<p>Order S{n:05}</p>",
                    sender=sender % n,
                    conversation=f"Q{number}-{n}",
                    references=(f"<r{n}@x>",),
                    is_history=True,
                )
                for n in range(number)
            ]
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["omni.conversation"]._ingest_batch(self.channel, inbounds)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        queries(5)
        # both name more references than are looked for in one batch
        few, many = queries(30), queries(90)
        self.assertLess(many - few, 15)

    def test_nobody_wrote_it(self):
        """A mail without sender is a ticket all the same."""
        message = self._ingest(sender="", author=Address("", "", ""))
        self.assertTrue(self._ticket_of(message))
