import inspect

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import OmniHttpCase
from .common_inbox import InboxCase

#: Arguments of every method of the screen, `T`: a ticket of the other team.
CALLS = {
    "get_inbox": (),
    "get_counts": (),
    "get_items": ("TS",),
    "get_thread": ("T",),
    "get_message_html": ("M",),
    "get_canned": ("T", "C", ""),
    "get_compose": (),
    "claim": ("TS",),
    "assign": ("TS", False, False),
    "snooze": ("TS", "2099-01-01T00:00:00Z"),
    "wake": ("TS",),
    "wait": ("TS",),
    "close": ("TS",),
    "reopen": ("TS",),
    "spam": ("TS",),
    "not_spam": ("TS",),
    "mark_read": ("TS",),
    "mark_unread": ("TS",),
    "merge": ("T", "TS"),
    "split": ("T", "CS"),
    "set_values": ("T", {"priority": "1"}),
    "undo": ("nothing",),
    "save_draft": ("T", "C", {"html": "x"}),
    "discard_draft": ("T",),
    "remove_attachment": ("A",),
    "send": ("T", "C", {"html": "<p>x</p>"}, False),
    "start": ("H", {"html": "<p>x</p>"}),
    "start_reply": ("T", "H", {"html": "<p>x</p>"}, False),
    "get_joins": ("T",),
    "join": ("T", "T"),
    "reject_join": ("T", "T"),
    "undo_join": ("J",),
    "mark_answered": ("T", "CS", "M"),
    "add_note": ("T", "<p>x</p>"),
    "message_action": ("M", "cancel"),
    "take_over": ("T", "C"),
    "presence": ("T",),
    "leave": ("T",),
    "confirm_identity": ("I", "P"),
    "reject_identity": ("I", "P"),
    "contact_defaults": ("C",),
}
#: They answer nobody in particular.
GENERAL = {"get_inbox", "get_counts", "get_items", "get_compose", "undo", "start"}


