"""GraphQL: what is answered, in both dialects, and what is refused."""

import pytest
import requests

from simulators.iadvize.gql.execute import Server

from .client import BOT, EVER, KARIM, SOPHIE, signed_in

TYPED = """query($id: UUID!, $first: Int = 50, $after: String) { conversation(id: $id) {
    messages(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        edges { node { __typename id createdAt
            ... on VisitorMessage { visitor { firstName } attachment { ...words } }
            ... on UserMessage { user { name isBot } attachment { ...words } }
            ... on SystemMessage { attachment { __typename
                ... on ConversationPushedSystemAttachment { toUser { id } }
                ... on ConversationTransferredSystemAttachment { fromUser { id } }
                ... on ConversationClosedSystemAttachment { reason } } } } } } } }
    fragment words on MessageAttachment {
        ... on TextMessageAttachment { text }
        ... on FileMessageAttachment { fileName url }
        ... on CardMessageAttachment { title actions { url } }
        ... on CardBundleMessageAttachment { cards { title } } }"""
FLAT = """query($id: UUID!) { conversation(id: $id) { messages(first: 50) { edges { node {
    messageId sentAt authorType content contentType files { name url } links { url }
    author { __typename ... on User { name } ... on Visitor { firstName } } } } } } }"""
CARD = {
    "title": "Table",
    "actions": [{"type": "LINK", "title": "Voir", "url": "https://x.example"}],
}
FILE = {
    "file_name": "plan.pdf",
    "mime_type": "application/pdf",
    "url": "https://x.example/plan.pdf",
}


@pytest.fixture(scope="module")
def client():
    with signed_in() as client:
        yield client


def everything(client):
    """:return str: id of a conversation with all kinds of messages"""
    chat = client.chat(operator=SOPHIE)
    client.say(chat, "Bonjour Anne", "operator")
    client.say(chat, "", "operator", card=CARD)
    client.say(chat, "", "operator", bundle={"title": "Deux", "cards": [CARD, CARD]})
    client.say(chat, "", file=FILE)
    client.sim(f"chats/{chat}/transfer", {"operator": BOT})
    client.say(chat, "Je suis un robot", "operator")
    client.sim(f"chats/{chat}/close", {"reason": "END_OF_BOT_SCENARIO"})
    return chat


def nodes(data):
    return [edge["node"] for edge in data["conversation"]["messages"]["edges"]]


def test_typed_messages(client):
    found = nodes(client.query(TYPED, id=everything(client)))
    words = [(node["__typename"].removesuffix("Message"), node["attachment"]) for node in found]
    assert words == [
        ("Visitor", {"text": "Bonjour"}),
        ("System", {"__typename": "ConversationPushedSystemAttachment", "toUser": {"id": SOPHIE}}),
        ("User", {"text": "Bonjour Anne"}),
        ("User", {"title": "Table", "actions": [{"url": "https://x.example"}]}),
        ("User", {"cards": [{"title": "Table"}, {"title": "Table"}]}),
        ("Visitor", {"fileName": "plan.pdf", "url": "https://x.example/plan.pdf"}),
        ("System", {"__typename": "ConversationTransferredSystemAttachment",
                    "fromUser": {"id": SOPHIE}}),
        ("System", {"__typename": "ConversationPushedSystemAttachment", "toUser": {"id": BOT}}),
        ("User", {"text": "Je suis un robot"}),
        ("System", {"__typename": "ConversationClosedSystemAttachment",
                    "reason": "END_OF_BOT_SCENARIO"}),
    ]  # fmt: skip
    assert found[0]["visitor"] == {"firstName": "Anne"}
    assert found[2]["user"] == {"name": "Sophie Lambert", "isBot": False}


