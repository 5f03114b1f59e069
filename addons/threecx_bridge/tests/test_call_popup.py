from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_call import MOBILE, CallCase

OTHER = "+32475999888"


@tagged("post_install", "-at_install")
class TestCallPopup(CallCase):
    """What the screens are told, and what is done from them."""

    def ring(self, key="1/101", begin=290, **values):
        return self.record("listener", key, begin, call_ref=key[0], **values)

    def test_who_is_called_is_told_with_everything(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        self.talked("before", -3600)
        call, [payload] = self.bus(self.rep, self.ring)
        self.assertEqual(
            (payload["id"], payload["state"], payload["direction"], payload["number"]),
            (call.id, "ringing", "inbound", MOBILE),
        )
        self.assertEqual(payload["partner"], {"id": customer.id, "name": "Jan"})
        self.assertEqual((payload["record"], payload["candidates"]), (False, []))
        self.assertIn("Answered, Vincent", payload["last_contact"])
        self.assertFalse(payload["wrap_up"])
        self.assertRegex(payload["started"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        _call, others = self.bus(self.colleague, self.ring, outcome="")
        self.assertFalse(others)

    def test_each_of_a_queue_sees_his_own_side(self):
        ring = {"queue": "800"}
        for number in ("101", "102"):
            call = self.ring(f"1/{number}", extension=number, **ring)
        self.ring("1/102", extension="102", take=295, outcome="answered", **ring)
        self.ring("1/101", extension="101", end=295, outcome="elsewhere", **ring)
        mine = call.with_user(self.rep).popup_data()
        his = call.with_user(self.colleague).popup_data()
        self.assertEqual((mine["state"], mine["outcome"]), ("ended", "elsewhere"))
        self.assertEqual((his["state"], his["outcome"]), ("ongoing", "answered"))
        self.ring("1/102", extension="102", take=295, end=299, outcome="answered", **ring)
        self.assertTrue(call.with_user(self.colleague).popup_data()["wrap_up"])
        self.assertFalse(call.with_user(self.rep).popup_data()["wrap_up"])
        call.with_user(self.colleague).dismiss_wrap_up()
        self.assertFalse(call.with_user(self.colleague).popup_data()["wrap_up"])

    def test_revisions_grow(self):
        revisions = []
        for values in ({}, {"take": 295}, {"take": 295, "end": 299}):
            _call, [payload] = self.bus(self.rep, self.ring, outcome="", **values)
            revisions.append((payload["key"], payload["revision"]))
        self.assertEqual(len({key for key, _revision in revisions}), 1)
        self.assertEqual(sorted(set(revisions)), revisions)

    def test_a_page_that_opens_meanwhile_gets_the_call(self):
        screen = self.calls.with_user(self.rep)
        self.ring(outcome="")
        [payload] = screen.open_popups()
        self.assertEqual(payload, self.ring().with_user(self.rep).popup_data())
        self.assertFalse(self.calls.with_user(self.colleague).open_popups())
        call = self.ring(take=295, end=299, outcome="answered")
        self.assertEqual([one["wrap_up"] for one in screen.open_popups()], [True])
        call.with_user(self.rep).dismiss_wrap_up()
        self.assertFalse(screen.open_popups())

    def test_what_was_missed_or_is_long_over_is_no_open_call(self):
        self.ring("1/101", end=299, outcome="missed")
        self.ring("2/101", -3600, number=OTHER, take=-3595, end=-3590, outcome="answered")
        self.assertFalse(self.calls.with_user(self.rep).open_popups())

    def test_old_news_are_no_news(self):
        _call, payloads = self.bus(self.rep, self.talked, "old", -7200)
        self.assertFalse(payloads)

    def test_who_may_not_see_the_record_does_not_see_its_name(self):
        lead = self.env["crm.lead"].create(
            {"name": "Secret", "phone": MOBILE, "user_id": self.colleague.id}
        )
        own = "sales_team.group_sale_salesman"
        rep = self._new_user("own", "threecx_bridge.group_threecx_user", own)
        self.extensions[0].user_id = rep
        call = self.ring()
        self.assertEqual(call.record_ref, lead)
        self.assertEqual(call.with_user(rep).popup_data()["record"], False)
        with self.assertRaises(AccessError):
            call.with_user(rep).link_record("crm.lead", lead.id)

    def test_a_page_opened_by_the_telephone_writes_nothing(self):
        customer = self._new_partner("Jan", phone=MOBILE)
        before = self.calls.search_count([])
        data = self.calls.with_user(self.rep).pop_data("0475 12 34 56", "<b>Jan</b>")
        self.assertEqual(
            (data["id"], data["partner"]["id"], data["number"]), (False, customer.id, MOBILE)
        )
        self.assertEqual(self.calls.search_count([]), before)
        call = self.ring()
        data = self.calls.with_user(self.rep).pop_data("0475 12 34 56", "Jan")
        self.assertEqual(data["id"], call.id, "The telephone told it in another way before.")
        keys = set(call.with_user(self.rep).popup_data())
        self.assertEqual(keys, set(self.calls.with_user(self.rep).pop_data(OTHER, "")))

    def test_acting_on_a_page_makes_one_call_that_the_journal_completes(self):
        calls = self.calls.with_user(self.rep)
        first = calls.from_pop(OTHER, "Jan")
        self.assertEqual(calls.from_pop(OTHER, "Jan"), first)
        call = self.calls.browse(first)
        self.assertEqual((call.state, call.user_id), ("attempted", self.rep))
        partner_id = call.with_user(self.rep).create_contact("Jan Peeters")
        journaled = self.record(
            "journal", "j", 290, take=295, end=400, outcome="answered", number=OTHER
        )
        self.assertEqual(journaled, call)
        self.assertEqual((call.outcome, call.partner_id.id), ("answered", partner_id))

    def test_a_contact_is_made_once_and_gets_the_number(self):
        call = self.ring()
        partner = self.env["res.partner"].browse(call.with_user(self.rep).create_contact(" Jan "))
        self.assertEqual((partner.name, partner.phone_key), ("Jan", MOBILE))
        with self.assertRaises(UserError):
            call.with_user(self.rep).create_contact(" ")

    def test_records_are_found_by_word_number_and_reference(self):
        customer = self._new_partner("Jan Peeters", phone=MOBILE, ref="K-4711", email="j@tafel.be")
        calls = self.calls.with_user(self.rep)
        for text in ("peeters", "0475 12 34 56", "k-4711", "j@tafel.be"):
            found = calls.search_records(text)
            self.assertEqual([one["id"] for one in found], [customer.id], text)
        self.assertFalse(calls.search_records("J"))
        self.assertFalse(calls.search_records("%%"))

    def test_links_go_nowhere_they_should_not(self):
        call = self.ring().with_user(self.rep)
        for model, res_id in (
            ("no.such.model", 1),
            ("res.partner", 0),
            (["res.partner"], 1),
            ("res.partner", "1"),
            ("threecx.call.link", 1),
            ("mail.thread", 1),
            ("discuss.channel", self.env.ref("mail.channel_all_employees").id),
            ("threecx.call", call.id),
        ):
            with self.assertRaises(UserError):
                call.link_record(model, res_id)

    def test_a_web_client_attempt_asks_how_it_went(self):
        call, [payload] = self.bus(
            self.rep,
            self.record,
            "click",
            "c",
            290,
            user=self.rep,
            direction="outbound",
            extension="",
        )
        self.assertEqual((payload["state"], payload["wrap_up"]), ("attempted", True))
        self.assertEqual(call.user_id, self.rep)

    def test_withheld(self):
        _call, [payload] = self.bus(self.rep, self.ring, number="")
        self.assertEqual(
            (payload["is_withheld"], payload["number"], payload["last_contact"]), (True, "", False)
        )
