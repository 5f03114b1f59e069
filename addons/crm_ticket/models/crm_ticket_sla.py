from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

KINDS = [
    ("first_answer", "First answer"),
    ("next_answer", "Next answer"),
    ("resolution", "Resolution"),
]
#: "Due soon" is the last part of the time, unless the policy says otherwise.
SOON_PART = 0.25


class CrmTicketSla(models.Model):
    _name = "crm.ticket.sla"
    _description = "Ticket Service Level"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="Of several that apply to a ticket, the first of each kind counts."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    kind = fields.Selection(
        KINDS,
        "Promise",
        required=True,
        default="first_answer",
        help="First answer: from the customer's first message.\n"
        "Next answer: from each later message that is not answered yet.\n"
        "Resolution: from the opening of the ticket until it is closed.",
    )
    hours = fields.Float("Within", required=True, default=8, help="Working hours.")
    soon_hours = fields.Float(
        "Warn Before", help="Working hours before the end. 0: the last quarter of the time."
    )
    team_ids = fields.Many2many(
        "crm.team",
        "crm_ticket_sla_team_rel",
        "sla_id",
        "team_id",
        string="Teams",
        domain=[("use_tickets", "=", True)],
        help="Only tickets of these teams. None: of all.",
    )
    category_ids = fields.Many2many(
        "crm.ticket.category",
        "crm_ticket_sla_category_rel",
        "sla_id",
        "category_id",
        string="Categories",
        help="Only tickets of these categories. None: of all.",
    )
    priority = fields.Selection(
        selection="_selection_priority",
        string="Priority From",
        default="0",
        required=True,
        help="Only tickets with this priority or a higher one.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Hours",
        check_company=True,
        help="None: those of the team, else of the company.",
    )
    escalate = fields.Boolean(
        "Tell the Team Leader", default=True, help="Give him a task when the time is over."
    )

    @api.model
    def _selection_priority(self):
        return self.env["crm.ticket"]._fields["priority"]._description_selection(self.env)

    @api.constrains("hours", "soon_hours")
    def _check_hours(self):
        for sla in self:
            if sla.hours <= 0 or not 0 <= sla.soon_hours <= sla.hours:
                raise ValidationError(
                    self.env._(
                        "A service level takes some working hours, and warns within these hours."
                    )
                )

    def _matches(self, ticket):
        """Whether the policy applies to a ticket. Addons add conditions of theirs with ``and``.

        :param ticket: `crm.ticket`
        :rtype: bool
        """
        self.ensure_one()
        return (
            (not self.company_id or self.company_id == ticket.company_id)
            and (not self.team_ids or ticket.team_id in self.team_ids)
            and (not self.category_ids or ticket.category_id in self.category_ids)
            and (ticket.priority or "0") >= self.priority
        )

    @api.model
    def _policies(self, kinds, companies):
        """All policies of some kinds that may apply, the first ones first."""
        # sudo: what is promised to customers does not depend on who looks
        return self.sudo().search(
            Domain("kind", "in", tuple(kinds)) & Domain("company_id", "in", [False, *companies.ids])
        )

    def _soon(self):
        """Working hours before the deadline from which on it is soon.

        :rtype: float
        """
        self.ensure_one()
        return self.soon_hours or self.hours * SOON_PART

    def _calendar(self, ticket):
        """Working hours that count for a ticket.

        :rtype: `resource.calendar`
        """
        self.ensure_one()
        return self.calendar_id or ticket._ticket_calendar()
