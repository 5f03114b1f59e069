from odoo import api, models
from odoo.fields import Domain


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
