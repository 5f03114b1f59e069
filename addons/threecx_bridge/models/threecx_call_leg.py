from odoo import api, fields, models

from ..threecx import merging
from ..threecx.report import CallReport
from .threecx_call import DIRECTIONS

#: What a share has of its report under the same name.
_SAME = ("call_ref", "direction", "number", "extension", "queue", "did", "transferred_from")
_MOMENTS = ("started", "answered", "ended")

SOURCES = [
    ("click", "Click in Odoo"),
    ("pop", "Pop-up in Odoo"),
    ("listener", "Live events"),
    ("journal", "Journal"),
    ("log", "Call log"),
]
LEG_STATES = [("ringing", "Ringing"), ("ongoing", "Ongoing"), ("ended", "Ended")]
LEG_OUTCOMES = [
    ("answered", "Answered"),
    ("missed", "Missed"),
    ("no_answer", "No Answer"),
    ("voicemail", "Voicemail"),
    ("failed", "Failed"),
    ("elsewhere", "Taken by Somebody Else"),
]


class ThreecxCallLeg(models.Model):
    """What one source knows of one extension's share of a call."""

    _name = "threecx.call.leg"
    _description = "Share of a Call"
    _order = "started, id"
    _log_access = False

    call_id = fields.Many2one(
        "threecx.call", required=True, readonly=True, index=True, ondelete="cascade"
    )
    pbx_id = fields.Many2one("threecx.pbx", required=True, readonly=True, ondelete="cascade")
    source = fields.Selection(SOURCES, required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    call_ref = fields.Char("Call Number of the System", readonly=True)
    direction = fields.Selection(DIRECTIONS, required=True, readonly=True)
    number = fields.Char("Other Side", readonly=True)
    extension = fields.Char("Extension Number", readonly=True)
    extension_id = fields.Many2one(
        "threecx.extension", readonly=True, ondelete="set null", index="btree_not_null"
    )
    user_id = fields.Many2one(
        "res.users", "Colleague", readonly=True, ondelete="set null", index="btree_not_null"
    )
    queue = fields.Char(readonly=True)
    did = fields.Char("Our Number", readonly=True)
    transferred_from = fields.Char(readonly=True)
    state = fields.Selection(LEG_STATES, required=True, readonly=True)
    outcome = fields.Selection(LEG_OUTCOMES, readonly=True)
    started = fields.Datetime(required=True, readonly=True)
    answered = fields.Datetime(readonly=True)
    ended = fields.Datetime(readonly=True)
    talk_seconds = fields.Integer("Talked (s)", readonly=True)

    _key_uniq = models.UniqueIndex(
        "(pbx_id, source, key)", "This share of a call was already recorded."
    )
    _call_ref_idx = models.Index("(pbx_id, call_ref) WHERE call_ref IS NOT NULL")

    @api.depends("source", "extension")
    def _compute_display_name(self):
        sources = dict(self._fields["source"]._description_selection(self.env))
        for leg in self:
            parts = (leg.extension, sources.get(leg.source))
            leg.display_name = " · ".join(filter(None, parts))

    # === REPORTS === #

    def _to_report(self):
        """What was reported of the share so far.

        :rtype: CallReport
        """
        self.ensure_one()
        return CallReport(
            source=self.source,
            key=self.key,
            state=self.state,
            outcome=self.outcome or "",
            talk_seconds=self.talk_seconds,
            **{name: self[name] or "" for name in _SAME},
            **{name: self[name] or None for name in _MOMENTS},
        )

    @api.model
    def _report_values(self, report):
        """Values of what a share keeps of its report.

        :rtype: dict
        """
        return {
            "state": report.state,
            "outcome": report.outcome or False,
            "talk_seconds": report.talk_seconds,
            **{name: getattr(report, name) or False for name in (*_SAME, *_MOMENTS)},
        }

    def _learn(self, report):
        """Take in a further report of the share.

        :return: whether it said anything new
        :rtype: bool
        """
        self.ensure_one()
        known = self._to_report()
        values = self._report_values(merging.merge_share(known, report))
        if values == self._report_values(known):
            return False
        self.write(values)
        return True
