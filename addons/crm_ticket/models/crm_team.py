from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class CrmTeam(models.Model):
    _name = "crm.team"
    # the ratings of a team are those of its tickets: its mixin has to win from the thread's field
    _inherit = ["rating.parent.mixin", "crm.team"]

    use_tickets = fields.Boolean("Answers Tickets", help="This team answers requests of customers.")
    ticket_reopen_days = fields.Integer(
        "Reopen Within",
        default=14,
        help="When the customer writes again within so many days after the ticket was closed, it "
        "is reopened; later, a new ticket follows up on it.",
    )
    ticket_assignment = fields.Selection(
        [("manual", "Whoever takes it"), ("round_robin", "In turns")],
        default="manual",
        required=True,
        help="Whoever takes it: new tickets wait until a member claims them.\n"
        "In turns: they go to the member who has waited longest for one, as long as he is at work "
        "and has room.",
    )
    ticket_capacity = fields.Integer(
        "Open Tickets per Member",
        help="Nobody with this many open tickets is given another one. 0: no limit.",
    )
    ticket_calendar_id = fields.Many2one(
        "resource.calendar",
        "Ticket Working Hours",
        domain="[('company_id', 'in', (company_id, False))] if company_id else []",
        help="Service levels and waiting times count these hours. None: the company's.",
    )
    ticket_properties_definition = fields.PropertiesDefinition("Ticket Properties")
    ticket_ids = fields.One2many("crm.ticket", "team_id", "Tickets")
    ticket_open_count = fields.Integer("Open Tickets", compute="_compute_ticket_counts")
    ticket_unassigned_count = fields.Integer("Unassigned Tickets", compute="_compute_ticket_counts")
    ticket_late_count = fields.Integer("Late Tickets", compute="_compute_ticket_counts")

    # === COMPUTE METHODS === #

    @api.depends_context("uid")
    def _compute_ticket_counts(self):
        tickets = self.env["crm.ticket"]
        figures = {team._origin.id: [0, 0, 0] for team in self}
        if tickets.has_access("read"):
            groups = tickets._read_group(
                tickets._domain_open() & Domain("team_id", "in", self._origin.ids),
                ["team_id", "user_id", "sla_state"],
                ["__count"],
            )
            for team, user, sla_state, count in groups:
                figures[team.id][0] += count
                figures[team.id][1] += 0 if user else count
                figures[team.id][2] += count if sla_state == "late" else 0
        for team in self:
            opened, unassigned, late = figures[team._origin.id]
            team.ticket_open_count = opened
            team.ticket_unassigned_count = unassigned
            team.ticket_late_count = late

    # === CONSTRAINT METHODS === #

    @api.constrains("ticket_reopen_days", "ticket_capacity")
    def _check_ticket_numbers(self):
        for team in self:
            if team.ticket_reopen_days < 0 or team.ticket_capacity < 0:
                raise ValidationError(
                    self.env._("Days and numbers of tickets of a team cannot be negative.")
                )

    # === ACTIONS === #

    def action_tickets(self):
        """Open the tickets of the team.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_ticket.crm_ticket_action")
        action["context"] = {
            "search_default_open": 1,
            "search_default_team_id": self.id,
            "default_team_id": self.id,
        }
        return action

    # === THOSE WHO SELL NOTHING === #

    @api.model
    def _has_only_tickets(self):
        """Whether the user has to do with the tickets of teams, and not with sales: CRM's own form
        asks for leads, and would not open."""
        return self.env.user.has_group("crm_ticket.group_ticket_user") and not self.env[
            "crm.lead"
        ].has_access("read")

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        """Override: not everybody gets the same form."""
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, view_type == "form" and self._has_only_tickets())

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override: a form without what is of sales."""
        if view_type == "form" and self._has_only_tickets():
            view_id = self.env.ref("crm_ticket.crm_team_view_form_tickets").id
        return super()._get_view(view_id, view_type, **options)

    # === TICKETS === #

    def _ticket_calendar(self, company):
        """Working hours of the team; those of the company when it has none, or is no team.

        :rtype: `resource.calendar`
        """
        return self.ticket_calendar_id or company.resource_calendar_id
