"""How Graph fails, on order."""

import re

from simulators.control import refuse_unknown
from simulators.faults import BaseFaults, BaseRule

from .errors import GraphError

#: What Graph calls statuses that a rule does not name.
_CODES = {
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    429: "ApplicationThrottled",
    500: "ErrorInternalServerError",
    502: "UnknownError",
    503: "ErrorServerBusy",
    504: "UnknownError",
}


class Rule(BaseRule):
    """What happens to the next requests of a kind.

    :param dict order: ``action`` (``status``, ``cut_before``, ``cut_after``, ``delay``), ``method``
        and ``path`` (a pattern, searched without regard to case) say which; ``times`` how often,
        after ``skip`` others; ``status``, ``code``, ``message``, ``retry_after``, ``seconds`` how
    :raises ValueError:
    """

    ACTIONS = ("status", "cut_before", "cut_after", "delay")
    WORDS = ("method", "path", "status", "code", "message", "retry_after")

    def __init__(self, order):
        super().__init__(order)
        self.method = str(order.get("method", "")).upper()
        self.path = re.compile(str(order.get("path", "")), re.IGNORECASE)
        self.status = int(order.get("status", 500))
        self.code = str(order.get("code", ""))
        self.message = str(order.get("message", ""))
        self.retry_after = order.get("retry_after")

    def fits(self, method, path):
        return self.method in ("", method) and bool(self.path.search(path))

    def error(self):
        """:return GraphError: of a rule that answers with a status"""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        code = self.code or _CODES.get(self.status, "UnknownError")
        return GraphError(self.status, code, self.message or "Ordered by the test.", headers)


class Faults(BaseFaults):
    """What goes wrong at present."""

    RULE = Rule
    SHARES = ("duplicate", "lose", "repeat")

    def reset(self):
        super().reset()
        self.slow = 0.0  # seconds that each request to a mailbox takes
        self.duplicate = self.lose = 0.0  # shares of notifications
        self.notify_delay = 0.0  # seconds before a notification leaves
        self.empty_pages = 0  # how many precede each round of delta
        self.repeat = 0.0  # share of messages that a delta gives twice
        self.counts = {"notified_twice": 0, "notifications_lost": 0, "repeated": 0, "failed": 0}

    def update(self, order):
        """:param dict order: see the README; :raises ValueError: an unknown word"""
        own = ("notify_delay", "empty_pages", "slow")
        refuse_unknown(order, {"rules", "reset", "seed", *self.SHARES, *own}, "no such fault:")
        self.take(order)
        self.notify_delay = float(order.get("notify_delay", self.notify_delay))
        self.slow = float(order.get("slow", self.slow))
        self.empty_pages = int(order.get("empty_pages", self.empty_pages))

    def notified(self):
        """:return int: how often this notification is sent"""
        if self.dice.random() < self.lose:
            self.counts["notifications_lost"] += 1
            return 0
        if self.dice.random() < self.duplicate:
            self.counts["notified_twice"] += 1
            return 2
        return 1

    def repeats(self):
        """:return bool: whether a delta gives this message once more"""
        again = self.dice.random() < self.repeat
        self.counts["repeated"] += again
        return again

    def to_json(self):
        return {
            "rules": [rule.to_json() for rule in self.rules],
            "duplicate": self.duplicate,
            "lose": self.lose,
            "repeat": self.repeat,
            "slow": self.slow,
            "notify_delay": self.notify_delay,
            "empty_pages": self.empty_pages,
            "counts": dict(self.counts),
        }
