"""A mail as bytes → :class:`Inbound`. Pure; whatever comes is read as far as it can be.

Nothing is lost: what is not the text that is shown is an attachment, byte for byte; what cannot be
taken apart is an attachment whole.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import mktime_tz, parsedate_tz
from html import escape

from ..providers.base import Address, Attachment, Inbound
from .addresses import count_addresses, read_addresses
from .calendar import summarize
from .charsets import decode
from .filenames import clean_name
from .flowed import extract_uuencoded, unflow
from .headers import (
    TRUSTED_HOSTS,
    failed_recipients,
    is_authenticated,
    is_automatic,
    is_bounce,
    message_ids,
    original_message_id,
)
from .limits import (
    MAX_FILES,
    MAX_HEADER,
    MAX_NESTING,
    MAX_PARTS,
    MAX_RECIPIENTS,
    MAX_REFERENCES,
    MAX_TEXT,
)
from .parts import Part, decode_words, split_parts
from .tnef import TnefError, read_tnef

__all__ = ["TNEF_TYPES", "WORDS", "parse_mime"]

#: What is said in the text of a mail about the mail; give :func:`parse_mime` translated ones.
WORDS = {
    "encrypted": "This message is encrypted. Its content is in the attached file.",
    "recipients": "Sent to %(count)s recipients, of whom %(kept)s are kept.",
}
#: Other dresses of a text that is there anyway.
_SAME_TEXT = frozenset({"text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext"})
#: Types of ``winmail.dat``.
TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_ENCRYPTED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_HTML = re.compile(r"\s*(?:<!doctype html|<html[\s>]|<head[\s>]|<body[\s>])", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[a-zA-Z!/]")
_CID = re.compile(r"cid:([^\s\"'<>)]{1,300})", re.IGNORECASE)
_NEW_LINE = re.compile(r"\r\n?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SLASHES = re.compile(r"[/\\]")
_BIDI = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OLDEST = datetime(1990, 1, 1)
_AHEAD = timedelta(days=1)


def parse_mime(
    data: bytes,
    *,
    now: datetime | None = None,
    words: Mapping[str, str] | None = None,
    trusted_hosts: Sequence[str] = TRUSTED_HOSTS,
) -> Inbound:
    """Read a mail. Never raises for what is in it.

    Of a bounce, the addresses not reached come as the header ``X-Failed-Recipients``, and the
    Message-Id of the mail that is returned as the first of ``references``.

    :param now: naive UTC, taken for a date that is missing or cannot be
    :param words: what is said about the mail, see :data:`WORDS`
    :param trusted_hosts: our receiving servers, whose ``Authentication-Results`` count
    """
    words = words or WORDS
    now = now or datetime.now(timezone.utc).replace(tzinfo=None)
    root = split_parts(data, is_root=True)
    content = _Reader(words).content_of(root)
    if len(content.attachments) > MAX_FILES:
        del content.attachments[MAX_FILES:]
        content.attach("original.eml", data, "message/rfc822")
    headers = tuple(
        # those that list a thousand addresses are cut first
        (name, decode_words(value[: MAX_HEADER * 2])[:MAX_HEADER])
        for name, value in root.headers
    )
    subject = _one_line(root.header_text("subject"))
    author = _author(root)
    references = _references(root)
    bounced = is_bounce(headers, author.email, subject, root.header("content-type"))
    if bounced:
        failed = failed_recipients(headers, content.status or content.text)
        if failed and not root.header("x-failed-recipients"):
            headers += (("X-Failed-Recipients", ", ".join(failed)),)
        original = original_message_id(content.status) or original_message_id(content.returned)
        if original:
            references = tuple(dict.fromkeys((original, *references)))
    recipients, cc = root.header("to"), root.header("cc")
    count = count_addresses(recipients) + count_addresses(cc)
    kept = read_addresses(recipients, MAX_RECIPIENTS)
    kept_cc = read_addresses(cc, MAX_RECIPIENTS)
    if count > MAX_RECIPIENTS:
        content.note(words["recipients"] % {"count": count, "kept": len(kept) + len(kept_cc)})
    return Inbound(
        external_id=_external_id(root, data),
        sent=_sent(root, now),
        author=author,
        subject=subject,
        html=content.html,
        text=content.text,
        recipients=kept,
        cc=kept_cc,
        reply_to=read_addresses(root.header("reply-to"), MAX_RECIPIENTS),
        message_id=next(iter(message_ids(root.header("message-id"))), ""),
        references=references,
        headers=headers,
        attachments=tuple(content.attachments),
        is_automatic=bounced or is_automatic(headers, author.email, subject),
        is_bounce=bounced,
        is_authenticated=is_authenticated(headers, trusted_hosts),
    )


# -- the body --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Chunk:
    """A stretch of the text, in the dresses it came in."""

    html: str = ""
    text: str = ""


@dataclass(slots=True)
class _Content:
    html: str = ""
    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    status: str = ""
    """The delivery status of a bounce."""
    returned: str = ""
    """The head of the mail a bounce returns."""

    def attach(self, name: str, data: bytes, content_type: str, cid: str = "") -> None:
        self.attachments.append(
            Attachment(
                name=name,
                content_type=content_type or "application/octet-stream",
                size=len(data),
                external_id=str(len(self.attachments)),
                content_id=cid[:300],
                content=data,
            )
        )

    def note(self, text: str) -> None:
        """Say something under the text."""
        if self.html:
            self.html += f"<p>[{escape(text)}]</p>"
        self.text = f"{self.text}\n\n[{text}]" if self.text or not self.html else self.text


class _Reader:
    """Goes through the parts of one mail."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self.words = words
        self.chunks: list[_Chunk] = []
        self.content = _Content()
        self.parts = 0
        self.length = 0
        self.is_encrypted = False
        self.invitation = ""
        self.invitations: set[bytes] = set()

    def content_of(self, root: Part) -> _Content:
        for part, alternative, is_first in self._leaves(root):
            self._leaf(part, alternative, is_first)
        content = self.content
        if self.invitation:
            has_text = any(chunk.html or chunk.text.strip() for chunk in self.chunks)
            self.chunks.append(_Chunk(text=summarize(self.invitation, not has_text)))
        if any(chunk.html for chunk in self.chunks):
            content.html = "<br>".join(
                chunk.html or _text_as_html(chunk.text)
                for chunk in self.chunks
                if chunk.html or chunk.text.strip()
            )
        content.text = "\n\n".join(
            chunk.text.strip("\n") for chunk in self.chunks if chunk.text.strip()
        )
        if self.is_encrypted:
            content.note(self.words["encrypted"])
        used = {cid.lower() for cid in _CID.findall(content.html)}
        content.attachments = [
            replace(attachment, is_inline=True)
            if attachment.content_id and attachment.content_id.lower() in used
            else attachment
            for attachment in content.attachments
        ]
        return content

    def _leaves(self, root: Part) -> Iterator[tuple[Part, _Chunk | None, bool]]:
        """Parts that are not multiparts, in order, with the chunk of their alternative."""
        stack: list[tuple[Part, int, _Chunk | None, bool]] = [(root, 0, None, True)]
        while stack:
            part, depth, alternative, is_first = stack.pop()
            self.parts += 1
            children: list[Part] = []
            if part.is_multipart and depth < MAX_NESTING and self.parts < MAX_PARTS:
                children = part.children()
            if not children:
                yield part, alternative, is_first
                continue
            if part.content_type == "multipart/encrypted":
                self.is_encrypted = True
            if part.content_type == "multipart/alternative":
                alternative = _Chunk()
                self.chunks.append(alternative)
            elif part.content_type not in ("multipart/related", "multipart/signed"):
                # within an alternative, only what belongs together shares its chunk
                alternative = alternative if part.content_type == "multipart/mixed" else None
            stack.extend(
                (child, depth + 1, alternative, number == 0)
                for number, child in reversed(list(enumerate(children)))
            )

    def _leaf(self, part: Part, alternative: _Chunk | None, is_first: bool) -> None:
        kind = part.content_type
        if kind == "message/delivery-status":
            self.content.status += decode(part.payload()) + "\n\n"
            self._attach(part, part.payload(), default="delivery-status")
        elif kind in ("message/rfc822", "message/global", "text/rfc822-headers"):
            self._mail(part)
        elif part.is_multipart:
            self._broken(part)
        elif kind in TNEF_TYPES or part.filename.lower() == "winmail.dat":
            self._tnef(part)
        elif kind == "text/calendar" or part.filename.lower().endswith(".ics"):
            self._calendar(part)
        elif kind in ("text/plain", "text/html") and not self._is_file(part, alternative, is_first):
            self._text(part, alternative)
        elif kind in _SAME_TEXT and alternative is not None and not part.filename:
            return
        else:
            is_envelope = part.parameters.get("smime-type", "enveloped-data") != "signed-data"
            if kind in _ENCRYPTED_TYPES and is_envelope:
                self.is_encrypted = True
            self._attach(part, part.payload())

    def _is_file(self, part: Part, alternative: _Chunk | None, is_first: bool) -> bool:
        """Whether a text is a file, not what the sender wrote."""
        if part.disposition == "attachment":
            # programs that send one part only sometimes call the text itself an attachment
            return bool(part.filename) or self.parts > 1
        if not part.filename:
            return False
        has_text = any(chunk.html or chunk.text for chunk in self.chunks)
        return alternative is None and (has_text or not is_first or part.disposition == "inline")

    def _text(self, part: Part, alternative: _Chunk | None) -> None:
        is_html = part.content_type == "text/html"
        text = decode(part.payload(), part.parameters.get("charset", ""), is_html)
        self.length += len(text)
        if self.length > MAX_TEXT:
            self._attach(part, part.payload(), default="message")
            text = text[: max(0, MAX_TEXT - self.length + len(text))]
        text = _CONTROLS.sub("", _NEW_LINE.sub("\n", text))
        if not is_html:
            if part.parameters.get("format", "").lower() == "flowed":
                text = unflow(text, part.parameters.get("delsp", "").lower() == "yes")
            is_html = bool(_HTML.match(text))
        elif not _ANY_TAG.search(text):
            is_html = False
        if not is_html:
            text, files = extract_uuencoded(text)
            for name, data in files:
                self.content.attach(clean_name(name), data, "application/octet-stream")
            if "-----BEGIN PGP MESSAGE-----" in text:
                self.is_encrypted = True
                self.content.attach("message.asc", text.encode(), "application/pgp-encrypted")
        chunk = alternative
        if chunk is None or (chunk.html if is_html else chunk.text):
            chunk = _Chunk()
            self.chunks.append(chunk)
        if is_html:
            chunk.html = text
        else:
            chunk.text = text

    def _calendar(self, part: Part) -> None:
        data = part.payload()
        if data in self.invitations:
            return  # the same invitation, as text and as file
        self.invitations.add(data)
        if not self.invitation:
            text = decode(data, part.parameters.get("charset", ""))
            self.invitation = text if summarize(text) else ""
        self._attach(part, data, default="invitation")

    def _mail(self, part: Part) -> None:
        """A mail within the mail stays one: a file to open, byte for byte."""
        data = part.payload()
        inner = split_parts(data)
        if not self.content.returned:
            self.content.returned = "\n".join(f"{name}: {value}" for name, value in inner.headers)
        subject = _one_line(inner.header_text("subject")).rstrip(".")[:150]
        name = _SLASHES.sub("-", subject)  # a name, not a path
        self._attach(part, data, default=name or "message")

    def _tnef(self, part: Part) -> None:
        data = part.payload()
        try:
            tnef = read_tnef(data)
        except TnefError:
            self._attach(part, data, default="winmail.dat")
            return
        if not any(chunk.html or chunk.text.strip() for chunk in self.chunks):
            self.chunks.append(_Chunk(tnef.html, tnef.text))
        for found in tnef.files:
            name = clean_name(found.name, found.content_type)
            self.content.attach(
                name, found.content, found.content_type, found.content_id.strip("<> ")
            )
        if not tnef.is_whole:
            self._attach(part, data, default="winmail.dat")

    def _broken(self, part: Part) -> None:
        """A multipart whose parts cannot be found: its text is shown, whatever it is."""
        if self.parts > 1 or part.filename:
            self._attach(part, part.body, default="message")
            return
        text = decode(part.payload(), part.parameters.get("charset", ""))
        is_html = bool(_HTML.match(text))
        self.chunks.append(_Chunk(html=text) if is_html else _Chunk(text=text))

    def _attach(self, part: Part, data: bytes, default: str = "attachment") -> None:
        name = clean_name(part.filename, part.content_type, default)
        if not part.filename:
            name = clean_name(default, part.content_type)
        cid = part.header("content-id").strip().strip("<>").strip()
        self.content.attach(name, data, part.content_type, cid)


