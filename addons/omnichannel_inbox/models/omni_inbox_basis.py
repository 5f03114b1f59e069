import re

from odoo import api, models
from odoo.fields import Domain

from .omni_inbox import CASE_MODEL

#: Characters of a message told in what has changed.
CHANGE_LENGTH = 200
#: Messages told of a conversation that was joined meanwhile.
JOINED_LIMIT = 3
#: See `OmniInbox._basis`.
BASIS = re.compile(r"m(\d{1,18})(?:\.((?:\d{1,18}-?)*))?")


class OmniInbox(models.AbstractModel):
    """What somebody knew when he began to write, and what has happened since, on whichever channel
    of the ticket."""

    _inherit = "omni.inbox"

    @api.model
    def _basis(self, case, conversations=None):
        """What there is on a ticket by now, as the screen keeps it: the newest message, and the
        conversations. One that joins later may bring older messages along.

        :param conversations: those of the ticket, when they are at hand
        :rtype: str
        """
        if not case:
            return "m0."
        if conversations is None:
            conversations = self._conversations(case)
        # sudo: what counts is what is there, whoever may read it
        rows = (
            self.env["omni.message"]
            .sudo()
            ._read_group([("conversation_id", "in", conversations.ids)], [], ["id:max"])
        )
        known = "-".join(str(id_) for id_ in sorted(conversations.ids))
        return f"m{rows[0][0] or 0}.{known}"

    @api.model
    def _read_basis(self, basis):
        """See :meth:`_basis`.

        :return: id of the newest message and ids of the conversations (None: whichever there are);
            None when it is none
        :rtype: tuple[int, set[int] | None] | None
        """
        found = BASIS.fullmatch(str(basis or ""))
        if not found:
            return None
        if found[2] is None:
            return int(found[1]), None
        return int(found[1]), {int(one) for one in found[2].split("-") if one}

    @api.model
    def _written_since(self, case, basis, author):
        """What others have written on a ticket since: the customer, or a colleague, here or in the
        other system. Automatic messages are no reason to stop.

        :param str basis: see :meth:`_basis`
        :param author: `res.users` who knows what he has written himself
        :rtype: recordset of `omni.message`, sudo, the oldest first
        """
        newest, known = self._read_basis(basis) or (0, None)
        since = Domain("id", ">", newest)
        if known is not None:
            since |= Domain("conversation_id", "not in", list(known))
        # sudo: see _basis
        messages = (
            self.env["omni.message"]
            .sudo()
            .search(
                Domain("conversation_id.case_model", "=", CASE_MODEL)
                & Domain("conversation_id.case_id", "=", case.id)
                & since
                & Domain("is_automatic", "=", False)
                & Domain("is_bounce", "=", False)
                & Domain("state", "!=", "cancelled"),
                order="sent, id",
            )
            .filtered(lambda one: one.direction == "in" or one.user_id != author)
        )
        earlier = messages.filtered(lambda one: one.id <= newest)
        return messages - earlier[:-JOINED_LIMIT]

    @api.model
    def _changes(self, case, basis):
        """See :meth:`_written_since`, for the user.

        :return: ``[{"who", "when", "text", "kind", "channel"}]``
        :rtype: list[dict]
        """
        return [
            {
                "who": self._author(message, message.mail_message_id)["name"],
                "when": self._iso(message.sent),
                "text": (message.text_body or "")[:CHANGE_LENGTH],
                "kind": message.direction,
                "channel": self._channel_data(message.channel_id),
            }
            for message in self._written_since(case, basis, self.env.user)
        ]
