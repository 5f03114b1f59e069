"""Which files the PBX refuses, and of which accepted ones it should be warned."""

import pytest

from simulators.threecx.template_engine import Template, TemplateError

from .templates import CONTACT_OUTPUTS, LOOKUP, crm, report, scenario, value


def line_of(source, text):
    return source[: source.index(text)].count("\n") + 1


def refused(source, match, at=None):
    """:param at: text on the line that is to blame."""
    with pytest.raises(TemplateError, match=match) as refusal:
        Template.parse(source)
    if at:
        assert refusal.value.line == line_of(source, at)


def test_accepted():
    template = Template.parse(crm())
    assert (template.name, template.version, template.country) == ("Shop", 3, "BE")
    assert template.supports_emojis
    assert template.warnings == []


def test_accepted_as_bytes_with_mark():
    assert Template.parse(b"\xef\xbb\xbf" + crm().encode()).name == "Shop"


def test_hyphens_in_comment():
    source = crm(head="<!-- parameters -- see manual -->\n")
    refused(source, "comment must not contain", at="<!--")


def test_malformed():
    refused(crm().replace("</Scenarios>", ""), "incorrect file format")


def test_two_roots():
    refused(crm() + "<Crm/>", "junk after document element")


def test_document_type():
    refused(crm(head='<!DOCTYPE Crm [<!ENTITY a "b">]>\n'), "document types", at="<!DOCTYPE")


@pytest.mark.parametrize("name", ["Name", "Version", "Country"])
def test_root_attribute_missing(name):
    refused(crm().replace(f" {name}=", f" Not{name}=", 1), f"Crm has no {name}", at="<Crm")


@pytest.mark.parametrize(
    ("changed", "match", "at"),
    [
        ({"root": 'Name="S" Version="1.2" Country="BE"'}, 'Version="1.2": a whole number', "<Crm"),
        ({"root": 'Name="S" Version="1" Country="BE" SupportsEmojis="yes"'}, "true or false", None),
        ({"number": 'Prefix="E164" MaxLength=""'}, "one of AsIs, Off, Plus, Zeros", "<Number"),
        ({"number": 'Prefix="Plus" MaxLength="[MaxLength"'}, "expected before", "<Number"),
        ({"connection": 'MaxConcurrentRequests="1"'}, "from 2 to 16", "<Connection"),
        ({"connection": ""}, "a whole number", "<Connection"),
        ({"authentication": ""}, "no Authentication", None),
        ({"authentication": '<Authentication Type="Bearer" />'}, "one of No, Basic", "Bearer"),
        ({"authentication": '<Authentication Type="Basic" />'}, "has no Value", "Basic"),
        (
            {"authentication": '<Authentication Type="Scenario"><Value>In</Value>'
                               "</Authentication>"},
            'no scenario "In"', "<Authentication",
        ),
        (
            {"authentication": '<Authentication Type="Scenario"><Scenario Id="In" />'
                               "</Authentication>"},
            "stands among Scenarios", "<Authentication",
        ),
    ],
)  # fmt: skip
def test_frame(changed, match, at):
    refused(crm(**changed), match, at)


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ('Type="String"', "has no Name"),
        ('Name="A" Type="Text"', "Parameter Type"),
        ('Name="A" Type="String" Editor="Html"', "one of String, Sql"),
        ('Name="A" Type="Boolean" Default="1"', "is no Boolean"),
        ('Name="A" Type="Integer" Default="ten"', "is no Integer"),
        ('Name="A" Type="List" ListValues="In,Out" Default="Both"', "not one of ListValues"),
        ('Name="A" Type="String" Parent="Nowhere"', "is no parameter"),
        ('Name="Url" Type="Password"', "two parameters Url"),
    ],
)
def test_parameter(attributes, match):
    refused(crm(parameters=f"<Parameter {attributes} />"), match, at=f"<Parameter {attributes}")


def test_parameter_types_accepted():
    Template.parse(
        crm(
            parameters="""
    <Parameter Name="Journal" Type="Boolean" Parent="" Default="True" />
    <Parameter Name="Subject" Type="String" Parent="Journal" Default="Call of [DateTime]" />
    <Parameter Name="When" Type="List" Parent="Journal" ListValues="In,Out" Default="Out" />
    <Parameter Name="Days" Type="Integer" Default="" />"""
        )
    )


