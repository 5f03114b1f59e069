from odoo import api, fields, models

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

    @api.model
    def _run_vat_checks(self, country, vat, partner_name="", validation="error"):
        """Override of `base_vat`, which asks the database at every call: several computed fields
        ask it for the country of one and the same number."""
        memory = load_memory("vat")
        if memory is None:
            return super()._run_vat_checks(country, vat, partner_name, validation)
        key = (country.id, vat, validation)
        if key not in memory:
            memory[key] = super()._run_vat_checks(country, vat, partner_name, validation)
        return memory[key]
