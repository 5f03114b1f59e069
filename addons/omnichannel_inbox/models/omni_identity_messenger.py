from odoo import api, fields, models


class OmniIdentity(models.Model):
    """People on Messenger: Meta tells their name, if at all, only when it is asked for."""

    _inherit = "omni.identity"

    messenger_asked = fields.Datetime(
        "Name Asked For", readonly=True, help="When Meta was last asked for the name."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override: ask for names soon; what they write is shown at once."""
        identities = super().create(vals_list)
        if any(one.channel_id.provider == "messenger" and not one.name for one in identities):
            self.env["omni.channel"]._messenger_wake_watch()
        return identities

    @api.depends("channel_id.provider")
    def _compute_display_name(self):
        """Override: a number says nothing to anybody, and no name is made up."""
        res = super()._compute_display_name()
        for identity in self:
            if identity.channel_id.provider == "messenger" and not identity.name:
                identity.display_name = identity.email or self.env._("Messenger visitor")
        return res