@pytest.mark.parametrize(
    ("xml", "match"),
    [
        ('<Scenario Id=""><Request Url="x" /></Scenario>', "Scenario Type"),
        ('<Scenario Id="" Type="Soap"><Request Url="x" /></Scenario>', "Scenario Type"),
        ('<Scenario Id="" Type="REST" />', "no Request"),
        (scenario("", request='Url=" "'), "Request has no Url"),
        (scenario("", request='Url="x" RequestType="GET"'), "one of Get, Post"),
        (scenario("", request='Url="x" RequestEncoding="JSON"'), "one of UrlEncoded, Json"),
        (scenario("", request='Url="[Number.Trim()]"'), "Unknown function: Number.Trim"),
        (scenario("", request='Url="[Trim([Number])]"'), "Unknown function: Trim"),
        (scenario("", request='Url="[IIf([A],b)]"'), "IIf takes"),
        (scenario("", request='Url="x" SkipIf="[A]!=True||[B]==&quot;"'), "not closed"),
        (scenario("", request='Url="x" SkipIf="[A]) "'), "left over"),
        (scenario("", request='Url="x" MessagePasses="-1"'), "whole number"),
        (
            scenario("", request='Url="x" Message="m"', inner="<PostValues><Value Key='a' />"
                                                             "</PostValues>"),
            "exclude each other",
        ),
        (report("<Object Key='a' />", encoding="UrlEncoded"), "need RequestEncoding Json"),
        (report(value("a", "b", Type="Int")), "Value Type"),
        (report(value("a", "b", If="[A]==(")), "If: "),
        (scenario("", inner="<Headers><Value>x</Value></Headers>"), "has no Key"),
        (scenario("<Rules><Rule Type='Any' /></Rules>"), "Rule has no path"),
        (scenario("<Rules><Rule Type='Like'>a</Rule></Rules>"), "one of Any, Equals"),
        (scenario("<Variables><Variable Name='a' /></Variables>"), "a Name and a Path"),
        (scenario("<Outputs Next='B' />"), 'Next="B" is no scenario'),
        (scenario("<Outputs AllowEmpty='no' />"), "true or false"),
        (scenario("<Outputs><Output Value='a' /></Outputs>"), "an Output has no Type"),
        (scenario("", "A") + scenario("", "A"), 'two scenarios "A"'),
        (scenario("<Outputs Next='B' />", "A") + scenario("<Outputs Next='A' />", "B"), "itself"),
    ],
)  # fmt: skip
def test_scenario(xml, match):
    refused(crm(xml), match)


def test_several_lookups_are_no_doubles():
    assert len(Template.parse(crm(LOOKUP + LOOKUP)).scenarios) == 2


@pytest.mark.parametrize(
    ("source", "warning"),
    [
        (crm(report("")), "no scenario looks numbers up"),
        (crm(root='Name="S" Version="1" Country="BE" Colour="red"'), "Crm Colour is ignored"),
        (crm(LOOKUP.replace("<Rules>", "<Rulez />\n<Rules>")), "Rulez is ignored"),
        (
            crm(LOOKUP.replace('Path="people.first" />',
                               'Path="people.first"><Filters><Filter /></Filters></Variable>')),
            "Filters is ignored",
        ),
        (crm(LOOKUP.replace("people.first", "people.0.first")), "cannot be chosen by its index"),
        (crm(LOOKUP.replace('"Person"', '"person"')), "begins with a capital letter"),
        (crm(LOOKUP.replace('"PhoneMobile"', '"Mobile"')), "Output Mobile is unknown"),
        (crm(LOOKUP.replace('"PhoneMobile"', '"Mobile"')), "without a phone number"),
        (crm(LOOKUP.replace('"ContactUrl"', '"Url"')), "without ContactUrl"),
        (crm(LOOKUP.replace("[Last]", "[Lats]")), "[Lats] is filled by nobody"),
        (crm(LOOKUP.replace("[Last]", "[Summary]")), "[Summary] is filled by 20 and later"),
        (crm(LOOKUP + report("") .replace("</Scenario>", f"{CONTACT_OUTPUTS}</Scenario>")),
         "neither Rules nor Variables nor Outputs"),
        (crm(LOOKUP + report("", skip="[Url]!=False||[CallType]!=Inbound")),
         '"Inbound" is no text'),
        (crm(LOOKUP + report(value("a", "b", If="[CallType]==&quot;Missed&quot;"))),
         "quotation marks are part of the text"),
        (crm(LOOKUP + report(f"<Array Key='a'>{value('k', 'b')}</Array>")), "have no Key"),
    ],
)  # fmt: skip
def test_warnings(source, warning):
    assert any(warning in text for text in Template.parse(source).warnings)
