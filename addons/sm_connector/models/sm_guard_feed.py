from odoo import fields, models


class SmFeed(models.Model):
    """What a file may look like before a person has to say that it is right."""

    _inherit = "sm.feed"

    guard_keys_percent = fields.Integer(
        "Known Records at Least (%)",
        default=50,
        help="A file that holds fewer of the known records stops: the codes were renumbered, or it "
        "is another shop's.",
    )
    guard_amount_change = fields.Integer(
        "A Strong Change Is Above (%)", default=50, help="Of a price, or of an order's total."
    )
    guard_amount_percent = fields.Integer(
        "Strong Changes Tolerated (%)",
        default=30,
        help="When more records than this share change strongly at once, the file stops.",
    )
    guard_rows_percent = fields.Integer(
        "Odd Rows Tolerated (%)",
        default=5,
        help="Share of the new and changed rows that may be dated in the future, or be in another "
        "currency.",
    )
    guard_future_days = fields.Integer(
        "Future Starts After (days)", default=3, help="An order dated later lies in the future."
    )
    last_read = fields.Datetime(
        "Last Complete Export Taken Over", readonly=True, copy=False, help="When it was finished."
    )
