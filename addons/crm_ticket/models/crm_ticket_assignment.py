from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_base.transaction import scheduled

#: Whoever was given nothing for so long waits as long as somebody who never was given anything.
MEMORY_DAYS = 30
BATCH = 200


class CrmTicket(models.Model):
    """In turns: the member who has waited longest for a ticket, is at work and has room."""

    _inherit = "crm.ticket"

    def _assign_round_robin(self):
        """Hand the tickets that nobody has to the members of their teams, in turns.

        Nothing happens in teams where people take tickets themselves, and when nobody is there or
        has room: then the cron tries again.
        """
        waiting = self.filtered(
            lambda ticket: (
                not ticket.user_id
                and ticket._clocks_run()
                and ticket.team_id.ticket_assignment == "round_robin"
            )
        )
        for (team, company), tickets in waiting.grouped(
            lambda ticket: (ticket.team_id, ticket.company_id)
        ).items():
            turns = tickets._turns(team, company)
            for ticket in tickets.sorted("id"):
                if not turns:
                    break
                turn = min(turns, key=lambda turn: (turn["last"], turn["member"].id))
                ticket._assign(turn["member"].user_id)
                turn["last"] = (ticket.assigned_date, ticket.id)
                turn["open"] += 1
                if turn["limit"] and turn["open"] >= turn["limit"]:
                    turns.remove(turn)

    def _turns(self, team, company):
        """Members who can be given a ticket, with what tells whose turn it is.

        Nothing is locked or written for it, so that tickets that come in at the same time do not
        wait for each other; at worst one member is given two in a row.
        """
        # sudo: how much work colleagues have decides, not what the current user may see
        team_sudo = team.sudo()
        members = team_sudo.crm_team_member_ids.filtered(
            lambda member: (
                not member.is_away
                and member.user_id.active
                and company in member.user_id.company_ids
                and member.user_id.has_group("crm_ticket.group_ticket_user")
            )
        )
        members = members.filtered(
            lambda member: self._is_at_work(member.user_id, team_sudo, company)
        )
        users = members.user_id
        tickets_sudo = self.sudo().with_context(active_test=False)
        since = fields.Datetime.now() - timedelta(days=MEMORY_DAYS)
        groups = tickets_sudo._read_group(
            [
                ("team_id", "=", team.id),
                ("user_id", "in", users.ids),
                ("assigned_date", ">=", since),
            ],
            ["user_id"],
            ["assigned_date:max", "id:max"],
        )
        # many come in within a second: of those, the ticket's number tells which was the last
        last = {user: (date, ticket_id) for user, date, ticket_id in groups}
        opened = dict(
            self.sudo()._read_group(
                self._domain_open()
                & Domain("state", "=", "open")
                & Domain("snoozed_until", "=", False)
                & Domain("user_id", "in", users.ids),
                ["user_id"],
                ["__count"],
            )
        )
        turns = [
            {
                "member": member,
                "last": last.get(member.user_id, (since, 0)),
                "open": opened.get(member.user_id, 0),
                "limit": member._ticket_limit(),
            }
            for member in members
        ]
        return [turn for turn in turns if not turn["limit"] or turn["open"] < turn["limit"]]

    @api.model
    def _is_at_work(self, user, team, company):
        """Whether it is working time, for the team and, if his own hours are known, for him."""
        now = fields.Datetime.now()
        soon = now + timedelta(minutes=1)
        calendars = team._ticket_calendar(company)
        resource = user.resource_ids.filtered(lambda resource: resource.company_id == company)[:1]
        calendars |= resource.calendar_id
        if any(
            not calendar._ticket_clock(now, soon, company).hours(now, soon)
            for calendar in calendars
        ):
            return False
        leaves = self.env["resource.calendar.leaves"].sudo()
        return not resource or not leaves.search_count(
            [
                ("resource_id", "=", resource.id),
                ("time_type", "=", "leave"),
                ("date_from", "<=", now),
                ("date_to", ">=", now),
            ],
            limit=1,
        )

    @api.model
    @scheduled
    def _cron_assign(self):
        """Hand out what came in when nobody was there, or nobody had room."""
        teams = self.env["crm.team"].search(
            [("use_tickets", "=", True), ("ticket_assignment", "=", "round_robin")]
        )
        domain = (
            self._domain_open()
            & Domain("state", "=", "open")
            & Domain("user_id", "=", False)
            & Domain("snoozed_until", "=", False)
        )
        waiting = defaultdict(self.browse)
        for team in teams:
            waiting[team] = self.search(domain & Domain("team_id", "=", team.id), limit=BATCH)
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(teams))
        for tickets in waiting.values():
            tickets._assign_round_robin()
            if not cron._commit_progress(1):
                break
