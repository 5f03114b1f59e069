"""Writes ``winmail.dat`` (MS-OXTNEF), enough to test who reads it."""

import struct


def attribute(level: int, name: int, kind: int, data: bytes) -> bytes:
    checksum = sum(data) & 0xFFFF
    return (
        struct.pack("<BII", level, kind << 16 | name, len(data))
        + data
        + struct.pack("<H", checksum)
    )


def _variable(kind: int, name: int, data: bytes) -> bytes:
    padding = b"\0" * (-len(data) % 4)
    return struct.pack("<HHII", kind, name, 1, len(data)) + data + padding


def text_property(name: int, text: str) -> bytes:
    data = text.encode("utf-16-le") + b"\0\0"
    return _variable(0x1F, name, data)


def binary_property(name: int, data: bytes) -> bytes:
    return _variable(0x102, name, data)


def object_property(name: int, data: bytes) -> bytes:
    return _variable(0x0D, name, b"\x0b" * 16 + data)


def number_property(name: int, number: int) -> bytes:
    return struct.pack("<HHI", 3, name, number)


def named_property(name: int, label: str, text: str) -> bytes:
    """A property with a name of its own, as Outlook puts dozens before those that matter."""
    data = text.encode("utf-16-le") + b"\0\0"
    title = label.encode("utf-16-le") + b"\0\0"
    return (
        struct.pack("<HH", 0x1F, name)
        + b"\x11" * 16
        + struct.pack("<II", 1, len(title))
        + title
        + b"\0" * (-len(title) % 4)
        + struct.pack("<II", 1, len(data))
        + data
        + b"\0" * (-len(data) % 4)
    )


def properties(*items: bytes) -> bytes:
    return struct.pack("<I", len(items)) + b"".join(items)


def tnef(*attributes: bytes) -> bytes:
    code_page = attribute(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    return struct.pack("<IH", 0x223E9F78, 1) + code_page + b"".join(attributes)


def message(*items: bytes) -> bytes:
    return attribute(1, 0x9003, 6, properties(*items))


def file(name: str, data: bytes | None, *items: bytes) -> bytes:
    """A file: short name, data, and properties with its long name."""
    written = attribute(2, 0x9002, 6, b"\0" * 14)
    written += attribute(2, 0x8010, 2, name.encode("cp1252", "replace")[:12] + b"\0")
    if data is not None:
        written += attribute(2, 0x800F, 6, data)
    return written + attribute(2, 0x9005, 6, properties(text_property(0x3707, name), *items))


def stored_rtf(rtf: bytes) -> bytes:
    """RTF in its wrapper, not compressed."""
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


def packed_rtf(rtf: bytes) -> bytes:
    """RTF compressed the simplest way: literals, and the end mark."""
    body = bytearray()
    for start in range(0, len(rtf), 8):
        chunk = rtf[start : start + 8]
        if len(chunk) == 8:
            body += b"\0" + chunk
        else:
            body += bytes((1 << len(chunk),)) + chunk
            end = (207 + len(rtf)) % 4096
            body += bytes((end >> 4, (end & 0xF) << 4))
    if len(rtf) % 8 == 0:
        end = (207 + len(rtf)) % 4096
        body += b"\1" + bytes((end >> 4, (end & 0xF) << 4))
    head = struct.pack("<IIII", len(body) + 12, len(rtf), 0x75465A4C, 0)
    return head + bytes(body)
