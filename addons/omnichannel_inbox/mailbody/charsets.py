"""Bytes as text, whatever the mail says that they are. Pure; nothing raises."""

import codecs
import re

__all__ = ["decode", "decode_header_bytes"]

#: Names that programs write and Python does not know, or means more narrowly.
_ALIASES = {
    "iso88591": "cp1252",
    "latin1": "cp1252",
    "iso885911": "cp874",
    "windows874": "cp874",
    "iso88598i": "iso8859-8",
    "iso88596i": "iso8859-6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "xgbk": "gb18030",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "xsjis": "cp932",
    "iso2022jp": "iso2022_jp_ext",
    "ksc56011987": "cp949",
    "euckr": "cp949",
    "big5": "big5hkscs",
    "cp850": "cp850",
    "ibm850": "cp850",
    "dos850": "cp850",
    "windows932": "cp932",
    "windows31j": "cp932",
    "windows936": "gb18030",
    "windows949": "cp949",
    "windows950": "big5hkscs",
    "xmacroman": "mac_roman",
    "macintosh": "mac_roman",
    "utf8mb4": "utf-8",
    "xutf8": "utf-8",
    "unicode11utf8": "utf-8",
    "unicode11utf7": "utf-7",
}
#: Codecs that read text; others (zlib, hex, idna, unicode_escape) are never what a mail means.
_TEXT_CODEC = re.compile(
    r"(?:utf|iso|cp|windows|koi8|mac|big5|gb|euc|shift|johab|hz|tis|ascii|latin|ptcp|kz)"
)
_SINGLE_BYTE = re.compile(r"(?:iso8859|cp125|cp874|koi8|mac|ascii|latin|cp8|cp4|cp7)")
_ISO_2022 = re.compile(rb"\x1b(?:\$[@B(]|\([BJ])")
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CP1252_HOLES = {byte: byte for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def decode(data: bytes, charset: str = "", is_html: bool = False) -> str:
    """Read bytes by what they are declared to be, if they can be that; else by what they look like.

    :param charset: as declared, perhaps wrong, unknown or empty
    :param is_html: look for a declaration inside when there is none outside
    """
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(codec, "replace")
    codec = _codec(charset)
    if not codec and is_html and (match := _META_CHARSET.search(data[:4_000])):
        codec = _codec(match[1].decode("ascii"))
    if codec.startswith(("utf-16", "utf-32")) and data.count(0) * 5 < len(data):
        codec = ""  # said so, but every letter has one byte
    if data.isascii():
        if _ISO_2022.search(data):
            return _strict(data, "iso2022_jp_ext") or data.decode("iso2022_jp_ext", "replace")
        if codec.startswith(("utf-7", "hz")):
            return _strict(data, codec) or data.decode("ascii")
        return data.decode("ascii")
    if not codec or codec == "utf-8" or _SINGLE_BYTE.match(codec):
        text = _strict(data, "utf-8")
        if text is not None:
            return text
        if codec == "utf-8" and _is_mostly_utf8(data):
            return data.decode("utf-8", "replace")
        single = codec if codec and codec not in ("utf-8", "ascii", "cp1252") else ""
        return (single and _strict(data, single)) or _cp1252(data)
    for candidate in (codec, "utf-8"):
        if (text := _strict(data, candidate)) is not None:
            return text
    return data.decode(codec, "replace")


def decode_header_bytes(text: str) -> str:
    """Repair a header read as Latin-1: raw UTF-8 or Windows letters that nobody encoded."""
    return text if text.isascii() else decode(text.encode("latin-1", "replace"))


def _codec(charset: str) -> str:
    """Python's name of a declared character set, empty if it has none."""
    name = charset.strip().strip("\"'").lower()[:40]
    key = re.sub(r"[^a-z0-9]", "", name)
    try:
        codec = codecs.lookup(_ALIASES.get(key, name)).name
    except (LookupError, ValueError, UnicodeError):
        match = re.match(r"(?:utf-?8|(?:windows|cp)-?125\d|iso-?8859-?\d{1,2})", name)
        if not match or match[0] == name:
            return ""
        return _codec(match[0].replace("cp-", "cp"))
    codec = _ALIASES.get(re.sub(r"[^a-z0-9]", "", codec), codec)
    return codec if _TEXT_CODEC.match(codec) else ""


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether a few broken bytes spoil what else is UTF-8 (a letter cut in two)."""
    sample = data[:200_000].decode("utf-8", "replace")
    broken = sample.count("\ufffd")
    letters = sum(1 for char in sample if char > "\x7f") - broken
    return letters > broken


def _cp1252(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(
            chr(byte) if byte in _CP1252_HOLES else bytes((byte,)).decode("cp1252") for byte in data
        )
