from odoo import models


class ThreecxCall(models.Model):
    _inherit = "threecx.call"

    def _phone_get_number_fields(self):
        """Override: an activity on a call of an unknown number calls that number back."""
        return ["number"]
