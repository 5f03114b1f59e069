"""What may be written on a message, draft or not, and what Graph says to the rest."""

import base64
import binascii

from .errors import GraphError, bad_request
from .letter import File, Person

#: What can be written on a draft, and no longer once it was sent.
DRAFT_PROPERTIES = (
    "subject", "body", "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "from", "sender",
    "internetMessageHeaders", "internetMessageId",
)  # fmt: skip
_IMPORTANCE = ("low", "normal", "high")
_FLAGS = ("notFlagged", "complete", "flagged")


def apply(message, body):
    """Changes a message as ``PATCH`` asks, all or nothing.

    :return list: names of the properties that changed; :raises GraphError:"""
    known = {*DRAFT_PROPERTIES, "isRead", "categories", "importance", "flag",
             "inferenceClassification", "singleValueExtendedProperties"}  # fmt: skip
    names = [name for name in body if not name.startswith("@")]
    for name in names:
        if name not in known:
            raise bad_request(
                f"The property '{name}' cannot be changed.", "ErrorInvalidPropertySet"
            )
    of_drafts = [name for name in names if name in DRAFT_PROPERTIES]
    if of_drafts and not message.is_draft:
        raise GraphError(
            400,
            "ErrorInvalidPropertySet",
            "Set action is invalid for property. The item is not a draft.",
        )
    if body.get("importance", "normal").lower() not in _IMPORTANCE:
        raise bad_request("Invalid importance.", "ErrorInvalidPropertySet")
    flag = (body.get("flag") or {}).get("flagStatus", "notFlagged")
    if flag not in _FLAGS:
        raise bad_request("Invalid flagStatus.", "ErrorInvalidPropertySet")
    write_draft(message, {name: body[name] for name in of_drafts})
    set_extended(message, body.get("singleValueExtendedProperties") or ())
    if "isRead" in body:
        message.is_read = bool(body["isRead"])
    if "categories" in body:
        message.categories = list(map(str, body["categories"]))
    if "importance" in body:
        message.importance = body["importance"].lower()
    if "flag" in body:
        message.flag = flag
    return names


def set_extended(message, properties):
    """:param properties: list of ``id`` and ``value``, as Graph takes them
    :raises GraphError:"""
    for one in properties:
        if not isinstance(one, dict) or "id" not in one or "value" not in one:
            raise bad_request("An extended property has an id and a value.", "BadRequest")
        message.extended[str(one["id"])] = str(one["value"])


def fill(message, properties):
    """Writes a new draft. :return Message: :raises GraphError: nothing is written"""
    known = {*DRAFT_PROPERTIES, "importance", "categories", "isRead", "flag", "attachments",
             "singleValueExtendedProperties", "isDraft"}  # fmt: skip
    for name in properties:
        if name not in known and not name.startswith("@"):
            raise bad_request(
                f"The property '{name}' does not exist on type 'microsoft.graph.message'. Make "
                "sure to only use property names that are defined by the type.",
                "RequestBodyRead",
            )
    write_draft(message, properties)
    set_extended(message, properties.get("singleValueExtendedProperties") or ())
    for given in properties.get("attachments") or ():
        message.attach(read_attachment(given))
    message.importance = str(properties.get("importance", "normal")).lower()
    message.categories = list(properties.get("categories") or ())
    return message


def write_draft(message, properties):
    """:param dict properties: among :data:`DRAFT_PROPERTIES`; :raises GraphError:"""
    letter = message.letter
    people = {
        name: [_person(value) for value in properties[name] or ()]
        for name in ("toRecipients", "ccRecipients", "bccRecipients", "replyTo")
        if name in properties
    }
    headers = properties.get("internetMessageHeaders")
    if headers is not None:
        for header in headers:
            if not str(header.get("name", "")).lower().startswith("x-"):
                raise bad_request(
                    f"The internet message header name '{header.get('name')}' should start with "
                    "'x-' or 'X-'.",
                    "InvalidInternetMessageHeader",
                )
        if len(headers) > 5:
            raise bad_request(
                "Maximum number of headers in one message should be less than or equal to 5.",
                "InvalidInternetMessageHeaderCollection",
            )
        letter.headers = [(str(one["name"]), str(one.get("value", ""))) for one in headers]
    body = properties.get("body")
    if body is not None:
        kind = str(body.get("contentType", "text")).lower()
        if kind not in ("html", "text"):
            raise bad_request("Invalid contentType.", "RequestBodyRead")
        letter.content_type, letter.content = kind, str(body.get("content") or "")
    if "subject" in properties:
        letter.subject = str(properties["subject"] or "")
    if properties.get("from"):
        letter.sender = _person(properties["from"])
    if properties.get("internetMessageId"):
        letter.message_id = str(properties["internetMessageId"])
    fields = {"toRecipients": "to", "ccRecipients": "cc", "bccRecipients": "bcc",
              "replyTo": "reply_to"}  # fmt: skip
    for name, value in people.items():
        setattr(letter, fields[name], value)


def read_attachment(given):
    """:param dict given: ``fileAttachment`` and its like; :return File: :raises GraphError:"""
    kind = str(given.get("@odata.type", "")).lower().lstrip("#").rpartition(".")[2]
    if kind == "referenceattachment":
        return File(str(given.get("name") or ""), kind="reference", url=str(given.get("sourceUrl")))
    if kind != "fileattachment":
        raise bad_request(
            "The property '@odata.type' must say what kind of attachment it is.",
            "ErrorInvalidArgument",
        )
    if not given.get("name"):
        raise bad_request("Required property 'Name' is missing.", "ErrorRequiredPropertyMissing")
    try:
        content = base64.b64decode(given.get("contentBytes") or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request("Cannot convert a value to Edm.Binary.", "RequestBodyRead") from error
    return File(
        name=str(given["name"]),
        content=content,
        content_type=str(given.get("contentType") or "application/octet-stream"),
        content_id=str(given.get("contentId") or "").strip("<>"),
        is_inline=bool(given.get("isInline")),
    )


def _person(value):
    inner = (value or {}).get("emailAddress") or {}
    address = str(inner.get("address") or "")
    return Person(address, str(inner.get("name") or ""))
