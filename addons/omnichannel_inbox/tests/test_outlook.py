from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.integration_base.exceptions import AuthError

from ..models.omni_outlook_token import SharedTokens
from ..providers.outlook.certificate import make_certificate
from ..providers.outlook.tokens import Token
from .common_outlook import BOX, CUSTOMER, OTHER, OutlookCase


@tagged("post_install", "-at_install")
class TestOutlookMail(OutlookCase):
    """From the mailbox to the ticket, and back."""

    def test_there_and_back(self):
        self.write_mail()
        self.fetch_mail()
        [message] = self.messages()
        self.assertEqual(message.direction, "in")
        ticket = message.conversation_id._case()
        self.assertEqual(ticket.name, "Ma commande")
        self._answer(message, "<p>Elle part demain.</p>")
        self._run_out()
        [post] = self.received()
        self.assertIn("Elle part demain.", post["html"])
        self.assertTrue(post["in_reply_to"])
        answer = self.messages() - message
        self.assertEqual(answer.state, "sent")
        self.assertEqual(answer.internet_message_id, post["message_id"])
        # what was sent comes back with the folder of sent mails, and is known
        self.fetch_mail()
        self.assertEqual(len(self.messages()), 2)
        # the customer answers: the same ticket
        body = {"text": "Merci !", "html": "<p>Merci !</p>"}
        self.ask("POST", f"/sim/customers/{CUSTOMER}/{post['key']}/reply", body)
        self.fetch_mail()
        self.assertEqual(len(self.messages()), 3)
        self.assertEqual(self.messages()[2].conversation_id._case(), ticket)

    def test_replies_written_in_outlook_itself(self):
        self.write_mail()
        self.fetch_mail()
        [message] = self.messages()
        customer = {"to": [CUSTOMER], "subject": "RE: Ma commande", "html": "<p>Demain.</p>"}
        mail = message.external_id
        self.ask("POST", f"/sim/mailboxes/{BOX}/send", {**customer, "in_reply_to": mail})
        self.ask("POST", "/sim/settle", {})
        self.fetch_mail()
        directions = self.messages().mapped("direction")
        self.assertEqual(sorted(directions), ["in", "out"])

    def test_history_opens_no_ticket(self):
        self.box.outlook_history_months = 3
        self.assertLess(self.box.folder_ids[0].since, fields.Datetime.now() - timedelta(days=80))
        old = (fields.Datetime.now() - timedelta(days=40)).isoformat() + "Z"
        self.write_mail(received=old)
        tickets = self.env["crm.ticket"].search_count([])
        self.fetch_mail()
        [message] = self.messages()
        self.assertTrue(message.conversation_id.is_history)
        self.assertEqual(self.env["crm.ticket"].search_count([]), tickets)

    def test_forgotten_link(self):
        self.write_mail()
        self.fetch_mail()
        for how in ("gone", "sync_state"):
            self.fault(reset_delta=how)
            self.write_mail(subject=how)
            self.fetch_mail()
        self.assertEqual(len(self.messages()), 3, "nothing twice, nothing lost")

    def test_dead_secret_is_told_and_fetched_mail_goes_on(self):
        self.write_mail()
        self._run_sync()
        self.ask("POST", "/sim/directory", {"expire_secrets": True})
        self.env["omni.outlook.token"].search([]).value = False
        with self._notifications(self.user_admin) as shown:
            self.box.folder_ids.is_dirty = True
            self._run_sync()
        self.assertEqual(len(shown), 1)
        self.assertTrue(self.box.auth_failed_since)
        self.assertTrue(self.box.activity_ids.filtered(lambda a: a.user_id == self.user_admin))
        self._run_in()
        self.assertEqual(len(self.messages()), 1, "what had come in is processed")

    def test_patience(self):
        self.fault({"status": 429, "retry_after": 300, "path": "delta", "times": 1})
        self.box.folder_ids.is_dirty = True
        self._run_sync()
        left = (self.box.next_sync - fields.Datetime.now()).total_seconds()
        self.assertGreater(left, 280)
        self.sim.faults.requests.clear()
        self._run_sync()
        self.assertFalse(self.sim.faults.requests, "nobody asks meanwhile")

    def test_two_mailboxes_one_ticket(self):
        other = self._new_mailbox(OTHER)
        self.write_mail([BOX, OTHER])
        self.fetch_mail()
        cases = {
            message.conversation_id._case() for message in self.messages() | self.messages(other)
        }
        self.assertEqual(len(cases), 1)

    def test_sent_and_disappeared(self):
        """No copy is kept: nobody pretends to know, and a person decides."""
        self.write_mail()
        self.fetch_mail()
        answer = self._answer(self.messages())
        known = {"creating": True, "draft": "AAkGone", "filled": True, "sending": 1}
        answer.sudo().write({"progress": known, "try_count": 20})
        self._run_out()
        self.assertEqual(answer.state, "uncertain")
        self.assertFalse(self.received())
        answer.with_user(self.user_rep).action_send_again()
        self._run_out()
        self.assertEqual(answer.state, "sent")
        self.assertEqual(len(self.received()), 1)

    def test_attachments(self):
        file = {"name": "photo.png", "base64": "aGVsbG8=", "content_type": "image/png"}
        self.write_mail(attachments=[file])
        self.fetch_mail()
        [message] = self.messages()
        self.assertEqual(message.mail_message_id.attachment_ids.mapped("raw"), [b"hello"])


