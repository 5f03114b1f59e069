from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Override of `web` to tell the web client whether to ask for trouble at all."""
        return super().session_info() | {
            "omni_is_leader": self.env.user.has_group("crm_ticket.group_ticket_leader")
        }
