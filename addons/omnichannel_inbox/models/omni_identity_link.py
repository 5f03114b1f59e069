from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


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
        evidence = {
            "code": "confirmed",
            "user": self.env.uid,
            "date": fields.Date.to_string(fields.Date.context_today(self)),
        }
        # sudo: linking is for whoever may answer, editing identities is not
        for identity in self.sudo():
            kept = [piece for piece in identity.evidence or () if piece["code"] != "confirmed"]
            if identity.partner_id != partner:
                kept = []
            identity._decide(partner, "confirmed")
            identity._link(partner, "proved", [evidence, *kept])

    def _reject(self, partner):
        """A person says who it is not; no evidence brings him back.

        :param partner: `res.partner`
        """
        for identity in self.sudo():
            identity._decide(partner, "rejected")
            if identity.partner_id == partner:
                identity._link(self.env["res.partner"], "none", [])
                identity._reconsider()

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
        elif partner:
            pieces = self.evidence if self.partner_id == partner else []
            self.env["omni.identity.suggestion"].create(
                {
                    "identity_id": self.id,
                    "partner_id": partner.id,
                    "evidence": pieces or [],
                    **decision,
                }
            )

    def _link(self, partner, level, evidence):
        """Link with a contact, or with nobody; conversations and cases follow.

        What stands under another customer than this identity's stays where it is: somebody has
        put it there.

        :param partner: `res.partner`, may be empty
        :param str level: one of `identity.evidence.LEVELS`
        :param list evidence: ``[{"code", …}]``
        """
        self.ensure_one()
        old = self.partner_id
        self.write({"partner_id": partner.id, "level": level, "evidence": evidence})
        if old == partner:
            return
        # sudo: the whole past of the identity, which is not only in the teams of the user
        conversations = self.env["omni.conversation"].sudo()
        theirs = conversations.search(
            Domain("identity_id", "=", self.id) & Domain("partner_id", "in", [old.id, False])
        )
        theirs.write({"partner_id": partner.id})
        messages = self.env["omni.message"].sudo()
        written = messages.search(
            Domain("author_identity_id", "=", self.id) & Domain("direction", "=", "in")
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
