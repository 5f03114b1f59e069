from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..providers import PROVIDERS, register
from .common import FakeProvider
from .common_inbox import InboxHttpCase
from .test_inbox_channels import ChatProvider, DeskProvider


@tagged("post_install", "-at_install")
class TestToursChannels(InboxHttpCase):
    """A rep before a customer who writes on several channels."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for provider in (ChatProvider, DeskProvider):
            register(provider)
            cls.addClassCleanup(PROVIDERS.pop, provider.code)
        cls.chat = cls._new_channel("fake", name="Messenger of the shop")
        cls.desk = cls._new_channel("fakedesk", name="Chat of the site")
        cls.customer.name = "Anne Tourneur"

    def setUp(self):
        super().setUp()
        FakeProvider.reset()
        self.now = fields.Datetime.now()

    def _talk(self, ticket, channel, text, hours=0, address=None, level="strong", **values):
        talk = self._conversation(ticket, channel=channel, address=address, level=level)
        sent = self.now - timedelta(hours=hours)
        message = self._mail(ticket, text, conversation=talk, sent=sent)
        talk.write({"last_customer_date": sent, **values})
        ticket._inbox_refresh()
        return message

    def _tour(self, name, ticket, **kwargs):
        self.start_tour(
            f"/odoo/inbox/{ticket.id}", f"omnichannel_inbox_{name}_tour", login="omni_rep", **kwargs
        )

    def _out(self, ticket):
        return ticket.conversation_ids.omni_message_ids.filtered(
            lambda message: message.direction == "out"
        )

    def test_channels(self):
        """Where he wrote last, with the time that is left; one answer for two channels; later."""
        ticket = self._ticket("Where is my sofa", text="")
        self._talk(ticket, self.channel, "By mail: where is it?", 3)
        self._talk(ticket, self.chat, "And here: is it lost?", 23.5, "psid-1")
        self._talk(ticket, self.chat, "Hello?", 0, "psid-2")
        self._tour("channels", ticket)
        out = self._out(ticket)
        self.assertEqual(out.channel_id, self.channel)
        self.assertEqual(out.state, "queued")
        self.assertTrue(out.is_scheduled)
        self.assertGreater(out.send_after, self.now + timedelta(minutes=55))
        self.assertIn("On Monday", out.text_body)
        answered = ticket.conversation_ids.filtered("answered_by_id")
        self.assertEqual(answered.identity_id.external_id, "psid-2")

    def test_closed(self):
        """Too late on the chat: by mail, with what was written, on a telephone."""
        ticket = self._ticket("Guarantee", text="")
        self._talk(ticket, self.chat, "Is it still valid?", 24 * 8, "psid-3")
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._tour("closed", ticket)
        out = self._out(ticket)
        self.assertEqual(out.channel_id, self.channel)
        self.assertEqual(out.recipients["to"][0]["email"], "marie@example.com")
        self.assertEqual(len(ticket.conversation_ids), 2)

    def test_join(self):
        """He writes on the site, too: joined, undone."""
        ticket = self._ticket("By mail", text="")
        self._talk(ticket, self.channel, "Where is it?")
        other = self._ticket("On the site", text="")
        self._talk(
            other,
            self.desk,
            "Is anybody there?",
            address="visitor-1",
            is_elsewhere=True,
            is_open_there=True,
            external_id="c-1",
        )
        self._tour("join", ticket)
        self.assertEqual(len(ticket.conversation_ids), 1)
        self.assertFalse(self._out(ticket))
        self.assertIn("She is on the chat", "".join(ticket.message_ids.mapped("body")))
