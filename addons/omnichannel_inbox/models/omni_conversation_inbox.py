from odoo import models


class OmniConversation(models.Model):
    _inherit = "omni.conversation"

    def write(self, vals):
        """Override: a ticket shows what it has been given, and no longer what was taken away."""
        if vals.keys().isdisjoint({"case_id", "case_model"}):
            return super().write(vals)
        before = self._inbox_tickets()
        res = super().write(vals)
        (before | self._inbox_tickets()).exists()._inbox_refresh()
        return res

    def _inbox_tickets(self):
        """The tickets of the conversations; other models of cases have no line in this inbox.

        :rtype: recordset of `crm.ticket`
        """
        ids = {conv.case_id for conv in self if conv.case_model == "crm.ticket" and conv.case_id}
        # sudo: what a line shows follows its messages, whoever they come through
        return self.env["crm.ticket"].sudo().browse(ids)

    def _inbox_refresh(self):
        """See :meth:`crm.ticket._inbox_refresh`."""
        self._inbox_tickets()._inbox_refresh()
