from odoo import fields, models


class SmLink(models.Model):
    _inherit = "sm.link"

    dossier_id = fields.Many2one("sm.dossier", ondelete="cascade", index="btree_not_null")
