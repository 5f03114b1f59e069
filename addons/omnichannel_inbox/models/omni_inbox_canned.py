import re

from markupsafe import Markup, escape

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

VARIABLE = re.compile(r"\{(\w{1,30})\}")
CANNED_LIMIT = 20
#: What is said only to somebody of whom it is known who he is: about an order, and the link that
#: says so for good.
CONFIDENTIAL = ("order", "expected_date", "messenger_link")


class OmniInbox(models.AbstractModel):
    """Canned answers, with what is known filled in. What is not known stays visible, and is named:
    nothing is guessed, and nothing about orders is told to somebody who may be anybody."""

    _inherit = "omni.inbox"

    @api.model
    def _variable_names(self):
        """:return: what a canned answer can name, in the user's language"""
        return {
            "customer": self.env._("customer"),
            "first_name": self.env._("first name"),
            "order": self.env._("order number"),
            "expected_date": self.env._("expected date"),
            "number": self.env._("ticket number"),
            "agent": self.env._("your name"),
            "company": self.env._("our company"),
            "messenger_link": self.env._("link to Messenger"),
        }

    @api.model
    def get_canned(self, case_id, conversation_id, term=""):
        """Canned answers for a conversation, filled in.

        :param int | bool case_id: False: a new mail
        :param str term: of their shortcut or text; what is typed behind ``::``
        :return: ``[{"id", "source", "html", "lang", "missing", "reasons"}]``
        :rtype: list[dict]
        """
        case = self._case(case_id) if case_id else self._no_case()
        conversation = self.env["omni.conversation"]
        if case and conversation_id:
            conversation = self._conversation(case, conversation_id)
        lang = self._customer_lang(case, conversation)
        # sudo: the channel of a conversation that the user sees
        found = self._canned(lang, conversation.sudo().channel_id, term)
        if not found:
            return []
        values = self._variables(case, conversation, lang)
        return [self._canned_data(canned, values) for canned in found]

    @api.model
    def _customer_lang(self, case, conversation):
        """:return: code of the language a customer is written to in"""
        # sudo: the customer of the ticket that the user sees
        partner = conversation.sudo().partner_id or case.sudo().partner_id
        return partner.lang or case.company_id.partner_id.sudo().lang or self.env.user.lang

    @api.model
    def _canned(self, lang, channel, term):
        """The canned answers that fit; of those with the same shortcut the most exact.

        :rtype: recordset of `mail.canned.response`
        """
        domain = Domain("omni_lang", "in", (lang, False))
        domain &= Domain("omni_channel_ids", "=", False) | Domain(
            "omni_channel_ids", "in", channel.ids
        )
        term = (term or "").strip().lstrip(":")
        if term:
            domain &= Domain("source", "ilike", term) | Domain("substitution", "ilike", term)
        found = self.env["mail.canned.response"].search(domain, order="source, id", limit=200)
        best = {}
        for canned in found.sorted(
            lambda one: (bool(one.omni_lang), bool(one.omni_channel_ids)), reverse=True
        ):
            best.setdefault(canned.source.casefold(), canned)
        typed = term.casefold()
        chosen = sorted(
            best.values(),
            key=lambda one: (not one.source.casefold().startswith(typed), one.source.casefold()),
        )
        return found.browse([one.id for one in chosen[:CANNED_LIMIT]])

    @api.model
    def _canned_data(self, canned, values):
        """One canned answer, filled in.

        :param dict values: see :meth:`_variables`
        """
        names = self._variable_names()
        missing = {}

        def fill(match):
            key = match[1]
            if key not in names:
                return escape(match[0])
            value, reason = values[key]
            if value:
                return escape(value)
            missing[names[key]] = reason
            return Markup('<span class="o_omni_missing">\u00ab%s\u00bb</span>') % names[key]

        pieces, position = [], 0
        text = canned.substitution or ""
        for match in VARIABLE.finditer(text):
            pieces += [escape(text[position : match.start()]), fill(match)]
            position = match.end()
        pieces.append(escape(text[position:]))
        html = Markup("").join(pieces).replace("\n", Markup("<br/>"))
        return {
            "id": canned.id,
            "source": canned.source,
            "html": html,
            "lang": canned.omni_lang or False,
            "missing": list(missing),
            "reasons": missing,
        }

    @api.model
    def _variables(self, case, conversation, lang):
        """What is known of a conversation's customer.

        :return: value and, when there is none, why, by name
        :rtype: dict[str, tuple[str, str]]
        """
        # sudo: the customer and the orders of the ticket that the user sees
        case_sudo, conversation_sudo = case.sudo(), conversation.sudo()
        who = conversation_sudo.identity_id
        partner = conversation_sudo.partner_id or (
            self.env["res.partner"] if who else case_sudo.partner_id
        )
        partner = partner or who.partner_id
        person = self.env["res.partner"] if partner.is_company else partner
        name = partner.name or who.name or ""
        unknown = self.env._("It is not known.")
        values = {
            "customer": (name, unknown),
            "first_name": (self._first_name(person.name or (not partner and who.name)), unknown),
            "number": (case.number or "", self.env._("There is no ticket yet.")),
            "agent": (self.env.user.name, unknown),
            "company": ((case.company_id or self.env.company).name, unknown),
        }
        if who and not who._is_linked():
            reason = self.env._(
                "It is not certain who writes: nothing is said about orders. Confirm the contact"
                " first."
            )
            return values | {key: ("", reason) for key in CONFIDENTIAL}
        order, reason = self._order_of(case_sudo, partner)
        date = order.commitment_date
        company = case_sudo.company_id or self.env.company
        link = partner.with_env(self.env)._omni_link_to_messenger(company) if partner else ""
        return values | {
            "messenger_link": (
                link,
                self.env._("No page is in service, or the contact has no number and no address."),
            ),
            "order": (order.name or "", reason),
            "expected_date": (
                format_date(self.env, date, lang_code=lang) if date else "",
                reason or self.env._("The order has no expected date."),
            ),
        }

    @api.model
    def _first_name(self, name):
        """First of the names of a person; "DUPONT Marie" and "Dupont, Marie" have it last.

        :rtype: str
        """
        if not name:
            return ""
        if "," in name:
            name = name.partition(",")[2]
        words = name.split()
        given = [word for word in words if not (word.isupper() and len(word) > 2)]
        return (given or words or [""])[0]

    @api.model
    def _order_of(self, case_sudo, partner):
        """The order a ticket is about: the one named on it, else the only one that is open.

        :return: it, or none and why
        :rtype: tuple[recordset of `sale.order`, str]
        """
        orders = case_sudo.order_ids
        none = orders.browse()
        if partner:
            # tickets of several people may have been merged: nobody is told of another one's order
            family = partner.commercial_partner_id
            named = orders
            orders = named.filtered(
                lambda order: (
                    family in (order.partner_id | order.partner_shipping_id).commercial_partner_id
                )
            )
            if named and not orders:
                return none, self.env._("The order of the ticket is that of somebody else.")
        if len(orders) > 1:
            return none, self.env._("The ticket is about several orders.")
        if orders:
            return orders, ""
        if not partner:
            return none, self.env._("No order is linked with the ticket.")
        open_orders = orders.search(
            Domain("partner_id", "child_of", partner.commercial_partner_id.ids)
            & Domain("state", "=", "sale")
            & Domain("company_id", "=", case_sudo.company_id.id)
            & Domain("commitment_date", ">=", "today"),
            limit=2,
        )
        if len(open_orders) == 1:
            return open_orders, ""
        if open_orders:
            return none, self.env._("The customer has several open orders.")
        return none, self.env._("No order is linked with the ticket.")
