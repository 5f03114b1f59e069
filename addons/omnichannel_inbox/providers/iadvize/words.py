"""What we want to know of iAdvize, and the names under which its schema may have it.

The public documents name the fields of a conversation and of a visitor, and not those of its
messages †; and some fields are replaced by others over the years. So nothing is taken for granted:
at set-up the schema is read (`schema`), each thing wanted is looked for under its names, the first
one that is there and is not deprecated is asked for (`plan`), and what is not there is reported.
"""

from dataclasses import dataclass, field

__all__ = [
    "BOTS",
    "CLOSED",
    "CONVERSATION",
    "CUSTOM",
    "CUSTOM_DATA",
    "FILE",
    "FROM",
    "IDS",
    "IS_BOT",
    "LISTED",
    "MESSAGE",
    "OPERATOR",
    "OPERATORS",
    "PERIODS",
    "PROJECTS",
    "ROLE",
    "ROOT",
    "ROWS",
    "SYSTEMS",
    "TEXT",
    "TO",
    "VISITOR",
    "VISITORS",
    "Want",
]


@dataclass(frozen=True)
class Want:
    """Something wanted.

    :param key: what we call it, in findings
    :param names: of its field, the best first
    :param inner: what is wanted of it where it is an object
    :param is_required: without it nothing can be imported
    :param is_every: every field of these names is asked for, not only the first
    :param is_rows: it may be many, on pages
    :param is_quiet: nobody has to be told when it is missing
    """

    key: str
    names: tuple[str, ...]
    inner: tuple["Want", ...] = field(default=(), repr=False)
    is_required: bool = False
    is_every: bool = False
    is_rows: bool = False
    is_quiet: bool = False


def _quiet(key: str, *names: str, inner: tuple[Want, ...] = ()) -> Want:
    return Want(key, names or (key,), inner, is_quiet=True)


#: What a message says, as text; in this order.
TEXT = ("title", "text", "value", "content", "body", "message", "description", "label")
#: A file of a message.
FILE = {
    "url": ("url", "fileUrl", "downloadUrl", "src", "link"),
    "name": ("fileName", "filename", "originalName", "name"),
    "type": ("mimeType", "contentType", "mediaType"),
    "size": ("size", "fileSize"),
}
#: Who wrote a message: words in a role, or in the name of a type.
VISITORS = ("visitor", "customer")
BOTS = ("bot", "automat", "copilot", "assistant")
OPERATORS = ("operator", "agent", "human", "expert", "user")
SYSTEMS = ("system", "event", "routing")
ROLE = ("role", "authorRole", "authorType", "senderType", "participantType", "type", "kind")
IS_BOT = ("isBot", "bot", "isAutomated")
IDS = ("id", "visitorId", "operatorId", "userId", "uuid", "externalUserId")

_NAMES = (
    _quiet("first_name", "firstName", "firstname"),
    _quiet("last_name", "lastName", "lastname"),
    _quiet("name", "displayName", "fullName", "name", "pseudo", "nickname", "username", "userName"),
)
OPERATOR = (
    _quiet("id", *IDS),
    *_NAMES,
    Want("operator_email", ("email", "emailAddress", "login")),
    Want("role", ROLE, is_quiet=True),
    Want("is_bot", IS_BOT, is_quiet=True),
)
_FILE_WANTS = tuple(Want(key, names, is_quiet=True) for key, names in FILE.items())
#: What a message holds beside its text: cards, files, replies to choose from.
_PARTS = (
    "attachments", "attachment", "files", "file", "images", "image", "media", "payload",
    "content", "body", "message", "text", "value", "card", "cards", "offer", "choices",
    "links", "actions",
)  # fmt: skip
_PART_3 = (Want("text", TEXT, is_every=True, is_quiet=True), *_FILE_WANTS)
_PART_2 = (*_PART_3, Want("parts", _PARTS, _PART_3, is_every=True, is_quiet=True))
_PART_1 = (
    *_PART_3,
    Want("parts", _PARTS, _PART_2, is_every=True, is_quiet=True),
    _quiet("to", "toUser", "toOperator", inner=OPERATOR),
)

