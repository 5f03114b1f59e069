"""What is written in the composer, as a chat shows it: text without any markup. Pure.

Lists keep their signs, links their address, and a paragraph the line before it. Pictures within the
text are sent as files, and leave nothing in it.
"""

import re

from lxml import etree, html

__all__ = ["chat_text"]

_LEFT_OUT = {"head", "script", "style", "img", "svg", "title"}
#: Begin on a line of their own; the second ones with an empty line before.
_LINES = {"div", "tr", "li", "dt", "dd", "address", "section", "article", "header", "footer"}
_PARAGRAPHS = {
    "p", "ul", "ol", "dl", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
}  # fmt: skip
_SPACE = re.compile(r"[ \t\r\n\f]+")
#: Depth of what is nested; more is no text of a person.
_DEPTH = 200


def chat_text(source: str) -> str:
    """Return a text in HTML as plain text."""
    if not source or not source.strip():
        return ""
    try:
        tree = html.fragment_fromstring(source, create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    writer = _Writer()
    writer.element(tree, 0)
    return writer.text()


class _Writer:
    """Collects lines."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        #: Behind the sign of a list nothing breaks the line.
        self._is_bullet = False

    def text(self) -> str:
        lines = [line.strip(" ") for line in "".join(self._parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def element(self, node: html.HtmlElement, depth: int) -> None:
        tag = node.tag if isinstance(node.tag, str) else ""
        if not tag or tag in _LEFT_OUT or depth > _DEPTH:
            return
        if tag == "br":
            self._parts.append("\n")
            return
        gap = self._gap(node, tag)
        self._break(gap)
        if tag == "li":
            self._parts.append(_bullet(node))
            self._is_bullet = True
        before = len(self._parts)
        self._say(node.text, tag)
        for child in node:
            self.element(child, depth + 1)
            self._say(child.tail, tag)
        if tag == "a":
            self._address(node.get("href") or "", "".join(self._parts[before:]))
        elif tag in ("td", "th") and node.getnext() is not None:
            self._parts.append(" | ")
        self._break(gap)

    @staticmethod
    def _gap(node: html.HtmlElement, tag: str) -> int:
        """How many lines stand between it and what is around it."""
        if tag in _PARAGRAPHS:
            is_within = any(one.tag in ("li", "td", "th") for one in node.iterancestors())
            return 1 if is_within else 2
        return 1 if tag in _LINES else 0

    def _break(self, lines: int) -> None:
        if not lines or self._is_bullet or not any(part.strip(" ") for part in self._parts):
            return
        end = "".join(self._parts[-4:]).rstrip(" ")
        there = len(end) - len(end.rstrip("\n"))
        self._parts.append("\n" * max(lines - there, 0))

    def _say(self, text: str | None, tag: str) -> None:
        if not text:
            return
        if tag == "pre":
            self._parts.append(text)
            self._is_bullet = False
            return
        words = _SPACE.sub(" ", text)
        end = self._parts[-1][-1:] if self._parts else ""
        if end in ("", "\n", " "):
            words = words.lstrip(" ")
        if words:
            self._parts.append(words)
            self._is_bullet = False

    def _address(self, address: str, label: str) -> None:
        """A link shows where it leads, unless that is what it is called."""
        url = address.strip()
        scheme = url.partition(":")[0].lower()
        if scheme in ("mailto", "tel"):
            url = url.partition(":")[2].partition("?")[0]
        elif scheme not in ("http", "https"):
            return
        shown = label.strip().rstrip("/")
        bare = re.sub(r"^https?://", "", url).rstrip("/")
        if shown not in (url.rstrip("/"), bare):
            self._parts.append(f" ({url})" if shown else url)


def _bullet(node: html.HtmlElement) -> str:
    parent = node.getparent()
    depth = sum(1 for one in node.iterancestors() if one.tag in ("ul", "ol")) - 1
    indent = "\u2003" * max(depth, 0)
    if parent is not None and parent.tag == "ol":
        number = sum(1 for one in node.itersiblings(preceding=True) if one.tag == "li") + 1
        return f"{indent}{number}. "
    return f"{indent}• "
