"""What iAdvize has, whatever it calls it: two dialects of the simulator, and some of our own."""

import json

import pytest

from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.omnichannel_inbox.providers.iadvize.errors import refusal
from odoo.addons.omnichannel_inbox.providers.iadvize.plan import make_plan
from odoo.addons.omnichannel_inbox.providers.iadvize.schema import Schema, introspect
from odoo.addons.omnichannel_inbox.providers.iadvize.transcript import Reader, Scope

from simulators.iadvize.dialects import DIALECTS
from simulators.iadvize.gql.execute import Server
from simulators.iadvize.server import Simulator

#: A schema as small as one can be; parts of it are replaced below.
SMALL = """
scalar UUID
scalar DateTime
type Query {
  conversation(id: UUID!): Conversation
  closedConversations(interval: Interval!, projectIds: [ID!], page: Int!, limit: Int): Closed!
}
input Interval { from: DateTime! to: DateTime! }
type Closed { items: [Conversation!]! totalCount: Int! }
type Conversation {
  id: UUID!
  createdAt: DateTime!
  closedAt: DateTime
  channel: String!
  visitor: Visitor!
  tags: [String!]!
  customData: String
  messages: [Message!]!
}
type Visitor { id: UUID! email: String }
type Message {
  sentAt: DateTime!
  role: Role!
  text: String
}
enum Role { VISITOR AGENT BOT }
"""


class Small:
    """Answers to `SMALL`."""

    def query_conversation(self, id):
        return {
            "id": id,
            "createdAt": "2019-04-12T07:58:35.171Z",
            "closedAt": None,
            "channel": "CHAT",
            "visitor": {"id": "v1", "email": None},
            "tags": ["retour", "retour", " "],
            "messages": [
                {"sentAt": "2019-04-12T07:58:36Z[Etc/UTC]", "role": "VISITOR", "text": "Bonjour"},
                {"sentAt": "2019-04-12T07:58:37Z[Etc/UTC]", "role": "AGENT", "text": "Oui ?"},
                {"sentAt": "2019-04-12T07:58:38Z[Etc/UTC]", "role": "BOT", "text": "Patientez."},
            ],
        }


def asking(server):
    """What carries a query out, and refuses what is wrong with it."""

    def ask(query, variables=None):
        content, _is_done = server.run(query, variables)
        if content.get("errors"):
            raise refusal(content["errors"])
        return content["data"]

    return ask


def learn(text, resolvers=None):
    """The schema of a text, and what to ask."""
    ask = asking(Server(text, resolvers))
    schema = introspect(ask)
    return ask, schema, make_plan(schema)


def found(plan):
    return {one.key: (one.path, one.state) for one in plan.findings}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_dialects(dialect):
    """Both are read wholly, the same is asked of both, and nothing is missing."""
    views = Simulator(dialect=dialect).views
    schema = introspect(asking(views.server))
    plan = make_plan(schema)
    assert plan.findings == ()
    assert plan.conversation and plan.custom and plan.closed
    assert plan.paging.style == plan.closed.paging.style == "cursor"
    assert plan.closed.projects[-1] == "projectIds" and plan.closed.is_number


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_kept_schema_makes_the_same_plan(dialect):
    schema = introspect(asking(Simulator(dialect=dialect).views.server))
    kept = json.loads(json.dumps(schema.dump()))
    assert make_plan(Schema.load(kept)) == make_plan(schema)


@pytest.mark.parametrize("kept", [None, {}, [], "x", {"format": 0}, {"format": 1, "types": 3}])
def test_something_else_was_kept(kept):
    assert Schema.load(kept) is None


def test_small_schema():
    """Lists without pages, roles instead of authors, no ids: it is read all the same."""
    ask, _schema, plan = learn(SMALL, Small())
    assert plan.missing == ()
    said = ask(plan.conversation, {"id": "4c8c7408-0000-4000-8000-000000000000"})
    reader = Reader({"conversation": said[plan.conversation_name]}, Scope())
    inbounds = list(reader.inbounds())
    assert [(one.text, one.is_ours, one.is_automatic) for one in inbounds] == [
        ("Bonjour", False, False),
        ("Oui ?", True, False),
        ("Patientez.", True, True),
    ]
    assert [one.external_id for one in inbounds] == [f"{reader.id}:{n}" for n in range(3)]
    assert inbounds[0].tags == ("retour",)


def test_pages_by_number():
    """A list whose pages are counted, and whose period is an argument of its own."""
    _ask, _schema, plan = learn(SMALL, Small())
    closed = plan.closed
    assert (closed.paging.style, closed.paging.start) == ("page", 1)
    assert (closed.since, closed.until) == (("interval", "from"), ("interval", "to"))
    assert not closed.is_number and closed.is_several
    assert "$next: Int!" in closed.query


