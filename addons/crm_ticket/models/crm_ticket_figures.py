from odoo import api, fields, models
from odoo.tools import SQL

#: Figures, and the date without which there is none: PostgreSQL would count it as zero hours.
FIGURES = {"first_answer_hours": "first_answer_date", "closing_hours": "closed_date"}


class CrmTicket(models.Model):
    """How long customers wait, in working hours, for the analysis."""

    _inherit = "crm.ticket"

    first_answer_hours = fields.Float(
        "Hours to First Answer",
        compute="_compute_first_answer_hours",
        store=True,
        aggregator="avg",
        help="Working hours from the first message of the customer.",
    )
    closing_hours = fields.Float(
        "Hours to Close",
        compute="_compute_closing_hours",
        store=True,
        aggregator="avg",
        help="Working hours from the first message of the customer, or the opening of the ticket.",
    )

    # === COMPUTE METHODS === #

    @api.depends("first_customer_date", "first_answer_date")
    def _compute_first_answer_hours(self):
        for ticket in self:
            ticket.first_answer_hours = ticket._hours_between(
                ticket.first_customer_date, ticket.first_answer_date
            )

    @api.depends("first_customer_date", "closed_date")
    def _compute_closing_hours(self):
        for ticket in self:
            ticket.closing_hours = ticket._hours_between(
                ticket.first_customer_date or ticket.create_date, ticket.closed_date
            )

    def _read_group_select(self, aggregate_spec, query):
        """Override: averages are those of tickets that were answered, or closed."""
        expression = super()._read_group_select(aggregate_spec, query)
        date = FIGURES.get(aggregate_spec.partition(":")[0])
        if not date:
            return expression
        column = self._field_to_sql(self._table, date, query)
        return SQL("%s FILTER (WHERE %s IS NOT NULL)", expression, column)

    # === HELPERS === #

    def _hours_between(self, start, end):
        """Working hours between two moments.

        :return: False as long as one of them has not come
        """
        self.ensure_one()
        if not start or not end:
            return False
        return self._ticket_calendar()._ticket_clock(start, end, self.company_id).hours(start, end)
