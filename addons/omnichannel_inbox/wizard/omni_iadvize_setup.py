from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.omni_channel_iadvize import MOST_MONTHS
from ..providers.iadvize.notifications import CLOSED, PUSHED, SATISFACTION, TRANSACTION, VISITOR

#: What the app has to tell.
EVENTS = (PUSHED, CLOSED, SATISFACTION, TRANSACTION, VISITOR)


class OmniIadvizeSetup(models.TransientModel):
    """Connecting a project of iAdvize, step by step, with checks that say what is missing."""

    _name = "omni.iadvize.setup"
    _inherit = "omni.setup.mixin"
    _description = "Connect a Project of iAdvize"

    step = fields.Selection(
        [("access", "Access"), ("webhook", "App"), ("check", "Check")],
        required=True,
        default="access",
    )

    # === ACCESS === #

    name = fields.Char(default="iAdvize")
    user = fields.Char("API User", help="Its address.")
    password = fields.Char(groups="base.group_system")
    platform = fields.Selection(
        lambda self: (
            self.env["omni.channel"]._fields["iadvize_platform"]._description_selection(self.env)
        ),
        default="ha",
    )
    projects = fields.Char(help="Their ids, separated by commas. Empty: all.")
    history_months = fields.Integer(
        "Months of Earlier Chats",
        default=3,
        help="Closed conversations that are brought in now: kept with the customers, without "
        "tickets.",
    )

    # === APP === #

    webhook_url = fields.Char("Webhook", compute="_compute_webhook_url", groups="base.group_system")
    events = fields.Text(compute="_compute_events")
    secret = fields.Char(
        "Secret of the App",
        groups="base.group_system",
        help="iAdvize signs with it what it tells. Shown in the settings of the app.",
    )
    has_secret = fields.Boolean(compute="_compute_has_secret")

    # === CHECK === #

    check_ids = fields.One2many("omni.iadvize.setup.check", "setup_id", "Checks", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("channel_id")
    def _compute_webhook_url(self):
        for setup in self:
            setup.webhook_url = setup.channel_id.webhook_url

    @api.depends("channel_id")
    def _compute_events(self):
        self.events = "\n".join(EVENTS)

    @api.depends("channel_id")
    def _compute_has_secret(self):
        for setup in self:
            # sudo: whether there is one is no secret
            setup.has_secret = bool(setup.channel_id.sudo().secret)

    # === STEPS === #

    def _setup_title(self):
        """Override."""
        return self.env._("Connect iAdvize")

    def _setup_leave(self):
        """Override."""
        if self.step == "access":
            self._apply_access()
        elif self.step == "webhook":
            self._apply_secret()
            self._run_checks()

    # === ACCESS === #

    def _apply_access(self):
        """The channel is made now: its webhook is part of the next step. It is not in service."""
        if not 0 <= self.history_months <= MOST_MONTHS:
            raise UserError(self.env._("History goes back five years at most."))
        if self.channel_id:
            self._apply_password(self.channel_id)
            return
        if not self.is_system:
            raise UserError(
                self.env._("A new access is entered by an administrator of Odoo's settings.")
            )
        if not (self.user and self.password):
            raise UserError(self.env._("Enter the API user and its password."))
        self.channel_id = self._create_channel(
            "iadvize",
            "iAdvize",
            {
                "iadvize_user": self.user,
                "iadvize_password": self.password,
                "iadvize_platform": self.platform,
                "iadvize_projects": self.projects,
                "iadvize_history_months": self.history_months,
            },
        )
        # what has been kept with the channel is not kept here as well
        self.password = False

    def _apply_password(self, channel):
        if self.is_system and self.password:
            channel.iadvize_password = self.password
            self.password = False

    # === APP === #

    def _apply_secret(self):
        if self.is_system and self.secret:
            self.channel_id.secret = self.secret.strip()
            self.secret = False

    # === CHECK === #

    def _setup_lines(self):
        """Override: whether the webhook can be reached, and what is left out."""
        lines = [*super()._setup_lines(), self._webhook_line()]
        if self.channel_id.iadvize_suppressed:
            lines.append(
                {
                    "name": self.env._("Messenger comes in by its own channel"),
                    "state": "ok",
                    "advice": self.env._("What iAdvize has of it is left out."),
                }
            )
        return lines

    def _setup_check_names(self):
        """Override."""
        return {
            "reach": self.env._("iAdvize answers"),
            "login": self.env._("iAdvize knows the API user"),
            "access": self.env._("The user may read, and the schema is told"),
            "schema": self.env._("All that is needed of a conversation can be read"),
            "list": self.env._("Closed conversations can be listed"),
            "field": self.env._("Something is not offered"),
            "secret": self.env._("What iAdvize tells can be checked"),
        }

    def _setup_check_state(self, check):
        """Override: what can be done without."""
        return "warning" if check.name in ("list", "field") else super()._setup_check_state(check)

    def _webhook_line(self):
        # sudo: where it leads need not be known to be checked
        url = self.channel_id.sudo().webhook_url or ""
        reason = ""
        if not url.startswith("https://"):
            reason = self.env._(
                "iAdvize speaks to public addresses with https only. Until Odoo has one, "
                "conversations are known when they are closed."
            )
        return self._reach_line(self.env._("iAdvize can reach Odoo"), reason)

    @api.model
    def _advice_login(self, detail):
        return self.env._(
            "%(reason)s The API user needs a password of its own: neither a second factor nor the "
            "sign-in of the company work here. After some wrong passwords iAdvize asks to wait a "
            "minute.",
            reason=detail,
        )

    @api.model
    def _advice_access(self, detail):
        return self.env._(
            "%(reason)s Give the user the role of an administrator or manager of the project, and "
            "compare the platform with the address of the desk.",
            reason=detail,
        )

    @api.model
    def _advice_schema(self, detail):
        return self.env._(
            "iAdvize does not offer what is needed: %(fields)s. Nothing is guessed in its place. "
            "Ask iAdvize's support what has taken its place.",
            fields=detail,
        )

    @api.model
    def _advice_secret(self, _detail):
        return self.env._(
            "The secret of the app is missing. Copy it from the settings of the app at iAdvize, "
            "and enter it in the step before."
        )

    @api.model
    def _advice_field(self, detail):
        key, path, state = detail.split(" ", 2)
        return self.env["omni.channel"]._iadvize_missing_text(key, path, state)

    _advice_list = _advice_field

    # === CONNECT === #

    def action_connect(self):
        """Button: put the project into service."""
        self.ensure_one()
        self._check_is_ready()
        self.channel_id.action_enable()
        return self._open_channel()


class OmniIadvizeSetupCheck(models.TransientModel):
    """A finding."""

    _name = "omni.iadvize.setup.check"
    _inherit = "omni.setup.check.mixin"
    _description = "Check of a Project of iAdvize"

    setup_id = fields.Many2one("omni.iadvize.setup", required=True, ondelete="cascade")
