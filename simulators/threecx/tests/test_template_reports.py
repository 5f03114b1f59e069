"""What is told at the end of calls and chats."""

import pytest

from simulators.threecx.template_engine import Behaviour, Contact

from .templates import LOOKUP, NUMBER, crm, ended_call, ended_chat, engine, report, value

ALL = (
    "CallType", "CallDirection", "Number", "Name", "EntityId", "EntityType", "QueueExtension",
    "Agent", "AgentFirstName", "AgentLastName", "AgentEmail", "Duration", "DateTime",
    "CallStartTimeUTCMillis", "CallStartTimeLocalMillis", "CallEstablishedTimeUTCMillis",
    "CallEndTimeUTCMillis",
)  # fmt: skip
V20 = ("RecordingUrl", "RecordingHyperLink", "Transcription", "Summary", "Sentiment")


def journal(*values, **settings):
    return crm(LOOKUP + report("".join(values), **settings))


def plain(*names):
    return [value(name, f"[{name}]", Passes=1) for name in names]


def told(source, call, **settings):
    """:return: the JSON the CRM was sent."""
    pbx, fake = engine(source, **settings)
    (exchange,) = pbx.report_call(call)
    assert exchange.succeeded, exchange.error
    return fake.posted


def test_answered_inbound_call():
    assert told(journal(*plain(*ALL)), ended_call(queue="800", name="Line name")) == {
        "CallType": "Inbound",
        "CallDirection": "Inbound",
        "Number": "32475123456",
        "Name": "Line name",
        "EntityId": "",
        "EntityType": "",
        "QueueExtension": "800",
        "Agent": "101",
        "AgentFirstName": "Vera",
        "AgentLastName": "Peeters",
        "AgentEmail": "vera@shop.example",
        "Duration": "00:01:23",
        "DateTime": "11/22/2026 10:15:30\u202fAM",
        "CallStartTimeUTCMillis": "1795338930000",
        "CallStartTimeLocalMillis": "1795342530000",
        "CallEstablishedTimeUTCMillis": "1795338937000",
        "CallEndTimeUTCMillis": "1795339020000",
    }


@pytest.mark.parametrize(
    ("call_type", "direction", "duration"),
    [
        ("Inbound", "Inbound", "00:01:23"),
        ("Outbound", "Outbound", "00:01:23"),
        ("Missed", "Inbound", "00:00:00"),
        ("Notanswered", "Outbound", "00:00:00"),
    ],
)
def test_types_of_calls(call_type, direction, duration):
    names = ("CallType", "CallDirection", "Duration", "CallEstablishedTimeUTCMillis")
    posted = told(journal(*plain(*names)), ended_call(call_type))
    assert posted["CallType"] == call_type
    assert posted["CallDirection"] == direction
    assert posted["Duration"] == duration
    assert bool(posted["CallEstablishedTimeUTCMillis"]) is (duration != "00:00:00")


def test_matched_contact():
    contact = Contact("u", first_name="Anne", entity_id="res.partner,7", entity_type="Person")
    posted = told(journal(*plain("Name", "EntityId", "EntityType")), ended_call(contact=contact))
    assert posted == {"Name": "Anne", "EntityId": "res.partner,7", "EntityType": "Person"}


def test_internal_calls_are_not_told():
    pbx, fake = engine(journal(*plain("Number")))
    assert pbx.report_call(ended_call(is_external=False)) == []
    assert not fake.sent


def test_withheld_number():
    assert told(journal(*plain("Number")), ended_call(number="anonymous"))["Number"] == "anonymous"
    assert told(journal(*plain("Number")), ended_call(number=""))["Number"] == ""


def test_number_of_the_journal():
    keep = Behaviour(bare_number_in_posts=False)
    assert told(journal(*plain("Number")), ended_call(), behaviour=keep)["Number"] == NUMBER


