import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from .. import waker


@tagged("post_install", "-at_install")
class TestWaker(BaseCase):
    """One word for many requests, none too early, none forgotten."""

    def setUp(self):
        super().setUp()
        self.told = []
        self.startPatcher(patch.object(waker.sql_db, "db_connect", self._connect))
        self.startPatcher(patch.object(waker, "_plans", {}))
        self.startPatcher(patch.object(waker, "PAUSE", 0.05))

    def _connect(self, name):
        case = self

        class Connection:
            @contextmanager
            def cursor(self):
                yield self

            def execute(self, query):
                case.told.append((name, time.monotonic(), query.params))

        return Connection()

    def _wait(self, what):
        """Until it is so, whatever else the machine has to do."""
        for _turn in range(1000):
            if what():
                return
            time.sleep(0.01)
        self.fail("It never came.")

    def _words(self):
        return [when for name, when, _params in self.told if name == "postgres"]

    def _is_quiet(self):
        return self._words() and not any(plan.moments for plan in waker._plans.values())

    def test_many_at_once(self):
        started = time.monotonic()
        for _request in range(500):
            waker.wake("db", cron_id=7)
        elapsed = time.monotonic() - started
        self._wait(self._is_quiet)
        # the first, one after the pause, and what the pauses of a slow machine add
        self.assertLessEqual(len(self._words()), 3 + elapsed / 0.05)
        triggers = [params for name, _when, params in self.told if name == "db"]
        self.assertTrue(triggers)
        self.assertTrue(all(params == [(7,)] for params in triggers), triggers)

    def test_tomorrow(self):
        """An answer that leaves tomorrow keeps no thread waiting until then."""
        waker.wake("db", delay=86_400)
        self.assertFalse(waker._plans)

    def test_later(self):
        started = time.monotonic()
        waker.wake("db", 0.2)
        waker.wake("db")
        self._wait(lambda: len(self._words()) == 2)
        self.assertGreaterEqual(self._words()[1] - started, 0.2)

    def test_each_database(self):
        waker.wake("one", cron_id=1)
        waker.wake("two", cron_id=2)
        self._wait(lambda: len(self._words()) == 2)
        self.assertEqual({name for name, _when, _params in self.told}, {"one", "two", "postgres"})

    def test_database_that_is_gone(self):
        with (
            patch.object(waker.sql_db, "db_connect", side_effect=OSError("gone")),
            patch.object(waker, "_logger") as logger,
        ):
            waker.wake("gone")
            self._wait(lambda: logger.info.called)
