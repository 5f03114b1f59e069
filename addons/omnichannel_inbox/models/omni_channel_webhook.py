from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from odoo import api, fields, models, tools
from odoo.tools import SQL

from odoo.addons.integration_base.http_client import is_loopback

from ..providers import PROVIDERS
from ..waker import wake

#: Scheduled actions by what they are for.
CRONS = {
    "in_mail": "omnichannel_inbox.ir_cron_in_mail",
    "in_chat": "omnichannel_inbox.ir_cron_in_chat",
    "out_mail": "omnichannel_inbox.ir_cron_out_mail",
    "out_chat": "omnichannel_inbox.ir_cron_out_chat",
    "sync": "omnichannel_inbox.ir_cron_sync",
}
#: Fields which no webhook depends on, and which change all the time.
_BOOKKEEPING = frozenset(
    {
        "auth_failed_since",
        "color",
        "expiry",
        "health",
        "health_message",
        "last_error",
        "last_failure",
        "last_refused",
        "last_success",
        "message_main_attachment_id",
        "messenger_policy",
        "messenger_subscription_error",
        "messenger_watched",
        "next_send",
        "next_sync",
        "sequence",
        "signature",
        "sync_failures",
    }
)


class OmniChannel(models.Model):
    """What comes in by itself, and how the scheduler hears of it."""

    _inherit = "omni.channel"

    last_refused = fields.Datetime(
        "Webhook Last Refused",
        readonly=True,
        copy=False,
        help="When somebody last spoke to the webhook who could not show that he may.",
    )

    @api.model
    @tools.ormcache()
    def _webhook_targets(self):
        """Where each token leads. The whole table at once: guessing fills no cache.

        :return: token → (channel id, provider's class, settings, id of the scheduled action)
        :rtype: dict
        """
        targets = {}
        # sudo: whoever speaks to the webhook is nobody
        for channel_sudo in self.sudo().search([("is_enabled", "=", True)]):
            provider = PROVIDERS.get(channel_sudo.provider)
            if provider and provider.has_webhook:
                targets[channel_sudo.webhook_token] = (
                    channel_sudo.id,
                    provider,
                    channel_sudo._webhook_settings(),
                    channel_sudo._cron_id(f"in_{channel_sudo._queue_kind()}"),
                )
        return targets

    def _webhook_unreachable(self, api_url):
        """Where the webhook leads, when the other side cannot reach that: it speaks to public
        addresses with https only. A simulator is on this machine, as the webhook may be.

        :param str api_url: where we speak to the other side
        :return: scheme and host; empty: it can be reached, as far as we know
        :rtype: str
        """
        self.ensure_one()
        parts = urlsplit(self.webhook_url or "")
        is_reachable = parts.scheme == "https"
        if is_loopback(parts.hostname or ""):
            is_reachable = is_loopback(urlsplit(api_url or "").hostname or "")
        return "" if is_reachable else f"{parts.scheme}://{parts.netloc}"

    def _webhook_settings(self):
        """Plain values with which requests are verified. They are kept in memory until the channel
        is written: a provider whose settings are not plain has ``_<code>_webhook_settings()``.

        :rtype: dict
        """
        self.ensure_one()
        hook = getattr(self, f"_{self.provider}_webhook_settings", None)
        if not hook:
            return self._provider_settings()
        return {"channel_id": self.id, "secret": self.secret or "", **hook()}

    @api.model
    def _webhook_forget(self):
        """Call when something changed that `_webhook_settings` gives."""
        self.env.registry.clear_cache()

    def _note_refused(self):
        """A request was refused: the channel says so, for a wrong secret looks just like this."""
        self.env.cr.execute(
            SQL(
                "UPDATE omni_channel SET last_refused = %(now)s WHERE id IN %(ids)s"
                " AND (last_refused IS NULL OR last_refused < %(before)s)",
                now=fields.Datetime.now(),
                before=fields.Datetime.now() - timedelta(minutes=10),
                ids=self._ids,
            )
        )
        self.invalidate_recordset(["last_refused"])

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: one more webhook."""
        channels = super().create(vals_list)
        self._webhook_forget()
        return channels

    def write(self, vals):
        """Override: the webhook goes by what is written."""
        res = super().write(vals)
        if not _BOOKKEEPING.issuperset(vals):
            self._webhook_forget()
        return res

    def unlink(self):
        """Override: one webhook less."""
        res = super().unlink()
        self._webhook_forget()
        return res

    # === SCHEDULER === #

    @api.model
    def _cron_id(self, name):
        """Id of one of our scheduled actions.

        :param str name: key of `CRONS`
        :rtype: int
        """
        return self.env["ir.model.data"]._xmlid_to_res_id(CRONS[name], raise_if_not_found=True)

    @api.model
    def _wake(self, name, delay=0):
        """Have a scheduled action run soon after this transaction, or some seconds later.

        :param str name: key of `CRONS`
        :param float delay: seconds
        """
        at = fields.Datetime.now() + timedelta(seconds=delay)
        self.env.cr.execute(
            SQL(
                "INSERT INTO ir_cron_trigger (cron_id, call_at) VALUES (%s, %s)",
                self._cron_id(name),
                at,
            )
        )
        # a second more: what is due is compared in whole seconds
        self.env.cr.postcommit.add(partial(wake, self.env.cr.dbname, delay + 1 if delay else 0))
