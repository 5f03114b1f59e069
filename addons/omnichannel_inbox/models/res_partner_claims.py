from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Contacts of many telephone numbers, or customer numbers, at once."""

    _inherit = "res.partner"

    @api.model
    def _omni_by_phone(self, numbers, company):
        """Contacts of telephone numbers, with the rights of the current user.

        :param numbers: iterable of str, in E.164
        :param company: `res.company`; contacts of other companies are left out
        :rtype: dict[str, res.partner]
        """
        numbers = set(numbers)
        if not numbers:
            return {}
        found = self.search(
            Domain.OR(
                Domain(name, "in", list(numbers))
                for name in ("phone_key", "mobile_key", "phone_alt_key")
            )
            & Domain("company_id", "in", [company.id, False])
        )
        by_number = defaultdict(self.browse)
        for partner in found:
            for number in numbers & partner._omni_phones():
                by_number[number] |= partner
        return {
            number: partners._omni_without_addresses() for number, partners in by_number.items()
        }

    def _omni_phones(self):
        """Telephone numbers of contacts, in E.164.

        :rtype: set[str]
        """
        keys = ("phone_key", "mobile_key", "phone_alt_key")
        return {partner[key] for partner in self for key in keys if partner[key]}

    @api.model
    def _omni_by_ref(self, references, company):
        """Contacts of customer numbers, upper and lower case being the same; with the rights of the
        current user. Override where customers have other numbers too.

        :param references: iterable of str
        :param company: `res.company`; contacts of other companies are left out
        :return: contacts by number, as given and in upper case
        :rtype: dict[str, res.partner]
        """
        spellings = {text for one in references for text in (one, one.upper(), one.lower())}
        if not spellings:
            return {}
        found = self.search(
            Domain("ref", "in", list(spellings)) & Domain("company_id", "in", [company.id, False])
        )
        by_upper = defaultdict(self.browse)
        for partner in found:
            by_upper[partner.ref.upper()] |= partner
        given = {one: by_upper[one.upper()] for one in references if one.upper() in by_upper}
        return {**by_upper, **given}

    # === KEY ACCOUNTS === #

    def _is_key_account(self):
        """Whether a customer comes before others: he, or his company, has a tag of key accounts.
        Override for whatever else makes one.

        :rtype: bool
        """
        tags = self.category_id | self.commercial_partner_id.category_id
        return any(tags.mapped("is_key_account"))
