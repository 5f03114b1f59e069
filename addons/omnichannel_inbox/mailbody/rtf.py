"""Rich text of Outlook: unpacked, and read. Pure.

The body of a ``winmail.dat`` is RTF in a compression of its own (MS-OXRTFCP), and that RTF often
carries the HTML it was made from (MS-OXRTFEX). What comes out is the HTML if there is one, else the
text.
"""

import re
import struct

from .charsets import decode

__all__ = ["decompress", "read_rtf"]

_PREFILL = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_COMPRESSED = 0x75465A4C
_STORED = 0x414C454D
_WINDOW = 4096
_MAX_SIZE = 20_000_000

_TOKEN = re.compile(
    rb"\\(?:([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|'([0-9a-fA-F]{2})|([^a-zA-Z]))|([{}])|[\r\n]+"
    rb"|([^\\{}\r\n]+)",
    re.DOTALL,
)
#: Groups whose text is not the body's.
_SKIPPED = frozenset(
    b"""fonttbl colortbl stylesheet info pict object themedata datastore latentstyles listtable
    listoverridetable generator xmlnstbl header footer fldinst rsidtbl filetbl revtbl""".split()
)
_TEXTS = {
    b"par": "\n",
    b"line": "\n",
    b"row": "\n",
    b"sect": "\n",
    b"tab": "\t",
    b"cell": "\t",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"bullet": "\u2022",
    b"endash": "\u2013",
    b"emdash": "\u2014",
}


def decompress(data: bytes) -> bytes:
    """Unpack a compressed RTF.

    :raise ValueError: it is none
    """
    if len(data) < 16:
        raise ValueError("too short")
    _packed, size, magic, _crc = struct.unpack_from("<IIII", data)
    if magic == _STORED:
        return data[16 : 16 + size]
    if magic != _COMPRESSED:
        raise ValueError("not a compressed RTF")
    window = bytearray(_PREFILL.ljust(_WINDOW, b"\0"))
    write = len(_PREFILL)
    written = bytearray()
    limit = min(size, _MAX_SIZE)
    position = 16
    while position < len(data) and len(written) < limit:
        control = data[position]
        position += 1
        for bit in range(8):
            if position >= len(data) or len(written) >= limit:
                break
            if not control >> bit & 1:
                chunk = data[position : position + 1]
                position += 1
            else:
                if position + 1 >= len(data):
                    return bytes(written)
                token = data[position] << 8 | data[position + 1]
                position += 2
                offset, length = token >> 4, (token & 0xF) + 2
                if offset == write:
                    return bytes(written)
                chunk = None
            for step in range(1 if chunk else length):
                byte = chunk[0] if chunk else window[(offset + step) % _WINDOW]
                window[write] = byte
                write = (write + 1) % _WINDOW
                written.append(byte)
    return bytes(written)


def read_rtf(data: bytes) -> tuple[str, str]:
    """Return the HTML that an RTF carries, or its text: ``(html, text)``, one of them empty."""
    is_html = b"\\fromhtml" in data[:2_000]
    text = _Reader(is_html).text_of(data[:_MAX_SIZE])
    return (text, "") if is_html else ("", text.strip())


class _Reader:
    """Reads tokens; groups are a stack, nothing recurses."""

    def __init__(self, is_html: bool) -> None:
        self.is_html = is_html
        self.written: list[str] = []
        self.pending = bytearray()
        self.codec = "cp1252"
        #: of each open group: is it skipped, is the text only of the RTF (``htmlrtf``), letters
        #: that stand for a ``\\u``
        self.groups: list[tuple[bool, bool, int]] = []
        self.is_skipped = self.is_rtf_only = False
        self.fallback = 1
        self.to_skip = 0

    def text_of(self, data: bytes) -> str:
        for match in _TOKEN.finditer(data):
            word, number, code, symbol, brace, text = match.groups()
            if brace == b"{":
                self.groups.append((self.is_skipped, self.is_rtf_only, self.fallback))
            elif brace == b"}":
                if self.groups:
                    self.is_skipped, self.is_rtf_only, self.fallback = self.groups.pop()
            elif code:
                self._bytes(bytes((int(code, 16),)))
            elif symbol:
                self._symbol(symbol)
            elif word:
                self._word(word.lower(), int(number) if number else None)
            elif text:
                self._bytes(text)
        self._flush()
        return "".join(self.written)

    def _word(self, word: bytes, number: int | None) -> None:
        if word == b"htmltag" and self.is_html:
            self.is_skipped = False
        elif word in _SKIPPED:
            self.is_skipped = True
        elif word == b"htmlrtf":
            self.is_rtf_only = number != 0
        elif word == b"ansicpg" and number:
            self.codec = f"cp{number}"
        elif word == b"uc" and number is not None:
            self.fallback = min(max(number, 0), 10)
        elif word == b"u" and number is not None:
            self._text(chr(number % 65_536))
            self.to_skip = self.fallback
        elif word in _TEXTS:
            self._text("\r\n" if self.is_html and word == b"par" else _TEXTS[word])

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.is_skipped = True  # a group that those who do not know it leave out
        elif symbol in b"\\{}":
            self._bytes(symbol)
        elif symbol == b"~":
            self._text("\u00a0")
        elif symbol in b"\r\n":
            self._text("\n")

    def _bytes(self, data: bytes) -> None:
        if self.to_skip:
            skipped = min(self.to_skip, len(data))
            self.to_skip -= skipped
            data = data[skipped:]
        if data and not self.is_skipped and not self.is_rtf_only:
            self.pending += data

    def _text(self, text: str) -> None:
        if not self.is_skipped and not self.is_rtf_only:
            self._flush()
            self.written.append(text)

    def _flush(self) -> None:
        if self.pending:
            try:
                self.written.append(self.pending.decode(self.codec))
            except (UnicodeError, LookupError):
                self.written.append(decode(bytes(self.pending)))
            self.pending.clear()
