from odoo import fields, models


class OmniMessageEdit(models.Model):
    """What a message said before its author changed it."""

    _name = "omni.message.edit"
    _description = "Earlier Text of a Message"
    _order = "until desc, id desc"
    _log_access = False

    message_id = fields.Many2one(
        "omni.message", required=True, readonly=True, ondelete="cascade", index=True
    )
    text = fields.Text(readonly=True)
    until = fields.Datetime(
        "Changed On", required=True, readonly=True, help="By the clock of the other side."
    )
