"""Messages of Graph as `Inbound`, by what Microsoft publishes; and what is asked of the text."""

import base64
import json
from datetime import datetime
from pathlib import Path

import pytest

from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.omnichannel_inbox.providers.base import Attachment
from odoo.addons.omnichannel_inbox.providers.outlook.graph import graph_time, parse_time
from odoo.addons.omnichannel_inbox.providers.outlook.inline import with_inline_images
from odoo.addons.omnichannel_inbox.providers.outlook.messages import (
    UUID_PROPERTY,
    Reader,
    attachment,
    is_whole,
)
from odoo.addons.omnichannel_inbox.providers.outlook.powershell import rbac_script

PUBLISHED = json.loads(Path(__file__).with_name("published_graph.json").read_text())
BOX = "AlexW@contoso.OnMicrosoft.com"


def published(name):
    return json.loads(json.dumps(PUBLISHED[name]["body"]))


def message(headers=(), **values):
    item = published("message") | values
    item["internetMessageHeaders"] = [{"name": name, "value": value} for name, value in headers]
    return item


def read(item, folder="inbox", start=None):
    return Reader(BOX, start).message(item, folder)


def test_every_fixture_names_its_source():
    assert all(part["source"] and part["body"] for part in PUBLISHED.values())


def test_message():
    found = read(published("message"))
    assert found.external_id == "AAMkADhMGAAA="
    assert found.sent == datetime(2018, 9, 9, 3, 15, 8), "by the clock of our server"
    assert found.author.external_id == "adelev@contoso.onmicrosoft.com"
    assert found.author.name == "Adele Vance"
    assert found.message_id == "<MWHPR6E1BE060@MWHPR1120.namprd22.prod.outlook.com>"
    assert found.conversation == "AAQkADOUpag6yWs="
    assert [one.email for one in found.recipients] == ["alexw@contoso.onmicrosoft.com"]
    assert "represents Nevada" in found.html and not found.text
    assert not (found.is_ours or found.is_automatic or found.is_bounce or found.is_history)
    assert found.is_authenticated is None
    assert not found.has_more_attachments


def test_headers():
    found = read(message() | published("headers"))
    assert found.is_bounce
    assert ("x-custom-header-group-id", "WA001") in found.headers


def test_only_text():
    found = read(message(body={"contentType": "text", "content": "Bonjour"}))
    assert (found.html, found.text) == ("", "Bonjour")


def test_older_than_the_start_is_history():
    assert read(message(), start=datetime(2019, 1, 1)).is_history
    assert not read(message(), start=datetime(2018, 1, 1)).is_history


def test_references_the_nearest_first():
    found = read(message([("References", "<a@x> <b@x>\r\n <c@x>"), ("In-Reply-To", "<c@x>")]))
    assert found.references == ("<c@x>", "<b@x>", "<a@x>")


def test_who_wrote_it():
    ours = {"emailAddress": {"name": "Alex", "address": BOX}}
    travelled = [("Received", "from shop by outlook.com")]
    assert read(message(), folder="sentitems").is_ours
    assert read(message(**{"from": ours})).is_ours, "a copy of what was sent"
    form = read(message(travelled, **{"from": ours}))
    assert not form.is_ours, "the form of a shop writes in our name"
    nobody = read(message(**{"from": None, "sender": None}))
    assert nobody.author.external_id


def test_address_of_somebody_who_left():
    person = {"name": "Old One", "address": "/O=EXCHANGELABS/OU=X/CN=RECIPIENTS/CN=OLD"}
    found = read(message(**{"from": {"emailAddress": person}}))
    assert found.author.external_id == "/o=exchangelabs/ou=x/cn=recipients/cn=old"
    assert not found.author.email


def test_own_id_comes_back():
    prop = {"id": UUID_PROPERTY.replace("OmniUuid", "OMNIUUID"), "value": "u-1"}
    assert read(message(singleValueExtendedProperties=[prop])).outbox_uuid == "u-1"


def test_authentication_and_machines():
    passed = [("Authentication-Results", "spf=pass smtp.mailfrom=x.be; dmarc=pass action=none")]
    assert read(message(passed)).is_authenticated is True
    failed = [("Authentication-Results", "spf=fail smtp.mailfrom=x.be; dmarc=fail action=none")]
    assert read(message(failed)).is_authenticated is False
    away = read(message([("Auto-Submitted", "auto-replied")]))
    assert away.is_automatic and not away.is_bounce
    accepted = {"@odata.type": "#microsoft.graph.eventMessageResponse"}
    assert read(message(**accepted)).is_automatic
    assert not read(message([("Auto-Submitted", "auto-replied")]), "sentitems").is_automatic


