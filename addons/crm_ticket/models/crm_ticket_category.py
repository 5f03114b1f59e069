from odoo import fields, models


class CrmTicketCategory(models.Model):
    _name = "crm.ticket.category"
    _description = "Ticket Category"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Technical name, by which other parts of the software find it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL", "Another category has this technical name already."
    )
