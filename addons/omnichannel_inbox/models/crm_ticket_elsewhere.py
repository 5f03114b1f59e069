from odoo import fields, models


class CrmTicket(models.Model):
    """Tickets of whose conversations some are answered in another system: as long as somebody takes
    care of them there, nobody waits for an answer from here."""

    _inherit = "crm.ticket"

    def _case_customer_wrote(self, message):
        """Override: to whoever is answered elsewhere no promise is made here."""
        ticket = super()._case_customer_wrote(message)
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

    def _oldest_unanswered(self, when):
        """Override: what somebody takes care of elsewhere does not wait here."""
        # sudo: what the customer wrote counts, wherever he wrote it
        conversations_sudo = self.sudo().conversation_ids
        theirs_sudo = conversations_sudo.filtered("is_open_there")
        if not theirs_sudo:
            return super()._oldest_unanswered(when)
        message = (
            self.env["omni.message"]
            .sudo()
            .search(
                [
                    ("conversation_id", "in", (conversations_sudo - theirs_sudo).ids),
                    ("direction", "=", "in"),
                    ("is_automatic", "=", False),
                    ("sent", ">", when),
                ],
                order="sent, sequence, id",
                limit=1,
            )
        )
        return message.sent
