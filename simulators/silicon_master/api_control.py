"""What the HTTP API does wrong on demand, and what it was asked."""

import threading
from collections import deque
from dataclasses import asdict, dataclass

AUTHS = ("none", "basic", "bearer", "api_key")
FAILURES = {
    "error500": "500",
    "error503": "503, with Retry-After when `retry_after` says so",
    "throttled": "429, the same",
    "cut": "the connection breaks in the middle of the body, or after `at` bytes",
    "slow": "`seconds` of silence in the middle of the body",
    "wrong_type": "200 with the HTML of a login page",
    "expired": "401: the token has expired",
    "redirect": "302 to `location`, else to the same place on the host name localhost",
    "duplicate_page": "the records of the page before; links as they should be",
    "missing_page": "the records and links of the page after",
    "empty_page": "no records; links as they should be",
    "cursor_expired": "410",
    "not_json": "half of the body as if it were all of it",
}
REMEMBERED = 10_000


@dataclass
class Rule:
    """One failure: after ``skip`` requests that fit, the next ``times`` ones suffer it.

    :param str entity: ``orders`` and so on, None for all of them
    :param retry_after: seconds, ``date`` (a date in ``seconds`` seconds) or None
    :param float seconds: of silence, or until the date; :param int at: bytes before the cut
    """

    kind: str
    times: int = 1
    skip: int = 0
    entity: str = None
    retry_after: object = None
    seconds: float = 1
    at: int = None
    location: str = None

    def __post_init__(self):
        if self.kind not in FAILURES:
            raise ValueError(f"no failure {self.kind!r}; there are: {', '.join(FAILURES)}")


class Control:
    """The present mood of the API."""

    def __init__(self, auth="none"):
        self._lock = threading.Lock()
        self._first_auth = auth
        self.requests = deque(maxlen=REMEMBERED)
        self.reset()

    def reset(self):
        """Everything works again."""
        self.rules = []
        self.auth = self._first_auth
        self.delay = 0  # seconds before each answer
        self.bytes_per_second = 0  # no limit
        self.cursor_seconds = 0  # cursors stay good until the night

    def update(self, fail=(), auth=None, reset=False, **numbers):
        """:param list fail: of dicts, the fields of :class:`Rule`; numbers: delay,
        bytes_per_second, cursor_seconds.
        :return dict: the whole control as it is now
        :raises ValueError: for anything unknown"""
        unknown = set(numbers) - {"delay", "bytes_per_second", "cursor_seconds"}
        if unknown:
            raise ValueError(f"nothing to control is called {', '.join(sorted(unknown))}")
        if auth not in (None, *AUTHS):
            raise ValueError(f"auth: one of {', '.join(AUTHS)}, not {auth}")
        try:
            rules = [Rule(**rule) for rule in fail]
        except TypeError as error:
            raise ValueError(str(error)) from error
        with self._lock:
            if reset:
                self.reset()
            self.rules += rules
            self.auth = auth or self.auth
            for name, value in numbers.items():
                setattr(self, name, float(value))
            return self.to_json()

    def to_json(self):
        names = ("auth", "delay", "bytes_per_second", "cursor_seconds")
        return {
            "fail": [asdict(rule) for rule in self.rules],
            **{name: getattr(self, name) for name in names},
        }

    def take(self, entity):
        """:return Rule: which this request suffers, or None."""
        with self._lock:
            for rule in self.rules:
                if rule.entity not in (None, entity):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                elif rule.times > 0:
                    rule.times -= 1
                    self.rules = [other for other in self.rules if other.times > 0]
                    return rule
        return None
