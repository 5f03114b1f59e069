from odoo import fields, models


class SmRunBalance(models.Model):
    """The open orders of a shop after a run: their totals in the master and in Odoo."""

    _name = "sm.run.balance"
    _description = "Silicon Master Balance of a Shop"
    _order = "line_id desc, shop_id, id"
    _rec_name = "shop_id"
    _log_access = False  # written set-based

    line_id = fields.Many2one("sm.run.line", required=True, ondelete="cascade", index=True)
    shop_id = fields.Many2one("sm.code", ondelete="set null")
    currency_id = fields.Many2one(related="line_id.backend_id.company_id.currency_id")
    count = fields.Integer("Open Orders")
    master_total = fields.Monetary("Silicon Master")
    odoo_total = fields.Monetary("Odoo")
    difference = fields.Monetary(help="Odoo less Silicon Master.")
    differing = fields.Integer("Orders With a Difference")
