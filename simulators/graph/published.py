"""The shapes that Microsoft published, by source file: fields and their types, nothing of the code.

Paths are those of the repository ``microsoftgraph/microsoft-graph-docs-contrib`` where nothing else
is said. Tests hold the simulator to them. Samples of the documentation are shortened, so a field of
a shape may always be absent or null, unless :data:`ALWAYS` names it.
"""

import re

TEXT, WHOLE, FLAG, LIST, OBJECT, MOMENT = "text", "whole", "flag", "list", "object", "moment"

API = "api-reference/v1.0/api/"
TOKEN = "concepts/auth-v2-service.md"
USER_TOKEN = "concepts/auth-v2-user.md"
TOKEN_ERROR = "token errors of live tenants: liprec/vsts-release-aas#119"
ERRORS = "concepts/errors.md"
MESSAGE_GET = API + "message-get.md"
CREATE_REPLY = API + "message-createreply.md"
DELTA = "concepts/delta-query-messages.md"
DELTA_RESET = "concepts/delta-query-overview.md"
FOLDERS = API + "user-list-mailfolders.md"
ATTACHMENT = API + "message-post-attachments.md"
ATTACHMENT_GET = API + "attachment-get.md"
UPLOAD = "concepts/outlook-large-attachments.md"
SUBSCRIPTION = API + "subscription-post-subscriptions.md"
SUBSCRIPTIONS = API + "subscription-list.md"
VALIDATION = "concepts/includes/change-notifications-delivery-notificationurl-validation.md"
NOTIFICATION = "concepts/change-notifications-delivery-webhooks.md"
LIFECYCLE = "concepts/change-notifications-lifecycle-events.md"
IMMUTABLE = "concepts/outlook-immutable-id.md"
THROTTLED = "magodo/terraform-provider-outlook#21"
CEILING = "openclaw/openclaw#111658"
GENERATION = "errors of live tenants: the sync state"


def _fields(kind, names):
    return dict.fromkeys(names.split(), kind)


_MESSAGE = (
    _fields(
        TEXT,
        """@odata.context @odata.etag id changeKey internetMessageId subject bodyPreview importance
        parentFolderId conversationId conversationIndex webLink inferenceClassification""",
    )
    | _fields(MOMENT, "createdDateTime lastModifiedDateTime receivedDateTime sentDateTime")
    | _fields(
        FLAG, "hasAttachments isDeliveryReceiptRequested isReadReceiptRequested isRead isDraft"
    )
    | _fields(LIST, "categories toRecipients ccRecipients bccRecipients replyTo")
    | _fields(OBJECT, "body sender from flag")
)
_PAGE = {
    "@odata.context": TEXT,
    "@odata.nextLink": TEXT,
    "@odata.deltaLink": TEXT,
    "value": LIST,
}
_SUBSCRIPTION = _fields(
    TEXT,
    """@odata.context id resource applicationId changeType clientState notificationUrl creatorId
    latestSupportedTlsVersion notificationContentType lifecycleNotificationUrl
    encryptionCertificate encryptionCertificateId""",
) | {"expirationDateTime": MOMENT, "includeResourceData": FLAG}

SHAPES = {
    TOKEN: {
        "token": {
            "token_type": TEXT,
            "expires_in": WHOLE,
            "ext_expires_in": WHOLE,
            "access_token": TEXT,
        },
    },
    USER_TOKEN: {
        "token": {
            "token_type": TEXT,
            "scope": TEXT,
            "expires_in": WHOLE,
            "ext_expires_in": WHOLE,
            "access_token": TEXT,
            "refresh_token": TEXT,
        },
    },
    TOKEN_ERROR: {
        "error": _fields(
            TEXT, "error error_description timestamp trace_id correlation_id error_uri"
        )
        | {"error_codes": LIST},
    },
    ERRORS: {
        "envelope": {"error": OBJECT},
        "error": {"code": TEXT, "message": TEXT, "innerError": OBJECT},
        "inner": _fields(TEXT, "request-id client-request-id date"),
    },
    MESSAGE_GET: {
        "message": _MESSAGE,
        "header": {"name": TEXT, "value": TEXT},
        "body": {"contentType": TEXT, "content": TEXT},
        "recipient": {"emailAddress": OBJECT},
        "emailAddress": {"name": TEXT, "address": TEXT},
    },
    CREATE_REPLY: {"message": _MESSAGE},
    DELTA: {
        "page": _PAGE,
        "item": {"@odata.type": TEXT, "@odata.etag": TEXT, "id": TEXT, "subject": TEXT,
                 "isRead": FLAG, "sender": OBJECT},
        "removed": {"@odata.type": TEXT, "id": TEXT, "@removed": OBJECT},
        "reason": {"reason": TEXT},
    },
    FOLDERS: {
        "page": _PAGE,
        "folder": _fields(TEXT, "@odata.type id displayName parentFolderId")
        | _fields(WHOLE, "childFolderCount unreadItemCount totalItemCount")
        | {"isHidden": FLAG},
    },
    ATTACHMENT_GET: {
        "file": _fields(
            TEXT,
            """@odata.context @odata.type @odata.mediaContentType id name contentType contentId
            contentLocation contentBytes""",
        )
        | {"lastModifiedDateTime": MOMENT, "size": WHOLE, "isInline": FLAG},
        "item": _fields(
            TEXT,
            """@odata.context @odata.type @odata.mediaContentType id name contentType
            item@odata.context""",
        )
        | {"lastModifiedDateTime": MOMENT, "size": WHOLE, "isInline": FLAG, "item": OBJECT},
    },
    UPLOAD: {
        "session": {"@odata.context": TEXT, "uploadUrl": TEXT, "expirationDateTime": MOMENT,
                    "nextExpectedRanges": LIST},
        "progress": {"@odata.context": TEXT, "ExpirationDateTime": MOMENT,
                     "nextExpectedRanges": LIST},
    },
    SUBSCRIPTION: {"subscription": _SUBSCRIPTION},
    SUBSCRIPTIONS: {"page": _PAGE, "subscription": _SUBSCRIPTION},
    NOTIFICATION: {
        "collection": {"value": LIST},
        "notification": _fields(
            TEXT, "id subscriptionId clientState changeType resource tenantId"
        )
        | {"subscriptionExpirationDateTime": MOMENT, "resourceData": OBJECT},
        "resourceData": _fields(TEXT, "@odata.type @odata.id @odata.etag id"),
    },
    LIFECYCLE: {
        "collection": {"value": LIST},
        "notification": _fields(TEXT, "subscriptionId tenantId clientState lifecycleEvent")
        | {"subscriptionExpirationDateTime": MOMENT},
    },
    IMMUTABLE: {"page": _PAGE, "translated": _fields(TEXT, "targetId sourceId")},
}  # fmt: skip

