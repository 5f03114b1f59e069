"""Renders the CRM template: the XML file by which a PBX (3CX PRO and up) asks Odoo who is calling,
makes contacts, and tells it of calls and chats that ended. Pure.

What a PBX makes of such a file is strict and little documented; what was learned of it is written
next to the line it concerns. The routes at the other end are in ``controllers/``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

__all__ = ["DATABASE_HEADER", "TEMPLATE_VERSION", "VERSION_HEADER", "TemplateSettings", "render"]

#: Raised with every change of the file: an administrator then sees that his PBX has an old one.
TEMPLATE_VERSION = 1
#: Tells Odoo which version the PBX uses.
VERSION_HEADER = "X-Threecx-Template"
#: Odoo's own header to choose among several databases of one server.
DATABASE_HEADER = "X-Odoo-Database"

GENERAL = "General Configuration"

# What a contact of our answers becomes in the PBX. The variables have names of our own: those of
# the PBX (``FirstName``, ``Email``, …) hold what was typed in a form of its client.
_CONTACT = (
    ("OdooUrl", "contacts.url", "ContactUrl"),
    ("OdooFirstName", "contacts.first", "FirstName"),
    ("OdooLastName", "contacts.last", "LastName"),
    ("OdooCompany", "contacts.company", "CompanyName"),
    ("OdooEmail", "contacts.email", "Email"),
    # a match is thrown away unless one of the numbers is the one that was searched
    ("OdooBusiness", "contacts.business", "PhoneBusiness"),
    ("OdooBusiness2", "contacts.business2", "PhoneBusiness2"),
    ("OdooMobile", "contacts.mobile", "PhoneMobile"),
    ("OdooId", "contacts.id", "EntityId"),
    ("OdooType", "contacts.type", "EntityType"),
)
_CREATE_VALUES = ("FirstName", "LastName", "Email", "Number")
# Who it was, and with whom: the same for calls and chats.
_PARTIES = (
    "Name",
    "EntityId",
    "EntityType",
    "QueueExtension",
    "Agent",
    "AgentFirstName",
    "AgentLastName",
    "AgentEmail",
)
# Moments go as milliseconds since 1970: written out they would follow the language of the PBX, and
# to format the one at which a missed call was answered is an error there.
_CALL_VALUES = (
    "CallType",
    "CallDirection",
    "Number",
    *_PARTIES,
    "Duration",
    "CallStartTimeUTCMillis",
    "CallEstablishedTimeUTCMillis",
    "CallEndTimeUTCMillis",
)
# Known to V20 only: not even looked at unless the switch is on.
_RECORDING_VALUES = ("RecordingUrl", "Transcription", "Summary")
_CHAT_VALUES = ("Number", "Email", *_PARTIES, "Duration", "ChatMessages")
_CHAT_MOMENTS = ("ChatStartTimeUTC", "ChatEndTimeUTC")


@dataclass(frozen=True, slots=True)
class TemplateSettings:
    """What differs between two PBXs. The key is not in the file: it is typed in the PBX."""

    base_url: str
    """Address under which the PBX reaches Odoo."""
    database: str
    calls: bool = True
    """Tell Odoo of calls that ended."""
    chats: bool = True
    """Tell Odoo of chats that ended."""
    create: bool = True
    """Let users of the PBX's client make contacts."""
    recordings: bool = False
    """Let the PBX send addresses of recordings, transcripts and summaries (V20)."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What the PBX's console calls a parameter, by name of the parameter."""


def render(settings: TemplateSettings) -> bytes:
    """The file to upload in the PBX, UTF-8."""
    root = Element(
        "Crm",
        Name="Odoo",
        Version=str(TEMPLATE_VERSION),
        Country="Global",
        SupportsEmojis="true",
        ListPageSize="0",
    )
    if settings.recordings:
        root.set("SupportsTranscription", "true")
    # Without a MaxLength the whole number is sent; its setting in the PBX is often six digits.
    SubElement(root, "Number", Prefix="Plus", MaxLength="")
    SubElement(root, "Connection", MaxConcurrentRequests="4")
    _add_parameters(SubElement(root, "Parameters"), settings)
    SubElement(root, "Authentication", Type="No")
    scenarios = SubElement(root, "Scenarios")
    _add_lookups(scenarios)
    _add_create(scenarios)
    _add_report_call(scenarios, settings)
    _add_report_chat(scenarios)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _add_parameters(parent: Element, settings: TemplateSettings) -> None:
    """What the PBX's console asks for when the file is uploaded."""

    def add(name: str, type_: str, default: str | bool, group: str = GENERAL) -> None:
        SubElement(
            parent,
            "Parameter",
            Name=name,
            Type=type_,
            Parent=group,
            Editor="String",
            Title=settings.titles.get(name, name),
            Default=str(default),
        )

    add("BaseUrl", "String", settings.base_url.rstrip("/"))
    add("Database", "String", settings.database)
    add("ApiKey", "Password", "")
    add("CreateContactEnabled", "Boolean", settings.create)
    # a parameter that others hang on has no group
    add("ReportCallEnabled", "Boolean", settings.calls, group="")
    if settings.recordings:
        add("RecordingsEnabled", "Boolean", True, group="ReportCallEnabled")
    add("ReportChatEnabled", "Boolean", settings.chats, group="")


