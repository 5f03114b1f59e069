from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields

from .common import OmniFakeCase, fake_event

#: A Friday morning.
FRIDAY = datetime(2026, 1, 9, 9, 0)


class TestAlarm(OmniFakeCase):
    """Silence is missed by the rhythm of the channel; every trouble is told once, and ends by
    itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        calendar = cls.fake.company_id.resource_calendar_id
        calendar.tz = "Europe/Brussels"
        cls.fake.write({"quiet_hours": 8, "silence_hours": 0, "auth_failed_since": False})
        cls.fake._set_healthy()

    def _written(self, moment):
        self._store(fake_event(1), channel=self.fake).write({"received": moment, "state": "done"})

    def _quiet(self, moment):
        with freeze_time(moment):
            return bool(self.fake._quiet_findings())

    def test_the_night_and_the_weekend_are_no_silence(self):
        self._written(FRIDAY)
        self.assertFalse(self._quiet(FRIDAY + timedelta(hours=9)))
        self.assertFalse(self._quiet(datetime(2026, 1, 12, 7, 0)), "Monday at eight in Brussels")
        self.assertTrue(self._quiet(datetime(2026, 1, 12, 15, 0)))

    def test_rhythm_of_the_channel(self):
        """A chat that is there on Saturdays is missed on Saturday."""
        self._written(FRIDAY)
        saturday = datetime(2026, 1, 10, 16, 0)
        self.assertFalse(self._quiet(saturday))
        self.fake.quiet_calendar_id = self.env["resource.calendar"].create(
            {
                "name": "Always",
                "tz": "Europe/Brussels",
                "attendance_ids": [
                    fields.Command.create(
                        {"name": day, "dayofweek": day, "hour_from": 8, "hour_to": 20}
                    )
                    for day in "0123456"
                ],
            }
        )
        self.assertTrue(self._quiet(saturday))
        self.fake.quiet_hours = 0
        self.assertFalse(self._quiet(saturday))

    def test_nobody_has_ever_written(self):
        now = fields.Datetime.now()
        self.assertFalse(self._quiet(now))
        self.assertTrue(self._quiet(now + timedelta(days=30)))
        demo = self.channel
        with freeze_time(now + timedelta(days=30)):
            self.assertFalse(demo._quiet_findings(), "nobody has to")

    def test_who_is_only_told_is_not_silent_at_night(self):
        self.fake.silence_hours = 1
        with freeze_time(fields.Datetime.now() + timedelta(hours=3)):
            self.fake.invalidate_recordset(["is_silent"])
            self.assertTrue(self.fake.is_silent)
            with patch.object(type(self.fake._provider()), "has_sync", False):
                self.fake.invalidate_recordset(["is_silent", "has_sync"])
                self.assertFalse(self.fake.is_silent)
        self.fake.invalidate_recordset(["is_silent", "has_sync"])

    def _told(self):
        return self.env["mail.message"].search(
            [
                ("model", "=", "omni.channel"),
                ("res_id", "=", self.fake.id),
                ("message_type", "=", "user_notification"),
                ("notified_partner_ids", "in", self.user_admin.partner_id.ids),
            ]
        )

    def test_once_per_trouble(self):
        self.fake.quiet_hours = 0
        events = self._store(fake_event(1), fake_event(2), channel=self.fake)
        events[0].state = "dead"
        self.fake._watchdog_review()
        self.assertEqual(len(self.fake._watchdog_activities()), 1)
        self.assertEqual(len(self._told()), 1, "the activity comes with a mail")
        # more of the same
        events.state = "dead"
        self.fake._watchdog_review()
        self.fake._watchdog_review()
        self.assertEqual(len(self._told()), 1)
        self.assertIn("2 incoming", self.fake._watchdog_activities().note)
        # something else
        self.fake.auth_failed_since = FRIDAY
        self.fake._watchdog_review()
        self.fake._watchdog_review()
        self.assertEqual(len(self.fake._watchdog_activities()), 1)
        self.assertEqual(len(self._told()), 2)
        self.assertIn("refused", self._told()[0].body)
        # it is over
        self.fake.auth_failed_since = False
        events.state = "done"
        self.fake._watchdog_review()
        self.assertFalse(self.fake._watchdog_activities())

    def test_dead_letters_are_kept_long_and_not_for_ever(self):
        self.fake.write({"quiet_hours": 0, "retention_days": 10, "dead_retention_days": 100})
        [old, recent, done] = self._store(*map(fake_event, range(3)), channel=self.fake)
        now = fields.Datetime.now()
        old.write({"state": "dead", "received": now - timedelta(days=80)})
        recent.write({"state": "dead", "received": now - timedelta(days=20)})
        done.write({"state": "done", "received": now - timedelta(days=20)})
        [finding] = self.fake._dead_retention_findings()
        self.assertIn("1 events", finding)

        def run():
            with self._cron_env() as env:
                env["omni.event"]._cron_retention()

        run()
        self.assertEqual((old | recent | done).exists(), old | recent)
        with freeze_time(now + timedelta(days=21)):
            run()
        self.assertEqual((old | recent).exists(), recent)
        self.assertIn("1 events", self.fake.message_ids[0].body)
        self.fake.dead_retention_days = 0
        with freeze_time(now + timedelta(days=900)):
            self.assertFalse(self.fake._dead_retention_findings())
            run()
        self.assertTrue(recent.exists())
