from odoo import fields, models

from .sm_quality_issue import CAUSES


class SmQualityNight(models.Model):
    """How many of each cause there were, night after night."""

    _name = "sm.quality.night"
    _description = "Silicon Master Data Quality over Time"
    _order = "date desc, cause"
    _rec_name = "date"
    _log_access = False

    backend_id = fields.Many2one(
        "sm.backend", "Silicon Master", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    run_id = fields.Many2one("sm.run", readonly=True, ondelete="set null", index="btree_not_null")
    date = fields.Date("Night", required=True, readonly=True)
    cause = fields.Selection(CAUSES, "What Is Wrong", required=True, readonly=True)
    count = fields.Integer("Open", readonly=True)
    found = fields.Integer("New", readonly=True)
    fixed = fields.Integer(readonly=True)

    _night_uniq = models.UniqueIndex("(backend_id, date, cause)", "One count per night.")
