from odoo import models
from odoo.fields import Domain
from odoo.tools import format_datetime

#: Calls shown at most.
CALL_LIMIT = 5
LEVELS = {
    "answered": "success",
    "missed": "danger",
    "voicemail": "warning",
    "no_answer": "warning",
    "failed": "danger",
}


class ResPartner(models.Model):
    """The telephone's part of the customer card."""

    _inherit = "res.partner"

    def _customer_card_sections(self):
        """Override of `integration_base` to add the last calls, and who waits for a call back."""
        sections = super()._customer_card_sections()
        if self.env["threecx.call"].has_access("read"):
            sections.append(self._customer_card_calls())
        return sections

    def _customer_card_calls(self):
        calls = self.env["threecx.call"]
        domain = self._threecx_call_domain() & Domain("kind", "=", "call")
        missed = calls.search_count(domain & calls._domain_to_call_back())
        facts = []
        if missed:
            facts.append(
                {
                    "label": self.env._("Attention"),
                    "value": [self.env._("%(count)s missed, not called back", count=missed)],
                }
            )
        return {
            "key": "calls",
            "title": self.env._("Calls"),
            "icon": "fa-volume-control-phone",
            "sequence": 25,
            "kind": "records",
            "facts": facts,
            "records": [
                self._customer_card_call(call) for call in calls.search(domain, limit=CALL_LIMIT)
            ],
            "empty": self.env._("No call yet."),
        }

    def _customer_card_call(self, call):
        outcomes = dict(call._fields["outcome"]._description_selection(self.env))
        states = dict(call._fields["state"]._description_selection(self.env))
        parts = [format_datetime(self.env, call.started, dt_format="short")]
        if call.partner_id != self:
            parts.append(call.partner_id.name)
        # sudo: names of colleagues
        parts.append(call.sudo().user_id.name)
        if call.talk_seconds:
            parts.append(call._talk_text())
        is_inbound = call.direction == "inbound"
        return {
            "title": self.env._("Inbound call") if is_inbound else self.env._("Outbound call"),
            "subtitle": " · ".join(filter(None, parts)),
            "badge": outcomes[call.outcome] if call.state == "ended" else states[call.state],
            "badge_level": LEVELS.get(call.outcome, "info"),
            "res_model": call._name,
            "res_id": call.id,
        }
