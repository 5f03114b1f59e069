from odoo import api, fields, models


class ThreecxExtension(models.Model):
    """What the team does today, by extension."""

    _inherit = "threecx.extension"

    is_followed_live = fields.Boolean(
        "Followed Live",
        related="pbx_id.is_listener_live",
        help="Without the listener nobody knows who is on the phone; what it said last is old.",
    )
    today_call_count = fields.Integer("Calls Today", compute="_compute_today")
    today_talk_seconds = fields.Integer("Talked Today (s)", compute="_compute_today")
    today_wait_seconds = fields.Integer(
        "Seconds to Answer",
        compute="_compute_today",
        help="How long callers waited today until this extension answered, on average.",
    )

    @api.depends_context("uid", "tz")
    def _compute_today(self):
        groups = self.env["threecx.call"]._read_group(
            [
                ("extension_id", "in", self.ids),
                ("started", ">=", "today"),
                ("direction", "!=", "internal"),
            ],
            ["extension_id", "direction", "outcome"],
            ["__count", "talk_seconds:sum", "wait_seconds:avg"],
        )
        figures = {extension.id: [0, 0, 0] for extension in self}
        for extension, direction, outcome, count, talked, waited in groups:
            figures[extension.id][0] += count
            figures[extension.id][1] += talked or 0
            if (direction, outcome) == ("inbound", "answered"):
                figures[extension.id][2] = round(waited or 0)
        for extension in self:
            count, talked, waited = figures[extension.id]
            extension.today_call_count = count
            extension.today_talk_seconds = talked
            extension.today_wait_seconds = waited

    def action_today_calls(self):
        """Open the calls of today of the extension.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("threecx_bridge.threecx_call_action")
        action["domain"] = [("extension_id", "=", self.id)]
        action["context"] = {"search_default_today": 1}
        return action
