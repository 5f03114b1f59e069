"""Bound what strangers can cost who speak to a webhook and cannot show that they may.

Counted in the memory of each worker: nothing is written because of them. Requests that were in
order are never counted, and are not refused because of what others do, unless they are large and
come from the same address.
"""

import threading
import time
from collections import OrderedDict

__all__ = ["WebhookGuard"]

#: Refusals in a minute after which somebody has to wait for the next one.
LIMIT = 60
#: Length of a window, in seconds.
WINDOW = 60.0
#: Strangers remembered at once.
STRANGERS = 4096


class WebhookGuard:
    """Counts refused requests by who made them: a channel and an address."""

    def __init__(self, limit: int = LIMIT, window: float = WINDOW) -> None:
        self.limit = limit
        self.window = window
        self._lock = threading.Lock()
        self._refused: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_shut(self, stranger: str) -> bool:
        """Whether too many requests of somebody were refused just now."""
        entry = self._refused.get(stranger)
        return bool(entry) and entry[1] >= self.limit and time.monotonic() - entry[0] < self.window

    def refuse(self, stranger: str) -> int:
        """Count a refused request.

        :return: how many it are in this window
        """
        now = time.monotonic()
        with self._lock:
            began, count = self._refused.pop(stranger, (now, 0))
            if now - began >= self.window:
                began, count = now, 0
            self._refused[stranger] = began, count + 1
            while len(self._refused) > STRANGERS:
                self._refused.popitem(last=False)
        return count + 1

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._refused.clear()
