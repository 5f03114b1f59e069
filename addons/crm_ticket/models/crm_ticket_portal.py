from odoo import api, models
from odoo.fields import Domain


class CrmTicket(models.Model):
    """What a customer sees of his requests: their words, not ours."""

    _inherit = "crm.ticket"

    @api.model
    def _portal_domain(self, partner):
        """The requests that somebody on the portal may see: his own and his company's.

        :param partner: `res.partner` of the user
        :rtype: Domain
        """
        return (
            Domain("partner_id", "child_of", partner.commercial_partner_id.ids)
            & Domain("is_spam", "=", False)
            & Domain("merged_into_id", "=", False)
        )

    def _portal_is_visible(self, partner):
        """Whether somebody on the portal may see this request.

        :rtype: bool
        """
        return bool(self.filtered_domain(self._portal_domain(partner)))

    def _portal_state(self):
        """What the state is in the words of a customer.

        :return: text and Bootstrap colour
        :rtype: tuple[str, str]
        """
        self.ensure_one()
        if self.state == "done":
            return self.env._("Settled"), "success"
        if self.state == "waiting":
            return self.env._("Waiting for your answer"), "warning"
        if self.user_id:
            return self.env._("Being handled"), "info"
        return self.env._("Received"), "secondary"

    def _portal_orders(self):
        """Orders the request is about, as far as they are the customer's: a ticket into which
        somebody else's was merged has orders of both.

        :rtype: `sale.order`
        """
        self.ensure_one()
        family = self.commercial_partner_id
        return self.order_ids.filtered(
            lambda order: (
                family in (order.partner_id | order.partner_shipping_id).commercial_partner_id
            )
        )

    def _portal_messages(self):
        """Hook: what was written, by the customer and to him, the oldest first.

        :return: dicts ``author``, ``date`` (naive UTC), ``text``, ``is_customer`` and ``files``, a
            list of ``{"name", "url"}``
        :rtype: list[dict]
        """
        return []
