from odoo import api, models

#: Characters of a message that are shown with the one that answers it.
QUOTE_LENGTH = 140


class OmniInbox(models.AbstractModel):
    """What a chat tells beside its messages: which one answers which, what was changed, symbols,
    and what happened to the conversation."""

    _inherit = "omni.inbox"

    @api.model
    def _reply_to_data(self, message):
        """The one message a message of a chat answers. Of a mail it is quoted in its text.

        :param message: `omni.message`, sudo
        :return: ``{"key", "author", "text"}``, False when nothing is to be shown
        :rtype: dict | bool
        """
        answered = message.reply_to_id
        if not answered or not message.reply_to_key:
            return False
        return {
            "key": f"m{answered.id}",
            "author": self._author(answered, answered.mail_message_id)["name"],
            "text": (answered.text_body or "")[:QUOTE_LENGTH],
        }

    @api.model
    def _edits_data(self, message):
        """:return: what a message said before it was changed, the newest text first"""
        if not message.edited:
            return []
        return [
            {"text": edit.text or "", "until": self._iso(edit.until)} for edit in message.edit_ids
        ]

    @api.model
    def _reactions_data(self, message):
        """:return: the symbols on a message, and whose they are"""
        rows = {}
        for reaction in message.reaction_ids.filtered("emoji"):
            who = reaction.identity_id
            rows.setdefault(reaction.emoji, []).append(
                who.partner_id.name or who.name or self.env._("One of us")
            )
        return [
            {"emoji": emoji, "count": len(names), "names": ", ".join(names)}
            for emoji, names in rows.items()
        ]

    @api.model
    def _moment_data(self, moment):
        """Something that happened to a conversation, as a line of its thread.

        :param moment: `omni.moment`, sudo
        :rtype: dict
        """
        conversation = moment.conversation_id
        return {
            **self._bare_line(f"e{moment.id}", "event", moment.occurred),
            "id": moment.id,
            "conversation_id": conversation.id,
            "provider": conversation.channel_id.provider,
            "text": moment.with_env(self.env)._text(),
        }

    @api.model
    def _bare_line(self, key, kind, when):
        """A line of the thread which is no message, with nothing on it.

        :param str kind: ``note`` or ``event``
        :param when: naive UTC
        :rtype: dict
        """
        return {
            "key": key,
            "kind": kind,
            "conversation_id": False,
            "provider": False,
            "author": {"name": "", "email": "", "partner_id": False},
            "date": self._iso(when),
            "html": None,
            "quote": None,
            "has_remote": False,
            "text": "",
            "attachments": [],
            "state": False,
            "failure": "",
            "failure_type": False,
            "can": [],
            "to": [],
            "cc": [],
            "automatic": False,
            "doubtful": False,
            "subject": "",
            "send_after": False,
            "is_scheduled": False,
            "allow_remote": False,
            "reply_to": False,
            "edited": False,
            "edits": [],
            "reactions": [],
        }
