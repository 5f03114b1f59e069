import itertools
import random
import threading
from contextlib import closing
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_call import GROUPS, MOBILE, CallCase

SECOND = "+32475999888"


@tagged("post_install", "-at_install")
class TestCallRecord(CallCase):
    """Reports become calls."""

    def all_calls(self):
        return self.calls.search([("pbx_id", "=", self.pbx.id)], order="started, id")

    def test_every_order_of_all_sources_is_one_call(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        lead = self.env["crm.lead"].create({"name": "Kitchen", "partner_id": customer.id})
        reports = [
            ("click", "c", -20, {"direction": "outbound", "number": "0475 12 34 56"}),
            ("listener", "7/101/1", 0, {"direction": "outbound", "call_ref": "7"}),
            (
                "listener",
                "7/101/1",
                0,
                {"direction": "outbound", "call_ref": "7", "take": 8, "end": 68}
                | {"outcome": "answered"},
            ),
            ("journal", "j", 1, {"direction": "outbound", "take": 9, "end": 69}
             | {"outcome": "answered", "summary": "Wants oak", "recording_url": "https://x/1"}),
            ("log", "l", 0, {"direction": "outbound", "take": 8, "end": 68, "call_ref": "41"}
             | {"outcome": "answered"}),
        ]  # fmt: skip
        orders = list(itertools.permutations(reports))
        random.Random(4).shuffle(orders)
        for order in orders[:12]:
            with self.subTest(order=[one[0] for one in order]), self.env.cr.savepoint() as point:
                for source, key, begin, values in [*order, order[1], order[0]]:
                    intent = lead if source == "click" else None
                    user = self.rep if source == "click" else None
                    call = self.record(source, key, begin, user, intent, **values)
                self.assertEqual(self.all_calls(), call)
                self.assertEqual(
                    (call.state, call.outcome, call.direction, call.talk_seconds),
                    ("ended", "answered", "outbound", 60),
                )
                self.assertEqual((call.partner_id, call.record_ref), (customer, lead))
                self.assertEqual(call.user_id, self.rep)
                self.assertEqual(len(call.leg_ids), 4)
                self.assertEqual(len(self.lines(lead)), 1)
                self.assertEqual(len(self.lines(customer)), 1)
                self.assertTrue(call.has_recording)
                self.assertEqual(call.summary, "Wants oak")
                point.rollback()
                self.env.invalidate_all()

    def test_a_repetition_changes_nothing(self):
        call = self.talked("a")
        revision, written = call.revision, call.write_date
        _again, payloads = self.bus(self.rep, self.talked, "a")
        self.assertEqual((call.revision, call.write_date), (revision, written))
        self.assertFalse(payloads)

    def test_two_calls_of_a_number_stay_two(self):
        first = self.missed("a")
        second = self.talked("b", 120)
        self.assertNotEqual(first, second)
        self.assertEqual([first.outcome, second.outcome], ["missed", "answered"])

    def test_a_queue_that_rings_three_is_one_call(self):
        for number in ("101", "102", "103"):
            call = self.record(
                "listener", f"9/{number}", extension=number, queue="800", call_ref="9"
            )
        self.assertEqual((call.state, call.user_id.id), ("ringing", False))
        ring = {"queue": "800", "call_ref": "9"}
        self.record(
            "listener", "9/102", take=20, end=140, extension="102", outcome="answered", **ring
        )
        for number in ("101", "103"):
            self.record(
                "listener", f"9/{number}", end=20, extension=number, outcome="elsewhere", **ring
            )
        self.assertEqual(self.all_calls(), call)
        self.assertEqual(
            (call.state, call.outcome, call.user_id, call.talk_seconds, call.queue),
            ("ended", "answered", self.colleague, 120, "800"),
        )
        self.assertEqual(
            sorted(call.leg_ids.mapped("outcome")), ["answered", "elsewhere", "elsewhere"]
        )
        self.assertFalse(call.is_to_call_back)

    def test_a_call_handed_over_is_of_who_has_it_last(self):
        self.record("listener", "5/101", take=4, end=60, call_ref="5", outcome="answered")
        call = self.record(
            "listener", "5/103", 58, take=62, end=100, extension="103", call_ref="5",
            outcome="answered", transferred_from="101",
        )  # fmt: skip
        self.assertEqual(self.all_calls(), call)
        self.assertEqual((call.user_id, call.talk_seconds), (self.boss, 94))

    def test_a_withheld_number(self):
        call = self.missed("a", number="")
        self.assertTrue(call.is_withheld)
        self.assertFalse(call.activity_id, "Nobody can call back.")
        other = self.missed("b", number="anonymous", extension="102")
        self.assertNotEqual(call, other)
        self.assertEqual(call._other_side(), "withheld number")

    def test_a_number_that_several_have_is_posted_to_nobody(self):
        both = self._new_partner("Jan", phone=MOBILE) + self._new_partner("Mia", mobile=MOBILE)
        call = self.talked("a")
        self.assertFalse(call.partner_id)
        self.assertFalse(self.lines(both[0]) + self.lines(both[1]))
        payload = call.with_user(self.rep).popup_data()
        self.assertEqual({one["id"] for one in payload["candidates"]}, set(both.ids))
        call.with_user(self.rep).link_record("res.partner", both[1].id)
        self.assertEqual((call.partner_id, len(self.lines(both[1]))), (both[1], 1))
        self.assertFalse(self.lines(both[0]))

    def test_what_the_telephone_system_found_does_not_decide_between_equals(self):
        both = self._new_partner("Jan", phone=MOBILE) + self._new_partner("Mia", mobile=MOBILE)
        call = self.talked("a", entity=f"res.partner,{both[0].id}")
        self.assertFalse(call.partner_id)
        payload = call.with_user(self.rep).popup_data()
        self.assertEqual(payload["candidates"][0]["id"], both[0].id, "But it comes first.")

    def test_a_company_stands_out_among_its_people(self):
        company = self._new_partner("Tafel", is_company=True, phone=MOBILE)
        self._new_partner("Jan", parent_id=company.id, phone=MOBILE)
        self.assertEqual(self.talked("a").partner_id, company)

    def test_a_complete_number_that_merely_ends_alike_is_somebody_else(self):
        self._new_partner("French", phone="+33142223344")
        call = self.talked("a", number="+3242223344")
        self.assertFalse(call.partner_id)

    def test_a_number_cut_off_finds_its_owner(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        call = self.talked("a", number="75123456")
        self.assertEqual(call.partner_id, customer)
        full = self.record("listener", "1/101", 1, take=5, end=65, outcome="answered", call_ref="1")
        self.assertEqual((full, call.number_key), (call, MOBILE))

    def test_an_open_lead_is_found_by_its_number(self):
        lead = self.env["crm.lead"].create({"name": "Sofa", "phone": MOBILE})
        call = self.talked("a")
        self.assertEqual((call.record_ref, call.partner_id.id), (lead, False))
        self.assertEqual(len(self.lines(lead)), 1)
        customer = self._new_partner("Jan", phone=SECOND)
        self.env["crm.lead"].create({"name": "Bed", "phone": SECOND, "partner_id": customer.id})
        self.assertEqual(self.talked("b", number=SECOND).partner_id, customer)

    def test_the_line_is_one_and_is_edited(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        call = self.talked("a")
        [line] = self.lines(customer)
        self.assertEqual(line.author_id, self.rep.partner_id)
        self.assertTrue(line.is_internal)
        self.record(
            "journal", "a", take=5, end=65, outcome="answered", recording_url="https://pbx/1.wav"
        )
        call.with_user(self.rep).wrap_up("reached", "Wants <b>oak</b>")
        self.assertEqual(self.lines(customer), line)
        self.assertIn("recorded", line.body)
        self.assertIn("Wants &lt;b&gt;oak&lt;/b&gt;", line.body)
        self.assertNotIn("pbx/1.wav", line.body, "Recordings have a group of their own.")

    def test_a_click_alone_stays_an_attempt(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        call = self.record("click", "c", user=self.rep, intent=customer, direction="outbound")
        self.assertEqual((call.state, call.outcome), ("attempted", "unknown"))
        self.assertFalse(self.lines(customer))
        call.with_user(self.rep).wrap_up("reached")
        self.assertEqual(len(self.lines(customer)), 1)

    def test_an_administrator_deletes_a_call_with_its_line(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        call = self.talked("1")
        self.assertEqual(len(self.lines(customer)), 1)
        with self.assertRaises(AccessError):
            call.with_user(self.boss).unlink()
        call.with_user(self._new_user("chief", GROUPS % "admin")).unlink()
        self.assertFalse(call.exists() or self.lines(customer))

    def test_the_own_telephone_that_rings_first_is_no_caller(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        out = {"direction": "outbound"}
        talks = {"take": 30, "end": 90, "outcome": "answered"}
        for outcome, end in (
            ("no_answer", {"end": 40, "outcome": "missed"}),
            ("answered", talks | out),
        ):
            with self.subTest(outcome):
                self.all_calls().unlink()
                click = self.record("click", outcome, 0, user=self.rep, intent=customer, **out)
                self.record("listener", outcome, 2)
                self.assertEqual((self.all_calls(), click.direction), (click, "outbound"))
                self.assertEqual(click.state, "ringing")
                self.record("listener", outcome, 2, **end)
                self.assertEqual((self.all_calls(), click.outcome), (click, outcome))
                self.assertFalse(self.todo(customer))

    def test_who_calls_back_at_once_is_a_caller(self):
        out = {"direction": "outbound"}
        self.record("click", "c", 0, user=self.rep, **out)
        self.record("listener", "1", 2, end=10, outcome="no_answer", **out)
        back = self.record("listener", "2", 12)
        self.assertEqual((back.direction, len(self.all_calls())), ("inbound", 2))

    def test_a_call_whose_number_comes_late_finds_its_click(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        out = {"direction": "outbound"}
        click = self.record("click", "c", 0, user=self.rep, intent=customer, **out)
        for number in ("", MOBILE):
            self.record("listener", "7/101", 2, number=number, call_ref="7", **out)
        self.assertEqual(self.all_calls(), click)
        self.assertEqual((click.state, sorted(click.leg_ids.mapped("source"))),
                         ("ringing", ["click", "listener"]))  # fmt: skip
        self.assertEqual((click.partner_id, click.is_withheld), (customer, False))

    def test_the_answer_to_a_click_says_which_call_it_became(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        out = {"direction": "outbound"}
        click = self.record("click", "c", 0, user=self.rep, intent=customer, **out)
        hidden = self.record("listener", "7/101", 2, number="", call_ref="7", **out)
        self.assertNotEqual(click, hidden)
        left, payloads = self.bus(
            self.rep, self.record, "click", "c", 0, call_ref="7", number=MOBILE, **out
        )
        self.assertEqual((left, self.all_calls()), (click, click))
        self.assertEqual(len(click.leg_ids), 2)
        gone = [one for one in payloads if one["id"] == hidden.id]
        self.assertEqual([(one["state"], one["wrap_up"]) for one in gone], [("ended", False)])

    def test_internal_calls_are_only_kept_when_wanted(self):
        values = {"direction": "internal", "number": "102", "call_ref": "4"}
        self.assertFalse(self.record("listener", "4/101", **values))
        self.pbx.journal_internal = True
        one = self.record("listener", "4/101", **values)
        other = self.record("listener", "4/102", extension="102", **values | {"number": "101"})
        self.assertEqual(one, other)
        self.assertFalse(one.partner_id)

    def test_recordings_are_only_kept_when_wanted(self):
        self.pbx.keep_recordings = False
        call = self.talked("a", recording_url="https://x/1", transcript="Hello")
        self.assertFalse(call.recording_url or call.transcript or call.has_recording)

    def test_users_do_not_rewrite_what_was_reported(self):
        call = self.talked("a").with_user(self.rep)
        call.note = "Mine to write"
        for values in ({"outcome": "missed"}, {"partner_id": self.rep.partner_id.id}):
            with self.assertRaises(AccessError):
                call.write(values)
        with self.assertRaises(AccessError):
            self.calls.with_user(self.rep).create({"pbx_id": self.pbx.id})
        with self.assertRaises(AccessError):
            call.unlink()

    def test_a_number_of_a_megabyte(self):
        call = self.talked("a", number="9" * 1_000_000)
        self.assertLessEqual(len(call.number), 64)

    def test_html_in_a_name_is_text(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.talked("a", name="<img src=x onerror=alert(1)>", queue="<script>")
        self.assertNotIn("<script>", self.lines(customer).body)

    def test_recording_costs_little(self):
        self._new_partner("Jan", phone=MOBILE)
        self.missed("warm", -3000)
        self.env.flush_all()
        with self.assertQueryCount(__system__=90):
            self.record("listener", "1/101", call_ref="1")
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestCallRecordTogether(CallCase):
    """Several processes record the same call at once, in a database that is really written."""

    def setUp(self):
        super().setUp()
        # the runner of the tests holds it, and threads need it to find the registry
        self.startPatcher(patch.object(Registry, "_lock", DummyRLock()))
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.real_pbx = env["threecx.pbx"].create({"name": "Together"}).id
        self.addCleanup(self.remove)

    def remove(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            pbx = env["threecx.pbx"].browse(self.real_pbx)
            technical = pbx.user_id
            pbx.unlink()
            partner = technical.partner_id
            technical.unlink()
            partner.unlink()

    def one(self, barrier, report, errors):
        try:
            with closing(self.registry.cursor()) as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["threecx.pbx"].browse(self.real_pbx).name  # noqa: B018 (a snapshot of before)
                barrier.wait(10)
                retrying(
                    lambda: env["threecx.call"]._record(
                        env["threecx.pbx"].browse(self.real_pbx), report
                    ),
                    env,
                )
        except Exception as error:  # noqa: BLE001 (handed to the test)
            errors.append(error)

    def at_once(self, reports):
        """Record reports, each in a process of its own."""
        barrier, errors = threading.Barrier(len(reports)), []
        threads = [
            threading.Thread(target=self.one, args=(barrier, report, errors)) for report in reports
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(15)
        self.assertFalse(errors)

    @mute_logger("odoo.sql_db")
    def test_four_processes_make_one_call(self):
        ended = {"take": 5, "end": 65, "outcome": "answered"}
        reports = [
            self.report("listener", "1/101", call_ref="1", **ended),
            self.report("journal", "j", 1, **ended),
            self.report("journal", "j", 1, **ended),
            self.report("log", "l", call_ref="8", **ended),
        ]
        self.at_once(reports)
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            call = env["threecx.call"].search([("pbx_id", "=", self.real_pbx)])
            self.assertEqual(len(call), 1)
            self.assertEqual(sorted(call.leg_ids.mapped("source")), ["journal", "listener", "log"])

    @mute_logger("odoo.sql_db")
    def test_one_customer_with_two_numbers(self):
        numbers = {"phone": "+32475990001", "mobile": "+32475990002"}
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            partner_id = env["res.partner"].create({"name": "Together", **numbers}).id
        self.addCleanup(self.remove_partner, partner_id)
        self.at_once(
            [
                self.report("journal", number, end=20, outcome="missed", number=number)
                for number in numbers.values()
            ]
        )
        with self.registry.cursor() as cr:
            partner = api.Environment(cr, SUPERUSER_ID, {})["res.partner"].browse(partner_id)
            self.assertEqual(len(self.todo(partner)), 1)
            self.assertIn("2 tries", self.todo(partner).summary)

    def remove_partner(self, partner_id):
        with self.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["res.partner"].browse(partner_id).unlink()