def test_version_20_knows_recordings():
    facts = {
        "recording_url": "https://pbx/r/1",
        "transcription": "Bonjour [Number]",
        "summary": "s",
    }
    posted = told(journal(*plain(*V20)), ended_call(**facts))
    assert posted == {
        "RecordingUrl": "https://pbx/r/1",
        "RecordingHyperLink": '<a href="https://pbx/r/1">https://pbx/r/1</a>',
        "Transcription": "Bonjour [Number]",
        "Summary": "s",
        "Sentiment": "",
    }


def test_version_18_does_not():
    posted = told(journal(*plain(*V20)), ended_call(recording_url="x"), version="18.0.9.20")
    assert posted == {name: f"[{name}]" for name in V20}


def test_what_a_customer_wrote_is_evaluated_by_a_second_pass():
    call = ended_call(transcription="my number is [Number]")
    posted = told(journal(value("t", "[Transcription]", Passes=2)), call)
    assert posted["t"] == "my number is 32475123456"
    pbx, fake = engine(journal(value("t", "[Transcription]", Passes=2)))
    (exchange,) = pbx.report_call(ended_call(transcription="a [ is no expression"))
    assert "expected" in exchange.error
    assert not fake.sent


SKIP = '<Parameter Name="Journal" Type="Boolean" Default="True" />'


def test_skip():
    source = crm(LOOKUP + report(value("a", "b"), skip="[Journal]!=True"), parameters=SKIP)
    assert told(source, ended_call()) == {"a": "b"}
    pbx, fake = engine(source, parameters={"Journal": "False"})
    assert pbx.report_call(ended_call()) == []
    assert not fake.sent


def test_skip_of_unknown_callers_loses_them():
    skip = "[Journal]!=True||[EntityId]==&quot;&quot;"
    source = crm(LOOKUP + report(value("a", "b"), skip=skip), parameters=SKIP)
    pbx, _fake = engine(source)
    assert pbx.report_call(ended_call()) == []
    assert len(pbx.report_call(ended_call(contact=Contact("u", entity_id="7")))) == 1


def test_skip_with_an_unquoted_word():
    source = crm(
        LOOKUP + report(value("a", "b"), skip="[Journal]!=True||[CallType]!=Inbound"),
        parameters=SKIP,
    )
    pbx, fake = engine(source)
    (exchange,) = pbx.report_call(ended_call())
    assert "without quotation marks" in exchange.error
    assert not fake.sent
    lenient = Behaviour(words_need_quotes=False)
    assert told(source, ended_call(), behaviour=lenient) == {"a": "b"}


def test_texts_by_type_of_call():
    parameters = (
        SKIP
        + """
      <Parameter Name="InText" Type="String" Parent="Journal"
        Default="[Agent] spoke[LineBreak]to [Name]" />
      <Parameter Name="MissedText" Type="String" Parent="Journal"
        Default="[Agent] missed [Number]" />"""
    )
    values = value("note", "[[InText]]", If="[CallType]==Inbound", Passes=2) + value(
        "note", "[[MissedText]]", If="[CallType]==Missed", Passes=2
    )
    source = crm(LOOKUP + report(values), parameters=parameters)
    assert told(source, ended_call(name="Anne")) == {"note": "101 spoke\nto Anne"}
    assert told(source, ended_call("Missed")) == {"note": "101 missed 32475123456"}
    assert told(source, ended_call("Outbound")) == {}


def test_missed_call_has_no_moment_to_format():
    values = value("at", "[[CallEstablishedTimeUTC].ToString(&quot;s&quot;)]")
    assert told(journal(values), ended_call())["at"] == "2026-11-22T09:15:37"
    pbx, fake = engine(journal(values))
    (exchange,) = pbx.report_call(ended_call("Missed"))
    assert not exchange.succeeded
    assert not fake.sent


def test_missed_call_was_answered_in_the_year_one():
    behaviour = Behaviour(never_is_year_one=True)
    values = plain("CallEstablishedTimeUTCMillis")
    values.append(value("at", "[[CallEstablishedTimeUTC].ToString(&quot;s&quot;)]"))
    values.append(value("here", "[[CallEstablishedTimeLocal].ToString(&quot;yyyy&quot;)]"))
    assert told(journal(*values), ended_call("Missed"), behaviour=behaviour) == {
        "CallEstablishedTimeUTCMillis": "-62135596800000",
        "at": "0001-01-01T00:00:00",
        "here": "0001",
    }
    assert told(journal(*values), ended_call(), behaviour=behaviour)["here"] == "2026"


