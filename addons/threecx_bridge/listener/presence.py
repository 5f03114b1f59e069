"""Who is on the phone, from the shares of calls that are open. Pure."""

import threading
from dataclasses import dataclass
from datetime import datetime

from ..threecx.report import CallReport

IDLE, RINGING, TALKING = "idle", "ringing", "talking"
_STATE_OF = {"ringing": RINGING, "ongoing": TALKING}


@dataclass(frozen=True, slots=True)
class Presence:
    """What one extension does."""

    state: str = IDLE
    """``idle``, ``ringing`` or ``talking``."""
    since: datetime | None = None
    """Naive UTC; None while it is idle."""


class PresenceBoard:
    """Keeps the open shares of every extension, and says what each one does; for all threads."""

    def __init__(self):
        self._open: dict[str, dict[str, CallReport]] = {}
        self._lock = threading.Lock()

    def take(self, report: CallReport) -> None:
        """Note what one report says; one without extension says nothing here."""
        if not report.extension:
            return
        with self._lock:
            shares = self._open.setdefault(report.extension, {})
            if report.state in _STATE_OF:
                shares[report.key] = report
            else:
                shares.pop(report.key, None)

    def of(self, extension: str) -> Presence:
        """Return what an extension does: who talks is talking, whatever rings besides."""
        with self._lock:
            return _presence(self._open.get(extension, {}))

    def busy(self) -> dict[str, Presence]:
        """Return the extensions that are not idle."""
        with self._lock:
            return {number: _presence(shares) for number, shares in self._open.items() if shares}


def _presence(shares: dict[str, CallReport]) -> Presence:
    for state, moment in (("ongoing", "answered"), ("ringing", "started")):
        for share in shares.values():
            if share.state == state:
                return Presence(_STATE_OF[state], getattr(share, moment) or share.started)
    return Presence()
