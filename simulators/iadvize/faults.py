"""How iAdvize fails, on order."""

import random
import re
from collections import deque

from aiohttp import web


class Rule:
    """What happens to the next requests of a kind.

    :param dict order: ``action`` (``status``, ``error``, ``cut_before``, ``cut_after``, ``delay``),
        ``path`` and ``body`` (patterns, searched without regard to case) say which; ``times`` how
        often, after ``skip`` others; ``status``, ``message``, ``retry_after``, ``seconds`` how
    :raises ValueError:
    """

    ACTIONS = ("status", "error", "cut_before", "cut_after", "delay")
    KNOWN = {
        "action", "path", "body", "times", "skip", "status", "message", "retry_after", "seconds",
    }  # fmt: skip

    def __init__(self, order):
        unknown = set(order) - self.KNOWN
        if unknown:
            raise ValueError(f"no such word in a rule: {', '.join(sorted(unknown))}")
        self.action = order.get("action", "status")
        if self.action not in self.ACTIONS:
            raise ValueError(f"action: one of {', '.join(self.ACTIONS)}")
        self.path = re.compile(str(order.get("path", "")), re.IGNORECASE)
        self.body = re.compile(str(order.get("body", "")), re.IGNORECASE)
        self.times = int(order.get("times", 1))
        self.skip = int(order.get("skip", 0))
        self.status = int(order.get("status", 500))
        self.message = str(order.get("message") or "Ordered by the test.")
        self.retry_after = order.get("retry_after")
        self.seconds = float(order.get("seconds", 0))
        self.order = dict(order)
        self.hits = 0

    def response(self):
        """:return Response: of a rule that answers; ``error`` is one of GraphQL, with status 200"""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        content = {"errors": [{"message": self.message}]}
        if self.action == "error":
            return web.json_response({"data": None, **content})
        return web.json_response(content, status=self.status, headers=headers)

    def takes(self, path, body):
        """:return bool: whether it befalls this request, which counts as one of its times"""
        if not self.times or not self.path.search(path) or not self.body.search(body):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        self.hits += 1
        return True


class Faults:
    """What goes wrong at present."""

    SHARES = ("duplicate", "reorder", "lose")
    NUMBERS = ("notify_delay", "reorder_seconds", "lag", "slow")

    def __init__(self, seed=20):
        self.seed = seed
        self.requests = deque(maxlen=50_000)
        self.reset()

    def reset(self):
        self.dice = random.Random(self.seed)
        self.rules = []
        self.duplicate = self.reorder = self.lose = 0.0  # shares of events
        self.notify_delay = 0.0  # seconds of the project before an event leaves
        self.reorder_seconds = 5.0  # by which an event may be late that others overtake
        self.lag = 0.0  # seconds of the project until GraphQL knows what was said
        self.slow = 0.0  # seconds of the world that each request takes
        self.drop_next = 0  # events that are lost whatever the shares
        self.counts = {"told_twice": 0, "late": 0, "lost": 0, "failed": 0}

    def update(self, order):
        """:param dict order: see the README; :raises ValueError: an unknown word"""
        known = {"rules", "reset", "seed", "drop_next", *self.SHARES, *self.NUMBERS}
        unknown = set(order) - known
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        if "seed" in order:
            self.seed = int(order["seed"])
        if order.get("reset"):
            self.reset()
        self.rules += [Rule(rule) for rule in order.get("rules") or ()]
        for name in self.SHARES:
            if name in order:
                if not 0 <= float(order[name]) <= 1:
                    raise ValueError(f"{name}: a share between 0 and 1")
                setattr(self, name, float(order[name]))
        for name in self.NUMBERS:
            if name in order:
                setattr(self, name, float(order[name]))
        self.drop_next = int(order.get("drop_next", self.drop_next))

    def rule(self, path, body):
        """:return Rule: what befalls this request, or None"""
        for rule in self.rules:
            if rule.takes(path, body):
                self.counts["failed"] += 1
                return rule
        return None

    def delivery(self):
        """:return tuple: how often an event is told, and after how many seconds of the project"""
        pause = self.notify_delay
        if self.drop_next > 0 or self.dice.random() < self.lose:
            self.drop_next = max(0, self.drop_next - 1)
            self.counts["lost"] += 1
            return 0, pause
        if self.dice.random() < self.reorder:
            self.counts["late"] += 1
            pause += self.dice.uniform(0, self.reorder_seconds)
        if self.dice.random() < self.duplicate:
            self.counts["told_twice"] += 1
            return 2, pause
        return 1, pause

    def to_json(self):
        content = {name: getattr(self, name) for name in (*self.SHARES, *self.NUMBERS)}
        rules = [{**rule.order, "times": rule.times, "hits": rule.hits} for rule in self.rules]
        return {
            **content,
            "rules": rules,
            "drop_next": self.drop_next,
            "counts": dict(self.counts),
        }
