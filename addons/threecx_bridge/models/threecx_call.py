from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_datetime

DIRECTIONS = [("inbound", "Inbound"), ("outbound", "Outbound"), ("internal", "Internal")]
STATES = [
    ("attempted", "Attempted"),
    ("ringing", "Ringing"),
    ("ongoing", "Ongoing"),
    ("ended", "Ended"),
]
OUTCOMES = [
    ("answered", "Answered"),
    ("missed", "Missed"),
    ("no_answer", "No Answer"),
    ("voicemail", "Voicemail"),
    ("failed", "Failed"),
    ("unknown", "Unknown"),
]
RESULTS = [
    ("reached", "Reached"),
    ("left_message", "Left a Message"),
    ("no_answer", "No Answer"),
    ("wrong_number", "Wrong Number"),
    ("call_back", "To Call Back"),
]
#: How sure it is whom a call is about, the least first; more beats less, never the other way.
MATCHES = [
    ("none", "Nobody"),
    ("number", "By the number"),
    ("memory", "As linked before"),
    ("intent", "Called from there"),
    ("manual", "Linked by hand"),
]
#: All that a person may change of a call; the rest is what a PBX reported.
USER_FIELDS = frozenset({"note", "result"})
RECORDING_GROUP = "threecx_bridge.group_threecx_recording"


