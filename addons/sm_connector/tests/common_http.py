from contextlib import contextmanager
from unittest.mock import patch

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

    @contextmanager
    def night_while_polled(self):
        """Let a queued run take place when the form asks for its progress a second time, as the
        scheduler would.

        :yield list: one item per poll
        """
        model = self.env.registry["sm.backend"]
        get_progress = model.get_progress
        polls = []

        def get_progress_and_work(backend):
            polls.append(backend.id)
            if len(polls) == 2:
                backend.env["sm.run"].with_user(self.env.ref("base.user_root"))._cron_night()
                backend.invalidate_recordset()
            return get_progress(backend)

        with patch.object(model, "get_progress", get_progress_and_work):
            yield polls


class SmHttpCase(SmHttpMixin, IntegrationHttpCase):
    """A master with a few rows, behind a server."""
