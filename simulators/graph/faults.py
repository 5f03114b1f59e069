"""How Graph fails, on order."""

import random
import re
from collections import deque

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


class Rule:
    """What happens to the next requests of a kind.

    :param dict order: ``action`` (``status``, ``cut_before``, ``cut_after``, ``delay``), ``method``
        and ``path`` (a pattern, searched without regard to case) say which; ``times`` how often,
        after ``skip`` others; ``status``, ``code``, ``message``, ``retry_after``, ``seconds`` how
    :raises ValueError:
    """

    ACTIONS = ("status", "cut_before", "cut_after", "delay")
    KNOWN = {
        "action", "method", "path", "times", "skip", "status", "code", "message", "retry_after",
        "seconds",
    }  # fmt: skip

    def __init__(self, order):
        unknown = set(order) - self.KNOWN
        if unknown:
            raise ValueError(f"no such word in a rule: {', '.join(sorted(unknown))}")
        self.action = order.get("action", "status")
        if self.action not in self.ACTIONS:
            raise ValueError(f"action: one of {', '.join(self.ACTIONS)}")
        self.method = str(order.get("method", "")).upper()
        self.path = re.compile(str(order.get("path", "")), re.IGNORECASE)
        self.times = int(order.get("times", 1))
        self.skip = int(order.get("skip", 0))
        self.status = int(order.get("status", 500))
        self.code = str(order.get("code", ""))
        self.message = str(order.get("message", ""))
        self.retry_after = order.get("retry_after")
        self.seconds = float(order.get("seconds", 0))
        self.order = dict(order)
        self.hits = 0

    def error(self):
        """:return GraphError: of a rule that answers with a status"""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        code = self.code or _CODES.get(self.status, "UnknownError")
        return GraphError(self.status, code, self.message or "Ordered by the test.", headers)

    def takes(self, method, path):
        """:return bool: whether it befalls this request, which counts as one of its times"""
        if not self.times or (self.method and self.method != method):
            return False
        if not self.path.search(path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        self.hits += 1
        return True


class Faults:
    """What goes wrong at present."""

    def __init__(self, seed=20):
        self.seed = seed
        self.requests = deque(maxlen=50_000)
        self.reset()

    def reset(self):
        self.dice = random.Random(self.seed)
        self.rules = []
        self.slow = 0.0  # seconds that each request to a mailbox takes
        self.duplicate = self.lose = 0.0  # shares of notifications
        self.notify_delay = 0.0  # seconds before a notification leaves
        self.empty_pages = 0  # how many precede each round of delta
        self.repeat = 0.0  # share of messages that a delta gives twice
        self.counts = {"notified_twice": 0, "notifications_lost": 0, "repeated": 0, "failed": 0}

    def update(self, order):
        """:param dict order: see the README; :raises ValueError: an unknown word"""
        shares, numbers = ("duplicate", "lose", "repeat"), ("notify_delay", "empty_pages", "slow")
        unknown = set(order) - {"rules", "reset", "seed", *shares, *numbers}
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        if "seed" in order:
            self.seed = int(order["seed"])
        if order.get("reset"):
            self.reset()
        self.rules += [Rule(rule) for rule in order.get("rules") or ()]
        for name in shares:
            if name in order:
                if not 0 <= float(order[name]) <= 1:
                    raise ValueError(f"{name}: a share between 0 and 1")
                setattr(self, name, float(order[name]))
        self.notify_delay = float(order.get("notify_delay", self.notify_delay))
        self.slow = float(order.get("slow", self.slow))
        self.empty_pages = int(order.get("empty_pages", self.empty_pages))

    def rule(self, method, path):
        """:return Rule: what befalls this request, or None"""
        for rule in self.rules:
            if rule.takes(method, path):
                self.counts["failed"] += 1
                return rule
        return None

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
            "rules": [
                {**rule.order, "times": rule.times, "hits": rule.hits} for rule in self.rules
            ],
            "duplicate": self.duplicate,
            "lose": self.lose,
            "repeat": self.repeat,
            "slow": self.slow,
            "notify_delay": self.notify_delay,
            "empty_pages": self.empty_pages,
            "counts": dict(self.counts),
        }
