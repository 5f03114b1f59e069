from odoo import api, fields, models
from odoo.tools import format_date
from odoo.tools.translate import LazyTranslate

from ..identity.evidence import is_linking

_lt = LazyTranslate(__name__)

LEVEL_NAMES = [
    ("proved", "Proved"),
    ("strong", "Strong"),
    ("weak", "Weak"),
    ("none", "Unknown"),
]

#: What the codes of `identity.evidence` say to a person.
EVIDENCE_TEXTS = {
    "confirmed": _lt("Confirmed by %(user)s on %(date)s"),
    "reply": _lt("Answered a message that we sent to this address"),
    "email_authenticated": _lt("The only contact with this address, and the sender was checked"),
    "order_email": _lt("Has this address, and names his order %(order)s"),
    "email": _lt("The only contact with this address; the sender could not be checked"),
    "email_several": _lt("One of several contacts with this address"),
    "email_mailbox": _lt("Nearly the same address"),
    "email_archived": _lt("An archived contact with this address"),
    "order": _lt("Order %(order)s of his is named"),
    "reference": _lt("His number %(reference)s is named"),
    "email_domain": _lt("Same domain as his company"),
    "verified_user": _lt("Logged in on our web site, which vouches for it"),
    "signed_link": _lt("Followed a link that we had sent to him"),
    "order_postcode": _lt("Knows his order %(order)s and its postcode"),
    "order_phone": _lt("Knows his order %(order)s and its telephone number"),
    "claimed_email": _lt("Says that his address is %(said)s"),
    "claimed_phone": _lt("Says that his telephone number is %(said)s"),
    "claimed_customer": _lt("Says that his customer number is %(said)s"),
    "purchase": _lt("The conversation led to the order %(said)s, says the chat"),
    "flood": _lt("Sends so much that a machine is at work"),
}


class OmniIdentity(models.Model):
    """Somebody as a channel names him (an address, a visitor), and who we think he is.

    Unique by channel and external id, and by nothing else: merging two contacts must never cost an
    identity. What links him to a contact is kept as codes of evidence, so that everybody sees why.
    """

    _name = "omni.identity"
    _description = "Identity on a Channel"
    _order = "last_seen desc, id desc"
    _rec_name = "name"
    _rec_names_search = ["name", "external_id", "email"]

    channel_id = fields.Many2one(
        "omni.channel", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(
        "res.company", related="channel_id.company_id", store=True, index="btree_not_null"
    )
    external_id = fields.Char("Identifier", required=True, readonly=True)
    name = fields.Char(readonly=True)
    email = fields.Char("E-mail", readonly=True)
    email_key = fields.Char(
        "E-mail (search key)", index="btree_not_null", readonly=True, help="Without plus tag."
    )
    phone = fields.Char(readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Contact", index="btree_not_null", ondelete="set null", readonly=True
    )
    level = fields.Selection(LEVEL_NAMES, required=True, default="none", readonly=True)
    evidence = fields.Json(
        readonly=True, help='Why: [{"code", "date", …}], the strongest not necessarily first.'
    )
    evidence_text = fields.Char("Because", compute="_compute_evidence_text")
    is_authenticated = fields.Boolean(
        "Sender Checked",
        readonly=True,
        help="A mail server has vouched for it that this address really wrote to us.",
    )
    is_machine = fields.Boolean(
        "Machine", readonly=True, help="Has only ever sent automatic messages."
    )
    allow_remote = fields.Boolean(
        "Remote Images Shown",
        readonly=True,
        help="Somebody has decided to load the images of his messages from other machines.",
    )
    suggestion_ids = fields.One2many("omni.identity.suggestion", "identity_id", readonly=True)
    open_suggestion_count = fields.Integer("Suggestions", compute="_compute_open_suggestion_count")
    conversation_ids = fields.One2many("omni.conversation", "identity_id", readonly=True)
    last_seen = fields.Datetime(readonly=True)

    _channel_external_uniq = models.UniqueIndex(
        "(channel_id, external_id)", "This identity is known already."
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "email", "phone", "external_id")
    def _compute_display_name(self):
        for identity in self:
            name, address = identity.name, identity._shown_address()
            is_both = name and address and name != address
            identity.display_name = f"{name} <{address}>" if is_both else address or name

    def _shown_address(self):
        """What tells people of one name apart, for people: what only the channel understands, a
        number of an account, is shown of whoever has no name.

        :rtype: str
        """
        self.ensure_one()
        return self.email or self.phone or (not self.name and self.external_id) or ""

    @api.depends("evidence")
    @api.depends_context("lang", "tz")
    def _compute_evidence_text(self):
        for identity in self:
            identity.evidence_text = " · ".join(identity._evidence_texts())

    @api.depends("suggestion_ids.state")
    def _compute_open_suggestion_count(self):
        groups = self.env["omni.identity.suggestion"]._read_group(
            [("identity_id", "in", self.ids), ("state", "=", "open")], ["identity_id"], ["__count"]
        )
        counts = {identity.id: count for identity, count in groups}
        for identity in self:
            identity.open_suggestion_count = counts.get(identity.id, 0)

    def _is_linked(self):
        """Whether it is known well enough who he is: proved or strong.

        :rtype: bool
        """
        self.ensure_one()
        return bool(self.partner_id) and is_linking(self.level)

    def _evidence_texts(self, evidence=None):
        """Return what the evidence says, to people.

        :param list evidence: ``[{"code", …}]``; by default that of the identity
        :rtype: list[str]
        """
        pieces = self.evidence if evidence is None else evidence
        names = self._evidence_user_names(pieces or ())
        texts = []
        for piece in pieces or ():
            if piece.get("code") not in EVIDENCE_TEXTS:
                continue
            text = self.env._(EVIDENCE_TEXTS[piece["code"]])  # pylint: disable=translation-not-lazy
            day = piece.get("date")
            values = {
                "user": names.get(piece.get("user")) or self.env._("a colleague"),
                "date": format_date(self.env, day[:10]) if day else self.env._("an unknown day"),
                "order": piece.get("order", ""),
                "reference": piece.get("reference", ""),
                "said": piece.get("said", ""),
            }
            texts.append(text % values)
        return texts

    @api.model
    def _evidence_user_names(self, pieces):
        ids = {piece["user"] for piece in pieces if piece.get("user")}
        # sudo: names of colleagues
        users = self.env["res.users"].sudo().browse(ids).exists()
        return {user.id: user.name for user in users}
