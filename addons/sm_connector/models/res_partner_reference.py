from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_base.models.res_partner import SCORE_REFERENCE, PartnerCandidate

#: Somebody names the end of his order's number; with fewer characters it would be anybody's.
PART_MIN_LENGTH = 4
#: Less than the whole number says less.
SCORE_PART = SCORE_REFERENCE // 2


class ResPartner(models.Model):
    """Customers found by what they say on the telephone: an order, a dossier, their key."""

    _inherit = "res.partner"

    @api.model
    def _find_by_reference(self, reference, limit=10):
        """Override of `integration_base` to look among the keys, orders and dossiers of the master.

        :rtype: list[PartnerCandidate]
        """
        candidates = super()._find_by_reference(reference, limit=limit)
        reference = (reference or "").strip()
        if len(reference) < PART_MIN_LENGTH:
            return candidates
        known = {candidate.partner for candidate in candidates}
        coded = self._search_candidates(Domain("sm_code", "=", reference), limit)
        candidates += [
            candidate
            for candidate in self._rank(coded, SCORE_REFERENCE, "reference")
            if candidate.partner not in known
        ]
        for model in ("sale.order", "sm.dossier"):
            candidates += self._find_records_by_reference(model, reference, limit)
        return sorted(candidates, key=lambda candidate: candidate.score, reverse=True)

    @api.model
    def _find_records_by_reference(self, model, reference, limit):
        """Return candidates who own a record with this number, the newest first."""
        records = self.env[model]
        if not records.has_access("read"):
            return []
        found = records.with_context(active_test=False).search(
            Domain("name", "ilike", reference) & Domain("partner_id", "!=", False),
            order="id DESC",
            limit=limit,
        )
        return [
            PartnerCandidate(
                record.partner_id,
                SCORE_REFERENCE if record.name.lower() == reference.lower() else SCORE_PART,
                "reference",
                record,
            )
            for record in found
        ]
