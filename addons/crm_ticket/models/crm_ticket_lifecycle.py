from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.integration_base.transaction import scheduled

#: Tickets woken, or told about, per commit of a cron.
BATCH = 100


class CrmTicket(models.Model):
    """Whose turn it is: what the customer does, what we do, and what follows from it."""

    _inherit = "crm.ticket"

    # === WHAT FOLLOWS FROM A CHANGE === #

    @api.model
    def _watched_fields(self):
        """Fields whose change has consequences beyond themselves."""
        return {
            "stage_id",
            "snoozed_until",
            "is_spam",
            "active",
            "team_id",
            "category_id",
            "priority",
            "user_id",
        }

    def _situation(self):
        """What :meth:`_after_change` compares."""
        self.ensure_one()
        return {
            "state": self.state,
            "runs": self._clocks_run(),
            "policy": (self.team_id, self.category_id, self.priority),
        }

    def _clocks_run(self):
        """Whether it is our turn."""
        self.ensure_one()
        return bool(
            self.active and self.state == "open" and not self.is_spam and not self.snoozed_until
        )

    def _after_change(self, before):
        """Stop, start and end the clocks of tickets that changed.

        :param dict before: by ticket, its :meth:`_situation` before
        """
        now = fields.Datetime.now()
        after = {ticket: ticket._situation() for ticket in self}

        def changed(test):
            return self.filtered(lambda ticket: test(before[ticket], after[ticket]))

        closed = changed(lambda old, new: old["state"] != "done" == new["state"])
        if closed:
            closed._write_quietly(
                {
                    "closed_date": now,
                    "waiting_since": False,
                    "snoozed_until": False,
                    "snoozed_by_id": False,
                }
            )
            closed._sla_end(("first_answer", "next_answer", "resolution"), now)
        reopened = changed(lambda old, new: old["state"] == "done" != new["state"])
        if reopened:
            reopened._write_quietly({"closed_date": False})
            reopened._sla_start("resolution", now)
        changed(lambda old, new: old["runs"] and not new["runs"])._sla_pause(now)
        changed(lambda old, new: new["runs"] and not old["runs"])._sla_resume(now)
        changed(lambda old, new: old["policy"] != new["policy"])._sla_match_again()

    # === WHAT THE CUSTOMER DOES === #

    def _customer_wrote(self, when, automatic=False):
        """Note that the customer wrote.

        :param datetime when: when he did, by the clock of the channel; naive, UTC
        :param bool automatic: an out-of-office notice and such: nobody waits for an answer to it
        :return: the ticket his message belongs to: this one, the one it was merged into, or, long
            after it was closed, one that follows up on it
        :rtype: `crm.ticket`
        """
        self.ensure_one()
        ticket = self._final()
        if automatic:
            return ticket
        if ticket.state == "done" and not ticket.is_spam:
            days = ticket.team_id.ticket_reopen_days if ticket.team_id else 14
            if ticket.closed_date and when > ticket.closed_date + timedelta(days=days):
                return ticket._follow_up()._customer_wrote(when)
        vals = {}
        if not ticket.last_customer_date or when > ticket.last_customer_date:
            vals["last_customer_date"] = when
        if not ticket.first_customer_date or when < ticket.first_customer_date:
            vals["first_customer_date"] = when
        if ticket.is_spam:
            ticket.write(vals)
            return ticket
        # a message that comes in late, from before our last answer, is answered
        unanswered = not ticket.last_answer_date or when > ticket.last_answer_date
        if unanswered and (not ticket.waiting_since or when < ticket.waiting_since):
            vals["waiting_since"] = when
        if ticket.state != "open":
            vals["stage_id"] = ticket._stage_for("open").id
        if ticket.snoozed_until:
            vals.update(snoozed_until=False, snoozed_by_id=False)
        ticket.write(vals)
        if "waiting_since" in vals:
            ticket._sla_start("next_answer" if ticket.first_answer_date else "first_answer", when)
        return ticket

    def _follow_up(self):
        """The ticket that follows up on a closed one; made when there is none.

        :rtype: `crm.ticket`
        """
        self.ensure_one()
        follow_ups = self.with_context(active_test=False).search(
            Domain("parent_id", "=", self.id)
            & (Domain("active", "=", True) | Domain("merged_into_id", "!=", False)),
            order="id DESC",
        )
        for follow_up in follow_ups:
            ticket = follow_up._final()
            # open, or newer: merges can lead back to where one came from
            if ticket.active and (ticket.state != "done" or ticket.id > self.id):
                return ticket.with_env(self.env)
        return self.create(self._prepare_follow_up_vals())

    def _prepare_follow_up_vals(self):
        """Return what a follow-up takes over.

        :rtype: dict
        """
        self.ensure_one()
        user = self.user_id if self.user_id.active else self.env["res.users"]
        return {
            "name": self.name,
            "parent_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "partner_name": self.partner_name,
            "email_from": self.email_from,
            "phone": self.phone,
            "team_id": self.team_id.id,
            "user_id": user.id,
            "category_id": self.category_id.id,
            "tag_ids": [fields.Command.set(self.tag_ids.ids)],
            "order_ids": [fields.Command.set(self.order_ids.ids)],
        }

    # === WHAT WE DO === #

    def _answered(self, when, user=None):
        """Note that the customer was answered by a person.

        Whoever answers a ticket that is nobody's has taken it.

        :param datetime when: when the answer was given; naive, UTC
        :param user: `res.users` who answered, if known
        """
        self.ensure_one()
        vals = {}
        if not self.first_answer_date or when < self.first_answer_date:
            vals["first_answer_date"] = when
        if not self.last_answer_date or when > self.last_answer_date:
            vals["last_answer_date"] = when
        if self.waiting_since and when >= self.waiting_since:
            vals["waiting_since"] = self._oldest_unanswered(when)
        if user and not self.user_id:
            vals["user_id"] = user.id
        if self.state == "open" and self.stage_id == (stages := self._stages("open"))[:1]:
            vals["stage_id"] = (stages[1:2] or stages[:1]).id
        self.write(vals)
        self._sla_end(("first_answer", "next_answer"), when)
        if vals.get("waiting_since"):
            self._sla_start("next_answer", vals["waiting_since"])

    def _oldest_unanswered(self, when):
        """When the customer wrote first after a moment; whoever keeps the messages knows better.

        :param datetime when: naive, UTC
        :return: naive, UTC; False when he did not write since
        """
        self.ensure_one()
        last = self.last_customer_date
        return last if last and last > when else False

    def _move(self, state):
        """Move tickets to the stage that means this."""
        for ticket in self.filtered(lambda ticket: ticket.state != state):
            ticket.stage_id = ticket._stage_for(state)

    def action_wait(self):
        """It is the customer's turn."""
        self._move("waiting")
        return True

    def action_close(self):
        """The request is settled."""
        self._move("done")
        return True

    def action_reopen(self):
        """It is our turn again."""
        self._move("open")
        return True

    def action_spam(self):
        """This is no request. Nothing about it waits any more; see :meth:`action_not_spam`."""
        self.filtered(lambda ticket: not ticket.is_spam).write({"is_spam": True})
        return True

    def action_not_spam(self):
        """It is a request after all, and stands where it stood."""
        self.filtered("is_spam").write({"is_spam": False})
        return True

    def action_claim(self):
        """Take the tickets oneself."""
        self._assign(self.env.user)
        return True

    def _assign(self, user, team=None):
        """Hand tickets to somebody, or to nobody.

        :param user: `res.users`, empty to hand them back
        :param team: `crm.team` to hand them to as well
        :raise UserError: when he does not answer tickets, or not of this company
        """
        if user and not user.sudo().has_group("crm_ticket.group_ticket_user"):
            raise UserError(
                self.env._(
                    "%(user)s does not answer tickets: the group “Inbox / User” is missing.",
                    user=user.name,
                )
            )
        for ticket in self:
            vals = {}
            if ticket.user_id != user:
                vals["user_id"] = user.id
            if team and ticket.team_id != team:
                vals["team_id"] = team.id
            if vals:
                ticket.write(vals)

    def _snooze(self, until):
        """Put tickets aside; they come back by themselves, or when the customer writes.

        :param datetime until: naive, UTC
        :raise UserError: when it is past, or the ticket is closed
        """
        if until <= fields.Datetime.now():
            raise UserError(self.env._("A ticket can only be put aside until a later time."))
        if closed := self.filtered(lambda ticket: ticket.state == "done"):
            raise UserError(
                self.env._("%(ticket)s is closed already.", ticket=closed[0].display_name)
            )
        self.write({"snoozed_until": until, "snoozed_by_id": self.env.uid})

    def action_wake(self):
        """Bring back tickets that were put aside."""
        self.filtered("snoozed_until").write({"snoozed_until": False, "snoozed_by_id": False})
        return True

    @api.model
    @scheduled
    def _cron_wake(self):
        """Bring back the tickets whose time has come."""
        domain = [("snoozed_until", "<=", fields.Datetime.now())]
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(domain))
        while tickets := self.search(domain, limit=BATCH).try_lock_for_update():
            tickets.action_wake()
            if not cron._commit_progress(len(tickets)):
                break
