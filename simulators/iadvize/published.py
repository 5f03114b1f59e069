"""What iAdvize published, by source: payloads, fields and queries, nothing of its code.

``docs/…`` are files of the repository ``iadvize/documentation``, which have the whole payload of
each event (``visitorId`` of the ``v2`` ones only in later versions). Tests hold the simulator to
all of it.
"""

import re

TEXT, WHOLE, NUMBER, LIST, UUID = "text", "whole", "number", "list", "uuid"
#: ``2019-04-12T07:58:35.171Z`` and ``2017-04-22T11:01:00+02:00``.
MOMENT, ZONED = "moment", "zoned"

WEBHOOKS = "docs/webhooks.md"
APPS = "docs/build-apps.md"
GRAPHQL = "docs/graphql-api.md"
STATIC_DOC = "developers.iadvize.com/bundles/devplatformapp/graphqldoc/conversation.doc.html"
DATA = "docs.iadvize.dev: Understand conversation data"
VISITOR_TYPE = "graphql.iadvize.dev/types/Visitor"
TOCK = "theopenconversationkit/tock: ai.tock.iadvize.client.graphql"

_EVENT = {"eventId": UUID, "eventType": TEXT, "platform": TEXT, "clientId": WHOLE}
_V2 = _EVENT | {
    "projectId": WHOLE,
    "conversationId": UUID,
    "visitorExternalId": TEXT,
    "visitorId": UUID,
    "channel": TEXT,
    "createdAt": MOMENT,
    "sentAt": MOMENT,
}
_OLDER = _EVENT | {"createdAt": ZONED, "sentAt": ZONED}
_OF_CONVERSATION = _OLDER | {"projectId": WHOLE, "conversationId": UUID}

#: By event: the fields of its payload.
EVENTS = {
    "v2.conversation.pushed": _V2 | {"operatorId": WHOLE},
    "v2.conversation.closed": _V2 | {"operatorIds": LIST},
    "visitor.updated": _OLDER | {"operatorId": WHOLE, "visitorId": TEXT},
    "satisfaction.answered": _OF_CONVERSATION
    | {"customerSatisfaction": WHOLE, "netPromoterScore": WHOLE, "satisfactionComment": TEXT},
    "transaction.attributed": _OF_CONVERSATION
    | {
        "transactionId": UUID,
        "receivedAt": ZONED,
        "externalId": TEXT,
        "amount": NUMBER,
        "source": TEXT,
        "operatorId": WHOLE,
    },
} | dict.fromkeys(
    (
        "user.created", "user.updated", "user.connected", "user.disconnected",
        "user.availability.updated",
    ),
    _OLDER | {"userId": WHOLE},
)  # fmt: skip
#: Fields that an event has now and then: one answer of a survey is one event.
SOMETIMES = {"customerSatisfaction", "netPromoterScore", "satisfactionComment"}
#: Fields that may be null: there is none outside of the web site.
NULLABLE = {"visitorExternalId"}

#: Headers of a delivery, in small letters.
HEADERS = ("x-iadvize-delivery", "x-iadvize-correlationid", "x-iadvize-signature")
RETRIES = (10, 20)  # seconds: of the second attempt, and from that to the third

TOKEN = {"refresh_token": TEXT, "token_type": TEXT, "access_token": TEXT, "expires_in": WHOLE}
TOKEN_SECONDS = 86_400
AUTHENTICATED = {"authenticated": True}
NOT_AUTHENTICATED = {"error_description": "access token not valid", "error": "invalid_token"}

