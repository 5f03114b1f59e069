"""What one source knows of one extension's share of one call: the common language of click, PBX
listener, CRM template and call log. Pure."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["DIRECTIONS", "OUTCOMES", "SOURCES", "STATES", "CallReport"]

SOURCES = ("click", "pop", "listener", "journal", "log")
DIRECTIONS = ("inbound", "outbound", "internal")
#: In the order they are lived through; a call never goes back.
STATES = ("ringing", "ongoing", "ended")
#: ``missed``: inbound and nobody took it; ``no_answer``: outbound and nobody took it;
#: ``elsewhere``: this extension rang and somebody else took the call.
OUTCOMES = ("answered", "missed", "no_answer", "voicemail", "failed", "elsewhere")


@dataclass(frozen=True, slots=True)
class CallReport:
    """One share of a call, as known at one moment.

    All moments are naive UTC. A report may be repeated, be late, and know less than an earlier one.
    """

    source: str
    """One of :data:`SOURCES`."""
    key: str
    """What makes a repetition a repetition: unique per PBX and source."""
    direction: str
    """One of :data:`DIRECTIONS`."""
    number: str
    """The other side as the PBX writes it (E.164, national, or an extension); empty: withheld."""
    extension: str = ""
    """Number (DN) of our side; empty when the call reached nobody (a queue, a closed office)."""
    agent_email: str = ""
    """Address of the user of the extension, when the source says so."""
    call_ref: str = ""
    """The PBX's own number of the call, which all shares of it have in common."""
    state: str = "ended"
    """One of :data:`STATES`."""
    outcome: str = ""
    """One of :data:`OUTCOMES`; empty until the share has ended, or when nobody can know."""
    started: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    talk_seconds: int = 0
    name: str = ""
    """Name the PBX shows for the other side."""
    did: str = ""
    """Our number that was called, or the caller ID that was shown."""
    queue: str = ""
    """Queue or ring group that offered the call."""
    entity: str = ""
    """``res.partner,42`` or ``crm.lead,7``: the record the PBX matched, when it says so."""
    transferred_from: str = ""
    """Extension that handed the call over."""
    recording_url: str = ""
    """Address of the recording that a browser can open."""
    recording_id: int = 0
    """The PBX's own number of the recording, by which it hands out the sound; 0: none."""
    transcript: str = ""
    summary: str = ""
