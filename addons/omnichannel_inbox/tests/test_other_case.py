from unittest.mock import patch

from odoo import fields, models
from odoo.tests import tagged

from .common_ingest import IngestCase


class Dossier(models.Model):
    """What a bridge would put behind the inbox."""

    _name = "test.omni.dossier"
    _description = "Test Dossier"
    _inherit = ["omni.case.mixin"]
    _module = None

    name = fields.Char()
    written = fields.Datetime()
    answered = fields.Datetime()
    partner_id = fields.Many2one("res.partner")

    def _case_prepare(self, conversation, inbound):
        values = super()._case_prepare(conversation, inbound)
        return {**values, "partner_id": conversation.partner_id.id}

    def _case_customer_wrote(self, message):
        self.written = message.sent
        return super()._case_customer_wrote(message)

    def _case_answered(self, message):
        self.answered = message.sent
        return super()._case_answered(message)

    def _case_partner_changed(self, old, partner, identity):
        self.partner_id = partner
        return super()._case_partner_changed(old, partner, identity)


@tagged("post_install", "-at_install")
class TestOtherCase(IngestCase):
    """Conversations attach to whatever has the mixin, not to tickets alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._load_test_models(Dossier)
        cls.startClassPatcher(
            patch.object(
                type(cls.env["omni.channel"]), "_case_model", lambda channel: Dossier._name
            )
        )

    def test_other_case(self):
        """A bridge gets what a ticket gets: values, what was written and answered, and by whom."""
        tickets = self.env["crm.ticket"].search_count([])
        message = self._ingest(sender="x@home.example")
        dossier = message.conversation_id._case()
        self.assertEqual(dossier._name, Dossier._name)
        self.assertEqual(dossier.name, "My table")
        self.assertEqual(dossier.written, message.sent)
        self.assertEqual(dossier.conversation_ids, message.conversation_id)
        self.assertEqual(dossier.channel_ids, self.channel)
        self.assertFalse(message.conversation_id.ticket_id)
        message.author_identity_id._confirm(self.partner)
        self.assertEqual(dossier.partner_id, self.partner)
        answer = self._ingest(
            sender="care@shop.example",
            is_ours=True,
            to=["x@home.example"],
            references=(message.internet_message_id,),
        )
        self.assertEqual(dossier.answered, answer.sent)
        answer._set_failed("recipient", "Gone")
        self.assertEqual(self.env["crm.ticket"].search_count([]), tickets)
        conversation = message.conversation_id.with_user(self.user_rep)
        self.assertTrue(conversation.has_access("read"))
        self.assertEqual(conversation.action_open_case()["res_model"], Dossier._name)
