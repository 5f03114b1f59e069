from datetime import datetime
from unittest.mock import patch

from odoo.tests import freeze_time
from odoo.tools import mute_logger

from ..models.threecx_call_slot import ThreecxCallSlot
from ..threecx.template import VERSION_HEADER
from .common_http import ThreecxHttpCase

CALL = {
    "CallType": "Inbound",
    "CallDirection": "Inbound",
    # as a PBX puts it in a body: without the plus
    "Number": "3242223344",
    "Name": "Jan Peeters",
    "EntityId": "",
    "Agent": "101",
    "AgentEmail": "",
    "QueueExtension": "800",
    "Duration": "00:01:00",
    "CallStartTimeUTCMillis": "1767261600000",
    "CallEstablishedTimeUTCMillis": "1767261605000",
    "CallEndTimeUTCMillis": "1767261665000",
    "RecordingUrl": "https://pbx.example.com/r/1",
    "Transcription": "Bonjour",
    "Summary": "",
}
CHAT = {
    "Number": "",
    "Email": "Jan@Tafel.be",
    "Name": "Jan",
    "Agent": "101",
    "ChatMessages": "Jan: Bonjour\nMarie: Bonjour",
    "ChatStartTimeUTC": "2026-01-02T03:04:05Z",
    "ChatEndTimeUTC": "2026-01-02T03:06:05Z",
}


