from odoo import api, fields, models


class OmniIdentitySuggestion(models.Model):
    """A contact that an identity may be, on evidence too weak to link by itself.

    Nothing here is unique by contact: Odoo's merge of contacts deletes rows that break such a
    constraint. A contact that was refused once is never suggested to this identity again.
    """

    _name = "omni.identity.suggestion"
    _description = "Suggested Contact of an Identity"
    _order = "score desc, id"
    _rec_name = "partner_id"

    identity_id = fields.Many2one(
        "omni.identity", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="identity_id.company_id")
    partner_id = fields.Many2one(
        "res.partner", "Contact", required=True, index=True, ondelete="cascade", readonly=True
    )
    evidence = fields.Json(readonly=True, help='What speaks for it: [{"code", …}].')
    reason = fields.Char("Because", compute="_compute_reason")
    score = fields.Integer(readonly=True)
    is_contradiction = fields.Boolean(
        "Speaks Against the Link",
        readonly=True,
        help="Somebody had confirmed another contact before this became known.",
    )
    state = fields.Selection(
        [("open", "To decide"), ("confirmed", "Confirmed"), ("rejected", "Rejected")],
        required=True,
        default="open",
        index=True,
        readonly=True,
    )
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Datetime(readonly=True)

    @api.depends("evidence")
    @api.depends_context("lang", "tz")
    def _compute_reason(self):
        for suggestion in self:
            texts = suggestion.identity_id._evidence_texts(suggestion.evidence)
            suggestion.reason = " · ".join(texts)

    def action_confirm(self):
        """Button: this is him."""
        for suggestion in self:
            suggestion.identity_id.action_confirm(suggestion.partner_id.id)

    def action_reject(self):
        """Button: this is somebody else; never suggest him again."""
        for suggestion in self:
            suggestion.identity_id.action_reject(suggestion.partner_id.id)
