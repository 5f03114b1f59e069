from odoo import fields, models


class SmBackend(models.Model):
    _inherit = "sm.backend"

    quality_count = fields.Integer(
        "Data to Put Right", compute="_compute_quality_count", compute_sudo=True
    )

    def _compute_quality_count(self):
        counts = dict(
            self.env["sm.quality.issue"]._read_group(
                [("backend_id", "in", self.ids), ("state", "=", "open")],
                ["backend_id"],
                ["__count"],
            )
        )
        for backend in self:
            backend.quality_count = counts.get(backend, 0)

    def action_open_quality(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sm_connector.sm_quality_issue_action"
        )
        return action | {"domain": [("backend_id", "=", self.id)]}
