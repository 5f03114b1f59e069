import json
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_base.exceptions import AuthError, RejectedError, RetryableError

from ..providers.base import Event
from ..providers.outlook.notifications import client_state, webhook_address
from ..providers.outlook.subscriptions import Subscription, Subscriptions
from .common_outlook import OutlookCase, OutlookHttpCase


@tagged("post_install", "-at_install")
class TestOutlookWatch(OutlookCase):
    """Subscriptions are made, renewed and ended; whatever goes wrong, mail is fetched."""

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("web.base.url", "http://127.0.0.1:8069")
        self.made = []

    def watch(self, ensure=None):
        """Run the scheduled action; the handshake needs a server, which other tests have."""

        def made(_subscriptions, folder, url, state, known=""):
            self.made.append((folder, url, state, known))
            expiry = fields.Datetime.now() + timedelta(minutes=10_000)
            return Subscription(f"sub-{folder}", expiry, 10_070)

        with (
            patch.object(Subscriptions, "ensure", ensure or made),
            self._cron_env() as env,
        ):
            env["omni.channel"]._cron_outlook_watch()

    def test_made_and_left_alone_until_half_of_it_is_over(self):
        self.watch()
        self.assertEqual({row[0] for row in self.made}, {"inbox", "sentitems"})
        inbox = self.box.folder_ids.filtered(lambda folder: folder.key == "inbox")
        self.assertEqual(inbox.outlook_subscription, "sub-inbox")
        self.assertEqual(self.box.outlook_ceiling, 10_070)
        self.assertTrue(self.box.expiry)
        self.watch()
        self.assertEqual(len(self.made), 2)
        inbox.outlook_subscription_expiry = fields.Datetime.now() + timedelta(days=3)
        self.watch()
        self.assertEqual(self.made[2][0::3], ("inbox", "sub-inbox"), "renewed")

    def test_proof_is_of_the_channel_and_the_folder(self):
        self.watch()
        proofs = {row[2] for row in self.made}
        self.assertEqual(len(proofs), 2)
        self.assertIn(client_state(self.box.secret, "inbox"), proofs)
        self.assertTrue(all(self.box.webhook_token in row[1] for row in self.made))

    def test_only_what_is_in_service(self):
        self.watch()
        self.box.action_disable()
        self.watch()
        self.assertFalse(any(self.box.folder_ids.mapped("outlook_subscription")))
        removed = [row for row in self.sim.faults.requests if row["method"] == "DELETE"]
        self.assertEqual(len(removed), 2)
        self.assertEqual(len(self.made), 2)

    def test_not_reachable_from_outside(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "http://odoo.local")
        self.watch()
        self.assertFalse(self.made)
        self.assertIn("https", self.box.folder_ids[0].outlook_subscription_error)
        self.assertNotEqual(self.box.health, "error", "mail is fetched all the same")

    def test_refused_by_outlook(self):
        def refuse(*_args):
            raise self.refusal

        self.refusal = RejectedError("The validation request failed.")
        with self.assertLogs("odoo.addons.omnichannel_inbox", "WARNING"):
            self.watch(refuse)
        self.assertIn("validation", self.box.folder_ids[0].outlook_subscription_error)
        self.assertFalse(self.box.auth_failed_since)
        self.refusal = RetryableError("later")
        self.watch(refuse)
        self.assertFalse(self.box.auth_failed_since)
        self.refusal = AuthError("no", code=401)
        self.watch(refuse)
        self.assertTrue(self.box.auth_failed_since)

    def lifecycle(self, word):
        self.watch()
        self.made.clear()
        self.box.folder_ids.is_dirty = False
        payload = {"lifecycleEvent": word, "subscriptionId": "sub-inbox"}
        self._store(Event("lifecycle", f"x{word}", payload), channel=self.box)._process()
        inbox = self.box.folder_ids.filtered(lambda folder: folder.key == "inbox")
        self.assertTrue(inbox.is_dirty, "something may have been missed")
        self.assertFalse((self.box.folder_ids - inbox).is_dirty)
        self.watch()
        return [row[0::3] for row in self.made]

    def test_removed(self):
        self.assertEqual(self.lifecycle("subscriptionRemoved"), [("inbox", "")])

    def test_to_be_authorised_anew(self):
        self.assertEqual(self.lifecycle("reauthorizationRequired"), [("inbox", "sub-inbox")])

    def test_missed(self):
        self.assertEqual(self.lifecycle("missed"), [])


@tagged("post_install", "-at_install")
class TestOutlookWebhook(OutlookHttpCase):
    """What Outlook asks of our webhook, over HTTP."""

    def post(self, folder="inbox", query="", **item):
        url = webhook_address(f"/omni/webhook/{self.box.webhook_token}", folder)
        value = {
            "subscriptionId": "s",
            "clientState": client_state(self.box.secret, "inbox"),
            "changeType": "created",
            "resourceData": {"id": "m"},
            **item,
        }
        body = json.dumps({"value": [value]}) if not query else "x"
        return self.url_open(url + query, data=body, headers={"Content-Type": "application/json"})

    def events(self):
        return self.env["omni.event"].search([("channel_id", "=", self.box.id)])

    def test_handshake(self):
        token = "Validation: Testing client application reachability <é&+>"
        answer = self.post(query="&" + urlencode({"validationToken": token}))
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.text, token)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))
        self.assertFalse(self.events())

    def test_told(self):
        self.box.folder_ids.is_dirty = False
        self.assertEqual(self.post().status_code, 202)
        self.assertEqual(self.post().status_code, 202)
        [event] = self.events()
        self.assertNotIn("clientState", event.payload)
        event._process()
        dirty = self.box.folder_ids.filtered("is_dirty")
        self.assertEqual(dirty.mapped("key"), ["inbox"])

    def test_refused(self):
        with self.assertLogs("odoo.addons.omnichannel_inbox", "WARNING"):
            for item in (
                {"clientState": "wrong"},
                {"clientState": None},
                {"folder": "sentitems"},
            ):
                with self.subTest(item):
                    self.assertEqual(self.post(**item).status_code, 403)
        self.assertFalse(self.events())
