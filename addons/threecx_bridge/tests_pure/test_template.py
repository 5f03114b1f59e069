"""What a PBX insists on in a CRM template. That one executes it is tested with the simulator."""

import re
from xml.etree import ElementTree

import pytest

from odoo.addons.threecx_bridge.threecx import journal
from odoo.addons.threecx_bridge.threecx.template import (
    DATABASE_HEADER,
    TEMPLATE_VERSION,
    VERSION_HEADER,
    TemplateSettings,
    render,
)

BASE = TemplateSettings("https://odoo.example.com/", "prod")
FULL = TemplateSettings("https://odoo.example.com", "prod", recordings=True)
IDS = [
    "",
    "LookupByEmail",
    "SearchContacts",
    "CreateContactRecordFromClient",
    "ReportCall",
    "ReportChat",
]


def tree(settings=FULL):
    return ElementTree.fromstring(render(settings))


def scenario(id_, settings=FULL):
    return next(each for each in tree(settings).iter("Scenario") if each.get("Id") == id_)


def values(element, path):
    return {value.get("Key"): value.text for value in element.findall(f"{path}/Value")}


def defaults(settings):
    return {each.get("Name"): each.get("Default") for each in tree(settings).iter("Parameter")}


def test_root_and_order_of_its_parts():
    root = tree()
    assert root.tag == "Crm"
    assert root.get("Version") == str(TEMPLATE_VERSION)
    assert root.get("Country")
    assert [child.tag for child in root] == [
        "Number",
        "Connection",
        "Parameters",
        "Authentication",
        "Scenarios",
    ]


def test_the_whole_number_is_sent():
    number = tree().find("Number")
    assert number.attrib == {"Prefix": "Plus", "MaxLength": ""}


def test_all_reserved_scenarios_are_there():
    assert [each.get("Id") for each in tree().iter("Scenario")] == IDS


@pytest.mark.parametrize("id_", IDS)
def test_every_request_carries_key_database_and_version(id_):
    assert values(scenario(id_), "Request/Headers") == {
        "Authorization": "Bearer [ApiKey]",
        DATABASE_HEADER: "[Database]",
        VERSION_HEADER: str(TEMPLATE_VERSION),
    }


def test_no_key_is_in_the_file():
    assert defaults(FULL)["ApiKey"] == ""


def test_parameters_come_filled_in():
    assert defaults(BASE) == {
        "BaseUrl": "https://odoo.example.com",
        "Database": "prod",
        "ApiKey": "",
        "CreateContactEnabled": "True",
        "ReportCallEnabled": "True",
        "ReportChatEnabled": "True",
    }
    off = TemplateSettings("https://x", "d", calls=False, chats=False, create=False)
    assert [value for value in defaults(off).values() if value in ("True", "False")] == 3 * [
        "False"
    ]


def test_a_plus_in_the_address_is_escaped():
    url = scenario("").find("Request").get("Url")
    assert url == '[BaseUrl]/threecx/lookup?number=[[Number].Replace("+","%2B")]'


def test_names_and_addresses_are_in_no_address():
    for id_ in IDS[1:]:
        request = scenario(id_).find("Request")
        assert "[" not in request.get("Url").replace("[BaseUrl]", "")
        assert request.get("RequestType") == "Post"


@pytest.mark.parametrize("id_", IDS[:4])
def test_matches(id_):
    found = scenario(id_)
    [rule] = found.findall("Rules/Rule")
    assert (rule.get("Type"), rule.text) == ("Any", "contacts.id")
    variables = {each.get("Name") for each in found.findall("Variables/Variable")}
    outputs = {each.get("Type"): each.get("Value").strip("[]") for each in found.find("Outputs")}
    assert set(outputs.values()) == variables
    assert {"ContactUrl", "FirstName", "LastName", "CompanyName", "EntityId"} <= set(outputs)
    assert {"PhoneBusiness", "PhoneMobile", "EntityType"} <= set(outputs)
    # our variables do not hide what was typed in the client
    assert not variables & {"FirstName", "LastName", "Email", "Number"}


@pytest.mark.parametrize("id_", ["ReportCall", "ReportChat"])
def test_reports_expect_nothing(id_):
    assert [child.tag for child in scenario(id_)] == ["Request"]


def test_unknown_callers_are_reported():
    skip = scenario("ReportCall").find("Request").get("SkipIf")
    assert skip == "[ReportCallEnabled]!=True"


def test_recordings_are_not_spoken_of_unless_kept():
    text = render(BASE).decode()
    assert not re.search("Recording|Transcription|Summary", text)


def test_a_pbx_that_does_not_know_recordings_does_not_look_at_them():
    guarded = {
        value.get("Key"): value.get("If")
        for value in scenario("ReportCall").iter("Value")
        if value.get("If")
    }
    assert guarded == dict.fromkeys(
        ["RecordingUrl", "Transcription", "Summary"], "[RecordingsEnabled]==True"
    )


def test_what_is_sent_is_what_is_read():
    sent = {key: f"<{key}>" for key in values(scenario("ReportCall"), "Request/PostValues")}
    sent |= {
        "CallType": "Inbound",
        "Number": "<Number> 4",  # without a digit it would be withheld
        "CallStartTimeUTCMillis": "1700000000000",
        "CallEstablishedTimeUTCMillis": "1700000005000",
        "CallEndTimeUTCMillis": "1700000065000",
        "Duration": "00:01:00",
        "RecordingUrl": "https://pbx.example.com/r/1",
    }
    report = journal.parse_call(sent)
    for name in ("Number", "Name", "EntityId", "AgentEmail", "Transcription", "Summary"):
        assert f"<{name}>" in repr(report)
    assert (report.extension, report.queue) == ("<Agent>", "<QueueExtension>")
    assert (report.talk_seconds, report.recording_url[-4:]) == (60, "/r/1")
    chat = {key: f"<{key}>" for key in values(scenario("ReportChat"), "Request/PostValues")}
    chat |= {"ChatStartTimeUTC": "2026-01-02T03:04:05Z", "ChatEndTimeUTC": "2026-01-02T03:05:05Z"}
    report = journal.parse_chat(chat)
    assert report.messages == "<ChatMessages>"
    assert (report.ended - report.started).total_seconds() == 60


def test_what_a_customer_wrote_is_evaluated_once():
    assert {value.get("Passes") for value in tree().iter("Value")} == {"1"}


def test_titles_are_those_of_the_settings_whatever_is_in_them():
    settings = TemplateSettings("https://x", 'a"&<b>', titles={"ApiKey": 'Clé « Odoo » <&">'})
    titles = {each.get("Name"): each.get("Title") for each in tree(settings).iter("Parameter")}
    assert titles["ApiKey"] == 'Clé « Odoo » <&">'
    assert titles["Database"] == "Database"
    assert defaults(settings)["Database"] == 'a"&<b>'
