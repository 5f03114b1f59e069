from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_base.exceptions import RejectedError, RetryableError

from ..threecx.api import ThreecxApi
from ..threecx.report import CallReport
from .common_pbx import PbxCase, SimulatedPbxCase

NUMBER = "+3242223344"


class DialCase(PbxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._new_partner("Jan Peeters", phone="04/222.33.44")

    def call_of(self, answer):
        return self.env["threecx.call"].browse(answer["call_id"])


@tagged("post_install", "-at_install")
class TestDial(DialCase):
    def test_without_a_telephone_system_the_empty_list_says_so(self):
        calls = self.env["threecx.call"]
        self.assertEqual(calls.get_empty_list_help("<p>Click.</p>"), "<p>Click.</p>")
        self.env["threecx.pbx"].search([]).active = False
        self.assertIn("Configuration", calls.get_empty_list_help("<p>Click.</p>"))

    def test_web_client(self):
        answer = self.dial("04/222.33.44")
        self.assertEqual(answer["state"], "webclient")
        self.assertEqual(
            answer["url"], "https://pbx.example.com/webclient/#/call?phone=%2B3242223344"
        )
        self.assertEqual(answer["display"], "04 222 33 44")
        self.assertEqual(self.customer.phone, "04/222.33.44")

    def test_telephone_app(self):
        self.pbx.dial_mode = "tel"
        self.assertEqual(self.dial("04/222.33.44")["url"], f"tel:{NUMBER}")

    def test_rule_of_the_company(self):
        self.pbx.write({"dial_style": "national", "outside_prefix": "0", "dial_mode": "tel"})
        self.assertEqual(self.dial("+32 4 222 33 44")["url"], "tel:0042223344")
        self.assertEqual(self.dial("*62")["number"], "*62")
        self.assertEqual(self.dial("205")["number"], "205")

    def test_country_of_the_record(self):
        dutch = self._new_partner("Kees", country_id=self.netherlands.id)
        answer = self.dial("020 794 0000", res_model="res.partner", res_id=dutch.id)
        self.assertEqual(answer["number"], "+31207940000")

    def test_kept_as_attempted(self):
        call = self.call_of(self.dial("04/222.33.44"))
        self.assertEqual((call.state, call.direction), ("attempted", "outbound"))
        self.assertEqual(call.outcome, "unknown")
        self.assertEqual((call.user_id, call.number_key), (self.rep, NUMBER))
        self.assertEqual(call.partner_id, self.customer)

    def test_record_that_it_was_clicked_on(self):
        lead = self.env["crm.lead"].create({"name": "Sofa", "phone": "04/222.33.44"})
        self.rep.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        call = self.call_of(self.dial("04/222.33.44", res_model="crm.lead", res_id=lead.id))
        self.assertEqual((call.res_model, call.res_id), ("crm.lead", lead.id))

    def test_records_that_are_none(self):
        secret = self.env["ir.config_parameter"].search([], limit=1)
        for model, number in (
            ("ir.config_parameter", secret.id),  # not readable
            ("res.partner", 2**31 - 1),
            ("res.partner", "1"),
            ("no.model", 1),
            (["res.partner"], 1),
            ("mail.thread", 1),
            ("base.language.install", 1),
            ("discuss.channel", self.env.ref("mail.channel_all_employees").id),
        ):
            with self.subTest(model):
                answer = self.dial("0475 12 34 56", res_model=model, res_id=number)
                self.assertEqual(answer["state"], "webclient")
                self.assertFalse(self.call_of(answer).res_model)

    def test_clicked_twice(self):
        first, second = self.dial("04/222.33.44"), self.dial("+32 4 222 33 44")
        self.assertEqual(first["call_id"], second["call_id"])
        self.assertFalse(second["url"])
        # another number, another person, later
        self.assertNotEqual(self.dial("0475 12 34 56")["call_id"], first["call_id"])
        self.dial("04/222.33.44", self.colleague)
        leg = self.call_of(first).leg_ids.filtered(lambda leg: leg.user_id == self.rep)
        leg.started -= timedelta(seconds=10)
        self.assertTrue(self.dial("04/222.33.44")["url"])

    def test_wrong_numbers_say_why(self):
        for number, words in (
            ("", "no number"),
            (False, "no number"),
            (["04 222 33 44"], "no number"),
            ("call me", "letters"),
            ("04 222 33 4", "short"),
            ("04 222 33 44 99 88 7", "too many"),
            ("+999 12 34 56 78", "country code"),
            ("04 222 33 44 / 0475 12 34 56", "0475 12 34 56"),
            ("0" * 1_000_000, "long"),
        ):
            with self.subTest(str(number)[:40]):
                before = self.env["threecx.call"].search_count([])
                answer = self.dial(number)
                self.assertEqual(answer["state"], "refused")
                self.assertIn(words, answer["message"])
                self.assertLessEqual(len(answer["display"]), 64)
                self.assertEqual(self.env["threecx.call"].search_count([]), before)

    def test_do_not_call(self):
        self.env["phone.blacklist"].create({"number": NUMBER})
        answer = self.dial("04/222.33.44")
        self.assertEqual(answer["state"], "confirm")
        self.assertIn("04 222 33 44", answer["message"])
        self.assertFalse(answer["call_id"])
        self.assertEqual(self.dial("04/222.33.44", confirmed=True)["state"], "webclient")
        self.env["phone.blacklist"].remove(NUMBER)
        self.assertEqual(self.dial("04/222.33.44", self.colleague)["state"], "webclient")

    def test_own_extension(self):
        self.extension("101", self.rep)
        self.assertEqual(self.dial("101")["state"], "refused")
        internal = self.call_of(self.dial("102"))
        self.assertEqual(internal.direction, "internal")

    def test_who_may(self):
        for user in (self.user_employee, self.user_portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.dial("04/222.33.44", user)

    def test_no_system(self):
        self.env["threecx.pbx"].search([]).action_archive()
        self.assertEqual(self.dial("04/222.33.44")["state"], "refused")

    def test_no_telephones(self):
        calls = self.env["threecx.call"].with_user(self.rep)
        self.assertEqual(
            calls.get_devices(), {"devices": [], "preferred": False, "extension": False}
        )
        with self.assertRaises(AccessError):
            calls.set_device("sip:101@127.0.0.1")

    def test_no_control(self):
        call = self.call_of(self.dial("04/222.33.44"))
        self.assertEqual(call.with_user(self.rep).control("drop")["state"], "refused")


@tagged("post_install", "-at_install")
class TestDialServer(DialCase, SimulatedPbxCase):
    monitored = ("101", "102", "103")

    def setUp(self):
        super().setUp()
        self.press_test()
        self.pbx._import_extensions()
        self.pbx._map_extensions()

    def made(self):
        return [item for item in self.asked("/callcontrol") if item["path"].endswith("/makecall")]

    def test_own_telephone_rings(self):
        device = self.rep._threecx_extension().devices[0]["id"]
        answer = self.dial("04/222.33.44", device=device)
        self.assertEqual((answer["state"], answer["url"]), ("server", False))
        self.assertFalse(answer["notice"])
        [made] = self.made()
        self.assertIn("/101/", made["path"])
        self.assertIn(NUMBER, made["body"])
        call = self.call_of(answer)
        self.assertTrue(call.leg_ids.call_ref)
        [row] = self.sim.exchange.active.values()
        self.assertEqual(str(row.id), call.leg_ids.call_ref)

    def test_kept_before_it_is_made(self):
        seen = []

        def make_call(api, dn, destination, device_id=None, timeout=30):
            with self.registry.cursor() as cr:
                cr.execute("SELECT count(*) FROM threecx_call WHERE number_key = %s", [NUMBER])
                seen.append(cr.fetchone()[0])
            raise RetryableError("away")

        self.patch(ThreecxApi, "make_call", make_call)
        self.dial("04/222.33.44")
        self.assertEqual(seen, [1])

    def test_clicked_twice(self):
        self.dial("04/222.33.44")
        self.assertEqual(self.dial("04/222.33.44")["state"], "server")
        self.assertEqual(len(self.made()), 1)

    def test_system_fails(self):
        with self.failing():
            answer = self.dial("04/222.33.44")
        self.assertEqual(answer["state"], "webclient")
        self.assertTrue(answer["url"])
        self.assertIn("web client", answer["notice"])
        self.assertEqual(self.call_of(answer).state, "attempted")
        # nobody waits for it for a while, and the level is what it was
        asked = len(self.made())
        self.assertEqual(self.dial("0475 12 34 56")["state"], "webclient")
        self.assertEqual(len(self.made()), asked)
        self.pbx.api_resumes = fields.Datetime.now() - timedelta(seconds=1)
        self.assertEqual(self.dial("0476 12 34 56")["state"], "server")

    def test_system_is_not_there(self):
        self.pbx.write({"dial_mode": "tel"})
        self.patch(ThreecxApi, "make_call", _raise(RetryableError("away")))
        answer = self.dial("04/222.33.44")
        self.assertEqual((answer["state"], answer["url"]), ("tel", f"tel:{NUMBER}"))
        self.assertIn("telephone app", answer["notice"])

    def test_answer_got_lost(self):
        self.patch(ThreecxApi, "make_call", _raise(RetryableError("late", is_uncertain=True)))
        answer = self.dial("04/222.33.44")
        self.assertEqual((answer["state"], answer["url"]), ("server", False))
        self.assertIn("did not answer", answer["message"])

    def test_key_does_not_work_any_more(self):
        self.sim.tokens.client_secret = "another"
        self.sim.tokens.revoke()
        answer = self.dial("04/222.33.44")
        self.assertEqual(answer["state"], "webclient")
        self.assertEqual((self.pbx.tier, self.pbx.api_state), ("0", "denied"))

    def test_extension_that_is_not_listed(self):
        self.pbx.extension_ids.filtered(lambda ext: ext.number == "104").user_id = self.colleague
        self.pbx.extension_ids.filtered(lambda ext: ext.number == "102").user_id = False
        self.assertEqual(self.dial("04/222.33.44", self.colleague)["state"], "webclient")
        # the next one need not try, which says nothing of the others
        self.assertEqual(self.colleague._threecx_tier(), 0)
        self.assertEqual(self.pbx.tier, "2")
        self.assertEqual(self.dial("0475 12 34 56")["state"], "server")

    def test_extension_listed_meanwhile(self):
        extension = self.pbx.extension_ids.filtered(lambda ext: ext.number == "104")
        self.assertFalse(extension.is_followed)
        self.sim.exchange.house.monitored += ("104",)
        self.press_test()
        self.assertTrue(extension.is_followed)

    def test_extension_taken_off_the_list(self):
        self.sim.exchange.house.monitored = ("102",)
        answer = self.dial("04/222.33.44")
        self.assertEqual(answer["state"], "webclient")
        self.assertTrue(answer["notice"])
        self.assertEqual((self.rep._threecx_tier(), self.pbx.tier), (0, "2"))
        self.assertEqual(self.dial("0475 12 34 56")["notice"], False)

    def test_token_revoked(self):
        self.sim.tokens.revoke()
        self.assertEqual(self.dial("04/222.33.44")["state"], "server")

    def test_choice_of_telephone(self):
        calls = self.env["threecx.call"].with_user(self.rep)
        found = calls.get_devices()
        self.assertEqual(found["extension"], "101")
        self.assertEqual(len(found["devices"]), 3)
        chosen = found["devices"][1]["id"]
        with self.assertRaises(AccessError):
            calls.set_device("sip:102@127.0.0.1:5483")
        calls.set_device(chosen)
        self.assertEqual(calls.get_devices()["preferred"], chosen)
        self.dial("04/222.33.44")
        [leg] = [leg for leg in self.sim.exchange.legs.values() if leg.dn == "101"]
        self.assertEqual(leg.device.device_id, chosen)
        calls.set_device(False)
        self.assertFalse(calls.get_devices()["preferred"])

    def test_remembered_telephone_that_signed_in_anew(self):
        """Its address is its name to 3CX, and changes."""
        extension = self.rep._threecx_extension()
        now, old = extension.devices[1], "sip:101@192.0.2.9:5060"
        cases = ((now["name"], now["id"], "04/222.33.44"), ("Gone", False, "04/222.33.45"))
        for name, becomes, number in cases:
            with self.subTest(name):
                extension.devices = [{"id": old, "name": name}]
                extension.preferred_device = old
                answer = self.dial(number)
                self.assertEqual((answer["state"], answer["notice"]), ("server", False))
                self.assertEqual(extension.preferred_device, becomes)
        self.assertEqual(len(self.sim.exchange.active), 2)

    def test_number_that_is_refused_leaves_the_telephone_chosen(self):
        extension = self.rep._threecx_extension()
        chosen = extension.preferred_device = extension.devices[1]["id"]
        error = RejectedError("No.", code="Forbidden")
        with patch.object(ThreecxApi, "make_call", side_effect=error) as make_call:
            self.assertEqual(self.dial("04/222.33.44")["state"], "webclient")
        self.assertEqual(make_call.call_count, 1)
        self.assertEqual(extension.preferred_device, chosen)

    def test_own_end_of_the_call(self):
        answer = self.dial("04/222.33.44")
        call = self.call_of(answer).with_user(self.rep)
        self.assertEqual(call.control("transfer", "nobody")["state"], "refused")
        self.assertEqual(call.control("drop"), {"state": "done", "message": False})
        self.assertFalse(self.sim.exchange.active)
        self.assertEqual(call.control("drop")["state"], "refused")
        with self.assertRaises(ValueError):
            call.control("listen_in")

    def incoming(self):
        """A call that rings at the representative's, as the listener tells it."""
        callid = self.order("calls", **{"from": NUMBER, "to": "101"})["callid"]
        report = CallReport(
            source="listener",
            key=f"{callid}/101",
            direction="inbound",
            number=NUMBER,
            extension="101",
            call_ref=str(callid),
            state="ringing",
            started=fields.Datetime.now(),
        )
        return self.env["threecx.call"]._record(self.pbx, report).with_user(self.rep)

    def test_call_that_an_extension_is_in(self):
        call = self.incoming()
        extension = self.rep._threecx_extension()
        extension.state = "ringing"
        self.assertEqual(extension.with_user(self.rep).current_call_id, call)
        extension.state = "idle"
        self.assertFalse(extension.with_user(self.rep).current_call_id)

    def test_answered_from_odoo(self):
        call = self.incoming()
        self.assertEqual(call.control("answer")["state"], "done")
        [legs] = [leg for leg in self.sim.exchange.legs.values() if leg.dn == "101"]
        self.assertEqual(legs.status, "Connected")

    def test_handed_over(self):
        call = self.incoming()
        self.assertEqual(call.control("transfer", "102")["state"], "done")  # while it rings
        self.assertEqual([leg.dn for leg in self.sim.exchange.legs.values()][-1], "102")
        self.assertEqual(call.control("drop")["state"], "refused")

    def test_handed_over_after_a_talk(self):
        call = self.incoming()
        call.control("answer")
        self.assertEqual(call.control("transfer", "102")["state"], "done")
        self.assertIn("102", [leg.dn for leg in self.sim.exchange.legs.values()])

    def test_system_does_not_answer_during_the_call(self):
        call = self.incoming()
        with self.failing():
            self.assertIn("does not answer", call.control("answer")["message"])

    def test_not_a_colleagues_end(self):
        answer = self.dial("04/222.33.44")
        call = self.call_of(answer).with_user(self.boss)
        self.extension("109", self.boss)
        self.assertEqual(call.control("drop")["state"], "refused")
        self.assertTrue(self.sim.exchange.active)


@tagged("post_install", "-at_install")
class TestBackfill(DialCase, SimulatedPbxCase):
    def setUp(self):
        super().setUp()
        self.press_test()
        self.pbx._import_extensions()
        self.pbx._map_extensions()

    def call_in(self, number=NUMBER, to="101"):
        """Somebody calls, and the colleague answers."""
        callid = self.order("calls", **{"from": number, "to": to})["callid"]
        self.order(f"calls/{callid}/answer", extension=to)
        self.order(f"calls/{callid}/drop")

    def calls(self):
        return self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)])

    def test_calls_nobody_saw(self):
        self.call_in()
        self.call_in("+32475123456", "102")
        self.run_cron("_cron_backfill")
        self.assertEqual(sorted(self.calls().mapped("user_id.name")), ["Marie", "Vincent"])
        self.assertEqual(set(self.calls().mapped("outcome")), {"answered"})
        self.assertEqual(self.calls().partner_id, self.customer)
        self.assertEqual(self.pbx.health, "ok")
        # read again, and once more from further back
        self.run_cron("_cron_backfill")
        self.pbx.last_log -= timedelta(days=1)
        self.run_cron("_cron_backfill")
        self.assertEqual(len(self.calls()), 2)

    def test_system_that_does_not_tell(self):
        self.call_in()
        with self.failing(paths=["/xapi/v1/ReportCallLogData"]):
            self.run_cron("_cron_backfill")
        self.assertEqual((self.pbx.health, self.pbx.last_log), ("error", False))
        self.assertEqual(self.pbx.tier, "2")
        self.run_cron("_cron_backfill")
        self.assertEqual(len(self.calls()), 1)

    def test_call_log_refused(self):
        with self.failing(403, ["/xapi"]):
            self.run_cron("_cron_backfill")
        # calling and live events do not need it
        self.assertEqual((self.pbx.health, self.pbx.tier), ("warning", "2"))

    def test_one_bad_call(self):
        record = self.registry["threecx.call"]._record

        def fail_once(model, pbx, report, *args, **kwargs):
            if report.number == NUMBER:
                raise ValueError("broken")
            return record(model, pbx, report, *args, **kwargs)

        self.call_in()
        self.call_in("+32475123456", "102")
        self.patch(self.registry["threecx.call"], "_record", fail_once)
        with mute_logger("odoo.addons.threecx_bridge.models.threecx_pbx_cron"):
            self.run_cron("_cron_backfill")
        self.assertEqual(self.calls().number_key, "+32475123456")
        self.assertEqual(self.pbx.health, "warning")


def _raise(error):
    def act(*args, **kwargs):
        raise error

    return act
