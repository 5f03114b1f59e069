"""What is written, and what is attached: `mail.message`, files, `omni.message`."""

import re

from markupsafe import Markup

from odoo.tools import formataddr, plaintext2html

from ..mailbody.limits import MAX_BODY
from .opening import person_of
from .people import email_of

#: Recipients kept of one message; all of them stand in its event.
RECIPIENT_LIMIT = 200
NAME_LIMIT = 200

_TYPE = re.compile(r"[a-z0-9][\w.+-]{0,80}/[a-z0-9][\w.+-]{0,120}")
#: What a browser would run, or hand to a program that does.
_ACTIVE_TYPE = re.compile(
    r"(?:ht|xml(?!formats)|script|ecma|flash|java|wasm|x-ms|msdownload|octet-stream|x-sh)", re.I
)
_OFFICE_TYPE = re.compile(r"application/vnd\.(?:openxmlformats|oasis\.opendocument|ms-)")
_NAME_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")
_SAFE_LINK = re.compile(r"https?://[^\s<>\"']+", re.I)


class ContentMixin:
    """The part of `batch.IngestBatch` that writes messages."""

    def _write(self):
        """Write the messages of all threads."""
        items = [
            item
            for thread in self.threads
            for item in thread.items
            if not item.is_ignored and not item.message
        ]
        if not items:
            return
        items.sort(key=lambda item: (item.inbound.sent, item.inbound.sequence, item.index))
        files = self._create_files(items)
        comment = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        contents = self.env["mail.message"].create(
            [self._content_values(item, files[item.index], comment) for item in items]
        )
        messages = self.env["omni.message"].create(
            [
                self._message_values(item, content)
                for item, content in zip(items, contents, strict=True)
            ]
        )
        for item, message in zip(items, messages, strict=True):
            item.message = message
        self._add_orders()

    # === CONTENT === #

    def _content_values(self, item, files, subtype):
        inbound, conversation = item.inbound, item.thread.conversation
        author = self._author(item)
        address = email_of(item.author)
        email_from = (
            formataddr((item.author.name, address))
            if address
            else item.author.name or item.author.external_id
        )
        return {
            "model": conversation._name,
            "res_id": conversation.id,
            "message_type": "email",
            "subtype_id": subtype,
            "subject": inbound.subject or False,
            "body": self._body(item),
            "date": inbound.sent,
            "author_id": author.id,
            "email_from": email_from or False,
            "reply_to": email_from or False,
            # not that of the mail: an answer that Odoo's own mail gateway gets to see is none of
            # its business
            "message_id": f"<{self.env['omni.message']._new_uuid()}@omnichannel-inbox>",
            "attachment_ids": [(6, 0, files.ids)] if files else [],
        }

    def _author(self, item):
        """The contact a message is shown to be from: only one we are sure of."""
        if item.is_ours:
            return item.user.partner_id if item.user else self.env["res.partner"]
        person = item.person
        if person and person.is_linked and item.is_authenticated is not False:
            return person.partner
        return self.env["res.partner"]

    def _body(self, item):
        """What is written, as HTML; the field sanitises it."""
        inbound = item.inbound
        body = Markup(inbound.html[:MAX_BODY]) if inbound.html.strip() else None  # noqa: S704
        if body is None:
            body = plaintext2html(inbound.text[:MAX_BODY]) if inbound.text else Markup()
        links, missing = [], []
        for attachment in inbound.attachments:
            if attachment.content is None:
                is_link = _SAFE_LINK.fullmatch(attachment.url or "")
                (links if is_link else missing).append(attachment)
        for attachment in links:
            body += Markup('<p>📎 <a href="%s" rel="noreferrer">%s</a></p>') % (
                attachment.url,
                attachment.name or attachment.url,
            )
        if missing:
            names = ", ".join(clean_name(attachment.name) for attachment in missing)
            body += Markup("<p>📎 %s</p>") % self.env._(
                "Not here, look in the mailbox: %(names)s", names=names
            )
        return body

    # === FILES === #

    def _create_files(self, items):
        """Create the attachments of all messages at once.

        Nothing of a message chooses where its file goes or who sees it: it belongs to the
        conversation, is not public, and is nothing that a browser would run.

        :return: `ir.attachment` by index of the item, in the order of the message
        :rtype: dict
        """
        attachments = self.env["ir.attachment"].with_context(
            attachments_mime_plainxml=True, image_no_postprocess=True
        )
        vals_list, owners = [], []
        for item in items:
            for attachment in item.inbound.attachments:
                if attachment.content is None:
                    continue
                owners.append(item.index)
                values = file_values(attachment, item.inbound.html)
                vals_list.append(values | {"res_id": item.thread.conversation.id})
        files = {item.index: attachments for item in items}
        for index, created in zip(owners, attachments.create(vals_list), strict=True):
            files[index] += created
        return files

    # === MESSAGE === #

    def _message_values(self, item, content):
        inbound = item.inbound
        people = {
            "to": [person_of(one) for one in inbound.recipients[:RECIPIENT_LIMIT]],
            "cc": [person_of(one) for one in inbound.cc[:RECIPIENT_LIMIT]],
        }
        return {
            "mail_message_id": content.id,
            "conversation_id": item.thread.conversation.id,
            "channel_id": self.channel.id,
            "direction": "out" if item.is_ours else "in",
            "state": "sent" if item.is_ours else "received",
            "external_id": inbound.external_id or False,
            "internet_message_id": inbound.message_id or False,
            "sent": inbound.sent,
            "sequence": inbound.sequence,
            "author_identity_id": item.person.identity.id
            if item.person and not item.is_ours
            else False,
            "user_id": item.user.id if item.user else False,
            "reply_to_id": item.answered.id if item.answered else False,
            "recipients": people,
            "is_automatic": item.is_automatic,
            "is_bounce": inbound.is_bounce,
            "text_body": item.body.text or False,
        }


def file_values(attachment, html=None):
    """Return the values of an `ir.attachment` for a file of somebody outside.

    :param attachment: `providers.base.Attachment` with its content
    :param str html: the text it came with, if known: a picture that stands in it is told apart
    :rtype: dict
    """
    cid = attachment.content_id
    is_inline = bool(cid) and (attachment.is_inline if html is None else f"cid:{cid}" in html)
    return {
        "name": clean_name(attachment.name),
        "raw": attachment.content,
        "mimetype": safe_type(attachment.content_type),
        "description": f"cid:{cid}" if is_inline else False,
        "res_model": "omni.conversation",
        "type": "binary",
        "public": False,
    }


def clean_name(name):
    """A file name that is nothing but a name: no path, no control characters, none that turn the
    direction of writing (``exe.gpj``)."""
    name = _NAME_CHARACTERS.sub("_", (name or "").strip())
    name = re.sub(r"_{2,}", "_", name).strip(" .")
    if len(name) > NAME_LIMIT:
        stem, dot, extension = name.rpartition(".")
        keep = NAME_LIMIT - len(extension) - 1
        name = f"{stem[:keep]}.{extension}" if dot and keep > 20 else name[:NAME_LIMIT]
    return name or "attachment"


def safe_type(content_type):
    """The type a file is served as: what a browser would run becomes a plain download."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(kind):
        return "application/octet-stream"
    if _ACTIVE_TYPE.search(kind) and not _OFFICE_TYPE.match(kind):
        return "text/plain" if kind.startswith(("text/", "image/")) else "application/octet-stream"
    return kind
