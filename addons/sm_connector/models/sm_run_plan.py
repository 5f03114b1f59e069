import logging
import time
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..pipeline import apply, preview, tables
from .sm_run_line import COLLISIONS, MAX_RETRIES

_logger = logging.getLogger(__name__)

OUTCOMES = [
    ("create", "Create"),
    ("replace", "Replace"),
    ("link", "Link"),
    ("update", "Change"),
    ("same", "No visible change"),
    ("archive", "Archive"),
    ("missing", "Missing"),
    ("close", "Close"),
    ("parked", "Wait for what is missing"),
    ("ambiguous", "Wait for a person"),
    ("quarantine", "Needs attention"),
    ("changed", "Changed meanwhile"),
]
#: what is counted together on the screens
COLUMNS = {
    "plan_create": ("create", "replace"),
    "plan_link": ("link",),
    "plan_update": ("update",),
    "plan_same": ("same",),
    "plan_archive": ("archive",),
    "plan_missing": ("missing", "close"),
    "plan_parked": ("parked",),
    "plan_ambiguous": ("ambiguous",),
    "plan_quarantine": ("quarantine",),
}
KEPT_DAYS = 7


class SmRun(models.Model):
    """The dry run: what a synchronisation would do, to be applied exactly like that, or not."""

    _inherit = "sm.run"

    is_applied = fields.Boolean("Plan Applied", readonly=True)
    applied_by = fields.Many2one("res.users", "Plan Applied By", readonly=True)
    plan_line_ids = fields.One2many("sm.run.line", "run_id", "Plan")
    plan_count = fields.Integer("Rows of the Plan", compute="_compute_plan_count")

    @api.depends("state", "line_ids.forecast")
    def _compute_plan_count(self):
        for run in self:
            run.plan_count = sum(
                count for line in run.line_ids for count in (line.forecast or {}).values()
            )

    def _finish_preview(self):
        """Close a dry run: its plan waits for a person. The master's health is not touched."""
        self.ensure_one()
        is_ready = "planned" in self.line_ids.mapped("state")
        self._get_planned(self.backend_id)._forget_plan("superseded")
        self.write(
            {
                "state": "planned" if is_ready else "failed",
                "date_end": fields.Datetime.now(),
                "seconds": sum(self.line_ids.mapped("seconds")),
            }
        )
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _get_planned(self, backend):
        return self.search([("backend_id", "=", backend.id), ("state", "=", "planned")])

    def _forget_plan(self, state):
        """Give plans up.

        :param str state: what becomes of their runs, ``discarded`` or ``superseded``
        """
        for run in self:
            for line in run.line_ids:
                tables.clear(self.env.cr, line.id)
        self.write({"state": state})

    # === WHAT OPERATORS DO WITH A PLAN === #

    def _get_plan(self):
        self.ensure_one()
        self._check_operator()
        if self.state != "planned":
            raise UserError(self.env._("This plan is no longer there to be applied: look again."))
        return self.sudo()  # an operator applies or drops a plan, and writes nothing else

    def action_apply_plan(self):
        """Have the cron apply exactly this plan; where a guard would stop, ask why first."""
        run = self._get_plan()
        is_open = run.line_ids.finding_ids.filtered(lambda finding: not finding.acceptance_id)
        if is_open:
            return self._open_acceptance(is_open.line_id)
        run._queue_plan(self.env.user)
        return run.backend_id._notify(
            "success", self.env._("The plan is being applied in a moment.")
        )

    def _queue_plan(self, user):
        self.ensure_one()
        live = self.backend_id.running_run_id
        if live:
            raise UserError(
                self.env._("A synchronisation is under way. Apply the plan when it has ended.")
            )
        self.write({"state": "queued", "is_applied": True, "applied_by": user.id})
        self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()

    def action_discard_plan(self):
        self._get_plan()._forget_plan("discarded")

    def action_open_plan(self):
        """Open the rows of the plan, those that change something first."""
        self.ensure_one()
        context = {"search_default_group_entity": 1}
        return self._open_plan([("run_id", "=", self.id)], self.env._("Plan"), context)

    def _open_plan(self, domain, name, context):
        self._check_operator()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "sm.plan.row",
            "view_mode": "list,form",
            "domain": domain,
            "context": {
                "search_default_visible": 1,
                **context,
                "search_default_group_outcome": 2,
            },
        }

    def action_export_plan(self):
        self.ensure_one()
        self._check_operator()
        return {
            "type": "ir.actions.act_url",
            "url": f"/sm_connector/plan/{self.id}.xlsx",
            "target": "download",
        }

    @api.autovacuum
    def _gc_plans(self):
        """Give up plans that nobody applied: by now they are about another day."""
        old = [("state", "=", "planned"), ("date_end", "<", f"-{KEPT_DAYS}d")]
        self.search(old)._forget_plan("superseded")
        # the rows that were left alone when a plan was applied, and those of deleted runs
        self.env.cr.execute(
            """
            DELETE FROM sm_plan p
             WHERE NOT EXISTS (SELECT 1 FROM sm_run_line l JOIN sm_run r ON r.id = l.run_id
                                WHERE l.id = p.line_id
                                  AND (r.date_end IS NULL
                                       OR r.date_end > now() AT TIME ZONE 'UTC' - interval %s))
            """,
            [f"{KEPT_DAYS} days"],
        )


