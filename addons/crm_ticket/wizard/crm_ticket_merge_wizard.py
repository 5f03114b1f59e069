from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmTicketMergeWizard(models.TransientModel):
    """Which of some tickets remains. From one ticket alone: into which it goes."""

    _name = "crm.ticket.merge.wizard"
    _description = "Merge Tickets"

    ticket_ids = fields.Many2many(
        "crm.ticket",
        string="Merge",
        default=lambda self: self.env.context.get("active_ids"),
        required=True,
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    target_id = fields.Many2one(
        "crm.ticket",
        "Into",
        compute="_compute_target_id",
        store=True,
        readonly=False,
        domain="[('company_id', '=', company_id), ('is_spam', '=', False)]",
        help="The ticket that remains.",
    )

    @api.depends("ticket_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.ticket_ids.company_id[:1]

    @api.depends("ticket_ids")
    def _compute_target_id(self):
        """The oldest of several; from one alone, another open ticket of the customer."""
        for wizard in self:
            tickets = wizard.ticket_ids._origin
            if len(tickets) > 1:
                wizard.target_id = tickets.sorted("id")[:1]
                continue
            others = tickets._same_customer_domain() if tickets else None
            wizard.target_id = others and tickets.search(
                others & tickets._domain_open(), order="id", limit=1
            )

    def action_merge(self):
        """Merge, and open the ticket that remains.

        :rtype: dict
        :raise UserError: when there is nothing to merge
        """
        self.ensure_one()
        sources = self.ticket_ids - self.target_id
        if not sources or not self.target_id:
            raise UserError(self.env._("Choose another ticket to merge this one into."))
        sources._merge_into(self.target_id)
        return self.target_id._action_open()
