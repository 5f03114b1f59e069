"""What lies within the files of a message. Pure.

For channels that take a mail apart themselves: they hand out ``winmail.dat``, mails within the mail
and entries of a calendar as files.
"""

from dataclasses import replace

from ..providers.base import Attachment, Inbound
from .filenames import clean_name
from .limits import MAX_FILES
from .mime import TNEF_TYPES, parse_mime
from .render import render_body
from .tnef import Tnef, TnefError, read_tnef

__all__ = ["unfold"]

#: Entries of a calendar or an address book that come under the name of a mail.
_ENTRIES = ((b"BEGIN:VCALENDAR", ".ics", "text/calendar"), (b"BEGIN:VCARD", ".vcf", "text/vcard"))


def unfold(inbound: Inbound) -> Inbound:
    """Return a message with what lies within its files.

    The files within a ``winmail.dat`` take its place, and its text that of a message without any; a
    bounce refers to the mail that it returns.
    """
    files: list[Attachment] = []
    for attachment in inbound.attachments:
        tnef = _tnef(attachment)
        if tnef and len(tnef.files) + len(inbound.attachments) <= MAX_FILES:
            inbound = _with_text(inbound, tnef)
            files += _files(tnef, attachment)
        elif attachment.content and attachment.content_type == "message/rfc822":
            files.append(_named(attachment))
            returned = parse_mime(attachment.content).message_id if inbound.is_bounce else ""
            if returned and returned not in inbound.references:
                inbound = replace(inbound, references=(returned, *inbound.references))
        else:
            files.append(attachment)
    return replace(inbound, attachments=tuple(files))


def _tnef(attachment: Attachment) -> Tnef | None:
    is_named = attachment.name.lower() == "winmail.dat"
    if not attachment.content or not (is_named or attachment.content_type in TNEF_TYPES):
        return None
    try:
        return read_tnef(attachment.content)
    except TnefError:
        return None


def _with_text(inbound: Inbound, tnef: Tnef) -> Inbound:
    if render_body(inbound.html, inbound.text).text.strip():
        return inbound
    return replace(inbound, html=tnef.html, text=tnef.text)


def _files(tnef: Tnef, attachment: Attachment) -> list[Attachment]:
    """The files; what could not be read to its end stays beside them."""
    files = [
        Attachment(
            name=clean_name(found.name, found.content_type),
            content_type=found.content_type or "application/octet-stream",
            size=len(found.content),
            content_id=found.content_id.strip("<> "),
            content=found.content,
        )
        for found in tnef.files
    ]
    return files if tnef.is_whole else [*files, attachment]


def _named(attachment: Attachment) -> Attachment:
    """An entry of a calendar is none that a program for mail can open."""
    for start, ending, content_type in _ENTRIES:
        if attachment.content.lstrip()[: len(start)].upper() == start:
            name = attachment.name.removesuffix(".eml") + ending
            return replace(attachment, name=name, content_type=content_type)
    return attachment
