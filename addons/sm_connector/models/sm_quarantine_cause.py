from odoo import api, fields, models

from ..pipeline.appliers import ENTITIES
from .sm_quarantine import ADVICE, CAUSES


class SmQuarantineCause(models.Model):
    """The rows of quarantine by cause: how many, how old, and whether they become more."""

    _name = "sm.quarantine.cause"
    _description = "Silicon Master Cause of Quarantine"
    _auto = False
    _order = "open_count desc, cause"
    _rec_name = "cause"

    backend_id = fields.Many2one("sm.backend", "Silicon Master", readonly=True)
    entity = fields.Selection(ENTITIES, readonly=True)
    cause = fields.Selection(CAUSES, readonly=True)
    open_count = fields.Integer("Needs Attention", readonly=True)
    ignored_count = fields.Integer("Ignored", readonly=True)
    oldest = fields.Datetime("Waiting Since", readonly=True)
    age_days = fields.Integer("Oldest (days)", readonly=True, aggregator="max")
    new_count = fields.Integer("New in 7 Days", readonly=True)
    healed_count = fields.Integer("Healed in 7 Days", readonly=True)
    advice = fields.Text("What to Do", compute="_compute_advice")

    @property
    def _table_query(self):
        return """
            SELECT min(q.id) AS id, q.backend_id, q.entity, q.cause,
                   count(*) FILTER (WHERE q.state = 'open') AS open_count,
                   count(*) FILTER (WHERE q.state = 'ignored') AS ignored_count,
                   min(q.first_seen) FILTER (WHERE q.state = 'open') AS oldest,
                   coalesce(extract(day FROM now() AT TIME ZONE 'UTC'
                       - min(q.first_seen) FILTER (WHERE q.state = 'open'))::integer, 0)
                       AS age_days,
                   count(*) FILTER (WHERE q.first_seen > now() AT TIME ZONE 'UTC'
                       - interval '7 days') AS new_count,
                   count(*) FILTER (WHERE q.healed_at > now() AT TIME ZONE 'UTC'
                       - interval '7 days') AS healed_count
              FROM sm_quarantine q
             GROUP BY q.backend_id, q.entity, q.cause
            HAVING count(*) FILTER (WHERE q.state != 'healed') > 0
        """

    @api.depends("cause")
    @api.depends_context("lang")
    def _compute_advice(self):
        for row in self:
            row.advice = self.env._(ADVICE[row.cause]) if row.cause else False

    def action_open_rows(self):
        """Open the rows of this cause."""
        self.ensure_one()
        causes = dict(self._fields["cause"]._description_selection(self.env))
        return {
            "type": "ir.actions.act_window",
            "name": causes[self.cause],
            "res_model": "sm.quarantine",
            "view_mode": "list,kanban,form",
            "domain": [
                ("backend_id", "=", self.backend_id.id),
                ("entity", "=", self.entity),
                ("cause", "=", self.cause),
            ],
            "context": {"search_default_open": 1},
        }

    def _rows(self):
        """Return the rows of these causes that are not healed."""
        rows = self.env["sm.quarantine"]
        for cause in self:
            rows |= rows.search(
                [
                    ("backend_id", "=", cause.backend_id.id),
                    ("entity", "=", cause.entity),
                    ("cause", "=", cause.cause),
                    ("state", "!=", "healed"),
                ]
            )
        return rows

    def action_ignore(self):
        """Ignore all rows of these causes until they change."""
        return self._rows().action_ignore()

    def action_retry(self):
        """Read all rows of these causes again."""
        return self._rows().action_retry()
