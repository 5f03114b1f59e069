"""What 3CX sends, as frozen dataclasses, and the parsers that read it. Pure.

Call Control writes ``party_caller_id``, the XAPI ``PartyCallerId``: names are compared without case
and underscores. Unknown keys are ignored, absent ones empty, so that a newer PBX still fits; only
what makes an object unusable (no id, no object at all) is an error. All moments are naive UTC.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

from odoo.addons.integration_base.exceptions import PayloadError

__all__ = [
    "DTMF",
    "PROMPT_FINISHED",
    "REMOVE",
    "RESPONSE",
    "UNREGISTERED_DEVICE",
    "UPSERT",
    "CallControlResult",
    "CallLogRow",
    "Device",
    "DnInfo",
    "Event",
    "LicenseStatus",
    "Participant",
    "Token",
    "XapiUser",
    "from_millis",
    "parse_duration",
    "parse_moment",
    "rows",
]

#: Values of :attr:`Event.event_type`.
UPSERT, REMOVE, DTMF, PROMPT_FINISHED, RESPONSE = range(5)

#: What 3CX's own client calls a device that an extension could have.
UNREGISTERED_DEVICE = "not_registered_dev"

_EVENT_NAMES = {"upsert": UPSERT, "upset": UPSERT, "remove": REMOVE, "dtmfstring": DTMF}
_ENTITY_TAIL = re.compile(r"/([^/]+)/participants/(\d+)/?\Z", re.IGNORECASE)
_DN_TAIL = re.compile(r"/callcontrol/([^/]+)(?:/|\Z)", re.IGNORECASE)
_FINAL_STATUS = {
    "-1": "failed",
    "0": "rejected",
    "1": "success",
    "failed": "failed",
    "rejected": "rejected",
    "success": "success",
    "succeeded": "success",
}
_ISO_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?\Z",
    re.IGNORECASE,
)
_CLOCK_DURATION = re.compile(
    r"(?:(?P<days>\d+)\.)?(?P<hours>\d+):(?P<minutes>\d{1,2})(?::(?P<seconds>\d{1,2}(?:[.,]\d+)?))?\Z"
)
_MOMENT = re.compile(
    r"(?P<moment>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d+))?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?\Z",
    re.IGNORECASE,
)
#: Types of the ends of a segment, which the call log writes as numbers.
_KINDS = {"0": "extension", "1": "external", "5": "voicemail", "6": "ivr", "7": "queue"}
#: Expiry of a token in seconds below which the PBX can only have meant minutes.
_MINUTES_BELOW = 300


@dataclass(frozen=True, slots=True)
class Token:
    """An access token of one API client."""

    value: str = field(repr=False)
    lifetime: int
    """Seconds from when it was given."""

    @classmethod
    def parse(cls, raw: Any) -> "Token":
        """Read the answer of ``/connect/token``.

        ``expires_in`` was in minutes before 20.0.9 and is in seconds since.
        """
        got = _object(raw, "token")
        value = _text(got, "access_token")
        if not value:
            raise PayloadError("The telephone system gave no token.")
        lifetime = _number(got, "expires_in") or 3600
        return cls(value, lifetime * 60 if lifetime < _MINUTES_BELOW else lifetime)


@dataclass(frozen=True, slots=True)
class Device:
    """One telephone, app or browser of an extension."""

    dn: str = ""
    device_id: str = ""
    """Looks like a SIP address; to be quoted in an address."""
    user_agent: str = ""

    @classmethod
    def parse(cls, raw: Any) -> "Device":
        """Read a ``DNDevice``."""
        got = _object(raw, "device")
        return cls(_text(got, "dn"), _text(got, "device_id"), _text(got, "user_agent"))

    @property
    def is_registered(self) -> bool:
        """Whether it can ring."""
        return bool(self.device_id) and self.device_id != UNREGISTERED_DEVICE


@dataclass(frozen=True, slots=True)
class Participant:
    """One extension's (or queue's) end of one call."""

    id: int
    dn: str = ""
    status: str = ""
    """``Dialing``, ``Ringing`` or ``Connected``; a newer PBX may know more."""
    party_caller_name: str = ""
    party_dn: str = ""
    party_caller_id: str = ""
    party_dn_type: str = ""
    party_did: str = ""
    device_id: str = ""
    direct_control: bool = False
    callid: int = 0
    legid: int = 0
    originated_by_dn: str = ""
    referred_by_dn: str = ""
    on_behalf_of_dn: str = ""
    on_behalf_of_type: str = ""

    @classmethod
    def parse(cls, raw: Any, dn: str = "") -> "Participant":
        """Read a ``CallParticipant``; ``dn`` is that of the address it came from."""
        got = _object(raw, "participant")
        return cls(
            id=_required_id(got, "participant"),
            dn=_text(got, "dn") or dn,
            status=_text(got, "status"),
            party_caller_name=_text(got, "party_caller_name"),
            party_dn=_text(got, "party_dn"),
            party_caller_id=_text(got, "party_caller_id"),
            party_dn_type=_text(got, "party_dn_type"),
            party_did=_text(got, "party_did"),
            device_id=_text(got, "device_id"),
            direct_control=_flag(got, "direct_control"),
            callid=_number(got, "callid"),
            legid=_number(got, "legid"),
            originated_by_dn=_text(got, "originated_by_dn"),
            referred_by_dn=_text(got, "referred_by_dn"),
            on_behalf_of_dn=_text(got, "on_behalf_of_dn"),
            on_behalf_of_type=_text(got, "on_behalf_of_type"),
        )


@dataclass(frozen=True, slots=True)
class DnInfo:
    """One monitored number of the PBX with its devices and what it is on the telephone with."""

    dn: str
    type: str = ""
    """``Wextension``, ``Wroutepoint``, ``Wqueue``, …"""
    devices: tuple[Device, ...] = ()
    participants: tuple[Participant, ...] = ()

    @classmethod
    def parse(cls, raw: Any) -> "DnInfo":
        """Read a ``DNInfo``."""
        got = _object(raw, "DN")
        dn = _text(got, "dn")
        if not dn:
            raise PayloadError("The telephone system names a DN without its number.")
        return cls(
            dn,
            _text(got, "type"),
            tuple(Device.parse(item) for item in _list(got, "devices")),
            tuple(Participant.parse(item, dn) for item in _list(got, "participants")),
        )

    @property
    def is_extension(self) -> bool:
        """Whether it belongs to a person."""
        return "extension" in self.type.lower()


@dataclass(frozen=True, slots=True)
class CallControlResult:
    """The answer to an action."""

    final_status: str
    """``success``, ``rejected`` or ``failed``; another text as it was sent, in lower case."""
    reason: str = ""
    reason_text: str = ""
    participant: Participant | None = None

    @classmethod
    def parse(cls, raw: Any) -> "CallControlResult":
        """Read a ``CallControlResult``, whose status is a number (−1, 0, 1) or a word."""
        got = _object(raw, "result")
        status = _text(got, "finalstatus").lower()
        result = got.get("result")
        has_id = isinstance(result, Mapping) and _names(result).get("id") not in (None, "")
        return cls(
            _FINAL_STATUS.get(status, status),
            _text(got, "reason"),
            _text(got, "reasontext"),
            Participant.parse(result) if has_id else None,
        )

    @property
    def is_success(self) -> bool:
        """Whether the action took place."""
        return self.final_status == "success"


@dataclass(frozen=True, slots=True)
class Event:
    """One message of the websocket. It only names what changed."""

    sequence: int
    event_type: int
    """One of :data:`UPSERT` … :data:`RESPONSE`, or a number of a newer PBX."""
    entity: str
    attached_data: Mapping[str, Any] | None = None

    @classmethod
    def parse(cls, raw: Any) -> "Event":
        """Read a ``WSEvent``."""
        got = _object(raw, "message")
        inner = _object(got.get("event"), "event")
        kind = inner.get("eventtype")
        if isinstance(kind, str) and not kind.strip().lstrip("-").isdigit():
            kind = _EVENT_NAMES.get(kind.strip().lower(), -1)
        attached = inner.get("attacheddata")
        return cls(
            _number(got, "sequence"),
            -1 if kind is None else _as_number(kind, -1),
            _text(inner, "entity"),
            attached if isinstance(attached, Mapping) else None,
        )

    @property
    def dn(self) -> str:
        """Number of the DN that the entity belongs to; empty when it names none."""
        match = _ENTITY_TAIL.search(self.entity) or _DN_TAIL.search(self.entity)
        return unquote(match[1]) if match else ""

    @property
    def participant_id(self) -> int | None:
        """Id of the participant that the entity names, if it names one."""
        match = _ENTITY_TAIL.search(self.entity)
        return int(match[2]) if match else None


@dataclass(frozen=True, slots=True)
class XapiUser:
    """One user of the PBX."""

    id: int
    number: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    enabled: bool = True
    is_registered: bool = False
    profile: str = ""
    """``Available``, ``Away``, ``OutOfOffice``, …"""
    queue_status: str = ""
    caller_id: str = ""

    @classmethod
    def parse(cls, raw: Any) -> "XapiUser":
        """Read a ``Pbx.User``."""
        got = _object(raw, "user")
        return cls(
            id=_required_id(got, "user"),
            number=_text(got, "Number"),
            first_name=_text(got, "FirstName"),
            last_name=_text(got, "LastName"),
            email=_text(got, "EmailAddress"),
            enabled=_flag(got, "Enabled", True),
            is_registered=_flag(got, "IsRegistered"),
            profile=_text(got, "CurrentProfileName"),
            queue_status=_text(got, "QueueStatus"),
            caller_id=_text(got, "OutboundCallerID"),
        )

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class LicenseStatus:
    """What the PBX is licensed for."""

    product_code: str = ""
    version: str = ""
    max_sim_calls: int = 0
    is_active: bool = True
    modules: tuple[str, ...] = ()
    expires: datetime | None = None

    @classmethod
    def parse(cls, raw: Any) -> "LicenseStatus":
        """Read a ``Pbx.LicenseStatus``. Key and addresses in it are left where they are."""
        got = _object(raw, "license")
        return cls(
            product_code=_text(got, "ProductCode"),
            version=_text(got, "Version"),
            max_sim_calls=_number(got, "MaxSimCalls"),
            is_active=_flag(got, "LicenseActive", True),
            modules=tuple(str(name) for name in _list(got, "ActiveModules") if name),
            expires=parse_moment(got.get("expirationdate")),
        )

    @property
    def edition(self) -> str:
        """``enterprise``, ``pro``, ``smb`` or ``free`` as the product code says; else empty."""
        return _edition(self.product_code)


@dataclass(frozen=True, slots=True)
class CallLogRow:
    """One segment of one call in the call log."""

    segment_id: int = 0
    call_id: int = 0
    cdr_id: str = ""
    call_history_id: str = ""
    main_call_history_id: str = ""
    direction: str = ""
    status: str = ""
    reason: str = ""
    answered: bool = False
    started: datetime | None = None
    ringing_seconds: float = 0.0
    talking_seconds: float = 0.0
    source_dn: str = ""
    source_caller_id: str = ""
    source_name: str = ""
    source_type: str = ""
    """``extension``, ``external``, ``voicemail``, ``ivr`` or ``queue``; else as it was sent."""
    destination_dn: str = ""
    destination_caller_id: str = ""
    destination_name: str = ""
    destination_type: str = ""
    did: str = ""
    action_type: str = ""
    action_dn: str = ""
    """Who brought the segment about: the colleague that handed the call over."""
    recording_url: str = ""
    """Address, or the file's place on the PBX."""
    recording_id: int = 0
    transcription: str = ""
    summary: str = ""

    @classmethod
    def parse(cls, raw: Any) -> "CallLogRow":
        """Read a row of ``GetCallLogData``, with its two ends flat or nested."""
        got = _object(raw, "call log row")
        source, destination = _end(got, "source"), _end(got, "destination")
        return cls(
            segment_id=_number(got, "SegmentId"),
            call_id=_number(got, "CallId"),
            cdr_id=_text(got, "CdrId"),
            call_history_id=_text(got, "CallHistoryId"),
            main_call_history_id=_text(got, "MainCallHistoryId"),
            direction=_text(got, "Direction"),
            status=_text(got, "Status"),
            reason=_text(got, "Reason"),
            answered=_flag(got, "Answered"),
            started=parse_moment(got.get("starttime") or got.get("segmentstarttime")),
            ringing_seconds=parse_duration(got.get("ringingduration")),
            talking_seconds=parse_duration(got.get("talkingduration")),
            source_dn=source["dn"],
            source_caller_id=source["callerid"],
            source_name=source["displayname"],
            source_type=_kind(source["type"]),
            destination_dn=destination["dn"],
            destination_caller_id=destination["callerid"],
            destination_name=destination["displayname"],
            destination_type=_kind(destination["type"]),
            did=_text(got, "DidNumber") or _text(got, "SourceDidNumber"),
            action_type=_text(got, "ActionType"),
            action_dn=_text(got, "ActionDnDn"),
            recording_url=_text(got, "RecordingUrl") or _first_recording(got),
            recording_id=_number(got, "DstRecId") or _number(got, "SrcRecId"),
            transcription=_text(got, "Transcription"),
            summary=_text(got, "Summary"),
        )


