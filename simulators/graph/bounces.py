"""What the mail server writes back when nobody can get a letter (RFC 3464)."""

from .letter import File, Letter, Person, new_message_id

_TEXT = """\
Delivery has failed to these recipients or groups:

{address}
The email address you entered couldn't be found. Please check the recipient's email address and
try to resend the message.
"""
_STATUS = """\
Reporting-MTA: dns;mail.protection.outlook.com

Final-Recipient: rfc822;{address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp;550 5.1.1 The email account that you tried to reach does not exist
"""


def bounce(letter, recipient, now):
    """:param Letter letter: that was sent; :param Person recipient: who cannot be reached
    :return Letter: to its writer"""
    domain = letter.sender.key.rpartition("@")[2]
    boundary = new_message_id(domain).strip("<>").partition("@")[0]
    return Letter(
        sender=Person(
            f"MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{domain}", "Microsoft Outlook"
        ),
        subject=f"Undeliverable: {letter.subject}",
        to=[letter.sender],
        content=_TEXT.format(address=recipient.address),
        files=[
            File(
                name="details.txt",
                content=_STATUS.format(address=recipient.address).encode(),
                content_type="message/delivery-status",
            ),
            File(
                name=letter.subject or "message",
                content_type="message/rfc822",
                kind="item",
                letter=letter,
            ),
        ],
        in_reply_to=letter.message_id,
        references=[letter.message_id],
        headers=[
            (
                "Content-Type",
                f'multipart/report; report-type=delivery-status; boundary="{boundary}"',
            ),
            ("Auto-Submitted", "auto-replied"),
            ("X-MS-Exchange-Message-Is-Ndr", ""),
            ("X-Failed-Recipients", recipient.address),
            ("Return-Path", "<>"),
        ],
        date=now,
    )
