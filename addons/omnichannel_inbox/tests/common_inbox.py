"""Test kit of the inbox's server: tickets with conversations, written as rows."""

from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import new_test_user

from .common import OmniCase, OmniHttpCase

NOW = datetime(2025, 3, 3, 8, 0)


class InboxMixin:
    """A team with two members, a colleague of another team, a leader, and mails to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.anna, cls.omar, cls.lena = cls.user_rep, cls.user_other, cls.user_leader
        cls.bert = new_test_user(
            cls.env, "bert", groups="crm_ticket.group_ticket_user", name="Bert Answer"
        )
        cls.team.crm_team_member_ids = [Command.create({"user_id": cls.bert.id})]
        cls.ines = new_test_user(cls.env, "ines", groups="base.group_user", name="Ines Internal")
        cls.paul = new_test_user(cls.env, "paul", groups="base.group_portal", name="Paul Portal")
        cls.anna.name = "Anna Answer"
        cls.customer = cls.env["res.partner"].create(
            {"name": "Marie Dupont", "email": "marie@example.com", "phone": "+32 475 12 34 56"}
        )
        cls.inbox = cls.env["omni.inbox"].with_user(cls.anna)

    @classmethod
    def _ticket(cls, subject="Where is my sofa?", text="Hello, where is it?", **values):
        """A ticket of the service team, with a mail of the customer when there is a text."""
        vals = {"name": subject, "team_id": cls.team.id, "partner_id": cls.customer.id}
        ticket = cls.env["crm.ticket"].create(vals | values)
        if text:
            cls._conversation(ticket)
            cls._mail(ticket, text)
        return ticket

    @classmethod
    def _conversation(cls, ticket, channel=None, level="strong", address=None):
        channel = channel or cls.channel
        partner = ticket.partner_id
        address = address or partner.email or f"ticket{ticket.id}@example.com"
        identities = cls.env["omni.identity"]
        identity = identities.search(
            [("channel_id", "=", channel.id), ("external_id", "=", address)]
        ) or identities.create(
            {
                "channel_id": channel.id,
                "external_id": address,
                "email": address,
                "name": partner.name or "Somebody",
                "partner_id": partner.id if level in ("proved", "strong") else False,
                "level": level,
                "evidence": [],
            }
        )
        return cls.env["omni.conversation"].create(
            {
                "channel_id": channel.id,
                "identity_id": identity.id,
                "partner_id": identity.partner_id.id,
                "subject": ticket.name,
                "case_model": ticket._name,
                "case_id": ticket.id,
            }
        )

    @classmethod
    def _conversation_of(cls, ticket):
        return cls.env["omni.conversation"].search(
            [("case_model", "=", ticket._name), ("case_id", "=", ticket.id)], limit=1
        )

    @classmethod
    def _mail(cls, ticket, text, minutes=0, user=None, conversation=None, **values):
        """A message of the customer, or of one of us when there is a user."""
        conversation = conversation or cls._conversation_of(ticket)
        sent = NOW + timedelta(minutes=minutes)
        html = values.pop("html", f"<p>{text}</p>")
        content = cls.env["mail.message"].create(
            {
                "model": conversation._name,
                "res_id": conversation.id,
                "message_type": "email",
                "body": html,
                "subject": values.pop("subject", ticket.name),
                "date": sent,
                "author_id": user.partner_id.id if user else conversation.partner_id.id,
            }
        )
        message = cls.env["omni.message"].create(
            {
                "mail_message_id": content.id,
                "conversation_id": conversation.id,
                "channel_id": conversation.channel_id.id,
                "direction": "out" if user else "in",
                "state": "sent" if user else "received",
                "sent": sent,
                "user_id": user.id if user else False,
                "author_identity_id": False if user else conversation.identity_id.id,
                "text_body": text,
                **values,
            }
        )
        if not user and not values.get("is_automatic"):
            ticket._customer_wrote(sent)
        elif user:
            ticket._answered(sent, user)
        return message

    def _as(self, user):
        return self.env["omni.inbox"].with_user(user)

    def _folder(self, key, user=None):
        answer = self._as(user or self.anna).get_inbox(key)
        return [item["id"] for item in answer["items"]]

    def _counts(self, user=None):
        answer = self._as(user or self.anna).get_counts()
        return {folder["key"]: folder for folder in answer["folders"]}


class InboxCase(InboxMixin, OmniCase):
    """For the server of the inbox."""


class InboxHttpCase(InboxMixin, OmniHttpCase):
    """For its screen."""
