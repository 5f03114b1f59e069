from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_outlook import (
    BOX,
    CLIENT_ID,
    OTHER,
    SECRET,
    TENANT_ID,
    OutlookCase,
    OutlookHttpCase,
)


@tagged("post_install", "-at_install")
class TestOutlookSetup(OutlookCase):
    """The wizard, as somebody goes through it."""

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()
        self.env["ir.config_parameter"].set_param("web.base.url", "https://odoo.example.com")

    def setup_for(self, mailbox=OTHER, user=None, **values):
        setup = (
            self.env["omni.outlook.setup"]
            .with_user(user or self.user_admin)
            .create(
                {
                    "account_id": self.account.id,
                    "mailbox": mailbox,
                    "auth_method": "secret",
                    **values,
                }
            )
        )
        setup.action_next()
        return setup

    def states(self, setup):
        return dict(
            zip(setup.check_ids.mapped("name"), setup.check_ids.mapped("state"), strict=True)
        )

    def test_from_the_start(self):
        system = self.env.ref("base.user_admin")
        with Form(self.env["omni.outlook.setup"].with_user(system)) as form:
            form.account_id = self.env["omni.outlook.account"]
            form.tenant, form.client_id = f" {TENANT_ID} ", CLIENT_ID
            form.client_secret = SECRET
        setup = form.record
        setup.action_next()
        self.assertEqual(setup.step, "mailbox")
        self.assertFalse(setup.client_secret, "kept in one place only")
        setup.account_id.write(
            {
                "outlook_graph_url": self.sim.url,
                "outlook_login_url": self.sim.url,
                "client_secret": SECRET,
            }
        )
        with Form(setup) as form:
            form.mailbox = f" {OTHER.upper()} "
            form.history_months = 2
        self.assertIn(f"PrimarySmtpAddress -eq '{OTHER}'", setup.script)
        setup.action_next()
        self.assertEqual(setup.step, "check")
        self.assertTrue(setup.is_ready, self.states(setup))
        self.assertEqual(
            set(setup.folder_ids.filtered("is_chosen").mapped("key")), {"inbox", "sentitems"}
        )
        action = setup.action_connect()
        channel = self.env["omni.channel"].browse(action["res_id"])
        self.assertTrue(channel.is_enabled)
        self.assertEqual(channel.outlook_mailbox, OTHER)
        self.assertEqual(len(channel.folder_ids), 2)

    def test_wrong_secret_in_words(self):
        self.account.client_secret = "wrong"
        setup = self.setup_for()
        setup.action_next()
        self.assertFalse(setup.is_ready)
        self.assertIn("value, not its id", setup.check_ids[0].advice)
        with self.assertRaises(UserError):
            setup.action_connect()
        self.account.client_secret = SECRET
        setup.action_check()
        self.assertTrue(setup.is_ready)

    def test_what_is_missing_in_words(self):
        for order, words in (
            ({"mailboxes": [BOX]}, "may not read this mailbox"),
            ({"mailboxes": None, "roles": ["Mail.Read"]}, "may read, but not write"),
        ):
            with self.subTest(words):
                self.ask("POST", "/sim/directory", order)
                setup = self.setup_for()
                setup.action_next()
                missing = setup.check_ids.filtered(lambda line: line.state == "missing")
                self.assertIn(words, missing.advice)

    def test_too_much_is_told(self):
        setup = self.setup_for()
        setup.action_next()
        [scope] = setup.check_ids.filtered(lambda line: "Mail.ReadWrite" in (line.advice or ""))
        self.assertEqual(scope.state, "warning")
        self.assertTrue(setup.is_ready)

    def test_more_folders(self):
        self.ask("POST", f"/sim/mailboxes/{OTHER}/folders", {"name": "Fournisseurs"})
        setup = self.setup_for()
        setup.action_next()
        line = setup.folder_ids.filtered(lambda line: line.name == "Fournisseurs")
        self.assertFalse(line.is_chosen)
        line.is_chosen = True
        channel = self.env["omni.channel"].browse(setup.action_connect()["res_id"])
        self.assertIn("Fournisseurs", channel.folder_ids.mapped("name"))
        # chosen once more, on the mailbox itself
        context = channel.action_outlook_setup()["context"]
        again = self.env["omni.outlook.setup"].with_context(**context).create({})
        self.assertEqual((again.step, again.channel_id), ("mailbox", channel))
        again.action_next()
        line = again.folder_ids.filtered(lambda line: line.name == "Fournisseurs")
        self.assertTrue(line.is_chosen)
        line.is_chosen = False
        again.action_connect()
        self.assertEqual(len(channel.folder_ids.filtered("is_active")), 2)

    def test_personal_mailbox_waits_for_its_owner(self):
        self.user_rep.email = OTHER
        setup = self.setup_for()
        self.assertEqual(setup.owner_id, self.user_rep)
        setup.action_next()
        channel = self.env["omni.channel"].browse(setup.action_connect()["res_id"])
        self.assertFalse(channel.is_enabled)
        self.assertEqual(channel.activity_ids.user_id, self.user_rep)

    def test_new_application_is_for_the_system(self):
        setup = self.env["omni.outlook.setup"].with_user(self.user_admin)
        setup = setup.create({"account_id": False, "tenant": TENANT_ID, "client_id": CLIENT_ID})
        with self.assertRaises(UserError):
            setup.action_next()
        with self.assertRaises(AccessError):
            setup.read(["client_secret"])
        with self.assertRaises(AccessError):
            self.env["omni.outlook.setup"].with_user(self.user_rep).create({})

    def test_certificate(self):
        system = self.env.ref("base.user_admin")
        setup = (
            self.env["omni.outlook.setup"]
            .with_user(system)
            .create({"account_id": False, "tenant": TENANT_ID, "client_id": CLIENT_ID})
        )
        action = setup.action_make_certificate()
        self.assertIn("/omni/outlook/certificate/", action["url"])
        self.assertTrue(setup.thumbprint)
        setup.action_next()
        self.assertEqual(setup.step, "mailbox")

    def test_sign_in(self):
        self.account.auth_method = "delegated"
        setup = self.setup_for(auth_method="delegated")
        action = setup.action_sign_in()
        self.assertIn("/omni/outlook/sign_in/", action["url"])
        self.assertFalse(setup.channel_id.is_enabled)