#: Claims of the token of a panel, with the values of the published one.
CLAIMS = {"iss": TEXT, "sub": TEXT, "aud": TEXT, "exp": WHOLE, "iat": WHOLE, "email": TEXT}
CLAIMED_SECONDS = 1644502986 - 1644502926
CONTEXT = {"conversationId": UUID, "projectId": TEXT, "channel": TEXT, "language": TEXT}
COMMANDS = (
    "insertTextInComposeBox", "pushCardInConversationThread", "pushCardBundleInConversationThread",
    "pushApplePayPaymentRequestInConversationThread", "getJWT",
)  # fmt: skip
CARD = {
    "title": "Card 1 title",
    "text": "Card 1 description",
    "actions": [{"type": "LINK", "title": "Click here", "url": "https://shop.example/1"}],
    "image": {"url": "https://shop.example/1.png", "description": "Image description"},
}
#: Channels of a panel's context, which are those of GraphQL.
CHANNELS = {
    "APPLE_BUSINESS_CHAT", "CALL", "CHAT", "FACEBOOK", "FACEBOOK_BUSINESS_ON_MESSENGER",
    "GOOGLE_BUSINESS_MESSAGES", "INSTAGRAM", "MOBILE_APP", "SMS", "TWITTER", "VIDEO", "WHATSAPP",
}  # fmt: skip

#: By type of GraphQL: source, and names of its fields.
FIELDS = {
    "Conversation": (
        STATIC_DOC,
        """id legacyId createdAt closedAt channel duration satisfactionSurvey routingEvents
        conversions visitor users tags targetingRule project language messages""".split(),
    ),
    "Visitor": (
        VISITOR_TYPE,
        """visitorId source externalUserId externalId firstName lastName address city zipCode
        country phoneNumber email createdAt updatedAt username avatarUrl project""".split(),
    ),
    "ConversationPushedSystemAttachment": (DATA, ["toUser"]),
}
#: Filters of ``closedConversations``, of which ``interval`` is required. Source: :data:`DATA`.
FILTERS = {
    "interval", "projectIds", "channels", "answered", "answeredByHuman", "conversationId",
}  # fmt: skip
#: Queries that were published with their fields, by source.
QUERIES = {
    GRAPHQL: """query { projects { edges { node { id name } } } }""",
    f"{GRAPHQL}, introspection": """query { __type(name: "Conversation") {
        name kind description fields { name } } }""",
    f"{GRAPHQL}, schema": """query { __schema { types {
        name kind description fields { name } } } }""",
    TOCK: """query($conversationId: UUID!) { visitorConversationCustomData(
        conversationId: $conversationId) {
            customData { ... on VisitorConversationCustomDataEntryString {
                label key stringValue } } } }""",
}
#: What TOCK sends, with this header.
BOT_HEADER = {"Accept": "application/vnd.iadvize.automation-chatbot-conversation-preview+json"}
BOT_SAYS = """mutation { chatbotMessageSend(input: { conversationId: "%s", chatbotId: %d,
    actionOrMessage: { chatbotMessage: { chatbotSimpleTextMessage: "%s" } } }) {
        userErrors { __typename } } }"""

_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_TESTS = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
    NUMBER: lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    LIST: lambda value: isinstance(value, list),
    UUID: lambda value: isinstance(value, str) and bool(_UUID.fullmatch(value)),
    MOMENT: lambda value: isinstance(value, str) and bool(_MOMENT.fullmatch(value)),
    ZONED: lambda value: isinstance(value, str) and bool(_ZONED.fullmatch(value)),
}


def differences(payload, shape, sometimes=frozenset()):
    """:param dict payload: what was sent; :param dict shape: fields and their types
    :param sometimes: names of fields that may be missing; :return list: of str, what differs"""
    found = [f"{name}: not published" for name in payload if name not in shape]
    for name, kind in shape.items():
        if name not in payload:
            found += [] if name in sometimes else [f"{name}: missing"]
        elif payload[name] is None:
            found += [] if name in NULLABLE else [f"{name}: null"]
        elif not _TESTS[kind](payload[name]):
            found.append(f"{name}: {payload[name]!r} is no {kind}")
    return found


def event_differences(payload):
    """:param dict payload: of a webhook; :return list: as :func:`differences`"""
    shape = EVENTS.get(payload.get("eventType"))
    if shape is None:
        return [f"eventType: {payload.get('eventType')!r}"]
    found = differences(payload, shape, SOMETIMES)
    answers = SOMETIMES & set(payload)
    if payload["eventType"] == "satisfaction.answered" and len(answers) != 1:
        found.append("one answer is one event")
    return found
