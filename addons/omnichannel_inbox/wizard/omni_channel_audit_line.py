from odoo import fields, models


class OmniChannelAuditLine(models.TransientModel):
    """One folder of one channel."""

    _name = "omni.channel.audit.line"
    _description = "Line of an Audit"

    audit_id = fields.Many2one("omni.channel.audit", required=True, ondelete="cascade")
    channel_id = fields.Many2one("omni.channel", required=True, ondelete="cascade")
    folder_id = fields.Many2one("omni.folder", ondelete="cascade")
    is_compared = fields.Boolean()
    provider_count = fields.Integer("There")
    stored_count = fields.Integer("Came In")
    processed_count = fields.Integer("Processed")
    ignored_count = fields.Integer(
        "Left Alone", help="By a rule, or because there was nothing to do."
    )
    waiting_count = fields.Integer("Waiting")
    dead_count = fields.Integer("Given Up")
    missing_count = fields.Integer("Missing", help="There, and never came in here.")
    missing = fields.Text("Which")
    error = fields.Char()
