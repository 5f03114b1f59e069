from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .threecx_call import RESULTS
from .threecx_call_missed import ACTIVITY_TYPE

#: Longest note kept, in characters.
NOTE_LENGTH = 10_000


class ThreecxCall(models.Model):
    """After the call: how it went, and what comes next."""

    _inherit = "threecx.call"

    def wrap_up(self, result, note=False, callback=False):
        """Note how a call went.

        :param str result: value of ``result``
        :param str note: what was said
        :param dict callback: ``{"date": "2026-11-25", "summary": "…"}``: call again then
        """
        self.ensure_one()
        self._check_wrap_up()
        if result not in dict(RESULTS):
            raise UserError(self.env._("This is no result of a call."))
        values = {"result": result, "is_wrapped_up": True}
        if note:
            values["note"] = str(note)[:NOTE_LENGTH]
        # sudo: what the colleague may say of the call, and nothing else
        call_sudo = self.sudo().with_context(tracking_disable=True)
        if self.env.user in call_sudo.leg_ids.user_id and not call_sudo.user_id:
            values["user_id"] = self.env.uid
        call_sudo.write({**values, "revision": call_sudo.revision + 1})
        if callback:
            self._plan_call_back(callback)
        call_sudo._follow_up()
        call_sudo._sync_log()
        call_sudo._notify()
        return True

    def dismiss_wrap_up(self):
        """Do not ask any more how the call went."""
        self.check_access("read")
        # sudo: what the colleague may say of the call, and nothing else
        for call_sudo in self.sudo():
            call_sudo.write({"is_wrapped_up": True, "revision": call_sudo.revision + 1})
            call_sudo._notify()
        return True

    def action_wrap_up(self):
        """Open the form in which the user notes how the call went.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("How did it go?"),
            "res_model": "threecx.call.wrap.up",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_call_id": self.id},
        }

    def _check_wrap_up(self):
        """Who was in the call, and who leads the team, may say how it went."""
        self.check_access("read")
        users = self.sudo().leg_ids.user_id | self.sudo().user_id
        if users and self.env.user not in users:
            if not self.env.user.has_group("threecx_bridge.group_threecx_manager"):
                raise AccessError(self.env._("Only who had the call can say how it went."))

    def _plan_call_back(self, callback):
        """Plan a call on the contact, on what the call is about, or on the call itself."""
        try:
            date = fields.Date.to_date(callback.get("date"))
        except (AttributeError, TypeError, ValueError) as error:
            raise UserError(self.env._("This is no date to call back on.")) from error
        if not date:
            raise UserError(self.env._("This is no date to call back on."))
        summary = str(callback.get("summary") or "")[:200]
        # sudo: the record is the one of the call; who may not write it may still have to call
        target_sudo = self.sudo().with_context(mail_activity_quick_update=True)._activity_target()
        target_sudo.activity_schedule(
            ACTIVITY_TYPE,
            date_deadline=date,
            summary=summary or self.env._("Call back %(who)s", who=self._other_side()),
            user_id=self.env.uid,
        )

    def _asks_wrap_up(self, user, state, outcome):
        """Whether a colleague is asked how the call went: after he talked, or tried to."""
        self.ensure_one()
        if self.is_wrapped_up or user not in (self.user_id or self.leg_ids.user_id):
            return False
        if state == "attempted":
            return True
        return state == "ended" and (outcome == "answered" or self.direction == "outbound")
