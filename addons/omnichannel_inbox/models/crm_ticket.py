from datetime import datetime

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_duration

from ..identity import order_numbers
from .omni_message import GONE_OUT

#: Points of a customer who waits in a chat: minutes there are hours in a mail.
CHAT_POINTS = 30
#: Points per minute of waiting in a chat, and at most.
PER_MINUTE = 2
CHAT_WAITING_MAX = 40
#: Points of a customer who comes before others.
KEY_ACCOUNT_POINTS = 20
#: Points when the time in which the channel allows an answer is nearly over, and how near that is.
WINDOW_POINTS = 40
WINDOW_HOURS = 4
#: Messages looked through for numbers of orders.
MESSAGE_LIMIT = 100


class CrmTicket(models.Model):
    """Tickets as what conversations are about."""

    _name = "crm.ticket"
    _inherit = ["crm.ticket", "omni.case.mixin"]

    origin_channel_id = fields.Many2one(
        "omni.channel",
        "Came In By",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
    )
    omni_join_count = fields.Integer("Joined", compute="_compute_omni_join_count")

    # === CRUD METHODS === #

    def unlink(self):
        """Override: conversations of a ticket that is gone are the customer's history."""
        # sudo: they belong to the ticket, whoever may see them
        conversations_sudo = self.sudo().conversation_ids
        res = super().unlink()
        conversations_sudo.exists().write({"case_model": False, "case_id": False})
        return res

    # === CASE === #

    @api.model
    def _case_prepare(self, conversation, inbound):
        """Override: who wrote, and who takes care of it."""
        channel, identity = conversation.channel_id, conversation.identity_id
        partner = conversation.partner_id
        values = {
            **super()._case_prepare(conversation, inbound),
            "company_id": channel.company_id.id,
            "team_id": channel.team_id.id,
            "origin_channel_id": channel.id,
            "partner_id": partner.id,
            "partner_name": identity.name or partner.name,
            "email_from": identity.email or partner.email,
        }
        if identity.phone:
            values["phone"] = identity.phone
        return values

    def _case_customer_wrote(self, message):
        """Override: it is our turn, or the request is taken up in another ticket."""
        super()._case_customer_wrote(message)
        return self._customer_wrote(message.sent, automatic=message.is_automatic)

    def _case_answered(self, message):
        """Override: it is the customer's turn."""
        conversation = message.conversation_id
        ticket = self.with_context(omni_answered_in=conversation.id)
        ticket._answered(message.sent, message.user_id)
        # sudo: what one answer answers, wherever it is
        too_sudo = self.sudo().conversation_ids.filtered(
            lambda one: one.answered_by_id == message.sudo()
        )
        if too_sudo:
            self._note_answered_too(message.sudo(), too_sudo)
        return super()._case_answered(message)

    def _case_partner_changed(self, old, partner, identity):
        """Override: tickets without customer, or with the one it turned out not to be, follow; so
        do the orders, which are nobody else's to see."""
        res = super()._case_partner_changed(old, partner, identity)
        for ticket in self:
            if ticket.partner_id and ticket.partner_id != old:
                continue
            values = {"partner_id": partner.id}
            if old and ticket.order_ids:
                family = partner.commercial_partner_id
                strange = ticket.order_ids.filtered(
                    lambda order, family=family: order.partner_id.commercial_partner_id != family
                )
                values["order_ids"] = [fields.Command.unlink(order.id) for order in strange]
            ticket.write(values)
            if partner:
                ticket._add_named_orders()
        return res

    def _add_named_orders(self):
        """Add the orders of the customer, or of his company, that he has named."""
        self.ensure_one()
        # sudo: what was written counts, wherever it was
        messages_sudo = self.sudo().conversation_ids.omni_message_ids
        numbers = set()
        for message in messages_sudo.filtered(lambda one: one.direction == "in")[:MESSAGE_LIMIT]:
            texts = (message.subject or "", message.text_body or "")
            numbers.update(order_numbers.candidates(*texts))
        orders_sudo = self.env["sale.order"].sudo()
        family = self.partner_id.commercial_partner_id
        for found in orders_sudo._omni_by_number(numbers, self.company_id).values():
            orders_sudo |= found.filtered(
                lambda order: order.partner_id.commercial_partner_id == family
            )
        if orders_sudo - self.order_ids:
            self.write({"order_ids": [fields.Command.link(order.id) for order in orders_sudo]})

    def _case_conversations_changed(self):
        """Override: how the customer wrote has a part in the urgency."""
        res = super()._case_conversations_changed()
        self.env.add_to_compute(self._fields["priority_score"], self)
        self.env.add_to_compute(self._fields["priority_reasons"], self)
        return res

    def _case_changed(self, kind="message"):
        """Override: what was to leave later stays when somebody has written; open inboxes are
        told."""
        if kind == "message":
            self.env["omni.message"]._hold_back(self)
        self.env["omni.inbox"]._changed(self, kind)
        return super()._case_changed(kind)

    def _oldest_unanswered(self, when):
        """Override of `crm_ticket`: conversations know every message. Who is answered in one of
        them still waits in the others, unless it is the same address of his, or somebody says that
        it is answered there too."""
        if not self.conversation_ids:
            return super()._oldest_unanswered(when)
        # sudo: what the customer wrote counts, wherever he wrote it
        conversations_sudo = self.sudo().conversation_ids.filtered(
            lambda one: not one.is_open_there
        )
        answered_sudo = conversations_sudo.browse(self.env.context.get("omni_answered_in"))
        others_sudo = conversations_sudo.browse()
        if answered_sudo and self.waiting_since:
            others_sudo = conversations_sudo.filtered(
                lambda one: one.identity_id != answered_sudo.identity_id
            )
        # sudo: see above
        message_sudo = self.env["omni.message"].sudo()
        message_sudo = message_sudo.search(
            [
                ("conversation_id", "in", (conversations_sudo - others_sudo).ids),
                ("direction", "=", "in"),
                ("is_automatic", "=", False),
                ("sent", ">", when),
            ],
            order="sent, sequence, id",
            limit=1,
        )
        dates = [message_sudo.sent] if message_sudo else []
        # what was written before he began to wait was settled otherwise
        dates += [
            since
            for since in others_sudo._unanswered_since().values()
            if since >= self.waiting_since
        ]
        return min(dates, default=False)

    # === ONE CUSTOMER, ALL CHANNELS === #

    def _omni_recount(self):
        """Take over from the conversations when the customer and we wrote, for a ticket that was
        just made of them; its clocks start with the oldest message that waits."""
        self.ensure_one()
        # sudo: how a ticket stands follows from all that was written, whoever looks
        conversations_sudo = self.sudo().conversation_ids
        self.env["omni.message"].flush_model()
        [(first_in, last_in, first_out, last_out)] = self.env.execute_query(
            SQL(
                """
                SELECT MIN(sent) FILTER (WHERE direction = 'in'),
                       MAX(sent) FILTER (WHERE direction = 'in'),
                       MIN(sent) FILTER (WHERE direction = 'out' AND state IN %(gone)s),
                       MAX(sent) FILTER (WHERE direction = 'out' AND state IN %(gone)s)
                  FROM omni_message
                 WHERE conversation_id IN %(ids)s AND is_automatic IS NOT TRUE
                """,
                ids=conversations_sudo._ids or (0,),
                gone=tuple(GONE_OUT),
            )
        )
        since = min(conversations_sudo._unanswered_since().values(), default=False)
        self.write(
            {
                "first_customer_date": first_in or False,
                "last_customer_date": last_in or False,
                "first_answer_date": first_out or False,
                "last_answer_date": last_out or False,
                "waiting_since": since,
            }
        )
        if since:
            self._sla_start("next_answer" if first_out else "first_answer", since)

    def _omni_recount_waiting(self):
        """Look again at who waits: something was said to be answered, or is so no longer."""
        for ticket in self.filtered(lambda one: one.waiting_since and one.conversation_ids):
            # sudo: see `_omni_recount`
            since = ticket.sudo().conversation_ids._unanswered_since().values()
            waiting = min((one for one in since if one >= ticket.waiting_since), default=False)
            if waiting != ticket.waiting_since:
                ticket.waiting_since = waiting
            if not waiting:
                ticket._sla_end(("first_answer", "next_answer"), fields.Datetime.now())

    def _omni_unjoin(self, join, orders):
        """A conversation that had come to the ticket is gone: the ticket is as if it had not come,
        but for what somebody changed since.

        :param join: `omni.join`, sudo
        :param orders: `sale.order` that had come with it
        """
        self.ensure_one()
        # sudo: how a ticket stands follows from what was written, whoever parts it
        ticket_sudo = self.sudo()
        if orders:
            ticket_sudo.write({"order_ids": [fields.Command.unlink(one.id) for one in orders]})
        snapshot = join.snapshot or {}
        if not snapshot or self.id != join.case_id.id:
            ticket_sudo._omni_recount_waiting()
            return
        before, merged = snapshot["target"]["values"], snapshot["merged"]["values"]
        present = ticket_sudo._merge_values()["values"]
        ticket_sudo._merge_write(
            {
                name: value
                for name, value in before.items()
                if merged[name] != value and present[name] == merged[name]
            }
        )
        ticket_sudo._merge_restore_clocks(
            {"source": {"sla": {}}, "target": snapshot["target"], "merged": snapshot["merged"]}
        )
        ticket_sudo._omni_written_since(join, before)

    def _omni_written_since(self, join, before):
        """Take over what was written since a join in the conversations that stay; what was written
        in the one that is gone is no longer that of this ticket.

        :param join: `omni.join`
        :param dict before: values of the ticket before it
        """
        self.ensure_one()
        told = {"in": [], "out": []}
        for message in self.env["omni.message"].search(
            Domain("conversation_id", "in", self.conversation_ids.ids)
            & Domain("create_date", ">=", join.create_date)
            & Domain("is_automatic", "=", False)
            & Domain("state", "in", ("received", *GONE_OUT)),
            order="sent",
        ):
            told[message.direction].append(message.sent)
        dates = {
            name: fields.Datetime.to_datetime(before[name] or None)
            for name in ("last_customer_date", "last_answer_date", "first_answer_date")
        }
        last, answered, first = dates.values()
        values = {
            "last_customer_date": max(filter(None, (last, *told["in"][-1:])), default=False),
            "last_answer_date": max(filter(None, (answered, *told["out"][-1:])), default=False),
            "first_answer_date": min(filter(None, (first, *told["out"][:1])), default=False),
        }
        self._write_quietly({name: at for name, at in values.items() if self[name] != at})
        waits = [at for at in told["in"] if at > (values["last_answer_date"] or datetime.min)]
        waits = [at for at in waits if not last or at > last]
        if waits and self.state != "done":
            self._customer_wrote(waits[0])

    def _note_answered_too(self, message, conversations):
        """Note in the ticket what was said where, and what that answers.

        :param message: `omni.message`, sudo
        :param conversations: `omni.conversation` that it answers too, sudo
        """
        self.ensure_one()
        # it may be noted by a job, which has neither language nor time zone
        inbox = self.env["omni.inbox"]
        if user := message.user_id:
            inbox = inbox.with_context(lang=user.lang, tz=user.tz)
        body = inbox._answered_note(message, conversations)
        # sudo: a note of the inbox, for whoever sees the ticket
        self.sudo().message_post(
            body=body,
            subtype_xmlid="mail.mt_note",
            author_id=(message.user_id.partner_id or self.env.user.partner_id).id,
        )

    # === JOINS === #

    def _compute_omni_join_count(self):
        # sudo: whoever sees the ticket sees what was joined in it
        groups = (
            self.env["omni.join"]
            .sudo()
            ._read_group(
                [("case_id", "in", self.ids), ("state", "=", "joined")], ["case_id"], ["__count"]
            )
        )
        counts = {case.id: count for case, count in groups}
        for ticket in self:
            ticket.omni_join_count = counts.get(ticket._origin.id, 0)

    def action_omni_joins(self):
        """Show what was joined in the ticket; each can be undone there.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("omnichannel_inbox.omni_join_action")
        action["domain"] = [("case_id", "=", self.id)]
        action["context"] = {}
        action.pop("path", None)
        return action

    # === MERGE === #

    @api.model
    def _merge_move(self, source, target):
        """Override of `crm_ticket`: conversations go along, whole."""
        moved = super()._merge_move(source, target)
        # sudo: they belong to the ticket, whoever may see them
        conversations_sudo = source.sudo().conversation_ids
        moved["conversations"] = conversations_sudo.ids
        conversations_sudo.write({"case_id": target.id})
        return moved

    def _merge_restore(self, log):
        """Override of `crm_ticket`: conversations come back, with what was written since."""
        res = super()._merge_restore(log)
        # those that are there still
        moved = log.snapshot["moved"].get("conversations", ())
        # sudo: what had come with a ticket goes with it, whoever parts them; that he may is checked
        # by `crm_ticket`
        conversations_sudo = log.target_id.sudo().conversation_ids.filtered(
            lambda one: one.id in moved
        )
        conversations_sudo.write({"case_id": self.id})
        since = conversations_sudo.omni_message_ids.search(
            Domain("conversation_id", "in", conversations_sudo.ids)
            & Domain("create_date", ">", log.create_date),
            order="sent, sequence, id",
        )
        for message in since:
            if message.direction == "out" and message.state in ("sent", "delivered", "read"):
                self._case_answered(message)
            elif message.direction == "in" and not message.is_automatic:
                self._case_customer_wrote(message)
        return res

    # === URGENCY === #

    @api.depends("origin_channel_id", "partner_id")
    def _compute_priority_score(self):
        """Override of `crm_ticket`: the channel counts, and who it is."""
        return super()._compute_priority_score()

    def _refresh_priority(self):
        """Override of `crm_ticket`: open inboxes sort anew."""
        changed = super()._refresh_priority()
        self.env["omni.inbox"]._changed(changed, "state")
        return changed

    def _priority_parts(self):
        """Override of `crm_ticket`: chat before mail, before the channel closes, and who comes
        before others."""
        parts = super()._priority_parts()
        # sudo: who the customer is counts, whoever looks
        if self.sudo().partner_id._is_key_account():
            parts.append(("key_account", KEY_ACCOUNT_POINTS, {}))
        if not self.waiting_since:
            return parts
        # sudo: how the customer wrote counts, whoever looks
        ticket_sudo = self.sudo()
        waiting = ticket_sudo.conversation_ids.filtered(lambda one: one._waits())
        channels = waiting.channel_id
        if not ticket_sudo.conversation_ids:
            channels = ticket_sudo.origin_channel_id
        chat = channels.filtered(lambda channel: channel._queue_kind() == "chat")[:1]
        if chat:
            parts.append(("chat", CHAT_POINTS, {"channel": chat.name}))
            waited = fields.Datetime.now() - self.waiting_since
            # beyond what counts it is no other reason
            most = CHAT_WAITING_MAX // PER_MINUTE
            if (minutes := min(int(waited.total_seconds() / 60), most)) > 0:
                parts.append(("chat_waiting", minutes * PER_MINUTE, {"minutes": minutes}))
        hours = waiting._hours_left()
        if hours is not None and hours <= WINDOW_HOURS:
            parts.append(("window", WINDOW_POINTS, {"minutes": _rounded(hours * 60)}))
        return parts

    def _priority_reason_text(self, code, params):
        """Override of `crm_ticket`."""
        if code == "chat":
            return self.env._("Waits in a chat")
        if code == "chat_waiting":
            minutes = params["minutes"]
            if minutes >= CHAT_WAITING_MAX // PER_MINUTE:
                return self.env._("In the chat for more than %(minutes)s min", minutes=minutes)
            return self.env._("In the chat for %(minutes)s min", minutes=minutes)
        if code == "window":
            # as they were kept before
            minutes = params.get("minutes", 60 * params.get("hours", 0))
            return self.env._(
                "Can be answered for %(time)s more", time=format_duration(minutes / 60)
            )
        if code == "key_account":
            return self.env._("Key account")
        return super()._priority_reason_text(code, params)


def _rounded(minutes):
    """Minutes that are left, as coarse as they are many: rows do not change every few minutes.

    :rtype: int
    """
    step = 5 if minutes < 60 else 30
    return int(minutes // step * step)
