import hashlib
import json
import re

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime

from odoo.addons.integration_base.exceptions import IntegrationError
from odoo.addons.integration_base.log import get_logger

from ..identity.evidence import is_linking
from ..webhook_guard import WebhookGuard
from .omni_inbox import CASE_MODEL

_logger = get_logger(__name__)

#: What iAdvize calls a conversation: a UUID today.
CONVERSATION_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
ORDER_LIMIT = 12
#: Orders looked through for those that matter now.
ORDER_SEARCH = 60
#: Orders shown of somebody it may be.
CANDIDATE_ORDERS = 3
TICKET_LIMIT = 5
#: Sections of the customer card that the panel shows in its own way.
OWN_SECTIONS = frozenset({"conversations", "contact", "orders", "tickets"})

#: How often a conversation is read at iAdvize because panels are open on it: once in a while per
#: worker, however many look and however often.
reading = WebhookGuard(limit=1, window=40)


class OmniIadvizePanel(models.AbstractModel):
    """The server side of the panel in the desk of iAdvize: who writes, what he has ordered, what is
    open with him, and what can be said.

    It is asked by `controllers.iadvize_panel` only, for a colleague whom the desk has vouched for,
    with his rights and record rules, in the company of the channel. Every method that ends an
    action checks all of it anew: a panel may have been open for an hour.

    What is not certain is shown to the colleague and marked; it is never put into a text or a card.
    """

    _name = "omni.iadvize.panel"
    _description = "Panel in the Desk of iAdvize"

    # === CONVERSATION === #

    @api.model
    def _conversation(self, channel, values, must=True):
        """The conversation that the desk shows.

        :param channel: `omni.channel` of the panel
        :param dict values: ``conversation``: what iAdvize calls it
        :param bool must: it has to be there
        :rtype: recordset of `omni.conversation`, sudo
        :raise AccessError: it belongs to a ticket that the user does not see
        """
        external_id = values.get("conversation")
        if not isinstance(external_id, str) or not CONVERSATION_ID.fullmatch(external_id):
            raise UserError(self.env._("The desk does not say which conversation this is."))
        # sudo: as everywhere in the inbox, whoever sees the ticket sees what belongs to it; that he
        # sees it is checked by the next line
        conversation = (
            self.env["omni.conversation"]
            .sudo()
            .search(
                [("channel_id", "=", channel.id), ("external_id", "=", external_id)],
                order="id DESC",
                limit=1,
            )
        )
        if conversation:
            self._check_conversation(conversation)
        elif must:
            raise UserError(
                self.env._("Odoo does not know this conversation yet. Try again in a moment.")
            )
        return conversation

    @api.model
    def _check_conversation(self, conversation):
        try:
            self.env["omni.inbox"]._conversation_alone(conversation.id)
        except AccessError as error:
            team = conversation.ticket_id.team_id.name
            if not team:
                raise
            raise AccessError(
                self.env._(
                    "The ticket of this conversation belongs to the team %(team)s. Only its members"
                    " see it: ask one of them, or a team leader.",
                    team=team,
                )
            ) from error

    @api.model
    def _read_conversation(self, channel, values):
        """Ask iAdvize for what is new in a conversation, unless that was just done.

        :return: whether iAdvize answered, or was not asked
        :rtype: bool
        """
        key = f"{channel.id} {values['conversation']}"
        if reading.is_shut(key):
            return True
        reading.refuse(key)
        try:
            # the user may neither read the secrets of the channel nor write what came in
            channel.with_user(SUPERUSER_ID)._iadvize_read(values["conversation"])
        except IntegrationError as error:
            _logger.info("Panel of channel %s: %s", channel.id, error)
            return False
        return True

    @api.model
    def _case(self, conversation):
        """The ticket of a conversation, for the user.

        :rtype: recordset of `crm.ticket`
        """
        if conversation.case_model != CASE_MODEL:
            return self.env[CASE_MODEL]
        return self.env["omni.inbox"]._cases(conversation.case_id or [])

    @api.model
    def _is_certain(self, conversation):
        """Whether it is known well enough who writes to speak of his orders.

        :rtype: bool
        """
        who = conversation.identity_id
        return bool(
            who
            and who.partner_id
            and who.partner_id == conversation.partner_id
            and is_linking(who.level)
        )

    # === WHAT IS SHOWN === #

    @api.model
    def _do_context(self, channel, values):
        """All the panel shows; asked for again and again, which costs little when nothing is new.

        :param dict values: ``conversation``; ``etag`` of what is shown already; ``language`` of the
            conversation, as the desk says
        :return: ``{"etag", "state"}`` and, when it is another one than that, what is to be shown;
            ``state``: ``ready``, ``same``, or ``unknown`` with a ``message``
        :rtype: dict
        """
        conversation = self._conversation(channel, values, must=False)
        is_read = True
        if not conversation or self._is_going_on(conversation):
            is_read = self._read_conversation(channel, values)
            conversation = self._conversation(channel, values, must=False)
        if not conversation:
            return {"state": "unknown", "etag": "", "message": self._unknown(is_read)}
        etag = self._etag(conversation)
        if etag == values.get("etag"):
            return {"state": "same", "etag": etag}
        case = self._case(conversation)
        return {
            "state": "ready",
            "etag": etag,
            "who": self._who(conversation),
            "orders": self._orders_shown(conversation, case),
            "ticket": self._ticket_shown(case),
            **self._joins_shown(conversation, case),
            "more": self._more(conversation),
            "has_articles": bool(channel.panel_article_url),
        }

    @api.model
    def _is_going_on(self, conversation):
        """Whether something may be said in it that we do not know yet."""
        return conversation.is_open_there

    @api.model
    def _unknown(self, is_read):
        if not is_read:
            return self.env._("iAdvize does not answer at the moment. It is tried again by itself.")
        return self.env._(
            "Odoo does not know this conversation yet. It comes with the first message of the"
            " visitor."
        )

    @api.model
    def _etag(self, conversation):
        """What tells whether something has changed that the panel shows: one statement.

        :rtype: str
        """
        self.env.flush_all()
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT c.write_date, c.case_id, i.write_date, t.write_date, p.write_date,
                       (SELECT MAX(m.id) FROM omni_message m WHERE m.conversation_id = c.id),
                       (SELECT (COUNT(*), MAX(s.write_date))::text FROM omni_identity_suggestion s
                         WHERE s.identity_id = i.id),
                       (SELECT (COUNT(*), MAX(o.write_date))::text FROM sale_order o
                         JOIN res_partner op ON op.id = o.partner_id
                         WHERE op.commercial_partner_id = p.commercial_partner_id),
                       (SELECT (COUNT(*), MAX(x.write_date))::text FROM crm_ticket x
                         JOIN res_partner xp ON xp.id = x.partner_id
                         WHERE xp.commercial_partner_id = p.commercial_partner_id)
                  FROM omni_conversation c
             LEFT JOIN omni_identity i ON i.id = c.identity_id
             LEFT JOIN crm_ticket t ON t.id = c.case_id AND c.case_model = %(model)s
             LEFT JOIN res_partner p ON p.id = i.partner_id
                 WHERE c.id = %(id)s
                """,
                model=CASE_MODEL,
                id=conversation.id,
            )
        )
        known = [*map(str, row), str(fields.Date.context_today(self)), self.env.uid, self.env.lang]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:32]

    # === WHO === #

    @api.model
    def _who(self, conversation):
        """Who writes, how sure that is and why, how to reach him, and who else it may be.

        :rtype: dict
        """
        identity = conversation.identity_id
        data = self.env["omni.inbox"]._identity_data(identity, conversation) or {}
        is_certain = self._is_certain(conversation)
        partner = (
            self._readable(identity.partner_id) if is_certain else identity.partner_id.browse()
        )
        level = data.get("level") or "none"
        candidates = [
            self._candidate(
                self.env["res.partner"].browse(candidate["id"]), [candidate["reason"]], "weak"
            )
            for candidate in data.get("candidates", ())
        ]
        return {
            "name": partner.name
            or data.get("name")
            or (identity.email if "@" in (identity.email or "") else "")
            or self.env._("Unknown visitor"),
            "company": self._company_name(partner),
            "level": level,
            "level_text": self._level_text(level),
            "advice": self._advice(level, bool(candidates)),
            "reasons": data.get("evidence", []),
            "is_certain": is_certain,
            "partner": {"id": partner.id, "url": _record_url(partner)} if partner else False,
            "facts": self._facts(partner) if partner else self._claimed_facts(identity),
            "candidates": [candidate for candidate in candidates if candidate],
        }

    @api.model
    def _level_text(self, level):
        """How sure it is who writes, in words.

        :rtype: str
        """
        return {
            "proved": self.env._("Certain"),
            "strong": self.env._("Very likely"),
            "weak": self.env._("Not certain"),
        }.get(level, self.env._("Unknown"))

    @api.model
    def _advice(self, level, has_candidates):
        """What the level means for the answer.

        :rtype: str
        """
        if is_linking(level):
            return ""
        if has_candidates:
            return self.env._(
                "Say nothing about orders before the visitor has told something that only the"
                " customer knows, such as an order number with its postcode."
            )
        return self.env._("Ask for the order number or the e-mail address, and look for it below.")

    @api.model
    def _readable(self, partner):
        """A contact with the rights of the user; empty when he may not see him.

        :rtype: recordset of `res.partner`
        """
        partner = self.env["res.partner"].browse(partner.ids).exists()
        return partner.filtered(lambda one: one.has_access("read"))

    @api.model
    def _company_name(self, partner):
        company = partner.commercial_partner_id
        return company.name or "" if company != partner else ""

    @api.model
    def _facts(self, partner):
        """How to reach a customer: the facts of his card.

        :return: ``[{"label", "value", "href"}]``
        :rtype: list[dict]
        """
        return [_fact(fact) for fact in partner._customer_card_contact()["facts"]]

    @api.model
    def _claimed_facts(self, identity):
        """What a visitor has said of himself."""
        facts = []
        if identity.email:
            facts.append({"label": self.env._("E-mail given"), "value": identity.email})
        if identity.phone:
            facts.append({"label": self.env._("Phone given"), "value": identity.phone})
        return facts

    @api.model
    def _candidate(self, partner, reasons, level, orders=None):
        """Somebody it may be, with his latest orders: for the eyes of the colleague.

        :param partner: `res.partner`
        :param list reasons: texts
        :param str level: of the evidence
        :param orders: `sale.order` that he is known by, shown first
        :return: nothing when the user may not see him
        :rtype: dict | bool
        """
        partner = self._readable(partner)
        if not partner:
            return False
        shown = self._orders_of(partner)
        if orders:
            shown = orders | shown
        return {
            "id": partner.id,
            "name": partner.name or partner.display_name,
            "company": self._company_name(partner),
            "subtitle": " · ".join(
                filter(None, [partner.email, partner.phone or partner.mobile, partner.city])
            ),
            "archived": not partner.active,
            "level": level,
            "level_text": self._level_text(level),
            "reasons": [reason for reason in reasons if reason],
            "orders": [self._order_data(order, False) for order in shown[:CANDIDATE_ORDERS]],
        }

    @api.model
    def _more(self, conversation):
        """The rest of the customer card, for whoever wants to know more.

        :return: sections, see `res.partner._customer_card_sections`
        :rtype: list[dict]
        """
        if not self._is_certain(conversation):
            return []
        partner = self._readable(conversation.identity_id.partner_id)
        if not partner:
            return []
        return [
            {
                "title": section["title"],
                "empty": section.get("empty", ""),
                "facts": [_fact(fact) for fact in section.get("facts", ())],
                "records": [
                    {
                        "title": record["title"],
                        "subtitle": record.get("subtitle") or "",
                        "badge": record.get("badge") or "",
                    }
                    for record in section.get("records", ())
                ],
            }
            for section in partner.get_customer_card()["sections"]
            if section["key"] not in OWN_SECTIONS
        ]

    # === ORDERS === #

    @api.model
    def _orders_of(self, partner):
        """Orders of a customer or his company, with the rights of the user: what is still to come
        first, then the newest.

        :rtype: recordset of `sale.order`
        """
        orders = self.env["sale.order"].search(
            Domain("partner_id", "child_of", partner.commercial_partner_id.ids)
            & Domain("state", "!=", "cancel"),
            order="date_order DESC, id DESC",
            limit=ORDER_SEARCH,
        )
        today = fields.Datetime.now().date()

        def rank(order):
            expected = order.commitment_date and order.commitment_date.date()
            if order.state == "sale" and expected and expected >= today:
                return (0, expected.toordinal())
            return (1, -(order.date_order or order.create_date).timestamp())

        return orders.sorted(rank)

    @api.model
    def _orders_shown(self, conversation, case):
        """The orders of whoever writes; those that the ticket is about are said to be.

        :return: ``{"items", "more": how many are not shown}``
        :rtype: dict
        """
        if not self._is_certain(conversation):
            return {"items": [], "more": 0}
        partner = self._readable(conversation.identity_id.partner_id)
        orders = self._orders_of(partner) if partner else self.env["sale.order"]
        # sudo: as everywhere, the orders on a ticket are named to whoever sees the ticket
        named = case.sudo().order_ids & orders.sudo()
        orders = orders.browse(named.ids) | orders
        return {
            "items": [
                {**self._order_data(order, True), "is_named": order.id in named.ids}
                for order in orders[:ORDER_LIMIT]
            ],
            "more": max(0, len(orders) - ORDER_LIMIT),
        }

    @api.model
    def _order_data(self, order, is_certain):
        """An order as the panel shows it. Override for what more is known of it.

        :param order: `sale.order` that the user may read
        :param bool is_certain: it is known to be that of whoever writes
        :rtype: dict
        """
        expected = order.commitment_date
        is_past = bool(expected) and expected < fields.Datetime.now()
        lines = order.order_line.filtered(lambda line: not line.display_type)
        return {
            "id": order.id,
            "name": order.name,
            "reference": order.client_order_ref or "",
            "status": self.env["omni.inbox"]._order_data(order)["status"],
            "date": format_date(self.env, order.date_order) if order.date_order else "",
            "expected": format_date(self.env, expected) if expected else "",
            "is_past": is_past,
            "lines": [line.product_id.display_name or line.name for line in lines[:3]],
            "more_lines": max(0, len(lines) - 3),
            "is_certain": is_certain,
            "can_push": is_certain and order.state in ("sent", "sale"),
            "can_tell": is_certain and order.state == "sale" and bool(expected),
            "url": _record_url(order),
        }

    # === TICKETS === #

    @api.model
    def _ticket_shown(self, case):
        """:rtype: dict | bool"""
        if not case:
            return False
        # sudo: names of colleagues and teams on a ticket that the user sees
        case_sudo = case.sudo()
        owner = case_sudo.user_id
        return {
            "id": case.id,
            "number": case.number or "",
            "subject": case.name,
            "stage": case.stage_id.name or "",
            "state": case.state,
            "user": owner.name or "",
            "is_mine": owner == self.env.user,
            "team": case_sudo.team_id.name or "",
            "url": _record_url(case),
        }

    @api.model
    def _joins_shown(self, conversation, case):
        """What was put together in the ticket and why, and what else is open with the customer.

        :return: ``{"joined", "tickets"}``
        :rtype: dict
        """
        none = {"joined": [], "suggested": []}
        joins = self.env["omni.inbox"].get_joins(case.id) if case else none
        names = ("id", "text", "reasons", "can_undo")
        return {
            "joined": [{name: join[name] for name in names} for join in joins["joined"]],
            "tickets": self._other_tickets(conversation, case, joins["suggested"]),
        }

    @api.model
    def _other_tickets(self, conversation, case, suggested):
        """Open tickets of the same customer beside that of the conversation: those it may belong
        to with the reasons, and the others.

        :param list suggested: of `omni.inbox.get_joins`
        :rtype: list[dict]
        """
        shown = []
        for row in suggested[:TICKET_LIMIT]:
            ticket = self.env[CASE_MODEL].browse(row["case_id"])
            shown.append(self._other_ticket(ticket, row["reasons"], row["preview"]))
        if self._is_certain(conversation):
            partner = conversation.partner_id
            tickets = self.env[CASE_MODEL]
            known = [row["case_id"] for row in suggested]
            others = tickets.search(
                Domain("partner_id", "child_of", partner.commercial_partner_id.ids)
                & tickets._domain_open()
                & Domain("id", "not in", [*known, *case.ids]),
                order="last_customer_date DESC NULLS LAST, id DESC",
                limit=max(0, TICKET_LIMIT - len(shown)) or 1,
            )
            shown += [self._other_ticket(ticket, [], ticket.inbox_preview) for ticket in others]
        return shown[:TICKET_LIMIT]

    @api.model
    def _other_ticket(self, ticket, reasons, preview):
        # sudo: the names of the channels of a ticket that the user sees
        channels = ticket.sudo().channel_ids
        date = ticket.last_customer_date or ticket.create_date
        return {
            "id": ticket.id,
            "number": ticket.number or "",
            "subject": ticket.name,
            "channels": ", ".join(channels.mapped("name")),
            "date": format_datetime(self.env, date, dt_format="short"),
            "preview": preview or "",
            "reasons": reasons,
            "url": _record_url(ticket),
        }

    # === REFUSED === #

    @api.model
    def _refusal(self, code, email=""):
        """Why the panel is not shown, and what to do about it.

        :param str code: of `PanelRefused`
        :param str email: of the agent
        :return: title and text, in the language of the environment
        :rtype: tuple[str, str]
        """
        admin = self.env._("Ask an administrator of Odoo.")
        again = self.env._(
            "Close the panel and open it again. If it comes back, an administrator compares the"
            " secret and the address of the panel with those in iAdvize."
        )
        texts = {
            "closed": (self.env._("The panel is not in service"), admin),
            "absent": (
                self.env._("This page belongs into the desk of iAdvize"),
                self.env._(
                    "It is opened beside a conversation there. If you are in the desk, “Use"
                    " authentication” is not switched on for this panel in iAdvize."
                ),
            ),
            "token": (self.env._("Your sign-in by iAdvize is over or not valid"), again),
            "nameless": (
                self.env._("iAdvize does not say who you are"),
                self.env._("Your account in iAdvize needs an e-mail address."),
            ),
            "stranger": (
                self.env._("Nobody in Odoo has your address"),
                self.env._(
                    "iAdvize knows you as %(email)s. Ask an administrator of Odoo to give your user"
                    " this address.",
                    email=email,
                ),
            ),
            "several": (
                self.env._("Several users of Odoo have your address"),
                self.env._(
                    "It cannot be told which of them you are (%(email)s). Ask an administrator of"
                    " Odoo to give each user an address of his own.",
                    email=email,
                ),
            ),
            "group": (
                self.env._("You are not a user of the inbox"),
                self.env._("Ask an administrator of Odoo for the access “Inbox: User”."),
            ),
            "company": (
                self.env._("This chat belongs to another company"),
                self.env._("Ask an administrator of Odoo for access to the company."),
            ),
            "team": (
                self.env._("This chat belongs to another team"),
                self.env._("Ask a team leader to add you to the team of the channel."),
            ),
            "busy": (
                self.env._("Too many requests"),
                self.env._("Wait a minute. Then it goes on by itself."),
            ),
            "failed": (self.env._("Something went wrong"), admin),
        }
        return texts.get(code) or texts["failed"]


def _record_url(record):
    """Where a record is opened in Odoo, in a tab of its own."""
    return f"{record.get_base_url()}/odoo/{record._name}/{record.id}" if record else ""


def _fact(fact):
    """A fact of the customer card, with a link only where a panel can follow it."""
    value = fact["value"]
    href = fact.get("href") or ""
    return {
        "label": fact["label"],
        "value": ", ".join(value) if isinstance(value, list) else str(value),
        "href": href if href.startswith(("tel:", "mailto:", "https://", "http://")) else "",
    }
