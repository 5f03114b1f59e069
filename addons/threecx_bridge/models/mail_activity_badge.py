from odoo import models


class MailActivity(models.Model):
    """A missed call waits for whom its activity is assigned to."""

    _inherit = "mail.activity"

    def write(self, vals):
        """Override to tell the former and the new one."""
        if "user_id" not in vals:
            return super().write(vals)
        with self._missed_calls()._telling_missed():
            return super().write(vals)

    def unlink(self):
        """Override to tell whom the calls waited for."""
        with self._missed_calls()._telling_missed():
            return super().unlink()

    def _missed_calls(self):
        # sudo: whoever changes an activity need not telephone
        calls_sudo = self.env["threecx.call"].sudo()
        return calls_sudo.search([("activity_id", "in", self.ids)]) if self.ids else calls_sudo
