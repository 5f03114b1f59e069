"""Test kit of one customer on several channels: a mailbox, a chat and a page of one team."""

from datetime import timedelta

from odoo import Command

from ..providers import PROVIDERS, register
from ..providers.base import Capabilities, Claim
from .common import FakeProvider
from .common_ingest import OTHER_MAILBOX, IngestCase

HIS_NUMBER = "K-1234"
ORDER = "CMD-2026-00123"


class ChatProvider(FakeProvider):
    """A chat: short messages, and nobody vouches for who writes."""

    code = "joinchat"
    label = "Chat of the Test"
    capabilities = Capabilities(text_limit=450)


class PageProvider(FakeProvider):
    """A page: an answer is allowed for a day."""

    code = "joinpage"
    label = "Page of the Test"
    capabilities = Capabilities(text_limit=2000, reply_window=timedelta(hours=24))


class JoinCase(IngestCase):
    """A customer with a customer number and an order, who writes on three channels."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for provider in (ChatProvider, PageProvider):
            register(provider)
            cls.addClassCleanup(PROVIDERS.pop, provider.code)
        cls.chat = cls._new_channel(ChatProvider.code, name="Chat")
        cls.page = cls._new_channel(PageProvider.code, name="Page")
        cls.partner.write({"ref": HIS_NUMBER, "zip": "4000", "phone": "+32 475 12 34 56"})
        product = cls.env["product.product"].create({"name": "Table"})
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.partner.id,
                "name": ORDER,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )

    def _says(self, text="Hello?", channel=None, visitor="visitor-1", known=True, **values):
        """Somebody writes in the chat.

        :param bool known: he has logged in on our web site
        :rtype: omni.message
        """
        claims = (Claim("user", HIS_NUMBER, is_verified=True),) if known else ()
        return self._ingest(
            text,
            channel=channel or self.chat,
            **{
                "sender": visitor,
                "name": "Jan",
                "message_id": "",
                "subject": "",
                "to": [],
                "is_authenticated": None,
                "conversation": f"thread-{visitor}",
                "claims": claims,
                **values,
            },
        )

    def _mails(self, text="Where is my table?", other=False, **values):
        """He writes a mail.

        :param bool other: to the second mailbox
        :rtype: omni.message
        """
        if other:
            values = {"channel": self.other_channel, "to": [OTHER_MAILBOX], **values}
        return self._ingest(text, **values)

    def _joins_of(self, ticket):
        return self.env["omni.join"].search([("case_id", "=", ticket.id)])

    def _as(self, user):
        return self.env["omni.inbox"].with_user(user)

    def _data(self, ticket, user=None):
        return self._as(user or self.user_rep).get_joins(ticket.id)
