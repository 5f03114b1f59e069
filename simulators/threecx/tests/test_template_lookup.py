"""Lookups: of numbers, of addresses, of texts; contacts made in the client."""

import pytest

from simulators.threecx.template_engine import Behaviour, HttpError

from .templates import (
    CONTACT_OUTPUTS,
    CONTACT_VARIABLES,
    LOOKUP,
    NUMBER,
    crm,
    engine,
    person,
    scenario,
    value,
)

MINIMAL = 'Prefix="{}" MaxLength="{}"'


def found(*people):
    return {"people": list(people)}


def test_known_number():
    pbx, fake = engine(crm(), found(person()))
    (contact,) = pbx.lookup(NUMBER)
    assert fake.urls == ["https://crm.example/find?phone=%2B32475123456"]
    assert contact.url == "https://crm.example/7"
    assert contact.name == "Anne Dubois"
    assert (contact.entity_type, contact.entity_id) == ("Person", "7")
    assert contact.phones == (NUMBER,)


def test_several_matches_stay_in_order():
    pbx, _fake = engine(crm(), found(person(3), person(1), person(2)))
    assert [contact.entity_id for contact in pbx.lookup(NUMBER)] == ["3", "1", "2"]


def test_unknown_number():
    pbx, _fake = engine(crm(), found())
    assert pbx.lookup(NUMBER) == []
    assert not pbx.discarded


@pytest.mark.parametrize("number", ["", "anonymous", "Restricted"])
def test_withheld_number_is_not_asked_for(number):
    pbx, fake = engine(crm(), found(person()))
    assert pbx.lookup(number) == []
    assert not fake.sent


def test_number_not_echoed():
    pbx, _fake = engine(crm(), found(person(mobile="+32475000000"), person(8)))
    assert [contact.entity_id for contact in pbx.lookup(NUMBER)] == ["8"]
    assert pbx.discarded[0][0] == f"{NUMBER} is in none of its numbers"


@pytest.mark.parametrize(
    ("mobile", "is_kept"),
    [
        ("0032475123456", True),
        ("32475123456", True),
        ("+32 475 12 34 56", False),
        ("0475123456", False),
        ("", False),
    ],
)
def test_echo_is_compared_as_text(mobile, is_kept):
    pbx, _fake = engine(crm(), found(person(mobile=mobile)))
    assert bool(pbx.lookup(NUMBER)) is is_kept


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"first": "", "last": ""}, "no name"),
        ({"first": None, "last": False}, None),
    ],
)
def test_nameless_match(changed, reason):
    pbx, _fake = engine(crm(), found(person(**changed)))
    contacts = pbx.lookup(NUMBER)
    if reason:
        assert reason in pbx.discarded[0][0]
    else:
        assert contacts[0].name == "False"  # what a JSON false becomes


def test_contact_url_is_mandatory_and_unique():
    source = crm(LOOKUP.replace("https://crm.example/[ContactId]", "[Link]").replace(
        "</Variables>", '<Variable Name="Link" Path="people.link" /></Variables>'))  # fmt: skip
    pbx, _fake = engine(source, found(person(1, link="a"), person(2, link="a"), person(3)))
    assert [contact.entity_id for contact in pbx.lookup(NUMBER)] == ["1"]
    assert [reason for reason, _outputs in pbx.discarded] == [
        "its ContactUrl was there already",
        "it has no ContactUrl",
    ]


@pytest.mark.parametrize(
    ("prefix", "length", "number", "asked"),
    [
        ("Plus", "", "0032475123456", "%2B32475123456"),
        ("Zeros", "", NUMBER, "0032475123456"),
        ("Off", "", NUMBER, "32475123456"),
        ("Off", "", "0032475123456", "32475123456"),
        ("AsIs", "", "0032475123456", "0032475123456"),
        ("Plus", "", "0475123456", "0475123456"),
        ("Plus", "6", NUMBER, "123456"),
        ("Plus", "[MaxLength]", NUMBER, "75123456"),
        ("Plus", "15", NUMBER, "%2B32475123456"),
    ],
)
def test_number_of_the_request(prefix, length, number, asked):
    source = crm(number=MINIMAL.format(prefix, length))
    pbx, fake = engine(source, found(person()), max_length=8)
    contacts = pbx.lookup(number)
    assert fake.urls == [f"https://crm.example/find?phone={asked}"]
    assert bool(contacts) is (number != "0475123456")


def test_plus_sign_is_not_escaped_by_the_pbx():
    source = crm(LOOKUP.replace(".Replace(&quot;+&quot;,&quot;%2B&quot;)", "").replace(
        "[[Number]]", "[Number]"))  # fmt: skip
    _pbx, fake = engine(source, found())
    _pbx.lookup(NUMBER)
    assert fake.query == {"phone": [" 32475123456"]}


