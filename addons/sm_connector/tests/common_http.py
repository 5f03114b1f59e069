from odoo.addons.integration_base.tests.common import IntegrationHttpCase

from .common import SmMixin


class SmHttpMixin(SmMixin):
    """Nights while a server answers requests on the cursor of the test."""

    def run_night(self):
        """Override: the registry of an `HttpCase` is in test mode from the start."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            self.env(cr=cr)["sm.run"]._cron_night()
            cr.commit()  # pylint: disable=invalid-commit
        return self.env["sm.run"].search([("backend_id", "=", self.backend.id)], limit=1)


class SmHttpCase(SmHttpMixin, IntegrationHttpCase):
    """A master with a few rows, behind a server."""
