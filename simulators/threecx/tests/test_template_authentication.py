"""How the PBX says who it is."""

import time

from .templates import LOOKUP, NUMBER, crm, ended_call, engine, person, report, value

KEY = '<Parameter Name="Key" Type="Password" Parent="General Configuration" />'
SCENARIO = '<Authentication Type="Scenario"><Value>Enter</Value></Authentication>'
ENTER = """
<Scenario Id="Enter" Type="REST">
  <Request Url="[Url]/enter" RequestType="Post" RequestEncoding="Json">
    <PostValues><Value Key="key" Passes="0" Type="String">[Key]</Value></PostValues>
  </Request>
  <Rules><Rule Type="Any" Ethalon="">result.token</Rule></Rules>
  <Variables>
    <Variable Name="Token" Path="result.token"><Filter /></Variable>
  </Variables>%s
</Scenario>"""
PUBLISH = """
  <Outputs AllowEmpty="false">
    <Output Type="HeaderName" Passes="0" Value="X-Token" />
    <Output Type="HeaderValue" Passes="0" Value="t=[Token]" />
    <Output Type="BearerExpiration" Passes="0" Value="20" />
  </Outputs>"""
USE = LOOKUP.replace("/find?", "/find?token=[Token]&amp;")
TOKEN = {"result": {"token": "abc"}}
FOUND = {"people": [person()]}


def by_scenario(*answers, outputs=PUBLISH, scenarios=USE):
    source = crm(ENTER % outputs + scenarios, parameters=KEY, authentication=SCENARIO)
    return engine(source, *answers, parameters={"Key": "secret"})


def test_none():
    pbx, fake = engine(crm(), FOUND)
    pbx.lookup(NUMBER)
    assert "Authorization" not in fake.sent[0].headers


def test_basic():
    basic = '<Authentication Type="Basic"><Value>[Key]:X</Value></Authentication>'
    pbx, fake = engine(crm(parameters=KEY, authentication=basic), FOUND, parameters={"Key": "Clé"})
    pbx.lookup(NUMBER)
    assert fake.sent[0].headers["Authorization"] == "Basic Q2zDqTpY"


def test_scenario_publishes_header_and_variable():
    pbx, fake = by_scenario(TOKEN, FOUND)
    assert len(pbx.lookup(NUMBER)) == 1
    enter, lookup = fake.sent
    assert enter.body == b'{"key": "secret"}'
    assert "X-Token" not in enter.headers
    assert lookup.headers["X-Token"] == "t=abc"
    assert "token=abc&" in lookup.url


def test_token_is_kept_until_it_expires(monkeypatch):
    pbx, fake = by_scenario(TOKEN, FOUND, FOUND, {"result": {"token": "def"}}, FOUND)
    pbx.lookup(NUMBER)
    pbx.lookup(NUMBER)
    assert len(fake.sent) == 3
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 20 * 60 + 1)
    pbx.lookup(NUMBER)
    assert fake.sent[-1].headers["X-Token"] == "t=def"


def test_without_outputs_nothing_is_published():
    pbx, fake = by_scenario(TOKEN, FOUND, outputs="")
    pbx.lookup(NUMBER)
    assert "token=[Token]&" in fake.sent[1].url
    assert "X-Token" not in fake.sent[1].headers


def test_outputs_without_header():
    pbx, fake = by_scenario(TOKEN, FOUND, outputs='<Outputs Next="" AllowEmpty="false" />')
    pbx.lookup(NUMBER)
    assert "token=abc&" in fake.sent[1].url


def test_refused():
    pbx, fake = by_scenario({"result": {}}, scenarios=USE + report(value("a", "b")))
    assert pbx.lookup(NUMBER) == []
    assert 'scenario "Enter" found nothing' in pbx.exchanges[-1].error
    (exchange,) = pbx.report_call(ended_call())
    assert not exchange.succeeded
    assert {sent.url for sent in fake.sent} == {"https://crm.example/enter"}