@tagged("post_install", "-at_install")
class TestOutlookSignIn(OutlookHttpCase):
    """Signing in at Microsoft, in a browser."""

    def setUp(self):
        super().setUp()
        self.account.auth_method = "delegated"
        self.env["omni.outlook.token"].search([]).unlink()

    def open(self, path, **options):
        return self.url_open(path, allow_redirects=False, **options)

    def begin(self, channel=None):
        """As far as Microsoft.

        :return: the address that the browser is sent to
        """
        return self.open(f"/omni/outlook/sign_in/{(channel or self.box).id}").headers["Location"]

    def choose(self, url, user=BOX):
        """The page of Microsoft; the address that the browser is sent back to."""
        path, _mark, query = url.partition("?")
        answer = self.opener.get(
            f"{path}/answer?{query}&sim_user={user}", allow_redirects=False, timeout=10
        )
        back = answer.headers["Location"]
        self.assertTrue(back.startswith(self.base_url()), back)
        return back.removeprefix(self.base_url())

    def refresh(self, channel=None):
        domain = [("channel_id", "=", (channel or self.box).id)]
        return self.env["omni.outlook.token"].search(domain).refresh

    def test_there_and_back(self):
        self.authenticate("omni_admin", "omni_admin")
        url = self.begin()
        self.assertTrue(url.startswith(self.sim.url))
        self.assertIn("code_challenge=", url)
        back = self.choose(url)
        answer = self.open(back)
        self.assertIn(f"/odoo/omni.channel/{self.box.id}", answer.headers["Location"])
        self.assertTrue(self.refresh())
        self.assertTrue(self.box.outlook_is_signed_in)
        # a second time the same address is worth nothing
        self.assertEqual(self.open(back).status_code, 403)

    def test_refused_at_microsoft(self):
        self.authenticate("omni_admin", "omni_admin")
        answer = self.open(self.choose(self.begin(), ""))
        self.assertEqual(answer.status_code, 200)
        self.assertIn("AADSTS65004", answer.text)
        self.assertFalse(self.refresh())

    def test_not_begun_here(self):
        self.authenticate("omni_admin", "omni_admin")
        back = self.choose(self.begin())
        self.authenticate("omni_leader", "omni_leader")
        self.assertEqual(self.open(back).status_code, 403)
        self.authenticate("omni_admin", "omni_admin")
        self.assertEqual(self.open(back).status_code, 403, "another session")
        for state in ("", "x", '{"id": 1}', '{"id": 1, "nonce": "n", "csrf_token": "é"}'):
            answer = self.open(f"/omni/outlook/signed_in?code=x&state={state}")
            self.assertEqual(answer.status_code, 403, state)

    def test_who_may(self):
        for login in ("omni_rep", "omni_leader"):
            self.authenticate(login, login)
            answer = self.open(f"/omni/outlook/sign_in/{self.box.id}")
            self.assertEqual(answer.status_code, 404, login)
        self.authenticate(None, None)
        answer = self.open(f"/omni/outlook/sign_in/{self.box.id}")
        self.assertIn("/web/login", answer.headers["Location"])

    def test_owner(self):
        """Only he, and only as himself."""
        self.user_rep.email = OTHER
        mine = self._new_mailbox(OTHER, is_enabled=False)
        self.authenticate("omni_admin", "omni_admin")
        self.assertEqual(self.open(f"/omni/outlook/sign_in/{mine.id}").status_code, 404)
        self.authenticate("omni_rep", "omni_rep")
        answer = self.open(self.choose(self.begin(mine), BOX))
        self.assertIn(BOX, answer.text)
        self.assertFalse(self.refresh(mine) or mine.outlook_consent)
        answer = self.open(self.choose(self.begin(mine), OTHER))
        self.assertIn(f"/omni/outlook/mailbox/{mine.id}", answer.headers["Location"])
        mine.invalidate_recordset()
        self.assertTrue(self.refresh(mine) and mine.outlook_consent)

    def test_page_of_the_owner(self):
        self.account.auth_method = "secret"
        self.user_rep.email = OTHER
        mine = self._new_mailbox(OTHER, is_enabled=False)
        path = f"/omni/outlook/mailbox/{mine.id}"
        self.authenticate("omni_admin", "omni_admin")
        self.assertEqual(self.open(path).status_code, 404)
        self.authenticate("omni_rep", "omni_rep")
        page = self.open(path)
        self.assertIn(OTHER, page.text)
        self.assertIn("I agree", page.text)
        self.assertFalse(mine.outlook_consent, "looking changes nothing")
        self.assertEqual(self.open(f"{path}?decision=agree").status_code, 200)
        mine.invalidate_recordset()
        self.assertFalse(mine.outlook_consent)
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        self.open(path, data={"decision": "agree", "csrf_token": token})
        mine.invalidate_recordset()
        self.assertTrue(mine.outlook_consent)
        self.open(path, data={"decision": "withdraw", "csrf_token": token})
        mine.invalidate_recordset()
        self.assertFalse(mine.outlook_consent)

    def test_certificate_is_for_the_system(self):
        self.account.sudo().action_make_certificate()
        path = f"/omni/outlook/certificate/{self.account.id}"
        self.authenticate("omni_admin", "omni_admin")
        self.assertEqual(self.open(path).status_code, 404)
        self.authenticate("admin", "admin")
        answer = self.open(path)
        self.assertIn("BEGIN CERTIFICATE", answer.text)
        self.assertNotIn("PRIVATE", answer.text)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
