from odoo import api, fields, models

from .. import search_terms
from ..mailbody import render_body
from .omni_message import GONE_OUT


class OmniMessage(models.Model):
    """What the inbox keeps of a message: its plain text, for the list, the folded form and search.

    A ticket's line in the list follows its messages.
    """

    _inherit = "omni.message"

    text_body = fields.Text(
        "Text",
        compute="_compute_text_body",
        compute_sudo=True,
        store=True,
        readonly=False,
        help="What is written, without what is quoted.",
    )
    search_terms = fields.Text(
        compute="_compute_search_terms", compute_sudo=True, store=True, prefetch=False
    )

    _search_terms_idx = models.Index("USING gin (to_tsvector('simple'::regconfig, search_terms))")
    _failed_idx = models.Index("(conversation_id) WHERE state IN ('failed', 'uncertain')")
    _thread_idx = models.Index("(conversation_id, sent DESC, sequence DESC, id DESC)")

    @api.depends("mail_message_id")
    def _compute_text_body(self):
        for message in self:
            body = message.mail_message_id.body
            message.text_body = render_body(str(body), "").text if body else False

    @api.depends("text_body", "author_identity_id")
    def _compute_search_terms(self):
        for message in self:
            who = message.author_identity_id
            message.search_terms = search_terms.terms(
                message.mail_message_id.subject, who.name, who.email, message.text_body
            )

    # === CASE === #

    def _set_sent(self, sent=None, state="sent"):
        """Override: the customer was answered when the answer left, not when it was written."""
        waiting = self.filtered(lambda message: message.state not in GONE_OUT)
        changed = super()._set_sent(sent, state)
        for message in changed & waiting:
            case = message.conversation_id._case().exists()
            if case and message.direction == "out" and not message.is_automatic:
                case._case_answered(message)
        return changed

    def _set_failed(self, failure_type, reason):
        """Override: the customer does not know the answer, whoever thinks so: it is our turn."""
        changed = super()._set_failed(failure_type, reason)
        for ticket in changed.conversation_id._inbox_tickets().exists():
            if ticket.state != "open" and not ticket.is_spam:
                ticket.action_reopen()
        return changed

    def _set_cancelled(self):
        """Override: what was taken back before it left is not the last message of its ticket."""
        changed = super()._set_cancelled()
        changed.conversation_id._inbox_refresh()
        return changed

    def _set_queued(self, **values):
        """Override: what is to be sent after all is shown again."""
        was_cancelled = self.filtered(lambda message: message.state == "cancelled")
        changed = super()._set_queued(**values)
        was_cancelled.conversation_id._inbox_refresh()
        return changed

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: the tickets show their newest message."""
        messages = super().create(vals_list)
        messages.conversation_id._inbox_refresh()
        return messages

    def write(self, vals):
        """Override: the tickets show their newest message, where it is now."""
        before = self.conversation_id if "conversation_id" in vals else None
        res = super().write(vals)
        if before is not None or not vals.keys().isdisjoint({"sent", "text_body"}):
            (self.conversation_id | (before or self.conversation_id))._inbox_refresh()
        return res

    def unlink(self):
        """Override: what is no longer there is no longer shown."""
        conversations = self.conversation_id
        res = super().unlink()
        conversations.exists()._inbox_refresh()
        return res
