from datetime import timedelta

import pytz

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.integration_base.exceptions import IntegrationError

from ..pipeline.appliers import APPLIERS
from .ir_cron import NIGHT_TZ
from .sm_run import LIVE_STATES


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
        groups="sm_connector.group_sm_admin",
        help="Folder of the server into which Silicon Master writes its exports. It must lie under "
        "a root that the server's odoo.conf allows.",
    )
    archive_folder = fields.Char(
        groups="sm_connector.group_sm_admin",
        help="Where processed files go. Empty: the folder «archive» of the drop folder.",
    )
    feed_ids = fields.One2many("sm.feed", "backend_id", "Feeds", copy=True)
    code_ids = fields.One2many("sm.code", "backend_id", "Codes")
    run_ids = fields.One2many("sm.run", "backend_id", "Runs")
    last_run_id = fields.Many2one("sm.run", compute="_compute_last_run_id")
    running_run_id = fields.Many2one("sm.run", compute="_compute_last_run_id")
    last_line_ids = fields.Many2many(
        "sm.run.line", string="Last Synchronisation", compute="_compute_last_run_id"
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
    status_level = fields.Selection(
        [
            ("new", "Never synchronised"),
            ("busy", "Synchronising"),
            ("good", "In order"),
            ("attention", "Needs attention"),
            ("bad", "Failed"),
        ],
        compute="_compute_status_level",
    )
    is_configured = fields.Boolean(compute="_compute_is_configured", compute_sudo=True)
    run_count = fields.Integer(compute="_compute_record_counts")
    link_count = fields.Integer(compute="_compute_record_counts")
    remarks = fields.Text(compute="_compute_remarks")
    next_night = fields.Datetime(compute="_compute_next_night", compute_sudo=True)

    _name_uniq = models.UniqueIndex("(name, company_id)", "There is already a master of this name.")

    @api.depends("run_ids.state")
    def _compute_last_run_id(self):
        for backend in self:
            of_backend = [("backend_id", "=", backend._origin.id)]
            runs = self.env["sm.run"]
            backend.running_run_id = runs.search(
                [*of_backend, ("state", "in", LIVE_STATES)], limit=1
            )
            domain = Domain("backend_id", "=", backend._origin.id)
            domain &= Domain("date_start", "!=", False)
            # a dry run says nothing of how things are
            domain &= Domain("trigger", "!=", "preview") | Domain("is_applied", "=", True)
            backend.last_run_id = runs.search(domain, limit=1)
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

    def _compute_record_counts(self):
        for name, model in (("run_count", "sm.run"), ("link_count", "sm.link")):
            counts = dict(
                self.env[model]._read_group(
                    [("backend_id", "in", self.ids)], ["backend_id"], ["__count"]
                )
            )
            for backend in self:
                backend[name] = counts.get(backend, 0)

    @api.depends("run_ids.state")
    @api.depends_context("lang")
    def _compute_remarks(self):
        for backend in self:
            entities = dict(
                backend.last_line_ids._fields["entity"]._description_selection(self.env)
            )
            backend.remarks = "\n".join(
                self.env._("%(entity)s: %(remark)s", entity=entities[line.entity], remark=remark)
                for line in backend.last_line_ids
                for remark in (line.remark or "").splitlines()
            )

    def _compute_next_night(self):
        cron = self.env.ref("sm_connector.ir_cron_night", raise_if_not_found=False)
        for backend in self:
            backend.next_night = cron and cron.active and backend.active and cron.nextcall

    @api.model_create_multi
    def create(self, vals_list):
        """Override to give a new master its feeds and the codes which are known."""
        for vals in vals_list:
            if not vals.get("feed_ids"):  # the form of a new master sends an empty list
                vals["feed_ids"] = [
                    Command.create({"entity": entity, "pattern": applier.pattern})
                    for entity, applier in APPLIERS.items()
                ]
        backends = super().create(vals_list)
        for backend in backends:
            self.env["sm.code"]._load_known_codes(backend)
        return backends

    @api.depends("drop_folder", "feed_ids.transport")
    def _compute_is_configured(self):
        for backend in self:
            feeds = backend.feed_ids
            needs_folder = "file" in feeds.mapped("transport")
            backend.is_configured = bool(feeds and (backend.drop_folder or not needs_folder))

    @api.depends("health", "run_ids.state", "quarantine_count", "is_silent")
    def _compute_status_level(self):
        """The colour of the status line, so that nobody has to read it to know how things are."""
        for backend in self:
            if backend.running_run_id:
                level = "busy"
            elif not backend.last_run_id:
                level = "new"
            elif backend.last_run_id.state == "failed" or backend.health == "error":
                level = "bad"
            elif (
                backend.quarantine_count
                or backend.last_run_id.state in ("warning", "held")
                or backend.is_silent
            ):
                level = "attention"
            else:
                level = "good"
            backend.status_level = level

    def copy_data(self, default=None):
        """Override of `base`: a copy has a name of its own."""
        vals_list = super().copy_data(default=default)
        if "name" in (default or {}):
            return vals_list
        return [
            dict(vals, name=self.env._("%s (copy)", backend.name))
            for backend, vals in zip(self, vals_list, strict=True)
        ]

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
        if run.state == "held":
            return self.env._("The synchronisation %(when)s stopped: it needs a decision", **values)
        if set(run.line_ids._expected().mapped("state")) == {"nothing"}:
            return self.env._("No new export %(when)s, nothing was changed", **values)
        if not self.quarantine_count and run.message:
            return self.env._("Synchronised %(when)s, with remarks", **values)
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
        return self._start_run("manual")

    def _start_run(self, trigger):
        """Queue a run for an operator.

        :param str trigger: see `sm.run`
        :return: the action that tells him
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("sm_connector.group_sm_operator"):
            raise UserError(
                self.env._("Only operators of Silicon Master can start a synchronisation.")
            )
        # sudo: an operator starts a run without seeing how the feeds are set up
        run, is_new = self.env["sm.run"].sudo()._queue(self.sudo(), trigger=trigger)
        if is_new:
            self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()
            if trigger == "preview":
                text = self.env._("The plan will be ready in a moment. Nothing is changed.")
            else:
                text = self.env._("The synchronisation starts in a moment.")
            return self._notify("success", text)
        if run.state == "running":
            text = self.env._(
                "A synchronisation is already running (%(percent)s %% done).",
                percent=run.progress,
            )
        else:
            text = self.env._("A synchronisation is already waiting to start.")
        return self._notify("warning", text)

    def _notify(self, kind, text):
        """Return the action that shows a message and reads the screen again."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def get_progress(self):
        """Return how far the synchronisation is, for the form that waits for its end.

        :return: ``is_live``, ``percent``, ``status_line``
        :rtype: dict
        """
        self.ensure_one()
        run = self.running_run_id
        return {
            "is_live": bool(run),
            "percent": run.progress if run else 100,
            "status_line": self.status_line,
        }

    def _test_connection(self):
        """Override of `integration_base`: is the drop folder there, and what waits in it?

        :return: a sentence for each feed
        :rtype: list[str]
        """
        self.ensure_one()
        if not self.feed_ids:
            raise IntegrationError(self.env._("No feed is configured."))
        found = []
        labels = dict(self.feed_ids._fields["entity"]._description_selection(self.env))
        for feed in self.feed_ids:
            transport = feed._get_transport()
            told = transport.check()
            files = [delivery.name for delivery in transport.here()]
            if feed.transport != "file":
                found.append(
                    self.env._("%(entity)s: %(told)s", entity=labels[feed.entity], told=told)
                )
            elif files:
                found.append(
                    self.env._(
                        "%(entity)s: %(file)s is waiting.",
                        entity=labels[feed.entity],
                        file=files[-1],
                    )
                )
            else:
                found.append(
                    self.env._(
                        "%(entity)s: no file named %(pattern)s yet.",
                        entity=labels[feed.entity],
                        pattern=feed.pattern,
                    )
                )
        return found

    def action_test_connection(self):
        """Override of `integration_base` to test and tell only.

        A folder that can be read is no synchronisation: health and last success are left alone.
        """
        self.ensure_one()
        self.check_access("write")
        try:
            kind, text = "success", " ".join(self._test_connection())
            title = self.env._("The folders can be read and written")
        except IntegrationError as error:
            kind, text = "danger", str(error)
            title = self.env._("The folder cannot be used")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "title": title, "message": text, "sticky": True},
        }

    @api.model
    def action_open_overview(self):
        """Open the only master there is; the list when there are several, or none yet."""
        backends = self.search([], limit=2)
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_backend_action")
        if len(backends) == 1:
            action |= {"views": [(False, "form")], "view_mode": "form", "res_id": backends.id}
        return action

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
            self.env._("Needs attention"),
            [],
            search_default_open=1,
            search_default_group_cause=1,
        ) | {"view_mode": "list,kanban,form"}

    def action_open_runs(self):
        action = self._open_records("sm.run", self.env._("Runs"), [])
        return action | {"view_mode": "list,kanban,form,graph,pivot"}

    def action_open_codes(self):
        return self._open_records(
            "sm.code",
            self.env._("Codes to explain"),
            [],
            search_default_unexplained=1,
            search_default_group_kind=1,
        ) | {"view_mode": "list"}

    def action_open_links(self):
        return self._open_records(
            "sm.link", self.env._("Links"), [], search_default_group_entity=1
        ) | {"view_mode": "list"}

    def action_open_differences(self):
        self.ensure_one()
        name = self.env._("Orders with a difference")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "sale.order",
            "view_mode": "list,form",
            "domain": [("sm_backend_id", "=", self.id), ("sm_has_difference", "=", True)],
        }
