from odoo import fields, models

from .crm_ticket_sla import KINDS

RUNNING = ("running", "late")
UNFINISHED = ("running", "late", "paused")


class CrmTicketSlaStatus(models.Model):
    """One promise on one ticket, and how it went. Rows stay, as the history of the ticket."""

    _name = "crm.ticket.sla.status"
    _description = "Service Level of a Ticket"
    _order = "started, id"
    _rec_name = "sla_id"

    ticket_id = fields.Many2one("crm.ticket", required=True, index=True, ondelete="cascade")
    sla_id = fields.Many2one(
        "crm.ticket.sla", "Service Level", required=True, index=True, ondelete="restrict"
    )
    kind = fields.Selection(KINDS, "Promise", required=True)
    team_id = fields.Many2one(related="ticket_id.team_id", store=True)
    user_id = fields.Many2one(related="ticket_id.user_id", store=True)
    started = fields.Datetime(required=True)
    deadline = fields.Datetime(required=True)
    soon_date = fields.Datetime("Due Soon From", required=True)
    ended = fields.Datetime()
    remaining_hours = fields.Float(help="Working hours left while the clock stands still.")
    is_escalated = fields.Boolean("Leader Told")
    state = fields.Selection(
        [
            ("running", "Running"),
            ("late", "Late"),
            ("paused", "Paused"),
            ("reached", "Reached"),
            ("failed", "Failed"),
            ("cancelled", "Does not apply any more"),
        ],
        default="running",
        required=True,
        index=True,
    )

    _running_idx = models.Index("(deadline) WHERE state = 'running'")
    _late_idx = models.Index(
        "(ticket_id) WHERE state = 'late' AND NOT COALESCE(is_escalated, false)"
    )

    def _prepare_clock(self, sla, ticket, start, hours):
        """Return deadline and warning of a clock that has so many hours left.

        :rtype: dict
        """
        calendar, company = sla._calendar(ticket), ticket.company_id
        warn = max(hours - sla._soon(), 0)
        return {
            "deadline": calendar._ticket_deadline(start, hours, company),
            "soon_date": calendar._ticket_deadline(start, warn, company) if warn else start,
        }

    def _pause(self, now):
        """Stop the clocks; one that has run out is late for good.

        :param datetime now: naive, UTC
        """
        for status in self.filtered(lambda status: status.state == "running"):
            if status.deadline <= now:
                status.state = "late"
                continue
            ticket = status.ticket_id
            calendar = status.sla_id._calendar(ticket)
            clock = calendar._ticket_clock(now, status.deadline, ticket.company_id)
            status.write({"state": "paused", "remaining_hours": clock.hours(now, status.deadline)})

    def _resume(self, now):
        """Let the clocks go on with what they had left.

        :param datetime now: naive, UTC
        """
        for status in self.filtered(lambda status: status.state == "paused"):
            status.write(
                {
                    "state": "running",
                    **self._prepare_clock(
                        status.sla_id, status.ticket_id, now, status.remaining_hours
                    ),
                }
            )

    def _end(self, when):
        """The promise is kept, or broken: what counts is when it was done.

        :param datetime when: naive, UTC
        """
        for status in self.filtered(lambda status: status.state in UNFINISHED):
            kept = status.state == "paused" or when <= status.deadline
            status.write({"state": "reached" if kept else "failed", "ended": when})

    def _cancel(self, now):
        """The promise does not apply to the ticket any more."""
        self.filtered(lambda status: status.state in UNFINISHED).write(
            {"state": "cancelled", "ended": now}
        )
