from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Override to tell the web client whether and how numbers are called."""
        info = super().session_info()
        user = self.env.user
        if user._is_internal():
            info["threecx"] = telephone = user._threecx_session()
            if telephone["enabled"]:
                # a page that is opened during a call asks for it; the others ask nothing
                telephone["calls"] = bool(self.env["threecx.call"]._perhaps_open())
        return info
