from odoo import fields, models


class CrmTicket(models.Model):
    """Tickets of whose conversations some are answered in another system: as long as somebody takes
    care of them there, nobody waits for an answer from here."""

    _inherit = "crm.ticket"

    def _case_customer_wrote(self, message):
        """Override: to whoever is answered elsewhere no promise is made here."""
        ticket = super()._case_customer_wrote(message)
        # sudo: where it is answered counts, whoever took the message in
        if message.sudo().conversation_id.is_open_there:
            ticket._case_answered_elsewhere()
        return ticket

    def _case_answered_elsewhere(self):
        """Override: only who waits here waits."""
        res = super()._case_answered_elsewhere()
        for ticket in self.filtered("waiting_since"):
            since = ticket._oldest_unanswered(ticket.last_answer_date or ticket.waiting_since.min)
            ticket.waiting_since = since
            if not since:
                kinds = ("first_answer", "next_answer")
                ticket._sla_unfinished(kinds)._cancel(fields.Datetime.now())
        return res
