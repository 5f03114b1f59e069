from odoo import api, fields, models
from odoo.fields import Domain


class ThreecxCalledMixin(models.AbstractModel):
    """A record with calls: the number of them, and the button that opens them.

    They are those about the record; override ``_threecx_call_domain`` for others.
    """

    _name = "threecx.called.mixin"
    _description = "Record With Calls"

    threecx_call_count = fields.Integer(
        "Number of Calls",
        compute="_compute_threecx_call_count",
        groups="threecx_bridge.group_threecx_user",
    )

    @api.depends_context("uid")
    def _compute_threecx_call_count(self):
        calls = self.env["threecx.call"]
        for record in self:
            domain = record._threecx_call_domain()
            record.threecx_call_count = calls.search_count(domain) if record._origin.id else 0

    def _threecx_call_domain(self):
        """Return which calls are those of the record.

        :rtype: Domain
        """
        self.ensure_one()
        return Domain("res_model", "=", self._name) & Domain("res_id", "=", self._origin.id)

    def action_threecx_calls(self):
        """Open the calls of the record.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("threecx_bridge.threecx_call_action")
        action["domain"] = list(self._threecx_call_domain())
        action["context"] = {}
        return action
