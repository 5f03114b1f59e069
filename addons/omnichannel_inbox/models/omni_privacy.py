import re
import uuid
from dataclasses import dataclass

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import IntegrationError

from ..providers.base import Inbound

#: Shorter names are found everywhere, and say nothing of anybody.
SHORTEST = 5


@dataclass
class _Scope:
    """Everything that is kept of a person."""

    identities: models.BaseModel
    conversations: models.BaseModel
    messages: models.BaseModel
    tickets: models.BaseModel
    """Those that are about nobody else."""
    events: models.BaseModel

    @property
    def files(self):
        return self.messages.attachment_ids

    def counts(self):
        """Values of `omni.privacy.log`."""
        return {
            "channels": ", ".join(self.identities.channel_id.mapped("display_name")),
            "identity_count": len(self.identities),
            "conversation_count": len(self.conversations),
            "message_count": len(self.messages),
            "file_count": len(self.files),
            "event_count": len(self.events),
            "ticket_count": len(self.tickets),
        }


class OmniIdentity(models.Model):
    """What one person has written, over all channels, found and erased.

    What is erased leaves its place behind: messages keep the name the other side gave them, so that
    what is read once more is recognised and does not come back.
    """

    _inherit = "omni.identity"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_heard(self):
        """Odoo's own privacy look-up deletes what it finds; here is more to do."""
        # sudo: whether there is anything does not depend on who asks
        if self.sudo().conversation_ids:
            raise UserError(
                self.env._(
                    "There are conversations with this person. Open “Who Writes” and choose "
                    "“Privacy request” instead: it erases what was written as well."
                )
            )

    def action_privacy(self):
        """Button: hand out or erase what this person has written.

        :rtype: dict
        """
        self._privacy_check()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Privacy Request"),
            "res_model": "omni.privacy.request",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_identity_ids": self._privacy_person().ids},
        }

    def _privacy_check(self):
        if not self.env.user.has_group("crm_ticket.group_ticket_admin"):
            raise AccessError(self.env._("Only administrators of the inbox can do this."))
        self.check_access("read")

    def _privacy_person(self):
        """These identities, and those of the same contacts on the other channels.

        :rtype: omni.identity
        """
        partners = self.partner_id
        return self | self.search([("partner_id", "in", partners.ids), ("partner_id", "!=", False)])

    # === WHAT THERE IS === #

    def _privacy_scope(self):
        """Find everything that is kept of these identities.

        :rtype: _Scope
        """
        # sudo: all of it, wherever it was written; `_privacy_check` is for whoever asks for it
        identities_sudo = self.sudo()
        env = identities_sudo.env
        conversations = env["omni.conversation"].search([("identity_id", "in", self.ids)])
        messages = env["omni.message"].search(
            Domain("conversation_id", "in", conversations.ids)
            | Domain("author_identity_id", "in", self.ids)
        )
        tickets = conversations.ticket_id
        shared = env["omni.conversation"].search(
            [("ticket_id", "in", tickets.ids), ("id", "not in", conversations.ids)]
        )
        return _Scope(
            identities=identities_sudo,
            conversations=conversations,
            messages=messages,
            tickets=tickets - shared.ticket_id,
            events=identities_sudo._privacy_events(conversations, messages),
        )

    def _privacy_events(self, conversations, messages):
        """What came in and is about these people: by the message, by the conversation, or because
        it names them.

        :rtype: omni.event
        """
        events = self.env["omni.event"]
        self.env.flush_all()
        channels = self.env["omni.channel"].with_context(active_test=False)
        channels = channels.search([("company_id", "in", self.company_id.ids)])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id FROM omni_event e
                  JOIN (SELECT m.channel_id, m.external_id FROM omni_message m
                         WHERE m.id = ANY(%(messages)s) AND m.external_id IS NOT NULL
                         UNION
                        SELECT a.channel_id, a.external_id FROM omni_message_alias a
                         WHERE a.message_id = ANY(%(messages)s)) named
                    ON named.channel_id = e.channel_id AND named.external_id = e.external_id
                 UNION
                SELECT e.id FROM omni_event e
                  JOIN (SELECT c.channel_id, c.external_id AS key FROM omni_conversation c
                         WHERE c.id = ANY(%(conversations)s) AND c.external_id IS NOT NULL
                         UNION
                        SELECT i.channel_id, i.external_id FROM omni_identity i
                         WHERE i.id = ANY(%(identities)s)) thread
                    ON thread.channel_id = e.channel_id AND thread.key = e.conversation_key
                """,
                messages=messages.ids,
                conversations=conversations.ids,
                identities=self.ids,
            )
        )
        found = events.browse(event_id for (event_id,) in rows)
        for identity in self:
            # an address is that of the same person everywhere, another name only on its channel
            found |= identity._privacy_naming(identity.external_id, identity.channel_id)
            if identity.email:
                found |= identity._privacy_naming(identity.email, channels)
        return found

    def _privacy_naming(self, name, channels):
        """Events in which somebody is named as it were in a letter. Of what still waits only what
        he has written himself: what others write is not lost because it names him.

        :param str name: address, or what the channel calls him
        :param channels: `omni.channel`
        :rtype: omni.event
        """
        events = self.env["omni.event"]
        if len(name) < SHORTEST:
            return events
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM omni_event
                 WHERE channel_id = ANY(%(channels)s) AND payload IS NOT NULL
                   AND position(%(name)s IN lower(payload)) > 0
                   AND lower(payload) ~ %(pattern)s
                """,
                channels=channels.ids,
                name=name.lower(),
                pattern=rf"(^|[^a-z0-9._%+-]){_escaped(name.lower())}($|[^a-z0-9._-]|[.]([^a-z0-9]|$))",
            )
        )
        found = events.browse(event_id for (event_id,) in rows)
        waiting = found.filtered(lambda event: event.state in ("new", "retry"))
        return found - waiting.filtered(lambda event: not self._privacy_has_written(event, name))

    def _privacy_has_written(self, event, name):
        """Whether what waits was written by this person; what cannot be understood may be.

        :rtype: bool
        """
        try:
            items = event.channel_id._provider().parse(event._event())
        except IntegrationError:
            return True
        authors = [item.author for item in items if isinstance(item, Inbound)]
        return not authors or any(
            name.lower() in (author.external_id.lower(), author.email.lower()) for author in authors
        )

    # === ERASING === #

    def _privacy_erase(self, with_notes=True):
        """Erase what these people have written, what was written to them, and who they are.

        :param bool with_notes: also what colleagues noted in tickets that are about nobody else
        :return: what was erased, as values of `omni.privacy.log`
        :rtype: dict
        """
        self._privacy_check()
        scope = self._privacy_scope()
        counts = scope.counts()
        identities_sudo = scope.identities.with_context(tracking_disable=True, mail_notrack=True)
        text = self.env._("Erased at the request of this person.")
        # the names are gone before anything is worked out of them anew
        scope.events._privacy_blank()
        identities_sudo.suggestion_ids.unlink()
        for identity in identities_sudo:
            identity.write(
                {
                    "external_id": f"erased:{uuid.uuid4()}",
                    "name": self.env._("Erased person"),
                    "email": False,
                    "email_key": False,
                    "phone": False,
                    "partner_id": False,
                    "level": "none",
                    "evidence": False,
                    "claims": False,
                    "is_authenticated": False,
                    "allow_remote": False,
                }
            )
        scope.messages._privacy_erase(text)
        scope.conversations.with_context(tracking_disable=True)._privacy_erase(text)
        # others' conversations in which they wrote as well
        elsewhere = scope.messages.conversation_id - scope.conversations
        elsewhere._recount()
        elsewhere._inbox_refresh()
        scope.tickets.with_context(tracking_disable=True)._privacy_erase(text, with_notes)
        return counts


