from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from .omni_inbox import CASE_MODEL
from .omni_message import GONE_OUT

#: How much older another request may be to be shown beside one.
SUGGESTED_DAYS = 7
#: Other requests shown beside one.
SUGGESTED_LIMIT = 5
#: Orders that somebody says are his, shown.
ORDER_LIMIT = 5
#: Characters of what was written in a note, or beside a question.
QUOTE_LENGTH = 160


class OmniInbox(models.AbstractModel):
    """One customer on several channels: what was joined and why, what else he writes, and what one
    answer answers at once."""

    _inherit = "omni.inbox"

    # === RPC === #

    @api.model
    @api.readonly
    def get_joins(self, case_id):
        """What was joined in a ticket, and what might be.

        :return: ``{"joined": [{"id", "text", "reasons", "date", "conversation_id", "can_undo"}],
            "suggested": [{"case_id", "number", "subject", "channels", "customer", "reasons",
            "date", "preview"}], "orders": [{"id", "name", "customer", "state", "is_certain",
            "reasons"}]}``
        :rtype: dict
        """
        return self._joins_data(self._case(case_id))

    @api.model
    def join(self, case_id, other_case_id):
        """Make one ticket of two; the one with the older number stays.

        :return: ``{"message", "undo", "ids"}``, the ticket that stays first
        :rtype: dict
        """
        one, other = self._two_cases(case_id, other_case_id)
        join = self.env["omni.join"]._merge(one, other, self._by_hand(), self.env.user)
        # sudo: the two tickets that were checked above
        target, source = join.sudo().case_id, join.sudo().other_case_id
        text = self.env._(
            "%(ticket)s is part of %(target)s now.", ticket=source.number, target=target.number
        )
        return self._joined_answer(text, "join", join, [target.id, source.id])

    @api.model
    def reject_join(self, case_id, other_case_id):
        """Two tickets are not of one customer: it is not asked again.

        :return: ``{"message", "undo", "ids"}``
        :rtype: dict
        """
        one, other = self._two_cases(case_id, other_case_id)
        join = self.env["omni.join"]._refuse(one, other)
        text = self.env._("%(one)s and %(other)s stay apart.", one=one.number, other=other.number)
        return self._joined_answer(text, "reject_join", join, [one.id, other.id])

    @api.model
    def undo_join(self, join_id):
        """Part what was joined. It is not joined by itself again.

        :return: ``{"message", "undo", "ids"}``: the ticket that stays, and the one that is back
        :rtype: dict
        """
        join = self._join(join_id)
        # sudo: only to know which ticket it is; what is done with it is checked by `_undo`
        case = join.sudo().case_id._final().with_env(self.env)
        new = join._undo()
        # sudo: by what channels a ticket came is shown with it
        conversation_sudo = join.sudo().conversation_id
        out = new.number
        if not new and conversation_sudo.ticket_id != case:
            out = conversation_sudo.channel_id.name
        text = (
            self.env._("%(new)s was taken out of %(old)s.", new=out, old=case.number)
            if out
            else self.env._("There was nothing left to part.")
        )
        self._changed(case | new, "state")
        return {"message": text, "undo": False, "ids": (case | new).ids}

    @api.model
    def split(self, case_id, conversation_ids):
        """Override: whoever takes them apart says that they are not one: that is remembered."""
        answer = super().split(case_id, conversation_ids)
        case, new = (self._case(id_) for id_ in answer["ids"])
        self.env["omni.join"]._refuse(case, new)
        self._joins_split(case, self._conversations(new).ids, "joined").write(
            {"state": "undone", "ended_by_id": self.env.uid, "ended": fields.Datetime.now()}
        )
        return answer

    @api.model
    def _joins_split(self, case, conversation_ids, state):
        """Joins by which conversations had come to a ticket that they were taken out of.

        :rtype: recordset of `omni.join`, sudo
        """
        # sudo: a join is written by the inbox; that the user may change the ticket is checked
        return (
            self.env["omni.join"]
            .sudo()
            .search(
                [
                    ("state", "=", state),
                    ("merge_id", "=", False),
                    ("case_id", "=", case.id),
                    ("conversation_id", "in", conversation_ids),
                ]
            )
        )

    @api.model
    def mark_answered(self, case_id, conversation_ids, message_id):
        """What was said in one conversation answers others of the ticket too.

        :param int message_id: `omni.message` of the ticket that answers them
        :return: ``{"message", "undo", "ids"}``
        :rtype: dict
        """
        case = self._case(case_id, "write")
        there = self._conversations(case)
        message = self._message(message_id, "write")
        wanted = {int(id_) for id_ in conversation_ids}
        others = there.filtered(lambda one: one.id in wanted) - message.conversation_id
        if message.conversation_id not in there or message.direction != "out" or not others:
            raise UserError(self.env._("Choose an answer of this ticket, and what it answers too."))
        self._mark_answered(case, others, message)
        self._changed(case, "state")
        # sudo: the name of the channel of a message that the user sees
        return {
            "message": self.env._(
                "Answered on %(channel)s.", channel=message.channel_id.sudo().name
            ),
            "undo": False,
            "ids": case.ids,
        }

    # === WHAT WAS JOINED === #

    @api.model
    def _joins_data(self, case):
        """See :meth:`get_joins`.

        :param case: `crm.ticket` that the user may read
        :rtype: dict
        """
        return {
            "joined": self._joined_data(case),
            "suggested": self._suggested_data(case),
            "orders": self._claimed_orders_data(case),
        }

    @api.model
    def _joined_data(self, case):
        # sudo: whoever sees the ticket sees what was joined in it
        joins_sudo = (
            self.env["omni.join"]
            .sudo()
            .search(
                Domain("state", "=", "joined")
                & (
                    Domain("conversation_id.ticket_id", "=", case.id)
                    # a ticket without any was joined
                    | (Domain("case_id", "=", case.id) & Domain("conversation_id", "=", False))
                )
            )
        )
        can_undo = case.has_access("write")
        return [
            {
                "id": join.id,
                "text": self._joined_text(join),
                "reasons": join._reason_texts(),
                "date": self._iso(join.date),
                "conversation_id": join.conversation_id.id,
                "can_undo": can_undo,
            }
            for join in joins_sudo
        ]

    @api.model
    def _joined_text(self, join):
        """:return: what was joined, in a few words; whose it is where the reasons do not say it"""
        named = {one.get("partner") for one in join.reasons or []}
        if not join.other_case_id and join.conversation_id.identity_id.partner_id.id in named:
            return join.conversation_id.channel_id.name
        values = {
            "channel": join.conversation_id.channel_id.name or join.other_case_id.number or "",
            "who": join.conversation_id.identity_id.display_name or "",
            "number": join.other_case_id.number or "",
        }
        if join.other_case_id:
            return self.env._("%(number)s, %(channel)s: %(who)s", **values)
        return self.env._("%(channel)s: %(who)s", **values)

    @api.model
    def _join(self, join_id):
        """A join of a ticket that the user may change.

        :rtype: omni.join
        :raise AccessError: he may not
        """
        self._check_user()
        # sudo: whoever may change the ticket may part it; locked until that is done
        join_sudo = self.env["omni.join"].sudo().browse(int(join_id)).try_lock_for_update()
        if not join_sudo:
            raise UserError(self.env._("This was parted already."))
        self._cases(join_sudo.case_id._final().ids, "write")
        return join_sudo.with_env(self.env)

    @api.model
    def _two_cases(self, case_id, other_case_id):
        """:return: two different tickets that the user may change
        :rtype: tuple[crm.ticket, crm.ticket]
        """
        cases = self._cases([case_id, other_case_id], "write")
        if len(cases) != 2:
            raise UserError(self.env._("Choose another ticket."))
        return cases[0], cases[1]

    @api.model
    def _by_hand(self):
        """:return: why a person joins something"""
        date = fields.Date.to_string(fields.Date.context_today(self))
        return [{"code": "by_hand", "user": self.env.uid, "date": date}]

    @api.model
    def _bring(self, conversation, case):
        """Put a conversation without a ticket into one that the user may change.

        :return: ``{"message", "undo", "ids"}``
        :rtype: dict
        """
        join = self.env["omni.join"]._bring(conversation, case, self._by_hand(), self.env.user)
        text = self.env._("The chat is in %(ticket)s now.", ticket=case.number or "")
        return self._joined_answer(text, "join", join, case.ids)

    @api.model
    def _joined_answer(self, text, kind, join, ids):
        token = self.env["omni.undo"]._remember(kind, text, {"join": join.id, "ids": ids})
        self._changed(self.env[CASE_MODEL].browse(ids), "state")
        return {"message": text, "undo": token, "ids": ids}

    @api.model
    def _undo_join(self, before):
        """Part what was joined by hand just now: nothing is remembered of it."""
        cases = self._cases(before["ids"])
        join = self._join(before["join"])
        join._undo()
        # sudo: as if it had never been
        join.sudo().unlink()
        return cases

    @api.model
    def _undo_split(self, before):
        """Override: they are one again."""
        cases = super()._undo_split(before)
        # sudo: see _undo_join
        self.env["omni.join"].sudo().search(
            [
                ("state", "=", "rejected"),
                ("case_id", "=", before["case"]),
                ("other_case_id", "=", before["new"]),
            ]
        ).unlink()
        case = self._case(before["case"])
        self._joins_split(case, before["conversations"], "undone").write(
            {"state": "joined", "ended_by_id": False, "ended": False}
        )
        return cases

    @api.model
    def _undo_reject_join(self, before):
        """Ask again."""
        cases = self._cases(before["ids"], "write")
        # sudo: see _undo_join
        self.env["omni.join"].sudo().browse(before["join"]).exists().unlink()
        return cases

    # === WHAT ELSE HE WRITES === #

    @api.model
    def _suggested_data(self, case):
        """Other requests that may be the same customer's, with what speaks for it."""
        if case.merged_into_id or not case.active:
            return []
        found = self._suggested(case)
        conversations = self._conversations(case)
        reasons = {other: self._suggested_reasons(case, conversations, other) for other in found}
        return [
            {
                "case_id": other.id,
                "number": other.number,
                "subject": other.name,
                # sudo: as everywhere, by what channels a ticket came is shown with it
                "channels": [
                    self._channel_data(channel)
                    for channel in other.sudo().conversation_ids.channel_id
                ],
                "customer": self._customer_name(other),
                "reasons": self.env["omni.join"]._reason_texts(reasons[other]),
                "date": self._iso(other.inbox_date or other.create_date),
                # what we have said there is not what he writes
                "preview": (
                    other.name if other.inbox_direction == "out" else other.inbox_preview or ""
                ),
            }
            for other in found.filtered(lambda one: reasons[one])
        ]

    @api.model
    def _suggested(self, case):
        """Open tickets that the user sees, and that may be the same customer's.

        :rtype: recordset of `crm.ticket`
        """
        identities = self._conversations(case).identity_id
        domains = []
        # sudo: who it may be; what is shown of it are tickets that the user sees
        case_sudo = case.sudo()
        partners = case_sudo.partner_id | identities.partner_id | _suggested_partners(identities)
        families = partners.commercial_partner_id
        if families:
            domains.append(Domain("partner_id.commercial_partner_id", "in", families.ids))
        others = self._others_alike(identities, partners)
        if others:
            domains.append(Domain("conversation_ids.identity_id", "in", others.ids))
        if not domains:
            return case.browse()
        since = (case.inbox_date or fields.Datetime.now()) - timedelta(days=SUGGESTED_DAYS)
        found = self.env[CASE_MODEL].search(
            Domain.OR(domains)
            & Domain("id", "!=", case.id)
            & Domain("company_id", "=", case.company_id.id)
            & Domain("state", "in", ("open", "waiting"))
            & Domain("is_spam", "=", False)
            & Domain("inbox_date", ">=", since),
            order="inbox_date DESC, id DESC",
            limit=2 * SUGGESTED_LIMIT,
        )
        # what was only parted can be joined again, with one click
        # sudo: what somebody has kept apart stays apart for everybody
        refused = self.env["omni.join"].sudo()._refused_pairs(identities, ("rejected",))
        return found.filtered(
            lambda other: (
                not any(
                    frozenset((mine, theirs)) in refused
                    for mine in identities.ids
                    for theirs in other.sudo().conversation_ids.identity_id.ids
                )
            )
        )[:SUGGESTED_LIMIT]

    @api.model
    def _others_alike(self, identities, partners):
        """Identities that may be the same person.

        :param identities: `omni.identity`, sudo
        :param partners: `res.partner` that they are, or may be
        :rtype: recordset of `omni.identity`, sudo
        """
        keys = {key for identity in identities for key in identity._email_keys()}
        domains = []
        if keys:
            domains.append(Domain("email_key", "in", list(keys)))
        if partners:
            domains.append(
                Domain(
                    "suggestion_ids",
                    "any",
                    [("partner_id", "in", partners.ids), ("state", "=", "open")],
                )
            )
        if not domains:
            return identities.browse()
        return (
            identities.search(
                Domain.OR(domains)
                & Domain("company_id", "in", identities.company_id.ids or [False])
                & Domain("id", "not in", identities.ids),
                order="last_seen DESC",
                limit=50,
            )
            if identities
            else identities
        )

    @api.model
    def _suggested_reasons(self, case, conversations, other):
        """What speaks for it that two tickets are of one customer.

        :param conversations: of the first, sudo
        :rtype: list[dict]
        """
        # sudo: see _suggested
        one, two = case.sudo(), other.sudo()
        mine, theirs = conversations.identity_id, two.conversation_ids.identity_id
        reasons = []
        if one.partner_id and one.partner_id == two.partner_id:
            reasons.append({"code": "same_customer", "partner": one.partner_id.id})
        elif one.partner_id and (
            one.partner_id.commercial_partner_id == two.partner_id.commercial_partner_id
        ):
            family = one.partner_id.commercial_partner_id
            reasons.append({"code": "same_company", "partner": family.id})
        else:
            maybe = (one.partner_id | _suggested_partners(mine)) & (
                two.partner_id | _suggested_partners(theirs)
            )
            reasons += [{"code": "maybe_customer", "partner": each.id} for each in maybe[:2]]
        for code, kind in (("same_email", "email"), ("same_phone", "phone")):
            said = mine._said(kind) & theirs._said(kind)
            reasons += [{"code": code, "said": value} for value in sorted(said)[:1]]
        orders = (one.order_ids & two.order_ids).mapped("name")
        orders += sorted(mine._said("order") & theirs._said("order"))
        reasons += [{"code": "same_order", "said": name} for name in dict.fromkeys(orders[:1])]
        return reasons

    @api.model
    def _claimed_orders_data(self, case):
        """Orders that whoever writes says are his: for whoever answers, who is told how sure that
        is, and tells nothing of them as long as it is not."""
        identities = self._conversations(case).identity_id
        numbers = {number for kind in ("order", "purchase") for number in identities._said(kind)}
        if not numbers:
            return []
        # sudo: that there is such an order is known to whoever sees the ticket, as everywhere
        found = self.env["sale.order"].sudo()._omni_by_number(numbers, case.company_id)
        family = case.sudo().partner_id.commercial_partner_id
        orders = self.env["sale.order"].sudo().union(*found.values()) - case.sudo().order_ids
        data = []
        for order in orders[:ORDER_LIMIT]:
            is_his = bool(family) and order.partner_id.commercial_partner_id == family
            data.append(
                {
                    **self._order_data(order),
                    "customer": order.partner_id.display_name,
                    "is_certain": is_his,
                    "reasons": [
                        self.env._("Order of the customer, named by him")
                        if is_his
                        else self.env._("Named by whoever writes; it is not certain that it is his")
                    ],
                }
            )
        return data

    # === ANSWERED ELSEWHERE === #

    @api.model
    def _mark_answered(self, case, conversations, message):
        """Conversations are answered by a message in another one; noted when it has left.

        :param case: `crm.ticket`
        :param conversations: `omni.conversation`, sudo
        :param message: `omni.message` of the ticket, sudo
        """
        conversations.write({"answered_by_id": message.id})
        if message.state in GONE_OUT:
            case._note_answered_too(message, conversations)
            case._omni_recount_waiting()

    @api.model
    def _answered_note(self, message, conversations):
        """:return: what was said where, and what that answers
        :rtype: str
        """
        channels = ", ".join(dict.fromkeys(conversations.channel_id.mapped("name")))
        words = " ".join((message.text_body or "").split())
        if len(words) > QUOTE_LENGTH:
            words = f"{words[:QUOTE_LENGTH].rstrip()}…"
        return self.env._(
            "%(others)s: answered on %(channel)s, %(date)s: “%(text)s”",
            others=channels,
            channel=message.channel_id.name,
            date=format_datetime(
                self.env, message.sent, tz=self.env.context.get("tz"), dt_format="short"
            ),
            text=words,
        )


def _suggested_partners(identities):
    """Contacts that somebody may be.

    :param identities: `omni.identity`, sudo
    :rtype: recordset of `res.partner`
    """
    rows = identities.suggestion_ids.filtered(lambda row: row.state == "open")
    return rows.partner_id
