"""A body as the inbox shows it. Pure.

:func:`render_body` gives what a person wrote and what he quoted, apart, as HTML that can do
nothing; the inbox shows it in a sandboxed frame all the same (``static/src/thread/frame.js``): two
walls, neither of which trusts the other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from .limits import MAX_BODY
from .lines import Line, lines_of_pieces, lines_of_text, text_of
from .quotes import find_quote
from .sanitize import END, START, TEXT, VOID, Piece, Sanitizer

__all__ = ["RenderedBody", "preview", "render_body"]

_LINK = re.compile(
    r"\b(?:https?://[^\s<>\"']{1,2000}|www\.[^\s<>\"']{1,2000}"
    r"|[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}\b)",
    re.IGNORECASE,
)
_LINK_TAIL = ".,;:!?)]}'\u2019\u00bb"
_NEW_LINES = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class RenderedBody:
    """A body, harmless and taken apart."""

    html: str
    """What the sender wrote."""
    quote: str
    """The mails quoted with it, empty if there are none or they belong to what he wrote."""
    text: str
    """``html`` as plain text."""
    has_remote: bool
    """Images lie on other machines (blocked unless they were allowed)."""
    is_truncated: bool = False
    """Too large to be shown whole; the original has the rest."""


def render_body(
    html: str,
    text: str = "",
    cid_urls: Mapping[str, str] | None = None,
    allow_remote: bool = False,
) -> RenderedBody:
    """Make a body fit to be shown. Linear in its size; nothing in it raises.

    :param html: as it came; may be empty
    :param text: the plain version, used when the HTML says nothing
    :param cid_urls: where inline images lie, by Content-Id (or file name)
    :param allow_remote: load images from other machines
    """
    if html:
        rendered = _render_html(html, cid_urls, allow_remote)
        if rendered is not None or not text:
            return rendered or RenderedBody("", "", "", False)
    return _render_text(text or "")


def preview(text: str, length: int = 120) -> str:
    """The beginning of a text on one line, without what stands under it as a signature."""
    text = text[: length * 20]
    if (match := _SIGNATURE.search(text)) and text[: match.start()].strip():
        text = text[: match.start()]
    text = _BLANKS.sub(" ", text).strip()
    if len(text) <= length:
        return text
    cut = text.rfind(" ", length // 2, length)
    return text[: cut if cut > 0 else length - 1].rstrip(" ,;:.-") + "…"


# -- HTML ------------------------------------------------------------------------------------------


def _render_html(
    html: str, cid_urls: Mapping[str, str] | None, allow_remote: bool
) -> RenderedBody | None:
    """Render HTML; ``None`` when nobody could read or see anything in it."""
    sanitizer = Sanitizer(cid_urls, allow_remote)
    pieces = sanitizer.sanitize(html)
    lines = lines_of_pieces(pieces)
    if not any(not line.is_blank for line in lines):
        return None
    quote = find_quote(lines)
    if quote is None:
        shown, folded, own = _join(pieces), "", lines
    else:
        shown, folded = _cut(pieces, lines, *quote)
        own = [*lines[: quote[0]], *lines[quote[1] :]]
    return RenderedBody(shown, folded, text_of(own), sanitizer.has_remote, sanitizer.is_truncated)


def _join(pieces: Sequence[Piece]) -> str:
    return "".join(piece.html for piece in pieces)


def _cut(pieces: Sequence[Piece], lines: Sequence[Line], first: int, last: int) -> tuple[str, str]:
    """Take lines out of a body: what remains, and what was taken, both with balanced tags."""
    content = [line for line in lines[first:last] if not line.is_blank]
    begin = content[0].start
    while begin and _is_lead(pieces[begin - 1]):
        begin -= 1
    partners = _partners(pieces)
    end = len(pieces) if last == len(lines) else content[-1].end + 1
    while end < len(pieces) and pieces[end].kind == END and partners[end] >= begin:
        end += 1
    shown: list[str] = []
    folded: list[str] = []
    is_open: list[int] = []
    for index, piece in enumerate(pieces):
        is_inside = begin <= index < end
        if index == begin:
            folded.extend(pieces[start].html for start in is_open)
        if index == end:
            folded.extend(f"</{pieces[start].tag}>" for start in reversed(is_open))
        if piece.kind == START:
            is_open.append(index)
        elif piece.kind == END:
            is_open.pop()
        start = partners[index] if piece.kind == END else index
        if (
            not is_inside
            and piece.kind in (TEXT, VOID)
            or (piece.kind in (START, END) and not begin <= start < end)
        ):
            shown.append(piece.html)
        if is_inside:
            folded.append(piece.html)
    if end == len(pieces):
        folded.extend(f"</{pieces[start].tag}>" for start in reversed(is_open))
    return "".join(shown), "".join(folded)


def _is_lead(piece: Piece) -> bool:
    """Whether a piece before a quote belongs to it: what opens it, lines drawn above it."""
    return (
        piece.kind == START
        or (piece.kind == TEXT and not piece.text.strip())
        or (piece.kind == VOID and piece.tag in ("br", "hr"))
    )


def _partners(pieces: Sequence[Piece]) -> list[int]:
    """The start of each end, by index."""
    partners = [-1] * len(pieces)
    is_open: list[int] = []
    for index, piece in enumerate(pieces):
        if piece.kind == START:
            is_open.append(index)
        elif piece.kind == END:
            partners[index] = is_open.pop()
    return partners


# -- plain text ------------------------------------------------------------------------------------


def _render_text(text: str) -> RenderedBody:
    is_truncated = len(text) > MAX_BODY
    text = _CONTROLS.sub("", _NEW_LINES.sub("\n", text[:MAX_BODY]))
    lines = lines_of_text(text)
    quote = find_quote(lines)
    if quote is None:
        return RenderedBody(_text_html(text), "", text.strip(), False, is_truncated)
    raw = text.split("\n")
    own = "\n".join([*raw[: quote[0]], *raw[quote[1] :]])
    folded = "\n".join(raw[quote[0] : quote[1]])
    return RenderedBody(_text_html(own), _text_html(folded), own.strip(), False, is_truncated)


def _text_html(text: str) -> str:
    """Plain text as HTML, its addresses as links."""
    text = text.strip("\n").rstrip()
    if not text.strip():
        return ""
    written: list[str] = []
    position = 0
    for match in _LINK.finditer(text):
        shown = match[0].rstrip(_LINK_TAIL)
        if not shown:
            continue
        if "@" in shown and "://" not in shown:
            url = f"mailto:{shown}"
        else:
            url = shown if "://" in shown else f"https://{shown}"
        written += [
            escape(text[position : match.start()], quote=False),
            f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">',
            escape(shown, quote=False),
            "</a>",
        ]
        position = match.start() + len(shown)
    written.append(escape(text[position:], quote=False))
    return f'<div style="white-space:pre-wrap">{"".join(written)}</div>'
