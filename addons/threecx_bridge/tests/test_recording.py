from dataclasses import replace
from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.tools import mute_logger

from odoo.addons.integration_base.http_client import HttpResponse

from ..threecx import api as api_module
from ..threecx import call_log
from ..threecx.api import ThreecxApi
from .common_http import GROUPS, ThreecxHttpCase
from .common_pbx import CLIENT_ID, CLIENT_SECRET, Licence, Simulator, make_house, running

NUMBER = "+3242223344"
JOURNAL_URL = "https://pbx.example.com/recordings/1.wav"


class TestRecording(ThreecxHttpCase):
    """A call that 3CX recorded, as its call log tells it, and who may listen to it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.listener = cls._new_user("threecx_listener", GROUPS % "recording")
        cls.boss = cls._new_user("threecx_boss", GROUPS % "manager")

    def setUp(self):
        super().setUp()
        # the route is read-only, and the token is renewed in a transaction of its own: in a test
        # both are the same transaction
        self.set_registry_readonly_mode(False)
        self.addCleanup(self.set_registry_readonly_mode, True)
        self.sim = self.enterContext(
            running(Simulator(make_house(4, "pbx.test"), Licence(edition="AI")))
        )
        self._reach(self.sim.url)
        self.call = self._call(self._report())

    def _reach(self, url):
        self.pbx.write({"url": url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})

    def _report(self):
        """What the call log says of a call that was answered and recorded."""
        call = self.sim.exchange.ring_in(NUMBER, "101")
        self.sim.exchange.answer(call.id)
        self.sim.exchange.drop(call.id)
        now = fields.Datetime.now()
        with self.pbx._api() as api:
            rows = list(api.call_log(now - timedelta(hours=1), now + timedelta(minutes=5)))
        (report,) = call_log.reports(rows)
        return report

    def _call(self, report):
        call = self.env["threecx.call"]._record(self.pbx, report)
        self.env.flush_all()
        return call

    def listen(self, user="threecx_listener", call=None, **options):
        self.authenticate(user, user)
        self.env.flush_all()
        return self.url_open(f"/threecx/recording/{(call or self.call).id}", **options)

    def fail_with(self, status):
        self.sim.faults.update(
            {"errors": {"status": status, "seconds": 60, "paths": ["/xapi/v1/Recordings"]}}
        )

    def assert_page(self, response, status, text):
        """A page for people, with nothing of the call in it."""
        self.assertEqual(response.status_code, status, response.text[:500])
        self.assertTrue(response.headers["Content-Type"].startswith("text/html"))
        self.assertTrue(response.text.lstrip().startswith("<!DOCTYPE html>"))
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        page = html.fromstring(response.text)
        self.assertIn(text, page.text_content())
        return page

    # === WHAT THE CALL KNOWS === #

    def test_the_call_log_tells(self):
        self.assertTrue(self.call.recording_ref)
        self.assertTrue(self.call.has_recording)
        self.assertEqual(self.call.listen_url, f"/threecx/recording/{self.call.id}")
        self.assertTrue(self.call.transcript and self.call.summary)

    def test_the_first_recording_stays(self):
        reference = self.call.recording_ref
        report = replace(self._report_again(), recording_id=reference + 1)
        self.assertEqual(self._call(report), self.call)
        self.assertEqual(self.call.recording_ref, reference)

    def _report_again(self):
        leg = self.call.leg_ids
        return replace(leg._to_report(), transcript="", summary="")

    def test_nothing_of_it_unless_kept(self):
        self.pbx.keep_recordings = False
        call = self._call(replace(self._report_again(), key="b", call_ref="b", recording_id=7))
        self.assertFalse(
            call.recording_ref or call.has_recording or call.listen_url or call.transcript
        )
        self.assertFalse(self.call.listen_url)
        before = len(self.sim.faults.requests)
        self.assertEqual(self.listen().status_code, 404)
        self.assertEqual(len(self.sim.faults.requests), before)

    def test_only_an_address(self):
        """What the journal reports is opened as it is."""
        self.call.write({"recording_ref": 0, "recording_url": JOURNAL_URL})
        self.assertEqual(self.call.listen_url, JOURNAL_URL)
        self.assertEqual(self.listen().status_code, 404)

    def test_two_that_are_one_keep_it(self):
        report = self._report_again()
        live = replace(report, source="listener", key="x", call_ref="x", number="", recording_id=0)
        older = self._call(live)
        newer = self._call(replace(report, key="b", call_ref="b", recording_id=7))
        self.assertEqual(len(self.call + older + newer), 3)
        self._call(replace(live, number=report.number, call_ref="b"))
        self.assertFalse(newer.exists())
        self.assertEqual(older.recording_ref, 7)

    # === WHO MAY LISTEN === #

    def test_listening(self):
        response = self.listen()
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.content.startswith(b"RIFF"))
        headers = response.headers
        self.assertEqual(headers["Content-Type"], "audio/wav")
        self.assertEqual(int(headers["Content-Length"]), len(response.content))
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertTrue(headers["Content-Disposition"].startswith("inline"))
        self.assertNotIn("Last-Modified", headers)
        self.assertNotIn("ETag", headers)

    def test_in_pieces(self):
        whole = self.listen().content
        response = self.listen(headers={"Range": "bytes=4-11"})
        self.assertEqual(response.status_code, 206)
        self.assertEqual(response.content, whole[4:12])
        self.assertEqual(response.headers["Content-Range"], f"bytes 4-11/{len(whole)}")

    @mute_logger("odoo.http")
    def test_others_may_not(self):
        before = len(self.sim.faults.requests)
        for user in ("threecx_rep", "threecx_boss", "threecx_admin", "integration_portal"):
            with self.subTest(user):
                response = self.listen(user)
                self.assertEqual(response.status_code, 403)
                self.assertNotIn(b"RIFF", response.content)
        self.authenticate(None, None)
        response = self.url_open(f"/threecx/recording/{self.call.id}", allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])
        self.assertEqual(len(self.sim.faults.requests), before)

    def test_the_address_is_not_even_read_by_others(self):
        seen = self.env["threecx.call"].with_user(self.boss).fields_get()
        for name in ("listen_url", "recording_ref", "recording_url"):
            self.assertNotIn(name, seen)

    def test_rules_of_the_call(self):
        """Another company's call, and a call of nobody's that a colleague took, are not there."""
        before = len(self.sim.faults.requests)
        self.call.write({"match_kind": "none", "user_id": self.boss.id})
        self.assertEqual(self.listen().status_code, 404)
        self.call.user_id = self.listener
        self.assertEqual(self.listen().status_code, 200)
        before = len(self.sim.faults.requests)
        self.call.company_id = self.env["res.company"].create({"name": "Other"})
        self.assertEqual(self.listen().status_code, 404)
        self.assertEqual(len(self.sim.faults.requests), before)

    def test_no_such_call(self):
        gone = self.call.copy({"recording_ref": 0})
        self.assertEqual(self.listen(call=gone).status_code, 404)
        gone.unlink()
        self.assertEqual(self.listen(call=gone).status_code, 404)

    # === WHAT 3CX ANSWERS === #

    def test_deleted_there(self):
        self.call.recording_ref = 999_999
        page = self.assert_page(self.listen(), 404, "does not have this recording any more")
        self.assertFalse(page.xpath("//a"))

    def test_another_way_to_hear_it(self):
        self.call.write({"recording_ref": 999_999, "recording_url": JOURNAL_URL})
        page = self.assert_page(self.listen(), 404, "does not have this recording any more")
        self.assertEqual(page.xpath("//a/@href"), [JOURNAL_URL])

    def test_3cx_fails(self):
        self.fail_with(500)
        self.assert_page(self.listen(), 503, "does not answer just now")

    def test_3cx_is_not_there(self):
        self._reach("http://127.0.0.1:9")
        self.assert_page(self.listen(), 503, "does not answer just now")

    def test_role_that_may_not_listen(self):
        self.fail_with(403)
        self.assert_page(self.listen(), 503, "System Owner")

    def test_key_that_is_wrong(self):
        self.pbx.client_secret = "wrong"
        self.assert_page(self.listen(), 503, "does not accept the API key")

    def test_no_sound(self):
        """A page of the telephone system does not become one of Odoo."""

        def download(_api, _recording, target):
            target.write(b"<html><script>alert(1)</script>")
            return _answer("text/html")

        self.patch(ThreecxApi, "download_recording", download)
        page = self.assert_page(self.listen(), 503, "cannot be played")
        self.assertFalse(page.xpath("//script"))

    def test_sound_that_3cx_names_otherwise(self):
        def download(_api, _recording, target):
            target.write(b"RIFF\x04\x00\x00\x00WAVE")
            return _answer("application/octet-stream")

        self.patch(ThreecxApi, "download_recording", download)
        self.assertEqual(self.listen().headers["Content-Type"], "audio/wav")

    def test_too_large(self):
        self.patch(api_module, "MAX_RECORDING", 100)
        self.assert_page(self.listen(), 503, "cannot be played")


def _answer(content_type):
    return HttpResponse(200, {"Content-Type": content_type}, "")
