from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    omni_join_hours = fields.Integer(
        "Join Channels Within (hours)",
        default=24,
        help="What one customer writes on several channels within this time becomes one ticket by "
        "itself, when it is certain that it is he. 0: never by itself.",
    )
