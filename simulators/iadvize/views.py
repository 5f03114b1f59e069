"""What GraphQL says about the project."""

from pathlib import Path

from .clock import iso
from .conversation import Conversation
from .dialects import DIALECTS, between
from .gql.execute import Server
from .house import LONGEST_BOT_TEXT
from .paging import connection

_SCHEMA = Path(__file__).with_name("schema")
_ENTRIES = (
    (bool, "Boolean", "booleanValue"),
    (int, "Int", "intValue"),
    (float, "Float", "floatValue"),
    (str, "String", "stringValue"),
)


class Views:
    """Resolves the fields of the roots.

    :param House house: that is asked about; :param Faults faults: for the lag
    :param str dialect: one of :data:`DIALECTS`"""

    def __init__(self, house, faults, dialect="typed"):
        self.house = house
        self.faults = faults
        self.dialect = DIALECTS[dialect](self)
        files = [_SCHEMA / name for name in ("common.graphql", f"{dialect}.graphql")]
        self.server = Server("\n".join(file.read_text() for file in files), self)

    # -- roots ---------------------------------------------------------------------------------
    def query_conversation(self, id):
        found = self.house.conversations.get(id.lower())
        return self.conversation(found) if found else None

    def query_visitorConversationCustomData(self, conversationId):
        found = self.house.conversations.get(conversationId.lower())
        if found is None:
            return None
        return {"customData": [_entry(*pair) for pair in found.custom_data.items()]}

    def query_visitor(self, visitorId):
        found = self.house.visitors.get(visitorId)
        return self.visitor(found) if found else None

    def query_projects(self, **page):
        return connection([self._project()], **page)

    def query_users(self, **page):
        return connection([self.user(one) for one in self.house.operators.values()], **page)

    def query_routingRule(self, id):
        people = [one for one in self.house.operators.values() if not one.is_bot]
        is_available = any(one.is_connected for one in people)
        return {"id": id, "availability": {"chat": {"isAvailable": is_available}}}

    def query_closedConversations(self, first, after=None, **given):
        return self._closed(*self.dialect.closed(**given), first, after)

    def query_searchClosedConversations(self, first, after=None, **given):
        return self._closed(*self.dialect.closed(**given), first, after)

    def mutation_chatbotMessageSend(self, input):
        error = self._bot_says(input)
        errors = [{"__typename": error, "message": error}] if error else []
        return {"userErrors": errors}

    # -- what a bot does -----------------------------------------------------------------------
    def _bot_says(self, given):
        """:return str: type of what is wrong, or None"""
        conversation = self.house.conversations.get(given["conversationId"].lower())
        if conversation is None:
            return "ConversationNotFound"
        if not conversation.is_open:
            return "ConversationClosed"
        bot = conversation.operator
        if bot is None or not bot.is_bot or bot.id != given["chatbotId"]:
            return "NotAssigned"
        wanted = given["actionOrMessage"]
        message = (wanted.get("chatbotMessage") or {}).get("chatbotSimpleTextMessage")
        if message:
            if len(message) > LONGEST_BOT_TEXT:
                return "MessageTooLong"
            self.house.say(conversation, "operator", "text", {"text": message}, bot)
        if (wanted.get("chatbotAction") or {}).get("closeMessage") is not None:
            self.house.close(conversation, "END_OF_BOT_SCENARIO")
        return None

    # -- lists ---------------------------------------------------------------------------------
    def _closed(self, begin, end, fits, first, after):
        begin, end = between(begin, end)
        rows = [
            one
            for one in self.house.conversations.values()
            if one.closed_at is not None and begin <= one.closed_at < end and fits(one)
        ]
        rows.sort(key=lambda one: (one.closed_at, one.id))
        found = connection(rows, first=first, after=after)
        for edge in found["edges"]:
            edge["node"] = self.conversation(edge["node"])
        return found

    # -- objects -------------------------------------------------------------------------------
    def conversation(self, one: Conversation):
        """:return dict: as GraphQL shows it"""
        seen_until = self.house.clock.now() - self.faults.lag
        survey = one.satisfaction
        return {
            "id": one.id,
            "legacyId": one.legacy_id,
            "createdAt": iso(one.created_at),
            "closedAt": iso(one.closed_at),
            "channel": one.channel,
            "duration": int((one.closed_at or self.house.clock.now()) - one.created_at),
            "language": one.language,
            "satisfactionSurvey": {
                "customerSatisfaction": survey.get("customerSatisfaction"),
                "netPromoterScore": survey.get("netPromoterScore"),
                "comment": survey.get("satisfactionComment"),
            }
            if survey
            else None,
            "routingEvents": lambda: [
                {"createdAt": iso(message.at), "user": self.user(message.operator)}
                for message in one.messages
                if message.kind == "pushed"
            ],
            "conversions": [
                {
                    "id": transaction["id"],
                    "externalId": transaction["external_id"],
                    "amount": transaction["amount"],
                    "createdAt": iso(transaction["at"]),
                }
                for transaction in one.transactions
            ],
            "visitor": lambda: self.visitor(one.visitor),
            "users": lambda: [self.user(operator) for operator in dict.fromkeys(one.operators)],
            "tags": [{"id": str(index), "name": name} for index, name in enumerate(one.tags, 1)],
            "targetingRule": None,
            "project": self._project(),
            "messages": lambda **page: self._messages(one, seen_until, page),
        }

    def _messages(self, conversation, seen_until, page):
        rows = [one for one in conversation.messages if one.at <= seen_until or not self.faults.lag]
        found = connection(rows, **page)
        for edge in found["edges"]:
            edge["node"] = self.dialect.message(edge["node"], conversation)
        return found

    def visitor(self, one):
        """:return dict: a Visitor as GraphQL shows him"""
        said = one.details
        return {
            "visitorId": one.id,
            "source": one.source,
            "externalUserId": said.get("external_user_id"),
            "externalId": said.get("external_id"),
            "firstName": said.get("first_name"),
            "lastName": said.get("last_name"),
            "address": said.get("address"),
            "city": said.get("city"),
            "zipCode": said.get("zip_code"),
            "country": said.get("country"),
            "phoneNumber": said.get("phone_number"),
            "email": said.get("email"),
            "username": said.get("username"),
            "avatarUrl": None,
            "createdAt": iso(one.created_at),
            "updatedAt": iso(one.updated_at),
            "project": self._project(),
        }

    def user(self, one):
        """:return dict: an Operator as GraphQL shows him"""
        return {"id": one.id, "name": one.name, "email": one.email, "isBot": one.is_bot}

    def _project(self):
        return {"id": self.house.project_id, "name": self.house.project_name}


def _entry(key, value):
    for kind, name, field in _ENTRIES:
        if isinstance(value, kind):
            return {
                "__typename": f"VisitorConversationCustomDataEntry{name}",
                "label": key,
                "key": key,
                field: value,
            }
    raise ValueError(f"custom_data: {key} is neither text nor a number nor a flag")
