from odoo import api, fields, models

from ..identity import order_numbers

#: Points of a customer who waits in a chat: minutes there are hours in a mail.
CHAT_POINTS = 30
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
        self._answered(message.sent, message.user_id)
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
        """Override: open inboxes are told."""
        self.env["omni.inbox"]._changed(self, kind)
        return super()._case_changed(kind)

    def _oldest_unanswered(self, when):
        """Override of `crm_ticket`: conversations know every message."""
        if not self.conversation_ids:
            return super()._oldest_unanswered(when)
        # sudo: what the customer wrote counts, wherever he wrote it
        message = (
            self.env["omni.message"]
            .sudo()
            .search(
                [
                    ("conversation_id", "in", self.sudo().conversation_ids.ids),
                    ("direction", "=", "in"),
                    ("is_automatic", "=", False),
                    ("sent", ">", when),
                ],
                order="sent, sequence, id",
                limit=1,
            )
        )
        return message.sent

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
        conversations_sudo = (
            self.env["omni.conversation"]
            .sudo()
            .browse(log.snapshot["moved"].get("conversations", ()))
            .exists()
            .filtered(lambda one: (one.case_model, one.case_id) == (self._name, log.target_id.id))
        )
        conversations_sudo.write({"case_id": self.id})
        since = conversations_sudo.omni_message_ids.filtered(
            lambda message: message.create_date > log.create_date
        )
        for message in since.sorted(lambda message: (message.sent, message.sequence, message.id)):
            if message.direction == "out" and message.state in ("sent", "delivered", "read"):
                self._case_answered(message)
            elif message.direction == "in" and not message.is_automatic:
                self._case_customer_wrote(message)
        return res

    # === URGENCY === #

    @api.depends("origin_channel_id")
    def _compute_priority_score(self):
        """Override of `crm_ticket`: the channel counts."""
        return super()._compute_priority_score()

    def _priority_parts(self):
        """Override of `crm_ticket`: chat before mail, and before the channel closes."""
        parts = super()._priority_parts()
        if not self.waiting_since:
            return parts
        # sudo: how the customer wrote counts, whoever looks
        ticket_sudo = self.sudo()
        channels = ticket_sudo.origin_channel_id | ticket_sudo.conversation_ids.channel_id
        chat = channels.filtered(lambda channel: channel._queue_kind() == "chat")[:1]
        if chat:
            parts.append(("chat", CHAT_POINTS, {"channel": chat.name}))
        hours = ticket_sudo._hours_left()
        if hours is not None and hours <= WINDOW_HOURS:
            parts.append(("window", WINDOW_POINTS, {"hours": max(0, round(hours, 1))}))
        return parts

    def _hours_left(self):
        """How long a channel still allows an answer; None when it always does.

        :rtype: float | None
        """
        now = fields.Datetime.now()
        left = []
        for conversation in self.conversation_ids:
            window = conversation.channel_id._capabilities().reply_window
            if window and conversation.last_direction == "in" and conversation.last_customer_date:
                end = conversation.last_customer_date + window
                if end > now:
                    left.append((end - now).total_seconds() / 3600)
        return min(left, default=None)

    def _priority_reason_text(self, code, params):
        """Override of `crm_ticket`."""
        if code == "chat":
            return self.env._("Waits in a chat")
        if code == "window":
            return self.env._("Can be answered for %(hours)s more hours", hours=params["hours"])
        return super()._priority_reason_text(code, params)
