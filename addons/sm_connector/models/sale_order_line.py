from odoo import fields, models

AVAILABILITIES = [
    ("S", "In stock"),
    ("A", "On order"),
    ("I", "Not available"),
]


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "sm.load.mixin"]

    sm_line_key = fields.Char("Line in Silicon Master", copy=False)
    sm_qty_delivered = fields.Float("Delivered (Silicon Master)", digits="Product Unit", copy=False)
    sm_expected_date = fields.Date("Expected On", copy=False)
    sm_availability = fields.Selection(AVAILABILITIES, "Availability", copy=False)
