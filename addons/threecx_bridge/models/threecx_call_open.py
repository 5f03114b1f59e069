from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

#: A call that goes on for longer is no longer believed to go on.
LIVE_HOURS = 4
#: For so long after its begin a call that is over is still asked about.
WRAP_UP_MINUTES = 30
#: As many as a screen shows.
LIMIT = 3


class ThreecxCall(models.Model):
    """Calls of a colleague that a page shows which is opened, or loaded anew, meanwhile."""

    _inherit = "threecx.call"

    @api.readonly
    @api.model
    def open_popups(self):
        """Calls of the present user that go on, or that wait for a word of his; the oldest first.

        :return: payloads, as of :meth:`popup_data`
        :rtype: list[dict]
        """
        self.browse().check_access("read")
        calls = self._perhaps_open().with_env(self.env)._filtered_access("read")
        payloads = [call.popup_data() for call in calls.sorted("started")]
        return [one for one in payloads if one["wrap_up"] or one["state"] in ("ringing", "ongoing")]

    @api.model
    def _perhaps_open(self):
        """Calls of the present user of which a screen may have something to show.

        :rtype: threecx.call, with all rights
        """
        now = fields.Datetime.now()
        is_live = Domain("state", "in", ("ringing", "ongoing"))
        is_live &= Domain("started", ">=", now - timedelta(hours=LIVE_HOURS))
        is_asked = Domain("state", "in", ("ended", "attempted"))
        is_asked &= Domain("is_wrapped_up", "=", False)
        is_asked &= Domain("started", ">=", now - timedelta(minutes=WRAP_UP_MINUTES))
        mine = Domain("leg_ids.user_id", "=", self.env.uid) & Domain("kind", "=", "call")
        mine &= Domain("direction", "!=", "internal")
        # sudo: which calls these are; what is shown of them is looked at one by one
        return self.sudo().search(mine & (is_live | is_asked), order="started DESC", limit=LIMIT)
