from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_call import MOBILE, CallCase

OTHER = "+32475999888"


@tagged("post_install", "-at_install")
class TestCallFollowUp(CallCase):
    """A missed call is one activity of the right person, until it is settled."""

    def test_the_owner_of_the_contact_is_asked(self):
        company = self._new_partner("Tafel", is_company=True, user_id=self.colleague.id)
        customer = self._new_partner("Jan", parent_id=company.id, phone=MOBILE)
        call = self.missed("a")
        [activity] = self.todo(customer)
        self.assertEqual((activity, activity.user_id), (call.activity_id, self.colleague))
        self.assertEqual(activity.summary, "Call back 0475 12 34 56")
        self.assertTrue(call.is_to_call_back)
        self.assertIn(call, self.calls.search([("is_to_call_back", "=", True)]))
        self.assertNotIn(call, self.calls.search([("is_to_call_back", "=", False)]))

    def test_the_owner_of_the_lead_is_asked(self):
        lead = self.env["crm.lead"].create(
            {"name": "Sofa", "phone": MOBILE, "user_id": self.rep.id}
        )
        self.missed("a")
        self.assertEqual(self.todo(lead).user_id, self.rep)

    def test_who_belongs_to_nobody_is_called_by_the_team_else_by_who_is_named(self):
        call = self.missed("a")
        self.assertEqual(self.todo(call).user_id, self.leader)
        self.pbx.team_id = False
        self.pbx.fallback_user_id = self.boss
        other = self.missed("b", number=OTHER)
        self.assertEqual(self.todo(other).user_id, self.boss)
        self.leader.active = False
        self.pbx.team_id = self.team
        third = self.missed("c", number="+32475777666")
        self.assertEqual(self.todo(third).user_id, self.boss, "Who left calls nobody.")

    def test_another_try_is_merged(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        calls = self.missed("a") + self.missed("b", 100) + self.missed("c", 200)
        [activity] = self.todo(customer)
        self.assertIn("(3 tries)", activity.summary)
        self.assertEqual(calls.activity_id, activity)

    def test_another_try_of_an_unknown_number_is_merged(self):
        calls = self.missed("a") + self.missed("b", 100)
        activity = self.env["mail.activity"].search(
            [("res_model", "=", "threecx.call"), ("res_id", "in", calls.ids)]
        )
        self.assertEqual(len(activity), 1)
        self.assertIn("(2 tries)", activity.summary)

    def test_voicemail_is_noted(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.record("journal", "v", end=30, outcome="voicemail")
        self.assertIn("voicemail", self.todo(customer).summary)
        self.assertIn("voicemail", self.lines(customer).body)

    def test_calling_back_settles_it(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        missed = self.missed("a") + self.missed("b", 60)
        self.record("journal", "try", 100, end=110, direction="outbound", outcome="no_answer")
        self.assertEqual(len(self.todo(customer)), 1, "He was not reached.")
        back = self.talked("back", 150, direction="outbound", extension="102")
        self.assertFalse(self.todo(customer))
        self.assertEqual(missed.mapped("is_called_back"), [True, True])
        self.assertEqual(missed.closed_by_id, back)
        done = customer.message_ids.filtered("mail_activity_type_id")
        self.assertEqual(len(done), 1)
        self.assertIn("Call to 0475 12 34 56", done.body)

    def test_a_colleague_calling_from_another_number_of_the_customer_settles_it(self):
        customer = self._new_partner("Jan", phone=MOBILE, mobile=OTHER)
        self.missed("a")
        self.talked("b", 100, number=OTHER)
        self.assertFalse(self.todo(customer))

    def test_the_customer_reaching_us_settles_it(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        missed = self.missed("a")
        self.talked("b", 100)
        self.assertFalse(self.todo(customer))
        self.assertTrue(missed.is_called_back)

    def test_the_order_in_which_they_are_told_does_not_matter(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.talked("b", 100)
        missed = self.missed("a")
        self.assertFalse(self.todo(customer))
        self.assertTrue(missed.is_called_back)
        later = self.missed("c", 200)
        self.assertFalse(later.is_called_back)
        self.assertEqual(len(self.todo(customer)), 1)

    def test_an_answer_before_the_missed_call_settles_nothing(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.missed("a", 100)
        self.record("log", "l", 0, take=5, end=50, outcome="answered", call_ref="5")
        self.assertEqual(len(self.todo(customer)), 1)

    def test_a_message_of_the_customer_settles_it(self):
        customer = self._new_partner("Jan", phone=MOBILE, email="jan@tafel.be")
        missed = self.missed("a")
        customer.message_post(
            body="A colleague", author_id=self.rep.partner_id.id, message_type="comment"
        )
        self.assertFalse(missed.is_called_back)
        customer.message_post(
            body="My sofa", author_id=customer.id, message_type="email", email_from="jan@tafel.be"
        )
        self.assertTrue(missed.is_called_back)
        self.assertFalse(self.todo(customer))

    def test_an_activity_done_by_hand_settles_it(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        missed = self.missed("a")
        self.todo(customer).with_user(self.leader).action_feedback(feedback="Spoke in the shop")
        self.assertTrue(missed.is_called_back)

    def test_taken_after_all(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        call = self.missed("a", extension="101")
        self.assertTrue(self.todo(customer))
        again = self.record("journal", "b", 1, take=18, end=90, extension="102", outcome="answered")
        self.assertEqual(call, again)
        self.assertFalse(self.todo(customer))
        self.assertFalse(call.activity_id)

    def test_one_of_two_tries_taken_after_all(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.missed("a", 100)
        second = self.missed("b", 200)
        self.assertIn("(2 tries)", self.todo(customer).summary)
        second._refresh()
        self.assertIn("(2 tries)", self.todo(customer).summary)

    def test_linking_an_unknown_number_takes_everything_along(self):
        first, second = self.missed("a"), self.missed("b", 100)
        customer = self._new_partner("Jan", user_id=self.rep.id)
        second.with_user(self.rep).link_record("res.partner", customer.id)
        self.assertEqual((first + second).partner_id, customer)
        self.assertEqual(len(self.lines(customer)), 2)
        [activity] = self.todo(customer)
        self.assertEqual(activity.user_id, self.rep)
        self.assertIn("(2 tries)", activity.summary)
        self.assertFalse(self.todo(first) + self.todo(second))
        third = self.talked("c", 150)
        self.assertEqual(third.partner_id, customer, "What was linked once is remembered.")
        self.assertFalse(self.todo(customer))

    def test_the_inbox_of_unknown_callers(self):
        self.missed("a", extension="")
        last = self.missed("b", 100, name="Jan P", extension="")
        self.missed("c", number="")
        self.env.flush_all()
        unknown = self.env["threecx.unknown.caller"]
        [line] = unknown.search([("number_key", "=", MOBILE)])
        self.assertEqual((line.call_id, line.call_count, line.to_call_back_count), (last, 2, 2))
        action = line.with_user(self.rep).action_link()
        wizard = (
            self.env["threecx.call.link"]
            .with_user(self.rep)
            .with_context(**action["context"])
            .create({"kind": "new", "name": "Jan Peeters"})
        )
        wizard.action_link()
        self.assertEqual(last.partner_id.phone, MOBILE)
        self.env.invalidate_all()
        self.assertFalse(unknown.search([("number_key", "=", MOBILE)]))

    def test_the_wrap_up_notes_and_plans(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        call = self.talked("a")
        monday = fields.Date.today() + timedelta(days=7)
        call.with_user(self.rep).wrap_up(
            "call_back", "Send the price", {"date": str(monday), "summary": "Price of the sofa"}
        )
        self.assertEqual((call.result, call.note), ("call_back", "Send the price"))
        [activity] = self.todo(customer)
        self.assertEqual(
            (activity.user_id, activity.date_deadline, activity.summary),
            (self.rep, monday, "Price of the sofa"),
        )
        with self.assertRaises(AccessError):
            call.with_user(self.colleague).wrap_up("reached")
        call.with_user(self.boss).wrap_up("reached")
        with self.assertRaises(UserError):
            call.with_user(self.rep).wrap_up("nonsense")
        with self.assertRaises(UserError):
            call.with_user(self.rep).wrap_up("reached", False, {"date": "soon"})

    def test_the_wrap_up_of_an_attempt_settles_a_missed_call(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.missed("a")
        attempt = self.record(
            "click", "c", 100, user=self.rep, intent=customer, direction="outbound"
        )
        self.assertEqual(len(self.todo(customer)), 1)
        attempt.with_user(self.rep).wrap_up("reached")
        self.assertFalse(self.todo(customer))

    def test_the_card_shows_calls_and_who_waits(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.talked("a")
        self.missed("b", 120)
        card = customer.with_user(self.rep).get_customer_card()
        [section] = [one for one in card["sections"] if one["key"] == "calls"]
        self.assertEqual(len(section["records"]), 2)
        self.assertEqual(section["facts"][0]["value"], ["1 missed, not called back"])
        card = customer.with_user(self.user_employee).get_customer_card()
        self.assertFalse([one for one in card["sections"] if one["key"] == "calls"])

    def test_buttons_count_and_open(self):
        company = self._new_partner("Tafel", is_company=True)
        customer = self._new_partner("Jan", parent_id=company.id, phone=MOBILE)
        call = self.talked("a")
        for partner in customer + company:
            shown = partner.with_user(self.rep)
            self.assertEqual(shown.threecx_call_count, 1)
            domain = shown.action_threecx_calls()["domain"]
            self.assertEqual(self.calls.search(domain), call)
        lead = self.env["crm.lead"].create({"name": "Sofa", "phone": OTHER})
        self.talked("b", number=OTHER)
        self.assertEqual(lead.with_user(self.rep).threecx_call_count, 1)

    def test_calls_follow_contacts_and_leads_that_are_merged(self):
        leads = self.env["crm.lead"].create(
            [{"name": "Sofa", "phone": MOBILE, "type": "opportunity"}, {"name": "Bed"}]
        )
        call = self.talked("a")
        self.assertEqual(call.record_ref, leads[0])
        kept = (leads[1] + leads[0]).merge_opportunity()
        self.assertEqual(call.record_ref, kept)
        partners = self._new_partner("Jan", phone=OTHER) + self._new_partner("Jan")
        other = self.talked("b", 120, number=OTHER)
        self.env["base.partner.merge.automatic.wizard"]._merge(partners.ids, partners[1])
        self.assertEqual(other.partner_id, partners[1])

    def test_old_calls_go_with_all_that_was_said(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.pbx.retention_months = 6
        old, new = self.talked("a"), self.talked("b", 150)
        old.started = fields.Datetime.now() - timedelta(days=200)
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["threecx.call"]._cron_retention()
        self.env.invalidate_all()
        self.assertEqual(self.calls.search([("pbx_id", "=", self.pbx.id)]), new)
        self.assertEqual(len(self.lines(customer)), 1)

    def test_by_night_calls_of_nobody_find_their_contact(self):
        call = self.missed("a")
        customer = self._new_partner("Jan", phone=MOBILE)
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["threecx.call"]._cron_rematch()
        self.env.invalidate_all()
        self.assertEqual(call.partner_id, customer)
        self.assertEqual((len(self.todo(customer)), len(self.todo(call))), (1, 0))

    def test_the_team_of_today(self):
        noon = fields.Datetime.now().replace(hour=12, minute=0, second=0)
        with freeze_time(noon):
            self.start = noon - timedelta(minutes=30)
            self.talked("a")
            self.talked("b", 300)
            self.env.flush_all()
            extension = self.extensions[0].with_user(self.boss)
            self.assertEqual(
                (
                    extension.today_call_count,
                    extension.today_talk_seconds,
                    extension.today_wait_seconds,
                ),
                (2, 120, 5),
            )

    def test_what_a_dead_listener_said_last_is_not_shown(self):
        extension = self.extensions[0].with_user(self.boss)
        now = fields.Datetime.now()
        self.pbx.write({"listener_enabled": True, "last_event": now})
        self.assertTrue(extension.is_followed_live)
        self.pbx.last_event = now - timedelta(hours=1)
        self.assertFalse(extension.is_followed_live)


@tagged("post_install", "-at_install")
class TestCallRights(CallCase):
    """Who sees which calls."""

    def test_users_see_calls_of_customers_and_their_own(self):
        self._new_partner("Jan", phone=MOBILE)
        known = self.talked("a", extension="102")
        private = self.talked("b", number=OTHER, extension="102")
        own = self.talked("c", 200, number=OTHER)
        nobody = self.missed("d", number="+32475111222", extension="")
        seen = self.calls.with_user(self.rep).search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(
            seen, (known + own + nobody).sorted(lambda c: c.started, reverse=True) & seen
        )
        self.assertNotIn(private, seen)
        self.assertIn(private, self.calls.with_user(self.boss).search([]))
        legs = self.env["threecx.call.leg"].with_user(self.rep).search([])
        self.assertFalse(legs & private.leg_ids)
        self.assertTrue(legs & own.leg_ids)
        with self.assertRaises(AccessError):
            private.with_user(self.rep).popup_data()
        wizard = self.env["threecx.call.link"].with_user(self.rep).create({"call_id": private.id})
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            wizard.read(["number"])
        with self.assertRaises(AccessError):
            private.with_user(self.rep).link_record("res.partner", self.rep.partner_id.id)

    def test_who_is_to_call_back_sees_the_call(self):
        """Also a leader who is no manager, of an unknown caller who rang at a colleague's."""
        call = self.missed("a", number="+32475111222", extension="102")
        self.assertEqual(call.activity_id.user_id, self.leader)
        self.leader.group_ids += self.env.ref("threecx_bridge.group_threecx_user")
        self.assertNotIn(call, self.calls.with_user(self.rep).search([]))
        self.assertIn(call, self.calls.with_user(self.leader).search([]))

    def test_other_companies_are_not_seen(self):
        other = self.env["res.company"].create({"name": "Other"})
        pbx = self.env["threecx.pbx"].create({"name": "Other", "company_id": other.id})
        call = self.calls._record(pbx, self.report("journal", "a", end=5, outcome="missed"))
        self.assertEqual(call.company_id, other)
        self.assertNotIn(call, self.calls.with_user(self.boss).search([]))

    def test_contacts_of_other_companies_are_nobody(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._new_partner("Jan", phone=MOBILE, company_id=other.id)
        self.assertFalse(self.talked("a").partner_id)

    def test_recordings_have_a_group_of_their_own(self):
        self._new_partner("Jan", phone=MOBILE)
        call = self.talked("a", recording_url="https://x/1", transcript="Hello")
        with self.assertRaises(AccessError):
            call.with_user(self.boss).read(["transcript"])
        listener = self._new_user("listener", "threecx_bridge.group_threecx_recording")
        self.assertEqual(call.with_user(listener).transcript, "Hello")

    def test_employees_without_telephone_see_nothing(self):
        call = self.talked("a")
        with self.assertRaises(AccessError):
            call.with_user(self.user_employee).read(["number"])
        for method, arguments in (("pop_data", ("1", "")), ("from_pop", ("1", ""))):
            with self.assertRaises(AccessError):
                getattr(self.calls.with_user(self.user_employee), method)(*arguments)
