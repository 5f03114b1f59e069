from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_duration

from odoo.addons.integration_base.transaction import scheduled

#: Points of the priority that people give.
MANUAL = {"1": 15, "2": 30, "3": 60}
#: Points per working hour of waiting, and at most for waiting.
PER_HOUR = 4
WAITING_MAX = 40
SLA_POINTS = {"soon": 25, "late": 50}
ORDER_POINTS = 5
LATE_ORDER_POINTS = 15
#: Tickets whose urgency is computed at once.
BATCH = 1000


class CrmTicket(models.Model):
    """How urgent a ticket is, and why."""

    _inherit = "crm.ticket"

    # === COMPUTE METHODS === #

    @api.depends("waiting_since", "team_id", "company_id")
    def _compute_waiting_hours(self):
        """Thousands at once: one look into each calendar for all of its tickets."""
        now = fields.Datetime.now()
        waiting = self.filtered(lambda ticket: ticket.waiting_since and ticket.waiting_since < now)
        (self - waiting).waiting_hours = 0
        for (calendar, company), tickets in waiting.grouped(
            lambda ticket: (ticket._ticket_calendar(), ticket.company_id)
        ).items():
            clock = calendar._ticket_clock(min(tickets.mapped("waiting_since")), now, company)
            for ticket in tickets:
                ticket.waiting_hours = clock.hours(ticket.waiting_since, now)

    @api.depends(
        "priority",
        "waiting_since",
        "state",
        "sla_state",
        "is_spam",
        "snoozed_until",
        "order_ids",
    )
    def _compute_priority_score(self):
        for ticket in self:
            score, reasons = ticket._priority()
            ticket.priority_score = score
            ticket.priority_reasons = reasons

    @api.depends("priority_reasons")
    @api.depends_context("lang")
    def _compute_priority_reason_text(self):
        for ticket in self:
            ticket.priority_reason_text = " · ".join(ticket._priority_reason_texts()) or False

    # === URGENCY === #

    def _priority(self):
        """Urgency of a ticket and its parts.

        :return: the score; the parts as they are kept, the weightiest first
        :rtype: tuple[int, list[dict]]
        """
        self.ensure_one()
        if self.state != "open" or self.is_spam or self.snoozed_until:
            return 0, []
        parts = sorted(self._priority_parts(), key=lambda part: -part[1])
        reasons = [
            {"code": code, "points": points, "params": params} for code, points, params in parts
        ]
        return sum(points for _code, points, _params in parts), reasons

    def _priority_parts(self):
        """What makes the ticket urgent. Addons append theirs to what ``super()`` gives, and say it
        in words in :meth:`_priority_reason_text`.

        :return: ``(code, points, params)``; params are plain values for the words
        :rtype: list[tuple[str, int, dict]]
        """
        self.ensure_one()
        parts = []
        if points := MANUAL.get(self.priority):
            parts.append(("manual", points, {"priority": self.priority}))
        # half an hour more or less is no other reason: rows do not change every few minutes
        hours = int(self.waiting_hours * 2) / 2
        if points := min(round(hours * PER_HOUR), WAITING_MAX):
            parts.append(("waiting", points, {"hours": hours}))
        if points := SLA_POINTS.get(self.sla_state):
            parts.append((f"sla_{self.sla_state}", points, {"kind": self.sla_kind}))
        # sudo: that the order is late matters, whoever looks
        orders = self.sudo().order_ids.filtered(lambda order: order._ticket_is_open())
        late = orders.filtered(lambda order: order._ticket_is_late())
        if late:
            parts.append(("late_order", LATE_ORDER_POINTS, {"orders": late.mapped("name")[:3]}))
        elif orders:
            parts.append(("order", ORDER_POINTS, {"orders": orders.mapped("name")[:3]}))
        return parts

    def _priority_reason_texts(self):
        """The reasons of the urgency in words, the weightiest first.

        :rtype: list[str]
        """
        self.ensure_one()
        reasons = self.priority_reasons or []
        texts = (self._priority_reason_text(reason["code"], reason["params"]) for reason in reasons)
        return [text for text in texts if text]

    def _priority_reason_text(self, code, params):
        """One reason in words; override for codes of other addons.

        :param str code: see :meth:`_priority_parts`
        :param dict params: what the part was given
        :return: False when the code is unknown: its addon is gone
        """
        if code == "manual":
            words = dict(self._fields["priority"]._description_selection(self.env))
            return self.env._("Priority: %(priority)s", priority=words[params["priority"]])
        if code == "waiting":
            return self.env._(
                "Waiting for %(hours)s working hours", hours=format_duration(params["hours"])
            )
        if code in ("sla_soon", "sla_late"):
            words = dict(self._fields["sla_kind"]._description_selection(self.env))
            kind = words.get(params["kind"], "")
            if code == "sla_late":
                return self.env._("Late: %(promise)s", promise=kind)
            return self.env._("Due soon: %(promise)s", promise=kind)
        orders = ", ".join(params.get("orders", ()))
        if code == "late_order":
            return self.env._("Order is late: %(orders)s", orders=orders)
        if code == "order":
            return self.env._("Open order: %(orders)s", orders=orders)
        return False

    # === TIME GOES BY === #

    @api.model
    def _domain_priority_moves(self):
        """Tickets whose urgency grows while nothing happens.

        :rtype: Domain
        """
        return (
            self._domain_open()
            & Domain("state", "=", "open")
            & Domain("snoozed_until", "=", False)
            & (
                Domain("waiting_since", "!=", False)
                | Domain("sla_deadline", "!=", False)
                | Domain("order_ids", "!=", False)
            )
        )

    def _refresh_priority(self):
        """Compute the urgency anew, and write it where it changed, without touching the date of the
        last change.

        :return: tickets with another urgency
        """
        self.flush_recordset(["priority_score", "priority_reasons"])
        changed = self.browse()
        self.invalidate_recordset(["waiting_hours"], flush=False)
        rows = []
        for ticket in self:
            score, reasons = ticket._priority()
            if score != ticket.priority_score or reasons != (ticket.priority_reasons or []):
                rows.append((ticket.id, score, Json(reasons)))
                changed += ticket
        if rows:
            self.env.execute_query(
                SQL(
                    "UPDATE crm_ticket"
                    " SET priority_score = new.score, priority_reasons = new.reasons"
                    " FROM (VALUES %s) AS new (id, score, reasons) WHERE crm_ticket.id = new.id"
                    " RETURNING crm_ticket.id",
                    SQL(", ").join(SQL("(%s, %s, %s::jsonb)", *row) for row in rows),
                )
            )
            changed.invalidate_recordset(["priority_score", "priority_reasons"], flush=False)
        return changed

    @api.model
    @scheduled
    def _cron_priority(self):
        """Waiting makes urgent."""
        domain = self._domain_priority_moves()
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(domain))
        last = 0
        while tickets := self.search(domain & Domain("id", ">", last), order="id", limit=BATCH):
            last = tickets[-1].id
            tickets.try_lock_for_update()._refresh_priority()
            if not cron._commit_progress(len(tickets)):
                break
            tickets.invalidate_recordset()
