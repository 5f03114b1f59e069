"""Bodies: what is kept of them, where they are folded, and what they cost."""

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.omnichannel_inbox.mailbody import parse_mime, preview, render_body
from odoo.addons.omnichannel_inbox.mailbody.addresses import read_addresses
from odoo.addons.omnichannel_inbox.mailbody.calendar import summarize
from odoo.addons.omnichannel_inbox.mailbody.charsets import decode
from odoo.addons.omnichannel_inbox.mailbody.css import parse_style
from odoo.addons.omnichannel_inbox.mailbody.filenames import clean_name
from odoo.addons.omnichannel_inbox.mailbody.flowed import extract_uuencoded
from odoo.addons.omnichannel_inbox.mailbody.limits import MAX_BODY, MAX_FILES, MAX_PARTS
from odoo.addons.omnichannel_inbox.mailbody.parts import decode_words, parameters
from odoo.addons.omnichannel_inbox.mailbody.rtf import decompress, read_rtf
from odoo.addons.omnichannel_inbox.mailbody.tnef import TnefError, read_tnef
from odoo.addons.omnichannel_inbox.tests_pure.messy import tnef_writer
from odoo.addons.omnichannel_inbox.tests_pure.messy.vectors import CALLS, IMAGES, SCRIPTS, fill

BEACON = "http://beacon.invalid"
#: Generous: a machine that is busy with other things must not fail, a square would take minutes.
SECONDS = 8
N = 200_000


def body(html, **options):
    return render_body(html, "", **options).html


@pytest.mark.parametrize("vector", SCRIPTS + CALLS + IMAGES)
def test_every_trap_by_itself(vector):
    html = fill(vector, BEACON)
    blocked = render_body(html)
    # where it may stand: put aside until it is allowed
    assert BEACON not in re.sub(r' data-src="[^"<>]*"', "", without_titles(blocked.html))
    assert not blocked.quote
    assert blocked.has_remote == (vector in IMAGES)
    allowed = without_titles(render_body(html, allow_remote=True).html)
    assert bool(re.findall(rf"{BEACON}/(\w+)", allowed)) == (vector in IMAGES)
    assert not re.search(r"<(script|style|svg|iframe|meta|link|base|form|object)", allowed)
    assert not re.search(r"<[^>]* on\w+=", allowed)


def without_titles(html):
    """Without what stands in a title: words, escaped, which parsers of several ages leave there."""
    return re.sub(r' title="[^"<>]*"', "", html)


