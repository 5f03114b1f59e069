from odoo.exceptions import AccessError, MissingError
from odoo.tests import tagged

from .common_inbox import InboxCase


@tagged("post_install", "-at_install")
class TestInboxThread(InboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._ticket(user_id=cls.anna.id)

    def _texts(self, thread):
        return [message["text"] for message in thread["messages"]]

    def test_order_is_that_of_the_channel(self):
        self._mail(self.ticket, "Third", minutes=20)
        self._mail(self.ticket, "Second", minutes=10, user=self.bert)
        texts = self._texts(self.inbox.get_thread(self.ticket.id))
        self.assertEqual(texts, ["Hello, where is it?", "Second", "Third"])

    def test_conversations_of_several_channels(self):
        other = self._new_channel(name="Shop mailbox")
        conversation = self._conversation(self.ticket, channel=other)
        self._mail(self.ticket, "By the other channel", minutes=5, conversation=conversation)
        thread = self.inbox.get_thread(self.ticket.id)
        self.assertEqual(len(thread["conversations"]), 2)
        self.assertEqual(thread["conversations"][0]["channel"]["name"], "Shop mailbox")
        self.assertEqual(self._texts(thread)[-1], "By the other channel")

    def test_message(self):
        file = self.env["ir.attachment"].create({"name": "photo.png", "raw": b"\x89PNG\r\n\x1a\n"})
        message = self._mail(
            self.ticket,
            "Look at this",
            minutes=5,
            html='<p>Look at <img src="https://evil.example/x.png">this</p><script>x()</script>',
            recipients={"to": [{"email": "us@shop.example", "name": "Us"}]},
        )
        message.mail_message_id.attachment_ids = file
        data = self.inbox.get_thread(self.ticket.id)["messages"][-1]
        self.assertEqual(data["key"], f"m{message.id}")
        self.assertEqual(data["kind"], "in")
        self.assertEqual(data["author"]["name"], "Marie Dupont")
        self.assertEqual(data["author"]["partner_id"], self.customer.id)
        self.assertEqual(data["date"], "2025-03-03T08:05:00Z")
        self.assertIn("this", data["html"])
        self.assertNotIn("script", data["html"])
        self.assertNotIn("evil.example", data["html"].split("data-")[0])
        self.assertTrue(data["has_remote"])
        self.assertEqual(data["to"], ["Us <us@shop.example>"])
        self.assertEqual(data["attachments"][0]["url"], f"/omni/attachment/{file.id}")
        self.assertEqual(data["can"], [])
        html = self.inbox.get_message_html(message.id, remote=True)
        self.assertIn("https://evil.example/x.png", html["html"])
        self.assertFalse(html["has_remote"])
        # not remembered unless it is asked for
        self.assertTrue(self.inbox.get_thread(self.ticket.id)["messages"][-1]["has_remote"])
        self.inbox.get_message_html(message.id, remote=True, remember=True)
        data = self.inbox.get_thread(self.ticket.id)["messages"][-1]
        self.assertTrue(data["allow_remote"])
        self.assertFalse(data["has_remote"])

    def test_only_the_newest_messages_are_rendered(self):
        for number in range(8):
            self._mail(self.ticket, f"Mail {number}", minutes=number + 1)
        messages = self.inbox.get_thread(self.ticket.id)["messages"]
        self.assertEqual([bool(message["html"]) for message in messages], [False] * 4 + [True] * 5)
        self.assertIsNone(messages[0]["html"])
        self.assertTrue(messages[0]["text"])
        self.assertIn("Hello", self.inbox.get_message_html(messages[0]["id"])["html"])

    def test_pages(self):
        for number in range(9):
            # several in the same second, as chats are
            self._mail(self.ticket, f"Mail {number}", minutes=1 + number // 3, sequence=number % 3)
        self.ticket.with_user(self.bert).message_post(
            body="A note", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        whole = self.inbox.get_thread(self.ticket.id)
        keys = [message["key"] for message in whole["messages"]]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertFalse(whole["has_more"])
        page = self.inbox.get_thread(self.ticket.id, limit=4)
        found = [message["key"] for message in page["messages"]]
        self.assertEqual(found, keys[-4:])
        while page["has_more"]:
            page = self.inbox.get_thread(self.ticket.id, before=found[0], limit=4)
            found = [message["key"] for message in page["messages"]] + found
        self.assertEqual(found, keys)

    def test_notes_stand_between_messages(self):
        answer = self.inbox.add_note(self.ticket.id, "<p>Ask the <b>workshop</b></p>")
        self.assertEqual(answer["message"]["kind"], "note")
        note = self.inbox.get_thread(self.ticket.id)["messages"][-1]
        self.assertEqual(note["kind"], "note")
        self.assertEqual(note["text"], "Ask the *workshop*")
        self.assertIn("<b>workshop</b>", note["html"])
        self.assertEqual(note["author"]["name"], "Anna Answer")

    def test_what_happened_to_the_ticket(self):
        self.cr.flush()
        self.ticket.with_user(self.anna).with_context({}).priority = "3"
        self.cr.flush()
        events = [
            message["text"]
            for message in self.inbox.get_thread(self.ticket.id)["messages"]
            if message["kind"] == "event"
        ]
        self.assertTrue(any("Urgent" in text for text in events), events)

    def test_what_is_planned(self):
        self.ticket.activity_schedule(
            "mail.mail_activity_data_call",
            summary="Call her back",
            user_id=self.bert.id,
            date_deadline="2025-03-04",
        )
        [planned] = self.inbox.get_thread(self.ticket.id)["activities"]
        self.assertEqual((planned["summary"], planned["deadline"]), ("Call her back", "2025-03-04"))
        self.assertEqual((planned["user"]["name"], planned["state"]), ("Bert Answer", "overdue"))

    def test_identity(self):
        data = self.inbox.get_thread(self.ticket.id)["conversations"][0]
        self.assertEqual(data["identity"]["partner"]["id"], self.customer.id)
        self.assertEqual(data["identity"]["level"], "strong")
        self.assertEqual(data["to"], [{"email": "marie@example.com", "name": "Marie Dupont"}])
        self.assertEqual(data["reply_subject"], "Re: Where is my sofa?")
        self.assertTrue(data["capabilities"]["can_send"])

    def test_suggested_contact(self):
        ticket = self._ticket(partner_id=False, text="")
        conversation = self._conversation(ticket, level="weak", address="m@example.com")
        self._mail(ticket, "It is me")
        identity = conversation.identity_id
        stranger = self.env["res.partner"].create({"name": "Mario"})
        for partner, score in ((self.customer, 80), (stranger, 20)):
            self.env["omni.identity.suggestion"].create(
                {"identity_id": identity.id, "partner_id": partner.id, "score": score}
            )
        data = self.inbox.get_thread(ticket.id)["conversations"][0]["identity"]
        names = [candidate["name"] for candidate in data["candidates"]]
        self.assertEqual(names, ["Marie Dupont", "Mario"])
        answer = self.inbox.reject_identity(identity.id, stranger.id)
        self.assertEqual(len(answer["identity"]["candidates"]), 1)
        answer = self.inbox.confirm_identity(identity.id, self.customer.id)
        self.assertEqual(answer["ids"], ticket.ids)
        self.assertEqual(answer["identity"]["partner"]["id"], self.customer.id)
        self.assertEqual(ticket.partner_id, self.customer)

    def test_nobody_is_asked_once_it_is_known(self):
        ticket = self._ticket(partner_id=False, text="")
        identity = self._conversation(ticket, level="weak", address="m@example.com").identity_id
        self.env["omni.identity.suggestion"].create(
            {"identity_id": identity.id, "partner_id": self.customer.id, "score": 80}
        )
        identity._link(self.customer, "strong", [{"code": "email_authenticated"}])
        shown = self.inbox.get_thread(ticket.id)["conversations"][0]["identity"]
        self.assertEqual(shown["partner"]["id"], self.customer.id)
        self.assertFalse(shown["candidates"])

    def test_new_contact(self):
        conversation = self._conversation_of(self.ticket)
        context = self.inbox.contact_defaults(conversation.id)
        self.assertEqual(context["default_name"], "Marie Dupont")
        self.assertEqual(context["default_email"], "marie@example.com")

    def test_viewers(self):
        self._as(self.bert).presence(self.ticket.id, typing=True)
        answer = self.inbox.presence(self.ticket.id)
        self.assertEqual(
            answer["viewers"], [{"id": self.bert.id, "name": "Bert Answer", "typing": True}]
        )
        self.assertEqual(
            self.inbox.get_items(self.ticket.ids)["items"][0]["viewers"], ["Bert Answer"]
        )
        self._as(self.bert).leave(self.ticket.id)
        self.assertEqual(self.inbox.get_thread(self.ticket.id)["viewers"], [])

    def test_ticket_that_is_gone(self):
        ghost = self._ticket(text="")
        ghost_id = ghost.id
        ghost.unlink()
        with self.assertRaises(MissingError):
            self.inbox.get_thread(ghost_id)
        self.assertFalse(self.inbox.get_items([ghost_id])["items"])

    def test_message_of_another_ticket_is_no_cursor(self):
        other = self._ticket(team_id=self.other_team.id)
        hidden = self._conversation_of(other).omni_message_ids
        thread = self.inbox.get_thread(self.ticket.id, before=f"m{hidden.id}")
        self.assertEqual(self._texts(thread), ["Hello, where is it?"])
        with self.assertRaises(AccessError):
            self.inbox.get_message_html(hidden.id)

    def test_query_count_does_not_depend_on_the_length(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.inbox.get_thread(self.ticket.id)
            return self.cr.sql_log_count - before

        for number in range(3):
            self._mail(self.ticket, f"Mail {number}", user=self.anna if number % 2 else None)
        queries()
        few = queries()
        for number in range(40):
            self._mail(self.ticket, f"More {number}", user=self.anna if number % 2 else None)
        self.assertLessEqual(queries(), few)
        self.assertLess(few, 60)
