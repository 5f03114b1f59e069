from contextlib import contextmanager

from odoo import api, models
from odoo.fields import Domain

MISSED_BUS = "threecx_bridge/missed"
#: More than these are "many" on a badge.
MISSED_LIMIT = 100
#: Fields that decide whom a missed call waits for.
_DECIDES = frozenset(
    {"activity_id", "direction", "is_called_back", "is_withheld", "outcome", "user_id"}
)


class ThreecxCall(models.Model):
    """Tells the screens of a colleague which missed calls wait for him, when that changes."""

    _inherit = "threecx.call"

    # === CRUD METHODS === #

    def write(self, vals):
        """Override to tell whom the calls begin or cease to wait for."""
        if not _DECIDES.intersection(vals):
            return super().write(vals)
        with self._telling_missed():
            return super().write(vals)

    def unlink(self):
        """Override to tell whom the calls waited for."""
        waited = self._waits_for()
        res = super().unlink()
        self._tell_missed(waited, set())
        return res

    # === WHOM A MISSED CALL WAITS FOR === #

    @api.model
    def _missed_of(self, user):
        """Missed calls that wait for a colleague: he was called, or he is asked to call back. They
        are some hundred at most.

        :rtype: list[int]
        """
        domain = self._domain_to_call_back() & (
            Domain("user_id", "=", user.id) | Domain("activity_id.user_id", "=", user.id)
        )
        calls = self.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        return calls.search(domain, limit=MISSED_LIMIT).ids

    def _waits_for(self):
        """Ids of colleague and call, of the missed calls among these.

        :rtype: set[tuple[int, int]]
        """
        # sudo: who waits for whom is told to whom it concerns, and nobody else
        missed_sudo = self.sudo().filtered("is_to_call_back")
        return {
            (user.id, call.id)
            for call in missed_sudo
            for user in call.user_id | call.activity_id.user_id
        }

    @contextmanager
    def _telling_missed(self):
        """Tell the colleagues what changes, for them, in the course of a block."""
        before = self._waits_for()
        yield
        self._tell_missed(before, self._waits_for())

    @api.model
    def _tell_missed(self, before, after):
        """Send what has changed, not a number: transactions at the same time do not disturb it."""
        changes = {}
        for name, pairs in (("removed", before - after), ("added", after - before)):
            for user_id, call_id in pairs:
                ids = changes.setdefault(user_id, {"added": [], "removed": []})[name]
                ids.append(call_id)
        for user in self.env["res.users"].browse(changes):
            change = changes[user.id]
            calls = self.browse(change["added"]).with_user(user)
            calls = calls.with_context(allowed_company_ids=user.sudo().company_ids.ids)
            change["added"] = calls._filtered_access("read").ids
            if any(change.values()):
                user.sudo()._bus_send(MISSED_BUS, change)
