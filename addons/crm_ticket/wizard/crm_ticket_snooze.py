from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models

#: Hour of the morning at which a ticket comes back, in the time zone of the user.
MORNING = 8


class CrmTicketSnooze(models.TransientModel):
    _name = "crm.ticket.snooze"
    _description = "Put Tickets Aside"

    ticket_ids = fields.Many2many(
        "crm.ticket", default=lambda self: self.env.context.get("active_ids"), required=True
    )
    until = fields.Datetime(
        required=True,
        default=lambda self: self._tomorrow(),
        help="The tickets come back then, or as soon as the customer writes.",
    )

    @api.model
    def _tomorrow(self):
        """Tomorrow morning of the user.

        :return: naive, UTC
        :rtype: datetime
        """
        tz = timezone(self.env.user.tz or "UTC")
        today = utc.localize(fields.Datetime.now()).astimezone(tz).date()
        morning = datetime.combine(today + timedelta(days=1), time(MORNING))
        return tz.localize(morning).astimezone(utc).replace(tzinfo=None)

    def action_snooze(self):
        """Put the tickets aside.

        :rtype: dict
        """
        self.ensure_one()
        self.ticket_ids._snooze(self.until)
        return {"type": "ir.actions.act_window_close"}
