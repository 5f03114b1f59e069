import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..providers import PROVIDERS
from ..providers.base import Capabilities
from .common_inbox import InboxCase

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJg"
    "gg=="
)


@tagged("post_install", "-at_install")
class TestInboxCompose(InboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._ticket()
        cls.conversation = cls._conversation_of(cls.ticket)

    def _send(self, html="<p>It comes on Monday.</p>", user=None, basis=None, **values):
        inbox = self._as(user or self.anna)
        if basis is None:
            basis = inbox.get_thread(self.ticket.id)["basis"]
        options = {key: values.pop(key) for key in ("force", "then") if key in values}
        return inbox.send(
            self.ticket.id, self.conversation.id, {"html": html, **values}, basis, **options
        )

    def _refused(self, **values):
        answer = self._send(**values)
        self.assertEqual(answer["state"], "refused", answer)
        return answer

    def _message(self, answer):
        self.assertEqual(answer["state"], "queued", answer)
        return self.env["omni.message"].browse(answer["message_id"])

    # === SENDING === #

    def test_send(self):
        answer = self._send(cc=[{"email": "Bob@Example.com", "name": "Bob"}])
        message = self._message(answer)
        self.assertEqual(message.state, "queued")
        self.assertEqual(message.user_id, self.anna)
        self.assertEqual(message.conversation_id, self.conversation)
        self.assertIn("Monday", message.mail_message_id.body)
        self.assertEqual(message.mail_message_id.subject, "Re: Where is my sofa?")
        self.assertEqual(message.recipients["to"][0]["email"], "marie@example.com")
        self.assertEqual(message.recipients["cc"], [{"email": "bob@example.com", "name": "Bob"}])
        self.assertTrue(answer["send_after"].endswith("Z"))
        # whoever answers what is nobody's has it, and it is the customer's turn
        self.assertEqual(self.ticket.user_id, self.anna)
        self.assertEqual(self.ticket.state, "waiting")
        item = self.inbox.get_items(self.ticket.ids)["items"][0]
        self.assertFalse(item["unread"])
        self.assertEqual(item["preview"], "It comes on Monday.")

    def test_then(self):
        self._send(then="close")
        self.assertEqual(self.ticket.state, "done")
        self._send(then="open")
        self.assertEqual(self.ticket.state, "open")

    def test_colleague_keeps_his_ticket(self):
        self.ticket._assign(self.bert)
        self._send()
        self.assertEqual(self.ticket.user_id, self.bert)

    def test_customer_is_answered_when_it_left(self):
        message = self._message(self._send())
        self.assertTrue(self.ticket.waiting_since)
        self.assertFalse(self.ticket.first_answer_date)
        message._set_sending("mark")
        message._set_sent()
        self.assertFalse(self.ticket.waiting_since)
        self.assertTrue(self.ticket.first_answer_date)

    def test_failed_answer_opens_the_ticket_again(self):
        for then in ("wait", "close"):
            message = self._message(self._send(then=then))
            message._set_failed("recipient", "No such mailbox")
            self.assertEqual(self.ticket.state, "open")
        data = self.inbox.get_thread(self.ticket.id)
        self.assertEqual(data["item"]["failed"], 2)
        failed = [one for one in data["messages"] if one["key"] == f"m{message.id}"][0]
        self.assertEqual(failed["can"], ["retry", "cancel"])
        self.assertEqual(failed["failure"], "No such mailbox")
        self.assertIn("Correct the address", failed["advice"])

    def test_html_is_harmless(self):
        message = self._message(
            self._send(html='<p onclick="x()">Hi<script>alert(1)</script><form><input></form></p>')
        )
        body = message.mail_message_id.body
        for bad in ("script", "onclick", "form", "input"):
            self.assertNotIn(bad, body)

    def test_signature(self):
        self.env["omni.signature"].create(
            [
                {"user_id": self.anna.id, "body": "<p>Anna, everywhere</p>"},
                {"user_id": self.anna.id, "channel_id": self.channel.id, "body": "<p>A. here</p>"},
            ]
        )
        self.assertIn("A. here", self.inbox.get_thread(self.ticket.id)["signature"])
        self.assertIn("A. here", self._message(self._send(signature=True)).mail_message_id.body)
        self.assertNotIn("A. here", self._message(self._send()).mail_message_id.body)
        self.channel.signature = "<p>The shop</p>"
        self.bert.signature = False
        thread = self._as(self.bert).get_thread(self.ticket.id)
        self.assertIn("The shop", thread["signature"])

    def test_nothing_to_say(self):
        self._refused(html="<p><br></p>")

    def test_recipients(self):
        self.assertIn("nonsense", self._refused(to=[{"email": "nonsense"}])["message"])
        self._refused(to=[{"email": "a@example.com\nBcc: b@example.com"}])
        self._refused(cc=[{"email": f"p{n}@example.com"} for n in range(60)])
        message = self._message(
            self._send(to='"Dupont, Marie" <marie@example.com>; x@example.com, x@example.com')
        )
        self.assertEqual(
            message.recipients["to"],
            [
                {"email": "marie@example.com", "name": "Dupont, Marie"},
                {"email": "x@example.com", "name": ""},
            ],
        )

    def test_not_to_ourselves(self):
        channels = type(self.env["omni.channel"])
        with patch.object(channels, "_own_addresses", lambda _self: {"service@shop.example"}):
            answer = self._refused(to=[{"email": "Service@shop.example"}])
        self.assertIn("service@shop.example", answer["message"])

    def test_channel_out_of_service(self):
        self.channel.is_enabled = False
        self.assertIn("Test demo", self._refused()["message"])

    def test_limits_of_the_channel(self):
        can = Capabilities(text_limit=10, attachment_limit=0, reply_window=timedelta(hours=24))
        with patch.object(PROVIDERS["demo"], "capabilities", can):
            self.conversation.last_customer_date = fields.Datetime.now()
            self.assertIn("10", self._refused(html="<p>Much too long a text</p>")["message"])
            file = self._upload(self.ticket)
            self._refused(html="<p>Hi</p>", attachment_ids=file.ids)
            self.conversation.last_customer_date = fields.Datetime.now() - timedelta(hours=25)
            answer = self._refused(html="<p>Hi</p>")
            self.assertIn("another channel", answer["message"])
            self.conversation.last_customer_date = fields.Datetime.now()
            data = self.inbox.get_thread(self.ticket.id)["conversations"][0]
            self.assertEqual(data["window"]["kind"], "open")
            self._message(self._send(html="<p>Hi</p>"))

    def test_there_and_back(self):
        """From the mail of a customer to the answer that left, through everything between."""
        self.channel.undo_seconds = 0
        zoe = {"author": "zoe@example.net", "name": "Zoé", "conversation": "zoe-1"}
        message = self._deliver("Quand arrive mon canapé ?", **zoe)
        ticket = message.conversation_id._case()
        [item] = self.inbox.get_items(ticket.ids)["items"]
        self.assertEqual((item["author"], item["customer"]), ("Zoé", "Zoé"))
        self.assertEqual(item["preview"], "Quand arrive mon canapé ?")
        self.assertTrue(item["unread"])
        found = self.inbox.get_inbox("unassigned", channel_id=self.channel.id, search="canape zoe")
        self.assertEqual([one["id"] for one in found["items"]], ticket.ids)
        thread = self.inbox.get_thread(ticket.id)
        [conversation] = thread["conversations"]
        self.assertEqual(conversation["to"][0]["email"], "zoe@example.net")
        answer = self.inbox.send(
            ticket.id, conversation["id"], {"html": "<p>Lundi.</p>"}, thread["basis"]
        )
        mails = self.env["mail.mail"].search_count([])
        self._run_out()
        data = self.inbox.get_thread(ticket.id)["messages"][-1]
        self.assertEqual((data["id"], data["state"]), (answer["message_id"], "sent"))
        self.assertFalse(ticket.waiting_since)
        self.assertEqual(ticket.state, "waiting")
        # Odoo's own mail servers have no part in it
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        # he writes again
        self._deliver("Merci !", **zoe)
        self.assertEqual(ticket.state, "open")

    # === WHAT HAS HAPPENED SINCE === #

    def test_customer_wrote_since(self):
        basis = self.inbox.get_thread(self.ticket.id)["basis"]
        self._mail(self.ticket, "I found it!", minutes=5)
        answer = self._send(basis=basis)
        self.assertEqual(answer["state"], "changed")
        self.assertEqual(
            answer["changes"],
            [
                {
                    "who": "Marie Dupont",
                    "when": "2025-03-03T08:05:00Z",
                    "text": "I found it!",
                    "kind": "in",
                    "channel": self.inbox._channel_data(self.channel),
                    "is_edited": False,
                }
            ],
        )
        self.assertFalse(self.ticket.user_id)
        # having seen it, he sends
        self._message(self._send(basis=answer["basis"]))

    def test_colleague_answered_since_on_another_channel(self):
        basis = self.inbox.get_thread(self.ticket.id)["basis"]
        other = self._conversation(self.ticket, channel=self._new_channel(name="Shop"))
        self._mail(self.ticket, "Done already", minutes=5, user=self.bert, conversation=other)
        answer = self._send(basis=basis)
        self.assertEqual(answer["state"], "changed")
        self.assertEqual(answer["changes"][0]["who"], "Bert Answer")
        self._message(self._send(basis=basis, force=True))

    def test_what_is_no_change(self):
        basis = self.inbox.get_thread(self.ticket.id)["basis"]
        self._mail(self.ticket, "Out of office", minutes=5, is_automatic=True)
        self._mail(self.ticket, "My own", minutes=6, user=self.anna)
        self._message(self._send(basis=basis))

    def test_sent_once_however_often_it_is_asked_for(self):
        """Two clicks, or a request that the browser repeats: the same message is answered with."""
        basis = self.inbox.get_thread(self.ticket.id)["basis"]
        self.env["omni.signature"].with_user(self.anna).create({"body": "<p>Anna</p>"})
        for options in ({}, {"signature": True, "html": "<p>Really &amp; truly.</p>"}):
            first = self._message(self._send(basis=basis, **options))
            self.assertEqual(self._message(self._send(basis=basis, **options)), first)
        self.assertNotEqual(self._message(self._send(html="<p>Or not?</p>", basis=basis)), first)
        self.inbox.message_action(first.id, "cancel")
        again = self._message(self._send(basis=basis, **options))
        self.assertNotEqual(again, first)
        # known by now: meant
        self.assertNotEqual(self._message(self._send(**options)), again)

    def test_basis_is_that_of_the_draft(self):
        """Live updates show the new message; the draft was begun before it all the same."""
        self.inbox.save_draft(self.ticket.id, self.conversation.id, {"html": "<p>It</p>"})
        self._mail(self.ticket, "I found it!", minutes=5)
        thread = self.inbox.get_thread(self.ticket.id)
        self.assertEqual(thread["basis"], thread["draft"]["basis"])
        self.assertEqual(self._send(basis=thread["basis"])["state"], "changed")
        self.assertEqual(self._send(basis=False)["state"], "changed")

    # === UNDO === #

    def test_taken_back(self):
        file = self._upload(self.ticket)
        answer = self._send(attachment_ids=file.ids, to=[{"email": "m@example.com", "name": "M"}])
        self.assertEqual(self.ticket.state, "waiting")
        back = self.inbox.message_action(answer["message_id"], "cancel")
        self.assertEqual(self.ticket.state, "open")
        self.assertFalse(self.ticket.user_id)
        self.assertIn("Monday", back["draft"]["html"])
        self.assertEqual(back["draft"]["to"], [{"email": "m@example.com", "name": "M"}])
        self.assertEqual(back["draft"]["attachments"][0]["name"], "plan.pdf")
        self.assertEqual(back["message"]["state"], "cancelled")
        with self.assertRaises(UserError):
            self.inbox.message_action(answer["message_id"], "cancel")

    def test_taken_back_is_as_if_never_written(self):
        """What never left is neither in the thread nor the ticket's last message; signed anew, it
        is signed once."""
        self.env["omni.signature"].with_user(self.anna).create({"body": "<p>Best, Anna</p>"})
        before = self.inbox.get_items(self.ticket.ids)["items"][0]
        answer = self._send(signature=True)
        self.assertEqual(self.inbox.get_items(self.ticket.ids)["items"][0]["direction"], "out")
        back = self.inbox.message_action(answer["message_id"], "cancel")
        self.assertIn("Monday", back["draft"]["html"])
        self.assertNotIn("Best, Anna", back["draft"]["html"])
        item = self.inbox.get_items(self.ticket.ids)["items"][0]
        for name in ("direction", "preview", "date", "author"):
            self.assertEqual(item[name], before[name], name)
        shown = [message["id"] for message in self.inbox.get_thread(self.ticket.id)["messages"]]
        self.assertNotIn(answer["message_id"], shown)
        again = self._message(self._send(signature=True, html=back["draft"]["html"]))
        self.assertEqual(again.mail_message_id.body.count("Best, Anna"), 1)

    def test_failed_is_written_anew(self):
        """A wrong address, too large a file: the text comes back to be corrected."""
        message = self._message(self._send())
        message._set_failed("recipient", "No such address")
        back = self.inbox.message_action(message.id, "cancel")
        self.assertIn("Monday", back["draft"]["html"])
        self.assertEqual(self.ticket.state, "open")

    def test_given_up_stays_in_the_thread(self):
        """What perhaps left, or failed, is not hidden by giving it up."""
        message = self._message(self._send())
        message._set_sending("mark")
        message._set_uncertain("No answer came")
        self.assertFalse(self.inbox.message_action(message.id, "cancel")["draft"])
        shown = [one["id"] for one in self.inbox.get_thread(self.ticket.id)["messages"]]
        self.assertIn(message.id, shown)

    def test_too_late_to_take_back(self):
        message = self._message(self._send())
        message._set_sending("mark")
        with self.assertRaises(UserError):
            self.inbox.message_action(message.id, "cancel")

    def test_retry(self):
        message = self._message(self._send())
        message._set_failed("unavailable", "No answer")
        self.assertEqual(self.ticket.state, "open")
        answer = self.inbox.message_action(message.id, "retry")
        self.assertEqual(answer["message"]["state"], "queued")
        self.assertEqual(self.ticket.state, "waiting", "it is the customer's turn again")
        message._set_failed("unavailable", "No answer")
        self._mail(self.ticket, "Are you there?", minutes=9)
        self.inbox.message_action(message.id, "retry")
        self.assertEqual(self.ticket.state, "open", "he has written since")

    # === DRAFTS === #

    def test_draft(self):
        saved = self.inbox.save_draft(
            self.ticket.id,
            self.conversation.id,
            {"html": "<p>Dear</p>", "to": [{"email": "m@example.com", "name": ""}], "kind": "note"},
        )
        draft = self.inbox.get_thread(self.ticket.id)["draft"]
        self.assertEqual(draft["id"], saved["draft_id"])
        self.assertEqual((draft["html"], draft["kind"]), ("<p>Dear</p>", "note"))
        self.assertTrue(self.inbox.get_items(self.ticket.ids)["items"][0]["has_draft"])
        # what is not said stays
        self.inbox.save_draft(self.ticket.id, self.conversation.id, {"html": "<p>Dear M</p>"})
        draft = self.inbox.get_thread(self.ticket.id)["draft"]
        self.assertEqual(draft["to"], [{"email": "m@example.com", "name": ""}])
        # nobody else's
        self.assertFalse(self._as(self.bert).get_thread(self.ticket.id)["draft"])
        self.assertFalse(self._as(self.bert).get_items(self.ticket.ids)["items"][0]["has_draft"])
        self.assertFalse(self.env["omni.draft"].with_user(self.bert).search([]))
        self.inbox.discard_draft(self.ticket.id)
        self.assertFalse(self.inbox.get_thread(self.ticket.id)["draft"])

    def test_sent_draft_is_gone(self):
        file = self._upload(self.ticket)
        draft = self.env["omni.draft"].search([("ticket_id", "=", self.ticket.id)])
        message = self._message(self._send(attachment_ids=file.ids))
        self.assertFalse(draft.exists())
        self.assertEqual(message.mail_message_id.attachment_ids, file)
        self.assertEqual(file.res_model, "omni.conversation")

    def test_forgotten_draft(self):
        file = self._upload(self.ticket)
        draft = self.env["omni.draft"].search([("ticket_id", "=", self.ticket.id)])
        self.env["omni.draft"]._gc()
        self.assertTrue(draft.exists())
        self.cr.execute(
            "UPDATE omni_draft SET write_date = now() - interval '1 year' WHERE id = %s", [draft.id]
        )
        draft.invalidate_recordset()
        self.env["omni.draft"]._gc()
        self.assertFalse(draft.exists())
        self.assertFalse(file.exists())

    # === FILES === #

    def _upload(self, ticket, user=None, name="plan.pdf", raw=b"%PDF-1.4"):
        user = user or self.anna
        draft = self.env["omni.draft"].with_user(user)._begin(ticket)
        return (
            self.env["ir.attachment"]
            .with_user(user)
            .create({"name": name, "raw": raw, "res_model": draft._name, "res_id": draft.id})
        )

    def test_files_of_others_are_not_sent(self):
        secret = self.env["ir.attachment"].create({"name": "salaries.pdf", "raw": b"x"})
        with self.assertRaises(AccessError):
            self._send(attachment_ids=secret.ids)
        public = self.env["ir.attachment"].create({"name": "logo.png", "raw": b"x", "public": True})
        self._refused(attachment_ids=public.ids)
        berts = self._upload(self.ticket, user=self.bert)
        with self.assertRaises(AccessError):
            self._send(attachment_ids=berts.ids)

    def test_large_files(self):
        limits = Capabilities(has_html=True, has_subject=True, attachment_limit=5, total_limit=7)
        small, large = (self._upload(self.ticket, raw=b"x" * size) for size in (4, 6))
        other = self._upload(self.ticket, raw=b"y" * 4)
        with patch.object(PROVIDERS["demo"], "capabilities", limits):
            self.assertIn("too large", self._refused(attachment_ids=large.ids)["message"])
            self.assertIn("together", self._refused(attachment_ids=(small | other).ids)["message"])
            self._message(self._send(attachment_ids=small.ids))

    def test_remove_attachment(self):
        file = self._upload(self.ticket)
        with self.assertRaises(AccessError):
            self._as(self.bert).remove_attachment(file.id)
        self.inbox.remove_attachment(file.id)
        self.assertFalse(file.exists())

    # === NOTES === #

    def test_mention(self):
        self.inbox.add_note(self.ticket.id, "<p>Please look</p>", [self.bert.partner_id.id])
        note = self.ticket.message_ids[0]
        self.assertEqual(note.notified_partner_ids, self.bert.partner_id)
        for stranger in (self.customer, self.paul.partner_id, self.ines.partner_id):
            with self.assertRaises(UserError):
                self.inbox.add_note(self.ticket.id, "<p>Hi</p>", [stranger.id])

    def test_note_is_harmless(self):
        answer = self.inbox.add_note(self.ticket.id, "<p>Hi<script>x()</script></p>")
        self.assertNotIn("script", answer["message"]["html"])
        with self.assertRaises(UserError):
            self.inbox.add_note(self.ticket.id, "<p><br></p>")

    def test_note_with_file(self):
        file = self._upload(self.ticket)
        self.env["omni.draft"].with_user(self.anna)._of(self.ticket)._keep({"kind": "note"})
        answer = self.inbox.add_note(self.ticket.id, "", attachment_ids=file.ids)
        self.assertEqual(answer["message"]["attachments"][0]["name"], "plan.pdf")
        self.assertEqual((file.res_model, file.res_id), ("crm.ticket", self.ticket.id))
        self.assertFalse(self.inbox.get_thread(self.ticket.id)["draft"])

    # === NEW MAIL === #

    def test_start(self):
        answer = self.inbox.start(
            self.channel.id,
            {
                "html": "<p>Your order is ready</p>",
                "to": [{"email": "marie@example.com", "name": "Marie"}],
                "subject": "Ready",
            },
        )
        message = self._message(answer)
        ticket = self.env["crm.ticket"].browse(answer["case_id"])
        self.assertEqual(ticket.name, "Ready")
        self.assertEqual(ticket.state, "waiting")
        self.assertEqual(ticket.user_id, self.anna)
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(message.conversation_id._case(), ticket)
        self.assertEqual(message.recipients["to"][0]["email"], "marie@example.com")
        self.assertEqual(message.mail_message_id.subject, "Ready")
        texts = [one["text"] for one in self.inbox.get_thread(ticket.id)["messages"]]
        self.assertIn("Your order is ready", texts)

    def test_start_refused(self):
        values = {"html": "<p>Hi</p>", "to": "marie@example.com"}
        self.assertIn("subject", self.inbox.start(self.channel.id, values)["message"])
        values = {"html": "<p>Hi</p>", "subject": "Hi"}
        self.assertEqual(self.inbox.start(self.channel.id, values)["state"], "refused")
        hidden = self._new_channel(name="Other", team_id=self.other_team.id)
        values["to"] = "marie@example.com"
        self.assertEqual(self.inbox.start(hidden.id, values)["state"], "refused")

    def test_draft_of_a_new_mail(self):
        self.inbox.save_draft(
            False, False, {"html": "<p>New</p>", "subject": "N", "channel_id": self.channel.id}
        )
        compose = self.inbox.get_compose()
        self.assertIn(self.channel.id, [channel["id"] for channel in compose["channels"]])
        self.assertEqual(compose["draft"]["subject"], "N")
        self.assertEqual(compose["draft"]["channel_id"], self.channel.id)
        self.inbox.discard_draft(False)
        self.assertFalse(self.inbox.get_compose()["draft"])

    def test_picture_within_the_text(self):
        file = self._upload(self.ticket, name="sofa.png", raw=PNG)
        shown = f"/omni/attachment/{file.id}?preview=1"
        message = self._message(
            self._send(html=f'<p>Look <img src="{shown}"></p>', attachment_ids=file.ids)
        )
        outbound = message._outbound()
        self.assertIn(f"cid:{file.id}@odoo", outbound.html)
        self.assertTrue(outbound.attachments[0].is_inline)
        data = self.inbox.get_thread(self.ticket.id)["messages"][-1]
        self.assertIn(shown, data["html"])
        self.assertFalse(data["has_remote"])

    def test_picture_that_is_not_ours_to_give(self):
        """A quoted mail names a file of ours: whoever wrote it does not get it."""
        secret = self.env["ir.attachment"].create({"name": "plan.png", "raw": PNG, "public": True})
        for url in (f"/web/image/{secret.id}", f"https://odoo.example/web/image/{secret.id}?x=1"):
            message = self._message(self._send(html=f'<p>Hi</p><blockquote><img src="{url}">'))
            outbound = message._outbound()
            self.assertFalse(outbound.attachments)
            self.assertNotIn("web/image", outbound.html)
