from odoo import fields, models


class OmniPrivacyLog(models.Model):
    """That the data of a person were handed out or erased, by whom and when; never whose."""

    _name = "omni.privacy.log"
    _description = "Log of Privacy Requests"
    _order = "date desc, id desc"
    _rec_name = "kind"

    kind = fields.Selection(
        [("export", "Handed out"), ("erase", "Erased")], required=True, readonly=True
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users",
        "Done By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    reference = fields.Char(readonly=True, help="Under which the request is filed elsewhere.")
    channels = fields.Char(readonly=True)
    identity_count = fields.Integer("Identities", readonly=True)
    conversation_count = fields.Integer("Conversations", readonly=True)
    message_count = fields.Integer("Messages", readonly=True)
    file_count = fields.Integer("Files", readonly=True)
    event_count = fields.Integer("Raw Events", readonly=True)
    ticket_count = fields.Integer("Tickets", readonly=True)
