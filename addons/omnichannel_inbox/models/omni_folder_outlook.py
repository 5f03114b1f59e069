from datetime import timedelta

from odoo import fields, models


class OmniFolder(models.Model):
    """What Outlook tells when something changes in a folder."""

    _inherit = "omni.folder"

    outlook_subscription = fields.Char(
        "Subscription", readonly=True, copy=False, groups="base.group_system"
    )
    outlook_subscription_expiry = fields.Datetime("Told Until", readonly=True, copy=False)
    outlook_subscription_error = fields.Char("Not Told Because", readonly=True, copy=False)

    def _outlook_is_due(self, ceiling):
        """Whether the subscription has to be made or renewed: after half of what it may last.

        :param int ceiling: minutes
        :rtype: bool
        """
        self.ensure_one()
        # sudo: the id is for nobody's eyes
        if not self.sudo().outlook_subscription or not self.outlook_subscription_expiry:
            return True
        left = self.outlook_subscription_expiry - fields.Datetime.now()
        return left < timedelta(minutes=ceiling / 2)
