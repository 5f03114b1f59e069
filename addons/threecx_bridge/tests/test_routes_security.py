"""Every attack succeeds with its guard off, and fails with it on."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tools import mute_logger

from odoo.addons.base.models.res_users import ResUsersApikeys

from ..models.ir_http_threecx import BAD_KEY_RATE, KEY_SCOPE, MAX_BODY
from .common_http import ThreecxHttpCase

NUMBER = "+3242223344"
WRONG = "0123456789abcdef0123456789abcdef01234567"
JOURNAL = {
    "CallType": "Inbound",
    "CallDirection": "Inbound",
    "Number": NUMBER,
    "Agent": "101",
    "Duration": "00:01:00",
    "CallStartTimeUTCMillis": "1767261600000",
    "CallEstablishedTimeUTCMillis": "1767261605000",
    "CallEndTimeUTCMillis": "1767261665000",
}


class TestRoutesSecurity(ThreecxHttpCase):
    def lookup(self, key=None, **headers):
        return self.ask("/threecx/lookup", key=key, headers=headers, number=NUMBER)

    @contextmanager
    def without(self, *guards):
        """Guards of the authentication switched off, each with what it gives instead."""
        model = self.registry["ir.http"]
        answers = {
            "source": lambda pbxs: pbxs,
            "size": lambda: None,
            "form": lambda env: WRONG,
            "claim": lambda pbxs, key: self.pbx.with_env(pbxs.env),
            "rate": lambda pbx: None,
            "key": lambda pbx, key: None,
        }
        patchers = [patch.object(model, f"_threecx_check_{name}", answers[name]) for name in guards]
        for patcher in patchers:
            patcher.start()
        try:
            yield
        finally:
            for patcher in patchers:
                patcher.stop()

    def assert_leaks(self, response):
        self.assertEqual(response.status_code, 200, response.text[:500])
        self.assertIn("Peeters", response.text)

    # === THE KEY === #

    def test_right_key(self):
        response = self.lookup()
        self.assert_leaks(response)
        self.assertNotIn("Set-Cookie", response.headers)

    def test_no_key(self):
        with self.without("form", "claim", "key"):
            self.assert_leaks(self.lookup(key=""))
        response = self.lookup(key="")
        self.assert_refused(response, 401)
        self.assertEqual(response.headers["WWW-Authenticate"], "Bearer")

    def test_wrong_key(self):
        with self.without("claim", "key"):
            self.assert_leaks(self.lookup(key=WRONG))
        self.assert_refused(self.lookup(key=WRONG), 401)

    def test_right_beginning_of_the_key(self):
        guess = self.key[:8] + WRONG[8:]
        with self.without("key"):
            self.assert_leaks(self.lookup(key=guess))
        self.assert_refused(self.lookup(key=guess), 401)

    def test_something_else_than_a_key(self):
        for key in ("x", self.key[:-1], self.key + "0", "é" * 40, self.key + "\t" + self.key):
            self.assert_refused(self.lookup(Authorization=f"Bearer {key}".encode()), 401)
        self.assert_refused(self.lookup(Authorization=f"Basic {self.key}"), 401)

    def test_revoked_key(self):
        self.assert_leaks(self.lookup())
        self.pbx.with_user(self.user_admin).action_revoke_keys()
        self.assert_refused(self.lookup(), 401)

    def test_archived_telephone_system(self):
        self.assert_leaks(self.lookup())
        self.pbx.active = False
        self.assert_refused(self.lookup(), 401)

    def test_key_of_another_scope(self):
        keys = self.env["res.users.apikeys"].with_user(self.pbx.user_id).sudo()
        for scope in ("odoo.plugin.outlook", "rpc", None):
            other = keys._generate(scope, "test", None)
            with self.without("claim", "key"):
                self.assert_leaks(self.lookup(key=other))
            self.assert_refused(self.lookup(key=other), 401)

    def test_key_of_another_user(self):
        """Of the right scope, but its owner is no telephone system."""
        other = self.env["res.users.apikeys"].sudo()._generate(KEY_SCOPE, "test", None)
        with self.without("claim", "key"):
            self.assert_leaks(self.lookup(key=other))
        self.assert_refused(self.lookup(key=other), 401)

    def test_session_is_no_key(self):
        self.authenticate("threecx_admin", "threecx_admin")
        with self.without("form", "claim", "key"):
            self.assert_leaks(self.lookup(key=""))
        self.assert_refused(self.lookup(key=""), 401)

    def test_all_routes_want_the_key(self):
        for path in ("/threecx/contact", "/threecx/journal", "/threecx/chat", "/threecx/lookup"):
            self.assert_refused(self.ask(path, {}, key=""), 401)
            self.assert_refused(self.ask(f"{path}/", {}, key=""), 401)

    # === NOTHING BUT ITS ROUTES === #

    def test_key_does_no_rpc(self):
        path = "/json/2/res.partner/search_read"
        query = {"domain": [["id", "=", self.customer.id]], "fields": ["name"]}
        keys = self.env["res.users.apikeys"].with_user(self.env.ref("base.user_admin")).sudo()
        self.assert_leaks(self.ask(path, query, key=keys._generate(None, "test", None)))
        scoped = keys._generate(KEY_SCOPE, "test", None)
        for key in (scoped, self.key):
            response = self.ask(path, query, key=key)
            self.assertEqual(response.status_code, 401)
            self.assertNotIn("Peeters", response.text)

    @mute_logger("odoo.addons.rpc.controllers.xmlrpc")
    def test_key_is_no_password(self):
        login = self.pbx.user_id.login
        proxy = self.xmlrpc_common
        keys = self.env["res.users.apikeys"].with_user(self.pbx.user_id).sudo()
        database = self.env.cr.dbname
        rpc_key = keys._generate(None, "test", None)
        self.assertTrue(proxy.authenticate(database, login, rpc_key, {}))
        self.assertFalse(proxy.authenticate(database, login, self.key, {}))

    @mute_logger("odoo.http")
    def test_owner_of_the_key_sees_nothing(self):
        """Even with a key for everything."""
        keys = self.env["res.users.apikeys"].with_user(self.pbx.user_id).sudo()
        key = keys._generate(None, "test", None)
        for model in ("res.partner", "threecx.call", "threecx.pbx", "crm.lead"):
            response = self.ask(f"/json/2/{model}/search_read", {"fields": ["id"]}, key=key)
            self.assertEqual(response.status_code, 403, response.text[:200])

    # === WHERE FROM === #

    def test_address(self):
        self.pbx.allowed_ips = "203.0.113.7, 198.51.100.0/24"
        with self.without("source"):
            self.assert_leaks(self.lookup())
        self.assert_refused(self.lookup(), 403)
        self.pbx.allowed_ips = "203.0.113.7, 127.0.0.0/8"
        self.assert_leaks(self.lookup())

    def test_address_of_another_system(self):
        """That one may speak from here does not open the door to the other."""
        self.pbx.allowed_ips = "203.0.113.7"
        self.env["threecx.pbx"].create({"name": "Other PBX", "allowed_ips": "127.0.0.1"})
        self.assert_refused(self.lookup(), 401)

    def test_forged_address(self):
        """Without a proxy, what the client says of itself does not count."""
        self.pbx.allowed_ips = "203.0.113.7"
        self.assert_refused(self.lookup(**{"X-Forwarded-For": "203.0.113.7"}), 403)

    # === SIZE === #

    def test_body_of_a_megabyte(self):
        big = {"search": "Peeters", "x": "x" * 1_000_000}
        with (
            self.without("size"),
            patch.object(type(self.env["ir.http"]), "_pre_dispatch", lambda rule, args: None),
            patch("odoo.addons.threecx_bridge.controllers.crm_template.MAX_VALUE", 10**7),
        ):
            self.assert_leaks(self.ask("/threecx/lookup", big))
        self.assert_refused(self.ask("/threecx/lookup", big), 413)
        with self.without("size"):
            second_door = self.ask("/threecx/lookup", big)
        self.assertEqual(second_door.status_code, 413)
        self.assertNotIn("Peeters", second_door.text)

    def test_length_is_looked_at_before_the_key(self):
        self.assert_refused(self.ask("/threecx/journal", {"x": "x" * 600_000}, key=""), 413)

    def test_number_of_a_megabyte(self):
        """In an address, the server itself stops at 64 kB."""
        number = NUMBER + "0" * 1_000_000
        for path in ("/threecx/journal", "/threecx/contact"):
            response = self.ask(path, {**JOURNAL, "Number": number})
            self.assert_refused(response, 413)

    def test_number_of_some_kilobytes(self):
        number = NUMBER + " " * 60_000
        with (
            self.without("size"),
            patch("odoo.addons.threecx_bridge.controllers.crm_template.MAX_NUMBER", 10**6),
        ):
            self.assert_leaks(self.ask("/threecx/lookup", number=number))
        self.assert_refused(self.ask("/threecx/lookup", number=number), 414)
        number = NUMBER + "0" * 1000
        self.assertEqual(self.contacts("/threecx/lookup", number=number), [])
        self.assert_refused(self.ask("/threecx/contact", {"Number": number}), 400)
        self.assert_refused(self.ask("/threecx/journal", {**JOURNAL, "Number": number}), 400)

    def test_long_values_are_for_what_was_said(self):
        text = "x" * MAX_BODY
        self.assert_refused(self.ask("/threecx/journal", {**JOURNAL, "Name": text}), 400)
        response = self.ask("/threecx/journal", {**JOURNAL, "Transcription": text})
        self.assertEqual(response.status_code, 200)

    # === HOW OFTEN === #

    def test_flood_of_look_ups(self):
        self._set_rate(5)
        with self.without("rate"):
            self.assertEqual({self.lookup().status_code for _time in range(8)}, {200})
        statuses = [self.lookup().status_code for _time in range(8)]
        self.assertEqual(statuses, [200] * 5 + [429] * 3)
        response = self.lookup()
        self.assert_refused(response, 429)
        self.assertIn(int(response.headers["Retry-After"]), range(1, 61))

    def test_flood_reaches_no_hash(self):
        self._set_rate(0)
        with patch.object(
            ResUsersApikeys, "_check_credentials", side_effect=AssertionError("hashed")
        ):
            self.assert_refused(self.lookup(), 429)

    def test_flood_of_look_ups_loses_no_call(self):
        self._set_rate(1)
        self.lookup()
        self.assert_refused(self.lookup(), 429)
        self.assertEqual(self.ask("/threecx/journal", JOURNAL).status_code, 200)

    def test_guessing_a_key(self):
        guess = self.key[:8] + WRONG[8:]
        for _time in range(BAD_KEY_RATE):
            self.assert_refused(self.lookup(key=guess), 401)
        with patch.object(
            ResUsersApikeys, "_check_credentials", side_effect=AssertionError("hashed")
        ):
            self.assert_refused(self.lookup(key=guess), 429)

    def test_flood_of_wrong_keys_does_not_shut_out_the_right_one(self):
        for _time in range(BAD_KEY_RATE):
            self.assert_refused(self.lookup(key=WRONG), 401)
        self.assert_refused(self.lookup(key=WRONG), 429)
        self.assertEqual(self.lookup().status_code, 200)

    def test_workers_count_together(self):
        limits = self.env["threecx.rate.limit"]
        hits = []

        def work():
            for _time in range(100):
                hits.append(limits._hit("test"))

        threads = [threading.Thread(target=work) for _worker in range(4)]
        with patch("odoo.addons.threecx_bridge.models.threecx_rate_limit._window", lambda: 1):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(hits), list(range(1, 401)))
            self.assertEqual(limits._hits("test"), 400)
        self.assertEqual(limits._hits("test"), 0, "A new minute begins anew.")
        self.assertEqual(limits._hit("test"), 1)

    # === WHAT IS IN IT === #

    def test_replay(self):
        for _time in range(3):
            self.assertEqual(self.ask("/threecx/journal", JOURNAL).json(), {"kept": True})
        calls = self.env["threecx.call"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(len(calls), 1)
        self.assertEqual(len(calls.leg_ids), 1)
        later = {**JOURNAL, "CallStartTimeUTCMillis": "1767561600000"}
        later |= {"CallEstablishedTimeUTCMillis": "", "CallEndTimeUTCMillis": "1767561665000"}
        self.ask("/threecx/journal", later)
        self.assertEqual(self.env["threecx.call"].search_count([("pbx_id", "=", self.pbx.id)]), 2)

    def test_markup_in_names(self):
        evil = "<img src=x onerror=alert(1)>"
        contact = {"FirstName": evil, "LastName": "<b>", "Number": "0475 12 34 56"}
        [made] = self.contacts("/threecx/contact", contact)
        partner = self.env["res.partner"].browse(int(made["id"].split(",")[1]))
        self.assertEqual(partner.name, f"{evil} <b>")
        self.assertEqual(self.ask("/threecx/journal", {**JOURNAL, "Name": evil}).status_code, 200)
        lines = self.customer.message_ids | partner.message_ids
        self.assertNotIn("<img", "".join(lines.mapped("body")))
        response = self.ask("/threecx/lookup", number="+32475123456")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")

    def test_broken_bodies(self):
        for body in (b"", b"{", b"[]", b"1", b"\xff\xfe", b"[" * 16_000, b'{"Number": {"a": 1}}'):
            response = self.url_open(
                "/threecx/contact", data=body or b" ", headers=self._headers(), method="POST"
            )
            self.assert_refused(response, 400)

    def test_what_the_database_cannot_store(self):
        evil = {"FirstName": "Jan\x00\ud800 Tafel", "Number": "0475 99 88 77", "Email": "\x00"}
        [made] = self.contacts("/threecx/contact", evil)
        self.assertEqual(f"{made['first']} {made['last']}", "Jan Tafel")
        [found] = self.contacts("/threecx/lookup", {"search": "Taf\x00el"})
        self.assertEqual(found["id"], made["id"])

    def _headers(self):
        return {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}

    # === WHOSE === #

    def test_contacts_of_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.customer.write({"company_id": other.id, "ref": "KL-4711"})
        questions = [{"email": "jan@tafel.be"}]
        for text in ("Peeters", "KL-4711", "jan@tafel.be", NUMBER):
            questions.append({"search": text})
        self.assertEqual(self.contacts("/threecx/lookup", number=NUMBER), [])
        for values in questions:
            self.assertEqual(self.contacts("/threecx/lookup", values), [])
        self.pbx.company_id = other
        for values in questions:
            self.assert_leaks(self.ask("/threecx/lookup", values))
        self.assert_leaks(self.lookup())
