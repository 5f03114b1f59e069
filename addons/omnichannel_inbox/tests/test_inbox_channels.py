from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..providers import PROVIDERS, register
from ..providers.base import Capabilities, Edited
from .common import FakeProvider
from .common_inbox import InboxCase

DAY = timedelta(days=1)


class ChatProvider(FakeProvider):
    """A chat with a time to answer, as Messenger has it."""

    code = "fake"
    label = "Fake chat"
    capabilities = Capabilities(
        text_limit=20,
        has_parts=True,
        attachment_limit=2**20,
        attachment_types=("image/",),
        reply_window=DAY,
        human_window=7 * DAY,
    )


class DeskProvider(FakeProvider):
    """A chat that is answered in the other system."""

    code = "fakedesk"
    label = "Fake desk"
    capabilities = Capabilities(can_send=False, is_desk=True)

    def link(self, conversation):
        return f"https://desk.example/{conversation}"


class ChannelsCase(InboxCase):
    """A ticket with a mail and a chat of one customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for provider in (ChatProvider, DeskProvider):
            register(provider)
            cls.addClassCleanup(PROVIDERS.pop, provider.code)
        cls.chat = cls._new_channel("fake", name="Chat")
        cls.ticket = cls._ticket()
        cls.mail = cls._conversation_of(cls.ticket)
        cls.talk = cls._conversation(cls.ticket, channel=cls.chat, address="psid-1")
        cls.said = cls._mail(cls.ticket, "Are you there?", minutes=2, conversation=cls.talk)
        cls.talk.last_customer_date = fields.Datetime.now()

    def setUp(self):
        super().setUp()
        FakeProvider.reset()
        self.now = fields.Datetime.now()

    def _thread(self, ticket=None, user=None):
        return self._as(user or self.anna).get_thread((ticket or self.ticket).id)

    def _data(self, conversation, thread=None):
        thread = thread or self._thread()
        return next(one for one in thread["conversations"] if one["id"] == conversation.id)

    def _send(self, conversation=None, html="<p>On Monday.</p>", user=None, basis=None, **values):
        inbox = self._as(user or self.anna)
        options = {key: values.pop(key) for key in ("force", "then") if key in values}
        return inbox.send(
            self.ticket.id,
            (conversation or self.mail).id,
            {"html": html, **values},
            basis or inbox.get_thread(self.ticket.id)["basis"],
            **options,
        )

    def _message(self, answer):
        self.assertEqual(answer["state"], "queued", answer)
        return self.env["omni.message"].browse(answer["message_id"])

    def _edit(self, text, message=None):
        """Its author changes a message."""
        message = message or self.said
        message.external_id = message.external_id or f"mid.{message.id}"
        self.env["omni.message"]._apply_edited(
            message.channel_id,
            Edited(message.external_id, text, self.now, version=message.version + 1),
        )

    def _at(self, **delta):
        return (self.now + timedelta(**delta)).isoformat() + "Z"


@tagged("post_install", "-at_install")
class TestInboxWindow(ChannelsCase):
    """How long a customer can be answered on a channel, and where afterwards."""

    def _wrote(self, **ago):
        self.talk.last_customer_date = self.now - timedelta(**ago)
        return self._data(self.talk)

    def test_kinds(self):
        data = self._wrote(hours=1)
        self.assertEqual(data["window"]["kind"], "open")
        until = self.now + timedelta(hours=23)
        self.assertEqual(data["window"]["until"], self.inbox._iso(until))
        self.assertFalse(data["blocked"])
        self.assertFalse(data["next_channel"])
        data = self._wrote(hours=25)
        self.assertEqual(data["window"]["kind"], "human")
        self.assertIn("person", data["window"]["text"])
        self.assertFalse(data["blocked"], "what a person writes may leave")
        self._message(self._send(self.talk, html="<p>Hi</p>"))
        data = self._wrote(days=8)
        self.assertEqual(data["window"]["kind"], "closed")
        self.assertIn("another channel", data["blocked"])
        self.assertEqual(self._data(self.mail)["window"]["kind"], False)

    def test_what_the_conversation_says_comes_first(self):
        self.talk.write({"reply_until": self.now - DAY, "human_until": self.now + DAY})
        self.assertEqual(self._data(self.talk)["window"]["kind"], "human")
        item = self.inbox.get_items(self.ticket.ids)["items"][0]
        self.assertEqual(item["reply_until"], self.inbox._iso(self.now + DAY))
        self.talk.write({"reply_until": self.now + timedelta(hours=2)})
        item = self.inbox.get_items(self.ticket.ids)["items"][0]
        self.assertEqual(item["reply_until"], self.inbox._iso(self.now + timedelta(hours=2)))
        self.talk.last_direction = "out"
        item = self.inbox.get_items(self.ticket.ids)["items"][0]
        self.assertFalse(item["reply_until"], "he does not wait")

    def test_next_is_another_conversation(self):
        data = self._wrote(days=8)
        self.assertEqual(data["next_channel"]["conversation_id"], self.mail.id)
        self.assertEqual(data["next_channel"]["address"], "marie@example.com")
        answer = self._send(self.talk)
        self.assertEqual(answer["state"], "refused")
        self.assertFalse(answer["can_force"])
        self.assertEqual(self._send(self.talk, force=True)["state"], "refused")

    def _chat_only(self, level="strong"):
        ticket = self._ticket("Chat only", text=False)
        talk = self._conversation(ticket, channel=self.chat, level=level, address=f"psid-{level}")
        self._mail(ticket, "Hello?", conversation=talk)
        talk.last_customer_date = self.now - timedelta(days=8)
        return ticket, talk

    def test_next_is_a_mail(self):
        ticket, talk = self._chat_only()
        thread = self._thread(ticket)
        offer = self._data(talk, thread)["next_channel"]
        self.assertFalse(offer["conversation_id"])
        self.assertEqual(offer["channel_id"], self.channel.id)
        self.assertEqual(offer["to"], [{"email": "marie@example.com", "name": "Marie Dupont"}])
        self.assertIn(ticket.number, offer["subject"])
        self.assertTrue(offer["capabilities"]["html"])
        answer = self.inbox.start_reply(
            ticket.id,
            offer["channel_id"],
            {"html": "<p>By mail then.</p>", "to": offer["to"], "signature": True},
            thread["basis"],
        )
        message = self._message(answer)
        self.assertEqual(message.channel_id, self.channel)
        self.assertEqual(message.conversation_id._case(), ticket)
        self.assertEqual(message.conversation_id.partner_id, self.customer)
        self.assertEqual(ticket.state, "waiting")
        # there he cannot be answered any more: this is his answer
        self.assertEqual(talk.answered_by_id, message)
        self.assertTrue(ticket.waiting_since, "it has not left yet")
        message._set_sending("mark")
        message._set_sent()
        self.assertFalse(ticket.waiting_since)
        # asked for twice, it is sent once
        again = self.inbox.start_reply(
            ticket.id,
            offer["channel_id"],
            {"html": "<p>By mail then.</p>", "to": offer["to"], "signature": True},
            thread["basis"],
        )
        self.assertEqual(again["message_id"], answer["message_id"])
        self.assertEqual(len(ticket.conversation_ids), 2)

    def test_no_mail_to_somebody_who_may_be_anybody(self):
        ticket, talk = self._chat_only("weak")
        self.assertFalse(self._data(talk, self._thread(ticket))["next_channel"])

    def test_no_mail_without_a_mailbox(self):
        ticket, talk = self._chat_only()
        self.channel.is_enabled = False
        self.assertFalse(self._data(talk, self._thread(ticket))["next_channel"])
        answer = self.inbox.start_reply(
            ticket.id, self.channel.id, {"html": "<p>Hi</p>"}, self._thread(ticket)["basis"]
        )
        self.assertEqual(answer["state"], "refused")

    def test_draft_of_a_mail_to_begin(self):
        ticket, _talk = self._chat_only()
        self.inbox.save_draft(
            ticket.id, False, {"html": "<p>By mail</p>", "channel_id": self.channel.id}
        )
        draft = self._thread(ticket)["draft"]
        self.assertEqual(draft["channel_id"], self.channel.id)
        self.assertFalse(draft["conversation_id"])
        self.inbox.save_draft(ticket.id, ticket.conversation_ids.id, {"html": "<p>Chat</p>"})
        self.assertFalse(self._thread(ticket)["draft"]["channel_id"])

    def test_another_application_has_it(self):
        self.talk.controlled_by = "Chatbot"
        self.assertIn("Chatbot", self._data(self.talk)["blocked"])
        self.assertEqual(self._send(self.talk)["state"], "refused")

    def test_desk(self):
        desk = self._new_channel("fakedesk", name="Site")
        talk = self._conversation(self.ticket, channel=desk, address="visitor-1")
        talk.write({"external_id": "c-9", "is_elsewhere": True, "is_open_there": True})
        self._mail(self.ticket, "On the site", conversation=talk)
        data = self._data(talk)
        self.assertTrue(data["capabilities"]["desk"])
        self.assertTrue(data["elsewhere"])
        self.assertEqual(data["desk_url"], "https://desk.example/c-9")
        self.assertIn("Fake desk", data["blocked"])
        with patch.object(DeskProvider, "link", lambda _self, _key: "javascript:alert(1)"):
            talk.invalidate_recordset(["desk_url"])
            self.assertFalse(self._data(talk)["desk_url"])
        self.assertFalse(data["waits"], "there somebody takes care of it")
        self.assertEqual(self._send(talk)["state"], "refused")
        self.inbox.add_note(self.ticket.id, "<p>He is on the chat</p>")
        self.assertTrue(self.inbox.get_items(self.ticket.ids)["items"][0]["is_elsewhere"])

    def test_copy_of_the_database(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "1")
        thread = self._thread()
        self.assertTrue(thread["is_neutralized"])
        for conversation in (self.mail, self.talk):
            data = self._data(conversation, thread)
            self.assertIn("copy", data["blocked"])
            self.assertFalse(data["next_channel"])
            answer = self._send(conversation, force=True)
            self.assertEqual(answer["state"], "refused")
            self.assertIn("copy", answer["message"])
        start = {"html": "<p>Hi</p>", "to": ["bob@example.com"], "subject": "Hi"}
        self.assertEqual(self.inbox.start(self.channel.id, start)["state"], "refused")
        self.assertFalse(self.env["omni.message"].search([("state", "=", "queued")]))
        # whoever asks for it: what comes into the outbox on another way does not leave either
        message = self._answer(self.said)
        self._run_out("chat")
        self.assertEqual(message.state, "failed")
        self.assertFalse(FakeProvider.calls)

    def test_parts(self):
        self.assertTrue(self._data(self.talk)["capabilities"]["parts"])
        self._message(self._send(self.talk, html=f"<p>{'long ' * 20}</p>"))
        answer = self._send(self.talk, html=f"<p>{'long ' * 60}</p>")
        self.assertEqual(answer["state"], "refused")
        self.assertIn("200", answer["message"])


@tagged("post_install", "-at_install")
class TestInboxScheduled(ChannelsCase):
    """What is written now and leaves later."""

    def _later(self, conversation=None, hours=20, **values):
        return self._message(
            self._send(conversation or self.mail, send_at=self._at(hours=hours), **values)
        )

    def _due(self, message):
        message.send_after = self.now - timedelta(minutes=1)

    def test_leaves_then(self):
        message = self._later(also_answered=self.talk.ids)
        self.assertEqual(message.send_after, self.now.replace(microsecond=0) + timedelta(hours=20))
        shown = [one for one in self._thread()["messages"] if one["id"] == message.id][0]
        self.assertTrue(shown["is_scheduled"])
        self.assertEqual(shown["can"], ["send_now", "cancel"])
        self.assertEqual(self.ticket.state, "waiting")
        self._run_out()
        self.assertEqual(message.state, "queued")
        item = self.inbox.get_inbox("scheduled")["items"][0]
        self.assertEqual(item["id"], self.ticket.id)
        self.assertEqual(item["scheduled"], self.inbox._iso(message.send_after))
        self._due(message)
        self._run_out()
        self.assertEqual(message.state, "sent")
        self.assertFalse(self._folder("scheduled"))
        self.assertFalse(self.ticket.waiting_since, "now he is answered")

    def test_keeps_nobody_waiting(self):
        later = self._later()
        now = self._message(self._send(html="<p>First this.</p>"))
        self._due(now)
        self._run_out()
        self.assertEqual((later.state, now.state), ("queued", "sent"))

    def test_send_now(self):
        message = self._later()
        self.inbox.message_action(message.id, "send_now")
        self._run_out()
        self.assertEqual(message.state, "sent")

    def test_back_to_the_draft(self):
        message = self._later()
        draft = self.inbox.message_action(message.id, "cancel")["draft"]
        self.assertIn("Monday", draft["html"])
        self.assertEqual(message.state, "cancelled")
        self.assertEqual(self.ticket.state, "open")
        self.assertFalse(self._folder("scheduled"))

    def test_held_back(self):
        """The customer writes on another channel before it leaves."""
        message = self._later()
        self._mail(self.ticket, "Forget it, it is here", minutes=9, conversation=self.talk)
        self.assertEqual(message.state, "queued")
        self.ticket._case_changed("message")
        self.assertEqual((message.state, message.failure_type), ("failed", "changed"))
        self.assertIn("Chat", message.failure_reason)
        self.assertEqual(self.ticket.state, "open")
        self.assertTrue(message.activity_id, "a person decides")
        # having read it, he sends it all the same
        self.inbox.message_action(message.id, "retry")
        self._run_out()
        self.assertEqual(message.state, "sent")

    def test_held_back_by_a_change(self):
        """The customer changes what he had written: it is held back at once."""
        self._edit("Are you there at all?")
        message = self._later()
        self._edit("Are you there at all?")
        self.assertEqual(message.state, "queued", "nothing was changed")
        self._edit("Please cancel everything")
        self.assertEqual((message.state, message.failure_type), ("failed", "changed"))
        self.assertEqual(
            message.failure_reason, "Marie Dupont has changed a message meanwhile, on Chat."
        )
        self.assertEqual(self.ticket.state, "open")

    def test_scheduled_before_changes_were_known(self):
        message = self._later()
        message.basis = message.basis.rpartition(".")[0]
        self._edit("Please cancel everything")
        self.assertEqual(message.state, "queued")
        self._mail(self.ticket, "Hello?", minutes=9)
        self.ticket._case_changed("message")
        self.assertEqual(message.failure_type, "changed")

    def test_held_back_by_a_colleague(self):
        message = self._later()
        self._mail(self.ticket, "It came on Friday", minutes=9, user=self.bert)
        self._due(message)
        self._run_out()
        self.assertIn("Bert Answer", message.failure_reason)

    def test_held_back_by_what_was_joined(self):
        """A chat that is older than the answer joins the ticket: its author has not seen it."""
        other = self._ticket("Chat", text=False)
        talk = self._conversation(other, channel=self.chat, address="psid-7")
        self._mail(other, "It is broken too", conversation=talk)
        message = self._later()
        talk._set_case(self.ticket)
        self._due(message)
        self._run_out()
        self.assertEqual(message.failure_type, "changed")

    def test_own_messages_and_automatic_ones_hold_nothing_back(self):
        message = self._later()
        self._mail(self.ticket, "And one thing more", minutes=9, user=self.anna)
        self._mail(self.ticket, "I am away", minutes=9, is_automatic=True)
        self._due(message)
        self._run_out()
        self.assertEqual(message.state, "sent")

    def test_moments(self):
        for when, words in (
            (self._at(minutes=-1), "over"),
            (self._at(days=31), "30"),
            ("tomorrow", "date"),
        ):
            with self.subTest(when=when):
                answer = self._send(send_at=when)
                self.assertEqual(answer["state"], "refused")
                self.assertIn(words, answer["message"])
        # the chat cannot be answered any more by then
        self.assertEqual(self._send(self.talk, send_at=self._at(days=8))["state"], "refused")
        self.assertEqual(self._send(self.talk, send_at=self._at(days=2))["state"], "queued")


@tagged("post_install", "-at_install")
class TestInboxStop(ChannelsCase):
    """An answer stops when something was said on whichever channel since it was begun."""

    def test_shows_the_channel(self):
        basis = self._thread()["basis"]
        self._mail(self.ticket, "Hello?", minutes=5, conversation=self.talk)
        self._mail(self.ticket, "Done", minutes=6, user=self.bert, conversation=self.talk)
        answer = self._send(basis=basis)
        self.assertEqual(answer["state"], "changed")
        self.assertEqual(
            [(one["who"], one["kind"], one["channel"]["name"]) for one in answer["changes"]],
            [("Marie Dupont", "in", "Chat"), ("Bert Answer", "out", "Chat")],
        )
        self._message(self._send(basis=answer["basis"]))

    def test_answered_at_the_desk(self):
        """An operator of the other system, who is no user of ours."""
        basis = self._thread()["basis"]
        message = self._mail(
            self.ticket, "I help you", minutes=5, user=self.bert, conversation=self.talk
        )
        message.user_id = False
        self.assertEqual(self._send(basis=basis)["state"], "changed")

    def _joining(self):
        other = self._ticket("Chat", text=False)
        talk = self._conversation(other, channel=self.chat, address="psid-7")
        for number in range(5):
            self._mail(other, f"Old {number}", minutes=number, conversation=talk)
        return other, talk

    def test_joined_meanwhile(self):
        """What joins brings messages along that are older than the newest one known."""
        _other, talk = self._joining()
        self._mail(self.ticket, "The newest of all", minutes=30)
        basis = self._thread()["basis"]
        talk._set_case(self.ticket)
        answer = self._send(basis=basis)
        self.assertEqual(answer["state"], "changed")
        texts = [change["text"] for change in answer["changes"]]
        self.assertEqual(texts, ["Old 2", "Old 3", "Old 4"])
        self._message(self._send(basis=answer["basis"]))

    def test_draft_knows_what_was_joined(self):
        _other, talk = self._joining()
        self._mail(self.ticket, "The newest of all", minutes=30)
        self.inbox.save_draft(self.ticket.id, self.mail.id, {"html": "<p>Hi</p>"})
        talk._set_case(self.ticket)
        self.assertEqual(self._send(basis=self._thread()["basis"])["state"], "changed")

    def test_merged_meanwhile(self):
        """The ticket has become part of another one while its answer was written."""
        target = self._ticket("The other", text="What about it?")
        basis = self._thread()["basis"]
        self.ticket._merge_into(target)
        answer = self._send(basis=basis)
        self.assertEqual(answer["state"], "changed")
        self.assertEqual(answer["changes"][0]["text"], "What about it?")
        answer = self._send(basis=basis, force=True)
        self.assertEqual(answer["ids"], target.ids)
        self.assertEqual(target.state, "open", "the customer of the other one waits")

    def test_draft_goes_along(self):
        """What was begun on a ticket that is joined with another one is not lost."""
        target = self._ticket("The other", text="What about it?")
        self.inbox.save_draft(self.ticket.id, self.mail.id, {"html": "<p>Half an</p>"})
        self.ticket._merge_into(target)
        self.assertIn("Half an", self._thread(target)["draft"]["html"])
        # the screen of its author has not noticed yet
        self.inbox.save_draft(self.ticket.id, self.mail.id, {"html": "<p>Half an answer</p>"})
        draft = self.env["omni.draft"].search([("user_id", "=", self.anna.id)])
        self.assertEqual(draft.ticket_id, target)
        answer = self.inbox.send(
            target.id, self.mail.id, {"html": "<p>An answer</p>"}, self._thread(target)["basis"]
        )
        self.assertEqual(answer["state"], "changed")
        self.inbox.send(target.id, self.mail.id, {"html": "<p>An answer</p>"}, answer["basis"])
        self.assertFalse(draft.exists())

    def test_forged_basis(self):
        endless = "m1." + "1" * 200 + "x"
        wrong = ("", "x", "m1.2-x", "m1;drop", None, "m" + "9" * 40, "m1.e2", "m1.2.e", endless)
        for basis in wrong:
            self.assertIsNone(self.inbox._read_basis(basis), basis)
        self.assertEqual(self.inbox._read_basis("m7..e5"), (7, set(), 5))
        self.assertEqual(self.inbox._read_basis("m7.3-4.e5"), (7, {3, 4}, 5))

    def test_basis_of_earlier_versions(self):
        """A browser that was not reloaded, a draft, and what is scheduled may have kept one."""
        self.assertEqual(self.inbox._read_basis("m7"), (7, None, None))
        self.assertEqual(self.inbox._read_basis("m7."), (7, set(), None))
        self.assertEqual(self.inbox._read_basis("m7.3-4"), (7, {3, 4}, None))
        self._edit("Please cancel everything")
        basis = self._thread()["basis"].rpartition(".")[0]
        self._message(self._send(basis=basis))
        self._mail(self.ticket, "Hello?", minutes=5)
        self.assertEqual(self._send(basis=basis)["state"], "changed")

    def test_changed_by_the_customer(self):
        """He writes nothing new, but what he had written is another text by now."""
        self._edit("Are you there at all?")
        basis = self._thread()["basis"]
        message = self._send(basis=basis, html="<p>We are.</p>")
        self._message(message)
        self._edit("Please cancel everything")
        answer = self._send(basis=basis)
        self.assertEqual(answer["state"], "changed")
        [change] = answer["changes"]
        self.assertEqual(
            (change["who"], change["text"], change["kind"], change["is_edited"]),
            ("Marie Dupont", "Please cancel everything", "in", True),
        )
        self.assertEqual(change["when"], self.inbox._iso(self.said.edited))
        self.assertEqual(change["channel"]["name"], "Chat")
        self._message(self._send(basis=answer["basis"]))

    def test_changed_and_written(self):
        basis = self._thread()["basis"]
        new = self._mail(self.ticket, "Hello?", minutes=5, conversation=self.talk)
        self._edit("Please cancel everything")
        # it is told as it is now, once
        self._edit("Hello again?", new)
        changes = self._send(basis=basis)["changes"]
        told = [(one["text"], one["is_edited"]) for one in changes]
        self.assertEqual(told, [("Hello again?", False), ("Please cancel everything", True)])

    def test_changed_by_ourselves(self):
        """What is put right at the desk is no reason to stop."""
        ours = self._mail(self.ticket, "We luk", minutes=3, user=self.bert, conversation=self.talk)
        basis = self._thread()["basis"]
        self._edit("We look", ours)
        self._message(self._send(basis=basis))

    def test_what_a_stop_costs(self):
        """Two queries at most for what was changed."""

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.inbox._changes(self.ticket, self.inbox._basis(self.ticket))
            return self.env.cr.sql_log_count - before

        self._edit("Please cancel everything")
        count()
        first = count()
        for number in range(5):
            self._edit(f"Cancel {number}")
        self.assertEqual(count(), first)
        inboxes = type(self.env["omni.inbox"])
        with patch.object(inboxes, "_edited_since", lambda inbox, *_args: self.said.browse()):
            self.assertEqual(count(), first - 1)


@tagged("post_install", "-at_install")
class TestInboxTold(ChannelsCase):
    """What a chat tells beside messages, in the thread."""

    def _line(self, key):
        return next(one for one in self._thread()["messages"] if one["key"] == key)

    def test_moments(self):
        moments = self.env["omni.moment"].create(
            [
                {
                    "conversation_id": self.talk.id,
                    "code": "closed",
                    "dedupe_key": f"closed:{number}",
                    "occurred": self.said.sent + timedelta(minutes=number),
                    "params": {"operator": "Olga"} if number else {},
                }
                for number in range(3)
            ]
        )
        keys = [one["key"] for one in self._thread()["messages"] if one["key"][0] != "n"]
        self.assertEqual(keys[-4:], [f"m{self.said.id}", *(f"e{one.id}" for one in moments)])
        line = self._line(f"e{moments[1].id}")
        self.assertEqual(line["kind"], "event")
        self.assertIn("Olga", line["text"])
        older = self.inbox.get_thread(self.ticket.id, before=f"e{moments[1].id}")["messages"]
        keys = [one["key"] for one in older if one["key"][0] != "n"]
        self.assertEqual(keys[-2:], [f"m{self.said.id}", f"e{moments[0].id}"])

    def test_changed(self):
        self.said.write({"edited": self.now, "version": 1})
        self.env["omni.message.edit"].create(
            {"message_id": self.said.id, "text": "Are you mad?", "until": self.now}
        )
        line = self._line(f"m{self.said.id}")
        self.assertEqual(line["edited"], self.inbox._iso(self.now))
        self.assertEqual([one["text"] for one in line["edits"]], ["Are you mad?"])

    def test_reactions(self):
        self.env["omni.reaction"].create(
            [
                {
                    "message_id": self.said.id,
                    "author": author,
                    "identity_id": identity,
                    "emoji": emoji,
                    "occurred": self.now,
                }
                for author, identity, emoji in (
                    ("page", False, "\N{THUMBS UP SIGN}"),
                    ("psid-1", self.talk.identity_id.id, "\N{THUMBS UP SIGN}"),
                    ("psid-2", False, False),
                )
            ]
        )
        self.assertEqual(
            self._line(f"m{self.said.id}")["reactions"],
            [{"emoji": "\N{THUMBS UP SIGN}", "count": 2, "names": "One of us, Marie Dupont"}],
        )

    def test_answers_one_message(self):
        answer = self._mail(
            self.ticket,
            "This one",
            minutes=4,
            conversation=self.talk,
            reply_to_id=self.said.id,
            reply_to_key="mid.1",
        )
        self.assertEqual(
            self._line(f"m{answer.id}")["reply_to"],
            {"key": f"m{self.said.id}", "author": "Marie Dupont", "text": "Are you there?"},
        )
        mail = self._mail(self.ticket, "By mail", minutes=5, reply_to_id=self.said.id)
        self.assertFalse(self._line(f"m{mail.id}")["reply_to"])

    def test_one_answer_for_two_channels(self):
        self.assertTrue(self._data(self.mail)["waits"])
        self.assertTrue(self._data(self.talk)["waits"])
        stranger = self._conversation_of(self._ticket("Another one"))
        message = self._message(
            self._send(self.talk, also_answered=[self.mail.id, self.talk.id, stranger.id])
        )
        self.assertEqual(self.mail.answered_by_id, message)
        self.assertFalse(self.talk.answered_by_id)
        self.assertFalse(stranger.answered_by_id, "it is none of this ticket")
        message._set_sending("mark")
        message._set_sent()
        thread = self._thread()
        self.assertFalse(self._data(self.mail, thread)["waits"])
        self.assertFalse(self._data(self.talk, thread)["waits"])
        notes = [one["text"] for one in thread["messages"] if one["kind"] in ("note", "event")]
        self.assertIn("On Monday.", "".join(notes), "what was said, and where")

    def test_one_of_two_channels_answered(self):
        """Whoever waits in the chat while his mail is answered waits for us, not we for him."""
        self._send(self.mail)
        self.assertEqual(self.ticket.state, "open")
        self.assertFalse(self.talk.answered_by_id, "he can be answered there")
        self.assertFalse(self._data(self.mail)["waits"], "its answer is about to leave")
        self.assertTrue(self._data(self.talk)["waits"])
        self._send(self.talk)
        self.assertEqual(self.ticket.state, "waiting", "both are about to leave")

    def test_one_of_two_channels_answers_both(self):
        self._send(self.mail, also_answered=self.talk.ids)
        self.assertEqual(self.ticket.state, "waiting")

    def test_satisfaction_and_tags(self):
        self.talk.write({"satisfaction": 4.0, "tags": ["VIP"]})
        data = self._data(self.talk)
        self.assertEqual((data["satisfaction"], data["tags"]), (4.0, ["VIP"]))

    def test_queries_do_not_grow(self):
        """However much is told of a thread, and on how many channels."""

        def count(ticket):
            self.env.invalidate_all()
            with self.assertQueryCount(10_000):
                before = self.env.cr.sql_log_count
                self._thread(ticket)
                return self.env.cr.sql_log_count - before

        count(self.ticket)
        first = count(self.ticket)
        for number in range(30):
            message = self._mail(
                self.ticket,
                f"Text {number}",
                minutes=10 + number,
                conversation=self.talk,
                reply_to_id=self.said.id,
                reply_to_key=f"mid.{number}",
                edited=self.now,
            )
            self.env["omni.reaction"].create(
                {
                    "message_id": message.id,
                    "author": "psid-1",
                    "identity_id": self.talk.identity_id.id,
                    "emoji": "!",
                    "occurred": self.now,
                }
            )
            self.env["omni.moment"].create(
                {
                    "conversation_id": self.talk.id,
                    "code": "opened",
                    "dedupe_key": f"opened:{number}",
                    "occurred": self.now,
                }
            )
        self.assertLessEqual(count(self.ticket), first + 8)

    def test_queries_of_conversations(self):
        """Every further channel costs little."""

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._thread()
            return self.env.cr.sql_log_count - before

        count()
        first = count()
        for number in range(10):
            talk = self._conversation(self.ticket, channel=self.chat, address=f"more-{number}")
            self._mail(self.ticket, "Hello", conversation=talk)
        self.assertLessEqual(count() - first, 4)

    def test_orders_are_not_told_to_anybody(self):
        """On weak evidence a canned answer leaves out what it would say of orders."""
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        self.ticket.order_ids = order
        self.env["mail.canned.response"].with_user(self.anna).create(
            {"source": "delay", "substitution": "Your order {order} comes on {expected_date}."}
        )
        stranger = self._conversation(
            self.ticket, channel=self.chat, level="weak", address="psid-3"
        )
        html = f"<p>Your order {order.name} comes on Monday.</p>"
        answer = self._send(stranger, html="<p>Which order?</p>")
        self.assertEqual(answer["state"], "queued")
        # written for another conversation, and the text went along
        answer = self._send(stranger, html=html)
        self.assertEqual((answer["state"], answer["can_force"]), ("refused", True))
        self.assertIn(order.name, answer["message"])
        self.assertEqual(self._send(self.talk, html=html)["state"], "queued")
        for conversation, is_told in ((self.talk, True), (stranger, False)):
            canned = self.inbox.get_canned(self.ticket.id, conversation.id, "delay")[0]
            self.assertEqual(order.name in canned["html"], is_told)
        with patch.object(type(self.env["omni.identity"]), "_is_linked", lambda one: True):
            canned = self.inbox.get_canned(self.ticket.id, stranger.id, "delay")[0]
        self.assertIn(order.name, canned["html"], "the guard is what keeps it back")

    def test_orders_named_by_a_stranger_are_not_told(self):
        """What he has named himself stands on a parcel: the ticket does not know it, it counts."""
        nora = self.env["res.partner"].create({"name": "Nora"})
        order = self.env["sale.order"].create(
            {"partner_id": nora.id, "client_order_ref": "PO-7788"}
        )
        stranger = self._conversation(
            self._ticket("Chat", text=False, partner_id=False),
            channel=self.chat,
            level="weak",
            address="psid-9",
        )
        ticket = stranger._case()
        self._mail(ticket, f"Where is {order.name}?", conversation=stranger)
        stranger.last_customer_date = self.now
        self.assertFalse(ticket.order_ids)

        def send(html, **values):
            return self.inbox.send(
                ticket.id, stranger.id, {"html": html, **values}, self._thread(ticket)["basis"]
            )

        self.chat.undo_seconds = 0
        for name in (order.name, order.name.lower(), "PO-7788"):
            for html in (f"<p>Order {name} comes on Monday</p>", f"<p>{name}: <b>Monday</b></p>"):
                for values in ({}, {"send_at": self._at(hours=2)}):
                    answer = send(html, **values)
                    self.assertEqual((answer["state"], answer["can_force"]), ("refused", True))
                    self.assertIn(name, answer["message"])
        self.assertEqual(send("<p>Which postcode?</p>")["state"], "queued")
        # nobody's order is a number like any other
        self.assertEqual(send("<p>It is S99999 here</p>")["state"], "queued")
        stranger.identity_id._confirm(nora)
        self.assertEqual(send(f"<p>{order.name} comes on Monday</p>")["state"], "queued")
        # begun in his name, and nobody vouched for it
        stranger.partner_id = False
        self.assertEqual(send(f"<p>{order.name}: Tuesday</p>")["state"], "refused")

    def test_orders_are_not_told_in_a_subject(self):
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        self.mail.identity_id.write({"level": "weak", "partner_id": False})
        self.mail.subject = f"Where is {order.name}?"
        self.assertEqual(self._send(subject=f"{order.name}: Monday")["state"], "refused")
        # his own subject tells him nothing
        self.assertEqual(self._send()["state"], "queued")
        reply = self._data(self.mail)["reply_subject"]
        self.assertEqual(self._send(html="<p>Soon</p>", subject=reply)["state"], "queued")

    def test_orders_are_not_told_to_an_address(self):
        """Who is written to first is known by his address."""
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        text = f"<p>Your order {order.name} comes on Monday</p>"

        def start(address, force=False, **values):
            return self.inbox.start(
                self.channel.id,
                {"html": text, "to": address, "subject": "Hi", **values},
                force=force,
            )

        answer = start("anybody@example.net")
        self.assertEqual((answer["state"], answer["can_force"]), ("refused", True))
        self.assertIn("anybody@example.net", answer["message"])
        answer = start("marie@example.com", cc="anybody@example.net")
        self.assertEqual(answer["state"], "refused")
        answer = start("anybody@example.net", partner_id=self.customer.id)
        self.assertEqual(answer["state"], "refused")
        answer = start("anybody@example.net", html="<p>Hello</p>", subject=order.name)
        self.assertEqual(answer["state"], "refused")
        self.assertEqual(start("anybody@example.net", html="<p>Hello</p>")["state"], "queued")
        self.assertEqual(start("anybody@example.net", force=True)["state"], "queued")
        self.assertEqual(start("marie@example.com")["state"], "queued")
        # two people share it: it is his who was chosen
        partners = self.env["res.partner"]
        other = partners.create({"name": "Paul", "email": "paul@example.net"})
        partners.create({"name": "Pia", "email": "paul@example.net"})
        self.assertEqual(start("paul@example.net")["state"], "refused")
        self.assertEqual(start("paul@example.net", partner_id=other.id)["state"], "queued")

    def test_orders_are_not_told_on_another_channel(self):
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        ticket = self._ticket("Chat", text=False, partner_id=False)
        self._conversation(ticket, channel=self.chat, level="weak", address="psid-9")

        def reply(address):
            return self.inbox.start_reply(
                ticket.id,
                self.channel.id,
                {"html": f"<p>{order.name}: Monday</p>", "to": address},
                self._thread(ticket)["basis"],
            )

        answer = reply("anybody@example.net")
        self.assertEqual((answer["state"], answer["can_force"]), ("refused", True))
        self.assertEqual(reply("marie@example.com")["state"], "queued")
