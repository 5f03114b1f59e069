from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common_pbx import GROUPS, PbxCase, SimulatedPbxCase


@tagged("post_install", "-at_install")
class TestExtensions(PbxCase):
    def test_by_email_before_number(self):
        first, second = self.extension("101"), self.extension("102")
        first.email = self.rep.email.upper()
        self.colleague.sudo().threecx_extension = "102"
        second._assign(self.env["res.users"], False)
        self.pbx._map_extensions()
        self.assertEqual((first.user_id, first.mapped_by), (self.rep, "email"))
        self.assertEqual((second.user_id, second.mapped_by), (self.colleague, "extension"))

    def test_by_hand_stays(self):
        extension = self.extension("101")
        extension.with_user(self.boss).user_id = self.colleague
        extension.email = self.rep.email
        self.pbx._map_extensions()
        self.assertEqual((extension.user_id, extension.mapped_by), (self.colleague, "manual"))
        extension.with_user(self.boss).user_id = False
        self.pbx._map_extensions()
        self.assertFalse(extension.user_id)

    def test_shared_address_says_nothing(self):
        self.colleague.email = self.rep.email
        extension = self.extension("101")
        extension.email = self.rep.email
        self.pbx._map_extensions()
        self.assertFalse(extension.user_id)

    def test_who_has_none(self):
        self.assertLessEqual(self.rep | self.colleague, self.pbx.free_user_ids)
        self.assertNotIn(self.user_employee, self.pbx.free_user_ids)
        self.extension("101", self.rep)
        self.extension("102")
        self.assertNotIn(self.rep, self.pbx.free_user_ids)
        self.assertEqual(self.pbx.free_extension_count, 1)

    def test_screen(self):
        self.extension("101")
        view = "threecx_bridge.threecx_pbx_view_form_mapping"
        with Form(self.pbx.with_user(self.boss), view=view) as form:
            with form.extension_ids.edit(0) as line:
                line.user_id = self.rep
            with form.extension_ids.new() as line:
                line.number = "102"
        self.assertEqual(self.rep._threecx_extension().number, "101")
        self.assertEqual(self.rep.threecx_extension_ids.mapped_by, "manual")

    def test_entered_in_own_preferences(self):
        self.rep.with_user(self.rep).write({"threecx_extension": " 101 "})
        extension = self.rep._threecx_extension()
        self.assertEqual((extension.number, extension.mapped_by), ("101", "extension"))
        self.rep.with_user(self.rep).write({"threecx_extension": "105"})
        self.assertEqual(self.rep._threecx_extension().number, "105")
        self.rep.with_user(self.rep).write({"threecx_extension": False})
        self.assertFalse(self.rep._threecx_extension())

    def test_nobody_takes_a_colleagues(self):
        taken = self.extension("102", self.colleague)
        imported = self.extension("103")
        imported.write({"email": "door@demo.example", "mapped_by": False})
        for number in ("102", "103", "1o1"):
            with self.subTest(number), self.assertRaises(ValidationError):
                self.rep.with_user(self.rep).write({"threecx_extension": number})
        self.assertEqual(taken.user_id, self.colleague)
        self.rep.sudo().threecx_extension = "102"  # an administrator decides
        self.assertEqual((taken.user_id, taken.mapped_by), (self.rep, "manual"))

    def test_customers_of_the_portal_have_no_extension(self):
        portal = self.user_portal.with_user(self.user_portal)
        portal.write({"threecx_extension": "101"})
        self.assertFalse(self.pbx.extension_ids)
        employee = self.user_employee.with_user(self.user_employee)
        employee.write({"threecx_extension": "101"})  # nor who has nothing to do with telephones
        self.assertFalse(self.pbx.extension_ids)

    def test_import_needs_a_key(self):
        with self.assertRaises(UserError):
            self.pbx.with_user(self.boss).action_import_extensions()

    def test_several_extensions(self):
        self.extension("101", self.rep)
        self.extension("201", self.rep)
        self.assertEqual(self.rep._threecx_extension().number, "101")
        self.rep.sudo().threecx_extension = "201"
        self.assertEqual(self.rep._threecx_extension().number, "201")

    def test_menu_leads_to_the_only_system(self):
        model = self.env["threecx.pbx"].with_user(self.boss)
        self.assertEqual(model.action_open_mapping_default()["res_id"], self.pbx.id)
        self.pbx.copy({"name": "Second"})
        self.assertFalse(model.action_open_mapping_default().get("res_id"))

    def test_call_that_one_is_in(self):
        extension = self.extension("101", self.rep)
        self.assertFalse(extension.current_call_id)
        extension.state = "talking"
        self.assertFalse(extension.current_call_id)