MESSAGE = (
    Want("message_id", ("id", "messageId", "idMessage", "uuid")),
    Want(
        "message_date",
        ("createdAt", "sentAt", "date", "timestamp", "time"),
        is_required=True,
    ),
    Want(
        "message_author",
        ("author", "sender", "from", "participant", "user", "operator", "visitor"),
        (
            _quiet("id", *IDS),
            *_NAMES,
            _quiet("email"),
            Want("role", ROLE, is_quiet=True),
            Want("is_bot", IS_BOT, is_quiet=True),
        ),
        is_quiet=True,
    ),
    Want("message_role", ROLE, is_quiet=True),
    Want("message_text", TEXT, _PART_1, is_every=True, is_quiet=True),
    *_FILE_WANTS,
    Want("message_parts", _PARTS, _PART_1, is_every=True, is_quiet=True),
)

VISITOR = (
    Want("visitor_id", ("visitorId", "id", "uuid"), is_required=True),
    Want("visitor_user", ("externalUserId",)),
    # what the page says of him, and he could have made it say; being given up by iAdvize
    _quiet("visitor_external", "externalId"),
    *_NAMES,
    Want("visitor_email", ("email", "emailAddress")),
    Want("visitor_phone", ("phoneNumber", "phone", "mobile")),
    Want("visitor_postcode", ("zipCode", "postalCode", "postcode", "zip")),
)

_ENTRY = (
    _quiet("key"),
    _quiet("label"),
    Want(
        "custom_value",
        ("stringValue", "value", "intValue", "floatValue", "booleanValue"),
        is_every=True,
        is_quiet=True,
    ),
)
CUSTOM = (Want("custom_entries", ("customData", "entries", "data", "items"), _ENTRY),)

_SURVEY = (
    Want(
        "rating_score",
        ("customerSatisfaction", "satisfaction", "csat", "score", "rating", "value"),
    ),
    _quiet("rating_nps", "netPromoterScore", "nps"),
    _quiet("rating_comment", "comment", "satisfactionComment", "commentary"),
    _quiet("rating_date", "answeredAt", "createdAt"),
)
_CONVERSION = (
    Want(
        "purchase_order",
        ("externalId", "externalTransactionId", "transactionExternalId", "orderId"),
    ),
    _quiet("purchase_amount", "amount", "value", "revenue"),
    _quiet("purchase_date", "createdAt", "date", "convertedAt"),
)

#: What is needed of a conversation to know whether to read it.
LISTED = (
    Want("conversation_id", ("id", "conversationId"), is_required=True),
    Want("closed", ("closedAt", "endedAt"), is_required=True),
    Want("channel", ("channel",), is_quiet=True),
)
CONVERSATION = (
    *LISTED[:2],
    Want("channel", ("channel",), is_required=True),
    Want("created", ("createdAt", "startedAt", "openedAt"), is_required=True),
    _quiet("language"),
    Want("project", ("project", "website"), (_quiet("id"), _quiet("name"))),
    Want("visitor", ("visitor", "customer"), VISITOR, is_required=True),
    Want("operators", ("users", "operators", "participants"), OPERATOR, is_rows=True),
    Want("tags", ("tags",), (Want("tag_name", ("name", "label", "value", "title")),), is_rows=True),
    Want("rating", ("satisfactionSurvey", "satisfaction"), _SURVEY),
    Want("purchases", ("conversions", "transactions"), _CONVERSION, is_rows=True),
    Want("messages", ("messages",), MESSAGE, is_required=True, is_rows=True),
)

#: Queries of the root.
ROOT = ("conversation",)
CLOSED = ("closedConversations", "searchClosedConversations", "searchClosedConversation")
CUSTOM_DATA = ("visitorConversationCustomData", "conversationCustomData")
#: Arguments: the time in which conversations were closed, and whose they are.
PERIODS = (
    "interval", "period", "dateRange", "range", "closedAt", "closedBetween",
    "filter", "filters", "input", "where", "search",
)  # fmt: skip
FROM = ("from", "start", "startDate", "since", "fromDate", "closedAfter", "closedFrom", "gte")
TO = ("to", "end", "endDate", "until", "toDate", "closedBefore", "closedTo", "lte")
PROJECTS = ("projectIds", "projectId", "projects")
#: Under which a page has its rows.
ROWS = ("edges", "nodes", "items", "results", "list", "conversations", "messages", "data")
