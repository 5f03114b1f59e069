import json
from contextlib import contextmanager
from datetime import timezone
from pathlib import Path

from odoo import Command, api, fields, models
from odoo.tools import config

from odoo.addons.integration_base.exceptions import IntegrationError

from ..contract.default_mapping import SILICON_MASTER_FR
from ..formats import detect_format
from ..formats.base import FormatOptions
from ..pipeline.appliers import APPLIERS, ENTITIES
from ..roots import drop_roots
from ..transports import UploadTransport, get_transport


class SmFeed(models.Model):
    """One entity of one master: where its rows come from, how they are written, what they mean."""

    _name = "sm.feed"
    _description = "Silicon Master Feed"
    _order = "backend_id, sequence, id"

    backend_id = fields.Many2one("sm.backend", required=True, ondelete="cascade", index=True)
    entity = fields.Selection(ENTITIES, required=True)
    sequence = fields.Integer(compute="_compute_sequence", store=True, readonly=False)
    active = fields.Boolean(default=True)
    is_optional = fields.Boolean(
        "May Be Missing",
        compute="_compute_is_optional",
        store=True,
        readonly=False,
        help="A run without a file of this kind is in order.",
    )
    transport = fields.Selection([("file", "Files in a folder")], required=True, default="file")
    pattern = fields.Char(
        "File Name", required=True, help="Which files are this feed's, e.g. CLIENTS_*.csv"
    )
    format = fields.Selection(
        [("auto", "By the file's name"), ("csv", "CSV"), ("xlsx", "Excel (XLSX)")],
        required=True,
        default="auto",
    )
    encoding = fields.Selection(
        [
            ("auto", "Detect"),
            ("utf-8", "UTF-8"),
            ("cp1252", "Windows (cp1252)"),
            ("cp850", "DOS (cp850)"),
        ],
        required=True,
        default="auto",
    )
    delimiter = fields.Char(required=True, default=";", size=1)
    trailer = fields.Selection(
        [("required", "Always there"), ("optional", "When it is there"), ("none", "Never")],
        "Totals Line",
        required=True,
        default="required",
        help="The last line of the export counts the rows. When it is always there, a file "
        "without it was cut off and is refused.",
    )
    min_percent = fields.Integer(
        "Short File Below (%)",
        default=70,
        help="A file with fewer rows than this share of the last good one is refused as a whole.",
    )
    missing_max_rows = fields.Integer("Missing Rows Tolerated", default=10)
    missing_max_percent = fields.Float("Missing Share Tolerated (%)", default=5.0)
    archive_after = fields.Integer(
        default=3,
        help="A record absent from this many exports in a row is archived, never deleted.",
    )
    mapping_ids = fields.One2many("sm.field.mapping", "feed_id", copy=True)
    last_rows = fields.Integer("Rows in Last Good File", readonly=True, copy=False)
    last_sha256 = fields.Char(readonly=True, copy=False)
    last_path = fields.Char("Last Good File Kept At", readonly=True, copy=False)
    counted_sha256 = fields.Char(
        readonly=True, copy=False, help="The last export against which missing records counted."
    )
    watermark = fields.Char("Newest Change Read", readonly=True, copy=False)
    last_delivery = fields.Datetime("Last Good File", readonly=True, copy=False)

    _entity_uniq = models.UniqueIndex(
        "(backend_id, entity) WHERE active", "A master has one feed for each kind of data."
    )
    _percent_range = models.Constraint(
        "CHECK (min_percent BETWEEN 0 AND 100)", "The share of rows lies between 0 and 100 %."
    )
    _archive_positive = models.Constraint(
        "CHECK (archive_after >= 1)", "A record is archived after one export without it, or more."
    )

    @api.depends("entity")
    def _compute_sequence(self):
        for feed in self:
            feed.sequence = APPLIERS[feed.entity].sequence if feed.entity else 90

    @api.depends("entity")
    def _compute_is_optional(self):
        for feed in self:
            feed.is_optional = bool(feed.entity) and APPLIERS[feed.entity].is_optional

    @api.depends("entity", "backend_id.name")
    def _compute_display_name(self):
        labels = dict(self._fields["entity"]._description_selection(self.env))
        for feed in self:
            feed.display_name = f"{feed.backend_id.name or ''} / {labels.get(feed.entity, '')}"

    @api.model_create_multi
    def create(self, vals_list):
        """Override to give a new feed the shipped mapping of its entity when it brings none."""
        feeds = super().create(vals_list)
        feeds.filtered(lambda feed: not feed.mapping_ids)._load_default_mapping()
        return feeds

    def _load_default_mapping(self):
        for feed in self:
            feed.mapping_ids = [Command.clear()] + [
                Command.create(
                    {
                        "sequence": 10 * position,
                        "source": rule.source,
                        "target": rule.target,
                        "converter": rule.converter,
                        "params": json.dumps(dict(rule.params)) if rule.params else False,
                        "required": rule.required,
                    }
                )
                for position, rule in enumerate(SILICON_MASTER_FR[feed.entity], start=1)
            ]

    def action_reset_mapping(self):
        """Put the shipped mapping "Silicon Master export (fr)" back."""
        self._load_default_mapping()

    def _get_transport(self):
        """Return the transport of the feed: the only object here that touches files."""
        self.ensure_one()
        backend = self.backend_id
        if not backend.drop_folder:
            raise IntegrationError(self.env._("No drop folder is configured."))
        return get_transport(self.transport)(
            folder=backend.drop_folder,
            pattern=self.pattern,
            roots=drop_roots(),
            archive_folder=backend.archive_folder or None,
        )

    def _get_upload(self, attachment):
        """Return the transport of a file uploaded by hand for this feed.

        :param ir.attachment attachment: the file
        """
        self.ensure_one()
        return UploadTransport(
            attachment.name,
            attachment.raw,
            attachment.create_date.replace(tzinfo=timezone.utc).timestamp(),
            self._get_spool_folder(),
        )

    def _get_spool_folder(self):
        """Return the server's own folder for what was fetched or uploaded for this feed."""
        self.ensure_one()
        root = Path(config["data_dir"]) / "sm_connector" / self.env.cr.dbname
        return root / f"feed_{self.id}"

    @contextmanager
    def _read(self, transport, delivery, on_defect):
        """Give the reader of a delivery; its ``watermark`` is the newest change it has read.

        :param Transport transport: where the delivery comes from
        :param Delivery delivery: what to read
        :param on_defect: called with each :class:`Defect`
        :raise FileError: the delivery cannot be read at all
        """
        self.ensure_one()
        kind = detect_format(delivery.name) if self.format == "auto" else self.format
        options = FormatOptions(
            encoding=self.encoding, delimiter=self.delimiter, trailer=self.trailer
        )
        with transport.reader(delivery, kind, options, on_defect) as reader:
            yield reader
