from odoo import fields

from ..providers.base import Capabilities
from .common import FakeProvider, OmniFakeCase


class OmniOutboxCase(OmniFakeCase):
    """A conversation on the channel of `FakeProvider`, and messages to send in it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.identity = cls.env["omni.identity"].create(
            {
                "channel_id": cls.fake.id,
                "external_id": "jan@tafel.be",
                "name": "Jan",
                "email": "jan@tafel.be",
            }
        )
        cls.conversation = cls.env["omni.conversation"].create(
            {
                "channel_id": cls.fake.id,
                "identity_id": cls.identity.id,
                "external_id": "thread-1",
                "subject": "A question",
            }
        )

    def setUp(self):
        super().setUp()
        self._set_idempotent(False)

    def _set_idempotent(self, is_idempotent):
        FakeProvider.capabilities = Capabilities(
            has_html=True, has_subject=True, has_cc=True, is_idempotent=is_idempotent
        )

    def _enqueue(self, html="<p>We look into it.</p>", conversation=None, **values):
        """A message of the rep, due at once."""
        conversation = (conversation or self.conversation).with_user(self.user_rep).sudo()
        message = conversation.env["omni.message"]._enqueue(
            conversation, {"html": html, "delay": 0, "to": [{"email": "jan@tafel.be"}], **values}
        )
        return message.with_env(self.env)

    def _let_time_pass(self, message):
        """What was put off is due now."""
        message.write({"next_try": fields.Datetime.now()})
        self.fake.write({"next_send": False, "next_sync": False})

    @property
    def sent(self):
        """Messages that the provider was given, by their uuid."""
        return [message.uuid for name, message in FakeProvider.calls if name == "send"]
