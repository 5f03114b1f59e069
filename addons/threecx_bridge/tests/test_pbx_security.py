import json

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_base.tests.common import IntegrationHttpCase

from .common_pbx import GROUPS, PbxCase

OPERATIONS = ("read", "write", "create", "unlink")
# what each kind of user may do; a letter is the first of the operation, - is nothing
RIGHTS = {
    "portal": {},
    "employee": {},
    "user": {"threecx.pbx": "r", "threecx.extension": "r"},
    "manager": {"threecx.pbx": "r", "threecx.extension": "r"},
    "recording": {"threecx.pbx": "r", "threecx.extension": "r"},
    "admin": {"threecx.pbx": "rwcu", "threecx.extension": "rwcu"},
}
MODELS = ("threecx.pbx", "threecx.extension", "threecx.token")
SECRETS = ("client_id", "client_secret", "ca_bundle")


@tagged("post_install", "-at_install")
class TestPbxSecurity(PbxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {"portal": cls.user_portal, "employee": cls.user_employee}
        for name in ("user", "manager", "recording", "admin"):
            cls.users[name] = cls._new_user(f"who_{name}", GROUPS % name)
        cls.settings = cls._new_user("settings", GROUPS % "admin", "base.group_system")
        cls.pbx.write({"client_id": "odoo", "client_secret": "hush"})
        cls.other = cls.env["res.company"].create({"name": "Other"})

    def test_rights(self):
        for name, user in self.users.items():
            for model in MODELS:
                allowed = RIGHTS[name].get(model, "")
                for operation in OPERATIONS:
                    with self.subTest(user=name, model=model, operation=operation):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(operation),
                            operation[0] in allowed,
                        )

    def test_technical_user_is_nobody_else(self):
        """He is archived with his system: nobody else shall be."""
        with self.assertRaises(AccessError):
            self.pbx.with_user(self.boss).user_id = self.settings
        made = {"name": "Mine", "user_id": self.settings.id}
        pbx = self.env["threecx.pbx"].with_user(self.boss).create(made)
        pbx.action_archive()
        self.assertTrue(self.settings.active)

    def test_secrets(self):
        for name, user in self.users.items():
            pbx = self.pbx.with_user(user)
            for secret in SECRETS:
                with self.subTest(user=name, secret=secret):
                    with self.assertRaises(AccessError):
                        pbx.read([secret])
                    with self.assertRaises(AccessError):
                        pbx.search([(secret, "=like", "h%")])
        with self.assertRaises(AccessError):
            self.pbx.with_user(self.boss).client_secret = "other"
        self.assertEqual(self.pbx.with_user(self.settings).client_secret, "hush")
        self.assertFalse(self.pbx.copy({"name": "Copy"}).client_secret)

    def test_nobody_sees_a_token(self):
        token = self.env["threecx.token"].search([("pbx_id", "=", self.pbx.id)])
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            token.with_user(self.settings).read(["value"])

    def test_no_system_of_another_company(self):
        pbx = self.env["threecx.pbx"].create({"name": "Theirs", "company_id": self.other.id})
        extension = self.extension("101", pbx=pbx)
        for user in (self.users["user"], self.users["admin"]):
            for record in (pbx, extension):
                with self.subTest(user=user.login, record=record):
                    self.assertFalse(record.with_user(user).has_access("read"))

    def test_buttons(self):
        pbx = self.pbx.with_user(self.users["manager"])
        for button in ("action_test_connection", "action_import_extensions"):
            with self.subTest(button), self.assertRaises(AccessError):
                getattr(pbx, button)()
        with self.assertRaises(AccessError):
            pbx.action_map_extensions()

    def test_own_preferences_only(self):
        user = self.users["user"]
        user.with_user(user).write({"threecx_dial_mode": "tel"})
        with self.assertRaises(AccessError):
            self.rep.with_user(user).write({"threecx_extension": "101"})

    def test_whoever_reads_sees_what_works(self):
        pbx = self.pbx.with_user(self.users["user"])
        self.assertEqual(pbx.tier, "0")
        self.assertTrue(pbx.tier_reason)


@tagged("post_install", "-at_install")
class TestSessionInfo(IntegrationHttpCase):
    def test_session_info(self):
        self.env["threecx.pbx"].create({"name": "Test", "url": "https://pbx.example.com"})
        self._new_user("rep", GROUPS % "user")
        for login, enabled in (("rep", True), ("integration_employee", False)):
            self.authenticate(login, login)
            answer = self.url_open(
                "/web/session/get_session_info",
                data=json.dumps({"params": {}}),
                headers={"Content-Type": "application/json"},
            )
            info = answer.json()["result"]["threecx"]
            self.assertEqual(info["enabled"], enabled)
            self.assertNotIn("pbx.example.com", str(info))
