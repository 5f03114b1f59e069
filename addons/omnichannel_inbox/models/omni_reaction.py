from odoo import fields, models


class OmniReaction(models.Model):
    """A symbol that somebody has put on a message.

    Whoever takes his off leaves a row without symbol: what he did before may come in later.
    """

    _name = "omni.reaction"
    _description = "Reaction to a Message"
    _order = "occurred, id"
    _rec_name = "emoji"
    _log_access = False

    message_id = fields.Many2one(
        "omni.message", required=True, readonly=True, ondelete="cascade", index=True
    )
    author = fields.Char(required=True, readonly=True, help="What the channel calls him.")
    identity_id = fields.Many2one(
        "omni.identity",
        "From",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Empty: it is one of ours.",
    )
    emoji = fields.Char("Symbol", readonly=True)
    occurred = fields.Datetime(required=True, readonly=True)

    _author_uniq = models.UniqueIndex("(message_id, author)", "One symbol each.")
