import base64
from pathlib import PurePath

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import human_size

from odoo.addons.integration_base.exceptions import IntegrationError

from ..formats import detect_format
from ..pipeline.appliers import ENTITIES
from ..transports import UploadTransport

MAX_BYTES = 128 * 2**20
PACKED = "zip"


class SmUpload(models.TransientModel):
    """Takes over a file that somebody has, instead of the one the master would have sent."""

    _name = "sm.upload"
    _description = "Silicon Master: Upload a File"

    backend_id = fields.Many2one("sm.backend", "Silicon Master", required=True, ondelete="cascade")
    entity = fields.Selection(ENTITIES, "Data", required=True)
    file = fields.Binary(attachment=False)
    file_name = fields.Char()
    scope = fields.Selection(
        [
            ("changes", "Only add and update what it holds"),
            ("full", "It is a complete export: what is not in it is gone"),
            ("history", "Only add what Odoo does not know (history)"),
        ],
        "What to Do",
        required=True,
        default="changes",
    )
    state = fields.Selection([("choose", "Choose"), ("check", "Check")], default="choose")
    rows_id = fields.Many2one("sm.feed.rows", readonly=True)
    # read as the user: the rows of others are none of his business
    table = fields.Html(related="rows_id.table", related_sudo=False)
    defects = fields.Integer(related="rows_id.defects", related_sudo=False)

    def action_check(self):
        """Show the first rows: the wrong file is seen before it is taken over."""
        self.ensure_one()
        self.backend_id.check_access("read")
        feed = self._get_feed()
        self._check_file(feed)
        now = fields.Datetime.now().timestamp()
        transport = UploadTransport(
            self.file_name, base64.b64decode(self.file), now, feed._get_spool_folder()
        )
        rows = self.env["sm.feed.rows"].create({"feed_id": feed.id})
        try:
            rows._fill(transport, transport.delivery)
        except IntegrationError as error:
            raise UserError(self.env._("This file cannot be used.\n%(why)s", why=error)) from error
        self.write({"state": "check", "rows_id": rows.id})
        return self._reopen()

    def action_back(self):
        """Choose another file."""
        self.ensure_one()
        self.write({"state": "choose", "file": False, "file_name": False, "rows_id": False})
        return self._reopen()

    def action_start(self):
        """Queue a run that reads this file."""
        self.ensure_one()
        self.backend_id.check_access("read")
        feed = self._get_feed()
        self._check_file(feed)
        attachment = self.env["ir.attachment"].create(
            {
                # without a record it is its creator's alone: it holds personal data
                "name": PurePath(self.file_name).name,
                "raw": base64.b64decode(self.file),
                # as text it would be copied into the search index
                "mimetype": "application/x-upload",
            }
        )
        trigger = "backfill" if self.scope == "history" else "upload"
        # sudo: an operator starts runs, and may not write them
        _run, is_new = (
            self.env["sm.run"]
            .sudo()
            ._queue(
                self.backend_id.sudo(),
                trigger,
                uploads={feed: {"upload_id": attachment.id, "scope": self.scope}},
            )
        )
        if not is_new:
            raise UserError(
                self.env._(
                    "A synchronisation is waiting or running. Upload the file when it has ended."
                )
            )
        self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()
        self.write({"file": False, "rows_id": False})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The file is being taken over in a moment."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_feed(self):
        """Return the feed that says how such a file is written and what it means.

        :rtype: sm.feed
        """
        # sudo: an operator uses a feed without seeing how it is set up
        feed = self.backend_id.sudo().feed_ids.filtered_domain(
            [("mode", "=", "full"), ("entity", "=", self.entity)]
        )
        if not feed:
            raise UserError(self.env._("Nothing is configured for this kind of data."))
        return feed[:1]

    def _check_file(self, feed):
        """:raise UserError: no file, one that is too large, or of another kind"""
        if not self.file or not self.file_name:
            raise UserError(self.env._("Choose a file."))
        size = len(self.file) * 3 // 4
        if size > MAX_BYTES:
            raise UserError(
                self.env._(
                    "The file has %(size)s, and %(limit)s is the most that can be uploaded. Put it "
                    "into the drop folder, or pack it as zip.",
                    size=human_size(size),
                    limit=human_size(MAX_BYTES),
                )
            )
        try:
            kind = detect_format(self.file_name)
        except IntegrationError:
            kind = ""
        if not kind or feed.format != "auto" and kind not in (feed.format, PACKED):
            formats = dict(feed._fields["format"]._description_selection(self.env))
            wanted = (
                formats[feed.format] if feed.format != "auto" else "CSV, Excel (XLSX), XML, JSON"
            )
            raise UserError(
                self.env._(
                    "“%(name)s” is not a file of the expected kind (%(formats)s).",
                    name=self.file_name,
                    formats=wanted,
                )
            )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Upload a file"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
