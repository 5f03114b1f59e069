"""The shapes that 3CX published, by source file: fields and their types, nothing of the code.

Tests hold the simulator to them, and may hold a client to :data:`REQUESTS`. A field may always be
null or absent, as the sources say.
"""

import json
import re

TEXT, WHOLE, FLAG, LIST, OBJECT, MOMENT, DURATION = (
    "text",
    "whole",
    "flag",
    "list",
    "object",
    "moment",
    "duration",
)

TYPES_TS = "3cx/call-control-examples server/src/types.ts"
CONSTANTS_TS = "3cx/call-control-examples server/src/constants.ts"
EXTERNAL_API_TS = "3cx/call-control-examples server/src/services/ExternalApi.service.ts"
AUTH_TS = "3cx/xapi-tutorial auth.ts"
SWAGGER = "3cx/xapi-tutorial swagger.yaml"
LIVE = "payloads of live systems in qmexnetworks/3cx-zammad-bridge"

_PARTICIPANT = {
    "id": WHOLE,
    "status": TEXT,
    "party_caller_name": TEXT,
    "party_dn": TEXT,
    "party_caller_id": TEXT,
    "device_id": TEXT,
    "party_dn_type": TEXT,
    "direct_control": FLAG,
    "callid": WHOLE,
    "legid": WHOLE,
    "dn": TEXT,
}


def _fields(kind, names):
    return dict.fromkeys(names.split(), kind)


SHAPES = {
    TYPES_TS: {
        "DNInfo": {"dn": TEXT, "type": TEXT, "devices": LIST, "participants": LIST},
        "DNDevice": {"dn": TEXT, "device_id": TEXT, "user_agent": TEXT},
        "CallParticipant": _PARTICIPANT,
        "CallControlResultResponse": {
            "finalstatus": WHOLE,
            "reason": TEXT,
            "result": OBJECT,
            "reasontext": TEXT,
        },
        "WSEvent": {"sequence": WHOLE, "event": OBJECT},
        "WSEvent.event": {"event_type": WHOLE, "entity": TEXT, "attached_data": OBJECT},
    },
    LIVE: {
        # What the sample's types leave out, and live systems send.
        "CallParticipant": _PARTICIPANT
        | _fields(
            TEXT,
            """party_did originated_by_dn originated_by_type referred_by_dn referred_by_type
            on_behalf_of_dn on_behalf_of_type""",
        ),
    },
    AUTH_TS: {
        "TokenResponse": {
            "token_type": TEXT,
            "expires_in": WHOLE,
            "access_token": TEXT,
            "refresh_token": TEXT,
        },
    },
    SWAGGER: {
        "Pbx.User": {"Id": WHOLE}
        | _fields(
            TEXT,
            """Number FirstName LastName DisplayName EmailAddress Mobile OutboundCallerID
            CurrentProfileName QueueStatus""",
        )
        | _fields(FLAG, "IsRegistered Enabled VMEnabled RecordCalls"),
        "Pbx.LicenseStatus": {"ActiveModules": LIST}
        | _fields(
            TEXT,
            """AdminEMail CompanyName ContactName CountryCode CountryName EMail LicenseKey
            ProductCode ResellerName Telephone Version""",
        )
        | _fields(FLAG, "Activated LicenseActive Support")
        | _fields(MOMENT, "ExpirationDate MaintenanceExpiresAt")
        | _fields(WHOLE, "MaxSimCalls SimMeetingParticipants"),
        "Pbx.SystemStatus": _fields(
            WHOLE,
            """Id MaxSimCalls CallsActive ExtensionsTotal ExtensionsRegistered TrunksTotal
            TrunksRegistered""",
        )
        | _fields(TEXT, "FQDN Version ProductCode OS")
        | _fields(FLAG, "LicenseActive Activated HasNotRunningServices"),
        "Pbx.ActiveCall": {"Id": WHOLE}
        | _fields(TEXT, "Caller Callee Status")
        | _fields(MOMENT, "EstablishedAt LastChangeStatus ServerNow"),
        "Pbx.CallLogData": _fields(
            TEXT,
            """ActionDnCallerId ActionDnDisplayName actionDnDn CallHistoryId CallType CdrId
            DestinationCallerId DestinationDisplayName DestinationDn Direction MainCallHistoryId
            Reason RecordingUrl SourceCallerId SourceDisplayName SourceDn Status Summary
            Transcription""",
        )
        | _fields(
            WHOLE,
            """ActionDnType ActionType CallCost CallId DestinationType DstRecId Indent SegmentId
            SentimentScore SourceType SrcRecId SubrowDescNumber""",
        )
        | _fields(FLAG, "Answered QualityReport")
        | _fields(DURATION, "RingingDuration TalkingDuration")
        | _fields(MOMENT, "StartTime"),
        "Pbx.CallHistoryView": _fields(
            TEXT,
            """DstCallerNumber DstDisplayName DstDn DstExtendedDisplayName SrcCallerNumber
            SrcDisplayName SrcDn SrcExtendedDisplayName""",
        )
        | _fields(
            WHOLE,
            """DstDnType DstId DstParticipantId DstRecId SegmentActionId SegmentId SegmentType
            SrcDnType SrcId SrcParticipantId SrcRecId""",
        )
        | _fields(FLAG, "CallAnswered DstExternal DstInternal SrcExternal SrcInternal")
        | _fields(DURATION, "CallTime")
        | _fields(MOMENT, "SegmentStartTime SegmentEndTime"),
        "Pbx.Recording": _fields(
            TEXT,
            """ArchivedUrl CallType FromCallerNumber FromCrmContact FromDidNumber FromDisplayName
            FromDn RecordingUrl Summary ToCallerNumber ToCrmContact ToDidNumber ToDisplayName ToDn
            Transcription""",
        )
        | _fields(
            WHOLE,
            """FromDnType FromIdParticipant Id RefParticipantId SentimentScore ToDnType
            ToIdParticipant""",
        )
        | _fields(FLAG, "IsArchived")
        | _fields(MOMENT, "StartTime EndTime"),
    },
}

