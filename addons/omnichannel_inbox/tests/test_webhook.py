import hashlib
import hmac
import json
from unittest.mock import patch

from odoo.tools import mute_logger

from ..controllers import webhook
from ..providers.base import WebhookReply
from ..providers.demo import DemoProvider
from .common import OmniHttpCase

WEBHOOK = "odoo.addons.omnichannel_inbox.controllers.webhook"


class TestWebhook(OmniHttpCase):
    """Verified, stored once, answered; nothing else."""

    def setUp(self):
        super().setUp()
        webhook.guard.reset()
        self.addCleanup(webhook.guard.reset)

    def _document(self, number=1, **values):
        return {
            "id": f"web-{number}",
            "author": {"id": "jan@tafel.be", "name": "Jan", "email": "jan@tafel.be"},
            "text": "Hello",
            **values,
        }

    def _tell(self, document, channel=None, signature=None, **kwargs):
        channel = channel or self.channel
        body = json.dumps(document).encode() if not isinstance(document, bytes) else document
        digest = hmac.new(channel.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Demo-Signature": signature or f"sha256={digest}"}
        return self._post(channel, body, headers=headers, **kwargs)

    def _events(self, channel=None):
        return self.env["omni.event"].search([("channel_id", "=", (channel or self.channel).id)])

    def test_stored_and_triggered(self):
        cron = self.env.ref("omnichannel_inbox.ir_cron_in_mail")
        planned = []
        self.patch(webhook, "partial", lambda *args, **kwargs: planned.append(kwargs) or int)
        response = self._tell(self._document())
        self.assertEqual((response.status_code, response.text), (202, ""))
        self.assertNotIn("session_id", response.headers.get("Set-Cookie", ""))
        [event] = self._events()
        self.assertEqual((event.state, event.dedupe_key), ("new", "message:web-1"))
        self.assertEqual(planned, [{"cron_id": cron.id}])
        # once more: known, and nobody is woken
        self.assertEqual(self._tell(self._document()).status_code, 202)
        self.assertEqual(len(self._events()), 1)
        self.assertEqual(len(planned), 1)
        self._run_in()
        self.assertEqual(event.state, "done")

    def test_cheap(self):
        """One statement: no look-up beyond what every request costs."""
        self._tell(self._document(1))  # caches
        self.assertTrue(self.channel.webhook_token)  # read before it is counted
        with _Queries() as queries:
            self._tell(self._document(2))
        inserts = [query for query in queries if "INSERT" in query]
        self.assertEqual(len(inserts), 1, queries)
        self.assertFalse([query for query in queries if 'FROM "omni_' in query], queries)

    def test_wrong_signature(self):
        with mute_logger(WEBHOOK):
            response = self._tell(self._document(), signature="sha256=00")
        self.assertEqual(response.status_code, 403)
        self.assertFalse(self._events())
        self.channel.invalidate_recordset()
        self.assertTrue(self.channel.last_refused)

    def test_signature_is_over_the_bytes(self):
        body = json.dumps(self._document()).encode()
        digest = hmac.new(self.channel.secret.encode(), body, hashlib.sha256).hexdigest()
        with mute_logger(WEBHOOK):
            response = self._post(
                self.channel, body + b" ", headers={"X-Demo-Signature": f"sha256={digest}"}
            )
        self.assertEqual(response.status_code, 403)

    def test_guessing_is_bounded(self):
        with patch.object(webhook.guard, "limit", 3), mute_logger(WEBHOOK):
            codes = [
                self._tell(self._document(), signature="sha256=00").status_code for _n in range(5)
            ]
            self.assertEqual(codes, [403, 403, 403, 429, 429])
            # what is in order is heard all the same: many come from the address of one proxy
            self.assertEqual(self._tell(self._document()).status_code, 202)
            large = self._document(2, text="x" * (webhook.SMALL_BYTES + 1))
            self.assertEqual(self._tell(large).status_code, 429)
            # another channel is not concerned
            other = self._new_channel(name="Other")
            self.assertEqual(self._tell(self._document(), channel=other).status_code, 202)

    def test_unknown_token(self):
        self.assertEqual(self.url_open("/omni/webhook/nothing", data=b"{}").status_code, 404)

    def test_out_of_service(self):
        self.channel.is_enabled = False
        self.assertEqual(self._tell(self._document()).status_code, 404)
        self.channel.is_enabled = True
        self.assertEqual(self._tell(self._document()).status_code, 202)
        self.channel.active = False
        self.assertEqual(self._tell(self._document(2)).status_code, 404)

    def test_new_secret_counts_at_once(self):
        self.assertEqual(self._tell(self._document()).status_code, 202)
        old = self.channel.secret
        self.channel.secret = "another"
        digest = hmac.new(old.encode(), b"{}", hashlib.sha256).hexdigest()
        with mute_logger(WEBHOOK):
            response = self._tell(b"{}", signature=f"sha256={digest}")
        self.assertEqual(response.status_code, 403)

    def test_not_understood(self):
        for body in (b"", b"{", b"[]", b'{"id": 1}', b'"x"', b'{"id": "1"}', b"[" * 50_000):
            with self.subTest(body[:10]):
                self.assertEqual(self._tell(body).status_code, 400)
        self.assertFalse(self._events())

    def test_too_large(self):
        response = self._tell(b"x" * (webhook.MAX_BYTES + 1))
        self.assertEqual(response.status_code, 413)
        self.assertFalse(self._events())

    def test_not_stored_is_said(self):
        with (
            patch.object(type(self.env["omni.event"]), "_store_of", side_effect=OSError),
            mute_logger("odoo.http"),
        ):
            response = self._tell(self._document())
        self.assertEqual(response.status_code, 500)

    def test_handshake(self):
        def receive(provider, request):
            return (), WebhookReply(body=request.query["validationToken"])

        with (
            patch.object(DemoProvider, "verify", lambda provider, request: None),
            patch.object(DemoProvider, "receive", receive),
        ):
            response = self.url_open(
                f"/omni/webhook/{self.channel.webhook_token}?validationToken=a%20b%3Cc%3E"
            )
        self.assertEqual((response.status_code, response.text), (200, "a b<c>"))
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))

    def test_status(self):
        incoming = self._deliver()
        answer = self._answer(incoming)
        self._run_out()
        self._tell({"id": answer.external_id, "kind": "status", "state": "read"})
        self._run_in()
        self.assertEqual(answer.state, "read")


class _Queries:
    """Statements of requests while it is open."""

    def __enter__(self):
        from odoo.sql_db import Cursor

        self.queries = []
        original = Cursor.execute
        queries = self.queries

        def execute(cursor, query, params=None, log_exceptions=True):
            queries.append(str(getattr(query, "code", query)))
            return original(cursor, query, params, log_exceptions)

        self._patch = patch.object(Cursor, "execute", execute)
        self._patch.start()
        return self.queries

    def __exit__(self, *exc_info):
        self._patch.stop()
