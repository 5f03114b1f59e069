from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import AuthError, PayloadError

from ..providers import PROVIDERS, register
from ..providers.base import (
    Address,
    Capabilities,
    Claim,
    Edited,
    Event,
    Ignored,
    Inbound,
    Moment,
    Profile,
    Provider,
    Purchase,
    Rating,
    Reaction,
    Sent,
    Status,
)
from .common import OmniCase

VISITOR = Address("4711")
START = datetime(2026, 11, 2, 9, 0)


def at(minutes):
    """A moment of the story."""
    return START + timedelta(minutes=minutes)


class ParrotProvider(Provider):
    """A chat that says what a test has put into it."""

    code = "parrot"
    label = "Parrot"
    capabilities = Capabilities(
        text_limit=100,
        has_parts=True,
        reply_window=timedelta(hours=24),
        human_window=timedelta(days=7),
    )
    items: dict = {}
    sent: list = []

    def parse(self, event):
        items = self.items[event.payload]
        if items is None:
            raise PayloadError("What?")
        return list(items)

    def send(self, message, remember):
        self.sent.append(message)
        return Sent(f"out-{len(self.sent)}", sent=fields.Datetime.now())

    def link(self, conversation):
        return f"https://desk.example/{conversation}"


class TestItemKinds(OmniCase):
    """What a channel says beyond messages is kept, once, in whichever order it comes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        register(ParrotProvider)
        cls.addClassCleanup(PROVIDERS.pop, ParrotProvider.code)
        cls.chat = cls._new_channel("parrot", team_id=cls.team.id)

    def setUp(self):
        super().setUp()
        ParrotProvider.items, ParrotProvider.sent = {}, []

    # === KIT === #

    def _say(self, *items, conversation="4711", occurred=None, process=True):
        """The channel says something, in one event.

        :rtype: omni.event
        """
        key = f"event:{len(ParrotProvider.items)}"
        ParrotProvider.items[key] = items
        first = items[0]
        moment = occurred or getattr(first, "sent", None) or getattr(first, "occurred", None)
        event = self._store(Event("message", key, key, moment, conversation), channel=self.chat)
        if process:
            event._process()
        return event

    def _hello(self, name="m1", minutes=0, text="Hello", **values):
        return Inbound(
            **{
                "external_id": name,
                "sent": at(minutes),
                "author": VISITOR,
                "conversation": "4711",
                "text": text,
                **values,
            }
        )

    def _ours(self, name, minutes, text="We look", **values):
        return self._hello(
            name,
            minutes,
            text,
            is_ours=True,
            author=Address("page"),
            recipients=(VISITOR,),
            **values,
        )

    def _message(self, name="m1"):
        return (
            self.env["omni.message"]
            ._by_names(self.chat, [name])
            .get(name, self.env["omni.message"])
        )

    def _conversation(self):
        return self.env["omni.conversation"].search(
            [("channel_id", "=", self.chat.id), ("external_id", "=", "4711")]
        )

    def _ticket(self):
        return self.env["crm.ticket"].browse(self._conversation().case_id)

    def _due(self):
        """What waits is due now."""
        events = self.env["omni.event"].search(
            [("channel_id", "=", self.chat.id), ("state", "=", "retry")]
        )
        events.next_try = False
        events._process()

    # === CHANGES === #

    def test_edited(self):
        self._say(self._hello(text="Where is my tabel?"))
        self._say(Edited("m1", "Where is my table?", at(1), 1))
        message = self._message()
        self.assertEqual(message.text_body, "Where is my table?")
        self.assertIn("my table?", str(message.body))
        self.assertEqual(message.edit_ids.mapped("text"), ["Where is my tabel?"])
        self.assertEqual((message.version, message.edited), (1, at(1)))
        self.assertEqual(self._conversation().preview, "Where is my table?")

    def test_edited_text_is_no_html(self):
        self._say(self._hello())
        self._say(Edited("m1", "<img src=x onerror=alert(1)>", at(1), 1))
        self.assertNotIn("<img", str(self._message().body))

    def test_older_change_changes_nothing(self):
        self._say(self._hello())
        self._say(Edited("m1", "third", at(3), 3))
        self._say(Edited("m1", "second", at(2), 2))
        self._say(Edited("m1", "third", at(3), 3))
        self.assertEqual(self._message().text_body, "third")
        self.assertEqual(len(self._message().edit_ids), 1)

    def test_change_before_its_message_waits_for_it(self):
        change = self._say(Edited("m1", "second", at(1), 1))
        self.assertEqual(change.state, "retry")
        hello = self._say(self._hello(), process=False)
        # it holds nobody back
        due = SQL("SELECT e.id %s", self.env["omni.event"]._due_sql("chat"))
        self.assertEqual(self.env.execute_query(due), [(hello.id,)])
        hello._process()
        self.assertEqual(hello.state, "done")
        # and is woken at once
        self.assertLessEqual(change.next_try, fields.Datetime.now())
        change._process()
        self.assertEqual(change.state, "done")
        self.assertEqual(self._message().text_body, "second")

    def test_change_of_what_never_comes(self):
        change = self._say(Edited("m0", "second", at(1), 1))
        for _attempt in range(10):
            self._due()
        self.assertEqual((change.state, change.cause), ("ignored", "unknown"))
        self.assertTrue(change.failure_reason)

    def test_what_never_comes_is_no_alarm(self):
        """A change of a message from before the connection: nobody is called, whatever else is
        late still counts."""
        change = self._say(Edited("m0", "second", at(1), 1))

        def kinds():
            self.env.flush_all()
            return [one["kind"] for one in self.chat._watch_counts(self.chat)]

        while change.state == "retry":
            change.received = fields.Datetime.now() - timedelta(hours=2)
            self.assertNotIn("waiting", kinds())
            self.assertFalse(self.chat._oldest_pending())
            self._due()
        self.assertEqual(change.state, "ignored")
        hello = self._say(self._hello(), process=False)
        hello.received = fields.Datetime.now() - timedelta(hours=2)
        self.assertIn("waiting", kinds())
        self.assertEqual(self.chat._oldest_pending(), hello.received)

    def test_replayed_it_counts_again(self):
        change = self._say(Edited("m0", "second", at(1), 1))
        change.received = fields.Datetime.now() - timedelta(hours=2)
        change.with_user(self.user_admin).action_replay()
        self.assertEqual(self.chat._oldest_pending(), change.received)

    # === REACTIONS === #

    def test_reaction(self):
        self._say(self._hello())
        self._say(self._ours("m2", 1))
        self._say(Reaction("m2", "❤", VISITOR, occurred=at(2)))
        [reaction] = self._message("m2").reaction_ids
        self.assertEqual(reaction.emoji, "❤")
        self.assertEqual(reaction.identity_id.external_id, "4711")
        self._say(Reaction("m2", "👍", VISITOR, occurred=at(3)))
        self.assertEqual(self._message("m2").reaction_ids.mapped("emoji"), ["👍"])

    def test_reaction_taken_off_before_it_came(self):
        self._say(self._hello())
        self._say(Reaction("m1", "", Address("page"), is_removed=True, occurred=at(3)))
        self._say(Reaction("m1", "❤", Address("page"), occurred=at(2)))
        self.assertFalse(self._message().reaction_ids)

    # === ANSWERS === #

    def test_answers_one_message(self):
        self._say(self._hello("m2", 1, in_reply_to="m1"))
        self.assertFalse(self._message("m2").reply_to_id)
        self._say(self._hello("m1", 0))
        self.assertEqual(self._message("m2").reply_to_id, self._message("m1"))
        self._say(self._hello("m3", 2, in_reply_to="m2"))
        self.assertEqual(self._message("m3").reply_to_id, self._message("m2"))

    # === NAMES, ECHOES === #

    def _answer_now(self, **values):
        message = self._answer(self._message(), **values)
        self.env.flush_all()
        return message

    def test_parts_come_back_before_the_request_is_answered(self):
        self._say(self._hello())
        message = self._answer_now()
        message._set_sending("mark")
        self._say(self._ours("o2", 2, outbox_uuid=f"{message.uuid}:2/2"))
        self.assertEqual(message.state, "sending")
        self.assertEqual(message.progress["echoes"], {"2": "o2"})
        self._say(self._ours("o1", 2, outbox_uuid=f"{message.uuid}:1/2"))
        self.assertEqual(message.state, "sent")
        self.assertEqual(message.external_id, "o1")
        self.assertEqual(self._message("o2"), message)
        self.assertEqual(len(self._conversation().omni_message_ids), 2)

    def test_answer_of_the_request_after_the_echo(self):
        self._say(self._hello())
        message = self._answer_now()
        message._set_sending("mark")
        self._say(self._ours("o1", 2, outbox_uuid=message.uuid))
        self.assertEqual(message.state, "sent")
        message._set_sent(Sent("o1", aliases=("o2",)))
        self.assertEqual(self._message("o2"), message)
        # a late copy of a part is the same message, and the message keeps its name
        self._say(self._ours("o2", 2))
        self.assertEqual(message.external_id, "o1")
        self.assertEqual(len(self._conversation().omni_message_ids), 2)

    def test_echo_without_name_becomes_one_with_its_message(self):
        self._say(self._hello())
        message = self._answer_now()
        message._set_sending("mark")
        self._say(self._ours("o2", 2))
        self.assertEqual(len(self._conversation().omni_message_ids), 3)
        message._set_sent(Sent("o1", aliases=("o2",)))
        self.assertEqual(len(self._conversation().omni_message_ids), 2)

    def test_what_was_written_here_is_never_taken_for_an_echo(self):
        self._say(self._hello())
        first, second = self._answer_now(), self._answer_now()
        first._set_sent(Sent("o1"))
        second._set_sent(Sent("o1", aliases=("o1",)))
        self.assertTrue(first.exists().mail_message_id)
        self.assertEqual((first.external_id, second.external_id), ("o1", False))

    # === DELIVERED, READ === #

    def test_read_until(self):
        self._say(self._hello())
        self._say(self._ours("o1", 1), self._ours("o2", 2), self._ours("o3", 5))
        self._say(Status("delivered", conversation="4711", until=at(2), occurred=at(2)))
        states = [self._message(name).state for name in ("o1", "o2", "o3")]
        self.assertEqual(states, ["delivered", "delivered", "sent"])
        self._say(Status("read", conversation="4711", until=at(9), occurred=at(9)))
        self._say(Status("delivered", conversation="4711", until=at(9), occurred=at(9)))
        states = [self._message(name).state for name in ("o1", "o2", "o3")]
        self.assertEqual(states, ["read", "read", "read"])
        self.assertEqual(self._message("m1").state, "received")

    def test_part_read_is_not_the_whole(self):
        self._say(self._hello())
        message = self._answer_now()
        message._set_sending("mark")
        message._note_aliases(["o1"])
        self._say(Status("read", external_id="o1", occurred=at(3)))
        self.assertEqual(message.state, "sending")
        message._set_sent(Sent("o2", aliases=("o1",)))
        self._say(Status("read", external_id="o1", occurred=at(4)))
        self.assertEqual(message.state, "read")

    # === MOMENTS === #

    def test_moment_begins_a_conversation_without_ticket(self):
        moment = Moment("4711", "postback", "pb:1", at(0), VISITOR, {"title": "Start"})
        self._say(moment)
        self._say(moment)
        conversation = self._conversation()
        self.assertEqual(conversation.moment_ids.mapped("text"), ["Pressed “Start”"])
        self.assertEqual(conversation.identity_id.external_id, "4711")
        self.assertFalse(conversation.case_id)
        self._say(self._hello("m1", 1))
        self.assertEqual(self._conversation(), conversation)
        self.assertTrue(conversation.case_id)

    def test_texts_of_moments_without_their_names(self):
        self._say(self._hello())
        for number, code in enumerate(("opened", "transferred", "closed", "taken", "passed")):
            self._say(Moment("4711", code, str(number), at(number)))
        texts = self._conversation().moment_ids.mapped("text")
        self.assertEqual(len(texts), 5)
        self.assertFalse([text for text in texts if "%" in text or "  " in text])
        self.assertIn("Closed in the other system", texts)

    def test_time_to_answer(self):
        self._say(self._hello())
        conversation = self._conversation()
        self.assertEqual(conversation.reply_until, at(0) + timedelta(hours=24))
        self.assertEqual(conversation.human_until, at(0) + timedelta(days=7))
        self._say(Moment("4711", "advertisement", "ad", at(5), reply_window=timedelta(days=7)))
        self.assertEqual(conversation.reply_until, at(5) + timedelta(days=7))
        # the ordinary window of a later message is shorter
        self._say(self._hello("m2", 10))
        self.assertEqual(conversation.reply_until, at(5) + timedelta(days=7))
        outbound = self._answer_now()._outbound()
        self.assertEqual(outbound.last_received, at(10))
        self.assertEqual(outbound.reply_window, timedelta(days=7, minutes=-5))
        self.assertFalse(outbound.is_automatic)
        self.assertEqual(conversation.desk_url, "https://desk.example/4711")

    def test_way_to_the_desk_of_a_channel_that_is_not_set_up(self):
        self._say(self._hello())
        channels = type(self.env["omni.channel"])
        with patch.object(channels, "_provider", side_effect=AuthError("no token")):
            self.assertFalse(self._conversation().desk_url)

    def test_time_after_a_button(self):
        self._say(Moment("4711", "postback", "pb", at(5), VISITOR, reply_window=timedelta(days=1)))
        conversation = self._conversation()
        self.assertEqual(conversation._reply_window(), (at(5), timedelta(hours=24)))

    def test_what_we_write_gives_no_time(self):
        self._say(self._ours("o1", 1))
        self.assertFalse(self._conversation().reply_until)

    # === ELSEWHERE === #

    def test_answered_elsewhere(self):
        self._say(self._hello(is_answered_elsewhere=True, tags=("vip", "vip")))
        conversation, ticket = self._conversation(), self._ticket()
        self.assertTrue(conversation.is_elsewhere and conversation.is_open_there)
        self.assertEqual(conversation.tags, ["vip"])
        self.assertFalse(ticket.waiting_since)
        self.assertEqual(ticket.state, "open")
        # closed there, and nobody has answered him
        self._say(Moment("4711", "closed", "closed", at(10)))
        self.assertFalse(conversation.is_open_there)
        self.assertEqual(ticket.waiting_since, at(0))
        # a transcript read again changes nothing
        self._say(self._hello(is_answered_elsewhere=True))
        self.assertFalse(conversation.is_open_there)

    def test_answered_there(self):
        self._say(self._hello(is_answered_elsewhere=True))
        self._say(self._ours("o1", 1, is_answered_elsewhere=True))
        self._say(Moment("4711", "closed", "closed", at(10)))
        self.assertFalse(self._ticket().waiting_since)

    def test_another_application_has_the_thread(self):
        self._say(self._hello())
        ticket = self._ticket()
        self.assertEqual(ticket.waiting_since, at(0))
        self._say(Moment("4711", "taken", "t1", at(5), params={"application": "Page inbox"}))
        self._say(self._hello("m2", 6, is_answered_elsewhere=True))
        self.assertEqual(self._conversation().controlled_by, "Page inbox")
        self._say(Moment("4711", "passed", "p1", at(9)))
        self.assertFalse(self._conversation().controlled_by)
        self.assertFalse(self._conversation().is_elsewhere)
        # what was told earlier and comes later changes nothing
        self._say(Moment("4711", "taken", "t0", at(4)))
        self.assertFalse(self._conversation().controlled_by)
        self.assertTrue(ticket.waiting_since)

    # === PEOPLE, RATINGS, ORDERS === #

    def test_profile(self):
        self._say(self._hello())
        self._say(Profile(Address("4711", "Jan Tafel", "jan@tafel.example", "+32 2 111")))
        self._say(Profile(Address("4711", "Somebody Else")))
        identity = self._conversation().identity_id
        self.assertEqual(
            (identity.name, identity.email, identity.phone),
            ("Jan Tafel", "jan@tafel.example", "+32 2 111"),
        )

    def test_rating_is_one_with_the_newest_value(self):
        self._say(Rating("4711", 0, occurred=at(5)), occurred=at(5))
        self._say(self._hello())
        self._due()
        self._say(Rating("4711", 2, occurred=at(6)))
        self._say(Rating("4711", 4, "Quick", occurred=at(7)))
        self._say(Rating("4711", 0, "Quick and kind", occurred=at(8)))
        ticket = self._ticket()
        [rating] = self.env["rating.rating"].search(
            [("res_model", "=", "crm.ticket"), ("res_id", "=", ticket.id)]
        )
        self.assertEqual((rating.rating, rating.feedback), (4, "Quick and kind"))
        self.assertTrue(rating.consumed)
        self.assertEqual(self._conversation().satisfaction, 4)

    def test_purchase(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.env["res.partner"].create({"name": "Jan Tafel"}).id}
        )
        self._say(self._hello())
        self._say(Purchase("4711", order.name, 300.2, at(3)))
        [moment] = self._conversation().moment_ids
        self.assertEqual(moment.text, f"Has ordered: {order.name}")
        # whose order it is does not say who writes
        self.assertFalse(self._ticket().order_ids)
        self.assertFalse(self._conversation().partner_id)

    def test_claims_reach_the_identity(self):
        self._say(self._hello())
        self._say(Moment("4711", "referral", "r1", at(1), claims=(Claim("order", "S00012"),)))
        claims = self._conversation().identity_id.claims
        self.assertIn("S00012", str(claims))

    def test_ignored(self):
        event = self._say(Ignored("elsewhere"))
        self.assertEqual((event.state, event.cause), ("ignored", "elsewhere"))
        self.assertIn("another channel", event.failure_reason)

    # === ACCESS === #

    def test_only_for_who_sees_the_conversation(self):
        self._say(self._hello())
        self._say(Edited("m1", "second", at(1), 1))
        self._say(Reaction("m1", "❤", VISITOR, occurred=at(2)))
        self._say(Moment("4711", "closed", "c", at(3)))
        for model in ("omni.moment", "omni.reaction", "omni.message.edit"):
            rows = self.env[model].search([])
            self.assertTrue(rows)
            self.assertEqual(self.env[model].with_user(self.user_rep).search([]), rows)
            self.assertFalse(self.env[model].with_user(self.user_other).search([]))
