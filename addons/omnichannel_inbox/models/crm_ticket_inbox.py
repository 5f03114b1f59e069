from odoo import api, fields, models
from odoo.tools import SQL

from .. import search_terms

#: Characters of the last message shown in the list.
PREVIEW_LENGTH = 120


class CrmTicket(models.Model):
    """What the inbox shows of a ticket in its list, kept on the ticket: a list of 20,000 is one
    scan, and a line of it needs no message."""

    _inherit = "crm.ticket"

    inbox_date = fields.Datetime(
        "Last Message On", default=fields.Datetime.now, readonly=True, copy=False
    )
    inbox_author = fields.Char("Last Message By", readonly=True, copy=False)
    inbox_preview = fields.Char("Last Message", readonly=True, copy=False)
    inbox_direction = fields.Selection(
        [("in", "Received"), ("out", "Sent")], "Last Message Was", readonly=True, copy=False
    )
    inbox_has_attachment = fields.Boolean("Has Attachments", readonly=True, copy=False)
    inbox_last_in = fields.Integer(
        "Newest Message of the Customer",
        readonly=True,
        copy=False,
        help="Id of the message: what somebody has read up to is compared with it.",
    )
    inbox_channel_id = fields.Many2one(
        "omni.channel",
        "Channel",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Of all its conversations; none when they are on several.",
    )
    inbox_is_mixed = fields.Boolean("Several Channels", readonly=True, copy=False)
    inbox_terms = fields.Text(
        "Search Terms",
        compute="_compute_inbox_terms",
        compute_sudo=True,
        store=True,
        copy=False,
        prefetch=False,
        help="Words of number, subject, customer, addresses, telephone and orders.",
    )

    _inbox_terms_idx = models.Index("USING gin (to_tsvector('simple'::regconfig, inbox_terms))")
    _inbox_mixed_idx = models.Index("(id) WHERE inbox_is_mixed IS TRUE")
    _inbox_date_idx = models.Index("(inbox_date DESC, id DESC) WHERE active")
    # the first page of the folders of work, in their order: without it, all that is open is sorted
    _inbox_work_idx = models.Index(
        "(priority_score DESC, inbox_date, id) WHERE active IS TRUE AND is_spam IS NOT TRUE"
        " AND state = 'open' AND snoozed_until IS NULL"
    )

    # of contacts only what is written, not what is computed of it: a computed value is set one
    # contact after the other, and each would look for his tickets, in a first load of 50,000 too
    @api.depends(
        "number",
        "name",
        "partner_id.name",
        "partner_id.email",
        "partner_id.ref",
        "partner_id.phone",
        "partner_id.mobile",
        "partner_id.company_name",
        "partner_id.parent_id.name",
        "partner_name",
        "email_from",
        "phone",
        "order_ids.name",
        "order_ids.client_order_ref",
    )
    def _compute_inbox_terms(self):
        for ticket in self:
            partner = ticket.partner_id
            extra = search_terms.numbers(ticket.number) + search_terms.numbers(partner.ref)
            for order in ticket.order_ids:
                extra += search_terms.numbers(order.name)
                extra += search_terms.numbers(order.client_order_ref)
            for e164 in filter(None, (partner.phone_key, partner.mobile_key)):
                extra += search_terms.phone(e164)
            ticket.inbox_terms = search_terms.terms(
                ticket.name,
                partner.name,
                partner.commercial_company_name,
                ticket.partner_name,
                partner.email,
                ticket.email_from,
                ticket.phone,
                extra=extra,
            )

    # === CHANNELS === #

    def _inbox_refresh_channels(self):
        """Take over the channels of the conversations: nearly all tickets have one, and are counted
        by it without looking at conversations."""
        if not self:
            return
        self.env["omni.conversation"].flush_model(["case_id", "case_model", "channel_id"])
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_ticket t
                   SET inbox_channel_id = CASE WHEN first = last THEN first END,
                       inbox_is_mixed = COALESCE(first != last, FALSE)
                  FROM (SELECT base.id AS ticket, MIN(c.channel_id) AS first,
                               MAX(c.channel_id) AS last
                          FROM crm_ticket base
                     LEFT JOIN omni_conversation c
                            ON c.case_model = 'crm.ticket' AND c.case_id = base.id
                         WHERE base.id IN %(ids)s
                      GROUP BY base.id) channel
                 WHERE t.id = channel.ticket
                       -- whoever writes it at the same time is only in the way of what changes
                   AND (t.inbox_channel_id, COALESCE(t.inbox_is_mixed, FALSE)) IS DISTINCT FROM
                       (CASE WHEN first = last THEN first END, COALESCE(first != last, FALSE))
                """,
                ids=self._ids,
            )
        )
        self.invalidate_recordset(["inbox_channel_id", "inbox_is_mixed"])

    # === LAST MESSAGE === #

    def _inbox_refresh(self):
        """Take over what the list shows from the messages. Plain SQL: it is nobody's change, leaves
        no trail, and is done for every message that comes in."""
        tickets = self.filtered("id")
        if not tickets:
            return
        self.env["omni.message"].flush_model()
        self.env["omni.conversation"].flush_model(["case_id", "case_model"])
        tickets.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                WITH message AS MATERIALIZED (
                    SELECT c.case_id AS ticket, m.id, m.sent, m.sequence, m.direction,
                           m.direction = 'in' AND m.is_automatic IS NOT TRUE AS is_customer,
                           m.mail_message_id
                      FROM omni_conversation c
                      JOIN omni_message m ON m.conversation_id = c.id
                     WHERE c.case_model = 'crm.ticket' AND c.case_id IN %(ids)s
                       AND (m.state != 'cancelled' OR m.failure_reason IS NOT NULL)
                ), newest AS (
                    SELECT DISTINCT ON (ticket) ticket, id
                      FROM message
                  ORDER BY ticket, sent DESC NULLS LAST, sequence DESC NULLS LAST, id DESC
                ), total AS (
                    SELECT ticket,
                           MAX(id) FILTER (WHERE is_customer) AS last_in,
                           BOOL_OR(EXISTS (SELECT FROM message_attachment_rel r
                                            WHERE r.message_id = mail_message_id))
                               AS has_attachment
                      FROM message
                  GROUP BY ticket
                ), line AS (
                    SELECT base.id AS ticket, m.sent, m.direction, total.last_in,
                           total.has_attachment,
                           COALESCE(author.name, identity.name, identity.external_id) AS author,
                           LEFT(TRIM(REGEXP_REPLACE(
                               LEFT(m.text_body, 500), '\\s+', ' ', 'g')), %(length)s) AS preview
                      FROM crm_ticket base
                 LEFT JOIN newest ON newest.ticket = base.id
                 LEFT JOIN total ON total.ticket = base.id
                 LEFT JOIN omni_message m ON m.id = newest.id
                 LEFT JOIN res_users u ON u.id = m.user_id AND m.direction = 'out'
                 LEFT JOIN res_partner author ON author.id = u.partner_id
                 LEFT JOIN omni_identity identity
                        ON identity.id = m.author_identity_id AND m.direction = 'in'
                     WHERE base.id IN %(ids)s
                )
                UPDATE crm_ticket t
                   SET inbox_date = COALESCE(line.sent, t.inbox_date),
                       inbox_author = line.author,
                       inbox_preview = line.preview,
                       inbox_direction = line.direction,
                       inbox_last_in = line.last_in,
                       inbox_has_attachment = line.has_attachment
                  FROM line
                 WHERE t.id = line.ticket
                   AND (t.inbox_date, t.inbox_author, t.inbox_preview, t.inbox_direction,
                        t.inbox_last_in, t.inbox_has_attachment) IS DISTINCT FROM
                       (COALESCE(line.sent, t.inbox_date), line.author, line.preview,
                        line.direction, line.last_in, line.has_attachment)
                """,
                ids=tickets._ids,
                length=PREVIEW_LENGTH,
            )
        )
        tickets.invalidate_recordset(
            [
                "inbox_date",
                "inbox_author",
                "inbox_preview",
                "inbox_direction",
                "inbox_last_in",
                "inbox_has_attachment",
            ]
        )
