from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    ticket_id = fields.Many2one(
        "crm.ticket",
        index="btree_not_null",
        copy=False,
        help="The request of the customer from which this came.",
    )
