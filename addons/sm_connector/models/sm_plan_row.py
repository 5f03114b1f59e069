import csv
import io
import json

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date, format_datetime
from odoo.tools.misc import formatLang

from ..pipeline.appliers import APPLIERS, ENTITIES
from .sm_labels import field_label
from .sm_quarantine import ADVICE, CAUSES
from .sm_run_plan import OUTCOMES

DIGITS = 2
MAX_CELL = 32_000  # a cell of a workbook holds no more


class SmPlanRow(models.Model):
    """What a dry run found out about one row of the file, or one record that is not in it."""

    _name = "sm.plan.row"
    _description = "Silicon Master Plan"
    _auto = False
    _order = "line_id, rank, seq, id"
    _rec_name = "key"

    line_id = fields.Many2one("sm.run.line", readonly=True)
    run_id = fields.Many2one("sm.run", readonly=True)
    backend_id = fields.Many2one("sm.backend", "Silicon Master", readonly=True)
    entity = fields.Selection(ENTITIES, "Data", readonly=True)
    rank = fields.Integer(readonly=True)
    seq = fields.Integer("Row in File", readonly=True, aggregator=None)
    key = fields.Char("Silicon Master Key", readonly=True)
    name = fields.Char(readonly=True)
    outcome = fields.Selection(OUTCOMES, "What Happens", readonly=True)
    res_id = fields.Integer("Record", readonly=True, aggregator=None)
    diffs = fields.Text("Differences (technical)", readonly=True)
    error = fields.Text(readonly=True)
    raw = fields.Text("Row as Read", readonly=True)
    diff_count = fields.Integer("Differences", compute="_compute_diff")
    summary = fields.Char("In Short", compute="_compute_diff")
    diff_table = fields.Html("What Changes", compute="_compute_diff", sanitize=False)
    raw_table = fields.Html("Row by Column", compute="_compute_raw_table", sanitize=False)
    cause = fields.Selection(CAUSES, compute="_compute_error")
    advice = fields.Text("What to Do", compute="_compute_error")
    field_text = fields.Char("Field", compute="_compute_error")
    value = fields.Char("Value as Read", compute="_compute_error")
    message = fields.Text("Technical Message", compute="_compute_error")

    @property
    def _table_query(self):
        return """
            SELECT p.id, p.line_id, l.run_id, l.backend_id, l.entity, p.rank,
                   nullif(p.seq, 0) AS seq, p.key, p.name, p.outcome,
                   coalesce(p.res_id, p.match_id) AS res_id, p.diffs, p.error, p.raw
              FROM sm_plan p
              JOIN sm_run_line l ON l.id = p.line_id
             WHERE p.outcome IS NOT NULL
        """

    # === WHAT CHANGES === #

    @api.depends("diffs", "outcome")
    @api.depends_context("lang", "tz")
    def _compute_diff(self):
        for row in self:
            diffs = row._get_diffs()
            row.diff_count = len(diffs)
            # of the lines, what changes and not which ones: it has to fit into a list
            labels = (label.partition(": ")[2] or label for label, _old, _new in diffs)
            row.summary = ", ".join(dict.fromkeys(labels)) or False
            row.diff_table = diffs and _as_table(
                (self.env._("Field"), self.env._("In Odoo"), self.env._("In Silicon Master")), diffs
            )

    def _get_diffs(self):
        """Return what would change, readable: ``[(label, old, new), …]``."""
        self.ensure_one()
        if not self.diffs:
            return []
        model = self.env[APPLIERS[self.entity].model]
        return [_as_text(model, diff) for diff in json.loads(self.diffs)]

    # === WHAT IS WRONG === #

    @api.depends("error")
    @api.depends_context("lang")
    def _compute_error(self):
        for row in self:
            error = json.loads(row.error) if row.error else {}
            cause = error.get("cause", "")
            row.cause = cause if cause in dict(CAUSES) else cause and "bad_value"
            row.advice = self.env._(ADVICE[row.cause]) if row.cause else False
            row.field_text = error.get("field") and field_label(self.env, error["field"])
            row.value = error.get("value")
            row.message = error.get("message")

    @api.depends("raw")
    def _compute_raw_table(self):
        for row in self:
            # sudo: the columns of a file are no secret to who reads its rows
            header = row.line_id.sudo().file_header
            cells = _first_row(row.raw, header)
            row.raw_table = cells and _as_table(
                None,
                [(name, text) for name, text in zip(header, cells, strict=True) if text.strip()],
            )

    def _as_cells(self):
        """Return the lines of the row in a workbook, see `plan_export`."""
        self.ensure_one()
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        head = [outcomes[self.outcome], self.key, self.name or ""]
        causes = dict(self._fields["cause"]._description_selection(self.env))
        tail = [causes.get(self.cause) or "", (self.message or "")[:MAX_CELL], self.seq or ""]
        return [
            [*head, label, old[:MAX_CELL], new[:MAX_CELL], *tail]
            for label, old, new in self._get_diffs() or [("", "", "")]
        ]

    def action_open_record(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": APPLIERS[self.entity].model,
            "res_id": self.res_id,
            "view_mode": "form",
        }


def _as_text(model, diff):
    """Return a difference as label, old and new text."""
    name, _at, language = diff["field"].partition("@")
    field = model._fields[name]
    label = field._description_string(model.env)
    if "line" not in diff:
        if language:
            label = f"{label} ({language})"
        return label, _show(model, field, diff["old"]), _show(model, field, diff["new"])
    label = f"{label} {diff['line']}"
    if not diff["column"]:
        return label, diff["old"] or "–", diff["new"] or "–"
    lines = model.env[field.comodel_name]
    column = lines._fields[diff["column"]]
    return (
        f"{label}: {column._description_string(model.env)}",
        _show(lines, column, diff["old"]),
        _show(lines, column, diff["new"]),
    )


def _show(model, field, value):
    """Return a value of a snapshot as a person reads it."""
    env = model.env
    if value is None:
        return "–"
    if field.type == "boolean":
        return env._("yes") if value else env._("no")
    if field.type == "selection":
        return dict(field._description_selection(env)).get(value, value)
    if field.type == "date":
        return format_date(env, value)
    if field.type == "datetime":
        return format_datetime(env, value, dt_format="short")
    if field.type in ("float", "monetary"):
        return formatLang(env, value, digits=max(DIGITS, _places(value)))
    return str(value)


def _places(value):
    """Return how many decimals a number needs, at most four."""
    return len(f"{value:.4f}".rstrip("0").partition(".")[2])


def _as_table(heads, rows):
    body = Markup().join(
        Markup("<tr><th class='text-muted fw-normal w-25'>%s</th>%s</tr>")
        % (
            row[0],
            Markup().join(Markup("<td class='text-break'>%s</td>") % cell for cell in row[1:]),
        )
        for row in rows
    )
    head = heads and Markup("<thead><tr>%s</tr></thead>") % Markup().join(
        Markup("<th>%s</th>") % text for text in heads
    )
    return Markup("<table class='table table-sm table-bordered o_sm_raw'>%s%s</table>") % (
        head or "",
        body,
    )


def _first_row(raw, header):
    """Return the cells of the first row of a record, None when they do not fit the header."""
    if not raw or not header:
        return None
    try:
        cells = next(csv.reader(io.StringIO(raw, newline=""), delimiter=";"), [])
    except csv.Error:
        return None
    cells = cells[1:] if len(cells) == len(header) + 1 else cells
    return cells if len(cells) == len(header) else None
