from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Override to tell the web client whether and how numbers are called."""
        info = super().session_info()
        user = self.env.user
        if user._is_internal():
            info["threecx"] = user._threecx_session()
        return info
