"""Whether events were missed. Pure."""

#: Seconds that an event may come later than the one after it.
LATENESS = 1.0
#: Seconds between two gaps that are told, should a PBX number its events otherwise.
PAUSE = 5.0
#: Missing events that are remembered; more of them are a gap like any other.
MAX_MISSING = 1_000


class Sequence:
    """Watches the numbers of the events of one connection. Moments are seconds of any clock."""

    def __init__(self):
        self._last: int | None = None
        self._missing: set[int] = set()
        self._since = 0.0
        self._told = float("-inf")

    def take(self, number: int, now: float) -> None:
        """Note an event."""
        self._missing.discard(number)
        if self._last is not None and number > self._last + 1:
            if not self._missing:
                self._since = now
            first = max(self._last + 1, number - MAX_MISSING)
            self._missing.update(range(first, number))
        if self._last is None or number > self._last:
            self._last = number

    def has_gap(self, now: float) -> bool:
        """Whether something is missing, and for too long to be merely late."""
        return bool(self._missing and now - self._since >= LATENESS and now - self._told >= PAUSE)

    def forget_gap(self, now: float) -> None:
        """Note that what was missing is known by other means."""
        self._missing.clear()
        self._told = now
