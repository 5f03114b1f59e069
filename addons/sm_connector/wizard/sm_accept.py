from odoo import api, fields, models
from odoo.exceptions import UserError


class SmAccept(models.TransientModel):
    """Asks an operator why a file at which a guard stopped is right, and lets it through."""

    _name = "sm.accept"
    _description = "Silicon Master: Accept With a Reason"

    line_ids = fields.Many2many("sm.run.line", required=True)
    finding_ids = fields.Many2many("sm.run.finding", compute="_compute_finding_ids")
    reason = fields.Text(required=True)

    @api.depends("line_ids")
    def _compute_finding_ids(self):
        for wizard in self:
            wizard.finding_ids = wizard.line_ids.finding_ids.filtered(
                lambda finding: not finding.acceptance_id
            )

    def action_accept(self):
        """Record the reason; then apply the plan, or read the same file again."""
        self.ensure_one()
        self.line_ids.check_access("read")
        run = self.line_ids.run_id
        run.ensure_one()
        run._check_operator()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the file is right: the next one will ask."))
        if run.state not in ("held", "planned"):
            raise UserError(self.env._("Somebody has dealt with it meanwhile."))
        # sudo: an operator lets a file through without seeing how the feeds are set up
        findings = self.finding_ids.sudo()
        self.env["sm.guard.acceptance"].sudo()._accept(findings, reason)
        if run.state == "planned":
            findings._take_acceptance()
            run.sudo()._queue_plan(self.env.user)
        else:
            self._read_again(run.sudo())
        return run.backend_id._notify(
            "success", self.env._("Accepted. The file is being applied in a moment.")
        )

    def _read_again(self, run):
        lines = self.line_ids.sudo()
        uploads = {
            line.feed_id: {"upload_id": line.upload_id.id, "scope": line.scope} for line in lines
        }
        trigger = "manual" if run.trigger in ("cron", "preview") else run.trigger
        self.env["sm.run"].sudo()._queue(
            run.backend_id, trigger, feeds=lines.feed_id, uploads=uploads
        )
        self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()
