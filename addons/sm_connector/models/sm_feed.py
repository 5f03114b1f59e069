import json
from contextlib import contextmanager
from datetime import timezone
from pathlib import Path

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import config

from odoo.addons.integration_base.exceptions import IntegrationError

from ..contract import CONTRACTS
from ..contract.default_mapping import SILICON_MASTER_FR
from ..formats import FormatOptions
from ..pipeline.appliers import APPLIERS, ENTITIES
from ..roots import drop_roots
from ..transports import Completion, FileTransport, UploadTransport
from ..transports.watermark import Newest


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
    mode = fields.Selection(
        [
            ("full", "Complete export, every night"),
            ("delta", "Only what changed, every hour"),
        ],
        "What It Reads",
        required=True,
        default="full",
        help="Only a complete export tells which records are gone. What changed since the last "
        "time can be read during the day beside it.",
    )
    transport = fields.Selection(
        [
            ("file", "Files in a folder"),
            ("http", "Web service (HTTP)"),
            ("sql", "Database (PostgreSQL)"),
        ],
        "Comes From",
        required=True,
        default="file",
    )
    pattern = fields.Char("File Name", help="Which files are this feed's, e.g. CLIENTS_*.csv")
    lines_pattern = fields.Char(
        "File Name of the Lines",
        help="When the lines come in a second file with the same time in its name, "
        "e.g. LIGNES_*.csv",
    )
    completion = fields.Selection(
        [
            ("rename", "It gets its name at the end"),
            ("marker", "A second, empty file says so"),
            ("stable", "It has not changed for a while"),
        ],
        "A File Is Complete When",
        required=True,
        default="rename",
    )
    marker_suffix = fields.Char(
        "Ending of the Second File",
        default=".ok",
        help="With .ok, CLIENTS_1.csv is complete when CLIENTS_1.csv.ok or CLIENTS_1.ok is there.",
    )
    stable_seconds = fields.Integer("Unchanged For (seconds)", default=60)
    format = fields.Selection(
        [
            ("auto", "By its name"),
            ("csv", "CSV"),
            ("xlsx", "Excel (XLSX)"),
            ("xml", "XML"),
            ("json", "JSON"),
        ],
        required=True,
        default="auto",
    )
    record_path = fields.Char(
        "Where the Records Are",
        help="In XML for example Export/Clients/Client, in JSON data.clients. Empty: it is found.",
    )
    lines_path = fields.Char(
        "Where the Lines Are",
        help="Inside a record: in XML for example Lines/Line, in JSON lines. Empty: it is found.",
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
    seen_columns = fields.Json("Columns With Values in Last Good File", readonly=True, copy=False)
    last_rows = fields.Integer("Rows in Last Good File", readonly=True, copy=False)
    last_sha256 = fields.Char(readonly=True, copy=False)
    last_path = fields.Char("Last Good File Kept At", readonly=True, copy=False)
    counted_sha256 = fields.Char(
        readonly=True, copy=False, help="The last export against which missing records counted."
    )
    last_delivery = fields.Datetime("Last Good File", readonly=True, copy=False)

    _entity_uniq = models.UniqueIndex(
        "(backend_id, entity, mode) WHERE active",
        "A master has one complete feed for each kind of data, and one of what changed.",
    )
    _stable_positive = models.Constraint(
        "CHECK (stable_seconds BETWEEN 1 AND 86400)",
        "A file is watched for a second at least, and for a day at most.",
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

    @api.depends("entity", "mode", "backend_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["entity"]._description_selection(self.env))
        for feed in self:
            name = f"{feed.backend_id.name or ''} / {labels.get(feed.entity, '')}"
            if feed.mode == "delta":
                name = self.env._("%(feed)s (changes)", feed=name)
            feed.display_name = name

    @api.constrains("transport", "pattern", "lines_pattern", "completion", "marker_suffix")
    def _check_files(self):
        """A night must not be the first to find that the names make no sense."""
        for feed in self.filtered(lambda feed: feed.transport == "file"):
            if not feed.pattern:
                raise ValidationError(self.env._("Say how the files of this feed are named."))
            if "/" in f"{feed.pattern}{feed.lines_pattern or ''}":
                raise ValidationError(self.env._("A file name holds no folder."))
            suffix = feed.marker_suffix or ""
            if feed.completion == "marker" and (not suffix.startswith(".") or "/" in suffix):
                raise ValidationError(
                    self.env._("The ending of the second file begins with a dot, such as .ok")
                )

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

    def _get_transport(self):
        """Return the transport of the feed: the only object here that touches disk or network."""
        self.ensure_one()
        # sudo: who may look at a feed need not know its password
        return getattr(self.sudo(), f"_get_{self.transport}_transport")()

    def _get_file_transport(self):
        backend = self.backend_id
        if not backend.drop_folder:
            raise IntegrationError(self.env._("No drop folder is configured."))
        return FileTransport(
            folder=backend.drop_folder,
            pattern=self.pattern,
            roots=drop_roots(),
            archive_folder=backend.archive_folder or None,
            lines_pattern=self.lines_pattern or "",
            completion=Completion(self.completion, self.marker_suffix or "", self.stable_seconds),
            own_folder=self._get_spool_folder(),
            join_column=self._get_key_column(),
        )

    def _get_key_column(self):
        """Return the column of the file that holds the key of a record."""
        key_field = CONTRACTS[self.entity].key_field
        rules = self.mapping_ids._get_rules()
        return next((rule.source for rule in rules if rule.target == key_field), "")

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
    def _read(self, transport, delivery, on_defect, columns=None):
        """Give the reader of a delivery; its ``watermark`` is the newest change it has read.

        :param Transport transport: where the delivery comes from
        :param Delivery delivery: what to read
        :param on_defect: called with each :class:`Defect`
        :param columns: names to look for in XML and JSON; those of the mapping by default
        :raise FileError: the delivery cannot be read at all
        """
        self.ensure_one()
        required = ()
        if columns is None:
            rules = self.mapping_ids._get_rules()
            columns = dict.fromkeys(source for rule in rules for source in rule.sources)
            required = self._get_awaited_columns(rules)
        is_file = self.transport == "file" or isinstance(transport, UploadTransport)
        options = FormatOptions(
            encoding=self.encoding,
            delimiter=self.delimiter,
            # pages and tables have no last line that could be missing
            trailer="optional" if self.trailer == "required" and not is_file else self.trailer,
            columns=tuple(columns),
            required=tuple(required),
            record_path=self.record_path or "",
            lines_path=self.lines_path or "",
        )
        with transport.reader(delivery, self.format, options, on_defect) as reader:
            yield self._watched(reader, transport, delivery)

    def _get_awaited_columns(self, rules):
        """Return the columns that some record of a delivery in XML or JSON must have.

        Such files leave out what is empty. A column that the last good one had and that now no
        record has was renamed, and must not empty a field of thousands of records.
        """
        contract = CONTRACTS[self.entity].field_by_name
        seen = set(self.seen_columns or ()) if self.mode == "full" else set()
        for rule in rules:
            is_key = rule.target == CONTRACTS[self.entity].key_field
            for source in rule.sources:
                if source in seen and (rule.required or contract[rule.target].required) or is_key:
                    yield source

    def _watched(self, reader, transport, delivery):
        """Return the reader, which looks for the newest change when that is asked for.

        A file that somebody uploads says nothing of what else has changed.
        """
        column = self.since_column
        if not column or isinstance(transport, UploadTransport):
            return reader
        is_there = column in reader.header
        return Newest(reader, column, delivery.name) if is_there or self.mode == "delta" else reader
