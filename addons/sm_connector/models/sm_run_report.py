from odoo import fields, models

from ..pipeline.appliers import ENTITIES


class SmRunReport(models.Model):
    """What the runs did, one row for each outcome, so that a graph can stack them over time."""

    _name = "sm.run.report"
    _description = "Silicon Master Statistics"
    _auto = False
    _order = "date desc, id"
    _rec_name = "outcome"

    run_id = fields.Many2one("sm.run", readonly=True)
    backend_id = fields.Many2one("sm.backend", "Silicon Master", readonly=True)
    entity = fields.Selection(ENTITIES, "Data", readonly=True)
    date = fields.Datetime(readonly=True)
    outcome = fields.Selection(
        [
            ("created", "Created"),
            ("updated", "Updated"),
            ("archived", "Archived"),
            ("quarantined", "Needs attention"),
        ],
        readonly=True,
    )
    row_count = fields.Integer("Records", readonly=True)

    @property
    def _table_query(self):
        return """
            SELECT l.id * 4 + o.position AS id, l.run_id, l.backend_id, l.entity,
                   r.date_start AS date, o.outcome, o.row_count
              FROM sm_run_line l
              JOIN sm_run r ON r.id = l.run_id
             CROSS JOIN LATERAL (VALUES (0, 'created', l.created), (1, 'updated', l.updated),
                   (2, 'archived', l.archived), (3, 'quarantined', l.quarantined)
                   ) AS o (position, outcome, row_count)
             WHERE r.date_start IS NOT NULL AND o.row_count > 0
        """
