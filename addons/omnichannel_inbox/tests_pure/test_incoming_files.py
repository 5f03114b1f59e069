"""Names and types of files of strangers."""

import pytest

from odoo.addons.omnichannel_inbox.identity.addresses import identity_key
from odoo.addons.omnichannel_inbox.incoming_files import clean_name, file_values, safe_type
from odoo.addons.omnichannel_inbox.providers.base import Address, Attachment


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("photo.png", "photo.png"),
        ("Facture été 2026.pdf", "Facture été 2026.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\temp\\x.doc", "C_temp_x.doc"),
        ("a\x00b\r\n.txt", "a_b_.txt"),
        ("gpj.\u202eexe.png", "gpj._exe.png"),
        ("", "attachment"),
        (" .. ", "attachment"),
    ],
)
def test_clean_name(name, clean):
    assert clean_name(name) == clean


def test_clean_name_keeps_the_ending():
    assert clean_name("x" * 500 + ".pdf").endswith(".pdf")
    assert len(clean_name("x" * 500)) <= 200
    assert len(clean_name("a." + "x" * 500)) <= 200


@pytest.mark.parametrize(
    ("content_type", "safe"),
    [
        ("image/png", "image/png"),
        ("Application/PDF; name=x", "application/pdf"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("application/vnd.ms-excel", "application/vnd.ms-excel"),
        ("text/html", "text/plain"),
        ("image/svg+xml", "text/plain"),
        ("text/xml", "text/plain"),
        ("text/javascript", "text/plain"),
        ("application/javascript", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("application/x-shockwave-flash", "application/octet-stream"),
        ("application/x-msdownload", "application/octet-stream"),
        ("rubbish", "application/octet-stream"),
        ("", "application/octet-stream"),
        (None, "application/octet-stream"),
        ("text/html\r\nX: y", "application/octet-stream"),
    ],
)
def test_safe_type(content_type, safe):
    assert safe_type(content_type) == safe


def test_file_values_choose_nothing():
    """Nothing of the file says where it goes or who sees it."""
    values = file_values(Attachment("x", content=b"1", content_id="c1", is_inline=True), "cid:c1")
    assert values["res_model"] == "omni.conversation"
    assert values["public"] is False
    assert values["type"] == "binary"
    assert values["description"] == "cid:c1"
    assert not file_values(Attachment("x", content=b"1", content_id="c1"), "no")["description"]
    assert set(values) == {
        "name",
        "raw",
        "mimetype",
        "description",
        "res_model",
        "type",
        "public",
    }


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (Address("Jan@X.example", "", ""), "jan@x.example"),
        (Address("", "Jan", "Jan@X.example"), "jan@x.example"),
        (Address("PSID-aB1", "", "jan@x.example"), "PSID-aB1"),
        (Address("  ", "", ""), ""),
        (Address("un@qualified", "", ""), "un@qualified"),
    ],
)
def test_identity_key(address, key):
    assert identity_key(address) == key
