"""Setting up iAdvize step by step, its webhook, and what a copy of the database knows."""

import json

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import file_open, mute_logger

from ..controllers.webhook import guard
from .common_iadvize import PASSWORD, SECRET, USER, IadvizeCase, IadvizeHttpCase

WEBHOOK_LOG = "odoo.addons.omnichannel_inbox.controllers.webhook"


@tagged("-at_install", "post_install")
class TestIadvizeSetup(IadvizeCase):
    def _setup(self, **values):
        admin = self._new_user("omni_system", "base.group_system,crm_ticket.group_ticket_admin")
        setups = self.env["omni.iadvize.setup"].with_user(admin)
        return setups.create({"user": USER, "password": PASSWORD, "name": "Site", **values})

    def _states(self, setup):
        return dict(setup.check_ids.mapped(lambda line: (line.name, line.state)))

    def test_steps(self):
        """Access, then address and secret of the webhook, then checks in words, then service."""
        setup = self._setup(history_months=2)
        setup.action_next()
        channel = setup.channel_id
        self.assertFalse(channel.is_enabled)
        self.assertFalse(setup.password, "it is kept in one place")
        self.assertFalse(channel.secret, "it is the one that iAdvize has made")
        self.assertEqual(setup.webhook_url, channel.webhook_url)
        self.assertIn("v2.conversation.closed", setup.events)
        self.assertEqual(set(channel.folder_ids.mapped("key")), {"open", "closed"})
        channel.write({"iadvize_url": self.sim.url, "iadvize_password": PASSWORD})
        self.assertEqual(setup.step, "webhook")
        setup.action_next()
        self.assertEqual(setup.step, "check")
        self.assertFalse(setup.is_ready, "the secret is missing")
        with self.assertRaises(UserError):
            setup.action_connect()
        setup.action_back()
        setup.secret = f" {SECRET} "
        setup.action_next()
        self.assertEqual((channel.secret, setup.secret), (SECRET, False))
        self.assertTrue(setup.is_ready, self._states(setup))
        action = setup.action_connect()
        self.assertEqual(action["res_id"], channel.id)
        self.assertTrue(channel.is_enabled)

    def test_wrong_password(self):
        setup = self._setup()
        setup.action_next()
        setup.channel_id.write({"iadvize_url": self.sim.url, "iadvize_password": "wrong"})
        setup.action_next()
        line = setup.check_ids.filtered(lambda line: line.state == "missing")
        self.assertIn("password of its own", line.advice)
        self.assertFalse(setup.is_ready)

    def test_needs_the_system(self):
        """A new access is entered by who may see it; the rest by administrators of the inbox."""
        setups = self.env["omni.iadvize.setup"].with_user(self.user_admin)
        setup = setups.create({"user": USER})
        with self.assertRaises(UserError):
            setup.action_next()
        with self.assertRaises(AccessError):
            setup.read(["password"])
        known = setups.create({"channel_id": self.chat.id, "step": "webhook"})
        known.action_next()
        self.assertTrue(known.is_ready)
        with self.assertRaises(AccessError):
            setups.with_user(self.user_rep).create({})

    def test_what_is_not_offered(self):
        """Something that the schema does not have is said in words, and not guessed."""
        common = self.sim.views.server.schema.types
        del common["Conversation"].fields["tags"]
        del common["Visitor"].fields["externalUserId"]
        setup = self.env["omni.iadvize.setup"].create(
            {"channel_id": self.chat.id, "step": "webhook"}
        )
        setup.action_next()
        advice = "\n".join(filter(None, setup.check_ids.mapped("advice")))
        self.assertIn("Conversation.tags does not exist. Tags are not imported.", advice)
        self.assertIn("no visitor is identified for certain", advice)
        self.assertTrue(setup.is_ready, "it can be done without")

    def test_what_is_needed(self):
        """Without messages nothing is imported, and somebody is told."""
        del self.sim.views.server.schema.types["Conversation"].fields["messages"]
        setup = self.env["omni.iadvize.setup"].create(
            {"channel_id": self.chat.id, "step": "webhook"}
        )
        setup.action_next()
        line = setup.check_ids.filtered(lambda line: line.state == "missing")
        self.assertIn("Conversation.messages", line.advice)

    def test_deprecated_is_not_used(self):
        """What is about to be given up is not asked for."""
        self.tell(self.pushed(self.begin(visitor={"external_id": "C-1", "username": "cp"})))
        asked = " ".join(body["query"] for body in self.graphql())
        self.assertNotIn("externalId }", asked)
        self.assertNotIn("username", asked)

    def test_form_of_a_new_channel(self):
        """A project is entered by hand as well."""
        with Form(self.env["omni.channel"]) as form:
            form.name = "Site"
            form.provider = "iadvize"
            form.iadvize_user = USER
        self.assertEqual(form.record.sync_minutes, 2)
        self.assertFalse(form.record.secret, "it is the one that iAdvize has made")
        self.assertEqual(len(form.record.folder_ids), 2)

    def test_channel_of_an_inbox_administrator(self):
        """Whoever may not see the addresses and secrets of a channel makes one all the same."""
        channel = (
            self.env["omni.channel"]
            .with_user(self.user_admin)
            .create({"name": "Site", "provider": "iadvize", "iadvize_user": "api@site.example"})
        )
        self.assertFalse(channel.sudo().secret)
        self.assertTrue(channel.sudo().panel_url)
        self.assertFalse(self.channel.panel_url, "only iAdvize has a panel")
        channel.write({"iadvize_projects": "12"})
        channel.action_enable()

    def test_channel_form(self):
        """What the form of the channel says."""
        self.chat.with_user(self.user_admin).get_views([(False, "form"), (False, "list")])
        action = self.chat.action_iadvize_setup()
        self.assertEqual(action["context"]["default_channel_id"], self.chat.id)

    def test_neutralised(self):
        """A copy of the database has no key to iAdvize."""
        self.tell(self.pushed(self.begin()))
        self.env.flush_all()
        with file_open("omnichannel_inbox/data/neutralize.sql") as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.assertFalse(self.chat.iadvize_password)
        self.assertFalse(self.chat.secret)
        self.assertFalse(self.env["omni.iadvize.token"].search([]).filtered("value"))


