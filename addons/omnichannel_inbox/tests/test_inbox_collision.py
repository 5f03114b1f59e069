from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import api
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestInboxCollision(TransactionCase):
    """Two colleagues press "send" at the same moment, in two transactions of their own.

    Nothing is written by the transaction of the test itself: the others would wait for it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # what other transactions are to see has to be there for good
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {"tracking_disable": True})
            cls.ids = cls._make(env)
        cls.addClassCleanup(cls._clean)

    @classmethod
    def _make(cls, env):
        group = env.ref("crm_ticket.group_ticket_user")
        users = env["res.users"].with_context(no_reset_password=True)
        users = users.create(
            [
                {"name": name, "login": f"collision_{name}", "group_ids": group.ids}
                for name in ("first", "second")
            ]
        )
        channel = env["omni.channel"].create(
            {"name": "Collision", "provider": "demo", "is_enabled": True}
        )
        identity = env["omni.identity"].create(
            {"channel_id": channel.id, "external_id": "c@example.com", "email": "c@example.com"}
        )
        ticket = env["crm.ticket"].create({"name": "Collision"})
        conversation = env["omni.conversation"].create(
            {
                "channel_id": channel.id,
                "identity_id": identity.id,
                "case_model": "crm.ticket",
                "case_id": ticket.id,
                "subject": "Collision",
            }
        )
        return {
            "users": users.ids,
            "channel": channel.id,
            "ticket": ticket.id,
            "conversation": conversation.id,
        }

    @classmethod
    def _clean(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            conversation = env["omni.conversation"].browse(cls.ids["conversation"])
            conversation.omni_message_ids.mail_message_id.unlink()
            env["crm.ticket"].browse(cls.ids["ticket"]).unlink()
            conversation.unlink()
            env["omni.identity"].search([("channel_id", "=", cls.ids["channel"])]).unlink()
            env["omni.channel"].browse(cls.ids["channel"]).unlink()
            users = env["res.users"].browse(cls.ids["users"])
            partners = users.partner_id
            users.unlink()
            partners.unlink()

    def _inbox(self, cr, user_id):
        cr.execute("SET LOCAL lock_timeout = '5s'")
        return api.Environment(cr, user_id, {})["omni.inbox"]

    def _send(self, inbox):
        return inbox.send(
            self.ids["ticket"], self.ids["conversation"], {"html": "<p>Hello</p>"}, "m0"
        )

    def test_the_second_sees_the_first(self):
        first_user, second_user = self.ids["users"]
        with self.registry.cursor() as other:
            second = self._inbox(other, second_user)
            # his request has begun: he sees what is there now
            basis = second.get_thread(self.ids["ticket"])["basis"]
            self.assertEqual(basis, f"m0.{self.ids['conversation']}.e0")
            with self.registry.cursor() as cr:
                self.assertEqual(self._send(self._inbox(cr, first_user))["state"], "queued")
            # what makes Odoo repeat the request
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                self._send(second)
            other.rollback()
            answer = self._send(self._inbox(other, second_user))
        self.assertEqual(answer["state"], "changed")
        self.assertEqual(answer["changes"][0]["who"], "first")

    def test_the_second_waits_for_the_first(self):
        first_user, second_user = self.ids["users"]
        with self.registry.cursor() as cr, self.registry.cursor() as other:
            self._inbox(cr, first_user)._lock(
                api.Environment(cr, first_user, {})["crm.ticket"].browse(self.ids["ticket"])
            )
            other.execute("SET LOCAL lock_timeout = '100ms'")
            inbox = api.Environment(other, second_user, {})["omni.inbox"]
            with self.assertRaises(LockNotAvailable), mute_logger("odoo.sql_db"):
                self._send(inbox)
            other.rollback()
