"""What the PBX knows at each moment a template is run, under the names templates use for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

__all__ = [
    "CALL_TYPES",
    "COMMON",
    "PHONE_OUTPUTS",
    "V20_VARIABLES",
    "VARIABLES",
    "YEAR_ONE",
    "Contact",
    "EndedCall",
    "EndedChat",
]

CALL_TYPES = ("Inbound", "Outbound", "Missed", "Notanswered")
#: What a contact's numbers may be output as.
PHONE_OUTPUTS = (
    "PhoneBusiness", "PhoneBusiness2", "PhoneHome", "PhoneMobile", "PhoneMobile2", "PhoneOther",
    "FaxBusiness", "Pager",
)  # fmt: skip
#: Unknown before version 20.
V20_VARIABLES = {"RecordingUrl", "RecordingHyperLink", "Transcription", "Summary", "Sentiment"}
#: Of every scenario.
COMMON = {"MaxLength", "FoundRecordCount", "LineBreak"}
_AGENT = {
    "Number", "Name", "EntityId", "EntityType", "QueueExtension",
    "Agent", "AgentFirstName", "AgentLastName", "AgentEmail",
    "Duration", "DurationTimespan", "DateTime",
}  # fmt: skip
_FORMS = ("UTC", "Local", "UTCMillis", "LocalMillis")
#: By the reserved id or the beginning of it; the empty one is the lookup by number.
VARIABLES = {
    "": {"Number", "CallDirection"},
    "LookupByEmail": {"Email"},
    "SearchContacts": {"SearchText"},
    "CreateContactRecordFromClient": {"FirstName", "LastName", "Email", "Number"},
    "CreateContactRecord": {"Number", "CallDirection", "Name"},
    "LookupFromCFD_": {"Number", "SearchText"},
    "ReportCall": _AGENT
    | V20_VARIABLES
    | {"CallType", "CallDirection"}
    | {f"Call{part}Time{form}" for part in ("Start", "Established", "End") for form in _FORMS},
    "ReportChat": _AGENT
    | {"Email", "ChatMessages"}
    | {f"Chat{part}Time{form}" for part in ("Start", "End") for form in _FORMS},
}


#: The first moment .NET knows.
YEAR_ONE = datetime(1, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Contact:
    """What the PBX keeps of a match."""

    url: str
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    entity_id: str = ""
    entity_type: str = ""
    phones: tuple[str, ...] = ()

    @property
    def name(self):
        """What the telephone shows."""
        person = f"{self.first_name} {self.last_name}".strip()
        return person or self.company


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A share of a call as it is journaled. Moments are aware."""

    call_type: str
    """One of :data:`CALL_TYPES`."""
    number: str
    """The other side, as the line shows it; ``anonymous`` or empty when it is withheld."""
    agent: str
    """Extension."""
    started: datetime
    ended: datetime
    established: datetime | None = None
    agent_first_name: str = ""
    agent_last_name: str = ""
    agent_email: str = ""
    name: str = ""
    """Shown by the line; a contact's name takes its place."""
    queue: str = ""
    contact: Contact | None = None
    """The match of the lookup at the beginning of the call."""
    is_external: bool = True
    recording_url: str = ""
    transcription: str = ""
    summary: str = ""
    sentiment: str = ""

    @property
    def direction(self):
        return "Inbound" if self.call_type in ("Inbound", "Missed") else "Outbound"

    @property
    def duration(self):
        """:rtype: timedelta, whole seconds"""
        talked = self.ended - self.established if self.established else timedelta()
        return timedelta(seconds=int(talked.total_seconds()))

    def variables(self, zone, version, never=None):
        """:param zone: of the PBX. :param int version: its major version.
        :param datetime never: what a moment that did not come is; None: an empty text."""
        values = {
            "CallType": self.call_type,
            "CallDirection": self.direction,
            **_agent_variables(self, zone),
            **_moments("CallStartTime", self.started, zone),
            **_moments("CallEstablishedTime", self.established or never, zone),
            **_moments("CallEndTime", self.ended, zone),
        }
        if version >= 20:
            link = f'<a href="{self.recording_url}">{self.recording_url}</a>'
            values |= {
                "RecordingUrl": self.recording_url,
                "RecordingHyperLink": link if self.recording_url else "",
                "Transcription": self.transcription,
                "Summary": self.summary,
                "Sentiment": self.sentiment,
            }
        return values


@dataclass(frozen=True, slots=True)
class EndedChat:
    """A chat with a visitor that was closed. Moments are aware."""

    messages: str
    agent: str
    started: datetime
    ended: datetime
    number: str = ""
    email: str = ""
    name: str = ""
    agent_first_name: str = ""
    agent_last_name: str = ""
    agent_email: str = ""
    queue: str = ""
    contact: Contact | None = None

    @property
    def duration(self):
        return timedelta(seconds=int((self.ended - self.started).total_seconds()))

    def variables(self, zone, _version):
        return {
            "ChatMessages": self.messages,
            "Email": self.email,
            **_agent_variables(self, zone),
            **_moments("ChatStartTime", self.started, zone),
            **_moments("ChatEndTime", self.ended, zone),
        }


def _agent_variables(event, zone):
    contact = event.contact
    return {
        "Number": event.number,
        "Name": contact.name if contact else event.name,
        "EntityId": contact.entity_id if contact else "",
        "EntityType": contact.entity_type if contact else "",
        "QueueExtension": event.queue,
        "Agent": event.agent,
        "AgentFirstName": event.agent_first_name,
        "AgentLastName": event.agent_last_name,
        "AgentEmail": event.agent_email,
        "Duration": str(event.duration).zfill(8),
        "DurationTimespan": event.duration,
        "DateTime": event.started.astimezone(zone),
    }


def _moments(name, moment, zone):
    """A moment in its four forms."""
    if moment is None:
        return dict.fromkeys((f"{name}{form}" for form in _FORMS), "")
    utc, local = moment.astimezone(timezone.utc), moment.astimezone(zone)
    return {
        f"{name}UTC": utc,
        f"{name}Local": local,
        f"{name}UTCMillis": _milliseconds(utc),
        f"{name}LocalMillis": _milliseconds(local.replace(tzinfo=timezone.utc)),
    }


def _milliseconds(moment):
    return round(moment.timestamp() * 1000)