@tagged("post_install", "-at_install")
class TestOutlookAccount(OutlookCase):
    def test_what_is_pasted(self):
        self.account.write({"tenant": " example.com ", "outlook_graph_url": f"{self.sim.url}/"})
        self.assertEqual(self.account.tenant, "example.com")
        self.assertEqual(self.account.outlook_graph_url, self.sim.url)

    def test_checked(self):
        for values in (
            {"tenant": "a/b"},
            {"client_id": "odoo"},
            {"outlook_graph_url": "http://graph.microsoft.com"},
            {"outlook_login_url": "https://me:pw@login.microsoftonline.com"},
            {"outlook_login_url": "https://login.microsoftonline.com/x"},
            {"outlook_graph_url": "nonsense"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.account.write(values)

    def test_secret_stays_with_its_address(self):
        self.account.outlook_graph_url = "https://graph.microsoft.com"
        self.assertFalse(self.account.client_secret)

    def test_certificate(self):
        with self.assertRaises(ValidationError):
            self.account.write({"certificate": "x", "private_key": "y"})
        other = make_certificate("other")
        made = make_certificate("made")
        with self.assertRaises(ValidationError):
            self.account.write({"certificate": made.certificate, "private_key": other.private_key})
        self.account.auth_method = "certificate"
        with self.assertRaises(AuthError):
            self.account._credentials()
        self.account.action_make_certificate()
        self.assertEqual(len(self.account.thumbprint), 40)
        self.assertGreater(self.account.expiry, fields.Datetime.now() + timedelta(days=700))
        self.ask("POST", "/sim/directory", {"certificates": [self.account.certificate]})
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.box.action_test_connection()
        self.assertEqual(self.box.health, "ok")

    def test_end_of_the_secret_is_told(self):
        self.account.secret_expiry = fields.Date.today() + timedelta(days=10)
        self.assertTrue(self.box.expiry)
        self.assertTrue(any("Test" in text for text in self.box._watchdog_findings()))
        self.account.secret_expiry = fields.Date.today() + timedelta(days=100)
        self.assertFalse(any("Test" in text for text in self.box._watchdog_findings()))

    def test_secrets_are_for_the_system(self):
        admin = self.account.with_user(self.user_admin)
        self.assertTrue(admin.name)
        for name in ("client_secret", "certificate", "private_key", "outlook_graph_url"):
            with self.subTest(name), self.assertRaises(AccessError):
                admin.read([name])
        with self.assertRaises(AccessError):
            admin.write({"name": "x"})
        with self.assertRaises(AccessError):
            self.account.with_user(self.user_rep).read(["name"])
        for user in (self.user_admin, self.user_rep, self.env.ref("base.user_admin")):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["omni.outlook.token"].with_user(user).search([])

    def test_neutralized(self):
        self.env["omni.outlook.token"].create(
            {"account_id": self.account.id, "channel_id": self.box.id, "refresh": "r"}
        )
        self.env.flush_all()
        path = f"{__file__.rsplit('/', 2)[0]}/data/neutralize.sql"
        with open(path, encoding="utf-8") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.account.client_secret)
        self.assertFalse(self.env["omni.outlook.token"].search([("refresh", "!=", False)]))
        self.assertFalse(self.box.is_enabled)


@tagged("post_install", "-at_install")
class TestOutlookToken(OutlookCase):
    """The shared token, and the refresh token that changes with every use."""

    def setUp(self):
        super().setUp()
        self.used = []
        self.registry_enter_test_mode()
        self.env.flush_all()

    def fetch(self, refresh):
        self.used.append(refresh)
        number = len(self.used)
        return Token(f"access {number}", 3600, f"refresh {number}")

    def tokens(self, **values):
        credentials = self.account._credentials()
        for name, value in values.items():
            object.__setattr__(credentials, name, value)
        return SharedTokens(self.registry, self.account.id, 0, credentials)

    def test_shared(self):
        self.assertEqual(self.tokens().get(self.fetch), "access 1")
        self.assertEqual(self.tokens().get(self.fetch), "access 1")
        self.assertEqual(self.used, [""])

    def test_refresh_token_is_kept_with_the_access_token(self):
        store = self.tokens()
        store.get(self.fetch)
        store.discard("access 1")
        store.get(self.fetch)
        self.assertEqual(self.used, ["", "refresh 1"])
        store.discard("an older one")
        self.assertEqual(store.get(self.fetch), "access 2")

    def test_another_secret_is_another_token(self):
        self.tokens().get(self.fetch)
        self.assertEqual(self.tokens(secret="new").get(self.fetch), "access 2")

    def test_failure_keeps_nothing(self):
        def fail(_refresh):
            raise AuthError("no")

        with self.assertRaises(AuthError):
            self.tokens().get(fail)
        self.assertEqual(self.tokens().get(self.fetch), "access 1")

    def test_renewed_before_its_end(self):
        self.tokens().get(self.fetch)
        self.env.cr.execute("UPDATE omni_outlook_token SET expires = now() - interval '1 day'")
        self.assertEqual(self.tokens().get(self.fetch), "access 2")


@tagged("post_install", "-at_install")
class TestOutlookChannel(OutlookCase):
    def test_set_up(self):
        self.assertEqual(set(self.box.folder_ids.mapped("key")), {"inbox", "sentitems"})
        self.assertEqual(set(self.box.folder_ids.mapped("role")), {"inbox", "sent"})
        for values in (
            {"outlook_mailbox": "nobody"},
            {"outlook_mailbox": False},
            {"outlook_account_id": False},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.box.write(values)

    def test_address_as_typed(self):
        self.box.outlook_mailbox = " Info@Meubles-Demo.example "
        self.assertEqual(self.box.outlook_mailbox, BOX)

    def test_how_large_a_mail_may_be(self):
        self.assertEqual(self.box._capabilities().total_limit, 35 * 2**20 * 3 // 4)
        self.box.outlook_send_limit = 150
        self.assertGreater(self.box._capabilities().attachment_limit, 100 * 2**20)
        demo = self.channel._provider_class().capabilities
        self.assertEqual(self.channel._capabilities(), demo, "of no other channel")

    def test_another_mailbox_begins_anew(self):
        self.box.folder_ids.write({"cursor": "x", "outlook_subscription": "y"})
        self.box.outlook_mailbox = OTHER
        self.assertFalse(any(self.box.folder_ids.mapped("cursor")))
        self.assertFalse(any(self.box.folder_ids.mapped("outlook_subscription")))

    def test_tested_in_words(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.box.action_test_connection()
            self.assertEqual(self.box.health, "ok")
            self.ask("POST", "/sim/directory", {"mailboxes": [OTHER]})
            self.box.action_test_connection()
        self.assertEqual(self.box.health, "error")
        self.assertIn("may not read this mailbox", self.box.health_message)


@tagged("post_install", "-at_install")
class TestOutlookOwner(OutlookCase):
    """A colleague's own mailbox is read when he has agreed, and not before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_rep.email = OTHER.upper()
        cls.mine = cls._new_mailbox(OTHER, is_enabled=False)

    def test_found_by_his_address(self):
        self.assertEqual(self.mine.outlook_owner_id, self.user_rep)
        with self.assertRaises(ValidationError):
            self.mine.outlook_owner_id = False

    def test_he_is_asked(self):
        self.assertEqual(self.mine.activity_ids.user_id, self.user_rep)

    def test_nobody_agrees_for_him(self):
        for user in (self.user_admin, self.env.ref("base.user_admin"), self.env.user):
            mine = self.mine.with_user(user)
            with self.subTest(user.login):
                with self.assertRaises(ValidationError):
                    mine.action_enable()
                with self.assertRaises(AccessError):
                    mine.write({"outlook_consent": fields.Datetime.now()})
                with self.assertRaises(AccessError):
                    mine.sudo()._outlook_agree()
                with self.assertRaises(AccessError):
                    self._new_mailbox(
                        "else@meubles-demo.example",
                        outlook_owner_id=self.user_rep.id,
                        outlook_consent=fields.Datetime.now(),
                    )

    def test_he_agrees_and_takes_it_back(self):
        self.mine.with_user(self.user_rep)._outlook_agree()
        self.assertTrue(self.mine.outlook_consent)
        self.assertFalse(self.mine.activity_ids)
        self.mine.with_user(self.user_admin).action_enable()
        self.assertTrue(self.mine.is_enabled)
        self.mine.with_user(self.user_rep)._outlook_withdraw()
        self.assertFalse(self.mine.is_enabled or self.mine.outlook_consent)

    def test_his_word_is_for_one_mailbox(self):
        self.mine.with_user(self.user_rep)._outlook_agree()
        self.mine.action_enable()
        self.mine.with_user(self.user_admin).outlook_mailbox = "else@meubles-demo.example"
        self.assertFalse(self.mine.is_enabled or self.mine.outlook_consent)
