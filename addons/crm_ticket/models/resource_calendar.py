from datetime import timedelta

from pytz import utc

from odoo import models

from ..tools.work_clock import WorkClock


class ResourceCalendar(models.Model):
    """Working time of tickets. No calendar (an empty recordset) means day and night."""

    _inherit = "resource.calendar"

    def _ticket_deadline(self, start, hours, company):
        """When so many working hours have gone by.

        :param datetime start: naive, UTC
        :param float hours: working hours
        :param company: whose public holidays count
        :return: naive, UTC
        :rtype: datetime
        """
        if not self:
            return start + timedelta(hours=hours)
        domain = self._ticket_leave_domain(company)
        deadline = self.plan_hours(hours, start, compute_leaves=True, domain=domain)
        # a calendar in which nobody ever works must not make a promise without an end
        return deadline or start + timedelta(hours=hours)

    def _ticket_clock(self, start, end, company):
        """What measures working time between any two moments of a period.

        :param datetime start: naive, UTC
        :param datetime end: naive, UTC
        :param company: whose public holidays count
        :rtype: WorkClock
        """
        if not self:
            return WorkClock()
        intervals = self._work_intervals_batch(
            utc.localize(start), utc.localize(end), domain=self._ticket_leave_domain(company)
        )[False]
        return WorkClock(
            [
                (
                    begin.astimezone(utc).replace(tzinfo=None),
                    stop.astimezone(utc).replace(tzinfo=None),
                )
                for begin, stop, _attendance in intervals
            ]
        )

    def _ticket_leave_domain(self, company):
        """Public holidays of one company: those of another one do not stop our clocks."""
        return [("time_type", "=", "leave"), ("company_id", "in", (False, company.id))]
