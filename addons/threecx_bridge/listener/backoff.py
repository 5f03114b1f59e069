"""How long to wait before the next try. Pure."""

import random
from collections.abc import Callable

FIRST = 5.0  # seconds
LONGEST = 120.0  # seconds
#: Part of a pause by which it varies, so that a PBX coming back does not meet everybody at once.
SPREAD = 0.2


class Backoff:
    """Pauses that double from ``first`` to ``longest`` seconds, for as long as it takes.

    :param vary: gives a factor between two bounds (tests give a fixed one)
    """

    def __init__(
        self,
        first: float = FIRST,
        longest: float = LONGEST,
        vary: Callable[[float, float], float] = random.uniform,
    ):
        self.first = first
        self.longest = max(first, longest)
        self._vary = vary
        self._pause = first

    def next(self) -> float:
        """Return the seconds to wait now; the next pause will be longer."""
        pause = self._pause
        self._pause = min(self.longest, pause * 2)
        return pause * self._vary(1 - SPREAD, 1 + SPREAD)

    def reset(self) -> None:
        """Begin again: it worked."""
        self._pause = self.first
