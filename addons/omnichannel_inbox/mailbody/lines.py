"""Pieces of a body as the lines that a person reads. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .sanitize import BLOCKS, END, START, TEXT, Piece

__all__ = ["Line", "lines_of_pieces", "lines_of_text", "text_of"]

_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote"})
_QUOTE_MARK = re.compile(
    r"\b(?:gmail_quote|type-cite|border-left|yahoo_quoted|protonmail_quote|zmail_extra"
    r"|bloop_original_html|moz-cite-prefix|gmail_extra_quote)\b"
)
_CUT_MARK = re.compile(
    r"(?:divRplyFwdMsg|mail-editor-reference-message-container|OLK_SRC_BODY_SECTION"
    r"|ms-outlook-mobile-reference-message|appendonsend|replySplit|history_container)"
)
_TIGHT = re.compile(r"\bMso|margin:0")


@dataclass(slots=True)
class Line:
    """A line and where it stands."""

    text: str
    start: int
    """Index of its first piece (or line of a text)."""
    end: int
    """Index of its last one."""
    is_quoted: bool = False
    """Marked as a quote by the program that wrote it."""
    in_block: bool = False
    """Within a ``blockquote`` that may be a quote or only an indentation."""
    is_cut: bool = False
    """The program that wrote it says that the quoted mail begins here."""
    has_image: bool = False

    @property
    def is_blank(self) -> bool:
        return not self.text and not self.has_image


class _Reader:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.words: list[str] = []
        self.start = -1
        self.end = -1
        self.has_image = False
        self.quotes = self.blocks = self.preformatted = 0
        self.cut = False

    def lines_of(self, pieces: Sequence[Piece]) -> list[Line]:
        closing: list[tuple[int, int, int]] = []
        for index, piece in enumerate(pieces):
            if piece.kind == TEXT:
                if not piece.is_hidden:
                    self._text(index, piece.text)
                continue
            if piece.kind == START:
                self._boundary(piece)
                counts = self._counts(piece)
                closing.append(counts)
                self._add(counts, 1)
                if _CUT_MARK.search(piece.mark):
                    self.cut = True
            elif piece.kind == END:
                self._boundary(piece)
                self._add(closing.pop(), -1)
            elif piece.tag == "br":
                self._break(keep=True)
            elif piece.tag == "hr":
                self._break()
            elif piece.tag == "img" and not piece.is_hidden:
                self._touch(index)
                self.has_image = True
                if piece.text:
                    self.words.append(f"[{piece.text}]")
        self._break()
        return self.lines

    @staticmethod
    def _counts(piece: Piece) -> tuple[int, int, int]:
        is_quote = bool(_QUOTE_MARK.search(piece.mark)) and (
            piece.tag == "blockquote" or "gmail_quote" not in piece.mark
        )
        is_preformatted = piece.tag == "pre" or "white-space:pre" in piece.html
        return int(is_quote), int(piece.tag == "blockquote"), int(is_preformatted)

    def _add(self, counts: tuple[int, int, int], sign: int) -> None:
        self.quotes += sign * counts[0]
        self.blocks += sign * counts[1]
        self.preformatted += sign * counts[2]

    def _boundary(self, piece: Piece) -> None:
        if piece.tag in ("td", "th"):
            if self.words and piece.kind == START:
                self.words.append("\t")
        elif piece.tag in BLOCKS:
            self._break()
            if piece.tag in _SPACED and not _TIGHT.search(piece.html + piece.mark):
                self._gap()
            if piece.tag == "li" and piece.kind == START:
                self.words.append("- ")

    def _gap(self) -> None:
        if self.lines and not self.lines[-1].is_blank:
            end = self.lines[-1].end
            self.lines.append(Line("", end, end, self.lines[-1].is_quoted))

    def _touch(self, index: int) -> None:
        if self.start < 0:
            self.start = index
        self.end = index

    def _text(self, index: int, text: str) -> None:
        if self.preformatted:
            first, *others = text.split("\n")
            self._word(index, first)
            for other in others:
                self._break(keep=True)
                self._word(index, other)
        else:
            self._word(index, text)

    def _word(self, index: int, text: str) -> None:
        if text.strip():
            self._touch(index)
        self.words.append(text)

    def _break(self, keep: bool = False) -> None:
        """End the line; an empty one counts only when it was asked for."""
        tabs = "".join(self.words)
        text = "\t".join(_clean(part) for part in tabs.split("\t")).strip() if tabs else ""
        if text and text != "-" or self.has_image:
            is_quoted = self.quotes > 0 or text.startswith(">")
            line = Line(text, self.start, self.end, is_quoted, self.blocks > 0, self.cut)
            line.has_image = self.has_image
            self.lines.append(line)
            self.cut = False
        elif keep and self.lines:
            end = self.lines[-1].end
            self.lines.append(Line("", end, end, self.quotes > 0))
        self.words, self.start, self.end, self.has_image = [], -1, -1, False


def lines_of_pieces(pieces: Sequence[Piece]) -> list[Line]:
    """The lines of a body, without what is hidden."""
    return _Reader().lines_of(pieces)


def lines_of_text(text: str) -> list[Line]:
    """The lines of a plain text."""
    return [
        Line(stripped, number, number, stripped.startswith(">"))
        for number, line in enumerate(text.split("\n"))
        for stripped in (_INVISIBLE.sub("", line).strip(),)
    ]


def text_of(lines: Iterable[Line]) -> str:
    """Lines as a text, never more than one empty one in a row."""
    written: list[str] = []
    for line in lines:
        text = line.text
        if text or (written and written[-1]):
            written.append(text)
    return "\n".join(written).strip()


def _clean(text: str) -> str:
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()
