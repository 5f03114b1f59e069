from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Override of `web` to tell the web client whether to ask for problems at all."""
        return super().session_info() | {
            "sm_is_operator": self.env.user.has_group("sm_connector.group_sm_operator")
        }
