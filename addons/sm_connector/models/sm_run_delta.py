from odoo import api, models


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