def rows(raw: Any) -> list[Any]:
    """The rows of an OData answer (``{"value": […]}``).

    :raises PayloadError: it is none
    """
    value = _object(raw, "list").get("value")
    if not isinstance(value, list):
        raise PayloadError("The telephone system sent no list where a list belongs.")
    return value


def parse_moment(raw: Any) -> datetime | None:
    """A moment as ISO 8601 in naive UTC (one without a zone is taken for UTC); ``None`` for what is
    none, and for the year 1 that stands for "never"."""
    match = _MOMENT.match(raw.strip()) if isinstance(raw, str) else None
    if not match:
        return None
    try:
        moment = datetime.fromisoformat(match["moment"].replace(" ", "T"))
        zone = (match["zone"] or "Z").upper()
        if zone != "Z":
            minutes = int(zone[1:3]) * 60 + int(zone[-2:])
            moment -= timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1970 else None


def parse_duration(raw: Any) -> float:
    """Seconds of ``PT1M2.5S``, ``00:01:02.5`` or a number; 0 for what is none of them."""
    if isinstance(raw, bool) or raw is None:
        return 0.0
    if isinstance(raw, (int, float)):
        return max(0.0, float(raw))
    text = str(raw).strip()
    match = _ISO_DURATION.match(text) or _CLOCK_DURATION.match(text)
    if not match:
        return 0.0
    parts = {
        name: float((part or "0").replace(",", ".")) for name, part in match.groupdict().items()
    }
    return timedelta(**parts).total_seconds()


