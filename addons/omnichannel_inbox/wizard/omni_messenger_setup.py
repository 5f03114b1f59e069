from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from odoo.addons.integration_base.exceptions import IntegrationError

from ..providers.base import Check
from ..providers.messenger.checks import page_token, subscribe
from ..providers.messenger.webhook import FIELDS


class OmniMessengerSetup(models.TransientModel):
    """Connecting a page of Messenger, step by step, with checks that say what is missing."""

    _name = "omni.messenger.setup"
    _inherit = "omni.setup.mixin"
    _description = "Connect a Page of Messenger"

    step = fields.Selection(
        [("access", "Access"), ("check", "Check"), ("webhook", "Be Told")],
        required=True,
        default="access",
    )

    # === ACCESS === #

    channel_id = fields.Many2one(string="Page to Set Up")
    page_id = fields.Char("Page ID")
    page_token = fields.Char("Page Access Token", groups="base.group_system")
    app_id = fields.Char("App ID")
    app_secret = fields.Char(groups="base.group_system")
    has_human_agent = fields.Boolean("Feature “Human Agent” Granted")

    # === CHECK, BE TOLD === #

    check_ids = fields.One2many("omni.messenger.setup.check", "setup_id", "Checks", readonly=True)
    webhook_url = fields.Char(related="channel_id.webhook_url", groups="base.group_system")
    verify_token = fields.Char(
        related="channel_id.messenger_verify_token", groups="base.group_system"
    )

    # === STEPS === #

    def _setup_title(self):
        """Override."""
        return self.env._("Connect a page of Messenger")

    def _setup_leave(self):
        """Override."""
        if self.step == "access":
            self._apply_access()
            self._run_checks()
        elif self.step == "check":
            self._put_into_service()

    def action_register(self):
        """Button: tell Meta the address of the webhook, and have the page's app told all."""
        self.ensure_one()
        self._check_is_system()
        channel = self.channel_id
        if reason := channel._messenger_unreachable():
            raise UserError(reason)
        try:
            graph = channel._provider().graph
            graph.register(channel.webhook_url, channel.messenger_verify_token, FIELDS)
            subscribe(graph)
        except IntegrationError as error:
            raise UserError(
                self.env._(
                    "Meta does not take the address: %(reason)s\nEnter it by hand, as shown.",
                    reason=str(error),
                )
            ) from error
        self._run_checks()
        return self._reopen()

    def action_done(self):
        """Button: the channel."""
        self.ensure_one()
        return self._open_channel()

    # === ACCESS === #

    def _check_is_system(self):
        if not self.is_system:
            raise UserError(
                self.env._("Tokens and secrets are entered by an administrator of Odoo's settings.")
            )

    def _apply_access(self):
        """Keep what was entered with the channel; made when there is none."""
        if self.channel_id and not self.is_system:
            return
        self._check_is_system()
        channel = self.channel_id
        required = [self.page_id, self.app_id]
        required += [] if channel else [self.page_token, self.app_secret]
        if not all(required):
            raise UserError(
                self.env._("Enter the ids of page and app, the token and the secret of the app.")
            )
        secrets = {
            f"messenger_{name}": self[name] for name in ("page_token", "app_secret") if self[name]
        }
        values = {
            "messenger_page_id": self.page_id,
            "messenger_app_id": self.app_id,
            "messenger_has_human_agent": self.has_human_agent,
            **secrets,
        }
        if channel:
            channel.write(values)
        else:
            self.channel_id = self._create_channel("messenger", self.env._("Messenger"), values)
        # what has been kept with the channel is not kept here as well
        self.write({"page_token": False, "app_secret": False})

    def _put_into_service(self):
        self._check_is_ready()
        if not self.channel_id.is_enabled:
            self.channel_id.action_enable()

    # === CHECKS === #

    def _setup_health(self):
        """Override: with the token of the page, whose name is noted."""
        self._fetch_page_token()
        try:
            checks = super()._setup_health()
        except IntegrationError as error:
            checks = [Check("page", False, str(error))]
        self._note_name(checks)
        return checks

    def _setup_lines(self):
        """Override: whether the webhook can be reached."""
        return [*super()._setup_lines(), self._webhook_line()]

    def _webhook_line(self):
        return self._reach_line(
            self.env._("Meta can reach this Odoo"), self.channel_id._messenger_unreachable()
        )

    def _fetch_page_token(self):
        """Whoever entered the token of a system user has that of the page kept; what is wrong with
        it is said by the checks."""
        if not self.is_system:
            return
        try:
            token = page_token(self.channel_id._provider().graph)
        except IntegrationError:
            return
        if token:
            self.channel_id.messenger_page_token = token

    def _note_name(self, checks):
        """The page is called as it is at Meta, unless somebody has said otherwise."""
        found = next((one.detail for one in checks if one.name == "page" and one.is_ok), "")
        channel = self.channel_id
        if not found or channel.messenger_page_name == found:
            return
        channel.messenger_page_name = found
        if not self.name and channel.name == self.env._("Messenger"):
            channel.name = self.env._("Messenger: %(page)s", page=found)

    def _setup_check_names(self):
        """Override."""
        return {
            "reach": self.env._("Meta answers"),
            "page": self.env._("The token opens the page"),
            "token": self.env._("The token is valid"),
            "rights": self.env._("The app may read and answer"),
            "expiry": self.env._("The token does not end soon"),
            "subscription": self.env._("The app is told what happens on the page"),
        }

    def _setup_check_state(self, check):
        """Override: a token that ends, and what is done by itself once the channel is in
        service."""
        is_missing_yet = check.name == "subscription" and not check.is_ok
        if is_missing_yet or (check.name == "expiry" and check.detail):
            return "warning"
        return super()._setup_check_state(check)

    @api.model
    def _advice_page(self, detail):
        if detail == "other":
            return self.env._(
                "The token does not open this page. Assign the page to the system user, or correct "
                "the “Page ID”."
            )
        return self.env._(
            "Meta does not open the page: %(reason)s Have a new token made for the system user, "
            "and compare the secret with that of the app.",
            reason=detail,
        )

    @api.model
    def _advice_token(self, detail):
        return self.env._(
            "Meta does not accept the token, or app and secret do not belong together: %(reason)s",
            reason=detail or self.env._("no reason was given"),
        )

    @api.model
    def _advice_rights(self, detail):
        return self.env._(
            "The token lacks these rights: %(rights)s. Have a new one made with them; outside of "
            "your own business they need the review by Meta.",
            rights=detail,
        )

    @api.model
    def _advice_expiry(self, detail):
        moment = datetime.fromtimestamp(int(detail), timezone.utc).replace(tzinfo=None)
        return self.env._(
            "The token ends on %(date)s. That of a system user does not end.",
            date=format_datetime(self.env, moment, dt_format="short"),
        )

    @api.model
    def _advice_subscription(self, detail):
        return self.env._(
            "Not told yet: %(fields)s. It is put right as soon as the channel is in service.",
            fields=detail,
        )


class OmniMessengerSetupCheck(models.TransientModel):
    """A finding."""

    _name = "omni.messenger.setup.check"
    _inherit = "omni.setup.check.mixin"
    _description = "Check of a Page of Messenger"

    setup_id = fields.Many2one("omni.messenger.setup", required=True, ondelete="cascade")
