from odoo import fields, models


class SmMappingVersion(models.Model):
    """A mapping as it once was: kept whenever it changes, so that every change can be undone."""

    _name = "sm.mapping.version"
    _description = "Silicon Master Mapping Version"
    _order = "feed_id, number desc"
    _rec_name = "number"

    feed_id = fields.Many2one("sm.feed", required=True, ondelete="cascade", index=True)
    number = fields.Integer(required=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "Saved By", ondelete="set null")
    note = fields.Char()
    content = fields.Json("Mapping", required=True)

    _number_uniq = models.UniqueIndex("(feed_id, number)", "This version exists already.")