class OmniEvent(models.Model):
    _inherit = "omni.event"

    def _privacy_blank(self):
        """What came in is no longer there; that it came stays known, so that it does not again."""
        self.write(
            {
                "payload": False,
                "conversation_key": False,
                "error": False,
                "failure_type": False,
                "failure_reason": False,
                "state": "ignored",
                "cause": "erased",
                "next_try": False,
                "processed": fields.Datetime.now(),
            }
        )


class OmniMessage(models.Model):
    _inherit = "omni.message"

    def _privacy_erase(self, text):
        """
        :param str text: stands where something was written
        """
        self.edit_ids.unlink()
        self.reaction_ids.unlink()
        contents = self.mail_message_id
        contents._privacy_erase(text)
        self._set_cancelled()
        self.write(
            {
                "recipients": False,
                "progress": False,
                "failure_reason": False,
                "text_body": text,
            }
        )


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _privacy_erase(self, text):
        """Erase what is written in messages, with their files.

        :param str text: stands in its place
        """
        self.attachment_ids.unlink()
        self.tracking_value_ids.unlink()
        self.env["mail.message.translation"].search([("message_id", "in", self.ids)]).unlink()
        users = self.env["res.users"].with_context(active_test=False)
        ours = users.search([("partner_id", "in", self.author_id.ids), ("share", "=", False)])
        self.write(
            {
                "body": Markup("<p>%s</p>") % text,
                "subject": False,
                "email_from": False,
                "reply_to": False,
                "incoming_email_to": False,
                "incoming_email_cc": False,
                "outgoing_email_to": False,
            }
        )
        self.filtered(lambda message: message.author_id not in ours.partner_id).author_id = False


