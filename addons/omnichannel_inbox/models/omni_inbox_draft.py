from odoo import api, models
from odoo.exceptions import AccessError


class OmniInbox(models.AbstractModel):
    """Drafts: kept on the server, so that an answer is finished where one likes."""

    _inherit = "omni.inbox"

    @api.model
    def save_draft(self, case_id, conversation_id, values):
        """Keep what the user has written so far.

        :param int | bool case_id: False: a new mail
        :param int | bool conversation_id: where it is to be sent; False: in a new one, on the
            ``channel_id`` of the values
        :param dict values: ``html``, ``to``, ``cc``, ``bcc``, ``subject``, ``kind``,
            ``channel_id``; and ``basis``, which is kept only when the draft begins
        :return: ``{"draft_id", "basis"}``
        :rtype: dict
        """
        case = self._case_now(case_id, "read") if case_id else self._no_case()
        draft = self.env["omni.draft"]._begin(case, values.get("basis"))
        draft._keep(values)
        vals = {}
        if conversation_id and case:
            conversation = self._conversation(case, conversation_id)
            if draft.conversation_id != conversation or draft.channel_id:
                vals.update(conversation_id=conversation.id, channel_id=False)
        elif values.get("channel_id"):
            channel = self.env["omni.channel"].browse(int(values["channel_id"])).exists()
            channel.check_access("read")
            vals.update(conversation_id=False, channel_id=channel.id)
        if vals:
            draft.write(vals)
        return {"draft_id": draft.id, "basis": draft.basis}

    @api.model
    def discard_draft(self, case_id):
        """Throw away what the user has begun, his files included.

        :param int | bool case_id: False: the new mail
        """
        case = self._case_now(case_id, "read") if case_id else self._no_case()
        self.env["omni.draft"]._of(case).unlink()
        return True

    @api.model
    def remove_attachment(self, attachment_id):
        """Take a file off a draft of the user.

        :raise AccessError: it is not on a draft of his
        """
        self._check_user()
        attachment = self.env["ir.attachment"].browse(int(attachment_id)).exists()
        if attachment:
            draft = self._draft_of(attachment)
            if not draft:
                raise AccessError(self.env._("This file is not on a draft of yours."))
            attachment.unlink()
        return True

    @api.model
    def _draft_of(self, attachment):
        """:return: the draft of the user a file is on, none when it is not"""
        if attachment.res_model != "omni.draft" or not attachment.res_id:
            return self.env["omni.draft"]
        return self.env["omni.draft"].search(
            [("id", "=", attachment.res_id), ("user_id", "=", self.env.uid)]
        )

    @api.model
    def _no_case(self):
        """What a new mail is about as yet: no ticket."""
        self._check_user()
        return self.env["crm.ticket"]

    @api.model
    def _draft_data(self, draft):
        """A draft as the screen gets it.

        :rtype: dict | bool
        """
        if not draft:
            return False
        recipients = draft.recipients or {}
        return {
            "id": draft.id,
            "kind": draft.kind,
            "conversation_id": draft.conversation_id.id,
            "channel_id": draft.channel_id.id,
            "html": draft.body or "",
            "subject": draft.subject or "",
            "to": recipients.get("to", []),
            "cc": recipients.get("cc", []),
            "bcc": recipients.get("bcc", []),
            "attachments": [self._attachment_data(file) for file in draft.attachment_ids],
            "basis": draft.basis,
            "saved": self._iso(draft.write_date),
        }
