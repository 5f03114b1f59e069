import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.integration_base.exceptions import RejectedError

from ..providers import PROVIDERS
from ..providers.base import Capabilities

#: Seconds a message waits before it leaves, for second thoughts.
UNDO_SECONDS = 10


class OmniChannel(models.Model):
    """A way by which customers write: a mailbox, a page, a project of a chat.

    What is known of it is spread over several files: what it is here, what comes in by itself in
    ``omni_channel_webhook``, what is asked for in ``omni_channel_sync``, how it is in
    ``omni_channel_health``. A provider with settings of its own adds its fields, and gives them to
    the plain Python of the provider by ``_<code>_settings()``.
    """

    _name = "omni.channel"
    _description = "Channel"
    _inherit = ["integration.connection.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    provider = fields.Selection(
        "_selection_provider",
        required=True,
        default="demo",
        help="The outside system. It cannot be changed afterwards.",
    )
    icon = fields.Char("Symbol", compute="_compute_icon")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    team_id = fields.Many2one(
        "crm.team",
        check_company=True,
        index="btree_not_null",
        tracking=True,
        help="Its members see what comes in here. Empty: all users of the inbox do.",
    )
    signature = fields.Html(
        translate=True,
        help="Added below answers of those who have none of their own for this channel.",
    )
    is_enabled = fields.Boolean(
        "In Service",
        copy=False,
        tracking=True,
        help="Messages are fetched and answers are sent. What has come in already is shown either "
        "way.",
    )
    start_date = fields.Datetime(
        "Tickets Since",
        default=fields.Datetime.now,
        help="Older messages are kept with their customer, as history, and open no ticket.",
    )
    folder_ids = fields.One2many("omni.folder", "channel_id", "Folders")
    undo_seconds = fields.Integer(
        "Undo (seconds)",
        default=UNDO_SECONDS,
        help="So long an answer can be taken back after it was sent.",
    )
    retention_days = fields.Integer(
        "Raw Events Kept (days)",
        default=60,
        help="What came in is kept as it came for so long; the messages made of it stay. Events "
        "that could not be processed are kept longer. 0: for ever.",
    )
    secret = fields.Char(
        groups="base.group_system",
        copy=False,
        default=lambda self: secrets.token_urlsafe(32),
        help="Known to the other side too: it signs what it sends with it.",
    )
    webhook_token = fields.Char(
        groups="base.group_system",
        copy=False,
        required=True,
        readonly=True,
        default=lambda self: secrets.token_urlsafe(32),
    )
    webhook_url = fields.Char(
        "Webhook",
        compute="_compute_webhook_url",
        groups="base.group_system",
        help="Where the other side tells what is new.",
    )

    _webhook_token_uniq = models.UniqueIndex("(webhook_token)", "Two channels share a webhook.")
    _retention_days_positive = models.Constraint(
        "CHECK (retention_days >= 0)", "Events cannot be kept for a negative time."
    )
    _undo_seconds_sane = models.Constraint(
        "CHECK (undo_seconds BETWEEN 0 AND 120)", "Answers wait two minutes at most."
    )

    @api.model
    def _selection_provider(self):
        return [(code, provider.label) for code, provider in sorted(PROVIDERS.items())]

    # === COMPUTE METHODS === #

    @api.depends("provider")
    def _compute_icon(self):
        for channel in self:
            provider = PROVIDERS.get(channel.provider)
            channel.icon = provider.icon if provider else "fa-question-circle-o"

    @api.depends("webhook_token", "provider")
    def _compute_webhook_url(self):
        for channel in self:
            provider = PROVIDERS.get(channel.provider)
            channel.webhook_url = (
                f"{channel.get_base_url()}/omni/webhook/{channel.webhook_token}"
                if provider and provider.has_webhook
                else False
            )

    # === CRUD METHODS === #

    @api.constrains("provider")
    def _check_provider(self):
        for channel in self:
            if channel.provider not in PROVIDERS:
                raise ValidationError(
                    self.env._("There is no provider “%(code)s”.", code=channel.provider)
                )

    def copy_data(self, default=None):
        """Override: a name of its own."""
        vals_list = super().copy_data(default)
        if "name" not in (default or {}):
            for vals in vals_list:
                vals["name"] = self.env._("%(name)s (copy)", name=vals["name"])
        return vals_list

    def write(self, vals):
        """Override: what has come in is in the words of its provider."""
        if "provider" in vals and any(channel.provider != vals["provider"] for channel in self):
            raise UserError(
                self.env._("A channel keeps its provider. Make a new channel for the other one.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # sudo: whether there is anything does not depend on who asks
        if self.env["omni.message"].sudo().search_count([("channel_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("There are messages on this channel. Archive it instead: they stay.")
            )

    # === PROVIDER === #

    def _provider_class(self):
        """The plain Python that speaks to the other side.

        :rtype: type[Provider]
        :raise RejectedError: the addon that brought it is gone
        """
        self.ensure_one()
        try:
            return PROVIDERS[self.provider]
        except KeyError:
            raise RejectedError(
                self.env._("The provider “%(code)s” is not installed.", code=self.provider)
            ) from None

    def _provider(self):
        """The provider with the settings of this channel, for one piece of work.

        :rtype: Provider
        """
        return self._provider_class()(self._provider_settings())

    def _provider_settings(self):
        """Plain values for the provider, secrets included. Never give them to a client.

        :rtype: dict
        """
        self.ensure_one()
        # sudo: the provider needs the secrets, whoever causes the work
        channel_sudo = self.sudo()
        hook = getattr(channel_sudo, f"_{self.provider}_settings", None)
        return {
            "channel_id": self.id,
            "name": self.name,
            "secret": channel_sudo.secret or "",
            "start_date": self.start_date,
            **(hook() if hook else {}),
        }

    def _capabilities(self):
        """What the channel can carry; the hook ``_<code>_capabilities(can)`` says what is different
        on this one.

        :rtype: Capabilities
        """
        self.ensure_one()
        provider = PROVIDERS.get(self.provider)
        if not provider:
            return Capabilities(can_send=False)
        hook = getattr(self, f"_{self.provider}_capabilities", None)
        return hook(provider.capabilities) if hook else provider.capabilities

    def _queue_kind(self):
        """Whose turn it is worked off in: mails do not keep chats waiting.

        :return: ``mail`` or ``chat``
        :rtype: str
        """
        return "mail" if self._capabilities().has_subject else "chat"

    @api.model
    def _of_kind(self, kind):
        """All channels of a kind, whether in service or not, whose provider is installed.

        :rtype: omni.channel
        """
        channels = self.with_context(active_test=False).search(
            [("provider", "in", list(PROVIDERS))]
        )
        return channels.filtered(lambda channel: channel._queue_kind() == kind)

    # === BUTTONS === #

    def action_enable(self):
        """Button: put into service."""
        self.is_enabled = True
        self.folder_ids._mark_dirty()

    def action_disable(self):
        """Button: neither fetch nor send any more."""
        self.is_enabled = False
