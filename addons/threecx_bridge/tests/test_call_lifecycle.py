from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common_call import GROUPS, MOBILE, CallCase


@tagged("post_install", "-at_install")
class TestCallLifecycle(CallCase):
    """What becomes of calls when whom they are about, or who has them, changes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anne = cls.env["res.partner"].create(
            {"name": "Anne", "phone": MOBILE, "user_id": cls.rep.id}
        )

    def unknown(self, call):
        return self.env["threecx.unknown.caller"].search([("number_key", "=", call.number_key)])

    # === WHO IS DELETED ===

    def test_deleted_contact_leaves_an_unknown_caller(self):
        call = self.missed("a")
        self.assertEqual(call.activity_id.user_id, self.rep)
        self.anne.unlink()
        self.assertEqual(call.match_kind, "none")
        self.assertTrue(self.unknown(call))
        self.assertEqual(call.activity_id.user_id, self.leader)
        self.assertEqual(call.activity_ids, call.activity_id)

    def test_deleted_contact_with_a_namesake_by_number(self):
        call = self.talked("a")
        other = self.env["res.partner"].create({"name": "Bob", "phone": MOBILE})
        self.anne.unlink()
        self.assertEqual(call.partner_id, other)
        self.assertEqual(len(self.lines(other)), 1)

    def test_deleted_lead_leaves_an_unknown_caller(self):
        number = "+32475999888"
        lead = self.env["crm.lead"].create({"name": "Sofa", "phone": number})
        call = self.missed("a", number=number)
        self.assertEqual((call.res_model, call.res_id), ("crm.lead", lead.id))
        lead.unlink()
        self.assertFalse(call.res_id)
        self.assertTrue(self.unknown(call))
        self.assertEqual(call.activity_ids, call.activity_id)

    def test_deleted_lead_of_a_contact(self):
        lead = self.env["crm.lead"].create({"name": "Sofa", "partner_id": self.anne.id})
        call = self.record(
            "click", "a", direction="outbound", user=self.rep, intent=lead, extension="101"
        )
        lead.unlink()
        self.assertEqual((call.partner_id, call.res_model), (self.anne, False))

    # === WHO WAS WRONG ===

    def test_corrected_link_takes_all_calls_along(self):
        number = "+32475999888"
        first, second = self.missed("a", number=number), self.missed("b", 60, number=number)
        wrong, right = self.env["res.partner"].create([{"name": "Wrong"}, {"name": "Right"}])
        first.with_user(self.rep).link_record("res.partner", wrong.id)
        self.assertEqual(second.partner_id, wrong)
        first.with_user(self.rep).link_record("res.partner", right.id)
        self.assertEqual(second.partner_id, right)
        self.assertFalse(self.todo(wrong))
        self.assertFalse(self.lines(wrong))
        self.assertEqual(len(self.todo(right)), 1)
        self.assertEqual(self.missed("c", 120, number=number).partner_id, right)

    def test_one_call_from_a_borrowed_telephone_moves_no_other(self):
        mine, borrowed = self.talked("a"), self.talked("b", 120)
        bob = self.env["res.partner"].create({"name": "Bob"})
        borrowed.with_user(self.rep).link_record("res.partner", bob.id)
        self.assertEqual((mine.partner_id, borrowed.partner_id), (self.anne, bob))

    # === WHO WRITES ===

    def test_mail_from_the_address_of_a_lead(self):
        number = "+32475999888"
        lead = self.env["crm.lead"].create(
            {"name": "Sofa", "phone": number, "email_from": "Bob <bob@example.com>"}
        )
        call = self.missed("a", number=number)
        values = {"body": "Hello", "message_type": "email", "author_id": False}
        lead.message_post(email_from="supplier@example.com", **values)
        self.assertFalse(call.is_called_back)
        lead.message_post(email_from='"Bob" <BOB@example.com>', **values)
        self.assertTrue(call.is_called_back)
        self.assertFalse(self.todo(lead))

    # === WHO SAYS HOW IT WENT ===

    def test_said_in_the_form(self):
        missed, call = self.missed("a"), self.record("click", "b", 60, direction="outbound")
        self.assertTrue(self.todo(self.anne))
        call.with_user(self.rep).write({"result": "reached", "note": "Likes the sofa"})
        self.assertTrue(missed.is_called_back)
        self.assertFalse(self.todo(self.anne))
        self.assertEqual(sum("sofa" in line.body for line in self.lines(self.anne)), 1)

    def test_nobody_rewrites_what_a_colleague_said(self):
        call = self.talked("a")
        call.with_user(self.rep).note = "Likes the sofa"
        with self.assertRaises(AccessError):
            call.with_user(self.colleague).note = "Hates it"

    # === WHO LEAVES ===

    def test_who_waits_is_called_back_when_a_colleague_leaves(self):
        call = self.missed("a")
        self.assertEqual(call.activity_id.user_id, self.rep)
        self.rep.action_archive()
        self.assertEqual(call.activity_id.user_id, self.leader)
        self.assertEqual(call.activity_id, self.todo(self.anne))

    def test_next_try_after_a_colleague_was_switched_off(self):
        call = self.missed("a")
        self.rep.active = False
        again = self.missed("b", 60)
        self.assertEqual(again.activity_id, call.activity_id)
        self.assertEqual(call.activity_id.user_id, self.leader)

    # === WHO HAS THE TELEPHONE ===

    def test_extension_of_a_colleague_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.colleague.write({"company_id": company.id, "company_ids": [Command.set(company.ids)]})
        call, seen = self.bus(
            self.colleague, self.record, "listener", "a", extension="102", state="ringing"
        )
        self.assertEqual(call.partner_id, self.anne)
        self.assertFalse(seen)

    def test_telling_a_colleague_whose_companies_are_others(self):
        """Whoever acts may have companies on his screen that the other one does not know."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.boss.company_ids = [Command.link(company.id)]
        call = self.record("listener", "a")
        call = call.with_user(self.boss).with_context(
            allowed_company_ids=[company.id, self.env.company.id]
        )
        _done, seen = self.bus(self.rep, call.link_record, "res.partner", self.anne.id)
        self.assertEqual(seen[0]["partner"]["id"], self.anne.id)

    def test_who_has_left_has_no_telephone(self):
        self.rep.active = False
        self.pbx._map_extensions()
        self.assertFalse(self.extensions[0].user_id)
        self.assertFalse(self.record("listener", "a").user_id)

    def test_address_of_an_agent_is_no_pattern(self):
        self._new_user("agentXx@example.com", GROUPS % "user", email=False)
        call = self.talked("a", extension="", agent_email="agent_x@example.com")
        self.assertFalse(call.user_id)

    # === WHEN ===

    @freeze_time("2026-06-30 22:30:00")
    def test_today_is_that_of_who_calls_back(self):
        self.rep.tz = "Europe/Brussels"
        call = self.calls._record(self.pbx, self.report("journal", "a", end=20, outcome="missed"))
        self.assertEqual(fields.Date.to_string(call.activity_id.date_deadline), "2026-07-01")

    # === A SYSTEM THAT GOES ===

    def test_nobody_calls_back_for_a_system_that_is_gone(self):
        known, unknown = self.missed("a"), self.missed("b", number="+32475999888")
        activities = known.activity_id + unknown.activity_id
        self.assertEqual(len(activities), 2)
        self.pbx.unlink()
        self.assertFalse(activities.exists())

    @mute_logger("odoo.addons.threecx_bridge.models.threecx_call_retention")
    def test_one_number_does_not_stop_the_night(self):
        bad, good = self.talked("a", number="+32475999888"), self.talked("b", number="+32475999777")
        for call in bad + good:
            self.env["res.partner"].create({"name": "Jan", "phone": call.number})
        follow_up = type(self.calls)._follow_up

        def fail(call):
            if call == bad:
                raise UserError(call.number)
            return follow_up(call)

        self.patch(type(self.calls), "_follow_up", fail)
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_kw: 60)
        self.calls._cron_rematch()
        self.assertFalse(bad.partner_id)
        self.assertTrue(good.partner_id)

    def test_technical_user_of_a_system_made_after_another_one(self):
        number = self.pbx.id + 1
        self.env["res.users"].create({"name": "Old", "login": f"threecx-{number}"})
        self.assertTrue(self.env["threecx.pbx"].create({"name": "New"}).user_id)