def test_flat_messages():
    with signed_in(dialect="flat") as client:
        found = nodes(client.query(FLAT, id=everything(client)))
        assert [node["authorType"] for node in found] == [
            "VISITOR", "SYSTEM", "OPERATOR", "OPERATOR", "OPERATOR", "VISITOR", "SYSTEM", "SYSTEM",
            "BOT", "SYSTEM",
        ]  # fmt: skip
        assert [node["content"] for node in found if node["contentType"] == "TEXT"] == [
            "Bonjour", "Bonjour Anne", "Je suis un robot",
        ]  # fmt: skip
        assert found[1]["author"] is None and found[1]["content"] is None
        assert found[0]["author"] == {"__typename": "Visitor", "firstName": "Anne"}
        assert found[2]["author"] == {"__typename": "User", "name": "Sophie Lambert"}
        assert len(found[4]["links"]) == 2
        assert found[5]["files"] == [{"name": "plan.pdf", "url": FILE["url"]}]
        query = (
            '{ searchClosedConversations(from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z")'
            "{ totalCount edges { node { closedAt } } } }"
        )
        assert client.query(query)["searchClosedConversations"]["totalCount"] == 1
        response = client.post_query("{ closedConversations { totalCount } }")
        assert response.status_code == 200 and response.json()["errors"]


def test_pages_of_messages(client):
    chat = client.chat("0", operator=SOPHIE)
    for number in range(1, 25):
        client.say(chat, str(number))
    found, after = [], None
    while True:
        data = client.query(TYPED, id=chat, first=10, after=after)
        found += nodes(data)
        page = data["conversation"]["messages"]["pageInfo"]
        if not page["hasNextPage"]:
            break
        after = page["endCursor"]
    texts = [node["attachment"]["text"] for node in found if node["__typename"] != "SystemMessage"]
    assert texts == [str(number) for number in range(25)]
    assert len({node["id"] for node in found}) == len(found) == 26


def test_pages_from_the_end(client):
    chat = client.chat("0")
    for number in range(1, 6):
        client.say(chat, str(number))
    query = """query($id: UUID!, $before: String) { conversation(id: $id) {
        messages(last: 2, before: $before) { totalCount pageInfo { hasPreviousPage startCursor }
            edges { node { ... on VisitorMessage { attachment { ... on TextMessageAttachment {
                text } } } } } } } }"""
    found = client.query(query, id=chat)["conversation"]["messages"]
    assert [edge["node"]["attachment"]["text"] for edge in found["edges"]] == ["4", "5"]
    before = found["pageInfo"]["startCursor"]
    found = client.query(query, id=chat, before=before)["conversation"]["messages"]
    assert [edge["node"]["attachment"]["text"] for edge in found["edges"]] == ["2", "3"]
    assert found["pageInfo"]["hasPreviousPage"] and found["totalCount"] == 7


def test_closed_conversations():
    query = """query($filters: ClosedConversationFilters!, $after: String) {
        closedConversations(filters: $filters, first: 2, after: $after) {
            totalCount pageInfo { hasNextPage endCursor } edges { node { id channel } } } }"""
    with signed_in() as client:
        chats = []
        for number in range(5):
            chats.append(client.chat(channel="SMS" if number == 3 else "CHAT", operator=SOPHIE))
            if number != 1:
                client.say(chats[-1], "Voilà", "operator")
            client.advance(3600)
            client.sim(f"chats/{chats[-1]}/close", {})
        client.chat()

        def search(**filters):
            interval = {"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00.000Z"}
            found, after = [], None
            while True:
                given = {"interval": interval, **filters}
                rows = client.query(query, filters=given, after=after)["closedConversations"]
                found += [edge["node"]["id"] for edge in rows["edges"]]
                if not rows["pageInfo"]["hasNextPage"]:
                    assert rows["totalCount"] == len(found)
                    return found
                after = rows["pageInfo"]["endCursor"]

        assert search() == chats
        assert search(channels=["SMS"]) == [chats[3]]
        assert search(answeredByHuman=False) == [chats[1]]
        assert search(conversationId=chats[2], projectIds=[1549]) == [chats[2]]
        assert search(projectIds=[1]) == []
        moment = client.query("query($id: UUID!) { conversation(id: $id) { closedAt } }",
                              id=chats[2])["conversation"]["closedAt"]  # fmt: skip
        interval = {"from": moment, "to": "2100-01-01T00:00:00Z"}
        assert search(interval=interval) == chats[2:]


