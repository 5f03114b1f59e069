from odoo import models
from odoo.exceptions import UserError

from odoo.addons.integration_base.exceptions import IntegrationError


class SmFeed(models.Model):
    """Trying a feed before the first night does."""

    _inherit = "sm.feed"

    def action_test_connection(self):
        """Reach what the feed reads, change nothing, and tell."""
        self.ensure_one()
        self.check_access("write")
        try:
            kind, title = "success", self.env._("It can be reached")
            text = self._get_transport().check()
        except IntegrationError as error:
            kind, title, text = "danger", self.env._("It cannot be reached"), str(error)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "title": title, "message": text, "sticky": True},
        }

    def action_show_rows(self):
        """Show the first rows of what the feed would read now."""
        self.ensure_one()
        self.check_access("write")
        rows = self.env["sm.feed.rows"].create({"feed_id": self.id})
        try:
            transport = self._get_transport()
            with transport.glance() as delivery:
                delivery = delivery or transport.kept(self.last_path or "")
                if not delivery:
                    raise UserError(self.env._("There is nothing to read yet."))
                rows._fill(transport, delivery)
        except IntegrationError as error:
            raise UserError(str(error)) from error
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("First rows"),
            "res_model": rows._name,
            "res_id": rows.id,
            "view_mode": "form",
            "target": "new",
        }
