from odoo import api, models

from ..ingest import IngestBatch


class OmniConversation(models.Model):
    """How messages of a channel become part of conversations."""

    _inherit = "omni.conversation"

    @api.model
    def _ingest(self, channel, inbound):
        """Take a message in; what was taken in before is recognised.

        :param channel: `omni.channel`
        :param inbound: `providers.base.Inbound`, its attachments with their content
        :return: the message; an empty record when a rule leaves it alone
        :rtype: omni.message
        """
        return self._ingest_batch(channel, [inbound])[0]

    @api.model
    def _ingest_batch(self, channel, inbounds, left_alone=None):
        """Take messages of one channel in, in any order; see :meth:`_ingest`.

        :param inbounds: iterable of `providers.base.Inbound`
        :param dict left_alone: filled with the id of the `omni.rule` that left a message alone, 0
            for none, by the external id of the message
        :return: the message of each, in the order given
        :rtype: list[omni.message]
        """
        batch = IngestBatch(channel, inbounds)
        messages = batch.run()
        if left_alone is not None:
            left_alone.update(
                (item.inbound.external_id, item.ignored_by)
                for item in batch.items
                if item.is_ignored
            )
        return [message.with_env(self.env) for message in messages]

    # === LATER === #

    def _note_messages(self, messages):
        """Keep up with new messages, by their own time: a late one changes nothing that came after.

        :param messages: `omni.message` of these conversations, just created
        """
        for conversation, theirs in messages.grouped("conversation_id").items():
            newest = max(theirs, key=lambda message: (message.sent, message.sequence, message.id))
            values = {}
            oldest = min(theirs.mapped("sent"))
            if not conversation.first_message_date or oldest < conversation.first_message_date:
                values["first_message_date"] = oldest
            if not conversation.last_message_date or newest.sent >= conversation.last_message_date:
                values["last_message_date"] = newest.sent
                values["last_direction"] = newest.direction
                values["preview"] = newest._preview()
            written = theirs.filtered(
                lambda message: message.direction == "in" and not message.is_automatic
            )
            last = max(written.mapped("sent"), default=False)
            if last and (
                not conversation.last_customer_date or last > conversation.last_customer_date
            ):
                values["last_customer_date"] = last
                # what was answered elsewhere is answered no longer
                if conversation.answered_by_id:
                    values["answered_by_id"] = False
            if values:
                conversation.write(values)

    def _recount(self):
        """Work out anew what a conversation knows of its messages, after some were moved."""
        for conversation in self:
            conversation.write(
                {
                    "first_message_date": False,
                    "last_message_date": False,
                    "last_customer_date": False,
                    "last_direction": False,
                    "preview": False,
                }
            )
            conversation._note_messages(conversation.omni_message_ids)

    def _carry_on(self, case):
        """Return a new conversation with the same people about another case; the old one keeps its
        messages.

        :param case: a record with `omni.case.mixin`
        :rtype: omni.conversation
        """
        self.ensure_one()
        return self.create(
            {
                "channel_id": self.channel_id.id,
                "external_id": self.external_id,
                "identity_id": self.identity_id.id,
                "partner_id": self.partner_id.id,
                "subject": self.subject,
                "participants": self.participants,
                "recipients": self.recipients,
                "reply_to": self.reply_to,
                "reply_until": self.reply_until,
                "human_until": self.human_until,
                "is_elsewhere": self.is_elsewhere,
                "is_open_there": self.is_open_there,
                "controlled_by": self.controlled_by,
                "tags": self.tags,
                "case_model": case._name,
                "case_id": case.id,
                "match_evidence": [{"code": "follow_up", "conversation": self.id}],
            }
        )

    # === NO LOOPS === #

    def _may_answer_automatically(self, limit=3):
        """Whether a machine of ours may write here: never to a machine, and not often to anybody.

        :param int limit: automatic messages to one address within a day
        :rtype: bool
        """
        self.ensure_one()
        messages = self.env["omni.message"]
        last = messages.search(
            [("conversation_id", "=", self.id), ("direction", "=", "in")], limit=1
        )
        if not last or last.is_automatic or last.is_bounce or self.identity_id.is_machine:
            return False
        sent_today = messages.search_count(
            [
                ("conversation_id.identity_id", "=", self.identity_id.id),
                ("direction", "=", "out"),
                ("is_automatic", "=", True),
                ("create_date", ">=", "-24H"),
            ]
        )
        return sent_today < limit
