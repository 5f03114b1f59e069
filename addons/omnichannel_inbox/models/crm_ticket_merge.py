from odoo import fields, models


class CrmTicketMerge(models.Model):
    """A merge by which channels of one customer were joined."""

    _inherit = "crm.ticket.merge"

    def action_undo(self):
        """Override: whoever parts the tickets says that they are not one: that is remembered."""
        res = super().action_undo()
        if self.env.context.get("omni_join_undo"):
            return res
        # sudo: a join is written by the inbox, not by people
        joins_sudo = self.env["omni.join"].sudo()
        joins_sudo.search([("merge_id", "in", self.ids), ("state", "=", "joined")]).write(
            {"state": "undone", "ended_by_id": self.env.uid, "ended": fields.Datetime.now()}
        )
        return res
