from odoo import fields, models

from ..pipeline import tables


class SmPlan(models.Model):
    """What a run is about to do with a row of the master: one row, gone once it is applied.

    The table is filled by COPY and is UNLOGGED, see :mod:`..pipeline.tables`.
    """

    _name = "sm.plan"
    _description = "Silicon Master Planned Change"
    _auto = False
    _log_access = False
    _order = "line_id, rank, seq"
    _rec_name = "key"

    line_id = fields.Many2one("sm.run.line")
    rank = fields.Integer(help="Rows of a lower rank come first: companies before their contacts.")
    seq = fields.Integer("Row in File")
    op = fields.Selection(
        [
            ("create", "Create"),
            ("update", "Update"),
            ("reuse", "Create, the key was another's"),
            ("touch", "Nothing changed but the source row"),
            ("archive", "Archive"),
            ("close", "Close"),
            ("quarantine", "Quarantine"),
        ],
        "Operation",
    )
    key = fields.Char()
    link_id = fields.Many2one("sm.link")
    res_id = fields.Many2oneReference(model_field="res_model")
    res_model = fields.Char(compute="_compute_res_model")
    record = fields.Text()

    def init(self):
        tables.create(self.env.cr)

    def _compute_res_model(self):
        from .sm_link import MODEL

        for plan in self:
            plan.res_model = MODEL[plan.line_id.entity]
