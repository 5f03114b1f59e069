"""Mails made by hand: the standard library would repair what has to stay broken."""

import base64
import quopri
from collections.abc import Iterable

DATE = "Thu, 19 Nov 2026 10:15:00 +0100"


def head(*lines: str | bytes) -> bytes:
    return b"".join(
        (line if isinstance(line, bytes) else line.encode()) + b"\r\n" for line in lines
    )


def part(
    content: bytes | str,
    content_type: str = "text/plain; charset=utf-8",
    encoding: str = "8bit",
    *more: str | bytes,
) -> bytes:
    """Head and body of a part, encoded as it says."""
    data = content.encode() if isinstance(content, str) else content
    if encoding == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data)
    lines = [f"Content-Type: {content_type}"] if content_type else []
    if encoding:
        lines.append(f"Content-Transfer-Encoding: {encoding}")
    return head(*lines, *more) + b"\r\n" + data


def multipart(subtype: str, parts: Iterable[bytes], boundary: str, *parameters: str) -> bytes:
    """Head and body of a multipart."""
    more = "".join(f"; {parameter}" for parameter in parameters)
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), item) for item in parts)
    return (
        head(f'Content-Type: multipart/{subtype}; boundary="{boundary}"{more}')
        + b"\r\n"
        + body
        + b"--%s--\r\n" % boundary.encode()
    )


def attachment(
    data: bytes, name: str, content_type: str = "application/octet-stream", *more: str | bytes
) -> bytes:
    disposition = f'Content-Disposition: attachment; filename="{name}"'
    return part(data, content_type, "base64", disposition, *more)


def mail(
    content: bytes,
    subject: str | bytes = "Question",
    sender: str | bytes = "Anne Petit <anne@example.com>",
    *more: str | bytes,
    date: str = DATE,
    number: int = 0,
) -> bytes:
    """A whole mail: a head before what :func:`part` or :func:`multipart` made."""
    lines: list[str | bytes] = [b"From: " + _bytes(sender), "To: shop@example.org"]
    lines.append(b"Subject: " + _bytes(subject))
    if date:
        lines.append(f"Date: {date}")
    if number:
        lines.append(f"Message-ID: <{number}@mail.example.com>")
    return head(*lines, "MIME-Version: 1.0", *more) + content


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
