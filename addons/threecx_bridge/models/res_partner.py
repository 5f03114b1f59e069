from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "threecx.called.mixin"]

    @api.depends_context("uid")
    def _compute_threecx_call_count(self):
        """Override: one query for all people, one for each company."""
        self.threecx_call_count = 0
        calls = self.env["threecx.call"]
        companies = self.filtered("is_company")
        people = self - companies
        groups = calls._read_group([("partner_id", "in", people.ids)], ["partner_id"], ["__count"])
        counts = {partner.id: count for partner, count in groups}
        for partner in people:
            partner.threecx_call_count = counts.get(partner._origin.id, 0)
        for company in companies._origin:
            company.threecx_call_count = calls.search_count(company._threecx_call_domain())

    # === CRUD METHODS === #

    def unlink(self):
        """Override: calls of a contact who is gone are calls of an unknown caller."""
        # sudo: whoever may delete the contact may leave its calls behind
        calls_sudo = self.env["threecx.call"].sudo().search([("partner_id", "in", self.ids)])
        res = super().unlink()
        calls_sudo.exists()._forget_party()
        return res

    # === CALLS === #

    def _threecx_call_domain(self):
        """Override: calls with the contact, or with anybody of the company.

        :rtype: Domain
        """
        self.ensure_one()
        if self.is_company:
            return Domain("partner_id", "child_of", self.id)
        return Domain("partner_id", "=", self.id)

    def _threecx_has_written(self):
        """Close the missed calls of customers who reached us in another way."""
        # a colleague who happens to be a customer too does not speak for him
        customers = self.filtered(
            lambda partner: not partner.user_ids.filtered(lambda user: not user.share)
        )
        self.env["threecx.call"]._close_written(Domain("partner_id", "in", customers.ids))
