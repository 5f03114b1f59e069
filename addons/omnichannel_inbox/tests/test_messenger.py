import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import file_open, mute_logger

from ..controllers import webhook
from ..identity import signed_ref
from ..providers.messenger.webhook import FIELDS
from ..signature import hmac_sha256
from .common_messenger import (
    APP_ID,
    APP_SECRET,
    OTHER_PAGE,
    PAGE_ID,
    PAGE_TOKEN,
    MessengerCase,
    MessengerHttpCase,
)

WEBHOOK = "odoo.addons.omnichannel_inbox.controllers.webhook"
HUMAN = {"messenger_has_human_agent": True}


@tagged("post_install", "-at_install")
class TestMessenger(MessengerCase):
    """Messages of a page, in both directions."""

    # === WHAT COMES IN === #

    def test_message_opens_a_ticket(self):
        [event] = self.hear(self.said())
        self.assertEqual(event.state, "done")
        [message] = self.messages()
        conversation = message.conversation_id
        self.assertEqual(conversation.external_id, "4711")
        ticket = conversation.ticket_id
        self.assertTrue(ticket.waiting_since)
        self.assertEqual(conversation.identity_id.display_name, "Messenger visitor")
        self.assertFalse(conversation.identity_id.name, "no name is made up")
        self.assertEqual(conversation.reply_until, message.sent + timedelta(hours=24))
        self.assertFalse(conversation.human_until)
        self.assertEqual(self.page._queue_kind(), "chat")

    def test_doubled_and_shuffled(self):
        rows = [self.said(f"{number}", f"m_{number}", number) for number in range(10)]
        for row in (rows[7], *rows[::-1], *rows):
            self.tell(row)
        self._run_in("chat")
        self.assertEqual(self.messages().mapped("text_body"), [str(n) for n in range(10)])
        self.assertEqual(len(self.messages().conversation_id.ticket_id), 1)

    def test_standby_is_stored_and_not_answered(self):
        self.hear(self.said(), standby=True)
        [message] = self.messages()
        self.assertTrue(message.conversation_id.is_open_there)
        self.assertFalse(message.conversation_id.ticket_id.waiting_since)
        control = {"previous_owner_app_id": "263902037430900", "new_owner_app_id": APP_ID}
        self.hear(self.row(5, pass_thread_control=control))
        self.assertTrue(message.conversation_id.ticket_id.waiting_since)

    def test_answers_of_the_page_inbox_are_shown_as_ours(self):
        self.hear(self.said())
        self.hear(self.echo("m_2", app_id=263902037430900))
        first, answer = self.messages()
        self.assertEqual((answer.direction, answer.state), ("out", "sent"))
        self.assertEqual(answer.conversation_id, first.conversation_id)
        self.assertFalse(first.conversation_id.ticket_id.waiting_since)

    def test_files_at_once_and_again_when_their_address_is_over(self):
        psid = self.person()
        self.writes(psid, "", attachments=[{"name": "a.png", "base64": "iVBORw0KGgo="}])
        self.fault(expire_links=True)
        self.page.folder_ids.since = fields.Datetime.now() - timedelta(days=1)
        self._run_sync()
        self._run_in("chat")
        [message] = self.messages()
        self.assertEqual(message.attachment_ids.raw, b"\x89PNG\r\n\x1a\n")

    def test_files_from_elsewhere_are_not_fetched(self):
        url = "http://169.254.169.254/latest/meta-data"
        row = self.said(attachments=[{"type": "image", "payload": {"url": url}}])
        self.hear(row)
        [message] = self.messages()
        self.assertFalse(message.attachment_ids)
        self.assertIn("Not here", str(message.body))
        self.assertNotIn("mailbox", str(message.body))

    def test_deletion_says_why_nothing_comes_of_it(self):
        self.hear(self.said())
        [event] = self.hear(self.row(5, message={"mid": "m_1", "is_deleted": True}))
        self.assertEqual((event.state, event.cause), ("ignored", "kind"))
        self.assertTrue(event.failure_reason)
        self.assertEqual(self.messages().text_body, "Où est ma table ?")

    def test_link_with_the_number_of_an_order(self):
        partner = self.env["res.partner"].create({"name": "Claire Petit"})
        order = self.env["sale.order"].create({"partner_id": partner.id})
        ref = signed_ref.make(self.page.secret, "order", order.name)
        self.hear(self.row(0, referral={"ref": ref, "source": "SHORTLINK"}))
        conversation = self.env["omni.conversation"].search([("channel_id", "=", self.page.id)])
        self.assertEqual(conversation.moment_ids.code, "referral")
        self.assertIn(order.name, conversation.moment_ids.text)
        self.assertFalse(conversation.case_id)
        self.hear(self.said(at=3))
        self.assertEqual(len(self.messages().conversation_id), 1)
        self.assertIn(order.name, str(conversation.identity_id.claims))

    def _came_by_an_advertisement(self):
        """Somebody writes, having followed a signed link of an advertisement.

        :return: the event of it that Meta tells, and the order that the link names
        """
        partner = self.env["res.partner"].create({"name": "Claire Petit"})
        order = self.env["sale.order"].create({"partner_id": partner.id})
        ref = signed_ref.make(self.page.secret, "order", order.name)
        psid = self.person()
        mid = self.writes(psid)
        ad = {"ref": ref, "ad_id": "6", "source": "ADS", "type": "OPEN_THREAD"}
        return self.said(mid=mid, person=psid, at=1800, referral=ad), order

    def test_link_of_a_message_known_from_the_list(self):
        """The list has the message, and nothing of the link by which he came: told later, that
        counts, and the message is the same."""
        row, order = self._came_by_an_advertisement()
        self.page.folder_ids.since = fields.Datetime.now() - timedelta(days=1)
        self._run_sync()
        self._run_in("chat")
        [message] = self.messages()
        conversation = message.conversation_id
        self.assertFalse(conversation.moment_ids)
        for _again in range(2):
            self.hear(row)
        self.page.folder_ids.sudo().write({"cursor": False, "is_dirty": True})
        self._run_sync()
        self._run_in("chat")
        self.assertEqual(self.messages(), message)
        [moment] = conversation.moment_ids
        self.assertEqual(moment.code, "advertisement")
        self.assertIn(order.name, str(conversation.identity_id.claims))
        self.assertEqual(conversation.reply_until, moment.occurred + timedelta(days=7))
        events = self.env["omni.event"].search([("channel_id", "=", self.page.id)])
        self.assertEqual(len(events), 2)
        self.assertEqual(set(events.mapped("state")), {"done"})

    def test_link_of_a_message_told_first(self):
        row, order = self._came_by_an_advertisement()
        self.hear(row)
        [message] = self.messages()
        self.assertEqual(message.conversation_id.moment_ids.code, "advertisement")
        self.assertIn(order.name, str(message.conversation_id.identity_id.claims))

    def test_link_of_a_message_left_alone(self):
        """Of what a rule leaves alone nothing is kept, whatever is told beside it."""
        self.env["omni.rule"].create(
            {"name": "Nothing", "channel_ids": self.page.ids, "result": "ignore", "sequence": -9}
        )
        row, _order = self._came_by_an_advertisement()
        for event in self.tell(row):
            event._process()
            self.assertEqual((event.state, event.cause), ("ignored", "rule"))
        mine = [("channel_id", "=", self.page.id)]
        self.assertFalse(self.env["omni.conversation"].search(mine))
        self.assertFalse(self.env["omni.identity"].search(mine))

    def test_link_that_says_who_writes(self):
        partner = self.env["res.partner"].create({"name": "Claire Petit", "ref": "C-77"})
        link = partner.with_user(self.user_rep).omni_messenger_link
        start, _mark, ref = link.partition("?ref=")
        self.assertEqual(start, f"https://m.me/{PAGE_ID}")
        self.hear(self.row(0, referral={"ref": ref, "source": "SHORTLINK"}))
        self.hear(self.said(at=3))
        identity = self.messages().conversation_id.identity_id
        self.assertEqual((identity.partner_id, identity.level), (partner, "proved"))
        # without a number by his address; where there is neither, or no page, there is none
        partner.write({"ref": False, "email": "Claire@Petit.be"})
        ref = partner.omni_messenger_link.partition("?ref=")[2]
        self.assertEqual(self.page._read_ref(ref).value, "claire@petit.be")
        partner.email = False
        self.assertFalse(partner.omni_messenger_link)
        partner.ref = "C-77"
        self.page.is_enabled = False
        partner.invalidate_recordset()
        self.assertFalse(partner.omni_messenger_link)

    def test_token_is_dead_and_messages_come_in(self):
        self.fault(kill_token="password")
        with self._notifications(self.user_admin) as told, self._cron_env() as env:
            env["omni.channel"]._cron_messenger_watch()
        self.assertTrue(self.page.auth_failed_since)
        self.assertTrue(told)
        [event] = self.hear(self.said())
        self.assertEqual(event.state, "done")
        self.assertEqual(len(self.messages()), 1)
        self.page.messenger_page_token = False
        [event] = self.hear(self.said(mid="m_2", at=2))
        self.assertEqual(event.state, "done")

    def test_answers_wait_for_a_new_token(self):
        psid = self._talk()
        answer = self._answer(self.messages())
        self.fault(kill_token="password")
        self._run_out("chat")
        self.assertEqual((answer.state, answer.failure_type), ("queued", "auth"))
        other = self._talk()
        [asked] = self.messages().filtered(lambda one: one.author_identity_id.external_id == other)
        late = self._answer(asked)
        late.conversation_id.write(
            {
                "last_customer_date": fields.Datetime.now() - timedelta(days=2),
                "reply_until": fields.Datetime.now() - timedelta(days=1),
            }
        )
        self._run_out("chat")
        self.assertEqual(late.state, "queued")
        self.assertFalse(self.sees(psid))
        self.ask("POST", "app", {"page_token": "new"})
        self.page.messenger_page_token = "new"
        self._watch()
        self.assertFalse(self.page.auth_failed_since)
        self._run_out("chat")
        self.assertEqual(answer.state, "sent")
        self.assertEqual(len(self.sees(psid)), 1)
        # the time to answer was looked at again
        self.assertEqual((late.state, late.failure_type), ("failed", "window"))
        self.assertFalse(self.sees(other))

    def test_another_page_of_the_same_app(self):
        other = self._new_page(OTHER_PAGE)
        row = {**self.said(), "recipient": {"id": OTHER_PAGE}}
        self.hear(row, page=OTHER_PAGE)
        self.assertFalse(self.messages())
        self.assertEqual(self.messages(other).text_body, "Où est ma table ?")
        # one that nobody has connected
        [event] = self.hear({**self.said(mid="m_9"), "recipient": {"id": "9"}}, page="9")
        self.assertEqual((event.channel_id, event.state), (self.page, "ignored"))
        self.assertTrue(event.failure_reason)
        # nor does somebody else's app write on this channel
        self.page.messenger_app_secret = "another"
        self.assertNotEqual(
            self.env["omni.channel"]._messenger_owner(self.page.id, OTHER_PAGE), other.id
        )

    # === WHAT GOES OUT === #

    def _talk(self, **values):
        """Somebody has written; his id."""
        psid = self.person()
        mid = self.writes(psid, **values)
        self.hear(self.said(mid=mid, person=psid, at=1700))
        return psid

    def test_answer(self):
        psid = self._talk()
        answer = self._answer(self.messages())
        self._run_out("chat")
        [seen] = self.sees(psid)
        self.assertEqual((answer.state, answer.external_id), ("sent", seen["mid"]))
        self.assertEqual(seen["metadata"], answer.uuid)
        # and its echo
        self.hear(self.echo(seen["mid"], at=1800, person=psid, metadata=answer.uuid))
        self.assertEqual(len(self.messages()), 2)
        self.hear(self.row(1801, psid, read={"watermark": int(seen["at"]) + 1000}))
        self.assertEqual(answer.state, "read")

    def test_long_answer(self):
        psid = self._talk()
        html = "".join(f"<p>{char * 1500}</p>" for char in "abc")
        answer = self._answer(self.messages(), html)
        self._run_out("chat")
        names = [row["mid"] for row in self.sees(psid)]
        self.assertEqual(len(names), 3)
        self.assertEqual([answer.external_id, *answer.alias_ids.mapped("external_id")], names)
        for name in (*names, *names[::-1]):
            self.hear(self.echo(name, at=1800, person=psid))
            self.hear(self.row(1801, psid, delivery={"mids": [name]}))
        self.assertEqual(len(self.messages()), 2)
        self.assertEqual([answer.external_id, *answer.alias_ids.mapped("external_id")], names)
        self.assertEqual(answer.state, "delivered")

    def test_echo_before_the_answer_of_the_request(self):
        psid = self._talk()
        answer = self._answer(self.messages())
        uuid = answer.uuid
        self.env.flush_all()
        answer._set_sending("mark")
        self.hear(self.echo("m_out", at=1800, person=psid, metadata=uuid))
        self.assertEqual(answer.state, "sent")
        self.assertEqual(len(self.messages()), 2)

    def test_lost_answer_is_found(self):
        psid = self._talk()
        first = self._answer(self.messages(), "<p>Oui</p>")
        self._run_out("chat")
        second = self._answer(self.messages()[0], "<p>Oui</p>")
        self.fault({"action": "cut_after", "method": "POST", "path": "/messages$"})
        self._run_out("chat")
        self.assertEqual(second.state, "uncertain")
        second.next_try = False
        second.next_try = fields.Datetime.now()
        self._run_out("chat")
        self.assertEqual(
            second.state, "sent", (second.failure_reason, second.progress, second.next_try)
        )
        self.assertNotEqual(first.external_id, second.external_id)
        self.assertEqual(len(self.sees(psid)), 2)

    def test_too_late(self):
        psid = self._talk()
        message = self.messages()
        conversation = message.conversation_id
        conversation.write(
            {
                "last_customer_date": fields.Datetime.now() - timedelta(days=2),
                "reply_until": fields.Datetime.now() - timedelta(days=1),
            }
        )
        answer = self._answer(message)
        self._run_out("chat")
        self.assertEqual((answer.state, answer.failure_type), ("failed", "window"))
        self.assertFalse(self.sees(psid))

    def test_human_agent_only_for_people(self):
        psid = self._talk()
        self.page.write(HUMAN)
        self.ask("POST", "app", {"human_agent": True})
        self.assertEqual(self.page._capabilities().human_window, timedelta(days=7))
        message = self.messages()
        message.conversation_id.write(
            {
                "last_customer_date": fields.Datetime.now() - timedelta(days=2),
                "reply_until": fields.Datetime.now() - timedelta(days=1),
            }
        )
        machine = self._answer(message, is_automatic=True)
        person = self._answer(message)
        self._run_out("chat")
        self.assertEqual((machine.state, machine.failure_type), ("failed", "window"))
        self.assertEqual(person.state, "sent")
        [request] = [row for row in self.ask("GET", "requests") if row["method"] == "POST"]
        self.assertEqual(request["body"]["tag"], "HUMAN_AGENT")
        self.assertEqual(len(self.sees(psid)), 1)

    def test_take_over_and_leave(self):
        psid = self._talk()
        conversation = self.messages().conversation_id
        self.ask("POST", f"people/{psid}/control", {"action": "take"})
        control = {"previous_owner_app_id": APP_ID, "new_owner_app_id": "263902037430900"}
        self.hear(self.row(1750, psid, take_thread_control=control))
        self.assertEqual(conversation.controlled_by, "Meta Business Suite")
        answer = self._answer(self.messages())
        self._run_out("chat")
        self.assertEqual((answer.state, answer.failure_type), ("failed", "permission"))
        inbox = self.env["omni.inbox"].with_user(self.user_rep)
        done = inbox.take_over(conversation.case_id, conversation.id)
        self.assertEqual(done["ids"], conversation.ticket_id.ids)
        self.assertFalse(conversation.controlled_by)
        answer.action_retry()
        self._run_out("chat")
        self.assertEqual(answer.state, "sent")
        conversation.with_user(self.user_rep).action_pass_over()
        self.assertTrue(conversation.controlled_by)
        with self.assertRaises(AccessError):
            conversation.with_user(self.user_other).action_take_over()

    # === WATCH === #

    def _watch(self):
        with self._cron_env() as env:
            env["omni.channel"]._cron_messenger_watch()

    def test_subscribed_again_and_what_was_missed_is_fetched(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "http://127.0.0.1:8069")
        psid = self.person()
        folder = self.page.folder_ids
        folder.is_dirty = False
        folder.since = fields.Datetime.now() - timedelta(days=1)
        self._watch()
        self.assertEqual(self.ask("GET", "app")["pages"][0]["subscribed_fields"], list(FIELDS))
        self.assertTrue(folder.is_dirty)
        self.writes(psid)
        self._run_sync()
        self._run_in("chat")
        self.assertEqual(self.messages().text_body, "Où est ma table ?")
        # told again, later: known
        count = len(self.messages())
        self.page.messenger_watched = False
        folder.is_dirty = False
        self._watch()
        self.assertFalse(folder.is_dirty)
        self.assertFalse(self.page.messenger_subscription_error)
        self.assertEqual(len(self.messages()), count)

    def test_names(self):
        known, secret = self.person("Claire Petit"), self.person("X", profile="refused")
        for number, psid in enumerate((known, secret)):
            self.hear(self.said(mid=f"m_{number}", person=psid))
        self._watch()
        identities = self.env["omni.identity"].search([("channel_id", "=", self.page.id)])
        names = {one.external_id: one.name for one in identities}
        self.assertEqual(names, {known: "Claire Petit", secret: False})
        self.assertTrue(all(identities.mapped("messenger_asked")))
        ticket = self.messages()[0].conversation_id.ticket_id
        self.assertEqual(ticket.partner_name, "Claire Petit")
        asked = len(self.ask("GET", "requests"))
        self._watch()
        self.assertEqual(len(self.ask("GET", "requests")), asked, "asked once")

    def test_end_of_the_token_is_told(self):
        self.page.expiry = fields.Datetime.now() + timedelta(days=5)
        self.assertIn("ends on", "\n".join(self.page._watchdog_findings()))

    def test_not_reachable_from_outside(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "http://odoo.local")
        self._watch()
        self.assertIn("https", self.page.messenger_subscription_error)
        self.assertIn(self.page.messenger_subscription_error, self.page._watchdog_findings())

    def test_what_meta_has_against_the_page_is_told(self):
        policy = {"action": "block", "reason": "Spam"}
        [event] = self.hear(self.row(policy_enforcement=policy))
        self.assertEqual(event.state, "done")
        self.assertIn("Spam", "\n".join(self.page._watchdog_findings()))
        self.hear(self.row(1, policy_enforcement={"action": "unblock"}))
        self.assertNotIn("Spam", "\n".join(self.page._watchdog_findings()))

    # === SETTINGS === #

    def test_secrets_are_for_the_system(self):
        names = ("page_token", "app_secret", "verify_token", "api_url", "file_hosts")
        for name in names:
            with self.assertRaises(AccessError):
                self.page.with_user(self.user_admin).read([f"messenger_{name}"])
        copied = self.page.copy({"messenger_page_id": "5"})
        self.assertFalse(copied.messenger_page_token or copied.messenger_app_secret)
        self.assertNotEqual(copied.messenger_verify_token, self.page.messenger_verify_token)

    def test_values_that_make_no_sense(self):
        for values in (
            {"messenger_page_id": "shop"},
            {"messenger_page_id": False},
            {"messenger_api_url": "http://graph.example"},
            {"messenger_version": "25"},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.page.write(values)

    def test_neutralised(self):
        self.env.flush_all()
        with file_open("omnichannel_inbox/data/neutralize.sql") as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.assertFalse(self.page.messenger_page_token or self.page.messenger_app_secret)
        self.assertFalse(self.page.is_enabled)

    # === SETTING UP === #

    def test_set_up(self):
        self.page.active = False
        self.env.flush_all()
        setup = self.env["omni.messenger.setup"].create(
            {
                "page_id": f" {PAGE_ID} ",
                "page_token": PAGE_TOKEN,
                "app_id": APP_ID,
                "app_secret": "wrong",
                "team_id": self.team.id,
            }
        )
        channels = type(self.env["omni.channel"])
        create = channels.create

        def created(model, vals_list):
            for vals in vals_list if isinstance(vals_list, list) else [vals_list]:
                vals["messenger_api_url"] = self.sim.url
            return create(model, vals_list)

        with patch.object(channels, "create", created):
            setup.action_next()
        self.assertFalse(setup.page_token or setup.app_secret, "kept in one place only")
        self.assertFalse(setup.is_ready)
        with self.assertRaises(UserError):
            setup.action_next()
        setup.action_back()
        setup.app_secret = APP_SECRET
        setup.action_next()
        self.assertTrue(setup.is_ready, setup.check_ids.mapped("advice"))
        self.assertIn("Meubles", setup.channel_id.messenger_page_name)
        setup.action_next()
        self.assertTrue(setup.channel_id.is_enabled)
        self.assertEqual(setup.step, "webhook")
        self.assertIn("/omni/webhook/", setup.webhook_url)
        self.assertEqual(setup.action_done()["res_id"], setup.channel_id.id)
        action = setup.channel_id.action_messenger_setup()
        self.assertEqual(action["context"]["default_page_id"], PAGE_ID)

    def test_set_up_with_the_token_of_a_system_user(self):
        setup = self.env["omni.messenger.setup"].create(
            {
                "channel_id": self.page.id,
                "page_id": PAGE_ID,
                "page_token": self.sim.world.user_token,
                "app_id": APP_ID,
            }
        )
        setup.action_next()
        self.assertTrue(setup.is_ready, setup.check_ids.mapped("advice"))
        self.assertEqual(self.page.messenger_page_token, PAGE_TOKEN)

    def test_set_up_while_nobody_answers(self):
        self.page.messenger_api_url = "http://127.0.0.1:9"
        setup = self.env["omni.messenger.setup"].create({"channel_id": self.page.id})
        setup.action_check()
        [line] = setup.check_ids.filtered(lambda one: one.state == "missing")
        self.assertEqual(line.name, "Meta answers")
        self.assertNotIn("token", line.advice)
        self.page.action_test_connection()
        self.assertFalse(self.page.auth_failed_since)

    def test_set_up_is_for_administrators(self):
        setups = self.env["omni.messenger.setup"]
        with self.assertRaises(AccessError):
            setups.with_user(self.user_rep).create({"page_id": "1"})
        setup = setups.with_user(self.user_admin).create({"page_id": "1", "app_id": "1"})
        with self.assertRaises(UserError):
            setup.action_next()

    def test_connection_test_says_what_is_missing(self):
        self.page.action_test_connection()
        self.assertIn("Not told yet", self.page.last_error or "")
        self._watch()
        self.page.action_test_connection()
        self.assertEqual(self.page.health, "ok")


class TestMessengerWebhook(MessengerHttpCase):
    """The door by which Meta comes in."""

    def setUp(self):
        super().setUp()
        webhook.guard.reset()
        self.addCleanup(webhook.guard.reset)

    def _url(self, **query):
        names = "&".join(f"hub.{name}={value}" for name, value in query.items())
        return f"/omni/webhook/{self.page.webhook_token}?{names}"

    def _body(self, *rows):
        entry = {"id": PAGE_ID, "time": 1, "messaging": list(rows)}
        return json.dumps({"object": "page", "entry": [entry]}).encode()

    def _tell(self, body, signature=None):
        signature = signature or f"sha256={hmac_sha256(APP_SECRET, body)}"
        return self._post(self.page, body, headers={"X-Hub-Signature-256": signature})

    def _events(self):
        return self.env["omni.event"].search([("channel_id", "=", self.page.id)])

    def test_handshake(self):
        token = self.page.messenger_verify_token
        query = {"mode": "subscribe", "challenge": "1158201444", "verify_token": token}
        response = self.url_open(self._url(**query))
        self.assertEqual((response.status_code, response.text), (200, "1158201444"))
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))
        with mute_logger(WEBHOOK):
            response = self.url_open(self._url(**{**query, "verify_token": "x"}))
        self.assertEqual((response.status_code, response.text), (403, ""))

    def test_stored_and_answered(self):
        body = self._body(self.said())
        for _again in range(3):
            response = self._tell(body)
            self.assertEqual(response.status_code, 200)
        [event] = self._events()
        self.assertEqual(event.dedupe_key, "message:m_1")
        self._run_in("chat")
        self.assertEqual(self.messages().text_body, "Où est ma table ?")

    def test_a_thousand_at_once(self):
        """After an outage: what is refused as too large would be repeated until Meta gives up."""
        rows = [self.said("où ? " * 400, mid=f"m_{n}", at=n) for n in range(1000)]
        self.assertEqual(self._tell(self._body(*rows)).status_code, 200)
        self.assertEqual(len(self._events()), 1000)

    def test_wrong_signature_is_not_stored(self):
        body = self._body(self.said())
        with mute_logger(WEBHOOK):
            self.assertEqual(self._tell(body, "sha256=00").status_code, 403)
            forged = f"sha256={hmac_sha256(APP_SECRET, body + b' ')}"
            self.assertEqual(self._tell(body, forged).status_code, 403)
        self.assertFalse(self._events())
        self.assertTrue(self.page.last_refused)

    def test_what_cannot_be_read(self):
        self.assertEqual(self._tell(b"{").status_code, 400)
        self.assertFalse(self._events())
