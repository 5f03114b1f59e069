"""Text parts that are not plain plain text: format=flowed, uuencoded files within. Pure."""

import binascii
import re

__all__ = ["extract_uuencoded", "unflow"]

_BEGIN = re.compile(r"^begin(?:-base64)? [0-7]{3,4} (\S[^\r\n]{0,250})\r?$", re.MULTILINE)
_END = re.compile(r"^(?:end|====)[ \t]*\r?$", re.MULTILINE)


def unflow(text: str, delsp: bool = False) -> str:
    """Join the lines that only a mail program broke (RFC 3676)."""
    written: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for raw in text.split("\n"):
        line = raw.rstrip("\r")
        content = line.lstrip(">")
        quoted = len(line) - len(content)
        content = content[1:] if content.startswith(" ") else content
        is_flowing = content.endswith(" ") and content != "-- "
        if paragraph and (quoted != depth or content == "-- "):
            written.append(_prefix(depth) + "".join(paragraph))
            paragraph = []
        depth = quoted
        paragraph.append(content[:-1] if is_flowing and delsp else content)
        if not is_flowing:
            written.append(_prefix(depth) + "".join(paragraph))
            paragraph = []
    if paragraph:
        written.append(_prefix(depth) + "".join(paragraph))
    return "\n".join(written)


def _prefix(depth: int) -> str:
    return ">" * depth + " " if depth else ""


def extract_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Take files out of a text (``begin 644 name`` … ``end``): the text without them, the files.

    What only looks like one stays where it is.
    """
    files: list[tuple[str, bytes]] = []
    kept: list[str] = []
    position = 0
    while begin := _BEGIN.search(text, position):
        end = _END.search(text, begin.end())
        if not end:
            break
        try:
            content = _decode(begin[0], text[begin.end() : end.start()])
        except (binascii.Error, ValueError):
            kept.append(text[position : end.end()])
            position = end.end()
            continue
        files.append((begin[1].strip(), content))
        kept.append(text[position : begin.start()])
        position = end.end()
    kept.append(text[position:])
    return ("".join(kept) if files else text), files


def _decode(begin: str, body: str) -> bytes:
    if begin.startswith("begin-base64"):
        return binascii.a2b_base64(body)
    decoded: list[bytes] = []
    for line in body.splitlines():
        if not line.strip():
            continue
        length = ((ord(line[0]) - 32) & 63) * 4 // 3
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            # programs pad a line with what they find
            decoded.append(binascii.a2b_uu(line[: 1 + (length + 3) // 4 * 4]))
    return b"".join(decoded)
