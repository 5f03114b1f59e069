from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, models

NIGHT_TZ = ZoneInfo("Europe/Brussels")
NIGHT_HOUR = time(4, 0)


def next_at_same_local_hour(nextcall: datetime, now: datetime) -> datetime:
    """Return the first instant after ``now`` on the wall-clock time of ``nextcall`` in Brussels.

    Adding 24 hours in UTC, as Odoo does, moves the night by an hour at each DST change.

    :param nextcall: naive UTC, the planned time that has passed
    :param now: naive UTC
    :return: naive UTC
    """
    local = nextcall.replace(tzinfo=timezone.utc).astimezone(NIGHT_TZ)
    day = max(local.date(), now.replace(tzinfo=timezone.utc).astimezone(NIGHT_TZ).date())
    while True:
        at = datetime.combine(day, local.time(), tzinfo=NIGHT_TZ).astimezone(timezone.utc)
        if at.replace(tzinfo=None) > now:
            return at.replace(tzinfo=None)
        day += timedelta(days=1)


def first_night(now: datetime) -> datetime:
    """Return the first 04:00 Europe/Brussels after ``now`` (both naive UTC)."""
    today = now.replace(tzinfo=timezone.utc).astimezone(NIGHT_TZ).date()
    four = datetime.combine(today - timedelta(days=1), NIGHT_HOUR, tzinfo=NIGHT_TZ)
    return next_at_same_local_hour(four.astimezone(timezone.utc).replace(tzinfo=None), now)


class IrCron(models.Model):
    _inherit = "ir.cron"

    def method_direct_trigger(self):
        """Override of `base`: «Run Manually» means a night, not only what happens to be queued."""
        if self == self.env.ref("sm_connector.ir_cron_night", raise_if_not_found=False):
            self.check_access("write")
            # sudo: who may run scheduled actions may also have this one find something to do
            for backend in self.env["sm.backend"].sudo().search([("active", "=", True)]):
                self.env["sm.run"].sudo()._queue(backend, trigger="manual")
        return super().method_direct_trigger()

    @api.model
    def _reschedule_later(self, job):
        """Override of `base` to keep the night at its hour in Brussels over DST changes."""
        result = super()._reschedule_later(job)
        night = self.env.ref("sm_connector.ir_cron_night", raise_if_not_found=False)
        now = self.env.cr.now().replace(microsecond=0)
        is_daily = job["interval_type"] == "days" and job["interval_number"] == 1
        if night and night.id == job["id"] and is_daily and job["nextcall"] <= now:
            self.env.cr.execute(
                "UPDATE ir_cron SET nextcall = %s WHERE id = %s",
                [next_at_same_local_hour(job["nextcall"], now), job["id"]],
            )
        return result
