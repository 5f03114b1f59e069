import re

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.tools import email as email_tools
from odoo.addons.integration_base.tools import phone as phone_tools

_logger = get_logger(__name__)

#: Most contacts of one answer: more do not fit on a telephone.
LIMIT = 10
#: Shorter texts would find anybody, longer ones nobody (in characters).
SEARCH_LENGTH = range(3, 101)
#: Longest part of a name that is kept, in characters.
NAME_LENGTH = 128
#: A text with as many digits may be a number.
NUMBER_DIGITS = 6
#: Matches that are weaker are no answer to "who is this?".
EMAIL_REASONS = ("email_exact", "email_mailbox")
#: Of a search by a part of the name.
_WILDCARD = re.compile(r"([\\%_])")


class ThreecxPbx(models.Model):
    """Who somebody is, as the telephone system asks it. To be called as superuser: the technical
    user sees nothing, so the company is looked at here."""

    _inherit = "threecx.pbx"

    def _lookup_number(self, number):
        """Who may have a number, the likeliest first.

        :param str number: as the telephone system writes it
        :rtype: list[dict]
        """
        self.ensure_one()
        return self._as_contacts(self._records_of_number(number), number)

    def _lookup_email(self, email):
        """Who may have an e-mail address, the likeliest first.

        :param str email: as typed by the visitor of a chat
        :rtype: list[dict]
        """
        self.ensure_one()
        return self._as_contacts(self._records_of_email(email)[:LIMIT])

    def _search_contacts(self, text):
        """What a user of the telephone finds by a name, a number, an address, or a reference.

        :param str text: as typed
        :rtype: list[dict]
        """
        self.ensure_one()
        text = text.strip()
        if len(text) not in SEARCH_LENGTH:
            return []
        partners = self.env["res.partner"]
        records = []
        if sum(map(str.isdigit, text)) >= NUMBER_DIGITS:
            records += self._records_of_number(text)
        if "@" in text:
            records += self._records_of_email(text)
        records += [each.partner for each in partners._find_by_reference(text, limit=LIMIT)]
        name = _WILDCARD.sub(r"\\\1", text)
        records += partners.search(
            self._company_domain() & Domain("complete_name", "ilike", name), limit=LIMIT
        )
        return self._as_contacts(self._of_company(records)[:LIMIT])

    def _create_contact(self, first, last, email, number):
        """The contact of what a user typed in the telephone's client: one that is there already,
        else a new one.

        :param str first: first name; all may be empty but one of the last two
        :param str last: last name
        :param str email: e-mail address
        :param str number: telephone number
        :rtype: list[dict]
        """
        self.ensure_one()
        # two clicks at once: the second one is repeated when the first one has committed
        self.env["threecx.call.slot"]._take(f"contact:{self.company_id.id}")
        country = self._country_code()
        known = self._lookup_number(number) if number else []
        if known:
            return known
        same_address = self._records_of_email(email)
        if same_address:
            self._add_number(same_address[0], number, country)
            self._link_unknown(same_address[0], number)
            return self._as_contacts(same_address[:LIMIT], number)
        name = " ".join(filter(None, (first.strip()[:NAME_LENGTH], last.strip()[:NAME_LENGTH])))
        partner = self.env["res.partner"].create(
            {
                "name": name or email or number,
                "email": email,
                "company_id": self.company_id.id if self._keeps_partners_apart() else False,
                **_number_value(number, country),
            }
        )
        _logger.info("%s: %s created from the telephone", self, partner)
        self._link_unknown(partner, number)
        return self._as_contacts([partner], number)

    # === TOOLS === #

    def _company_domain(self):
        return Domain("company_id", "in", [False, self.company_id.id])

    def _of_company(self, records):
        """Each once, without those of another company."""
        companies = (self.company_id.browse(), self.company_id)
        return [
            record
            for record in dict.fromkeys(records)
            if record.company_id in companies and record.active
        ]

    def _records_of_number(self, number):
        """Contacts and leads that may have a number, the likeliest first.

        :rtype: list
        """
        found = self.env["threecx.call"]._candidates(
            number, self.company_id, limit=LIMIT, country=self._country_code()
        )
        if self._call_number(number).is_e164:
            # a complete number that merely ends alike is somebody else's
            found = [each for each in found if each["reason"] != "phone_suffix"]
        # somebody archived is better than nobody, and than a second one of him
        found = [each for each in found if each["active"]] or found
        ids = {}
        for each in found:
            ids.setdefault(each["model"], []).append(each["id"])
        return [
            self.env[each["model"]].browse(each["id"]).with_prefetch(ids[each["model"]])
            for each in found
        ]

    def _records_of_email(self, email):
        """Contacts, then open leads of an address.

        :rtype: list
        """
        normal = email_tools.normalize(email)
        if not normal:
            return []
        found = self.env["res.partner"]._find_by_email(normal, limit=LIMIT)
        records = [each.partner for each in found if each.reason in EMAIL_REASONS]
        if not self._of_company(records):
            domain = self._company_domain() & Domain("email_normalized", "=", normal)
            records += self.env["crm.lead"].search(domain, limit=LIMIT)
        return self._of_company(records)

    def _keeps_partners_apart(self):
        """Whether companies of this database do not share their contacts."""
        rule = self.env.ref("base.res_partner_rule", raise_if_not_found=False)
        return bool(rule and rule.active)

    def _add_number(self, record, number, country):
        """Note a number with somebody who has none yet; what is there is never changed."""
        for name, value in _number_value(number, country).items():
            if name not in record._fields or record[name]:
                continue
            try:
                with self.env.cr.savepoint():
                    record[name] = value
            except UserError as error:
                # an addon keeps this contact for a master elsewhere
                _logger.info("%s: number not noted with %s: %s", self, record, error)

    def _link_unknown(self, record, number):
        """Calls of the number that nobody was known for are his."""
        key = self._call_number(number).key
        call = key and self.env["threecx.call"].search(
            [
                ("number_key", "=", key),
                ("company_id", "=", self.company_id.id),
                ("match_kind", "=", "none"),
                ("direction", "!=", "internal"),
            ],
            limit=1,
        )
        if call:
            call._link(record)

    def _as_contacts(self, records, number=""):
        """As the CRM template reads them: texts only, its PBX makes words of true and false.

        :param list records: contacts and leads
        :param str number: that was searched, which comes back as it was: a match without it is
            thrown away by the PBX
        :rtype: list[dict]
        """
        base_url = self.get_base_url()
        return [
            {
                "id": f"{record._name},{record.id}",
                "url": f"{base_url}/odoo/{record._name}/{record.id}",
                **(_lead(record) if record._name == "crm.lead" else _partner(record)),
                **_numbers(record, number),
            }
            for record in records
        ]


