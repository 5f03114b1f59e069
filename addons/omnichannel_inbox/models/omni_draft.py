from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

#: Days after which an answer that was begun and never sent is forgotten.
KEPT_DAYS = 90


class OmniDraft(models.Model):
    """An answer somebody has begun: one per user and ticket, and one per user for a new mail.

    It is his alone; others are not told what he means to write.
    """

    _name = "omni.draft"
    _description = "Draft of an Answer"
    _order = "write_date desc, id desc"
    _rec_name = "ticket_id"

    user_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
        readonly=True,
    )
    ticket_id = fields.Many2one("crm.ticket", index="btree_not_null", ondelete="cascade")
    conversation_id = fields.Many2one("omni.conversation", ondelete="set null")
    channel_id = fields.Many2one("omni.channel", ondelete="cascade", help="Of a new conversation.")
    kind = fields.Selection(
        [("reply", "Answer"), ("note", "Note for colleagues")], required=True, default="reply"
    )
    subject = fields.Char()
    body = fields.Html(sanitize_attributes=True, sanitize_form=True)
    recipients = fields.Json(help='{"to": [{"email", "name"}], "cc": […], "bcc": […]}')
    attachment_ids = fields.One2many(
        "ir.attachment", "res_id", domain=[("res_model", "=", "omni.draft")]
    )
    basis = fields.Char(
        help="What its author knew of the ticket when he began to write: its newest message, and"
        " its conversations."
    )

    _user_ticket_uniq = models.UniqueIndex(
        "(user_id, COALESCE(ticket_id, 0))", "There is a draft of this answer already."
    )

    # === HELPERS === #

    @api.model
    def _of(self, ticket):
        """The draft of the user for a ticket, or for a new mail when it is empty. One that he began
        on a ticket which has become part of this one is for this one now.

        :rtype: recordset of `omni.draft`, at most one
        """
        mine = Domain("user_id", "=", self.env.uid)
        draft = self.search(mine & Domain("ticket_id", "=", ticket.id), limit=1)
        if draft or not ticket:
            return draft
        # sudo: which tickets have become part of one that he sees
        merged = ticket.sudo().with_context(active_test=False)
        parts = merged.search([("merged_into_id", "=", ticket.id)])
        return self.search(mine & Domain("ticket_id", "in", parts.ids), limit=1) if parts else draft

    @api.model
    def _begin(self, ticket, basis=""):
        """See :meth:`_of`; made when there is none.

        :param str basis: see the field; empty: he knows all there is
        """
        draft = self._of(ticket)
        if draft:
            if draft.ticket_id != ticket:
                draft.ticket_id = ticket
            return draft
        inbox = self.env["omni.inbox"]
        if not inbox._read_basis(basis):
            basis = inbox._basis(ticket)
        return self.create({"ticket_id": ticket.id, "basis": basis})

    def _keep(self, values):
        """Store what the screen says of a draft.

        :param dict values: ``html``, ``to``, ``cc``, ``bcc``, ``subject``, ``kind``; what is
            missing stays
        """
        self.ensure_one()
        vals = {}
        if "html" in values:
            vals["body"] = values["html"] or ""
        if "subject" in values:
            vals["subject"] = (values["subject"] or "")[:500]
        if values.get("kind") in ("reply", "note"):
            vals["kind"] = values["kind"]
        typed = {key: values[key] or [] for key in ("to", "cc", "bcc") if key in values}
        if typed:
            vals["recipients"] = {**(self.recipients or {}), **typed}
        if vals:
            self.write(vals)

    @api.autovacuum
    def _gc(self):
        """Forget answers which nobody ever sent, and their files with them."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("write_date", "<", limit)], limit=1000).unlink()

    def unlink(self):
        """Override: the files go with it; those that were sent are no longer the draft's."""
        self.attachment_ids.unlink()
        return super().unlink()
