from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import api, fields
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..providers import PROVIDERS, register
from ..providers.base import Address, Claim, Inbound
from .common_join import ChatProvider, PageProvider


@tagged("post_install", "-at_install")
class TestJoinCollision(TransactionCase):
    """A customer writes in the chat and on the page in the same second: two workers, each in a
    transaction of its own, open one ticket.

    Nothing is written by the transaction of the test itself: the others would wait for it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for provider in (ChatProvider, PageProvider):
            register(provider)
            cls.addClassCleanup(PROVIDERS.pop, provider.code)
        # what other transactions are to see has to be there for good
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            channels = env["omni.channel"].create(
                [
                    {
                        "name": f"Collision {provider.code}",
                        "provider": provider.code,
                        "is_enabled": True,
                        "start_date": "2020-01-01",
                    }
                    for provider in (ChatProvider, PageProvider)
                ]
            )
            partner = env["res.partner"].create({"name": "Collision", "ref": "COLLISION-1"})
            cls.channel_ids, cls.partner_id = channels.ids, partner.id
        cls.addClassCleanup(cls._clean)

    @classmethod
    def _clean(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            channels = env["omni.channel"].browse(cls.channel_ids)
            conversations = env["omni.conversation"].search([("channel_id", "in", channels.ids)])
            conversations.omni_message_ids.mail_message_id.unlink()
            tickets = conversations.ticket_id
            env["omni.join"].search([("case_id", "in", tickets.ids)]).unlink()
            tickets.unlink()
            conversations.unlink()
            env["omni.identity"].search([("channel_id", "in", channels.ids)]).unlink()
            channels.unlink()
            partner = env["res.partner"].browse(cls.partner_id)
            turns = env["omni.join.turn"].search([("customer", "=", partner.id)])
            turns.unlink()
            partner.unlink()

    def _write(self, cr, place, name):
        """A worker takes in what the customer wrote on a channel.

        :rtype: omni.message
        """
        env = api.Environment(cr, api.SUPERUSER_ID, {})
        inbound = Inbound(
            external_id=name,
            sent=fields.Datetime.now(),
            author=Address(f"visitor-{place}", "Visitor"),
            conversation=name,
            text="Hello?",
            claims=(Claim("user", "COLLISION-1", is_verified=True),),
        )
        channel = env["omni.channel"].browse(self.channel_ids[place])
        return env["omni.conversation"]._ingest(channel, inbound)

    def test_one_ticket(self):
        with self.registry.cursor() as other:
            # its transaction has begun: it sees what is there now
            other.execute("SELECT count(*) FROM crm_ticket")
            with self.registry.cursor() as cr:
                first = self._write(cr, 0, "one").conversation_id.ticket_id.id
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                self._write(other, 1, "two")
            # what the queue does then: begin anew
            other.rollback()
            second = self._write(other, 1, "two").conversation_id.ticket_id
            self.assertEqual(second.id, first)
            join = second.env["omni.join"].search([("case_id", "=", first)])
            self.assertEqual(join.kind, "open")

    def test_the_second_waits(self):
        with self.registry.cursor() as cr, self.registry.cursor() as other:
            self._write(cr, 0, "three")
            other.execute("SET LOCAL lock_timeout = '100ms'")
            with self.assertRaises(LockNotAvailable), mute_logger("odoo.sql_db"):
                self._write(other, 1, "four")
            other.rollback()
            cr.rollback()

    def test_others_do_not_wait(self):
        """Whoever is not known, or has a ticket of his own, waits for nobody."""
        with self.registry.cursor() as cr, self.registry.cursor() as other:
            self._write(cr, 0, "five")
            other.execute("SET LOCAL lock_timeout = '2s'")
            env = api.Environment(other, api.SUPERUSER_ID, {})
            stranger = Inbound(
                external_id="six",
                sent=fields.Datetime.now(),
                author=Address("visitor-9", "Stranger"),
                conversation="six",
                text="Hello?",
            )
            channel = env["omni.channel"].browse(self.channel_ids[1])
            message = env["omni.conversation"]._ingest(channel, stranger)
            self.assertTrue(message.conversation_id.ticket_id)
            other.rollback()
            cr.rollback()
