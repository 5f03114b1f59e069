"""Who wrote, a person or a machine, and whether it is really him."""

import pytest

from odoo.addons.omnichannel_inbox.mailbody.headers import (
    failed_recipients,
    is_authenticated,
    is_automatic,
    is_bounce,
    is_bulk,
    message_ids,
    original_message_id,
)

AUTOMATIC = [
    ({"Auto-Submitted": "auto-replied"}, "", ""),
    ({"auto-submitted": "auto-generated (x)"}, "", ""),
    ({"Precedence": "auto_reply"}, "", ""),
    ({"Precedence": "bulk"}, "", ""),
    ({"X-Autoreply": "yes"}, "", ""),
    ({"X-Auto-Response-Suppress": "All"}, "", ""),
    ({"List-Id": "<news.example.com>"}, "", ""),
    ({"X-MS-Exchange-Message-Class": "IPM.Note.Rules.OofTemplate.Microsoft"}, "", ""),
    ({"X-MS-Exchange-Inbox-Rules-Loop": "a@example.com"}, "", ""),
    ({}, "noreply@example.com", ""),
    ({}, "Bounces+12@example.com", ""),
    ({}, "", "Automatic reply: Question"),
    ({}, "", "Réponse automatique : Question"),
    ({}, "", "Absent du bureau"),
    ({}, "", "Automatisch antwoord: Vraag"),
    ({}, "", "Buiten kantoor tot 3 december"),
    ({}, "", "Abwesenheitsnotiz"),
    ({}, "", "Out of Office Re: Question"),
]
WRITTEN = [
    ({}, "anne@example.com", "Question"),
    ({"Auto-Submitted": "no"}, "", ""),
    ({"X-Auto-Response-Suppress": "None"}, "", ""),
    ({"X-Auto-Response-Suppress": "DR, RN, NRN, OOF"}, "", "Question"),
    ({"X-Autoreply": "no"}, "", ""),
    ({"Precedence": "first-class"}, "", ""),
    ({}, "norep@example.com", ""),
    ({}, "", "Out of office chairs?"),
    ({}, "", "Absent du catalogue"),
    ({}, "", "La réponse automatique ne marche pas"),
]


@pytest.mark.parametrize(("headers", "sender", "subject"), AUTOMATIC)
def test_automatic(headers, sender, subject):
    assert is_automatic(headers.items(), sender, subject)


@pytest.mark.parametrize(("headers", "sender", "subject"), WRITTEN)
def test_written_by_a_person(headers, sender, subject):
    assert not is_automatic(headers.items(), sender, subject)


def test_newsletter_or_answer():
    assert is_bulk([("List-Unsubscribe", "<https://example.com/u>")])
    assert is_bulk([("Precedence", "list")])
    assert not is_bulk([("Precedence", "bulk"), ("Auto-Submitted", "auto-replied")])
    assert not is_bulk([("Auto-Submitted", "auto-replied")])
    assert not is_bulk([])


def test_bounce():
    report = 'multipart/report; report-type=delivery-status; boundary="x"'
    assert is_bounce([], content_type=report)
    assert is_bounce([("Content-Type", report)])
    assert not is_bounce(
        [("Content-Type", "multipart/report; report-type=disposition-notification")]
    )
    assert is_bounce([], "MAILER-DAEMON@example.net", "Undelivered Mail Returned to Sender")
    assert is_bounce([("Return-Path", "<>")], "x@example.net", "Onbestelbaar: vraag")
    assert is_bounce([("X-Failed-Recipients", "a@example.com")])
    # an absence note has an empty return path too
    assert not is_bounce([("Return-Path", "<>")], "anne@example.com", "Absence")
    assert not is_bounce([], "postmaster@example.com", "Question")


STATUS = """Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; <Lost@Example.com>
Action: failed

Final-Recipient: rfc822;fine@example.com
Action: delivered

Original-Recipient: rfc822;lost@example.com
Final-Recipient: rfc822;other@example.com
Action: failed
"""


def test_failed_recipients():
    assert failed_recipients([], STATUS) == ("lost@example.com", "other@example.com")
    assert failed_recipients([], STATUS.replace("\n", "\r\n")) == (
        "lost@example.com",
        "other@example.com",
    )
    headers = [("X-Failed-Recipients", "a@example.com, b@example.com")]
    assert failed_recipients(headers, STATUS) == ("a@example.com", "b@example.com")
    text = "Delivery has failed to these recipients or groups:\n\nlost@example.com (x)\n"
    assert failed_recipients([], text) == ("lost@example.com",)
    text = "Votre message n'a pas pu être remis à lost@example.com."
    assert failed_recipients([], text) == ("lost@example.com",)
    assert failed_recipients([], "Hello from a@example.com") == ()


def test_original_message_id():
    assert original_message_id("Subject: x\r\nMessage-ID: <1@a>\r\n") == "<1@a>"
    assert original_message_id("Message-ID:\n <1@a>") == "<1@a>"
    assert original_message_id("nothing") == ""


TRUE = "spf=pass smtp.mailfrom=x.be; dkim=pass header.d=x.be;dmarc=pass action=none;compauth=pass"
FALSE = "spf=fail smtp.mailfrom=x.be; dkim=none;dmarc=fail action=oreject;compauth=fail reason=000"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([TRUE], True),
        ([FALSE], False),
        # what the sender wrote himself lies below
        ([FALSE, TRUE], False),
        ([TRUE, FALSE], True),
        ([f"mx.google.example; {TRUE}"], None),
        ([f"mx.protection.outlook.com; {TRUE}"], True),
        ([f"mx.protection.outlook.com 1; {TRUE}"], True),
        ([f"outlook.com.evil.example; {TRUE}"], None),
        ([f"eviloutlook.com; {TRUE}"], None),
        (["spf=pass; dkim=pass; dmarc=none; compauth=pass reason=109"], True),
        (["spf=none; dkim=none; dmarc=none; compauth=none"], False),
        (["spf=pass; dkim=pass; dmarc=bestguesspass"], None),
        # a comment is no verdict, nor is what stands in a domain
        (["spf=fail (dmarc=pass) smtp.mailfrom=dmarc=pass; dmarc=fail"], False),
        (["spf=fail smtp.mailfrom=a; dmarc=fail; dmarc=pass"], False),
        ([""], None),
        ([], None),
    ],
)
def test_authenticated(values, expected):
    headers = [("Received", "x"), *(("Authentication-Results", value) for value in values)]
    assert is_authenticated(headers, ("outlook.com", "protection.outlook.com")) is expected


def test_authentication_by_another_server():
    headers = [("authentication-results", f"mail.example.org; {TRUE}")]
    assert is_authenticated(headers, ("mail.example.org",)) is True
    assert is_authenticated(headers, ()) is None
    # only Microsoft leaves its name out
    assert is_authenticated([("Authentication-Results", TRUE)], ("mail.example.org",)) is None


def test_message_ids():
    assert message_ids("<1@a>\r\n <2@b>,<1@a> (x)") == ("<1@a>", "<2@b>")
    assert message_ids("1@a") == ("<1@a>",)
    assert message_ids("<a b> <1@a>") == ("<1@a>",)
    assert message_ids("<" * 1_000_000) == ()
    assert message_ids("a" * 1_000_000) == ()
    assert message_ids(None) == () == message_ids("")
