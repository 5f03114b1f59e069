from odoo import api, fields, models

from ..models.threecx_call import RESULTS


class ThreecxCallWrapUp(models.TransientModel):
    """How a call went, noted from its form."""

    _name = "threecx.call.wrap.up"
    _description = "How a Call Went"

    call_id = fields.Many2one("threecx.call", required=True, ondelete="cascade")
    result = fields.Selection(
        RESULTS, required=True, compute="_compute_said", store=True, readonly=False
    )
    note = fields.Text(compute="_compute_said", store=True, readonly=False)
    callback_date = fields.Date("Call Back On")
    callback_summary = fields.Char("What About")

    @api.depends("call_id")
    def _compute_said(self):
        for wizard in self:
            call = wizard.call_id
            reached = call.outcome == "answered"
            wizard.result = call.result or ("reached" if reached else "no_answer")
            wizard.note = call.note

    def action_save(self):
        """Note it on the call."""
        self.ensure_one()
        callback = False
        if self.callback_date:
            callback = {"date": self.callback_date, "summary": self.callback_summary}
        self.call_id.wrap_up(self.result, self.note, callback)
        return {"type": "ir.actions.act_window_close"}
