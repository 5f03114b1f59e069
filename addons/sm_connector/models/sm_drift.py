import time

from odoo import api, fields, models

from ..pipeline import match, reconcile, sample
from ..pipeline.appliers import APPLIERS, ENTITIES
from .sm_labels import field_label

SHOWN_CHARS = 200


class SmDrift(models.Model):
    """A field that Odoo had otherwise than the master, though nobody may change it in Odoo.

    Found by the sample that every run takes, and repaired by the run that found it.
    """

    _name = "sm.drift"
    _description = "Silicon Master Drift"
    _order = "id desc"
    _rec_name = "external_id"

    line_id = fields.Many2one("sm.run.line", "Run", required=True, ondelete="cascade", index=True)
    backend_id = fields.Many2one(related="line_id.backend_id", store=True, index=True)
    entity = fields.Selection(ENTITIES, required=True)
    external_id = fields.Char("Silicon Master Key", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model")
    res_model = fields.Char(compute="_compute_res_model")
    record_name = fields.Char("Name in Odoo", compute="_compute_record_name", compute_sudo=True)
    field_name = fields.Char("Technical Field")
    field_label = fields.Char("Field", compute="_compute_field_label")
    order_line = fields.Char()
    found = fields.Char("Odoo Had")
    expected = fields.Char("Silicon Master Says")
    state = fields.Selection(
        [("repaired", "Repaired"), ("failed", "Could not be repaired")],
        required=True,
        default="repaired",
    )
    message = fields.Text("Technical Message")
    found_on = fields.Datetime(default=fields.Datetime.now)

    @api.depends("entity")
    def _compute_res_model(self):
        for drift in self:
            drift.res_model = drift.entity and APPLIERS[drift.entity].model

    @api.depends("entity", "res_id")
    def _compute_record_name(self):
        for drift in self:
            record = self.env[drift.res_model].browse(drift.res_id).exists()
            drift.record_name = record.display_name or False

    @api.depends("field_name")
    @api.depends_context("lang")
    def _compute_field_label(self):
        """Name the field as the forms do; of a line, as its list does."""
        for drift in self:
            name, _at, language = (drift.field_name or "").partition("@")
            model = self.env[drift.res_model]
            if drift.order_line:
                lines, _dot, name = name.partition(".")
                field = model._fields.get(lines)
                model = self.env[field.comodel_name] if field else model
            field = model._fields.get(name)
            label = field._description_string(self.env) if field else field_label(self.env, name)
            drift.field_label = f"{label} ({language})" if language else label

    def action_open_record(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    @api.model
    def _record(self, line, drifts):
        """Keep what a sample found.

        :param sm.run.line line: the line whose rows were compared
        :param drifts: `pipeline.sample.Drift` objects
        """
        self.create([vals for drift in drifts for vals in self._vals_list(line, drift)])

    @api.model
    def _vals_list(self, line, drift):
        common = {
            "line_id": line.id,
            "entity": line.entity,
            "external_id": drift.key,
            "res_id": drift.res_id,
        }
        if drift.error:
            return [common | {"state": "failed", "message": drift.error}]
        return [
            common
            | {
                "field_name": ".".join(filter(None, (item["field"], item.get("column")))),
                "order_line": item.get("line"),
                "found": _shown(item["old"]),
                "expected": _shown(item["new"]),
            }
            for item in drift.differences
        ]

    @api.autovacuum
    def _gc_old(self):
        """Forget what was repaired half a year ago: it holds personal data."""
        self.search([("found_on", "<", "-180d")]).unlink()


def _shown(value):
    if value is None or value is False:
        return False
    return str(value)[:SHOWN_CHARS]


class SmRunLine(models.Model):
    _inherit = "sm.run.line"

    balance_ids = fields.One2many("sm.run.balance", "line_id", "Open Orders per Shop")
    drift_ids = fields.One2many("sm.drift", "line_id", "Differences Found")
    verified = fields.Integer("Records Compared", readonly=True)
    verified_seq = fields.Integer(readonly=True, help="How far a complete check has come.")
    drifted = fields.Integer("Records That Differed", readonly=True)
    unrepaired = fields.Integer("Records Not Repaired", readonly=True)

    @api.depends("drifted")
    def _compute_has_remark(self):
        """Override: a repaired record is worth a remark."""
        result = super()._compute_has_remark()
        for line in self:
            line.has_remark = line.has_remark or line.state == "done" and bool(line.drifted)
        return result

    @api.depends("drifted", "verified", "unrepaired")
    def _compute_remark(self):
        """Override to say what the comparison of records found."""
        result = super()._compute_remark()
        for line in self.filtered("drifted"):
            remarks = [
                line.remark,
                self.env._(
                    "Compared field by field: %(verified)s records. Not what Silicon Master says, "
                    "and repaired: %(drifted)s.",
                    verified=line.verified,
                    drifted=line.drifted - line.unrepaired,
                ),
            ]
            if line.unrepaired:
                remarks.append(
                    self.env._(
                        "Records that could not be repaired: %(count)s.", count=line.unrepaired
                    )
                )
            line.remark = "\n".join(filter(None, remarks))
        return result

    def _verify(self):
        """Compare some records with the file, or all of them, as far as the time slice allows.

        :return: whether it is done
        """
        self.ensure_one()
        is_complete = self.run_id.is_verification
        count = self.backend_id.sample_size
        if not is_complete and (count <= 0 or self.verified):
            return True
        while True:
            started = time.monotonic()
            sampler = sample.Sampler(self)
            rows = sampler.after(self.verified_seq) if is_complete else sampler.some(count)
            if rows:
                self._keep_drifts(sampler.check(rows), len(rows), rows[-1][0])
            self.seconds += time.monotonic() - started
            if not is_complete or not rows:
                return True
            is_time_left = self.env["ir.cron"]._commit_progress(1, remaining=1)
            self.env.invalidate_all()
            if not is_time_left:
                return False

    def _keep_drifts(self, drifts, count, seq):
        self.env["sm.drift"]._record(self, drifts)
        self.write(
            {
                "verified": self.verified + count,
                "verified_seq": seq,
                "drifted": self.drifted + len(drifts),
                "unrepaired": self.unrepaired + sum(bool(drift.error) for drift in drifts),
            }
        )
        self.env.flush_all()

    def _sample(self):
        """Override to draw the balance of the shops, and to close questions that have settled."""
        result = super()._sample()
        match.close(self.env.cr, self)
        if self.entity == "order":
            self.env.flush_all()
            reconcile.reconcile_shops(self.env.cr, self.id, self.backend_id.id)
            self.invalidate_recordset(["balance_ids"])
        return result

    def action_open_drifts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_drift_action")
        return action | {"domain": [("line_id", "=", self.id)], "context": {}}


class SmRun(models.Model):
    _inherit = "sm.run"

    is_verification = fields.Boolean(
        "Everything Verified", readonly=True, help="Every record was compared field by field."
    )
    balance_ids = fields.One2many("sm.run.balance", compute="_compute_balance_ids")
    drifted = fields.Integer("Records That Differed", compute="_compute_drifted")

    @api.depends("line_ids.balance_ids")
    def _compute_balance_ids(self):
        for run in self:
            run.balance_ids = run.line_ids.balance_ids

    @api.depends("line_ids.drifted")
    def _compute_drifted(self):
        for run in self:
            run.drifted = sum(run.line_ids.mapped("drifted"))

    def action_open_drifts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_drift_action")
        return action | {"domain": [("line_id", "in", self.line_ids.ids)], "context": {}}
