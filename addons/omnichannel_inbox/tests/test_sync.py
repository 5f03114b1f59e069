from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tools import mute_logger

from odoo.addons.integration_base.exceptions import AuthError, RejectedError, RetryableError

from ..providers.base import Event, SyncPage
from .common import FakeProvider, OmniFakeCase, fake_event

SYNC = "odoo.addons.omnichannel_inbox.models.omni_channel_sync"


class TestSync(OmniFakeCase):
    """What is in the folders is the truth; hints only say where to look first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.inbox, cls.sent = cls.env["omni.folder"].create(
            [
                {"channel_id": cls.fake.id, "key": "inbox", "name": "Inbox", "role": "inbox"},
                {"channel_id": cls.fake.id, "key": "sent", "name": "Sent", "role": "sent"},
            ]
        )
        cls.channel.is_enabled = False

    def _reads(self):
        """Keys of the folders that were read, with the cursor."""
        return [(call[1][0], call[1][1]) for call in FakeProvider.calls if call[0] == "sync"]

    def test_events_and_cursor(self):
        FakeProvider.pages = [
            SyncPage((fake_event(1), fake_event(2)), "cursor-1", is_last=False),
            SyncPage((fake_event(2), fake_event(3)), "cursor-2"),
        ]
        self._run_sync()
        self.assertEqual(self._reads(), [("inbox", ""), ("sent", "")])
        self.assertEqual(self.inbox.cursor, "cursor-2")
        events = self.env["omni.event"].search([("channel_id", "=", self.fake.id)])
        self.assertEqual(len(events), 3)
        self.assertEqual(self.fake.health, "ok")
        self._run_in()
        self.assertEqual(set(events.mapped("state")), {"done"})
        # not due yet
        self._run_sync()
        self.assertEqual(len(self._reads()), 2)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=6)):
            self._run_sync()
        self.assertEqual(self._reads()[2:], [("inbox", "cursor-2"), ("sent", "cursor-2")])

    def test_dirty_first(self):
        now = fields.Datetime.now()
        self.inbox.last_sync = now - timedelta(minutes=20)
        self.sent.last_sync = now
        self.sent._mark_dirty()
        self._run_sync()
        self.assertEqual([key for key, _cursor in self._reads()], ["sent", "inbox"])
        self.assertFalse(self.sent.is_dirty)

    def test_hint_that_comes_while_reading(self):
        """What is told after the reading began is read again."""
        case = self

        class Telling:
            def __iter__(self):
                with case.registry.cursor() as cr:
                    case.env(cr=cr)["omni.folder"].browse(case.inbox.id)._mark_dirty()
                yield SyncPage((), "c")

        original = FakeProvider.sync
        self.addCleanup(setattr, FakeProvider, "sync", original)
        FakeProvider.sync = lambda self, folder, cursor, since: iter(Telling())
        self.sent.is_active = False
        self._run_sync()
        self.assertTrue(self.inbox.is_dirty)

    def test_broken_off(self):
        """Pages that came are kept; the rest is asked for from there."""
        FakeProvider.pages = [SyncPage((fake_event(1),), "cursor-1"), RetryableError("down")]
        self._run_sync()
        self.assertEqual(self.inbox.cursor, "cursor-1")
        self.assertTrue(self.inbox.is_dirty)
        self.assertGreater(self.fake.next_sync, fields.Datetime.now())
        self.assertEqual(self.fake.health, "error")
        # the other folder was left alone
        self.assertEqual(self._reads(), [("inbox", "")])
        FakeProvider.pages = []
        self._run_sync()
        self.assertEqual(len(self._reads()), 1)
        self.fake.with_user(self.user_admin).action_sync()
        self._run_sync()
        self.assertEqual(len(self._reads()), 3)
        self.assertFalse(self.fake.next_sync)
        self.assertEqual(self.fake.health, "ok")

    def test_long_history_lets_others_have_their_turn(self):
        FakeProvider.pages = [
            SyncPage((fake_event(1),), "cursor-1", is_last=False),
            SyncPage((fake_event(2),), "cursor-2", is_last=False),
            SyncPage((fake_event(3),), "cursor-3"),
        ]
        crons = type(self.env["ir.cron"])
        original = crons._commit_progress

        def no_time(self, *args, **kwargs):
            original(self, *args, **kwargs)
            return 0

        self.inbox.last_sync = fields.Datetime.now() - timedelta(days=1)
        self.sent.last_sync = fields.Datetime.now() - timedelta(hours=1)
        with patch.object(crons, "_commit_progress", no_time):
            self._run_sync()
            self.assertEqual((self.inbox.cursor, self.inbox.is_dirty), ("cursor-1", True))
            self.sent.is_dirty = True
            self._run_sync()
            self._run_sync()
        self.assertEqual(self._reads(), [("inbox", ""), ("sent", ""), ("inbox", "cursor-1")])

    def test_patience_is_honoured(self):
        FakeProvider.pages = [RetryableError("slow down", retry_after=1234)]
        now = fields.Datetime.now()
        self._run_sync()
        self.assertGreaterEqual(self.fake.next_sync, now + timedelta(seconds=1234))
        # that is no failure
        self.assertNotEqual(self.fake.health, "error")

    def test_folder_that_is_gone_keeps_no_other_waiting(self):
        def sync(provider, folder, cursor, since):
            if folder == "inbox":
                raise RejectedError("The folder was deleted.", code=404)
            yield SyncPage((), "c")

        original = FakeProvider.sync
        self.addCleanup(setattr, FakeProvider, "sync", original)
        FakeProvider.sync = sync
        self._run_sync()
        self.assertEqual(self.inbox.last_error, "The folder was deleted.")
        self.assertEqual(self.sent.cursor, "c")
        self.assertFalse(self.fake.next_sync)
        self.assertIn("The folder was deleted.", self.fake.activity_ids.note)

    def test_bug_of_a_provider(self):
        FakeProvider.pages = [ZeroDivisionError("oops")]
        with mute_logger(SYNC):
            self._run_sync()
        self.assertIn("ZeroDivisionError", self.inbox.last_error)

    def test_access_refused(self):
        FakeProvider.pages = [AuthError("The secret has expired.", code=401)]
        with self._notifications(self.user_admin) as shown:
            self._run_sync()
        self.assertEqual(len(shown), 1)
        self.assertTrue(self.fake.auth_failed_since)
        self.assertEqual(self.fake.health, "error")
        self.assertIn("refused", self.fake.activity_ids.note)
        FakeProvider.pages = []
        self.fake.action_test_connection()
        self.assertFalse(self.fake.auth_failed_since)
        self.assertFalse(self.fake.activity_ids)

    def test_lifecycle_looks_everywhere(self):
        self.env["omni.event"]._store(self.fake, [Event("lifecycle", "life:1", {})])
        self.inbox.last_sync = self.sent.last_sync = fields.Datetime.now()
        self._run_in()
        self.assertTrue(self.inbox.is_dirty and self.sent.is_dirty)

    def test_out_of_service(self):
        self.fake.is_enabled = False
        self._run_sync()
        self.assertFalse(self._reads())

    def test_oldest_pending_and_watchdog(self):
        [event] = self._store(fake_event(1), channel=self.fake)
        event.received = fields.Datetime.now() - timedelta(hours=9)
        self.fake.last_success = fields.Datetime.now()
        self.fake._watchdog_review()
        self.assertEqual(self.fake.oldest_pending, event.received)
        self.assertTrue(self.fake.activity_ids)
        self._run_in()
        self.fake._watchdog_review()
        self.assertFalse(self.fake.oldest_pending)
        self.assertFalse(self.fake.activity_ids)
