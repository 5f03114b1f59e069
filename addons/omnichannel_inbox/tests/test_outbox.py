from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import mute_logger

from odoo.addons.integration_base.exceptions import AuthError, RejectedError, RetryableError

from ..models import omni_message_outbox as outbox
from ..providers.base import Sent, Status
from .common import FakeProvider
from .common_outbox import OmniOutboxCase

OUTBOX = "odoo.addons.omnichannel_inbox.models.omni_message_outbox"


class TestOutbox(OmniOutboxCase):
    """Messages leave once, in order, and what goes wrong is written on them."""

    def test_sent(self):
        message = self._enqueue()
        self.assertEqual(message.state, "queued")
        self._run_out()
        self.assertEqual(message.state, "sent")
        self.assertEqual(message.external_id, f"fake-{message.uuid}")
        [(_name, outbound)] = FakeProvider.calls
        self.assertEqual(outbound.conversation, "thread-1")
        self.assertEqual([to.email for to in outbound.recipients], ["jan@tafel.be"])
        self.assertIn("We look into it.", outbound.text)

    def test_nothing_leaves_by_odoo_mail(self):
        before = self.env["mail.mail"].search_count([])
        message = self._enqueue()
        self._run_out()
        self.assertEqual(self.env["mail.mail"].search_count([]), before)
        self.assertFalse(message.mail_message_id.notification_ids)

    def test_state_is_committed_before_it_is_sent(self):
        message = self._enqueue()
        seen = []

        def look(_outbound, _remember):
            with self.registry.cursor() as cr:
                cr.execute("SELECT state, worker FROM omni_message WHERE id = %s", [message.id])
                seen.append(cr.fetchone())
            return Sent(external_id="x")

        FakeProvider.outcomes = [look]
        self._run_out()
        [(state, worker)] = seen
        self.assertEqual(state, "sending")
        self.assertTrue(worker)

    def test_progress_is_kept_at_once(self):
        message = self._enqueue()

        def half(_outbound, remember):
            remember({"draft": "d1", "message_id": "<m1@fake>"})
            remember({"files": 2})
            raise RetryableError("later")

        FakeProvider.outcomes = [half]
        self._run_out()
        self.assertEqual(message.state, "queued")
        self.assertEqual(message.progress["draft"], "d1")
        self.assertEqual(message.progress["files"], 2)
        self.assertEqual(message.internet_message_id, "<m1@fake>")
        self._let_time_pass(message)
        self._run_out()
        self.assertEqual(FakeProvider.calls[-1][1].progress["draft"], "d1")
        self.assertEqual(message.state, "sent")

    def test_undo(self):
        message = self._enqueue(delay=10)
        self._run_out()
        self.assertEqual(message.state, "queued")
        message.with_user(self.user_rep).action_cancel()
        self.assertEqual(message.state, "cancelled")
        with freeze_time(fields.Datetime.now() + timedelta(seconds=11)):
            self._run_out()
        self.assertFalse(self.sent)

    def test_leaves_after_undo_time(self):
        message = self._enqueue(delay=10)
        with freeze_time(fields.Datetime.now() + timedelta(seconds=11)):
            self._run_out()
        self.assertEqual(message.state, "sent")
        with self.assertRaises(UserError):
            message.with_user(self.user_rep).action_cancel()

    def test_order_within_conversation(self):
        first, second = self._enqueue("<p>1</p>"), self._enqueue("<p>2</p>")
        FakeProvider.outcomes = [RetryableError("later")]
        self._run_out()
        self.assertEqual((first.state, second.state), ("queued", "queued"))
        self._let_time_pass(first)
        self._run_out()
        self.assertEqual((first.state, second.state), ("sent", "sent"))
        self.assertEqual(self.sent, [first.uuid, first.uuid, second.uuid])

    def test_other_conversation_is_not_held_back(self):
        first = self._enqueue()
        other = self._enqueue(conversation=self.conversation.copy())
        FakeProvider.outcomes = [RetryableError("later")]
        self._run_out()
        self.assertEqual((first.state, other.state), ("queued", "sent"))

    def test_backoff_honours_retry_after(self):
        message = self._enqueue()
        other = self._enqueue(conversation=self.conversation.copy())
        FakeProvider.outcomes = [RetryableError("slow down", retry_after=700)]
        now = fields.Datetime.now()
        self._run_out()
        self.assertGreaterEqual(message.next_try, now + timedelta(seconds=700))
        self.assertEqual(message.failure_type, "throttled")
        # it is the channel that was asked to be patient
        self.assertGreaterEqual(self.fake.next_send, now + timedelta(seconds=700))
        self.assertEqual(other.state, "queued")

    def test_given_up_after_many_attempts(self):
        message = self._enqueue()
        FakeProvider.outcomes = [RetryableError("down")] * outbox.TRIES
        for _attempt in range(outbox.TRIES):
            self.assertEqual(message.state, "queued")
            self._let_time_pass(message)
            self._run_out()
        self.assertEqual(message.state, "failed")
        self.assertEqual(message.failure_type, "unavailable")

    def test_refused_is_told_to_its_author(self):
        message = self._enqueue()
        FakeProvider.outcomes = [RejectedError("No such mailbox: nobody@tafel.be")]
        with self._notifications(self.user_rep) as shown:
            self._run_out()
        self.assertEqual(message.state, "failed")
        self.assertEqual(message.failure_reason, "No such mailbox: nobody@tafel.be")
        [notice] = shown
        self.assertIn("No such mailbox", notice["message"])
        message.with_user(self.user_rep).action_retry()
        self._run_out()
        self.assertEqual(message.state, "sent")

    def test_activity_on_the_ticket_while_it_is_not_sent(self):
        ticket = self.env["crm.ticket"].create({"name": "Where is my sofa?"})
        self.conversation._set_case(ticket)
        message = self._enqueue()
        FakeProvider.outcomes = [RejectedError("refused")]
        self._run_out()
        activity = ticket.activity_ids
        self.assertEqual(activity.user_id, self.user_rep)
        self.assertIn("refused", activity.note)
        message.action_retry()
        self._run_out()
        self.assertFalse(ticket.activity_ids)

    def test_dead_credential(self):
        message = self._enqueue()
        other = self._enqueue(conversation=self.conversation.copy())
        FakeProvider.outcomes = [AuthError("The secret has expired.", code=401)]
        with self._notifications(self.user_admin) as shown:
            self._run_out()
        # it waits, and says for what; the others wait with it
        self.assertEqual((message.state, message.failure_type), ("queued", "auth"))
        self.assertEqual(message.failure_reason, "The secret has expired.")
        self.assertEqual((other.state, len(self.sent)), ("queued", 1))
        self.assertTrue(self.fake.auth_failed_since)
        self.assertEqual(self.fake.health, "error")
        self.assertEqual(self.fake.activity_ids.user_id, self.user_admin)
        self.assertEqual(len(shown), 1)
        # one of them is tried now and then; it is told once
        self.fake.auth_failed_since -= timedelta(hours=1)
        self._let_time_pass(message)
        now = fields.Datetime.now()
        with self._notifications(self.user_admin) as shown:
            FakeProvider.outcomes = [AuthError("The secret has expired.", code=401)]
            self._run_out()
        self.assertFalse(shown)
        self.assertEqual(len(self.sent), 2)
        self.assertGreaterEqual(self.fake.next_send, now + timedelta(minutes=9))
        # by themselves, as soon as we are let in
        self.fake._note_success(is_contact=True)
        self._run_out()
        self.assertEqual((message.state, other.state), ("sent", "sent"))
        self.assertFalse(message.failure_reason)
        self.assertFalse(self.fake.auth_failed_since)
        self.assertFalse(self.fake.activity_ids)

    def test_no_credential_at_all(self):
        message = self._enqueue()
        with patch.object(type(self.fake), "_provider", side_effect=AuthError("No secret.")):
            self._run_out()
        self.assertEqual((message.state, message.failure_reason), ("queued", "No secret."))
        self.assertTrue(self.fake.auth_failed_since)
        self.assertFalse(self.sent)

    def test_what_we_are_not_allowed_to_send_does_not_wait(self):
        message = self._enqueue()
        FakeProvider.outcomes = [AuthError("You may not send.", code=403)]
        self._run_out()
        self.assertEqual((message.state, message.failure_type), ("failed", "permission"))

    def test_dead_credential_and_uncertain(self):
        message = self._enqueue()
        FakeProvider.outcomes = [RetryableError("no answer", is_uncertain=True)]
        self._run_out()
        FakeProvider.checks = [AuthError("The secret has expired.", code=401)]
        self._let_time_pass(message)
        self._run_out()
        self.assertEqual(message.state, "uncertain")
        FakeProvider.checks = [Sent(external_id="found")]
        self.fake._note_success(is_contact=True)
        self._run_out()
        self.assertEqual((message.state, len(self.sent)), ("sent", 1))

    def test_uncertain_is_asked_for(self):
        message = self._enqueue()
        FakeProvider.outcomes = [RetryableError("no answer", is_uncertain=True)]
        self._run_out()
        self.assertEqual(message.state, "uncertain")
        self.assertEqual(len(self.sent), 1)
        FakeProvider.checks = [Sent(external_id="found")]
        self._let_time_pass(message)
        self._run_out()
        self.assertEqual((message.state, message.external_id), ("sent", "found"))
        self.assertEqual(len(self.sent), 1)

    def test_uncertain_and_not_there_is_sent_after_a_while(self):
        message = self._enqueue()
        FakeProvider.outcomes = [RetryableError("no answer", is_uncertain=True)]
        self._run_out()
        FakeProvider.checks = [None, None]
        self._let_time_pass(message)
        self._run_out()
        # too early to believe: the request may still be on its way
        self.assertEqual(message.state, "uncertain")
        with freeze_time(fields.Datetime.now() + timedelta(seconds=outbox.GRACE + 1)):
            self._run_out()
        self.assertEqual(message.state, "sent")
        self.assertEqual(len(self.sent), 2)

    def test_uncertain_and_nobody_can_tell(self):
        message = self._enqueue()
        FakeProvider.outcomes = [RetryableError("no answer", is_uncertain=True)]
        self._run_out()
        FakeProvider.checks = [RejectedError("This channel cannot tell.")]
        self._let_time_pass(message)
        with self._notifications(self.user_rep) as shown:
            self._run_out()
        self.assertEqual(message.state, "uncertain")
        self.assertFalse(message.next_try)
        self.assertEqual(len(shown), 1)
        # nothing happens by itself any more
        self._run_out()
        self.assertEqual(len(self.sent), 1)
        message.with_user(self.user_rep).action_check()
        FakeProvider.checks = [RejectedError("This channel cannot tell.")]
        self._run_out()
        self.assertEqual(message.state, "uncertain")
        message.with_user(self.user_rep).action_send_again()
        self._run_out()
        self.assertEqual(message.state, "sent")
        self.assertEqual(len(self.sent), 2)

    def test_uncertain_is_repeated_where_that_is_safe(self):
        self._set_idempotent(True)
        message = self._enqueue()
        FakeProvider.outcomes = [RetryableError("no answer", is_uncertain=True)]
        self._run_out()
        self.assertEqual(message.state, "queued")
        self._let_time_pass(message)
        self._run_out()
        self.assertEqual(message.state, "sent")

    def test_bug_of_a_provider_is_uncertain(self):
        message = self._enqueue()
        FakeProvider.outcomes = [ZeroDivisionError("oops")]
        with mute_logger(OUTBOX):
            self._run_out()
        self.assertEqual(message.state, "uncertain")

    def test_echo_before_the_answer(self):
        message = self._enqueue()

        def echo_first(_outbound, _remember):
            with self.registry.cursor() as cr:
                theirs = self.env(cr=cr)["omni.message"].browse(message.id)
                theirs._set_sent(Sent(external_id="echo-1"))
            return Sent(external_id="echo-1", message_id="<echo-1@fake>")

        FakeProvider.outcomes = [echo_first]
        self._run_out()
        self.assertEqual((message.state, message.external_id), ("sent", "echo-1"))
        self.assertEqual(message.internet_message_id, "<echo-1@fake>")

    def test_echo_taken_for_a_message_of_its_own(self):
        message = self._enqueue()

        def echo_first(_outbound, _remember):
            with self.registry.cursor() as cr:
                theirs = self.env(cr=cr)["omni.message"].browse(message.id)
                copied = theirs.mail_message_id.copy()
                theirs.copy(
                    {
                        "mail_message_id": copied.id,
                        "external_id": "echo-2",
                        "state": "sent",
                        "uuid": False,
                    }
                )
            return Sent(external_id="echo-2")

        FakeProvider.outcomes = [echo_first]
        self._run_out()
        messages = self.env["omni.message"].search([("channel_id", "=", self.fake.id)])
        self.assertEqual(messages, message)
        self.assertEqual((message.state, message.external_id), ("sent", "echo-2"))

    def test_receipts(self):
        message = self._enqueue()
        self._run_out()
        messages = self.env["omni.message"]
        messages._apply_status(self.fake, Status("read", external_id=message.external_id))
        self.assertEqual(message.state, "read")
        # late and out of order: nothing goes back
        messages._apply_status(self.fake, Status("delivered", outbox_uuid=message.uuid))
        self.assertEqual(message.state, "read")

    def test_bounce(self):
        message = self._enqueue()
        self._run_out()
        self.env["omni.message"]._apply_status(
            self.fake, Status("failed", external_id=message.external_id, reason="unknown user")
        )
        self.assertEqual((message.state, message.failure_reason), ("failed", "unknown user"))

    def test_an_echo_does_not_undo_a_bounce(self):
        """The bounce may come before the folder of sent mails is read."""
        message = self._enqueue()
        self._run_out()
        message._set_failed("recipient", "unknown user")
        message._set_sent(Sent(external_id=message.external_id))
        self.assertEqual((message.state, message.failure_reason), ("failed", "unknown user"))

    def test_what_came_back_leaves_as_a_new_message(self):
        """By its old name the other side would recognise it, and say that it was sent."""
        message = self._enqueue()

        def send(_message, remember):
            remember({"draft": "D1"})
            return Sent(external_id="D1", message_id="<d1@shop.example>")

        FakeProvider.outcomes = [send]
        self._run_out()
        old = message.uuid
        message._set_failed("recipient", "mailbox full")
        message.with_user(self.user_rep).action_retry()
        self.assertFalse(message.external_id or message.internet_message_id or message.progress)
        self._run_out()
        self.assertEqual(message.state, "sent")
        self.assertEqual(len(set(self.sent)), 2)
        self.assertNotEqual(message.uuid, old)

    def test_what_cannot_be_prepared_does_not_keep_others_waiting(self):
        bad, good = self._enqueue(), self._enqueue(conversation=self.conversation.copy())
        original = type(bad)._outbound

        def outbound(message):
            if message.id == bad.id:
                raise ValueError("broken")
            return original(message)

        with patch.object(type(bad), "_outbound", outbound), mute_logger(OUTBOX):
            self._run_out()
        self.assertEqual((bad.state, good.state), ("failed", "sent"))

    def test_lost_file_is_not_sent_as_nothing(self):
        file = self.env["ir.attachment"].create({"name": "plan.pdf", "raw": b"%PDF"})
        message = self._enqueue(attachment_ids=file.ids)
        with patch.object(type(file), "_file_read", lambda *args, **kwargs: b""):
            self._run_out()
        self.assertEqual(message.state, "failed")
        self.assertIn("plan.pdf", message.failure_reason)
        self.assertFalse(self.sent)
        message.with_user(self.user_rep).action_retry()
        self._run_out()
        self.assertEqual(message.state, "sent")

    def test_receipt_before_the_answer_waits(self):
        message = self._enqueue()
        message._set_sending("mark")
        with self.assertRaises(RetryableError):
            self.env["omni.message"]._apply_status(self.fake, Status("read", external_id="later"))
        message._set_sent(Sent(external_id="other"))
        self.env["omni.message"]._apply_status(self.fake, Status("read", external_id="strange"))

    def test_states_only_go_where_they_may(self):
        message = self._enqueue()
        self._run_out()
        self.assertFalse(message._set_queued())
        self.assertFalse(message._set_sending("x"))
        self.assertFalse(message._set_uncertain("x"))
        self.assertFalse(message._set_cancelled())
        self.assertEqual(message.state, "sent")

    def test_channel_out_of_service(self):
        message = self._enqueue()
        self.fake.action_disable()
        self._run_out()
        self.assertEqual(message.state, "queued")
        with self.assertRaises(UserError):
            self._enqueue()
        self.fake.action_enable()
        self._run_out()
        self.assertEqual(message.state, "sent")

    def test_pictures_travel_along(self):
        picture = self.env["ir.attachment"].create(
            {"name": "p.png", "raw": b"png", "mimetype": "image/png"}
        )
        hidden = self.env["ir.attachment"].create(
            {
                "name": "hidden.png",
                "raw": b"secret",
                "mimetype": "image/png",
                "res_model": "omni.channel",
                "res_id": self.fake.id,
                "res_field": "secret",
            }
        )
        self._enqueue(
            f'<p><img src="/web/image/{picture.id}?access_token=1"/>'
            f'<img src="/web/image/{hidden.id}"/></p>',
            attachment_ids=picture.ids,
        )
        self._run_out()
        [(_name, outbound)] = FakeProvider.calls
        [attachment] = outbound.attachments
        self.assertTrue(attachment.is_inline)
        self.assertEqual(attachment.content, b"png")
        self.assertIn(f"cid:{attachment.content_id}", outbound.html)

    def test_who_may_press_the_buttons(self):
        message = self._enqueue()
        FakeProvider.outcomes = [RejectedError("refused")]
        self._run_out()
        for user in (self.user_other, self.user_employee):
            with self.assertRaises(UserError):  # AccessError is one
                message.with_user(user).action_retry()
        message.with_user(self.user_leader).action_retry()
        self.assertEqual(message.state, "queued")

    def test_sent_for_nobody_else(self):
        """While one worker holds a message no other touches it."""
        message = self._enqueue()
        with patch.object(type(message), "_hold", lambda self: _Held()):
            self._run_out_steps(1)
        self.assertEqual(message.state, "queued")
        self.assertFalse(self.sent)

    def _run_out_steps(self, count):
        with self._cron_env() as env:
            for _step in range(count):
                env["omni.message"]._queue_step("mail")


class _Held:
    """The lock of somebody else."""

    def __enter__(self):
        return False

    def __exit__(self, *exc_info):
        return None
