from odoo import api, models

from ..pipeline.context import deriving


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merging contacts keeps all their keys: the one of the survivor rules him from then on."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Override of `base` to say which key rules when there are several."""
        moved = src_partners.sudo().sm_link_ids
        result = super()._update_foreign_keys(src_partners, dst_partner)
        moved.invalidate_recordset()
        self.env.invalidate_all()
        moved._sm_move_in()
        return result

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Override of `base`: what is the master's of the survivor stays as it is, and the next
        night completes it."""
        with deriving():
            return super()._update_values(src_partners, dst_partner)