def _partner(partner):
    first, last = ("", "") if partner.is_company else _split(partner.name)
    return {
        "first": first,
        "last": last,
        "company": partner.name if partner.is_company else partner.commercial_company_name or "",
        "email": email_tools.normalize(partner.email or None) or "",
        "type": "Company" if partner.is_company else "Person",
    }


def _lead(lead):
    first, last = _split(lead.contact_name)
    return {
        "first": first,
        "last": last,
        "company": lead.partner_name or ("" if lead.contact_name else lead.name),
        "email": email_tools.normalize(lead.email_from or None) or "",
        "type": "Person" if lead.contact_name else "Company",
    }


def _split(name):
    """First and last name: what is shown one behind the other is the name again."""
    first, _blank, last = (name or "").strip().rpartition(" ")
    return first, last


def _numbers(record, number):
    phone = record.phone or ""
    mobile = "mobile" in record._fields and record.mobile or ""
    return {
        "business": number or phone,
        "business2": phone if number and phone != number else "",
        "mobile": mobile,
    }


def _number_value(number, country):
    """Value of the field a number belongs in, written as people read it.

    :rtype: dict
    """
    if not number:
        return {}
    parsed = phone_tools.parse(number, country)
    if not parsed:
        return {"phone": number}
    return {"mobile" if parsed.is_mobile else "phone": parsed.display()}
