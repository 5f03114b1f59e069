from odoo import fields, models
from odoo.tools import SQL

from .omni_message import GONE_OUT


class OmniConversation(models.Model):
    """Whether the customer waits in a conversation, beside others of his."""

    _inherit = "omni.conversation"

    def _unanswered_since(self, with_leaving=False):
        """Conversations in which a customer waits, and since when.

        Answered is what was answered there, or in another conversation of the ticket with the same
        identity, or by a message elsewhere that somebody says answers it too. What is taken care of
        in another system does not wait here.

        :param bool with_leaving: what is about to leave is an answer already
        :return: naive UTC by conversation, who waits longest first
        :rtype: dict[omni.conversation, datetime]
        """
        if not self.ids:
            return {}
        self.env["omni.message"].flush_model()
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, MIN(m.sent) AS since
                  FROM omni_conversation c
                  JOIN omni_message m ON m.conversation_id = c.id AND m.direction = 'in'
                       AND m.is_automatic IS NOT TRUE
             LEFT JOIN omni_message answer ON answer.id = c.answered_by_id
                       AND answer.state NOT IN ('failed', 'cancelled')
             LEFT JOIN LATERAL (
                           SELECT MAX(o.sent) AS sent
                             FROM omni_conversation oc
                             JOIN omni_message o ON o.conversation_id = oc.id
                            WHERE (oc.id = c.id OR (oc.case_id = c.case_id
                                                    AND oc.case_model = c.case_model
                                                    AND oc.identity_id = c.identity_id))
                              AND o.direction = 'out' AND o.is_automatic IS NOT TRUE
                              AND (o.state IN %(gone)s
                                   OR %(with_leaving)s AND o.state IN ('queued', 'sending')
                                      AND o.is_scheduled IS NOT TRUE)
                       ) own ON TRUE
                 WHERE c.id IN %(ids)s
                   AND c.is_open_there IS NOT TRUE
                   AND (own.sent IS NULL OR m.sent > own.sent)
                   AND (answer.id IS NULL OR m.sent > COALESCE(answer.sent, answer.create_date))
              GROUP BY c.id
              ORDER BY since, c.id
                """,
                ids=self._ids,
                gone=tuple(GONE_OUT),
                with_leaving=with_leaving,
            )
        )
        return {self.browse(id_): since for id_, since in rows}

    def _waits(self):
        """Whether the customer wrote last, nobody has answered elsewhere, and nobody takes care of
        it in another system: what the urgency goes by, without a look at the messages.

        :rtype: bool
        """
        self.ensure_one()
        return self.last_direction == "in" and not self.answered_by_id and not self.is_open_there

    def _hours_left(self):
        """How long the first of these channels to close still allows an answer; None when all of
        them always do.

        :rtype: float | None
        """
        now = fields.Datetime.now()
        left = []
        for conversation in self:
            ends = [conversation.reply_until, conversation.human_until]
            window = conversation.channel_id._capabilities().reply_window
            if not any(ends) and window and conversation.last_customer_date:
                ends = [conversation.last_customer_date + window]
            # the nearest that is still to come: a person may answer longer than a machine
            ahead = [end for end in ends if end and end > now]
            if ahead:
                left.append((min(ahead) - now).total_seconds() / 3600)
        return min(left, default=None)
