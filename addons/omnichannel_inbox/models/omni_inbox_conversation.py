from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.integration_base.tools import email as email_tools

from .omni_inbox import CASE_MODEL
from .omni_outgoing import PART_LIMIT

#: Candidates shown at most when it is not known who writes.
CANDIDATE_LIMIT = 5


class OmniInbox(models.AbstractModel):
    """The conversations of a ticket: with whom, on which channel, and how to answer there."""

    _inherit = "omni.inbox"

    @api.model
    def _conversations(self, case):
        """Conversations of a ticket, the one written in last first.

        :param case: a ticket that the user may read
        :rtype: recordset of `omni.conversation`, sudo
        """
        # sudo: whoever sees a ticket sees what was written about it, on whichever channel
        return (
            self.env["omni.conversation"]
            .sudo()
            .search(
                Domain("case_model", "=", CASE_MODEL) & Domain("case_id", "=", case.id),
                order="last_message_date DESC, id DESC",
            )
        )

    @api.model
    def _conversation(self, case, conversation_id):
        """One conversation of a ticket.

        :rtype: recordset of `omni.conversation`, sudo
        :raise AccessError: it is not one of this ticket
        """
        wanted = int(conversation_id)
        conversation = self._conversations(case).filtered(lambda one: one.id == wanted)
        if not conversation:
            raise AccessError(
                self.env._("This conversation does not belong to the ticket any more. Reload.")
            )
        return conversation

    @api.model
    def _conversation_alone(self, conversation_id):
        """A conversation by its id: of a ticket that the user sees, or one that he sees himself.

        :rtype: recordset of `omni.conversation`, sudo
        :raise AccessError: it is neither
        """
        self._check_user()
        # sudo: see _conversations; what it belongs to is checked here
        conversation = self.env["omni.conversation"].sudo().browse(int(conversation_id)).exists()
        case = conversation._case() if conversation else None
        if case and case._name == CASE_MODEL:
            self._cases(case.ids)
        else:
            conversation.sudo(False).check_access("read")
        return conversation

    @api.model
    def _conversation_data(self, conversation):
        """:rtype: dict"""
        channel = conversation.channel_id
        recipients = self._recipients(conversation)
        return {
            "id": conversation.id,
            "channel": self._channel_data(channel),
            "subject": conversation.subject or "",
            "identity": self._identity_data(conversation.identity_id, conversation),
            "capabilities": self._capabilities_data(channel),
            "window": self._window_data(conversation),
            "blocked": self._why_not(channel, conversation),
            "desk_url": self._web_address(conversation.desk_url),
            "desk": self._desk_name(channel) if channel._capabilities().is_desk else "",
            "elsewhere": conversation.is_elsewhere and conversation.is_open_there,
            "controlled_by": conversation.controlled_by or "",
            "preview": conversation.preview or "",
            "date": self._iso(conversation.last_message_date),
            "satisfaction": conversation.satisfaction,
            "tags": conversation.tags or [],
            "to": recipients["to"],
            "cc": recipients["cc"],
            "reply_subject": self._reply_subject(conversation),
            "signature": self._signature(channel),
        }

    @api.model
    def _web_address(self, url):
        """:return: a link as the screen may offer it, False when it is none to a web page"""
        return url if (url or "").startswith(("https://", "http://")) else False

    @api.model
    def _capabilities_data(self, channel):
        """What the composer may offer on a channel.

        :rtype: dict
        """
        can = channel._capabilities()
        return {
            "html": can.has_html,
            "subject": can.has_subject,
            "cc": can.has_cc,
            "text_limit": can.text_limit,
            "parts": can.has_parts,
            "parts_limit": PART_LIMIT if can.has_parts else 1,
            "desk": can.is_desk,
            "attachment_limit": can.attachment_limit,
            "attachment_types": list(can.attachment_types),
            "total_limit": can.total_limit,
            "can_send": can.can_send and channel.is_enabled and channel.active,
        }

    @api.model
    def _signature(self, channel):
        """:return: HTML below answers on a channel; nothing where there is no HTML"""
        # sudo: what a channel can do, and what stands below answers, concerns whoever writes on it
        if not channel.sudo()._capabilities().has_html:
            return ""
        return self.env["omni.signature"]._for(channel.sudo())

    @api.model
    def _reply_subject(self, conversation):
        subject = (conversation.subject or "").strip()
        if not subject or subject.casefold().startswith(("re:", "re :", "tr:", "aw:", "antw:")):
            return subject
        return f"Re: {subject}"

    @api.model
    def _recipients(self, conversation):
        """Who an answer goes to: whoever wrote (or where he wants answers), and who else was
        written to; never ourselves.

        :return: ``{"to": [{"email", "name"}], "cc": […]}``
        :rtype: dict
        """
        if not conversation.channel_id._capabilities().has_subject:
            return {"to": [], "cc": []}
        who = conversation.identity_id
        address = who.email or who.external_id
        to = conversation.reply_to or ([{"email": address, "name": who.name or ""}] if who else [])
        others = conversation.recipients or {}
        ours = self._own_addresses()
        seen, result = set(), {"to": [], "cc": []}
        for side, people in (
            ("to", to),
            ("cc", [*others.get("to", ()), *others.get("cc", ())]),
        ):
            for person in people:
                email = email_tools.normalize(person.get("email"))
                if email and email not in seen and email not in ours:
                    seen.add(email)
                    result[side].append({"email": email, "name": person.get("name") or ""})
        return result

    # === WHO IT IS === #

    @api.model
    def _identity_data(self, identity, conversation=None):
        """Who writes, how sure that is, and who else it might be.

        :param identity: `omni.identity` of a conversation that the user sees
        :param conversation: what is known of him may not hold for it
        :rtype: dict | bool
        """
        if not identity:
            return False
        if conversation and identity.partner_id and not conversation.partner_id:
            return self._in_his_name(identity)
        rows = identity._questions()
        return {
            "id": identity.id,
            "name": identity.name or "",
            "address": identity._shown_address(),
            "level": identity.level,
            "evidence": identity._evidence_texts(),
            "partner": self._pair(identity.partner_id),
            "candidates": [
                {
                    "id": row.partner_id.id,
                    "name": row.partner_id.display_name,
                    "subtitle": row.partner_id.email or row.partner_id.phone or "",
                    "reason": row.reason or "",
                    "score": row.score,
                }
                for row in rows.sorted("score", reverse=True)[:CANDIDATE_LIMIT]
            ],
        }

    @api.model
    def _in_his_name(self, identity):
        """What is said of a conversation that somebody began in the name of a known customer, and
        no mail server vouched for him: it may be he.

        :rtype: dict
        """
        partner = identity.partner_id
        reason = self.env._("Wrote in his name; the sender could not be checked")
        return {
            "id": identity.id,
            "name": identity.name or "",
            "address": identity._shown_address(),
            "level": "weak",
            "evidence": [],
            "partner": False,
            "candidates": [
                {
                    "id": partner.id,
                    "name": partner.display_name,
                    "subtitle": partner.email or partner.phone or "",
                    "reason": reason,
                    "score": 0,
                }
            ],
        }

    @api.model
    def _identity(self, identity_id):
        """An identity that the user meets in a ticket, or that he may see anyway.

        :rtype: recordset of `omni.identity`, sudo
        :raise AccessError: neither
        """
        self._check_user()
        # sudo: who writes is shown with the ticket; that the user sees one is checked here
        identity = self.env["omni.identity"].sudo().browse(int(identity_id)).exists()
        if not self._cases_of(identity):
            identity.sudo(False).check_access("read")
        return identity

    @api.model
    def _cases_of(self, identity):
        """Tickets with an identity that the user sees.

        :rtype: recordset of `crm.ticket`
        """
        conversations = identity.conversation_ids.filtered(
            lambda one: one.case_model == CASE_MODEL and one.case_id
        )
        return self.env[CASE_MODEL].search([("id", "in", conversations.mapped("case_id"))])

    @api.model
    def confirm_identity(self, identity_id, partner_id):
        """Say who writes: from now on it is known.

        :return: the new ``identity``, ``ids`` of the tickets it concerns
        :rtype: dict
        """
        identity = self._identity(identity_id)
        partner = self.env["res.partner"].browse(int(partner_id)).exists()
        if not partner:
            raise UserError(self.env._("This contact no longer exists. Choose another one."))
        partner.check_access("read")
        identity._confirm(partner)
        return self._identity_answer(
            identity, self.env._("Linked with %(name)s.", name=partner.name)
        )

    @api.model
    def reject_identity(self, identity_id, partner_id):
        """Say who does not write: he is not suggested again.

        :return: see :meth:`confirm_identity`
        :rtype: dict
        """
        identity = self._identity(identity_id)
        identity._reject(identity.env["res.partner"].browse(int(partner_id)).exists())
        return self._identity_answer(identity, self.env._("This contact is not suggested again."))

    @api.model
    def _identity_answer(self, identity, text):
        cases = self._cases_of(identity)
        self._changed(cases, "identity")
        return {
            "message": text,
            "undo": False,
            "ids": cases.ids,
            "identity": self._identity_data(identity),
        }

    @api.model
    def contact_defaults(self, conversation_id):
        """What is known of who writes, to fill the form of a new contact with.

        :return: a context of ``default_*``
        :rtype: dict
        """
        who = self._conversation_alone(conversation_id).identity_id
        return {
            "default_name": who.name or who.email or "",
            "default_email": who.email or "",
            "default_phone": who.phone or "",
            "default_company_id": False,
            "default_lang": self.env.user.lang,
        }
