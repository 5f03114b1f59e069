"""Test kit of what becomes of messages: mails as a provider gives them."""

from datetime import datetime, timedelta
from itertools import count
from unittest.mock import patch

from ..providers.base import Address, Attachment, Inbound
from .common import OmniCase

MAILBOX = "care@shop.example"
OTHER_MAILBOX = "orders@shop.example"
START = datetime(2026, 11, 2, 9, 0)


class IngestCase(OmniCase):
    """Two mailboxes of one company, and a customer who writes to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(
            _patch_addresses(
                cls.env, {"Test demo": [MAILBOX], "Orders": [OTHER_MAILBOX], "Elsewhere": []}
            )
        )
        cls.other_channel = cls._new_channel(name="Orders")
        cls.partner = cls.env["res.partner"].create(
            {"name": "Jan Tafel", "email": "jan@tafel.example"}
        )
        cls.numbers = count(1)

    def _inbound(self, text="Where is my table?", sender="jan@tafel.example", **values):
        """A mail as a provider gives it.

        :param values: of `Inbound`; ``to`` and ``cc`` as addresses, ``minutes`` after `START`
        """
        number = next(self.numbers)
        name = values.pop("name", "Jan Tafel" if sender.startswith("jan@") else "")
        to = values.pop("to", [MAILBOX])
        cc = values.pop("cc", [])
        return Inbound(
            **{
                "external_id": f"AAA{number}",
                "sent": START + timedelta(minutes=values.pop("minutes", number)),
                "author": Address(sender, name, sender),
                "subject": "My table",
                "text": text,
                "recipients": tuple(Address(one, "", one) for one in to),
                "cc": tuple(Address(one, "", one) for one in cc),
                "message_id": f"<m{number}@tafel.example>",
                "is_authenticated": True,
                **values,
            }
        )

    def _ingest(self, text="Where is my table?", channel=None, **values):
        """Take a mail in.

        :rtype: omni.message
        """
        inbound = self._inbound(text, **values)
        return self.env["omni.conversation"]._ingest(channel or self.channel, inbound)

    def _sent(self, message, **values):
        """An answer of ours that has left.

        :param message: `omni.message` that is answered
        :rtype: omni.message
        """
        number = next(self.numbers)
        conversation = message.conversation_id
        content = self.env["mail.message"].create(
            {
                "model": conversation._name,
                "res_id": conversation.id,
                "message_type": "email_outgoing",
                "body": "<p>We look into it.</p>",
                "author_id": self.user_rep.partner_id.id,
            }
        )
        address = conversation.identity_id.email
        return self.env["omni.message"].create(
            {
                "mail_message_id": content.id,
                "conversation_id": conversation.id,
                "channel_id": conversation.channel_id.id,
                "direction": "out",
                "state": "sent",
                "uuid": f"uuid-{number}",
                "external_id": f"OUT{number}",
                "internet_message_id": f"<o{number}@shop.example>",
                "sent": message.sent + timedelta(minutes=5),
                "user_id": self.user_rep.id,
                "recipients": {"to": [{"email": address, "name": ""}], "cc": []},
                **values,
            }
        )

    def _ticket_of(self, message):
        return self.env["crm.ticket"].browse(message.conversation_id.case_id)


def file(name="photo.png", content=b"\x89PNG\r\n\x1a\n", content_type="image/png", **values):
    """A file of a mail."""
    return Attachment(
        name=name, content=content, content_type=content_type, size=len(content), **values
    )


def _patch_addresses(env, addresses):
    """Give channels of the demo an address, which those of providers of mail have."""

    def hook(channel):
        return addresses.get(channel.name, [])

    return patch.object(type(env["omni.channel"]), "_demo_addresses", hook, create=True)
