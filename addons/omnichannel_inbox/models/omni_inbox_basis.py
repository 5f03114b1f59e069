import re
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain

from .omni_inbox import CASE_MODEL

#: Characters of a message told in what has changed.
CHANGE_LENGTH = 200
#: Messages told of a conversation that was joined meanwhile.
JOINED_LIMIT = 3
#: See `OmniInbox._basis`; those of earlier versions say less.
BASIS = re.compile(r"m(\d{1,18})(?:\.((?:\d{1,18}(?:-\d{1,18})*)?)(?:\.e(\d{1,18}))?)?")


class Basis(NamedTuple):
    """What there was on a ticket at a moment."""

    message: int
    """Id of the newest message."""
    conversations: set | None = None
    """Ids of the conversations; None: whichever there were."""
    edit: int | None = None
    """Id of the newest `omni.message.edit` of what customers wrote; None: whichever there was."""


class OmniInbox(models.AbstractModel):
    """What somebody knew when he began to write, and what has happened since, on whichever channel
    of the ticket."""

    _inherit = "omni.inbox"

    @api.model
    def _basis(self, case, conversations=None):
        """What there is on a ticket by now, as the screen keeps it: the newest message, the
        conversations, of which one that joins later may bring older messages along, and the newest
        change of what a customer had written.

        :param conversations: those of the ticket, when they are at hand
        :rtype: str
        """
        if not case:
            return "m0..e0"
        if conversations is None:
            conversations = self._conversations(case)
        # sudo: what counts is what is there, whoever may read it
        rows = (
            self.env["omni.message"]
            .sudo()
            ._read_group([("conversation_id", "in", conversations.ids)], [], ["id:max"])
        )
        edits = (
            self.env["omni.message.edit"]
            .sudo()
            ._read_group(
                [
                    ("message_id.conversation_id", "in", conversations.ids),
                    ("message_id.direction", "=", "in"),
                ],
                [],
                ["id:max"],
            )
        )
        known = "-".join(str(id_) for id_ in sorted(conversations.ids))
        return f"m{rows[0][0] or 0}.{known}.e{edits[0][0] or 0}"

    @api.model
    def _read_basis(self, basis):
        """See :meth:`_basis`.

        :return: None when it is none
        :rtype: Basis | None
        """
        found = BASIS.fullmatch(str(basis or ""))
        if not found:
            return None
        message, conversations, edit = found.groups()
        if conversations is not None:
            conversations = {int(one) for one in conversations.split("-") if one}
        return Basis(int(message), conversations, None if edit is None else int(edit))

    @api.model
    def _written_since(self, case, basis, author):
        """What others have written on a ticket since: the customer, or a colleague, here or in the
        other system. Automatic messages are no reason to stop.

        :param str basis: see :meth:`_basis`
        :param author: `res.users` who knows what he has written himself
        :rtype: recordset of `omni.message`, sudo, the oldest first
        """
        newest, known, _edit = self._read_basis(basis) or Basis(0)
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
    def _edited_since(self, case, basis):
        """What a customer had written on a ticket, was known, and says something else by now.

        :param str basis: see :meth:`_basis`
        :rtype: recordset of `omni.message`, sudo, in the order of their changes
        """
        newest, known, edit = self._read_basis(basis) or Basis(0)
        # sudo: see _basis
        messages_sudo = self.env["omni.message"].sudo()
        if edit is None:
            return messages_sudo
        domain = Domain("conversation_id.case_model", "=", CASE_MODEL)
        domain &= Domain("conversation_id.case_id", "=", case.id)
        if known is not None:
            # all of the others is told anyway, as it is now
            domain &= Domain("conversation_id", "in", list(known))
        return messages_sudo.search(
            domain
            & Domain("id", "<=", newest)
            & Domain("direction", "=", "in")
            & Domain("is_automatic", "=", False)
            & Domain("is_bounce", "=", False)
            & Domain("edit_ids", "any", [("id", ">", edit)]),
            order="edited, id",
        )

    @api.model
    def _changes(self, case, basis):
        """What others have written on a ticket since, or changed, for the user: see
        :meth:`_written_since` and :meth:`_edited_since`.

        :return: ``[{"who", "when", "text", "kind", "channel", "is_edited"}]``; what was written,
            the oldest first, then what was changed
        :rtype: list[dict]
        """
        written = self._written_since(case, basis, self.env.user)
        edited = self._edited_since(case, basis)
        return [
            {
                "who": self._author(message, message.mail_message_id)["name"],
                "when": self._iso(message.edited if message in edited else message.sent),
                "text": (message.text_body or "")[:CHANGE_LENGTH],
                "kind": message.direction,
                "channel": self._channel_data(message.channel_id),
                "is_edited": message in edited,
            }
            for message in written + edited
        ]
