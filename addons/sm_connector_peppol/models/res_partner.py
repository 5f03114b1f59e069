from odoo import models

from odoo.addons.sm_connector.pipeline.context import is_on_behalf_of_master


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _update_peppol_state_per_company(self, vals=None):
        """Override of `account_peppol`: no network inside the transaction of a load.

        Peppol's directory would be asked for every contact with a VAT number, up to twice and with
        ten seconds of patience each. Sending an invoice asks it anyway.
        """
        if is_on_behalf_of_master():
            return None
        return super()._update_peppol_state_per_company(vals=vals)
