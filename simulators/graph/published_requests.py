"""The requests that Microsoft publishes, by source file: what may stand in the query and the body.

The simulator is as lenient as a lenient server; this is the strict list, for whoever wants to know
whether a client asks for anything that no document promises. Paths as in :mod:`~.published`.
"""

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from .call import VERSION, segments, shape
from .published import (
    API,
    ATTACHMENT,
    ATTACHMENT_GET,
    CREATE_REPLY,
    DELTA,
    FOLDERS,
    IMMUTABLE,
    MESSAGE_GET,
    SHAPES,
    SUBSCRIPTION,
    SUBSCRIPTIONS,
    TOKEN,
    UPLOAD,
    USER_TOKEN,
)

LIST = API + "user-list-messages.md"

#: What stands for any value.
ANY = None
_PERSON = {"emailAddress": {"address": ANY, "name": ANY}}
#: ``singlevaluelegacyextendedproperty-post-singlevalueextendedproperties.md``
_EXTENDED = {"id": ANY, "value": ANY}
#: ``message-update.md``: what may be written of a message; ``from`` and the like left out.
_MESSAGE = {
    "subject": ANY,
    "body": {"contentType": ANY, "content": ANY},
    "toRecipients": [_PERSON],
    "ccRecipients": [_PERSON],
    "bccRecipients": [_PERSON],
    "replyTo": [_PERSON],
    "importance": ANY,
    "isRead": ANY,
    "categories": ANY,
    "singleValueExtendedProperties": [_EXTENDED],
}
_FILE = dict.fromkeys(
    ("@odata.type", "name", "contentType", "contentBytes", "isInline", "contentId")
)
_UPLOAD_ITEM = dict.fromkeys(
    ("attachmentType", "name", "size", "contentType", "isInline", "contentId")
)
_SUBSCRIPTION = dict.fromkeys(
    (
        "changeType", "notificationUrl", "lifecycleNotificationUrl", "resource",
        "expirationDateTime", "clientState", "latestSupportedTlsVersion",
    )
)  # fmt: skip
_ONE = ("$select", "$expand")
_MANY = ("$select", "$expand", "$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken")


@dataclass(frozen=True)
class Published:
    """A request: where it is described, what its query may name, and the shape of its body."""

    source: str
    query: tuple = ()
    body: object = ()  # (): without one


#: By method and path.
REQUESTS = {
    ("GET", "users/*/mailFolders"): Published(FOLDERS, (*_MANY, "includeHiddenFolders")),
    ("GET", "users/*/mailFolders/*"): Published(API + "mailfolder-get.md", _ONE),
    ("GET", "users/*/mailFolders/*/childFolders"): Published(
        API + "mailfolder-list-childfolders.md", (*_MANY, "includeHiddenFolders")
    ),
    ("GET", "users/*/mailFolders/*/messages"): Published(LIST, _MANY),
    ("GET", "users/*/mailFolders/*/messages/delta"): Published(
        DELTA, (*_MANY, "changeType", "$deltatoken")
    ),
    ("GET", "users/*/messages"): Published(LIST, _MANY),
    ("GET", "users/*/messages/*"): Published(MESSAGE_GET, _ONE),
    ("POST", "users/*/messages"): Published(API + "user-post-messages.md", (), _MESSAGE),
    ("PATCH", "users/*/messages/*"): Published(API + "message-update.md", (), _MESSAGE),
    ("DELETE", "users/*/messages/*"): Published(API + "message-delete.md"),
    ("POST", "users/*/messages/*/createReply"): Published(
        CREATE_REPLY, (), {"message": _MESSAGE, "comment": ANY}
    ),
    ("POST", "users/*/messages/*/send"): Published(API + "message-send.md"),
    ("GET", "users/*/messages/*/attachments"): Published(
        API + "message-list-attachments.md", _MANY
    ),
    ("POST", "users/*/messages/*/attachments"): Published(ATTACHMENT, (), _FILE),
    ("GET", "users/*/messages/*/attachments/*"): Published(ATTACHMENT_GET, _ONE),
    ("GET", "users/*/messages/*/attachments/*/$value"): Published(ATTACHMENT_GET),
    ("POST", "users/*/messages/*/attachments/createUploadSession"): Published(
        UPLOAD, (), {"AttachmentItem": _UPLOAD_ITEM}
    ),
    ("GET", "subscriptions"): Published(SUBSCRIPTIONS, ("$skiptoken",)),
    ("POST", "subscriptions"): Published(SUBSCRIPTION, (), _SUBSCRIPTION),
    ("PATCH", "subscriptions/*"): Published(
        API + "subscription-update.md", (), {"expirationDateTime": ANY, "notificationUrl": ANY}
    ),
    ("DELETE", "subscriptions/*"): Published(API + "subscription-delete.md"),
    ("POST", "subscriptions/*/reauthorize"): Published(API + "subscription-reauthorize.md"),
}
#: Words of a sign-in, by the kind of grant.
GRANTS = {
    "client_credentials": (
        TOKEN,
        {"client_id", "client_secret", "scope", "client_assertion", "client_assertion_type"},
    ),
    "authorization_code": (
        USER_TOKEN,
        {
            "client_id", "client_secret", "scope", "code", "redirect_uri", "code_verifier",
            "client_assertion", "client_assertion_type",
        },
    ),
    "refresh_token": (
        USER_TOKEN,
        {
            "client_id", "client_secret", "scope", "refresh_token", "client_assertion",
            "client_assertion_type",
        },
    ),
}  # fmt: skip
#: Properties that samples leave out and the resource has (``resources/message.md``).
_MORE = {"internetMessageHeaders", "uniqueBody", "contentId", "singleValueExtendedProperties"}
_PROPERTIES = _MORE.union(
    *(SHAPES[source][name] for source, name in (
        (MESSAGE_GET, "message"), (FOLDERS, "folder"), (ATTACHMENT_GET, "file"),
    ))
)  # fmt: skip
_PROPERTY = r"(String|Integer) (\{[0-9a-fA-F-]{36}\} (Name \w+|Id 0x\w+)|0x[0-9A-Fa-f]+)"
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_RECEIVED = rf"receivedDateTime (ge|gt|lt|le) {_MOMENT}"
_EXPAND = re.compile(rf"singleValueExtendedProperties\(\$filter=id eq '{_PROPERTY}'\)")
_FILTER = re.compile(
    rf"{_RECEIVED}( and {_RECEIVED})?"
    rf"|singleValueExtendedProperties/Any\(ep: ep/id eq '{_PROPERTY}' and ep/value eq '[^']+'\)"
)
#: A delta query takes nothing else.
_DELTA_FILTER = re.compile(rf"receivedDateTime (ge|gt) {_MOMENT}")
_ORDER = re.compile(r"receivedDateTime desc")
_PREFER = re.compile(
    r'IdType="ImmutableId"(, odata\.maxpagesize=\d+)?(, outlook\.body-content-type="text")?'
)


