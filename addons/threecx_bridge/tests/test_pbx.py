import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import ValidationError
from odoo.sql_db import db_connect
from odoo.tests import Form, tagged

from odoo.addons.integration_base.exceptions import RetryableError

from ..hooks import uninstall_hook
from ..models.threecx_token import SharedTokens
from ..threecx.shapes import Token
from .common_pbx import PbxCase, SimulatedPbxCase


@tagged("post_install", "-at_install")
class TestPbx(PbxCase):
    def test_address_as_pasted(self):
        self.pbx.url = " shop.my3cx.eu/webclient/#/people "
        self.assertEqual(self.pbx.url, "https://shop.my3cx.eu")
        self.pbx.url = "https://pbx.example.com:5001/"
        self.assertEqual(self.pbx.url, "https://pbx.example.com:5001")
        self.pbx.url = "http://127.0.0.1:8071"  # the simulator
        for wrong in (
            "http://pbx.example.com",
            "ftp://pbx.example.com",
            "https://me:secret@pbx.example.com",
            "https://pbx.example.com:port",
            "https://",
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self.pbx.url = wrong

    def test_addresses_of_this_server(self):
        for address in ("http://127.0.0.1:8069", "https://localhost", "https://[::1]"):
            with self.subTest(address), self.assertRaises(ValidationError):
                self.pbx.with_user(self.boss).url = address

    def test_copy(self):
        self.assertEqual(self.pbx.copy().name, "Test (copy)")
        self.assertEqual(self.pbx.copy({"name": "Third"}).name, "Third")

    def test_uninstalled(self):
        user = self.pbx.user_id
        uninstall_hook(self.env)
        self.assertFalse(user.exists())

    def test_other_options_are_checked(self):
        for values in (
            {"outside_prefix": "0w"},
            {"allowed_ips": "203.0.113.7, nowhere"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.pbx.write(values)
        self.pbx.allowed_ips = "203.0.113.7, 198.51.100.0/24,"
        self.assertEqual(len(self.pbx._allowed_networks()), 2)

    def test_key_stays_with_its_address(self):
        self.pbx.write({"client_id": "odoo", "client_secret": "hush"})
        self.pbx.with_user(self.boss).url = "https://pbx.example.com/webclient"
        self.assertEqual(self.pbx.client_secret, "hush")
        self.pbx.with_user(self.boss).url = "https://elsewhere.example.com"
        self.assertFalse(self.pbx.client_secret)
        self.pbx.write({"url": "https://pbx.example.com", "client_secret": "new"})
        self.assertEqual(self.pbx.client_secret, "new")

    def test_technical_user(self):
        user = self.pbx.user_id
        self.assertFalse(user.all_group_ids)
        self.assertTrue(user.share)
        self.assertFalse(user.partner_id.active, "he is in nobody's list of contacts")
        self.pbx.action_archive()
        self.assertFalse(user.active)
        self.pbx.action_unarchive()
        self.assertTrue(user.active)
        self.assertFalse(user.partner_id.active)
        self.pbx.unlink()
        self.assertFalse(user.active)

    def test_company_of_the_technical_user_follows(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.pbx.company_id = company
        self.assertEqual(self.pbx.user_id.company_id, company)
        self.assertEqual(self.pbx.user_id.company_ids, company)

    def test_made_by_an_administrator_of_the_telephone(self):
        form = Form(self.env["threecx.pbx"].with_user(self.boss))
        form.name, form.url = "Second", "pbx2.example.com"
        pbx = form.save()
        self.assertEqual(pbx.sudo().user_id.company_id, self.env.company)
        self.assertEqual(pbx.responsible_id, self.boss)

    def test_tiers_follow_what_was_seen(self):
        now = fields.Datetime.now()
        self.assertEqual(self.pbx.tier, "0")
        self.assertIn("has not asked anything yet", self.pbx.tier_reason)
        self.pbx.last_lookup = now
        self.assertEqual(self.pbx.tier, "1")
        self.pbx.last_lookup = now - timedelta(days=15)
        self.assertEqual(self.pbx.tier, "0")
        self.assertIn("Nothing was heard from the template since", self.pbx.tier_reason)
        self.pbx.last_journal = now
        self.assertEqual(self.pbx.tier, "1")
        self.pbx.api_state = "ok"  # without credentials that says nothing
        self.assertEqual(self.pbx.tier, "1")
        self.pbx.write({"client_id": "odoo", "client_secret": "hush"})
        self.assertEqual(self.pbx.tier, "2")
        self.pbx.api_state = "denied"
        self.assertEqual(self.pbx.tier, "1")

    def test_edition_that_cannot(self):
        self.pbx.edition = "smb"
        self.assertIn("cannot load a CRM template", self.pbx.tier_reason)

    def test_reasons_are_texts(self):
        self.pbx.write({"client_id": "x", "client_secret": "y", "api_state": "failed"})
        self.pbx.api_message = "<script>alert(1)</script>"
        self.assertNotIn("<script>", self.pbx.tier_reason)

    def test_listener_is_missed(self):
        self.pbx.write({"client_id": "x", "client_secret": "y", "api_state": "ok"})
        self.pbx._set_healthy()
        self.assertFalse(self.pbx._watchdog_findings())
        self.pbx.listener_enabled = True
        self.assertTrue(self.pbx._watchdog_findings())
        self.pbx.last_event = fields.Datetime.now()
        self.assertFalse(self.pbx._watchdog_findings())

    def test_no_silence_without_live_interface(self):
        self.pbx.last_success = fields.Datetime.now() - timedelta(days=9)
        self.assertNotIn(self.pbx, self.pbx.search(self.pbx._watchdog_domain()))

    def test_neutralized(self):
        self.pbx.write({"client_id": "x", "client_secret": "y", "listener_enabled": True})
        self.env.flush_all()
        with open(f"{self.folder()}/data/neutralize.sql", encoding="utf-8") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.pbx.client_secret or self.pbx.url or self.pbx.listener_enabled)

    @staticmethod
    def folder():
        return __file__.rsplit("/", 2)[0]


@tagged("post_install", "-at_install")
class TestToken(PbxCase):
    def setUp(self):
        super().setUp()
        self.fetched = []
        self.env.flush_all()

    def fetch(self):
        self.fetched.append(f"token {len(self.fetched) + 1}")
        return Token(self.fetched[-1], 3600)

    def tokens(self, *credentials):
        return SharedTokens(self.registry, self.pbx.id, credentials or ("url", "id", "key"))

    def test_shared(self):
        self.assertEqual(self.tokens().get(self.fetch), "token 1")
        self.assertEqual(self.tokens().get(self.fetch), "token 1")
        self.assertEqual(len(self.fetched), 1)

    def test_discarded(self):
        store = self.tokens()
        store.get(self.fetch)
        store.discard("an older one")
        self.assertEqual(store.get(self.fetch), "token 1")
        store.discard("token 1")
        self.assertEqual(store.get(self.fetch), "token 2")

    def test_expired(self):
        self.tokens().get(self.fetch)
        self.env.cr.execute("UPDATE threecx_token SET expires = now() - interval '1 day'")
        self.assertEqual(self.tokens().get(self.fetch), "token 2")

    def test_other_credentials(self):
        self.tokens().get(self.fetch)
        self.assertEqual(self.tokens("url", "id", "new key").get(self.fetch), "token 2")

    def test_failure_keeps_nothing(self):
        def fail():
            raise RetryableError("away")

        with self.assertRaises(RetryableError):
            self.tokens().get(fail)
        self.assertEqual(self.tokens().get(self.fetch), "token 1")

    def test_nobody_asks_while_another_one_does(self):
        """On transactions of their own, as those of several workers are."""
        database = db_connect(self.env.cr.dbname)
        workers = SimpleNamespace(cursor=database.cursor)
        with database.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            pbx = env["threecx.pbx"].create({"name": "Committed for a test"})
            pbx_id, user_id = pbx.id, pbx.user_id.id

        def clean():
            with database.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["threecx.pbx"].browse(pbx_id).unlink()
                env["res.users"].browse(user_id).unlink()

        self.addCleanup(clean)

        def fetch_slowly():
            time.sleep(0.3)
            return self.fetch()

        def ask(_worker):
            return SharedTokens(workers, pbx_id, ("url", "id", "key")).get(fetch_slowly)

        with ThreadPoolExecutor(4) as pool:
            self.assertEqual(list(pool.map(ask, range(4))), ["token 1"] * 4)
        self.assertEqual(len(self.fetched), 1)


@tagged("post_install", "-at_install")
class TestDetection(SimulatedPbxCase):
    def test_enterprise(self):
        self.press_test()
        self.assertEqual(self.pbx.tier, "2")
        self.assertEqual((self.pbx.edition, self.pbx.sim_calls), ("enterprise", 16))
        self.assertEqual(self.pbx.version, self.sim.licence.version)
        self.assertEqual(self.pbx.followed_count, 4)
        self.assertEqual(self.pbx.health, "ok")
        self.assertIn("101, 102, 103, 104", self.pbx.test_result)
        self.assertNotIn(self.pbx.client_secret, self.pbx.test_result)
        # one token for all that was asked
        self.assertEqual(self.sim.tokens.issued, 1)

    def test_wrong_key(self):
        self.pbx.client_secret = "wrong"
        self.press_test()
        self.assertEqual((self.pbx.tier, self.pbx.api_state), ("0", "denied"))
        self.assertEqual(self.pbx.health, "error")
        self.assertIn("✗", self.pbx.test_result)
        self.assertIn("does not accept the API key", self.pbx.tier_reason)
        self.assertIn("does not accept", self.pbx.health_message)

    def test_system_that_fails_and_comes_back(self):
        with self.failing():
            self.press_test()
            self.assertEqual((self.pbx.tier, self.pbx.api_state), ("0", "failed"))
        self.run_cron("_cron_backfill")
        self.assertEqual((self.pbx.tier, self.pbx.health), ("2", "ok"))

    def test_no_key(self):
        self.pbx.client_id = False
        self.press_test()
        self.assertEqual((self.pbx.tier, self.pbx.health), ("0", "ok"))
        self.assertFalse(self.asked("/connect"))

    def test_new_key_after_revocation(self):
        self.press_test()
        self.sim.tokens.revoke()
        self.press_test()
        self.assertEqual(self.pbx.tier, "2")
        self.assertEqual(self.sim.tokens.issued, 2)

    def test_license_not_readable(self):
        with self.failing(403, ["/xapi"]):
            self.press_test()
        self.assertEqual(self.pbx.tier, "2")
        self.assertFalse(self.pbx.edition)


@tagged("post_install", "-at_install")
class TestDetectionPro(SimulatedPbxCase):
    edition = "PRO"

    def test_edition_without_interface(self):
        self.press_test()
        self.assertEqual((self.pbx.tier, self.pbx.api_state), ("0", "denied"))
        self.assertIn("Enterprise", self.pbx.tier_reason)