def test_links():
    for href, expected in (
        ("https://example.com/a?b=c&d", "https://example.com/a?b=c&amp;d"),
        ("www.example.com", "https://www.example.com"),
        ("//example.com", "https://example.com"),
        (" HTTPS://example.com/é ", "HTTPS://example.com/%C3%A9"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("tel:+3242223344", "tel:+3242223344"),
    ):
        html = body(f'<a href="{href}">x</a>')
        assert f'href="{expected}" target="_blank" rel="noopener noreferrer"' in html
    for href in (
        "javascript:x",
        "\x01java\nscript:x",
        "vbscript:x",
        "file:///x",
        "/web",
        "#a",
        "x",
    ):
        assert body(f'<a href="{href}">x</a>') == "<a>x</a>"


def test_inline_images():
    images = {"<Logo@1>": "/web/image/1", "photo 1.png": "/web/image/2"}
    assert 'src="/web/image/1"' in body('<img src="cid:logo@1">', cid_urls=images)
    assert 'src="/web/image/1"' in body('<img src="CID:Logo%401">', cid_urls=images)
    assert 'src="/web/image/2"' in body('<img src="photo%201.png">', cid_urls=images)
    assert " src=" not in body('<img src="cid:other">', cid_urls=images)
    assert not render_body('<img src="cid:other">').has_remote
    # a picture that can hold code
    assert " src=" not in body('<img src="data:image/svg+xml;base64,AAAA">')
    data = "data:image/png;base64,AAAA"
    assert f'src="{data}"' in body(f'<img src="{data}">')


def test_style():
    for style, expected in (
        ("color:red; width:10px", "color:red;width:10px"),
        ('font-family:"Segoe UI", Arial', "font-family:'Segoe UI', Arial"),
        ("color:rgb(1, 2, 3)!important", "color:rgb(1, 2, 3)!important"),
        ("margin:-500px;padding:1px", "padding:1px"),
        ("text-indent:-18.0pt", "text-indent:-18.0pt"),
        ("text-indent:-9999px;position:fixed;z-index:9", ""),
        ("background:url(x) red", "background:red"),
        ("width:calc(100vw * 9);color:red\\9;color:/**/red", ""),
        ("width:calc(1px + 2px);color:var(--x);height:expression(1)", ""),
        ("font-size:99999px;display:flex;white-space:nowrap", ""),
    ):
        assert parse_style(style).text() == expected


def test_word_paragraphs_keep_together():
    assert body("<p class=MsoNormal>x</p>") == '<p style="margin:0">x</p>'


def test_text_is_made_html():
    made = render_body("", "a < b & http://example.com/x?y=1. Écrire à anne@example.com !")
    assert "a &lt; b &amp; " in made.html
    assert '<a href="http://example.com/x?y=1"' in made.html
    assert '<a href="mailto:anne@example.com"' in made.html


def test_text_of_html():
    html = (
        "<p>Un</p><p>Deux<br>Trois</p><ul><li>a</li><li>b</li></ul><b>x</b>y&nbsp;z<img alt=Plan>"
    )
    assert render_body(html).text == "Un\n\nDeux\nTrois\n\n- a\n- b\n\nxy z[Plan]"
    assert render_body("<div style='display:none'>caché</div>vu").text == "vu"
    assert render_body("<p> &nbsp; </p>", "texte").text == "texte"
    assert render_body("", "").html == ""


def test_preview():
    assert preview("Bonjour\n\n tout  le monde") == "Bonjour tout le monde"
    assert preview("Oui.\n-- \nAnne Petit") == "Oui."
    long = preview("mot " * 100)
    assert len(long) <= 121 and long.endswith("mot…")
    assert len(preview("x" * 1000)) == 120
    assert preview("") == ""


def test_quote_keeps_its_order_and_tags():
    made = render_body(
        "<div><table><tr><td>Oui<p>-----Original Message-----</p><b>vieux</b></td></tr></table>"
    )
    assert made.html.count("<td>") == made.html.count("</td>") == 1
    assert made.quote.count("<td>") == made.quote.count("</td>") == 1
    assert "Oui" in made.html and "vieux" in made.quote and "vieux" not in made.html


OLD = "\n\n-----Original Message-----\nL'ancien mail"


@pytest.mark.parametrize(
    ("text", "shown", "folded"),
    [
        # a line that is quoted to be answered, above all the rest
        (f"> Quelle couleur ?\nBleu{OLD}", ["couleur", "Bleu"], ["ancien"]),
        (f"Bleu\n> Quelle couleur ?{OLD}", ["Bleu"], ["couleur", "ancien"]),
        (f"> a ?\noui\n> b ?\nnon{OLD}", ["a ?", "oui", "b ?", "non"], ["ancien"]),
        # what was written among the lines of Outlook cannot be told from them
        (f"Mes réponses ci-dessous en rouge{OLD}", ["rouge", "ancien"], []),
        (f"See my answers below{OLD}", ["answers", "ancien"], []),
        (f"Zie hieronder{OLD}", ["hieronder", "ancien"], []),
        (f"{'Une longue lettre. ' * 30} Voir ci-dessous{OLD}", ["lettre"], ["ancien"]),
        # nothing but a quote
        (OLD, ["ancien"], []),
        ("Début du message réexpédié :\n\nDe : a\nObjet : b\nDate : c\n\nMail", ["Mail"], []),
        # no head of a mail
        ("De : lundi\nà vendredi\nDe : mardi", ["lundi", "mardi"], []),
        ("Elle a écrit :\nvenez demain", ["venez"], []),
    ],
)
def test_where_it_is_folded(text, shown, folded):
    escaped = text.replace(">", "&gt;").replace("\n", "<br>")
    for made in (render_body("", text), render_body(f"<div>{escaped}</div>")):
        for words in shown:
            assert words in made.html and words in made.text and words not in made.quote
        for words in folded:
            assert words in made.quote and words not in made.html and words not in made.text


BOMBS = {
    "nested": "<div>" * N + "x",
    "closed": "<b>" * N + "</i>" * N,
    "attributes": "<a " + " ".join(f"a{n}" for n in range(N)) + ">x",
    "open tags": "<a " * N,
    "open quotes": '<a b="' * N,
    "angles": "<" * N,
    "comments": "<!--" * N,
    "conditions": "<![if " * N,
    "entities": "&" * N + "&#" * N,
    "tables": "<table><tr><td>" * N,
    "style": f'<p style="{"a:b;" * N}">x',
    "urls": f'<p style="background:{"url(" * N}">x',
    "style brackets": f'<p style="color:{"rgb(" * N}">x',
    "blanks": "<p>" + " \n" * N + "x",
    "quotes": "x<blockquote type=cite>y" * 20_000,
    "heads": "x<br>" + "De : a<br>" * N,
    "introductions": "x<br>" + "Le lundi<br>" * N,
    "images": "<img src=x>" * N,
    "data": f'<img src="data:image/png;base64,{"A" * 3_000_000}">x',
}
TEXT_BOMBS = {
    "marks": ">" * N,
    "marked lines": "x\n" + "> y\n" * N,
    "intros": "Le 1 a 10:00,\n" * N,
    "dashes": "-" * N + " original message",
    "heads": "From: x\n" * N,
    "addresses": "a@" * N,
    "links": "http://" * N,
    "spaces": "x" + " " * N + "\n" * N,
    "names": "a." * N + "@",
    "long": "mot " * 3_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_html_costs_little(name):
    start = time.process_time()
    made = render_body(BOMBS[name])
    assert time.process_time() - start < SECONDS
    assert len(made.html) + len(made.quote) < 5 * MAX_BODY


@pytest.mark.parametrize("name", TEXT_BOMBS)
def test_text_costs_little(name):
    start = time.process_time()
    made = render_body("", TEXT_BOMBS[name])
    preview(made.text)
    assert time.process_time() - start < SECONDS
    assert made.is_truncated == (len(TEXT_BOMBS[name]) > MAX_BODY)


MIME_BOMBS = {
    "boundaries": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * N,
    "nested": b"".join(
        b"Content-Type: multipart/mixed; boundary=a%d\n\n--a%d\n" % (n, n) for n in range(5_000)
    ),
    "same boundary": b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 20_000,
    "headers": b"a: b\n" * N,
    "folded": b"Subject: x\n" + b" y\n" * N,
    "words": b"Subject: " + b"=?utf-8?q?" * N,
    "parameters": b"Content-Type: text/plain" + b";a*1=" * N + b"\n\nx",
    "addresses": b"From: " + b'"' * N + b"(" * N + b"\\" * N + b"\n\nx",
    "commas": b"To: " + b"," * N + b"<" * N + b"\n\nx",
    "uuencode": b"\n" + b"begin 644 a\n" * 20_000 + b"end\n",
    "base64": b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + b"=\n" * N,
    "printable": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * N,
    "identities": b"References: " + b"<a@b>" * N + b"<" * N + b"\n\nx",
    "blank": b"\n" * N,
    "verdicts": b"Authentication-Results: " + b"(" * N + b";" * N + b"\n\nx",
    "calendar": b"Content-Type: text/calendar\n\n" + b"BEGIN:VEVENT\n" * N,
    "calendar line": b"Content-Type: text/calendar\n\nBEGIN:VEVENT\nA" + b';"' * N,
}


@pytest.mark.parametrize("name", MIME_BOMBS)
def test_mail_costs_little(name):
    start = time.process_time()
    inbound = parse_mime(MIME_BOMBS[name])
    render_body(inbound.html, inbound.text)
    assert time.process_time() - start < SECONDS


def test_a_thousand_files():
    """Nobody wants a thousand files; they are in the mail, which is kept whole."""
    raw = b"Content-Type: multipart/mixed; boundary=a\n\n" + b"".join(
        b"--a\nContent-Type: image/png\n\n%d\n" % number for number in range(1_000)
    )
    files = parse_mime(raw).attachments
    assert len(files) == MAX_FILES + 1
    assert files[7].content == b"7"
    assert (files[-1].name, files[-1].content) == ("original.eml", raw)


def test_more_parts_than_are_looked_at():
    """What is written in those behind them is in the last one."""
    parts = b"".join(b"--a\n\ntexte %d\n" % number for number in range(MAX_PARTS + 50))
    inbound = parse_mime(b"Content-Type: multipart/mixed; boundary=a\n\n" + parts + b"--a--\n")
    assert inbound.text.startswith("texte 0\n\ntexte 1\n\n")
    assert inbound.text.rstrip().endswith(f"texte {MAX_PARTS + 49}\n--a--")


# -- whatever comes --------------------------------------------------------------------------------

FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
TOKENS = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "<!--",
        "-->",
        "<div>",
        "</div>",
        "<p",
        '"',
        "'",
        "=",
        "<blockquote type=cite>",
        "</blockquote>",
        "<table><tr><td>",
        "<br>",
        "<script>",
        "</script>",
        "<svg>",
        "<style>",
        "<math>",
        "<img src=http://beacon.invalid/x onerror=y>",
        " onload=z",
        "&lt;script&gt;",
        "&#60;",
        "<a href=javascript:x>",
        "<textarea>",
        "<title>",
        "<!DOCTYPE",
        "<![CDATA[",
        "]]>",
        "<?xml",
        "Le 1/1/2026 à 10:00, X a écrit :",
        "De : a<br>Envoyé : b<br>Objet : c<br>",
        "\x00",
        "-----Original Message-----",
        "mot",
        "é",
        "\ud800",
        "<body style='background:url(x)'>",
    ]
)


