from odoo import fields, models


class OmniIdentityLink(models.TransientModel):
    """Say who writes from an address: any contact, not only those suggested."""

    _name = "omni.identity.link"
    _description = "Link an Identity with a Contact"

    identity_id = fields.Many2one("omni.identity", required=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", required=True)

    def action_apply(self):
        """Button: link."""
        self.ensure_one()
        self.identity_id.action_confirm(self.partner_id.id)
        return {"type": "ir.actions.act_window_close"}
