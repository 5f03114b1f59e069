"""A mail as it lies on the wire, taken apart into its parts. Pure.

Why not :mod:`email`: its tree recurses as deep as a sender likes, it refolds what it returns, and
an attached mail has to come out byte for byte. Here every part is a slice of the original.
"""

import binascii
import quopri
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from .charsets import decode, decode_header_bytes
from .limits import MAX_HEADER, MAX_HEADERS, MAX_PARTS

__all__ = ["Part", "decode_words", "parameters", "split_parts"]

_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_LINE_END = re.compile(rb"\r?\n")
_FOLD = re.compile(r"[\r\n]+[ \t]*|[\r\n]")
_SNIFFED = re.compile(rb"(?:\A|\n)--([^\s]{1,200})[ \t]*\r?\n(?=[\w-]{2,60}:)")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bqBQ])\?([^?\n]{0,20000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(=\?[^?\s]{1,60}\?[bqBQ]\?)")
_PARAMETER = re.compile(
    r";[\s;]*([\w!#$%&'*+.^`|~-]{1,100})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.DOTALL
)
_CONTINUED = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?")
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]*={0,2}\s*")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


@dataclass(slots=True)
class Part:
    """A part of a mail."""

    headers: list[tuple[str, str]]
    """Unfolded, undecoded; bytes above ASCII as the Latin-1 letters of the same number."""
    body: bytes = field(repr=False, default=b"")
    """As it stands in the mail, still encoded."""
    is_default_rfc822: bool = False
    """Within ``multipart/digest``: a mail when it says nothing else."""
    content_type: str = field(init=False)
    parameters: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        value = self.header("content-type")
        self.parameters = parameters(value)
        kind = value.partition(";")[0].strip().lower().split(" ")[0]
        default = "message/rfc822" if self.is_default_rfc822 else "text/plain"
        if kind in ("text", "html", "text/", "plain"):
            kind = "text/html" if kind == "html" else "text/plain"
        elif not re.fullmatch(r"[\w.+-]{1,100}/[\w.+-]{1,100}", kind):
            kind = "application/octet-stream" if self.filename else default
        self.content_type = kind

    def header(self, name: str) -> str:
        """The first header of that name (in lower case), empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def header_text(self, name: str) -> str:
        return decode_words(self.header(name))

    @property
    def disposition(self) -> str:
        return self.header("content-disposition").partition(";")[0].strip().lower()

    @property
    def filename(self) -> str:
        """As the sender wrote it: paths and controls are still in it."""
        return parameters(self.header("content-disposition")).get("filename") or (
            self.parameters.get("name", "")
        )

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")

    def payload(self) -> bytes:
        """The body decoded, as far as it can be."""
        encoding = self.header("content-transfer-encoding").strip().lower().strip("\"'; ")
        if encoding.startswith("base64"):
            return _base64(self.body, is_text=self.content_type.startswith("text/"))
        if encoding.startswith("quoted"):
            return quopri.decodestring(self.body)
        return self.body

    def children(self) -> list["Part"]:
        """The parts within a multipart; none when its boundary cannot be found."""
        body = self.body
        if self.header("content-transfer-encoding").strip().lower() in (
            "base64",
            "quoted-printable",
        ):
            # forbidden, and done: the boundary is seen only after decoding
            decoded = self.payload()
            body = decoded if b"--" in decoded else body
        boundary = self.parameters.get("boundary", "").encode("latin-1", "replace").rstrip()
        chunks = _split(body, boundary) if boundary else []
        if not chunks and (match := _SNIFFED.search(body)):
            chunks = _split(body, match[1])
        is_digest = self.content_type == "multipart/digest"
        return [split_parts(chunk, is_digest) for chunk in chunks]


def split_parts(data: bytes, is_default_rfc822: bool = False, is_root: bool = False) -> Part:
    """Take the head off a mail or a part; its body is looked at when it is asked for.

    :param is_root: a whole mail, whose head may have empty lines above it
    """
    if is_root and data[:1] in b"\r\n" and _starts_with_header(data):
        data = data.lstrip(b"\r\n")
    headers, body = _split_head(data)
    return Part(headers, body, is_default_rfc822)


def decode_words(text: str) -> str:
    """A header as a person reads it (RFC 2047, and what programs make of it)."""
    if not text:
        return ""
    text = _FOLD.sub(" ", text)
    if "=?" not in text:
        return decode_header_bytes(text).strip()
    text = _BETWEEN_WORDS.sub(r"\1\2", text)
    written: list[str] = []
    pending: list[bytes] = []
    charset = ""
    position = 0
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        name = match[1].partition("*")[0].lower()
        if pending and (between or name != charset):
            written.append(decode(b"".join(pending), charset))
            pending = []
        if between:
            written.append(decode_header_bytes(between))
        charset = name
        # letters are cut in two between words by many programs: joined before they are read
        pending.append(_word_bytes(match[2], match[3]))
        position = match.end()
    if pending:
        written.append(decode(b"".join(pending), charset))
    written.append(decode_header_bytes(text[position:]))
    return _FOLD.sub(" ", "".join(written)).strip()


def parameters(value: str) -> dict[str, str]:
    """Parameters of a header, decoded (RFC 2231, RFC 2047 in quotes, raw bytes)."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, raw in _PARAMETER.findall(f";{value.partition(';')[2]}"[:MAX_HEADER]):
        raw = raw.strip()
        if raw[:1] == '"':
            raw = raw[1:-1] if raw[-1:] == '"' and len(raw) > 1 else raw[1:]
            raw = raw.replace('\\"', '"').replace("\\\\", "\\")
        match = _CONTINUED.fullmatch(name.lower())
        if match[2] is None and match[3] is None:
            plain.setdefault(match[1], decode_words(raw))
        else:
            number = int(match[2] or 0)
            pieces.setdefault(match[1], {}).setdefault(number, (raw, match[3] is not None))
    for name, numbered in pieces.items():
        plain[name] = _join_continued([numbered[number] for number in sorted(numbered)])
    return plain


def _join_continued(values: list[tuple[str, bool]]) -> str:
    charset = ""
    first, is_encoded = values[0]
    if is_encoded and first.count("'") >= 2:
        charset, _language, first = first.split("'", 2)
        values = [(first, True), *values[1:]]
    data = b"".join(
        unquote_to_bytes(raw.encode("latin-1", "replace"))
        if encoded
        else raw.encode("latin-1", "replace")
        for raw, encoded in values
    )
    text = decode(data, charset)
    return decode_words(text) if "=?" in text else text


def _split_head(data: bytes) -> tuple[list[tuple[str, str]], bytes]:
    if b"\n" not in data[:10_000] and b"\r" in data[:10_000]:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    headers: list[tuple[str, list[str]]] = []
    position = 0
    while position < len(data):
        match = _LINE_END.search(data, position)
        end = match.start() if match else len(data)
        following = match.end() if match else len(data)
        line = data[position:end]
        if not line.strip():
            position = following
            break
        if line[:1] in b" \t" and headers:
            headers[-1][1].append(line.strip().decode("latin-1"))
        elif found := _HEADER.fullmatch(line):
            if len(headers) < MAX_HEADERS:
                headers.append((found[1].decode("latin-1"), [found[2].strip().decode("latin-1")]))
        elif not (position == 0 and line.startswith((b"From ", b">From "))):
            break  # the empty line is missing: this is text already
        position = following
    return [(name, " ".join(lines)) for name, lines in headers], data[position:]


def _starts_with_header(data: bytes) -> bool:
    start = data[:2_000].lstrip(b"\r\n")
    return bool(_HEADER.match(start.partition(b"\n")[0]))


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """What lies between boundaries; a missing last one ends with the mail.

    Of more than :data:`MAX_PARTS`, all that is left is the last one.
    """
    pattern = re.compile(
        rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)", re.DOTALL
    )
    chunks: list[bytes] = []
    start = -1
    for match in pattern.finditer(body):
        if start >= 0:
            if len(chunks) == MAX_PARTS - 1:
                break
            chunks.append(body[start : match.start()])
        start = -1 if match[1] else match.end()
        if match[1]:
            break
    if start >= 0 and body[start:].strip():
        chunks.append(body[start:])
    return [_without_first_line_end(chunk) for chunk in chunks]


