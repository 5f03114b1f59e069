"""Messages, folders and attachments as Graph writes them."""

import base64
import re

from .clock import iso
from .letter import harmless, text_of

#: Properties that are only there when ``$select`` names them.
_ON_REQUEST = {"internetmessageheaders", "uniquebody"}
_ATTACHMENT_TYPES = {
    "file": "#microsoft.graph.fileAttachment",
    "item": "#microsoft.graph.itemAttachment",
    "reference": "#microsoft.graph.referenceAttachment",
}
_QUOTE = re.compile(r"<hr\b|<div[^>]*(?:id=.?(?:divRplyFwdMsg|appendonsend))", re.IGNORECASE)


class View:
    """How one request wants to see messages.

    :param set names: of ``$select`` in lower case, None for all
    :param dict preferences: of its headers
    :param list extended: ids of the extended properties that it expands; None: not asked
    :param bool attachments: whether it expands those
    :param bool unsafe: HTML as it came, whatever it does
    """

    def __init__(
        self, names=None, preferences=None, extended=None, attachments=False, unsafe=False
    ):
        preferences = preferences or {}
        self.names = names
        self.is_immutable = preferences.get("idtype", "").lower() == "immutableid"
        wanted = preferences.get("outlook.body-content-type", "html").lower()
        self.body_type = "text" if wanted == "text" else "html"
        self.is_unsafe = unsafe or "outlook.allow-unsafe-html" in preferences
        self.extended = extended
        self.attachments = attachments

    def id(self, message):
        """:return str: of the kind that was asked for"""
        return message.key if self.is_immutable else message.id

    def wants(self, name):
        name = name.lower()
        return name not in _ON_REQUEST if self.names is None else name in self.names

    def message(self, message, only=None):
        """:param set only: names of properties that may appear, None for all
        :return dict: without its context"""
        shown = {"@odata.etag": f'W/"{message.change_key}"', "id": self.id(message)}
        for name, read in _PROPERTIES.items():
            if self.wants(name) and (only is None or name in only):
                shown[name] = read(message, self)
        if self.extended is not None:
            found = [
                {"id": name, "value": message.extended[name]}
                for name in self.extended
                if name in message.extended
            ]
            if found:
                shown["singleValueExtendedProperties"] = found
        if self.attachments:
            shown["attachments"] = [
                attachment(key, file, message) for key, file in message.attachments.items()
            ]
        return shown


def _body(message, view, content=None):
    letter = message.letter
    if view.body_type == "text":
        text = letter.text if content is None else text_of(content)
        return {"contentType": "text", "content": text}
    html = letter.html if content is None else content
    return {"contentType": "html", "content": html if view.is_unsafe else harmless(html)}


def _unique_body(message, view):
    """Without what it quotes, as far as that can be seen."""
    html = message.letter.html
    found = _QUOTE.search(html)
    return _body(message, view, html[: found.start()] if found else html)


def _people(people):
    return [person.to_graph() for person in people]


_PROPERTIES = {
    "createdDateTime": lambda message, view: iso(message.created),
    "lastModifiedDateTime": lambda message, view: iso(message.modified),
    "changeKey": lambda message, view: message.change_key,
    "categories": lambda message, view: list(message.categories),
    "receivedDateTime": lambda message, view: iso(message.received),
    "sentDateTime": lambda message, view: iso(message.sent),
    "hasAttachments": lambda message, view: message.has_attachments,
    "internetMessageId": lambda message, view: message.letter.message_id,
    "subject": lambda message, view: message.letter.subject,
    "bodyPreview": lambda message, view: message.letter.text[:255],
    "importance": lambda message, view: message.importance,
    "parentFolderId": lambda message, view: message.folder.id,
    "conversationId": lambda message, view: message.conversation,
    "conversationIndex": lambda message, view: message.conversation_index,
    "isDeliveryReceiptRequested": lambda message, view: None,
    "isReadReceiptRequested": lambda message, view: False,
    "isRead": lambda message, view: message.is_read,
    "isDraft": lambda message, view: message.is_draft,
    "webLink": lambda message, view: (
        f"https://outlook.office365.com/owa/?ItemID={message.id}&exvsurl=1&viewmodel=ReadMessageItem"
    ),
    "inferenceClassification": lambda message, view: "focused",
    "body": _body,
    "uniqueBody": _unique_body,
    "sender": lambda message, view: message.letter.sender.to_graph(),
    "from": lambda message, view: message.letter.sender.to_graph(),
    "toRecipients": lambda message, view: _people(message.letter.to),
    "ccRecipients": lambda message, view: _people(message.letter.cc),
    "bccRecipients": lambda message, view: (
        _people(message.letter.bcc)
        if message.letter.sender.key == message.mailbox.person.key
        else []
    ),
    "replyTo": lambda message, view: _people(message.letter.reply_to),
    "internetMessageHeaders": lambda message, view: [
        {"name": name, "value": value} for name, value in message.headers
    ],
    "flag": lambda message, view: {"flagStatus": message.flag},
}
#: By name in lower case: as Graph writes it.
PROPERTY_NAMES = {name.lower(): name for name in _PROPERTIES}


def attachment(key, file, message, names=None, base=""):
    """:param str key: its id; :param set names: of ``$select`` in lower case
    :param str base: address of Graph, when an attached mail is to be shown as well
    :return dict: with its content, unless it was not selected"""
    shown = {
        "@odata.type": _ATTACHMENT_TYPES[file.kind],
        "@odata.mediaContentType": file.content_type,
        "id": key,
        "lastModifiedDateTime": iso(message.modified),
        "name": file.name,
        "contentType": file.content_type if file.kind == "file" else None,
        "size": file.size + 128,  # Exchange counts the properties of the attachment as well
        "isInline": file.is_inline,
    }
    if file.kind == "file":
        shown["contentId"] = file.content_id or None
        shown["contentLocation"] = None
        shown["contentBytes"] = base64.b64encode(file.content).decode()
    elif base and file.letter is not None:
        shown["item@odata.context"] = (
            f"{base}/$metadata#users('{message.mailbox.guid}')/messages('{message.id}')"
            f"/attachments('{key}')/microsoft.graph.itemAttachment/item/$entity"
        )
        shown["item"] = _item(file.letter)
    if names is not None:
        always = {"@odata.type", "@odata.mediacontenttype", "id"}
        shown = {name: value for name, value in shown.items() if name.lower() in names | always}
    return shown


def _item(letter):
    """:return dict: a mail within a mail, as ``$expand=microsoft.graph.itemattachment/item``"""
    return {
        "@odata.type": "#microsoft.graph.message",
        "id": "",
        "receivedDateTime": iso(letter.date),
        "sentDateTime": iso(letter.date),
        "hasAttachments": bool(letter.files),
        "internetMessageId": letter.message_id,
        "subject": letter.subject,
        "body": {"contentType": "html", "content": letter.html},
        "sender": letter.sender.to_graph(),
        "from": letter.sender.to_graph(),
        "toRecipients": _people(letter.to),
        "ccRecipients": _people(letter.cc),
    }


def folder(one, mailbox):
    """:return dict: ``mailFolder`` of v1.0"""
    messages = list(one.messages.values())
    return {
        "id": one.id,
        "displayName": one.name,
        "parentFolderId": one.parent.id if one.parent else None,
        "childFolderCount": len(mailbox.children(one)),
        "unreadItemCount": sum(not message.is_read for message in messages),
        "totalItemCount": len(messages),
        "isHidden": False,
    }
