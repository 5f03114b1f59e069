from odoo import fields, models
from odoo.tools import SQL


class ThreecxUnknownCaller(models.Model):
    """Numbers of which nobody knows yet whose they are, one line each."""

    _name = "threecx.unknown.caller"
    _description = "Unknown Caller"
    _auto = False
    _order = "last_call desc"
    _rec_name = "number_display"

    call_id = fields.Many2one("threecx.call", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", "Last Colleague", readonly=True)
    number_key = fields.Char(readonly=True)
    number_display = fields.Char("Number", readonly=True)
    caller_name = fields.Char("Name on the Telephone", readonly=True)
    last_call = fields.Datetime(readonly=True)
    call_count = fields.Integer("Calls", readonly=True)
    to_call_back_count = fields.Integer("Not Called Back", readonly=True)
    talk_seconds = fields.Integer("Talked (s)", readonly=True)

    @property
    def _table_query(self):
        """Calls linked with nobody, by number; the last one stands for all."""
        return SQL(
            """
            SELECT DISTINCT ON (company_id, number_key)
                   id, id AS call_id, company_id, user_id, number_key, number_display,
                   started AS last_call,
                   max(caller_name) OVER same AS caller_name,
                   count(*) OVER same AS call_count,
                   count(*) FILTER (
                       WHERE direction = 'inbound' AND outcome IN ('missed', 'voicemail')
                         AND is_called_back IS NOT TRUE
                   ) OVER same AS to_call_back_count,
                   sum(talk_seconds) OVER same AS talk_seconds
              FROM threecx_call
             WHERE match_kind = 'none' AND direction <> 'internal' AND kind = 'call'
               AND number_key IS NOT NULL
            WINDOW same AS (PARTITION BY company_id, number_key)
             ORDER BY company_id, number_key, started DESC, id DESC
            """
        )

    def action_link(self):
        """Say who it was.

        :rtype: dict
        """
        self.ensure_one()
        return self.call_id.action_link()

    def action_calls(self):
        """Open the calls of the number.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("threecx_bridge.threecx_call_action")
        action["domain"] = [("number_key", "=", self.number_key)]
        action["context"] = {}
        return action
