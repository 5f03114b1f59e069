"""What lies within the files of a message that a channel has taken apart."""

from datetime import datetime

from odoo.addons.omnichannel_inbox.mailbody import unfold
from odoo.addons.omnichannel_inbox.providers.base import Address, Attachment, Inbound

from .messy import tnef_writer as tnef

EMPTY = "<html><head><style>p {}</style></head><body><p>&nbsp;</p></body></html>"
HTML = tnef.binary_property(0x1013, b"<p>Where is <b>my</b> table?</p>")


def _inbound(*attachments, **values):
    author = Address("jan@tafel.example", "Jan", "jan@tafel.example")
    given = {"html": EMPTY, "attachments": attachments, **values}
    return Inbound(external_id="A1", sent=datetime(2026, 11, 2), author=author, **given)


def _file(content, name="winmail.dat", content_type="application/ms-tnef", **values):
    return Attachment(
        name=name, content_type=content_type, content=content, size=len(content), **values
    )


def _mail(message_id):
    return _file(
        f"Message-ID: {message_id}\r\nSubject: My table\r\n\r\nHello".encode(),
        "My table.eml",
        "message/rfc822",
    )


def test_winmail_gives_its_text_and_files():
    photo = _file(b"PNG", "photo.png", "image/png")
    packed = tnef.tnef(tnef.message(HTML), tnef.file("Plan d'été.pdf", b"%PDF"))
    for content_type in ("application/ms-tnef", "application/octet-stream"):
        message = unfold(_inbound(photo, _file(packed, content_type=content_type)))
        assert "my</b> table" in message.html
        assert [(one.name, one.content) for one in message.attachments] == [
            ("photo.png", b"PNG"),
            ("Plan d'été.pdf", b"%PDF"),
        ]


def test_text_that_is_there_stays():
    packed = tnef.tnef(tnef.message(HTML))
    message = unfold(_inbound(_file(packed), html="<p>Hello</p>"))
    assert message.html == "<p>Hello</p>"
    assert not message.attachments


def test_what_cannot_be_read_stays_a_file():
    packed = tnef.tnef(tnef.message(HTML), tnef.file("plan.pdf", b"%PDF"))
    for broken, names in ((b"no", ["winmail.dat"]), (packed[:-9], ["plan.pdf", "winmail.dat"])):
        message = unfold(_inbound(_file(broken)))
        assert [one.name for one in message.attachments] == names
        assert message.attachments[-1].content == broken


def test_a_bounce_refers_to_what_it_returns():
    returned = _mail("<o1@shop.example>")
    assert unfold(_inbound(returned)).references == ()
    bounce = unfold(_inbound(returned, is_bounce=True, references=("<x@y>",)))
    assert bounce.references == ("<o1@shop.example>", "<x@y>")
    assert bounce.attachments == (returned,)


def test_an_invitation_is_no_mail():
    entry = _file(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR", "Delivery.eml", "message/rfc822")
    [file] = unfold(_inbound(entry)).attachments
    assert (file.name, file.content_type) == ("Delivery.ics", "text/calendar")


def test_what_is_not_there_yet_is_left_alone():
    missing = Attachment(name="winmail.dat", content_type="application/ms-tnef")
    link = Attachment(name="plan", url="https://files.example/plan")
    message = _inbound(missing, link)
    assert unfold(message) == message
