from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain

from ..identity import joining


class OmniIdentity(models.Model):
    """It has become certain who somebody is: his open tickets on several channels become one."""

    _inherit = "omni.identity"

    def _confirm(self, partner):
        """Override: what he writes elsewhere is his, too."""
        res = super()._confirm(partner)
        self._join_cases()
        return res

    def _join_cases(self, take_turn=True):
        """Join the open tickets of these people with others of the same customer, where nothing
        stands against it. What is too uncertain for it is only shown: `omni.inbox.get_joins`.

        :param bool take_turn: wait for other workers that open a ticket of the same customer; not
            where contacts are imported, which no mail may disturb
        :return: the joins that were made
        :rtype: omni.join
        """
        # by nobody in particular: what becomes of it does not depend on who found it out
        joins = self.env["omni.join"].with_user(SUPERUSER_ID)
        made = joins.browse()
        linked = self.with_user(SUPERUSER_ID).filtered(lambda identity: identity._is_linked())
        for company, identities in linked.grouped("company_id").items():
            if not joins._window(company):
                continue
            if take_turn:
                joins._take_turn(identities.partner_id)
            for identity in identities.with_company(company):
                made |= identity._join_case(company)
        return made

    def _join_case(self, company):
        """See :meth:`_join_cases`."""
        self.ensure_one()
        joins = self.env["omni.join"]
        window = joins._window(company)
        partner = self.partner_id
        last = max(filter(None, self.conversation_ids.mapped("last_customer_date")), default=None)
        if not last:
            return joins.browse()
        found = joins._open_tickets(partner.commercial_partner_id, company, last - window)
        mine = found.filtered(
            lambda ticket: (
                self in ticket.conversation_ids.identity_id and ticket.partner_id == partner
            )
        )
        # what came in long after he had written here is another matter, too
        others = (found - mine).filtered(
            lambda ticket: (ticket.first_customer_date or ticket.create_date) <= last + window
        )
        if not mine or not others:
            return joins.browse()
        sides = joins._sides(found)
        refused = joins._refused_pairs(self)
        made = joins.browse()
        for ticket in mine:
            for other in others:
                if joining.hindrance(sides[ticket.id], sides[other.id], refused):
                    continue
                made |= joins._merge(ticket, other, self._join_reasons(other.partner_id))
                # the next one is judged by what is there now
                return made | self._join_case(company)
        return made

    def _join_reasons(self, other):
        """Why what he writes is joined with a ticket.

        :param other: `res.partner` of the ticket
        :rtype: list[dict]
        """
        partner = self.partner_id
        family = partner.commercial_partner_id if other != partner else None
        return self.env["omni.join"]._reasons(self, partner, family)

    @api.model
    def _partners_merged(self, partner):
        """Override: what two contacts wrote is one customer's now."""
        res = super()._partners_merged(partner)
        theirs = self.search(Domain("partner_id", "=", partner.id))
        theirs._join_cases()
        return res
