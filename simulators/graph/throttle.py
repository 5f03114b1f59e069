"""How much one application may ask of one mailbox."""

from collections import deque

from .errors import GraphError

_WINDOW = 600  # seconds


class Throttle:
    """:param Clock clock: of the window; :param int concurrent: requests at once
    :param int requests: in ten minutes; :param int upload: bytes in five minutes"""

    def __init__(self, clock, concurrent=4, requests=10_000, upload=150_000_000):
        self.clock = clock
        self.concurrent = concurrent
        self.requests = requests
        self.upload = upload
        self.refused = 0
        self._running = {}
        self._seen = {}
        self._uploaded = {}

    def enter(self, key, size=0):
        """:param key: application and mailbox; :param int size: bytes that come with the request
        :raises GraphError: too much"""
        now = self.clock.now()
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= now - _WINDOW:
            seen.popleft()
        uploaded = self._uploaded.setdefault(key, deque())
        while uploaded and uploaded[0][0] <= now - _WINDOW / 2:
            uploaded.popleft()
        if self._running.get(key, 0) >= self.concurrent:
            raise self._refusal("MailboxConcurrency", 1)
        if len(seen) >= self.requests:
            raise self._refusal("MailboxRequestRate", seen[0] + _WINDOW - now)
        if size and sum(bytes_ for _at, bytes_ in uploaded) + size > self.upload:
            raise self._refusal(
                "MailboxUploadRate", uploaded[0][0] + _WINDOW / 2 - now if uploaded else 300
            )
        seen.append(now)
        if size:
            uploaded.append((now, size))
        self._running[key] = self._running.get(key, 0) + 1

    def leave(self, key):
        self._running[key] -= 1

    def _refusal(self, limit, seconds):
        self.refused += 1
        return GraphError(
            429,
            "ApplicationThrottled",
            f"Application is over its {limit} limit.",
            {"Retry-After": str(max(1, round(seconds)))},
        )

    def to_json(self):
        return {
            "concurrent": self.concurrent,
            "requests": self.requests,
            "upload": self.upload,
            "refused": self.refused,
        }