@tagged("post_install", "-at_install")
class TestInboxSecurity(InboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._ticket("Of the workshop", text="", team_id=cls.other_team.id)
        cls.hidden = cls._new_channel(name="Workshop", team_id=cls.other_team.id)
        cls.conversation = cls._conversation(cls.ticket, channel=cls.hidden)
        cls.message = cls._mail(cls.ticket, "Secret of the workshop")
        cls.file = cls.env["ir.attachment"].create(
            {
                "name": "secret.pdf",
                "raw": b"x",
                "res_model": "omni.conversation",
                "res_id": cls.conversation.id,
            }
        )
        cls.message.mail_message_id.attachment_ids = cls.file
        cls.join = cls.env["omni.join"].create(
            {
                "case_id": cls.ticket.id,
                "conversation_id": cls.conversation.id,
                "kind": "open",
                "state": "joined",
            }
        )

    def _call(self, user, name):
        ids = {
            "T": self.ticket.id,
            "TS": self.ticket.ids,
            "C": self.conversation.id,
            "CS": self.conversation.ids,
            "M": self.message.id,
            "A": self.file.id,
            "H": self.hidden.id,
            "I": self.conversation.identity_id.id,
            "P": self.customer.id,
            "J": self.join.id,
        }
        arguments = [ids.get(one, one) if isinstance(one, str) else one for one in CALLS[name]]
        return getattr(self._as(user), name)(*arguments)

    def test_every_method_is_tried(self):
        inbox = type(self.env["omni.inbox"])
        base = set(dir(type(self.env["base"])))
        public = {
            name
            for name, _method in inspect.getmembers(inbox, inspect.isfunction)
            if not name.startswith("_") and name not in base
        }
        self.assertEqual(public, set(CALLS))

    def test_without_group(self):
        for user in (self.paul, self.ines, self.env.ref("base.public_user")):
            for name in CALLS:
                with self.assertRaises(AccessError, msg=f"{user.login}: {name}"):
                    self._call(user, name)

    def test_of_another_team(self):
        for name in sorted(set(CALLS) - GENERAL):
            with self.assertRaises(AccessError, msg=name):
                self._call(self.anna, name)
        self.assertFalse(self._call(self.anna, "get_items")["items"])
        ids = [item["id"] for item in self._as(self.anna).get_inbox("all")["items"]]
        self.assertNotIn(self.ticket.id, ids)
        names = [channel["name"] for channel in self._as(self.anna).get_inbox()["channels"]]
        self.assertNotIn("Workshop", names)
        self.assertEqual(self._call(self.anna, "start")["state"], "refused")

    def test_of_the_team_and_the_leader(self):
        for user in (self.omar, self.lena):
            thread = self._as(user).get_thread(self.ticket.id)
            self.assertEqual(thread["messages"][0]["text"], "Secret of the workshop")
            for name in ("claim", "close", "reopen", "mark_read", "add_note", "presence"):
                self._call(user, name)

    def test_given_to_a_colleague_of_another_team(self):
        """Whoever has the ticket reads what is in it, on whichever channel it came."""
        self.ticket._assign(self.anna)
        thread = self._as(self.anna).get_thread(self.ticket.id)
        self.assertEqual(thread["messages"][0]["text"], "Secret of the workshop")
        self.assertIn("Secret", self._call(self.anna, "get_message_html")["html"])
        self.assertTrue(self.env["omni.inbox"].with_user(self.anna)._attachment(self.file.id))

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.ticket.write({"team_id": False})
        self.env.flush_all()
        self.cr.execute(
            "UPDATE crm_ticket SET company_id = %s WHERE id = %s", [company.id, self.ticket.id]
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self._as(self.lena).get_thread(self.ticket.id)

    def test_conversation_of_another_ticket(self):
        mine = self._ticket()
        with self.assertRaises(AccessError):
            self.inbox.send(mine.id, self.conversation.id, {"html": "<p>x</p>"}, False)
        with self.assertRaises(AccessError):
            self.inbox.save_draft(mine.id, self.conversation.id, {"html": "x"})

    def test_contact_that_one_may_not_read(self):
        mine = self._ticket()
        identity = self._conversation_of(mine).identity_id
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.env["res.partner"].create({"name": "Foreign", "company_id": company.id})
        with self.assertRaises(AccessError):
            self.inbox.confirm_identity(identity.id, foreign.id)

    def test_records_of_others(self):
        mine = self._ticket()
        inbox = self.inbox
        inbox.save_draft(mine.id, False, {"html": "x"})
        inbox.mark_read(mine.ids)
        inbox.claim(mine.ids)
        inbox.presence(mine.id)
        self.env["omni.signature"].with_user(self.anna).create({"body": "A"})
        for model in ("draft", "read", "undo", "presence", "signature"):
            records = self.env[f"omni.{model}"]
            self.assertTrue(records.with_user(self.anna).search([]), model)
            self.assertFalse(records.with_user(self.bert).search([]), model)
            with self.assertRaises(AccessError, msg=model):
                records.with_user(self.ines).search([])
        with self.assertRaises(AccessError):
            self.env["omni.undo"].with_user(self.anna).search([]).before = {}
        with self.assertRaises(AccessError):
            self.env["omni.signature"].with_user(self.bert).create(
                {"user_id": self.anna.id, "channel_id": self.channel.id, "body": "Not me"}
            )


@tagged("post_install", "-at_install")
class TestInboxFiles(OmniHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_rep.password = cls.user_other.password = "omni_password"
        cls.ticket = cls.env["crm.ticket"].create({"name": "Files", "team_id": cls.team.id})

    def _login(self, user):
        self.authenticate(user.login, "omni_password")

    def _upload(self, content=b"%PDF-1.4", name="plan.pdf", case_id=None):
        from odoo.http import Request

        return self.url_open(
            "/omni/attachment/upload",
            data={
                "csrf_token": Request.csrf_token(self),
                "case_id": str(self.ticket.id) if case_id is None else case_id,
            },
            files={"ufile": (name, content)},
        )

    def test_upload_and_download(self):
        self._login(self.user_rep)
        answer = self._upload()
        self.assertEqual(answer.status_code, 200, answer.text)
        file = answer.json()
        self.assertEqual((file["name"], file["size"]), ("plan.pdf", 8))
        answer = self.url_open(file["url"])
        self.assertEqual(answer.content, b"%PDF-1.4")
        self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"))
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self._login(self.user_other)
        self.assertEqual(self.url_open(file["url"]).status_code, 404)

    def test_upload_to_a_ticket_one_may_not_see(self):
        self._login(self.user_other)
        answer = self._upload()
        self.assertEqual(answer.status_code, 400)
        self.assertTrue(answer.json()["error"])
        self.assertFalse(self.env["omni.draft"].search([]))

    def test_upload_of_a_new_mail(self):
        self._login(self.user_rep)
        self.assertEqual(self._upload(case_id="").status_code, 200)
        self.assertEqual(self._upload(case_id="0").status_code, 200)
        draft = self.env["omni.draft"].search([("user_id", "=", self.user_rep.id)])
        self.assertEqual(len(draft.attachment_ids), 2)
        self.assertEqual(self._upload(case_id="x").status_code, 400)

    def test_nothing_is_shown_that_could_run(self):
        self._login(self.user_rep)
        for name, content in (
            ("x.html", b"<script>alert(1)</script>"),
            ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ):
            file = self._upload(content, name).json()
            self.assertFalse(file["preview"])
            answer = self.url_open(f"{file['url']}?preview=1")
            self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"))
            self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")

    def test_picture(self):
        self._login(self.user_rep)
        png = (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00"
            b"\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe"
            b"\xa3\x9e\x9c\xb8\x00\x00\x00\x00IEND\xaeB`\x82"
        )
        file = self._upload(png, "x.png").json()
        answer = self.url_open(file["preview"])
        self.assertEqual(answer.headers["Content-Type"], "image/png")
        self.assertFalse(answer.headers.get("Content-Disposition", "inline").startswith("attach"))

    def test_without_group(self):
        self._login(self.user_rep)
        url = self._upload().json()["url"]
        portal = self._new_user("omni_portal", "base.group_portal")
        portal.password = "omni_password"
        self._login(portal)
        self.assertIn(self.url_open(url).status_code, (403, 404))
        self.assertEqual(self._upload().status_code, 400)
        self.logout()
        self.assertNotEqual(self.url_open(url).content, b"%PDF-1.4")

    def test_files_of_other_things(self):
        secret = self.env["ir.attachment"].create(
            {"name": "s", "raw": b"x", "res_model": "res.users", "res_id": 1}
        )
        self._login(self.user_rep)
        self.assertEqual(self.url_open(f"/omni/attachment/{secret.id}").status_code, 404)
        self.assertEqual(self.url_open("/omni/attachment/999999999").status_code, 404)
