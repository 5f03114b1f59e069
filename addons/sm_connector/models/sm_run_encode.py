from odoo import models


class SmRun(models.Model):
    _inherit = "sm.run"

    def _after(self):
        """Override: who was encoded yesterday is in Silicon Master now."""
        result = super()._after()
        self.env["res.partner"]._sm_encode_linked()
        return result
