from odoo import api, models

from ..pipeline.context import deriving


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: a customer of the master who gets a login begins in the language that
        the master has; from then on it is his own choice."""
        with deriving({"lang"}):
            return super().create(vals_list)
