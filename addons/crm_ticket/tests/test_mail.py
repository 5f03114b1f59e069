from datetime import datetime
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import RecordCapturer

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .common import TicketCase


class TestMail(TicketCase):
    """Nothing on a ticket leaves the house, whichever way Odoo would send it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # all of mail's machinery runs here
        cls.env = cls.env(
            context={key: value for key, value in cls.env.context.items() if key == "lang"}
        )
        cls.tickets = cls.env["crm.ticket"]
        cls.portal = cls.user_portal.partner_id
        cls.portal.email = "portal@customer.example"

    def setUp(self):
        super().setUp()
        self.sent = []

        def send_email(server, message, *args, **kwargs):
            self.sent.append(message["To"])
            return message["Message-Id"]

        self.startPatcher(patch.object(IrMail_Server, "send_email", send_email))
        self.startPatcher(patch.object(IrMail_Server, "_connect__", lambda *args, **kwargs: None))

    def recipients(self, mails):
        """Everybody whom mails go to."""
        self.env.flush_all()
        return mails.mail_message_id.notification_ids.res_partner_id + mails.recipient_ids

    def test_no_follower_from_outside(self):
        ticket = self.ticket()
        ticket.message_subscribe((self.customer + self.portal + self.rep.partner_id).ids)
        ticket._message_subscribe(self.customer.ids)
        self.assertIn(self.rep.partner_id, ticket.message_partner_ids)
        self.assertFalse(ticket.message_partner_ids & (self.customer + self.portal))

    def test_a_follower_put_in_behind_our_back_is_told_nothing(self):
        ticket = self.ticket()
        self.env["mail.followers"].create(
            {
                "res_model": ticket._name,
                "res_id": ticket.id,
                "partner_id": self.customer.id,
                "subtype_ids": self.env["mail.message.subtype"].search([]).ids,
            }
        )
        ticket.message_subscribe(self.rep.partner_id.ids)
        with RecordCapturer(self.env["mail.mail"]) as mails:
            message = ticket.with_user(self.colleague).message_post(
                body="He never pays", subtype_xmlid="mail.mt_comment"
            )
        self.assertIn(self.rep.partner_id, message.notified_partner_ids)
        self.assertNotIn(self.customer, message.notified_partner_ids)
        self.assertNotIn(self.customer, self.recipients(mails.records))

    def test_mentioned_or_named(self):
        ticket = self.ticket()
        outside = self.customer + self.portal
        with RecordCapturer(self.env["mail.mail"]) as mails:
            message = ticket.with_user(self.rep).message_post(
                body="@Jan",
                subtype_xmlid="mail.mt_comment",
                message_type="comment",
                partner_ids=(outside + self.colleague.partner_id).ids,
                outgoing_email_to="somebody@customer.example",
            )
            ticket.message_notify(body="Hello", partner_ids=outside.ids)
        self.assertEqual(message.notified_partner_ids, self.colleague.partner_id)
        self.assertEqual(message.partner_ids, self.colleague.partner_id)
        self.assertFalse(self.recipients(mails.records) & outside)
        self.assertFalse([to for to in self.sent if "customer.example" in (to or "")])

    def test_life_of_a_ticket(self):
        """Every change that is tracked, with mails switched on."""
        with RecordCapturer(self.env["mail.mail"]) as mails:
            ticket = self.ticket(user_id=self.rep.id)
            ticket._customer_wrote(fields.Datetime.now())
            ticket._answered(fields.Datetime.now(), self.rep)
            for change in (
                {"priority": "3"},
                {"user_id": self.colleague.id},
                {"team_id": self.other_team.id},
                {"partner_id": self.portal.id},
                {"category_id": self.env.ref("crm_ticket.crm_ticket_category_order").id},
            ):
                ticket.write(change)
                self.flush_tracking()
            for step in ("wait", "reopen", "close", "spam", "not_spam"):
                getattr(ticket, f"action_{step}")()
                self.flush_tracking()
            self.ticket()._merge_into(self.ticket())
        outside = self.customer + self.portal
        self.assertTrue(ticket.message_ids.tracking_value_ids)
        self.assertFalse(self.recipients(mails.records) & outside)
        self.assertFalse(ticket.message_partner_ids & outside)
        self.assertFalse([to for to in self.sent if "customer.example" in (to or "")])

    def flush_tracking(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    def test_messages_are_for_employees_only(self):
        ticket = self.ticket()
        message = ticket.with_user(self.rep).message_post(
            body="He never pays", subtype_xmlid="mail.mt_comment", message_type="comment"
        )
        self.assertTrue(all(ticket.message_ids.mapped("is_internal")))
        self.assertFalse(message.with_user(self.user_portal).has_access("read"))

    def test_the_link_of_the_portal_does_not_open_the_chatter(self):
        ticket = self.ticket()
        token = ticket._portal_ensure_token()
        public = self.env["crm.ticket"].with_user(self.env.ref("base.public_user"))
        self.assertFalse(public._get_thread_with_access(ticket.id, token=token))
        self.assertFalse(
            public._get_thread_with_access(
                ticket.id, hash=ticket._sign_token(self.customer.id), pid=self.customer.id
            )
        )
        self.assertTrue(self.tickets.with_user(self.rep)._get_thread_with_access(ticket.id))

    def test_nobody_is_proposed(self):
        ticket = self.ticket()
        self.assertEqual(ticket._message_get_suggested_recipients(), [])

    def test_the_gateway_opens_no_ticket(self):
        with self.assertRaises(UserError):
            self.tickets.message_new({"subject": "x"})

    def test_mail_that_finds_its_way_here_is_not_lost(self):
        ticket = self.ticket()
        ticket.action_close()
        note = ticket.message_post(body="Forwarded to the customer by a colleague")
        mail = f"""From: {self.customer.email_formatted}
To: catchall@shop.example
Subject: Re: {ticket.name}
Date: Mon, 02 Nov 2026 10:00:00 +0100
Message-Id: <1@customer.example>
In-Reply-To: {note.message_id}
Content-Type: text/plain

When does it come?
"""
        self.env["mail.thread"].message_process("crm.ticket", mail)
        self.assertIn("When does it come?", ticket.message_ids[0].body)
        self.assertEqual(
            (ticket.state, ticket.waiting_since), ("open", datetime(2026, 11, 2, 9, 0))
        )

    def test_mail_of_a_colleague_is_no_message_of_the_customer(self):
        ticket = self.ticket()
        ticket.message_update({"date": fields.Datetime.now(), "author_id": self.rep.partner_id.id})
        self.assertFalse(ticket.waiting_since)
