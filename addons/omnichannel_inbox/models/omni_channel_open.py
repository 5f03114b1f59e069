from odoo import models
from odoo.exceptions import UserError


class OmniChannel(models.Model):
    """What the buttons of a channel open."""

    _inherit = "omni.channel"

    def _open(self, xmlid, **context):
        """An action about this channel alone."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"omnichannel_inbox.{xmlid}")
        action["domain"] = [("channel_id", "=", self.id)]
        action["context"] = context
        # the path is that of the whole list
        action.pop("path", None)
        return action

    def action_open_events(self):
        """Button: what came in."""
        return self._open("omni_event_action")

    def action_open_dead(self):
        """Button: what could not be processed, by its cause."""
        return self._open(
            "omni_event_action_dead", search_default_dead=1, search_default_group_cause=1
        )

    def action_open_messages(self):
        """Button: what was sent, and is to be."""
        action = self._open("omni_message_action_outbox")
        action["domain"].append(("direction", "=", "out"))
        return action

    def action_open_unsent(self):
        """Button: what was not sent."""
        action = self._open("omni_message_action_outbox", search_default_unsent=1)
        action["domain"].append(("direction", "=", "out"))
        return action

    def action_proof(self):
        """Button: what the other side has, day by day, against what is here."""
        action = self._open("omni_proof_action_days")
        action["name"] = self.env._("Nothing Lost?")
        return action

    def action_open_demo(self):
        """Button: be the customer."""
        self.ensure_one()
        if self.provider != "demo":
            raise UserError(self.env._("Only on a channel of the demo."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write as a customer"),
            "res_model": "omni.demo.write",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_channel_id": self.id},
        }
