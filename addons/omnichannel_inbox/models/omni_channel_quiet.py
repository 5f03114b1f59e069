import re
from datetime import timedelta

import pytz
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_datetime, html2plaintext

#: Working hours without a message after which somebody is told, unless told otherwise.
QUIET_HOURS = 24
#: Silence is measured so far back: it is long enough then.
MOST_DAYS = 60
_ITEM = re.compile(r"<li>(.*?)</li>", re.S)
#: What differs between two sentences about the same trouble: numbers, dates, times.
_VARIABLE = re.compile(r"[\W\d_]+|\b[ap]m\b", re.I)


class OmniChannel(models.Model):
    """Alarms: a channel on which nobody writes any more is missed, by its own rhythm; and whoever
    is told is told once of every trouble, not once an hour."""

    _inherit = "omni.channel"

    quiet_hours = fields.Integer(
        "Longest Time Without a Message (working hours)",
        default=QUIET_HOURS,
        help="The responsible person is told when nobody has written for longer, in hours of the"
        " calendar. 0: never.",
    )
    quiet_calendar_id = fields.Many2one(
        "resource.calendar",
        "Customers Write During",
        check_company=True,
        help="Hours outside of it are no silence. Empty: the working hours of the company.",
    )

    _quiet_hours_positive = models.Constraint(
        "CHECK (quiet_hours >= 0)", "A silence cannot be shorter than nothing."
    )

    @api.depends("last_success", "silence_hours", "provider")
    def _compute_is_silent(self):
        """Override: who cannot be asked is heard of when somebody writes, and then only."""
        res = super()._compute_is_silent()
        self.filtered(lambda channel: not channel.has_sync).is_silent = False
        return res

    # === SILENCE === #

    def _last_incoming(self):
        """When something was last told of a message.

        :rtype: datetime.datetime | bool
        """
        self.ensure_one()
        # sudo: whoever runs the watchdog
        event_sudo = (
            self.env["omni.event"]
            .sudo()
            .search(
                [("channel_id", "=", self.id), ("kind", "=", "message")],
                order="received desc",
                limit=1,
            )
        )
        return event_sudo.received

    def _quiet_findings(self):
        """Whether nobody has written for longer than usual.

        :return: sentences for people
        :rtype: list[str]
        """
        self.ensure_one()
        # nobody is expected to write on the demo
        if self.quiet_hours <= 0 or self.provider == "demo":
            return []
        now = fields.Datetime.now()
        last = self._last_incoming()
        since = max(last or self.create_date, now - timedelta(days=MOST_DAYS))
        if now - since < timedelta(hours=self.quiet_hours):
            return []
        if self._quiet_time(since, now) < self.quiet_hours:
            return []
        if not last:
            return [self.env._("No message has ever come in.")]
        return [
            self.env._(
                "No message has come in since %(date)s: that is unusual on this channel. Look "
                "whether it still reaches us.",
                date=format_datetime(self.env, last, dt_format="short"),
            )
        ]

    def _quiet_time(self, since, until):
        """Hours between two moments in which customers write.

        :rtype: float
        """
        # sudo: whoever runs the watchdog
        calendar_sudo = (self.quiet_calendar_id or self.company_id.resource_calendar_id).sudo()
        if not calendar_sudo:
            return (until - since).total_seconds() / 3600
        return calendar_sudo.get_work_hours_count(
            pytz.utc.localize(since), pytz.utc.localize(until)
        )

    # === ONCE === #

    def _watchdog_findings(self):
        """Override: silence by the channel's own rhythm, and dead letters that will be deleted."""
        findings = super()._watchdog_findings()
        return findings + self._quiet_findings() + self._dead_retention_findings()

    def _watchdog_report(self, findings):
        """Override: the first trouble comes with the activity; a further one, as long as that is
        open, with a mail of its own, once."""
        activity = self._watchdog_activities()[:1]
        known = {_trouble(html2plaintext(item)) for item in _ITEM.findall(activity.note or "")}
        res = super()._watchdog_report(findings)
        new = [finding for finding in findings if _trouble(finding) not in known]
        if activity and new:
            user = self._watchdog_user()
            self.with_context(lang=user.lang).message_notify(
                partner_ids=user.partner_id.ids,
                subject=self.env._("%(channel)s needs attention", channel=self.display_name),
                body=Markup("<ul>%s</ul>")
                % Markup().join(Markup("<li>%s</li>") % finding for finding in new),
            )
        return res


def _trouble(text):
    """What sentences about the same trouble have in common."""
    return _VARIABLE.sub(" ", text).strip().lower()
