import html as html_escapes
import re

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, plaintext2html

from odoo.addons.integration_base.tools import email as email_tools
from odoo.addons.integration_base.tools import phone as phone_tools

from ..tidy import storable
from .omni_inbox import CASE_MODEL
from .omni_inbox_canned import CONFIDENTIAL

#: Characters of what is looked for, and of a note.
TERM_LIMIT = 120
NOTE_LIMIT = 5_000
RESULT_LIMIT = 8
ARTICLE_LIMIT = 8
#: Characters of a word that is looked for among names.
NAME_MIN = 2
#: Characters of the number of something.
REFERENCE_MIN = 3
_BREAK = re.compile(r"<br\s*/?>|</p>|</div>|</li>", re.I)
_TAG = re.compile(r"<[^>]*>")
_EMAIL = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+")
_PHONE = re.compile(r"(?:\+|00|\(?0)[\d\s./()-]{6,}\d")
#: Evidence of which two different pieces together are strong: an order, and what is not on it.
_TELLING = {"order", "email", "phone", "postcode"}


class OmniIadvizePanel(models.AbstractModel):
    """What can be done in the panel."""

    _inherit = "omni.iadvize.panel"

    # === WHO IS IT === #

    @api.model
    def _do_identify(self, channel, values):
        """Look for whoever writes, by what he says: the number of an order, his e-mail address,
        his telephone number, his customer number, his name; several at once say more.

        :param dict values: ``term``
        :return: ``{"candidates", "message"}``, the surest first
        :rtype: dict
        """
        conversation = self._conversation(channel, values)
        term = self._text_in(values, "term", TERM_LIMIT).strip()
        if len(term) < NAME_MIN:
            return {"candidates": [], "message": self.env._("Type a little more.")}
        found = self._found(term, channel)
        self._add_claimed(found, conversation.identity_id)
        rejected = conversation.identity_id.suggestion_ids.filtered(
            lambda row: row.state == "rejected"
        ).partner_id
        candidates = []
        for partner, evidence in found.items():
            kinds = {kind for kind, _text, _orders in evidence}
            level = "strong" if "order" in kinds and len(kinds & _TELLING) > 1 else "weak"
            reasons = list(dict.fromkeys(text for _kind, text, _orders in evidence))
            if partner in rejected:
                level = "weak"
                reasons.append(self.env._("A colleague has said that it is somebody else"))
            orders = self.env["sale.order"].union(*(orders for _kind, _text, orders in evidence))
            candidate = self._candidate(partner, reasons, level, orders)
            if candidate:
                rank = (level != "strong", partner in rejected, not partner.active, -len(kinds))
                candidates.append((rank, candidate))
        candidates.sort(key=lambda pair: pair[0])
        shown = [candidate for _rank, candidate in candidates[:RESULT_LIMIT]]
        message = ""
        if not shown:
            message = self.env._(
                "Nobody is found by “%(term)s”. Check the spelling, or ask for the number of the"
                " order.",
                term=term,
            )
        elif len(candidates) > RESULT_LIMIT:
            message = self.env._("There are more. Type more to find the right one.")
        return {"candidates": shown, "message": message}

    @api.model
    def _found(self, term, channel):
        """Who is found by what was typed.

        :return: evidence ``(kind, text, orders)`` by contact
        :rtype: dict
        """
        found = {}
        none = self.env["sale.order"]

        def add(partner, kind, text, orders=none):
            found.setdefault(partner, []).append((kind, text, orders))

        rest = term
        for email in _EMAIL.findall(term):
            rest = rest.replace(email, " ")
            for partner in self._by_email(email):
                add(partner, "email", self.env._("Has the e-mail address %(text)s", text=email))
        # the numbers of orders first: some look like a telephone number, or stand before one
        words = [word.strip(".,;:#()") for word in rest.split()]
        used = self._add_ordered(add, [word for word in words if _is_number(word)], channel)
        rest = " ".join(word for word in words if word.upper() not in used)
        for number in _PHONE.findall(rest):
            rest = rest.replace(number, " ")
            for partner in self._by_phone(number):
                add(partner, "phone", self.env._("Has the telephone number %(text)s", text=number))
        words = rest.split()
        for number in filter(_is_number, words):
            text = self.env._("Is known by the number %(text)s", text=number)
            for candidate in self.env["res.partner"]._find_by_reference(number, RESULT_LIMIT):
                record = candidate.record
                is_order = record is not None and record._name == "sale.order"
                kind = "order" if is_order else "reference"
                add(candidate.partner, kind, text, record if is_order else none)
        name = " ".join(word for word in words if not _has_digit(word))
        if len(name) >= NAME_MIN:
            self._add_named(found, add, name)
        return found

    @api.model
    def _add_ordered(self, add, numbers, channel):
        """Whose orders these are; a postcode beside the number of one speaks for him, too.

        :return: the numbers that are known by this, in upper case
        :rtype: set[str]
        """
        orders = self.env["sale.order"]._omni_by_number(numbers, channel.company_id)
        used = set(orders)
        for order in self.env["sale.order"].union(*orders.values()):
            text = self.env._("Has the order %(order)s", order=order.name)
            add(order.partner_id, "order", text, order)
            zips = (order.partner_id | order.partner_shipping_id).mapped("zip")
            zips = {code.replace(" ", "").upper() for code in zips if code}
            for code in zips & {number.upper() for number in numbers}:
                used.add(code)
                text = self.env._("The order goes to the postcode %(text)s", text=code)
                add(order.partner_id, "postcode", text)
        return used

    @api.model
    def _add_named(self, found, add, name):
        """Who is called like this; when others are found already, it only speaks for those."""
        text = self.env._("Is called like this")
        words = [word.casefold() for word in name.split()]
        if found:
            for partner in list(found):
                has = (partner.name or "").casefold()
                if all(word in has for word in words):
                    add(partner, "name", text)
            return
        domain = Domain.AND(Domain("complete_name", "ilike", word) for word in words)
        for partner in self.env["res.partner"].search(domain, limit=RESULT_LIMIT + 1):
            add(partner, "name", text)

    @api.model
    def _by_email(self, email):
        """:return: contacts with this very address, or nearly"""
        normal = email_tools.normalize(email)
        if not normal:
            return []
        candidates = self.env["res.partner"]._find_by_email(normal, RESULT_LIMIT)
        return [one.partner for one in candidates if one.reason != "email_domain"]

    @api.model
    def _by_phone(self, number):
        candidates = self.env["res.partner"]._find_by_phone(number, limit=RESULT_LIMIT)
        return [one.partner for one in candidates]

    @api.model
    def _add_claimed(self, found, identity):
        """What the visitor has told the chat counts as well: an order that was typed, and the
        address of its customer in his profile, say more than either."""
        email = email_tools.normalize(identity.email or None)
        home = self.env.company.country_id.code or None
        for partner, evidence in found.items():
            kinds = {kind for kind, _text, _orders in evidence}
            addresses = email_tools.split_addresses(partner.email or None)
            if email and "email" not in kinds and email in addresses:
                text = self.env._("Has the e-mail address that the visitor gave")
                evidence.append(("email", text, self.env["sale.order"]))
            phone = phone_tools.to_e164(identity.phone, home, home) if identity.phone else None
            keys = {partner.phone_key, partner.mobile_key, partner.phone_alt_key}
            if phone and "phone" not in kinds and phone in keys:
                text = self.env._("Has the telephone number that the visitor gave")
                evidence.append(("phone", text, self.env["sale.order"]))

    @api.model
    def _do_confirm(self, channel, values):
        """The user says who it is.

        :param dict values: ``partner``: id
        :return: ``{"message"}``
        :rtype: dict
        """
        conversation = self._conversation(channel, values)
        answer = self.env["omni.inbox"].confirm_identity(
            self._identity_of(conversation).id, self._number_in(values, "partner")
        )
        return {"message": answer["message"]}

    @api.model
    def _do_reject(self, channel, values):
        """The user says who it is not.

        :param dict values: ``partner``: id
        :return: ``{"message"}``
        :rtype: dict
        """
        conversation = self._conversation(channel, values)
        answer = self.env["omni.inbox"].reject_identity(
            self._identity_of(conversation).id, self._number_in(values, "partner")
        )
        return {"message": answer["message"]}

    @api.model
    def _identity_of(self, conversation):
        if not conversation.identity_id:
            raise UserError(self.env._("The visitor has not written yet."))
        return conversation.identity_id

    # === TICKET === #

    @api.model
    def _do_ticket(self, channel, values):
        """Give the conversation a ticket of its own, or put it into an open one.

        :param dict values: ``ticket``: id of the one to join; without it a new one
        :return: ``{"message", "undo"}``: a token for :meth:`_do_undo` when it can be taken back
        :rtype: dict
        """
        conversation = self._conversation(channel, values)
        inbox = self.env["omni.inbox"]
        case = self._case(conversation)
        if values.get("ticket"):
            other = inbox._case(self._number_in(values, "ticket"), "write")
            if other == case:
                return {"message": self.env._("It is in this ticket already.")}
            joined = inbox.join(case.id, other.id) if case else inbox._bring(conversation, other)
            return {"message": joined["message"], "undo": joined.get("undo") or False}
        if case:
            return {"message": self.env._("There is a ticket already.")}
        case = self.env[CASE_MODEL].create(self._ticket_values(conversation))
        conversation._set_case(case)
        # nobody waits here for what is being answered at the desk
        case._omni_recount()
        inbox._changed(case, "state")
        return {"message": self.env._("Ticket %(ticket)s is open.", ticket=case.number or "")}

    @api.model
    def _do_undo(self, channel, values):
        """Take back what was done to a ticket.

        :param dict values: ``token``
        :return: ``{"message"}``
        :rtype: dict
        """
        self._conversation(channel, values)
        answer = self.env["omni.inbox"].undo(self._text_in(values, "token", 200))
        return {"message": answer["message"]}

    @api.model
    def _do_part(self, channel, values):
        """Part what was put together in the ticket of the conversation.

        :param dict values: ``join``: id
        :return: ``{"message"}``
        :rtype: dict
        """
        inbox = self.env["omni.inbox"]
        case = self._case(self._conversation(channel, values))
        join = self._number_in(values, "join")
        if not case or join not in [row["id"] for row in inbox.get_joins(case.id)["joined"]]:
            raise UserError(self.env._("This was taken apart already."))
        return {"message": inbox.undo_join(join)["message"]}

    @api.model
    def _ticket_values(self, conversation):
        """:return: values of a new ticket of a conversation"""
        name = conversation.subject or conversation.preview or self.env._("Chat")
        values = self.env[CASE_MODEL]._case_prepare(conversation, None)
        return {**values, "name": name, "user_id": self.env.uid}

    @api.model
    def _do_note(self, channel, values):
        """Write a note for colleagues on the ticket.

        :param dict values: ``text``
        :return: ``{"message"}``
        :rtype: dict
        """
        case = self._case(self._conversation(channel, values))
        if not case:
            raise UserError(self.env._("Open a ticket first: the note stands on it."))
        text = self._text_in(values, "text", NOTE_LIMIT).strip()
        self.env["omni.inbox"].add_note(case.id, plaintext2html(text) if text else "")
        return {"message": self.env._("The note stands on ticket %(ticket)s.", ticket=case.number)}

    # === WHAT TO SAY === #

    @api.model
    def _do_canned(self, channel, values):
        """Answers that can be taken over: the draft that the user has in the inbox, and canned ones
        with what is known filled in.

        :param dict values: ``term`` to look for; ``language`` of the conversation
        :return: ``{"answers": [{"key", "title", "text", "missing": [{"name", "reason"}]}]}``
        :rtype: dict
        """
        conversation = self._conversation(channel, values)
        term = self._text_in(values, "term", TERM_LIMIT)
        lang = self._customer_lang(conversation, values)
        answers = []
        draft = self._draft(conversation)
        if draft and not term.strip():
            answers.append(self._draft_answer(draft))
        found = self.env["omni.inbox"]._canned(lang, conversation.channel_id, term)
        known = self._variables(conversation, lang) if found else {}
        answers += [self._canned_answer(canned, known) for canned in found]
        return {"answers": answers}

    @api.model
    def _do_answer(self, channel, values):
        """One text for the compose box, as it is at this moment.

        :param dict values: ``key``: ``canned:<id>``, ``order:<id>`` or ``draft``; ``language``;
            ``order``: id of the one that a canned answer is about
        :return: ``{"text", "missing", "asks_order"}``; the last: it can be said which order it is
        :rtype: dict
        """
        conversation = self._conversation(channel, values)
        kind, _colon, number = self._text_in(values, "key", 40).partition(":")
        lang = self._customer_lang(conversation, values)
        if kind == "draft":
            draft = self._draft(conversation)
            if draft:
                return self._check_told(conversation, self._draft_answer(draft))
        elif kind == "canned" and number.isdecimal():
            found = self.env["mail.canned.response"].search([("id", "=", int(number))])
            if found:
                known = self._variables(conversation, lang)
                if values.get("order"):
                    order = self._certain_order(conversation, self._number_in(values, "order"))
                    known |= self._order_variables(order, lang)
                answer = self._check_told(conversation, self._canned_answer(found, known))
                return {**answer, "asks_order": self._asks_order(conversation, answer)}
        elif kind == "order" and number.isdecimal():
            order = self._certain_order(conversation, int(number))
            return {"text": self._order_text(order, lang), "missing": []}
        raise UserError(self.env._("This answer is no longer there."))

    @api.model
    def _customer_lang(self, conversation, values):
        """The language an answer is written in: that of the customer, else that of the chat.

        :return: code of a language that is installed
        :rtype: str
        """
        if not conversation.partner_id:
            lang = self._installed_lang(values.get("language"))
            if lang:
                return lang
        case = self._case(conversation)
        lang = self.env["omni.inbox"]._customer_lang(case, conversation)
        return lang or self.env.lang

    @api.model
    def _installed_lang(self, code):
        """The installed language that is meant by one as browsers and iAdvize write it.

        :param code: ``fr``, ``fr-FR``, …
        :rtype: str | None
        """
        wanted = str(code or "").replace("-", "_").casefold()
        installed = [lang for lang, _name in self.env["res.lang"].get_installed()]
        for lang in installed:
            if lang.casefold() == wanted:
                return lang
        short = wanted.partition("_")[0]
        return next((lang for lang in installed if lang.partition("_")[0] == short), None)

    @api.model
    def _variables(self, conversation, lang):
        """See `omni.inbox._variables`; nothing about orders while it is not certain who writes."""
        inbox = self.env["omni.inbox"]
        values = inbox._variables(self._case(conversation), conversation, lang)
        if self._is_certain(conversation):
            return values
        reason = self.env._("It is not certain who writes: nothing is said about orders.")
        return values | {name: ("", reason) for name in CONFIDENTIAL}

    @api.model
    def _order_variables(self, order, lang):
        """What a canned answer says of one order; see `omni.inbox._variables`."""
        date = order.commitment_date
        return {
            "order": (order.name, ""),
            "expected_date": (
                format_date(self.env, date, lang_code=lang) if date else "",
                self.env._("The order has no expected date."),
            ),
        }

    @api.model
    def _asks_order(self, conversation, answer):
        """Whether a canned answer would be whole if it were said which order it is about.

        :rtype: bool
        """
        names = self.env["omni.inbox"]._variable_names()
        missing = {one["name"] for one in answer["missing"]}
        return names["order"] in missing and self._is_certain(conversation)

    @api.model
    def _canned_answer(self, canned, known):
        data = self.env["omni.inbox"]._canned_data(canned, known)
        return {
            "key": f"canned:{canned.id}",
            "title": canned.source,
            "text": _plain(data["html"]),
            "missing": [
                {"name": name, "reason": reason} for name, reason in data["reasons"].items()
            ],
        }

    @api.model
    def _check_told(self, conversation, answer):
        """An answer that goes into the compose box, whatever conversation it was written for.

        :param dict answer: with its ``text``
        :return: the answer
        :rtype: dict
        :raise UserError: it is not certain who writes, and it names an order
        """
        if not self._is_certain(conversation):
            if name := self.env["omni.inbox"]._order_named(conversation, answer["text"]):
                raise UserError(
                    self.env._(
                        "It is not certain who writes, and the text names order %(name)s. Confirm"
                        " the contact first.",
                        name=name,
                    )
                )
        return answer

    @api.model
    def _draft(self, conversation):
        """The answer that the user has begun in the inbox.

        :rtype: recordset of `omni.draft`, empty when there is none
        """
        case = self._case(conversation)
        draft = self.env["omni.draft"]._of(case) if case else self.env["omni.draft"]
        return draft.filtered(lambda one: one.kind == "reply" and _plain(one.body or ""))

    @api.model
    def _draft_answer(self, draft):
        return {
            "key": "draft",
            "title": self.env._("Your draft in the inbox"),
            "text": _plain(draft.body),
            "missing": [],
        }

    @api.model
    def _certain_order(self, conversation, order_id):
        """An order that may be spoken of to whoever writes.

        :rtype: recordset of `sale.order`, one
        :raise UserError: it is not certain who writes, or the order is that of somebody else
        """
        if not self._is_certain(conversation):
            raise UserError(
                self.env._(
                    "It is not certain who writes: nothing is said about orders. Confirm the"
                    " contact first."
                )
            )
        family = conversation.identity_id.partner_id.commercial_partner_id
        order = self.env["sale.order"].search(
            Domain("id", "=", order_id)
            & Domain("partner_id", "child_of", family.ids)
            & Domain("company_id", "=", conversation.company_id.id)
        )
        if not order:
            raise UserError(self.env._("This is not an order of the customer."))
        return order

    @api.model
    def _order_text(self, order, lang):
        """What is said of an order, in the language of the customer.

        :rtype: str
        """
        if order.state != "sale" or not order.commitment_date:
            raise UserError(self.env._("The order has no expected date."))
        date = format_date(self.env, order.commitment_date, lang_code=lang)
        own = self.with_context(lang=lang)
        return own.env._(
            "Your order %(order)s is expected on %(date)s.", order=order.name, date=date
        )

    # === CARDS === #

    @api.model
    def _do_articles(self, channel, values):
        """Articles that can be sent as a card.

        :param dict values: ``term``
        :return: ``{"articles": [{"id", "name", "reference"}], "message"}``
        :rtype: dict
        """
        self._conversation(channel, values)
        term = self._text_in(values, "term", TERM_LIMIT).strip()
        if len(term) < NAME_MIN:
            return {"articles": [], "message": ""}
        lang = self._customer_lang(self._conversation(channel, values), values)
        products = self.env["product.product"].with_context(lang=lang)
        domain = Domain("sale_ok", "=", True) & Domain("default_code", "not in", (False, ""))
        for word in term.split():
            domain &= Domain("default_code", "ilike", word) | Domain("name", "ilike", word)
        found = products.search(domain, limit=ARTICLE_LIMIT)
        message = "" if found else self.env._("No article is found by “%(term)s”.", term=term)
        return {
            "articles": [
                {"id": one.id, "name": one.name, "reference": one.default_code} for one in found
            ],
            "message": message,
        }

    @api.model
    def _do_card(self, channel, values):
        """A card to be pushed into the conversation: an order on the page that its customer can
        open without signing in, or an article in the shop.

        :param dict values: ``kind``: ``order`` or ``article``; ``id``; ``language``
        :return: ``{"card"}`` as `pushCardInConversationThread` takes it
        :rtype: dict
        """
        conversation = self._conversation(channel, values)
        lang = self._customer_lang(conversation, values)
        kind, number = values.get("kind"), self._number_in(values, "id")
        if kind == "order":
            card = self._order_card(self._certain_order(conversation, number), lang)
        elif kind == "article":
            card = self._article_card(channel, number, lang)
        else:
            raise UserError(self.env._("Such a card does not exist."))
        return {"card": card}

    @api.model
    def _order_card(self, order, lang):
        if order.state not in ("sent", "sale"):
            raise UserError(
                self.env._("This order is not on the customer's own pages: nothing can be sent.")
            )
        own = self.with_context(lang=lang)
        text = ""
        if order.state == "sale" and order.commitment_date:
            date = format_date(self.env, order.commitment_date, lang_code=lang)
            text = own.env._("Expected on %(date)s", date=date)
        return {
            "title": own.env._("Your order %(order)s", order=order.name),
            "text": text,
            "actions": [
                {
                    "type": "LINK",
                    "title": own.env._("See my order"),
                    # with the token of this one order: whoever has the link sees it, and no other
                    "url": f"{order.get_base_url()}{order.get_portal_url()}",
                }
            ],
        }

    @api.model
    def _article_card(self, channel, product_id, lang):
        product = (
            self.env["product.product"]
            .with_context(lang=lang)
            .search([("id", "=", product_id), ("sale_ok", "=", True)])
        )
        url = channel._panel_article_link(product) if product else ""
        if not url:
            raise UserError(
                self.env._("It is not known where customers see this article: nothing can be sent.")
            )
        own = self.with_context(lang=lang)
        return {
            "title": product.name,
            "text": own.env._("Reference %(reference)s", reference=product.default_code),
            "actions": [{"type": "LINK", "title": own.env._("See the article"), "url": url}],
        }

    # === WHAT CAME FROM THE PAGE === #

    @api.model
    def _text_in(self, values, name, limit):
        """A text of a request.

        :raise UserError: it is none, or too long
        """
        text = values.get(name) or ""
        if not isinstance(text, str):
            raise UserError(self.env._("This request cannot be understood."))
        if len(text) > limit:
            raise UserError(
                self.env._("This is too long: at most %(limit)s characters.", limit=limit)
            )
        return storable(text)

    @api.model
    def _number_in(self, values, name):
        """The id of a record in a request.

        :raise UserError: it is none
        """
        number = values.get(name)
        if type(number) is not int or not 0 < number < 2**31:
            raise UserError(self.env._("This request cannot be understood."))
        return number


def _has_digit(word):
    return any(map(str.isdigit, word))


def _is_number(word):
    """Whether a word can be the number of something."""
    return len(word) >= REFERENCE_MIN and _has_digit(word)


def _plain(html):
    """The text of an answer, as a compose box takes it."""
    text = html_escapes.unescape(_TAG.sub("", _BREAK.sub("\n", str(html))))
    return text.strip()
