from xml.etree import ElementTree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form
from odoo.tools import mute_logger

from ..models.ir_http_threecx import KEY_SCOPE
from .common_http import ThreecxHttpCase


class TestTemplateAndKey(ThreecxHttpCase):
    def pbx_as(self, user):
        return self.pbx.with_user(user)

    def works(self, key):
        return self.ask("/threecx/lookup", key=key, number="1").status_code == 200

    # === KEY === #

    def test_keys_follow_each_other(self):
        pbx = self.pbx_as(self.user_admin)
        self.assertEqual((pbx.key_count, bool(pbx.key_date)), (1, True))
        second = self._new_key(self.pbx)
        self.assertNotEqual(second, self.key)
        self.assertEqual(pbx.key_count, 2)
        self.assertTrue(self.works(self.key) and self.works(second))
        pbx.action_revoke_old_keys()
        self.assertEqual(pbx.key_count, 1)
        self.assertTrue(self.works(second))
        self.assertFalse(self.works(self.key))
        pbx.action_revoke_keys()
        self.assertEqual((pbx.key_count, pbx.key_date), (0, False))
        self.assertFalse(self.works(second))

    def test_key_is_of_the_technical_user_and_scoped(self):
        keys = self.env["res.users.apikeys"].search([("user_id", "=", self.pbx.user_id.id)])
        self.assertRecordValues(keys, [{"scope": KEY_SCOPE, "expiration_date": False}])

    def test_key_is_shown_once(self):
        action = self.pbx_as(self.user_admin).action_generate_key()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.user_admin)
            .with_context(**action["context"])
        )
        self.assertEqual(form.key, action["context"]["default_key"])
        self.env.cr.execute("SELECT key FROM res_users_apikeys")
        self.assertNotIn(form.key, str(self.env.cr.fetchall()))

    def test_copy_has_no_key(self):
        copy = self.pbx.copy({"name": "Copy"})
        self.assertNotEqual(copy.user_id, self.pbx.user_id)
        self.assertEqual(copy.key_count, 0)

    def test_only_administrators_handle_keys(self):
        manager = self._new_user("threecx_manager", "threecx_bridge.group_threecx_manager")
        for name in ("action_generate_key", "action_revoke_keys", "action_revoke_old_keys"):
            for user in (self.user_rep, manager, self.user_employee, self.user_portal):
                with self.assertRaises(AccessError), mute_logger("odoo.models"):
                    getattr(self.pbx_as(user), name)()
            getattr(self.pbx_as(self.user_admin), name)()

    # === TEMPLATE === #

    def download(self, user):
        self.authenticate(user.login, user.login)
        return self.url_open(f"/threecx/template/{self.pbx.id}")

    def test_download(self):
        self.pbx.write({"journal_chats": False, "keep_recordings": False})
        response = self.download(self.user_admin)
        self.assertEqual(response.status_code, 200)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertNotIn(self.key, response.text)
        root = ElementTree.fromstring(response.content)
        defaults = {each.get("Name"): each.get("Default") for each in root.iter("Parameter")}
        self.assertEqual(
            defaults,
            {
                "BaseUrl": self.pbx.get_base_url(),
                "Database": self.env.cr.dbname,
                "ApiKey": "",
                "CreateContactEnabled": "True",
                "ReportCallEnabled": "True",
                "ReportChatEnabled": "False",
            },
        )
        for parameter in root.iter("Parameter"):
            self.assertNotEqual(parameter.get("Title"), parameter.get("Name"))

    @mute_logger("odoo.http")
    def test_download_is_for_administrators(self):
        for user in (self.user_rep, self.user_employee, self.user_portal):
            self.assertIn(self.download(user).status_code, (403, 404))
        self.user_rep.group_ids = [
            Command.link(self.env.ref("threecx_bridge.group_threecx_admin").id)
        ]
        self.assertEqual(self.download(self.user_rep).status_code, 200)

    @mute_logger("odoo.http")
    def test_download_of_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.pbx.company_id = other
        self.assertEqual(self.download(self.user_admin).status_code, 403)
        self.user_admin.company_ids += other
        self.assertEqual(self.download(self.user_admin).status_code, 200)

    def test_form(self):
        with Form(self.pbx_as(self.user_admin)) as form:
            form.allowed_ips = "203.0.113.7"
        self.assertEqual(self.pbx.allowed_ips, "203.0.113.7")
