from collections import defaultdict

from odoo import api, fields, models

from odoo.addons.integration_base.tools import email as email_tools

from ..identity import claims as claim_tools
from ..identity import evidence

#: Contacts that one telephone number or address names, at most: more of them say nothing.
CONTACT_LIMIT = 5


class OmniIdentity(models.Model):
    """What is said of somebody: kept, so that what he says later may fit what he said before."""

    _inherit = "omni.identity"

    claims = fields.Json(
        "What Is Said of Him",
        readonly=True,
        help='By himself, his browser or the channel: [{"kind", "value", "is_verified"}].',
    )

    def _said(self, kind):
        """What is said of people, of one kind.

        :param str kind: one of `identity.claims.KINDS`
        :rtype: set[str]
        """
        values = {value for one in self for value in claim_tools.values(one.claims, kind)}
        if kind == "email":
            values |= {one.email for one in self if one.email}
        return values

    def _email_keys(self):
        """Search keys of the addresses somebody has, or says he has.

        :rtype: set[str]
        """
        return {key for email in self._said("email") if (key := email_tools.match_key(email))}

    def _note_claims(self, claims):
        """Something more is said of somebody, and is weighed at once with all that was said before.

        :param claims: iterable of `providers.base.Claim`
        """
        self.ensure_one()
        # sudo: what is said counts, whoever fetches it
        identity_sudo = self.sudo()
        country = identity_sudo.company_id.country_id.code
        known = claim_tools.merged(identity_sudo.claims, (), country)
        merged = claim_tools.merged(known, claims, country)
        if merged == known:
            return
        identity_sudo.claims = merged
        identity_sudo._reconsider()
        identity_sudo._tell_cases()

    def _tell_cases(self):
        """Whoever looks at a ticket sees what has become known of who writes."""
        for model, conversations in self.conversation_ids.grouped("case_model").items():
            if model:
                cases = self.env[model].browse(set(conversations.mapped("case_id"))).exists()
                cases._case_changed("identity")

    @api.model
    def _claim_signals(self, claims_by_key, company):
        """What claims say, for many people at once: one query for each kind of claim.

        :param dict claims_by_key: claims as they are kept, by any key
        :param company: `res.company`
        :return: by key, what `identity.evidence.Signals` takes: ``verified``, ``claimed``,
            ``orders``
        :rtype: dict[Any, dict]
        """
        said = defaultdict(set)
        for claims in claims_by_key.values():
            for claim in claims or ():
                said[claim["kind"]].add(claim["value"])
        partners = self.env["res.partner"]
        orders = self.env["sale.order"]._omni_by_number(said["order"] | said["purchase"], company)
        by_email = {
            address: matches.exact
            for address, matches in partners._omni_by_email(said["email"], company).items()
        }
        found = {
            "email": by_email,
            "phone": partners._omni_by_phone(said["phone"], company),
            "customer": partners._omni_by_ref(said["customer"] | said["user"], company),
            "order": {number: theirs.partner_id for number, theirs in orders.items()},
        }
        found["user"] = {**by_email, **found["customer"]}
        found["purchase"] = found["order"]
        return {
            key: self._claim_signals_of(claims, found, orders)
            for key, claims in claims_by_key.items()
            if claims
        }

    @api.model
    def _claim_signals_of(self, claims, found, orders):
        """See :meth:`_claim_signals`.

        :param dict found: contacts by kind and value of a claim
        :param dict orders: `sale.order` by number, in upper case
        """
        verified, claimed, named = [], [], []
        for claim in claims:
            kind, value = claim["kind"], claim["value"]
            upper = value.upper() if kind in ("order", "purchase", "customer") else value
            partners = found.get(kind, {}).get(upper, self.env["res.partner"])
            if claim["is_verified"] and len(partners) == 1:
                code = "verified_user" if kind == "user" else "signed_link"
                verified.append((code, partners.id))
            elif kind in evidence.CLAIMED:
                claimed += [
                    (evidence.CLAIMED[kind], partner.id, value)
                    for partner in partners[:CONTACT_LIMIT]
                ]
            if kind == "order":
                named += [
                    evidence.OrderNamed(
                        order.name,
                        order.partner_id.id,
                        order.partner_id.commercial_partner_id.id,
                        order._omni_fits(claims),
                    )
                    for order in orders.get(upper, ())
                    if order.partner_id
                ]
        return {"verified": tuple(verified), "claimed": tuple(claimed), "orders": tuple(named)}