def _add_lookups(scenarios: Element) -> None:
    # A number may only go in the address: in a body, the PBX leaves its prefix out. Names and
    # addresses of people go in the body, where they need no escaping and no log writes them down.
    number = '[[Number].Replace("+","%2B")]'
    lookup = _scenario(scenarios, "", f"/threecx/lookup?number={number}")
    _add_contact_outputs(lookup, allow_empty=True)
    by_email = _scenario(scenarios, "LookupByEmail", "/threecx/lookup", {"email": "[Email]"})
    _add_contact_outputs(by_email, allow_empty=False)
    search = _scenario(scenarios, "SearchContacts", "/threecx/lookup", {"search": "[SearchText]"})
    _add_contact_outputs(search, allow_empty=False)


def _add_create(scenarios: Element) -> None:
    scenario = _scenario(
        scenarios,
        "CreateContactRecordFromClient",
        "/threecx/contact",
        _variables(_CREATE_VALUES),
        skip_if="[CreateContactEnabled]!=True",
    )
    _add_contact_outputs(scenario, allow_empty=False)


def _add_report_call(scenarios: Element, settings: TemplateSettings) -> None:
    # Not skipped when ``[EntityId]`` is empty, as other templates do: that loses unknown callers.
    scenario = _scenario(
        scenarios,
        "ReportCall",
        "/threecx/journal",
        _variables(_CALL_VALUES),
        skip_if="[ReportCallEnabled]!=True",
    )
    if settings.recordings:
        values = scenario.find("Request/PostValues")
        for name, text in _variables(_RECORDING_VALUES).items():
            _add_value(values, name, text, If="[RecordingsEnabled]==True")


def _add_report_chat(scenarios: Element) -> None:
    moments = {name: f'[[{name}].ToString("yyyy-MM-ddTHH:mm:ssZ")]' for name in _CHAT_MOMENTS}
    _scenario(
        scenarios,
        "ReportChat",
        "/threecx/chat",
        _variables(_CHAT_VALUES) | moments,
        skip_if="[ReportChatEnabled]!=True",
    )


def _variables(names: tuple[str, ...]) -> dict[str, str]:
    """Variables of the PBX under their own names."""
    return {name: f"[{name}]" for name in names}


def _scenario(
    scenarios: Element,
    id_: str,
    path: str,
    values: Mapping[str, str] | None = None,
    *,
    skip_if: str = "",
) -> Element:
    """One request: a GET, or a POST of ``values`` as JSON."""
    scenario = SubElement(scenarios, "Scenario", Id=id_, Type="REST", EntityId="", EntityOrder="")
    request = SubElement(
        scenario,
        "Request",
        SkipIf=skip_if,
        Url=f"[BaseUrl]{path}",
        MessagePasses="0",
        Message="",
        RequestContentType="",
        RequestEncoding="UrlEncoded" if values is None else "Json",
        RequestType="Get" if values is None else "Post",
        ResponseType="Json",
    )
    headers = SubElement(request, "Headers")
    _add_value(headers, "Authorization", "Bearer [ApiKey]")
    _add_value(headers, DATABASE_HEADER, "[Database]")
    _add_value(headers, VERSION_HEADER, str(TEMPLATE_VERSION))
    if values is not None:
        # beside the values, ``Message`` has to stay empty
        post = SubElement(request, "PostValues", Key="")
        for key, text in values.items():
            _add_value(post, key, text)
    return scenario


def _add_value(parent: Element, key: str, text: str, **attributes: str) -> None:
    # one pass: what a customer wrote in his chat is not evaluated in its turn
    value = SubElement(parent, "Value", Key=key, Passes="1", Type="String", **attributes)
    value.text = text


def _add_contact_outputs(scenario: Element, *, allow_empty: bool) -> None:
    """Every element of ``contacts`` becomes one match; no element, no match."""
    rules = SubElement(scenario, "Rules")
    SubElement(rules, "Rule", Type="Any", Ethalon="").text = "contacts.id"
    variables = SubElement(scenario, "Variables")
    outputs = SubElement(scenario, "Outputs", AllowEmpty=str(allow_empty).lower())
    for name, path, output in _CONTACT:
        # no empty ``Filter`` inside: it loses the values as soon as there are two matches
        SubElement(variables, "Variable", Name=name, LookupValue="", Path=path)
        SubElement(outputs, "Output", Type=output, Passes="0", Value=f"[{name}]")
