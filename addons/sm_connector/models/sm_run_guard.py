from odoo import fields, models
from odoo.exceptions import UserError

from ..pipeline import tables


class SmRunLine(models.Model):
    """A line that stops before it applies anything, until a person says that the file is right."""

    _inherit = "sm.run.line"

    def _is_held(self, findings):
        """Write down what the guards found, and stop unless a person has accepted it all.

        A dry run goes on: it changes nothing, and shows what would happen.

        :param list findings: of :func:`guards.look`
        :return: whether the line stops here
        """
        acceptances = self.env["sm.guard.acceptance"]
        self.finding_ids.unlink()
        is_open = False
        for finding in findings:
            acceptance = acceptances._get_valid(self, finding.guard)
            self.env["sm.run.finding"].create(
                {
                    "line_id": self.id,
                    "guard": finding.guard,
                    "numbers": finding.numbers,
                    "examples": finding.examples,
                    "acceptance_id": acceptance.id,
                }
            )
            is_open = is_open or not acceptance
        if self._is_rehearsed():
            return False
        if not is_open:
            acceptances._use_up(self)
            return False
        rows = self._count_staged()
        tables.clear(self.env.cr, self.id)
        self.write({"state": "held", "rows": rows})
        return True

    def _count_staged(self):
        self.env.cr.execute(
            "SELECT count(*) FROM sm_stage WHERE line_id = %s AND seq > 0", [self.id]
        )
        return self.env.cr.fetchone()[0]

    def action_accept(self):
        """Open the dialog in which an operator says why the file is right."""
        return self.run_id._open_acceptance(self)


class SmRun(models.Model):
    _inherit = "sm.run"

    held_line_ids = fields.One2many("sm.run.line", "run_id", domain=[("state", "=", "held")])

    def _check_operator(self):
        self.check_access("read")
        if not self.env.user.has_group("sm_connector.group_sm_operator"):
            raise UserError(self.env._("Only operators of Silicon Master can do this."))

    def _open_acceptance(self, lines):
        self._check_operator()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept with a reason"),
            "res_model": "sm.accept",
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_ids": lines.ids},
        }

    def action_accept(self):
        """Open the dialog for everything that stopped in this run."""
        self.ensure_one()
        return self._open_acceptance(self.held_line_ids)
