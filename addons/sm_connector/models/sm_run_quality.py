import logging

from odoo import models

_logger = logging.getLogger(__name__)


class SmRun(models.Model):
    _inherit = "sm.run"

    def _after(self):
        """Override to draw up the data quality of the master after its night."""
        result = super()._after()
        try:
            with self.env.cr.savepoint():
                self.env["sm.quality.issue"]._refresh(self.backend_id, self)
        except Exception:
            # the data are in, and a report must not take them back
            _logger.exception("The data quality of %s was not drawn up", self.backend_id.name)
        return result
