from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_base.exceptions import IntegrationError

from ..models.omni_channel_iadvize import MOST_MONTHS
from ..providers.iadvize.notifications import CLOSED, PUSHED, SATISFACTION, TRANSACTION, VISITOR

_STEPS = ("access", "webhook", "check")
#: What the app has to tell.
EVENTS = (PUSHED, CLOSED, SATISFACTION, TRANSACTION, VISITOR)


class OmniIadvizeSetup(models.TransientModel):
    """Connecting a project of iAdvize, step by step, with checks that say what is missing."""

    _name = "omni.iadvize.setup"
    _description = "Connect a Project of iAdvize"

    step = fields.Selection(
        [("access", "Access"), ("webhook", "App"), ("check", "Check")],
        required=True,
        default="access",
    )
    is_system = fields.Boolean(compute="_compute_is_system")

    # === ACCESS === #

    channel_id = fields.Many2one("omni.channel", "Channel to Set Up")
    name = fields.Char(default="iAdvize", help="As it is called in the inbox.")
    user = fields.Char("API User", help="Its address.")
    password = fields.Char(groups="base.group_system")
    platform = fields.Selection(
        lambda self: (
            self.env["omni.channel"]._fields["iadvize_platform"]._description_selection(self.env)
        ),
        default="ha",
    )
    projects = fields.Char(help="Their ids, separated by commas. Empty: all.")
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True
    )
    team_id = fields.Many2one(
        "crm.team",
        domain="[('use_tickets', '=', True), ('company_id', 'in', (company_id, False))]",
        help="Its members see what comes in. Empty: all users of the inbox do.",
    )
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
    is_ready = fields.Boolean(compute="_compute_is_ready")

    # === COMPUTE METHODS === #

    @api.depends_context("uid")
    def _compute_is_system(self):
        self.is_system = self.env.user._is_system()

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

    @api.depends("check_ids.state")
    def _compute_is_ready(self):
        for setup in self:
            states = setup.check_ids.mapped("state")
            setup.is_ready = bool(states) and "missing" not in states

    # === STEPS === #

    def action_next(self):
        """Button: the next step, after what this one has to do."""
        self.ensure_one()
        if self.step == "access":
            self._apply_access()
        elif self.step == "webhook":
            self._apply_secret()
            self._run_checks()
        self.step = _STEPS[min(_STEPS.index(self.step) + 1, len(_STEPS) - 1)]
        return self._reopen()

    def action_back(self):
        """Button: the step before."""
        self.ensure_one()
        self.step = _STEPS[max(_STEPS.index(self.step) - 1, 0)]
        return self._reopen()

    def action_check(self):
        """Button: check again, after something was changed at iAdvize."""
        self.ensure_one()
        self._run_checks()
        return self._reopen()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connect iAdvize"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

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
        self.channel_id = self.env["omni.channel"].create(
            {
                "name": self.name or "iAdvize",
                "provider": "iadvize",
                "company_id": self.company_id.id,
                "team_id": self.team_id.id,
                "iadvize_user": self.user,
                "iadvize_password": self.password,
                "iadvize_platform": self.platform,
                "iadvize_projects": self.projects,
                "iadvize_history_months": self.history_months,
            }
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

    def _run_checks(self):
        """Try everything, and put into words what was found."""
        self.check_ids.unlink()
        try:
            checks = self.channel_id._provider().health()
        except IntegrationError as error:
            lines = [{"name": self.env._("Access"), "state": "missing", "advice": str(error)}]
        else:
            lines = [self._line(check) for check in checks]
        lines.append(self._webhook_line())
        if self.channel_id.iadvize_suppressed:
            lines.append(
                {
                    "name": self.env._("Messenger comes in by its own channel"),
                    "state": "ok",
                    "advice": self.env._("What iAdvize has of it is left out."),
                }
            )
        self.check_ids = [fields.Command.create(line) for line in lines]

    def _line(self, check):
        """A finding in words."""
        names = {
            "reach": self.env._("iAdvize answers"),
            "login": self.env._("iAdvize knows the API user"),
            "access": self.env._("The user may read, and the schema is told"),
            "schema": self.env._("All that is needed of a conversation can be read"),
            "list": self.env._("Closed conversations can be listed"),
            "field": self.env._("Something is not offered"),
            "secret": self.env._("What iAdvize tells can be checked"),
        }
        state = "ok" if check.is_ok else "missing"
        if check.name in ("list", "field"):
            state = "warning"
        advice = self._advice(check) if state != "ok" else ""
        return {"name": names.get(check.name, check.name), "state": state, "advice": advice}

    def _webhook_line(self):
        # sudo: where it leads need not be known to be checked
        url = self.channel_id.sudo().webhook_url or ""
        is_reachable = url.startswith("https://")
        return {
            "name": self.env._("iAdvize can reach Odoo"),
            "state": "ok" if is_reachable else "warning",
            "advice": ""
            if is_reachable
            else self.env._(
                "iAdvize speaks to public addresses with https only. Until Odoo has one, "
                "conversations are known when they are closed."
            ),
        }

    @api.model
    def _advice(self, check):
        """What to do about a finding, in words.

        :param check: `providers.base.Check`
        :rtype: str
        """
        words = getattr(self, f"_advice_{check.name}", None)
        return words(check.detail) if words else check.detail

    @api.model
    def _advice_reach(self, detail):
        return self.env._(
            "%(reason)s That says nothing about the access: check again later.", reason=detail
        )

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
        if not self.is_ready:
            raise UserError(self.env._("Something is still missing. See the checks."))
        self.channel_id.action_enable()
        return self._open_channel()

    def _open_channel(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "omni.channel",
            "res_id": self.channel_id.id,
            "view_mode": "form",
        }


class OmniIadvizeSetupCheck(models.TransientModel):
    """A finding."""

    _name = "omni.iadvize.setup.check"
    _description = "Check of a Project of iAdvize"
    _order = "id"

    setup_id = fields.Many2one("omni.iadvize.setup", required=True, ondelete="cascade")
    name = fields.Char(required=True)
    state = fields.Selection(
        [("ok", "All right"), ("warning", "To know"), ("missing", "Missing")], required=True
    )
    advice = fields.Text("What to Do")
