"""What is written, and what is attached: `mail.message`, files, `omni.message`."""

import re

from markupsafe import Markup

from odoo.tools import formataddr, plaintext2html

from ..identity.addresses import email_of
from ..incoming_files import clean_name, file_values
from ..mailbody.limits import MAX_BODY
from .opening import person_of

#: Recipients kept of one message; all of them stand in its event.
RECIPIENT_LIMIT = 200
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
        messages._link_answers()
        for thread in self.threads:
            told = [item.inbound for item in items if item.thread is thread]
            if told:
                thread.conversation._note_told(told)
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
            text = (
                self.env._("Not here, look in the mailbox: %(names)s", names=names)
                if inbound.message_id
                else self.env._("Not here, look in the other system: %(names)s", names=names)
            )
            body += Markup("<p>📎 %s</p>") % text
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
            "reply_to_key": inbound.in_reply_to or False,
            "recipients": people,
            "is_automatic": item.is_automatic,
            "is_bounce": inbound.is_bounce,
            "is_doubtful": inbound.is_authenticated is False and not item.is_ours,
            "text_body": item.body.text or False,
        }