def test_a_conversation(client):
    visitor = {
        "first_name": "Anne", "email": "anne@client.example", "external_user_id": "C-77",
        "custom_data": {"order_number": "FR-1", "items": 2, "total": 9.5, "vip": True},
    }  # fmt: skip
    chat = client.chat(visitor=visitor, language="fr", tags=["livraison"], operator=KARIM)
    client.sim(f"chats/{chat}/rate", {"customerSatisfaction": 4})
    client.sim(f"chats/{chat}/purchase", {"external_id": "S00042", "amount": 12})
    query = """query($id: UUID!) { conversation(id: $id) { channel closedAt language duration
        visitor { email externalUserId username } users { id email } tags { name }
        satisfactionSurvey { customerSatisfaction netPromoterScore }
        conversions { externalId amount } routingEvents { user { id } } project { id } }
        visitorConversationCustomData(conversationId: $id) { customData { __typename
            ... on VisitorConversationCustomDataEntryString { key stringValue }
            ... on VisitorConversationCustomDataEntryBoolean { key booleanValue } } } }"""
    data = client.query(query, id=chat)
    assert data["conversation"].pop("duration") < 60
    assert data["conversation"] == {
        "channel": "CHAT", "closedAt": None, "language": "fr",
        "visitor": {"email": "anne@client.example", "externalUserId": "C-77", "username": None},
        "users": [{"id": KARIM, "email": "karim@meubles-demo.example"}],
        "tags": [{"name": "livraison"}],
        "satisfactionSurvey": {"customerSatisfaction": 4, "netPromoterScore": None},
        "conversions": [{"externalId": "S00042", "amount": 12.0}],
        "routingEvents": [{"user": {"id": KARIM}}], "project": {"id": 1549},
    }  # fmt: skip
    entries = data["visitorConversationCustomData"]["customData"]
    assert [one["__typename"].removeprefix("VisitorConversationCustomDataEntry")
            for one in entries] == ["String", "Int", "Float", "Boolean"]  # fmt: skip
    assert (entries[0]["stringValue"], entries[3]["booleanValue"]) == ("FR-1", True)


def test_nobody_knows_it(client):
    nobody = "00000000-0000-4000-8000-000000000000"
    assert nodes_of_nobody(client.query(TYPED, id=nobody)) is None
    response = client.post_query(TYPED, query_string="?platform=sd", id=client.chat())
    assert response.json() == {"data": {"conversation": None}}


def nodes_of_nobody(data):
    return data["conversation"]


def test_without_a_token(client):
    response = requests.post(f"{client.url}/graphql", json={"query": "{ __typename }"}, timeout=5)
    assert response.status_code == 401
    assert response.json()["error"] == "invalid_token"


