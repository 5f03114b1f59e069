from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..identity import evidence


class OmniIdentity(models.Model):
    """Who an identity is: linked by evidence or by a person, and what follows from it."""

    _inherit = "omni.identity"

    # === BUTTONS === #

    def action_confirm(self, partner_id):
        """This identity is that contact.

        :param int partner_id: `res.partner` the user can read
        :raise AccessError: who may not see the identity or the contact
        """
        self.check_access("read")
        partner = self.env["res.partner"].browse(partner_id).exists()
        if not partner:
            raise UserError(self.env._("This contact no longer exists. Choose another one."))
        partner.check_access("read")
        self._confirm(partner)

    def action_reject(self, partner_id):
        """This identity is not that contact.

        :param int partner_id: `res.partner`
        :raise AccessError: who may not see the identity
        """
        self.check_access("read")
        self._reject(self.env["res.partner"].browse(partner_id).exists())

    def action_link(self):
        """Button: choose the contact.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Link With a Contact"),
            "res_model": "omni.identity.link",
            "view_mode": "form",
            "target": "new",
            "context": {"default_identity_id": self.id},
        }

    def action_create_contact(self):
        """Button: a new contact, filled in with what is known; saving it links it.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Contact"),
            "res_model": "res.partner",
            "view_mode": "form",
            "context": {**self._contact_defaults(), "omni_identity_id": self.id},
        }

    def _contact_defaults(self):
        """Return what is known of somebody, to fill the form of a contact or a lead with.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "default_name": self.name or self.email or "",
            "default_email": self.email or "",
            "default_phone": self.phone or "",
            "default_company_id": False,
        }

    def action_unlink_partner(self):
        """Button: the contact it is linked with is not him."""
        for identity in self:
            identity.check_access("read")
            identity._reject(identity.partner_id)

    # === LINK === #

    def _confirm(self, partner):
        """A person says who it is: proved, whatever was said before, and remembered.

        :param partner: `res.partner`
        """
        said = {
            "code": "confirmed",
            "user": self.env.uid,
            "date": fields.Date.to_string(fields.Date.context_today(self)),
        }
        # sudo: linking is for whoever may answer, editing identities is not
        for identity in self.sudo():
            kept = [piece for piece in identity.evidence or () if piece["code"] != "confirmed"]
            if identity.partner_id != partner:
                kept = []
            if identity._is_linked() and identity.partner_id != partner:
                # what had spoken for the other one was known when this was said
                pieces = [one for one in identity.evidence or () if one["code"] != "confirmed"]
                identity._suggest([evidence.suggested(identity.partner_id.id, pieces)])
            identity._decide(partner, "confirmed")
            identity._link(partner, "proved", [said, *kept])

    def _reject(self, partner):
        """A person says who it is not; no evidence brings him back.

        :param partner: `res.partner`
        """
        for identity in self.sudo():
            identity._decide(partner, "rejected")
            if identity.partner_id == partner:
                identity._link(self.env["res.partner"], "none", [])
                identity._reconsider()
            elif not identity.partner_id and not any(
                row.state == "open" for row in identity.suggestion_ids
            ):
                identity.level = "none"

    def _decide(self, partner, state):
        """Remember what a person has said about a contact."""
        self.ensure_one()
        decision = {
            "state": state,
            "decided_by_id": self.env.uid,
            "decided_on": fields.Datetime.now(),
        }
        rows = self.suggestion_ids.filtered(lambda row: row.partner_id == partner)
        if rows:
            rows.write(decision)
        if state == "confirmed":
            # what speaks for others is known to whoever has decided
            (self.suggestion_ids - rows).write({"is_contradiction": False})
        if not rows and partner:
            pieces = self.evidence if self.partner_id == partner else []
            self.env["omni.identity.suggestion"].create(
                {
                    "identity_id": self.id,
                    "partner_id": partner.id,
                    "evidence": pieces or [],
                    **decision,
                }
            )

    def _link(self, partner, level, pieces):
        """Link with a contact, or with nobody; conversations and cases follow.

        What stands under another customer than this identity's stays where it is: somebody has
        put it there.

        :param partner: `res.partner`, may be empty
        :param str level: one of `identity.evidence.LEVELS`
        :param list pieces: of evidence, ``[{"code", …}]``
        """
        self.ensure_one()
        old = self.partner_id
        self.write({"partner_id": partner.id, "level": level, "evidence": pieces})
        if old == partner:
            if not partner:
                return
            # a person has said so: that goes for what was only sent in his name, too
            old = partner.browse()
        # sudo: the whole past of the identity, which is not only in the teams of the user
        conversations = self.env["omni.conversation"].sudo()
        theirs = conversations.search(
            Domain("identity_id", "=", self.id) & Domain("partner_id", "in", [old.id, False])
        )
        theirs.write({"partner_id": partner.id})
        messages = self.env["omni.message"].sudo()
        written = messages.search(
            Domain("author_identity_id", "=", self.id)
            & Domain("direction", "=", "in")
            & Domain("mail_message_id.author_id", "in", [old.id, False])
        )
        written.mail_message_id.write({"author_id": partner.id})
        for model, conversations in theirs.grouped("case_model").items():
            if model:
                cases = self.env[model].sudo().browse(set(conversations.mapped("case_id")))
                cases.exists()._case_partner_changed(old, partner, self)

    def _rejected_partners(self):
        """Return the contacts that were refused, by identity.

        :rtype: dict[int, frozenset[int]]
        """
        rejected = {}
        for row in self.suggestion_ids:
            if row.state == "rejected":
                rejected.setdefault(row.identity_id.id, set()).add(row.partner_id.id)
        return {identity: frozenset(partners) for identity, partners in rejected.items()}

    def _reconsider(self):
        """Weigh again what is known of people: contacts have changed, or something was said of
        them. Against a link only proof counts."""
        unlinked = self.filtered(lambda identity: not identity.partner_id)
        rejected, disputed = unlinked._rejected_partners(), unlinked._disputed_partners()
        today = fields.Date.to_string(fields.Date.today())
        linked = (self - unlinked)._reconsider_linked()
        for company, identities in unlinked.grouped("company_id").items():
            partners = self.env["res.partner"].with_company(company)
            found = partners._omni_by_email(
                [identity.email for identity in identities if identity.email], company
            )
            said = self.with_company(company)._claim_signals(
                {identity.id: identity.claims for identity in identities}, company
            )
            nobody = (partners.browse(),) * 3
            for identity in identities:
                if identity.email not in found and identity.id not in said:
                    continue
                exact, mailbox, archived = found.get(identity.email, nobody)
                others = {*disputed.get(identity.id, ())}
                others.update(one for _code, one in said.get(identity.id, {}).get("verified", ()))
                verdict = evidence.judge(
                    evidence.Signals(
                        is_authenticated=identity.is_authenticated or None,
                        exact=tuple(exact.ids),
                        mailbox=tuple(mailbox.ids),
                        archived=tuple(archived.ids),
                        commercial=identity._families({*exact.ids, *others}),
                        rejected=rejected.get(identity.id, frozenset()),
                        disputed=disputed.get(identity.id, frozenset()),
                        **said.get(identity.id, {}),
                    )
                )
                if verdict.partner:
                    pieces = [{**piece, "date": today} for piece in verdict.evidence]
                    identity._link(partners.browse(verdict.partner), verdict.level, pieces)
                    linked |= identity
                elif verdict.suggestions:
                    identity.level = "weak"
                    identity._suggest(verdict.suggestions)
        # contacts are imported by the thousand: no mail that comes in meanwhile is in their way
        linked._join_cases(take_turn=False)

    def _suggest(self, suggestions):
        """Suggest whoever was not suggested yet; what a person has decided stays.

        :param suggestions: iterable of `identity.evidence.Suggestion`
        """
        self.ensure_one()
        known = {row.partner_id.id: row for row in self.suggestion_ids}
        rows = []
        for suggestion in suggestions:
            values = {
                "evidence": [dict(piece) for piece in suggestion.evidence],
                "score": suggestion.score,
            }
            row = known.get(suggestion.partner)
            if not row:
                rows.append({"identity_id": self.id, "partner_id": suggestion.partner, **values})
            elif row.state == "open" and suggestion.score > row.score:
                row.write(values)
        self.env["omni.identity.suggestion"].create(rows)

    # === OTHER CHANNELS === #

    def _on_channel(self, channel):
        """Return the same person on another channel where he has the same address; made if need be.

        :param channel: `omni.channel`
        :rtype: omni.identity
        """
        self.ensure_one()
        identity = self.search(
            Domain("channel_id", "=", channel.id) & Domain("external_id", "=", self.external_id)
        )
        return identity or self.copy({"channel_id": channel.id})

    # === MERGE === #

    @api.model
    def _partners_merged(self, partner):
        """Contacts have become one: what was said of them is said once, and what was ambiguous may
        be clear now.

        :param partner: `res.partner` that remains, the others being gone
        """
        rows = self.env["omni.identity.suggestion"].search([("partner_id", "=", partner.id)])
        ranks = ["confirmed", "rejected", "open"]
        for theirs in rows.grouped("identity_id").values():
            best = theirs.sorted(lambda row: (ranks.index(row.state), -row.score))
            best[1:].unlink()
        rows = rows.exists()
        same_address = self.search(
            Domain("partner_id", "=", False)
            & Domain("email_key", "in", [partner.email_key, partner.email_alt_key])
            & Domain("email_key", "!=", False)
        )
        (rows.identity_id | same_address)._reconsider()
