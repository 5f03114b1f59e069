from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ResPartner(models.Model):
    """A contact, and the link by which he writes on Messenger and is known at once."""

    _inherit = "res.partner"

    omni_messenger_link = fields.Char(
        "Messenger Link",
        compute="_compute_omni_messenger_link",
        groups="crm_ticket.group_ticket_user",
        help="Whoever follows it writes on Messenger as this contact, for certain: send it to him "
        "only.",
    )

    @api.depends("ref", "email_normalized")
    @api.depends_context("company", "uid")
    def _compute_omni_messenger_link(self):
        for partner in self:
            company = partner.company_id or self.env.company
            partner.omni_messenger_link = partner._omni_link_to_messenger(company)

    def _omni_link_to_messenger(self, company):
        """A link to the page of a company that says who follows it. It is signed, and has no end.

        :param company: `res.company`
        :return: empty: there is no page in service that the user sees, or nothing says who he is
        :rtype: str
        """
        self.ensure_one()
        page = self.env["omni.channel"].search(
            Domain("provider", "=", "messenger")
            & Domain("is_enabled", "=", True)
            & Domain("company_id", "=", company.id),
            limit=1,
        )
        kind, value = ("customer", self.ref) if self.ref else ("email", self.email_normalized)
        if not page or not value:
            return ""
        try:
            return f"https://m.me/{page.messenger_page_id}?ref={page._signed_ref(kind, value)}"
        except UserError:
            return ""
