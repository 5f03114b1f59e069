from odoo import fields, models


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    is_key_account = fields.Boolean(
        "Key Accounts", help="Tickets of contacts with this tag come before others."
    )
