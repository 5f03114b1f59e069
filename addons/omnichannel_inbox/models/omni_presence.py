from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: Seconds without a sign after which somebody is taken for gone.
GONE_AFTER = 60
#: Seconds after which somebody who stopped typing is no longer said to type.
TYPING_FOR = 12


class OmniPresence(models.Model):
    """Who has a ticket open right now: for whoever opens it next. Those who have it open already
    are told by the bus."""

    _name = "omni.presence"
    _description = "Who Looks at a Ticket"
    _rec_name = "ticket_id"
    _log_access = False

    ticket_id = fields.Many2one("crm.ticket", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    seen = fields.Datetime(required=True)
    typed = fields.Datetime()

    _ticket_user_uniq = models.UniqueIndex("(ticket_id, user_id)")

    @api.model
    def _set(self, ticket, is_typing):
        """The user gives a sign of life. Plain SQL: it may come from two windows at once.

        :param ticket: `crm.ticket`
        :param bool is_typing:
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO omni_presence (ticket_id, user_id, seen, typed)
                     VALUES (%(ticket)s, %(user)s, %(now)s, %(typed)s)
                ON CONFLICT (ticket_id, user_id)
                  DO UPDATE SET seen = EXCLUDED.seen, typed = EXCLUDED.typed
                """,
                ticket=ticket.id,
                user=self.env.uid,
                now=fields.Datetime.now(),
                typed=fields.Datetime.now() if is_typing else None,
            )
        )
        self.invalidate_model()

    @api.model
    def _clear(self, ticket):
        """The user has left a ticket."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM omni_presence WHERE ticket_id = %s AND user_id = %s",
                ticket.id,
                self.env.uid,
            )
        )
        self.invalidate_model()

    @api.model
    def _viewers(self, tickets):
        """Who else has tickets open.

        :param tickets: recordset of `crm.ticket` that the user may read
        :return: ``[{"id", "name", "typing"}]`` by id of the ticket
        :rtype: dict[int, list[dict]]
        """
        if not tickets:
            return {}
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT presence.ticket_id, u.id, partner.name,
                       COALESCE(presence.typed > %(typing)s, FALSE)
                  FROM omni_presence presence
                  JOIN res_users u ON u.id = presence.user_id
                  JOIN res_partner partner ON partner.id = u.partner_id
                 WHERE presence.ticket_id IN %(tickets)s
                   AND presence.user_id != %(user)s AND presence.seen > %(seen)s
              ORDER BY partner.name, u.id
                """,
                tickets=tickets._ids,
                user=self.env.uid,
                seen=now - timedelta(seconds=GONE_AFTER),
                typing=now - timedelta(seconds=TYPING_FOR),
            )
        )
        viewers = {}
        for ticket_id, user_id, name, typing in rows:
            viewers.setdefault(ticket_id, []).append(
                {"id": user_id, "name": name, "typing": typing}
            )
        return viewers

    @api.autovacuum
    def _gc(self):
        """Forget whoever closed his browser without leaving."""
        limit = fields.Datetime.now() - timedelta(hours=1)
        self.env.cr.execute(SQL("DELETE FROM omni_presence WHERE seen < %s", limit))


class OmniInbox(models.AbstractModel):
    """Who else is looking or typing."""

    _inherit = "omni.inbox"

    @api.model
    def presence(self, case_id, typing=False):
        """The user has a ticket open; to be said about every 30 seconds, and when he types.

        :return: ``{"viewers"}``: the others
        :rtype: dict
        """
        case = self._case(case_id)
        self.env["omni.presence"]._set(case, bool(typing))
        self._tell_presence(case, typing=bool(typing))
        return {"viewers": self.env["omni.presence"]._viewers(case).get(case.id, [])}

    @api.model
    def leave(self, case_id):
        """The user has closed a ticket."""
        case = self._cases([case_id])
        if case:
            self.env["omni.presence"]._clear(case)
            self._tell_presence(case, left=True)
        return True

    @api.model
    def _tell_presence(self, case, typing=False, left=False):
        # sudo: every colleague with an inbox listens; it says who looks, not at what
        self.sudo().env.ref("crm_ticket.group_ticket_user")._bus_send(
            "omnichannel_inbox/presence",
            {
                "case_id": case.id,
                "user": {"id": self.env.uid, "name": self.env.user.name},
                "typing": typing,
                "left": left,
            },
        )
