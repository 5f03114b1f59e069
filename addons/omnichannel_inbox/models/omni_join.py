from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_date

from ..identity import joining

#: States in which a join holds no longer, or was refused beforehand: it is not done again.
REFUSED = ("undone", "rejected")
STATES = [("joined", "Joined"), ("undone", "Undone"), ("rejected", "Refused")]
KINDS = [
    ("open", "Came to an open ticket"),
    ("merge", "Two tickets became one"),
    ("manual", "By hand"),
]
#: Tickets of one customer looked at, the newest first.
CANDIDATE_LIMIT = 20


class OmniJoin(models.Model):
    """One customer on two channels: what was put together, why, and what it takes to part it.

    Messages never change their conversation; a join moves a conversation to a ticket, or two
    tickets into one, and an undo moves it back. What a person has parted, or never wanted, is kept
    by the identities it was about: they are not joined by themselves again, in whatever ticket.
    """

    _name = "omni.join"
    _description = "Join of Channels"
    _order = "date DESC, id DESC"
    _rec_name = "case_id"

    kind = fields.Selection(KINDS, required=True, readonly=True)
    state = fields.Selection(STATES, required=True, default="joined", readonly=True)
    conversation_id = fields.Many2one(
        "omni.conversation", index="btree_not_null", ondelete="cascade", readonly=True
    )
    case_id = fields.Many2one(
        "crm.ticket", "Ticket", required=True, index=True, ondelete="cascade", readonly=True
    )
    other_case_id = fields.Many2one(
        "crm.ticket", "Other Ticket", index="btree_not_null", ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="case_id.company_id")
    merge_id = fields.Many2one(
        "crm.ticket.merge", index="btree_not_null", ondelete="set null", readonly=True
    )
    identity_ids = fields.Many2many(
        "omni.identity", "omni_join_identity_rel", string="Who Was Joined", readonly=True
    )
    other_identity_ids = fields.Many2many(
        "omni.identity", "omni_join_other_identity_rel", string="With Whom", readonly=True
    )
    reasons = fields.Json(readonly=True, help='Why: [{"code", …}].')
    reason_text = fields.Char("Because", compute="_compute_reason_text")
    snapshot = fields.Json(readonly=True, help="How the ticket was before and after.")
    user_id = fields.Many2one(
        "res.users", "By", readonly=True, index="btree_not_null", help="Empty: by itself."
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now, readonly=True)
    ended_by_id = fields.Many2one("res.users", "Parted By", readonly=True)
    ended = fields.Datetime("Parted On", readonly=True)

    # === WORDS === #

    @api.depends("reasons")
    @api.depends_context("lang", "tz")
    def _compute_reason_text(self):
        for join in self:
            join.reason_text = " · ".join(join._reason_texts())

    def _reason_texts(self, reasons=None):
        """Why two things were joined, or might be, in words.

        :param list reasons: ``[{"code", …}]``; by default those of the join
        :rtype: list[str]
        """
        reasons = (self.reasons if reasons is None else reasons) or []
        # sudo: the name of the customer that a ticket is about, and of colleagues
        people = self.env["res.partner"].sudo()
        partners = people.browse({one["partner"] for one in reasons if one.get("partner")}).exists()
        names = {partner.id: partner.display_name for partner in partners}
        users = self.env["omni.identity"]._evidence_user_names(reasons)
        texts = []
        for reason in reasons:
            values = {
                "customer": names.get(reason.get("partner")) or self.env._("a contact now deleted"),
                "user": users.get(reason.get("user")) or self.env._("a colleague"),
                "said": reason.get("said", ""),
            }
            text = self._reason_text(reason, values)
            texts += [text] if text else self.env["omni.identity"]._evidence_texts([reason])
        return texts

    @api.model
    def _reason_text(self, reason, values):
        """:return: one reason in words; empty when it is evidence on who somebody is"""
        code = reason["code"]
        if code == "same_customer":
            return self.env._("The same customer: %(customer)s", **values)
        if code == "same_company":
            return self.env._("The same company: %(customer)s", **values)
        if code == "by_hand":
            date = format_date(self.env, reason["date"])
            return self.env._("%(user)s joined them on %(date)s", user=values["user"], date=date)
        if code == "maybe_customer":
            return self.env._("May be %(customer)s, too", **values)
        if code == "same_email":
            return self.env._("The same e-mail address: %(said)s", **values)
        if code == "same_phone":
            return self.env._("The same telephone number: %(said)s", **values)
        if code == "same_order":
            return self.env._("About the same order: %(said)s", **values)
        return ""

    @api.model
    def _reasons(self, identities, partner, family=None):
        """Why conversations are one customer's.

        :param identities: `omni.identity` that are joined
        :param partner: `res.partner` who it is
        :param family: his company, when that is all they have in common
        :rtype: list[dict]
        """
        first = (
            {"code": "same_company", "partner": family.id}
            if family
            else {"code": "same_customer", "partner": partner.id}
        )
        pieces = [piece for identity in identities for piece in identity.evidence or ()]
        seen = {piece["code"]: piece for piece in reversed(pieces)}
        return [first, *seen.values()]

    # === WHAT MAY BE JOINED === #

    @api.model
    def _take_turn(self, partners):
        """Let no other worker open a ticket of these customers meanwhile.

        One chat and one mail of a customer are worked off by two workers, at the same second. Each
        sees the database as it was when it began, so waiting for the other one is not enough: who
        comes second has to begin anew, and then sees the ticket of the first. That is what the
        database says by itself when both write one row.

        :param partners: `res.partner`
        :raise psycopg2.errors.SerializationFailure: somebody else was faster: begin anew
        """
        families = sorted(set(partners.commercial_partner_id.ids))
        if not families:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO omni_join_turn (customer, taken)
                     SELECT customer, now() AT TIME ZONE 'UTC'
                       FROM unnest(%s) AS customer
                   ORDER BY customer
                ON CONFLICT (customer) DO UPDATE SET taken = EXCLUDED.taken
                """,
                families,
            )
        )

    @api.model
    def _open_tickets(self, families, company, since):
        """Tickets that something may be joined to: open, of these customers, and touched lately.

        :param families: `res.partner`, companies or people without one
        :param company: `res.company`
        :param datetime since: naive, UTC
        :return: the newest first
        :rtype: crm.ticket
        """
        return self.env["crm.ticket"].search(
            Domain("company_id", "=", company.id)
            & Domain("state", "in", ("open", "waiting"))
            & Domain("is_spam", "=", False)
            & Domain("snoozed_until", "=", False)
            & Domain("partner_id.commercial_partner_id", "in", families.ids)
            & (
                Domain("last_customer_date", ">=", since)
                | Domain("last_answer_date", ">=", since)
                | Domain("create_date", ">=", since)
            ),
            order="last_customer_date DESC NULLS LAST, id DESC",
            limit=CANDIDATE_LIMIT * len(families),
        )

    @api.model
    def _sides(self, tickets):
        """What decides whether tickets are joined. As many queries for one as for a thousand.

        :param tickets: `crm.ticket`
        :rtype: dict[int, joining.Side]
        """
        conversations = self.env["omni.conversation"].search(
            self.env["omni.conversation"]._case_domain(tickets)
        )
        by_ticket = conversations.grouped("case_id")
        parted = self._parted(tickets)
        sides = {}
        for ticket in tickets:
            theirs = by_ticket.get(ticket.id, conversations.browse())
            identities = theirs.identity_id
            partner = ticket.partner_id
            sides[ticket.id] = joining.Side(
                customer=partner.id or 0,
                family=partner.commercial_partner_id.id or 0,
                team=ticket.team_id.id or 0,
                user=ticket.user_id.id or 0,
                has_mail=any(one.channel_id._queue_kind() == "mail" for one in theirs),
                is_proved=any(
                    one.level == "proved" and one.partner_id == partner for one in identities
                ),
                is_parted=ticket.id in parted,
                identities=frozenset(identities.ids),
            )
        return sides

    @api.model
    def _parted(self, tickets):
        """Tickets of which a person has decided what belongs to them: by merging, or by parting.

        :rtype: set[int]
        """
        merges = self.env["crm.ticket.merge"].search(
            [
                ("target_id", "in", tickets.ids),
                ("is_undone", "=", False),
                ("user_id", "!=", SUPERUSER_ID),
            ]
        )
        refusals = self.search(
            Domain("state", "in", REFUSED)
            & (Domain("case_id", "in", tickets.ids) | Domain("other_case_id", "in", tickets.ids))
        )
        by_hand = merges - self.search([("merge_id", "in", merges.ids)]).merge_id
        return {*by_hand.target_id.ids, *refusals.case_id.ids, *refusals.other_case_id.ids}

    @api.model
    def _refused_pairs(self, identities, states=REFUSED):
        """Who was kept apart by somebody; the last word counts.

        :param identities: `omni.identity`
        :param states: of what keeps them apart
        :return: pairs of ids of identities
        :rtype: set[frozenset[int]]
        """
        if not identities:
            return set()
        said = self.search(
            (Domain("state", "in", states) | Domain("kind", "=", "manual"))
            & (
                Domain("identity_ids", "in", identities.ids)
                | Domain("other_identity_ids", "in", identities.ids)
            ),
            order="id",
        )
        refused = set()
        for join in said.sorted(lambda one: (one.ended or one.date, one.id)):
            pairs = {
                frozenset((one, other))
                for one in join.identity_ids.ids
                for other in join.other_identity_ids.ids
            }
            refused = refused | pairs if join.state in states else refused - pairs
        return refused

    @api.model
    def _window(self, company):
        """How near in time two requests of a customer are one; None: never by themselves.

        :rtype: timedelta | None
        """
        hours = company.omni_join_hours
        return timedelta(hours=hours) if hours > 0 else None

    # === JOINING === #

    @api.model
    def _merge(self, one, other, reasons, user=None):
        """Make one ticket of two: the one with the older number stays.

        :param one: `crm.ticket`; :param other: `crm.ticket`
        :param list reasons: ``[{"code", …}]``
        :param user: `res.users` who wants it so; empty: by itself
        :rtype: omni.join
        """
        target, source = (one + other).sorted("id")
        # sudo: they belong to the tickets, whoever may see them
        there = target.sudo().conversation_ids
        theirs = source.sudo().conversation_ids
        log = source._merge_into(target)
        # sudo: a join is written by the inbox, not by people
        join = self.sudo().create(
            {
                "kind": "manual" if user else "merge",
                "conversation_id": theirs[:1].id,
                "case_id": target.id,
                "other_case_id": source.id,
                "merge_id": log.id,
                "reasons": reasons,
                "user_id": user.id if user else False,
                "identity_ids": [Command.set(theirs.identity_id.ids)],
                "other_identity_ids": [Command.set(there.identity_id.ids)],
            }
        )
        return join.with_env(self.env)

    @api.model
    def _came_values(self, conversation, case, reasons, before=None, orders=None):
        """Values of a join: a conversation has come to a ticket.

        :param list reasons: ``[{"code", …}]``
        :param dict before: ``case._merge_values()`` without it; None: it was opened with it
        :param orders: `sale.order` of the ticket without it
        :rtype: dict
        """
        snapshot = None
        if before:
            snapshot = {
                "target": before,
                "merged": case._merge_values(),
                "orders": (case.order_ids - orders).ids,
            }
        return {
            "kind": "open",
            "conversation_id": conversation.id,
            "case_id": case.id,
            "reasons": reasons,
            "snapshot": snapshot,
            "identity_ids": [Command.set(conversation.identity_id.ids)],
            "other_identity_ids": [
                Command.set((case.conversation_ids - conversation).identity_id.ids)
            ],
        }

    @api.model
    def _bring(self, conversation, case, reasons, user):
        """Put a conversation that has no ticket into one, because somebody wants it so.

        :param user: `res.users` who does
        :rtype: omni.join
        """
        before, orders = case._merge_values(), case.order_ids
        conversation._set_case(case)
        # sudo: how a ticket stands follows from what was written, whoever may see it
        case_sudo = case.sudo()
        case_sudo._omni_recount()
        values = self._came_values(conversation, case_sudo, reasons, before, orders.sudo())
        values["snapshot"]["was_alone"] = True
        # sudo: see _merge
        return self.sudo().create({**values, "user_id": user.id}).with_env(self.env)

    @api.model
    def _refuse(self, one, other):
        """Keep two tickets apart, and whoever writes in them.

        :rtype: omni.join
        """
        # sudo: who writes in two tickets that the user sees
        sides = [
            self.env["omni.conversation"].sudo().search([("ticket_id", "=", ticket.id)])
            for ticket in (one, other)
        ]
        # sudo: see _merge
        return self.sudo().create(
            {
                "kind": "manual",
                "state": "rejected",
                "case_id": one.id,
                "other_case_id": other.id,
                "user_id": self.env.uid,
                "ended_by_id": self.env.uid,
                "ended": fields.Datetime.now(),
                "identity_ids": [Command.set(sides[0].identity_id.ids)],
                "other_identity_ids": [Command.set(sides[1].identity_id.ids)],
            }
        )

    # === PARTING === #

    def action_undo(self):
        """Part what was joined, as it was; what was written since stays with its conversation.

        :return: action that opens the ticket that is there again
        :rtype: dict | None
        :raise UserError: somebody has changed since what belongs together
        """
        new = self.env["crm.ticket"]
        # sudo: see _undo
        if self.sudo().try_lock_for_update().ids != self.ids:
            raise UserError(self.env._("Somebody else is parting them right now."))
        for join in self:
            new = join._undo() or new
        return new._action_open() if new else None

    def _undo(self):
        """:return: the ticket that is there again; empty when there is nothing left to part
        :rtype: crm.ticket
        """
        self.ensure_one()
        # sudo: whoever may change the ticket may part it
        join_sudo = self.sudo()
        join_sudo.case_id.with_env(self.env).check_access("write")
        if join_sudo.state != "joined":
            raise UserError(self.env._("This was parted already."))
        if join_sudo.merge_id:
            new = self._undo_merge(join_sudo)
        else:
            new = self._undo_open(join_sudo)
        join_sudo.write(
            {"state": "undone", "ended_by_id": self.env.uid, "ended": fields.Datetime.now()}
        )
        return new

    def _undo_merge(self, join_sudo):
        # what is remembered of it is written here
        log = join_sudo.merge_id.with_env(self.env).with_context(omni_join_undo=True)
        log.action_undo()
        return join_sudo.other_case_id.with_env(self.env)

    def _undo_open(self, join_sudo):
        """A conversation gets a ticket of its own, or none when it had none; the one it had joined
        is as if it had not."""
        conversation_sudo = join_sudo.conversation_id
        case = join_sudo.case_id._final().with_env(self.env)
        if conversation_sudo.ticket_id != case:
            raise UserError(
                self.env._(
                    "The conversation is in %(ticket)s now: somebody has moved it.",
                    ticket=conversation_sudo.ticket_id.display_name or self.env._("no ticket"),
                )
            )
        case.check_access("write")
        snapshot = join_sudo.snapshot or {}
        orders = case.order_ids.browse(snapshot.get("orders", ())).exists() & case.order_ids
        if snapshot.get("was_alone"):
            new = self.env["crm.ticket"]
            conversation_sudo._set_case(new)
            self._note_parted(case, join_sudo, orders, conversation_sudo.channel_id.name)
            return new
        # sudo: what else there is, whoever may read it
        others_sudo = case.sudo().conversation_ids - conversation_sudo
        if not others_sudo and case == join_sudo.case_id:
            # what it had joined is gone: there is nothing left to part it from
            return self.env["crm.ticket"]
        inbox = self.env["omni.inbox"]
        values = inbox._split_values(case, conversation_sudo)
        values |= {
            "origin_channel_id": conversation_sudo.channel_id.id,
            "order_ids": [Command.set(orders.ids)],
            "phone": conversation_sudo.identity_id.phone,
        }
        new = self.env["crm.ticket"].create(values)
        conversation_sudo._set_case(new)
        new._omni_recount()
        self._note_parted(case, join_sudo, orders, new.number)
        return new

    def _note_parted(self, case, join_sudo, orders, name):
        """:param str name: of what is no longer in the ticket"""
        case._omni_unjoin(join_sudo, orders)
        case._message_log(body=self.env._("%(ticket)s was parted from this ticket.", ticket=name))


class OmniJoinTurn(models.Model):
    """Customers of whom a ticket is being opened: see `omni.join._take_turn`."""

    _name = "omni.join.turn"
    _description = "Turn to Open a Ticket"
    _log_access = False

    # no foreign key: it is no matter of the contact, and merging contacts has nothing to do with it
    customer = fields.Integer(required=True)
    taken = fields.Datetime()

    _customer_uniq = models.UniqueIndex("(customer)")

    @api.autovacuum
    def _gc(self):
        self.search([("taken", "<", "-1d")], limit=10_000).unlink()