def test_introspection(client):
    kind = """query($name: String!) { __type(name: $name) { kind name possibleTypes { name }
        interfaces { name } fields(includeDeprecated: true) { name isDeprecated deprecationReason
            args { name defaultValue type { ...ref } } type { ...ref } } } }
        fragment ref on __Type { kind name ofType { kind name ofType { kind name
            ofType { kind name } } } }"""
    message = client.query(kind, name="Message")["__type"]
    assert message["kind"] == "INTERFACE"
    assert {one["name"] for one in message["possibleTypes"]} == {
        "VisitorMessage", "UserMessage", "SystemMessage",
    }  # fmt: skip
    edges = client.query(kind, name="MessageConnection")["__type"]["fields"][0]["type"]
    assert [edges["kind"], edges["ofType"]["kind"], edges["ofType"]["ofType"]["kind"]] == [
        "NON_NULL", "LIST", "NON_NULL",
    ]  # fmt: skip
    visitor = {one["name"]: one for one in client.query(kind, name="Visitor")["__type"]["fields"]}
    assert visitor["externalId"]["isDeprecated"]
    assert "2025-04-07" in visitor["externalId"]["deprecationReason"]
    assert not visitor["externalUserId"]["isDeprecated"]
    root = {one["name"]: one for one in client.query(kind, name="Query")["__type"]["fields"]}
    assert {one["name"]: one["defaultValue"] for one in root["closedConversations"]["args"]} == {
        "filters": None, "first": "20", "after": None,
    }  # fmt: skip
    shown = client.query('{ __type(name: "Visitor") { fields { name } } }')["__type"]["fields"]
    assert "externalId" not in {one["name"] for one in shown}
    assert client.query('{ __type(name: "Nothing") { name } }') == {"__type": None}
    schema = client.query("{ __schema { queryType { name } mutationType { name } } }")
    assert schema == {"__schema": {"queryType": {"name": "Query"},
                                   "mutationType": {"name": "Mutation"}}}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ conversation(id: 1) { id } }", "UUID cannot represent value: 1"),
        ('{ conversation(id: "x") { id } }', 'UUID cannot represent value: "x"'),
        ("{ conversation { id } }", 'argument "id" of type "UUID!" is required'),
        ("{ nothing }", 'Cannot query field "nothing" on type "Query".'),
        ("{ projects { edges { node { id more } } } }",
         'Cannot query field "more" on type "Project".'),
        ("{ projects }", "must have a selection of subfields"),
        ("{ projects { edges { cursor { x } } } }", "must not have a selection"),
        ("{ projects(last: 2) { edges { cursor } } }", 'Unknown argument "last"'),
        ("{ projects(after: $x) { edges { cursor } } }", 'Variable "$x" is not defined.'),
        ("query($x: Int) { __typename }", 'Variable "$x" is never used.'),
        ("query($x: Int!) { projects(first: $x) { edges { cursor } } }", "was not provided"),
        ("query($x: Project) { projects(first: $x) { edges { cursor } } }",
         'Unknown type "Project".'),
        ("{ projects { ...none } }", 'Unknown fragment "none".'),
        ("{ projects { ...a } } fragment a on ProjectConnection { ...a }", "within itself"),
        ("{ ... on Tag { name } }", "can never be of type"),
        ("{ ... on Nothing { name } }", 'Unknown type "Nothing".'),
        ("{ __typename @defer }", 'Unknown directive "@defer".'),
        ("{ projects(first: -1) { edges { cursor } } }", "must not be negative"),
        ('{ projects(after: "x") { edges { cursor } } }', "Invalid cursor."),
        ("{ closedConversations(filters: {}) { totalCount } }", 'Field "interval" of required'),
        ("{ closedConversations(filters: {interval: EVER, x: 1}) { totalCount } }",
         'Field "x" is not defined'),
        ("{ closedConversations(filters: {interval: EVER, channels: [MAIL]}) { totalCount } }",
         '"MAIL" does not exist in "ConversationChannel" enum'),
        ('{ closedConversations(filters: {interval: {from: "2026-01-01", to: "x"}})'
         " { totalCount } }", "DateTime cannot represent"),
        ("subscription { x }", "not configured for subscription"),
        ("{ a", "Syntax Error"),
        ("", "Syntax Error"),
        ("{ a ? }", "Unexpected character"),
        ("{a" * 99, "nested too deeply"),
        ("query a { __typename } query b { __typename }", "Must provide operation name"),
    ],
)  # fmt: skip
def test_refused(client, query, message):
    errors = client.errors(query.replace("EVER", EVER))
    assert errors and any(message in error for error in errors), errors


