from odoo import Command, fields
from odoo.tests import tagged

from .common import OmniHttpCase


@tagged("post_install", "-at_install")
class TestPortal(OmniHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._new_partner("Jan Peeters", email="jan@tafel.be")
        cls._new_user(
            "omni_portal", "base.group_portal", partner_id=cls.customer.id, email="jan@tafel.be"
        )

    def _page(self, ticket):
        self.authenticate("omni_portal", "omni_portal")
        return self.url_open(f"/my/requests/{ticket.id}").text

    def _conversation_of(self, text, author):
        message = self._deliver(text, author=author)
        message.author_identity_id._confirm(
            self.customer if author == self.customer.email else self._new_partner("Carrier")
        )
        return message.conversation_id

    def test_what_both_wrote_and_nothing_else(self):
        conversation = self._conversation_of("My sofa <i>squeaks</i>", "jan@tafel.be")
        ticket = conversation._case()
        ticket.message_post(body="He squeaks himself")
        answer = (
            self.env["omni.message"]
            .with_user(self.user_rep)
            ._enqueue(
                conversation.with_user(self.user_rep),
                {"html": "<p>We send a colleague</p>", "send_after": fields.Datetime.now()},
            )
        )
        self.assertNotIn("We send a colleague", self._page(ticket), "not sent yet")
        answer._set_sending("test")
        answer._set_sent()
        page = self._page(ticket)
        self.assertIn("My sofa &lt;i&gt;squeaks&lt;/i&gt;", page)
        self.assertIn("We send a colleague", page)
        self.assertIn(self.user_rep.name, page)
        self.assertNotIn("squeaks himself", page)

    def test_files_are_downloads_by_a_link_of_their_own(self):
        conversation = self._conversation_of("See the photo", "jan@tafel.be")
        message = conversation.omni_message_ids
        file = self.env["ir.attachment"].create(
            {
                "name": "photo.html",
                "raw": b"<script>1</script>",
                "res_model": conversation._name,
                "res_id": conversation.id,
            }
        )
        message.mail_message_id.attachment_ids = [Command.link(file.id)]
        page = self._page(conversation._case())
        self.assertIn("photo.html", page)
        self.assertEqual(self.url_open(f"/web/content/{file.id}").status_code, 404)
        self.assertTrue(file.access_token)
        answer = self.url_open(
            f"/web/content/{file.id}?download=1&access_token={file.access_token}"
        )
        self.assertIn("attachment", answer.headers["Content-Disposition"])

    def test_what_others_wrote_about_it_is_not_for_him(self):
        conversation = self._conversation_of("My sofa squeaks", "jan@tafel.be")
        ticket = conversation._case()
        other = self._conversation_of("He was not at home, twice", "dispatch@carrier.example")
        other._case()._merge_into(ticket)
        ticket.invalidate_recordset(["conversation_ids"])
        self.assertEqual(len(ticket.conversation_ids), 2)
        page = self._page(ticket)
        self.assertIn("My sofa squeaks", page)
        self.assertNotIn("not at home", page)

    def test_what_was_forwarded_is_not_for_him(self):
        """A colleague is sent the mail from Outlook, with a word on it: it stands in the same
        thread, and is none of the customer's business."""
        conversation = self._conversation_of("My sofa squeaks", "jan@tafel.be")
        forwarded = self.env["omni.message"].create(
            {
                "mail_message_id": self.env["mail.message"]
                .create(
                    {
                        "model": conversation._name,
                        "res_id": conversation.id,
                        "body": "<p>He complains every week</p>",
                    }
                )
                .id,
                "conversation_id": conversation.id,
                "channel_id": conversation.channel_id.id,
                "direction": "out",
                "state": "sent",
                "recipients": {"to": [{"email": "bob@shop.example", "name": ""}], "cc": []},
            }
        )
        self.assertNotIn("every week", self._page(conversation._case()))
        forwarded.recipients = {"to": [{"email": "jan@tafel.be", "name": ""}], "cc": []}
        self.assertIn("every week", self._page(conversation._case()))

    def test_what_somebody_in_copy_wrote_is_not_for_him(self):
        conversation = self._conversation_of("My sofa squeaks", "jan@tafel.be")
        message = self._deliver("We lost it", author="depot@carrier.example")
        message._move_to(conversation)
        page = self._page(conversation._case())
        self.assertIn("My sofa squeaks", page)
        self.assertNotIn("We lost it", page)
