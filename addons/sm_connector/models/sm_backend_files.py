import shutil
import time
from datetime import timedelta
from pathlib import Path

from odoo import api, fields, models
from odoo.tools import config

from odoo.addons.integration_base.exceptions import IntegrationError
from odoo.addons.integration_base.log import get_logger

from ..roots import drop_roots
from ..transports import FileTransport
from ..transports.retention import prune
from .sm_run import LIVE_STATES

_logger = get_logger(__name__)

#: Runs that still need the file which was uploaded for them.
NEEDS_UPLOAD = (*LIVE_STATES, "held", "planned")
UNFINISHED_DAYS = 2  # pages of a download that nobody went on with


class SmBackend(models.Model):
    """What is kept of the files of a master, and for how long."""

    _inherit = "sm.backend"

    archive_days = fields.Integer(
        "Files Are Kept For (days)",
        default=90,
        groups="sm_connector.group_sm_admin",
        help="Older ones are deleted from the archive, but for the last good one of each kind. "
        "0: they are kept for ever.",
    )

    _archive_days_positive = models.Constraint(
        "CHECK (archive_days >= 0)", "Files are kept for a number of days."
    )

    def action_upload(self):
        """Take over a file that somebody has."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Upload a file"),
            "res_model": "sm.upload",
            "view_mode": "form",
            "target": "new",
            "context": {"default_backend_id": self.id},
        }

    @api.autovacuum
    def _gc_files(self):
        """Delete archived files that are old enough, and uploads whose run has ended."""
        self._gc_uploads()
        feeds = self.env["sm.feed"].with_context(active_test=False)
        keep = feeds.search([("last_path", "!=", False)]).mapped("last_path")
        for backend in self.search([("archive_days", ">", 0)]):
            before = fields.Datetime.now() - timedelta(days=backend.archive_days)
            try:
                count = backend._prune_drop_archive(before, keep)
                for feed in backend.with_context(active_test=False).feed_ids:
                    count += prune(feed._get_spool_folder().resolve(), before, keep)
            except (IntegrationError, OSError) as error:
                _logger.info("%s: old files were not deleted: %s", backend.name, error)
                continue
            if count:
                _logger.info("%s: %s old files deleted", backend.name, count)
        self._gc_folders()

    def _prune_drop_archive(self, before, keep):
        self.ensure_one()
        if not self.drop_folder:
            return 0
        transport = FileTransport(self.drop_folder, "*", drop_roots(), self.archive_folder or None)
        return transport.prune(before, keep)

    @api.model
    def _gc_uploads(self):
        """Delete uploaded files; a copy lies in the archive, as of any other file."""
        lines = self.env["sm.run.line"].search([("upload_id", "!=", False)])
        needed = lines.filtered(lambda line: line.run_id.state in NEEDS_UPLOAD).upload_id
        (lines.upload_id - needed).unlink()

    @api.model
    def _gc_folders(self):
        """Delete what was fetched for feeds that are gone, or never went on."""
        root = Path(config["data_dir"]) / "sm_connector" / self.env.cr.dbname
        known = {
            feed._get_spool_folder().name
            for feed in self.env["sm.feed"].with_context(active_test=False).search([])
        }
        limit = time.time() - UNFINISHED_DAYS * 86400
        for folder in root.glob("feed_*"):
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            for left in (folder / "spool", *folder.glob(".glance-*")):
                if left.is_dir() and left.stat().st_mtime < limit:
                    shutil.rmtree(left, ignore_errors=True)
