from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Override of `base`: the contacts are one now. The merge itself, which is SQL, has moved
        every identity, conversation and ticket, for none of them has a constraint with a contact
        in it."""
        res = super()._merge(partner_ids, dst_partner, extra_checks)
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if len(partners) == 1 < len(partner_ids):
            # sudo: whoever may merge contacts need not be somebody who answers customers
            self.env["omni.identity"].sudo()._partners_merged(partners.sudo())
        return res