class OmniConversation(models.Model):
    _inherit = "omni.conversation"

    def _privacy_erase(self, text):
        """
        :param str text: stands where something was written
        """
        self.env["omni.draft"].search([("conversation_id", "in", self.ids)]).unlink()
        self.moment_ids.write({"params": False})
        joins = self.env["omni.join"].search([("conversation_id", "in", self.ids)])
        joins.write({"reasons": False, "snapshot": False})
        # sudo: ratings belong to whoever gave them; the ticket may be about others as well
        self.sudo().rating_id.write({"feedback": False, "partner_id": False})
        self.message_ids._privacy_erase(text)
        self.write(
            {
                # nothing that comes later belongs to it
                "external_id": False,
                "subject": False,
                "preview": text,
                "partner_id": False,
                "recipients": False,
                "reply_to": False,
                "participants": False,
                "match_evidence": False,
                "tags": False,
            }
        )
        self._inbox_refresh()


class CrmTicket(models.Model):
    _inherit = "crm.ticket"

    def _privacy_erase(self, text, with_notes):
        """
        :param str text: stands where something was written
        :param bool with_notes: also what colleagues noted
        """
        self.env["omni.draft"].search([("ticket_id", "in", self.ids)]).unlink()
        merges = self.env["crm.ticket.merge"].search(
            ["|", ("source_id", "in", self.ids), ("target_id", "in", self.ids)]
        )
        merges.write({"snapshot": False})
        # sudo: ratings belong to whoever gave them
        self.sudo().rating_ids.write({"feedback": False, "partner_id": False})
        if with_notes:
            self.message_ids._privacy_erase(text)
        for ticket in self:
            ticket.write(
                {
                    "name": text,
                    "description": False,
                    "partner_id": False,
                    "order_ids": [fields.Command.clear()],
                }
            )
            ticket.write({"partner_name": False, "email_from": False, "phone": False})
        self._inbox_refresh()


def _escaped(text):
    """A text as it is, in a regular expression of PostgreSQL."""
    return re.sub(r"([^a-z0-9@\s_-])", r"\\\1", text)
