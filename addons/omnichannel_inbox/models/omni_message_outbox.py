from odoo import api, models


class OmniMessage(models.Model):
    """How messages leave."""

    _inherit = "omni.message"

    @api.model
    def _queue_count(self, kind):
        """Override."""
        return 0

    def _tell_author(self):
        """Tell who wrote a message that it did not leave, why, and what can be done."""
