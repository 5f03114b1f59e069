from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    ticket_capacity = fields.Integer(
        "Open Tickets at Most",
        help="Given no other ticket when so many are open. 0: as the team says.",
    )
    is_away = fields.Boolean("Away", help="Is given no tickets for the time being.")

    @api.constrains("ticket_capacity")
    def _check_ticket_capacity(self):
        if any(member.ticket_capacity < 0 for member in self):
            raise ValidationError(self.env._("A number of tickets cannot be negative."))

    def write(self, vals):
        """Override: whoever is back is given the tickets that waited for him."""
        result = super().write(vals)
        if "is_away" in vals and not vals["is_away"]:
            self.env.ref("crm_ticket.ir_cron_assign")._trigger()
        return result

    def _ticket_limit(self):
        """How many open tickets the member may have; 0: no limit.

        :rtype: int
        """
        self.ensure_one()
        return self.ticket_capacity or self.crm_team_id.ticket_capacity
