from odoo import api, fields, models
from odoo.tools import LazyTranslate
from odoo.tools.misc import formatLang

_lt = LazyTranslate(__name__)

GUARDS = [
    ("short", "Far fewer rows"),
    ("keys", "Other codes"),
    ("missing", "Many records gone at once"),
    ("factor", "Amounts times a hundred"),
    ("amounts", "Many strong changes of amounts"),
    ("currency", "Another currency"),
    ("future", "Dates in the future"),
]
TEXTS = {
    "short": _lt("The file holds %(rows)s records; the last good one had %(before)s."),
    "keys": _lt(
        "The file holds only %(seen)s of the %(known)s records that Odoo knows: the codes seem to "
        "be others."
    ),
    "missing": _lt("%(count)s of %(known)s known records are missing from the file at once."),
    "factor": _lt(
        "%(count)s amounts changed, typically by a factor of %(ratio)s: the decimal mark seems to "
        "have moved."
    ),
    "amounts": _lt("%(strong)s of %(known)s amounts changed by more than %(change)s %% at once."),
    "currency": _lt("%(count)s of %(rows)s new or changed rows are not in %(own)s."),
    "future": _lt(
        "%(count)s of %(rows)s new or changed rows are dated more than %(days)s days ahead."
    ),
}


class SmRunFinding(models.Model):
    """Why a guard stopped a file, in numbers."""

    _name = "sm.run.finding"
    _description = "Silicon Master Guard Finding"
    _order = "id desc"
    _rec_name = "guard"

    line_id = fields.Many2one("sm.run.line", required=True, ondelete="cascade", index=True)
    run_id = fields.Many2one(related="line_id.run_id", store=True)
    backend_id = fields.Many2one(related="line_id.backend_id", store=True)
    entity = fields.Selection(related="line_id.entity")
    guard = fields.Selection(GUARDS, required=True)
    numbers = fields.Json()
    examples = fields.Json()
    text = fields.Text("What Is Odd", compute="_compute_text")
    example_text = fields.Text("For Example", compute="_compute_text")
    acceptance_id = fields.Many2one("sm.guard.acceptance", "Accepted", readonly=True)

    @api.depends("guard", "numbers", "examples", "acceptance_id")
    @api.depends_context("lang")
    def _compute_text(self):
        for finding in self:
            values = {
                name: value
                if isinstance(value, str)
                else formatLang(self.env, value, digits=0 if value == int(value) else 2)
                for name, value in (finding.numbers or {}).items()
            }
            template = self.env._(TEXTS[finding.guard])
            text = template % values
            if finding.acceptance_id:
                # sudo: who let it through is no secret to those who see what was let through
                acceptance = finding.acceptance_id.sudo()
                text = self.env._(
                    "%(finding)s Accepted by %(user)s: %(reason)s",
                    finding=text,
                    user=acceptance.user_id.name,
                    reason=acceptance.reason,
                )
            finding.text = text
            finding.example_text = "\n".join(finding.examples or ()) or False

    def _take_acceptance(self):
        """Note under which acceptance these findings are let through."""
        acceptances = self.env["sm.guard.acceptance"]
        for finding in self:
            finding.acceptance_id = acceptances._get_valid(finding.line_id, finding.guard)
            finding.acceptance_id.used_line_id = finding.line_id
