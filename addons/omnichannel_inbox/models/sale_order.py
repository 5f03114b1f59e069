from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_base.tools import email as email_tools

from ..identity import claims as claim_tools


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model
    def _omni_by_number(self, numbers, company):
        """Orders by their own number or that of the customer, with the rights of the current user.

        :param numbers: iterable of str, as written
        :param company: `res.company`
        :return: orders by number, in upper case
        :rtype: dict[str, sale.order]
        """
        numbers = {spelling for one in numbers for spelling in (one, one.upper())}
        if not numbers:
            return {}
        found = self.search(
            (Domain("name", "in", list(numbers)) | Domain("client_order_ref", "in", list(numbers)))
            & Domain("company_id", "=", company.id),
            limit=500,
        )
        by_number = {}
        for order in found:
            for name in {order.name, order.client_order_ref}:
                if name in numbers:
                    key = name.upper()
                    by_number[key] = by_number.get(key, self.browse()) | order
        return by_number

    def _omni_fits(self, claims):
        """What of all that somebody says is right for this order, besides its number.

        :param claims: as they are kept, see `identity.claims`
        :return: keys of `identity.evidence.FITS`
        :rtype: frozenset[str]
        """
        self.ensure_one()
        people = self.partner_id | self.partner_invoice_id | self.partner_shipping_id
        known = {
            "email": {
                address
                for partner in people
                for address in email_tools.split_addresses(partner.email or None)
            },
            "phone": people._omni_phones(),
            "postcode": {claim_tools.postcode(partner.zip) for partner in people if partner.zip},
        }
        return frozenset(
            kind
            for kind, right in known.items()
            if right.intersection(claim_tools.values(claims, kind))
        )