#: Fields that every sample has, for which a shortened sample is no excuse.
ALWAYS = {
    (TOKEN, "token"): {"token_type", "expires_in", "access_token"},
    (TOKEN_ERROR, "error"): {"error", "error_description", "error_codes"},
    (ERRORS, "error"): {"code", "message", "innerError"},
    (MESSAGE_GET, "message"): set(_MESSAGE)
    - {"conversationIndex", "isDeliveryReceiptRequested", "isReadReceiptRequested"},
    (CREATE_REPLY, "message"): {"id", "internetMessageId", "conversationId", "isDraft", "body"},
    (DELTA, "item"): {"@odata.type", "@odata.etag", "id"},
    (DELTA, "removed"): {"@odata.type", "id", "@removed"},
    (FOLDERS, "folder"): {"id", "displayName", "parentFolderId", "totalItemCount"},
    (ATTACHMENT_GET, "file"): {"@odata.type", "id", "name", "size", "isInline", "contentBytes"},
    (UPLOAD, "session"): {"uploadUrl", "expirationDateTime", "nextExpectedRanges"},
    (UPLOAD, "progress"): {"ExpirationDateTime", "nextExpectedRanges"},
    (SUBSCRIPTION, "subscription"): {"id", "resource", "expirationDateTime", "clientState"},
    (NOTIFICATION, "notification"): {"subscriptionId", "clientState", "changeType", "resource",
                                     "resourceData", "subscriptionExpirationDateTime"},
    (LIFECYCLE, "notification"): {"subscriptionId", "clientState", "lifecycleEvent"},
    (IMMUTABLE, "translated"): {"targetId", "sourceId"},
}  # fmt: skip

#: Words and statuses that somebody got from Microsoft: by source, status, code, text.
ERROR_TEXTS = {
    "both comment and body": (CREATE_REPLY, 400, None, None),
    "bad MIME": (
        CREATE_REPLY,
        400,
        "ErrorMimeContentInvalidBase64String",
        "Invalid base64 string for MIME content",
    ),
    "too small a session": (UPLOAD, 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", None),
    "too long a subscription": (
        CEILING,
        400,
        "ExtensionError",
        "Subscription expiration can only be 10070 minutes in the future",
    ),
    "too much at once": (
        THROTTLED,
        429,
        "ApplicationThrottled",
        "Application is over its MailboxConcurrency limit.",
    ),
    "reset": (DELTA_RESET, 410, "resyncRequired", None),
    "expired token": (GENERATION, 400, "SyncStateNotFound", "The sync state generation"),
}
#: AADSTS numbers, and how their texts begin.
TOKEN_ERRORS = {
    7000215: "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the "
    "request is the client secret value, not the client secret ID",
    7000222: "AADSTS7000222: The provided client secret keys for app '",
    90002: "AADSTS90002: Tenant '",
    700016: "AADSTS700016: Application with identifier '",
}

_CHECKS = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
    FLAG: lambda value: isinstance(value, bool),
    LIST: lambda value: isinstance(value, list),
    OBJECT: lambda value: isinstance(value, dict),
    MOMENT: lambda value: bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.]\d{1,7})?Z", str(value))
    ),
}


def differences(payload, source, shape):
    """:param dict payload: as it was sent; :param str source, shape: keys of :data:`SHAPES`
    :return list: of str, what does not fit; a field that the source does not name is one"""
    wanted = SHAPES[source][shape]
    found = [f"{name}: not published" for name in payload if name not in wanted]
    for name in ALWAYS.get((source, shape), ()):
        if payload.get(name) is None and name not in payload:
            found.append(f"{name}: is not there")
    for name, kind in wanted.items():
        value = payload.get(name)
        if value is not None and not _CHECKS[kind](value):
            found.append(f"{name}: {value!r} is no {kind}")
    return found