#: Of constants.ts, with what the sample does not name and its documentation does.
STATUSES = ("Dialing", "Ringing", "Connected")
ACTIONS = ("drop", "answer", "divert", "routeto", "transferto", "attach_participant_data")

_ID = r"/callcontrol/[^/]+"
#: What a client of Call Control may ask: method, path, and the fields of the body. The sample sends
#: ``destination`` alone; CallControlRequest of types.ts has the others.
REQUESTS = {
    EXTERNAL_API_TS: (
        ("GET", r"/callcontrol", ()),
        ("GET", rf"{_ID}/participants/\d+", ()),
        ("POST", rf"{_ID}/makecall", ("destination",)),
        ("POST", rf"{_ID}/devices/[^/]+/makecall", ("destination",)),
        ("POST", rf"{_ID}/participants/\d+/({'|'.join(ACTIONS)})", ("destination",)),
    ),
    TYPES_TS: (
        ("GET", rf"{_ID}(/devices(/[^/]+)?|/participants)?", ()),
        ("POST", rf"{_ID}(/devices/[^/]+)?/makecall", ("destination", "reason", "timeout")),
        (
            "POST",
            rf"{_ID}/participants/\d+/({'|'.join(ACTIONS)})",
            ("destination", "reason", "timeout", "attacheddata"),
        ),
    ),
}
_CHECKS = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
    FLAG: lambda value: isinstance(value, bool),
    LIST: lambda value: isinstance(value, list),
    OBJECT: lambda value: isinstance(value, dict),
    MOMENT: lambda value: bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.]\d{1,12})?(Z|[+-]\d\d:\d\d)", value)
    ),
    DURATION: lambda value: bool(
        re.fullmatch(r"-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+([.]\d+)?S)?)?", value)
    ),
}


def differences(payload, source, shape):
    """:param dict payload: as it was sent; :param str source, shape: keys of :data:`SHAPES`
    :return list: of str, what does not fit; a field that the source does not name is one"""
    wanted = SHAPES[source][shape]
    found = [f"{name}: not published" for name in payload if name not in wanted]
    for name, kind in wanted.items():
        value = payload.get(name)
        if value is not None and not _CHECKS[kind](value):
            found.append(f"{name}: {value!r} is no {kind}")
    return found


def objection(method, path, body):
    """:param str path: without a query; :param str body: of a request, or None
    :return str: why no published client would ask this; empty for what it would"""
    try:
        content = json.loads(body or "{}")
    except ValueError:
        return f"{method} {path}: the body is no JSON"
    if not isinstance(content, dict):
        return f"{method} {path}: the body is no object"
    for requests in REQUESTS.values():
        for allowed, pattern, fields in requests:
            if method == allowed and re.fullmatch(pattern, path) and set(content) <= set(fields):
                return ""
    return f"{method} {path} with {sorted(content)} is in none of the sources"
