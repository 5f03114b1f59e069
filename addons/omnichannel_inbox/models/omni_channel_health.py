from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from odoo.addons.integration_base.exceptions import IntegrationError, RejectedError

from ..providers.base import FailureType, Provider
from .omni_queue_mixin import WAITS

#: A success is noted once in so many minutes: nobody needs to know it to the second.
SUCCESS_MINUTES = 5
#: Seconds between two attempts to send while access is refused: the first pause, and the longest.
REFUSED_SECONDS = 15
REFUSED_LONGEST = 600


class OmniChannel(models.Model):
    """How a channel is: who is told of what, and when."""

    _inherit = "omni.channel"

    auth_failed_since = fields.Datetime(
        "Signed Out Since",
        readonly=True,
        copy=False,
        help="Since when the other side has refused our access. What came in before is processed.",
    )
    next_send = fields.Datetime(
        "Sends Again At",
        readonly=True,
        copy=False,
        help="The other side asked for patience until then.",
    )
    # changes with every message: stored, it would be in the way of whatever else is written here
    oldest_pending = fields.Datetime(compute="_compute_oldest_pending", store=False)
    waiting_count = fields.Integer("Waiting", compute="_compute_counts")
    dead_count = fields.Integer("Given Up", compute="_compute_counts")
    outbox_count = fields.Integer("To Send", compute="_compute_counts")
    unsent_count = fields.Integer("Not Sent", compute="_compute_counts")

    # === COMPUTE METHODS === #

    def _compute_oldest_pending(self):
        for channel in self:
            channel.oldest_pending = channel._oldest_pending()

    def _compute_counts(self):
        # sudo: how many there are may be known to who may see the channel
        events_sudo, messages_sudo = self.env["omni.event"].sudo(), self.env["omni.message"].sudo()
        counts = {}
        for model_sudo in (events_sudo, messages_sudo):
            for channel, state, count in model_sudo._read_group(
                [
                    ("channel_id", "in", self.ids),
                    (
                        "state",
                        "in",
                        ("new", "retry", "dead", "queued", "sending", "failed", "uncertain"),
                    ),
                ],
                ["channel_id", "state"],
                ["__count"],
            ):
                counts[channel.id, state] = count
        for channel in self:

            def count(*states, channel=channel):
                return sum(counts.get((channel.id, state), 0) for state in states)

            channel.waiting_count = count("new", "retry")
            channel.dead_count = count("dead")
            channel.outbox_count = count("queued", "sending")
            channel.unsent_count = count("failed", "uncertain")

    # === ERRORS === #

    def _failure_type(self, error):
        """What kind of failure an error is, by the words of the provider.

        :param Exception error: what was raised
        :return: value of `FailureType`
        :rtype: str
        """
        self.ensure_one()
        if not isinstance(error, IntegrationError):
            return FailureType.UNKNOWN.value
        try:
            provider = self._provider()
        except IntegrationError:
            provider = Provider({})
        return provider.failure_type(error).value

    def _check_can_send(self):
        """
        :raise UserError: nothing can be sent on this channel
        """
        self.ensure_one()
        if not self._capabilities().can_send:
            raise UserError(
                self.env._("Nothing can be sent on %(channel)s.", channel=self.display_name)
            )
        # sudo: whoever answers need not see how the channel is set up
        if not self.sudo().is_enabled or not self.sudo().active:
            raise UserError(
                self.env._(
                    "%(channel)s is not in service: an administrator of the inbox can put it into "
                    "service.",
                    channel=self.display_name,
                )
            )

    # === STATE === #

    def _set_healthy(self, message=None):
        """Override: who works is signed in, and what has waited for it leaves."""
        back = self.filtered("auth_failed_since")
        back.write({"auth_failed_since": False, "next_send": False})
        for channel in back:
            channel._wake(f"out_{channel._queue_kind()}")
        return super()._set_healthy(message)

    def _note_success(self, is_contact=False):
        """Something was processed, or sent.

        :param bool is_contact: the other side was spoken to, so it lets us in
        """
        self.ensure_one()
        if self.auth_failed_since and not is_contact:
            # what came in before is no proof
            return
        recent = fields.Datetime.now() - timedelta(minutes=SUCCESS_MINUTES)
        if self.health != "ok" or not self.last_success or self.last_success < recent:
            self._set_healthy()

    def _set_auth_failed(self, error):
        """The other side does not let us in any more: a person has to act, and is told at once.

        :param Exception error: what it answered
        """
        self.ensure_one()
        is_new = not self.auth_failed_since
        if is_new:
            self.auth_failed_since = fields.Datetime.now()
        self._set_failing(error)
        self._watchdog_review()
        if is_new:
            self._watchdog_user()._bus_send(
                "simple_notification",
                {
                    "type": "danger",
                    "sticky": True,
                    "title": self.env._("%(channel)s: access refused", channel=self.display_name),
                    "message": self.env._(
                        "Nothing new is fetched and nothing is sent until somebody signs in again. "
                        "What has come in already is processed."
                    ),
                },
            )

    def _hold_sending(self, seconds):
        """The other side asks for patience.

        :param float seconds: from now
        """
        self.ensure_one()
        until = fields.Datetime.now() + timedelta(seconds=seconds)
        if not self.next_send or self.next_send < until:
            self.next_send = until

    def _hold_refused(self):
        """We are not let in: nothing is sent until we are, and one message tried now and then shows
        whether we are. The longer it has lasted, the more rarely."""
        self.ensure_one()
        lasted = (fields.Datetime.now() - self.auth_failed_since).total_seconds()
        seconds = min(max(lasted, REFUSED_SECONDS), REFUSED_LONGEST)
        self._hold_sending(seconds)
        self._wake(f"out_{self._queue_kind()}", seconds)

    # === TEST === #

    def _test_connection(self):
        """Override: all checks of the provider.

        :raise IntegrationError: one of them fails
        """
        self.ensure_one()
        failed = [check for check in self._provider().health() if not check.is_ok]
        if failed:
            texts = [
                f"{check.name}: {check.detail}" if check.detail else check.name for check in failed
            ]
            raise RejectedError("\n".join(texts))

    def action_test_connection(self):
        """Override: who is refused stays refused until he signs in."""
        res = super().action_test_connection()
        if self.health == "ok" and self.is_enabled:
            self.folder_ids._mark_dirty()
        return res

    # === WATCHDOG === #

    @api.model
    def _watchdog_domain(self):
        """Override: those in service."""
        return Domain("is_enabled", "=", True)

    def _watchdog_user(self):
        """Override: without responsible person, the administrator is told."""
        user = super()._watchdog_user()
        return user if user else self.env.ref("base.user_admin")

    def _oldest_pending(self):
        """Since when the oldest event or message that is due has been waiting. What is told of a
        message that has not come is not due before it.

        :rtype: datetime.datetime | bool
        """
        # sudo: whoever runs the watchdog
        events_sudo, messages_sudo = self.env["omni.event"].sudo(), self.env["omni.message"].sudo()
        mine = Domain("channel_id", "in", self.ids)
        event = events_sudo.search(
            mine & Domain("state", "in", ("new", "retry")) & Domain("cause", "!=", WAITS),
            limit=1,
            order="id",
        )
        message = messages_sudo.search(
            mine & Domain("state", "in", ("queued", "sending")), limit=1, order="id"
        )
        return min(filter(None, (event.received, message.send_after)), default=False)

    def _watchdog_findings(self):
        """Override: access refused, dead letters, messages that were not sent, folders that cannot
        be read, and webhooks that are refused."""
        self.invalidate_recordset(["oldest_pending"])
        findings = super()._watchdog_findings()
        if self.auth_failed_since:
            findings.append(
                self.env._(
                    "Access has been refused since %(date)s. Sign in again, or renew the secret.",
                    date=format_datetime(self.env, self.auth_failed_since, dt_format="short"),
                )
            )
        self.invalidate_recordset(["dead_count"])
        if self.dead_count:
            findings.append(
                self.env._(
                    "%(count)s incoming events could not be processed and were given up: look at "
                    "them under Configuration, Incoming Events, and process them again.",
                    count=self.dead_count,
                )
            )
        findings += self._proof_findings()
        for folder in self.folder_ids.filtered(
            lambda folder: folder.is_active and folder.last_error
        ):
            findings.append(
                self.env._(
                    "Folder “%(folder)s” cannot be read: %(reason)s",
                    folder=folder.name,
                    reason=folder.last_error,
                )
            )
        return findings
