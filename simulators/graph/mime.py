"""Letters from MIME, as Exchange takes them apart, and MIME of letters."""

import email
import email.errors
import email.policy
import re
import time
from datetime import datetime, timezone
from email.header import decode_header
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parsedate_to_datetime

from .letter import File, Letter, Person, message_ids

#: Headers that a letter has as fields of its own.
_USUAL = {
    "from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "in-reply-to",
    "references",
}  # fmt: skip
#: Headers that are made anew whenever a letter is written.
_OF_BODIES = {"mime-version", "content-type", "content-transfer-encoding"}
#: What stands in no address and in no name, whatever a mail says.
_NO_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f-\x9f()<>\[\]:;,\\\"]")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]{1,64}@[^\s<>()\[\],;:\"@]{1,255}")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def read(raw):
    """:param bytes raw: of one mail, however broken; :return Letter:
    :raises ValueError: nobody wrote it"""
    # The old policy never refuses a header; what it leaves encoded is decoded here.
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    _mend(message)
    return _letter(message, raw)


def _letter(message, raw=b""):
    senders = _people(message, "From") or _people(message, "Sender")
    letter = Letter(
        sender=senders[0] if senders else Person("unknown@invalid.example"),
        subject=_decoded(message.get("Subject")),
        to=_people(message, "To"),
        cc=_people(message, "Cc"),
        reply_to=_people(message, "Reply-To"),
        message_id=next(iter(message_ids(str(message.get("Message-ID") or ""))), ""),
        in_reply_to=next(iter(message_ids(str(message.get("In-Reply-To") or ""))), ""),
        references=message_ids(str(message.get("References") or "")),
        headers=[
            (name, _decoded(value)) for name, value in message.items() if name.lower() not in _USUAL
        ],
        date=_date(message),
        raw=raw,
    )
    bodies = {"html": [], "text": []}
    _take_apart(message, letter, bodies, is_first=True)
    letter.content_type = "html" if bodies["html"] else "text"
    joint = "<br>" if bodies["html"] else "\r\n"
    letter.content = joint.join(bodies[letter.content_type])
    return letter


def _take_apart(part, letter, bodies, is_first=False):
    """Puts a part and those in it where Exchange puts them: one body, the rest are attachments."""
    kind = part.get_content_type()
    if kind.startswith("message/") and kind != "message/rfc822" and part.is_multipart():
        # A report about deliveries, which Python takes for several messages.
        text = "\r\n".join(inner.as_string() for inner in part.get_payload())
        name = _file_name(part) or _unnamed(kind)
        letter.files.append(File(name=name, content=text.encode(), content_type=kind))
        return
    disposition = (part.get_content_disposition() or "").lower()
    if kind == "message/rfc822":
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        if inner is not None:
            attached = _letter(inner)
            letter.files.append(
                File(
                    name=attached.subject or "message",
                    content=inner.as_bytes(),
                    content_type="message/rfc822",
                    kind="item",
                    letter=attached,
                )
            )
            return
    if part.is_multipart():
        for inner in part.get_payload():
            _take_apart(inner, letter, bodies)
        return
    content = part.get_payload(decode=True) or b""
    name = _file_name(part)
    is_text = kind in ("text/plain", "text/html") and disposition != "attachment" and not name
    if is_text or (is_first and not name and kind.startswith("text/")):
        bodies["html" if kind == "text/html" else "text"].append(
            _guessed(content, part.get_content_charset())
        )
        return
    content_id = str(part.get("Content-ID") or "").strip().strip("<>")
    letter.files.append(
        File(
            name=name or _unnamed(kind),
            content=content,
            content_type=kind,
            content_id=content_id,
            is_inline=disposition == "inline" or bool(content_id and disposition != "attachment"),
        )
    )


def _unnamed(kind):
    if kind == "application/ms-tnef":
        return "winmail.dat"
    return {"text/calendar": "invite.ics", "message/delivery-status": "details.txt"}.get(
        kind, "attachment"
    )


def _decoded(value):
    """:return str: a header, its encoded words read; what cannot be read is replaced"""
    text = str(value or "")
    try:
        pieces = decode_header(text)
    except (email.errors.HeaderParseError, ValueError):
        return " ".join(text.split())
    found = ""
    for piece, charset in pieces:
        found += _guessed(piece, charset) if isinstance(piece, bytes) else piece
    return " ".join(found.split())


def _mend(message):
    """Bytes that no header should have become the letters they were meant to be."""
    for part in message.walk():
        headers = list(part.raw_items())
        if all(str(value).isascii() for _name, value in headers):
            continue
        for name, _value in headers:
            del part[name]
        for name, value in headers:
            part[name] = _guessed(str(value).encode("utf-8", "surrogateescape"))


def _guessed(content, charset=None):
    for candidate in filter(None, (charset, "utf-8")):
        try:
            return content.decode(candidate)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("cp1252", "replace")


def _file_name(part):
    name = part.get_filename()
    return _decoded(name) if name else ""


def _people(message, name):
    found = []
    values = [str(value) for value in message.get_all(name, [])]
    try:
        pairs = getaddresses(values)
    except RecursionError:  # comments within comments; not with every patch level of Python
        pairs = [("", address) for value in values for address in _ADDRESS.findall(value)]
    for shown, address in pairs:
        address = _NO_ADDRESS.sub("", address)
        if re.fullmatch("[^@]+@[^@]+", address):
            found.append(Person(address, _NO_TEXT.sub(" ", _decoded(shown)).strip()))
    return found


def _date(message):
    try:
        return parsedate_to_datetime(str(message["Date"])).timestamp()
    except (TypeError, ValueError, OverflowError):
        return time.time()


def write(letter, headers=()):
    """:param headers: more of them, pairs of str; :return bytes: MIME of a letter"""
    if letter.raw:
        first = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return first.encode() + letter.raw
    people = (letter.sender, *letter.recipients, *letter.reply_to)
    has_foreign = not all(person.address.isascii() for person in people)
    message = EmailMessage(policy=email.policy.SMTPUTF8 if has_foreign else email.policy.SMTP)
    for name, value in (*headers, *letter.headers):
        if name.lower() in _OF_BODIES:
            continue
        message[name] = " ".join(value.split())
    message["From"] = str(letter.sender)
    for name, people in (("To", letter.to), ("Cc", letter.cc), ("Reply-To", letter.reply_to)):
        if people:
            message[name] = ", ".join(map(str, people))
    message["Subject"] = " ".join(letter.subject.split())
    message["Message-ID"] = letter.message_id
    if letter.in_reply_to:
        message["In-Reply-To"] = letter.in_reply_to
    if letter.references:
        message["References"] = " ".join(letter.references)
    message["Date"] = format_datetime(datetime.fromtimestamp(letter.date, timezone.utc))
    message.set_content(letter.text)
    if letter.content_type == "html":
        message.add_alternative(letter.content, subtype="html")
    for file in letter.files:
        if file.kind == "item" and file.letter is not None:
            message.add_attachment(
                email.message_from_bytes(write(file.letter), policy=email.policy.SMTP)
            )
            continue
        kind = file.content_type
        # Python would want messages and multiparts taken apart.
        if not re.fullmatch(r"(?!message|multipart)[\w.+-]+/[\w.+-]+", kind):
            kind = "application/octet-stream"
        main, _slash, sub = kind.partition("/")
        message.add_attachment(
            file.content,
            maintype=main or "application",
            subtype=sub or "octet-stream",
            filename=file.name,
            disposition="inline" if file.is_inline else "attachment",
            cid=f"<{file.content_id}>" if file.content_id else None,
        )
    return message.as_bytes()
