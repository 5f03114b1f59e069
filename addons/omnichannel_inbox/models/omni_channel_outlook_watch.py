from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RetryableError,
)
from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import attempt, run_apart, scheduled

from ..providers.outlook.notifications import client_state, webhook_address
from ..providers.outlook.subscriptions import CEILING, Subscriptions

_logger = get_logger(__name__)

_CRON = "omnichannel_inbox.ir_cron_outlook_watch"


class OmniChannel(models.Model):
    """Being told by Outlook what is new. Whatever goes wrong with it, mail is fetched all the same,
    a few minutes later."""

    _inherit = "omni.channel"

    outlook_ceiling = fields.Integer(
        "Longest Subscription (minutes)",
        readonly=True,
        copy=False,
        help="As Outlook told; 0: not known yet.",
    )

    @api.model
    @scheduled
    def _cron_outlook_watch(self):
        """Make, renew and end subscriptions."""
        cron = self.env["ir.cron"]
        channels = self.with_context(active_test=False).search(Domain("provider", "=", "outlook"))
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            attempt(self.env, channel, channel._outlook_watch)
            if not cron._commit_progress(1):
                break

    def _outlook_wake_watch(self):
        """Look after the subscriptions soon."""
        self.env.ref(_CRON)._trigger()

    def action_enable(self):
        """Override: be told from now on, and from which date on history is read."""
        res = super().action_enable()
        if self.filtered(lambda channel: channel.provider == "outlook"):
            self._outlook_wake_watch()
        return res

    def action_disable(self):
        """Override: be told no more."""
        res = super().action_disable()
        if self.filtered(lambda channel: channel.provider == "outlook"):
            self._outlook_wake_watch()
        return res

    def _outlook_watch(self):
        """Look after the subscriptions of one mailbox. Each outcome is committed: an answer of
        Outlook is not lost because the next request fails."""
        self.ensure_one()
        is_wanted = self.is_enabled and self.active
        wanted = self.folder_ids.filtered(lambda folder: is_wanted and folder.is_active)
        surplus = (self.folder_ids - wanted).filtered("outlook_subscription")
        due = wanted.filtered(
            lambda folder: folder._outlook_is_due(self.outlook_ceiling or CEILING)
        )
        if not (due or surplus):
            return
        if due and (reason := self._outlook_unreachable()):
            due.write({"outlook_subscription_error": reason})
            due = due.browse()
        try:
            with self._provider().graph as graph:
                subscriptions = Subscriptions(graph, self.outlook_ceiling)
                for folder in due:
                    self._outlook_subscribe(subscriptions, folder)
                    self.env["ir.cron"]._commit_progress()
                for folder in surplus:
                    subscriptions.remove(folder.outlook_subscription)
                    folder.write(
                        {"outlook_subscription": False, "outlook_subscription_expiry": False}
                    )
                    self.env["ir.cron"]._commit_progress()
        except RetryableError as error:
            _logger.info("%s: being told of new mail has to wait: %s", self, error)
        except IntegrationError as error:
            # what cannot be ended ends by itself within days
            surplus.write({"outlook_subscription": False, "outlook_subscription_expiry": False})
            if is_wanted and isinstance(error, AuthError):
                self._set_auth_failed(error)
            else:
                _logger.info("%s: subscriptions could not be ended: %s", self, error)
        self._outlook_note_expiry()

    def _outlook_subscribe(self, subscriptions, folder):
        """Be told of one folder."""
        key = folder.key
        url = webhook_address(self.webhook_url, key)
        proof = client_state(self.secret or "", key)
        known = folder.outlook_subscription or ""
        # no transaction is open while Outlook is spoken to
        self.env["ir.cron"]._commit_progress()
        try:
            found = subscriptions.ensure(key, url, proof, known)
        except (AuthError, RetryableError):
            raise
        except IntegrationError as error:
            reason = self.env["omni.queue.mixin"]._queue_reason(error)
            folder.outlook_subscription_error = reason
            _logger.warning("%s: Outlook does not tell what is new: %s", folder, reason)
            return
        run_apart(self.env, _keep_subscription, folder.id, found)

    def _outlook_unreachable(self):
        """Why Outlook cannot tell us anything; empty: it can, as far as we know.

        :rtype: str
        """
        self.ensure_one()
        if not self.secret:
            return self.env._("The channel has no secret of its own.")
        if origin := self._webhook_unreachable(self.outlook_account_id.outlook_graph_url):
            return self.env._(
                "Outlook reaches only public addresses with https, and not %(url)s. Mail is "
                "fetched every %(minutes)s minutes.",
                url=origin,
                minutes=self.sync_minutes,
            )
        return ""

    def _outlook_lifecycle(self, event):
        """What Outlook says of a subscription. No network here: the rest is done by the cron.

        :param event: `Event`
        """
        self.ensure_one()
        word = event.payload.get("lifecycleEvent")
        subscription = event.payload.get("subscriptionId")
        folders = self.folder_ids.filtered(
            lambda folder: folder.outlook_subscription == subscription
        )
        if word == "subscriptionRemoved":
            folders.write({"outlook_subscription": False, "outlook_subscription_expiry": False})
        elif word == "reauthorizationRequired":
            # renewing authorises as well
            folders.outlook_subscription_expiry = fields.Datetime.now()
        self._outlook_wake_watch()
        # in each of the three cases something may have been missed
        (folders or self.folder_ids)._mark_dirty()


def _keep_subscription(env, folder_id, found):
    """Keep what Outlook has given us, whoever else changes the folder at this moment."""
    folder = env["omni.folder"].browse(folder_id)
    folder.write(
        {
            "outlook_subscription": found.id,
            "outlook_subscription_expiry": found.expiry,
            "outlook_subscription_error": False,
        }
    )
    if folder.channel_id.outlook_ceiling != found.ceiling:
        folder.channel_id.outlook_ceiling = found.ceiling