@tagged("post_install", "-at_install")
class TestImport(SimulatedPbxCase):
    def test_import(self):
        self.pbx.with_user(self.boss).action_import_extensions()
        numbers = self.pbx.extension_ids.mapped("number")
        self.assertEqual(numbers, ["101", "102", "103", "104"])
        first, last = self.pbx.extension_ids[0], self.pbx.extension_ids[-1]
        self.assertEqual((first.user_id, first.mapped_by), (self.rep, "email"))
        self.assertEqual(len(first.devices), 3)
        self.assertTrue(first.registered)
        self.assertFalse(last.registered)

    def test_again_changes_nothing(self):
        self.pbx._import_extensions()
        with patch.object(self.registry["threecx.extension"], "write") as write:
            self.pbx._import_extensions()
        write.assert_not_called()

    def test_gone_and_back(self):
        self.pbx._import_extensions()
        gone = self.pbx.extension_ids[2]
        by_hand = self.extension("555", self.colleague)
        extension = self.sim.exchange.house.extensions.pop("103")
        self.sim.exchange.house.monitored = ("101", "102", "104")
        self.pbx._import_extensions()
        self.assertFalse(gone.active)
        self.assertTrue(by_hand.active)
        self.sim.exchange.house.extensions["103"] = extension
        self.pbx._import_extensions()
        self.assertTrue(gone.active)

    def test_only_call_control(self):
        with self.failing(403, ["/xapi"]):
            self.pbx._import_extensions()
        self.assertEqual(len(self.pbx.extension_ids), 4)

    def test_does_not_answer(self):
        with self.failing(), self.assertRaises(UserError):
            self.pbx.with_user(self.boss).action_import_extensions()

    def test_night(self):
        self.run_cron("_cron_users")
        self.assertEqual(self.pbx.tier, "2")
        self.assertEqual(self.rep._threecx_extension().number, "101")
        self.assertIn(self.rep.name, self.rep._threecx_extension().display_name)


@tagged("post_install", "-at_install")
class TestSession(PbxCase):
    def test_what_the_web_client_knows(self):
        self.extension("101", self.rep)
        self.assertEqual(
            self.rep.with_user(self.rep)._threecx_session(),
            {
                "enabled": True,
                "mode": "webclient",
                "tier": 0,
                "extension": "101",
                "presence": "idle",
                "missed": [],
                "country": "BE",
            },
        )
        self.assertEqual(
            self.user_employee.with_user(self.user_employee)._threecx_session(), {"enabled": False}
        )

    def test_told_to_the_user(self):
        user = self.rep.with_user(self.rep)
        self.assertIn("web client", user.threecx_status)
        self.assertIn(
            "/threecx/pop?number=%CallerNumber%",
            user.read(["threecx_pop_url"])[0]["threecx_pop_url"],
        )
        self.assertNotIn("extension", user.threecx_status)
        self.pbx.write({"client_id": "x", "client_secret": "y", "api_state": "ok"})
        self.assertIn("With an extension", user._threecx_status())
        extension = self.extension("101", self.rep)
        self.assertEqual(user._threecx_status(), "A click on a number makes extension 101 ring.")
        extension.is_followed = False
        self.assertIn("not listed", user._threecx_status())

    def test_per_user(self):
        self.pbx.write({"client_id": "x", "client_secret": "y", "api_state": "ok"})
        self.extension("101", self.rep)
        self.assertEqual((self.rep._threecx_tier(), self.rep._threecx_mode()), (2, "server"))
        self.assertEqual(
            (self.colleague._threecx_tier(), self.colleague._threecx_mode()), (0, "webclient")
        )
        self.colleague.with_user(self.colleague).threecx_dial_mode = "tel"
        self.assertEqual(self.colleague._threecx_mode(), "tel")
        self.pbx.url = False
        self.assertEqual(self.rep._threecx_mode(), "tel")

    def test_no_system(self):
        self.env["threecx.pbx"].search([]).action_archive()
        self.assertFalse(self.rep.with_user(self.rep)._threecx_session()["enabled"])

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        user = self._new_user(
            "other", GROUPS % "user", company_id=company.id, company_ids=[(6, 0, company.ids)]
        )
        self.assertFalse(user.with_user(user).with_company(company)._threecx_pbx())
