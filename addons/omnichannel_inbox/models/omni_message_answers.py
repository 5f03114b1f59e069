from odoo import models


class OmniMessage(models.Model):
    """An answer that answers other conversations too, and does not leave after all."""

    _inherit = "omni.message"

    def _set_cancelled(self):
        """Override: what was taken back answers nothing elsewhere."""
        changed = super()._set_cancelled()
        changed._answers_nothing()
        return changed

    def _set_failed(self, failure_type, reason):
        """Override: what did not arrive answers nothing elsewhere."""
        changed = super()._set_failed(failure_type, reason)
        changed._answers_nothing()
        return changed

    def _answers_nothing(self):
        # sudo: who waits does not depend on who sees the conversation
        conversations_sudo = self.env["omni.conversation"].sudo()
        conversations_sudo.search([("answered_by_id", "in", self.ids)]).answered_by_id = False