@tagged("-at_install", "post_install")
class TestIadvizeWebhook(IadvizeHttpCase):
    def setUp(self):
        super().setUp()
        guard.reset()

    def _events(self):
        return self.env["omni.event"].search([("channel_id", "=", self.chat.id)])

    def test_signed(self):
        chat = self.begin()
        body = json.dumps(self.pushed(chat)).encode()
        answer = self._post(self.chat, body, self.headers(body))
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(self._events().conversation_key, chat)
        self._run_in("chat")
        self.assertEqual(self.texts(), [("in", "Où est ma commande ?")])

    @mute_logger(WEBHOOK_LOG)
    def test_forged(self):
        """Nothing is stored of what is not signed, or signed over something else."""
        body = json.dumps(self.pushed("4c8c7408-0000-4000-8000-000000000000")).encode()
        other = json.dumps(self.pushed("5c8c7408-0000-4000-8000-000000000000")).encode()
        forged = (
            self.headers(body, secret="another"),
            self.headers(other),
            {**self.headers(body), "x-iadvize-signature": ""},
            {**self.headers(body), "x-iadvize-signature": "sha256=é"},
            {},
        )
        for headers in forged:
            headers = {
                name: value.encode("utf-8", "replace") if not value.isascii() else value
                for name, value in headers.items()
            }
            self.assertEqual(self._post(self.chat, body, headers).status_code, 403)
        self.assertFalse(self._events())
        self.chat.invalidate_recordset(["last_refused"])
        self.assertTrue(self.chat.last_refused)

    @mute_logger(WEBHOOK_LOG)
    def test_without_secret(self):
        """No secret, nothing accepted: not even what is signed with nothing."""
        self.chat.secret = False
        body = json.dumps(self.pushed("x")).encode()
        self.assertEqual(self._post(self.chat, body, self.headers(body, "")).status_code, 403)

    def test_repeated(self):
        """The same event has the same id, whatever the header says: that one is not signed."""
        body = json.dumps(self.pushed("4c8c7408-0000-4000-8000-000000000000")).encode()
        for number in range(3):
            headers = self.headers(body, **{"x-iadvize-correlationid": f"other-{number}"})
            self.assertEqual(self._post(self.chat, body, headers).status_code, 202)
        self.assertEqual(len(self._events()), 1)

    @mute_logger(WEBHOOK_LOG)
    def test_query(self):
        """Of a GET the query is signed, as it came."""
        query = self.query(self.pushed("4c8c7408-0000-4000-8000-000000000000", note="a b&c=é"))
        url = f"/omni/webhook/{self.chat.webhook_token}?{query}"
        answer = self.url_open(url, headers=self.headers(query.encode()))
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(len(self._events()), 1)
        answer = self.url_open(f"{url}&operatorId=2", headers=self.headers(query.encode()))
        self.assertEqual(answer.status_code, 403)

    def test_not_understood(self):
        for body in (b"", b"[]", b"{", b"null", b'{"eventId": 1}', b"[" * 100_000):
            answer = self._post(self.chat, body, self.headers(body))
            self.assertIn(answer.status_code, (400, 403), body[:20])
        self.assertFalse(self._events())

    def test_unknown_event(self):
        """What we did not ask for is stored, and nothing is made of it."""
        body = json.dumps(self.event("user.connected", userId=1)).encode()
        self._post(self.chat, body, self.headers(body))
        self._run_in("chat")
        self.assertEqual((self._events().state, self._events().cause), ("ignored", "kind"))

    def test_visitor_updated(self):
        """Somebody is known better: what is going on is read again."""
        self.chat.folder_ids.write({"is_dirty": False, "last_sync": fields.Datetime.now()})
        body = json.dumps(self.event("visitor.updated", visitorId="b05f1b45")).encode()
        self._post(self.chat, body, self.headers(body))
        self._run_in("chat")
        folders = self.chat.folder_ids
        self.assertEqual(folders.filtered("is_dirty").mapped("key"), ["open"])
