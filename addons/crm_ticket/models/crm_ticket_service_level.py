import logging

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import get_lang

from odoo.addons.integration_base.transaction import scheduled

from .crm_ticket_sla_status import RUNNING, UNFINISHED

_logger = logging.getLogger(__name__)

#: Promises of which one at most runs on a ticket, unless another ticket was merged into it.
ANSWERS = ("first_answer", "next_answer")
#: Tickets escalated per commit.
BATCH = 50


class CrmTicket(models.Model):
    """Service levels of tickets: start, pause, end, and tell when time is over."""

    _inherit = "crm.ticket"

    sla_countdown = fields.Char("Time Left", compute="_compute_sla_countdown")

    # === COMPUTE METHODS === #

    @api.depends("sla_deadline")
    @api.depends_context("lang")
    def _compute_sla_countdown(self):
        """In words, by the clock on the wall: "in 3 hours", "2 days ago"."""
        now = fields.Datetime.now()
        locale = get_lang(self.env).code
        for ticket in self:
            ticket.sla_countdown = ticket.sla_deadline and format_timedelta(
                ticket.sla_deadline - now, add_direction=True, locale=locale
            )

    @api.depends("sla_status_ids.state", "sla_status_ids.deadline", "sla_status_ids.soon_date")
    def _compute_sla(self):
        """The service level that is due first; a clock that stands still is due some day."""
        now = fields.Datetime.now()
        for ticket in self:
            statuses = ticket.sla_status_ids
            due = statuses.filtered(lambda status: status.state in RUNNING).sorted("deadline")[:1]
            paused = statuses.filtered(lambda status: status.state == "paused")[:1]
            ticket.sla_kind = (due or paused).kind
            ticket.sla_deadline = due.deadline
            ticket.sla_soon_date = due.soon_date
            if due:
                late = due.state == "late" or due.deadline <= now
                ticket.sla_state = "late" if late else "soon" if due.soon_date <= now else "ok"
            else:
                ticket.sla_state = "paused" if paused else False

    # === CLOCKS === #

    def _sla_start(self, kind, when):
        """Start the clock of a promise on tickets where it applies and does not run already.

        :param str kind: ``first_answer``, ``next_answer`` or ``resolution``
        :param datetime when: naive, UTC
        """
        if not self:
            return
        slas = self.env["crm.ticket.sla"]._policies([kind], self.company_id)
        if not slas:
            return
        vals_list = []
        # sudo: rows are written by what happens to the ticket, not by people
        statuses_sudo = self.env["crm.ticket.sla.status"].sudo()
        for ticket in self:
            running = ticket.sla_status_ids.filtered(
                lambda status: status.kind == kind and status.state in UNFINISHED
            )
            sla = slas.filtered(lambda sla, ticket=ticket: sla._matches(ticket))[:1]
            if sla and not running:
                vals_list.append(ticket._prepare_sla_status_vals(sla, when))
        statuses = statuses_sudo.create(vals_list)
        statuses.filtered(lambda status: not status.ticket_id._clocks_run())._pause(when)

    def _prepare_sla_status_vals(self, sla, when):
        """Return the values of a promise that begins.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "ticket_id": self.id,
            "sla_id": sla.id,
            "kind": sla.kind,
            "started": when,
            **self.env["crm.ticket.sla.status"]._prepare_clock(sla, self, when, sla.hours),
        }

    def _sla_unfinished(self, kinds=None):
        """Promises still to be kept.

        :rtype: `crm.ticket.sla.status`
        """
        return self.sudo().sla_status_ids.filtered(
            lambda status: status.state in UNFINISHED and (not kinds or status.kind in kinds)
        )

    def _sla_end(self, kinds, when):
        self._sla_unfinished(kinds)._end(when)

    def _sla_pause(self, now):
        self._sla_unfinished()._pause(now)

    def _sla_resume(self, now):
        self._sla_unfinished()._resume(now)

    def _sla_match_again(self):
        """Team, category or priority changed: other promises may apply. They count from the same
        moment as those they replace: handing a ticket on gives no new time."""
        if not self:
            return
        now = fields.Datetime.now()
        kinds = ("first_answer", "next_answer", "resolution")
        slas = self.env["crm.ticket.sla"]._policies(kinds, self.company_id)
        for ticket in self.filtered(lambda ticket: ticket.state != "done"):
            for kind in kinds:
                current = ticket._sla_unfinished((kind,))
                sla = slas.filtered(
                    lambda sla, ticket=ticket, kind=kind: sla.kind == kind and sla._matches(ticket)
                )[:1]
                if current.sla_id == sla:
                    continue
                started = min(current.mapped("started"), default=None)
                if not started and (kind == "resolution" or not ticket._sla_unfinished(ANSWERS)):
                    started = ticket._sla_since(kind)
                current._cancel(now)
                if sla and started:
                    ticket._sla_start(kind, started)

    def _sla_since(self, kind):
        """Since when a promise of a kind would count.

        :return: naive, UTC; False when there is nothing to promise
        """
        self.ensure_one()
        if kind == "resolution":
            return self.create_date
        is_next = bool(self.first_answer_date)
        return self.waiting_since if is_next == (kind == "next_answer") else False

    # === TIME GOES BY === #

    @api.model
    @scheduled
    def _cron_sla(self):
        """Mark what became due soon or late, and tell team leaders."""
        self._sla_tick(fields.Datetime.now())._sla_changed()
        cron = self.env["ir.cron"]
        # sudo: crons run as superuser; a user may run it by hand
        statuses_sudo = self.env["crm.ticket.sla.status"].sudo()
        domain = (
            Domain("state", "=", "late")
            & Domain("is_escalated", "=", False)
            & Domain("sla_id.escalate", "=", True)
            & Domain("ticket_id.active", "=", True)
            & Domain("ticket_id.is_spam", "=", False)
            & Domain("ticket_id.state", "=", "open")
            & Domain("ticket_id.snoozed_until", "=", False)
        )
        cron._commit_progress(remaining=statuses_sudo.search_count(domain))
        while statuses := statuses_sudo.search(domain, limit=BATCH):
            statuses.is_escalated = True
            for status in statuses:
                try:
                    with self.env.cr.savepoint():
                        status.ticket_id._escalate(status)
                except UserError as error:
                    _logger.warning("Nobody was told about %s: %s", status.ticket_id, error)
            if not cron._commit_progress(len(statuses)):
                break

    @api.model
    def _sla_tick(self, now):
        """Bring the stored states up to date with the clock, set-based.

        :param datetime now: naive, UTC
        :return: tickets whose state changed
        """
        tickets, statuses = self.env["crm.ticket"], self.env["crm.ticket.sla.status"]
        tickets.flush_model(["sla_state", "sla_deadline", "sla_soon_date"])
        statuses.flush_model(["state", "deadline"])
        self.env.cr.execute(
            SQL(
                "UPDATE crm_ticket_sla_status SET state = 'late'"
                " WHERE state = 'running' AND deadline <= %s",
                now,
            )
        )
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_ticket
                   SET sla_state = CASE WHEN sla_deadline <= %(now)s THEN 'late' ELSE 'soon' END
                 WHERE id IN (
                        SELECT id
                          FROM crm_ticket
                         WHERE sla_deadline IS NOT NULL
                           AND (
                                sla_deadline <= %(now)s AND sla_state IN ('ok', 'soon')
                                OR sla_soon_date <= %(now)s AND sla_state = 'ok'
                           )
                           FOR NO KEY UPDATE SKIP LOCKED
                   )
             RETURNING id
                """,
                now=now,
            )
        )
        statuses.invalidate_model(["state"])
        tickets.invalidate_model(["sla_state"])
        return tickets.browse([ticket_id for [ticket_id] in rows])

    def _sla_changed(self):
        """Hook: time went by for these tickets. Their urgency is another one."""
        self._refresh_priority()

    def _escalate(self, status):
        """Give the team leader a task: a promise is broken.

        :param status: `crm.ticket.sla.status`
        """
        self.ensure_one()
        user = self._escalation_user()
        if not user:
            return
        ticket = self.with_context(lang=user.lang)
        kinds = dict(status._fields["kind"]._description_selection(ticket.env))
        ticket.activity_schedule(
            "crm_ticket.mail_activity_type_sla",
            user_id=user.id,
            summary=ticket.env._("Late: %(promise)s", promise=kinds[status.kind]),
        )

    def _escalation_user(self):
        """Who is told that a promise is broken: the team leader, else who has the ticket.

        :rtype: `res.users`
        """
        self.ensure_one()
        for user in (self.team_id.user_id, self.user_id):
            if user.active and user.has_group("crm_ticket.group_ticket_user"):
                return user
        return self.env["res.users"]
