from odoo import api, fields, models


class MailCannedResponse(models.Model):
    """Canned responses for customers: for a language and for channels, with what is known of the
    customer filled in."""

    _inherit = "mail.canned.response"

    omni_lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        help="Offered for customers of this language. Empty: for all.",
    )
    omni_channel_ids = fields.Many2many(
        "omni.channel",
        "omni_canned_response_channel_rel",
        string="Channels",
        help="Offered on these channels. Empty: on all.",
    )
    omni_variables = fields.Char("Filled In", compute="_compute_omni_variables")

    @api.depends_context("lang")
    def _compute_omni_variables(self):
        names = self.env["omni.inbox"]._variable_names()
        text = ", ".join(f"{{{key}}}: {name}" for key, name in names.items())
        self.omni_variables = text