POST_LOOKUP = scenario(
    CONTACT_VARIABLES + CONTACT_OUTPUTS,
    request='Url="[Url]/find" RequestType="Post" RequestEncoding="Json"',
    inner=f"<PostValues>{value('phone', '[Number]')}{value('way', '[CallDirection]')}</PostValues>",
)


def test_number_in_a_body_has_no_prefix():
    pbx, fake = engine(crm(POST_LOOKUP), found(person()))
    assert pbx.lookup(NUMBER, "Outbound")
    assert fake.posted == {"phone": "32475123456", "way": "Outbound"}
    assert fake.sent[0].headers["Content-Type"] == "application/json"


def test_number_in_a_body_if_the_claim_is_wrong():
    behaviour = Behaviour(bare_number_in_posts=False)
    pbx, fake = engine(crm(POST_LOOKUP), found(), behaviour=behaviour)
    pbx.lookup(NUMBER)
    assert fake.posted["phone"] == NUMBER


def test_number_in_a_body_is_cut():
    source = crm(POST_LOOKUP, number=MINIMAL.format("Plus", 6))
    pbx, fake = engine(source, found())
    pbx.lookup(NUMBER)
    assert fake.posted["phone"] == "123456"


def test_second_lookup_when_the_first_found_nothing():
    again = LOOKUP.replace('SkipIf=""', 'SkipIf="[IIf([FoundRecordCount]&gt;0,True,False)]"')
    source = crm(LOOKUP + again.replace("/find?", "/again?"))
    pbx, fake = engine(source, found(), found(person()))
    assert len(pbx.lookup(NUMBER)) == 1
    assert ["again" in url for url in fake.urls] == [False, True]
    pbx, fake = engine(source, found(person()))
    assert len(pbx.lookup(NUMBER)) == 1
    assert len(fake.urls) == 1


CHAIN = """
<Scenario Id="" Type="REST">
  <Request Url="[Url]/ids?phone=[Number]" RequestType="Get" />
  <Rules><Rule Type="Any">ids.ref</Rule></Rules>
  <Variables><Variable Name="Ref" Path="ids.ref" /></Variables>
  <Outputs Next="Read" AllowEmpty="{}" />
</Scenario>
<Scenario Id="Read" Type="REST">
  <Request Url="[Url]/read/[Ref]?for=[Number]" RequestType="Get" />
""" + CONTACT_VARIABLES + CONTACT_OUTPUTS + "</Scenario>"  # fmt: skip


def test_chain_runs_once_for_each_match():
    ids = {"ids": [{"ref": "a"}, {"ref": "b"}]}
    source = crm(CHAIN.format("false"), number=MINIMAL.format("Off", ""))
    pbx, fake = engine(source, ids, found(person(1)), found(person(2)))
    assert [contact.entity_id for contact in pbx.lookup(NUMBER)] == ["1", "2"]
    assert [url.split("/")[-1] for url in fake.urls[1:]] == [
        "a?for=32475123456",
        "b?for=32475123456",
    ]


@pytest.mark.parametrize(("allow_empty", "requests"), [("false", 1), ("true", 2)])
def test_chain_ends_when_nothing_is_found(allow_empty, requests):
    pbx, fake = engine(crm(CHAIN.format(allow_empty)), {"ids": []}, found())
    assert pbx.lookup(NUMBER) == []
    assert len(fake.sent) == requests


def test_empty_allowed_makes_a_match_of_nothing():
    """A template that echoes what was searched, and allows emptiness, knows everybody."""
    source = crm(LOOKUP.replace('AllowEmpty="false"', 'AllowEmpty="true"')
                 .replace("[Mobile]", "[Number]").replace("[First]", "Somebody"))  # fmt: skip
    pbx, _fake = engine(source, found())
    assert [contact.name for contact in pbx.lookup(NUMBER)] == ["Somebody"]


def test_variables_nobody_filled():
    source = crm(LOOKUP.replace("[First]", "[Firts]"))
    pbx, _fake = engine(source, found(person()))
    assert pbx.lookup(NUMBER)[0].first_name == "[Firts]"
    empty = Behaviour(unknown_variables_stay=False)
    pbx, _fake = engine(source, found(person()), behaviour=empty)
    assert pbx.lookup(NUMBER)[0].first_name == ""


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, b"oops"), "HTTP 500"),
        ((401, b"{}"), "HTTP 401"),
        ((200, b"<html>"), "no JSON"),
        (HttpError("timed out"), "timed out"),
    ],
)
def test_a_crm_that_fails_is_no_match(answer, error):
    pbx, _fake = engine(crm(), answer)
    assert pbx.lookup(NUMBER) == []
    assert error in pbx.exchanges[-1].error


