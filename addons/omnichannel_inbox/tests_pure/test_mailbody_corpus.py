"""Two hundred messy mails: readable, folded where they should be, harmless, and nothing lost."""

import hashlib
import re
from datetime import datetime

import pytest
from lxml import html as lxml_html

from odoo.addons.omnichannel_inbox.mailbody import (
    failed_recipients,
    parse_mime,
    preview,
    render_body,
)
from odoo.addons.omnichannel_inbox.tests_pure.messy import build
from odoo.addons.omnichannel_inbox.tests_pure.messy.sources import SOURCES

NOW = datetime(2026, 11, 22, 12)
CORPUS = build()
#: What of a result could run or be asked for; the browser is asked in tests/test_messy_mails.py.
TAG = re.compile(r"<(?!/)([a-z0-9]+)([^<>]*)>")
ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"<>]*)"')
HARMLESS = frozenset(
    """align alt bgcolor border cellpadding cellspacing color colspan data-src dir face height href
    lang loading referrerpolicy rel rowspan size span src start style target title type valign value
    width""".split()
)


def visible(html: str) -> str:
    """Words of a result, as a reader has them."""
    if not html:
        return ""
    return " ".join(lxml_html.document_fromstring(f"<body>{html}").text_content().split())


@pytest.fixture(params=CORPUS, ids=lambda mail: mail.name)
def mail(request):
    return request.param


@pytest.fixture
def inbound(mail):
    return parse_mime(mail.raw, now=NOW)


@pytest.fixture
def rendered(inbound):
    return render_body(inbound.html, inbound.text)


def test_the_corpus_is_what_it_says():
    assert len(CORPUS) == 200
    kinds = {mail.kind for mail in CORPUS}
    assert kinds == set(SOURCES) and len(kinds) >= 25
    assert [hashlib.sha256(mail.raw).digest() for mail in build()] == [
        hashlib.sha256(mail.raw).digest() for mail in CORPUS
    ]


def test_is_readable(mail, inbound, rendered):
    shown, quote = visible(rendered.html), visible(rendered.quote)
    for words in mail.reads:
        assert " ".join(words.split()) in f"{shown} {quote}"
    for words in mail.shown:
        assert words in shown and words in rendered.text
    for words in mail.folded:
        assert words in quote
        assert words not in shown and words not in rendered.text
    if not mail.folded:
        assert not rendered.quote
    assert preview(rendered.text) == " ".join(preview(rendered.text).split())
    assert "\ufffd" not in shown or mail.name in ("charset-wrong-5", "transfer-5")


def test_nothing_is_lost(mail, inbound):
    if "has_file" not in mail.expect:
        found = [
            (item.name, hashlib.sha256(item.content).hexdigest()) for item in inbound.attachments
        ]
        assert found == [(name, hashlib.sha256(data).hexdigest()) for name, data in mail.files]
    assert all(item.size == len(item.content) for item in inbound.attachments)
    numbers = [item.external_id for item in inbound.attachments]
    assert len(set(numbers)) == len(numbers)


def test_says_what_it_is(mail, inbound, rendered):
    for name, expected in mail.expect.items():
        if name == "author":
            address, who = expected
            assert inbound.author.external_id == address
            assert who is None or inbound.author.name == who
        elif name == "recipients":
            assert len(inbound.recipients) == expected
        elif name == "failed":
            assert failed_recipients(inbound.headers, inbound.text) == (expected,)
        elif name == "reference":
            assert inbound.references[0] == expected
        elif name == "has_file":
            files = [(item.name, item.content) for item in inbound.attachments]
            assert expected in files
        elif name == "hides":
            assert expected not in rendered.html
        elif name == "is_truncated":
            assert rendered.is_truncated == expected
        else:
            assert getattr(inbound, name) == expected
    assert inbound.external_id or not inbound.message_id


@pytest.mark.parametrize("allow_remote", [False, True])
def test_is_harmless(mail, inbound, allow_remote):
    rendered = render_body(inbound.html, inbound.text, {"p1": "/web/content/1"}, allow_remote)
    assert rendered.has_remote == mail.remote
    for html in (rendered.html, rendered.quote):
        for tag, attributes in TAG.findall(html):
            assert tag not in ("script", "style", "iframe", "svg", "object", "form", "base", "meta")
            rest = ATTRIBUTE.sub("", attributes)
            assert rest in ("", " "), rest
            for name, value in ATTRIBUTE.findall(attributes):
                assert name in HARMLESS
                check_value(tag, name, value, allow_remote)


def test_is_readable_when_odoo_has_stored_it(mail, inbound):
    """The field a mail is kept in has walls of its own: they take no marks that quotes are told by,
    except those of one program, and only what is nested deeper than any mail is."""
    tools = pytest.importorskip("odoo.tools.mail")
    if mail.name in ("quote-marked-7", "huge-2", "huge-3", "huge-5"):
        return
    stored = (
        tools.html_sanitize(inbound.html, sanitize_style=True)
        if inbound.html.strip()
        else tools.plaintext2html(inbound.text)
    )
    made = render_body(str(stored))
    shown, quote = visible(made.html), visible(made.quote)
    assert all(" ".join(words.split()) in f"{shown} {quote}" for words in mail.reads)
    assert all(words in shown for words in mail.shown)
    assert all(words in quote and words not in shown for words in mail.folded)
    assert bool(made.quote) == bool(mail.folded)
    assert made.has_remote == mail.remote


def check_value(tag, name, value, allow_remote):
    if name == "style":
        assert "\\" not in value and "expression" not in value
        assert "url(" not in value or (allow_remote and "beacon.invalid/i" in value)
    elif name == "src":
        remote = value.startswith("http")
        assert not remote or (allow_remote and "/i" in value)
        assert remote or value.startswith(("/web/content/", "data:image/"))
    elif name == "href":
        assert re.match(r"https?://|mailto:|tel:|sms:", value)
