from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _get_partner_email_update(self, force_void=True):
        """Override of `crm`: what is the master's of the customer is not written through to him,
        and does not replace what the lead says."""
        if "email" in (self.partner_id.sm_owned_fields or ()):
            return False
        return super()._get_partner_email_update(force_void=force_void)

    def _get_partner_phone_update(self, force_void=True):
        """Override of `crm`; see :meth:`_get_partner_email_update`."""
        if "phone" in (self.partner_id.sm_owned_fields or ()):
            return False
        return super()._get_partner_phone_update(force_void=force_void)

    def _compute_email_from(self):
        """Override of `crm`: a lead without an address of its own still gets the customer's."""
        result = super()._compute_email_from()
        for lead in self.filtered(lambda lead: not lead.email_from):
            lead.email_from = lead.partner_id.email
        return result

    def _compute_phone(self):
        """Override of `crm`: a lead without a number of its own still gets the customer's."""
        result = super()._compute_phone()
        for lead in self.filtered(lambda lead: not lead.phone):
            lead.phone = lead.partner_id.phone
        return result