class TestRoutes(ThreecxHttpCase):
    def setUp(self):
        super().setUp()
        self.base_url_odoo = self.pbx.get_base_url()

    def lookup(self, number, **options):
        return self.contacts("/threecx/lookup", number=number, **options)

    def ids(self, contacts):
        return [contact["id"] for contact in contacts]

    def partner_of(self, contact):
        model, res_id = contact["id"].split(",")
        self.assertEqual(model, "res.partner")
        return self.env[model].browse(int(res_id))

    # === LOOK-UP BY NUMBER === #

    def test_contact(self):
        self.customer.mobile = "0475 12 34 56"
        self.assertEqual(
            self.lookup("+3242223344"),
            [
                {
                    "id": f"res.partner,{self.customer.id}",
                    "url": f"{self.base_url_odoo}/odoo/res.partner/{self.customer.id}",
                    "first": "Jan",
                    "last": "Peeters",
                    "company": "",
                    "email": "jan@tafel.be",
                    "business": "+3242223344",
                    "business2": "04/222.33.44",
                    "mobile": "0475 12 34 56",
                    "type": "Person",
                }
            ],
        )

    def test_number_comes_back_as_it_was(self):
        """Otherwise the PBX throws the match away."""
        for number in ("+3242223344", "3242223344", "003242223344", "04 222 33 44", "42223344"):
            [contact] = self.lookup(number)
            self.assertEqual(contact["business"], number)

    def test_plus_that_was_not_escaped(self):
        response = self.ask("/threecx/lookup?number=+3242223344")
        [contact] = response.json()["contacts"]
        self.assertEqual(contact["business"], "+3242223344")

    def test_nobody(self):
        for number in ("+3242229999", "101", "", "anonymous", "0" * 64, "x", "+", "<b>", "%"):
            self.assertEqual(self.lookup(number), [])

    def test_several(self):
        company = self._new_partner("Tafel bv", is_company=True, phone="+32 4 222 33 44")
        employee = self._new_partner("Els", parent_id=company.id, phone="04 222 33 44")
        found = self.lookup("+3242223344")
        self.assertEqual(len(found), 3)
        self.assertEqual(len({contact["url"] for contact in found}), 3)
        by_id = {contact["id"]: contact for contact in found}
        of_company = by_id[f"res.partner,{company.id}"]
        self.assertEqual(
            [of_company[name] for name in ("first", "last", "company", "type")],
            ["", "", "Tafel bv", "Company"],
        )
        of_employee = by_id[f"res.partner,{employee.id}"]
        self.assertEqual(
            [of_employee[name] for name in ("first", "last", "company", "type")],
            ["", "Els", "Tafel bv", "Person"],
        )

    def test_lead(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "A table",
                "contact_name": "Els Maria Stoel",
                "partner_name": "Stoel bv",
                "phone": "+32 475 65 43 21",
                "email_from": "Els <els@stoel.be>",
            }
        )
        [contact] = self.lookup("+32475654321")
        self.assertEqual(contact["id"], f"crm.lead,{lead.id}")
        self.assertEqual(contact["url"], f"{self.base_url_odoo}/odoo/crm.lead/{lead.id}")
        self.assertEqual((contact["first"], contact["last"]), ("Els Maria", "Stoel"))
        self.assertEqual((contact["company"], contact["email"]), ("Stoel bv", "els@stoel.be"))

    def test_complete_number_that_ends_alike(self):
        """In Denmark, where numbers have as many digits."""
        self.assertEqual(self.lookup("+4542223344"), [])
        self.assertEqual(len(self.lookup("42223344")), 1)

    def test_archived_contact(self):
        self.customer.active = False
        self.assertEqual(self.ids(self.lookup("+3242223344")), [f"res.partner,{self.customer.id}"])
        twin = self._new_partner("Jan Peeters", phone="04/222.33.44")
        self.assertEqual(self.ids(self.lookup("+3242223344")), [f"res.partner,{twin.id}"])

    def test_no_value_is_a_boolean(self):
        self.customer.write({"email": False, "name": "Jan"})
        [contact] = self.lookup("+3242223344")
        self.assertEqual({type(value) for value in contact.values()}, {str})

    # === OTHER LOOK-UPS === #

    def test_by_email(self):
        found = self.contacts("/threecx/lookup", {"email": "Jan+kado@Tafel.be"})
        self.assertEqual(self.ids(found), [f"res.partner,{self.customer.id}"])
        self.assertEqual(found[0]["business"], "04/222.33.44")
        for email in ("els@tafel.be", "x", "", "@"):
            self.assertEqual(self.contacts("/threecx/lookup", {"email": email}), [])

    def test_by_email_of_a_lead(self):
        lead = self.env["crm.lead"].create({"name": "A table", "email_from": "els@stoel.be"})
        found = self.contacts("/threecx/lookup", {"email": "els@stoel.be"})
        self.assertEqual(self.ids(found), [f"crm.lead,{lead.id}"])
        self.assertEqual(found[0]["company"], "A table")

    def test_search(self):
        self.customer.ref = "KL-4711"
        for text in ("peeters", " Jan P", "kl-4711", "jan@tafel.be", "04 222 33 44"):
            found = self.contacts("/threecx/lookup", {"search": text})
            self.assertIn(f"res.partner,{self.customer.id}", self.ids(found), text)
            self.assertEqual(len(found), len(set(self.ids(found))))
        for text in ("", "ja", "%%%", "___", "x" * 500):
            self.assertEqual(self.contacts("/threecx/lookup", {"search": text}), [])

    # === CONTACTS FROM THE TELEPHONE === #

    def create_contact(self, **values):
        return self.contacts("/threecx/contact", values)

    def test_create(self):
        [contact] = self.create_contact(
            FirstName="Els", LastName="Stoel", Email="els@stoel.be", Number="+32475654321"
        )
        partner = self.partner_of(contact)
        self.assertEqual((partner.name, partner.email), ("Els Stoel", "els@stoel.be"))
        self.assertEqual(partner.mobile, "+32 475 65 43 21")
        self.assertFalse(partner.phone)
        self.assertEqual(contact["business"], "+32475654321")
        self.assertEqual(self.ids(self.lookup("+32475654321")), [contact["id"]])

    def test_create_with_little(self):
        [contact] = self.create_contact(Number="042229988")
        self.assertEqual(self.partner_of(contact).name, "042229988")
        self.assertEqual(self.partner_of(contact).phone, "+32 4 222 99 88")
        [contact] = self.create_contact(Email="els@stoel.be")
        self.assertEqual(self.partner_of(contact).name, "els@stoel.be")
        self.assert_refused(self.ask("/threecx/contact", {"FirstName": "Els"}), 400)

    def test_create_whom_we_know_by_number(self):
        for number in ("+3242223344", "3242223344", "04/222 33 44"):
            found = self.create_contact(FirstName="Johan", Number=number, Email="johan@elders.be")
            self.assertEqual(self.ids(found), [f"res.partner,{self.customer.id}"])
        self.assertEqual((self.customer.name, self.customer.email), ("Jan Peeters", "jan@tafel.be"))

    def test_create_whom_we_know_by_address(self):
        found = self.create_contact(FirstName="Jan", Number="+32475123456", Email="JAN@tafel.be")
        self.assertEqual(self.ids(found), [f"res.partner,{self.customer.id}"])
        self.assertEqual(self.customer.mobile, "+32 475 12 34 56")
        self.assertEqual(found[0]["business"], "+32475123456")
        self.create_contact(FirstName="Jan", Number="+32475999999", Email="jan@tafel.be")
        self.assertEqual(self.customer.mobile, "+32 475 12 34 56", "What is there stays.")
        self.assertEqual(self.customer.phone, "04/222.33.44")

    def test_create_twice(self):
        values = {"FirstName": "Els", "LastName": "Stoel", "Number": "+32475654321"}
        self.assertEqual(self.create_contact(**values), self.create_contact(**values))
        self.assertEqual(self.env["res.partner"].search_count([("name", "=", "Els Stoel")]), 1)

    def test_create_twice_at_once(self):
        """That two transactions collide is tested with the slots; that they do here."""
        with patch.object(ThreecxCallSlot, "_take", autospec=True) as take:
            self.create_contact(FirstName="Els", Number="+32475654321")
        take.assert_called_once()

    def test_create_links_what_was_unknown(self):
        self.ask("/threecx/journal", CALL | {"Number": "32475654321"})
        call = self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)])
        self.assertFalse(call.partner_id)
        [contact] = self.create_contact(FirstName="Els", Number="+32475654321")
        self.assertEqual(call.partner_id, self.partner_of(contact))

    # === JOURNAL === #

    def test_journal(self):
        response = self.ask("/threecx/journal", CALL)
        self.assertEqual((response.status_code, response.json()), (200, {"kept": True}))
        call = self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)])
        self.assertRecordValues(
            call,
            [
                {
                    "kind": "call",
                    "direction": "inbound",
                    "number_key": "+3242223344",
                    "partner_id": self.customer.id,
                    "started": datetime(2026, 1, 1, 10, 0),
                    "talk_seconds": 60,
                    "outcome": "answered",
                    "queue": "800",
                    "recording_url": "https://pbx.example.com/r/1",
                    "transcript": "Bonjour",
                }
            ],
        )

    def test_journal_without_recordings(self):
        self.pbx.keep_recordings = False
        self.ask("/threecx/journal", CALL)
        call = self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)])
        self.assertFalse(call.recording_url or call.transcript or call.has_recording)

    def test_journal_of_who_keeps_none(self):
        self.pbx.write({"journal_calls": False, "journal_chats": False})
        self.assertEqual(self.ask("/threecx/journal", CALL).json(), {"kept": False})
        self.assertEqual(self.ask("/threecx/chat", CHAT).json(), {"kept": False})
        self.assertFalse(self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)]))

    def test_journal_that_cannot_be_understood(self):
        for wrong in ({"CallType": "Fax"}, {"CallStartTimeUTCMillis": "x"}, {"Duration": "long"}):
            response = self.ask("/threecx/journal", CALL | wrong)
            self.assert_refused(response, 400)
            self.assertIn(next(iter(wrong)), response.json()["error"])

    def test_chat(self):
        self.env.company.partner_id.lang = "en_US"  # the line is in the language of the house
        for _time in range(2):
            self.assertEqual(self.ask("/threecx/chat", CHAT).json(), {"kept": True})
        chat = self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)])
        self.assertRecordValues(
            chat,
            [
                {
                    "kind": "chat",
                    "partner_id": self.customer.id,
                    "number_display": "Jan@Tafel.be",
                    "started": datetime(2026, 1, 2, 3, 4, 5),
                    "talk_seconds": 120,
                    "outcome": "answered",
                    "is_withheld": False,
                    "transcript": CHAT["ChatMessages"],
                }
            ],
        )
        self.assertEqual(chat.log_message_ids.mapped("res_id"), [self.customer.id])
        self.assertIn("Chat with Jan", chat.log_message_ids.body)

    def test_chat_of_a_stranger(self):
        self.ask("/threecx/chat", CHAT | {"Email": "els@stoel.be", "Name": ""})
        chat = self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)])
        self.assertFalse(chat.partner_id)
        self.assertEqual(chat.number_display, "els@stoel.be")

    def test_chat_by_number(self):
        self.ask("/threecx/chat", CHAT | {"Email": "", "Number": "+3242223344"})
        chat = self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(chat.partner_id, self.customer)

    # === WHAT WAS HEARD === #

    def test_stamps(self):
        self.assertFalse(self.pbx.last_lookup or self.pbx.last_journal)
        with freeze_time("2026-01-05 10:00:00"):
            self.lookup("+3242223344")
        with freeze_time("2026-01-05 10:00:30"):
            self.lookup("+3242223344")
            self.ask("/threecx/journal", CALL)
        self.assertEqual(self.pbx.last_lookup, datetime(2026, 1, 5, 10, 0))
        self.assertEqual(self.pbx.last_journal, datetime(2026, 1, 5, 10, 0, 30))
        with freeze_time("2026-01-05 10:01:00"):
            self.lookup("+3242223344")
        self.assertEqual(self.pbx.last_lookup, datetime(2026, 1, 5, 10, 1))

    def test_version_of_the_template(self):
        self.lookup("+3242223344")
        self.assertEqual(self.pbx.template_version_used, self.pbx.template_version)
        self.assertFalse(self.pbx.template_is_old)
        with patch("odoo.addons.threecx_bridge.models.threecx_pbx_key.TEMPLATE_VERSION", 99):
            self.pbx.invalidate_recordset()
            self.assertTrue(self.pbx.template_is_old)
        for version in ("x", "-1", "9" * 30, "٣", ""):
            self.ask("/threecx/lookup", headers={VERSION_HEADER: version.encode()}, number="1")
        self.assertFalse(self.pbx.template_is_old)

    @mute_logger("odoo.http")
    def test_database_of_the_header(self):
        response = self.ask("/threecx/lookup", headers={"X-Odoo-Database": "elsewhere"}, number="1")
        self.assertNotEqual(response.status_code, 200)
