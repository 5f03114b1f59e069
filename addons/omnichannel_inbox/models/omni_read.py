from odoo import api, fields, models
from odoo.tools import SQL


class OmniRead(models.Model):
    """Up to where a user has read a ticket. No row: he has never opened it."""

    _name = "omni.read"
    _description = "Read State of a Ticket"
    _rec_name = "ticket_id"
    _log_access = False

    ticket_id = fields.Many2one("crm.ticket", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, index=True, ondelete="cascade")
    last_in = fields.Integer(
        required=True,
        help="Id of the newest message of the customer that was there: an id, because a message"
        " that arrives late is older than what was read before it.",
    )

    _ticket_user_uniq = models.UniqueIndex("(ticket_id, user_id)")

    @api.model
    def _set(self, tickets, is_read):
        """The user has read tickets, or wants to see them as unread.

        Plain SQL: the same user may have two windows open on the same ticket.

        :param tickets: recordset of `crm.ticket` that he may read
        :param bool is_read:
        """
        if not tickets:
            return
        tickets.flush_recordset(["inbox_last_in"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO omni_read (ticket_id, user_id, last_in)
                     SELECT id, %(user)s, CASE WHEN %(read)s THEN COALESCE(inbox_last_in, 0)
                            ELSE 0 END
                       FROM crm_ticket WHERE id IN %(tickets)s
                ON CONFLICT (ticket_id, user_id)
                  DO UPDATE SET last_in = EXCLUDED.last_in
                      WHERE omni_read.last_in != EXCLUDED.last_in
                """,
                user=self.env.uid,
                read=is_read,
                tickets=tickets._ids,
            )
        )
        self.invalidate_model()
