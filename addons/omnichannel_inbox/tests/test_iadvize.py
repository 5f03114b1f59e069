"""Conversations of iAdvize, against the simulator in both of its dialects."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_base.exceptions import AuthError, RetryableError

from ..models.omni_channel_iadvize import PAGE_HOURS
from ..models.omni_iadvize_token import LOGINS, SharedTokens
from ..providers.iadvize.errors import LoginError
from ..providers.iadvize.tokens import Credentials, Token
from .common_iadvize import OPERATOR, USER, IadvizeCase, ask
from .common_messenger import APP_ID, APP_SECRET, PAGE_ID, PAGE_TOKEN
from .common_messenger import Simulator as Messenger
from .common_messenger import running as run_messenger


@tagged("-at_install", "post_install")
class TestIadvize(IadvizeCase):
    def test_told_and_read(self):
        """A conversation is one of a ticket, in its order, by whom it was written."""
        chat = self.begin(
            visitor={"email": "claire@example.org", "external_user_id": "FR-012345"},
            custom_data={"orderNumber": "S00042"},
            tags=["livraison"],
        )
        self.say(chat, "operator", "Je regarde.")
        self.say(chat, "operator", "Patientez.", operator="bot@meubles-demo.example")
        self.tell(self.pushed(chat))
        conversation = self.conversation(chat)
        self.assertEqual(
            self.texts(),
            [("in", "Où est ma commande ?"), ("out", "Je regarde."), ("out", "Patientez.")],
        )
        human, robot = self.messages()[1:]
        self.assertEqual(human.mail_message_id.author_id, self.agent.partner_id)
        self.assertEqual((human.is_automatic, robot.is_automatic), (False, True))
        self.assertEqual(conversation.identity_id.name, "Claire Petit")
        self.assertTrue(conversation.is_elsewhere and conversation.is_open_there)
        self.assertEqual(conversation.tags, ["livraison"])
        ticket = conversation._case()
        self.assertTrue(ticket)
        self.assertFalse(ticket.waiting_since, "somebody takes care of it there")
        claims = {
            (claim["kind"], claim["value"], bool(claim.get("is_verified")))
            for claim in conversation.identity_id.claims or ()
        }
        self.assertIn(("user", "FR-012345", True), claims)
        self.assertIn(("email", "claire@example.org", False), claims)
        self.assertIn(("order", "S00042", False), claims)

    def test_closed_unanswered(self):
        """Nobody has answered there: it waits here."""
        chat = self.begin()
        self.tell(self.pushed(chat))
        ticket = self.conversation(chat)._case()
        self.assertFalse(ticket.waiting_since)
        self.do(chat, "close")
        self.tell(self.closed(chat))
        self.assertFalse(self.conversation(chat).is_open_there)
        self.assertTrue(ticket.waiting_since)
        self.assertEqual(len(self.messages()), 1)

    def test_closed_answered(self):
        """It was answered there: nobody waits."""
        chat = self.begin()
        self.say(chat, "operator", "Demain.")
        self.do(chat, "close")
        self.tell(self.closed(chat))
        self.assertFalse(self.conversation(chat).is_open_there)
        self.assertFalse(self.conversation(chat)._case().waiting_since)

    def test_repeated(self):
        """A delivery that is repeated is the same event, whatever its headers say."""
        chat = self.begin()
        payload = self.pushed(chat)
        self.assertEqual(len(self.tell(payload)), 1)
        self.assertFalse(self.tell(payload))
        self.assertEqual(len(self.messages()), 1)

    def test_open_again(self):
        """Of messages nothing is told: what is going on is read again."""
        chat = self.begin()
        self.tell(self.pushed(chat))
        self.say(chat, "operator", "Demain.")
        self.say(chat, "visitor", "Merci !")
        self.look()
        self.assertEqual([text for _way, text in self.texts()][1:], ["Demain.", "Merci !"])
        events = self.env["omni.event"].search_count([("channel_id", "=", self.chat.id)])
        self.look()
        self.assertEqual(
            self.env["omni.event"].search_count([("channel_id", "=", self.chat.id)]),
            events,
            "nothing has changed, nothing is stored",
        )

    def test_untold(self):
        """Both events are lost: the conversation is known when it is closed."""
        chat = self.begin()
        self.say(chat, "operator", "Demain.")
        self.look()
        self.assertFalse(self.messages())
        self.do(chat, "close")
        self.look()
        self.assertEqual(len(self.messages()), 2)
        self.assertFalse(self.conversation(chat).is_open_there)

    def test_history(self):
        """Earlier conversations are kept with the customer, and open no ticket."""
        chat = self.begin()
        self.do(chat, "close")
        self.chat.write(
            {
                "start_date": fields.Datetime.now() + timedelta(hours=1),
                "iadvize_history_months": 1,
            }
        )
        self.look()
        self.assertEqual(len(self.messages()), 1)
        self.assertTrue(self.conversation(chat).is_history)
        self.assertFalse(self.conversation(chat)._case())

    def test_moments(self):
        """Who got it is a line of the thread, once."""
        chat = self.begin()
        self.tell(self.pushed(chat))
        self.do(chat, "transfer", operator="karim@meubles-demo.example")
        later = fields.Datetime.now() + timedelta(minutes=2)
        self.tell(self.pushed(chat, eventId="second", createdAt=f"{later.isoformat()}.000Z"))
        self.do(chat, "close")
        self.tell(self.closed(chat))
        self.look()
        moments = self.env["omni.moment"].search(
            [("conversation_id", "=", self.conversation(chat).id)], order="id"
        )
        self.assertEqual(sorted(moments.mapped("code")), ["closed", "opened", "transferred"])

    def test_rating_and_purchase(self):
        """What was told of satisfaction and of an order, also before the conversation."""
        chat = self.begin()
        self.tell(self.event("satisfaction.answered", chat, customerSatisfaction=4))
        self.tell(self.pushed(chat))
        self._run_in("chat")
        conversation = self.conversation(chat)
        self.assertEqual(conversation.satisfaction, 4)
        self.tell(self.event("transaction.attributed", chat, externalId="S00099", amount=300.2))
        codes = self.env["omni.moment"].search([("conversation_id", "=", conversation.id)])
        self.assertIn("purchase", codes.mapped("code"))

    def test_told_before_a_word(self):
        """A conversation without a message yet is looked at again."""
        chat = self.begin(text="")
        event = self.tell(self.pushed(chat))
        self.assertEqual((event.state, event.failure_type), ("retry", "throttled"))
        self.say(chat, "visitor", "Bonjour")
        event.next_try = False
        self._run_in("chat")
        self.assertEqual(event.state, "done")
        self.assertEqual(self.texts(), [("in", "Bonjour")])

    def test_left_alone(self):
        """What a rule leaves alone leaves nothing behind, nor does what was erased come back."""
        rule = self.env["omni.rule"].create(
            {"name": "Nothing", "channel_ids": self.chat.ids, "result": "ignore", "sequence": -9}
        )
        chat = self.begin()
        event = self.tell(self.pushed(chat))
        self.assertEqual((event.state, event.cause), ("ignored", "rule"))
        names = self.env["omni.identity"].search([("channel_id", "=", self.chat.id)])
        self.assertFalse(self.conversation(chat) or names)
        rule.unlink()
        self.tell(self.pushed(chat, eventId="second"))
        identity = self.conversation(chat).identity_id
        self.assertEqual(identity.name, "Claire Petit")
        identity.with_user(self.user_admin)._privacy_erase()
        self.do(chat, "close")
        self.tell(self.closed(chat))
        self.look()
        self.assertFalse(self.conversation(chat))
        found = self.env["omni.identity"].search([("channel_id", "=", self.chat.id)])
        self.assertEqual(found, identity)

    def test_messenger_elsewhere(self):
        """What comes in by a channel of its own is not imported twice."""
        chat = self.begin(channel="FACEBOOK_BUSINESS_ON_MESSENGER")
        self.chat.iadvize_messenger = "never"
        self.assertTrue(self.chat.iadvize_suppressed)
        event = self.tell(self.pushed(chat, channel="FACEBOOK_BUSINESS_ON_MESSENGER"))
        self.assertEqual((event.state, event.cause), ("ignored", "elsewhere"))
        self.do(chat, "close")
        self.look()
        self.assertFalse(self.messages())
        self.chat.iadvize_messenger = "auto"
        self.assertFalse(self.chat.iadvize_suppressed, "there is no Messenger channel")
        self.tell(self.closed(chat, channel="FACEBOOK_BUSINESS_ON_MESSENGER"))
        self.assertEqual(len(self.messages()), 1)

    def _page(self):
        """A page of the company that iAdvize has as well, just put into service.

        :return: its channel, and what stands for Meta
        """
        self.env["omni.channel"].search([("provider", "=", "messenger")]).is_enabled = False
        meta = self.enterContext(run_messenger(Messenger()))
        page = self._new_channel(
            "messenger",
            name="Page",
            messenger_page_id=PAGE_ID,
            messenger_page_token=PAGE_TOKEN,
            messenger_app_id=APP_ID,
            messenger_app_secret=APP_SECRET,
            messenger_api_url=meta.url,
        )
        return page, meta

    def _watch(self, page):
        """Look whether Meta lets us in, now."""
        page.messenger_watched = False
        with self._cron_env() as env:
            env["omni.channel"]._cron_messenger_watch()

    def _messenger(self):
        """Somebody writes on Messenger, and iAdvize tells; what came of it."""
        chat = self.begin(channel="FACEBOOK_BUSINESS_ON_MESSENGER")
        return self.tell(self.pushed(chat, channel="FACEBOOK_BUSINESS_ON_MESSENGER"))

    def test_messenger_connected_both_ways(self):
        """What is written on a page that tells us and iAdvize is there once."""
        page, meta = self._page()
        self._watch(page)
        self.assertTrue(page.last_success)
        person = ask(meta.url, "POST", "/sim/people", {"name": "Claire Petit"})["psid"]
        text = {"text": "Où est ma commande ?"}
        ask(meta.url, "POST", f"/sim/people/{person}/messages", text)
        event = self._messenger()
        self.assertEqual((event.state, event.cause), ("ignored", "elsewhere"))
        self.look()
        both = [("channel_id", "in", (page | self.chat).ids)]
        message = self.env["omni.message"].search(both)
        self.assertEqual((message.channel_id, message.text_body), (page, text["text"]))
        # what may be no message to the page is not left to it
        self.tell(self.pushed(self.begin(channel="FACEBOOK"), channel="FACEBOOK"))
        self.assertEqual(len(self.messages()), 1)

    def test_messenger_page_that_never_worked(self):
        """A page in service that brings nothing takes nothing away."""
        page, _meta = self._page()
        self.assertTrue(page.is_enabled)
        self.assertFalse(self.chat.iadvize_suppressed)
        self.assertEqual(self._messenger().state, "done")
        self.assertEqual(len(self.messages()), 1)

    def test_messenger_page_that_is_refused(self):
        """Once its token is dead, iAdvize is what brings Messenger; renewed, the page is again."""
        page, meta = self._page()
        self._watch(page)
        self.assertTrue(self.chat.iadvize_suppressed)
        ask(meta.url, "POST", "/sim/faults", {"kill_token": "password"})
        self._watch(page)
        self.assertTrue(page.auth_failed_since)
        self.assertEqual(self._messenger().state, "done")
        self.assertEqual(len(self.messages()), 1)
        ask(meta.url, "POST", "/sim/app", {"page_token": "new"})
        page.messenger_page_token = "new"
        self._watch(page)
        self.assertEqual(self._messenger().cause, "elsewhere")
        self.assertEqual(len(self.messages()), 1)

    def test_messenger_page_that_is_silent(self):
        """Neither refused nor heard of: what it had brought is no proof for ever."""
        page, _meta = self._page()
        self._watch(page)
        page.last_success = fields.Datetime.now() - timedelta(hours=PAGE_HOURS, minutes=1)
        self.assertEqual(self._messenger().state, "done")

    def test_other_project(self):
        chat = self.begin()
        self.chat.iadvize_projects = "12, 13"
        event = self.tell(self.pushed(chat))
        self.assertEqual((event.state, event.cause), ("ignored", "kind"))

    def test_impostor(self):
        """Who types the address of a colleague is none."""
        self.tell(self.pushed(self.begin(visitor={"email": OPERATOR})))
        self.assertEqual(self.messages().direction, "in")
        self.assertFalse(self.messages().mail_message_id.author_id == self.agent.partner_id)

    def test_attachment(self):
        """Files come from iAdvize only; of others, the name is kept."""
        chat = self.begin()
        files = (
            {"file_name": "plan.png", "mime_type": "image/png", "url": f"{self.sim.url}/health"},
            {"file_name": "evil.png", "mime_type": "image/png", "url": "http://127.0.0.1:1/x"},
            {"file_name": "far.png", "mime_type": "image/png", "url": "https://example.org/x"},
        )
        for file in files:
            self.ask("POST", f"/sim/chats/{chat}/messages", {"author": "visitor", "file": file})
        self.tell(self.pushed(chat))
        found = {
            message.attachment_ids.name or message.text_body: bool(message.attachment_ids.raw)
            for message in self.messages()
        }
        self.assertTrue(found["plan.png"])
        self.assertFalse(any(had for name, had in found.items() if name != "plan.png"))
        self.assertEqual(len(self.messages()), 4)

    def test_read_now(self):
        """For the panel: at once, and known afterwards."""
        chat = self.begin()
        conversation = self.chat._iadvize_read(chat)
        self.assertEqual(conversation, self.conversation(chat))
        self.assertEqual(self.texts(), [("in", "Où est ma commande ?")])
        self.tell(self.pushed(chat))
        self.assertEqual(self.chat._iadvize_read(chat), conversation)
        self.assertEqual(len(self.messages()), 1)
        self.assertFalse(self.chat._iadvize_read(self.begin(text="")))

    def test_read_now_while_it_comes_in(self):
        """The scheduler takes in what the panel has asked for at the same moment."""
        chat = self.begin()
        events = type(self.env["omni.event"])
        with patch.object(events, "_apply_all", side_effect=UniqueViolation):
            self.assertFalse(self.chat._iadvize_read(chat))
        [event] = self.env["omni.event"].search([("channel_id", "=", self.chat.id)])
        self.assertEqual((event.state, event.try_count), ("new", 0))
        self._run_in("chat")
        self.assertEqual(self.chat._iadvize_read(chat), self.conversation(chat))

    def test_desk(self):
        """It is answered there, and opened from here."""
        chat = self.begin()
        self.tell(self.pushed(chat))
        self.chat.iadvize_link = "https://ha.iadvize.com/x/{conversation}"
        self.assertFalse(self.chat._capabilities().can_send)
        self.assertTrue(self.chat._capabilities().is_desk)
        self.assertEqual(self.chat._provider().link(chat), f"https://ha.iadvize.com/x/{chat}")

    def test_gone(self):
        """A conversation that iAdvize has deleted does not go on for ever."""
        chat = self.begin()
        self.tell(self.pushed(chat))
        self.sim.house.conversations.clear()
        self.look()
        self.assertFalse(self.conversation(chat).is_open_there)
        self.assertFalse(self.chat.folder_ids.filtered("last_error"))

    def test_census(self):
        """iAdvize says how many messages there are."""
        chat = self.begin()
        self.say(chat, "operator", "Demain.")
        self.do(chat, "close")
        self.look()
        listed = list(
            self.chat._provider().census("closed", fields.Datetime.now() - timedelta(days=1))
        )
        self.assertEqual(
            {one.external_id for one in listed}, set(self.messages().mapped("external_id"))
        )

    # === ACCESS === #

    def test_token_is_shared(self):
        """One sign-in for all, and another one when the token has died."""
        chat = self.begin()
        self.tell(self.pushed(chat))
        self.look()
        self.look()
        self.assertEqual(self.logins(), 1)
        self.fault(expire_tokens=True)
        self.say(chat, "visitor", "Encore moi")
        self.look()
        self.assertEqual(len(self.messages()), 2)
        self.assertEqual(self.logins(), 2)

    def test_password_refused(self):
        """What came in is stored; the owner is told; iAdvize is asked once and not for each."""
        chats = [self.begin() for _number in range(4)]
        self.chat.iadvize_password = "wrong"
        for chat in chats:
            self.tell(self.pushed(chat))
        events = self.env["omni.event"].search([("channel_id", "=", self.chat.id)])
        self.assertEqual(events.mapped("state"), ["retry"] * 4)
        self.assertEqual(set(events.mapped("failure_type")), {"auth"})
        self.assertTrue(self.chat.auth_failed_since)
        self.assertTrue(self.chat._watchdog_activities())
        self.assertLessEqual(self.logins(), 2)
        self.chat.iadvize_password = "iadvize-demo-password"
        events.next_try = False
        self._run_in("chat")
        self.assertEqual(len(self.messages()), 4)
        self.look()
        self.assertFalse(self.chat.auth_failed_since)

    def test_logins_are_counted(self):
        credentials = Credentials("other@example.org", "x", url=self.sim.url)
        self.env["omni.iadvize.token"]._ensure(f"{self.sim.url} other@example.org")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            for number in range(LOGINS):
                tokens = SharedTokens(self.registry, credentials)
                tokens.discard(tokens.get(lambda number=number: Token(f"t{number}", 3600)))
            with self.assertRaises(RetryableError) as caught:
                SharedTokens(self.registry, credentials).get(lambda: Token("more", 3600))
        self.assertGreater(caught.exception.retry_after, 30)

    def test_refusal_is_remembered(self):
        asked = []

        def refuse():
            asked.append(1)
            raise LoginError("no", code=401)

        credentials = Credentials("other@example.org", "x", url=self.sim.url)
        self.env["omni.iadvize.token"]._ensure(f"{self.sim.url} other@example.org")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            for _time in range(3):
                # no assertRaises: it undoes what was written meanwhile
                try:
                    SharedTokens(self.registry, credentials).get(refuse)
                    self.fail("A refused sign-in gave a token.")
                except AuthError as error:
                    self.assertEqual(error.code, 401)
            self.assertEqual(len(asked), 1)
            other = Credentials("other@example.org", "y", url=self.sim.url)
            fresh = SharedTokens(self.registry, other).get(lambda: Token("fresh", 3600))
        self.assertEqual(fresh, "fresh")

    def test_patience(self):
        """Being asked to slow down is obeyed, and no failure."""
        chat = self.begin()
        self.fault({"action": "status", "path": "/graphql", "status": 429, "retry_after": 120})
        event = self.tell(self.pushed(chat))
        self.assertEqual((event.state, event.failure_type), ("retry", "throttled"))
        self.assertGreater(event.next_try, fields.Datetime.now() + timedelta(seconds=100))

    def test_password_stays_at_its_address(self):
        self.chat.iadvize_url = "https://api.iadvize.com"
        self.assertFalse(self.chat.iadvize_password)
        for url in ("https://iadvize.com.example.org", "http://api.iadvize.com", "https://x@e.be"):
            with self.assertRaises(ValidationError):
                self.chat.iadvize_url = url

    def test_user_is_needed(self):
        with self.assertRaises(ValidationError):
            self._new_channel("iadvize")

    # === WHAT THE SCHEMA HAS === #

    def test_schema_is_kept(self):
        chat = self.begin()
        self.tell(self.pushed(chat))
        self.assertTrue(self.chat.iadvize_schema_date)
        self.assertFalse(self.chat.iadvize_missing)
        asked = [body for body in self.graphql() if "__type(" in body["query"]]
        self.look()
        again = [body for body in self.graphql() if "__type(" in body["query"]]
        self.assertEqual(len(asked), len(again))

    def test_schema_changes(self):
        """When iAdvize changes its words, they are learnt, without anybody's help."""
        self.tell(self.pushed(self.begin()))
        other = "flat" if self.dialect == "typed" else "typed"
        self.ask("POST", "/sim/project", {"dialect": other})
        chat = self.begin(text="Et maintenant ?")
        self.tell(self.pushed(chat))
        self.assertEqual(self.texts()[-1], ("in", "Et maintenant ?"))

    # === HEALTH === #

    def test_silent_webhook(self):
        """Customers write, and nothing is told: somebody has to look at the app."""
        chat = self.begin()
        self.do(chat, "close")
        self.look()
        self.messages().sent = fields.Datetime.now() - timedelta(hours=2)
        self.assertTrue(any("webhooks" in one for one in self.chat._watchdog_findings()))
        self.tell(self.closed(chat))
        self.assertFalse(any("webhooks" in one for one in self.chat._watchdog_findings()))

    def test_no_secret(self):
        self.chat.secret = False
        self.assertTrue(any("secret" in one for one in self.chat._watchdog_findings()))

    def test_connection_in_words(self):
        self.chat.action_test_connection()
        self.assertEqual(self.chat.health, "ok")
        self.chat.iadvize_password = "wrong"
        self.chat.action_test_connection()
        self.assertEqual(self.chat.health, "error")
        self.assertIn("second factor", self.chat.health_message)

    def test_user_cannot_see_secrets(self):
        fields_seen = self.env["omni.channel"].with_user(self.user_admin).fields_get()
        self.assertIn("iadvize_user", fields_seen)
        self.assertNotIn("iadvize_password", fields_seen)
        self.assertEqual(self.chat.iadvize_user, USER)


@tagged("-at_install", "post_install")
class TestIadvizeFlat(TestIadvize):
    """The same, of a schema that calls everything otherwise."""

    allow_inherited_tests_method = True
    dialect = "flat"
