from odoo import api, fields, models
from odoo.exceptions import UserError

from ..pipeline.appliers import APPLIERS, ENTITIES
from ..pipeline.context import on_behalf_of_master
from ..pipeline.match import COLUMNS, UNANSWERED

DECIDED = ("link", "create")
RETENTION = "-90d"  # of the master's data on questions that are settled: they are personal


class SmMatch(models.Model):
    """Who is this? A row of the master that could be several Odoo records, and who decided.

    One row for each key. The decision is remembered for good: it is asked first in every later run,
    and no evidence overrules it.
    """

    _name = "sm.match"
    _description = "Silicon Master Match"
    _order = "state_order, first_asked, id"

    backend_id = fields.Many2one("sm.backend", "Silicon Master", required=True, ondelete="cascade")
    entity = fields.Selection(ENTITIES, required=True)
    external_id = fields.Char("Silicon Master Key", required=True)
    name = fields.Char("Name in Silicon Master")
    record = fields.Json("What Silicon Master Sends", groups="sm_connector.group_sm_operator")
    reason = fields.Char("Technical Message")
    signature = fields.Char()
    state = fields.Selection(
        [
            ("open", "To answer"),
            ("later", "Not now"),
            ("link", "Linked by hand"),
            ("create", "New in Odoo"),
            ("solved", "Settled by itself"),
        ],
        required=True,
        default="open",
    )
    state_order = fields.Integer(compute="_compute_state_order", store=True)
    must_ask = fields.Boolean(
        "Ask in Any Case", help="Somebody took a decision back: no evidence may decide either."
    )
    candidate_ids = fields.One2many("sm.match.candidate", "match_id", "Candidates")
    candidate_count = fields.Integer("Possible Records", compute="_compute_candidate_count")
    # foreign keys, so that a merge in Odoo re-points a decision as well
    partner_id = fields.Many2one(
        "res.partner", "Contact", ondelete="set null", index="btree_not_null"
    )
    product_id = fields.Many2one(
        "product.product", "Article", ondelete="set null", index="btree_not_null"
    )
    order_id = fields.Many2one("sale.order", ondelete="set null", index="btree_not_null")
    decided_by = fields.Many2one("res.users", readonly=True, ondelete="set null")
    decided_on = fields.Datetime(readonly=True)
    note = fields.Text("Why", readonly=True)
    first_asked = fields.Datetime("Waiting Since", default=fields.Datetime.now)
    last_asked = fields.Datetime(default=fields.Datetime.now)
    age_days = fields.Integer("Age (days)", compute="_compute_age_days")
    is_applied = fields.Boolean("Taken Over", compute="_compute_is_applied")
    waiting_orders = fields.Integer(
        "Orders Waiting", compute="_compute_waiting_orders", compute_sudo=True
    )
    board = fields.Json(
        "Comparison", compute="_compute_board", groups="sm_connector.group_sm_operator"
    )

    _key_uniq = models.UniqueIndex("(backend_id, entity, external_id)")

    @api.depends("state")
    def _compute_state_order(self):
        order = {
            state: place for place, (state, _label) in enumerate(self._fields["state"].selection)
        }
        for match in self:
            match.state_order = order.get(match.state, 0)

    @api.depends("external_id", "name")
    def _compute_display_name(self):
        for match in self:
            match.display_name = " · ".join(filter(None, (match.external_id, match.name)))

    @api.depends("candidate_ids")
    def _compute_candidate_count(self):
        for match in self:
            # a merge in Odoo may have made one record of two candidates
            records = match.candidate_ids.mapped(COLUMNS[match.entity]) if match.entity else ()
            match.candidate_count = len(records)

    @api.depends("first_asked", "decided_on")
    def _compute_age_days(self):
        now = fields.Datetime.now()
        for match in self:
            end = match.decided_on if match.state in DECIDED else now
            match.age_days = (end - match.first_asked).days if match.first_asked and end else 0

    def _compute_is_applied(self):
        linked = {(link.backend_id, link.entity, link.external_id) for link in self._links()}
        for match in self:
            match.is_applied = (match.backend_id, match.entity, match.external_id) in linked

    def _compute_waiting_orders(self):
        groups = self.env["sm.quarantine"]._read_group(
            [
                ("backend_id", "in", self.backend_id.ids),
                ("entity", "=", "order"),
                ("cause", "=", "unknown_customer"),
                ("value", "in", self.mapped("external_id")),
                ("state", "!=", "healed"),
            ],
            ["backend_id", "value"],
            ["__count"],
        )
        counts = {(backend, key): count for backend, key, count in groups}
        for match in self:
            place = (match.backend_id, match.external_id)
            match.waiting_orders = counts.get(place, 0) if match.entity == "contact" else 0

    @api.depends("record", "candidate_ids", "state")
    @api.depends_context("lang", "tz")
    def _compute_board(self):
        for match in self:
            match.board = match.candidate_ids._get_board(match)

    # === RECORDS === #

    def _links(self):
        """Return the live links of the keys."""
        # sudo: links belong to users of the connector, the rule on matches has already decided
        links = self.env["sm.link"].sudo()
        places = self.grouped(lambda match: (match.backend_id, match.entity))
        for (backend, entity), matches in places.items():
            links |= links.search(
                [
                    ("backend_id", "=", backend.id),
                    ("entity", "=", entity),
                    ("external_id", "in", matches.mapped("external_id")),
                    ("state", "!=", "retired"),
                ]
            )
        return links

    def _get_record(self):
        """Return the record that was decided on; empty when there is none."""
        self.ensure_one()
        return self[COLUMNS[self.entity]]

    @api.model
    def _find_or_new(self, backend, entity, key):
        """Return the question of a key, made without a question when there is none."""
        found = self.sudo().search(
            [
                ("backend_id", "=", backend.id),
                ("entity", "=", entity),
                ("external_id", "=", key),
            ]
        )
        return found or self.sudo().create(
            {"backend_id": backend.id, "entity": entity, "external_id": key}
        )

    # === DECIDE === #

    def _check_operator(self):
        if not self.env.user.has_group("sm_connector.group_sm_operator"):
            raise UserError(self.env._("Only operators of Silicon Master can answer this."))
        self.check_access("read")

    def _decide(self, state, record=None, note=None):
        """Remember a decision, who took it and when.

        :param str state: ``link`` or ``create``
        :param record: what to link
        """
        vals = {
            "state": state,
            "must_ask": False,
            "decided_by": self.env.uid,
            "decided_on": fields.Datetime.now(),
            "note": note,
        }
        for match in self:
            column = COLUMNS[match.entity]
            # sudo: operators decide, and write nothing else
            match.sudo().write(
                dict.fromkeys(COLUMNS.values(), False)
                | vals
                | {column: record.id if record else False}
            )

    def action_link(self, record_id):
        """Decide that the row is this record.

        :param int record_id: a record of the entity's model
        """
        self.ensure_one()
        self._check_operator()
        applier = APPLIERS[self.entity]
        record = self.env[applier.model].with_context(active_test=False).browse(record_id).exists()
        if not record:
            raise UserError(self.env._("This record is no longer there. Open the question again."))
        if record not in self.candidate_ids.mapped(applier.link_field):
            record.check_access("read")
        self._check_free(record)
        self._decide("link", record)
        return self._after_decision()

    def _check_free(self, record):
        """Refuse a record that is another key's already, and a key that is another record's."""
        applier = APPLIERS[self.entity]
        # sudo: whoever may see the record may know that it is taken
        links = (
            self.env["sm.link"]
            .sudo()
            .search(
                [
                    (applier.link_field, "=", record.id),
                    ("backend_id", "=", self.backend_id.id),
                    ("state", "!=", "retired"),
                ]
            )
        )
        other = links.filtered(lambda link: link.external_id != self.external_id)[:1]
        promised = self.sudo().search(
            [
                (applier.link_field, "=", record.id),
                ("backend_id", "=", self.backend_id.id),
                ("state", "=", "link"),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if other or promised:
            raise UserError(
                self.env._(
                    "%(record)s is already linked to %(key)s in Silicon Master.",
                    record=record.display_name,
                    key=(other or promised).external_id,
                )
            )
        mine = self._links()
        owner = mine and mine[:1][applier.link_field]
        if owner and owner != record:
            raise UserError(
                self.env._(
                    "%(key)s is already %(record)s in Odoo. When both are the same, merge them: "
                    "the link is kept.",
                    key=self.external_id,
                    record=owner.display_name,
                )
            )

    def action_create_new(self):
        """Decide that none of the candidates is meant; also for many at once."""
        self._check_operator()
        todo = self.filtered(lambda match: match.state in UNANSWERED)
        todo._decide("create")
        return todo._after_decision()

    def action_later(self):
        """Put the question off until the row or its candidates change."""
        self._check_operator()
        self.filtered(lambda match: match.state == "open").sudo().state = "later"
        return self.action_next() if len(self) == 1 else None

    def action_reopen(self):
        """Take a decision back: what was linked by it is taken apart, and the question is asked
        again."""
        self._check_operator()
        for match in self:
            for link in match._links():
                match._cut(link)
            if match.state in DECIDED:
                match.sudo().write(
                    {
                        "state": "open",
                        "must_ask": True,
                        "first_asked": fields.Datetime.now(),
                        **dict.fromkeys(COLUMNS.values(), False),
                    }
                )
            elif match.state == "later":
                match.sudo().state = "open"

    def _after_decision(self):
        """Say what happens next, and go on to the next question."""
        if len(self) == 1:
            text = self.env._("Remembered. The next synchronisation takes it over.")
        else:
            text = self.env._(
                "%(count)s decisions remembered. The next synchronisation takes them over.",
                count=len(self),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_run_now(self):
        """Let the decisions take effect at once."""
        action = None
        for backend in self.backend_id:
            action = backend.action_run_now()
        return action

    def action_next(self):
        """Open the next question that waits; the list when there is none."""
        following = self.search(
            [("state", "=", "open"), ("id", "not in", self.ids)], order=self._order, limit=1
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_match_action")
        if following:
            action |= {"view_mode": "form", "views": [(False, "form")], "res_id": following.id}
            action["target"] = "current"
        return action

    def action_link_other(self):
        """Open the wizard that links a contact which is not among the candidates."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Link another contact"),
            "res_model": "sm.match.by.hand",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_backend_id": self.backend_id.id,
                "default_external_id": self.external_id,
                "default_has_key": True,
            },
        }

    def action_open_record(self):
        """Open what was decided on, or what the key is linked to."""
        self.ensure_one()
        applier = APPLIERS[self.entity]
        record = self._links()[:1][applier.link_field] or self._get_record()
        if not record:
            return None
        return {
            "type": "ir.actions.act_window",
            "res_model": applier.model,
            "res_id": record.id,
            "view_mode": "form",
        }

    # === TAKE APART === #

    def _cut(self, link, note=None):
        """Take a key and its record apart, and ask who the key is at the next run.

        The orders and dossiers of a contact are read again, so that they follow whoever it turns
        out to be.

        :param sm.link link: the link to remove
        """
        self.ensure_one()
        column = APPLIERS[link.entity].link_field
        record = link[column]
        candidates = (
            []
            if record in self.candidate_ids.mapped(column)
            else [fields.Command.create({column: record.id})]
        )
        self.sudo().write(
            {
                "state": "open",
                "must_ask": True,
                "note": note,
                "name": self.name or record.display_name,
                "first_asked": fields.Datetime.now(),
                "candidate_ids": candidates,
                **dict.fromkeys(COLUMNS.values(), False),
            }
        )
        with on_behalf_of_master():
            if link.entity == "contact":
                self.env["sm.link"].sudo()._plan_records_of(record)
                if record.ref == link.external_id:
                    record.sudo().ref = False
            link.sudo().unlink()

    @api.autovacuum
    def _gc_settled(self):
        """Forget what the master sent for questions settled 90 days ago; decisions stay."""
        old = [("write_date", "<", RETENTION)]
        self.search([("state", "=", "solved"), *old]).unlink()
        decided = self.search([("state", "in", DECIDED), ("record", "!=", False), *old])
        decided.candidate_ids.unlink()
        decided.record = False