def objections(row):
    """:param dict row: of ``GET /sim/requests``
    :return list: of str, what no document has; empty when all of it is published"""
    path = row["path"]
    if path.endswith("/oauth2/v2.0/token"):
        return _sign_in(dict(parse_qsl(row["body"] or "", keep_blank_values=True)))
    if path.startswith("/api/v2.0/"):
        found = [] if row["method"] in ("PUT", "GET", "DELETE") else [f"{row['method']} of a piece"]
        return found + ["our token is shown to the upload address"] * row["authorized"]
    pattern, _values = shape(segments(path.removeprefix(VERSION)))
    known = REQUESTS.get((row["method"], pattern))
    if known is None:
        return [f"{row['method']} {pattern}: not published"]
    return [
        f"{row['method']} {pattern} ({known.source}): {text}"
        for text in (*_query(row["query"], known), *_body(row["body"], known), *_prefer(row))
    ]


def _sign_in(form):
    source, words = GRANTS.get(form.pop("grant_type", ""), (TOKEN, set()))
    return [f"{source}: {name}" for name in form if name not in words]


def _query(query, known):
    is_link = "$skiptoken" in query or "$deltatoken" in query  # made by Graph, whatever is in it
    for name, value in query.items():
        if name not in known.query:
            yield f"{name} in the query"
        elif is_link:
            continue
        elif name == "$select":
            names = {part.rpartition("/")[2] for part in value.split(",")}
            yield from (f"{one} in $select" for one in sorted(names - _PROPERTIES))
        elif name == "$expand" and not _EXPAND.fullmatch(value):
            yield f"$expand={value}"
        elif name == "$orderby" and not _ORDER.fullmatch(value):
            yield f"$orderby={value}"
        elif name == "$filter":
            wanted = _DELTA_FILTER if known.source == DELTA else _FILTER
            if not wanted.fullmatch(value):
                yield f"$filter={value}"


def _body(text, known):
    if known.body == ():
        return [f"body {text[:80]!r}"] if text else []
    try:
        return _unknown(json.loads(text or "{}"), known.body)
    except ValueError:
        return [f"no JSON: {text[:80]!r}"]


def _unknown(value, wanted, where=""):
    """:return list: of str, members of a body that its shape does not have"""
    if wanted is ANY:
        return []
    if isinstance(wanted, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [text for one in value for text in _unknown(one, wanted[0], where)]
    if not isinstance(value, dict):
        return [f"{where or 'the body'} is no object"]
    found = []
    for name, member in value.items():
        inner = f"{where}.{name}".strip(".")
        found += _unknown(member, wanted[name], inner) if name in wanted else [inner]
    return found


def _prefer(row):
    # asked for on *every* request, see IMMUTABLE
    given = ", ".join(row["prefer"])
    return [] if _PREFER.fullmatch(given) else [f"Prefer: {given} ({IMMUTABLE})"]