def from_millis(raw: Any) -> datetime | None:
    """Milliseconds since 1970 (UTC) as a moment; ``None`` for what is none."""
    millis = _as_number(raw, 0)
    if millis <= 0:
        return None
    try:
        return datetime.fromtimestamp(millis / 1000, timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def _edition(product_code: str) -> str:
    code = product_code.upper()
    # "PROFENT": the richer word counts
    for mark, edition in (
        ("ENT", "enterprise"),
        ("AI", "enterprise"),
        ("PRO", "pro"),
        ("SMB", "smb"),
        ("BASIC", "smb"),
        ("START", "free"),
        ("FREE", "free"),
    ):
        if mark in code:
            return edition
    return ""


def _names(raw: Mapping) -> dict[str, Any]:
    """The same object under names without case and underscores."""
    return {str(name).replace("_", "").lower(): value for name, value in raw.items()}


def _object(raw: Any, what: str) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise PayloadError(f"The telephone system sent no {what} where one belongs.")
    return _names(raw)


def _value(got: Mapping[str, Any], name: str) -> Any:
    return got.get(name.replace("_", "").lower())


def _text(got: Mapping[str, Any], name: str) -> str:
    value = _value(got, name)
    if value is None or isinstance(value, (Mapping, list)):
        return ""
    return str(value).strip()


def _as_number(value: Any, default: int = 0) -> int:
    if isinstance(value, bool):
        return int(value)
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return default


def _number(got: Mapping[str, Any], name: str) -> int:
    return _as_number(_value(got, name))


def _flag(got: Mapping[str, Any], name: str, default: bool = False) -> bool:
    value = _value(got, name)
    if value is None:
        return default
    return value.strip().lower() in ("true", "1", "yes") if isinstance(value, str) else bool(value)


def _list(got: Mapping[str, Any], name: str) -> Iterable[Any]:
    value = _value(got, name)
    return value if isinstance(value, list) else ()


def _required_id(got: Mapping[str, Any], what: str) -> int:
    value = _as_number(got.get("id"), -1)
    if value < 0:
        raise PayloadError(f"The telephone system names a {what} without its id.")
    return value


def _end(got: Mapping[str, Any], side: str) -> dict[str, str]:
    """One end of a segment: ``SourceDn`` beside others, or ``Dn`` within ``Source``."""
    nested = got.get(side)
    inner = _names(nested) if isinstance(nested, Mapping) else {}
    return {
        name: _text(inner, name) or _text(got, side + name)
        for name in ("dn", "callerid", "displayname", "type")
    }


def _kind(sent: str) -> str:
    return _KINDS.get(sent, sent.replace("_", "").replace(" ", "").lower())


def _first_recording(got: Mapping[str, Any]) -> str:
    for item in _list(got, "Recordings"):
        if isinstance(item, Mapping) and (url := _text(_names(item), "RecordingUrl")):
            return url
    return ""