def test_numbers_of_other_types():
    seconds = '[[[DurationTimespan].get_TotalSeconds()].ToString("F0")]'
    values = value("talk", seconds.replace('"', "&quot;"), Type="Integer")
    assert told(journal(values), ended_call()) == {"talk": 83}
    pbx, _fake = engine(journal(value("id", "[EntityId]", Type="Integer")))
    (exchange,) = pbx.report_call(ended_call())
    assert exchange.error == '"id": "" is no Integer'


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [("Double", "1.5", 1.5), ("Boolean", "False", False), ("Boolean", "no", None)],
)
def test_types(kind, text, expected):
    pbx, fake = engine(journal(value("v", text, Type=kind)))
    (exchange,) = pbx.report_call(ended_call())
    if expected is None:
        assert exchange.error == f'"v": "{text}" is no {kind}'
    else:
        assert fake.posted == {"v": expected}


def test_nested_body():
    values = (
        '<Array Key="args"><Array Key=""><Array Key="">'
        + value("", "phone")
        + value("", "=")
        + value("", "[Number]")
        + '</Array></Array><Object Key="" /></Array>'
    )
    assert told(journal(values), ended_call()) == {"args": [[["phone", "=", "32475123456"]], {}]}
    wrapped = '<Object Key="">' + value("a", "b") + "</Object>"
    assert told(journal(wrapped), ended_call()) == {"a": "b"}


def test_headers():
    headers = f"<Headers>{value('X-Agent', '[AgentEmail]')}</Headers>"
    source = crm(LOOKUP + report(value("a", "b")).replace("<PostValues>", headers + "<PostValues>"))
    pbx, fake = engine(source)
    pbx.report_call(ended_call())
    assert fake.sent[0].headers["X-Agent"] == "vera@shop.example"
    (exchange,) = pbx.report_call(ended_call(agent_email="a\r\nX-Admin: 1"))
    assert "X-Agent" in exchange.error
    assert len(fake.sent) == 1


def test_chained_reports():
    """Not to be relied on, but published: a report that goes on with a second request."""
    outputs = '<Outputs Next="Two" AllowEmpty="true" />'
    first = report(value("step", "1")).replace("</Scenario>", f"{outputs}</Scenario>")
    pbx, fake = engine(crm(LOOKUP + first + report(value("step", "2"), scenario_id="Two")))
    assert len(pbx.report_call(ended_call())) == 2
    assert fake.posted == {"step": "2"}


def test_template_without_journal():
    pbx, fake = engine(crm())
    assert pbx.report_call(ended_call()) == []
    assert pbx.report_chat(ended_chat("Hello")) == []
    assert not fake.sent


CHAT = LOOKUP + report(
    "".join(plain("ChatMessages", "Number", "Email", "Name", "Duration", "ChatStartTimeUTCMillis")),
    scenario_id="ReportChat",
)


def test_chat():
    pbx, fake = engine(crm(CHAT))
    (exchange,) = pbx.report_chat(ended_chat("Hello \N{GRINNING FACE}\nBye", email="a@b", name="A"))
    assert exchange.succeeded
    assert fake.posted == {
        "ChatMessages": "Hello \N{GRINNING FACE}\nBye",
        "Number": "",
        "Email": "a@b",
        "Name": "A",
        "Duration": "00:04:00",
        "ChatStartTimeUTCMillis": "1795338930000",
    }


def test_chat_without_emojis():
    pbx, fake = engine(crm(CHAT, root='Name="S" Version="1" Country="BE"'))
    pbx.report_chat(ended_chat("Héllo \N{GRINNING FACE}\N{HEAVY BLACK HEART}\ufe0f!"))
    assert fake.posted["ChatMessages"] == "Héllo !"
