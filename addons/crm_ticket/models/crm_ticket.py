from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .crm_ticket_sla import KINDS
from .crm_ticket_stage import STATES

# Closed tickets, most of them after a year, are in none of the indexes that lists and folders use.
# The words are those of the domain below: PostgreSQL compares them.
OPEN = "active IS TRUE AND is_spam IS NOT TRUE AND state IN ('open', 'waiting')"
PRIORITIES = [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Urgent")]
SLA_STATES = [
    ("ok", "In time"),
    ("soon", "Due soon"),
    ("late", "Late"),
    ("paused", "Paused"),
]


class CrmTicket(models.Model):
    """A request of a customer: who, about what, whose turn it is and until when.

    A ticket knows no channel. What moves it is said by a few methods (``_customer_wrote``,
    ``_answered``, ``action_close``, …) that keep state, waiting time and service levels together.
    """

    _name = "crm.ticket"
    _description = "Ticket"
    _inherit = ["portal.mixin", "rating.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "priority_score DESC, waiting_since, id DESC"
    _rec_names_search = ["number", "name", "partner_name"]
    _check_company_auto = True

    number = fields.Char(copy=False, readonly=True, index="trigram")
    name = fields.Char("Subject", required=True, index="trigram")
    description = fields.Html(help="Seen by colleagues only.")
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
    )

    # === WHO === #

    partner_id = fields.Many2one(
        "res.partner", "Customer", index="btree_not_null", check_company=True, tracking=True
    )
    commercial_partner_id = fields.Many2one(related="partner_id.commercial_partner_id")
    partner_name = fields.Char(
        "Name of the Writer",
        compute="_compute_partner_name",
        store=True,
        readonly=False,
        help="Who wrote, as he calls himself, as long as no contact is known.",
    )
    email_from = fields.Char("E-mail", compute="_compute_email_from", store=True, readonly=False)
    phone = fields.Char(compute="_compute_phone", store=True, readonly=False)
    team_id = fields.Many2one(
        "crm.team",
        default=lambda self: self._default_team_id(),
        index="btree_not_null",
        check_company=True,
        domain="[('use_tickets', '=', True), ('company_id', 'in', (company_id, False))]",
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users",
        "Assigned To",
        index="btree_not_null",
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
    )
    assigned_date = fields.Datetime("Assigned On", readonly=True, copy=False)

    # === WHAT === #

    category_id = fields.Many2one(
        "crm.ticket.category", index="btree_not_null", ondelete="restrict", tracking=True
    )
    tag_ids = fields.Many2many(
        "crm.tag", "crm_ticket_tag_rel", "ticket_id", "tag_id", string="Tags"
    )
    order_ids = fields.Many2many(
        "sale.order",
        "crm_ticket_sale_order_rel",
        "ticket_id",
        "order_id",
        string="Orders",
        check_company=True,
        help="Orders the request is about.",
    )
    order_count = fields.Integer("Number of Orders", compute="_compute_order_count")
    partner_ticket_count = fields.Integer(
        "Other Tickets of the Customer", compute="_compute_partner_ticket_count"
    )
    lead_ids = fields.One2many("crm.lead", "ticket_id", "Leads")
    lead_count = fields.Integer("Number of Leads", compute="_compute_lead_count")
    ticket_properties = fields.Properties(
        "Properties", definition="team_id.ticket_properties_definition", copy=True
    )
    parent_id = fields.Many2one(
        "crm.ticket",
        "Follow-up Of",
        index="btree_not_null",
        copy=False,
        readonly=True,
        help="The closed ticket after which the customer wrote again.",
    )
    child_ids = fields.One2many("crm.ticket", "parent_id", "Follow-ups")
    merged_into_id = fields.Many2one(
        "crm.ticket", index="btree_not_null", copy=False, readonly=True
    )
    is_spam = fields.Boolean("Spam", copy=False, readonly=True)

    # === WHOSE TURN === #

    stage_id = fields.Many2one(
        "crm.ticket.stage",
        ondelete="restrict",
        compute="_compute_stage_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        copy=False,
        tracking=True,
        group_expand="_read_group_stage_ids",
        domain="['|', ('team_ids', '=', False), ('team_ids', 'in', team_id)]",
    )
    state = fields.Selection(STATES, compute="_compute_state", store=True, precompute=True)
    waiting_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the customer wrote the oldest message that is not answered yet.",
    )
    waiting_hours = fields.Float(
        "Waiting (Hours)",
        compute="_compute_waiting_hours",
        help="How long the customer has been waiting for an answer, in working hours.",
    )
    first_customer_date = fields.Datetime("Customer Wrote First", readonly=True, copy=False)
    first_answer_date = fields.Datetime("First Answer", readonly=True, copy=False)
    last_customer_date = fields.Datetime("Customer Wrote Last", readonly=True, copy=False)
    last_answer_date = fields.Datetime("Answered Last", readonly=True, copy=False)
    closed_date = fields.Datetime("Closed On", readonly=True, copy=False)
    snoozed_until = fields.Datetime(readonly=True, copy=False)
    snoozed_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    # === HOW URGENT === #

    priority = fields.Selection(PRIORITIES, default="0", required=True, tracking=True)
    priority_score = fields.Integer(
        "Urgency",
        compute="_compute_priority_score",
        store=True,
        aggregator="avg",
        help="Computed from the priority, the waiting time, the service level and open orders.",
    )
    priority_reasons = fields.Json(
        "Urgency Parts", compute="_compute_priority_score", store=True, copy=False
    )
    priority_reason_text = fields.Char("Why", compute="_compute_priority_reason_text")
    sla_status_ids = fields.One2many(
        "crm.ticket.sla.status", "ticket_id", "Service Levels", readonly=True
    )
    sla_deadline = fields.Datetime(
        "Answer Until", compute="_compute_sla", store=True, help="The next service level to meet."
    )
    sla_soon_date = fields.Datetime("Due Soon From", compute="_compute_sla", store=True)
    sla_kind = fields.Selection(KINDS, "Service Level", compute="_compute_sla", store=True)
    sla_state = fields.Selection(
        SLA_STATES, "Service Level State", compute="_compute_sla", store=True
    )

    _number_uniq = models.UniqueIndex(
        "(company_id, number)", "Two tickets of a company cannot have the same number."
    )
    _open_idx = models.Index("(priority_score DESC, waiting_since, id DESC) WHERE " + OPEN)
    _open_user_idx = models.Index("(user_id, state) WHERE " + OPEN)
    _open_team_idx = models.Index("(team_id, state) WHERE " + OPEN)
    _waiting_idx = models.Index("(waiting_since) WHERE waiting_since IS NOT NULL")
    _sla_deadline_idx = models.Index("(sla_deadline) WHERE sla_deadline IS NOT NULL")
    _snoozed_idx = models.Index("(snoozed_until) WHERE snoozed_until IS NOT NULL")
    _stage_idx = models.Index("(stage_id, priority_score DESC, waiting_since, id DESC)")
    # whose turn it is in a round robin
    _assigned_idx = models.Index("(team_id, user_id, assigned_date) WHERE user_id IS NOT NULL")

    @api.model
    def _default_team_id(self):
        """The team of whoever makes a ticket by hand."""
        return self.env["crm.team"].search(
            Domain("use_tickets", "=", True)
            & Domain("company_id", "in", (self.env.company.id, False))
            & Domain("member_ids", "in", self.env.uid),
            limit=1,
        )

    # === COMPUTE METHODS === #

    @api.depends("team_id")
    def _compute_company_id(self):
        for ticket in self:
            ticket.company_id = ticket.team_id.company_id or ticket.company_id or self.env.company

    # One method each: a field given to `create` keeps all fields of its method from being computed.

    @api.depends("partner_id")
    def _compute_partner_name(self):
        for ticket in self:
            ticket.partner_name = ticket.partner_name or ticket.partner_id.name

    @api.depends("partner_id")
    def _compute_email_from(self):
        for ticket in self:
            ticket.email_from = ticket.email_from or ticket.partner_id.email

    @api.depends("partner_id")
    def _compute_phone(self):
        for ticket in self:
            partner = ticket.partner_id
            ticket.phone = ticket.phone or partner.phone or partner.mobile

    @api.depends("team_id")
    def _compute_stage_id(self):
        """A stage that the team has, of the same meaning."""
        for ticket in self:
            stage = ticket.stage_id
            if not stage or (stage.team_ids and ticket.team_id not in stage.team_ids):
                ticket.stage_id = ticket._stages(stage.state or "open")[:1] or stage

    @api.depends("stage_id.state")
    def _compute_state(self):
        for ticket in self:
            ticket.state = ticket.stage_id.state or "open"

    @api.depends("number", "name")
    def _compute_display_name(self):
        for ticket in self:
            ticket.display_name = " ".join(filter(None, [ticket.number, ticket.name]))

    @api.depends("order_ids")
    def _compute_order_count(self):
        for ticket in self:
            ticket.order_count = len(ticket.order_ids)

    @api.depends("partner_id")
    @api.depends_context("uid")
    def _compute_partner_ticket_count(self):
        """For one form at a time."""
        for ticket in self:
            domain = ticket._same_customer_domain()
            ticket.partner_ticket_count = self.search_count(domain) if domain else 0

    def _compute_lead_count(self):
        # sudo: how many, not which; those who answer tickets need not be in sales
        groups = (
            self.env["crm.lead"]
            .sudo()
            ._read_group([("ticket_id", "in", self.ids)], ["ticket_id"], ["__count"])
        )
        counts = {ticket.id: count for ticket, count in groups}
        for ticket in self:
            ticket.lead_count = counts.get(ticket._origin.id, 0)

    def _compute_access_url(self):
        """Override of `portal`."""
        for ticket in self:
            ticket.access_url = f"/my/requests/{ticket.id}"

    @api.model
    def _read_group_stage_ids(self, stages, _domain):
        """All stages are columns, but those of other teams when one team is looked at."""
        domain = Domain("id", "in", stages.ids) | Domain("team_ids", "=", False)
        if team_id := self.env.context.get("default_team_id"):
            domain |= Domain("team_ids", "in", team_id)
        return stages.search(domain)

    # === CONSTRAINT METHODS === #

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A ticket cannot follow up on itself."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: numbers, clocks and, in teams that work so, somebody to take it."""
        for vals in vals_list:
            if not vals.get("number"):
                vals["number"] = self._next_number(vals)
        tickets = super().create(vals_list)
        now = fields.Datetime.now()
        done = tickets.filtered(lambda ticket: ticket.state == "done")
        done.filtered(lambda ticket: not ticket.closed_date).closed_date = now
        tickets.filtered(lambda ticket: ticket.user_id and not ticket.assigned_date).write(
            {"assigned_date": now}
        )
        (tickets - done)._sla_start("resolution", now)
        (tickets - done)._assign_round_robin()
        return tickets

    def write(self, vals):
        """Override: whatever changes state or service level, a button or a card dragged in the
        kanban view, has the same consequences."""
        if not self._watched_fields().intersection(vals):
            return super().write(vals)
        before = {ticket: ticket._situation() for ticket in self}
        if "user_id" in vals:
            vals = {
                **vals,
                "assigned_date": fields.Datetime.now() if vals["user_id"] else False,
            }
        result = super().write(vals)
        self._after_change(before)
        return result

    def _write_quietly(self, vals):
        """Write without consequences: what a ticket was comes back as it was."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.ondelete(at_uninstall=False)
    def _unlink_except_merged(self):
        """A ticket into which others were merged holds what is theirs."""
        logs_sudo = self.env["crm.ticket.merge"].sudo()
        if logs_sudo.search_count(
            [
                ("target_id", "in", self.ids),
                ("source_id", "not in", self.ids),
                ("is_undone", "=", False),
            ],
            limit=1,
        ):
            raise ValidationError(
                self.env._(
                    "Other tickets were merged into this one. Undo the merge, or archive it."
                )
            )

    @api.model
    def _next_number(self, vals):
        team = self.env["crm.team"].browse(
            vals.get("team_id") or self.env.context.get("default_team_id")
        )
        company_id = team.company_id.id or vals.get("company_id") or self.env.company.id
        # sudo: the sequence is nobody's to read
        return self.env["ir.sequence"].sudo().with_company(company_id).next_by_code("crm.ticket")

    # === ACTIONS === #

    def action_orders(self):
        """Open the orders the request is about.

        :rtype: dict
        """
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders"),
            "res_model": "sale.order",
            "domain": [("id", "in", self.order_ids.ids)],
            "views": [(False, "list"), (False, "form")],
        }
        if len(self.order_ids) == 1:
            action.update(res_id=self.order_ids.id, views=[(False, "form")])
        return action

    def action_same_customer(self):
        """Open the other tickets of the customer.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_ticket.crm_ticket_action")
        action["domain"] = list(self._same_customer_domain() or [("id", "=", False)])
        action["context"] = {"default_partner_id": self.partner_id.id}
        return action

    # === HELPERS === #

    def _same_customer_domain(self):
        """Other tickets of the customer, or of his company.

        :return: None as long as nobody knows who he is
        :rtype: Domain | None
        """
        self.ensure_one()
        if not self.partner_id:
            return None
        return (
            Domain("partner_id", "child_of", self.commercial_partner_id.ids)
            & Domain("id", "!=", self._origin.id)
            & Domain("is_spam", "=", False)
        )

    @api.model
    def _domain_open(self):
        """Tickets somebody still has to do something about, now or later.

        :rtype: Domain
        """
        return Domain("state", "in", ("open", "waiting")) & Domain("is_spam", "=", False)

    def _stages(self, state):
        """Stages of the ticket's team with a meaning, in their order.

        :param str state: ``open``, ``waiting`` or ``done``
        :rtype: `crm.ticket.stage`
        """
        return self.env["crm.ticket.stage"].search(
            Domain("state", "=", state)
            & (Domain("team_ids", "=", False) | Domain("team_ids", "in", self.team_id.ids))
        )

    def _stage_for(self, state):
        """The stage to move to; what somebody has begun is not new any more.

        :param str state: ``open``, ``waiting`` or ``done``
        :rtype: `crm.ticket.stage`
        """
        self.ensure_one()
        if self.state == state:
            return self.stage_id
        stages = self._stages(state)
        begun = state == "open" and (self.user_id or self.first_answer_date)
        return (stages[1:2] if begun else stages)[:1] or stages[:1] or self.stage_id

    def _ticket_calendar(self):
        """Working hours in which waiting is counted.

        :rtype: `resource.calendar`
        """
        self.ensure_one()
        return self.team_id._ticket_calendar(self.company_id)

    def _final(self):
        """The ticket in which this one lives on after merges.

        :rtype: `crm.ticket`
        """
        self.ensure_one()
        ticket, seen = self, self
        while ticket.merged_into_id and ticket.merged_into_id not in seen:
            ticket = ticket.merged_into_id
            seen += ticket
        return ticket