@FUZZ
@given(st.lists(TOKENS, max_size=40).map("".join), st.booleans())
def test_any_html(html, allow_remote):
    made = render_body(html, "", {}, allow_remote)
    for result in (made.html, made.quote):
        result.encode()
        opened = re.findall(r"<([a-z0-9]+)", result)
        assert not {"script", "style", "svg", "math", "title", "textarea"} & set(opened)
        assert not re.search(r"<[^>]*\son\w+=", result)
        assert allow_remote or not re.search(r'\ssrc="http', result)
        # what was written is read back as what it is: tags are balanced
        for tag in set(opened) - {"br", "hr", "img", "wbr", "col"}:
            assert opened.count(tag) == result.count(f"</{tag}>")


HEADER = st.sampled_from(
    [
        b"From: ",
        b"To: ",
        b"Subject: ",
        b"Date: ",
        b"Content-Type: ",
        b"multipart/mixed; boundary=a",
        b"multipart/alternative; boundary=b",
        b"text/html; charset=",
        b"utf-8",
        b"utf-16",
        b"base64",
        b"Content-Transfer-Encoding: ",
        b"Content-Disposition: attachment; filename=",
        b"\r\n",
        b"\n",
        b"--a",
        b"--b",
        b"--a--",
        b"\r\n\r\n",
        b"=?utf-8?B?",
        b"?=",
        b"message/rfc822",
        b"\xff\xfe",
        b"application/ms-tnef",
        b"<p>x</p>",
        b"begin 644 x\n",
        b"end\n",
        b"\x00",
        b'"',
        b"name*0*=",
        b"text/calendar",
        b"BEGIN:VEVENT\nDTSTART:",
        b"Message-ID: <a@b>",
        b"x@y.be",
        b",",
        b"\x1b$B",
    ]
)


