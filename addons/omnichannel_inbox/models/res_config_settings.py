from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    omni_join_hours = fields.Integer(related="company_id.omni_join_hours", readonly=False)