def test_an_output_that_fails_is_noted():
    first = "[[First].Substring(0,9)]"
    pbx, _fake = engine(crm(LOOKUP.replace("[First]", first)), found(person()))
    assert pbx.lookup(NUMBER) == []
    assert "Substring" in pbx.exchanges[-1].error


def test_parameters():
    parameters = '<Parameter Name="On" Type="Boolean" Default="false" />'
    source = crm(LOOKUP.replace('SkipIf=""', 'SkipIf="[On]!=True"'), parameters=parameters)
    pbx, fake = engine(source, found(person()))
    assert pbx.lookup(NUMBER) == []
    assert not fake.sent
    pbx, fake = engine(
        source, found(person()), parameters={"On": True, "Url": "http://localhost:1/shop"}
    )
    assert len(pbx.lookup(NUMBER)) == 1
    assert fake.urls[0].startswith("http://localhost:1/shop/find?")
    with pytest.raises(ValueError, match="no parameter Colour"):
        engine(source, parameters={"Colour": "red"})


def search(scenario_id, request, inner=""):
    return scenario(CONTACT_VARIABLES + CONTACT_OUTPUTS, scenario_id, request, inner)


def test_search_runs_all_searches():
    by_name = search("SearchContacts_Name", 'Url="[Url]/name" RequestType="Get"',
                     f"<QueryParams>{value('q', '[SearchText]')}</QueryParams>")  # fmt: skip
    by_mail = search("SearchContacts_Mail", 'Url="[Url]/mail?q=[SearchText]" RequestType="Get"')
    pbx, fake = engine(crm(LOOKUP + by_name + by_mail), found(person(1, "")),
                       found(person(1, ""), person(2, "")))  # fmt: skip
    assert [contact.entity_id for contact in pbx.search("Été & Co")] == ["1", "2"]
    # as a parameter it arrives; written into the address it is cut in two
    assert fake.urls == [
        "https://crm.example/name?q=%C3%89t%C3%A9+%26+Co",
        "https://crm.example/mail?q=%C3%89t%C3%A9%20&%20Co",
    ]


def test_lookup_by_email():
    by_mail = search("LookupByEmail", 'Url="[Url]/mail?a=[Email]" RequestType="Get"')
    pbx, fake = engine(crm(LOOKUP + by_mail), found(person(mobile="")))
    assert [contact.entity_id for contact in pbx.lookup_email("a@b.example")] == ["7"]
    assert fake.query == {"a": ["a@b.example"]}
    pbx, fake = engine(crm())
    assert pbx.lookup_email("a@b.example") == []
    assert not fake.sent


CREATE = 'Url="[Url]/new" RequestType="Post" RequestEncoding="Json"'
CREATE_VALUES = (
    "<PostValues><Object Key='person'>"
    + value("name", "[FirstName] [LastName]")
    + value("mail", "[Email]")
    + value("phone", "[Number]")
    + "</Object><Array Key='tags'>"
    + value("", "3CX")
    + value("", "5", Type="Integer")
    + value("", "true", Type="Boolean")
    + "</Array></PostValues>"
)


def test_create():
    new = search("CreateContactRecordFromClient", CREATE, CREATE_VALUES)
    pbx, fake = engine(crm(LOOKUP + new), found(person(mobile="")))
    contact = pbx.create("Anne", 'Du"bois', "a@b.example", NUMBER)
    assert contact.entity_id == "7"
    assert fake.posted == {
        "person": {"name": 'Anne Du"bois', "mail": "a@b.example", "phone": "32475123456"},
        "tags": ["3CX", 5, True],
    }


def test_create_fails_or_is_not_offered():
    new = search("CreateContactRecordFromClient", CREATE, CREATE_VALUES)
    pbx, _fake = engine(crm(LOOKUP + new), (400, b"{}"))
    assert pbx.create("Anne", "Dubois", "", NUMBER) is None
    pbx, fake = engine(crm())
    assert pbx.create("Anne", "Dubois", "", NUMBER) is None
    assert not fake.sent


def test_form_body_and_message():
    form = search("SearchContacts", 'Url="[Url]/s" RequestType="Post"',
                  f"<PostValues>{value('q', '[SearchText]')}</PostValues>")  # fmt: skip
    pbx, fake = engine(crm(LOOKUP + form), found())
    pbx.search("a&b é")
    assert fake.sent[0].body == b"q=a%26b+%C3%A9"
    assert fake.sent[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    message = search(
        "SearchContacts",
        'Url="[Url]/s" RequestType="Post" RequestContentType="application/json"'
        ' Message="{ ^^q^^: {{^^[SearchText]^^}} }"',
    )
    pbx, fake = engine(crm(LOOKUP + message), found())
    pbx.search("Anne")
    assert fake.posted == {"q": ["Anne"]}
