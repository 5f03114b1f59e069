"""What is written in the composer, as a chat shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.omnichannel_inbox.chat_text import chat_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>Bonjour,</p><p>Elle part <b>demain</b>.</p>", "Bonjour,\n\nElle part demain."),
        ("<div>a</div><div>b<br>c</div>", "a\nb\nc"),
        ("<p>a</p><p><br></p><p>b</p>", "a\n\nb"),
        ("<ul><li>a</li><li><p>b</p></li></ul>c", "• a\n• b\n\nc"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "• a\n\u2003• b"),
        ('voir <a href="https://x.be/t">ici</a>.', "voir ici (https://x.be/t)."),
        ('<a href="https://x.be/">x.be</a>', "x.be"),
        ('<a href="https://x.be/t"></a>', "https://x.be/t"),
        ('<a href="mailto:a@x.be?subject=1">écrire</a>', "écrire (a@x.be)"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('a<img src="/web/image/1?access_token=s" alt="b">c', "ac"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"),
        ("<style>p{}</style><script>x</script><p>a</p>", "a"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        ("<p>a\n   b</p>", "a b"),
        ("a <!-- b --> c", "a c"),
    ],
)
def test_text(source, text):
    assert chat_text(source) == text


@given(st.text(alphabet="<>/abpulido lr=&;\"'\n", max_size=120))
def test_whatever_is_written(source):
    text = chat_text(source)
    assert "\n\n\n" not in text and text == text.strip()


def test_nested_without_end():
    assert chat_text("<div>" * 3_000 + "a") in ("", "a")
