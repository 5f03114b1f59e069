import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers import iadvize_panel, webhook
from ..providers.base import Event
from ..signature import hmac_sha256
from ..tests_pure.hostile import nested, places, put, without
from .common import OmniHttpCase
from .common_panel import PanelCase

CONTROLLER = "odoo.addons.omnichannel_inbox.controllers.webhook"
PROCESS = "odoo.addons.omnichannel_inbox.models.omni_event_process"
SECRET = "of the other side"
PAGE = "4242"
WHEN = "2026-11-22T10:15:30.171Z"
#: By provider: what it tells, each of another kind.
DEMO = {
    "id": "d1",
    "conversation": "c1",
    "author": {"id": "jan@tafel.be", "name": "Jan", "email": "jan@tafel.be"},
    "text": "Hello",
    "html": "<p>Hello</p>",
    "subject": "A question",
    "sent": WHEN,
    "attachments": [{"name": "plan.png", "content_type": "image/png", "content": "UE5H"}],
}
IADVIZE = (
    {
        "eventId": "e1",
        "eventType": "satisfaction.answered",
        "projectId": 1549,
        "conversationId": "c1",
        "createdAt": WHEN,
        "customerSatisfaction": 4,
        "satisfactionComment": "Well done",
    },
    {
        "eventId": "e2",
        "eventType": "transaction.attributed",
        "conversationId": "c1",
        "createdAt": WHEN,
        "externalId": "S00042",
        "amount": 12.5,
    },
)
_ENDS = {"sender": {"id": "4711"}, "recipient": {"id": PAGE}, "timestamp": 1795343730171}
MESSENGER = (
    {
        **_ENDS,
        "message": {
            "mid": "m1",
            "text": "Hello",
            "reply_to": {"mid": "m0"},
            "attachments": [{"type": "fallback", "payload": {"title": "A", "url": "https://a.be"}}],
            "referral": {"ref": "S00042", "source": "ADS", "ads_context_data": {"ad_title": "Ad"}},
        },
    },
    {**_ENDS, "reaction": {"mid": "m1", "action": "react", "emoji": "❤", "reaction": "love"}},
    {**_ENDS, "message_edit": {"mid": "m1", "text": "Hello!", "num_edit": 1}},
    {**_ENDS, "postback": {"mid": "p1", "title": "Yes", "payload": "YES"}},
    {**_ENDS, "read": {"watermark": 1795343730171}},
    {**_ENDS, "pass_thread_control": {"new_owner_app_id": 1, "previous_owner_app_id": 2}},
)
TRANSCRIPT = {
    "conversation": {
        "id": "c1",
        "channel": "CHAT",
        "createdAt": WHEN,
        "closedAt": WHEN,
        "language": "fr",
        "visitor": {
            "visitorId": "v1",
            "externalUserId": "C1",
            "firstName": "Claire",
            "lastName": "Petit",
            "email": "claire@example.org",
            "phoneNumber": "+3225550100",
        },
        "users": [{"id": 7, "displayName": "Sophie", "email": "sophie@shop.example"}],
        "tags": [{"name": "delivery"}],
        "satisfactionSurvey": {"customerSatisfaction": 4, "comment": "Well done"},
        "conversions": [{"externalId": "S00042", "amount": 12.5}],
        "messages": [
            {"id": "m1", "createdAt": WHEN, "author": {"__typename": "Visitor"}, "text": "Hello"},
            {"createdAt": WHEN, "author": {"__typename": "Operator", "id": 7}, "title": "Oslo"},
        ],
    },
    "custom": {"customData": [{"key": "orderNumber", "stringValue": "S00042"}]},
}
#: The worst of it: every place of every document is a request here. The rest needs no database.
HARD = (
    "null", "true", "-1.5", "1e999", "9" * 400, '"\\u0000"', '"a\\u0000b"', '"\\ud800"',
    '"0001-01-01T00:00:00+14:00"', '"http://[::1"', json.dumps("é" * 5000), "[]",
    '["a", 1, null, {"b": []}]', '{"id": "\\ud800"}', nested(30), nested(400),
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestHostileWebhooks(OmniHttpCase):
    """What is signed, and makes no sense: over HTTP, stored, and processed to its end."""

    def setUp(self):
        super().setUp()
        webhook.guard.reset()
        self.addCleanup(webhook.guard.reset)
        self.channel.secret = SECRET
        self.desk = self._new_channel(
            "iadvize",
            secret=SECRET,
            iadvize_user="api@shop.example",
            iadvize_password="x",
            iadvize_url="http://127.0.0.1:9",
            iadvize_order_keys="orderNumber",
        )
        self.page = self._new_channel(
            "messenger",
            messenger_page_id=PAGE,
            messenger_page_token="x",
            messenger_app_id="1",
            messenger_app_secret=SECRET,
            messenger_api_url="http://127.0.0.1:9",
        )

    def _tell(self, channel, body):
        names = {"demo": "X-Demo-Signature", "messenger": "X-Hub-Signature-256"}
        name = names.get(channel.provider, "X-Iadvize-Signature")
        headers = {name: f"sha256={hmac_sha256(SECRET, body)}"}
        return self._post(channel, body, headers=headers).status_code

    def _tell_all(self, channel, sample, wrap=lambda body: body):
        """Something else in every place of a document."""
        bodies = {put(sample, path, junk) for path in places(sample) for junk in HARD}
        bodies |= {without(sample, path) for path in places(sample) if path}
        with mute_logger(CONTROLLER):
            for body in sorted(bodies):
                # whoever errs all the time has to wait; here is none who errs by himself
                webhook.guard.reset()
                self.assertIn(self._tell(channel, wrap(body)), (200, 202, 400), body[:500])

    def _work_off(self, channel):
        """Process until nothing waits any more. Nobody is asked to look at the log."""
        events = self.env["omni.event"].search([("channel_id", "=", channel.id)])
        self.assertTrue(events)
        with self.assertNoLogs(PROCESS, "ERROR"):
            # those of one conversation wait for each other
            for _attempt in range(400):
                self._run_in(channel._queue_kind())
                waiting = events.filtered(lambda event: event.state in ("new", "retry"))
                if not waiting:
                    break
                waiting.next_try = False
                self.env.flush_all()
        for event in events:
            self.assertIn(event.state, ("done", "ignored", "dead"), event.payload)
            if event.state == "dead":
                self.assertTrue(event.cause and event.failure_reason and event.failure_type)
        return events

    def test_demo(self):
        self._tell_all(self.channel, DEMO)
        self.assertEqual(self._tell(self.channel, json.dumps({**DEMO, "id": "good"}).encode()), 202)
        events = self._work_off(self.channel)
        good = events.filtered(lambda event: event.dedupe_key == "message:good")
        self.assertEqual(good.state, "done")

    def test_messenger(self):
        for number, sample in enumerate(MESSENGER):
            head = (
                b'{"object": "page", "entry": [{"id": "4242", "time": %d, "messaging": [' % number
            )
            self._tell_all(self.page, sample, lambda body, head=head: head + body + b"]}]}")
        events = self._work_off(self.page)
        self.assertIn("done", events.mapped("state"))

    def test_iadvize(self):
        for sample in IADVIZE:
            self._tell_all(self.desk, sample)
        self._work_off(self.desk)

    def test_conversations_of_iadvize(self):
        """What is read is not told, but no less strange."""
        events = []
        for path in places(TRANSCRIPT):
            for junk in HARD:
                payload = json.loads(put(TRANSCRIPT, path, junk))
                key = f"transcript:c1:{len(events)}"
                events.append(Event("message", key, payload, conversation=f"c{len(events)}"))
        self.env["omni.event"]._store(self.desk, events)
        stored = self._work_off(self.desk)
        self.assertEqual(len(stored), len(events))
        self.assertGreater(len(stored.filtered(lambda event: event.state == "done")), 200)

    def test_of_another_channel(self):
        """What is signed for one channel is nothing for another, and what is old comes once."""
        body = json.dumps(DEMO).encode()
        other = self._new_channel(name="Other", secret="another")
        self.assertEqual(self._tell(self.channel, body), 202)
        with mute_logger(CONTROLLER):
            self.assertEqual(self._tell(other, body), 403)
        entry = {"id": "9999", "time": 1, "messaging": [MESSENGER[0]]}
        told = json.dumps({"object": "page", "entry": [entry]}).encode()
        self.assertEqual(self._tell(self.page, told), 200)
        for _again in range(3):
            self.assertEqual(self._tell(self.channel, body), 202)
        self._run_in()
        self._run_in("chat")
        counts = {
            channel: self.env["omni.message"].search_count([("channel_id", "=", channel.id)])
            for channel in (self.channel, other, self.page)
        }
        self.assertEqual(list(counts.values()), [1, 0, 0])

    def test_too_large(self):
        for channel in (self.channel, self.desk, self.page):
            self.assertEqual(self._tell(channel, b"x" * (webhook.MAX_BYTES + 1)), 413)


@tagged("post_install", "-at_install")
class TestHostilePanel(PanelCase):
    """Whoever may ask the panel, and asks for nonsense."""

    def test_something_else_in_every_place(self):
        self._chat(self.customer, "strong")
        names = ("conversation", "etag", "id", "join", "key", "kind", "language", "partner",
                 "term", "text", "ticket", "token")  # fmt: skip
        sample = {name: "1" for name in names}
        sample |= {"conversation": "4c8c7408-6d1c-4b2b-9d9e-0d8e6c1a0001", "language": "fr"}
        for action in sorted(iadvize_panel.ACTIONS):
            for name in ("", *names):
                for junk in HARD[::2]:
                    iadvize_panel.pace.reset()
                    body = put(sample, (name,) if name else (), junk)
                    response = self._request(action, body=body)
                    self.assertIn(
                        response.status_code, (200, 400, 403, 413), f"{action} {body[:300]}"
                    )