def _text_as_html(text: str) -> str:
    lines = escape(text.strip("\n"), quote=False).replace("\n", "<br>")
    return f"<div>{lines}</div>"


# -- the head --------------------------------------------------------------------------------------


def _one_line(text: str) -> str:
    return " ".join(_BIDI.sub("", _CONTROLS.sub(" ", text)).split())[:1_000]


def _author(root: Part) -> Address:
    for name in ("from", "sender", "reply-to", "return-path"):
        if found := read_addresses(root.header(name), 1):
            return found[0]
    return Address(external_id="", name=_one_line(root.header_text("from"))[:200])


def _references(root: Part) -> tuple[str, ...]:
    nearest = (
        *message_ids(root.header("in-reply-to")),
        *reversed(message_ids(root.header("references"))),
    )
    return tuple(dict.fromkeys(nearest))[:MAX_REFERENCES]


def _external_id(root: Part, data: bytes) -> str:
    found = message_ids(root.header("message-id"))
    return found[0] if found else f"sha256:{hashlib.sha256(data).hexdigest()}"


def _sent(root: Part, now: datetime) -> datetime:
    """When it was written; if that cannot be, when our server took it; else now."""
    for value in (
        root.header("date"),
        root.header("received").rpartition(";")[2],
    ):
        when = _date(value)
        if when is not None and _OLDEST < when <= now + _AHEAD:
            return when
    return now


def _date(value: str) -> datetime | None:
    try:
        parsed = parsedate_tz(value[:200])
        if parsed is None:
            return None
        if parsed[9] is not None and abs(parsed[9]) > 14 * 3_600:
            parsed = (*parsed[:9], 0)  # a zone that is nowhere on earth
        moment = datetime.fromtimestamp(mktime_tz(parsed), timezone.utc)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None
    return moment.replace(tzinfo=None)
