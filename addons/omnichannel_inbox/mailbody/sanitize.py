"""HTML of a stranger as a flat list of harmless pieces. Pure; lxml reads, nothing of it is kept.

Nothing that came is passed on: every tag, attribute and style that leaves here has been written by
this module, out of allow-lists, with every text and value escaped. There is no raw text element
(script, style, svg, title, textarea, …) among the tags, so no second reading of the result by a
browser finds another structure in it.

The result is a list of pieces instead of a tree: quotes are cut out of it by index, and however
deep a bomb is nested, nothing here recurses. All work is linear.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from lxml import etree

from .css import is_hiding, parse_style
from .limits import MAX_BODY, MAX_DEPTH, MAX_TAG, MAX_TAGS
from .urls import cid_of, is_data_image, link_url, remote_url

__all__ = ["BLOCKS", "END", "START", "TEXT", "VOID", "Piece", "Sanitizer"]

START, END, VOID, TEXT = range(4)

_TAGS = frozenset(
    """
    a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header
    hr i img ins kbd li main mark nav ol p pre q s samp section small span strike strong sub
    summary sup table tbody td tfoot th thead time tr tt u ul var wbr
    """.split()
)
_VOID_TAGS = frozenset({"br", "col", "hr", "img", "wbr"})
#: Elements without an end, the ones that are never shown included.
_HTML_VOID = _VOID_TAGS | frozenset(
    {"area", "base", "embed", "input", "link", "meta", "param", "source", "track"}
)
#: Elements that go with everything in them.
_DROPPED = frozenset(
    """
    script style title template svg math iframe frameset noembed noframes applet audio canvas
    datalist select xml
    """.split()
)
#: Elements that begin a line of their own.
BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody
    tfoot thead tr ul
    """.split()
)

_ATTRIBUTES = {
    "*": frozenset({"align", "bgcolor", "color", "dir", "height", "lang", "title", "valign"}),
    "a": frozenset(),
    "font": frozenset({"face", "size"}),
    "img": frozenset({"alt", "border", "width"}),
    "col": frozenset({"span", "width"}),
    "colgroup": frozenset({"span", "width"}),
    "li": frozenset({"value", "type"}),
    "ol": frozenset({"start", "type", "reversed"}),
    "ul": frozenset({"type"}),
    "hr": frozenset({"size", "width"}),
    "table": frozenset({"border", "cellpadding", "cellspacing", "width"}),
    "td": frozenset({"colspan", "rowspan", "width"}),
    "th": frozenset({"colspan", "rowspan", "width"}),
}
#: Attributes that are numbers, with the largest one that makes sense.
_NUMBERS = {
    "border": 20,
    "cellpadding": 100,
    "cellspacing": 100,
    "colspan": 100,
    "height": 3_000,
    "rowspan": 1_000,
    "size": 50,
    "span": 100,
    "start": 100_000,
    "value": 100_000,
    "width": 3_000,
}
_NUMBER = re.compile(r"\s*([+-]?\d{1,6})(?:\.\d*)?\s*(%|px)?\s*")
_WORD = re.compile(r"[\w\s#.,'()+-]{1,100}")
#: Paragraphs that Word keeps together by class; its style sheet does not come with us.
_WORD_CLASS = re.compile(r"\bMso(?:Normal|PlainText|NoSpacing|ListParagraph\w*)\b")
_TAMED = frozenset({"img", "table", "div", "td", "p", "pre"})

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# "<![if !mso]>" and "<![endif]>": what they enclose is meant for everybody
_REVEALED = re.compile(r"<!\[(?:if|endif)[^<>-]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?]")
_LONG_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{MAX_TAG},}}(?:>|(?=<)|\Z)")
_WHOLE_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(slots=True)
class Piece:
    """A tag or a text of the result."""

    kind: int
    tag: str = ""
    html: str = ""
    """What is written."""
    text: str = ""
    """Of a text: itself; of an image: what is said instead of it; of a link: where it leads."""
    is_hidden: bool = False
    """Nobody is meant to see it (a preheader)."""
    mark: str = ""
    """Of a start: the ``class`` and ``id`` as they came, and what else tells quotes."""