class SmRunLine(models.Model):
    _inherit = "sm.run.line"

    forecast = fields.Json(readonly=True, help="Rows of the plan by what becomes of them.")
    changed = fields.Integer("Changed Meanwhile", readonly=True)
    plan_create = fields.Integer("To Create", compute="_compute_plan")
    plan_link = fields.Integer("To Link", compute="_compute_plan")
    plan_update = fields.Integer("To Change", compute="_compute_plan")
    plan_same = fields.Integer("No Visible Change", compute="_compute_plan")
    plan_archive = fields.Integer("To Archive", compute="_compute_plan")
    plan_missing = fields.Integer("Missing From the File", compute="_compute_plan")
    plan_parked = fields.Integer("Waiting", compute="_compute_plan")
    plan_ambiguous = fields.Integer("To Be Told by a Person", compute="_compute_plan")
    plan_quarantine = fields.Integer("Would Need Attention", compute="_compute_plan")

    @api.depends("forecast")
    def _compute_plan(self):
        for line in self:
            forecast = line.forecast or {}
            for column, outcomes in COLUMNS.items():
                line[column] = sum(forecast.get(outcome, 0) for outcome in outcomes)

    def _is_rehearsed(self):
        """Return whether this line belongs to a dry run, applied or not."""
        return self.run_id.trigger == "preview"

    def _look(self, started):
        """Find out what the plan would do, until all is known or the time slice is used up.

        :return: whether the line has ended
        """
        cr, commit = self.env.cr, self.env["ir.cron"]._commit_progress
        previewer = preview.Previewer(self)
        retries = 0
        while True:
            try:
                count = previewer.next_batch()
            except COLLISIONS:
                # a user was changing one of these records: once more
                cr.rollback()
                self.env.invalidate_all()
                retries += 1
                if retries > MAX_RETRIES:
                    raise
                time.sleep(0.2 * 2**retries)
                continue
            if not count:
                break
            retries = 0
            self.write(
                {
                    "handled": self.handled + count,
                    "seconds": self.seconds + time.monotonic() - started,
                }
            )
            started = time.monotonic()
            if not commit(1, remaining=1):
                return False
        cr.execute(
            "SELECT outcome, count(DISTINCT key) FROM sm_plan WHERE line_id = %s GROUP BY outcome",
            [self.id],
        )
        self.write(
            {
                "state": "planned",
                "forecast": Counter(dict(cr.fetchall())),
                "seconds": self.seconds + time.monotonic() - started,
            }
        )
        commit(1, remaining=1)
        return True

    def _approve(self):
        """Begin to apply what a dry run has shown, as far as it still holds."""
        cr, feed = self.env.cr, self.feed_id
        apply.prepare(cr, self.id, feed.backend_id.id, feed.entity)
        self._carry_out_on_links()
        self.write({"state": "applying", "handled": 0, "seconds": 0})

    def action_open_plan(self):
        self.ensure_one()
        entities = dict(self._fields["entity"]._description_selection(self.env))
        name = self.env._("Plan: %(entity)s", entity=entities[self.entity])
        return self.run_id._open_plan([("line_id", "=", self.id)], name, {})


class SmBackend(models.Model):
    _inherit = "sm.backend"

    planned_run_id = fields.Many2one("sm.run", "Plan", compute="_compute_planned_run_id")
    is_held = fields.Boolean("Stopped", compute="_compute_planned_run_id")

    @api.depends("run_ids.state")
    def _compute_planned_run_id(self):
        for backend in self:
            backend.is_held = backend.last_run_id.state == "held"
            backend.planned_run_id = self.env["sm.run"].search(
                [("backend_id", "=", backend._origin.id), ("state", "=", "planned")], limit=1
            )

    def action_look_before(self):
        """Queue a dry run for the cron."""
        return self._start_run("preview")

    def action_open_planned(self):
        return self._open_run(self.planned_run_id)

    def action_open_held(self):
        return self._open_run(self.last_run_id)

    def _open_run(self, run):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sm.run",
            "view_mode": "form",
            "res_id": run.id,
        }

    def _status_line(self):
        """Override of `sm_connector`: looking is not synchronising."""
        run = self.running_run_id
        if run.state == "running" and run.trigger == "preview" and not run.is_applied:
            return self.env._(
                "Looking what the next synchronisation would do: %(percent)s %% done",
                percent=run.progress,
            )
        return super()._status_line()
