from odoo.tests import tagged

from odoo.addons.integration_base.tests.common import IntegrationCase

#: what is written alike is left empty, as the checks of the OCA want it
SAME_IN_FRENCH = {
    "%(count)s tickets",
    "%(hours)s h %(minutes)s",
    "%s h",
    "%s min",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----",
    "1b730954-1684-4ae5-b0dd-3a8ef4fd2d5b",
    "999+",
    "Application",
    "Cause",
    "Cc",
    "Configuration",
    "Contact",
    "Conversation",
    "Conversations",
    "Date",
    "Direction",
    "E-mail",
    "ID",
    "Id",
    "Machine",
    "Message",
    "Messages",
    "Microsoft 365",
    "Note",
    "Organisation (tenant)",
    "Outlook",
    "Participants",
    "Plan",
    "Secret",
    "Signature",
    "Signatures",
    "Solution",
    "Spam",
    "Suggestions",
    "Ticket",
    "Tickets",
    "Urgent",
    "Uuid",
    "Verdict",
    "Webhook",
    "code",
    "jan@example.com\nexample.com\nnoreply@*",
    "minutes",
    "parts@example.com",
    "sales@example.com",
    '{"to": [{"email", "name"}], "cc": […], "bcc": […]}',
}


@tagged("post_install", "-at_install")
class TestWords(IntegrationCase):
    def test_french_is_complete(self):
        self.assert_french_is_complete("omnichannel_inbox", SAME_IN_FRENCH)
