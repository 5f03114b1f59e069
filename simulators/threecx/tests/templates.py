"""Templates of the shapes that are published, and a CRM that answers from a list."""

import json
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

from simulators.threecx.template_engine import Answer, EndedCall, EndedChat, Engine, Template

NUMBER = "+32475123456"
START = datetime(2026, 11, 22, 9, 15, 30, tzinfo=timezone.utc)

CONTACT_OUTPUTS = """
  <Outputs AllowEmpty="false">
    <Output Type="ContactUrl" Passes="0" Value="https://crm.example/[ContactId]" />
    <Output Type="FirstName" Passes="0" Value="[First]" />
    <Output Type="LastName" Passes="0" Value="[Last]" />
    <Output Type="PhoneMobile" Passes="0" Value="[Mobile]" />
    <Output Type="EntityId" Passes="0" Value="[ContactId]" />
    <Output Type="EntityType" Passes="0" Value="Person" />
  </Outputs>"""
CONTACT_VARIABLES = """
  <Rules><Rule Type="Any" Ethalon="">people.id</Rule></Rules>
  <Variables>
    <Variable Name="ContactId" Path="people.id" />
    <Variable Name="First" Path="people.first" />
    <Variable Name="Last" Path="people.last" />
    <Variable Name="Mobile" Path="people.mobile" />
  </Variables>"""
LOOKUP = f"""
<Scenario Id="" Type="REST">
  <Request SkipIf="" Url="[Url]/find?phone=[[Number].Replace(&quot;+&quot;,&quot;%2B&quot;)]"
    MessagePasses="0" RequestEncoding="UrlEncoded" RequestType="Get" ResponseType="Json" />
  {CONTACT_VARIABLES}{CONTACT_OUTPUTS}
</Scenario>"""


def scenario(content, scenario_id="", request='Url="[Url]/x"', inner=""):
    """:param content: what stands behind the request. :param inner: what stands in it."""
    return f"""
<Scenario Id="{scenario_id}" Type="REST">
  <Request {request}>{inner}</Request>{content}
</Scenario>"""


def report(values, scenario_id="ReportCall", skip="", encoding="Json"):
    """A journal of these ``PostValues``."""
    request = (
        f'SkipIf="{skip}" Url="[Url]/journal" RequestEncoding="{encoding}" RequestType="Post"'
        ' ResponseType="Json"'
    )
    return scenario("", scenario_id, request, f"<PostValues>{values}</PostValues>")


def value(key, text, **attributes):
    given = "".join(f' {name.rstrip("_")}="{it}"' for name, it in attributes.items())
    return f'<Value Key="{key}"{given}>{text}</Value>'


def crm(
    scenarios=LOOKUP,
    number='Prefix="Plus" MaxLength=""',
    parameters="",
    authentication='<Authentication Type="No" />',
    root='Name="Shop" Version="3" Country="BE" SupportsEmojis="true"',
    connection='MaxConcurrentRequests="4"',
    head="",
):
    """:return: a template as text."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
{head}<Crm {root}>
  <Number {number} />
  <Connection {connection} />
  <Parameters>
    <Parameter Name="Url" Type="String" Parent="General Configuration" Editor="String"
      Title="Address:" Default="https://crm.example" />
    {parameters}
  </Parameters>
  {authentication}
  <Scenarios>{scenarios}</Scenarios>
</Crm>"""


class FakeCrm:
    """Answers every request with the next of its answers, the last one for ever; keeps what it was
    sent.

    :param answers: JSON values; a pair of a status and bytes; an exception to raise.
    """

    def __init__(self, *answers):
        self.answers = list(answers) or [{}]
        self.sent = []

    def __call__(self, sent):
        self.sent.append(sent)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            return Answer(*answer)
        return Answer(200, json.dumps(answer).encode())

    @property
    def urls(self):
        return [sent.url for sent in self.sent]

    @property
    def query(self):
        return parse_qs(urlsplit(self.sent[-1].url).query)

    @property
    def posted(self):
        """The last JSON body."""
        return json.loads(self.sent[-1].body)


def engine(source, *answers, **settings):
    """:return: an engine and the CRM it asks."""
    fake = FakeCrm(*answers)
    return Engine(Template.parse(source), http=fake, **settings), fake


def person(ident=7, mobile=NUMBER, **values):
    return {"id": ident, "first": "Anne", "last": "Dubois", "mobile": mobile, **values}


def ended_call(call_type="Inbound", talk=83, **values):
    """A call of 07 seconds of ringing, and of so many of talk."""
    answered = START + timedelta(seconds=7)
    is_answered = call_type in ("Inbound", "Outbound")
    common = {
        "number": NUMBER,
        "agent": "101",
        "agent_first_name": "Vera",
        "agent_last_name": "Peeters",
        "agent_email": "vera@shop.example",
        "started": START,
        "established": answered if is_answered else None,
        "ended": answered + timedelta(seconds=talk if is_answered else 0),
    }
    return EndedCall(call_type, **{**common, **values})


def ended_chat(messages, **values):
    ended = START + timedelta(minutes=4)
    return EndedChat(messages, agent="101", started=START, ended=ended, **values)