def _without_first_line_end(chunk: bytes) -> bytes:
    match = _LINE_END.match(chunk)
    return chunk[match.end() :] if match else chunk


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("latin-1", "replace")
    if encoding in "bB":
        return _base64(data)
    return quopri.decodestring(data.replace(b"_", b" "), header=False)


def _base64(data: bytes, is_text: bool = False) -> bytes:
    """Decode what programs call Base64: unpadded, in pieces, with a footer glued to it."""
    if _BASE64.fullmatch(data):
        return _segment(b"".join(data.split()))
    if is_text and not _looks_encoded(data):
        return data  # it says so, and is plain text
    decoded: list[bytes] = []
    pending: list[bytes] = []
    is_padded = False
    for line in data.splitlines():
        line = line.strip()
        if not line:
            continue
        if not _BASE64_LINE.fullmatch(line):
            if is_padded:
                break  # a footer
            line = _NOT_BASE64.sub(b"", line)
        if is_padded:
            decoded.append(_segment(b"".join(pending)))
            pending = []
        pending.append(line)
        is_padded = line.endswith(b"=")
    decoded.append(_segment(b"".join(pending)))
    return b"".join(decoded)


def _looks_encoded(data: bytes) -> bool:
    sample = data.lstrip()[:10_000]
    first = sample.partition(b"\n")[0].strip()
    if _BASE64_LINE.fullmatch(first) and len(first) >= 16:
        return True
    sample = b"".join(sample.split()).replace(b"=", b"")
    return len(_NOT_BASE64.findall(sample)) * 20 <= len(sample)


def _segment(data: bytes) -> bytes:
    data = data.rstrip(b"=")
    if len(data) % 4 == 1:
        data = data[:-1]
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return binascii.a2b_base64(_NOT_BASE64.sub(b"", data) + b"==")
