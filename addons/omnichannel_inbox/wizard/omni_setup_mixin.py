from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_base.exceptions import AuthError, IntegrationError, RetryableError


class OmniSetupMixin(models.AbstractModel):
    """Connecting a channel, step by step, with checks that say what is missing.

    The wizard of a channel inherits this, and declares ``step`` (a selection, in the order of the
    steps) and ``check_ids`` (lines of its own heir of `omni.setup.check.mixin`). To override:

    * :meth:`_setup_title`: what the window is called;
    * :meth:`_setup_leave`: what is done before the next step;
    * :meth:`_setup_provider` and :meth:`_setup_health`: how the checks are made;
    * :meth:`_setup_check_names` and :meth:`_setup_check_state`: what is said of a check, and how
      grave it is;
    * ``_advice_<check>(detail)``: what to do about it;
    * :meth:`_setup_lines`: what else there is to know.
    """

    _name = "omni.setup.mixin"
    _description = "Connecting a Channel"

    channel_id = fields.Many2one("omni.channel", "Channel to Set Up")
    name = fields.Char(help="As it is called in the inbox.")
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True
    )
    team_id = fields.Many2one(
        "crm.team",
        domain="[('use_tickets', '=', True), ('company_id', 'in', (company_id, False))]",
        help="Its members see what comes in. Empty: all users of the inbox do.",
    )
    is_system = fields.Boolean(compute="_compute_is_system")
    is_ready = fields.Boolean(compute="_compute_is_ready")

    # === COMPUTE METHODS === #

    @api.depends_context("uid")
    def _compute_is_system(self):
        self.is_system = self.env.user._is_system()

    @api.depends("check_ids.state")
    def _compute_is_ready(self):
        for setup in self:
            states = setup.check_ids.mapped("state")
            setup.is_ready = bool(states) and "missing" not in states

    # === STEPS === #

    def action_next(self):
        """Button: the next step, after what this one has to do."""
        self.ensure_one()
        self._setup_leave()
        self._move(1)
        return self._reopen()

    def action_back(self):
        """Button: the step before."""
        self.ensure_one()
        self._move(-1)
        return self._reopen()

    def action_check(self):
        """Button: check again, after something was changed on the other side."""
        self.ensure_one()
        self._run_checks()
        return self._reopen()

    def _setup_leave(self):
        """What the present step has to do before the next one.

        :raise UserError: something has to be entered first
        """

    def _move(self, count):
        """Go on by so many steps, at most to the last or the first one."""
        steps = self._fields["step"].get_values(self.env)
        self.step = steps[min(max(steps.index(self.step) + count, 0), len(steps) - 1)]

    def _setup_title(self):
        """What the window is called.

        :rtype: str
        """
        raise NotImplementedError

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self._setup_title(),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # === CHANNEL === #

    def _create_channel(self, provider, name, values):
        """Make the channel; it is not in service.

        :param str provider: code
        :param str name: if none was entered
        :param dict values: what only this provider has
        :rtype: omni.channel
        """
        return self.env["omni.channel"].create(
            {
                "name": self.name or name,
                "provider": provider,
                "company_id": self.company_id.id,
                "team_id": self.team_id.id,
                **values,
            }
        )

    def _open_channel(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "omni.channel",
            "res_id": self.channel_id.id,
            "view_mode": "form",
        }

    # === CHECKS === #

    def _check_is_ready(self):
        """:raise UserError: a check has failed, or none was made"""
        if not self.is_ready:
            raise UserError(self.env._("Something is still missing. See the checks."))

    def _run_checks(self):
        """Try everything, and put into words what was found."""
        self.check_ids.unlink()
        self.check_ids = [fields.Command.create(line) for line in self._setup_lines()]

    def _setup_provider(self):
        """What speaks to the other side.

        :rtype: providers.base.Provider
        """
        return self.channel_id._provider()

    def _setup_health(self):
        """Try everything.

        :return: sequence of `providers.base.Check`
        :raise IntegrationError: there is not even enough to try
        """
        return self._setup_provider().health()

    def _setup_lines(self):
        """What was found, in words.

        :return: values of ``check_ids``
        :rtype: list[dict]
        """
        try:
            checks = self._setup_health()
        except IntegrationError as error:
            return [{"name": self.env._("Access"), "state": "missing", "advice": str(error)}]
        return [self._check_line(check) for check in checks]

    def _check_line(self, check):
        """A finding in words."""
        state = self._setup_check_state(check)
        return {
            "name": self._setup_check_names().get(check.name, check.name),
            "state": state,
            "advice": self._advice(check) if state != "ok" else "",
        }

    def _reach_line(self, name, reason):
        """Whether the other side can tell what is new; without that it is fetched.

        :param str name: what was checked
        :param str reason: why it cannot; empty: it can
        """
        return {"name": name, "state": "warning" if reason else "ok", "advice": reason}

    def _setup_check_names(self):
        """What is checked, in words, by the names of the checks.

        :rtype: dict[str, str]
        """
        return {}

    def _setup_check_state(self, check):
        """How grave a finding is.

        :param check: `providers.base.Check`
        :return: ``ok``, ``warning`` (the channel works all the same) or ``missing``
        :rtype: str
        """
        return "ok" if check.is_ok else "missing"

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
    def _setup_test(self, provider):
        """Test a channel, and say in words what is missing.

        :param provider: `providers.base.Provider` of the channel
        :raise RetryableError: the other side could not be reached
        :raise AuthError: something is missing
        """
        failed = [check for check in provider.health() if not check.is_ok]
        if failed:
            text = "\n".join(map(self._advice, failed))
            is_lost = any(check.name == "reach" for check in failed)
            raise RetryableError(text) if is_lost else AuthError(text)


class OmniSetupCheckMixin(models.AbstractModel):
    """A finding. Its heirs declare ``setup_id``, the wizard it belongs to."""

    _name = "omni.setup.check.mixin"
    _description = "Check of a Channel"
    _order = "id"

    name = fields.Char(required=True)
    state = fields.Selection(
        [("ok", "All right"), ("warning", "To know"), ("missing", "Missing")], required=True
    )
    advice = fields.Text("What to Do")
