from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_base.models.res_partner import SCORE_EXACT, SCORE_SUFFIX
from odoo.addons.integration_base.tools import phone

from ..threecx.call_number import call_number

#: A lead with this number; a contact with it is the better guess.
SCORE_LEAD = SCORE_EXACT - 4
#: Somebody linked this number by hand before.
SCORE_MEMORY = SCORE_EXACT - 10
#: A lead of somebody who stands above it in the list already.
SCORE_HIS_LEAD = -20


class ThreecxCall(models.Model):
    """Whom a call is about."""

    _inherit = "threecx.call"

    # === CANDIDATES === #

    @api.model
    def _candidates(self, number, company=None, limit=10, country=None):
        """Contacts and leads that may be at the other end of a number, the likeliest first.

        The access rights of the present user apply; under ``sudo`` only the company counts.

        :param str number: as the PBX writes it
        :param company: `res.company`; by default the present one
        :param int limit: most candidates returned
        :param str country: ISO code of numbers written without one; by default the company's
        :return: dicts with ``model``, ``id``, ``name``, ``subtitle``, ``reason`` (``phone_exact``,
            ``phone_suffix``, ``linked_before``), ``score`` (comparable inside one answer) and
            ``active``
        :rtype: list[dict]
        """
        company = company or self.env.company
        known = call_number(number, country or company.country_id.code or None)
        if not known.key:
            return []
        found = self._candidate_partners(known, company, limit)
        found += self._candidate_leads(known, company, limit, found)
        if not any(one["score"] >= SCORE_LEAD for one in found):
            found += self._candidate_memory(known, company, found)
        return sorted(found, key=lambda one: -one["score"])[:limit]

    @api.model
    def _candidate_partners(self, number, company, limit):
        partners = self.env["res.partner"].with_company(company)
        found = partners._find_by_phone(number.key, limit=limit)
        return [
            {
                "model": "res.partner",
                "id": one.partner.id,
                "name": one.partner.name or one.partner.display_name or "",
                "subtitle": self._partner_subtitle(one.partner),
                "reason": one.reason,
                "score": one.score,
                "active": one.partner.active,
            }
            for one in found
            if one.partner.company_id in (company.browse(), company)
        ]

    @api.model
    def _partner_subtitle(self, partner):
        company = partner.commercial_partner_id
        employer = company.sudo().name if company != partner else ""
        return ", ".join(filter(None, [partner.function, employer, partner.city]))

    @api.model
    def _candidate_leads(self, number, company, limit, partners):
        """Open leads with this number. One of a contact found already comes after him."""
        leads = self.env["crm.lead"]
        if not leads.has_access("read"):
            return []
        domain = (
            self._lead_number_domain(number)
            & Domain("company_id", "in", (False, company.id))
            & Domain("stage_id.is_won", "=", False)
        )
        scores = {one["id"]: one["score"] for one in partners}
        found = []
        for lead in leads.search(domain, order="write_date DESC, id DESC", limit=limit):
            score = SCORE_LEAD if number.is_e164 else SCORE_SUFFIX
            if lead.partner_id.id in scores:
                score = scores[lead.partner_id.id] + SCORE_HIS_LEAD
            parts = (lead.contact_name, lead.partner_name, lead.city)
            found.append(
                {
                    "model": "crm.lead",
                    "id": lead.id,
                    "name": lead.name or "",
                    "subtitle": ", ".join(filter(None, parts)),
                    "reason": "phone_exact" if number.is_e164 else "phone_suffix",
                    "score": score,
                    "active": True,
                }
            )
        return found

    @api.model
    def _lead_number_domain(self, number):
        if number.is_e164:
            return Domain("phone_sanitized", "=", number.key)
        digits = phone.significant_digits(number.key)
        if not digits:
            return Domain.FALSE

        def ends_with(model, alias, query):
            column = model._field_to_sql(alias, "phone_sanitized", query)
            return SQL("reverse(%s) LIKE %s", column, f"{digits[::-1]}%")

        return Domain.custom(to_sql=ends_with)

    @api.model
    def _candidate_memory(self, number, company, found):
        """Whom somebody linked an earlier call of this number with."""
        call = self.search(
            [
                ("number_key", "=", number.key),
                ("company_id", "=", company.id),
                ("match_kind", "=", "manual"),
            ],
            order="started DESC, id DESC",
            limit=1,
        )
        record = call and (call.partner_id or call._record_about())
        if not record or not record.has_access("read"):
            return []
        if (record._name, record.id) in {(one["model"], one["id"]) for one in found}:
            return []
        return [
            {
                "model": record._name,
                "id": record.id,
                "name": record.display_name,
                "subtitle": "",
                "reason": "linked_before",
                "score": SCORE_MEMORY,
                "active": not hasattr(record, "active") or record.active,
            }
        ]

    @api.model
    def _standing_out(self, candidates, is_complete):
        """The one candidate who is it; none when several are as likely, or nobody is likely enough.

        :param list candidates: of :meth:`_candidates`
        :param bool is_complete: whether the number was complete: then one that merely ends like it
            belongs to somebody else
        :rtype: dict | None
        """
        likely = [
            one
            for one in candidates
            if one["active"] and not (is_complete and one["reason"] == "phone_suffix")
        ]
        if not likely or (len(likely) > 1 and likely[0]["score"] == likely[1]["score"]):
            return None
        return likely[0]

    # === LINK === #

    def _match(self):
        """Find out by the number whom the call is about; when several may be, nobody is."""
        self.ensure_one()
        if self.is_withheld or self.direction == "internal":
            return
        one = self._likeliest()
        if one:
            kind = "memory" if one["reason"] == "linked_before" else "number"
            self._set_party(kind, self.env[one["model"]].browse(one["id"]))

    def _likeliest(self):
        """The one candidate who stands out by the number of the call.

        :rtype: dict | None
        """
        country = self.pbx_id._country_code()
        candidates = self._candidates(self.number, self.company_id, country=country)
        return self._standing_out(candidates, self.pbx_id._call_number(self.number).is_e164)

    def _set_party(self, kind, record=None):
        """Say whom the call is about.

        :param str kind: value of ``match_kind``
        :param record: contact, or whatever it is about; its customer is the contact then
        """
        self.ensure_one()
        partner = self.env["res.partner"]
        about = record
        if record is not None and record._name == "res.partner":
            partner, about = record, None
        elif record is not None and "partner_id" in record._fields:
            found = record.sudo().partner_id
            partner = found if found._name == "res.partner" else partner
        if about is not None and not partner and kind == "intent":
            partner = self._party_of_number()
        self.write(
            {
                "match_kind": kind,
                "partner_id": partner.id,
                "res_model": about._name if about is not None else False,
                "res_id": about.id if about is not None else False,
            }
        )

    def _forget_party(self):
        """Take note that a record the calls were about was deleted: with nobody left, they are
        calls of an unknown caller, whom somebody may still have to call back."""
        for call in self.with_context(tracking_disable=True):
            if call._record_about() is not None:
                continue
            if call.partner_id:
                call.write({"res_model": False, "res_id": False})
                continue
            call._set_party("none")
            call._match()
            call._follow_up()
            call._sync_log()

    def _party_of_number(self):
        """The contact who stands out by the number.

        :rtype: res.partner
        """
        one = self._likeliest()
        is_partner = one and one["model"] == "res.partner"
        return self.env["res.partner"].browse(one["id"] if is_partner else ())