def test_what_is_missing():
    """It is named, and nothing takes its place."""
    _ask, _schema, plan = learn(SMALL, Small())
    missing = found(plan)
    assert missing["custom_entries"][0] == "Query.visitorConversationCustomData"
    assert missing["visitor_user"] == ("Visitor.externalUserId", "missing")
    assert missing["message_id"] == ("Message.id", "missing")
    assert "tags" not in missing


def test_deprecated_is_avoided():
    """What is about to be given up is not asked for, also when there is nothing else."""
    text = SMALL.replace(
        "tags: [String!]!",
        'tags: [String!]! @deprecated(reason: "Gone soon.")\n'
        '  language: String @deprecated(reason: "x")',
    )
    _ask, _schema, plan = learn(text, Small())
    assert found(plan)["tags"] == ("Conversation.tags", "deprecated")
    assert " tags" not in plan.conversation and "language" not in plan.conversation


def test_a_newer_name_is_taken():
    text = SMALL.replace(
        "sentAt: DateTime!", 'createdAt: DateTime @deprecated(reason: "x")\n  sentAt: DateTime!'
    )
    _ask, _schema, plan = learn(text, Small())
    assert "sentAt" in plan.conversation and "{ createdAt sentAt" not in plan.conversation
    assert plan.missing == ()


@pytest.mark.parametrize(
    "gone, key",
    [
        ("  messages: [Message!]!\n", "messages"),
        ("  visitor: Visitor!\n", "visitor"),
        ("  channel: String!\n", "channel"),
        ("  role: Role!\n", "message_author"),
        ("  text: String\n", "message_text"),
        ("  conversation(id: UUID!): Conversation\n", "conversation"),
    ],
)
def test_what_cannot_be_done_without(gone, key):
    """No query is made that would bring something else."""
    assert gone in SMALL
    text = SMALL.replace(gone, "")
    _ask, _schema, plan = learn(text, Small())
    assert key in {one.key for one in plan.missing}
    assert plan.conversation == ""


def test_an_argument_we_do_not_know():
    """A list that wants something that we cannot give is not asked for."""
    text = SMALL.replace("projectIds: [ID!]", "projectIds: [ID!], brand: ID!")
    _ask, _schema, plan = learn(text, Small())
    assert plan.closed is None
    assert found(plan)["closed_list"][0] == "Query.closedConversations"


def test_kinds_of_messages():
    """Two kinds may call two things by one name: an answer has room for one."""
    text = SMALL.replace(
        "type Message {\n  sentAt: DateTime!\n  role: Role!\n  text: String\n}",
        """
        interface Message { sentAt: DateTime! }
        type VisitorMessage implements Message { sentAt: DateTime! content: String! }
        type AgentMessage implements Message { sentAt: DateTime! content: Rich }
        type Rich { title: String text: String }
        """,
    )

    class Kinds(Small):
        def query_conversation(self, id):
            said = super().query_conversation(id)
            said["messages"] = [
                {
                    "__typename": "VisitorMessage",
                    "sentAt": "2019-04-12T07:58:36Z",
                    "content": "Bonjour",
                },
                {
                    "__typename": "AgentMessage",
                    "sentAt": "2019-04-12T07:58:37Z",
                    "content": {"title": "Canapé", "text": "En stock"},
                },
            ]
            return said

    ask, _schema, plan = learn(text, Kinds())
    assert plan.missing == () and "content__AgentMessage: content" in plan.conversation
    said = ask(plan.conversation, {"id": "4c8c7408-0000-4000-8000-000000000000"})
    reader = Reader({"conversation": said["conversation"]}, Scope())
    assert [(one.text, one.is_ours) for one in reader.inbounds()] == [
        ("Bonjour", False),
        ("Canapé\nEn stock", True),
    ]


def test_types_that_contain_themselves():
    text = SMALL.replace("  text: String\n", "  text: String\n  content: Part\n") + (
        "type Part { text: String content: Part attachments: [Part!] }"
    )
    _ask, schema, plan = learn(text, Small())
    assert plan.missing == () and len(schema.types) < 40


@pytest.mark.parametrize("said", [{}, {"__schema": None}, {"__schema": {"queryType": None}}])
def test_schema_is_not_told(said):
    with pytest.raises(PayloadError):
        introspect(lambda _query: said)


def test_names_that_are_none():
    """What is put into a query is a name, whatever a server says."""
    said = iter(
        [
            {"__schema": {"queryType": {"name": "Query"}}},
            {
                "t0": {
                    "kind": "OBJECT",
                    "name": "Query",
                    "fields": [
                        {
                            "name": "conversation",
                            "isDeprecated": False,
                            "args": [],
                            "type": {"kind": "OBJECT", "name": 'X") { evil }'},
                        }
                    ],
                }
            },
        ]
    )
    with pytest.raises(PayloadError):
        introspect(lambda _query: next(said))