class ThreecxCall(models.Model):
    """One telephone call (or chat) with the outside or between colleagues.

    Made and changed by ``_record`` alone, from the reports of its shares (`threecx.call.leg`).
    """

    _name = "threecx.call"
    _description = "Call"
    # mail.thread: an activity on a call of an unknown number notifies and is done through it
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "started desc, id desc"

    pbx_id = fields.Many2one(
        "threecx.pbx", "Telephone System", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("call", "Call"), ("chat", "Chat")], default="call", required=True, readonly=True
    )
    direction = fields.Selection(DIRECTIONS, required=True, readonly=True)

    # === THE OTHER SIDE === #
    number = fields.Char(readonly=True, help="As the telephone system writes it.")
    number_key = fields.Char(
        "Number (search key)", readonly=True, index="btree_not_null", help="E.164, or internal."
    )
    number_suffix = fields.Char(
        "End of the number", readonly=True, help="Last digits, for numbers sent without country."
    )
    number_display = fields.Char("Number (readable)", readonly=True)
    is_withheld = fields.Boolean("Number Withheld", readonly=True)
    caller_name = fields.Char(
        "Name on the Telephone", readonly=True, help="Name the telephone system shows."
    )
    pbx_entity = fields.Char(
        "Record on the Telephone", readonly=True, help="What the telephone system found itself."
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", readonly=True, index="btree_not_null", ondelete="set null"
    )
    res_model = fields.Char("Model of the Record", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    record_ref = fields.Reference(
        selection="_selection_record_ref", string="About", compute="_compute_record_ref"
    )
    match_kind = fields.Selection(MATCHES, "Linked", default="none", required=True, readonly=True)

    # === OUR SIDE === #
    user_id = fields.Many2one(
        "res.users", "Colleague", readonly=True, index="btree_not_null", ondelete="set null"
    )
    extension_id = fields.Many2one("threecx.extension", readonly=True, ondelete="set null")
    queue = fields.Char(readonly=True)
    did = fields.Char("Our Number", readonly=True)
    leg_ids = fields.One2many("threecx.call.leg", "call_id", "Shares", readonly=True)

    # === TIMES AND OUTCOME === #
    started = fields.Datetime(required=True, readonly=True, index=True)
    answered = fields.Datetime(readonly=True)
    ended = fields.Datetime(readonly=True)
    wait_seconds = fields.Integer("Waited (s)", readonly=True, aggregator="avg")
    talk_seconds = fields.Integer("Talked (s)", readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="ringing")
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True, default="unknown")
    revision = fields.Integer(readonly=True, help="Grows with every change that is told.")

    # === WHAT WAS SAID === #
    has_recording = fields.Boolean("Recorded", readonly=True)
    recording_url = fields.Char("Recording", readonly=True, groups=RECORDING_GROUP)
    recording_ref = fields.Integer("Recording in 3CX", readonly=True, groups=RECORDING_GROUP)
    transcript = fields.Text(readonly=True, groups=RECORDING_GROUP)
    summary = fields.Text("Summary of the Talk", readonly=True, groups=RECORDING_GROUP)
    note = fields.Text()
    result = fields.Selection(RESULTS)
    is_wrapped_up = fields.Boolean("Wrapped Up", readonly=True)
    log_message_ids = fields.Many2many(
        "mail.message", "threecx_call_log_message_rel", string="Chatter Lines", readonly=True
    )

    # === FOLLOW-UP OF MISSED CALLS === #
    is_called_back = fields.Boolean("Taken Care Of", readonly=True)
    closed_by_id = fields.Many2one(
        "threecx.call", "Closed by", readonly=True, ondelete="set null", index="btree_not_null"
    )
    activity_id = fields.Many2one(
        "mail.activity", "Call-back", readonly=True, ondelete="set null", index="btree_not_null"
    )
    is_to_call_back = fields.Boolean(
        "Not Called Back", compute="_compute_is_to_call_back", search="_search_is_to_call_back"
    )

    _record_idx = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")
    _match_idx = models.Index("(pbx_id, number_suffix, started)")
    _open_missed_idx = models.Index(
        "(number_suffix) WHERE outcome IN ('missed', 'voicemail') AND is_called_back IS NOT TRUE"
    )

    # === COMPUTE METHODS === #

    @api.model
    def _selection_record_ref(self):
        # sudo: names of models are no secret
        models_sudo = self.env["ir.model"].sudo().search([("transient", "=", False)])
        return [(model.model, model.name) for model in models_sudo]

    @api.depends("res_model", "res_id")
    def _compute_record_ref(self):
        for call in self:
            record = call._record_about()
            call.record_ref = record if record and record.has_access("read") else False

    @api.depends("outcome", "direction", "is_called_back", "is_withheld")
    def _compute_is_to_call_back(self):
        domain = self._domain_to_call_back()
        for call in self:
            call.is_to_call_back = bool(call.filtered_domain(domain))

    @api.model
    def _search_is_to_call_back(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._domain_to_call_back()
        return domain if True in value else ~domain

    @api.model
    def _domain_to_call_back(self):
        """Missed calls that nobody has taken care of; without a number nobody can.

        :rtype: Domain
        """
        return (
            Domain("direction", "=", "inbound")
            & Domain("outcome", "in", ("missed", "voicemail"))
            & Domain("is_called_back", "=", False)
            & Domain("is_withheld", "=", False)
        )

    @api.depends("direction", "number_display", "partner_id", "caller_name", "started")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        for call in self:
            other = call._other_side()
            if call.direction == "inbound":
                what = self.env._("Call from %(other)s", other=other)
            elif call.direction == "outbound":
                what = self.env._("Call to %(other)s", other=other)
            else:
                what = self.env._("Call with %(other)s", other=other)
            when = call.started and format_datetime(self.env, call.started, dt_format="short")
            call.display_name = ", ".join(filter(None, [what, when]))

    def _other_side(self):
        """Who is at the other end, for people: name, else number.

        :rtype: str
        """
        self.ensure_one()
        # sudo: the name of who called is no secret to who sees the call
        name = self.partner_id.sudo().display_name
        if not name and self.res_model:
            name = self.sudo().record_ref and self.sudo().record_ref.display_name
        if self.is_withheld:
            return name or self.env._("withheld number")
        return name or self.caller_name or self.number_display or self.env._("unknown number")

    def _record_about(self):
        """The record the call is about, whatever its model; empty when there is none any more.

        :rtype: models.Model | None
        """
        self.ensure_one()
        if not self.res_model or not self.res_id or self.res_model not in self.env:
            return None
        return self.env[self.res_model].browse(self.res_id).exists() or None

    # === CRUD METHODS === #

    def write(self, vals):
        """Override to keep what a PBX reported from being rewritten by a person, and what somebody
        says of his call from being rewritten by others."""
        if self.env.su:
            return super().write(vals)
        if not USER_FIELDS.issuperset(vals):
            raise AccessError(
                self.env._("What the telephone system reported of a call cannot be changed.")
            )
        for call in self:
            call._check_wrap_up()
        res = super().write(vals)
        for call_sudo in self.sudo():
            call_sudo._follow_up()
            call_sudo._sync_log()
        return res
