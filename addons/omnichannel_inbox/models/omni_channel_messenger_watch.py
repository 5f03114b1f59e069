from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import attempt, scheduled

from ..providers.messenger.checks import expiry, missing_fields, subscribe

_logger = get_logger(__name__)

_CRON = "omnichannel_inbox.ir_cron_messenger_watch"
#: Minutes between two looks at token and subscription.
WATCH_MINUTES = 15
#: Names asked for in one go, and days after which one that was not told is asked for again.
NAMES = 50
NAME_DAYS = 30
#: Days before its end at which a token is reported.
EXPIRY_DAYS = 14


class OmniChannel(models.Model):
    """Token and subscription of a page: Meta takes both away without a word, and tells nothing any
    more. What was written meanwhile is then read from the list of conversations."""

    _inherit = "omni.channel"

    messenger_watched = fields.Datetime("Token and Subscription Checked", readonly=True, copy=False)
    messenger_subscription_error = fields.Char(
        "Not Told Because", readonly=True, copy=False, help="Why Meta does not tell what is new."
    )

    messenger_policy = fields.Char(
        "Limited By Meta", readonly=True, copy=False, help="What Meta has against the page."
    )

    @api.model
    @scheduled
    def _cron_messenger_watch(self):
        """Look after the pages in service."""
        cron = self.env["ir.cron"]
        channels = self.search(
            Domain("provider", "=", "messenger") & Domain("is_enabled", "=", True)
        )
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            attempt(self.env, channel, channel._messenger_watch)
            if not cron._commit_progress(1):
                break

    @api.model
    def _messenger_wake_watch(self):
        """Look after the pages soon."""
        self.env.ref(_CRON)._trigger()

    def action_enable(self):
        """Override: be told from now on."""
        res = super().action_enable()
        pages = self.filtered(lambda channel: channel.provider == "messenger")
        if pages:
            pages.messenger_watched = False
            self._messenger_wake_watch()
        return res

    # === TOKEN AND SUBSCRIPTION === #

    def _messenger_watch(self):
        """Look after one page; no transaction is open while Meta is spoken to."""
        self.ensure_one()
        limit = fields.Datetime.now() - timedelta(minutes=WATCH_MINUTES)
        is_due = not self.messenger_watched or self.messenger_watched <= limit
        people = self._messenger_nameless()
        if not is_due and not people:
            return
        try:
            provider = self._provider()
            graph = provider.graph
            self.env["ir.cron"]._commit_progress()
            if is_due:
                self._messenger_look(graph)
            self._messenger_ask_names(provider, people)
        except AuthError as error:
            self._set_auth_failed(error)
        except RetryableError as error:
            _logger.info("%s: Messenger has to be asked later: %s", self, error)
        except IntegrationError as error:
            self._messenger_note_subscription(self.env["omni.queue.mixin"]._queue_reason(error))

    def _messenger_look(self, graph):
        """Is the token alive, and are we told?"""
        facts = graph.token_facts()
        if not facts.get("is_valid"):
            error = facts.get("error") or {}
            raise AuthError(
                str(error.get("message") or self.env._("Meta says that the token is not valid."))
            )
        missing = missing_fields(graph)
        if missing:
            subscribe(graph)
        self.env["ir.cron"]._commit_progress()
        if missing:
            _logger.info("%s was not told of %s: told again", self, ", ".join(missing))
            # what was written meanwhile was told to nobody
            self.folder_ids._mark_dirty()
        ends = expiry(facts)
        until = datetime.fromtimestamp(ends, timezone.utc).replace(tzinfo=None) if ends else False
        if self.expiry != until:
            self.expiry = until
        self._messenger_note_subscription(self._messenger_unreachable())
        self.messenger_watched = fields.Datetime.now()
        was_out = bool(self.auth_failed_since)
        self._note_success(is_contact=True)
        if was_out:
            # nothing was fetched while we were signed out
            self.folder_ids._mark_dirty()

    def _messenger_note_subscription(self, reason):
        if (self.messenger_subscription_error or "") != (reason or ""):
            self.messenger_subscription_error = reason
            self._watchdog_review()

    def _messenger_lifecycle(self, event):
        """What Meta says of the page itself: it warns, or lets it send no more.

        :param event: `providers.base.Event`
        """
        self.ensure_one()
        row = event.payload.get("event") or {}
        policy = row.get("policy_enforcement") or {}
        reason = str(policy.get("reason") or policy.get("action") or "").replace("\0", "")
        self.messenger_policy = False if policy.get("action") == "unblock" else reason[:500]
        self._watchdog_review()

    def _messenger_unreachable(self):
        """Why Meta cannot tell us anything; empty: it can, as far as we know.

        :rtype: str
        """
        self.ensure_one()
        # sudo: whoever looks need not see how the channel is set up
        channel_sudo = self.sudo()
        if not channel_sudo.messenger_app_secret:
            return self.env._("The app has no secret here: what Meta tells is refused.")
        if origin := channel_sudo._webhook_unreachable(channel_sudo.messenger_api_url):
            return self.env._(
                "Meta reaches only public addresses with https, and not %(url)s. Messages are "
                "fetched every %(minutes)s minutes.",
                url=origin,
                minutes=self.sync_minutes,
            )
        return ""

    def _watchdog_findings(self):
        """Override: tokens that end, and what Meta does not tell."""
        findings = super()._watchdog_findings()
        if self.provider != "messenger":
            return findings
        if self.messenger_policy:
            findings.append(
                self.env._("Meta has limited the page: %(reason)s", reason=self.messenger_policy)
            )
        if self.messenger_subscription_error:
            findings.append(self.messenger_subscription_error)
        if self.expiry and self.expiry < fields.Datetime.now() + timedelta(days=EXPIRY_DAYS):
            findings.append(
                self.env._(
                    "The access token of the page ends on %(date)s: have a new one made for the "
                    "system user at Meta, and enter it here.",
                    date=format_datetime(self.env, self.expiry, dt_format="short"),
                )
            )
        return findings

    def _test_connection(self):
        """Override: what is missing is said in words."""
        if self.provider != "messenger":
            return super()._test_connection()
        return self.env["omni.messenger.setup"]._setup_test(self._provider())

    # === NAMES === #

    def _messenger_nameless(self):
        """People whose name is not known and was not asked for lately.

        :rtype: omni.identity
        """
        self.ensure_one()
        limit = fields.Datetime.now() - timedelta(days=NAME_DAYS)
        return self.env["omni.identity"].search(
            Domain("channel_id", "=", self.id)
            & Domain("name", "=", False)
            & (Domain("messenger_asked", "=", False) | Domain("messenger_asked", "<", limit)),
            limit=NAMES,
        )

    def _messenger_ask_names(self, provider, people):
        """Ask Meta who people are; it often does not tell, and nobody gets a name that is none."""
        cron = self.env["ir.cron"]
        for identity, external_id in [(one, one.external_id) for one in people]:
            # no transaction is open while Meta is spoken to
            cron._commit_progress()
            try:
                profile = provider.profile(external_id)
            except RejectedError as error:
                _logger.info("%s: no name is told: %s", identity, error)
                profile = None
            identity.messenger_asked = fields.Datetime.now()
            if profile and profile.address.name:
                self.env["omni.conversation"]._apply_profile(self, profile)
                tickets = identity.conversation_ids._inbox_tickets().exists()
                tickets.filtered(lambda one: not one.partner_name).write(
                    {"partner_name": profile.address.name}
                )
            cron._commit_progress()
