from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import scheduled

from .omni_event_process import RETENTION_BATCH

_logger = get_logger(__name__)

#: Days for which events that were given up are kept, unless told otherwise.
DEAD_DAYS = 365
#: Days before they are deleted on which somebody is told.
WARNING_DAYS = 30


class OmniChannel(models.Model):
    """How long what could not be processed is kept: it is personal data as well."""

    _inherit = "omni.channel"

    dead_retention_days = fields.Integer(
        "Given Up Events Kept (days)",
        default=DEAD_DAYS,
        help="Events that could not be processed are deleted after so long; the responsible person"
        " is told a month before. 0: for ever.",
    )

    _dead_retention_days_positive = models.Constraint(
        "CHECK (dead_retention_days >= 0)", "Events cannot be kept for a negative time."
    )

    def _dead_domain(self, ahead=0):
        """The events of a channel that were given up so long ago that they are to be deleted.

        :param int ahead: or will be, within so many days
        :rtype: Domain
        """
        self.ensure_one()
        limit = fields.Datetime.now() - timedelta(days=self.dead_retention_days - ahead)
        return (
            Domain("channel_id", "=", self.id)
            & Domain("state", "=", "dead")
            & Domain("received", "<", limit)
        )

    def _dead_retention_findings(self):
        """What will be deleted soon though nobody has dealt with it.

        :return: sentences for people
        :rtype: list[str]
        """
        self.ensure_one()
        if not self.dead_retention_days:
            return []
        # sudo: whoever runs the watchdog
        events_sudo = self.env["omni.event"].sudo()
        domain = self._dead_domain(ahead=WARNING_DAYS)
        oldest = events_sudo.search(domain, order="received", limit=1)
        if not oldest:
            return []
        day = oldest.received + timedelta(days=self.dead_retention_days)
        return [
            self.env._(
                "%(count)s events that were given up will be deleted, from %(date)s on: process "
                "them again before, or let them go.",
                count=events_sudo.search_count(domain),
                date=format_date(self.env, day),
            )
        ]


class OmniEvent(models.Model):
    _inherit = "omni.event"

    @api.model
    @scheduled
    def _cron_retention(self):
        """Override: what was given up goes too, much later, and not without a trace."""
        res = super()._cron_retention()
        cron = self.env["ir.cron"]
        channels = self.env["omni.channel"].with_context(active_test=False)
        for channel in channels.search([("dead_retention_days", ">", 0)]):
            count = 0
            while events := self.search(channel._dead_domain(), limit=RETENTION_BATCH, order="id"):
                count += len(events)
                events.unlink()
                if not cron._commit_progress():
                    break
            if count:
                _logger.info("%s: %s events that were given up are deleted", channel, count)
                channel.message_post(
                    body=self.env._(
                        "%(count)s events that could not be processed were deleted after "
                        "%(days)s days.",
                        count=count,
                        days=channel.dead_retention_days,
                    )
                )
                cron._commit_progress()
        return res
