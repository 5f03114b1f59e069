import logging
import time
from datetime import datetime, timezone

import psycopg2

from odoo import api, fields, models
from odoo.tools.misc import format_datetime, formatLang

from odoo.addons.integration_base.exceptions import IntegrationError, PayloadError

from ..contract import CONTRACTS
from ..contract.mapping import compile_mapping
from ..pipeline import apply, gate, guards, plan, preview, reconcile, stage, tables
from ..pipeline.appliers import APPLIERS
from ..pipeline.context import on_behalf_of_master
from ..pipeline.rejects import Rejects
from .sm_quarantine import CAUSES

_logger = logging.getLogger(__name__)

MAX_RETRIES = 5  # of a step that collides with a user's change of the same row
COLLISIONS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.DeadlockDetected,
)
ANALYZE_ROWS = 1000
STAGING_SHARE = 10  # percent of the progress bar
# why a file changed nothing; the message says it in detail, in the words of who refused it
FAILURES = [
    ("empty", "The file is empty"),
    ("no_rows", "The file holds no row"),
    ("no_header", "The file has no header"),
    ("columns", "The columns are not those of the mapping"),
    ("short", "The file is far shorter than the last one"),  # of runs before there were guards
    ("truncated", "The end of the file is missing"),
    ("trailer_mismatch", "The totals line announces another number of rows"),
    ("data_after_trailer", "There are rows after the totals line"),
    ("too_large", "The file is too large"),
    ("zip_bomb", "The workbook unpacks to more than is allowed"),
    ("format", "This is not a file that can be read"),
    ("delimiter", "The columns are not separated as expected"),
    ("encoding", "The file is not written in the expected encoding"),
    ("folder", "The folder or the file cannot be used"),
    ("source", "Silicon Master cannot be reached"),
    ("lost", "The plan was lost"),
    ("error", "Unexpected error"),
]