@FUZZ
@given(st.lists(st.one_of(HEADER, st.binary(max_size=8)), max_size=40).map(b"".join))
def test_any_mail(data):
    inbound = parse_mime(data)
    made = render_body(inbound.html, inbound.text)
    (made.html + made.quote + made.text + inbound.subject + inbound.author.name).encode()
    for attachment in inbound.attachments:
        assert attachment.name and "/" not in attachment.name
        assert attachment.size == len(attachment.content)
    assert "\0" not in inbound.html + inbound.text + inbound.subject


@FUZZ
@given(st.data())
def test_any_broken_winmail(data):
    whole = tnef_writer.tnef(
        tnef_writer.message(
            tnef_writer.text_property(0x1000, "texte"),
            tnef_writer.binary_property(0x1009, tnef_writer.packed_rtf(b"{\\rtf1 texte}")),
        ),
        tnef_writer.file("a.pdf", b"bytes"),
    )
    position = data.draw(st.integers(6, len(whole) - 1))
    broken = bytearray(whole[: data.draw(st.integers(position, len(whole)))])
    if position < len(broken):
        broken[position] ^= data.draw(st.integers(1, 255))
    try:
        read_tnef(bytes(broken))
    except TnefError:
        pass


@FUZZ
@given(st.text(max_size=200), st.text(max_size=20), st.binary(max_size=100))
def test_any_text(text, charset, data):
    decode(data, charset).encode("utf-8", "surrogatepass")
    decode_words(text.encode("latin-1", "replace").decode("latin-1"))
    parameters(text)
    summarize(text)
    extract_uuencoded(text)
    assert clean_name(text)
    assert "/" not in clean_name(text)
    for address in read_addresses(text.encode("latin-1", "replace").decode("latin-1"), 5):
        assert address.external_id
    read_rtf(data)


def test_rtf_comes_back():
    for size in (0, 1, 7, 8, 9, 5_000):
        rtf = (b"{\\rtf1 " + b"texte " * 1_000)[:size]
        assert decompress(tnef_writer.packed_rtf(rtf)) == rtf
        assert decompress(tnef_writer.stored_rtf(rtf)) == rtf
    # the published example of a reference beyond what has been written
    packed = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert decompress(packed) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
