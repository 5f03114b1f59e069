from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form
from odoo.tools import mute_logger

from ..providers import PROVIDERS
from .common import OmniFakeCase, fake_event


class TestChannel(OmniFakeCase):
    """What a channel is, what its buttons open, and what it shows of itself."""

    def test_form(self):
        """An administrator makes a channel of the demo, tries it, and puts it into service."""
        with Form(self.env["omni.channel"].with_user(self.user_admin)) as form:
            form.name = "Try it"
            form.provider = "demo"
            form.team_id = self.team
        channel = form.record
        self.assertFalse(channel.is_enabled)
        self.assertEqual(channel.health, "new")
        channel.action_test_connection()
        self.assertEqual(channel.health, "ok")
        channel.action_enable()
        self.assertTrue(channel.is_enabled)

    def test_provider_stays(self):
        with self.assertRaises(UserError):
            self.channel.provider = "fake"
        with self.assertRaises(ValidationError):
            self._new_channel("nonsense")

    def test_copy_shares_nothing(self):
        copied = self.channel.copy()
        self.assertNotEqual(copied.name, self.channel.name)
        self.assertNotEqual(copied.webhook_token, self.channel.webhook_token)
        self.assertNotEqual(copied.secret, self.channel.secret)
        self.assertFalse(copied.is_enabled)

    def test_channel_with_messages_is_not_deleted(self):
        self._deliver()
        with self.assertRaises(UserError):
            self.channel.unlink()
        self.fake.unlink()

    def test_same_external_id_once_per_channel(self):
        message = self._deliver(id="same")
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            message.copy(
                {
                    "mail_message_id": message.mail_message_id.copy().id,
                    "external_id": "same",
                    "uuid": False,
                }
            )

    def test_counts_and_actions(self):
        self._store(fake_event(1), fake_event(2), channel=self.fake)[0].state = "dead"
        self.assertEqual((self.fake.waiting_count, self.fake.dead_count), (1, 1))
        events = self.env["omni.event"]
        channel = self.fake.with_user(self.user_admin)
        self.assertEqual(events.search_count(channel.action_open_events()["domain"]), 2)
        for action in (
            channel.action_open_dead(),
            channel.action_open_messages(),
            channel.action_open_unsent(),
        ):
            self.env[action["res_model"]].search(action["domain"])

    def test_secrets(self):
        """Nobody but who manages the settings reads what lets others in."""
        channel = self.channel.with_user(self.user_admin)
        for name in ("secret", "webhook_token", "webhook_url"):
            with self.subTest(name), self.assertRaises(AccessError):
                channel.read([name])
        with self.assertRaises(AccessError):
            channel.write({"secret": "x"})
        self.assertNotIn("secret", channel.read()[0])
        manager = self._new_user(
            "omni_system", "base.group_system", "crm_ticket.group_ticket_admin"
        )
        self.assertTrue(self.channel.with_user(manager).webhook_url)

    # === WHO SEES WHAT === #

    def test_who_sees_channels(self):
        theirs = self._new_channel(name="Theirs", team_id=self.other_team.id)
        free = self._new_channel(name="Free", team_id=False)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        abroad = self._new_channel(name="Abroad", team_id=False, company_id=company.id)
        all_of_them = self.channel | theirs | free | abroad

        def seen(user):
            channels = self.env["omni.channel"].with_user(user)
            return (
                channels.search([("id", "in", all_of_them.ids)])
                .sudo(False)
                .with_user(self.env.user)
            )

        self.assertEqual(seen(self.user_rep), self.channel | free)
        self.assertEqual(seen(self.user_other), theirs | free)
        theirs.team_id.user_id = self.user_rep
        self.assertEqual(seen(self.user_rep), self.channel | theirs | free, "who leads the team")
        self.assertEqual(seen(self.user_leader), self.channel | theirs | free)
        self.assertEqual(seen(self.user_admin), self.channel | theirs | free)
        with self.assertRaises(AccessError):
            seen(self.user_employee)
        for user in (self.user_rep, self.user_leader):
            with self.assertRaises(AccessError):
                self.channel.with_user(user).name = "x"

    def test_who_sees_messages(self):
        mine = self._deliver()
        theirs = self._deliver(channel=self._new_channel(name="Theirs", team_id=self.other_team.id))

        def seen(user):
            messages = self.env["omni.message"].with_user(user)
            return messages.search([("id", "in", (mine | theirs).ids)]).ids

        self.assertEqual(seen(self.user_rep), mine.ids)
        self.assertEqual(seen(self.user_other), theirs.ids)
        self.assertEqual(set(seen(self.user_leader)), set((mine | theirs).ids))
        for user in (self.user_employee, self.user_portal):
            with self.assertRaises(AccessError):
                seen(user)
        for user in (self.user_rep, self.user_admin):
            with self.assertRaises(AccessError):
                mine.with_user(user).write({"state": "read"})
            with self.assertRaises(AccessError):
                mine.with_user(user).unlink()

    def test_who_sees_events(self):
        events = self._store(fake_event(1), channel=self.fake)
        for user in (self.user_rep, self.user_leader, self.user_employee, self.user_portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                events.with_user(user).read(["payload"])
            with self.subTest(user.login), self.assertRaises(AccessError):
                events.with_user(user).action_replay()
        self.assertTrue(events.with_user(self.user_admin).read(["payload"]))
        with self.assertRaises(AccessError):
            events.with_user(self.user_admin).write({"payload": "x"})
        with self.assertRaises(AccessError):
            events.with_user(self.user_admin).unlink()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.fake.write({"team_id": False, "company_id": company.id})
        with self.assertRaises(AccessError):
            events.with_user(self.user_admin).read(["payload"])

    def test_cursor_is_the_systems(self):
        folder = self.env["omni.folder"].create(
            {"channel_id": self.fake.id, "key": "k", "name": "K", "cursor": "https://secret"}
        )
        with self.assertRaises(AccessError):
            folder.with_user(self.user_admin).read(["cursor"])
        folder.with_user(self.user_admin).action_read_again()
        self.assertFalse(folder.cursor)
        with self.assertRaises(AccessError):
            folder.with_user(self.user_rep).action_read_again()

    # === THE DEMO === #

    def test_write_as_customer(self):
        wizard = Form(
            self.env["omni.demo.write"]
            .with_user(self.user_rep)
            .with_context(default_channel_id=self.channel.id)
        )
        wizard.name = "Jan Peeters"
        wizard.email = "Jan@Tafel.be"
        wizard.subject = "Where is my sofa?"
        wizard.text = "I have been waiting <b>for weeks</b>."
        files = self.env["ir.attachment"].with_user(self.user_rep)
        wizard.attachment_ids.add(files.create({"name": "photo.txt", "raw": b"sofa"}))
        wizard.save().action_write()
        self._run_in()
        message = self.env["omni.message"].search([("channel_id", "=", self.channel.id)])
        self.assertEqual(message.author_identity_id.external_id, "jan@tafel.be")
        self.assertEqual(message.attachment_ids.raw, b"sofa")
        self.assertTrue(message.conversation_id._case())
        answer = self._answer(message, "<p>On <b>Friday</b>.</p>")
        self._run_out()
        self.assertEqual(answer.state, "sent")
        again = Form(
            self.env["omni.demo.write"]
            .with_user(self.user_rep)
            .with_context(default_channel_id=self.channel.id)
        )
        again.conversation_id = message.conversation_id
        self.assertEqual((again.name, again.email), ("Jan Peeters", "jan@tafel.be"))
        self.assertIn("<b>Friday</b>", again.thread)
        self.assertIn("photo.txt", again.thread)
        self.assertIn("&lt;b&gt;for weeks", again.thread)
        again.text = "Thank you."
        again.save().action_write()
        self._run_in()
        messages = self.env["omni.message"].search([("channel_id", "=", self.channel.id)])
        self.assertEqual(messages.conversation_id, message.conversation_id)
        self.assertEqual(len(messages), 3)

    def test_write_as_customer_only_where_it_is_a_game(self):
        values = {"email": "a@b.be", "text": "x"}
        demo = self.env["omni.demo.write"].with_user(self.user_rep)
        for channel in (self.fake, self._new_channel(is_enabled=False)):
            with self.assertRaises(UserError):
                demo.create({**values, "channel_id": channel.id}).action_write()
        theirs = self._new_channel(team_id=self.other_team.id)
        with self.assertRaises(AccessError):
            demo.create({**values, "channel_id": theirs.id}).action_write()
        for broken in ({"email": "nobody"}, {"text": "  "}):
            with self.assertRaises(UserError):
                demo.create({**values, "channel_id": self.channel.id, **broken}).action_write()

    def test_views(self):
        """Every view of ours can be shown to those who have a menu for it."""
        for user in (self.user_rep, self.user_admin):
            for model in ("omni.channel", "omni.message"):
                views = [(False, kind) for kind in ("list", "form", "search")]
                self.env[model].with_user(user).get_views(views)
        self.env["omni.event"].with_user(self.user_admin).get_views([(False, "form")])

    def test_neutralized(self):
        """A copy of the database neither reads nor sends nor answers to the outside."""
        message = self._answer(self._deliver())
        token = self.channel.webhook_token
        self.env.flush_all()
        from odoo.modules.neutralize import get_neutralization_queries

        for query in get_neutralization_queries(["omnichannel_inbox"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(message.state, "cancelled")
        self.assertFalse(self.channel.is_enabled)
        self.assertFalse(self.channel.secret)
        self.assertNotEqual(self.channel.webhook_token, token)

    def test_known_providers(self):
        self.assertIn("demo", PROVIDERS)
