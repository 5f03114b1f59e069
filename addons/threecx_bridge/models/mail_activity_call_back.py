from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """Override: a missed call whose activity is done has been taken care of."""
        # sudo: the follow-up of a call is what its activity says
        missed_sudo = self.env["threecx.call"].sudo()
        if self.ids:
            missed_sudo = missed_sudo.search(
                [("activity_id", "in", self.ids), ("is_called_back", "=", False)]
            )
        missed_sudo.is_called_back = True
        return super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
