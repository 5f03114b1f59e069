"""``winmail.dat``: what Outlook packs a mail into when it takes the receiver for Outlook. Pure.

Reads what a person misses: the files, and the text. Published as MS-OXTNEF.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from .charsets import decode
from .rtf import decompress, read_rtf

__all__ = ["Tnef", "TnefError", "TnefFile", "read_tnef"]

_SIGNATURE = 0x223E9F78
_MAX_FILES = 500
_MAX_PROPERTIES = 5_000
_MAX_VALUES = 1_000
_MAX_DEPTH = 5

# attributes
_SUBJECT, _BODY = 0x8004, 0x800C
_FILE_DATA, _FILE_TITLE, _FILE_BEGINS = 0x800F, 0x8010, 0x9002
_MESSAGE_PROPERTIES, _FILE_PROPERTIES, _CODE_PAGE = 0x9003, 0x9005, 0x9007
# properties
_P_SUBJECT, _P_BODY, _P_RTF, _P_HTML = 0x0037, 0x1000, 0x1009, 0x1013
_P_DATA, _P_FILE_NAME, _P_LONG_NAME, _P_MIME, _P_CID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_P_DISPLAY_NAME = 0x3001
# types
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_FIXED = {
    0x02: 2, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 2, 0x14: 8, 0x40: 8,
    0x48: 16,
}  # fmt: skip
_MULTI = 0x1000
_NAMED = 0x8000


class TnefError(ValueError):
    """It is not TNEF, or so broken that nothing can be taken from it."""


@dataclass(slots=True)
class TnefFile:
    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    subject: str = ""
    html: str = ""
    text: str = ""
    files: list[TnefFile] = field(default_factory=list)
    is_whole: bool = True
    """Everything in it could be read to the end."""


def read_tnef(data: bytes, depth: int = 0) -> Tnef:
    """Take files and text out of a ``winmail.dat``.

    :raise TnefError: nothing can be read
    """
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        raise TnefError("not TNEF")
    tnef = Tnef()
    codec = "cp1252"
    for attribute, value in _attributes(data, tnef):
        if attribute == _CODE_PAGE and len(value) >= 4:
            codec = f"cp{struct.unpack_from('<I', value)[0]}"
        elif attribute == _SUBJECT:
            tnef.subject = _string(value, codec)
        elif attribute == _BODY:
            tnef.text = _string(value, codec)
        elif attribute == _MESSAGE_PROPERTIES:
            _read_message(tnef, value, codec)
        elif attribute == _FILE_BEGINS:
            if len(tnef.files) >= _MAX_FILES:
                tnef.is_whole = False
                break
            tnef.files.append(TnefFile())
        elif tnef.files:
            _read_file(tnef, attribute, value, codec, depth)
    if not (tnef.files or tnef.html or tnef.text or tnef.subject):
        raise TnefError("empty")
    return tnef


def _attributes(data: bytes, tnef: Tnef) -> Iterator[tuple[int, bytes]]:
    position = 6
    while position + 9 <= len(data):
        _level, attribute, length = struct.unpack_from("<BII", data, position)
        value = data[position + 9 : position + 9 + length]
        if len(value) < length:
            tnef.is_whole = False
            return
        position += 9 + length + 2
        yield attribute & 0xFFFF, value
    tnef.is_whole = tnef.is_whole and position == len(data)


def _read_message(tnef: Tnef, value: bytes, codec: str) -> None:
    for name, content in _properties(value, codec, tnef):
        if name == _P_SUBJECT and isinstance(content, str):
            tnef.subject = content
        elif name == _P_BODY and isinstance(content, str):
            tnef.text = content
        elif name == _P_HTML:
            tnef.html = content if isinstance(content, str) else decode(content, is_html=True)
        elif name == _P_RTF and isinstance(content, bytes) and not tnef.html:
            try:
                html, text = read_rtf(decompress(content))
            except ValueError:
                tnef.is_whole = False
                continue
            tnef.html = html
            tnef.text = tnef.text or text


def _read_file(tnef: Tnef, attribute: int, value: bytes, codec: str, depth: int) -> None:
    current = tnef.files[-1]
    if attribute == _FILE_TITLE:
        current.name = current.name or _string(value, codec)
    elif attribute == _FILE_DATA:
        current.content = value
    elif attribute == _FILE_PROPERTIES:
        for name, content in _properties(value, codec, tnef):
            if name == _P_LONG_NAME and isinstance(content, str):
                current.name = content or current.name
            elif name in (_P_FILE_NAME, _P_DISPLAY_NAME) and isinstance(content, str):
                current.name = current.name or content
            elif name == _P_MIME and isinstance(content, str):
                current.content_type = content
            elif name == _P_CID and isinstance(content, str):
                current.content_id = content
            elif name == _P_DATA and isinstance(content, bytes) and not current.content:
                _read_object(tnef, current, content, depth)


def _read_object(tnef: Tnef, current: TnefFile, content: bytes, depth: int) -> None:
    """The data of a file, which may be a mail of its own: its files come out beside it."""
    inner = content[16:]
    current.content = content
    if depth >= _MAX_DEPTH or inner[:4] != struct.pack("<I", _SIGNATURE):
        return
    current.content = inner
    try:
        nested = read_tnef(inner, depth + 1)
    except TnefError:
        return
    body = nested.html or nested.text
    current.content = body.encode()
    current.content_type = "text/html" if nested.html else "text/plain"
    stem = current.name or nested.subject or "message"
    current.name = f"{stem}.html" if nested.html else f"{stem}.txt"
    tnef.files[-1:-1] = nested.files
    tnef.is_whole = tnef.is_whole and nested.is_whole


def _properties(data: bytes, codec: str, tnef: Tnef) -> Iterator[tuple[int, str | bytes]]:
    """Values of MAPI properties which are text or bytes, by their id."""
    try:
        (count,) = struct.unpack_from("<I", data)
        position = 4
        for _number in range(min(count, _MAX_PROPERTIES)):
            kind, name = struct.unpack_from("<HH", data, position)
            position += 4
            if name >= _NAMED:
                position = _skip_name(data, position)
            values = 1
            is_multi = bool(kind & _MULTI)
            kind &= ~_MULTI
            if is_multi or kind in (_STRING8, _UNICODE, _OBJECT, _BINARY):
                (values,) = struct.unpack_from("<I", data, position)
                position += 4
            for _value in range(min(values, _MAX_VALUES)):
                if kind in _FIXED:
                    position += max(4, _FIXED[kind])
                    continue
                if kind not in (_STRING8, _UNICODE, _OBJECT, _BINARY):
                    raise ValueError(f"type {kind:#x}")
                (length,) = struct.unpack_from("<I", data, position)
                content = data[position + 4 : position + 4 + length]
                if len(content) < length:
                    raise ValueError("cut off")
                position += 4 + length + (-length % 4)
                if kind == _STRING8:
                    yield name, _string(content, codec)
                elif kind == _UNICODE:
                    yield name, content.decode("utf-16-le", "replace").rstrip("\0")
                else:
                    yield name, content
    except (struct.error, ValueError):
        tnef.is_whole = False


def _skip_name(data: bytes, position: int) -> int:
    (is_string,) = struct.unpack_from("<I", data, position + 16)
    position += 20
    if not is_string:
        return position + 4
    (length,) = struct.unpack_from("<I", data, position)
    return position + 4 + length + (-length % 4)


def _string(value: bytes, codec: str) -> str:
    return decode(value.rstrip(b"\0"), codec)
