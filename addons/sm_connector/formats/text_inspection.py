"""One quick pass over the bytes of a text file, so that reading needs no check per cell."""

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from .base import FileError, FormatOptions

CHUNK = 1 << 20
# A line longer than two windows leaves at least one window without any line end.
WINDOW = 1 << 15

_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_ASCII = bytes(range(0x80))
_LINE_END = re.compile(rb"\r\n|\n|\r")
_SIGNATURES = (
    (b"PK\x03\x04", "an Excel workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF file"),
)
_RESEND = "Nothing was changed. Export it again as UTF-8 or Windows-1252 (cp1252)."


@dataclass(frozen=True)
class TextFacts:
    """What the first pass found out about the whole file."""

    encoding: str
    has_nul: bool
    long_lines: bool
    ends_with_newline: bool


def inspect_text(stream: BinaryIO, name: str, options: FormatOptions) -> TextFacts:
    """Find the encoding and check every byte against it; the stream is left at its start.

    :raises FileError: causes ``format`` and ``encoding``
    """
    head = stream.read(4096)
    _refuse_binary(head, name)
    encoding = options.encoding.lower()
    if encoding == "auto" or not encoding.replace("-", "").startswith("utf16"):
        _refuse_utf16(head, name)
    if encoding == "auto":
        encoding = _detect(stream, name, head)
    else:
        _check_explicit(stream, name, encoding)
        if encoding in ("utf-8", "utf8") and head.startswith(codecs.BOM_UTF8):
            encoding = "utf-8-sig"
    has_nul = long_lines = False
    last = b""
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        has_nul = has_nul or b"\0" in chunk
        long_lines = long_lines or _has_long_line(chunk)
        last = chunk[-2:]
    stream.seek(0)
    return TextFacts(encoding, has_nul, long_lines, last.rstrip(b"\0").endswith((b"\n", b"\r")))


def _refuse_binary(head: bytes, name: str) -> None:
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise FileError(
                name,
                "format",
                f"this is {what}, not a CSV text file",
                "Set the format of the feed, or export the file as CSV.",
            )


def _refuse_utf16(head: bytes, name: str) -> None:
    """UTF-16 has a byte order mark, or a NUL in every second byte of latin text."""
    bom = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    half = len(head) // 2
    zeros = max(head[0::2].count(0), head[1::2].count(0))
    if bom or (half >= 4 and zeros > half // 2):
        raise FileError(name, "encoding", "the file is written in UTF-16", _RESEND, 1)


def _has_long_line(chunk: bytes) -> bool:
    return any(
        chunk.find(b"\n", start, start + WINDOW) < 0
        for start in range(0, len(chunk) - WINDOW + 1, WINDOW)
    )


def _detect(stream: BinaryIO, name: str, head: bytes) -> str:
    """UTF-8 when the whole file is valid UTF-8, else Windows-1252."""
    bad = _first_undecodable(stream, "utf-8")
    if head.startswith(codecs.BOM_UTF8):
        if bad is not None:
            raise _bad_byte(stream, name, "UTF-8 (the file starts with its mark)", bad)
        return "utf-8-sig"
    if bad is None:
        return "utf-8"
    # One damaged byte must not turn every accent of a UTF-8 file into two wrong letters.
    sequences, strays = _count_utf8(stream, bad + CHUNK)
    if sequences > strays:
        raise _bad_byte(stream, name, "UTF-8 (like the rest of the file)", bad)
    bad = _first_undecodable(stream, "cp1252")
    if bad is not None:
        raise _bad_byte(stream, name, "UTF-8 nor Windows-1252", bad)
    return "cp1252"


def _check_explicit(stream: BinaryIO, name: str, encoding: str) -> None:
    try:
        bad = _first_undecodable(stream, encoding)
    except LookupError:
        raise FileError(
            name,
            "encoding",
            f"the encoding “{encoding}” set on the feed is not known",
            "Use auto, utf-8 or cp1252.",
        ) from None
    if bad is not None:
        raise _bad_byte(stream, name, encoding, bad)


def _first_undecodable(stream: BinaryIO, encoding: str) -> int | None:
    """Return the offset of the first byte that is not valid, or None."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset = 0
    stream.seek(0)
    while True:
        chunk = stream.read(CHUNK)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            held_back = len(error.object) - len(chunk)
            return offset - held_back + error.start
        except UnicodeError:  # some codecs only say that they fail, not where
            return offset
        if not chunk:
            return None
        offset += len(chunk)


def _count_utf8(stream: BinaryIO, end: int) -> tuple[int, int]:
    """Count valid multi-byte sequences, and bytes ≥ 0x80 that belong to none, up to ``end``."""
    sequences = strays = 0
    stream.seek(0)
    while end > 0 and (chunk := stream.read(min(CHUNK, end))):
        end -= len(chunk)
        rest, found = _UTF8_SEQUENCE.subn(b"", chunk)
        sequences += found
        strays += len(rest.translate(None, _ASCII))
    return sequences, strays


def _bad_byte(stream: BinaryIO, name: str, encoding: str, offset: int) -> FileError:
    line, left = 1, offset
    stream.seek(0)
    while left > 0 and (chunk := stream.read(min(CHUNK, left))):
        left -= len(chunk)
        line += len(_LINE_END.findall(chunk))
    stream.seek(offset)
    byte = stream.read(1)
    return FileError(
        name,
        "encoding",
        f"byte 0x{byte.hex()} at position {offset:,} is not {encoding}",
        _RESEND,
        line,
    )
