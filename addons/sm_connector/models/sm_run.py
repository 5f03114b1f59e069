import logging

from psycopg2.errors import UniqueViolation

from odoo import Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime, mute_logger

from ..pipeline.lock import backend_lock
from .ir_cron import NIGHT_TZ

_logger = logging.getLogger(__name__)

LIVE_STATES = ("queued", "running")
#: Triggers of the runs that take over complete exports.
COMPLETE = ("cron", "manual")


class SmRun(models.Model):
    """One synchronisation: its queue entry, its progress while it runs, its result after."""

    _name = "sm.run"
    _description = "Silicon Master Run"
    _order = "id desc"

    backend_id = fields.Many2one("sm.backend", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="backend_id.company_id", store=True)
    trigger = fields.Selection(
        [
            ("cron", "Night"),
            ("manual", "By hand"),
            ("preview", "Look before"),
            ("delta", "In the day"),
            ("upload", "Uploaded file"),
            ("backfill", "History"),
        ],
        required=True,
        default="cron",
    )
    is_complete = fields.Boolean(
        "Everything", readonly=True, help="All that Silicon Master sends, not only a part of it."
    )
    user_id = fields.Many2one("res.users", "Started By", default=lambda self: self.env.user)
    state = fields.Selection(
        [
            ("queued", "Waiting"),
            ("running", "Running"),
            ("planned", "Plan ready"),
            ("done", "Done"),
            ("warning", "Done, with remarks"),
            ("held", "Stopped: needs a decision"),
            ("failed", "Failed"),
            ("discarded", "Discarded"),
            ("superseded", "Superseded"),
        ],
        required=True,
        default="queued",
    )
    date_start = fields.Datetime("Started")
    date_end = fields.Datetime("Ended")
    seconds = fields.Float(digits=(16, 1))
    line_ids = fields.One2many("sm.run.line", "run_id", "Entities")
    progress = fields.Integer(compute="_compute_progress")
    message = fields.Char(compute="_compute_message")
    rows = fields.Integer(compute="_compute_counts", store=True)
    created = fields.Integer(compute="_compute_counts", store=True)
    updated = fields.Integer(compute="_compute_counts", store=True)
    unchanged = fields.Integer(compute="_compute_counts", store=True)
    missing = fields.Integer(compute="_compute_counts", store=True)
    archived = fields.Integer(compute="_compute_counts", store=True)
    quarantined = fields.Integer(compute="_compute_counts", store=True)

    _one_live_uniq = models.UniqueIndex(
        "(backend_id) WHERE state IN ('queued', 'running')",
        "A synchronisation of this master is already waiting or running.",
    )

    @api.depends("backend_id.name", "date_start")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        for run in self:
            at = run.date_start or run.create_date
            at = at and format_datetime(run.env, at, dt_format="short")
            run.display_name = f"{run.backend_id.name} {at or ''}".strip()

    @api.depends(
        *(
            f"line_ids.{count}"
            for count in (
                "rows",
                "created",
                "updated",
                "unchanged",
                "missing",
                "archived",
                "quarantined",
            )
        )
    )
    def _compute_counts(self):
        names = ["rows", "created", "updated", "unchanged", "missing", "archived", "quarantined"]
        for run in self:
            for name in names:
                run[name] = sum(run.line_ids.mapped(name))

    @api.depends("line_ids.progress", "state")
    def _compute_progress(self):
        for run in self:
            if run.state not in LIVE_STATES:
                run.progress = 100
            else:
                lines = run.line_ids
                run.progress = sum(lines.mapped("progress")) // (len(lines) or 1)

    @api.depends("line_ids.remark")
    @api.depends_context("lang", "tz")
    def _compute_message(self):
        for run in self:
            run.message = " · ".join(filter(None, run.line_ids.mapped("remark")))

    # === QUEUE === #

    @api.model
    def _queue(self, backend, trigger, feeds=None, uploads=None):
        """Queue a run of ``backend`` unless one waits or runs.

        :param str trigger: what asks for it
        :param feeds: the feeds to read; by default those that the trigger means
        :param dict uploads: feed → values of its line (``upload_id``, ``scope``), for files that
            are read instead of what the feeds give
        :return: the run that will serve the request, and whether it is new
        :rtype: tuple(sm.run, bool)
        """
        live = [("backend_id", "=", backend.id), ("state", "in", LIVE_STATES)]
        run = self.search(live, limit=1)
        if run:
            return run, False
        uploads = uploads or {}
        is_complete = trigger in COMPLETE and feeds is None and not uploads
        if feeds is None:
            feeds = backend.feed_ids.browse(
                feed.id for feed in uploads
            ) or backend.feed_ids.filtered(
                lambda feed: (feed.mode == "delta") == (trigger == "delta")
            )
        if not feeds:
            return self.browse(), False
        vals = {
            "backend_id": backend.id,
            "trigger": trigger,
            "is_complete": is_complete,
            "line_ids": [
                Command.create(
                    {
                        "feed_id": feed.id,
                        "sequence": feed.sequence,
                        "scope": "changes" if feed.mode == "delta" else "full",
                        **uploads.get(feed, {}),
                    }
                )
                for feed in feeds.sorted("sequence")
            ],
        }
        try:
            # a simultaneous request that this transaction cannot see breaks the unique index
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                return self.create(vals), True
        except UniqueViolation:
            return self.browse(), False

    @api.model
    def _cron_night(self):
        """Queue the night of every master when it is due, then process what is queued.

        A press on the button only queues a run and wakes this job: the job's own row is the lock
        that keeps two servers apart, and :func:`backend_lock` holds against every other caller.
        """
        progress = self.env["ir.cron"]._commit_progress
        live = [("state", "in", LIVE_STATES)]
        due = self._night_due()
        if due or not self.env.context.get("cron_id"):
            self._queue_nights(due)
        todo = self.search(live, order="id")
        progress(remaining=len(todo))
        for run in todo:
            with backend_lock(self.env, run.backend_id) as is_mine:
                if not is_mine:
                    _logger.info("%s is being synchronised by another process", run.backend_id.name)
                    continue
                if not run._process():
                    # the rest at once: a slice would else wait for the worker's next look around
                    self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()
                    progress()
                    return
        # a run by hand that was under way when the night came leaves the night still to be done
        is_late = bool(due and self._queue_nights(due))
        if is_late:
            self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()
        progress(remaining=int(is_late))

    @api.model
    def _night_due(self):
        """Return since when a night is due (naive UTC); None when the button or the rest of a
        sliced run has woken the job."""
        cron = self.env["ir.cron"].sudo().browse(self.env.context.get("cron_id"))
        return cron.nextcall if cron and cron.nextcall <= self.env.cr.now() else None

    @api.model
    def _queue_nights(self, due):
        """Queue the night of every master that has not had it since ``due``.

        :return: the runs that are new
        """
        nights = self.browse()
        for backend in self.env["sm.backend"].search([("active", "=", True)]):
            if not due or not self._has_night_since(backend, due):
                run, is_new = self._queue(backend, trigger="cron")
                nights |= run if is_new else nights
        return nights

    @api.model
    def _has_night_since(self, backend, due):
        """Has a run of this master begun since, or is one about to?"""
        domain = Domain("backend_id", "=", backend.id) & Domain("is_complete", "=", True)
        domain &= Domain("date_start", ">=", due) | Domain("state", "=", "queued")
        return bool(self.search_count(domain, limit=1))

    def _process(self):
        """Do what is left of the run, as far as the cron's time slice allows.

        :return: whether the run has ended
        """
        self.ensure_one()
        # what is written on the run is read by the master's responsible, not by the cron's user
        reader = self.backend_id.responsible_id.partner_id or self.backend_id.company_id.partner_id
        self = self.with_context(lang=reader.lang, tz=NIGHT_TZ.key)
        if self.state == "queued":
            if self.is_complete:
                self._get_planned(self.backend_id)._forget_plan("superseded")
            self.write({"state": "running", "date_start": fields.Datetime.now()})
            self.env["ir.cron"]._commit_progress()
        for line in self.line_ids.sorted("sequence"):
            if not line._process():
                return False
        self._finish()
        return True

    def _finish(self):
        """Close the run with the worst state of its lines and tell the connection's health."""
        self.ensure_one()
        if self.trigger == "preview" and not self.is_applied:
            self._finish_preview()
            return
        states = set(self.line_ids._expected().mapped("state"))
        if states & {"refused", "failed"}:
            state = "failed"
        elif "held" in states:
            state = "held"
        elif (
            "nothing" in states
            and self.trigger != "delta"
            or any(self.line_ids.mapped("has_remark"))
        ):
            state = "warning"
        else:
            state = "done"
        now = fields.Datetime.now()
        self.write(
            {
                "state": state,
                "date_end": now,
                "seconds": sum(self.line_ids.mapped("seconds")),
            }
        )
        self._tell_health(states)
        self._after()
        self.env["ir.cron"]._commit_progress()

    def _tell_health(self, line_states):
        """Tell the connection how it is, and the responsible when he has to decide."""
        backend = self.backend_id
        if self.state == "held":
            backend._set_warning(self.message, is_success=False)
            backend._watchdog_report(self.line_ids.finding_ids.mapped("text"))
        elif self.trigger not in COMPLETE and not self.is_applied:
            # what comes in the day is no success of the night, nor the lack of it
            if self.state == "failed":
                backend._set_warning(self.message, is_success=False)
        elif self.state == "failed":
            backend._set_failing(self.message)
        elif self.state == "warning" and line_states == {"nothing"}:
            # no news is no success: the watchdog has to notice when it lasts
            backend._set_warning(self.message, is_success=False)
        elif self.state == "warning":
            backend._set_healthy(self.message)
        else:
            backend._set_healthy()

    def _after(self):
        """Hook: what is drawn from a run that has ended, in the transaction that closes it."""

    def action_open_quarantine(self):
        self.ensure_one()
        action = self.backend_id.action_open_quarantine()
        return action | {"domain": [("run_id", "=", self.id)]}