class SmRunLine(models.Model):
    """One entity of a run, from the waiting file to the balance."""

    _name = "sm.run.line"
    _description = "Silicon Master Run of an Entity"
    _order = "run_id desc, sequence, id"
    _rec_name = "entity"

    run_id = fields.Many2one("sm.run", required=True, ondelete="cascade", index=True)
    backend_id = fields.Many2one(related="run_id.backend_id", store=True)
    feed_id = fields.Many2one("sm.feed", required=True, ondelete="cascade")
    entity = fields.Selection(related="feed_id.entity", store=True)
    sequence = fields.Integer(default=10)
    scope = fields.Selection(
        [
            ("full", "Complete export"),
            ("changes", "Only what changed"),
            ("history", "Only what Odoo does not know"),
        ],
        required=True,
        default="full",
        help="Only a complete export tells which records are gone.",
    )
    upload_id = fields.Many2one(
        "ir.attachment",
        "Uploaded File",
        readonly=True,
        groups="sm_connector.group_sm_operator",
        help="Read instead of what the feed gives.",
    )
    watermark = fields.Char("Newest Change Read", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("looking", "Looking"),
            ("planned", "Plan ready"),
            ("applying", "Applying"),
            ("held", "Stopped"),
            ("done", "Done"),
            ("nothing", "No new file"),
            ("refused", "File refused"),
            ("failed", "Failed"),
        ],
        required=True,
        default="waiting",
    )
    file_name = fields.Char("File", readonly=True)
    file_size = fields.Integer("Bytes", readonly=True)
    file_modified = fields.Datetime("File Written", readonly=True)
    file_mtime = fields.Float("Written (seconds since 1970)", digits=0, readonly=True)
    file_sha256 = fields.Char("Checksum (SHA-256)", readonly=True)
    archived_as = fields.Char("Kept As", readonly=True)
    date_start = fields.Datetime("Started", readonly=True)
    seconds = fields.Float(digits=(16, 1), readonly=True)
    rows = fields.Integer(readonly=True)
    planned = fields.Integer(readonly=True)
    handled = fields.Integer(readonly=True)
    created = fields.Integer(readonly=True)
    updated = fields.Integer(readonly=True)
    unchanged = fields.Integer(readonly=True)
    missing = fields.Integer(readonly=True)
    archived = fields.Integer(readonly=True)
    quarantined = fields.Integer(readonly=True)
    finding_ids = fields.One2many("sm.run.finding", "line_id", "What Stopped It")
    cause = fields.Selection(FAILURES, "Why", readonly=True)
    message = fields.Text(readonly=True)
    file_header = fields.Json("Columns of the File", readonly=True)
    seen_columns = fields.Json("Columns With Values", readonly=True)
    master_count = fields.Integer("Silicon Master Has", readonly=True)
    odoo_count = fields.Integer("Odoo Has", readonly=True)
    master_total = fields.Float("Total in Silicon Master", digits=(16, 2), readonly=True)
    odoo_total = fields.Float("Total in Odoo", digits=(16, 2), readonly=True)
    differing = fields.Integer("Orders With a Difference", readonly=True)
    is_even = fields.Boolean("Balanced", readonly=True)
    balance = fields.Char(compute="_compute_balance", help="Does Odoo hold what was sent?")
    remark = fields.Text("Remarks", compute="_compute_remark")
    has_remark = fields.Boolean(compute="_compute_has_remark")
    progress = fields.Integer(compute="_compute_progress")

    @api.depends("quarantined", "is_even", "state", "changed", "finding_ids")
    def _compute_has_remark(self):
        for line in self:
            line.has_remark = line.state == "done" and bool(
                line.quarantined or not line.is_even or line.changed or line.finding_ids
            )

    @api.depends("state", "is_even", "master_count", "odoo_count", "master_total", "odoo_total")
    @api.depends_context("lang")
    def _compute_balance(self):
        for line in self:
            if line.state != "done":
                line.balance = False
            elif line.is_even:
                line.balance = self.env._("Even")
            elif line.master_count != line.odoo_count:
                line.balance = self.env._(
                    "%(odoo)s of %(master)s", odoo=line.odoo_count, master=line.master_count
                )
            else:
                line.balance = formatLang(self.env, line.odoo_total - line.master_total, digits=2)

    @api.depends("state", "cause", "balance", "differing", "message", "changed", "finding_ids.text")
    @api.depends_context("lang")
    def _compute_remark(self):
        """Say what a person should know, in his language; ``message`` is in the run's language."""
        causes = dict(self._fields["cause"]._description_selection(self.env))
        for line in self:
            remarks = []
            if line.cause:
                # sudo: a pattern is no secret, how the rest of the feed is set up may be
                name = line.file_name or line.sudo().feed_id.pattern
                remarks.append(f"{causes[line.cause]} ({name})")
            if line.state == "nothing" and not line.sudo().feed_id.is_optional:
                remarks.append(line.message or self.env._("There was no new file."))
            remarks += line.finding_ids.mapped("text")
            if line.changed:
                remarks.append(
                    self.env._(
                        "%(count)s rows of the plan were left alone, because they changed "
                        "meanwhile: look again.",
                        count=line.changed,
                    )
                )
            if line.state == "done" and line.master_count != line.odoo_count:
                remarks.append(
                    self.env._(
                        "Silicon Master sent %(master)s records, Odoo has %(odoo)s.",
                        master=line.master_count,
                        odoo=line.odoo_count,
                    )
                )
            if line.state == "done" and line.differing:
                remarks.append(
                    self.env._(
                        "Orders with another total in Odoo than in Silicon Master: %(count)s "
                        "(%(amount)s in all).",
                        count=line.differing,
                        amount=formatLang(self.env, line.odoo_total - line.master_total, digits=2),
                    )
                )
            if line.state == "done" and line.message:
                remarks.append(line.message)  # the file could not be put away
            line.remark = "\n".join(remarks) or False

    @api.depends("state", "planned", "handled")
    def _compute_progress(self):
        for line in self:
            if line.state == "waiting":
                line.progress = 0
            elif line.state in ("looking", "applying"):
                share = line.handled / line.planned if line.planned else 1
                line.progress = STAGING_SHARE + int((100 - STAGING_SHARE) * min(share, 1))
            else:
                line.progress = 100

    def init(self):
        tables.create(self.env.cr)

    # === STEPS === #

    def _process(self):
        """Do what is left of this line, as far as the cron's time slice allows.

        What is wrong with a file or a row is written on the line and never raised: the cron has
        other lines, and a cron that raises is switched off by Odoo after some days.

        :return: whether the line has ended
        """
        self.ensure_one()
        commit = self.env["ir.cron"]._commit_progress
        started = time.monotonic()
        name = f"{self.run_id.display_name}: {self.entity}"
        try:
            with on_behalf_of_master():
                is_under_way = self.state in ("looking", "planned", "applying")
                if is_under_way and not tables.is_staged(self.env.cr, self.id):
                    # PostgreSQL itself crashed: its unlogged tables are empty
                    self._start_again()
                if self.state == "planned" and self.run_id.is_applied:
                    self._again_after_collision(self._approve)
                    commit(1, remaining=1)
                if self.state == "waiting":
                    self._again_after_collision(self._stage_and_plan)
                    self.seconds += time.monotonic() - started
                    started = time.monotonic()
                    if not commit(1, remaining=1):
                        return False
                if self.state == "looking" and not self._look(started):
                    return False
                if self.state == "applying" and not self._apply(started):
                    return False
        except PayloadError as exc:
            message = str(exc)
            if self.file_name and self.file_name not in message:
                message = f"{self.file_name}: {message}"
            cause = getattr(exc, "cause", "columns")
            self._fail("refused", message, cause)
            if not self._is_rehearsed():
                self._archive_file("refused")
        except IntegrationError as exc:
            cause = "folder" if self.feed_id.transport == "file" else "source"
            self._fail("failed", str(exc), cause)
        except Exception as exc:
            _logger.exception("%s failed", name)
            self._fail("failed", f"{type(exc).__name__}: {exc}", "error")
        commit(1, remaining=1)
        return True

    def _start_again(self):
        """Begin anew; not with a plan that a person has seen and that is gone."""
        if self.run_id.is_applied:
            self._fail("failed", False, "lost")
        else:
            self.state = "waiting"

    def _again_after_collision(self, step):
        """Do a step; once more, on what is there now, when a user changed the same rows."""
        for attempt in range(1, MAX_RETRIES + 1):
            try:
                result = step()
                self.env.flush_all()
                return result
            except COLLISIONS:
                if attempt == MAX_RETRIES:
                    raise
                self.env.cr.rollback()
                self.env.invalidate_all()
                time.sleep(0.2 * 2**attempt)

    def _fail(self, state, message, cause):
        """Undo what was not committed and say why."""
        self.env.cr.rollback()
        self.env.invalidate_all()
        tables.clear(self.env.cr, self.id)
        known = dict(FAILURES)
        self.write(
            {"state": state, "message": message, "cause": cause if cause in known else "error"}
        )

    def _stage_and_plan(self):
        """Fetch, stage, gate, plan: all in one transaction, so it happened or it did not."""
        cr, feed = self.env.cr, self.feed_id
        tables.clear(cr, self.id)
        self.write({"date_start": fields.Datetime.now(), "created": 0, "updated": 0})
        transport = self._get_transport()
        delivery = self._get_delivery(transport)
        if not delivery:
            self._nothing_to_read()
            return
        checksum = transport.checksum(delivery)
        self.write(
            {
                "file_name": delivery.name,
                "file_size": delivery.size,
                "file_mtime": delivery.modified,
                "file_modified": datetime.fromtimestamp(delivery.modified, timezone.utc).replace(
                    tzinfo=None, microsecond=0
                ),
                "file_sha256": checksum,
            }
        )
        # a refusal below must still know which file it was
        self.env["ir.cron"]._commit_progress()
        contract = CONTRACTS[feed.entity]
        grouped = bool(contract.line_key_field)
        rules = feed.mapping_ids._get_rules()
        rejects = Rejects(cr, self.id, {rule.target: rule.source for rule in rules})
        with feed._read(transport, delivery, rejects.add_defect) as reader:
            self.file_header = reader.header
            compiled = compile_mapping(
                contract, reader.header, rules, is_partial=self.scope == "changes"
            )
            rejects.compiled = compiled
            staged = stage.stage(cr, self.id, compiled, reader, grouped, rejects)
            self.watermark = reader.watermark
            self.seen_columns = [name for name in reader.header if name not in reader.absent]
        if self.scope == "full":
            gate.check_not_empty(delivery.name, staged)
        gate.settle_repeated_keys(cr, self.id, compiled, grouped, rejects)
        rejects.flush()
        if grouped:
            gate.set_aside_incomplete(cr, self.id)
        counts = plan.plan(cr, self.id, feed.backend_id.id, feed.entity, compiled, grouped)
        self._plan(staged, counts)

    def _plan(self, staged, counts):
        """Settle what is to be done with what is staged and planned.

        :param Staged staged: how many rows there are
        :param Counter counts: rows of the plan per operation
        """
        cr, feed = self.env.cr, self.feed_id
        is_full = self.scope == "full"
        if self._is_held(guards.look(cr, self.id, feed, staged.rows, is_full)):
            return
        if self.scope == "history":
            counts -= plan.keep_unknown(cr, self.id, feed)
        if is_full and feed.last_read and self._is_read_again():
            counts -= plan.keep_newer(cr, self.id, feed.last_read)
        missing = 0
        if is_full:
            # a source without a checksum (a database) is new each time it is read
            is_new = not self.file_sha256 or self.file_sha256 != feed.counted_sha256
            missing = plan.plan_missing(cr, self.id, feed, is_new_snapshot=is_new)
        if self._is_rehearsed():
            preview.remember(cr, self.id, APPLIERS[feed.entity])
        else:
            self._carry_out_on_links()
        cr.execute(
            """
            SELECT (SELECT count(*) FROM sm_stage WHERE line_id = %(line)s AND seq > 0),
                   (SELECT count(*) FROM sm_plan WHERE line_id = %(line)s AND op != 'quarantine'),
                   (SELECT count(DISTINCT p.key) FROM sm_plan p
                     WHERE p.line_id = %(line)s AND p.op = 'quarantine'
                       AND NOT EXISTS (SELECT 1 FROM sm_stage s
                                        WHERE s.line_id = p.line_id AND s.key = p.key))
            """,
            {"line": self.id},
        )
        staged_keys, planned, rejected_keys = cr.fetchone()
        changed = sum(counts[op] for op in ("create", "update", "reuse", "quarantine"))
        self.write(
            {
                "state": "looking" if self._is_rehearsed() else "applying",
                "rows": staged_keys + rejected_keys,
                "unchanged": staged_keys - changed,
                "missing": missing,
                "planned": planned,
                "handled": 0,
            }
        )

    def _carry_out_on_links(self):
        """Do what concerns the links alone, all at once."""
        cr, feed = self.env.cr, self.feed_id
        plan.count_missing(cr, self.id)
        apply.touch(cr, self.id)
        if self.scope == "full":
            feed.counted_sha256 = self.file_sha256

    def _is_read_again(self):
        """Return whether this very file was taken over before."""
        return bool(self.file_sha256) and self.file_sha256 == self.feed_id.last_sha256

    def _get_transport(self):
        """Return where this line reads: the file uploaded for it, else what its feed says."""
        upload = self.sudo().upload_id
        return self.feed_id._get_upload(upload) if upload else self.feed_id._get_transport()

    def _get_delivery(self, transport):
        """Return the file to read: the newest that waits, as a full export makes the ones before
        it pointless; the oldest when each holds only what changed.

        A run started by hand reads the last good one again when nothing waits: whoever starts it
        has explained a code, changed the mapping or merged two contacts.
        """
        waiting = transport.waiting()
        if waiting:
            return waiting[0 if self.scope == "changes" else -1]
        if self.run_id.trigger in ("manual", "preview"):
            return transport.kept(self.feed_id.last_path or "")
        return None

    def _expected(self):
        """Return the lines whose outcome counts: not those without a file that nobody awaits."""
        # sudo: the outcome is for those too who may not see how the feeds are set up
        return self.filtered(
            lambda line: line.state != "nothing" or not line.sudo().feed_id.is_optional
        )

    def _nothing_to_read(self):
        last = self.feed_id.last_delivery
        if self.feed_id.transport != "file":
            text = self.env._("Silicon Master has nothing new.")
        elif last:
            text = self.env._(
                "No new file named %(pattern)s; the last one came on %(date)s.",
                pattern=self.feed_id.pattern,
                date=format_datetime(self.env, last, dt_format="short"),
            )
        else:
            text = self.env._(
                "No file named %(pattern)s in the drop folder.", pattern=self.feed_id.pattern
            )
        self.write({"state": "nothing", "message": text})

    def _apply(self, started):
        """Apply batches until the plan is empty or the time slice is used up.

        :return: whether the line has ended
        """
        cr, commit = self.env.cr, self.env["ir.cron"]._commit_progress
        applier = apply.ExactApplier if self._is_rehearsed() else apply.BatchApplier
        batches = applier(self.env, self.id, self.feed_id)
        retries = 0
        while True:
            try:
                counts = batches.next_batch()
                if not counts:
                    break
                self.write(
                    {
                        "handled": self.handled + counts["taken"],
                        "created": self.created + counts["created"],
                        "updated": self.updated + counts["updated"],
                        "archived": self.archived + counts["archived"],
                        "missing": self.missing - counts["gone"],
                        "seconds": self.seconds + time.monotonic() - started,
                    }
                )
                self.env.flush_all()
            except COLLISIONS:
                # a user changed one of these records meanwhile: once more, on what is there now
                cr.rollback()
                self.env.invalidate_all()
                # what the batch had made on the way is undone, and must not be remembered
                batches = applier(self.env, self.id, self.feed_id)
                retries += 1
                if retries > MAX_RETRIES:
                    raise
                time.sleep(0.2 * 2**retries)
                continue
            retries = 0
            started = time.monotonic()
            is_time_left = commit(1, remaining=1)
            # the records of a batch are not needed again: memory stays flat
            self.env.invalidate_all()
            if not is_time_left:
                return False
        if not self._again_after_collision(self._verify):
            return False
        self._again_after_collision(lambda: self._finish(started))
        self.env["ir.cron"]._commit_progress()
        # last: a run killed before this reads the same file again and finds nothing to do
        self._archive_file("done")
        return True

    def _finish(self, started):
        """Move the rejected rows to quarantine, draw the balance, close the line."""
        cr, feed = self.env.cr, self.feed_id
        if self.handled > ANALYZE_ROWS:
            cr.execute("ANALYZE sm_link")  # the planner must not take it for empty
        cr.execute(
            """
            SELECT count(DISTINCT l.external_id), count(*) FILTER (WHERE p.seq = 0)
              FROM sm_plan p
              LEFT JOIN sm_link l ON l.backend_id = %s AND l.entity = %s AND l.state = 'linked'
                                 AND l.external_id = p.key
             WHERE p.line_id = %s AND p.op = 'quarantine'
            """,
            [feed.backend_id.id, feed.entity, self.id],
        )
        known_before, not_in_file = cr.fetchone()
        unseen = plan.count_unseen(cr, self.id, feed)
        self._sample()
        quarantined = apply.quarantine(cr, self, [cause for cause, _label in CAUSES])
        applier = APPLIERS[feed.entity]
        balance = reconcile.reconcile(
            cr,
            feed.backend_id.id,
            feed.entity,
            applier.table(),
            applier.link_field,
            self.rows - quarantined + known_before + not_in_file + unseen,
        )
        if self.scope != "full":
            balance.master_count = balance.odoo_count  # only a complete export can be counted
        self.env["sm.quarantine"].invalidate_model()
        cr.execute("SELECT count(*) FROM sm_plan WHERE line_id = %s", [self.id])
        self.write(
            {
                "state": "done",
                "changed": cr.fetchone()[0],  # what a plan is left with when it has been applied
                "quarantined": quarantined,
                "master_count": balance.master_count,
                "odoo_count": balance.odoo_count,
                "master_total": balance.master_total,
                "odoo_total": balance.odoo_total,
                "differing": balance.differing,
                "is_even": balance.is_even,
                "seconds": self.seconds + time.monotonic() - started,
            }
        )
        # a file uploaded by hand says nothing of whether the feed still delivers
        values = {} if self.sudo().upload_id else {"last_delivery": self.file_modified}
        if self.scope == "full":
            values |= {
                "last_rows": self.rows,
                "last_sha256": self.file_sha256,
                "seen_columns": self.seen_columns,
                "last_read": fields.Datetime.now(),
            }
        if self.watermark:
            values["watermark"] = self.watermark
        feed.write(values)

    def _sample(self):
        """Hook: compare some rows of the file, which is still staged, with what Odoo has."""

    def _archive_file(self, outcome):
        """Put the processed file away; a full disk leaves it where it is, and says so."""
        if not self.file_name:
            return
        try:
            transport = self._get_transport()
            for delivery in transport.here():
                if delivery.name > self.file_name:
                    break  # it came meanwhile: the next run reads it
                checksum = self._checksum_again(transport, delivery)
                if (delivery.name, checksum) == (self.file_name, self.file_sha256):
                    path = transport.archive(
                        delivery, outcome, datetime.now(timezone.utc), checksum
                    )
                    self.archived_as = path.name
                    if outcome == "done" and self.scope == "full":
                        self.feed_id.last_path = str(path)
                    elif outcome == "refused":
                        self.feed_id.refused_path = str(path)
                    break
                is_older = delivery.name < self.file_name
                if outcome == "done" and self.scope == "full" and is_older:
                    # a full export makes the ones before it pointless
                    transport.archive(delivery, "superseded", datetime.now(timezone.utc), checksum)
        except IntegrationError as exc:
            self.message = "\n".join(filter(None, (self.message, str(exc))))
        self.env.flush_all()

    def _checksum_again(self, transport, delivery):
        """Return the checksum of a delivery; of one that nobody has touched since it was read, the
        one that is known."""
        known = (self.file_name, self.file_size, self.file_mtime)
        is_same = (delivery.name, delivery.size, delivery.modified) == known
        if is_same and not delivery.companion:
            return self.file_sha256 or ""
        return transport.checksum(delivery)

    def action_open_quarantine(self):
        self.ensure_one()
        action = self.backend_id.action_open_quarantine()
        return action | {"domain": [("run_id", "=", self.run_id.id), ("entity", "=", self.entity)]}
