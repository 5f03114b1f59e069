import base64
import io
import json
import zipfile
from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form
from odoo.tools import SQL

from ..providers.demo import event_of
from .common import OmniCase

ANNE, BERT = "anne.lemaire@tafel.be", "bert@stoel.be"
SECRET = "Rue du Secret 12"


class TestPrivacy(OmniCase):
    """What one person wrote, on all channels: handed out, or erased without a trace of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._new_channel(name="Second")
        cls.anne = cls.env["res.partner"].create({"name": "Anne Lemaire", "email": ANNE})

    def setUp(self):
        super().setUp()
        content = base64.b64encode(SECRET.encode()).decode()
        files = [{"name": "Anne's ../bill.txt", "content_type": "text/plain", "content": content}]
        self.first = self._deliver(
            f"I live in {SECRET}.",
            author=ANNE,
            name="Anne Lemaire",
            subject=f"Sofa for {SECRET}",
            conversation="t-anne",
            attachments=files,
        )
        self.elsewhere = self._deliver(
            f"Chat: {SECRET}", author=ANNE, name="Anne Lemaire", channel=self.second
        )
        self.answer = self._answer(self.first, f"<p>Dear Anne of {SECRET}</p>")
        self._run_out()
        self.bert = self._deliver(f"I am Bert, {ANNE} told me.", author=BERT, name="Bert")
        self.identities = (self.first | self.elsewhere).author_identity_id
        self.ticket = self.first.conversation_id.ticket_id

    def _request(self, user=None, **values):
        requests = self.env["omni.privacy.request"].with_user(user or self.user_admin)
        identities = self.first.author_identity_id
        return requests.create({"identity_ids": [Command.set(identities.ids)], **values})

    def _erase(self, **values):
        action = self.first.author_identity_id.with_user(self.user_admin).action_privacy()
        requests = self.env["omni.privacy.request"].with_user(self.user_admin)
        request = requests.with_context(**action["context"]).create({"is_checked": True, **values})
        self.assertEqual(request.identity_ids, self.identities, "all names of the contact")
        request.action_erase()
        self.env.flush_all()
        self.env.invalidate_all()
        return request

    def _traces(self, *words):
        """Where the words still stand, in whatever column of our tables and Odoo's."""
        self.env.flush_all()
        found = []
        tables = [
            model._table
            for name, model in self.env.items()
            if model._auto
            and not model._abstract
            and (
                name.startswith(("omni.", "crm.ticket", "mail.", "rating."))
                or name == "ir.attachment"
            )
        ]
        for table in tables:
            for word in words:
                [[count]] = self.env.execute_query(
                    SQL(
                        "SELECT count(*) FROM %s t WHERE position(%s IN lower(t::text)) > 0",
                        SQL.identifier(table),
                        word.lower(),
                    )
                )
                if count:
                    found.append((table, word))
        return found

    # === ERASING === #

    def test_nothing_is_left(self):
        self.ticket.message_post(body=f"She lives in {SECRET}.", subtype_xmlid="mail.mt_note")
        self.env["omni.draft"].create(
            {
                "user_id": self.user_rep.id,
                "ticket_id": self.ticket.id,
                "conversation_id": self.first.conversation_id.id,
                "kind": "reply",
                "body": f"<p>{SECRET}</p>",
            }
        )
        self.first.conversation_id._rate(self.ticket, 4.0, f"Come and see: {SECRET}.")
        self.assertTrue(self._traces(SECRET))
        files = self.first.attachment_ids
        self._erase(reference="GDPR-1")
        self.assertEqual(self._traces(SECRET), [])
        self.assertFalse(files.exists())
        for message in (self.first, self.answer, self.elsewhere):
            self.assertIn("Erased", message.body)
            self.assertTrue(message.external_id, "it is recognised when it is read once more")
        self.assertFalse(self.identities.partner_id)
        self.assertEqual(set(self.identities.mapped("level")), {"none"})
        self.assertIn("Erased", self.ticket.name)
        self.assertFalse(self.ticket.partner_id or self.ticket.email_from)
        # her own contact is not ours to delete
        self.assertTrue(self.anne.exists())
        # what others wrote stays, though they name her
        self.assertIn(ANNE, self.bert.text_body)
        # what he wrote of her, and what is made of it
        left = {table for table, _word in self._traces("anne.lemaire", "Lemaire")}
        self.assertLessEqual(
            left, {"omni_message", "mail_message", "crm_ticket", "omni_conversation"}
        )

    def test_others_are_not_touched(self):
        text, name = self.bert.text_body, self.bert.author_identity_id.name
        self._erase()
        self.assertEqual(self.bert.text_body, text)
        self.assertEqual(self.bert.author_identity_id.name, name)
        self.assertTrue(self.bert.conversation_id.ticket_id.name)

    def test_similar_names_are_others(self):
        self._deliver("I am Marianne", author=f"mari{ANNE}")
        other = self.env["omni.event"].search([], order="id desc", limit=1)
        self._deliver("I am of another country", author=f"{ANNE}.example")
        third = self.env["omni.event"].search([], order="id desc", limit=1)
        self._erase()
        self.assertTrue(other.payload and third.payload)

    def test_raw_events(self):
        mine = self.env["omni.event"].search([("external_id", "=", self.first.external_id)])
        [waiting] = self._store(
            event_of({"id": "w", "author": {"id": ANNE, "email": ANNE}, "text": SECRET})
        )
        [of_bert] = self._store(
            event_of({"id": "b", "author": {"id": BERT, "email": BERT}, "text": f"cc {ANNE}"})
        )
        [dead] = self._store(event_of({"id": "d", "author": {"id": ANNE}, "text": SECRET}))
        dead.write({"state": "dead", "failure_reason": f"{SECRET} is broken", "error": SECRET})
        self._erase()
        for event in (mine, waiting, dead):
            self.assertEqual(
                (event.payload, event.state, event.cause), (False, "ignored", "erased")
            )
            self.assertFalse(event.error or event.failure_reason or event.conversation_key)
        self.assertEqual(of_bert.state, "new", "what Bert wrote is not lost")
        self.assertTrue(of_bert.payload)
        (mine | dead).action_replay()
        self.assertEqual(set((mine | dead).mapped("state")), {"ignored"})
        self._run_in()
        self.assertEqual(of_bert.state, "done")

    def test_it_does_not_come_back(self):
        document = {
            "id": self.first.external_id,
            "author": {"id": ANNE, "name": "Anne Lemaire", "email": ANNE},
            "text": SECRET,
            "conversation": "t-anne",
        }
        self._erase()
        self.assertFalse(self._store(event_of(document)), "the event is known")
        self.env["omni.event"].search([("external_id", "=", self.first.external_id)]).unlink()
        self._store(event_of(document))
        self._run_in()
        self.assertIn("Erased", self.first.body)
        self.assertNotIn(SECRET, self.first.text_body)
        # what she writes from now on is a new conversation of somebody new
        new = self._deliver("Good morning", author=ANNE, name="Anne", conversation="t-anne")
        self.assertNotEqual(new.conversation_id, self.first.conversation_id)
        self.assertNotIn(new.author_identity_id, self.identities)

    def test_tickets_with_others(self):
        """A ticket that is about somebody else as well keeps its name and its notes."""
        self.bert.conversation_id._set_case(self.ticket)
        self.ticket.message_post(body="A note.", subtype_xmlid="mail.mt_note")
        name = self.ticket.name
        self._erase()
        self.assertEqual(self.ticket.name, name)
        self.assertTrue(self.ticket.message_ids.filtered(lambda one: "A note." in one.body))

    def test_comment_on_a_ticket_with_others(self):
        """What she has said of her conversation is erased, wherever it went; the mark stays."""
        self.bert.conversation_id._set_case(self.ticket)
        conversation = self.elsewhere.conversation_id
        conversation._set_case(self.ticket)
        conversation._rate(self.ticket, 4.0, f"Good, and I live in {SECRET}.")
        rating = conversation.rating_id
        self._erase()
        self.assertFalse(rating.feedback or rating.partner_id)
        self.assertEqual(rating.rating, 4.0)

    def test_notes_can_be_kept(self):
        self.ticket.message_post(body="A note.", subtype_xmlid="mail.mt_note")
        self._erase(with_notes=False)
        self.assertTrue(self.ticket.message_ids.filtered(lambda one: "A note." in one.body))

    def test_what_was_to_leave_stays(self):
        queued = self._answer(self.first, "<p>Another answer</p>")
        self._erase()
        self.assertEqual(queued.state, "cancelled")

    # === HANDING OUT === #

    def test_export(self):
        action = self.first.author_identity_id.with_user(self.user_admin).action_privacy()
        requests = self.env["omni.privacy.request"].with_user(self.user_admin)
        with Form(requests.with_context(**action["context"])) as form:
            self.assertEqual(form.message_count, 3)
            self.assertEqual(form.file_count, 1)
        request = form.record
        rated = self.first.conversation_id
        rated._rate(self.ticket, 4.0, "Very friendly")
        request.action_export()
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(request.export_file)))
        data = json.loads(archive.read("data.json"))
        self.assertEqual({one["email"] for one in data["identities"]}, {ANNE})
        texts = [message["text"] for one in data["conversations"] for message in one["messages"]]
        self.assertEqual(len(texts), 3)
        self.assertTrue(any(SECRET in text for text in texts))
        self.assertFalse(any("Bert" in text for text in texts))
        comments = [one["comment"] for one in data["conversations"]]
        self.assertCountEqual(comments, ["Very friendly", *[""] * (len(comments) - 1)])
        [name] = [name for name in archive.namelist() if name != "data.json"]
        self.assertNotIn("..", name.split("/"))
        self.assertEqual(name.count("/"), 1)
        self.assertEqual(archive.read(name), SECRET.encode())

    # === WHO === #

    def test_log_names_nobody(self):
        self._erase(reference="GDPR-2026-1")
        self._request().action_export()
        logs = self.env["omni.privacy.log"].search([], limit=2)
        self.assertEqual(logs.mapped("kind"), ["export", "erase"])
        erased = logs[1]
        self.assertEqual(erased.user_id, self.user_admin)
        self.assertEqual((erased.message_count, erased.file_count), (3, 1))
        self.assertEqual(erased.reference, "GDPR-2026-1")
        self.assertIn("Second", erased.channels)
        for name in ("Anne", "Lemaire", ANNE):
            self.assertNotIn(name, str(erased.read()))

    def test_only_administrators(self):
        identity = self.first.author_identity_id
        for user in (self.user_rep, self.user_leader, self.user_employee, self.user_portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                identity.with_user(user).action_privacy()
            with self.subTest(user.login), self.assertRaises(AccessError):
                identity.with_user(user)._privacy_erase()
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._request(user)
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["omni.privacy.log"].with_user(user).search([])
        with self.assertRaises(AccessError):
            self.env["omni.privacy.log"].with_user(self.user_admin).create({"kind": "erase"})

    def test_other_companies(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.second.write({"team_id": False, "company_id": company.id})
        person = self.first.author_identity_id.with_user(self.user_admin)._privacy_person()
        self.assertEqual(person.ids, self.first.author_identity_id.ids)
        requests = self.env["omni.privacy.request"].with_user(self.user_admin)
        with self.assertRaises(AccessError):
            requests.create({"identity_ids": [Command.set(self.identities.ids)]})
        with self.assertRaises(AccessError):
            self.identities.with_user(self.user_admin)._privacy_erase()

    def test_it_has_to_be_checked(self):
        with self.assertRaises(UserError):
            self._request().action_erase()
        self.assertIn(SECRET, self.first.text_body)

    def test_from_the_contact(self):
        context = {"active_model": "res.partner", "active_ids": self.anne.ids}
        requests = self.env["omni.privacy.request"].with_user(self.user_admin)
        request = requests.with_context(**context).create({})
        self.assertEqual(request.identity_ids, self.identities)
        stranger = self.env["res.partner"].create({"name": "Nobody"})
        with self.assertRaises(UserError):
            requests.with_context(**context | {"active_ids": stranger.ids}).create({})

    def test_names_are_data(self):
        """Nothing of a name is read as anything but a name."""
        for name in ("a'; DELETE FROM omni_event; --@x.be", "(.*)", "a%_\\b", "[a-z]+@x.be", "$1"):
            before = self.env["omni.event"].search_count([("payload", "!=", False)])
            found = self.first.author_identity_id._privacy_naming(name, self.channel)
            self.assertFalse(found, name)
            self.assertEqual(
                self.env["omni.event"].search_count([("payload", "!=", False)]), before
            )

    def test_privacy_look_up_of_odoo(self):
        """It finds identities by their address, and is told what to do instead of deleting."""
        with self.assertRaises(UserError):
            self.first.author_identity_id.sudo().unlink()
        empty = self.env["omni.identity"].create(
            {"channel_id": self.channel.id, "external_id": "nobody@x.be"}
        )
        empty.unlink()

    def test_late_message_of_another_person_in_her_thread(self):
        reply = self._deliver(
            f"I am Bert, in the thread of {SECRET}",
            author=BERT,
            conversation="t-anne",
            sent=datetime(2026, 1, 5, 9),
        )
        self._erase()
        self.assertEqual(reply.conversation_id, self.first.conversation_id)
        self.assertEqual(self._traces(SECRET), [], "it was written to her, and quotes her")
