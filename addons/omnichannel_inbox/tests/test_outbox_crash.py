from contextlib import contextmanager, suppress
from unittest.mock import patch

from psycopg2 import OperationalError

from odoo.addons.integration_base.exceptions import RejectedError

from ..models import omni_message_outbox as outbox
from ..providers.base import Sent
from .common import FakeProvider
from .common_outbox import OmniOutboxCase


class Killed(BaseException):
    """The process ends here: nothing of ours catches it."""


class TestOutboxCrash(OmniOutboxCase):
    """Killed between any two steps of sending: never twice, never lost, and said when not known.

    What the customer got is counted by the other side (`mailbox`), not by us.
    """

    #: Where the worker is killed, in the order of things.
    POINTS = (
        "before the message is marked",
        "before anything is sent",
        "after a draft was made",
        "after the draft was remembered",
        "after it was sent",
        "before the outcome is kept",
        "after the outcome is kept",
    )

    def setUp(self):
        super().setUp()
        self.mailbox = []
        self.drafts = {}
        self.point = None
        self.startPatcher(patch.object(outbox, "GRACE", 0))
        originals = {name: getattr(outbox, name) for name in ("_begin", "_finish")}

        def begin(*args):
            self._reach("before the message is marked")
            return originals["_begin"](*args)

        def finish(*args):
            self._reach("before the outcome is kept")
            res = originals["_finish"](*args)
            if self.point == "after the outcome is kept":
                # the transaction is committed, and then
                args[0].cr.commit()  # pylint: disable=invalid-commit
                self._reach("after the outcome is kept")
            return res

        self.startPatcher(patch.object(outbox, "_begin", begin))
        self.startPatcher(patch.object(outbox, "_finish", finish))

    def _reach(self, point):
        if self.point == point:
            self.point = None
            raise Killed(point)

    def _send_by_draft(self, message, remember):
        """As Graph does it: a draft with an id, which is sent at most once."""
        self._reach("before anything is sent")
        draft = message.progress.get("draft")
        if not draft:
            # one made by an attempt that could not say so is found by our own name
            draft = next((key for key, uuid in self.drafts.items() if uuid == message.uuid), None)
        if not draft:
            draft = f"draft-{len(self.drafts)}"
            self.drafts[draft] = message.uuid
        self._reach("after a draft was made")
        remember({"draft": draft})
        self._reach("after the draft was remembered")
        if message.uuid not in self.mailbox:
            self.mailbox.append(message.uuid)
        self._reach("after it was sent")
        return Sent(external_id=draft)

    def _send_blindly(self, message, remember):
        """Without any means to recognise a repetition."""
        self._reach("before anything is sent")
        self._reach("after a draft was made")
        remember({"seen": True})
        self._reach("after the draft was remembered")
        self.mailbox.append(message.uuid)
        self._reach("after it was sent")
        return Sent(external_id=f"sent-{message.uuid}")

    def _crash_at(self, point):
        self.point = point
        # not `assertRaises`, which takes back what was committed
        with suppress(Killed):
            self._run_out()
        self.env.invalidate_all()
        self.assertIsNone(self.point, "the point was never reached")

    def _crash_everywhere(self, send, check, expect):
        """Crash at every point, go on twice, and look at what came of it.

        :param expect: called with the point and the message
        """
        for point in self.POINTS:
            with self.subTest(point):
                self.mailbox.clear()
                self.drafts.clear()
                FakeProvider.reset()
                FakeProvider.outcomes = [send] * 10
                message = self._enqueue(conversation=self.conversation.copy())
                self._crash_at(point)
                FakeProvider.checks = [check] * 10
                self._run_out()
                self._run_out()
                expect(point, message)

    def test_idempotent_provider(self):
        self._set_idempotent(True)

        def expect(_point, message):
            self.assertEqual(message.state, "sent")
            self.assertEqual(self.mailbox, [message.uuid])
            self.assertLessEqual(len(self.drafts), 1)

        self._crash_everywhere(self._send_by_draft, None, expect)

    def test_provider_that_can_tell(self):
        def look(message, _remember):
            return Sent(external_id=message.uuid) if message.uuid in self.mailbox else None

        def expect(_point, message):
            self.assertEqual(message.state, "sent")
            self.assertEqual(self.mailbox, [message.uuid])

        self._crash_everywhere(self._send_blindly, look, expect)

    def test_provider_that_cannot_tell(self):
        certain = (self.POINTS[0], self.POINTS[-1])

        def expect(point, message):
            self.assertEqual(message.state, "sent" if point in certain else "uncertain")
            self.assertLessEqual(len(self.mailbox), 1)
            self.assertEqual(self.mailbox.count(message.uuid), len(self.mailbox))

        self._crash_everywhere(self._send_blindly, RejectedError("cannot tell"), expect)

    def test_living_worker_is_left_alone(self):
        """The lock is one of PostgreSQL, held by a connection of its own."""
        message = self._enqueue()
        with self.registry.cursor() as other:
            key = [outbox.LOCK_CLASS, message.id % 2**31]
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", key)
            with message._hold() as is_held:
                self.assertFalse(is_held)
        with message._hold() as is_held:
            self.assertTrue(is_held)

    def test_message_that_kills_every_worker_is_given_up(self):
        self._set_idempotent(True)
        message = self._enqueue()
        for _attempt in range(outbox.TRIES):
            FakeProvider.outcomes = [self._send_by_draft]
            if message.state == "failed":
                break
            self._crash_at("before anything is sent")
        self._run_out()
        self.assertEqual(message.state, "failed")
        self.assertFalse(self.mailbox)

    def _take_over(self, message):
        """Somebody else goes on with a message while it is being sent."""

        def taken_over(outbound, remember):
            with self.registry.cursor() as cr:
                cr.execute("UPDATE omni_message SET worker = 'x' WHERE id = %s", [message.id])
            remember({"draft": "d"})
            self.mailbox.append(outbound.uuid)
            return Sent()

        FakeProvider.outcomes = [taken_over]

    def test_superseded_worker_stops(self):
        message = self._enqueue()
        self._take_over(message)
        with self.assertLogs(outbox.__name__, "WARNING"):
            with self._cron_env() as env:
                env["omni.message"].browse(message.id)._send()
        self.assertFalse(self.mailbox)
        self.assertEqual(message.state, "sending")

    def test_worker_without_a_database_stops(self):
        """Its lock goes with the database, so somebody else goes on: that is no news."""
        message = self._enqueue()

        @contextmanager
        def hold(_message):
            try:
                yield True
            finally:
                raise OperationalError("server closed the connection unexpectedly")

        self._take_over(message)
        self.startPatcher(patch.object(type(message), "_hold", hold))
        with self.assertNoLogs(outbox.__name__, "WARNING"), self.assertRaises(OperationalError):
            with self._cron_env() as env:
                env["omni.message"].browse(message.id)._send()
        self.assertFalse(self.mailbox)


class TestOutboxLanguage(OmniOutboxCase):
    """What becomes of a message is written in the language of its company."""

    def test_of_the_company_and_not_of_the_scheduler(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        self.fake.company_id.partner_id.lang = "fr_BE"
        message = self._enqueue()
        message._set_sending("a worker who is no more")
        outbox._recover(self.env, message.id)
        self.assertEqual(message.state, "uncertain")
        french = self.env(context={"lang": "fr_BE"})._("The server stopped while sending.")
        self.assertNotEqual(french, "The server stopped while sending.")
        self.assertEqual(message.failure_reason, french)
