from datetime import datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.sm_connector.models.ir_cron import first_night

from .common import SmCase

BRUSSELS = ZoneInfo("Europe/Brussels")
UTC = ZoneInfo("UTC")


def local(moment):
    """A naive UTC moment as Brussels clocks show it."""
    return moment.replace(tzinfo=UTC).astimezone(BRUSSELS)


def utc(*parts):
    """A moment in Brussels as naive UTC."""
    return datetime(*parts, tzinfo=BRUSSELS).astimezone(UTC).replace(tzinfo=None)


@tagged("post_install", "-at_install")
class TestCron(SmCase):
    """The scheduler itself, at frozen moments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cron = cls.env.ref("sm_connector.ir_cron_night")

    def wake(self, moment):
        """Let the scheduler look at the job at a moment (naive UTC); whether it ran."""
        self.env.invalidate_all()
        ir_cron = self.registry["ir.cron"]
        with (
            freeze_time(moment),
            patch.object(type(self.env.cr), "now", lambda cr: moment),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            job = ir_cron._acquire_one_job(cr, self.cron.id)
            if job:
                ir_cron._process_job(cr, job)
            cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()
        return bool(job)

    def runs(self):
        return self.env["sm.run"].search([("backend_id", "=", self.backend.id)])

    def test_first_night_after_the_installation(self):
        for now, night in (
            (utc(2026, 11, 2, 3, 59), utc(2026, 11, 2, 4)),
            (utc(2026, 11, 2, 4, 0), utc(2026, 11, 3, 4)),
            (utc(2026, 11, 2, 15, 0), utc(2026, 11, 3, 4)),
            (utc(2027, 3, 27, 15, 0), utc(2027, 3, 28, 4)),
            (utc(2027, 10, 30, 23, 0), utc(2027, 10, 31, 4)),
        ):
            self.assertEqual(first_night(now), night)

    def test_installed_for_four_o_clock(self):
        self.assertEqual(local(self.cron.nextcall).strftime("%H:%M"), "04:00")
        self.assertTrue(self.cron.active)

    def assert_kept_over(self, year, month, day, hour=4, minute=0):
        """Live five nights around a change of the clocks."""
        self.cron.nextcall = utc(year, month, day, hour, minute) - timedelta(days=2)
        self.cron.nextcall = utc(*(local(self.cron.nextcall).timetuple()[:3]), hour, minute)
        seen = []
        for _night in range(5):
            planned = self.cron.nextcall
            self.assertFalse(self.wake(planned - timedelta(minutes=1)))
            self.assertTrue(self.wake(planned + timedelta(seconds=20)))
            seen.append(local(planned))
        self.assertEqual({at.strftime("%H:%M") for at in seen}, {f"{hour:02d}:{minute:02d}"})
        days = [at.date() for at in seen]
        self.assertEqual([two - one for one, two in zip(days, days[1:], strict=False)],
                         [timedelta(days=1)] * 4)  # fmt: skip
        self.assertEqual(len({at.utcoffset() for at in seen}), 2, "The clocks did change.")
        self.assertEqual(len(self.runs()), 5)

    def test_kept_over_the_spring_change(self):
        self.assert_kept_over(2027, 3, 28)

    def test_kept_over_the_autumn_change(self):
        self.assert_kept_over(2027, 10, 31)

    def test_hour_changed_by_the_administrator_is_kept(self):
        self.assert_kept_over(2027, 3, 28, 22, 30)

    def test_hour_changed_by_the_administrator_is_kept_in_autumn(self):
        self.assert_kept_over(2027, 10, 31, 0, 15)

    def test_a_server_that_was_down(self):
        """Off for three days: one night, at once, and then four o'clock again."""
        self.cron.nextcall = utc(2026, 11, 2, 4)
        self.assertTrue(self.wake(utc(2026, 11, 5, 11, 23)))
        self.assertEqual(len(self.runs()), 1)
        self.assertEqual(self.cron.nextcall, utc(2026, 11, 6, 4))

    def test_a_server_that_was_down_over_the_change(self):
        self.cron.nextcall = utc(2027, 3, 27, 4)
        self.assertTrue(self.wake(utc(2027, 3, 28, 1, 30)))
        self.assertEqual(self.cron.nextcall, utc(2027, 3, 28, 4))

    def test_a_night_that_lasts_until_after_the_next_one(self):
        """However late the job ends, it is planned for a time to come."""
        self.cron.nextcall = utc(2026, 11, 2, 4)
        self.wake(utc(2026, 11, 3, 4, 5))
        self.assertEqual(self.cron.nextcall, utc(2026, 11, 4, 4))

    def test_the_button_does_not_move_the_night(self):
        self.cron.nextcall = night = utc(2026, 11, 3, 4)
        at = utc(2026, 11, 2, 15, 20)
        with freeze_time(at):
            run, _new = self.env["sm.run"]._queue(self.backend, "manual")
            self.cron._trigger()
        self.assertTrue(self.wake(at + timedelta(seconds=2)))
        self.assertNotIn(run.state, ("queued", "running"))
        self.assertEqual(self.runs(), run)
        self.assertEqual(self.cron.nextcall, night)
        self.assertTrue(self.wake(night))
        self.assertEqual(len(self.runs()), 2)
        self.assertEqual(self.runs()[0].trigger, "cron")

    def test_the_night_serves_a_button_pressed_before_it(self):
        """Pressed while the server was down, found at night: one run, not two."""
        self.cron.nextcall = utc(2026, 11, 3, 4)
        run, _new = self.env["sm.run"]._queue(self.backend, "manual")
        self.assertTrue(self.wake(utc(2026, 11, 3, 4, 1)))
        self.assertEqual(self.runs(), run)
        self.assertEqual(self.cron.nextcall, utc(2026, 11, 4, 4))

    def test_run_by_hand_from_the_list_of_jobs(self):
        """«Run manually» on the scheduled action does what its name says."""
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.assertEqual(len(self.runs()), 1)

    def test_woken_for_nothing(self):
        """A trigger that is left over makes no run of its own."""
        self.cron.nextcall = utc(2026, 11, 3, 4)
        with freeze_time(utc(2026, 11, 2, 12)):
            self.cron._trigger()
        self.assertTrue(self.wake(utc(2026, 11, 2, 12, 1)))
        self.assertFalse(self.runs())

    def test_a_failing_night_does_not_switch_the_job_off(self):
        """Odoo deactivates a job that raises five times in a week; ours never raises."""
        self.backend.drop_folder = "/nowhere/at/all"
        self.cron.nextcall = utc(2026, 11, 2, 4)
        for _night in range(10):
            self.assertTrue(self.wake(self.cron.nextcall + timedelta(seconds=5)))
        self.assertTrue(self.cron.active)
        self.assertEqual(self.cron.failure_count, 0)
        self.assertEqual(set(self.runs().mapped("state")), {"failed"})
        self.assertEqual(self.backend.health, "error")
        self.assertIn("/nowhere/at/all", self.runs()[0].line_ids[0].message)
        self.assertTrue(self.backend.last_error)

    def test_an_archived_master_is_left_alone(self):
        self.backend.active = False
        self.cron.nextcall = utc(2026, 11, 2, 4)
        self.wake(utc(2026, 11, 2, 4, 1))
        self.assertFalse(self.runs())

    def test_a_night_in_slices(self):
        """The scheduler comes back until the night is over, and plans the next one once."""
        self.drop_rows("contact", *({"Code": str(n), "Nom": f"N{n}"} for n in range(40)))
        self.cron.nextcall = utc(2026, 11, 2, 4)
        commit = self.registry["ir.cron"]._commit_progress

        def no_time_left(cron, *args, **kwargs):
            commit(cron, *args, **kwargs)
            return 0

        at = utc(2026, 11, 2, 4, 1)
        woken = 0
        with (
            patch.object(self.registry["ir.cron"], "_commit_progress", no_time_left),
            patch.dict("odoo.addons.sm_connector.pipeline.apply.BATCH", {"contact": 1}),
        ):
            while self.wake(at):
                woken += 1
                self.assertLess(woken, 80)
                at += timedelta(seconds=61)
        run = self.runs()
        self.assertEqual(len(run), 1)
        self.assertNotIn(run.state, ("queued", "running"))
        self.assertEqual(self.lines(run)["contact"].created, 40)
        self.assertEqual(self.cron.nextcall, utc(2026, 11, 3, 4))
        self.assertFalse(self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)]))
