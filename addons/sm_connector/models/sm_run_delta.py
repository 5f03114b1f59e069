import logging

from odoo import api, models

from odoo.addons.integration_base.exceptions import IntegrationError

_logger = logging.getLogger(__name__)


class SmRun(models.Model):
    """Changes in the day, beside the complete exports of the night."""

    _inherit = "sm.run"

    @api.model
    def _cron_delta(self):
        """Queue what changed since the last time, for every master that can tell.

        The job of the night does the work: one job, one lock. A master whose synchronisation is
        under way has its changes the next hour.
        """
        feeds = self.env["sm.feed"].search(
            [("mode", "=", "delta"), ("backend_id.active", "=", True)]
        )
        is_new = False
        for backend, own in feeds.grouped("backend_id").items():
            is_new |= self._queue(backend, trigger="delta", feeds=own)[1]
        if is_new:
            self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()

    def _after(self):
        """Override: files of changes are read one by one, the oldest first; go on when more wait.

        Only a run of its own goes on, not this one: a night that is due comes between two files.
        """
        result = super()._after()
        if any(line._has_more_changes() for line in self.line_ids):
            self.env.ref("sm_connector.ir_cron_delta").sudo()._trigger()
        return result


class SmRunLine(models.Model):
    _inherit = "sm.run.line"

    def _has_more_changes(self):
        """Has another file of changes come before the one that was read was put away?

        A file that stayed where it is waits for somebody, or for the next hour: reading it again at
        once would come to the same end.
        """
        self.ensure_one()
        if self.feed_id.mode != "delta" or not self.archived_as or self.sudo().upload_id:
            return False
        try:
            return bool(self.feed_id._get_transport().here())
        except IntegrationError as exc:
            _logger.info("%s: %s", self.feed_id.display_name, exc)
            return False
