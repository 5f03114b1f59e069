from datetime import timedelta

from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..exceptions import IntegrationError
from ..log import get_logger, redact
from ..transaction import is_passing

_logger = get_logger(__name__)

ACTIVITY_TYPE = "integration_base.mail_activity_type_connection"
#: Longest error text kept on a connection, in characters.
ERROR_LENGTH = 2_000


class IntegrationConnectionMixin(models.AbstractModel):
    """A connection to an outside system that tells how it feels, and is missed when it goes quiet.

    To implement in a model that inherits this:

    * ``_test_connection()``: try the other side, raise an `IntegrationError` when it does not work;
    * ``_status_line()``: one sentence for somebody who knows nothing of computers (optional);
    * ``_watchdog_domain()``: which connections are expected to be alive (optional).

    And call ``_set_healthy()``, ``_set_warning()`` or ``_set_failing()`` after every exchange:
    nothing else changes the state. A failure must be written in a transaction that is committed, so
    roll back first.
    """

    _name = "integration.connection.mixin"
    _description = "Integration Connection Mixin"
    # mail.thread: assigning an activity notifies through the record, and the state leaves a trail
    _inherit = ["mail.thread", "mail.activity.mixin"]

    #: An expiry is reported this many hours ahead.
    _watchdog_expiry_hours = 24
    #: An unprocessed item is reported when it is this many hours old.
    _watchdog_pending_hours = 4

    health = fields.Selection(
        [
            ("new", "Never used"),
            ("ok", "Working"),
            ("warning", "Needs attention"),
            ("error", "Failing"),
        ],
        default="new",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    health_message = fields.Char(readonly=True, copy=False)
    last_success = fields.Datetime(readonly=True, copy=False)
    last_failure = fields.Datetime(readonly=True, copy=False)
    last_error = fields.Text(readonly=True, copy=False)
    oldest_pending = fields.Datetime(
        string="Oldest unprocessed",
        readonly=True,
        copy=False,
        help="Since when the oldest item that still has to be handled has been waiting.",
    )
    expiry = fields.Datetime(
        string="Access expires on",
        readonly=True,
        copy=False,
        help="When the token or subscription ends unless it is renewed.",
    )
    silence_hours = fields.Integer(
        string="Longest normal silence (hours)",
        default=26,
        help="The responsible person is told when nothing has worked for longer. 0: never.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        help="Who is told when the connection goes silent.",
    )
    is_silent = fields.Boolean(compute="_compute_is_silent")
    status_line = fields.Char(string="Status", compute="_compute_status_line")

    # === COMPUTE METHODS === #

    @api.depends("last_success", "silence_hours")
    def _compute_is_silent(self):
        now = fields.Datetime.now()
        for connection in self:
            # a connection that never worked is silent since somebody made it
            since = connection.last_success or connection.create_date
            connection.is_silent = bool(
                since
                and connection.silence_hours > 0
                and since < now - timedelta(hours=connection.silence_hours)
            )

    @api.depends("health", "health_message", "last_success", "last_failure")
    @api.depends_context("lang", "tz")
    def _compute_status_line(self):
        for connection in self:
            connection.status_line = connection._status_line()

    def _status_line(self):
        """One sentence on how the connection is doing, for people.

        :rtype: str
        """
        self.ensure_one()
        if self.health == "new":
            return self.env._("Not used yet.")
        since = self.last_success and format_datetime(
            self.env, self.last_success, dt_format="short"
        )
        if self.health == "ok":
            line = self.env._("Working. Last success: %(date)s.", date=since)
        elif not since:
            line = self.env._("Never worked so far.")
        elif self.health == "warning":
            line = self.env._("Needs attention. Last success: %(date)s.", date=since)
        else:
            line = self.env._("Failing. Last success: %(date)s.", date=since)
        return f"{line} {self.health_message}" if self.health_message else line

    # === STATE: ONLY THESE CHANGE IT === #

    def _set_healthy(self, message=None):
        """The exchange worked.

        :param str message: what to say beside the state, if anything.
        """
        self.write(
            {"health": "ok", "health_message": message, "last_success": fields.Datetime.now()}
        )
        self._watchdog_relax()

    def _set_warning(self, message, is_success=True):
        """The exchange worked, and something in it needs a person.

        :param str message: what needs attention.
        :param bool is_success: False when nothing was exchanged: the silence goes on.
        """
        values = {"health": "warning", "health_message": message}
        if is_success:
            values["last_success"] = fields.Datetime.now()
        self.write(values)
        self._watchdog_relax()

    def _set_failing(self, error):
        """The exchange did not work.

        :param error: exception or text; secrets in it are blotted out.
        """
        text = redact(str(error) or type(error).__name__)[:ERROR_LENGTH]
        self.write(
            {
                "health": "error",
                "health_message": text.splitlines()[0] if text else False,
                "last_failure": fields.Datetime.now(),
                "last_error": text,
            }
        )

    # === TEST === #

    def _test_connection(self):
        """Hook: try the other side.

        :raise IntegrationError: when it does not work.
        """
        raise UserError(self.env._("This connection cannot be tested."))

    def action_test_connection(self):
        """Button: try the connection, keep and show the outcome."""
        self.ensure_one()
        self.check_access("write")
        try:
            self._test_connection()
        except IntegrationError as error:
            _logger.info("%s: connection test failed: %s", self, error)
            self._set_failing(error)
        else:
            self._set_healthy()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if self.health == "ok" else "danger",
                "title": self.display_name,
                "message": self.status_line,
                "sticky": self.health != "ok",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === WATCHDOG === #

    @api.model
    def _cron_watchdog(self):
        """Look after all connections of all addons; a broken one does not stop the others."""
        for name in sorted(self.env.registry.descendants([self._name], "_inherit")):
            model = self.env[name]
            if model._abstract:
                continue
            for connection in model.search(model._watchdog_domain(), order="id"):
                try:
                    with self.env.cr.savepoint():
                        connection._watchdog_review()
                except Exception as error:
                    if is_passing(error):
                        _logger.info("%s is looked after the next time: %s", connection, error)
                    else:
                        _logger.exception("Watchdog could not look after %s", connection)

    @api.model
    def _watchdog_domain(self):
        """Hook: the connections that are expected to be alive.

        :rtype: Domain
        """
        return Domain.TRUE

    def _watchdog_review(self):
        """Open, refresh or close the activity of the responsible person."""
        self.ensure_one()
        findings = self._watchdog_findings()
        if findings:
            self._watchdog_report(findings)
        else:
            self._watchdog_close()

    def _watchdog_relax(self):
        """Close the activities of those that are well again, without waiting for the cron."""
        for connection in self:
            if not connection._watchdog_findings():
                connection._watchdog_close()

    def _watchdog_findings(self):
        """What is wrong that nobody may have noticed.

        :return: sentences for people; empty when all is well.
        :rtype: list[str]
        """
        self.ensure_one()
        self.invalidate_recordset(["is_silent"])  # depends on the clock
        now = fields.Datetime.now()
        findings = []
        if self.is_silent:
            if self.last_success:
                date = format_datetime(self.env, self.last_success, dt_format="short")
                findings.append(self.env._("No success since %(date)s.", date=date))
            else:
                findings.append(self.env._("It has never worked since it was set up."))
        if self.expiry and self.expiry <= now + relativedelta(hours=self._watchdog_expiry_hours):
            date = format_datetime(self.env, self.expiry, dt_format="short")
            if self.expiry <= now:
                findings.append(self.env._("Access expired on %(date)s.", date=date))
            else:
                findings.append(self.env._("Access expires on %(date)s.", date=date))
        if self.oldest_pending and self.oldest_pending <= now - relativedelta(
            hours=self._watchdog_pending_hours
        ):
            date = format_datetime(self.env, self.oldest_pending, dt_format="short")
            findings.append(self.env._("Something has been waiting since %(date)s.", date=date))
        return findings

    def _watchdog_activities(self):
        return self.activity_search([ACTIVITY_TYPE])

    def _watchdog_report(self, findings):
        """One activity per connection, kept up to date while it is open."""
        if self.health == "error" and self.health_message:
            findings = [*findings, self.health_message]
        note = Markup("<ul>%s</ul>") % Markup().join(
            Markup("<li>%s</li>") % finding for finding in findings
        )
        activity = self._watchdog_activities()[:1]
        if activity:
            if activity.note != note:
                activity.note = note
            return
        self.activity_schedule(
            ACTIVITY_TYPE,
            summary=self.env._("%(connection)s needs attention", connection=self.display_name),
            note=note,
            user_id=self._watchdog_user().id,
        )

    def _watchdog_user(self):
        """Who is told: the responsible person as long as he works here, else the administrator."""
        user = self.responsible_id
        return user if user.active else self.env.ref("base.user_admin")

    def _watchdog_close(self):
        # sudo: whoever runs the exchange may not touch the activities of the responsible person
        self.sudo()._watchdog_activities().unlink()
