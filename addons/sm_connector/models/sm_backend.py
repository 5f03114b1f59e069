from datetime import timedelta

import pytz

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_base.exceptions import IntegrationError

from .ir_cron import NIGHT_TZ

DEFAULT_FEEDS = {
    "contact": "CLIENTS_*.*",
    "article": "ARTICLES_*.*",
    "order": "COMMANDES_*.*",
}


class SmBackend(models.Model):
    _name = "sm.backend"
    _description = "Silicon Master"
    _inherit = ["integration.connection.mixin"]
    _order = "name"

    name = fields.Char(required=True, default="Silicon Master")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    drop_folder = fields.Char(
        help="Folder of the server into which Silicon Master writes its exports. It must lie under "
        "a root that the server's odoo.conf allows.",
    )
    archive_folder = fields.Char(
        help="Where processed files go. Empty: the folder «archive» of the drop folder."
    )
    feed_ids = fields.One2many("sm.feed", "backend_id", "Feeds", copy=True)
    code_ids = fields.One2many("sm.code", "backend_id", "Codes")
    run_ids = fields.One2many("sm.run", "backend_id", "Runs")
    last_run_id = fields.Many2one("sm.run", compute="_compute_last_run_id")
    running_run_id = fields.Many2one("sm.run", compute="_compute_last_run_id")
    last_line_ids = fields.Many2many(
        "sm.run.line", string="Last Night", compute="_compute_last_run_id"
    )
    quarantine_count = fields.Integer(
        "Rows Needing Attention", compute="_compute_quarantine_count", compute_sudo=True
    )
    unexplained_count = fields.Integer(
        "Codes to Explain", compute="_compute_unexplained_count", compute_sudo=True
    )
    difference_count = fields.Integer(
        "Orders With a Difference", compute="_compute_difference_count", compute_sudo=True
    )
    next_night = fields.Datetime("Next Night", compute="_compute_next_night", compute_sudo=True)

    _name_uniq = models.UniqueIndex("(name, company_id)", "There is already a master of this name.")

    @api.depends("run_ids.state")
    def _compute_last_run_id(self):
        for backend in self:
            runs = backend.run_ids.sorted("id", reverse=True)
            backend.running_run_id = runs.filtered(lambda run: run.state in ("queued", "running"))[
                :1
            ]
            backend.last_run_id = runs.filtered("date_start")[:1]
            backend.last_line_ids = backend.last_run_id.line_ids

    def _compute_quarantine_count(self):
        counts = dict(
            self.env["sm.quarantine"]._read_group(
                [("backend_id", "in", self.ids), ("state", "=", "open")],
                ["backend_id"],
                ["__count"],
            )
        )
        for backend in self:
            backend.quarantine_count = counts.get(backend, 0)

    def _compute_unexplained_count(self):
        counts = dict(
            self.env["sm.code"]._read_group(
                [("backend_id", "in", self.ids), ("is_explained", "=", False)],
                ["backend_id"],
                ["__count"],
            )
        )
        for backend in self:
            backend.unexplained_count = counts.get(backend, 0)

    def _compute_difference_count(self):
        counts = dict(
            self.env["sale.order"]._read_group(
                [("sm_backend_id", "in", self.ids), ("sm_has_difference", "=", True)],
                ["sm_backend_id"],
                ["__count"],
            )
        )
        for backend in self:
            backend.difference_count = counts.get(backend, 0)

    def _compute_next_night(self):
        cron = self.env.ref("sm_connector.ir_cron_night", raise_if_not_found=False)
        for backend in self:
            backend.next_night = cron and cron.active and backend.active and cron.nextcall

    @api.model_create_multi
    def create(self, vals_list):
        """Override to give a new master its three feeds and the codes which are known."""
        for vals in vals_list:
            vals.setdefault(
                "feed_ids",
                [
                    Command.create({"entity": entity, "pattern": pattern})
                    for entity, pattern in DEFAULT_FEEDS.items()
                ],
            )
        backends = super().create(vals_list)
        for backend in backends:
            self.env["sm.code"]._load_known_codes(backend)
        return backends

    # === STATUS LINE === #

    def _status_line(self):
        """Override of `integration_base`: one sentence which a shop assistant understands."""
        self.ensure_one()
        if self.running_run_id.state == "running":
            return self.env._(
                "Synchronising now: %(percent)s %% done", percent=self.running_run_id.progress
            )
        if self.running_run_id:
            return self.env._("A synchronisation is about to start")
        run = self.last_run_id
        if not run:
            return self.env._("Never synchronised yet")
        values = {"when": self._when(run.date_end or run.date_start)}
        if run.state == "failed":
            return self.env._("The synchronisation %(when)s did not succeed", **values)
        if not self.quarantine_count:
            return self.env._("Synchronised %(when)s, nothing needs attention", **values)
        if self.quarantine_count == 1:
            return self.env._("Synchronised %(when)s, 1 row needs attention", **values)
        return self.env._(
            "Synchronised %(when)s, %(count)s rows need attention",
            count=self.quarantine_count,
            **values,
        )

    def _when(self, at):
        """Return «last night at 04:04», «today at 15:20», … in the user's words and time zone."""
        zone = pytz.timezone(self.env.user.tz or NIGHT_TZ.key)
        local = pytz.utc.localize(at).astimezone(zone)
        today = pytz.utc.localize(fields.Datetime.now()).astimezone(zone).date()
        clock = local.strftime("%H:%M")
        if local.date() == today and local.hour < 6:
            return self.env._("last night at %(time)s", time=clock)
        if local.date() == today:
            return self.env._("today at %(time)s", time=clock)
        if local.date() == today - timedelta(days=1):
            return self.env._("yesterday at %(time)s", time=clock)
        date = fields.Date.to_string(local.date())
        lang = self.env["res.lang"]._lang_get(self.env.user.lang or "en_US")
        if lang:
            date = local.strftime(lang.date_format)
        return self.env._("on %(date)s at %(time)s", date=date, time=clock)

    # === ACTIONS === #

    def action_run_now(self):
        """Queue a run for the cron and say so; a run that is already there is never doubled."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("sm_connector.group_sm_operator"):
            raise UserError(
                self.env._("Only operators of Silicon Master can start a synchronisation.")
            )
        run, is_new = self.env["sm.run"].sudo()._queue(self, trigger="manual")
        if is_new:
            self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()
            kind, text = "success", self.env._("The synchronisation starts in a moment.")
        elif run.state == "running":
            kind, text = "warning", self.env._(
                "A synchronisation is already running (%(percent)s %% done).", percent=run.progress
            )
        else:
            kind, text = "warning", self.env._("A synchronisation is already waiting to start.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _test_connection(self):
        """Override of `integration_base`: is the drop folder there, and what waits in it?"""
        self.ensure_one()
        if not self.feed_ids:
            raise IntegrationError(self.env._("No feed is configured."))
        return "\n".join(feed._get_transport().check() for feed in self.feed_ids)

    def _open_records(self, model, name, domain, **context):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": [("backend_id", "=", self.id), *domain],
            "context": {"default_backend_id": self.id, **context},
        }

    def action_open_quarantine(self):
        return self._open_records(
            "sm.quarantine",
            self.env._("Needs Attention"),
            [],
            search_default_open=1,
            search_default_group_cause=1,
        )

    def action_open_runs(self):
        action = self._open_records("sm.run", self.env._("Runs"), [])
        return action | {"view_mode": "list,form,graph,pivot"}

    def action_open_codes(self):
        return self._open_records(
            "sm.code", self.env._("Codes"), [], search_default_group_kind=1
        ) | {"view_mode": "list"}

    def action_open_links(self):
        return self._open_records(
            "sm.link", self.env._("Links"), [], search_default_group_entity=1
        ) | {"view_mode": "list"}

    def action_open_differences(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders With a Difference"),
            "res_model": "sale.order",
            "view_mode": "list,form",
            "domain": [("sm_backend_id", "=", self.id), ("sm_has_difference", "=", True)],
        }
