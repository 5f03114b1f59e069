from odoo import fields, models


class OmniMessageAlias(models.Model):
    """What else the other side calls a message: a long answer of ours is several messages there,
    and each of its parts is spoken of by a name of its own."""

    _name = "omni.message.alias"
    _description = "Other Name of a Message"
    _rec_name = "external_id"
    _log_access = False

    message_id = fields.Many2one(
        "omni.message", required=True, readonly=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one("omni.channel", required=True, readonly=True, ondelete="cascade")
    external_id = fields.Char("Identifier", required=True, readonly=True)

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_id)", "Two messages share a name of the other side."
    )
