from collections import defaultdict

from odoo import fields, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: What a moment says to a person, by its code; the second one when it says nothing more.
MOMENT_TEXTS = {
    "opened": (
        _lt("%(operator)s takes care of it in the other system"),
        _lt("Begun in the other system"),
    ),
    "transferred": (
        _lt("Handed over to %(operator)s in the other system"),
        _lt("Handed over in the other system"),
    ),
    "closed": (
        _lt("Closed in the other system by %(operator)s"),
        _lt("Closed in the other system"),
    ),
    "taken": (
        _lt("%(application)s has taken the conversation over"),
        _lt("Another application has taken the conversation over"),
    ),
    "passed": (
        _lt("%(application)s has given the conversation back to us"),
        _lt("The conversation was given back to us"),
    ),
    "requested": (
        _lt("%(application)s asks for the conversation"),
        _lt("Another application asks for the conversation"),
    ),
    "postback": (_lt("Pressed “%(title)s”"), _lt("Pressed a button")),
    "referral": (_lt("Came by the link “%(reference)s”"), _lt("Came by a link")),
    "advertisement": (
        _lt("Came by the advertisement “%(title)s”"),
        _lt("Came by an advertisement"),
    ),
    "optin": (_lt("Has agreed to be written to: %(title)s"), _lt("Has agreed to be written to")),
    "policy": (
        _lt("The channel has limited what we may do: %(reason)s"),
        _lt("The channel has limited what we may do"),
    ),
    "purchase": (_lt("Has ordered: %(order)s"), _lt("Has ordered")),
    "rating": (_lt("Satisfaction: %(value)s out of 5"), _lt("Has said how it was")),
}


class OmniMoment(models.Model):
    """Something that has happened to a conversation and is no message: one line of its thread."""

    _name = "omni.moment"
    _description = "Moment of a Conversation"
    _order = "occurred, id"
    _rec_name = "code"
    _log_access = False

    conversation_id = fields.Many2one(
        "omni.conversation", required=True, readonly=True, ondelete="cascade"
    )
    code = fields.Char(required=True, readonly=True)
    dedupe_key = fields.Char(required=True, readonly=True)
    occurred = fields.Datetime(required=True, readonly=True, help="By the clock of the other side.")
    params = fields.Json(readonly=True, help="What is told of it.")
    identity_id = fields.Many2one(
        "omni.identity", readonly=True, ondelete="set null", index="btree_not_null"
    )
    text = fields.Char(compute="_compute_text")

    _dedupe_uniq = models.UniqueIndex(
        "(conversation_id, dedupe_key)", "This moment is known already."
    )
    _thread_idx = models.Index("(conversation_id, occurred)")

    def _compute_display_name(self):
        for moment in self:
            moment.display_name = moment._text()

    def _compute_text(self):
        for moment in self:
            moment.text = moment._text()

    def _text(self):
        """What has happened, in the language of the user.

        :rtype: str
        """
        self.ensure_one()
        texts = MOMENT_TEXTS.get(self.code)
        if not texts:
            return self.code
        params = {name: value for name, value in (self.params or {}).items() if value}
        told, bare = texts
        text = self.env._(told)  # pylint: disable=translation-not-lazy
        values = defaultdict(str, params)
        said = text % values
        # a name that was asked for and is not there
        if len(values) > len(params):
            return self.env._(bare)  # pylint: disable=translation-not-lazy
        return said
