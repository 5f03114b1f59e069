from odoo import SUPERUSER_ID, fields, models
from odoo.fields import Domain

from ..identity import claims as claim_tools
from ..identity import evidence


class OmniIdentity(models.Model):
    """What proves who somebody is names somebody else than before: a computer that two share, a
    link that was forwarded. Nobody is told the orders of another one meanwhile."""

    _inherit = "omni.identity"

    def _reconsider_linked(self):
        """Weigh again what proves who those are who are linked; nothing less is of weight.

        :return: those of whom it has become surer, or no longer certain
        :rtype: omni.identity
        """
        changed = self.browse()
        linked = self.filtered(
            lambda identity: identity._is_linked() and claim_tools.verified(identity.claims)
        )
        rejected = linked._rejected_partners()
        for company, identities in linked.grouped("company_id").items():
            said = self.with_company(company)._claim_signals(
                {identity.id: claim_tools.verified(identity.claims) for identity in identities},
                company,
            )
            for identity in identities:
                verified = said[identity.id]["verified"]
                signals = identity._proof_signals(
                    identity.partner_id, verified, rejected.get(identity.id, frozenset())
                )
                suggestions = evidence.contradicted(identity.partner_id.id, signals)
                if not suggestions:
                    changed |= identity._note_proof(verified)
                elif evidence.is_confirmed(identity.evidence):
                    identity._contradict(suggestions)
                else:
                    identity._doubt(suggestions)
                    changed |= identity
        return changed

    def _proof_signals(self, partner, verified, rejected):
        """What proof is weighed with against a link.

        :param partner: `res.partner` that is linked
        :param verified: see `identity.evidence.Signals`
        :param frozenset rejected: contacts that were refused
        :rtype: identity.evidence.Signals
        """
        others = {other for _code, other in verified if other != partner.id}
        return evidence.Signals(
            verified=tuple(verified),
            rejected=rejected,
            commercial=self._families({partner.id, *others}) if others else {},
        )

    def _families(self, ids):
        """Companies of contacts, themselves if they have none.

        :param set ids: of `res.partner`
        :rtype: dict[int, int]
        """
        partners = self.env["res.partner"].browse(ids)
        return {one.id: one.commercial_partner_id.id for one in partners}

    def _note_proof(self, verified):
        """The contact that is linked is proved now.

        :param verified: see `identity.evidence.Signals`
        :return: the identity, when it was not
        :rtype: omni.identity
        """
        self.ensure_one()
        code = next((code for code, other in verified if other == self.partner_id.id), None)
        if not code or self.level == "proved":
            return self.browse()
        pieces = [{"code": code, "date": fields.Date.to_string(fields.Date.today())}]
        pieces += [piece for piece in self.evidence or () if piece["code"] != code]
        self.write({"level": "proved", "evidence": pieces})
        return self

    # === CONTRADICTION === #

    def _contradict(self, suggestions):
        """Somebody has confirmed who it is, which stands; what has become known since and proves
        something else is shown to whoever answers.

        :param suggestions: iterable of `identity.evidence.Suggestion`
        """
        self.ensure_one()
        rows = self.suggestion_ids
        is_new = False
        for suggestion in suggestions:
            row = rows.filtered(lambda one, he=suggestion.partner: one.partner_id.id == he)[:1]
            pieces = [dict(piece) for piece in suggestion.evidence]
            codes = {piece["code"] for piece in row.evidence or ()}
            if row and (row.state != "open" or codes >= {piece["code"] for piece in pieces}):
                # that was known when it was decided
                continue
            is_new = True
            values = {"evidence": pieces, "score": suggestion.score, "is_contradiction": True}
            if row:
                row.write(values)
            else:
                rows.create({"identity_id": self.id, "partner_id": suggestion.partner, **values})
        if is_new:
            self._tell_cases()

    def _doubt(self, suggestions, going_on=None):
        """The link was found by evidence, and as good evidence speaks for somebody else now: it is
        taken off, and a person decides. Tickets that are settled stay as they are: who wrote there
        was proved then.

        :param suggestions: iterable of `identity.evidence.Suggestion`: for whom it speaks now
        :param going_on: `omni.conversation` in which he writes now; by default the newest
        """
        self.ensure_one()
        # by nobody in particular, and for everybody: as what comes in
        identity = self.with_user(SUPERUSER_ID).with_context(
            lang=self.company_id.partner_id.lang, active_test=False
        )
        old, pieces = identity.partner_id, identity.evidence or []
        before = evidence.suggested(old.id, pieces)
        reason = identity._doubt_text(old, pieces, suggestions)
        conversations = identity._doubted_conversations(old, going_on)
        identity.write({"partner_id": False, "level": "weak", "evidence": False})
        # it had been confirmed before somebody said something else
        decided = identity.suggestion_ids.filtered(lambda row: row.partner_id == old)
        decided.write({"state": "open", "decided_by_id": False, "decided_on": False})
        identity._suggest((before, *suggestions))
        conversations.write({"partner_id": False})
        written = conversations.omni_message_ids.filtered(
            lambda message: message.author_identity_id == identity and message.direction == "in"
        )
        written.mail_message_id.write({"author_id": False})
        for model, theirs in conversations.grouped("case_model").items():
            if model:
                cases = identity.env[model].browse(set(theirs.mapped("case_id"))).exists()
                cases._case_customer_doubted(old, identity, reason)
        identity._tell_cases()

    def _doubted_conversations(self, old, going_on):
        """Conversations of which it is no longer certain who writes.

        :param old: `res.partner` it was
        :param going_on: see :meth:`_doubt`
        :rtype: omni.conversation
        """
        conversations = self.env["omni.conversation"]
        theirs = conversations.search(
            Domain("identity_id", "=", self.id) & Domain("partner_id", "=", old.id), order="id"
        )
        if going_on is None:
            going_on = theirs[-1:]
        settled = conversations
        for model, ones in theirs.grouped("case_model").items():
            if model:
                cases = self.env[model].browse(set(ones.mapped("case_id"))).exists()
                over = set(cases._case_settled().ids)
                settled |= ones.filtered(lambda one, over=over: one.case_id in over)
        settled |= theirs.filtered(lambda one: one.is_history and not one.case_id)
        return theirs.filtered(lambda one: one not in settled or one in going_on)

    def _doubt_text(self, old, pieces, suggestions):
        """Why it is no longer certain who writes, for whoever reads the ticket later.

        :param old: `res.partner` it was
        :param list pieces: the evidence for him
        :param suggestions: see :meth:`_doubt`
        :rtype: str
        """
        others = []
        for suggestion in suggestions:
            partner = self.env["res.partner"].browse(suggestion.partner)
            reasons = self._evidence_texts(suggestion.evidence)
            others.append(f"{partner.display_name} ({' · '.join(reasons)})")
        return self.env._(
            "It is no longer certain who writes on %(channel)s. Until now it was %(before)s. Now"
            " there is proof of somebody else: %(now)s. Say nothing about orders before somebody"
            " has decided who it is.",
            channel=self.channel_id.name,
            before=f"{old.display_name} ({' · '.join(self._evidence_texts(pieces))})",
            now=", ".join(others),
        )

    def _questions(self):
        """Suggestions that somebody should decide on. Nobody is asked who somebody is once it is
        known, unless proof of somebody else has come since.

        :rtype: omni.identity.suggestion
        """
        return self.suggestion_ids.filtered(
            lambda row: (
                row.state == "open"
                and row.partner_id != row.identity_id.partner_id
                and (row.is_contradiction or not row.identity_id.partner_id)
            )
        )

    def _disputed_partners(self):
        """Return the contacts that evidence had linked, or would have, had it not spoken for
        several; of those with whom nobody is linked, by identity.

        :rtype: dict[int, frozenset[int]]
        """
        return {
            identity.id: frozenset(partners)
            for identity in self
            if not identity.partner_id
            and (
                partners := identity.suggestion_ids.filtered(
                    lambda row: row.state == "open" and evidence.is_telling(row.evidence)
                ).partner_id.ids
            )
        }