def test_refused_with_a_status(client):
    response = client.post_query("{ nothing }")
    assert response.status_code == 400
    assert response.json()["errors"][0]["locations"] == [{"line": 1, "column": 3}]
    for body in ("", "[]", "{}", '{"query": 1}', '{"query": "{ a }", "variables": 1}'):
        headers = {"Authorization": f"Bearer {client.token}"}
        answer = requests.post(f"{client.url}/graphql", data=body, headers=headers, timeout=5)
        assert answer.status_code == 400, body


def test_variables_and_directives(client):
    chat = client.chat()
    query = """query($id: UUID!, $more: Boolean!, $less: Boolean = true) {
        one: conversation(id: $id) { key: id channel @include(if: $more) language @skip(if: $less) }
        two: conversation(id: $id) { ...head ...head } }
        fragment head on Conversation { id project { name } project { id } }"""
    data = client.query(query, id=chat.upper(), more=False)
    assert data == {
        "one": {"key": chat},
        "two": {"id": chat, "project": {"name": "Meubles Démo", "id": 1549}},
    }
    assert "got invalid value" in client.errors(query, id=chat, more="yes")[0]
    assert client.errors(query, id=None, more=True)


def test_a_bot_is_kept_short(client):
    said = """mutation($id: UUID!, $text: String!, $bot: Int!) { chatbotMessageSend(input: {
        conversationId: $id, chatbotId: $bot,
        actionOrMessage: { chatbotMessage: { chatbotSimpleTextMessage: $text } } }) {
            userErrors { __typename } } }"""

    def errors(chat, text="Bonjour", bot=BOT):
        answer = client.query(said, id=chat, text=text, bot=bot)
        return [one["__typename"] for one in answer["chatbotMessageSend"]["userErrors"]]

    chat = client.chat(operator=BOT)
    assert errors(chat) == []
    assert errors(chat, "x" * 451) == ["MessageTooLong"]
    assert errors(chat, bot=1) == ["NotAssigned"]
    assert errors(client.chat(operator=SOPHIE)) == ["NotAssigned"]
    assert errors("00000000-0000-4000-8000-000000000000") == ["ConversationNotFound"]
    close = """mutation($id: UUID!) { chatbotMessageSend(input: { conversationId: $id,
        chatbotId: 456678, actionOrMessage: { chatbotAction: { closeMessage: {} } } }) {
            userErrors { __typename } } }"""
    assert client.query(close, id=chat) == {"chatbotMessageSend": {"userErrors": []}}
    assert errors(chat) == ["ConversationClosed"]


class Holes:
    """Resolves a schema whose answers have holes."""

    def query_thing(self):
        return {"inner": {"must": None, "may": None}, "rows": [{"must": 1}, {"must": None}]}

    def query_nothing(self):
        return None


@pytest.mark.parametrize(
    ("query", "data", "path"),
    [
        ("{ thing { inner { must may } } }", {"thing": {"inner": None}},
         ["thing", "inner", "must"]),
        ("{ thing { rows { must } } }", {"thing": {"rows": [{"must": 1}, None]}},
         ["thing", "rows", 1, "must"]),
        ("{ thing { inner { may } } }", {"thing": {"inner": {"may": None}}}, None),
        ("{ nothing }", None, ["nothing"]),
    ],
)  # fmt: skip
def test_what_may_not_be_null(query, data, path):
    schema = """type Query { thing: Thing nothing: Int! }
        type Thing { inner: Inner rows: [Inner] } type Inner { must: Int! may: Int }"""
    content, is_done = Server(schema, Holes()).run(query)
    assert is_done and content["data"] == data
    assert [error["path"] for error in content.get("errors", ())] == ([path] if path else [])


def test_what_was_said_comes_late(client):
    client.fault(lag=30)
    chat = client.chat()
    assert nodes(client.query(TYPED, id=chat)) == []
    client.advance(31)
    assert len(nodes(client.query(TYPED, id=chat))) == 2
    client.fault(reset=True)
