from odoo import fields, models

from odoo.addons.base_vat.models.res_partner import EU_EXTRA_VAT_CODES_INV
from odoo.addons.integration_base.tools.email import match_key as email_key
from odoo.addons.integration_base.tools.phone import to_e164

from ..pipeline.context import deriving, is_on_behalf_of_master, load_memory

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

    # === OWNERSHIP === #

    def _sm_owned(self):
        """Override: who has a login chooses his language, and his company is that of his user. An
        empty language may be filled."""
        owned = super()._sm_owned()
        if owned and self.sudo().with_context(active_test=False).user_ids:
            owned.pop("lang", None)
            owned.pop("company_id", None)
        elif not self.lang:
            owned.pop("lang", None)
        return owned

    def _sm_is_reworded(self, name, value):
        """Override: Odoo has its own way of writing telephone and VAT numbers."""
        old, new = self[name] or "", value or ""
        if name in ("phone", "mobile"):
            country = self.country_id.code or self.env.company.country_id.code
            return bool(to_e164(old, country)) and to_e164(old, country) == to_e164(new, country)
        if name == "email":
            return bool(email_key(old)) and email_key(old) == email_key(new)
        if name == "vat":
            old, new = ("".join(filter(str.isalnum, text)).upper() for text in (old, new))
            return bool(old) and old == new
        return super()._sm_is_reworded(name, value)

    def _sm_refused_to_customer(self, vals):
        """Return what a customer may not change about himself on the web site.

        :param dict vals: what he typed, the name of his company in ``company_name``
        :return: the fields, and the message to him; None when he may
        :rtype: tuple(set, str)
        """
        if not self._sm_is_guarded():
            return None
        partner = self
        names, _reworded = self._sm_changes(vals).get(self, (set(), set()))
        company = self.commercial_partner_id
        if (
            not names
            and company != self
            and vals.get("company_name", company.name) != company.name
            and "name" in company._sm_owned()
        ):
            names, partner = {"company_name"}, company
        if not names:
            return None
        backend = partner._sm_links().sudo().backend_id[:1]
        return names, self._sm_customer_text(self._sm_labels(names), backend)

    def _fields_sync(self, values):
        """Override of `base`: the address of a contact person does not become his company's when
        that is the master's. A VAT number is refused, as it would have to."""
        parent = self.parent_id
        if parent and self._sm_is_guarded() and parent._sm_links():
            with deriving(self._address_fields()):
                return super()._fields_sync(values)
        return super()._fields_sync(values)

    def _commercial_sync_from_company(self):
        """Override of `base`: what a company hands down does not replace what is the master's."""
        with deriving():
            return super()._commercial_sync_from_company()

    def _commercial_sync_to_descendants(self, fields_to_sync=None):
        """Override of `base`: what a company hands down does not replace what is the master's."""
        with deriving():
            return super()._commercial_sync_to_descendants(fields_to_sync)

    def _update_address(self, vals):
        """Override of `base`: what a company hands down does not replace what is the master's."""
        with deriving():
            return super()._update_address(vals)

    # === LOAD === #

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
