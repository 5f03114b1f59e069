import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from odoo.addons.integration_base.exceptions import AuthError
from odoo.addons.integration_base.http_client import is_loopback

from ..providers.messenger.files import HOSTS
from ..providers.messenger.graph import API_URL, VERSION
from ..providers.messenger.listing import FOLDER
from ..providers.messenger.sending import HUMAN_WINDOW

#: Fields with which the webhook is verified or answered.
SECRETS = {"groups": "base.group_system", "copy": False}


class OmniChannel(models.Model):
    """A page on Messenger: which one, and by which app.

    How it is looked after is in ``omni_channel_messenger_watch``.
    """

    _inherit = "omni.channel"

    messenger_page_id = fields.Char(
        "Page ID", copy=False, tracking=True, help="The number of the page at Meta."
    )
    messenger_page_name = fields.Char("Page", readonly=True, copy=False)
    messenger_page_token = fields.Char(
        "Page Access Token",
        help="Of a system user of the business, so that it does not end with a password.",
        **SECRETS,
    )
    messenger_app_id = fields.Char("App ID", copy=False, tracking=True)
    messenger_app_secret = fields.Char(
        "App Secret", help="Meta signs with it what it tells.", **SECRETS
    )
    messenger_verify_token = fields.Char(
        "Verify Token",
        readonly=True,
        default=lambda self: secrets.token_urlsafe(24),
        help="Entered at Meta together with the address of the webhook.",
        **SECRETS,
    )
    messenger_version = fields.Char(
        "Version of the Graph API", default=VERSION, help="Meta ends a version after two years."
    )
    messenger_api_url = fields.Char(
        "Graph API",
        default=API_URL,
        groups="base.group_system",
        help="To be changed for a simulator only.",
    )
    messenger_file_hosts = fields.Char(
        "Machines With Files",
        default=" ".join(HOSTS),
        groups="base.group_system",
        help="Files of messages are fetched from these domains of Meta, and from nowhere else.",
    )
    messenger_has_human_agent = fields.Boolean(
        "Human Agent",
        tracking=True,
        help="Meta has granted the app the feature “Human Agent”: what a person has written may be "
        "sent for seven days, and not for a day only.",
    )

    _messenger_page_uniq = models.UniqueIndex(
        "(messenger_page_id) WHERE messenger_page_id IS NOT NULL AND active",
        "There is already a channel for this page.",
    )

    # === CONSTRAINTS === #

    @api.constrains("provider", "messenger_page_id", "messenger_api_url", "messenger_version")
    def _check_messenger(self):
        for channel in self.filtered(lambda channel: channel.provider == "messenger"):
            page = channel.messenger_page_id or ""
            if not (page.isascii() and page.isdigit()):
                raise ValidationError(
                    self.env._("A page of Messenger needs its number, the “Page ID”.")
                )
            version = channel.messenger_version or ""
            number = version.removeprefix("v").replace(".", "", 1)
            if not (version.startswith("v") and number.isascii() and number.isdigit()):
                raise ValidationError(
                    self.env._("The version of the Graph API is written like v25.0.")
                )
            channel._check_messenger_api()

    def _check_messenger_api(self):
        # sudo: only administrators of the settings see, and change, where the API is
        parts = urlsplit(self.sudo().messenger_api_url or "")
        host = parts.hostname or ""
        if not host or not (parts.scheme == "https" or is_loopback(host)):
            raise ValidationError(self.env._("The Graph API is spoken to by https only."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a page has one list of conversations, by which nothing stays unread."""
        channels = super().create([self._messenger_tidy(vals) for vals in vals_list])
        for channel in channels:
            if channel.provider == "messenger" and not channel.folder_ids:
                self.env["omni.folder"].create(
                    {
                        "channel_id": channel.id,
                        "key": FOLDER,
                        "name": self.env._("Conversations"),
                        "role": "inbox",
                    }
                )
        return channels

    def write(self, vals):
        """Override: what was pasted has no spaces; another page is another one to read."""
        vals = self._messenger_tidy(vals)
        if "messenger_page_id" in vals:
            page = vals["messenger_page_id"]
            changed = self.filtered(lambda one: one.messenger_page_id not in (False, page))
            # sudo: what is forgotten is for nobody's eyes
            changed.sudo().folder_ids.filtered(lambda one: one.key == FOLDER).cursor = False
            changed.messenger_page_name = False
        if vals.get("messenger_page_token") or vals.get("messenger_app_secret"):
            # a new access is tried at once; what has waited for it leaves
            vals = {**vals, "messenger_watched": False, "next_send": False, "next_sync": False}
            self._messenger_wake_watch()
        return super().write(vals)

    @api.model
    def _messenger_tidy(self, vals):
        names = ("page_id", "page_token", "app_id", "app_secret", "version", "api_url")
        tidy = {
            name: vals[name].strip()
            for name in map("messenger_{}".format, names)
            if isinstance(vals.get(name), str)
        }
        return {**vals, **tidy} if tidy else vals

    # === PROVIDER === #

    def _messenger_settings(self):
        """Settings of `MessengerProvider`, called by `_provider_settings`.

        :rtype: dict
        :raise AuthError: the page is not set up
        """
        self.ensure_one()
        if not self.messenger_page_id or not self.messenger_page_token:
            raise AuthError(self.env._("The page has no access token: connect it again."))
        return {
            **self._messenger_webhook_settings(),
            "page_name": self.messenger_page_name or self.name,
            "page_token": self.messenger_page_token,
            "api_url": self.messenger_api_url or API_URL,
            "version": self.messenger_version or VERSION,
            "file_hosts": tuple((self.messenger_file_hosts or "").split()) or HOSTS,
            "has_human_agent": self.messenger_has_human_agent,
        }

    def _messenger_webhook_settings(self):
        """Settings by which requests are verified: they hold no token.

        :rtype: dict
        """
        return {
            "page_id": self.messenger_page_id or "",
            "app_id": self.messenger_app_id or "",
            "app_secret": self.messenger_app_secret or "",
            "verify_token": self.messenger_verify_token or "",
        }

    def _provider_settings(self):
        """Override: what came in is understood also when nothing can be asked any more."""
        if self.provider != "messenger":
            return super()._provider_settings()
        try:
            return super()._provider_settings()
        except AuthError:
            # sudo: secrets that the provider works with, for whoever takes in what came
            channel_sudo = self.sudo()
            return {
                "channel_id": self.id,
                "name": self.name,
                "secret": channel_sudo.secret or "",
                "start_date": self.start_date,
                **channel_sudo._messenger_webhook_settings(),
            }

    def _messenger_capabilities(self, can):
        """What this page can do, called by `_capabilities`.

        :param can: `providers.base.Capabilities` of Messenger
        """
        return replace(can, human_window=HUMAN_WINDOW) if self.messenger_has_human_agent else can

    # === BUTTONS === #

    def action_messenger_setup(self):
        """Button: check the connection, enter another token, tell Meta the address.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "omnichannel_inbox.omni_messenger_setup_action"
        )
        action["context"] = {
            "default_channel_id": self.id,
            "default_name": self.name,
            "default_page_id": self.messenger_page_id,
            "default_app_id": self.messenger_app_id,
            "default_has_human_agent": self.messenger_has_human_agent,
            "default_company_id": self.company_id.id,
            "default_team_id": self.team_id.id,
        }
        return action

    # === PAGES OF ONE APP === #

    @api.model
    @tools.ormcache()
    def _messenger_pages(self):
        """Channels by page and app: an app has one webhook for all its pages.

        :return: (page id, app id) → channel id
        :rtype: dict
        """
        # sudo: whoever speaks to the webhook is nobody
        channels_sudo = self.sudo().search(
            [("provider", "=", "messenger"), ("is_enabled", "=", True)]
        )
        return {(one.messenger_page_id, one.messenger_app_secret): one.id for one in channels_sudo}

    @api.model
    def _messenger_owner(self, channel_id, page):
        """The channel that an event of a page belongs to: told by another page of the same app,
        which has shown that it knows the secret of both.

        :param int channel_id: whose webhook was told
        :param str page: id of the page
        :rtype: int
        """
        pages = self._messenger_pages()
        told = next((key for key, known in pages.items() if known == channel_id), None)
        return pages.get((page, told[1]), channel_id) if told else channel_id