def test_pictures_within_the_text_are_not_told():
    body = {"contentType": "html", "content": '<img src="cid:image001.png@01DA">'}
    assert read(message(body=body)).has_more_attachments


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ('multipart/mixed; boundary="m"', True),
        ("Multipart/Related; type=text/html", True),
        ("multipart/alternative; boundary=a", False),
        ("text/html", False),
    ],
)
def test_pictures_that_no_text_names(kind, expected):
    assert read(message({"Content-Type": kind}.items())).has_more_attachments is expected


@pytest.mark.parametrize(
    "item", [None, [], {}, {"id": "x"}, {"id": "x", "receivedDateTime": "never", "body": {}}]
)
def test_what_is_no_message(item):
    with pytest.raises(PayloadError):
        read(item)


def test_parts_of_a_message():
    assert is_whole(published("message"))
    assert not any(is_whole(item) for item in published("delta_next_round")["value"])


def test_attachments():
    file = attachment(
        {"id": "1", "name": "a.pdf", "contentType": "application/pdf", "size": 7, "isInline": False}
    )
    assert (file.name, file.content_type, file.size) == ("a.pdf", "application/pdf", 7)
    picture = attachment(
        {"@odata.type": "#microsoft.graph.fileAttachment", "id": "2", "name": "i.png",
         "isInline": True, "contentId": "<i@x>"}
    )  # fmt: skip
    assert picture.is_inline and picture.content_id == "i@x"
    mail = attachment(
        {"@odata.type": "#microsoft.graph.itemAttachment", "id": "3", "name": "Fwd: order"}
    )
    assert (mail.name, mail.content_type) == ("Fwd: order.eml", "message/rfc822")
    link = attachment(
        {"@odata.type": "#microsoft.graph.referenceAttachment", "id": "4", "name": "plan",
         "sourceUrl": "https://contoso.sharepoint.com/plan"}
    )  # fmt: skip
    assert link.url.startswith("https://contoso")
    with pytest.raises(PayloadError):
        attachment({"name": "no id"})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-03-20T11:00:00.0000000Z", datetime(2019, 3, 20, 11)),
        ("2026-11-22T09:46:49.1234567Z", datetime(2026, 11, 22, 9, 46, 49, 123456)),
        ("2026-11-22T10:46:49+01:00", datetime(2026, 11, 22, 9, 46, 49)),
        ("2026-11-22T09:46:49.5Z", datetime(2026, 11, 22, 9, 46, 49, 500000)),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        (None, None),
    ],
)
def test_moments(text, moment):
    assert parse_time(text) == moment
    if moment:
        assert parse_time(graph_time(moment)) == moment.replace(microsecond=0)


# === pictures of our own === #


def test_pictures_go_along():
    pixel = base64.b64encode(b"\x89PNG").decode()
    data = f"data:image/png;base64,{pixel}"
    html = f"""<p><img src="{data}"><img src='{data}'></p>"""
    text, files = with_inline_images(html)
    assert len(files) == 1 and files[0].is_inline and files[0].content == b"\x89PNG"
    assert text.count(f"cid:{files[0].content_id}") == 2 and "data:" not in text
    assert with_inline_images(html) == (text, files), "the same at every attempt"


def test_pictures_of_our_server():
    mine = Attachment("a.png", content_id="7@odoo", is_inline=True, content=b"x")
    other = Attachment("b.pdf", content=b"y")
    html = (
        '<img src="/web/image/7-abc/a.png"><img src="https://odoo.example/web/image/7?x=1">'
        '<img src="/web/image/77"><img src="https://cdn.example/web/image/logo.png">'
    )
    text, files = with_inline_images(html, (mine, other))
    assert text.count('src="cid:7@odoo"') == 2
    assert "/web/image/77" in text and "logo.png" in text
    assert files == (mine, other)


def test_a_picture_that_is_none_stays():
    html = '<img src="data:image/png;base64,"><img src="data:text/html;base64,PHA+">'
    assert with_inline_images(html) == (html, ())


# === help === #


def test_commands_to_copy():
    script = rbac_script("1b730954-1684-4ae5-b0dd-3a8ef4fd2d5b", ("a@x.be", "b@x.be"))
    assert "PrimarySmtpAddress -eq 'a@x.be' -or PrimarySmtpAddress -eq 'b@x.be'" in script
    assert "-Role 'Application Mail.Send'" in script
    assert "Test-ServicePrincipalAuthorization" in script
    more = rbac_script("1b730954", ("c@x.be", "a@x.be"), is_first=False)
    assert "Set-ManagementScope" in more and "New-" not in more
    assert "'; Remove" not in rbac_script("x'; Remove-Mailbox 'y", ("a'x.be",))
    assert '"' not in rbac_script('x" -or "1', ('a"b@x.be',)).replace('Filter "', "").replace(
        "'\"\n", "'\n"
    )