class Sanitizer:
    """Reads one body.

    :param cid_urls: addresses of inline images, by Content-Id
    :param allow_remote: whether images on other machines are shown
    """

    def __init__(
        self, cid_urls: Mapping[str, str] | None = None, allow_remote: bool = False
    ) -> None:
        self.cid_urls = {cid.strip("<> ").lower(): url for cid, url in (cid_urls or {}).items()}
        self.allow_remote = allow_remote
        self.has_remote = False
        self.is_truncated = False

    def sanitize(self, html: str) -> list[Piece]:
        """Return the pieces of a body, tags balanced. Never raises for what is in it."""
        html = self._defuse(html)
        root, is_too_deep = _parse(html)
        if is_too_deep:
            root, _is_too_deep = _parse(_flatten(html))
        return list(self._walk(root)) if root is not None else []

    # -- reading -------------------------------------------------------------------------------

    def _defuse(self, html: str) -> str:
        """Cut what would keep the parser busy for minutes."""
        if len(html) > MAX_BODY:
            html = html[:MAX_BODY]
            self.is_truncated = True
        html = _REVEALED.sub("", _CONTROLS.sub("", html))
        if len(html) > MAX_TAG:
            html = _LONG_TAG.sub(_shorten_tag, html)
        if html.count("<") > MAX_TAGS:
            for count, match in enumerate(_TAG.finditer(html)):
                if count == MAX_TAGS:
                    html = html[: match.start()]
                    self.is_truncated = True
                    break
        return html

    def _walk(self, root) -> Iterator[Piece]:
        dropped = hidden = depth = 0
        written: list[bool] = []
        for event, element in etree.iterwalk(root, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                written.append(False)
                if dropped or tag in _DROPPED:
                    dropped += 1
                    continue
                if hidden or _is_hidden(element):
                    hidden += 1
                if tag in _VOID_TAGS:
                    yield self._tag(VOID, tag, element, bool(hidden))
                elif tag == "video" and element.get("poster"):
                    yield self._image(element, element.get("poster"), bool(hidden))
                elif depth < MAX_DEPTH and (tag in _TAGS or tag == "body" and element.attrib):
                    depth += 1
                    written[-1] = True
                    yield self._tag(START, "div" if tag == "body" else tag, element, bool(hidden))
                elif tag in BLOCKS and tag != "body":
                    yield Piece(VOID, "br", "<br>", is_hidden=bool(hidden))
                if element.text:
                    yield _text(element.text, bool(hidden))
                continue
            if dropped:
                dropped -= 1
            else:
                if written[-1]:
                    depth -= 1
                    tag = "div" if tag == "body" else tag
                    yield Piece(END, tag, f"</{tag}>", is_hidden=bool(hidden))
                if hidden:
                    hidden -= 1
            written.pop()
            if not dropped and element.tail:
                yield _text(element.tail, bool(hidden))

    # -- writing -------------------------------------------------------------------------------

    def _tag(self, kind: int, tag: str, element, is_hidden: bool) -> Piece:
        if tag == "img":
            source = element.get("src") or (element.get("srcset") or "").strip().split(" ")[0]
            return self._image(element, source.rstrip(","), is_hidden)
        attributes, mark = self._attributes(tag, element), ""
        text = ""
        if tag == "a" and (url := link_url(element.get("href") or "")):
            attributes |= {"href": url, "target": "_blank", "rel": "noopener noreferrer"}
            text = url
        if kind == START or tag == "hr":
            mark = " ".join(
                value
                for value in (element.get("class"), element.get("id"), element.get("name"))
                if value
            )[:500]
            if tag == "blockquote" and (element.get("type") or "").lower() == "cite":
                mark += " type-cite"
            if tag == "blockquote" and "border-left" in attributes.get("style", ""):
                mark += " border-left"
        return Piece(kind, tag, _write(tag, attributes), text, is_hidden, mark)

    def _image(self, element, source: str, is_hidden: bool) -> Piece:
        attributes = self._attributes("img", element)
        text = (element.get("alt") or "").strip()[:300]
        url = self.cid_urls.get(cid_of(source), "")
        if url:
            attributes["src"] = url
        elif is_data_image(compact := re.sub(r"\s", "", source)):
            attributes["src"] = compact
        elif url := remote_url(source):
            self.has_remote = True
            if self.allow_remote:
                attributes |= {"src": url, "referrerpolicy": "no-referrer", "loading": "lazy"}
            else:
                attributes["data-src"] = url
        return Piece(VOID, "img", _write("img", attributes), text, is_hidden)

    def _attributes(self, tag: str, element) -> dict[str, str]:
        allowed = _ATTRIBUTES["*"] | _ATTRIBUTES.get(tag, frozenset())
        found: dict[str, str] = {}
        for name, value in element.items():
            name = name.lower()
            if name in _NUMBERS and name in allowed:
                if value := _number(name, value):
                    found[name] = value
            elif name in ("alt", "title") and name in allowed:
                found[name] = value[:1_000]
            elif name in allowed and _WORD.fullmatch(value):
                found[name] = value
        if style := self._style(tag, element):
            found["style"] = style
        return found

    def _style(self, tag: str, element) -> str:
        style = parse_style(element.get("style") or "")
        css_class = element.get("class") or ""
        is_word = tag == "p" and bool(_WORD_CLASS.search(css_class))
        image = remote_url(style.image or element.get("background") or "")
        if not (image or is_word or tag in _TAMED):
            return style.text()
        declarations = dict(style.declarations)
        if is_word:
            declarations.setdefault("margin", "0")
        if tag in _TAMED:
            _tame(tag, element, declarations)
        if image:
            self.has_remote = True
            if self.allow_remote:
                declarations["background-image"] = f"url('{image}')"
        return ";".join(f"{name}:{value}" for name, value in declarations.items())


def _tame(tag: str, element, declarations: dict[str, str]) -> None:
    """Keep an element within the frame."""
    if tag != "img" and not declarations.get("height", "").endswith("%"):
        declarations.pop("height", None)  # fixed heights cut what the fonts of here need
    if tag in ("img", "table") or "width" in declarations:
        declarations["max-width"] = "100%"
    if tag == "img" and not (element.get("height") and element.get("width")):
        declarations.setdefault("height", "auto")
    if tag == "pre":
        declarations["white-space"] = "pre-wrap"


def _parse(html: str):
    """Return the root of a document, and whether the parser gave up at its depth."""
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(html.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None, False  # empty, or nothing but comments
    return root, any("depth" in error.message.lower() for error in parser.error_log)


def _flatten(html: str) -> str:
    """Take out the tags that lie deeper than anything is shown; what they hold stays."""
    written: list[str] = []
    depth = position = 0
    for match in _WHOLE_TAG.finditer(html):
        written.append(html[position : match.start()])
        position = match.end()
        is_void = match[2].lower() in _HTML_VOID
        if not match[1] and not is_void:
            depth += 1
        if depth <= MAX_DEPTH:
            written.append(match[0])
        if match[1] and not is_void:
            depth = max(0, depth - 1)
    written.append(html[position:])
    return "".join(written)


def _shorten_tag(match: re.Match) -> str:
    """Drop a tag that is long by itself, not by the image it carries."""
    return match[0] if len(_QUOTED.sub("", match[0])) <= MAX_TAG else ""


def _text(text: str, is_hidden: bool) -> Piece:
    return Piece(TEXT, "", escape(text, quote=False), text, is_hidden)


def _write(tag: str, attributes: Mapping[str, str]) -> str:
    if not attributes:
        return f"<{tag}>"
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag} {written}>"


def _number(name: str, value: str) -> str:
    match = _NUMBER.match(value)
    if not match or int(match[1]) < 0 or (name != "size" and match[1][0] == "+"):
        return ""
    if match[2] == "%":
        return f"{min(int(match[1]), 100)}%"
    return str(min(int(match[1]), _NUMBERS[name]))


def _is_hidden(element) -> bool:
    if element.get("hidden") is not None:
        return True
    return is_hiding(element.get("style") or "")
