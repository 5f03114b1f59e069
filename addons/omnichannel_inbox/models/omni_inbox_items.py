from odoo import api, fields, models
from odoo.tools import SQL, html2plaintext

from .crm_ticket_inbox import PREVIEW_LENGTH


class OmniInbox(models.AbstractModel):
    """The lines of the list. However many there are, they cost the same number of queries."""

    _inherit = "omni.inbox"

    @api.model
    def _items(self, tickets):
        """Lines of the list.

        :param tickets: recordset of `crm.ticket` that the user may read, in their order
        :rtype: list[dict]
        """
        if not tickets:
            return []
        # what follows asks the database itself
        tickets.flush_model(["inbox_last_in"])
        self.env["omni.conversation"].flush_model()
        self.env["omni.message"].flush_model(
            ["state", "conversation_id", "is_scheduled", "send_after"]
        )
        around = {
            **self._item_channels(tickets),
            "unread": self._item_unread(tickets),
            "drafts": self._item_drafts(tickets),
            **self._item_outbox(tickets),
            "viewers": self.env["omni.presence"]._viewers(tickets),
            # sudo: as everywhere, the orders on a ticket are named to whoever sees the ticket
            "orders": {order.id: self._order_data(order) for order in tickets.sudo().order_ids},
        }
        return [self._item(ticket, around) for ticket in tickets]

    @api.model
    def _item(self, ticket, around):
        """One line.

        :param dict around: what was looked up for all lines at once
        :rtype: dict
        """
        viewers = around["viewers"].get(ticket.id, [])
        return {
            "id": ticket.id,
            "model": ticket._name,
            "number": ticket.number,
            "subject": ticket.name,
            "partner": self._partner_data(ticket.partner_id),
            "author": ticket.inbox_author or ticket.partner_name or ticket.email_from or "",
            "customer": self._customer_name(ticket),
            "preview": ticket.inbox_preview or self._first_words(ticket),
            "direction": ticket.inbox_direction,
            "date": self._iso(ticket.inbox_date or ticket.create_date),
            "channels": around["channels"].get(ticket.id, []),
            "reply_until": self._iso(around["reply_until"].get(ticket.id)),
            "is_elsewhere": ticket.id in around["elsewhere"],
            "user": self._pair(ticket.user_id),
            "team": self._pair(ticket.team_id),
            "category": self._category_data(ticket.category_id),
            "unread": ticket.id in around["unread"],
            "state": ticket.state,
            "is_spam": ticket.is_spam,
            # sudo: the name of the ticket it lives on in
            "merged_into": self._merged_data(ticket.sudo().merged_into_id),
            "priority": ticket.priority,
            "score": ticket.priority_score,
            "reasons": ticket._priority_reason_texts(),
            "sla": self._item_sla(ticket),
            # sudo: see _items
            "orders": [around["orders"][order.id] for order in ticket.sudo().order_ids],
            "tags": [
                {"id": tag.id, "name": tag.name, "color": tag.color} for tag in ticket.tag_ids
            ],
            "has_attachment": ticket.inbox_has_attachment,
            "has_draft": ticket.id in around["drafts"],
            "failed": around["failed"].get(ticket.id, 0),
            "scheduled": self._iso(around["scheduled"].get(ticket.id)),
            "waiting_since": self._iso(ticket.waiting_since),
            "snoozed_until": self._iso(ticket.snoozed_until),
            "viewers": [viewer["name"] for viewer in viewers],
        }

    @api.model
    def _category_data(self, category):
        if not category:
            return False
        return {"id": category.id, "name": category.name, "code": category.code}

    @api.model
    def _merged_data(self, target):
        return {"id": target.id, "number": target.number} if target else False

    @api.model
    def _partner_data(self, partner):
        """:return: ``{"id", "name", "company"}`` of a customer, False of none"""
        if not partner:
            return False
        # sudo: see _pair
        partner = partner.sudo()
        company = partner.commercial_partner_id
        return {
            "id": partner.id,
            "name": partner.name or partner.display_name,
            "company": company.name if company != partner else "",
        }

    @api.model
    def _customer_name(self, ticket):
        """Who the ticket is with, as well as it is known.

        :rtype: str
        """
        # sudo: see _pair
        return (
            ticket.sudo().partner_id.name
            or ticket.partner_name
            or ticket.email_from
            or ticket.phone
            or self.env._("Unknown")
        )

    @api.model
    def _first_words(self, ticket):
        """What stands for the last message on a ticket without any."""
        if not ticket.description:
            return ""
        return " ".join(html2plaintext(ticket.description).split())[:PREVIEW_LENGTH]

    @api.model
    def _item_sla(self, ticket):
        if not ticket.sla_kind:
            return False
        return {
            "kind": ticket.sla_kind,
            "deadline": self._iso(ticket.sla_deadline),
            "state": ticket.sla_state,
        }

    @api.model
    def _order_data(self, order):
        """An order on a line, and beside the thread. Override for a better word for its status.

        :param order: `sale.order`
        :return: ``{"id", "name", "status", "expected"}``
        :rtype: dict
        """
        states = dict(order._fields["state"]._description_selection(self.env))
        return {
            "id": order.id,
            "name": order.name,
            "status": states.get(order.state, ""),
            "expected": self._iso(order.commitment_date),
        }

    # === LOOKED UP FOR ALL LINES AT ONCE === #

    @api.model
    def _item_channels(self, tickets):
        """What the lines show of their conversations.

        :return: by id of the ticket, ``channels`` (in the order in which they joined), and
            ``reply_until`` (when the first of the times to answer of a customer who waits is over);
            ``elsewhere``: ids of tickets which somebody takes care of in the other system
        :rtype: dict
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT case_id, channel_id,
                       MIN(CASE WHEN reply_until > %(now)s THEN reply_until ELSE human_until END)
                           FILTER (WHERE last_direction = 'in' AND answered_by_id IS NULL
                                     AND GREATEST(reply_until, human_until) > %(now)s),
                       BOOL_OR(is_elsewhere AND is_open_there)
                  FROM omni_conversation
                 WHERE case_model = %(model)s AND case_id IN %(ids)s
              GROUP BY case_id, channel_id ORDER BY case_id, MIN(id)
                """,
                model=tickets._name,
                ids=tickets._ids,
                now=fields.Datetime.now(),
            )
        )
        # sudo: the symbol and name of a channel, on tickets that the user sees
        channels = self.env["omni.channel"].sudo().browse({row[1] for row in rows})
        datas = {channel.id: self._channel_data(channel) for channel in channels}
        found = {"channels": {}, "reply_until": {}, "elsewhere": set()}
        for case_id, channel_id, until, is_elsewhere in rows:
            found["channels"].setdefault(case_id, []).append(datas[channel_id])
            if until:
                earliest = found["reply_until"].get(case_id, until)
                found["reply_until"][case_id] = min(until, earliest)
            if is_elsewhere:
                found["elsewhere"].add(case_id)
        return found

    @api.model
    def _item_unread(self, tickets):
        """:return: ids of the tickets in which the customer wrote since the user read them"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT t.id FROM crm_ticket t
             LEFT JOIN omni_read r ON r.ticket_id = t.id AND r.user_id = %s
                 WHERE t.id IN %s AND t.inbox_last_in > COALESCE(r.last_in, 0)
                """,
                self.env.uid,
                tickets._ids,
            )
        )
        return {ticket_id for (ticket_id,) in rows}

    @api.model
    def _item_drafts(self, tickets):
        """:return: ids of the tickets in which the user has begun an answer"""
        drafts = self.env["omni.draft"].search([("ticket_id", "in", tickets.ids)])
        return set(drafts.ticket_id.ids)

    @api.model
    def _item_outbox(self, tickets):
        """What the lines show of what has not left.

        :return: by id of the ticket, ``failed`` (number of answers that did not leave, or perhaps
            not) and ``scheduled`` (when the next one leaves)
        :rtype: dict
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.case_id, COUNT(*) FILTER (WHERE m.state != 'queued'),
                       MIN(m.send_after) FILTER (WHERE m.state = 'queued' AND m.is_scheduled)
                  FROM omni_message m
                  JOIN omni_conversation c ON c.id = m.conversation_id
                 WHERE (m.state IN ('failed', 'uncertain')
                        OR m.is_scheduled AND m.state = 'queued')
                   AND c.case_model = %s AND c.case_id IN %s
              GROUP BY c.case_id
                """,
                tickets._name,
                tickets._ids,
            )
        )
        return {
            "failed": {case_id: count for case_id, count, _moment in rows},
            "scheduled": {case_id: moment for case_id, _count, moment in rows if moment},
        }
