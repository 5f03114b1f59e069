import random
import time
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tools import mute_logger

from odoo.addons.integration_base.exceptions import (
    AuthError,
    PayloadError,
    RejectedError,
    RetryableError,
)

from ..models import omni_event_process
from ..providers.base import Attachment, Event, Inbound
from .common import FakeProvider, OmniFakeCase, fake_event, fake_inbound

PROCESS = "odoo.addons.omnichannel_inbox.models.omni_event_process"


class TestEvent(OmniFakeCase):
    """What came in is stored once, processed in order, and never lost."""

    def _messages(self, channel=None):
        return self.env["omni.message"].search(
            [("channel_id", "=", (channel or self.fake).id)], order="sent, sequence, id"
        )

    def _store_fake(self, *events):
        return self._store(*events, channel=self.fake)

    # === STORING === #

    def test_stored_once(self):
        self.assertEqual(len(self._store_fake(fake_event(1), fake_event(1), fake_event(2))), 2)
        self.assertFalse(self._store_fake(fake_event(1)))

    def test_long_and_odd_keys(self):
        long = [Event("message", "x" * 300 + str(n), {"id": str(n)}) for n in range(2)]
        odd = Event("message", "a\0b", {"id": "\0", "text": "\ud800"}, conversation="\0c")
        events = self._store_fake(*long, odd)
        self.assertEqual(len(events), 3)
        self.assertTrue(all(len(event.dedupe_key) <= 255 for event in events))
        self.assertEqual(events[2]._event().payload, odd.payload)

    def test_somebody_was_quicker(self):
        """A panel at the desk and the scheduler take the same in at the same moment: whoever comes
        second begins anew. What is wrong for good stops nobody."""
        first, second = self._store_fake(fake_event(1), fake_event(2))
        models = type(self.env["omni.event"])
        apply_all, quicker = models._apply_all, iter([UniqueViolation()])

        def busy(events, channel, jobs):
            for error in quicker:
                raise error
            return apply_all(events, channel, jobs)

        with patch.object(type(self.env.cr), "rollback"):
            with patch.object(models, "_apply_all", busy):
                self._run_in()
            self.assertEqual(
                [(one.state, one.try_count) for one in first | second], [("done", 0)] * 2
            )
            [broken] = self._store_fake(fake_event(3))
            never = patch.object(models, "_apply_all", side_effect=UniqueViolation)
            with never, mute_logger(PROCESS):
                self._run_in()
        self.assertEqual((broken.state, broken.try_count), ("retry", 1))

    def test_folder_is_known_by_its_key(self):
        folder = self.env["omni.folder"].create(
            {"channel_id": self.fake.id, "key": "inbox", "name": "Inbox"}
        )
        hint = Event("hint", "hint:1", {}, folder="inbox")
        strange = Event("hint", "hint:2", {}, folder="elsewhere")
        events = self._store_fake(hint, strange)
        self.assertEqual(events.folder_id, folder)
        self._run_in()
        self.assertTrue(folder.is_dirty)
        self.assertEqual(events.mapped("state"), ["done", "done"])

    # === PROCESSING === #

    def test_processed(self):
        [event] = self._store_fake(fake_event(1, text="Where is my sofa?"))
        self._run_in()
        self.assertEqual((event.state, event.external_id), ("done", "1"))
        self.assertEqual(self._messages().external_id, "1")

    def test_shuffled_events_end_in_provider_order(self):
        moments = [datetime(2026, 1, 5, 9, 0, second) for second in range(10)]
        events = [
            Event("message", f"message:{n}", {"id": str(n)}, moment, conversation="c1")
            for n, moment in enumerate(moments)
        ]
        random.Random(7).shuffle(events)
        for event in events:
            self._store_fake(event)
        self._run_in()
        messages = self._messages()
        self.assertEqual(messages.mapped("external_id"), [str(n) for n in range(10)])
        self.assertEqual(messages.mapped("sent"), moments)

    def test_nothing_to_do(self):
        with patch.object(FakeProvider, "parse", return_value=[]):
            [event] = self._store_fake(fake_event(1))
            event._process()
        self.assertEqual(event.state, "ignored")

    def test_poison_is_tried_again_then_given_up_then_replayed(self):
        bad = fake_event(1, **{"raise": "boom", "conversation": "c1"})
        event, after, other = self._store_fake(
            bad, fake_event(2, conversation="c1"), fake_event(3, conversation="c2")
        )
        with mute_logger(PROCESS):
            self._run_in()
        self.assertEqual((event.state, event.try_count), ("retry", 1))
        self.assertEqual(event.failure_reason, "RuntimeError: boom")
        self.assertIn("Traceback", event.error)
        # of this conversation what follows waits; of others nothing does
        self.assertEqual((after.state, other.state), ("new", "done"))
        for _attempt in range(omni_event_process.TRIES_UNEXPECTED - 1):
            self.assertEqual(event.state, "retry")
            event.next_try = fields.Datetime.now()
            with mute_logger(PROCESS):
                self._run_in()
        self.assertEqual(event.state, "dead")
        self.assertEqual(self.fake.dead_count, 1)
        activity = self.fake.activity_ids
        self.assertEqual(activity.user_id, self.user_admin)
        self._run_in()
        self.assertEqual(after.state, "done")
        with self.assertRaises(AccessError):
            event.with_user(self.user_leader).action_replay()
        # repaired, and replayed
        event.with_user(self.user_admin).action_replay()
        self.assertEqual((event.state, event.try_count), ("new", 0))
        with patch.object(FakeProvider, "parse", lambda self, event: [fake_inbound("1")]):
            self._run_in()
        self.assertEqual(event.state, "done")
        self.assertFalse(event.failure_reason)
        self.fake._watchdog_review()
        self.assertFalse(self.fake.activity_ids)

    def test_replay_makes_nothing_twice(self):
        [event] = self._store_fake(fake_event(1))
        self._run_in()
        event.action_replay()
        self._run_in()
        self.assertEqual(event.state, "done")
        self.assertEqual(len(self._messages()), 1)

    def test_bad_one_among_many(self):
        """Found by halving: it takes none of the others with it."""
        events = self._store_fake(*(fake_event(number) for number in range(20)))
        conversations = type(self.env["omni.conversation"])
        original = conversations._ingest_batch
        sizes = []

        def ingest(self, channel, inbounds, left_alone=None):
            inbounds = list(inbounds)
            sizes.append(len(inbounds))
            if any(inbound.external_id == "13" for inbound in inbounds):
                raise ValueError("not 13")
            return original(self, channel, inbounds)

        with patch.object(conversations, "_ingest_batch", ingest), mute_logger(PROCESS):
            self._run_in()
        self.assertEqual(events.filtered(lambda event: event.state == "retry"), events[13])
        self.assertEqual(len(self._messages()), 19)
        self.assertLess(len(sizes), 15)

    def test_cause_groups_failures(self):
        def parse(provider, event):
            raise PayloadError(f"Message {event.payload['id']}f3a9 has no author")

        events = self._store_fake(fake_event(1), fake_event(2))
        with patch.object(FakeProvider, "parse", parse):
            self._run_in()
        self.assertEqual(set(events.mapped("cause")), {"Message … has no author"})
        self.assertEqual(set(events.mapped("failure_type")), {"payload"})

    def test_not_understood_is_given_up_sooner(self):
        [event] = self._store_fake(fake_event(1))
        with patch.object(FakeProvider, "parse", side_effect=PayloadError("what?")):
            for _attempt in range(omni_event_process.TRIES_PAYLOAD):
                event.next_try = False
                event._process()
        self.assertEqual(event.state, "dead")

    def test_patience_is_honoured(self):
        [event] = self._store_fake(fake_event(1))
        with patch.object(FakeProvider, "parse", side_effect=RetryableError("slow", 900)):
            event._process()
        self.assertGreaterEqual(event.next_try, fields.Datetime.now() + timedelta(seconds=890))
        self.assertFalse(self._due())
        with freeze_time(fields.Datetime.now() + timedelta(seconds=901)):
            self.assertEqual(self._due(), 1)

    def _due(self):
        return self.env["omni.event"]._queue_count("mail")

    def test_waiting_conversation_is_not_due(self):
        first, second = self._store_fake(
            fake_event(1, conversation="c1"), fake_event(2, conversation="c1")
        )
        first.write({"state": "retry", "next_try": fields.Datetime.now() + timedelta(minutes=5)})
        self.assertEqual(self._due(), 0)
        first.write({"state": "dead", "next_try": False})
        self.assertEqual(self._due(), 1)
        self._run_in()
        self.assertEqual(second.state, "done")

    def test_worker_killed_while_processing(self):
        """The next run takes the suspect alone, and gives it up in the end."""
        first, second = self._store_fake(fake_event(1), fake_event(2))
        first.is_started = True
        for _attempt in range(omni_event_process.TRIES_PAYLOAD - 1):
            events = self.env["omni.event"]
            with self._cron_env() as env:
                events = env["omni.event"]._take("mail")
                self.assertEqual(events.ids, first.ids)
        with self._cron_env() as env:
            env["omni.event"]._take("mail")
        self.assertEqual(first.state, "dead")
        self._run_in()
        self.assertEqual(second.state, "done")

    def test_dead_credential_stops_nothing_that_is_here(self):
        self.fake._set_auth_failed(AuthError("expired"))
        [event] = self._store_fake(fake_event(1))
        self._run_in()
        self.assertEqual(event.state, "done")
        # and it is still known that nobody can sign in
        self.assertTrue(self.fake.auth_failed_since)
        self.assertEqual(self.fake.health, "error")

    def test_channel_out_of_service_processes_what_is_here(self):
        [event] = self._store_fake(fake_event(1))
        self.fake.action_disable()
        self._run_in()
        self.assertEqual(event.state, "done")

    # === ATTACHMENTS === #

    def _with_file(self, fetch):
        inbound = fake_inbound(
            "1", attachments=(Attachment("photo.png", "image/png", external_id="a1"),)
        )
        return patch.multiple(
            FakeProvider, parse=lambda self, event: [inbound], fetch=fetch, create=True
        )

    def test_files_are_fetched(self):
        [event] = self._store_fake(fake_event(1))
        with self._with_file(lambda self, message, attachment: b"png"):
            self._run_in()
        self.assertEqual(event.state, "done")
        self.assertEqual(self._messages().attachment_ids.raw, b"png")

    def test_no_transaction_waits_for_files(self):
        """What others change while files are fetched is not in the way."""
        calls = []
        crons = type(self.env["ir.cron"])
        conversations = type(self.env["omni.conversation"])
        commit, ingest = crons._commit_progress, conversations._ingest_batch

        def fetch(provider, message, attachment):
            calls.append("fetch")
            return b"png"

        def committed(cron, *args, **kwargs):
            calls.append("commit")
            return commit(cron, *args, **kwargs)

        def ingested(model, *args):
            calls.append("ingest")
            return ingest(model, *args)

        self._store_fake(fake_event(1))
        with (
            self._with_file(fetch),
            patch.object(crons, "_commit_progress", committed),
            patch.object(conversations, "_ingest_batch", ingested),
        ):
            self._run_in()
        start = calls.index("fetch")
        self.assertEqual(calls[start : start + 3], ["fetch", "commit", "ingest"])

    def test_files_are_what_lies_within_them(self):
        """Outlook hands an entry of a calendar out as if it were a mail."""
        self._store_fake(fake_event(1))
        entry = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR"
        inbound = fake_inbound(
            "1", attachments=(Attachment("Delivery.eml", "message/rfc822", content=entry),)
        )
        with patch.object(FakeProvider, "parse", lambda self, event: [inbound]):
            self._run_in()
        self.assertEqual(self._messages().attachment_ids.name, "Delivery.ics")

    def test_text_is_shown_while_files_are_missing(self):
        def refuse(self, message, attachment):
            raise AuthError("expired")

        event, after = self._store_fake(
            fake_event(1, conversation="c1"), fake_event(2, conversation="c1")
        )
        with self._with_file(refuse):
            event._process()
        self.assertEqual(event.state, "retry")
        message = self._messages()
        self.assertEqual(message.external_id, "1")
        self.assertIn("photo.png", message.mail_message_id.body)
        self.assertTrue(self.fake.auth_failed_since)
        # others of the conversation do not wait for files
        self._run_in()
        self.assertEqual(after.state, "done")
        event.next_try = False
        with self._with_file(lambda self, message, attachment: b"png"):
            event._process()
        self.assertEqual(event.state, "done")
        self.assertEqual(message.attachment_ids.raw, b"png")
        self.assertNotIn("photo.png", message.mail_message_id.body)

    def test_file_that_is_gone(self):
        def gone(self, message, attachment):
            raise RejectedError("gone", code=404)

        [event] = self._store_fake(fake_event(1))
        with self._with_file(gone):
            self._run_in()
        self.assertEqual(event.state, "done")
        self.assertIn("photo.png", self._messages().mail_message_id.body)

    def test_big_files_are_not_all_in_memory(self):
        sizes = []
        conversations = type(self.env["omni.conversation"])

        def ingest(self, channel, inbounds, left_alone=None):
            sizes.append(len(list(inbounds)))
            return [self.env["omni.message"]] * sizes[-1]

        def parse(self, event):
            return [
                Inbound(
                    **{
                        **_as_dict(fake_inbound(event.payload["id"])),
                        "attachments": (Attachment("big", content=b"x" * 40),),
                    }
                )
            ]

        self._store_fake(*(fake_event(number) for number in range(6)))
        with (
            patch.object(omni_event_process, "BATCH_BYTES", 100),
            patch.object(FakeProvider, "parse", parse),
            patch.object(conversations, "_ingest_batch", ingest),
        ):
            self._run_in()
        self.assertEqual(sizes, [3, 3])

    def test_slow_files_end_a_batch(self):
        """What is left is taken by the next one, as if nothing had been."""
        first, second = self._store_fake(fake_event(1), fake_event(2))
        with patch.object(omni_event_process, "BATCH_SECONDS", 0):
            original = FakeProvider.parse

            def slowly(provider, event):
                time.sleep(0.01)
                return original(provider, event)

            with patch.object(FakeProvider, "parse", slowly), self._cron_env() as env:
                env["omni.event"]._queue_step("mail")
        states = first.state, second.state
        self.assertIn(states, [("done", "new"), ("new", "new")])
        self.assertFalse(second.is_started)
        self._run_in()
        self.assertEqual((first.state, second.state), ("done", "done"))

    # === RETENTION === #

    def test_retention(self):
        now = fields.Datetime.now()
        self.fake.retention_days = 10
        old, dead, young, hint = self._store_fake(
            fake_event(1), fake_event(2), fake_event(3), Event("hint", "hint:1", {})
        )
        (old | dead | young | hint).write({"state": "done"})
        dead.state = "dead"
        (old | dead).received = now - timedelta(days=11)
        (young | hint).received = now - timedelta(days=5)
        with self._cron_env() as env:
            env["omni.event"]._cron_retention()
        self.assertEqual((old | dead | young | hint).exists(), dead | young)

    def test_nothing_stops_the_scheduled_action(self):
        events = type(self.env["omni.event"])
        with (
            patch.object(events, "_queue_step", side_effect=ZeroDivisionError),
            self.assertLogs("odoo.addons.integration_base.transaction", "ERROR"),
        ):
            self._run_in()


def _as_dict(inbound):
    return {name: getattr(inbound, name) for name in inbound.__dataclass_fields__}
