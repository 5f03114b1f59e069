"""What our CRM template posts at the end of a call or chat, as reports. Pure.

The template sends the PBX's own variables under their own names (``CallType``, ``AgentEmail``,
``CallStartTimeUTCMillis``, …); case and underscores do not count. Everything arrives as text.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from odoo.addons.integration_base.exceptions import PayloadError

from .report import CallReport
from .shapes import from_millis, parse_duration, parse_moment

__all__ = ["ChatReport", "known_number", "parse_call", "parse_chat"]

#: Longest number and name kept, in characters: nothing of the real world is longer.
MAX_NUMBER = 64
MAX_NAME = 256
#: Longest value repeated in an error.
_SHOWN = 40

#: ``CallType``: direction and outcome.
_TYPES = {
    "inbound": ("inbound", "answered"),
    "outbound": ("outbound", "answered"),
    "missed": ("inbound", "missed"),
    "notanswered": ("outbound", "no_answer"),
}
#: What a PBX writes for a caller who does not show his number, in whatever language: words, the
#: address of RFC 3323, noughts. A SIP address is no number either, but somebody's.
_WITHHELD = re.compile(r"[^\d@]*|.*anonymous.*|.*@[^@]*\.invalid\W*|\+?0{3,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ChatReport:
    """One chat of the PBX's own chat, at its end. Moments are naive UTC."""

    key: str
    number: str = ""
    """Number or address of the visitor; empty when he gave none."""
    name: str = ""
    email: str = ""
    extension: str = ""
    agent_email: str = ""
    queue: str = ""
    entity: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    messages: str = ""


def parse_call(payload: Any) -> CallReport:
    """Read the payload of ``ReportCall``.

    :raises PayloadError: it is none; the message names field and value
    """
    got = _fields(payload)
    kind = got.get("calltype", "")
    if kind.lower() not in _TYPES:
        raise _wrong("CallType", kind)
    direction, outcome = _TYPES[kind.lower()]
    number = _number(got)
    started = _moment(got, "CallStartTime")
    if not started:
        raise _wrong("CallStartTimeUTCMillis", _stamp(got, "CallStartTime"))
    talk = _seconds(got)
    answered = ended = None
    if outcome == "answered":
        answered = _moment(got, "CallEstablishedTime")
        ended = _moment(got, "CallEndTime")
        if not ended:
            ended = (answered or started) + timedelta(seconds=talk)
        answered = answered or max(started, ended - timedelta(seconds=talk))
        talk = talk or max(0, round((ended - answered).total_seconds()))
    else:
        ended, talk = _moment(got, "CallEndTime") or started, 0
    extension = got.get("agent", "")[:MAX_NUMBER]
    return CallReport(
        source="journal",
        key=_key(extension, number, got, kind),
        direction=direction,
        number=number,
        extension=extension,
        agent_email=got.get("agentemail", "")[:MAX_NAME],
        outcome=outcome,
        started=started,
        answered=answered,
        ended=max(ended, answered or started),
        talk_seconds=talk,
        name=got.get("name", "")[:MAX_NAME],
        queue=got.get("queueextension", "")[:MAX_NUMBER],
        entity=got.get("entityid", "")[:MAX_NUMBER],
        recording_url=_url(got),
        transcript=got.get("transcription", ""),
        summary=got.get("summary", ""),
    )


def parse_chat(payload: Any) -> ChatReport:
    """Read the payload of ``ReportChat``.

    :raises PayloadError: it is none; the message names field and value
    """
    got = _fields(payload)
    messages = got.get("chatmessages", "")
    if not messages:
        raise _wrong("ChatMessages", messages)
    number = known_number(got.get("number", ""))[:MAX_NUMBER]
    extension = got.get("agent", "")[:MAX_NUMBER]
    started = _moment(got, "ChatStartTime") or _moment(got, "CallStartTime")
    return ChatReport(
        key=_key(extension, number or got.get("email", ""), got, messages),
        number=number,
        name=got.get("name", "")[:MAX_NAME],
        email=got.get("email", "")[:MAX_NAME],
        extension=extension,
        agent_email=got.get("agentemail", "")[:MAX_NAME],
        queue=got.get("queueextension", "")[:MAX_NUMBER],
        entity=got.get("entityid", "")[:MAX_NUMBER],
        started=started,
        ended=_moment(got, "ChatEndTime") or _moment(got, "CallEndTime"),
        messages=messages,
    )


def known_number(raw: str) -> str:
    """The number, or nothing for what stands for a withheld one."""
    number = raw.strip()
    return "" if _WITHHELD.fullmatch(number) else number


def _fields(payload: Any) -> dict[str, str]:
    """Names without case and underscores; values as text."""
    if not isinstance(payload, Mapping):
        raise PayloadError("The journal is no object with named values.")
    got = {}
    for name, value in payload.items():
        if isinstance(value, (Mapping, list)):
            raise _wrong(str(name), value)
        text = "" if value is None else str(value).strip()
        # a variable that an older PBX does not know stands there as it stands in the template
        unfilled = text == f"[{name}]"
        got[str(name).replace("_", "").lower()] = "" if unfilled else text
    return got


def _number(got: Mapping[str, str]) -> str:
    number = got.get("number", "")
    if len(number) > MAX_NUMBER:
        raise _wrong("Number", number)
    return known_number(number)


def _stamp(got: Mapping[str, str], name: str) -> str:
    """The first form of a moment that was sent."""
    base = name.lower()
    return got.get(f"{base}utcmillis") or got.get(f"{base}utc") or got.get(base, "")


def _moment(got: Mapping[str, str], name: str) -> datetime | None:
    """A moment in milliseconds, else as ISO 8601 in UTC. An established time of 1 January 1 (never)
    is none."""
    base = name.lower()
    return from_millis(got.get(f"{base}utcmillis")) or parse_moment(
        got.get(f"{base}utc") or got.get(base)
    )


def _seconds(got: Mapping[str, str]) -> int:
    duration = got.get("duration") or got.get("durationtimespan", "")
    seconds = parse_duration(float(duration) if duration.isdigit() else duration)
    if duration and not seconds and duration.strip("0:.") != "":
        raise _wrong("Duration", duration)
    return round(seconds)


def _url(got: Mapping[str, str]) -> str:
    """Address of the recording; only one that a browser may open."""
    url = got.get("recordingurl", "")
    return url if url.lower().startswith(("https://", "http://")) else ""


def _key(extension: str, number: str, got: Mapping[str, str], kind: str) -> str:
    """The PBX sends no id: who, with whom, when, and what makes a repetition a repetition."""
    stamp = _stamp(got, "CallStartTime") or _stamp(got, "ChatStartTime")
    return hashlib.sha1(
        f"{extension}|{number}|{stamp}|{kind}".encode(), usedforsecurity=False
    ).hexdigest()


def _wrong(name: str, value: Any) -> PayloadError:
    shown = str(value)
    shown = f"{shown[:_SHOWN]}…" if len(shown) > _SHOWN else shown
    return PayloadError(f"{name}: {shown!r} cannot be understood.")
