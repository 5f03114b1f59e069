from odoo import fields, models

from odoo.addons.base_vat.models.res_partner import EU_EXTRA_VAT_CODES_INV

from ..pipeline.context import is_on_behalf_of_master, load_memory

SEGMENTS = [("b2b", "Professional (B2B)"), ("b2c", "Private (B2C)")]


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "sm.linked.mixin"]

    sm_link_ids = fields.One2many(
        "sm.link", "partner_id", "Silicon Master Links", groups="sm_connector.group_sm_user"
    )
    sm_segment = fields.Selection(SEGMENTS, "Segment", copy=False)
    sm_vat_status = fields.Selection(
        [("none", "None"), ("valid", "Well formed"), ("invalid", "Not a valid number")],
        "VAT Number Check",
        copy=False,
        help="Form and check digits only; nobody was asked whether the number exists.",
    )
    sm_is_blocked = fields.Boolean("Blocked in Silicon Master", copy=False)
    sm_remarks = fields.Text("Remarks in Silicon Master", copy=False)

    def _check_vat(self, validation="error"):
        """Override of `account` to keep the master's VAT numbers as they were given.

        Odoo would write them again in its own form, number by number.
        """
        if is_on_behalf_of_master():
            return None
        return super()._check_vat(validation=validation)

    def _deduce_country_code(self):
        """Override of `account`, by the same rule: the country of a European VAT number's prefix.

        `base_vat` asks the database for the European prefixes at each call, and several computed
        fields of every contact make one.
        """
        memory = load_memory("vat")
        if memory is None or not (self.country_id and self.vat):
            return super()._deduce_country_code()
        if "prefixes" not in memory:
            group = self.env["res.country.group"].search([("code", "=", "EU_PREFIX")], limit=1)
            memory["prefixes"] = set(group.country_ids.mapped("code"))
        prefix, _number = self._split_vat(self.vat)
        known = EU_EXTRA_VAT_CODES_INV.get(prefix, prefix)
        if known in memory["prefixes"] and self.country_id.code in memory["prefixes"]:
            return prefix
        return self.country_code
